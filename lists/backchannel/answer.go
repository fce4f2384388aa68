package backchannel

import (
	"errors"
	"slices"
	"strings"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// answer is a manager's answer on its way.
type answer struct {
	conv     Conv
	manager  lists.Member
	rev      int // what the manager had seen when writing
	story    string
	subject  string
	text     string
	unsure   bool     // it may hold words that are not the manager's
	commands []string // its first lines, which are for us
	files    []string
	guards   []templates.Guard
}

// read takes from a letter what may go out of it: the new words, never its quotes.
func (a *answer) read(l *letter.Letter) {
	n := l.NewText()
	a.subject, a.files = l.Subject(), attached(l)
	a.commands, a.text = commands(strings.TrimSpace(n.Text))
	a.unsure = n.Unsure || ours(a.text) || belowMarker(l) != ""
}

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
	mine := in.Sender.ID == manager.ID && in.Verdict != lists.Unverified
	if !mine && !c.mayRead(manager) {
		return lists.NoSuchAddress()
	}
	a := answer{conv: c, manager: manager, rev: rev, story: in.Story}
	a.read(in.Letter)
	if len(a.commands) > 0 && (!mine || in.Verdict != lists.Verified) {
		return cannotCommand(mine)
	}
	if err := in.Filed(tx, "a manager's answer to a private letter"); err != nil {
		return err
	}
	if err := b.check(tx, in, &a); err != nil {
		return err
	}
	if a.empty() {
		return b.run(tx, a)
	}
	if len(a.guards) > 0 {
		return b.giveBack(tx, in.Community, a)
	}
	return b.send(tx, in.Community, a)
}

// cannotCommand refuses a command of which we cannot be sure who gave it: unlike a text, it cannot wait for a word.
func cannotCommand(mine bool) error {
	if !mine {
		return lists.NoSuchAddress()
	}
	return refusal.Because(refusal.NotAllowed, "We cannot be sure that this comes from you, so nothing was done. Lines like /close need a letter that your mail provider vouches for.")
}

// empty tells whether there were commands and nothing else.
func (a answer) empty() bool {
	return len(a.commands) > 0 && a.text == "" && len(a.files) == 0 && a.conv.mayRead(a.manager)
}

// run does what the first lines ask for.
func (b *Letterbox) run(tx *db.Tx, a answer) error {
	for _, command := range a.commands {
		do := b.Claim
		if command == "/close" {
			do = b.Close
		}
		if err := do(tx, a.conv, a.manager); err != nil {
			return err
		}
	}
	return nil
}

// check gathers every reason not to send, so that one mail names them all.
func (b *Letterbox) check(tx *db.Tx, in *lists.Incoming, a *answer) error {
	if !a.conv.mayRead(a.manager) {
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
	if err := a.checkNews(tx); err != nil {
		return err
	}
	own, err := lists.Addresses(tx, a.manager.ID)
	if err != nil {
		return err
	}
	var slips []lists.Slip
	a.text, slips = lists.Discreet(a.text, a.manager, own)
	a.text = strings.TrimSpace(a.text)
	for _, s := range slips {
		a.guard(templates.OwnAddress, s.Line, s.What)
	}
	if err := b.foreignAddresses(tx, a); err != nil {
		return err
	}
	colleagues, err := b.colleagues(tx, *a)
	if err != nil {
		return err
	}
	if words := toColleague(a.text, colleagues); words != "" {
		a.guard(templates.ToColleague, 1, words)
	}
	if first, _, _ := strings.Cut(a.text, "\n"); strings.HasPrefix(first, "/") {
		a.guard(templates.SlashLine, 1, first)
	}
	if forwarded(a.subject, a.text) {
		a.guard(templates.Forwarded, 0, "")
	}
	if len(a.files) > 0 {
		a.guard(templates.Attached, 0, strings.Join(a.files, ", "))
	}
	switch {
	case a.text == "" && len(a.commands) == 0 || a.text == "" && len(a.files) > 0:
		a.guard(templates.NoText, 0, "")
	case a.unsure:
		a.guard(templates.UnsureText, 0, "")
	}
	return nil
}

// checkNews finds out whether a colleague said something that the manager had not seen (E18).
func (a *answer) checkNews(tx *db.Tx) error {
	stale, err := staleSince(tx, a.conv, a.rev, a.manager.ID)
	if err == nil && stale != "" {
		a.guard(templates.Stale, 0, stale)
	}
	return err
}

// colleagues are the first names of the other managers who may see a conversation, but for that of its writer.
func (b *Letterbox) colleagues(tx *db.Tx, a answer) (names []string, err error) {
	readers, err := b.readers(tx, a.conv)
	first, _, _ := strings.Cut(a.conv.Name, " ")
	for _, m := range readers {
		if name := m.FirstName(); m.ID != a.manager.ID && !strings.EqualFold(name, first) {
			names = append(names, name)
		}
	}
	return names, err
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
			a.guard(templates.OtherAddress, f.line, f.address.String())
		}
	}
	return nil
}

