package backchannel

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/command"
	"backchannel/lists/notice"
	"backchannel/smtpd/queue"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// unsealDays is how long a wish to unseal waits for the YES of two managers.
const unsealDays = 7

// UnsealExpire is the calendar's kind for such wishes.
const UnsealExpire calendar.Kind = "unseal.expire"

// voiceVerbs are about people who write without a name.
func (b *Letterbox) voiceVerbs() command.Table[*Call] {
	return command.Table[*Call]{
		{Name: "block", Help: "This anonymous voice is not heard for 30 days. Nobody learns whose it is, and the writer is told so when writing again.", Takes: command.Nothing, Do: b.doBlock},
		{Name: "unseal", Args: "REASON", Help: "To learn who an anonymous member is. It takes your YES and that of a second manager; the ombuds gets a copy, the member is told at once, and that it was done is written down for good; the reason as long as the letter is kept.", Do: b.doUnseal},
	}
}

// doBlock silences a voice without learning whose it is.
func (b *Letterbox) doBlock(tx *db.Tx, c *Call, _ string) (string, error) {
	if !c.Conv.Anon {
		return "", refusal.Because(refusal.NotAllowed, "%s has a name. /block is for anonymous voices.", c.Conv.Code)
	}
	who, err := b.voice(tx, c.Conv)
	if err != nil {
		return "", refusal.Because(refusal.Unavailable, "The seal of this letter cannot be opened, so its voice cannot be blocked.").From(err)
	}
	id := randomID()
	s, err := b.Vault.seal(who, blockPurpose(id))
	if err != nil {
		return "", err
	}
	until := tx.Now.AddDate(0, 0, blockDays)
	if err := insertBlock(tx, c.Conv, id, until, s); err != nil {
		return "", err
	}
	if err := did(tx, c.Conv, c.Manager.ID, "blocked this voice for 30 days"); err != nil {
		return "", err
	}
	if err := audit(tx, c.Community.ID, c.Manager.ID, "block", c.Conv.Code, ""); err != nil {
		return "", err
	}
	return "This voice is not heard until " + until.In(c.Manager.Zone(c.Community)).Format("2 January 2006") + ".", nil
}

// doUnseal begins the way to the name behind a voice. It needs a letter that is signed, or a login (product.md 0.1), and a one-time YES.
func (b *Letterbox) doUnseal(tx *db.Tx, c *Call, reason string) (string, error) {
	reason = letter.CleanLine(strings.TrimSpace(reason))
	if err := b.mayUnseal(tx, c.Conv, c.Community, c.In); err != nil {
		return "", err
	}
	if len(strings.Fields(reason)) < 3 {
		return "", refusal.Because(refusal.Invalid, "Behind /unseal stands the reason, in a few words: the member and the ombuds will read it.")
	}
	u, err := askUnseal(tx, c.Conv, c.Manager.ID, reason)
	if err != nil {
		return "", err
	}
	if err := audit(tx, c.Community.ID, c.Manager.ID, "unseal asked", c.Conv.Code, u.fingerprint()); err != nil {
		return "", err
	}
	return "", b.confirmUnseal(tx, c.Community, c.Conv, c.Manager, u.id, reason, "", c.Story)
}

// mayUnseal says why a voice cannot be unsealed, or not like this.
func (b *Letterbox) mayUnseal(tx *db.Tx, c Conv, community lists.Community, in *lists.Incoming) error {
	if !c.Anon {
		return refusal.Because(refusal.NotAllowed, "%s has a name already.", c.Code)
	}
	if in == nil {
		return refusal.Because(refusal.NotAllowed, "That takes a mail of your own: reply to the letter with /unseal and the reason.")
	}
	if !proven(in) {
		return notProven()
	}
	readers, err := b.readers(tx, c)
	if err == nil && len(readers) < 2 {
		err = refusal.Because(refusal.NotAllowed, "That takes two managers, and you are the only one who sees %s.", c.Code)
	}
	return err
}

