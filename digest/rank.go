package digest

import (
	"cmp"
	"math"
	"slices"
)

// Signals are what a thread's place in an issue is worked out from (product.md A4).
type Signals struct {
	Posts    int     // new ones
	People   int     // who wrote them
	Open     int     // days that its question has been open; -1: it has none
	Follows  int     // tags of it that the reader follows
	Mine     bool    // the reader posted in it
	Begun    bool    // its first post is among the new ones
	Newcomer bool    // it is its author's first thread
	Managers float64 // share of its new posts that managers wrote, 0 to 1
	Days     float64 // since its newest post
	Pinned   bool    // a manager wants everyone to see it
}

// Weights are how much each signal counts.
type Weights struct {
	Posts, People           float64 // for each doubling
	Question, YoungQuestion float64 // open for two days or more; for one
	Follow                  float64 // for each of two tags
	Mine, Begun, Newcomer   float64
	Managers                float64 // taken off for what managers wrote
	HalfLife                float64 // days after which a thread counts half
	Pin                     float64
}

// DefaultWeights are those of product.md A4. That a thread with many posts is no better than one with many people, and that one which
// managers carry alone sinks a little, is what a community wants to see of itself.
func DefaultWeights() Weights {
	return Weights{Posts: 2, People: 3, Question: 4, YoungQuestion: 2, Follow: 3, Mine: 3, Begun: 2, Newcomer: 2, Managers: 2, HalfLife: 7, Pin: 100}
}

// weights are those that the operator wants, or the usual ones.
func (e *Editor) weights() Weights {
	if e.Weights == (Weights{}) {
		return DefaultWeights()
	}
	return e.Weights
}

// Score ranks a thread. Posts count up to three for each person: two who answer each other all week do not win.
func (w Weights) Score(s Signals) float64 {
	p := float64(s.People)
	sum := w.Posts*math.Log2(1+min(float64(s.Posts), 3*p)) + w.People*math.Log2(1+p)
	switch {
	case s.Open >= 2:
		sum += w.Question
	case s.Open >= 0:
		sum += w.YoungQuestion
	}
	sum += w.Follow * float64(min(2, s.Follows))
	for _, extra := range []struct {
		is    bool
		worth float64
	}{{s.Mine, w.Mine}, {s.Begun, w.Begun}, {s.Newcomer, w.Newcomer}} {
		if extra.is {
			sum += extra.worth
		}
	}
	sum -= w.Managers * s.Managers
	score := sum * math.Pow(0.5, max(0, s.Days)/w.HalfLife)
	if s.Pinned {
		score += w.Pin
	}
	return score
}

// first is how many threads at the top of an issue have to be of several kinds, and perStarter how many of them one person may have
// begun.
const (
	first      = 5
	perStarter = 2
)

// arrange puts threads in order: the highest score first; among equals the one with more people, then the one that was written in
// last. Among the first five are a question that is open and a thread of a newcomer, if there are such, and at most two that one
// person began, if there are others.
func arrange(all []ranked) {
	slices.SortStableFunc(all, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.People, a.People), cmp.Compare(b.newest().Seq, a.newest().Seq),
			cmp.Compare(b.thread.ID, a.thread.ID))
	})
	spread(all)
	open := func(t ranked) bool { return t.Open >= 0 }
	newcomer := func(t ranked) bool { return t.Newcomer }
	lift(all, open, newcomer)
	lift(all, newcomer, open)
}

// spread moves what is too much of one person behind the first five.
func spread(all []ranked) {
	for place := 0; place < min(first, len(all)); place++ {
		next := place
		for next < len(all) && !room(all[:place], all[next]) {
			next++
		}
		if next == len(all) {
			return // there is nobody else
		}
		raise(all, next, place)
	}
}

// room tells whether a thread may stand beside those.
func room(beside []ranked, t ranked) bool {
	n := 0
	for _, o := range beside {
		if o.starter == t.starter {
			n++
		}
	}
	return n < perStarter || t.Pinned
}

// lift sees to it that one of a kind stands among the first five: the best of them takes the place of the last one there that is
// neither pinned nor the only one of the other kind.
func lift(all []ranked, kind, other func(ranked) bool) {
	if len(all) <= first || slices.ContainsFunc(all[:first], kind) {
		return
	}
	top := all[:first]
	others := 0
	for _, t := range top {
		if other(t) {
			others++
		}
	}
	for place := first - 1; place >= 0; place-- {
		if top[place].Pinned || other(top[place]) && others == 1 {
			continue
		}
		beside := slices.Delete(slices.Clone(top), place, place+1)
		for i := first; i < len(all); i++ {
			if kind(all[i]) && room(beside, all[i]) {
				lifted, gone := all[i], all[place]
				copy(all[place:], all[place+1:first]) // the others move up,
				copy(all[first+1:i+1], all[first:i])
				all[first-1], all[first] = lifted, gone // and what had to go comes right behind
				return
			}
		}
	}
}

// raise moves one thread up to a place.
func raise(all []ranked, from, to int) {
	t := all[from]
	copy(all[to+1:from+1], all[to:from])
	all[to] = t
}
