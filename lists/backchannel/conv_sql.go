package backchannel

import (
	"errors"
	"fmt"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates/refusal"
)

// Schema is the managers' letterbox.
func Schema() db.Schema {
	return db.Schema{Owner: "lists/backchannel", Steps: []string{`
	CREATE TABLE conv (
		id        INTEGER PRIMARY KEY,
		code      TEXT NOT NULL UNIQUE,               -- 4 random characters, for people
		community INTEGER NOT NULL REFERENCES community (id),
		member    INTEGER REFERENCES member (id),     -- who wrote; NULL is an outsider
		local     TEXT NOT NULL,                      -- where they wrote from last
		domain    TEXT NOT NULL,
		name      TEXT NOT NULL,                      -- how managers see them named
		state     TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new','claimed','waiting_member','waiting_manager','closed')),
		owner     INTEGER REFERENCES member (id),     -- the manager who has taken it
		subject   TEXT NOT NULL,
		about     TEXT NOT NULL,                      -- for machines: "issue:12", '' is nothing
		digest    INTEGER NOT NULL DEFAULT 0,         -- the digest it answers, microseconds UTC
		thread    TEXT NOT NULL DEFAULT '',           -- subject of the thread it is about
		rev       INTEGER NOT NULL DEFAULT 0,         -- grows with everything that is said
		acked     INTEGER NOT NULL DEFAULT 0,         -- when its writer was told that it is there
		opened    INTEGER NOT NULL,
		closed    INTEGER NOT NULL DEFAULT 0,
		CHECK ((state = 'closed') = (closed <> 0))
	) STRICT;
	CREATE INDEX conv_member ON conv (community, member, opened);
	CREATE INDEX conv_writer ON conv (community, domain, local) WHERE member IS NULL;
	CREATE INDEX conv_state ON conv (community, state);

	CREATE TABLE conv_msg (
		id       INTEGER PRIMARY KEY,
		conv     INTEGER NOT NULL REFERENCES conv (id),
		rev      INTEGER NOT NULL,                    -- of what was said; of a held answer what its manager had seen
		dir      TEXT NOT NULL CHECK (dir IN ('in','out','note')),
		author   INTEGER REFERENCES member (id),      -- NULL is an outsider
		story    TEXT NOT NULL,
		msgid    TEXT NOT NULL DEFAULT '',            -- of the writer's own letter
		words    TEXT NOT NULL,                       -- what was said, cleaned; '' in a held answer once it is decided
		verdict  TEXT NOT NULL CHECK (verdict IN ('verified','weak','none')),
		state    TEXT NOT NULL CHECK (state IN ('sent','held','released','dropped','expired')), -- the last three: what became of a held one
		sendable INTEGER NOT NULL CHECK (sendable IN (0, 1)), -- a held answer that SEND may send
		at       INTEGER NOT NULL
	) STRICT;
	CREATE UNIQUE INDEX conv_msg_rev ON conv_msg (conv, rev) WHERE state = 'sent';
	CREATE INDEX conv_msg_at ON conv_msg (conv, dir, at);

	-- Message-IDs of ours in conversations: a reply whose writer's program ignored Reply-To is found by them.
	CREATE TABLE conv_ref (
		msgid   TEXT PRIMARY KEY,
		conv    INTEGER NOT NULL REFERENCES conv (id),
		manager INTEGER NOT NULL,                     -- whose copy it was; 0 is the writer's side
		rev     INTEGER NOT NULL                      -- what it showed
	) STRICT, WITHOUT ROWID;
	CREATE INDEX conv_ref_conv ON conv_ref (conv, manager, rev)`}}
}

const convColumns = "id, code, community, coalesce(member, 0), local, domain, name, state, coalesce(owner, 0), subject, about, digest, thread, rev, acked <> 0, opened"

func scanConv(r db.Scanner) (c Conv, err error) {
	var digest, opened int64
	err = r.Scan(&c.ID, &c.Code, &c.Community, &c.Member, &c.Address.Local, &c.Address.Domain, &c.Name, &c.State, &c.Owner, &c.Subject,
		&c.About.Object, &digest, &c.About.Thread, &c.Rev, &c.Acked, &opened)
	c.About.Digest, c.Opened = db.Time(digest), db.Time(opened)
	return c, err
}

func find(tx *db.Tx, id ConvID) (Conv, error) {
	return scanConv(tx.QueryRow("SELECT "+convColumns+" FROM conv WHERE id = ?", id))
}

