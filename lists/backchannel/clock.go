package backchannel

import (
	"errors"
	"slices"
	"strings"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// Late is the calendar's kind for letters that nobody has answered.
const Late calendar.Kind = "letter.late"

// stage is how far the clock of a letter has come, and who was told of it (B11).
type stage int

const (
	onTime    stage = iota
	halfTime        // half of the time is over: whoever is on duty
	overdue         // all of it: everybody who may read it
	farBeyond       // twice as much: the ombuds, and the writer
)

// owed tells whether an answer is owed: the next word is the managers', and nobody has put the letter off, nor is its writer being asked
// whether something may be posted. What the ombuds alone has is no matter of the
// managers. Whoever is no member has no
// promise from us; their letters stand in the morning brief.
func (c Conv) owed(tx *db.Tx) (bool, error) {
	open := slices.Contains([]State{New, Claimed, WaitingManager, Reopened}, c.State)
	if !open || c.publishing || c.Ombuds == OmbudsAlone || !c.Snoozed.IsZero() || c.merged != 0 || slices.Contains([]Kind{Thanks, Unease, Outsider}, c.Kind) {
		return false, nil
	}
	if c.State == Reopened {
		return true, nil
	}
	return unanswered(tx, c.ID)
}

// time is how many duty hours an answer to a conversation may take.
func (c Conv) time(d lists.Duty) time.Duration {
	if c.Urgent || c.Kind == Report {
		return time.Duration(d.Urgent) * time.Hour
	}
	return time.Duration(d.Due) * time.Hour
}

// after is how much of the whole time has passed at a stage.
func (s stage) after(whole time.Duration) time.Duration {
	switch s {
	case halfTime:
		return whole / 2
	case farBeyond:
		return 2 * whole
	}
	return whole
}

// at is when the clock of a conversation reaches a stage.
func (c Conv) at(s stage, community lists.Community) time.Time {
	return community.Duty.After(c.clock, s.after(c.time(community.Duty)), community.Zone())
}

// keepTime starts the clock of a conversation whose writer waits, keeps the one that runs, and stops it when nothing is owed any more. It
// is called whenever a conversation has changed; what comes out depends only on where it stands.
func (b *Letterbox) keepTime(tx *db.Tx, c Conv) error {
	owed, err := c.owed(tx)
	switch {
	case err != nil:
		return err
	case !owed && c.clock.IsZero():
		return nil
	case !owed:
		return stopClock(tx, c.ID)
	}
	community, err := lists.CommunityByID(tx, c.Community)
	if err != nil {
		return err
	}
	if c.clock.IsZero() {
		c.clock, c.reminded = tx.Now, onTime
	}
	return b.setClock(tx, community, c)
}

// timed is a conversation as it is now, with the clock that it should have.
func (b *Letterbox) timed(tx *db.Tx, c Conv) (Conv, error) {
	now, err := find(tx, c.ID)
	if err != nil {
		return now, err
	}
	if err := b.keepTime(tx, now); err != nil {
		return now, err
	}
	return find(tx, c.ID)
}

// setClock keeps where the clock of a conversation stands, and sets the calendar to its next stage.
func (b *Letterbox) setClock(tx *db.Tx, community lists.Community, c Conv) error {
	community, err := b.paced(tx, community, c)
	if err != nil {
		return err
	}
	c.Due = c.at(overdue, community)
	if err := saveClock(tx, c); err != nil {
		return err
	}
	if c.reminded == farBeyond {
		return calendar.Clear(tx, Late, int64(c.ID))
	}
	return calendar.Set(tx, Late, int64(c.ID), c.at(c.reminded+1, community))
}

// late reminds of a letter. After a time in which the server was down only the last of several reminders is sent.
func (b *Letterbox) late(tx *db.Tx, due calendar.Due) error {
	c, err := find(tx, ConvID(due.Object))
	if err != nil || c.clock.IsZero() || int64(c.ID) != due.Object {
		return err
	}
	if owed, err := c.owed(tx); err != nil || !owed {
		return errors.Join(err, stopClock(tx, c.ID))
	}
	community, err := lists.CommunityByID(tx, c.Community)
	if err != nil {
		return err
	}
	if community, err = b.paced(tx, community, c); err != nil {
		return err
	}
	now := c.reminded
	for now < farBeyond && !c.at(now+1, community).After(tx.Now) {
		now++
	}
	if now == c.reminded { // the settings have changed meanwhile
		return b.setClock(tx, community, c)
	}
	before := c.reminded
	c.reminded = now
	if err := b.setClock(tx, community, c); err != nil {
		return err
	}
	if c, err = find(tx, c.ID); err != nil {
		return err
	}
	return b.remind(tx, community, c, before)
}

// hearing is the stage at which the ombuds hears of a letter. Whoever reports was promised it at the end of the time (B6b).
func (c Conv) hearing() stage {
	if c.Kind == Report {
		return overdue
	}
	return farBeyond
}

// remind tells everybody whose turn it is that a letter waits. before is the stage of which they were told before.
func (b *Letterbox) remind(tx *db.Tx, community lists.Community, c Conv, before stage) error {
	readers, err := b.readers(tx, c)
	if err != nil {
		return err
	}
	told, away, err := b.reminded(tx, community, c, readers)
	if err != nil {
		return err
	}
	for _, m := range told {
		if err := b.remindManager(tx, community, c, m); err != nil {
			return err
		}
	}
	if c.reminded >= c.hearing() && before < c.hearing() {
		if err := b.ombudsWaits(tx, community, c, readers, away); err != nil {
			return err
		}
	}
	if c.reminded != farBeyond {
		return nil
	}
	return b.stillHere(tx, community, c, readers)
}

// reminded are those of the readers whose turn it is: first who has taken the letter, else who is on duty; then everybody who is there.
// away tells that nobody is.
func (b *Letterbox) reminded(tx *db.Tx, community lists.Community, c Conv, readers []lists.Member) (told []lists.Member, away bool, err error) {
	if c.reminded != halfTime {
		community.Rota = false
		return b.onDuty(tx, community, readers)
	}
	if told, away, err = b.mailed(tx, community, c, readers); err == nil && c.Owner != 0 && contains(told, c.Owner) {
		told = slices.DeleteFunc(slices.Clone(told), func(m lists.Member) bool { return m.ID != c.Owner })
	}
	return told, away, err
}

func (b *Letterbox) remindManager(tx *db.Tx, community lists.Community, c Conv, m lists.Member) error {
	asked, err := firstUnanswered(tx, c.ID)
	if err != nil {
		return err
	}
	zone := m.Zone(community)
	named := byMail(community, c)
	t := templates.ClockManager{
		Code: c.Code, Subject: named.Subject, Member: named.Name, Role: b.role(tx, c, m), Due: c.Due.In(zone), Since: asked.at.In(zone), Mine: c.Owner == m.ID, Urgent: c.Urgent,
		Told: c.reminded == farBeyond && c.Member != 0, Ombuds: !community.Ombuds.IsZero(), Text: templates.Said(asked.text),
	}
	if inFolders(community, c) {
		t.Subject, t.Text = "", ""
	}
	if left := community.Duty.Between(tx.Now, c.Due, community.Zone()); c.reminded == halfTime {
		t.Left = int((left + time.Hour - 1) / time.Hour)
	}
	if c.Owner != 0 {
		owner, err := lists.MemberByID(tx, c.Owner)
		if err != nil {
			return err
		}
		if c.mayRead(owner) {
			t.Owner = owner.FirstName()
		}
	}
	note, err := b.noteDoor(tx, community, c, m)
	if err != nil {
		return err
	}
	t.Note = note.Address.String()
	words, err := t.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(community, m, notice.Converse, words)
	mail.Extra = []letter.Field{{Name: "List-Id", Value: "<back-channel." + community.Domain + ">"}}
	// What a colleague said since that letter is not in this mail: an answer to it must not pass for one that knew.
	seen := c
	seen.Rev = asked.rev
	if mail.ReplyTo, err = b.managerDoor(tx, community, seen, m); err != nil {
		return err
	}
	if last, err := lastReference(tx, c.ID, m.ID, aLetter); err != nil {
		return err
	} else if last != "" {
		mail.InReplyTo, mail.References = []letter.MessageID{last}, []letter.MessageID{last}
	}
	_, err = b.toDesk(tx, seen, m.ID, mail, reference{what: aWord})
	return err
}

// ombudsWaits tells the ombuds that a letter waits: its id, its age and its kind, and nothing of what it says.
func (b *Letterbox) ombudsWaits(tx *db.Tx, community lists.Community, c Conv, readers []lists.Member, away bool) error {
	if community.Ombuds.IsZero() {
		return nil
	}
	asked, err := firstUnanswered(tx, c.ID)
	if err != nil {
		return err
	}
	kind := "a letter"
	if c.Kind == Report {
		kind = "a report"
	}
	words, err := templates.ClockOmbuds{
		Community: community.Name, Code: c.Code, Kind: kind, Since: asked.at.In(community.Zone()), Days: int(tx.Now.Sub(asked.at) / (24 * time.Hour)), Managers: others(readers, 0), Away: away,
	}.Render()
	if err != nil {
		return err
	}
	sent, err := b.Office.Send(tx, notice.Mail{
		Community: community, To: letter.Mailbox{Address: community.Ombuds}, ReplyTo: notice.Managers(community), Words: words, Kind: notice.Tells, Auto: notice.Generated, Private: true,
	})
	if err != nil {
		return err
	}
	return refer(tx, sent.ID, reference{conv: c.ID, manager: theOmbuds, rev: c.Rev, what: aNote})
}

// waitsUnheard tells the writer that the ombuds does not know that their letter waits, whatever they were promised: the word about it came back.
func (b *Letterbox) waitsUnheard(tx *db.Tx, id ConvID, why string) error {
	c, err := find(tx, id)
	if err != nil || c.erased || c.State == Closed || c.State == WaitingMember || c.Member == 0 && !c.Anon {
		return err
	}
	community, err := lists.CommunityByID(tx, c.Community)
	if err != nil {
		return err
	}
	readers, err := b.readers(tx, c)
	if err != nil {
		return err
	}
	return b.tellLost(tx, community, c, templates.OmbudsLost{Community: community.Name, Code: c.Code, Subject: c.Subject, Why: why, With: others(readers, 0), Waits: true})
}

// stillHere tells the writer honestly that nobody has answered.
func (b *Letterbox) stillHere(tx *db.Tx, community lists.Community, c Conv, readers []lists.Member) error {
	if c.Member == 0 && !c.Anon {
		return nil
	}
	zone := community.Zone() // of a made-up name we know no other
	if c.Member != 0 {
		m, err := lists.MemberByID(tx, c.Member)
		if err != nil {
			return err
		}
		zone = m.Zone(community)
	}
	asked, err := firstUnanswered(tx, c.ID)
	if err != nil {
		return err
	}
	could, err := couldPost(tx, community, c)
	if err != nil {
		return err
	}
	words, err := templates.StillHere{
		Community: community.Name, Code: c.Code, Subject: c.Subject, Since: asked.at.In(zone), Managers: others(readers, 0), Ombuds: ombudsDoor(community), Urgent: c.Urgent, Post: could,
	}.Render()
	if err != nil {
		return err
	}
	return b.tellWriter(tx, community, c, words, "")
}

// tellWriter sends the writer of a conversation the program's word about it; a reply goes on with it.
func (b *Letterbox) tellWriter(tx *db.Tx, community lists.Community, c Conv, words templates.Mail, story string) error {
	refs, err := memberReferences(tx, c.ID)
	if err != nil {
		return err
	}
	return b.writeWriter(tx, c, notice.Mail{
		Community: community, Words: words, Kind: notice.Converse, Auto: notice.Generated, Private: true, Story: story, InReplyTo: lastOf(refs), References: refs,
	})
}

// writerUrges marks a letter as urgent, as its writer wishes: URGENT, alone, in a reply. Anything else is a letter (R7).
func (b *Letterbox) writerUrges(tx *db.Tx, in *lists.Incoming, c Conv) (done bool, err error) {
	word, alone, _ := lists.Word(in.Letter.NewText().Text)
	if !alone || word != "URGENT" || c.Rev == 0 || c.Member == 0 || c.Member != in.Sender.ID || in.Verdict != lists.Verified {
		return false, nil
	}
	readers, err := b.owing(tx, c)
	if err != nil || len(readers) == 0 {
		return false, err
	}
	if err := in.Filed(tx, "a writer's word that a letter is urgent"); err != nil {
		return false, err
	}
	return true, b.urged(tx, in.Community, c, readers, in.Story)
}

// voiceUrges is writerUrges for what somebody without a name says, at the moment when managers get it.
func (b *Letterbox) voiceUrges(tx *db.Tx, community lists.Community, c Conv, said string) (done bool, err error) {
	word, alone, rest := lists.Word(said)
	if !alone || word != "URGENT" || rest != "" || c.Rev == 0 {
		return false, nil
	}
	readers, err := b.owing(tx, c)
	if err != nil || len(readers) == 0 {
		return false, err
	}
	return true, b.urged(tx, community, c, readers, "")
}

// owing are the managers who owe a conversation an answer; none when it has one.
func (b *Letterbox) owing(tx *db.Tx, c Conv) ([]lists.Member, error) {
	if owed, err := c.owed(tx); err != nil || !owed {
		return nil, err
	}
	return b.readers(tx, c)
}

// urged does what a writer wishes who says that a letter is urgent, and tells them.
func (b *Letterbox) urged(tx *db.Tx, community lists.Community, c Conv, readers []lists.Member, story string) error {
	if !c.Urgent {
		if err := b.urge(tx, community, c, readers); err != nil {
			return err
		}
	}
	words, err := templates.UrgentNoted{Community: community.Name, Code: c.Code, Subject: c.Subject, Managers: others(readers, 0)}.Render()
	if err != nil {
		return err
	}
	return b.tellWriter(tx, community, c, words, story)
}

// urge marks a letter as urgent at its writer's word, gives it the shorter time from now on, and shows it to everybody once more.
func (b *Letterbox) urge(tx *db.Tx, community lists.Community, c Conv, readers []lists.Member) error {
	if err := markUrgent(tx, c.ID); err != nil {
		return err
	}
	if err := did(tx, c, 0, "says that it is urgent"); err != nil {
		return err
	}
	c.Urgent, c.clock, c.reminded = true, tx.Now, onTime
	if err := b.setClock(tx, community, c); err != nil {
		return err
	}
	if err := b.refile(tx, c); err != nil {
		return err
	}
	for _, m := range readers {
		if err := b.present(tx, community, c, m, c.Name+" says that it is urgent."); err != nil {
			return err
		}
	}
	return nil
}

// expect fills in what the writer of a conversation can expect: who is on duty, how soon somebody usually answers, or that everybody is away (B15b).
func (b *Letterbox) expect(tx *db.Tx, community lists.Community, c Conv, readers []lists.Member, t *templates.Acknowledgement) error {
	community, err := b.paced(tx, community, c)
	if err != nil {
		return err
	}
	duty, away, err := b.onDuty(tx, community, readers)
	switch {
	case err != nil:
		return err
	case away:
		back, err := firstBack(tx, readers)
		t.AwayUntil = back.In(community.Zone())
		return err
	case community.Rota && len(duty) == 1 && len(readers) > 1:
		t.OnDuty = duty[0].FirstName()
	}
	t.Within, t.Working, err = b.usually(tx, community)
	return err
}

// How many answers must be known before we say how soon they come, and how many of the newest are looked at.
const (
	fewAnswers  = 5
	lastAnswers = 30
)

// usually is within which time four of five letters of late were answered, in hours, and on which days if not on all; 0 when too little is known,
// or when it would be no comfort: longer than the community itself wants (M2 promises only what is true).
func (b *Letterbox) usually(tx *db.Tx, community lists.Community) (within int, working string, err error) {
	all, err := answerTimes(tx, community.ID, tx.Now.AddDate(0, -6, 0), lastAnswers)
	if err != nil {
		return 0, "", err
	}
	whole := time.Duration(community.Duty.Due) * time.Hour
	var took []time.Duration
	for _, a := range all {
		until := a.answered
		if until.IsZero() {
			until = tx.Now
		}
		d := community.Duty.Between(a.opened, until, community.Zone())
		if a.answered.IsZero() && d < whole {
			continue // it may still be answered in time
		}
		took = append(took, d)
	}
	if len(took) < fewAnswers {
		return 0, "", nil
	}
	slices.Sort(took)
	most := took[(len(took)*4+4)/5-1]
	if most > whole {
		return 0, "", nil
	}
	if working = community.Duty.Days.String(); strings.Contains(working, "mon-sun") {
		working = ""
	}
	return max(1, int((most+time.Hour-1)/time.Hour)), working, nil
}
