package queue

import (
	"fmt"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/templates/refusal"
)

// Listing is a copy as an operator sees it.
type Listing struct {
	ID        CopyID     `json:"id"`
	State     string     `json:"state"` // waiting, sending, held or aside
	To        string     `json:"to"`
	Source    string     `json:"source"`
	Story     string     `json:"story"`
	MessageID string     `json:"message_id,omitempty"`
	Attempts  int        `json:"attempts"`
	Since     time.Time  `json:"since"`
	Due       *time.Time `json:"due,omitempty"` // nil: at once
	Held      string     `json:"held,omitempty"`
	Said      string     `json:"said,omitempty"` // what became of the last attempt
	Begun     bool       `json:"-"`              // an attempt may have come as far as DATA, so that its receiver may have it
}

func listing(c Copy) Listing {
	l := Listing{ID: c.ID, State: string(c.State), To: c.To.String(), Source: c.Source, Story: c.Story, MessageID: string(c.MessageID),
		Attempts: c.Attempts, Since: c.Since, Held: c.Held, Said: c.Said, Begun: c.Begun}
	if c.Held != "" && c.State == Waiting {
		l.State = "held"
	}
	if !c.Due.IsZero() {
		l.Due = &c.Due
	}
	return l
}

func listings(copies []Copy) []Listing {
	all := make([]Listing, 0, len(copies))
	for _, c := range copies {
		all = append(all, listing(c))
	}
	return all
}

// Filter says which copies to list. The zero Filter lists the first thousand.
type Filter struct {
	State string         // "waiting", "sending", "held", "aside" or "": any
	To    letter.Address // zero: any
	Story string         // "": any
	After CopyID         // only those with greater ids: the next page
	Most  int            // 0 means 1,000
}

// List gives the copies owed, oldest first. The error is a refusal when the state is none.
func List(tx *db.Tx, f Filter) ([]Listing, error) {
	switch f.State {
	case "", "held", string(Waiting), string(Sending), string(Aside):
	default:
		return nil, refusal.Because(refusal.Usage, "A copy is never %q.", f.State).Try("waiting, sending, held or aside")
	}
	if f.Most <= 0 {
		f.Most = 1000
	}
	copies, err := page(tx, f)
	return listings(copies), err
}

// OfSource gives the copies of a source that are still owed, oldest first.
func OfSource(tx *db.Tx, source string) ([]Listing, error) {
	copies, err := ofSource(tx, source)
	return listings(copies), err
}

// Show gives one copy. The error is a refusal when it is not owed (any more).
func Show(tx *db.Tx, id CopyID) (Listing, error) {
	c, err := find(tx, id)
	return listing(c), err
}

// find gives a copy, or a refusal in words for the operator.
func find(tx *db.Tx, id CopyID) (Copy, error) {
	c, err := get(tx, id)
	if err == db.ErrNoRows {
		return Copy{}, refusal.Because(refusal.NotFound, "There is no copy %d in the queue. It may have been delivered.", id).Try("backchannel trace %d", id)
	}
	return c, err
}

// Retry makes a waiting copy due at once.
func Retry(tx *db.Tx, id CopyID) error {
	c, err := find(tx, id)
	switch {
	case err != nil:
		return err
	case c.State == Sending:
		return refusal.Because(refusal.Conflict, "Copy %d is being sent this very moment.", id).Try("backchannel queue show %d", id)
	case c.State == Aside || c.Held != "":
		return refusal.Because(refusal.Conflict, "Copy %d is held back and is not tried before it is released.", id).Try("backchannel queue release %d", id)
	}
	_, err = retry(tx, id)
	return err
}

// RetryAll makes all waiting copies due at once that are not held, and counts those whose date it changed.
func RetryAll(tx *db.Tx) (int64, error) { return retry(tx, 0) }

// Drop gives a copy up, whatever its state, and notes who wanted that. An attempt under way is not broken off.
func Drop(tx *db.Tx, id CopyID, why string) error {
	c, err := find(tx, id)
	if err != nil {
		return err
	}
	if err := logbook.Write(tx, entry(c, logbook.Dropped, why)); err != nil {
		return err
	}
	_, err = remove(tx, id)
	return err
}

// DropAndTell is Drop for the operator: whoever wants to know of ends hears of this one, too (nil: nobody does). Of a copy that is under way
// nothing is told, since it may arrive all the same.
func DropAndTell(tx *db.Tx, id CopyID, why string, e Ender) error {
	c, err := find(tx, id)
	if err != nil {
		return err
	}
	if err := Drop(tx, id, why); err != nil || e == nil || c.State == Sending {
		return err
	}
	return e.End(tx, c, Outcome{Kind: Dropped, Text: why})
}

