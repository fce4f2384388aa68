package backchannel

import (
	"crypto/rand"
	"math/big"
	"strings"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates/refusal"
)

// The words of made-up names: nothing that judges, and animals that nobody minds to be.
const (
	nameColours = "Amber Autumn Azure Blue Bright Bronze Brown Calm Cinnamon Clear Cloudy Copper Coral Crimson Dappled Dawn Early Emerald Evening Forest Frosty Gentle Golden Green Grey " +
		"Hazel Indigo Ivory Jade Late Lilac Little Lunar Maple Meadow Mellow Misty Morning Mossy Nimble Olive Orange Patient Pearl Pine Plain Quiet Rainy Red River Rosy Russet Sandy " +
		"Scarlet Shady Silver Slate Snowy Soft Solar Southern Spotted Spring Steady Stony Striped Summer Sunny Swift Teal Tidal Velvet Violet Wandering Warm Western White Wild Winter Wooded"
	nameAnimals = "Badger Bear Beaver Bee Bison Bittern Blackbird Bullfinch Bumblebee Butterfly Camel Cat Chaffinch Cricket Crane Curlew Deer Dolphin Dormouse Dove Dragonfly Duck Eagle Egret Eider " +
		"Elephant Elk Falcon Ferret Finch Firefly Fox Frog Gannet Gecko Giraffe Goldfinch Goose Grebe Grouse Gull Hare Harrier Hawk Hedgehog Heron Hoopoe Horse Ibex Ibis Jackdaw Jay Kestrel " +
		"Kingfisher Kite Koala Ladybird Lapwing Lark Linnet Lizard Llama Lynx Magpie Marmot Marten Merlin Mole Moose Moth Mouse Newt Nightingale Nuthatch Oriole Osprey Otter Owl Oyster Panda " +
		"Partridge Pelican Penguin Petrel Pheasant Pigeon Plover Pony Puffin Quail Rabbit Raven Redstart Robin Rook Salmon Sandpiper Seal Shrew Siskin Skylark Snipe Sparrow Squirrel Starling " +
		"Stork Swallow Swan Swift Tern Thrush Toad Tortoise Turtle Vole Wagtail Walrus Warbler Waxwing Whale Whimbrel Wigeon Woodpecker Wren Yak Zebra"
)

// newName makes up a name that nobody in the community had within a year (B10).
func newName(tx *db.Tx, c lists.CommunityID) (string, error) {
	first, second := strings.Fields(nameColours), strings.Fields(nameAnimals)
	for range 200 {
		a, b := first[random(len(first))], second[random(len(second))]
		if a == b {
			continue
		}
		if free, err := takeName(tx, c, a+" "+b); err != nil || free {
			return a + " " + b, err
		}
	}
	return "", refusal.Because(refusal.Unavailable, "All made-up names are in use. Please try again later.")
}

// random is a number below n, from the same source as keys.
func random(n int) int {
	r, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic(err) // the system has no randomness: nothing is safe then
	}
	return int(r.Int64())
}
