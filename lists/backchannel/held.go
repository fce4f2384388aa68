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

// has tells whether there is a reason of one of these kinds.
func (a answer) has(kinds ...templates.GuardKind) bool {
	return slices.ContainsFunc(a.guards, func(g templates.Guard) bool { return slices.Contains(kinds, g.Kind) })
}

// sendable tells whether SEND may override the guards: not when there is nothing to send, nobody to send it, or a slip for a command.
func (a answer) sendable() bool {
	return !a.has(templates.EncryptedText, templates.NoText, templates.NoAccess, templates.SlashLine, templates.BadCommand)
}

// heldDays is how long an answer waits for its manager's word.
const heldDays = 14

// giveBack returns an answer to its manager, at the confirmed address, with every reason and exactly what would go out. Whoever may not
// see the conversation gets their own words, and nothing of anybody else's (B15b).
func (b *Letterbox) giveBack(tx *db.Tx, community lists.Community, a answer) error {
	if a.page != nil {
		*a.page = Kept{Guards: a.guards, Text: a.text, Sendable: a.sendable()}
		return nil
	}
	mail := templates.AnswerHeld{
		Code: a.conv.Code, Member: byMail(community, a.conv).Name, Guards: a.guards, Text: templates.Said(a.text), Sendable: a.sendable(), Note: a.note, Alias: a.alias(),
	}
	var err error
	if mail.Cc, err = colleaguesBeside(tx, a); err != nil {
		return err
	}
	if a.has(templates.SlashLine, templates.BadCommand) {
		a.text, a.calls = a.whole(), nil
		mail.Text, mail.Commands = templates.Said(a.text), b.commandList()
	}
	if mail.Sendable {
		mail.Days = heldDays
		mail.Then = a.pendingNames()
	}
	if a.has(templates.NoAccess) {
		return b.giveBackAlone(tx, community, a, mail)
	}
	msg, err := hold(tx, a)
	if err != nil {
		return err
	}
	if err := b.keepFiles(tx, msg.id, a.bag.pass); err != nil {
		return err
	}
	mail.Files = a.bag.names()
	if mail.News, err = newsSince(tx, a.conv, a.rev, a.manager.ID); err != nil {
		return err
	}
	if inFolders(community, a.conv) {
		mail.News, mail.NewsWaits = nil, len(mail.News) > 0
	}
	reply, err := b.Office.Confirm(tx, notice.Door{Community: community, Member: a.manager, Receiver: Receiver, Object: object(sideHeld, msg.id, 0), Days: 2 * heldDays})
	if err != nil {
		return err
	}
	words, err := mail.Render()
	if err != nil {
		return err
	}
	back := b.backMail(community, a, words)
	back.ReplyTo = letter.Mailbox{Name: "Your answer to " + a.conv.Code, Address: reply.Address}
	sent, err := b.toDesk(tx, a.conv, a.manager.ID, back, reference{what: aHeld, held: msg.id})
	if errors.Is(err, notice.ErrEnough) {
		return lists.NoSuchAddress()
	}
	if err != nil || !mail.Sendable {
		return err
	}
	return b.Office.File(tx, sent, a.manager.ID, FolderHeld, int64(a.conv.ID))
}

// giveBackAlone returns the words of somebody who may not see the conversation: to them alone, and about nothing.
func (b *Letterbox) giveBackAlone(tx *db.Tx, community lists.Community, a answer, mail templates.AnswerHeld) error {
	words, err := mail.Render()
	if err != nil {
		return err
	}
	if err := notPassedOn(tx, a.conv, a.manager); err != nil {
		return err
	}
	_, err = b.Office.Send(tx, b.backMail(community, a, words))
	return err
}

// notPassedOn notes that somebody wrote who may not see a conversation any more.
func notPassedOn(tx *db.Tx, c Conv, m lists.Member) error {
	return audit(tx, c.Community, m.ID, "not passed on", c.Code, "may not see it any more")
}

func (b *Letterbox) backMail(community lists.Community, a answer, words templates.Mail) notice.Mail {
	back := notice.ToMember(community, a.manager, notice.Converse, words)
	back.Auto, back.Story = notice.Replied, a.story
	if a.foreign {
		back.Answer = "found-door" // whoever found this address cannot write to the manager without end (D3)
	}
	return back
}

// whole is what a manager wrote, with its commands.
func (a answer) whole() string {
	var lines []string
	for _, c := range a.calls {
		lines = append(lines, strings.TrimSpace(c.Again()))
	}
	return strings.TrimSpace(strings.Join(append(lines, a.text), "\n"))
}

// pendingNames are the commands that wait for SEND.
func (a answer) pendingNames() []string {
	var all []string
	for _, c := range a.calls {
		if a.undone || c.Verb.After {
			all = append(all, "/"+c.Verb.Name)
		}
	}
	return all
}

// alias is the address from which an answer came, if it could become one of the manager's own.
func (a answer) alias() string {
	if in := a.incoming; in != nil && a.has(templates.FromElse) && in.Sender.ID == 0 && !in.From.Address.IsZero() {
		return in.From.Address.String()
	}
	return ""
}

