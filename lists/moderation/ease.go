package moderation

import (
	"fmt"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// When less or more holding is proposed: after so many decisions, and when so many in a hundred changed anything (product.md C2).
const (
	easeAfter    = 48
	relaxBelow   = 2
	tightenAbove = 20
)

// looser is the next stage on which less is held; the last one is its own.
func looser(s lists.Stage) lists.Stage {
	switch s {
	case lists.Founding:
		return lists.Growing
	case lists.Growing:
		return lists.Rooted
	}
	return s
}

// stricter is the contrary.
func stricter(s lists.Stage) lists.Stage {
	switch s {
	case lists.Rooted:
		return lists.Growing
	case lists.Growing:
		return lists.Founding
	}
	return s
}

// becomes is the stage that holding which changed so many of so many posts proposes; the list's own when it proposes none.
func becomes(s lists.Stage, held, changed int) lists.Stage {
	switch {
	case held < easeAfter:
	case 100*changed < relaxBelow*held:
		return looser(s)
	case 100*changed > tightenAbove*held:
		return stricter(s)
	}
	return s
}

// ponder looks at what holding has changed lately on a list, and proposes less of it where it changes nothing, or more where it changes
// much. What managers say to that is asked once; the count begins anew then.
func (d *Desk) ponder(tx *db.Tx, l lists.List) error {
	since, err := lastEase(tx, l.ID)
	if err != nil {
		return err
	}
	held, changed, err := Precision(tx, l.ID, since)
	if err != nil || held < easeAfter {
		return err
	}
	e := ease{list: l.ID, stage: l.Stage, becomes: becomes(l.Stage, held, changed)}
	if e.becomes == e.stage {
		return nil
	}
	if e.id, err = addEase(tx, e); err != nil {
		return err
	}
	c, err := lists.CommunityByID(tx, l.Community)
	if err != nil {
		return err
	}
	words, err := e.proposal(c, l, held, changed).Render()
	if err != nil {
		return err
	}
	managers, err := lists.Managers(tx, c.ID)
	if err != nil {
		return err
	}
	for _, m := range managers {
		mail := notice.ToMember(c, m, notice.Votes, words)
		if mail.ReplyTo, err = d.Office.Vote(tx, notice.Door{Community: c, Member: m, Receiver: Receiver, Object: fmt.Sprintf("%s:%d", toEase, e.id), Days: 2 * Days}); err != nil {
			return err
		}
		if _, err := d.Office.Send(tx, mail); err != nil {
			return err
		}
	}
	return nil
}

func (e ease) proposal(c lists.Community, l lists.List, held, changed int) templates.Ease {
	return templates.Ease{Community: c.Name, List: l.Title(), Held: held, Changed: changed, Relax: e.relaxes(), Becomes: templates.Holding(e.becomes)}
}

func (e ease) relaxes() bool { return e.becomes == looser(e.stage) && e.becomes != e.stage }

// word is the one that does what was proposed.
func (e ease) word() string {
	if e.relaxes() {
		return "RELAX"
	}
	return "TIGHTEN"
}

// answerEase takes a manager's word about a proposal.
func (d *Desk) answerEase(tx *db.Tx, in *lists.Incoming, id int64) error {
	e, err := findEase(tx, id)
	if err != nil {
		return err
	}
	l, err := lists.ListByID(tx, e.list)
	if err != nil {
		return err
	}
	if err := in.Filed(tx, "an answer about how much is held"); err != nil {
		return err
	}
	t := templates.EaseEnd{Community: in.Community.Name, List: l.Title(), Word: e.word()}
	word, alone, _ := lists.Word(in.Letter.NewText().Text)
	switch {
	case e.state != "open":
		t.Late = true
		if e.decider != 0 && e.decider != in.Sender.ID {
			m, err := lists.MemberByID(tx, e.decider)
			if err != nil {
				return err
			}
			t.By = m.FirstName()
		}
	case !in.Token.Live(tx.Now):
		return refusal.Because(refusal.NotAllowed, "That question is too old. Nothing was changed; the operator changes the stage of a list with: list set %s --stage", l.Address())
	case alone && word == e.word() && l.Stage == e.stage:
		l.Stage = e.becomes
		if err := lists.SaveList(tx, l); err != nil {
			return err
		}
		err = e.close(tx, "done", in.Sender.ID)
		t.Done = true
	case alone && (word == e.word() || word == "NO"): // or the stage is another by now
		err = e.close(tx, "kept", in.Sender.ID)
	default:
		t.Unclear = true
	}
	if err != nil {
		return err
	}
	t.Becomes = templates.Holding(l.Stage)
	words, err := t.Render()
	if err != nil {
		return err
	}
	return d.reply(tx, in, words)
}

// proposed is what was proposed about a list, waits for a word, and is still borne out by its last posts, with how many of them were changed.
func proposed(tx *db.Tx, l lists.List) (e ease, held, changed int, ok bool, err error) {
	e, ok, err = newestEase(tx, l.ID)
	if err != nil || !ok || e.state != "open" {
		return e, 0, 0, false, err
	}
	held, changed, err = Precision(tx, l.ID, time.Time{})
	return e, held, changed, l.Stage == e.stage && becomes(l.Stage, held, changed) == e.becomes, err
}

// proposals are what is proposed about the lists of a community, as its state tells it.
func proposals(tx *db.Tx, c lists.CommunityID) (some []templates.StateEase, err error) {
	all, err := lists.Lists(tx, c)
	if err != nil {
		return nil, err
	}
	for _, l := range all {
		e, held, changed, ok, err := proposed(tx, l)
		if err != nil {
			return nil, err
		}
		if ok {
			some = append(some, templates.StateEase{List: l.Title(), Local: l.Local, Of: held, Same: held - changed, Word: e.word()})
		}
	}
	return some, nil
}

// Proposed is the number of the newest proposal about a community's lists; 0 when there never was one.
func (d *Desk) Proposed(tx *db.Tx, c lists.CommunityID) (newest int64, err error) {
	all, err := lists.Lists(tx, c)
	for _, l := range all {
		e, ok, err := newestEase(tx, l.ID)
		if err != nil {
			return 0, err
		}
		if ok {
			newest = max(newest, e.id)
		}
	}
	return newest, err
}

// Ease does what is proposed about how much is held, by a manager's word: RELAX, or TIGHTEN. local names the list; it may be left out where it is
// the only one. shown is the newest proposal of which the manager can know: nobody agrees to what they have not read. It gives the list as it
// is now.
func (d *Desk) Ease(tx *db.Tx, c lists.CommunityID, word, local string, shown int64, by lists.MemberID) (lists.List, error) {
	all, err := lists.Lists(tx, c)
	if err != nil {
		return lists.List{}, err
	}
	var open []lists.List
	var over []ease
	later := false
	for _, l := range all {
		if local != "" && !strings.EqualFold(local, l.Local) {
			continue
		}
		e, _, _, ok, err := proposed(tx, l)
		switch {
		case err != nil:
			return l, err
		case e.id == 0 || e.word() != word:
		case ok && e.id > shown:
			later = true
		case ok:
			open = append(open, l)
		case e.state != "open" && tx.Now.Before(e.decided.AddDate(0, 0, easeTold)):
			over = append(over, e)
		}
	}
	switch {
	case len(open) > 1:
		return lists.List{}, refusal.Because(refusal.Invalid, "It is proposed for several lists. Please write which one: %s %s, for example.", word, open[0].Local)
	case len(open) == 0 && later:
		return lists.List{}, refusal.Because(refusal.Conflict, "That is proposed since the mail that you answer, so you cannot have read it there. STATE brings you the figures of today; please answer those.")
	case len(open) == 0 && len(over) > 0:
		return lists.List{}, decidedEase(tx, over[0], by)
	case len(open) == 0:
		return lists.List{}, refusal.Because(refusal.NotFound, "Nothing is proposed now that %s would do, so nothing was changed. The operator changes how much is held with: list set ADDRESS --stage", word)
	}
	l := open[0]
	e, _, err := newestEase(tx, l.ID)
	if err != nil {
		return l, err
	}
	l.Stage = e.becomes
	if err := lists.SaveList(tx, l); err != nil {
		return l, err
	}
	return l, e.close(tx, "done", by)
}

// easeTold is for how many days whoever comes too late is told who has decided.
const easeTold = 60

// decidedEase tells a manager that a proposal was decided before, and by whom.
func decidedEase(tx *db.Tx, e ease, reader lists.MemberID) error {
	l, err := lists.ListByID(tx, e.list)
	if err != nil {
		return err
	}
	by := "you"
	if e.decider != reader {
		m, err := lists.MemberByID(tx, e.decider)
		if err != nil {
			return err
		}
		by = m.FirstName()
	}
	if e.state == "kept" {
		return refusal.Because(refusal.Conflict, "This was already decided by %s: on %s all stays as it was.", by, letter.CleanLine(l.Title()))
	}
	return refusal.Because(refusal.Conflict, "This was already decided by %s: %s was done on %s. Nothing was changed now.", by, e.word(), letter.CleanLine(l.Title()))
}
