package moderation

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/logbook"
	"backchannel/lists"
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
	WhyDoor    = Why("door")           // its author must say for whom it is
	WhyBoth    = Why("both")           // the managers have it; its author must say whether everyone should
)

// question is what the author, or the managers, were asked.
func (w Why) question() templates.Question {
	switch w {
	case WhyDoor:
		return templates.AskDoor
	case WhyBoth:
		return templates.AskRest
	case WhySender:
		return templates.AskPost
	}
	return templates.AskHeld
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

func (s State) outcome() templates.Outcome {
	switch s {
	case Published:
		return templates.Posted
	case Handed:
		return templates.Handed
	case Expired:
		return templates.Expired
	case Refused:
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
	Letter    archive.LetterID  `json:"-"` // 0 once it is decided
	Story     string            `json:"story"`
	Subject   string            `json:"subject"`
	From      string            `json:"from"`
	Why       Why               `json:"why"`
	State     State             `json:"state"`
	Asked     time.Time         `json:"asked"`
	Decided   time.Time         `json:"decided,omitzero"`
	By        lists.MemberID    `json:"-"` // who decided; 0: the clock or the operator
}

// Schema is the table of letters that wait.
func Schema() db.Schema {
	return db.Schema{Owner: "lists/moderation", Steps: []string{`
	CREATE TABLE held (
		id        INTEGER PRIMARY KEY,
		community INTEGER NOT NULL REFERENCES community (id),
		list      INTEGER NOT NULL REFERENCES list (id),
		member    INTEGER REFERENCES member (id),      -- its author; NULL is a stranger
		letter    INTEGER REFERENCES letter (id),      -- its bytes, as long as it waits
		story     TEXT NOT NULL,
		subject   TEXT NOT NULL,
		author    TEXT NOT NULL,                       -- From, as shown to managers
		why       TEXT NOT NULL CHECK (why IN ('sender','rate','newcome','door','both')),
		state     TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting','published','private','dropped','refused','expired')),
		asked     INTEGER NOT NULL,                    -- microseconds UTC
		decided   INTEGER NOT NULL DEFAULT 0,
		decider   INTEGER REFERENCES member (id),      -- NULL: the clock, or the operator
		CHECK ((state = 'waiting') = (letter IS NOT NULL)),
		CHECK ((state = 'waiting') = (decided = 0)),
		UNIQUE (story, list)                           -- one letter waits once for one list
	) STRICT;
	CREATE INDEX held_state ON held (community, state, asked);
	CREATE INDEX held_letter ON held (letter) WHERE letter IS NOT NULL`}}
}

func (h Held) object() string { return fmt.Sprintf("held:%d", h.ID) }

func nullable(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// keep puts a letter on hold.
func keep(tx *db.Tx, in *lists.Incoming, why Why) (Held, error) {
	h := Held{
		Community: in.Community.ID, List: in.List.ID, Member: in.Sender.ID, Letter: in.ID, Story: in.Story,
		Subject: in.Letter.Subject(), From: in.From.Address.String(), Why: why, State: Waiting, Asked: tx.Now,
	}
	id, err := tx.Insert(`INSERT INTO held (community, list, member, letter, story, subject, author, why, asked)
		VALUES (@community, @list, @member, @letter, @story, @subject, @author, @why, @asked)`,
		db.Named("community", h.Community), db.Named("list", h.List), db.Named("member", nullable(int64(h.Member))), db.Named("letter", int64(h.Letter)),
		db.Named("story", h.Story), db.Named("subject", h.Subject), db.Named("author", h.From), db.Named("why", string(h.Why)), db.Named("asked", db.Micros(h.Asked)))
	if err != nil {
		return h, fmt.Errorf("hold a letter: %w", err)
	}
	h.ID = HeldID(id)
	if err := calendar.Set(tx, Expire, id, expiryDate(tx.Now)); err != nil {
		return h, err
	}
	return h, logbook.Write(tx, logbook.Entry{Story: h.Story, Verb: logbook.Held, MessageID: in.Letter.MessageID(), Detail: fmt.Sprintf("held letter %d: %s", h.ID, h.Why)})
}

// end decides a held letter, once and for ever. Its token stays known, so that a late answer can be told.
func (h Held) end(tx *db.Tx, as State, by lists.MemberID, detail string) error {
	n, err := tx.Change(`UPDATE held SET state = @state, decided = @decided, decider = @decider, letter = NULL WHERE id = @id AND state = 'waiting'`,
		db.Named("state", string(as)), db.Named("decided", db.Micros(tx.Now)), db.Named("decider", nullable(int64(by))), db.Named("id", h.ID))
	if err != nil {
		return err
	}
	if n != 1 {
		return decided(h)
	}
	if err := calendar.Clear(tx, Expire, int64(h.ID)); err != nil {
		return err
	}
	if detail == "" {
		return nil
	}
	verb := logbook.Dropped
	if as == Handed {
		verb = logbook.Filed
	}
	return logbook.Write(tx, logbook.Entry{Story: h.Story, Verb: verb, Detail: detail})
}

const heldColumns = "id, community, list, coalesce(member, 0), coalesce(letter, 0), story, subject, author, why, state, asked, decided, coalesce(decider, 0)"

func scanHeld(r db.Scanner) (h Held, err error) {
	var asked, decided int64
	err = r.Scan(&h.ID, &h.Community, &h.List, &h.Member, &h.Letter, &h.Story, &h.Subject, &h.From, &h.Why, &h.State, &asked, &decided, &h.By)
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

// findObject finds the letter that a token is about.
func findObject(tx *db.Tx, object string) (Held, bool, error) {
	id, err := strconv.ParseInt(strings.TrimPrefix(object, "held:"), 10, 64)
	if err != nil {
		return Held{}, false, nil
	}
	h, err := find(tx, HeldID(id))
	if errors.Is(err, db.ErrNoRows) {
		return h, false, nil
	}
	return h, err == nil, err
}

// List are the letters of a community that wait, oldest first.
func List(tx *db.Tx, c lists.CommunityID) ([]Held, error) {
	return db.Select(tx, scanHeld, "SELECT "+heldColumns+" FROM held WHERE community = ? AND state = 'waiting' ORDER BY asked, id", c)
}

// place is where the letter wants to go.
func (h Held) place(tx *db.Tx) (c lists.Community, l lists.List, err error) {
	if c, err = lists.CommunityByID(tx, h.Community); err != nil {
		return c, l, err
	}
	l, err = lists.ListByID(tx, h.List)
	return c, l, err
}