// findRecent finds the open conversation of a member about the same thing; zero when there is none.
func findRecent(tx *db.Tx, community lists.CommunityID, member lists.MemberID, about string, since time.Time) (Conv, error) {
	c, err := scanConv(tx.QueryRow("SELECT "+convColumns+` FROM conv WHERE community = @community AND member = @member AND about = @about AND opened > @since
		AND state IN ('new','claimed','waiting_manager') ORDER BY id DESC LIMIT 1`,
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
		id, err := tx.Insert(`INSERT INTO conv (code, community, member, local, domain, name, subject, about, digest, thread, opened)
			VALUES (@code, @community, @member, @local, @domain, @name, @subject, @about, @digest, @thread, @opened)`,
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
		return find(tx, ConvID(id))
	}
	return Conv{}, refusal.Because(refusal.Unavailable, "No name could be found for a new conversation. Please try again later.")
}

// heard notes that the writer has written: the next word is the managers'.
func (c Conv) heard(tx *db.Tx) error {
	_, err := tx.Exec(`UPDATE conv SET local = @local, domain = @domain, name = @name, closed = 0,
		state = CASE WHEN owner IS NOT NULL THEN 'waiting_manager' ELSE 'new' END WHERE id = @id`,
		db.Named("local", c.Address.Local), db.Named("domain", c.Address.Domain), db.Named("name", c.Name), db.Named("id", c.ID))
	return err
}

// answered notes that a manager has answered, and whose conversation it is if it was nobody's.
func (c Conv) answered(tx *db.Tx, by lists.MemberID) error {
	_, err := tx.Exec("UPDATE conv SET state = 'waiting_member', closed = 0, owner = coalesce(owner, @by) WHERE id = @id", db.Named("by", by), db.Named("id", c.ID))
	return err
}

func (c Conv) acked(tx *db.Tx) error {
	_, err := tx.Exec("UPDATE conv SET acked = ? WHERE id = ?", db.Micros(tx.Now), c.ID)
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
	dirIn  = "in"
	dirOut = "out"

	stateSent     = "sent"
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
	verdict  lists.Verdict
	state    string
	sendable bool
	at       time.Time
}

const msgColumns = "id, conv, rev, dir, coalesce(author, 0), story, msgid, words, verdict, state, sendable, at"

func scanMsg(r db.Scanner) (m message, err error) {
	var at int64
	err = r.Scan(&m.id, &m.conv, &m.rev, &m.dir, &m.author, &m.story, &m.msgid, &m.text, &m.verdict, &m.state, &m.sendable, &at)
	m.at = db.Time(at)
	return m, err
}

func insert(tx *db.Tx, m message) (message, error) {
	m.at = tx.Now
	var err error
	m.id, err = tx.Insert(`INSERT INTO conv_msg (conv, rev, dir, author, story, msgid, words, verdict, state, sendable, at)
		VALUES (@conv, @rev, @dir, @author, @story, @msgid, @words, @verdict, @state, @sendable, @at)`,
		db.Named("conv", m.conv), db.Named("rev", m.rev), db.Named("dir", m.dir), db.Named("author", null(int64(m.author))), db.Named("story", m.story),
		db.Named("msgid", string(m.msgid)), db.Named("words", m.text), db.Named("verdict", string(m.verdict)), db.Named("state", m.state),
		db.Named("sendable", m.sendable), db.Named("at", db.Micros(m.at)))
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
	m, err := insert(tx, message{
		conv: a.conv.ID, rev: a.conv.Rev, dir: dirOut, author: a.manager.ID, story: a.story, text: a.text, verdict: lists.Verified, state: stateHeld, sendable: a.sendable(),
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
	_, err := tx.Exec("UPDATE conv_msg SET state = @state, words = '', at = @at WHERE id = @id AND state = 'held'",
		db.Named("state", as), db.Named("at", db.Micros(tx.Now)), db.Named("id", m.id))
	if err != nil {
		return err
	}
	return calendar.Clear(tx, Expire, m.id)
}

// said are the things said in a conversation after a revision, oldest first.
func said(tx *db.Tx, c ConvID, after int) ([]message, error) {
	return db.Select(tx, scanMsg, "SELECT "+msgColumns+" FROM conv_msg WHERE conv = ? AND rev > ? AND state = 'sent' ORDER BY rev", c, after)
}

func lastAsked(tx *db.Tx, c ConvID) (message, error) {
	m, err := scanMsg(tx.QueryRow("SELECT "+msgColumns+" FROM conv_msg WHERE conv = ? AND dir = 'in' AND state = 'sent' ORDER BY rev DESC LIMIT 1", c))
	if errors.Is(err, db.ErrNoRows) {
		return m, nil
	}
	return m, err
}

type reference struct {
	conv    ConvID
	manager lists.MemberID
	rev     int
}

// refer remembers a Message-ID of ours and what it showed to whom.
func refer(tx *db.Tx, id letter.MessageID, c Conv, manager lists.MemberID) error {
	_, err := tx.Exec("INSERT INTO conv_ref (msgid, conv, manager, rev) VALUES (@msgid, @conv, @manager, @rev)",
		db.Named("msgid", string(id)), db.Named("conv", c.ID), db.Named("manager", manager), db.Named("rev", c.Rev))
	return err
}

func findReference(tx *db.Tx, id letter.MessageID) (reference, bool, error) {
	var r reference
	err := tx.QueryRow("SELECT conv, manager, rev FROM conv_ref WHERE msgid = ?", string(id)).Scan(&r.conv, &r.manager, &r.rev)
	if errors.Is(err, db.ErrNoRows) {
		return r, false, nil
	}
	return r, err == nil, err
}

// lastReference is our newest letter of a conversation to one manager, or with 0 to its writer; "" when there is none.
func lastReference(tx *db.Tx, c ConvID, manager lists.MemberID) (id letter.MessageID, err error) {
	err = tx.QueryRow("SELECT msgid FROM conv_ref WHERE conv = ? AND manager = ? ORDER BY rev DESC, msgid LIMIT 1", c, manager).Scan(&id)
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
	last, err := lastReference(tx, c, 0)
	if err == nil && last != "" {
		refs = append(refs, last)
	}
	return refs, err
}
