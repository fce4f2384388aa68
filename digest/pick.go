package digest

import (
	"slices"
	"strconv"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates"
)

// ranked is a thread with its place in an issue, and why it has that place.
type ranked struct {
	freshThread
	Signals
	Score float64
	why   []templates.Because
	known bool // the reader has read, got from another list, or written everything that is new in it
}

// How much an issue shows (product.md A4).
const (
	mostUnanswered = 3
	mostBrief      = 8 // of each list
	mostOffers     = 5
)

// picks are the threads of an issue in their places.
type picks struct {
	unanswered []ranked
	threads    []ranked // of all lists, the best first
	brief      []ranked
	offers     []ranked
}

// edition is what stands in one issue.
type edition struct {
	fresh
	Decided
	picks
	pref    lists.DigestPref
	had     map[archive.PostID]bool // new posts that the reader got from other lists
	removed int                     // posts that the reader had in an earlier issue and that are gone since
}

// viewpoint is what makes one reader's order different from another's.
type viewpoint struct {
	member    int64 // 0: a reader who follows nothing and never wrote
	interests lists.Interests
	read      map[archive.PostID]bool // what they have read over IMAP
	had       map[archive.PostID]bool // what they got from other lists
}

// viewpoint reads how a member sees what is new.
func (e *Editor) viewpoint(tx *db.Tx, r reader, f fresh) (v viewpoint, err error) {
	v = viewpoint{member: int64(r.member.ID), read: map[archive.PostID]bool{}}
	if v.interests, err = lists.InterestsOf(tx, r.member.ID); err != nil {
		return v, err
	}
	if v.had, err = r.had(tx, f); err != nil {
		return v, err
	}
	for _, l := range f {
		if len(l.threads) == 0 {
			continue
		}
		seqs, err := e.Store.SeenSeqs(tx, l.list.Box, v.member, l.threads[0].posts[0].Seq-1, l.upTo)
		if err != nil {
			return v, err
		}
		for _, t := range l.threads {
			for _, p := range t.posts {
				if _, seen := slices.BinarySearch(seqs, p.Seq); seen {
					v.read[p.ID] = true
				}
			}
		}
	}
	return v, nil
}

// rank puts what is new into the order of one reader. It is a pure function: the same threads, wishes and time give the same order.
func (v viewpoint) rank(f fresh, d Decided, w Weights, now time.Time) []ranked {
	var all []ranked
	for _, l := range f {
		for _, t := range slices.Concat(l.threads, l.waiting) {
			if d.Dropped[t.thread.ID] || v.muted(t) {
				continue
			}
			r := ranked{freshThread: t, Signals: v.signals(t, d, now)}
			r.Score, r.why, r.known = w.Score(r.Signals), v.why(r, w), v.knows(t)
			all = append(all, r)
		}
	}
	arrange(all)
	return all
}

func (v viewpoint) muted(t freshThread) bool {
	return slices.Contains(v.interests.Threads, t.thread.Number) || len(common(t.tags, v.interests.Muted)) > 0
}

func common(a, b []string) (both []string) {
	for _, s := range a {
		if slices.Contains(b, s) {
			both = append(both, s)
		}
	}
	return both
}

func (v viewpoint) signals(t freshThread, d Decided, now time.Time) Signals {
	s := Signals{
		Posts: len(t.posts), People: t.people(), Open: -1, Follows: len(common(t.tags, v.interests.Follows)),
		Mine: v.member != 0 && t.authors[v.member], Begun: t.begun() && !t.waits, Newcomer: t.newcomer,
		Managers: float64(t.managers) / float64(len(t.posts)), Days: now.Sub(t.newest().Published).Hours() / 24, Pinned: d.Pinned[t.thread.ID],
	}
	switch n := t.thread.ID; {
	case d.Answered[n]:
	case t.open:
		s.Open = int(now.Sub(t.asked.Published) / (24 * time.Hour))
	case d.Asked[n]:
		s.Open = 0
	}
	return s
}

