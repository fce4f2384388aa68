package backchannel

import (
	"slices"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/command"
	"backchannel/smtpd/queue"
	"backchannel/templates/refusal"
)

// How many days the words of a conversation are kept after it was closed, or after its member left (product.md B14). What is kept of it
// then is its month, its tags, its times and how it ended.
const (
	textDays   = 180
	anonDays   = 90
	reportDays = 365
)

// holdYears is how long /keep keeps words at most.
const holdYears = 2

// sweepAtOnce bounds one call of Sweep: the writer has others waiting.
const sweepAtOnce = 20

// Sweep forgets the words of conversations that have been kept long enough, at most some dozen in one call, and tells how many those
// were: call again until it says 0. It is done once a day or more often.
func (b *Letterbox) Sweep(tx *db.Tx) (int64, error) {
	if err := b.startClocks(tx); err != nil {
		return 0, err
	}
	if err := b.finishErasures(tx); err != nil {
		return 0, err
	}
	old, err := outlived(tx, sweepAtOnce)
	if err != nil {
		return 0, err
	}
	for _, id := range old {
		c, err := find(tx, id)
		if err != nil {
			return 0, err
		}
		if err := b.forgetWords(tx, c); err != nil {
			return 0, err
		}
	}
	return int64(len(old)), nil
}

// startClocks looks who has left, and who has come again: leaving starts the clock that closing starts otherwise.
func (b *Letterbox) startClocks(tx *db.Tx) error {
	writers, err := openWriters(tx)
	if err != nil {
		return err
	}
	for _, id := range writers {
		m, err := lists.MemberByID(tx, id)
		if err != nil {
			return err
		}
		if err := startClock(tx, id, m.State == lists.Left || m.State == lists.Removed); err != nil {
			return err
		}
	}
	return nil
}

// forgetWords takes all words of a conversation, and whose it was, out of the database: what managers have of it over IMAP, the copies that
// are still owed, and the letters as they came as well.
func (b *Letterbox) forgetWords(tx *db.Tx, c Conv) error {
	parts, err := c.parts(tx)
	if err != nil {
		return err
	}
	for _, part := range parts {
		one, err := row(tx, part)
		if err != nil {
			return err
		}
		if err := hideFromWriter(tx, one); err != nil {
			return err
		}
		if err := outlive(tx, one); err != nil {
			return err
		}
		if err := b.ForgetFiles(tx, part); err != nil {
			return err
		}
		if err := endTexts(tx, part, true); err != nil {
			return err
		}
	}
	untold, err := b.endWishes(tx, parts) // as long as one can see what has not left yet
	if err != nil {
		return err
	}
	if err := b.takeBack(tx, parts); err != nil {
		return err
	}
	if err := clearDates(tx, parts); err != nil {
		return err
	}
	if err := dropSeals(tx, slices.DeleteFunc(slices.Clone(parts), func(c ConvID) bool { return slices.Contains(untold, c) })); err != nil {
		return err
	}
	return wipe(tx, parts)
}

// hideFromWriter sees to it that a manager does not see what is left of a letter that they wrote as a member.
func hideFromWriter(tx *db.Tx, c Conv) error {
	if c.Member == 0 {
		return nil
	}
	m, err := lists.MemberByID(tx, c.Member)
	if err != nil || !m.Manager() {
		return err
	}
	_, err = exclude(tx, c.ID, m.ID, Concerned, 0)
	return err
}

// branch is the branch of folders in which everything about conversations lies.
const branch = "Back-channel/"

// takeBack erases what conversations left behind outside our own tables.
func (b *Letterbox) takeBack(tx *db.Tx, parts []ConvID) error {
	ids, err := references(tx, parts)
	if err != nil {
		return err
	}
	if _, err := queue.DropLetters(tx, "its words were erased", ids...); err != nil {
		return err
	}
	if err := cutRemovals(tx, parts); err != nil {
		return err
	}
	objects := make([]int64, len(parts))
	for i, p := range parts {
		objects[i] = int64(p)
	}
	if _, err := b.Office.Store.ExpungeObjects(tx, branch, objects...); err != nil {
		return err
	}
	came, err := stories(tx, parts)
	if err != nil {
		return err
	}
	if _, err := b.Office.Store.EraseLetters(tx, came...); err != nil {
		return err
	}
	return owe(tx)
}

// keepVerbs are about how long words stay.
func (b *Letterbox) keepVerbs() command.Table[*Call] {
	return command.Table[*Call]{
		{Name: "keep", Args: "[off]", Help: "Its words are evidence: they are not erased by age, for two years at most.", Do: b.doKeep},
	}
}

func (b *Letterbox) doKeep(tx *db.Tx, c *Call, args string) (string, error) {
	var until time.Time
	deed, said := "keep off", "It is erased when its time is over, as every letter."
	switch strings.ToLower(args) {
	case "", "on":
		until = tx.Now.AddDate(holdYears, 0, 0)
		deed, said = "keep", "Its words are kept until "+until.In(c.Manager.Zone(c.Community)).Format("2 January 2006")+"."
	case "off":
	default:
		return "", refusal.Because(refusal.Invalid, "Behind /keep there may be off, and nothing else.")
	}
	return said, b.set(tx, c.Conv, c.Manager, "", func() error {
		if err := holdUntil(tx, c.Conv.ID, until); err != nil {
			return err
		}
		return audit(tx, c.Conv.Community, c.Manager.ID, deed, c.Conv.Code, "")
	})
}

// isReported tells whether an open report is about something that a member wrote. Nobody but managers who may see the report learns of it.
func (b *Letterbox) isReported(tx *db.Tx, c lists.CommunityID, m lists.MemberID) (bool, error) {
	reports, err := openReports(tx, c)
	if err != nil {
		return false, err
	}
	for _, r := range reports {
		author, err := b.authorOf(tx, r)
		if err != nil {
			return false, err
		}
		if author.ID == m {
			return true, nil
		}
	}
	return false, nil
}

// ownWords are the letters of the writer among what was said until a date.
func ownWords(all []message, until time.Time) (own []message) {
	return slices.DeleteFunc(slices.Clone(all), func(m message) bool { return m.dir != dirIn || m.at.After(until) })
}
