package moderation

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// HeldID names a held letter.
type HeldID int64

// Why is the reason for which a letter waits.
type Why string

// The reasons.
const (
	WhySender  = Why(lists.WhySender)  // its author must confirm that it is theirs
	WhyTooMany = Why(lists.WhyTooMany) // managers look at it: too many posts
	WhyNew     = Why(lists.WhyNew)     // managers look at it: a stranger
	WhyRule    = Why(lists.WhyRule)    // managers look at it: a rule of the list stands against it
	WhySales   = Why("sales")          // its author must say whether it is an offer
	WhyLink    = Why(lists.WhyLink)    // managers look at it: its author is quite new, and it has a link or a file, or is one more
	WhyFix     = Why("fix")            // its author was asked to change it
	WhyChanged = Why("changed")        // managers look at what its author changed
	WhyDoor    = Why("door")           // its author must say for whom it is
	WhyBoth    = Why("both")           // the managers have it; its author must say whether everyone should
	WhySlash   = Why("slash")          // it begins with a command; its author must say what it is, and it is never posted
	WhySlow    = Why(Slow)             // its thread is slow, and its author has had their post
	WhyCool    = Why(Cool)             // all posts of its thread wait
	WhyUnnamed = Why("unnamed")        // its author has a post without their name in that thread, and must say how they speak now
	WhyAsleep  = Why("asleep")         // nobody has written in its thread for long; its author must say whether it begins a new one
	WhyClosed  = Why("closed")         // the same, of a thread that is gone
	WhyElse    = Why("elsewhere")      // it came through a member's address of a thread, but not from them; they must say whether it is theirs
)

// authors tells whether nobody but the author may decide: the letter may be a private one.
func (w Why) authors() bool {
	switch w {
	case WhyDoor, WhyBoth, WhySlash, WhyUnnamed, WhyAsleep, WhyClosed, WhyElse:
		return true
	}
	return false
}

// ended tells whether a letter waits because there is no thread any more that it could join.
func (h Held) ended() bool { return h.Why == WhyAsleep || h.Why == WhyClosed }

// patient tells whether a manager's word is what the letter waits for, and nothing of its author's.
func (w Why) patient() bool {
	return w == WhyTooMany || w == WhyNew || w == WhyLink || w == WhyRule || w == WhyChanged
}

// question is what the author was asked.
func (w Why) question() templates.Question {
	switch w {
	case WhySales:
		return templates.AskSales
	case WhyFix:
		return templates.AskFix
	case WhyDoor:
		return templates.AskDoor
	case WhySlow, WhyCool:
		return templates.AskCalm
	case WhyBoth:
		return templates.AskRest
	case WhySlash:
		return templates.AskSlash
	case WhyUnnamed:
		return templates.AskNamed
	case WhySender:
		return templates.AskPost
	case WhyAsleep, WhyClosed:
		return templates.AskThread
	case WhyElse:
		return templates.AskSender
	}
	return templates.AskWaits
}

// reason is why the managers are asked.
func (w Why) reason() templates.WaitReason {
	switch w {
	case WhyTooMany:
		return templates.TooMany
	case WhySlow:
		return templates.SlowMode
	case WhyCool:
		return templates.CoolDown
	case WhyRule:
		return templates.ByRule
	case WhyLink:
		return templates.Linked
	case WhyChanged, WhyFix:
		return templates.Changed
	}
	return templates.Newcomer
}

// State is where a held letter stands.
type State string

// The states.
const (
	Waiting   State = "waiting"
	Published State = "published"
	Handed    State = "private" // the managers have it
	Dropped   State = "dropped" // as its author asked
	Refused   State = "refused" // by a manager
	Expired   State = "expired" // nobody answered
)

// outcome is how an end is told. Of a letter that the managers have, only the part for everyone was given up.
func (h Held) outcome(as State) templates.Outcome {
	switch {
	case as == Published:
		return templates.Posted
	case as == Handed, h.Why == WhyBoth:
		return templates.Handed
	case as == Expired && h.Why.patient():
		return templates.Undecided
	case as == Expired:
		return templates.Expired
	case as == Refused:
		return templates.Declined
	}
	return templates.Dropped
}