// why says why a thread stands where it stands; nothing when only its posts speak for it. What counts for nothing is no reason.
func (v viewpoint) why(r ranked, w Weights) (reasons []templates.Because) {
	if r.Pinned && w.Pin > 0 {
		reasons = append(reasons, templates.Because{Reason: templates.Pinned})
	}
	switch {
	case w.Mine == 0:
	case v.member != 0 && r.starter == strconv.FormatInt(v.member, 10):
		reasons = append(reasons, templates.Because{Reason: templates.Began})
	case r.Mine:
		reasons = append(reasons, templates.Because{Reason: templates.Wrote})
	}
	if tags := common(r.tags, v.interests.Follows); len(tags) > 0 && w.Follow > 0 {
		because := templates.Because{Reason: templates.Follows}
		for _, tag := range tags {
			because.Tags = append(because.Tags, "#"+tag)
		}
		reasons = append(reasons, because)
	}
	if len(reasons) == 0 && r.Newcomer && w.Newcomer > 0 {
		reasons = append(reasons, templates.Because{Reason: templates.Novice})
	}
	return reasons
}

// knows tells whether the reader has read, got or written all that is new in a thread.
func (v viewpoint) knows(t freshThread) bool {
	return !slices.ContainsFunc(t.posts, func(p archive.Post) bool {
		return !v.read[p.ID] && !v.had[p.ID] && (v.member == 0 || p.Author != v.member)
	})
}

// pick gives every thread its section: questions that wait, the best with excerpts, offers, and the others in brief. All keep their order.
func pick(all []ranked, d Decided, threads int) (p picks) {
	corner := map[archive.ThreadID]bool{}
	begun := map[beginning]bool{}
	stands := told{}
	for _, wanted := range []bool{true, false} { // what a manager put there comes first
		for _, t := range all {
			n := t.thread.ID
			if len(corner) < mostUnanswered && !corner[n] && t.Open >= 0 && d.Asked[n] == wanted && (wanted || !d.Brief[n]) && !stands.all(t.freshThread) {
				corner[n] = true
				stands.note(t.freshThread)
				begun[t.beginning()] = t.starter != ""
				p.unanswered = append(p.unanswered, t)
			}
		}
	}
	sellers := map[string]bool{}
	for _, t := range all {
		offer := t.offers()
		switch {
		case corner[t.thread.ID], t.waits: // a question of an earlier issue for which there is no room waits unseen
		case d.Brief[t.thread.ID]:
			p.brief = append(p.brief, t)
		case offer && !sellers[t.starter] && len(p.offers) < mostOffers:
			sellers[t.starter] = true
			p.offers = append(p.offers, t)
		case offer, t.known, t.reports(), stands.all(t.freshThread), len(p.threads) >= threads, t.People < 2 && begun[t.beginning()]:
			p.brief = append(p.brief, t) // some people send everything twice
		default:
			begun[t.beginning()] = t.starter != ""
			stands.note(t.freshThread)
			p.threads = append(p.threads, t)
		}
	}
	return p
}

// offers tells whether a thread is an offer, or a job that nobody has said anything to yet; a job that is talked about is a thread like
// others, and so it is for those who follow its tag or wrote in it.
func (t ranked) offers() bool {
	if slices.Contains(t.tags, "offer") {
		return true
	}
	job := slices.Contains(t.tags, "job") || slices.Contains(t.tags, "jobs")
	return job && t.Begun && t.People < 2 && t.Open < 0 && t.Follows == 0 && !t.Mine && !t.Pinned
}

// reports tells whether a thread has nothing new but what programs wrote, and no manager or reader wants to see more of it than its subject.
func (t ranked) reports() bool {
	return !t.Pinned && !t.Mine && t.Follows == 0 && !slices.ContainsFunc(t.posts, func(p archive.Post) bool { return !p.Program })
}

// beginning is what two threads have in common when somebody sends everything twice.
type beginning struct{ starter, subject, text string }

func (t freshThread) beginning() beginning {
	return beginning{t.starter, t.thread.Subject, t.posts[0].Text}
}

// overview is what is new on all lists of a community since a time, in the order of a reader who follows nothing: for managers.
func (e *Editor) overview(tx *db.Tx, c lists.Community, since, until time.Time, d Decided) (fresh, []ranked, error) {
	all, err := lists.Lists(tx, c.ID)
	if err != nil {
		return nil, nil, err
	}
	var f fresh
	for _, list := range all {
		from, err := e.Store.Newest(tx, list.Box, since)
		if err != nil {
			return nil, nil, err
		}
		l, err := e.gatherList(tx, list, from, until, d.Asked)
		if err != nil {
			return nil, nil, err
		}
		f = append(f, l)
	}
	return f, viewpoint{}.rank(f, d, e.weights(), until), nil
}
