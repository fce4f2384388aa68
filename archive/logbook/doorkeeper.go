package logbook

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// Mark stands for an address, so that whoever knows the address finds a row and nobody reads it there.
type Mark [16]byte

// MarkOf is the mark of a return path. There is none of <>.
func MarkOf(a letter.Address) (m Mark) {
	if !a.IsZero() {
		sum := sha256.Sum256([]byte("return path " + a.Key()))
		copy(m[:], sum[:])
	}
	return m
}

// Rebuff is what one peer, or one sender, met with at the door before any letter of theirs was there: one sort of refusal on one day (UTC),
// however often. It has no story, and names neither sender nor receiver (P15).
type Rebuff struct {
	Peer     netip.Prefix // an IPv4 address or a /64; the zero Prefix: of no network, or one of those who came when the day's rows were full
	Door     string       // where it knocked: mx, submission, lmtp
	Stage    string       // what it was at: connect, tls, a verb in small letters, letter, or command for any other
	Code     int          // of the reply; 0: there was none
	Enhanced string       // as 5.1.1; may be empty
	HELO     string       // how it called itself the last time; printable ASCII. It may be a lie
	Sender   Mark         // the return path, of a row about a sender; zero: a row about a peer
	Story    string       // of the last letter, where a sender's letter was refused that has a story
	First    time.Time
	Last     time.Time
	Count    int64
}

// kind is what makes two refusals the same.
func (r Rebuff) kind() Rebuff {
	sort := Rebuff{Peer: r.Peer, Door: r.Door, Stage: r.Stage, Code: r.Code, Enhanced: r.Enhanced, Sender: r.Sender}
	if r.Sender != (Mark{}) {
		sort.Peer = netip.Prefix{} // whoever hands it over
	}
	return sort
}

// Bounds on what strangers can make us keep of them.
const (
	rebuffsAtOnce = 500  // sorts between two calls of Save
	rebuffsADay   = 2000 // rows of a day
	heloKept      = 100  // characters of a HELO name
	sendersOfPeer = 20   // rows about senders whose letters one network handed over, a day, and between two calls
)

// Doorkeeper remembers what peers met with at the door until somebody calls Save. However many knock, it holds some hundred rows: what goes
// beyond is counted without its peer.
type Doorkeeper struct {
	now func() time.Time

	mu      sync.Mutex
	all     map[Rebuff]*Rebuff
	senders map[netip.Prefix]int // rows about senders, by who brought the first of it
	turned  int                  // and in all
}

// NewDoorkeeper makes one with a clock.
func NewDoorkeeper(now func() time.Time) *Doorkeeper {
	return &Doorkeeper{now: now, all: map[Rebuff]*Rebuff{}, senders: map[netip.Prefix]int{}}
}

// Note remembers one refusal. Peer, Door, Stage, Code, Enhanced, HELO, Sender and Story say which; the rest is the doorkeeper's. Nil remembers
// nothing.
func (k *Doorkeeper) Note(r Rebuff) {
	if k == nil {
		return
	}
	some := Rebuff{HELO: letter.ASCII(r.HELO, heloKept), Peer: r.Peer, Story: r.Story, Count: 1, First: k.now(), Last: k.now()}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.put(some, r.kind())
}

// put adds some refusals of a sort. mu is held.
func (k *Doorkeeper) put(some, sort Rebuff) {
	had := k.all[sort]
	if had == nil && sort.Sender != (Mark{}) {
		if k.turned >= rebuffsAtOnce || k.senders[some.Peer] >= sendersOfPeer {
			return // the row about the peer tells of it
		}
		k.turned++
		k.senders[some.Peer]++
	}
	if had == nil && sort.Sender == (Mark{}) && len(k.all)-k.turned >= rebuffsAtOnce {
		sort.Peer, some.HELO = netip.Prefix{}, ""
		had = k.all[sort]
	}
	if had == nil {
		one := sort
		one.First, one.HELO = some.First, some.HELO
		had = &one
		k.all[sort] = had
	}
	had.Count += some.Count
	had.Last = some.Last
	if some.HELO != "" {
		had.HELO = some.HELO
	}
	if sort.Sender != (Mark{}) {
		had.Peer, had.Story = some.Peer, some.Story
	}
}

// take hands out what was noted, and forgets it.
func (k *Doorkeeper) take() map[Rebuff]*Rebuff {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := k.all
	k.all, k.senders, k.turned = map[Rebuff]*Rebuff{}, map[netip.Prefix]int{}, 0
	return all
}

// giveBack remembers again what could not be saved.
func (k *Doorkeeper) giveBack(all map[Rebuff]*Rebuff) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for sort, r := range all {
		k.put(*r, sort)
	}
}

// entry is a rebuff as a line of trace.
func (r Rebuff) entry() Entry {
	who := "somebody"
	if r.Peer.IsValid() {
		who = r.Peer.String()
		if r.Peer.IsSingleIP() {
			who = r.Peer.Addr().String()
		}
	}
	if r.HELO != "" {
		who += ", who called itself " + r.HELO + ","
	}
	said := "went away"
	if r.Code != 0 {
		said = strings.TrimSpace(fmt.Sprintf("heard %d %s", r.Code, r.Enhanced))
	}
	often := ""
	if r.Count > 1 {
		often = fmt.Sprintf(", %d times since %s", r.Count, r.First.UTC().Format("15:04:05 UTC"))
	}
	if r.Sender != (Mark{}) {
		who, often = who+" with a letter from this address", r.hours()
	}
	if r.Story != "" {
		often += "; the story of the last: " + r.Story
	}
	return Entry{At: r.Last, Verb: Refused, Detail: fmt.Sprintf("%s %s at %s (door %s)%s", who, said, r.Stage, r.Door, often)}.clean()
}

// hours tells how often and when, of a row that knows only the hours.
func (r Rebuff) hours() string {
	first, last := r.First.UTC().Format("15:04 UTC"), r.Last.UTC().Format("15:04 UTC")
	switch {
	case r.Count == 1:
		return ", in the hour from " + last
	case first == last:
		return fmt.Sprintf(", %d times in the hour from %s", r.Count, last)
	}
	return fmt.Sprintf(", %d times since the hour from %s", r.Count, first)
}

// asPeer reads a key as the address of a peer, or as the network it lies in.
func asPeer(key string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(key); err == nil {
		return refusal.Network(p.Addr()), true
	}
	ip, err := netip.ParseAddr(strings.Trim(key, "[]"))
	return refusal.Network(ip), err == nil
}
