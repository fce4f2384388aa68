package desk

import (
	"net/netip"
	"time"

	"backchannel/archive/letter"
	"backchannel/lists"
)

// GuessMemory is the memory of wrong passwords, for tests.
type GuessMemory struct{ g *guesses }

// Guesses opens it.
func Guesses(d *Desk) GuessMemory { return GuessMemory{&d.guesses} }

// Wrong counts one.
func (m GuessMemory) Wrong(from netip.Addr, whom letter.Address, now time.Time) {
	m.g.wrong(from, whom, now)
}

// Len is how many rows there are.
func (m GuessMemory) Len() int { return len(m.g.all) }

// Hands are what files are given away with, for tests.
type Hands struct{ hands }

// Take counts a file in.
func (h *Hands) Take(who lists.MemberID, octets int) bool { return h.take(who, octets) }

// Give counts it out.
func (h *Hands) Give(who lists.MemberID, octets int) { h.give(who, octets) }
