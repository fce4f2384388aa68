package digest

import (
	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/smtpd/queue"
	"backchannel/templates"
)

// stampIssue is the name of our stamper.
const stampIssue = "issue"

// Stampers are what the queue needs to know to send our issues, by name.
func (e *Editor) Stampers() map[string]queue.Stamper {
	return map[string]queue.Stamper{stampIssue: stamper{e}}
}

type stamper struct{ e *Editor }

// Stamp makes the message of an issue. What was removed since it was written is not in it: it is written anew at each claim, until its
// first DATA may have begun; from then on its bytes stay (product.md A3). Nobody who has left gets one (P14).
func (s stamper) Stamp(tx *db.Tx, c queue.Copy, raw func() ([]byte, error)) (queue.Message, error) {
	i, err := findIssue(tx, c.Object)
	if err != nil {
		return queue.Message{}, err
	}
	m, err := lists.MemberByID(tx, i.member)
	if err != nil {
		return queue.Message{}, err
	}
	if m.State != lists.Active && m.State != lists.Paused {
		return queue.Message{}, queue.ErrDrop("the reader has left")
	}
	community, err := lists.CommunityByID(tx, m.Community)
	if err != nil {
		return queue.Message{}, err
	}
	if !c.Begun {
		news, err := s.e.again(tx, c, i)
		if err != nil {
			return queue.Message{}, err
		}
		if news != nil {
			if err := s.e.unfile(tx, i); err != nil {
				return queue.Message{}, err
			}
			raw = func() ([]byte, error) { return news, nil }
		}
	}
	if i.fate == heldBack {
		if err := setFate(tx, i.id, onItsWay); err != nil {
			return queue.Message{}, err
		}
	}
	all, err := raw()
	if err != nil {
		return queue.Message{}, err
	}
	if err := s.e.file(tx, i, all); err != nil {
		return queue.Message{}, err
	}
	out := queue.Message{To: c.To}
	out.Head, out.Body = notice.Split(all)
	out.From, err = s.e.Office.ReturnPath(tx, community, m)
	return out, err
}

// End hears that an issue did not go out after all. It is a queue.Ender.
func (e *Editor) End(tx *db.Tx, c queue.Copy, o queue.Outcome) error {
	if c.Stamp != stampIssue || o.Kind != queue.Dropped {
		return nil
	}
	return setFate(tx, c.Object, superseded)
}

// Lost hears that a letter will never reach a member; it may be an issue.
func (e *Editor) Lost(tx *db.Tx, m lists.MemberID, id letter.MessageID) error {
	return bounced(tx, m, id)
}

// again writes an issue anew when something in it is gone, its reader has left a list of which it tells, or the managers had stopped it, who may
// have decided something since; under the same id and date. Nil when it may stay as it is.
func (e *Editor) again(tx *db.Tx, c queue.Copy, i issueInfo) ([]byte, error) {
	all, err := spansOfIssue(tx, i.id)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	spans, err := wanted(tx, i.member, all)
	if err != nil {
		return nil, err
	}
	if len(spans) == 0 {
		return nil, queue.ErrDrop("its reader wants nothing of it any more")
	}
	if len(spans) == len(all) && i.fate != heldBack {
		if changed, err := e.changed(tx, spans); err != nil || !changed {
			return nil, err
		}
	}
	r, err := load(tx, i.member)
	if err != nil {
		return nil, err
	}
	r.again = spans
	d, err := e.decidedAgain(tx, r, i)
	if err != nil {
		return nil, err
	}
	closing := spans[0].until
	for _, s := range spans {
		if s.until.After(closing) {
			closing = s.until
		}
	}
	ed, err := e.gather(tx, r, closing, d)
	if err != nil {
		return nil, err
	}
	if ed.removed = i.removed; !ed.worth(i.slot) {
		return nil, queue.ErrDrop("everything in it was removed")
	}
	mail, err := e.write(tx, r, ed, i.id, i.slot)
	if err != nil {
		return nil, err
	}
	bytes, err := mail.Draft(i.msgid, i.at).Bytes()
	if err != nil {
		return nil, err
	}
	return bytes, e.replace(tx, c, r, i, ed, bytes)
}

// wanted are the spans of the lists of which a reader still gets something, in whatever form: whoever left one is owed nothing of it (P14).
func wanted(tx *db.Tx, m lists.MemberID, all []span) (spans []span, err error) {
	for _, s := range all {
		sub, on, err := lists.SubscriptionOf(tx, m, s.list)
		if err != nil {
			return nil, err
		}
		if on && sub.Delivery != lists.None {
			spans = append(spans, s)
		}
	}
	return spans, nil
}

// decidedAgain is what managers have settled for an issue that is written anew. The note is the one it bore; one that was stopped bears the
// note that stands now, because they may have stopped it to say something.
func (e *Editor) decidedAgain(tx *db.Tx, r reader, i issueInfo) (d Decided, err error) {
	if i.fate == heldBack {
		live, err := liveNote(tx, r.community.ID)
		if err != nil {
			return d, err
		}
		if live.id != i.note {
			var note int64
			if d, note, err = e.decidedFor(tx, r); err != nil {
				return d, err
			}
			if err := setNote(tx, i.id, note); err != nil || note == 0 {
				return d, err
			}
			return d, sentNote(tx, note, r.member.ID)
		}
	}
	if d, err = e.decided(tx, r.community); err != nil {
		return d, err
	}
	if d.Note, err = noteOf(tx, i); err != nil {
		return d, err
	}
	d.Jam, err = e.jamFor(tx, r)
	return d, err
}

// noteOf is the note that an issue bears, or nil.
func noteOf(tx *db.Tx, i issueInfo) (*templates.DigestNote, error) {
	n, err := findNote(tx, i.note)
	if err != nil || n.id == 0 {
		return nil, err
	}
	return n.shown(tx)
}

// replace puts the new bytes of an issue in the place of the old ones.
func (e *Editor) replace(tx *db.Tx, c queue.Copy, r reader, i issueInfo, ed edition, bytes []byte) error {
	stored, err := e.Store.PutRaw(tx, bytes, archive.Sealed)
	if err != nil {
		return err
	}
	if err := queue.Replace(tx, c.ID, stored); err != nil {
		return err
	}
	if err := e.Store.DropRaw(tx, c.Raw); err != nil {
		return err
	}
	if err := forgetCovered(tx, i.id); err != nil {
		return err
	}
	r.closing = nil // their places are given up
	return e.remember(tx, r, i.id, ed)
}

// file puts an issue into its reader's folder, where it stands as it is sent.
func (e *Editor) file(tx *db.Tx, i issueInfo, bytes []byte) error {
	filed, err := e.Store.PrivateOf(tx, int64(i.member), shelf(i.id))
	if err != nil || len(filed) > 0 {
		return err
	}
	return e.Office.File(tx, notice.Sent{ID: i.msgid, Raw: bytes}, i.member, Folder, shelf(i.id))
}

// unfile takes an issue out of its reader's folder.
func (e *Editor) unfile(tx *db.Tx, i issueInfo) error {
	filed, err := e.Store.PrivateOf(tx, int64(i.member), shelf(i.id))
	if err != nil {
		return err
	}
	for _, p := range filed {
		if err := e.Store.Expunge(tx, p.ID); err != nil {
			return err
		}
	}
	return nil
}
