package backchannel

import (
	"slices"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/command"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// answer is a manager's answer, or note, on its way.
type answer struct {
	conv      Conv
	manager   lists.Member
	foreign   bool // it came through the manager's address from somebody who may be anybody
	note      bool // it is for managers only
	rev       int  // what the manager had seen when writing
	story     string
	subject   string
	text      string
	unsure    bool   // it may hold words that are not the manager's
	above     string // its last line, when that may be what a mail program puts above a quote; "" is the rule
	calls     []command.Call[*Call]
	sent      bool             // it went to the member
	decided   bool             // the manager has seen every reason against it, and wants it
	confirmed bool             // by an answer to the question itself
	beside    int              // to how many addresses outside its letter went as well
	undone    bool             // not even the first of the commands was done
	wrong     *command.Mistake // a command that is none
	files     []string         // names of all that came with it
	bag       baggage
	guards    []templates.Guard
	incoming  *lists.Incoming
	page      *Kept // takes what would go back by mail, where somebody waits at a page
}

// read takes from a letter what may go out of it: the new words, never its quotes.
func (b *Letterbox) read(a *answer, l *letter.Letter) {
	a.subject, a.bag = l.Subject(), unpack(l)
	a.files = a.bag.all()
	b.readText(a, l.NewText(), l.Text())
	a.unsure = a.unsure || belowMarker(l) != ""
}

// readText is read for the text alone. whole is the text with its quotes.
func (b *Letterbox) readText(a *answer, n letter.NewText, whole string) {
	a.calls, a.text, a.wrong = b.Verbs().Read(tidyEnd(n.Text))
	a.unsure = n.Unsure || ours(a.text)
	a.above = aboveQuote(a.text, whole)
}

// fromManager takes a manager's reply: it goes to the member, from the role, if nothing about it is unclear.
func (b *Letterbox) fromManager(tx *db.Tx, in *lists.Incoming, c Conv, rev int, note bool) error {
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
	if !mine && (!c.mayRead(manager) || in.Token != nil && !in.Token.Live(tx.Now)) { // nobody is asked about an old address that somebody found
		return lists.NoSuchAddress()
	}
	a := answer{conv: c, manager: manager, foreign: !mine, note: note, rev: rev, story: in.Story, incoming: in}
	b.read(&a, in.Letter)
	if mine {
		var err error
		if a.beside, err = outsideBeside(tx, in, c); err != nil {
			return err
		}
	}
	if err := in.Filed(tx, "a manager's answer to a private letter"); err != nil {
		return err
	}
	if err := comes(tx, c.ID, in.Story); err != nil {
		return err
	}
	if mine && in.Verdict == lists.Verified && c.mayRead(manager) {
		if err := saw(tx, c.ID, manager.ID, rev, viaMail); err != nil {
			return err
		}
	}
	if err := b.checkSender(tx, in, &a); err != nil {
		return err
	}
	return b.handle(tx, in.Community, a)
}

// handle does what a manager's letter says: first its commands, then the text below them; or gives all of it back. Nothing is done of a
// letter of whose writer we are not sure, or of one with a command that is none.
func (b *Letterbox) handle(tx *db.Tx, community lists.Community, a answer) error {
	if wrong := a.unproven(); wrong != nil {
		a.undone, a.guards = true, nil
		a.mistake(wrong)
		return b.giveBack(tx, community, a)
	}
	if !a.sure() {
		a.undone = true
		if !a.has(templates.NoAccess) {
			if err := b.checkText(tx, &a); err != nil {
				return err
			}
		}
		return b.giveBack(tx, community, a)
	}
	call := &Call{Conv: a.conv, Manager: a.manager, Community: community, Story: a.story, In: a.incoming, Text: a.text}
	if done, err := b.askTwice(tx, call, a); err != nil || done {
		return err
	}
	var said []string
	var wrong *command.Mistake
	err := tx.Attempt(func() (err error) {
		if said, wrong, err = run(tx, call, a.calls); err != nil || wrong != nil {
			return err
		}
		return b.handleText(tx, community, &a, call)
	})
	if r, ok := refusal.As(err); ok && !r.Kind.Temporary() && len(a.calls) > 0 {
		wrong, err = &command.Mistake{Line: a.calls[0].Line, Usage: a.calls[0].Verb.Usage(), Why: r.Sentence}, nil
	}
	switch {
	case err != nil:
		return err
	case wrong != nil:
		a.undone, a.guards = true, nil
		a.mistake(wrong)
		return b.giveBack(tx, community, a)
	}
	if a.sent && !a.decided {
		cc, err := colleaguesBeside(tx, a)
		if err != nil {
			return err
		}
		for _, name := range cc {
			said = append(said, name+" stood beside us in To or Cc. What "+name+" got there came from you, with your address, and not from us.")
		}
	}
	return b.confirm(tx, community, a, said)
}

// colleaguesBeside are the other managers whom a manager's own letter was sent to as well: that is told, not held (G6).
func colleaguesBeside(tx *db.Tx, a answer) (names []string, err error) {
	if a.incoming == nil || a.foreign {
		return nil, nil
	}
	l := a.incoming.Letter
	for _, to := range append(l.To(), l.Cc()...) {
		m, known, err := lists.MemberByAddress(tx, a.conv.Community, to.Address)
		if err != nil {
			return nil, err
		}
		if known && m.Manager() && m.ID != a.manager.ID && !slices.Contains(names, m.FirstName()) {
			names = append(names, m.FirstName())
		}
	}
	return names, nil
}

// outsideBeside counts the addresses outside to which a manager's own letter went as well: neither ours, nor a manager's, nor the writer's.
// Whoever the answer is for should know of them (product.md B15).
func outsideBeside(tx *db.Tx, in *lists.Incoming, c Conv) (n int, err error) {
	seen := map[string]bool{}
	for _, to := range append(in.Letter.To(), in.Letter.Cc()...) {
		m, known, err := lists.MemberByAddress(tx, c.Community, to.Address)
		if err != nil {
			return 0, err
		}
		if to.Address.Domain == in.Community.Domain || known && (m.Manager() || m.ID == c.Member) || to.Address.Key() == c.Address.Key() || seen[to.Address.Key()] {
			continue
		}
		seen[to.Address.Key()] = true
		n++
	}
	return n, nil
}

// handleText is the part of handle about what stands below the commands.
func (b *Letterbox) handleText(tx *db.Tx, community lists.Community, a *answer, call *Call) error {
	if a.commandsAlone() {
		return call.done(tx)
	}
	now, err := find(tx, a.conv.ID)
	if err != nil {
		return err
	}
	a.conv = now
	if !now.mayRead(a.manager) {
		a.guards = []templates.Guard{{Kind: templates.NoAccess}}
		return b.giveBack(tx, community, *a)
	}
	if !a.decided {
		if err := b.checkText(tx, a); err != nil {
			return err
		}
		if call.noted && !a.note {
			a.guard(templates.BelowNote, 0, "")
		}
	}
	switch {
	case len(a.guards) > 0:
		return b.giveBack(tx, community, *a)
	case a.note:
		_, err = b.note(tx, community, a.conv, a.manager, a.text, a.story, a.bag.pass...)
	default:
		a.sent = true
		err = b.send(tx, community, *a)
	}
	if err != nil {
		return err
	}
	return call.done(tx)
}

// sure tells whether a letter is the manager's own, with commands that are some.
func (a *answer) sure() bool { return len(a.guards) == 0 && a.wrong == nil }

// commandsAlone tells whether there were commands and nothing else.
func (a answer) commandsAlone() bool { return len(a.calls) > 0 && a.text == "" && len(a.files) == 0 }

// pending are the commands that are to be done when a returned answer goes out after all.
func (a answer) pending() string {
	var lines []string
	for _, c := range a.calls {
		if a.undone || c.Verb.After {
			lines = append(lines, c.Again())
		}
	}
	return strings.Join(lines, "\n")
}

// mistake notes a command that is none.
func (a *answer) mistake(m *command.Mistake) {
	kind := templates.SlashLine
	if m.Why != "" {
		kind = templates.BadCommand
	}
	a.guards = append(a.guards, templates.Guard{Kind: kind, Line: 1, What: m.Line, Usage: m.Usage, Why: m.Why})
}

// checkSender finds the reasons not to believe that a letter is the manager's own, or may still count.
func (b *Letterbox) checkSender(tx *db.Tx, in *lists.Incoming, a *answer) error {
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
	return nil
}

func (a *answer) guard(kind templates.GuardKind, line int, what string) {
	a.guards = append(a.guards, templates.Guard{Kind: kind, Line: line, What: what})
}

// checkText gathers every reason not to send the text as it stands, so that one mail names them all.
func (b *Letterbox) checkText(tx *db.Tx, a *answer) error {
	if a.note {
		return b.checkNote(tx, a)
	}
	if err := a.checkNews(tx); err != nil {
		return err
	}
	text, slips, err := b.stripped(tx, *a)
	if err != nil {
		return err
	}
	a.text = text
	for _, s := range slips {
		a.guard(templates.OwnAddress, s.Line, s.What)
	}
	if err := b.foreignAddresses(tx, a); err != nil {
		return err
	}
	if err := b.guesses(tx, a); err != nil {
		return err
	}
	colleagues, err := b.colleagues(tx, *a)
	if err != nil {
		return err
	}
	if line, words := toColleague(a.text, colleagues); line > 0 {
		a.guard(templates.ToColleague, line, words)
	}
	if a.wrong != nil {
		a.mistake(a.wrong)
	} else {
		b.tooLow(a)
	}
	if err := b.checkSecrets(tx, a); err != nil {
		return err
	}
	if forwarded(a.subject, a.text) {
		a.guard(templates.Forwarded, 0, "")
	}
	if err := b.checkFiles(tx, a); err != nil {
		return err
	}
	switch {
	case a.text == "" && len(a.bag.pass) == 0 && (len(a.calls) == 0 || len(a.files) > 0):
		a.guard(templates.NoText, 0, "")
	case a.unsure && a.text != "":
		a.guard(templates.UnsureText, 0, "")
	case a.above != "" && strings.HasSuffix(a.text, a.above):
		a.guard(templates.UnsureText, 0, a.above)
	}
	return nil
}

// stripped is the text of an answer without its manager's signature and without what the other side wrote, and what is left of the
// manager's own in it.
func (b *Letterbox) stripped(tx *db.Tx, a answer) (string, []lists.Slip, error) {
	asked, err := lastAsked(tx, a.conv.ID)
	if err != nil {
		return "", nil, err
	}
	return b.discreet(tx, withoutEcho(a.text, asked.text), a.manager)
}

// checkNews finds out whether a colleague said something that the manager had not seen (E18).
func (a *answer) checkNews(tx *db.Tx) error {
	shown, err := shownBack(tx, a.conv, a.manager.ID)
	if err != nil {
		return err
	}
	stale, err := staleSince(tx, a.conv, max(a.rev, shown), a.manager.ID)
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
	return b.spelledOut(tx, a)
}

// send writes the answer anew for the member, from the role, and shows it to the other managers.
func (b *Letterbox) send(tx *db.Tx, community lists.Community, a answer) error {
	c := a.conv
	msg, err := record(tx, &c, message{dir: dirOut, author: a.manager.ID, story: a.story, text: a.text, verdict: lists.Verified})
	if err != nil {
		return err
	}
	if err := b.keepFiles(tx, msg.id, a.bag.pass); err != nil {
		return err
	}
	if err := b.toWriter(tx, community, c, a, letter.Mailbox{Name: b.role(tx, c, a.manager), Address: community.Address("managers")}); err != nil {
		return err
	}
	if err := c.answered(tx, a.manager.ID); err != nil {
		return err
	}
	if err := b.showColleagues(tx, community, c, a, msg); err != nil {
		return err
	}
	return b.refile(tx, c)
}

// toWriter sends the answer to whoever asked, from a role.
func (b *Letterbox) toWriter(tx *db.Tx, community lists.Community, c Conv, a answer, from letter.Mailbox) error {
	asked, err := lastAsked(tx, c.ID)
	if err != nil {
		return err
	}
	words, err := templates.ManagerAnswer{Code: c.Code, Subject: c.Subject, Text: templates.Said(a.text), Asked: templates.Said(firstLines(asked.text, 3)), Beside: a.beside}.Render()
	if err != nil {
		return err
	}
	refs, err := memberReferences(tx, c.ID)
	if err != nil {
		return err
	}
	mail := notice.Mail{
		Community: community, From: from, Words: words.WithHTML(), Kind: notice.Converse, InReplyTo: lastOf(refs), References: refs, Private: true, Story: a.story,
	}
	enclose(&mail, a.bag.pass)
	return b.writeWriter(tx, c, mail)
}

// showColleagues lets the other managers see what the member was told, with an address of their own for the state of things now.
func (b *Letterbox) showColleagues(tx *db.Tx, community lists.Community, c Conv, a answer, msg message) error {
	readers, err := b.readers(tx, c)
	if err != nil {
		return err
	}
	mailed, _, err := b.mailed(tx, community, c, readers)
	if err != nil {
		return err
	}
	for _, m := range readers {
		if m.ID == a.manager.ID {
			continue
		}
		note, err := b.noteDoor(tx, community, c, m)
		if err != nil {
			return err
		}
		words, err := templates.ColleagueAnswered{
			Code: c.Code, Subject: c.Subject, Colleague: a.manager.FirstName(), Member: c.Name, Role: b.role(tx, c, m), Text: templates.Said(msg.text), Files: a.bag.names(), Note: note.Address.String(),
		}.Render()
		if err != nil {
			return err
		}
		if err := b.toManager(tx, community, c, m, a.manager.FirstName()+", for the managers ("+c.Code+")", words, a.story, contains(mailed, m.ID)); err != nil {
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
