package report

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"backchannel/lists/backchannel"
)

var end = time.Date(2026, 6, 15, 9, 0, 0, 0, time.UTC) // a Monday

// ago is a moment before the end, in days and hours.
func ago(days, hours int) time.Time {
	return end.Add(-time.Duration(days)*24*time.Hour - time.Duration(hours)*time.Hour)
}

// talk is a pencil for facts: members 1, 2, … of whom the first are managers.
func talk(members, managers int) facts {
	f := facts{to: end, names: map[int64]string{}, managers: map[int64]bool{}, alone: map[int64]bool{}}
	for i := 1; i <= members; i++ {
		f.names[int64(i)] = fmt.Sprint("Member ", i)
		f.managers[int64(i)] = i <= managers
	}
	return f
}

// say has a member post in a thread; the first post of a thread begins it, with a question.
func (f *facts) say(who, thread int64, at time.Time) {
	begins := !slices.ContainsFunc(f.posts, func(p post) bool { return p.thread == thread })
	p := post{thread: thread, root: begins, author: who, who: fmt.Sprint("m", who), at: at}
	if begins {
		p.asks, p.subject, p.name = true, fmt.Sprint("Thread ", thread), f.names[who]
	}
	f.posts = append(f.posts, p)
	slices.SortStableFunc(f.posts, func(a, b post) int { return a.at.Compare(b.at) })
	i := slices.IndexFunc(f.authors, func(a author) bool { return a.id == who })
	if i < 0 {
		i = len(f.authors)
		f.authors = append(f.authors, author{id: who, first: at, last: at})
	}
	a := &f.authors[i]
	if at.Before(a.first) {
		a.first = at
	}
	if at.After(a.last) {
		a.last = at
	}
}

// C4: every figure of a small community, counted by hand.
func TestStateByHand(t *testing.T) {
	f := talk(10, 1)
	f.say(1, 1, ago(100, 0)) // the manager, long ago
	f.say(2, 1, ago(99, 0))
	f.say(3, 2, ago(70, 0)) // the last word of 3
	f.say(4, 3, ago(45, 0)) // newcomers of a month ago: 4 writes again, 5 does not
	f.say(5, 3, ago(44, 0))
	f.say(4, 3, ago(40, 0))
	f.say(2, 4, ago(20, 0)) // a thread that the manager answers after 2 hours
	f.say(1, 4, ago(19, 22))
	f.say(4, 4, ago(19, 0))
	f.say(6, 5, ago(10, 0)) // a newcomer, whom 2 answers after 30 hours: too late
	f.say(2, 5, ago(8, 18))
	f.say(7, 6, ago(5, 0)) // a newcomer, whom 4 answers after 4 hours
	f.say(4, 6, ago(4, 20))
	f.say(8, 7, ago(3, 0)) // a newcomer whom nobody answers
	f.say(2, 8, ago(1, 0)) // too young to wait
	s := f.state(false)
	for name, pair := range map[string][2]any{
		"week":           {s.Week, 24}, // Sunday, 14 June
		"posting":        {s.Posting, backchannel.Part{N: 4, Of: 10}},
		"four weeks":     {s.PostingFour, backchannel.Part{N: 6, Of: 10}},
		"people by week": {fmt.Sprint(s.PostingBy), "[0 0 1 0 0 2 1 0 0 3 2 4]"},
		"threads":        {[2]int{s.Threads, s.ThreadsFour}, [2]int{3, 5}},
		"by week":        {fmt.Sprint(s.ThreadsBy), "[0 0 1 0 0 1 0 0 0 1 1 3]"},
		"answered":       {s.Answered, 3},
		"median":         {s.Median, 4 * time.Hour},
		"p90":            {s.P90, 30 * time.Hour},
		"median by week": {fmt.Sprint(s.MedianBy), "[-1 -1 -1 -1 -1 1440 -1 -1 -1 120 1800 240]"},
		"unanswered":     {s.Unanswered, 1},
		"waiting":        {fmt.Sprint(s.Waiting), "[{Thread 7 Member 8 3}]"},
		"newcomers":      {fmt.Sprint(s.Newcomers), "[{Member 6 30h0m0s 0s} {Member 7 4h0m0s 0s} {Member 8 0s 72h0m0s}]"},
		"in time":        {s.InTime, backchannel.Part{N: 1, Of: 3}},
		"new median":     {s.NewMedian, 17 * time.Hour}, // of 4 and 30; nobody answers 8
		"second":         {s.Second, backchannel.Part{N: 1, Of: 2}},
		"new by week":    {fmt.Sprint(s.NewBy), "[0 0 1 0 0 2 0 0 0 0 1 2]"},
		"half":           {[3]int{s.Half, s.HalfWas, s.Posts}, [3]int{2, 1, 9}}, // 2 wrote 3, 4 wrote 2 of 9; before 4 wrote 2 of 3
		"five busiest":   {s.TopFive, backchannel.Part{N: 8, Of: 9}},
		"gini":           {s.Gini, 24}, // of 1 1 1 1 2 3: 2*41/54 - 7/6 = 0.24
		"managers":       {s.ByManagers, backchannel.Part{N: 1, Of: 9}},
		"before":         {s.ManagerWas, backchannel.Part{N: 0, Of: 3}},
		"first":          {s.First, backchannel.Part{N: 1, Of: 3}},
		"first before":   {s.FirstWas, backchannel.Part{N: 0, Of: 1}},
		"percent":        {fmt.Sprint(s.ManagersBy), "[-1 -1 0 -1 -1 0 0 -1 -1 33 0 0]"},
		"replies":        {s.Replies, 4},
		"quiet":          {fmt.Sprint(s.Quiet, s.QuietSome), "1 [Member 3]"},
	} {
		if fmt.Sprint(pair[0]) != fmt.Sprint(pair[1]) {
			t.Errorf("%s: %v, want %v", name, pair[0], pair[1])
		}
	}
	if got := fmt.Sprint(s.Acts); got != fmt.Sprint([]backchannel.Act{{Kind: backchannel.ActAnswer, N: 1}, {Kind: backchannel.ActGreet, N: 1}, {Kind: backchannel.ActHello, N: 1}}) {
		t.Errorf("acts: %s", got)
	}
	f.alone[3] = true
	if s := f.state(false); s.Quiet != 1 || len(s.QuietSome) != 0 {
		t.Errorf("who wants to be left alone is named: %v", s.QuietSome)
	}
}

