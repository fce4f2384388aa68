package report

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"backchannel/lists/backchannel"
)

// The spans of figures, in days; "before" is the four weeks before the last four.
const (
	week       = 7
	fourWeeks  = 28
	twelve     = 12 // weeks in a row of bars
	quietAfter = 60 // without a post
	quietUntil = 365
	secondPost = 30 // within which a newcomer's second post is looked for
	waitsFor   = 48 * time.Hour
	waitsAtAll = 14 // days after which nobody waits for a first reply any more
	inTime     = 24 * time.Hour
)

// shownAtMost is how many names a line has.
const shownAtMost = 5

// post is one post as figures see it.
type post struct {
	thread  int64
	root    bool
	author  int64 // the member; 0: nobody known, or without a name
	who     string
	at      time.Time
	asks    bool
	subject string
	name    string
}

// author is a member who has posted.
type author struct {
	id          int64
	first, last time.Time
}

// facts are what the figures of a community are made from.
type facts struct {
	to       time.Time
	posts    []post // of half a year, the oldest first
	authors  []author
	names    map[int64]string // of active members
	managers map[int64]bool
	vendors  map[int64]bool // members who sell to communities
	alone    map[int64]bool // members who do not want to be written to when they are silent
}

// days is a moment so many days before the end.
func (f facts) days(n int) time.Time { return f.to.AddDate(0, 0, -n) }

// in are the posts of a span.
func (f facts) in(from, to time.Time) (some []post) {
	for _, p := range f.posts {
		if !p.at.Before(from) && p.at.Before(to) {
			some = append(some, p)
		}
	}
	return some
}

// byAuthor counts posts by member; those without a known author are nobody's.
func byAuthor(posts []post) map[int64]int {
	n := map[int64]int{}
	for _, p := range posts {
		if p.author != 0 {
			n[p.author]++
		}
	}
	return n
}

// begun is a thread with its first reply: the first post by somebody else.
type begun struct {
	root    post
	reply   post
	replied bool
}

// threads are the threads that began in a span, oldest first.
func (f facts) threads(from, to time.Time) []begun {
	at := map[int64]int{}
	var all []begun
	for _, p := range f.posts {
		i, known := at[p.thread]
		switch {
		case p.root && !p.at.Before(from) && p.at.Before(to):
			at[p.thread] = len(all)
			all = append(all, begun{root: p})
		case known && !p.root && !all[i].replied && p.who != all[i].root.who:
			all[i].reply, all[i].replied = p, true
		}
	}
	return all
}

// wait is how long a thread was without a reply.
func (b begun) wait() time.Duration { return max(0, b.reply.at.Sub(b.root.at)) }

// weekly is one number for each of the last twelve weeks, the newest last.
func (f facts) weekly(number func(from, to time.Time) int) backchannel.Weeks {
	var all backchannel.Weeks
	for i := twelve; i > 0; i-- {
		all = append(all, number(f.days(i*week), f.days((i-1)*week)))
	}
	return all
}

// median of some times; of an even number it lies between the two in the middle. 0 of none.
func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	n := len(times)
	switch {
	case n == 0:
		return 0
	case n%2 == 1:
		return times[n/2]
	}
	return (times[n/2-1] + times[n/2]) / 2
}

// ninth is the time within which nine of ten lie (the nearest rank).
func ninth(times []time.Duration) time.Duration {
	slices.Sort(times)
	if len(times) == 0 {
		return 0
	}
	return times[(9*len(times)+9)/10-1]
}

// half is the fewest people who together wrote half of the posts.
func half(counts []int) (people int) {
	slices.SortFunc(counts, func(a, b int) int { return cmp.Compare(b, a) })
	all, sum := total(counts), 0
	for i, n := range counts {
		if sum += n; 2*sum >= all {
			return i + 1
		}
	}
	return 0
}