// has tells whether there is a reason of one of these kinds.
func (a answer) has(kinds ...templates.GuardKind) bool {
	return slices.ContainsFunc(a.guards, func(g templates.Guard) bool { return slices.Contains(kinds, g.Kind) })
}

// sendable tells whether SEND may override the guards: not when there is nothing to send, nobody to send it, or a slip for a command.
func (a answer) sendable() bool {
	return !a.has(templates.NoText, templates.NoAccess, templates.SlashLine)
}

// heldDays is how long an answer waits for its manager's word.
const heldDays = 14

// giveBack returns an answer to its manager, at the confirmed address, with every reason and exactly what would go out. Whoever may not
// see the conversation gets their own words, and nothing of anybody else's (B15b).
func (b *Letterbox) giveBack(tx *db.Tx, community lists.Community, a answer) error {
	mail := templates.AnswerHeld{Code: a.conv.Code, Member: a.conv.Name, Guards: a.guards, Text: templates.Said(a.text), Sendable: a.sendable()}
	if mail.Sendable {
		mail.Days = heldDays
	}
	var reply letter.Mailbox
	if !a.has(templates.NoAccess) {
		msg, err := hold(tx, a)
		if err != nil {
			return err
		}
		if mail.News, err = newsSince(tx, a.conv, a.rev, a.manager.ID); err != nil {
			return err
		}
		reply, err = b.Office.Confirm(tx, notice.Door{Community: community, Member: a.manager, Receiver: Receiver, Object: object(sideHeld, msg.id, 0), Days: 2 * heldDays})
		if err != nil {
			return err
		}
	}
	words, err := mail.Render()
	if err != nil {
		return err
	}
	back := notice.ToMember(community, a.manager, notice.Converse, words)
	back.ReplyTo, back.Auto, back.Story = reply, notice.Replied, a.story
	if reply.Name != "" {
		back.ReplyTo.Name = "Your answer to " + a.conv.Code
	}
	if a.has(templates.FromElse, templates.Unverified) {
		back.Answer = "found-door" // somebody else may have this address: they cannot write to the manager without end (D3)
	}
	_, err = b.Office.Send(tx, back)
	if errors.Is(err, notice.ErrEnough) {
		return lists.NoSuchAddress()
	}
	return err
}

// send writes the answer anew for the member, from the role, and shows it to the other managers.
func (b *Letterbox) send(tx *db.Tx, community lists.Community, a answer) error {
	c := a.conv
	msg, err := record(tx, &c, message{dir: dirOut, author: a.manager.ID, story: a.story, text: a.text, verdict: lists.Verified})
	if err != nil {
		return err
	}
	if err := b.toWriter(tx, community, c, a); err != nil {
		return err
	}
	if err := c.answered(tx, a.manager.ID); err != nil {
		return err
	}
	if err := b.showColleagues(tx, community, c, a, msg); err != nil {
		return err
	}
	if slices.Contains(a.commands, "/close") {
		return b.Close(tx, c, a.manager)
	}
	return b.refile(tx, c)
}

