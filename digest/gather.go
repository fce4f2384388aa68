package digest

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates/refusal"
)

// fresh is what is new for one reader, list by list.
type fresh []freshList

// freshList is what is new on one list since some place in it. Nothing in it depends on who reads it.
type freshList struct {
	list    lists.List
	from    int64     // the place in it
	until   time.Time // when it closed
	upTo    int64
	prefix  string                            // that stands before nearly every subject
	threads []freshThread                     // in the order in which they were written in first
	waiting []freshThread                     // others whose question is open
	came    []archive.Post                    // the first posts of people who never wrote before
	twins   map[archive.PostID][]archive.Twin // of posts that stand on other lists too
}

// freshThread is one thread with what is new in it.
type freshThread struct {
	thread   archive.Thread
	list     lists.List
	prefix   string         // before nearly every subject of the list
	posts    []archive.Post // the new ones, in order; of a waiting one its question
	tags     []string
	tails    map[int64][]string                // how its members end their posts
	starter  string                            // tells who began it
	authors  map[int64]bool                    // members who posted in it, ever
	newcomer bool                              // it is new, and its author's first
	managers int                               // how many of the new posts managers wrote
	asked    archive.Post                      // the question that is open
	open     bool                              // there is one
	reply    time.Duration                     // how long its question waited for the first answer by somebody else; 0: it has none
	question bool                              // it is new, and began with a question
	waits    bool                              // nothing is new in it: it is here for its question
	shown    *shownBefore                      // its excerpts, as others have them
	twins    map[archive.PostID][]archive.Twin // of its posts, and of others of its list
}

func (f fresh) posts() (n int) {
	for _, l := range f {
		for _, t := range l.threads {
			n += len(t.posts)
		}
	}
	return n
}

// gather reads what is new for a reader, published before closing, and gives it its order.
func (e *Editor) gather(tx *db.Tx, r reader, closing time.Time, d Decided) (edition, error) {
	all, err := e.gatherLists(tx, r, closing, d)
	if err != nil {
		return edition{}, err
	}
	v, err := e.viewpoint(tx, r, all)
	if err != nil {
		return edition{}, err
	}
	return edition{fresh: all, Decided: d, picks: pick(v.rank(all, d, e.weights(), closing), d, r.pref.Threads), pref: r.pref, had: v.had}, nil
}

