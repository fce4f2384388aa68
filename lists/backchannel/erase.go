package backchannel

import (
	"fmt"
	"strings"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// Eraser is another room in which private words of a member may lie. It erases what they wrote until a date, for FORGET.
type Eraser interface {
	Erase(tx *db.Tx, m lists.Member, until time.Time) error
}

// Forget erases the private letters that a member wrote until now: the words, what managers have of them over IMAP with its search index,
// copies that are still owed, and the letters as they came. It tells how many letters those were. What managers wrote stays, without
// what it quotes of them. The wish stands in a ledger, and is done again after a backup was restored. It is on the disk with the
// transaction, and out of the write-ahead log with the next Wipe.
func (b *Letterbox) Forget(tx *db.Tx, m lists.Member) (letters int, err error) {
	e := Erasure{Community: m.Community, Member: m.ID, At: tx.Now}
	if e.Joined, err = lists.Joinings(tx, m.ID); err != nil {
		return 0, err
	}
	return b.erase(tx, e, true)
}

// Replay does an erasure again, in a database that was restored from a backup of another time. Nobody is told again.
// It is false for a member whom that database does not know: it has nothing of theirs, and who else has their number there keeps all.
func (b *Letterbox) Replay(tx *db.Tx, e Erasure) (done bool, err error) {
	same, err := lists.IsMember(tx, e.Member, e.Community, e.Joined)
	if err != nil || !same {
		return false, err
	}
	_, err = b.erase(tx, e, false)
	return err == nil, err
}

// finishErasures does what had to wait for the end of a report.
func (b *Letterbox) finishErasures(tx *db.Tx) error {
	waiting, err := erasures(tx, true)
	if err != nil {
		return err
	}
	for _, e := range waiting {
		if _, err := b.erase(tx, e, false); err != nil {
			return err
		}
	}
	return nil
}

func (b *Letterbox) erase(tx *db.Tx, e Erasure, tell bool) (letters int, err error) {
	m, err := lists.MemberByID(tx, e.Member)
	if err != nil {
		return 0, err
	}
	own, err := ownConversations(tx, m.ID, e.At)
	if err != nil {
		return 0, err
	}
	reported, err := b.isReported(tx, m.Community, m.ID)
	if err != nil {
		return 0, err
	}
	pending := false
	var erased []Conv
	for _, c := range own {
		evidence, err := isHeld(tx, c.ID)
		if err != nil {
			return 0, err
		}
		if evidence && reported {
			pending = true
			continue
		}
		n, err := b.eraseOwn(tx, c, e.At)
		if err != nil {
			return 0, err
		}
		if letters += n; n > 0 {
			erased = append(erased, c)
		}
	}
	if err := b.eraseVoices(tx, m, 0, e.At); err != nil {
		return 0, err
	}
	if err := unlearn(tx, m.ID); err != nil {
		return 0, err
	}
	id, err := noteErasure(tx, e, pending)
	if err != nil {
		return 0, err
	}
	strays, err := straysOf(tx, m.ID, e.At)
	if err != nil {
		return 0, err
	}
	for _, s := range strays {
		if err := b.forgetElsewhere(tx, s, elseDropped); err != nil {
			return 0, err
		}
	}
	for _, room := range b.Erasers {
		if err := room.Erase(tx, m, e.At); err != nil {
			return 0, err
		}
	}
	if tell {
		err = tellLater(tx, id, erased)
	}
	return letters, err
}

// eraseOwn erases what the writer of a conversation said in it until a date, and what others quote of that.
func (b *Letterbox) eraseOwn(tx *db.Tx, c Conv, until time.Time) (letters int, err error) {
	parts, err := c.parts(tx)
	if err != nil {
		return 0, err
	}
	all, err := everything(tx, parts)
	if err != nil {
		return 0, err
	}
	gone := map[string]bool{}
	for _, m := range ownWords(all, until) {
		if err := b.dropFiles(tx, m.id); err != nil {
			return letters, err
		}
		if m.text == "" {
			continue
		}
		letters++
		for line := range strings.SplitSeq(m.text, "\n") {
			gone[plainLine(line)] = true
		}
		for p := range passages(m.text) {
			gone[p] = true
		}
		if err := m.blank(tx, ""); err != nil {
			return letters, err
		}
	}
	later := false
	for _, m := range all {
		switch {
		case m.dir == dirIn:
			later = later || m.at.After(until)
		case m.state == stateHeld:
			if err := m.end(tx, stateDropped); err != nil {
				return letters, err
			}
		default:
			if rest := scrub(m.text, gone); rest != m.text {
				if err := m.blank(tx, rest); err != nil {
					return letters, err
				}
			}
		}
	}
	if err := unname(tx, parts); err != nil {
		return letters, err
	}
	for _, part := range parts {
		if err := endTexts(tx, part, false); err != nil {
			return letters, err
		}
	}
	if err := b.takeBack(tx, parts); err != nil || later {
		return letters, err
	}
	if err := clearDates(tx, parts); err != nil {
		return letters, err
	}
	return letters, endAs(tx, c, "forgotten")
}

func plainLine(line string) string { return strings.Join(plainWords(line), " ") }

// erasedMark stands where lines were that quoted erased words.
const erasedMark = "[erased, as its writer wished]"

// scrub takes the lines out of a manager's words that quote what was erased: with a mark, as a whole line, or with a passage of it.
func scrub(text string, gone map[string]bool) string {
	var kept []string
	cut := false
	for line := range strings.SplitSeq(text, "\n") {
		quoted := strings.HasPrefix(strings.TrimSpace(line), ">")
		if plain := plainLine(line); plain != "" && gone[plain] {
			quoted = true
		}
		if _, found := repeats(line, gone); found != "" {
			quoted = true
		}
		if !quoted {
			kept, cut = append(kept, line), false
			continue
		}
		if !cut {
			kept = append(kept, erasedMark)
		}
		cut = true
	}
	return strings.Join(kept, "\n")
}

// Erased is the calendar's kind for the word to managers that a member's letters were erased: the object is the wish.
const Erased calendar.Kind = "letter.erased"

// When managers hear of a wish: after all that the same member may have written without a name is gone (eraseWithin), and long enough
// after it for nobody to know which day that was.
const (
	toldSoonest = 24 * time.Hour
	toldLatest  = 4 * 24 * time.Hour
)

// tellLater has the managers told at a random moment.
func tellLater(tx *db.Tx, id int64, erased []Conv) error {
	for _, c := range erased {
		if err := noteErased(tx, id, c.ID); err != nil {
			return err
		}
	}
	return calendar.Set(tx, Erased, id, tx.Now.Add(toldSoonest+time.Duration(random(int((toldLatest-toldSoonest)/time.Minute)))*time.Minute))
}

// tellErased writes a member's wish into the audit and asks the managers to delete what they have in their own mailboxes: each hears of
// those letters alone that they may know of.
func (b *Letterbox) tellErased(tx *db.Tx, due calendar.Due) error {
	e, codes, err := takeErased(tx, due.Object)
	if err != nil {
		return err
	}
	m, err := lists.MemberByID(tx, e.Member)
	if err != nil {
		return err
	}
	if err := audit(tx, m.Community, 0, "erase a member's letters", fmt.Sprintf("member:%d", m.ID), ""); err != nil {
		return err
	}
	var erased []Conv
	for _, id := range codes {
		c, err := row(tx, id)
		if err != nil {
			return err
		}
		erased = append(erased, c)
	}
	community, err := lists.CommunityByID(tx, m.Community)
	if err != nil {
		return err
	}
	managers, err := lists.Managers(tx, m.Community)
	if err != nil {
		return err
	}
	for _, manager := range managers {
		t := templates.LettersErased{Community: community.Name, Member: m.Name}
		if t.Member == "" {
			t.Member = m.FirstName()
		}
		for _, c := range erased {
			if c.mayRead(manager) && !inFolders(community, c) { // nothing of those is in anybody's own mailbox
				t.Codes = append(t.Codes, c.Code)
			}
		}
		if len(t.Codes) == 0 {
			continue
		}
		words, err := t.Render()
		if err != nil {
			return err
		}
		if _, err := b.Office.Send(tx, notice.ToMember(community, manager, notice.Tells, words)); err != nil {
			return err
		}
	}
	return nil
}
