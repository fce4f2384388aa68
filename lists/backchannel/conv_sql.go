package backchannel

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates/refusal"
)

const convColumns = `id, code, community, coalesce(member, 0), local, domain, name, kind, state, coalesce(owner, 0), subject, about, digest, thread, rev,
	anon, restricted, urgent, publicable, outcome, acked <> 0, opened, clock, due, reminded, answered, snoozed, snooze_as, coalesce(snoozer, 0), closed, coalesce(merged, 0), ombuds, erased <> 0, circle,
	EXISTS (SELECT 1 FROM consent WHERE consent.conv = conv.id AND consent.state IN ('draft','asked')),
	(SELECT coalesce(group_concat(manager), '') FROM conv_exclusion AS e WHERE e.conv = conv.id AND e.lifted = 0),
	(SELECT coalesce(group_concat(manager), '') FROM conv_exclusion AS e WHERE e.conv = conv.id AND e.lifted <> 0)`

func scanConv(r db.Scanner) (c Conv, err error) {
	var digest, opened, clock, due, answered, snoozed, closed int64
	var excluded, given string
	err = r.Scan(&c.ID, &c.Code, &c.Community, &c.Member, &c.Address.Local, &c.Address.Domain, &c.Name, &c.Kind, &c.State, &c.Owner, &c.Subject,
		&c.About.Object, &digest, &c.About.Thread, &c.Rev, &c.Anon, &c.Restricted, &c.Urgent, &c.Publicable, &c.Outcome, &c.Acked, &opened, &clock, &due, &c.reminded, &answered,
		&snoozed, &c.snoozeAs, &c.snoozer, &closed, &c.merged, &c.Ombuds, &c.erased, &c.circle, &c.publishing, &excluded, &given)
	if err != nil {
		return c, err
	}
	c.About.Digest, c.Opened, c.Due, c.Answered, c.Snoozed, c.Closed = db.Time(digest), db.Time(opened), db.Time(due), db.Time(answered), db.Time(snoozed), db.Time(closed)
	c.clock = db.Time(clock)
	if c.excluded, err = readMembers(excluded); err == nil {
		c.given, err = readMembers(given)
	}
	return c, err
}

// readMembers reads the numbers of members with commas between them.
func readMembers(list string) (all []lists.MemberID, err error) {
	for _, one := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' }) {
		id, err := strconv.ParseInt(one, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read the managers of a conversation: %w", err)
		}
		all = append(all, lists.MemberID(id))
	}
	return all, nil
}

// row is the row of a conversation, whether it became a part of another or not.
func row(tx *db.Tx, id ConvID) (Conv, error) {
	return scanConv(tx.QueryRow("SELECT "+convColumns+" FROM conv WHERE id = ?", id))
}

// find finds a conversation, or the one that it became a part of.
func find(tx *db.Tx, id ConvID) (Conv, error) {
	for {
		c, err := row(tx, id)
		if err != nil || c.merged == 0 {
			return c, err
		}
		id = c.merged
	}
}

// findRecent finds the open conversation of a member about the same thing; zero when there is none.
func findRecent(tx *db.Tx, community lists.CommunityID, member lists.MemberID, about string, since time.Time) (Conv, error) {
	c, err := scanConv(tx.QueryRow("SELECT "+convColumns+` FROM conv WHERE community = @community AND member = @member AND about = @about AND opened > @since
		AND state IN ('new','claimed','waiting_manager','reopened') AND NOT anon AND kind <> 'report' ORDER BY id DESC LIMIT 1`,
		db.Named("community", community), db.Named("member", member), db.Named("about", about), db.Named("since", db.Micros(since))))
	if errors.Is(err, db.ErrNoRows) {
		return Conv{}, nil
	}
	return c, err
}