func TestSmallFigures(t *testing.T) {
	hours := func(all ...int) (d []time.Duration) {
		for _, n := range all {
			d = append(d, time.Duration(n)*time.Hour)
		}
		return d
	}
	for _, one := range []struct{ got, want any }{
		{median(nil), time.Duration(0)}, {median(hours(3)), 3 * time.Hour}, {median(hours(9, 1, 2)), 2 * time.Hour}, {median(hours(4, 1, 2, 9)), 3 * time.Hour},
		{ninth(nil), time.Duration(0)}, {ninth(hours(5)), 5 * time.Hour}, {ninth(hours(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)), 9 * time.Hour}, {ninth(hours(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)), 10 * time.Hour},
		{half(nil), 0}, {half([]int{5}), 1}, {half([]int{1, 1, 1, 1}), 2}, {half([]int{1, 2, 3, 10}), 1}, {half([]int{2, 2, 3}), 2},
		{gini(nil), 0}, {gini([]int{4}), 0}, {gini([]int{3, 3, 3}), 0}, {gini([]int{0, 0, 0, 9}), 75}, {gini([]int{1, 3}), 25},
		{busiest([]int{1, 5, 2, 4}, 2), 9}, {busiest([]int{1}, 3), 1},
		{sieve(true).part(3, 10), backchannel.Part{N: 3, Of: 10}}, {sieve(true).part(2, 10), backchannel.Part{Few: true}}, {sieve(true).part(8, 10), backchannel.Part{Few: true}},
		{sieve(true).part(10, 10), backchannel.Part{N: 10, Of: 10}}, {sieve(true).part(0, 10), backchannel.Part{Few: true}}, {sieve(true).part(0, 0), backchannel.Part{}}, {sieve(false).part(1, 2), backchannel.Part{N: 1, Of: 2}},
	} {
		if one.got != one.want {
			t.Errorf("%v, want %v", one.got, one.want)
		}
	}
}