// Held is a letter that waits, or waited.
type Held struct {
	ID        HeldID            `json:"id"`
	Community lists.CommunityID `json:"-"`
	List      lists.ListID      `json:"-"`
	Member    lists.MemberID    `json:"-"` // its author; 0: a stranger
	Into      archive.ThreadID  `json:"-"` // the thread it joins; 0: what its header says, newThread: none
	Answers   archive.PostID    `json:"-"` // the post in it that it answers
	Story     string            `json:"story"`
	Subject   string            `json:"subject"` // "" in lists of letters that may be private, as is From
	From      string            `json:"from"`
	Why       Why               `json:"why"`
	State     State             `json:"state"`
	Asked     time.Time         `json:"asked"`
	Decided   time.Time         `json:"decided,omitzero"`
	By        lists.MemberID    `json:"-"`              // who decided; 0: the clock or the operator
	Rule      string            `json:"rule,omitempty"` // which rule of the list, of one that waits for that
	Version   int               `json:"version"`        // how often its author has changed it
	draft     int64             // the letter that holds the text as its author changed it; 0: as it came
	question  string            // what a manager asked its author last, or wanted changed, as they read it; "" when it is decided
	said      string            // what its author answered, for managers alone; the same
}

// Schema is the table of letters that wait.
func Schema() db.Schema {
	return db.Schema{Owner: "lists/moderation", Steps: []string{`
	CREATE TABLE held (
		id        INTEGER PRIMARY KEY AUTOINCREMENT,
		community INTEGER NOT NULL REFERENCES community (id),
		list      INTEGER NOT NULL REFERENCES list (id),
		member    INTEGER REFERENCES member (id),      -- its author; NULL is a stranger
		letter    INTEGER REFERENCES letter (id),      -- its bytes, as long as it waits
		thread    INTEGER NOT NULL DEFAULT 0,          -- of the archive, which it joins whatever its header says; -1: none, it begins one
		answers   INTEGER NOT NULL DEFAULT 0,          -- the post in it that it answers; 0: what its header says
		story     TEXT NOT NULL,
		subject   TEXT NOT NULL,
		author    TEXT NOT NULL,                       -- From; as the subject, '' when it is long decided
		why       TEXT NOT NULL CHECK (why IN ('sender','rate','newcome','link','rule','sales','fix','changed','door','both','slash','unnamed','slow','cool','asleep','closed','elsewhere')),
		state     TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting','published','private','dropped','refused','expired')),
		asked     INTEGER NOT NULL,                    -- microseconds UTC
		decided   INTEGER NOT NULL DEFAULT 0,
		decider   INTEGER REFERENCES member (id),      -- NULL: the clock, or the operator
		draft     INTEGER REFERENCES letter (id),      -- the text as its author changed it, as long as it waits
		version   INTEGER NOT NULL DEFAULT 0,          -- how often they did
		rule      TEXT NOT NULL DEFAULT '',            -- which rule of the list, as people read it
		CHECK ((state = 'waiting') = (letter IS NOT NULL)),
		CHECK (state = 'waiting' OR draft IS NULL),
		CHECK ((state = 'waiting') = (decided = 0)),
		UNIQUE (story, list)                           -- one letter waits once for one list
	) STRICT;
	CREATE INDEX held_state ON held (community, state, asked);
	CREATE INDEX held_list ON held (list, why) WHERE state = 'waiting';
	CREATE INDEX held_letter ON held (letter) WHERE letter IS NOT NULL;` + schemaCalm + schemaTrust, schemaRemoval, schemaTalk}}
}

// schemaTalk is what managers and the author last said to each other about a letter that waits.
const schemaTalk = `
	ALTER TABLE held ADD COLUMN question TEXT NOT NULL DEFAULT '';  -- what a manager asked, or wanted changed, as its author read it
	ALTER TABLE held ADD COLUMN said TEXT NOT NULL DEFAULT ''       -- what its author answered, for managers alone`