func null(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// open begins a conversation.
func open(tx *db.Tx, in *lists.Incoming, about Context) (Conv, error) {
	name, err := writerName(tx, in)
	if err != nil {
		return Conv{}, err
	}
	for range 20 {
		id, err := tx.Insert(`INSERT INTO conv (code, community, member, local, domain, name, kind, subject, about, digest, thread, opened)
			VALUES (@code, @community, @member, @local, @domain, @name, CASE WHEN @member IS NULL THEN 'outsider' ELSE 'question' END, @subject, @about, @digest, @thread, @opened)`,
			db.Named("code", newCode()), db.Named("community", in.Community.ID), db.Named("member", null(int64(in.Sender.ID))),
			db.Named("local", in.From.Address.Local), db.Named("domain", in.From.Address.Domain), db.Named("name", name),
			db.Named("subject", plainSubject(in.Letter.Subject())), db.Named("about", about.Object), db.Named("digest", db.Micros(about.Digest)),
			db.Named("thread", about.Thread), db.Named("opened", db.Micros(tx.Now)))
		if db.IsUnique(err) {
			continue // of a million codes this one is taken
		}
		if err != nil {
			return Conv{}, fmt.Errorf("open a conversation: %w", err)
		}
		if err := noteVoice(tx, ConvID(id), in.Sender.ID); err != nil {
			return Conv{}, err
		}
		if about.Tag != "" {
			if err := tagAs(tx, ConvID(id), about.Tag); err != nil {
				return Conv{}, err
			}
		}
		return find(tx, ConvID(id))
	}
	return Conv{}, refusal.Because(refusal.Unavailable, "No name could be found for a new conversation. Please try again later.")
}

// heard notes that the writer has written: the next word is the managers'.
func (c Conv) heard(tx *db.Tx) error {
	_, err := tx.Exec(`UPDATE conv SET local = @local, domain = @domain, name = @name, closed = 0, outcome = '', purge = 0, snoozed = 0, snooze_as = '', snoozer = NULL,
		clock = CASE WHEN reminded = 3 THEN 0 ELSE clock END, -- whoever writes again after all that begins anew
		state = CASE WHEN state IN ('closed','reopened') THEN 'reopened' WHEN owner IS NOT NULL THEN 'waiting_manager' ELSE 'new' END WHERE id = @id`,
		db.Named("local", c.Address.Local), db.Named("domain", c.Address.Domain), db.Named("name", c.Name), db.Named("id", c.ID))
	if err != nil {
		return err
	}
	return calendar.Clear(tx, Wake, int64(c.ID))
}

// answered notes that a manager has answered, and whose conversation it is if it was nobody's.
func (c Conv) answered(tx *db.Tx, by lists.MemberID) error {
	_, err := tx.Exec(`UPDATE conv SET state = 'waiting_member', closed = 0, outcome = '', purge = 0, owner = coalesce(owner, @by), answered = CASE WHEN answered = 0 THEN @now ELSE answered END,
		snoozed = 0, snooze_as = '', snoozer = NULL WHERE id = @id`, db.Named("by", by), db.Named("now", db.Micros(tx.Now)), db.Named("id", c.ID))
	if err != nil {
		return err
	}
	return calendar.Clear(tx, Wake, int64(c.ID))
}

func (c Conv) acked(tx *db.Tx) error {
	_, err := tx.Exec("UPDATE conv SET acked = ? WHERE id = ?", db.Micros(tx.Now), c.ID)
	return err
}

// Moved has the answers to a member's letters go to another address of theirs than the one that they wrote from: they follow the member
// (B15b).
func (b *Letterbox) Moved(tx *db.Tx, m lists.MemberID, from, to letter.Address) error {
	_, err := tx.Exec("UPDATE conv SET local = @local, domain = @domain WHERE member = @member AND domain = @old_domain AND local = @old_local COLLATE NOCASE",
		db.Named("local", to.Local), db.Named("domain", to.Domain), db.Named("member", m), db.Named("old_local", from.Local), db.Named("old_domain", from.Domain))
	return err
}

// ofWriter picks the conversations of whoever wrote this one: of the member, or of the address outside.
func (c Conv) ofWriter(from letter.Address) (where string, args []any) {
	if c.Member != 0 {
		return "community = @community AND member = @member", []any{db.Named("community", c.Community), db.Named("member", c.Member)}
	}
	return "community = @community AND member IS NULL AND domain = @domain AND local = @local COLLATE NOCASE",
		[]any{db.Named("community", c.Community), db.Named("domain", from.Domain), db.Named("local", from.Local)}
}

// ackedSince tells whether the writer of a conversation was told since a date that a letter is with the managers.
func ackedSince(tx *db.Tx, c Conv, since time.Time) (is bool, err error) {
	where, args := c.ofWriter(c.Address)
	err = tx.QueryRow("SELECT EXISTS (SELECT 1 FROM conv WHERE "+where+" AND acked > @since)", append(args, db.Named("since", db.Micros(since)))...).Scan(&is)
	return is, err
}

// heardSince counts the letters of the same writer since a date.
func heardSince(tx *db.Tx, c Conv, from letter.Address, since time.Time) (n int, err error) {
	where, args := c.ofWriter(from)
	err = tx.QueryRow("SELECT count(*) FROM conv_msg WHERE conv IN (SELECT id FROM conv WHERE "+where+") AND dir = 'in' AND at > @since",
		append(args, db.Named("since", db.Micros(since)))...).Scan(&n)
	return n, err
}

// conversationsSince counts the conversations of the same writer since a date: those that are not anonymous.
func conversationsSince(tx *db.Tx, c Conv, since time.Time) (n int, err error) {
	where, args := c.ofWriter(c.Address)
	err = tx.QueryRow("SELECT count(*) FROM conv WHERE "+where+" AND NOT restricted AND ombuds <> 'alone' AND opened > @since", append(args, db.Named("since", db.Micros(since)))...).Scan(&n)
	return n, err
}

// heardBefore tells whether the managers have this very letter of the same writer already: the same id over the same words.
func heardBefore(tx *db.Tx, c Conv, id letter.MessageID, text string) (is bool, err error) {
	if id == "" {
		return false, nil
	}
	where, args := c.ofWriter(c.Address)
	err = tx.QueryRow("SELECT EXISTS (SELECT 1 FROM conv_msg WHERE conv IN (SELECT id FROM conv WHERE "+where+") AND dir = 'in' AND msgid = @msgid AND words = @words)",
		append(args, db.Named("msgid", string(id)), db.Named("words", text))...).Scan(&is)
	return is, err
}

// The directions and states of a message.
const (
	dirIn     = "in"
	dirOut    = "out"
	dirNote   = "note"   // among managers
	dirSystem = "system" // what somebody did

	stateSent     = "sent"
	stateDone     = "done"     // of dirSystem; it raises no revision
	stateHeld     = "held"     // an answer that went back to its manager
	stateReleased = "released" // then it was sent, and stands under its own revision
	stateDropped  = "dropped"
	stateExpired  = "expired"
)

// message is one thing said in a conversation.
type message struct {
	id       int64
	conv     ConvID
	rev      int
	dir      string
	author   lists.MemberID
	story    string
	msgid    letter.MessageID
	text     string
	sender   string // the strange address that a held answer came from
	commands string // lines to be done when a held answer goes out
	verdict  lists.Verdict
	state    string
	sendable bool
	beside   int // of a held answer: to how many addresses outside its letter went as well
	at       time.Time
}

const msgColumns = "id, conv, rev, dir, coalesce(author, 0), story, msgid, words, sender, commands, verdict, state, sendable, beside, at"

func scanMsg(r db.Scanner) (m message, err error) {
	var at int64
	err = r.Scan(&m.id, &m.conv, &m.rev, &m.dir, &m.author, &m.story, &m.msgid, &m.text, &m.sender, &m.commands, &m.verdict, &m.state, &m.sendable, &m.beside, &at)
	m.at = db.Time(at)
	return m, err
}

func insert(tx *db.Tx, m message) (message, error) {
	if m.at.IsZero() {
		m.at = tx.Now
	}
	var err error
	m.id, err = tx.Insert(`INSERT INTO conv_msg (conv, rev, dir, author, story, msgid, words, sender, commands, verdict, state, sendable, beside, at)
		VALUES (@conv, @rev, @dir, @author, @story, @msgid, @words, @sender, @commands, @verdict, @state, @sendable, @beside, @at)`,
		db.Named("conv", m.conv), db.Named("rev", m.rev), db.Named("dir", m.dir), db.Named("author", null(int64(m.author))), db.Named("story", m.story),
		db.Named("msgid", string(m.msgid)), db.Named("words", m.text), db.Named("sender", m.sender), db.Named("commands", m.commands), db.Named("verdict", string(m.verdict)), db.Named("state", m.state),
		db.Named("sendable", m.sendable), db.Named("beside", m.beside), db.Named("at", db.Micros(m.at)))
	if err != nil {
		return m, fmt.Errorf("keep what was said: %w", err)
	}
	return m, nil
}

// record keeps what was said and raises the conversation's revision. Two managers who answer at once meet here, in one transaction
// after the other: the second sees the first.
func record(tx *db.Tx, c *Conv, m message) (message, error) {
	if err := tx.QueryRow("UPDATE conv SET rev = rev + 1 WHERE id = ? RETURNING rev", c.ID).Scan(&c.Rev); err != nil {
		return m, err
	}
	m.conv, m.rev, m.state, m.sendable = c.ID, c.Rev, stateSent, true
	return insert(tx, m)
}

// hold keeps an answer that goes back to its manager, with the revision the manager sees in what comes back.
func hold(tx *db.Tx, a answer) (message, error) {
	dir := dirOut
	if a.note {
		dir = dirNote
	}
	m, err := insert(tx, message{
		conv: a.conv.ID, rev: a.conv.Rev, dir: dir, author: a.manager.ID, story: a.story, text: a.text, sender: a.alias(), commands: a.pending(), verdict: lists.Verified,
		state: stateHeld, sendable: a.sendable(), beside: a.beside,
	})
	if err != nil {
		return m, err
	}
	return m, calendar.Set(tx, Expire, m.id, tx.Now.AddDate(0, 0, heldDays))
}

func findMessage(tx *db.Tx, id int64) (message, error) {
	return scanMsg(tx.QueryRow("SELECT "+msgColumns+" FROM conv_msg WHERE id = ?", id))
}

// end decides about a held answer, and forgets its words: what is sent of it is recorded anew.
func (m message) end(tx *db.Tx, as string) error {
	_, err := tx.Exec("UPDATE conv_msg SET state = @state, words = '', sender = '', commands = '', at = @at WHERE id = @id AND state = 'held'",
		db.Named("state", as), db.Named("at", db.Micros(tx.Now)), db.Named("id", m.id))
	if err != nil {
		return err
	}
	return calendar.Clear(tx, Expire, m.id)
}

// said are the things said in a conversation after a revision, oldest first.
func said(tx *db.Tx, c ConvID, after int) ([]message, error) {
	return db.Select(tx, scanMsg, "SELECT "+msgColumns+" FROM conv_msg WHERE conv = ? AND rev > ? AND state = 'sent' ORDER BY at, rev", c, after)
}

// secrets are the words that could slip into an answer: everything said in this conversation, and the newest letters and notes of those
// of other people.
func secrets(tx *db.Tx, c Conv, since time.Time) ([]message, error) {
	return db.Select(tx, scanMsg, "SELECT "+msgColumns+` FROM conv_msg WHERE conv = @conv AND state = 'sent'
		UNION ALL SELECT * FROM (SELECT `+msgColumns+` FROM conv_msg WHERE conv <> @conv AND dir IN ('in','note') AND state = 'sent' AND at > @since
			AND conv IN (SELECT id FROM conv WHERE community = @community AND (member IS NULL OR member IS NOT @member)) ORDER BY id DESC LIMIT @most)`,
		db.Named("conv", c.ID), db.Named("since", db.Micros(since)), db.Named("community", c.Community), db.Named("member", null(int64(c.Member))), db.Named("most", mostSecrets))
}

func lastAsked(tx *db.Tx, c ConvID) (message, error) {
	m, err := scanMsg(tx.QueryRow("SELECT "+msgColumns+" FROM conv_msg WHERE conv = ? AND dir = 'in' AND state = 'sent' ORDER BY rev DESC LIMIT 1", c))
	if errors.Is(err, db.ErrNoRows) {
		return m, nil
	}
	return m, err
}

// what a letter of ours in a conversation is.
type what string

const (
	aLetter what = "letter" // something said by or to the writer
	aFiled  what = "filed"  // the same, for somebody who gets it in a folder and not by mail
	aNote   what = "note"   // something said among managers
	aHeld   what = "held"   // an answer that came back
	aWord   what = "told"   // the program's word about the conversation

	aConsent what = "consent" // a question about a text for a list; held is the text
)

type reference struct {
	conv    ConvID
	manager lists.MemberID // whose copy; 0 is the writer's side, theOmbuds the ombuds
	rev     int
	what    what
	held    int64
}

// theOmbuds stands for the ombuds where a manager's number stands. What is a note to them is the word that a letter waits, of which they read nothing.
const theOmbuds lists.MemberID = -1

// refer remembers a Message-ID of ours and what it showed to whom.
func refer(tx *db.Tx, id letter.MessageID, r reference) error {
	_, err := tx.Exec("INSERT INTO conv_ref (msgid, conv, manager, rev, what, held) VALUES (@msgid, @conv, @manager, @rev, @what, @held)",
		db.Named("msgid", string(id)), db.Named("conv", r.conv), db.Named("manager", r.manager), db.Named("rev", r.rev), db.Named("what", string(r.what)),
		db.Named("held", r.held))
	return err
}

func findReference(tx *db.Tx, id letter.MessageID) (reference, bool, error) {
	var r reference
	err := tx.QueryRow("SELECT conv, manager, rev, what, held FROM conv_ref WHERE msgid = ?", string(id)).Scan(&r.conv, &r.manager, &r.rev, &r.what, &r.held)
	if errors.Is(err, db.ErrNoRows) {
		return r, false, nil
	}
	return r, err == nil, err
}

// lastReference is our newest letter of a sort in a conversation to one manager, or with 0 to its writer; "" when there is none. Notes
// have threads of their own in mail programs: nobody answers the one and means the other.
func lastReference(tx *db.Tx, c ConvID, manager lists.MemberID, is what) (id letter.MessageID, err error) {
	err = tx.QueryRow("SELECT msgid FROM conv_ref WHERE conv = ? AND manager = ? AND what = ? ORDER BY rev DESC, msgid LIMIT 1", c, manager, string(is)).Scan(&id)
	if errors.Is(err, db.ErrNoRows) {
		err = nil
	}
	return id, err
}

// memberReferences are the ids that let the writer's mail program show the answer in its place: their own last letter, our last one.
func memberReferences(tx *db.Tx, c ConvID) ([]letter.MessageID, error) {
	var refs []letter.MessageID
	asked, err := lastAsked(tx, c)
	if err != nil {
		return nil, err
	}
	if asked.msgid != "" {
		refs = append(refs, asked.msgid)
	}
	last, err := lastReference(tx, c, 0, aLetter)
	if err == nil && last != "" {
		refs = append(refs, last)
	}
	return refs, err
}