// What is shared names nobody, and whatever two people did is told by no number: without both of them, every number that is told is
// still about three people at least.
func TestWhatIsSharedTellsOfNobody(t *testing.T) {
	told := 0
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 7))
		members := 1 + r.IntN(14)
		f := talk(members, r.IntN(4))
		for range r.IntN(120) {
			f.say(int64(1+r.IntN(members)), int64(1+r.IntN(25)), ago(r.IntN(118), r.IntN(24)))
		}
		s := f.state(true)
		if len(s.Waiting)+len(s.Newcomers)+len(s.QuietSome)+len(s.Needs)+len(s.Acts) > 0 || s.Crutch != nil || s.Held != nil || s.Heat+s.Each+s.Digest+s.NoMail+s.Stopped > 0 {
			t.Fatalf("seed %d names somebody, or tells what is not to be shared: %+v", seed, s)
		}
		people := func(from, to time.Time, which func(post) bool) int {
			who := map[int64]bool{}
			for _, p := range f.posts {
				if within(p.at, from, to) && which(p) {
					who[p.author] = true
				}
			}
			return len(who)
		}
		all := func(post) bool { return true }
		manager := func(p post) bool { return f.managers[p.author] }
		member := func(p post) bool { return !f.managers[p.author] }
		root := func(p post) bool { return p.root }
		enough := func(what string, shown bool, n int) {
			if shown && n < 3 {
				t.Errorf("seed %d: %s is told, and about %d people", seed, what, n)
			}
			if shown {
				told++
			}
		}
		four, six := f.days(28), f.to
		enough("who posts", !s.Posting.Few && s.Posting.Of > 0, people(f.days(7), six, all))
		enough("who does not", !s.Posting.Few && s.Posting.Of > 0 && s.Posting.N < s.Posting.Of, s.Posting.Of-s.Posting.N)
		enough("who posted in four weeks", !s.PostingFour.Few && s.PostingFour.Of > 0, people(four, six, all))
		enough("who posted in four weeks, but not now", !s.Posting.Few && !s.PostingFour.Few && s.PostingFour.N > s.Posting.N, s.PostingFour.N-s.Posting.N)
		enough("new threads", !s.ThreadsFew && s.Threads > 0, people(f.days(7), six, root))
		enough("threads of four weeks", !s.ThreadsFew && s.ThreadsFour > 0, people(four, six, root))
		enough("threads of the weeks before the last", !s.ThreadsFew && s.ThreadsFour > s.Threads, people(four, f.days(7), root))
		enough("half of the posts", !s.HalfFew && s.Half > 0, s.Half)
		enough("posts", !s.HalfFew && s.Posts > 0, people(four, six, all))
		enough("the Gini coefficient", !s.GiniFew, people(four, six, all))
		enough("posts of managers", !s.ByManagers.Few && s.ByManagers.Of > 0, people(four, six, manager))
		if others := people(four, six, member); others > 0 {
			enough("posts of members", !s.ByManagers.Few && s.ByManagers.Of > 0, others)
		}
		enough("quiet people", !s.QuietFew && s.Quiet > 0, s.Quiet)
		enough("newcomers in time", !s.InTime.Few && s.InTime.Of > 0, s.InTime.N)
		enough("second posts", !s.Second.Few && s.Second.Of > 0, s.Second.N)
		for i := range twelve {
			from, to := f.days((twelve-i)*7), f.days((twelve-i-1)*7)
			enough("a week's people", s.PostingBy[i] >= 0, people(from, to, all))
			enough("a week's threads", s.ThreadsBy[i] >= 0, people(from, to, root))
			enough("a week's first replies", s.MedianBy[i] >= 0, people(from, to, root))
			enough("a week's newcomers", s.NewBy[i] >= 0, s.NewBy[i])
			enough("a week's managers", s.ManagersBy[i] >= 0, people(from, to, manager))
		}
	}
	if told < 1000 {
		t.Errorf("only %d numbers were told: the test shows nothing", told)
	}
}