// side is whom a token of ours was given to.
type side string

const (
	toAuthor  side = "author"
	toManager side = "manager"
	toAsked   side = "asked"     // the author, about a manager's question
	toEase    side = "ease"      // a manager, about how much is held
	toFix     side = "fix"       // the author, about a change that a manager wants
	oopsPost  side = "oops"      // the author, about a post to be taken back
	oopsHeld  side = "oops-held" // the same about a letter that waits
)

// door is where an answer about the letter comes in.
func (h Held) door(c lists.Community, m lists.Member, s side) notice.Door {
	return notice.Door{Community: c, Member: m, Receiver: Receiver, Object: fmt.Sprintf("%s:%d:%d", s, h.ID, h.Version), Days: 2 * Days}
}

// object is what the row of a token of ours says.
type object struct {
	side    side
	id      int64
	version int // of the text that it was given out for
}

// readObject reads it: "manager:12:0".
func readObject(o string) (object, bool) {
	word, behind, _ := strings.Cut(o, ":")
	number, version, _ := strings.Cut(behind, ":")
	n, err := strconv.ParseInt(number, 10, 64)
	v, _ := strconv.Atoi(version) // those about posts have none
	s := side(word)
	return object{s, n, v}, err == nil && slices.Contains([]side{toAuthor, toManager, toAsked, toFix, toEase, oopsPost, oopsHeld}, s)
}

