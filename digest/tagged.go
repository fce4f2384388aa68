package digest

import (
	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates/refusal"
)

// Tags are the tags of a thread, as digests know them; none of one that is gone.
func (e *Editor) Tags(tx *db.Tx, c lists.Community, thread int64) ([]string, error) {
	t, err := e.Store.Thread(tx, archive.ThreadID(thread))
	if refusal.KindOf(err) == refusal.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	all, err := lists.Lists(tx, c.ID)
	if err != nil {
		return nil, err
	}
	for _, l := range all {
		if l.Box != t.Mailbox {
			continue
		}
		b, err := e.background(tx, l, l.SubjectPrefix, tx.Now)
		if err != nil {
			return nil, err
		}
		known := freshThread{thread: t, list: l}
		err = b.fill(tx, &known)
		return known.tags, err
	}
	return nil, nil
}
