package digest

import (
	"slices"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
)

// told are letters that stand in an issue already. A letter that its author sent to several lists is told of in full in one place.
type told map[sameLetter]bool

type sameLetter struct {
	id   letter.MessageID
	text string
}

// news tells whether a post is not told of yet, and notes that it is now.
func (o told) news(t freshThread, p archive.Post) bool {
	if len(t.twins[p.ID]) == 0 {
		return true // nearly always
	}
	key := sameLetter{p.MessageID, p.Text}
	if o[key] {
		return false
	}
	o[key] = true
	return true
}

// all tells whether nothing in a thread is news.
func (o told) all(t freshThread) bool {
	return !slices.ContainsFunc(t.posts, func(p archive.Post) bool {
		return len(t.twins[p.ID]) == 0 || !o[sameLetter{p.MessageID, p.Text}]
	})
}

// note notes what stands in a thread.
func (o told) note(t freshThread) {
	for _, p := range t.posts {
		o.news(t, p)
	}
}

// findTwins finds out which posts of a list stand on others too.
func (e *Editor) findTwins(tx *db.Tx, l *freshList) (err error) {
	from := l.from
	for _, t := range l.waiting {
		from = min(from, t.posts[0].Seq-1)
	}
	if l.twins, err = e.Store.Twins(tx, int64(l.list.Community), l.list.Box, from, l.upTo, l.until); err != nil {
		return err
	}
	for _, threads := range [][]freshThread{l.threads, l.waiting} {
		for i := range threads {
			threads[i].twins = l.twins
		}
	}
	return nil
}

// had are the new posts that a reader got from another list: one by one, or in an earlier issue (product.md A3).
func (r reader) had(tx *db.Tx, f fresh) (map[archive.PostID]bool, error) {
	had := map[archive.PostID]bool{}
	var subs []lists.Subscription
	var boxes []archive.PublicID
	for _, l := range f {
		for post, twins := range l.twins {
			if boxes == nil {
				var err error
				if subs, boxes, err = r.boxes(tx); err != nil {
					return nil, err
				}
			}
			for _, twin := range twins {
				if i := slices.Index(boxes, twin.Mailbox); i >= 0 && f.gave(subs[i], twin) {
					had[post] = true
				}
			}
		}
	}
	return had, nil
}

// boxes are the lists of which the reader gets something.
func (r reader) boxes(tx *db.Tx) (subs []lists.Subscription, boxes []archive.PublicID, err error) {
	subs = slices.Concat(r.subs, r.closing, r.each)
	for _, s := range subs {
		l, err := lists.ListByID(tx, s.List)
		if err != nil {
			return nil, nil, err
		}
		boxes = append(boxes, l.Box)
	}
	return subs, boxes, nil
}

// gave tells whether the reader of an issue got a post from the list of a subscription before, or beside it.
func (f fresh) gave(s lists.Subscription, p archive.Twin) bool {
	if i := slices.IndexFunc(f, func(l freshList) bool { return l.list.ID == s.List }); i >= 0 {
		if p.Seq > f[i].from && p.Published.Before(f[i].until) {
			return false // it stands in this issue
		}
		if s.Delivery != lists.Each && p.Seq > f[i].from {
			return false // it will, in the next one
		}
	}
	return !p.Published.Before(s.Changed)
}
