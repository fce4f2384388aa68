package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"backchannel/lists"
	"backchannel/lists/backchannel"
)

// Of the crutch meter, in days.
const (
	bridge    = 14 // after a letter was closed, in which a thread of its writer counts as what became of it
	backAgain = 30 // after a first letter, in which its writer's post counts as their way back
)

// When the meter suggests something: B13 and A2 look at four weeks, and at no handful of letters.
const (
	enoughAnswers = 5 // to a digest
	enoughClosed  = 4
	enoughReplies = 6
	enoughLetters = 6
	enoughVoices  = 5
	actsAtMost    = 3
	codesAtMost   = 3
)

// crutch computes how the letters of four weeks lead back to the lists, and what could be done, for one manager: nobody is told to ask
// themselves.
func (f facts) crutch(letters []backchannel.Entry, reader lists.MemberID) (c backchannel.Crutch, acts []backchannel.Act) {
	from := f.days(fourWeeks)
	opened := func(from, to time.Time) (some []backchannel.Entry) {
		for _, e := range letters {
			if within(e.Opened, from, to) {
				some = append(some, e)
			}
		}
		return some
	}
	private := func(from, to time.Time) backchannel.Part {
		n := len(opened(from, to))
		return backchannel.Part{N: n, Of: n + len(f.threads(from, to))}
	}
	c.Private, c.PrivateWas = private(from, f.to), private(f.days(2*fourWeeks), from)
	var waiting []backchannel.Entry
	for _, e := range letters {
		if !within(e.Closed, from, f.to) {
			continue
		}
		c.Public.Of++
		if !e.Public {
			continue
		}
		c.Public.N++
		c.Bridged.Of++
		if f.bridged(e) {
			c.Bridged.N++
		} else if e.Member != reader && e.Member != 0 {
			waiting = append(waiting, e)
		}
	}
	c.Back = f.back(opened(f.days(backAgain+fourWeeks), f.days(backAgain)))
	voices := map[string]int{}
	for _, e := range opened(from, f.to) {
		if e.Digest {
			c.Wanted.Of++
			if e.Wanted {
				c.Wanted.N++
			}
		}
		if e.Member != 0 { // their voice is another one each month
			voices[fmt.Sprint(e.Member)]++
		} else if e.Voice != "" {
			voices[e.Voice]++
		}
	}
	counts := slices.Collect(maps.Values(voices))
	c.TopThree = backchannel.Part{N: busiest(counts, 3), Of: total(counts)}
	if c.TopThree.Of > 0 && len(counts) < leastShared {
		c.TopThree = backchannel.Part{Few: true}
	}
	var managers backchannel.StateReport
	f.byManagers(false, &managers)
	c.First, c.FirstWas = managers.First, managers.FirstWas
	return c, suggest(c, waiting, len(counts))
}

func within(at, from, to time.Time) bool { return !at.Before(from) && at.Before(to) }

// bridged tells whether a letter became a thread: a text of it was posted, or its writer began a thread by themselves.
func (f facts) bridged(e backchannel.Entry) bool {
	return !e.Published.IsZero() || slices.ContainsFunc(f.posts, func(p post) bool {
		return p.root && e.Member != 0 && p.author == int64(e.Member) && !p.at.Before(e.Opened) && !p.at.After(e.Closed.AddDate(0, 0, bridge))
	})
}

// back counts the people whose first letter was followed by a post of theirs.
func (f facts) back(letters []backchannel.Entry) (p backchannel.Part) {
	for _, e := range letters {
		if !e.First {
			continue
		}
		p.Of++
		if slices.ContainsFunc(f.posts, func(p post) bool {
			return p.author == int64(e.Member) && p.at.After(e.Opened) && !p.at.After(e.Opened.AddDate(0, 0, backAgain))
		}) {
			p.N++
		}
	}
	if p.Of > 0 && p.Of < leastShared {
		return backchannel.Part{Few: true}
	}
	return p
}

// suggest is what the meter suggests: three things at most, what is easiest to do in front.
func suggest(c backchannel.Crutch, waiting []backchannel.Entry, voices int) (acts []backchannel.Act) {
	if len(waiting) > 0 {
		acts = append(acts, publish(waiting))
	}
	add := func(kind backchannel.ActKind, p backchannel.Part, is bool) {
		if is && !p.Few && len(acts) < actsAtMost {
			acts = append(acts, backchannel.Act{Kind: kind, N: p.N, Of: p.Of})
		}
	}
	add(backchannel.ActDoor, c.Wanted, c.Wanted.Of >= enoughAnswers && 10*c.Wanted.N > 3*c.Wanted.Of)
	add(backchannel.ActFear, c.Public, c.Public.Of >= enoughClosed && 2*c.Public.N >= c.Public.Of)
	add(backchannel.ActWait, c.First, c.First.Of >= enoughReplies && 2*c.First.N >= c.First.Of)
	add(backchannel.ActInvite, c.Back, c.Back.Of >= leastShared && 3*c.Back.N < c.Back.Of)
	add(backchannel.ActLean, c.TopThree, c.TopThree.Of >= enoughLetters && voices >= enoughVoices && 3*c.TopThree.N >= 2*c.TopThree.Of)
	return acts
}

// publish suggests to ask the writers of letters that could be public; those of the topic of which there are most, when there are three.
func publish(waiting []backchannel.Entry) backchannel.Act {
	byTag := map[string][]backchannel.Entry{}
	for _, e := range waiting {
		for _, tag := range e.Tags {
			byTag[tag] = append(byTag[tag], e)
		}
	}
	a := backchannel.Act{Kind: backchannel.ActPublish}
	tags := slices.SortedFunc(maps.Keys(byTag), func(x, y string) int {
		return cmp.Or(cmp.Compare(len(byTag[y]), len(byTag[x])), cmp.Compare(x, y))
	})
	if len(tags) > 0 && len(byTag[tags[0]]) >= leastShared {
		a.Tag, waiting = tags[0], byTag[tags[0]]
	}
	a.N = len(waiting)
	for _, e := range waiting[:min(len(waiting), codesAtMost)] {
		a.Codes = append(a.Codes, e.Code)
	}
	return a
}