// gini is the Gini coefficient of counts in hundredths.
func gini(counts []int) int {
	slices.Sort(counts)
	n, all, weighted := len(counts), total(counts), 0
	for i, c := range counts {
		weighted += (i + 1) * c
	}
	if all == 0 {
		return 0
	}
	return (100*(2*weighted-(n+1)*all) + n*all/2) / (n * all)
}

func total(counts []int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// busiest is how many posts the busiest people wrote.
func busiest(counts []int, people int) int {
	slices.SortFunc(counts, func(a, b int) int { return cmp.Compare(b, a) })
	return total(counts[:min(people, len(counts))])
}

// state computes how a community is. What is to be shared names nobody and tells no number about fewer than three people.
func (f facts) state(share bool) backchannel.StateReport {
	s := sieve(share)
	_, number := f.to.AddDate(0, 0, -1).ISOWeek()
	t := backchannel.StateReport{Week: number, Until: f.to, Share: share}
	f.activity(s, &t)
	f.replying(s, &t)
	f.newcomers(s, &t)
	f.spread(s, &t)
	f.byManagers(s, &t)
	quiet := f.quiet()
	t.Quiet, t.QuietFew = s.people(len(quiet))
	if share {
		return t
	}
	f.balance(&t)
	greeted := 0
	for _, n := range t.Newcomers {
		if n.Waiting >= inTime {
			greeted++
		}
	}
	asked := 0
	for _, id := range quiet {
		if f.alone[id] {
			continue
		}
		if asked++; asked <= shownAtMost {
			t.QuietSome = append(t.QuietSome, f.names[id])
		}
	}
	act := func(kind backchannel.ActKind, n, of int, is bool) {
		if is {
			t.Acts = append(t.Acts, backchannel.Act{Kind: kind, N: n, Of: of})
		}
	}
	act(backchannel.ActAnswer, t.Unanswered, 0, t.Unanswered > 0)
	act(backchannel.ActGreet, greeted, 0, greeted > 0)
	act(backchannel.ActHello, asked, 0, asked > 0)
	act(backchannel.ActSpread, t.Half, 0, t.Half > 0 && t.Half <= 3 && t.PostingFour.N >= 8)
	act(backchannel.ActWait, t.First.N, t.First.Of, t.First.Of >= 6 && 2*t.First.N >= t.First.Of)
	return t
}

// activity is who posts, and what begins.
func (f facts) activity(s sieve, t *backchannel.StateReport) {
	here := func(from, to time.Time) (n int) {
		for id := range byAuthor(f.in(from, to)) {
			if _, active := f.names[id]; active {
				n++
			}
		}
		return n
	}
	last, four := here(f.days(week), f.to), here(f.days(fourWeeks), f.to)
	t.Posting, t.PostingFour = s.part(last, len(f.names)), s.part(four, len(f.names))
	if s && four-last > 0 && four-last < leastShared { // what is left of four weeks without the last one
		t.PostingFour = backchannel.Part{Few: true}
	}
	t.PostingBy = f.weekly(func(from, to time.Time) int {
		n := len(byAuthor(f.in(from, to)))
		return s.week(n, n)
	})
	starters := func(from, to time.Time) (threads, people int) {
		all := f.threads(from, to)
		who := map[string]bool{}
		for _, b := range all {
			who[b.root.who] = true
		}
		return len(all), len(who)
	}
	n, people := starters(f.days(week), f.to)
	n4, people4 := starters(f.days(fourWeeks), f.to)
	earlier, before := starters(f.days(fourWeeks), f.days(week))
	if t.ThreadsFew = s.few(n, people) || s.few(n4, people4) || s.few(earlier, before); !t.ThreadsFew {
		t.Threads, t.ThreadsFour = n, n4
	}
	t.ThreadsBy = f.weekly(func(from, to time.Time) int { return s.week(starters(from, to)) })
}

// replying is how fast somebody else replies, and where nobody did.
func (f facts) replying(s sieve, t *backchannel.StateReport) {
	waits := func(from, to time.Time) (all []time.Duration, people int) {
		askers, repliers := map[string]bool{}, map[string]bool{}
		for _, b := range f.threads(from, to) {
			if b.replied {
				all = append(all, b.wait())
				askers[b.root.who], repliers[b.reply.who] = true, true
			}
		}
		return all, min(len(askers), len(repliers))
	}
	all, people := waits(f.days(fourWeeks), f.to)
	if t.AnsweredFew = s.few(len(all), people); !t.AnsweredFew {
		t.Answered, t.Median, t.P90 = len(all), median(all), ninth(all)
	}
	t.MedianBy = f.weekly(func(from, to time.Time) int {
		all, people := waits(from, to)
		if len(all) == 0 || s.few(len(all), people) {
			return -1
		}
		return int(median(all).Round(time.Minute) / time.Minute)
	})
	askers := map[string]bool{}
	for _, b := range f.threads(f.days(waitsAtAll), f.to.Add(-waitsFor)) {
		if b.replied || !b.root.asks {
			continue
		}
		t.Unanswered++
		askers[b.root.who] = true
		if !bool(s) && len(t.Waiting) < shownAtMost {
			t.Waiting = append(t.Waiting, backchannel.StateThread{Subject: cmp.Or(b.root.subject, "a post without a subject"), Asker: b.root.name, Days: int(f.to.Sub(b.root.at) / (24 * time.Hour))})
		}
	}
	if t.UnansweredFew = s.few(t.Unanswered, len(askers)); t.UnansweredFew {
		t.Unanswered = 0
	}
}

// newcomers are members who posted for the first time, managers not counted.
func (f facts) newcomers(s sieve, t *backchannel.StateReport) {
	first := func(from, to time.Time) (some []author) {
		for _, a := range f.authors {
			if !f.managers[a.id] && !a.first.Before(from) && a.first.Before(to) {
				some = append(some, a)
			}
		}
		slices.SortStableFunc(some, func(a, b author) int { return a.first.Compare(b.first) })
		return some
	}
	old, soon := 0, 0
	var waits []time.Duration
	for _, a := range first(f.days(fourWeeks), f.to) {
		reply, replied := f.replyTo(a)
		if replied && !bool(s) {
			waits = append(waits, max(reply, time.Minute))
		}
		age := f.to.Sub(a.first)
		if age >= inTime {
			old++
			if replied && reply <= inTime {
				soon++
			}
		}
		name := f.names[a.id]
		if bool(s) || name == "" {
			continue
		}
		one := backchannel.StateNewcomer{Name: name, Reply: reply}
		if !replied {
			one.Waiting = max(age, time.Minute)
		}
		t.Newcomers = append(t.Newcomers, one)
	}
	t.Newcomers = t.Newcomers[max(0, len(t.Newcomers)-shownAtMost):]
	t.InTime, t.NewMedian = s.part(soon, old), median(waits)
	again := 0
	cohort := first(f.days(2*secondPost), f.days(secondPost))
	for _, a := range cohort {
		if f.writesAgain(a) {
			again++
		}
	}
	t.Second = s.part(again, len(cohort))
	t.NewBy = f.weekly(func(from, to time.Time) int {
		n := len(first(from, to))
		return s.week(n, n)
	})
}

// replyTo is how long a newcomer's first post was without a post of somebody else behind it in its thread.
func (f facts) replyTo(a author) (after time.Duration, replied bool) {
	mine := slices.IndexFunc(f.posts, func(p post) bool { return p.author == a.id && p.at.Equal(a.first) })
	if mine < 0 {
		return 0, false
	}
	for _, p := range f.posts[mine+1:] {
		if p.thread == f.posts[mine].thread && p.who != f.posts[mine].who {
			return p.at.Sub(a.first), true
		}
	}
	return 0, false
}

// writesAgain tells whether somebody posted once more soon after their first post.
func (f facts) writesAgain(a author) bool {
	return slices.ContainsFunc(f.posts, func(p post) bool {
		return p.author == a.id && p.at.After(a.first) && !p.at.After(a.first.AddDate(0, 0, secondPost))
	})
}

// spread is on how many people the lists rest.
func (f facts) spread(s sieve, t *backchannel.StateReport) {
	counts := slices.Collect(maps.Values(byAuthor(f.in(f.days(fourWeeks), f.to))))
	n, people := half(counts), len(counts)
	if t.HalfFew = people > 0 && (s.few(n, n) || s.few(people-n, people-n)); !t.HalfFew {
		t.Half, t.Posts = n, total(counts)
		if !s {
			t.HalfWas = half(slices.Collect(maps.Values(byAuthor(f.in(f.days(2*fourWeeks), f.days(fourWeeks))))))
		}
		if rest := people - shownAtMost; rest > 0 && !s.few(rest, rest) {
			t.TopFive = backchannel.Part{N: busiest(counts, shownAtMost), Of: total(counts)}
		}
	}
	if t.GiniFew = people == 0 || s.few(people, people); !t.GiniFew {
		t.Gini = gini(counts)
	}
	posts, answers, who := f.in(f.days(fourWeeks), f.to), 0, map[string]bool{}
	own := map[int64]string{}
	for _, p := range f.posts {
		if p.root {
			own[p.thread] = p.who
		}
	}
	for _, p := range posts {
		if !p.root && own[p.thread] != p.who {
			answers++
			who[p.who] = true
		}
	}
	if t.RepliesFew = s.few(answers, len(who)) || t.ThreadsFew; !t.RepliesFew {
		t.Replies = answers
	}
}

// byManagers is what managers write, and how often they reply first.
func (f facts) byManagers(s sieve, t *backchannel.StateReport) {
	posts := func(from, to time.Time) backchannel.Part {
		var all, theirs, people, managers int
		for id, n := range byAuthor(f.in(from, to)) {
			all, people = all+n, people+1
			if f.managers[id] {
				theirs, managers = theirs+n, managers+1
			}
		}
		return s.among(theirs, all, managers, people)
	}
	first := func(from, to time.Time) backchannel.Part {
		n, all := 0, 0
		people, managers := map[string]bool{}, map[string]bool{}
		for _, b := range f.threads(from, to) {
			if !b.replied {
				continue
			}
			all++
			people[b.reply.who] = true
			if f.managers[b.reply.author] {
				n++
				managers[b.reply.who] = true
			}
		}
		return s.among(n, all, len(managers), len(people))
	}
	t.ByManagers, t.First = posts(f.days(fourWeeks), f.to), first(f.days(fourWeeks), f.to)
	t.ManagersBy = f.weekly(func(from, to time.Time) int {
		p := posts(from, to)
		if p.Few || p.Of == 0 {
			return -1
		}
		return (100*p.N + p.Of/2) / p.Of
	})
	if !s {
		t.ManagerWas, t.FirstWas = posts(f.days(2*fourWeeks), f.days(fourWeeks)), first(f.days(2*fourWeeks), f.days(fourWeeks))
	}
}

// balance is how many of the members are vendors, and how much they write. It is for managers alone.
func (f facts) balance(t *backchannel.StateReport) {
	t.Vendors.Of = len(f.names)
	for id := range f.names {
		if f.vendors[id] {
			t.Vendors.N++
		}
	}
	for id, n := range byAuthor(f.in(f.days(fourWeeks), f.to)) {
		t.VendorPosts.Of += n
		if f.vendors[id] {
			t.VendorPosts.N += n
		}
	}
}

// quiet are active members who used to post and have been silent, those who wrote last in front.
func (f facts) quiet() (some []int64) {
	all := slices.Clone(f.authors)
	slices.SortStableFunc(all, func(a, b author) int { return b.last.Compare(a.last) })
	for _, a := range all {
		if _, active := f.names[a.id]; active && !f.managers[a.id] && a.last.Before(f.days(quietAfter)) && !a.last.Before(f.days(quietUntil)) {
			some = append(some, a.id)
		}
	}
	return some
}