// proven tells whether a letter proves its writer by more than the machine it came from: aligned DKIM, or a login.
func proven(in *lists.Incoming) bool {
	return in.Verdict == lists.Verified && (in.Finding.Login || strings.Contains(in.Finding.AlignedBy, "dkim") || in.Policy == lists.Off)
}

// confirmUnseal asks one manager for the one-time YES. by names the colleague who asks; "" is the reader's own wish.
func (b *Letterbox) confirmUnseal(tx *db.Tx, community lists.Community, c Conv, m lists.Member, id int64, reason, by, story string) error {
	t := templates.UnsealAsk{Code: c.Code, Member: c.Name, Reason: templates.Said(reason), By: by, Days: unsealDays, Ombuds: !community.Ombuds.IsZero()}
	words, err := t.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(community, m, notice.Converse, words)
	mail.Story = story
	if mail.ReplyTo, err = b.Office.Confirm(tx, notice.Door{Community: community, Member: m, Receiver: Receiver, Object: object(sideUnseal, id, 0), Days: 2 * unsealDays}); err != nil {
		return err
	}
	if inFolders(community, c) { // the whole question lies there, and the mail is the same without the reason
		if err := b.fileAlone(tx, c, m, mail, reference{what: aWord}); err != nil {
			return err
		}
		t.Member, t.Reason, t.Folder = c.Code, "", c.folder(m.ID)
		if mail.Words, err = t.Render(); err != nil {
			return err
		}
	}
	_, err = b.toDesk(tx, c, m.ID, mail, reference{what: aWord})
	return err
}

// decideUnseal takes a manager's word about unsealing.
func (b *Letterbox) decideUnseal(tx *db.Tx, in *lists.Incoming, id int64) error {
	u, err := findUnseal(tx, id)
	if err != nil {
		return err
	}
	c, err := find(tx, u.conv)
	if err != nil {
		return err
	}
	if in.Sender.ID == 0 || int64(in.Sender.ID) != in.Token.Member || in.Verdict == lists.Unverified || !c.mayRead(in.Sender) || !in.Token.Live(tx.Now) {
		return lists.NoSuchAddress()
	}
	if err := b.mayUnseal(tx, c, in.Community, in); err != nil {
		return err
	}
	if err := in.Filed(tx, "a manager's word about unsealing"); err != nil {
		return err
	}
	call := &Call{Conv: c, Manager: in.Sender, Community: in.Community, Story: in.Story, In: in}
	word, alone, _ := lists.Word(in.Letter.NewText().Text)
	switch {
	case u.state != "asked" && u.state != "confirmed":
		return b.sayUnseal(tx, call, "That is decided, or too old: nothing was done.")
	case alone && word == "NO":
		return b.refuseUnseal(tx, call, u)
	case !alone || word != "YES":
		return b.sayUnseal(tx, call, "Nothing was done: please reply YES or NO, the word alone.")
	case u.state == "asked" && in.Sender.ID == u.by:
		return b.seekSecond(tx, call, u)
	case u.state == "confirmed" && in.Sender.ID != u.by:
		return b.unsealNow(tx, call, u)
	}
	return b.sayUnseal(tx, call, "Your YES is noted. A second manager has to agree.")
}

// seekSecond asks the colleagues, once the one who wishes has said YES.
func (b *Letterbox) seekSecond(tx *db.Tx, call *Call, u unsealing) error {
	if err := setUnseal(tx, u.id, "confirmed", 0); err != nil {
		return err
	}
	if err := audit(tx, call.Community.ID, call.Manager.ID, "unseal confirmed", call.Conv.Code, u.fingerprint()); err != nil {
		return err
	}
	readers, err := b.readers(tx, call.Conv)
	if err != nil {
		return err
	}
	for _, m := range readers {
		if m.ID == call.Manager.ID {
			continue
		}
		if err := b.confirmUnseal(tx, call.Community, call.Conv, m, u.id, u.reason, call.Manager.FirstName(), call.Story); err != nil {
			return err
		}
	}
	if err := b.tellWish(tx, call, u); err != nil {
		return err
	}
	return b.sayUnseal(tx, call, "Your YES is noted. Your colleagues are asked; it takes the YES of one of them.")
}

