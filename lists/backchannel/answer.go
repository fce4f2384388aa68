package backchannel

import (
	"slices"
	"strings"

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
	foreign  bool // it came through the manager's address from somebody who may be anybody
	rev      int  // what the manager had seen when writing
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
	a := answer{conv: c, manager: manager, foreign: !mine, rev: rev, story: in.Story}
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