func nullable(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// keep puts a letter on hold. doubts are why it may be a private one.
func keep(tx *db.Tx, in *lists.Incoming, why Why, doubts ...templates.Doubt) (Held, error) {
	return keepRuled(tx, in, why, "", doubts...)
}

// keepRuled is keep for one against which a rule of the list stands.
func keepRuled(tx *db.Tx, in *lists.Incoming, why Why, rule string, doubts ...templates.Doubt) (Held, error) {
	h := Held{Rule: rule,
		Community: in.Community.ID, List: in.List.ID, Member: in.Sender.ID, Into: in.Into, Answers: in.Answers, Story: in.Story,
		Subject: keptSubject(in.Letter.Subject(), doubts), From: in.From.Address.String(), Why: why, State: Waiting, Asked: tx.Now,
	}
	id, err := tx.Insert(`INSERT INTO held (community, list, member, thread, answers, letter, story, subject, author, why, rule, asked)
		VALUES (@community, @list, @member, @thread, @answers, @letter, @story, @subject, @author, @why, @rule, @asked)`, db.Named("rule", h.Rule), db.Named("thread", h.Into), db.Named("answers", h.Answers),
		db.Named("community", h.Community), db.Named("list", h.List), db.Named("member", nullable(int64(h.Member))), db.Named("letter", int64(in.ID)),
		db.Named("story", h.Story), db.Named("subject", h.Subject), db.Named("author", h.From), db.Named("why", string(h.Why)), db.Named("asked", db.Micros(h.Asked)))
	if err != nil {
		return h, fmt.Errorf("hold a letter: %w", err)
	}
	h.ID = HeldID(id)
	if err := h.plan(tx); err != nil {
		return h, err
	}
	return h, in.Held(tx, fmt.Sprintf("held letter %d: %s", h.ID, h.Why))
}

// close decides a held letter, once and for ever. Its token stays known, so that a late answer can be told.
func (h Held) close(tx *db.Tx, as State, by lists.MemberID, detail string) error {
	n, err := tx.Change(`UPDATE held SET state = @state, decided = @decided, decider = @decider, letter = NULL, draft = NULL, question = '', said = '' WHERE id = @id AND state = 'waiting'`,
		db.Named("state", string(as)), db.Named("decided", db.Micros(tx.Now)), db.Named("decider", nullable(int64(by))), db.Named("id", h.ID))
	if err != nil {
		return err
	}
	if n != 1 {
		return decided(h)
	}
	if err := calendar.Clear(tx, Drag, int64(h.ID)); err != nil {
		return err
	}
	if err := calendar.Set(tx, Expire, int64(h.ID), tx.Now.AddDate(0, 0, 2*Days)); err != nil {
		return err
	}
	if detail == "" {
		return nil // what becomes of it tells its own story
	}
	return lists.GivenUp(tx, h.Story, detail)
}

// forget takes the last words of a decided letter out of the row, once no answer about it can come any more. That it was here stays.
func (h Held) forget(tx *db.Tx) error {
	_, err := tx.Exec("UPDATE held SET subject = '', author = '' WHERE id = ?", h.ID)
	return err
}

// again keeps a letter waiting for somebody else's word.
func (h *Held) again(tx *db.Tx, why Why) error {
	h.Why, h.Asked = why, tx.Now
	_, err := tx.Exec("UPDATE held SET why = @why, rule = @rule, subject = @subject, asked = @asked WHERE id = @id AND state = 'waiting'",
		db.Named("why", string(why)), db.Named("rule", h.Rule), db.Named("subject", h.Subject), db.Named("asked", db.Micros(tx.Now)), db.Named("id", h.ID))
	if err != nil {
		return err
	}
	return h.plan(tx)
}

// change keeps the text that its author wrote in place of the one that waits: what managers decide by older mails is about another text.
func (h *Held) change(tx *db.Tx, in *lists.Incoming) error {
	h.Version++
	h.draft = int64(in.ID)
	_, err := tx.Exec("UPDATE held SET draft = @draft, version = @version WHERE id = @id AND state = 'waiting'",
		db.Named("draft", h.draft), db.Named("version", h.Version), db.Named("id", h.ID))
	if err != nil {
		return err
	}
	return h.again(tx, WhyChanged)
}

// plan sets the dates on which the letter is looked at again.
func (h Held) plan(tx *db.Tx) error {
	if err := calendar.Set(tx, Expire, int64(h.ID), expiryDate(tx.Now)); err != nil {
		return err
	}
	if !h.Why.patient() {
		return calendar.Clear(tx, Drag, int64(h.ID))
	}
	at, err := h.nextDrag(tx)
	if err != nil {
		return err
	}
	return calendar.Set(tx, Drag, int64(h.ID), at)
}

// noteTalk keeps what a manager asked the author of a letter that waits, and what they answered.
func (h Held) noteTalk(tx *db.Tx, question, said string) error {
	_, err := tx.Exec("UPDATE held SET question = @question, said = @said WHERE id = @id AND state = 'waiting'", db.Named("question", question), db.Named("said", said), db.Named("id", h.ID))
	return err
}

// eraseAnswers forgets what a member answered to managers' questions about letters of theirs that wait, and came until a date.
func eraseAnswers(tx *db.Tx, m lists.MemberID, until time.Time) error {
	_, err := tx.Exec("UPDATE held SET said = '' WHERE member = ? AND asked <= ?", m, db.Micros(until))
	return err
}

// waitsFor tells whether a letter waits, or waited, for a list.
func waitsFor(tx *db.Tx, story string, l lists.ListID) (bool, error) {
	var n int
	err := tx.QueryRow("SELECT count(*) FROM held WHERE story = ? AND list = ?", story, l).Scan(&n)
	return n > 0, err
}

// saveInto keeps the thread that a letter joins.
func (h Held) saveInto(tx *db.Tx) error {
	_, err := tx.Exec("UPDATE held SET thread = @thread WHERE id = @id AND state = 'waiting'", db.Named("thread", h.Into), db.Named("id", h.ID))
	return err
}

// countStrangers counts the letters of strangers that wait for a list, and those of one of them.
func countStrangers(tx *db.Tx, l lists.ListID, from fmt.Stringer) (all, theirs int, err error) {
	err = tx.QueryRow("SELECT count(*), count(*) FILTER (WHERE author = @author) FROM held WHERE list = @list AND state = 'waiting' AND member IS NULL",
		db.Named("author", from.String()), db.Named("list", l)).Scan(&all, &theirs)
	return all, theirs, err
}

// countWaiting counts the letters that wait, by reason.
func countWaiting(tx *db.Tx) (map[Why]int64, error) {
	n := map[Why]int64{WhySender: 0, WhyTooMany: 0, WhyNew: 0, WhyLink: 0, WhyRule: 0, WhySales: 0, WhyFix: 0, WhyChanged: 0, WhyDoor: 0, WhyBoth: 0, WhySlash: 0, WhyUnnamed: 0, WhySlow: 0, WhyCool: 0, WhyAsleep: 0, WhyClosed: 0, WhyElse: 0}
	rows, err := tx.Query("SELECT why, count(*) FROM held WHERE state = 'waiting' GROUP BY why")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var why Why
		var count int64
		if err := rows.Scan(&why, &count); err != nil {
			return nil, err
		}
		n[why] = count
	}
	return n, rows.Err()
}