// mostDeferred is for how many days the ombuds can put off that a member is told.
const mostDeferred = 30

// tellWish tells the ombuds of a wish that one manager is sure of, so that there is time to say when the member should hear.
func (b *Letterbox) tellWish(tx *db.Tx, call *Call, u unsealing) error {
	if call.Community.Ombuds.IsZero() {
		return nil
	}
	words, err := templates.UnsealWish{
		Community: call.Community.Name, Code: call.Conv.Code, Voice: call.Conv.Name, By: call.Manager.FirstName(), Reason: templates.Said(u.reason), Days: mostDeferred,
	}.Render()
	if err != nil {
		return err
	}
	return b.toOmbuds(tx, call.Community, call.Conv, aWord, "About "+call.Conv.Code, words, "")
}

// deferred is the ombuds' word that a member is told later (/defer 7d).
var deferred = regexp.MustCompile(`(?i)^/defer\s+(\d{1,3})\s*(?:d|days?)?$`)

// deferNotice does what the ombuds says about when the member hears of being unsealed.
func (b *Letterbox) deferNotice(tx *db.Tx, in *lists.Incoming, c Conv, typed string) error {
	if err := in.Filed(tx, "the ombuds' word about when a member is told"); err != nil {
		return err
	}
	days, err := strconv.Atoi(typed)
	if err != nil || days < 1 || days > mostDeferred {
		return b.sayToOmbuds(tx, in, c, fmt.Sprintf("Nothing was changed: the member can be told 1 to %d days later.", mostDeferred))
	}
	n, err := deferUnseal(tx, c.ID, days)
	if err != nil {
		return err
	}
	if n == 0 {
		return b.sayToOmbuds(tx, in, c, "Nothing was changed: no manager wants to know who "+c.Name+" is, or it is decided and the member was told.")
	}
	if err := audit(tx, c.Community, 0, "unseal: the ombuds defers the notice", c.Code, fmt.Sprintf("%d days", days)); err != nil {
		return err
	}
	return b.sayToOmbuds(tx, in, c, fmt.Sprintf("If a second manager agrees, the member is told %d days after that.", days))
}

// UnsealTell is the calendar's kind for members who are told later, as the ombuds wished: the object is the wish.
const UnsealTell calendar.Kind = "unseal.tell"

// unsealTold tells a member that they were unsealed a while ago.
func (b *Letterbox) unsealTold(tx *db.Tx, due calendar.Due) error {
	u, err := findUnseal(tx, due.Object)
	if err != nil || u.state != "done" {
		return err
	}
	c, community, t, err := lateWord(tx, u)
	if err != nil {
		return err
	}
	if c.erased {
		return b.tellForgotten(tx, community, c, u.id, t)
	}
	return b.tellUnsealed(tx, community, c, u.id, t)
}

// lateWord is what a member is told of being unsealed who hears of it later.
func lateWord(tx *db.Tx, u unsealing) (c Conv, community lists.Community, t templates.UnsealDone, err error) {
	if c, err = find(tx, u.conv); err != nil {
		return c, community, t, err
	}
	if community, err = lists.CommunityByID(tx, c.Community); err != nil {
		return c, community, t, err
	}
	if c.erased { // the made-up name is forgotten as well
		c.Name = c.Code
	}
	return c, community, templates.UnsealDone{
		Community: community.Name, Code: c.Code, Voice: c.Name, By: []string{firstName(tx, u.by), firstName(tx, u.second)}, Reason: templates.Said(u.reason),
		Ombuds: ombudsDoor(community), Was: u.done.In(community.Zone()),
	}, nil
}