// Recall gives up every copy of a source that is still owed, and notes why. left tells whether one of them was tried before or is on its
// way now: that attempt is not broken off and may succeed, but there will be no other. Of copies that have arrived it knows nothing.
func Recall(tx *db.Tx, source, why string) (stopped int, left bool, err error) {
	all, err := ofSource(tx, source)
	if err != nil {
		return 0, false, err
	}
	for _, c := range all {
		if c.State == Sending || c.Attempts > 0 {
			left = true
		}
		if err := Drop(tx, c.ID, why); err != nil {
			return stopped, left, err
		}
		stopped++
	}
	return stopped, left, nil
}

// DropLetters gives up every copy of these letters, whatever its state, and counts them. An attempt under way is not broken off.
func DropLetters(tx *db.Tx, why string, ids ...letter.MessageID) (n int, err error) {
	copies, err := ofLetters(tx, ids)
	if err != nil {
		return 0, err
	}
	for _, id := range copies {
		if err := Drop(tx, id, why); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// Hold keeps a copy back until it is released. An attempt under way is not broken off.
func Hold(tx *db.Tx, id CopyID, why string) error {
	if _, err := find(tx, id); err != nil {
		return err
	}
	_, err := hold(tx, id, because(why))
	return err
}

// HoldAll keeps back every copy there is, and counts them. Copies owed later are free. A restored database is treated so: what it
// owes may have been sent long ago (P11).
func HoldAll(tx *db.Tx, why string) (int64, error) { return hold(tx, 0, because(why)) }

// HoldSource keeps back the copies of a source that are still owed, and counts those that were not held before.
func HoldSource(tx *db.Tx, source, why string) (int64, error) {
	return holdSource(tx, source, because(why))
}

// ReleaseHeld lets every copy go its way that is held for this very reason, and counts them.
func ReleaseHeld(tx *db.Tx, why string) (int64, error) { return releaseHeld(tx, because(why)) }

// because gives a hold without a reason one: an empty reason would be no hold.
func because(why string) string {
	if why == "" {
		return "held"
	}
	return letter.ASCII(why, 200)
}

// Release lets a held copy go its way. What was set aside gets another chance, too.
func Release(tx *db.Tx, id CopyID) error {
	c, err := find(tx, id)
	if err != nil {
		return err
	}
	if c.Held == "" && c.State != Aside {
		return refusal.Because(refusal.Conflict, "Copy %d is not held.", id).Try("backchannel queue retry %d", id)
	}
	_, err = release(tx, id)
	return err
}

// ReleaseAll lets every held copy go its way, and counts them. What was set aside stays: it is released one by one.
func ReleaseAll(tx *db.Tx) (int64, error) { return release(tx, 0) }

// Summary is the queue in a few numbers, for doctor and check.
type Summary struct {
	Waiting int64     `json:"waiting"`
	Sending int64     `json:"sending"`
	Held    int64     `json:"held"`
	Aside   int64     `json:"aside"`
	Tried   int64     `json:"tried"`           // of those waiting, how many were tried before
	Oldest  time.Time `json:"oldest,omitzero"` // since when the oldest is owed that is neither held nor set aside
}

// Owing is how many copies are owed in all.
func (s Summary) Owing() int64 { return s.Waiting + s.Sending + s.Held + s.Aside }

// Check holds the books against each other (P13): every copy that was ever owed is in the queue or has its end in the logbook. It
// gives what is wrong, in words; nothing when all is well.
func Check(tx *db.Tx) ([]string, error) {
	s, err := Summarise(tx)
	if err != nil {
		return nil, err
	}
	ended, err := logbook.Ended(tx)
	if err != nil {
		return nil, err
	}
	ever, err := Ever(tx)
	if err != nil {
		return nil, err
	}
	done := ended[logbook.Delivered] + ended[logbook.Bounced] + ended[logbook.Dropped]
	if ever == s.Owing()+done {
		return nil, nil
	}
	return []string{fmt.Sprintf("%d copies were ever owed, but %d are in the queue and %d have ended (%d delivered, %d bounced, %d dropped).",
		ever, s.Owing(), done, ended[logbook.Delivered], ended[logbook.Bounced], ended[logbook.Dropped])}, nil
}