const heldColumns = "id, community, list, coalesce(member, 0), thread, answers, story, subject, author, why, state, asked, decided, coalesce(decider, 0), version, coalesce(draft, 0), rule, question, said"

func scanHeld(r db.Scanner) (h Held, err error) {
	var asked, decided int64
	err = r.Scan(&h.ID, &h.Community, &h.List, &h.Member, &h.Into, &h.Answers, &h.Story, &h.Subject, &h.From, &h.Why, &h.State, &asked, &decided, &h.By, &h.Version, &h.draft, &h.Rule, &h.question, &h.said)
	h.Asked, h.Decided = db.Time(asked), db.Time(decided)
	return h, err
}

// Find finds a held letter, with a refusal for a person.
func Find(tx *db.Tx, id HeldID) (Held, error) {
	h, err := find(tx, id)
	if errors.Is(err, db.ErrNoRows) {
		err = refusal.Because(refusal.NotFound, "There is no held letter %d.", id).Try("backchannel held list")
	}
	return h, err
}

func find(tx *db.Tx, id HeldID) (Held, error) {
	return scanHeld(tx.QueryRow("SELECT "+heldColumns+" FROM held WHERE id = ?", id))
}

// List are the letters of a community that wait, oldest first. Of one that may be private nothing is shown but that it waits.
func List(tx *db.Tx, c lists.CommunityID) ([]Held, error) {
	all, err := db.Select(tx, scanHeld, "SELECT "+heldColumns+" FROM held WHERE community = ? AND state = 'waiting' ORDER BY asked, id", c)
	for i, h := range all {
		if h.Why.authors() {
			all[i].Subject, all[i].From = "", ""
		}
	}
	return all, err
}

// privateOf are the letters of a member that may be private and came until a date: those that wait for their author's word, and those of
// which something is still kept.
func privateOf(tx *db.Tx, m lists.MemberID, until time.Time) ([]Held, error) {
	return db.Select(tx, scanHeld, "SELECT "+heldColumns+" FROM held WHERE member = ? AND asked <= ? AND why IN ('door','both','slash','unnamed','asleep','closed','elsewhere') AND (state = 'waiting' OR author <> '') ORDER BY id",
		m, db.Micros(until))
}

// newestOf is the newest letter of a member that waits; zero when none of them came since a date.
func newestOf(tx *db.Tx, c lists.CommunityID, m lists.MemberID, since time.Time) (Held, error) {
	h, err := scanHeld(tx.QueryRow("SELECT "+heldColumns+" FROM held WHERE community = @community AND member = @member AND state = 'waiting' AND asked > @since ORDER BY asked DESC, id DESC LIMIT 1",
		db.Named("community", c), db.Named("member", m), db.Named("since", db.Micros(since))))
	if errors.Is(err, db.ErrNoRows) {
		return Held{}, nil
	}
	return h, err
}

// place is where the letter wants to go.
func (h Held) place(tx *db.Tx) (c lists.Community, l lists.List, err error) {
	if c, err = lists.CommunityByID(tx, h.Community); err != nil {
		return c, l, err
	}
	l, err = lists.ListByID(tx, h.List)
	return c, l, err
}
