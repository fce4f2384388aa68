package backchannel

import (
	"strings"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// heldDays is how long an answer waits for its manager's word.
const heldDays = 14

// fromManager takes a manager's reply: it goes to the member, from the role, if nothing about it is unclear.
func (b *Letterbox) fromManager(tx *db.Tx, in *lists.Incoming, c Conv, rev int) error {
	manager := in.Sender
	if in.Token != nil {
		// The token says whose desk this is; who wrote is another question (R6).
		m, err := lists.MemberByID(tx, lists.MemberID(in.Token.Member))
		if err != nil {
			return err
		}
		manager = m
	}
	if err := logbook.Write(tx, logbook.Entry{Story: in.Story, Verb: logbook.Filed, MessageID: in.Letter.MessageID(), Detail: "a manager's answer to a private letter"}); err != nil {
		return err
	}
	a := answer{conv: c, manager: manager, rev: rev, story: in.Story, text: outgoing(in.Letter), unsure: in.Letter.NewText().Unsure, files: attached(in.Letter)}
	if done, err := b.command(tx, &a); done || err != nil {
		return err
	}
	if err := b.check(tx, in, &a); err != nil {
		return err
	}
	if len(a.guards) > 0 {
		return b.giveBack(tx, in.Community, a)
	}
	return b.send(tx, in.Community, a)
}

// answer is a manager's answer on its way.
type answer struct {
	conv    Conv
	manager lists.Member
	rev     int // what the manager had seen when writing
	story   string
	text    string
	unsure  bool
	files   []string
	guards  []templates.Guard
}

// outgoing is the text of an answer: unlike a member's letter, an answer of which nothing is left is empty, never its quotes.
func outgoing(l *letter.Letter) string { return strings.TrimSpace(aboveMarker(l.NewText().Text)) }

// command does what the first line asks for; done says that nothing is left to send.
func (b *Letterbox) command(tx *db.Tx, a *answer) (done bool, err error) {
	first, rest, _ := strings.Cut(a.text, "\n")
	switch strings.ToLower(strings.TrimSpace(first)) {
	case "/close":
		err = b.Close(tx, a.conv, a.manager)
	case "/mine":
		err = b.Claim(tx, a.conv, a.manager)
	default:
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if a.conv, err = find(tx, a.conv.ID); err != nil {
		return false, err
	}
	a.text = strings.TrimSpace(rest)
	return a.text == "", nil
}

// check gathers every reason not to send, so that one mail names them all.
func (b *Letterbox) check(tx *db.Tx, in *lists.Incoming, a *answer) error {
	may, err := b.mayRead(tx, a.conv, a.manager.ID)
	if err != nil {
		return err
	}
	if !may {
		a.guards = []templates.Guard{{Kind: templates.NoAccess}}
		return nil
	}
	switch {
	case in.Sender.ID != a.manager.ID:
		a.guard(templates.FromElse, 0, in.From.Address.String())
	case in.Verdict != lists.Verified:
		a.guard(templates.Unverified, 0, "")
	case in.Token != nil && !in.Token.Live(tx.Now):
		a.guard(templates.Stale, 0, "This address has expired")
	}
	return b.checkText(tx, a)
}

func (a *answer) guard(kind templates.GuardKind, line int, what string) {
	a.guards = append(a.guards, templates.Guard{Kind: kind, Line: line, What: what})
}

// checkText is the part of check that a new text has to pass again.
func (b *Letterbox) checkText(tx *db.Tx, a *answer) error {
	stale, err := staleSince(tx, a.conv, a.rev)
	if err != nil {
		return err
	}
	if stale != "" {
		a.guard(templates.Stale, 0, stale)
	}
	own, err := lists.Addresses(tx, a.manager.ID)
	if err != nil {
		return err
	}
	a.text = strings.TrimSpace(stripTail(withoutDoors(a.text), own, a.manager.Name))
	for _, f := range leaks(a.text, own) {
		a.guard(templates.OwnAddress, f.line, f.what)
	}
	if err := b.foreignAddresses(tx, a); err != nil {
		return err
	}
	if first, _, _ := strings.Cut(a.text, "\n"); strings.HasPrefix(first, "/") {
		a.guard(templates.SlashLine, 1, first)
	}
	if forwarded(a.text) {
		a.guard(templates.Forwarded, 0, "")
	}
	if len(a.files) > 0 {
		a.guard(templates.Attached, 0, strings.Join(a.files, ", "))
	}
	switch {
	case a.text == "":
		a.guard(templates.NoText, 0, "")
	case a.unsure:
		a.guard(templates.UnsureText, 0, "")
	}
	return nil
}

// foreignAddresses finds addresses of other members and managers in an answer (G2). The member's own and the community's may be there.
func (b *Letterbox) foreignAddresses(tx *db.Tx, a *answer) error {
	for _, f := range addressesIn(a.text) {
		if f.address.Key() == a.conv.Address.Key() {
			continue
		}
		m, known, err := lists.MemberByAddress(tx, a.conv.Community, f.address)
		if err != nil {
			return err
		}
		if known && m.ID != a.conv.Member && m.ID != a.manager.ID {
			a.guard(templates.OtherAddress, f.line, f.what)
		}
	}
	return nil
}

// sendable tells whether SEND may override the guards: not when there is nothing to send, nobody to send it, or a slip for a command.
func (a answer) sendable() bool {
	for _, g := range a.guards {
		if g.Kind == templates.NoText || g.Kind == templates.NoAccess || g.Kind == templates.SlashLine {
			return false
		}
	}
	return true
}

// giveBack returns an answer to its manager, at the confirmed address, with every reason and exactly what would go out.
func (b *Letterbox) giveBack(tx *db.Tx, community lists.Community, a answer) error {
	msg, err := hold(tx, a)
	if err != nil {
		return err
	}
	news, err := newsSince(tx, a.conv, a.rev)
	if err != nil {
		return err
	}
	mail, err := templates.AnswerHeld{
		Code: a.conv.Code, Member: a.conv.Name, Guards: a.guards, Text: templates.Said(a.text), News: news, Sendable: a.sendable(), Days: days(a.sendable()),
	}.Render()
	if err != nil {
		return err
	}
	reply, err := b.Book.Address(tx, address.Grant{
		Kind: address.Confirm, Receiver: Receiver, Community: int64(a.conv.Community), Member: int64(a.manager.ID), Object: object(sideHeld, msg.id, 0),
		Expires: tx.Now.AddDate(0, 0, 2*heldDays),
	}, community.Domain)
	if err != nil {
		return err
	}
	sent, err := b.Office.Send(tx, notice.Mail{
		Community: community, To: a.manager.Mailbox(), Member: a.manager.ID, ReplyTo: letter.Mailbox{Name: "Your answer to " + a.conv.Code, Address: reply},
		Words: mail, Kind: "c", Record: archive.IDConversation, Auto: notice.Replied, Private: true, Story: a.story,
	})
	if err != nil {
		return err
	}
	return logbook.Write(tx, logbook.Entry{Story: a.story, Verb: logbook.Held, MessageID: sent.ID, Detail: "the answer went back to its manager"})
}

func days(sendable bool) int {
	if sendable {
		return heldDays
	}
	return 0
}

// send writes the answer anew for the member, from the role, and shows it to the other managers.
func (b *Letterbox) send(tx *db.Tx, community lists.Community, a answer) error {
	c := a.conv
	msg, err := record(tx, &c, message{dir: dirOut, author: a.manager.ID, story: a.story, text: a.text, verdict: lists.Verified})
	if err != nil {
		return err
	}
	asked, err := lastAsked(tx, c.ID)
	if err != nil {
		return err
	}
	mail, err := templates.ManagerAnswer{Code: c.Code, Subject: c.Subject, Text: templates.Said(a.text), Asked: templates.Said(firstLines(asked.text, 3))}.Render()
	if err != nil {
		return err
	}
	reply, err := b.memberDoor(tx, c, community.Domain)
	if err != nil {
		return err
	}
	refs, err := memberReferences(tx, c.ID)
	if err != nil {
		return err
	}
	sent, err := b.Office.Send(tx, notice.Mail{
		Community: community, To: letter.Mailbox{Name: c.Name, Address: c.Address}, Member: c.Member,
		From:    letter.Mailbox{Name: role(a.manager), Address: community.Address("managers")},
		ReplyTo: reply, Words: mail, Kind: "p", Record: archive.IDConversation, InReplyTo: lastOf(refs), References: refs, Private: true, Story: a.story,
	})
	if err != nil {
		return err
	}
	if err := refer(tx, sent.ID, c, 0); err != nil {
		return err
	}
	if err := c.answered(tx, a.manager.ID); err != nil {
		return err
	}
	if c, err = find(tx, c.ID); err != nil {
		return err
	}
	if err := b.showColleagues(tx, community, c, a, msg); err != nil {
		return err
	}
	return b.refile(tx, c)
}

// showColleagues lets the other managers see what the member was told, with an address of their own for the state of things now.
func (b *Letterbox) showColleagues(tx *db.Tx, community lists.Community, c Conv, a answer, msg message) error {
	readers, err := b.readers(tx, c)
	if err != nil {
		return err
	}
	for _, m := range readers {
		if m.ID == a.manager.ID {
			continue
		}
		mail, err := templates.ColleagueAnswered{
			Code: c.Code, Subject: c.Subject, Colleague: a.manager.FirstName(), Member: c.Name, Role: role(m), Text: templates.Said(msg.text),
		}.Render()
		if err != nil {
			return err
		}
		reply, err := b.door(tx, c, community.Domain, sideManager, m.ID, c.Rev)
		if err != nil {
			return err
		}
		err = b.toManager(tx, community, c, m, notice.Mail{
			From:    letter.Mailbox{Name: role(a.manager) + " (" + c.Code + ")", Address: community.Address("managers")},
			ReplyTo: letter.Mailbox{Name: c.Name + " via managers", Address: reply}, Words: mail, Story: a.story,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func lastOf(ids []letter.MessageID) []letter.MessageID {
	if len(ids) == 0 {
		return nil
	}
	return ids[len(ids)-1:]
}

func firstLines(s string, n int) string {
	lines := strings.SplitN(strings.TrimSpace(s), "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "\n")
}

// decide takes a manager's word about an answer that came back.
func (b *Letterbox) decide(tx *db.Tx, in *lists.Incoming, id int64) error {
	if in.Sender.ID == 0 || int64(in.Sender.ID) != in.Token.Member || in.Verdict == lists.Unverified || in.Token.Revoked {
		return lists.NoSuchAddress()
	}
	msg, err := findHeld(tx, id)
	if err != nil {
		return err
	}
	c, err := find(tx, msg.conv)
	if err != nil {
		return err
	}
	if may, err := b.mayRead(tx, c, in.Sender.ID); err != nil || !may {
		if err == nil {
			err = refusal.Because(refusal.NotAllowed, "You can no longer see this conversation, so nothing was sent.")
		}
		return err
	}
	if err := logbook.Write(tx, logbook.Entry{Story: in.Story, Verb: logbook.Filed, MessageID: in.Letter.MessageID(), Detail: "a manager's word about a held answer"}); err != nil {
		return err
	}
	if msg.state != stateHeld {
		return b.tellDecided(tx, in, c, msg)
	}
	text := outgoing(in.Letter)
	a := answer{conv: c, manager: in.Sender, rev: msg.rev, story: in.Story, text: msg.text, files: nil}
	switch word, alone := bareWord(text); {
	case word == "DROP" && alone:
		return b.drop(tx, in, c, msg)
	case word == "SEND" && alone && msg.sendable:
		return b.sendHeld(tx, in, a, msg)
	case alone:
		return b.tellWords(tx, in, c, word)
	}
	a.text, a.unsure = text, in.Letter.NewText().Unsure
	if err := b.checkText(tx, &a); err != nil {
		return err
	}
	if err := endHeld(tx, msg, stateDropped); err != nil {
		return err
	}
	if len(a.guards) > 0 {
		return b.giveBack(tx, in.Community, a)
	}
	return b.send(tx, in.Community, a)
}

// sendHeld sends an answer that its manager has seen with all its guards, unless something new has happened since.
func (b *Letterbox) sendHeld(tx *db.Tx, in *lists.Incoming, a answer, msg message) error {
	if err := endHeld(tx, msg, stateSent); err != nil {
		return err
	}
	stale, err := staleSince(tx, a.conv, msg.rev)
	if err != nil {
		return err
	}
	if stale != "" {
		a.guard(templates.Stale, 0, stale)
		return b.giveBack(tx, in.Community, a)
	}
	return b.send(tx, in.Community, a)
}

func (b *Letterbox) drop(tx *db.Tx, in *lists.Incoming, c Conv, msg message) error {
	if err := endHeld(tx, msg, stateDropped); err != nil {
		return err
	}
	mail, err := templates.HeldEnd{Community: in.Community.Name, Outcome: templates.Dropped, Subject: c.Subject}.Render()
	if err != nil {
		return err
	}
	return b.tellManager(tx, in, mail)
}

func (b *Letterbox) tellDecided(tx *db.Tx, in *lists.Incoming, c Conv, msg message) error {
	as := templates.Dropped
	if msg.sendable {
		as = templates.Sent
	}
	mail, err := templates.AlreadyDecided{Community: in.Community.Name, Outcome: as, When: msg.at.In(in.Sender.Zone(in.Community)), Subject: c.Subject}.Render()
	if err != nil {
		return err
	}
	return b.tellManager(tx, in, mail)
}

func (b *Letterbox) tellWords(tx *db.Tx, in *lists.Incoming, c Conv, word string) error {
	mail, err := templates.ConfirmHelp{Community: in.Community.Name, Question: templates.AskAnswer, Subject: c.Subject, Member: c.Name, First: word}.Render()
	if err != nil {
		return err
	}
	return b.tellManager(tx, in, mail)
}

// tellManager answers a manager's word. The question stays where it was: Reply goes there again.
func (b *Letterbox) tellManager(tx *db.Tx, in *lists.Incoming, words templates.Mail) error {
	_, err := b.Office.Send(tx, notice.Mail{
		Community: in.Community, To: in.Sender.Mailbox(), Member: in.Sender.ID, ReplyTo: letter.Mailbox{Name: "Your answer", Address: in.To}, Words: words,
		Kind: "c", Record: archive.IDConversation, InReplyTo: one(in.Letter.MessageID()), Auto: notice.Replied, Private: true, Story: in.Story,
	})
	return err
}