// endWishes ends all wishes to know who wrote in conversations whose words are forgotten, and forgets their reasons. untold are those whose
// writer has been unsealed and is told later, as the ombuds wished: they hear of it all the same, so the seal stays until then.
func (b *Letterbox) endWishes(tx *db.Tx, parts []ConvID) (untold []ConvID, err error) {
	all, err := wishesOf(tx, parts)
	if err != nil {
		return nil, err
	}
	for _, u := range all {
		_, later, err := calendar.At(tx, UnsealTell, u.id)
		if err != nil {
			return nil, err
		}
		if later {
			untold = append(untold, u.conv)
			continue
		}
		if err := b.tellBeforeItGoes(tx, u); err != nil {
			return nil, err
		}
		if err := forgetWish(tx, u.id); err != nil {
			return nil, err
		}
	}
	return untold, nil
}

// tellBeforeItGoes writes once more to a member whom the mail about being unsealed has not reached: that one still waits, and is forgotten with
// the conversation it speaks of. Nobody else could ever tell them.
func (b *Letterbox) tellBeforeItGoes(tx *db.Tx, u unsealing) error {
	if u.state != "done" || u.notice == "" {
		return nil
	}
	waiting, err := queue.DropLetters(tx, "its words were erased; the member is told in another mail", u.notice)
	if err != nil || waiting == 0 {
		return err
	}
	c, community, t, err := lateWord(tx, u)
	if err != nil {
		return err
	}
	t.Voice, t.Stuck = c.Code, true
	return b.tellForgotten(tx, community, c, u.id, t)
}

// tellForgotten is tellUnsealed for a conversation whose words are forgotten. Then nothing of it stays.
func (b *Letterbox) tellForgotten(tx *db.Tx, community lists.Community, c Conv, wish int64, t templates.UnsealDone) error {
	who, err := b.voice(tx, c)
	if err != nil {
		return err
	}
	t.You = true
	words, err := t.Render()
	if err != nil {
		return err
	}
	if _, err := b.toNobody(tx, notice.Mail{Community: community, Words: words, Kind: notice.Converse, Auto: notice.Generated, Private: true}, who, randomID()); err != nil {
		return err
	}
	if err := dropSeals(tx, []ConvID{c.ID}); err != nil {
		return err
	}
	return forgetWish(tx, wish)
}

// tellUnsealed tells the writer of a conversation that they were unsealed.
func (b *Letterbox) tellUnsealed(tx *db.Tx, community lists.Community, c Conv, wish int64, t templates.UnsealDone) error {
	t.You = true
	words, err := t.Render()
	if err != nil {
		return err
	}
	sent, err := b.sendWriter(tx, c, notice.Mail{Community: community, From: notice.Managers(community), Words: words, Kind: notice.Converse, Auto: notice.Generated, Private: true})
	if err != nil {
		return err
	}
	return noteTold(tx, wish, sent.ID)
}

// reasonSeal is how the audit names the reason of a wish: by a fingerprint, since the audit is for ever and the reason may speak of
// a person. It stays with the wish, as long as the words of the conversation are kept.
const reasonSeal = "reason "

// fingerprint is what the audit says of the reason: with it one can tell that the reason was not changed, and once it is forgotten nothing.
func (u unsealing) fingerprint() string {
	sum := sha256.Sum256(append(slices.Clone(u.salt), u.reason...))
	return reasonSeal + hex.EncodeToString(sum[:16])
}

// reasonOf is the reason that an entry of the audit names by its fingerprint; false when it is forgotten.
func reasonOf(tx *db.Tx, c Conv, mark string) (reason string, known bool, err error) {
	parts, err := c.parts(tx)
	if err != nil {
		return "", false, err
	}
	all, err := wishesOf(tx, parts)
	if err != nil {
		return "", false, err
	}
	for _, u := range all {
		if u.reason != "" && u.fingerprint() == mark {
			return u.reason, true, nil
		}
	}
	return "", false, nil
}