// toWriter sends the answer to whoever asked.
func (b *Letterbox) toWriter(tx *db.Tx, community lists.Community, c Conv, a answer) error {
	asked, err := lastAsked(tx, c.ID)
	if err != nil {
		return err
	}
	words, err := templates.ManagerAnswer{Code: c.Code, Subject: c.Subject, Text: templates.Said(a.text), Asked: templates.Said(firstLines(asked.text, 3))}.Render()
	if err != nil {
		return err
	}
	to, err := c.writer(tx)
	if err != nil {
		return err
	}
	reply, err := b.writerDoor(tx, community, c)
	if err != nil {
		return err
	}
	refs, err := memberReferences(tx, c.ID)
	if err != nil {
		return err
	}
	sent, err := b.Office.Send(tx, notice.Mail{
		Community: community, To: to, Member: c.Member, From: letter.Mailbox{Name: role(a.manager), Address: community.Address("managers")},
		ReplyTo: reply, Words: words, Kind: notice.Converse, InReplyTo: lastOf(refs), References: refs, Private: true, Story: a.story,
	})
	if err != nil {
		return err
	}
	return refer(tx, sent.ID, c, 0)
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
		words, err := templates.ColleagueAnswered{
			Code: c.Code, Subject: c.Subject, Colleague: a.manager.FirstName(), Member: c.Name, Role: role(m), Text: templates.Said(msg.text),
		}.Render()
		if err != nil {
			return err
		}
		if err := b.toManager(tx, community, c, m, role(a.manager)+" ("+c.Code+")", words, a.story); err != nil {
			return err
		}
	}
	return nil
}

func lastOf(ids []letter.MessageID) []letter.MessageID { return ids[max(0, len(ids)-1):] }