// gatherLists reads the lists of a reader, each behind their place in it.
func (e *Editor) gatherLists(tx *db.Tx, r reader, closing time.Time, d Decided) (fresh, error) {
	if r.again != nil {
		return e.gatherAgain(tx, r, d)
	}
	var all fresh
	for _, s := range slices.Concat(r.subs, r.closing) {
		until := closing
		if s.Delivery != lists.Digest && s.Changed.Before(until) {
			until = s.Changed // what came later they got by itself
		}
		list, err := lists.ListByID(tx, s.List)
		if err != nil {
			return nil, err
		}
		from, _, err := place(tx, s)
		if err != nil {
			return nil, err
		}
		l, err := e.gatherList(tx, list, from, until, d.Asked)
		if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	slices.SortStableFunc(all, func(a, b freshList) int { return strings.Compare(a.list.Local, b.list.Local) })
	return all, nil
}

// readList reads what is new on a list behind a place in it, published before a time, and the questions that wait there, those
// that managers asked for among them.
func (e *Editor) readList(tx *db.Tx, list lists.List, from int64, until time.Time, asked map[archive.ThreadID]bool) (freshList, error) {
	l := freshList{list: list, from: from, until: until}
	upTo, err := e.Store.Newest(tx, list.Box, until)
	if err != nil {
		return l, err
	}
	l.upTo = max(from, upTo)
	posts, err := e.Store.Fresh(tx, list.Box, from, upTo)
	if err != nil {
		return l, err
	}
	if l.threads, err = e.group(tx, list, posts); err != nil {
		return l, err
	}
	l.prefix = l.findPrefix()
	about, err := e.background(tx, list, l.prefix, until)
	if err != nil {
		return l, err
	}
	for i := range l.threads {
		if err := about.fill(tx, &l.threads[i]); err != nil {
			return l, err
		}
	}
	if l.came, err = about.newcomers(tx, posts); err != nil {
		return l, err
	}
	if l.waiting, err = about.waiting(tx, l.threads); err != nil {
		return l, err
	}
	if err := about.wanted(tx, &l, asked); err != nil {
		return l, err
	}
	err = e.findTwins(tx, &l)
	return l, err
}

// group puts posts into their threads.
func (e *Editor) group(tx *db.Tx, list lists.List, posts []archive.Post) ([]freshThread, error) {
	at := map[archive.ThreadID]int{}
	var all []freshThread
	for _, p := range posts {
		i, ok := at[p.Thread]
		if !ok {
			t, err := e.Store.Thread(tx, p.Thread)
			if err != nil {
				return nil, err
			}
			i = len(all)
			at[p.Thread] = i
			all = append(all, freshThread{thread: t, list: list})
		}
		all[i].posts = append(all[i].posts, p)
	}
	return all, nil
}

// background is what has to be known of a list and its community to tell what a thread is.
type background struct {
	store    *archive.Store
	list     lists.List
	prefix   string
	until    time.Time
	aliases  lists.Aliases
	managers map[int64]bool
	tails    map[int64][]string // how members end their posts
}

func (e *Editor) background(tx *db.Tx, list lists.List, prefix string, until time.Time) (background, error) {
	b := background{store: e.Store, list: list, prefix: prefix, until: until, managers: map[int64]bool{}, tails: map[int64][]string{}}
	all, err := lists.Managers(tx, list.Community)
	if err != nil {
		return b, err
	}
	for _, m := range all {
		b.managers[int64(m.ID)] = true
	}
	b.aliases, err = lists.TagAliases(tx, list.Community)
	return b, err
}

// fill finds out about a thread what its new posts do not tell: who began it, its tags, and whether a question in it is open.
func (b background) fill(tx *db.Tx, t *freshThread) error {
	t.prefix, t.tails, t.shown = b.prefix, b.tails, &shownBefore{}
	if err := b.learn(tx, t.posts); err != nil {
		return err
	}
	all, err := b.history(tx, t.thread.ID)
	if err != nil {
		return err
	}
	t.authors = map[int64]bool{}
	root := slices.IndexFunc(all, func(p archive.Post) bool { return p.ID == t.thread.Root })
	if root >= 0 {
		t.starter = who(all[root])
	}
	for _, p := range all {
		t.authors[p.Author] = p.Author != 0
		if p.State == archive.Published && (who(p) == t.starter || b.managers[p.Author]) {
			t.addTags(tagsOf(p, b.prefix, b.aliases))
		}
	}
	for _, p := range t.posts {
		if b.managers[p.Author] {
			t.managers++
		}
	}
	t.asked, t.open = question(all, t.thread.Root, t.tags, b.until)
	if root < 0 || t.waits || !t.begun() {
		return nil
	}
	opening := all[root]
	t.newcomer, err = b.isFirst(tx, opening)
	if t.question = asks(opening, true, t.tags); t.question {
		if i := slices.IndexFunc(all, func(p archive.Post) bool { return who(p) != t.starter && !p.Program }); i >= 0 {
			t.reply = max(1, all[i].Published.Sub(opening.Published))
		}
	}
	return err
}

func (t *freshThread) addTags(tags []string) {
	for _, tag := range tags {
		if !slices.Contains(t.tags, tag) {
			t.tags = append(t.tags, tag)
		}
	}
}

// history are the posts of a thread up to the close, in the order of their publication.
func (b background) history(tx *db.Tx, id archive.ThreadID) ([]archive.Post, error) {
	all, err := b.store.Posts(tx, id)
	all = slices.DeleteFunc(all, func(p archive.Post) bool { return !p.Published.Before(b.until) })
	slices.SortStableFunc(all, func(a, b archive.Post) int { return int(a.Seq - b.Seq) })
	return all, err
}

// isFirst tells whether a post is the first one of its author in the community.
func (b background) isFirst(tx *db.Tx, p archive.Post) (bool, error) {
	if p.Author == 0 || p.Program {
		return false, nil
	}
	one, err := b.store.FirstPostOf(tx, int64(b.list.Community), p.Author)
	if refusal.KindOf(err) == refusal.NotFound {
		return false, nil
	}
	return one.ID == p.ID, err
}

// newcomers are the posts that are their authors' first.
func (b background) newcomers(tx *db.Tx, posts []archive.Post) (came []archive.Post, err error) {
	seen := map[int64]bool{}
	for _, p := range posts {
		if seen[p.Author] {
			continue
		}
		seen[p.Author] = true
		is, err := b.isFirst(tx, p)
		if err != nil {
			return nil, err
		}
		if is {
			came = append(came, p)
		}
	}
	return came, nil
}

// waiting are threads in which nothing is new, and in which a question is open that was asked not too long ago.
func (b background) waiting(tx *db.Tx, fresh []freshThread) (all []freshThread, err error) {
	page := archive.ThreadPage{Limit: 100}
	for {
		threads, err := b.store.Threads(tx, b.list.Box, page)
		if err != nil {
			return nil, err
		}
		for _, t := range threads {
			if t.Last.Before(b.until.Add(-remembered)) {
				return all, nil
			}
			page.Before = t.Last
			if slices.ContainsFunc(fresh, func(f freshThread) bool { return f.thread.ID == t.ID }) {
				continue
			}
			w := freshThread{thread: t, list: b.list, waits: true}
			if err := b.fill(tx, &w); err != nil {
				return nil, err
			}
			if w.open && !w.asked.Imported && w.asked.Published.After(b.until.Add(-remembered)) {
				w.posts = []archive.Post{w.asked}
				all = append(all, w)
			}
		}
		if len(threads) < page.Limit {
			return all, nil
		}
	}
}

// wanted adds the threads that managers want to see answered, if they are not there yet.
func (b background) wanted(tx *db.Tx, l *freshList, asked map[archive.ThreadID]bool) error {
	for _, id := range slices.Sorted(maps.Keys(asked)) {
		t, err := b.store.Thread(tx, id)
		if err != nil {
			return err
		}
		same := func(f freshThread) bool { return f.thread.ID == t.ID }
		if t.Mailbox != b.list.Box || slices.ContainsFunc(l.threads, same) || slices.ContainsFunc(l.waiting, same) {
			continue
		}
		root, err := b.store.Post(tx, t.Root)
		if err != nil {
			return err
		}
		if root.State != archive.Published || !root.Published.Before(b.until) {
			continue
		}
		w := freshThread{thread: t, list: b.list, waits: true, posts: []archive.Post{root}}
		if err := b.fill(tx, &w); err != nil {
			return err
		}
		l.waiting = append(l.waiting, w)
	}
	return nil
}

func (t freshThread) newest() archive.Post { return t.posts[len(t.posts)-1] }

// begun tells whether the thread's first post is among the new ones.
func (t freshThread) begun() bool {
	return slices.ContainsFunc(t.posts, func(p archive.Post) bool { return p.ID == t.thread.Root })
}

// people counts who wrote the new posts.
func (t freshThread) people() int { return countPeople(t.posts) }

// who tells authors apart: members by who they are, whichever address they write from.
func who(p archive.Post) string {
	if p.Author != 0 {
		return strconv.FormatInt(p.Author, 10)
	}
	return p.From.Address.Key()
}

// first is when the oldest new post was published; zero when there is none.
func (f fresh) first() (first time.Time) {
	for _, l := range f {
		for _, t := range l.threads {
			if at := t.posts[0].Published; first.IsZero() || at.Before(first) {
				first = at
			}
		}
	}
	return first
}
