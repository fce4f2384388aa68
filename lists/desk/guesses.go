package desk

import (
	"net/netip"
	"sync"
	"time"

	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// How many wrong passwords are heard within an hour (A14, F3), whichever door they come through. They are counted for a network, and
// for one address from one network: so a telephone that goes on with an old password locks out nobody else in its house, and whoever
// guesses at a member's password locks out nobody but themselves, for the member comes from another network.
const (
	guessesForOne  = 10
	guessesFromNet = 20
	guessesHour    = time.Hour
	guessesKept    = 20000 // rows in memory; beyond it the old ones go
)

// guesses remembers wrong passwords.
type guesses struct {
	mu  sync.Mutex
	all map[guess]tally
}

// guess is what is counted: a network, or with an address, one address from there.
type guess struct {
	from netip.Prefix
	whom string
}

// tally counts within an hour that begins with the first guess.
type tally struct {
	since time.Time
	count int
}

// network is what counts as one place. This machine is none: whoever comes from here may be anybody behind a server in front.
func network(a netip.Addr) (n netip.Prefix, counts bool) {
	return refusal.Network(a), a.IsValid() && !a.Unmap().IsLoopback()
}

// tooMany is the answer to whoever has guessed too often. A right password gets it too, or it would be no limit.
func tooMany() *refusal.Refusal {
	return refusal.Because(refusal.Limit, "There were too many wrong passwords from your network. Please look at the password in your mail program, and try again in an hour.")
}

// spent tells whether nothing more is heard from there, for now.
func (g *guesses) spent(from netip.Addr, whom letter.Address, now time.Time) bool {
	n, counts := network(from)
	if !counts {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.count(guess{n, ""}, now) >= guessesFromNet || !whom.IsZero() && g.count(guess{n, whom.Key()}, now) >= guessesForOne
}

func (g *guesses) count(of guess, now time.Time) int {
	if t := g.all[of]; now.Sub(t.since) < guessesHour {
		return t.count
	}
	return 0
}

// wrong counts a wrong password.
func (g *guesses) wrong(from netip.Addr, whom letter.Address, now time.Time) {
	n, counts := network(from)
	if !counts {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.all) >= guessesKept {
		g.forget(now)
	}
	if g.all == nil {
		g.all = map[guess]tally{}
	}
	of := []guess{{n, ""}}
	if !whom.IsZero() {
		of = append(of, guess{n, whom.Key()})
	}
	for _, one := range of {
		t := g.all[one]
		if now.Sub(t.since) >= guessesHour {
			t = tally{since: now}
		}
		t.count++
		g.all[one] = t
	}
}

// right forgets the wrong passwords of somebody who then knew it. Those of their network stay: another's guesses are not forgiven.
func (g *guesses) right(from netip.Addr, whom letter.Address) {
	n, counts := network(from)
	if !counts {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.all, guess{n, whom.Key()})
}

// forget makes room: what is old goes, and if nothing is, everything. Somebody with so many networks gains little by it, since an
// app password has 128 random bits.
func (g *guesses) forget(now time.Time) {
	for of, t := range g.all {
		if now.Sub(t.since) >= guessesHour {
			delete(g.all, of)
		}
	}
	if len(g.all) >= guessesKept {
		clear(g.all)
	}
}