func firstLines(s string, n int) string {
	lines := strings.SplitN(strings.TrimSpace(s), "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "\n")
}

// decide takes a manager's word about an answer that came back.
func (b *Letterbox) decide(tx *db.Tx, in *lists.Incoming, id int64) error {
	if in.Sender.ID == 0 || int64(in.Sender.ID) != in.Token.Member || in.Verdict == lists.Unverified || in.Token.Revoked {
		return lists.NoSuchAddress()
	}
	msg, err := findMessage(tx, id)
	if err != nil {
		return err
	}
	c, err := find(tx, msg.conv)
	if err != nil {
		return err
	}
	if !c.mayRead(in.Sender) {
		return refusal.Because(refusal.NotAllowed, "You can no longer see this conversation, so nothing was sent.")
	}
	if err := in.Filed(tx, "a manager's word about a held answer"); err != nil {
		return err
	}
	if msg.state != stateHeld {
		return b.tellDecided(tx, in, c, msg)
	}
	a := answer{conv: c, manager: in.Sender, rev: msg.rev, story: in.Story}
	a.read(in.Letter)
	word, better, err := decision(tx, a, msg.sendable)
	switch {
	case err != nil:
		return err
	case better:
		if err := msg.end(tx, stateDropped); err != nil {
			return err
		}
		if err := b.checkText(tx, &a); err != nil {
			return err
		}
		if len(a.guards) > 0 {
			return b.giveBack(tx, in.Community, a)
		}
		return b.send(tx, in.Community, a)
	case word == "DROP":
		return b.drop(tx, in, c, msg)
	case word == "SEND" && msg.sendable:
		return b.sendHeld(tx, in, a, msg)
	}
	return b.tellWords(tx, in, c, word)
}

// decision reads a manager's reply to a returned answer: one of the two words, alone but for a signature; a better text; or neither, and
// then nothing happens. A reply that begins with one of the words is never taken for the text (product.md R1).
// Where nothing could be sent as it was, the text alone was asked for.
func decision(tx *db.Tx, a answer, sendable bool) (word string, better bool, err error) {
	word, alone, rest := lists.Word(a.text)
	own, err := lists.Addresses(tx, a.manager.ID)
	if err != nil {
		return "", false, err
	}
	rest, _ = lists.Discreet(rest, a.manager, own)
	switch {
	case word != "SEND" && word != "DROP":
		return word, len(strings.Fields(a.text)) > 1 || len(a.files) > 0 || a.text != "" && !sendable, nil
	case alone && strings.TrimSpace(rest) == "":
		return word, false, nil
	}
	return word + " …", false, nil
}

// sendHeld sends an answer that its manager has seen with all its guards, unless something new has happened since.
func (b *Letterbox) sendHeld(tx *db.Tx, in *lists.Incoming, a answer, msg message) error {
	a.text, a.commands, a.files, a.unsure = msg.text, nil, nil, false
	if err := a.checkNews(tx); err != nil {
		return err
	}
	if len(a.guards) > 0 {
		if err := msg.end(tx, stateDropped); err != nil {
			return err
		}
		return b.giveBack(tx, in.Community, a)
	}
	if err := msg.end(tx, stateReleased); err != nil {
		return err
	}
	return b.send(tx, in.Community, a)
}

func (b *Letterbox) drop(tx *db.Tx, in *lists.Incoming, c Conv, msg message) error {
	if err := msg.end(tx, stateDropped); err != nil {
		return err
	}
	words, err := templates.AnswerEnd{Code: c.Code, Member: c.Name, Subject: c.Subject}.Render()
	if err != nil {
		return err
	}
	return b.tellManager(tx, in, words)
}

// Expire is the calendar's kind for returned answers whose time is over.
const Expire calendar.Kind = "answer.expire"

// Expiry is what the calendar calls when the time of a returned answer is over.
func (b *Letterbox) Expiry() (calendar.Kind, calendar.Handler) { return Expire, b.expired }

// expired forgets a returned answer and tells its manager: the member still waits.
func (b *Letterbox) expired(tx *db.Tx, due calendar.Due) error {
	msg, err := findMessage(tx, due.Object)
	if err != nil || msg.state != stateHeld {
		return err
	}
	if err := msg.end(tx, stateExpired); err != nil {
		return err
	}
	c, err := find(tx, msg.conv)
	if err != nil {
		return err
	}
	manager, err := lists.MemberByID(tx, msg.author)
	if err != nil || !msg.sendable || !c.mayRead(manager) {
		return err // nothing was promised, or to somebody who is no manager any more
	}
	community, err := lists.CommunityByID(tx, c.Community)
	if err != nil {
		return err
	}
	words, err := templates.AnswerEnd{Code: c.Code, Member: c.Name, Subject: c.Subject, Days: heldDays}.Render()
	if err != nil {
		return err
	}
	_, err = b.Office.Send(tx, notice.ToMember(community, manager, notice.Converse, words))
	return err
}

func (b *Letterbox) tellDecided(tx *db.Tx, in *lists.Incoming, c Conv, msg message) error {
	as := templates.Dropped
	switch msg.state {
	case stateReleased:
		as = templates.Sent
	case stateExpired:
		as = templates.Expired
	}
	words, err := templates.AlreadyDecided{Community: in.Community.Name, Outcome: as, When: msg.at.In(in.Sender.Zone(in.Community)), Subject: c.Subject}.Render()
	if err != nil {
		return err
	}
	return b.tellManager(tx, in, words)
}

func (b *Letterbox) tellWords(tx *db.Tx, in *lists.Incoming, c Conv, word string) error {
	words, err := templates.ConfirmHelp{Community: in.Community.Name, Question: templates.AskAnswer, Subject: c.Subject, Member: c.Name, First: word}.Render()
	if err != nil {
		return err
	}
	return b.tellManager(tx, in, words)
}

// tellManager answers a manager's word. The question stays where it was: Reply goes there again.
func (b *Letterbox) tellManager(tx *db.Tx, in *lists.Incoming, words templates.Mail) error {
	mail := notice.Answer(in, notice.Converse, words)
	mail.To, mail.ReplyTo = in.Sender.Mailbox(), letter.Mailbox{Name: "Your answer", Address: in.To}
	_, err := b.Office.Send(tx, mail)
	return err
}
