package desk

import (
	"net/netip"
	"time"

	"backchannel/archive/letter"
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