// decide takes a manager's word about an answer that came back.
func (b *Letterbox) decide(tx *db.Tx, in *lists.Incoming, id int64) error {
	if in.Sender.ID == 0 || in.Verdict == lists.Unverified || in.Token != nil && (int64(in.Sender.ID) != in.Token.Member || in.Token.Revoked) {
		return lists.NoSuchAddress()
	}
	msg, err := findMessage(tx, id)
	if err != nil {
		return err
	}
	if msg.author != in.Sender.ID {
		return lists.NoSuchAddress()
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
	if err := comes(tx, c.ID, in.Story); err != nil {
		return err
	}
	if msg.state != stateHeld {
		return b.tellDecided(tx, in, c, msg)
	}
	a := answer{conv: c, manager: in.Sender, rev: msg.rev, story: in.Story, note: msg.dir == dirNote, incoming: in}
	b.read(&a, in.Letter)
	word, better, err := decision(tx, a, msg)
	switch {
	case err != nil:
		return err
	case better && slices.Contains([]string{"YES", "NO", "OK"}, strings.ToUpper(strings.TrimRight(a.text, ".!"))) && b.commandsIn(msg.text):
		return b.tellWords(tx, in, c, msg, word) // an answer to us: the member was to get nothing
	case better:
		if len(a.bag.pass) == 0 { // the files were not what was wrong, or they were seen with the reasons
			if a.bag.pass, err = b.filesOf(tx, msg.id); err != nil {
				return err
			}
		}
		if err := b.endHeld(tx, c, msg, stateDropped); err != nil {
			return err
		}
		if before, _, wrong := b.Verbs().Read(msg.commands); wrong == nil {
			a.calls = append(before, a.calls...)
		}
		if a.beside, err = outsideBeside(tx, in, c); err != nil { // what was held before is not sent
			return err
		}
		if err := b.checkSender(tx, in, &a); err != nil {
			return err
		}
		return b.handle(tx, in.Community, a)
	case word == "DROP":
		return b.drop(tx, in, c, msg)
	case word == "NOTE" && (msg.text != "" || msg.sendable && msg.commands == ""):
		return b.sendHeld(tx, in.Community, a, msg, true)
	case (word == "SEND" || word == "YES" && msg.sender != "" && in.Verdict == lists.Verified) && msg.sendable:
		if word == "YES" {
			if err := b.addAlias(tx, in, msg.sender); err != nil {
				return err
			}
		}
		a.confirmed = true
		return b.sendHeld(tx, in.Community, a, msg, a.note)
	}
	return b.tellWords(tx, in, c, msg, word)
}

// commandsIn tells whether a text is commands, and nothing else.
func (b *Letterbox) commandsIn(text string) bool {
	calls, rest, _ := b.Verbs().Read(text)
	return len(calls) > 0 && rest == ""
}

// addAlias makes the address that an answer came from one of the manager's own.
func (b *Letterbox) addAlias(tx *db.Tx, in *lists.Incoming, typed string) error {
	a, err := letter.ParseAddress(typed)
	if err != nil {
		return err
	}
	if m, known, err := lists.MemberByAddress(tx, in.Community.ID, a); err != nil || known && m.ID == in.Sender.ID {
		return err
	}
	return lists.AddAddress(tx, in.Sender, a)
}

// endHeld decides about a held answer, and takes it from its folder.
func (b *Letterbox) endHeld(tx *db.Tx, c Conv, msg message, as string) error {
	if err := msg.end(tx, as); err != nil {
		return err
	}
	if err := b.dropFiles(tx, msg.id); err != nil {
		return err
	}
	s, err := b.shelvesOf(tx, c, msg.author)
	if err != nil {
		return err
	}
	for _, p := range s.apart {
		if s.names[p.Mailbox] != FolderHeld {
			continue
		}
		ref, known, err := findReference(tx, p.MessageID)
		if err != nil {
			return err
		}
		if known && ref.held == msg.id {
			return b.Office.Store.Expunge(tx, p.ID)
		}
	}
	return nil
}

// decision reads a manager's reply to a returned answer: one of the words, alone but for a signature; a better text; or neither, and
// then nothing happens. A reply that begins with one of the words is never taken for the text (product.md R1).
// Where nothing could be sent as it was, the text alone was asked for.
func decision(tx *db.Tx, a answer, msg message) (word string, better bool, err error) {
	word, alone, rest := lists.Word(a.text)
	known, err := signatureOf(tx, a.manager.ID)
	if err != nil {
		return "", false, err
	}
	own, err := lists.Addresses(tx, a.manager.ID)
	if err != nil {
		return "", false, err
	}
	rest, _ = lists.Discreet(known.strip("x\n"+rest), a.manager, own)
	rest = strings.TrimPrefix(rest, "x")
	switch {
	case !slices.Contains([]string{"SEND", "DROP", "NOTE"}, word) && (word != "YES" || msg.sender == ""):
		return word, a.wrong != nil || len(a.calls) > 0 || len(strings.Fields(a.text)) > 1 || len(a.files) > 0 || a.text != "" && !msg.sendable, nil
	case alone && strings.TrimSpace(rest) == "":
		return word, false, nil
	}
	return word + " …", false, nil
}

// sendHeld sends an answer that its manager has seen with all its guards, or keeps it as a note, unless something new has happened since.
func (b *Letterbox) sendHeld(tx *db.Tx, community lists.Community, a answer, msg message, note bool) error {
	a.text, a.files, a.unsure, a.calls, a.wrong, a.note = msg.text, nil, false, nil, nil, note
	a.beside = msg.beside
	files, err := b.filesOf(tx, msg.id)
	if err != nil {
		return err
	}
	a.bag = baggage{pass: files}
	if calls, _, wrong := b.Verbs().Read(msg.commands); wrong == nil && note == (msg.dir == dirNote) {
		a.calls = calls
	}
	if !note {
		if err := a.checkNews(tx); err != nil {
			return err
		}
	}
	if len(a.guards) > 0 {
		if err := b.endHeld(tx, a.conv, msg, stateDropped); err != nil {
			return err
		}
		a.undone = true
		return b.giveBack(tx, community, a)
	}
	if err := b.endHeld(tx, a.conv, msg, stateReleased); err != nil {
		return err
	}
	a.decided = true
	return b.handle(tx, community, a)
}

func (b *Letterbox) drop(tx *db.Tx, in *lists.Incoming, c Conv, msg message) error {
	if err := b.endHeld(tx, c, msg, stateDropped); err != nil {
		return err
	}
	named := byMail(in.Community, c)
	words, err := templates.AnswerEnd{Code: c.Code, Member: named.Name, Subject: named.Subject}.Render()
	if err != nil {
		return err
	}
	return b.tellManager(tx, in, msg, words)
}

// Expire is the calendar's kind for returned answers whose time is over.
const Expire calendar.Kind = "answer.expire"

// Dates are the calendar's kinds that are ours, and what is done then.
func (b *Letterbox) Dates() map[calendar.Kind]calendar.Handler {
	return map[calendar.Kind]calendar.Handler{Expire: b.expired, Wake: b.woken, MayRead: b.unasked, AuditHead: b.tellHead, Export: b.export, EraseVoice: b.eraseVoice, Erased: b.tellErased, Late: b.late, ConsentEnds: b.unanswered, FileOver: b.fileOver, Handover: b.changeOver, lists.ManagerCame: b.managerCame,
		ElsewhereEnds: b.elsewhereEnds, AnonRelay: b.relayVoice, DraftExpire: b.draftExpired, UnsealExpire: b.unsealExpired, RemovalEnds: b.removalEnds, UnsealTell: b.unsealTold, VoicesEnd: b.voicesEnd}
}

// expired forgets a returned answer and tells its manager: the member still waits.
func (b *Letterbox) expired(tx *db.Tx, due calendar.Due) error {
	msg, err := findMessage(tx, due.Object)
	if err != nil || msg.state != stateHeld {
		return err
	}
	c, err := find(tx, msg.conv)
	if err != nil {
		return err
	}
	if err := b.endHeld(tx, c, msg, stateExpired); err != nil {
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
	named := byMail(community, c)
	words, err := templates.AnswerEnd{Code: c.Code, Member: named.Name, Subject: named.Subject, Days: heldDays}.Render()
	if err != nil {
		return err
	}
	_, err = b.toDesk(tx, c, manager.ID, notice.ToMember(community, manager, notice.Converse, words), reference{what: aWord})
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
	words, err := templates.AlreadyDecided{Community: in.Community.Name, Outcome: as, When: msg.at.In(in.Sender.Zone(in.Community)), Subject: byMail(in.Community, c).Subject}.Render()
	if err != nil {
		return err
	}
	return b.tellManager(tx, in, msg, words)
}

func (b *Letterbox) tellWords(tx *db.Tx, in *lists.Incoming, c Conv, msg message, word string) error {
	question := templates.AskAnswer
	if msg.dir == dirNote {
		question = templates.AskNote
	}
	named := byMail(in.Community, c)
	words, err := templates.ConfirmHelp{Community: in.Community.Name, Question: question, Subject: named.Subject, Member: named.Name, First: word, Alias: msg.sender}.Render()
	if err != nil {
		return err
	}
	return b.tellManager(tx, in, msg, words)
}

// tellManager answers a manager's word about an answer that came back. The question stays where it was: Reply goes there again.
func (b *Letterbox) tellManager(tx *db.Tx, in *lists.Incoming, msg message, words templates.Mail) error {
	mail := notice.Answer(in, notice.Converse, words)
	mail.To, mail.ReplyTo = in.Sender.Mailbox(), letter.Mailbox{Name: "Your answer", Address: in.To}
	c, err := find(tx, msg.conv)
	if err != nil {
		return err
	}
	_, err = b.toDesk(tx, c, in.Sender.ID, mail, reference{what: aWord, held: msg.id})
	return err
}