// refuseUnseal ends a wish.
func (b *Letterbox) refuseUnseal(tx *db.Tx, call *Call, u unsealing) error {
	if call.Manager.ID != u.by { // one colleague's NO does not speak for the others
		return b.sayUnseal(tx, call, "Noted: you do not agree. Another colleague still may.")
	}
	if err := setUnseal(tx, u.id, "refused", 0); err != nil {
		return err
	}
	if err := audit(tx, call.Community.ID, call.Manager.ID, "unseal withdrawn", call.Conv.Code, ""); err != nil {
		return err
	}
	return b.sayUnseal(tx, call, "Nobody was unsealed.")
}

// unsealNow tells the two managers who it is, and in the same moment the ombuds and, unless the ombuds has put that off, the member that it
// was done, by whom and why.
func (b *Letterbox) unsealNow(tx *db.Tx, call *Call, u unsealing) error {
	who, err := b.voice(tx, call.Conv)
	if err != nil {
		return err
	}
	m, err := lists.MemberByID(tx, who.Member)
	if err != nil {
		return err
	}
	first, err := lists.MemberByID(tx, u.by)
	if err != nil {
		return err
	}
	if !call.Conv.mayRead(first) {
		return b.sayUnseal(tx, call, "Nothing was done: "+first.FirstName()+" may not see this letter any more.")
	}
	if err := setUnseal(tx, u.id, "done", call.Manager.ID); err != nil {
		return err
	}
	if err := audit(tx, call.Community.ID, call.Manager.ID, "unseal", call.Conv.Code, u.fingerprint()); err != nil {
		return err
	}
	if err := did(tx, call.Conv, call.Manager.ID, "unsealed it together with "+first.FirstName()); err != nil {
		return err
	}
	t := templates.UnsealDone{
		Community: call.Community.Name, Code: call.Conv.Code, Voice: call.Conv.Name, By: []string{first.FirstName(), call.Manager.FirstName()}, Reason: templates.Said(u.reason), Ombuds: ombudsDoor(call.Community),
	}
	if u.days > 0 && !call.Community.Ombuds.IsZero() {
		at := tx.Now.AddDate(0, 0, u.days)
		t.Later = at.In(call.Community.Zone())
		if err := calendar.Set(tx, UnsealTell, u.id, at); err != nil {
			return err
		}
	} else if err := b.tellUnsealed(tx, call.Community, call.Conv, u.id, t); err != nil {
		return err
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	if !call.Community.Ombuds.IsZero() {
		if err := b.toOmbuds(tx, call.Community, call.Conv, aWord, "About "+call.Conv.Code, words, ""); err != nil {
			return err
		}
	}
	t.Name, t.Address = m.Name, who.address().String()
	if words, err = t.Render(); err != nil {
		return err
	}
	for _, to := range []lists.Member{first, call.Manager} {
		if err := b.tellPrivate(tx, &Call{Conv: call.Conv, Manager: to, Community: call.Community}, words); err != nil {
			return err
		}
	}
	return nil
}

// sayUnseal answers a manager's word.
func (b *Letterbox) sayUnseal(tx *db.Tx, call *Call, said string) error {
	words, err := templates.CommandsDone{Community: call.Community.Name, Code: call.Conv.Code, Member: byMail(call.Community, call.Conv).Name, Said: []string{said}, Role: b.role(tx, call.Conv, call.Manager)}.Render()
	if err != nil {
		return err
	}
	return b.tell(tx, call, words)
}

// unsealExpired ends a wish that nobody agreed to.
func (b *Letterbox) unsealExpired(tx *db.Tx, due calendar.Due) error {
	u, err := findUnseal(tx, due.Object)
	if err != nil || u.state != "asked" && u.state != "confirmed" {
		return err
	}
	return setUnseal(tx, u.id, "expired", 0)
}
