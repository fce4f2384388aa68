package membership

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates/refusal"
)

// Schema is what is kept of people on their way in and out.
func Schema() db.Schema {
	return db.Schema{Owner: "lists/membership", Steps: []string{`
	-- Somebody who wants to become a member. What they wrote goes 30 days after the end, and so does who they are.
	CREATE TABLE application (
		id        INTEGER PRIMARY KEY AUTOINCREMENT,   -- tokens name it
		community INTEGER NOT NULL REFERENCES community (id),
		code      TEXT NOT NULL,                       -- four characters, for subjects
		addr_key  TEXT NOT NULL,                       -- '' when it was erased, as local, domain and name
		local     TEXT NOT NULL,
		domain    TEXT NOT NULL,
		name      TEXT NOT NULL,
		state     TEXT NOT NULL DEFAULT 'received' CHECK (state = 'received' OR state = 'confirmed' OR state = 'answered' OR state = 'voting'
			OR state = 'asked' OR state = 'accepted' OR state = 'declined' OR state = 'expired'),
		inviter   INTEGER REFERENCES member (id),      -- who invited them; NULL with invited = 1: the operator
		invited   INTEGER NOT NULL DEFAULT 0 CHECK (invited IN (0, 1)),
		questions TEXT NOT NULL DEFAULT '[]',          -- as they were asked, JSON
		answers   TEXT NOT NULL DEFAULT '[]',          -- one for each, JSON
		raw       TEXT NOT NULL DEFAULT '',            -- what belongs to no question
		question  TEXT NOT NULL DEFAULT '',            -- what a manager asked last
		told      TEXT NOT NULL DEFAULT '',            -- what they answered to that
		sponsor   INTEGER REFERENCES member (id),      -- the member they name
		vouch     TEXT NOT NULL DEFAULT '' CHECK (vouch = '' OR vouch = 'asked' OR vouch = 'yes' OR vouch = 'no'),
		former    INTEGER NOT NULL DEFAULT 0 CHECK (former IN (0, 1)),
		votes     INTEGER NOT NULL CHECK (votes > 0),  -- yes votes that the community wanted when they came
		decider   INTEGER REFERENCES member (id),      -- who decides alone, or has decided against them
		reason    TEXT NOT NULL DEFAULT '',            -- of the letter that declines
		reminded  INTEGER NOT NULL DEFAULT 0 CHECK (reminded IN (0, 1)),
		sent      INTEGER NOT NULL DEFAULT 0,          -- when that letter went out
		member    INTEGER REFERENCES member (id),      -- who they became
		asked     INTEGER NOT NULL,                    -- microseconds UTC, as all times
		voting    INTEGER NOT NULL DEFAULT 0,          -- when the vote began
		decided   INTEGER NOT NULL DEFAULT 0,
		CHECK ((state IN ('accepted','declined','expired')) = (decided <> 0)),
		CHECK (sent = 0 OR state = 'declined')
	) STRICT;
	-- One address is on its way in once.
	CREATE UNIQUE INDEX application_open ON application (community, addr_key) WHERE decided = 0;
	CREATE INDEX application_inviter ON application (inviter, asked);

	-- The last vote of each manager.
	CREATE TABLE ballot (
		application INTEGER NOT NULL REFERENCES application (id) ON DELETE CASCADE,
		manager     INTEGER NOT NULL REFERENCES member (id),
		choice      TEXT NOT NULL CHECK (choice = 'YES' OR choice = 'NO' OR choice = 'VETO' OR choice = 'ABSTAIN'),
		words       TEXT NOT NULL,
		at          INTEGER NOT NULL,
		PRIMARY KEY (application, manager)
	) STRICT, WITHOUT ROWID;

	-- Letters to people who are no members, for the limits of C8. The mark tells an address again and does not show it.
	CREATE TABLE first_letter (
		community INTEGER NOT NULL REFERENCES community (id),
		mark      BLOB NOT NULL,
		net       TEXT NOT NULL,                       -- where it was asked for; '' when that was an hour ago
		at        INTEGER NOT NULL
	) STRICT;
	CREATE INDEX first_letter_mark ON first_letter (community, mark);
	CREATE INDEX first_letter_at ON first_letter (at);

	-- Marks of the addresses, and of their domains, of people whom managers removed.
	CREATE TABLE former (
		community INTEGER NOT NULL REFERENCES community (id),
		mark      BLOB NOT NULL,
		at        INTEGER NOT NULL,
		PRIMARY KEY (community, mark)
	) STRICT, WITHOUT ROWID;

	-- New members on the steps of their welcome.
	CREATE TABLE newcomer (
		member INTEGER PRIMARY KEY REFERENCES member (id) ON DELETE CASCADE,
		step   INTEGER NOT NULL CHECK (step BETWEEN 0 AND 3),  -- how many were done
		intro  TEXT NOT NULL DEFAULT '' CHECK (intro = '' OR intro = 'asked' OR intro = 'shown' OR intro = 'posted' OR intro = 'dropped'),
		text   TEXT NOT NULL DEFAULT ''                        -- the introduction as it was shown last
	) STRICT;

	-- What somebody got who left, as long as they may undo it.
	CREATE TABLE departure (
		member INTEGER PRIMARY KEY REFERENCES member (id) ON DELETE CASCADE,
		at     INTEGER NOT NULL,
		subs   TEXT NOT NULL                                   -- deliveries by list, JSON
	) STRICT`, addressTable, forgottenTable, forgettingTable, greeterTable, zoneColumn, forgettingEarlier, introListColumn}}
}

// zoneColumn is the time zone that the clock of an applicant's mail speaks for.
const zoneColumn = "ALTER TABLE application ADD COLUMN zone TEXT NOT NULL DEFAULT ''"

const applicationColumns = `id, community, code, local, domain, name, zone, state, coalesce(inviter, 0), invited, questions, answers, raw, question, told,
	coalesce(sponsor, 0), vouch, former, votes, coalesce(decider, 0), reason, reminded, sent, coalesce(member, 0), asked, voting, decided`

func scanApplication(r db.Scanner) (a Application, err error) {
	var questions, answers string
	var sent, asked, voting, decided int64
	err = r.Scan(&a.ID, &a.Community, &a.Code, &a.Address.Local, &a.Address.Domain, &a.Name, &a.Zone, &a.State, &a.Inviter, &a.Invited, &questions, &answers, &a.Raw, &a.Question, &a.Told,
		&a.Sponsor, &a.Vouch, &a.Former, &a.Votes, &a.Decider, &a.Reason, &a.reminded, &sent, &a.Member, &asked, &voting, &decided)
	if err != nil {
		return a, err
	}
	a.Sent, a.Asked, a.Voting, a.Decided = db.Time(sent), db.Time(asked), db.Time(voting), db.Time(decided)
	return a, errors.Join(json.Unmarshal([]byte(questions), &a.Questions), json.Unmarshal([]byte(answers), &a.Answers))
}

// insert keeps a new application. Its code is nobody else's who is on the way in.
func (a *Application) insert(tx *db.Tx) error {
	id, err := tx.Insert(`INSERT INTO application (community, code, addr_key, local, domain, name, inviter, invited, former, votes, asked)
		VALUES (@community, @code, @addr_key, @local, @domain, @name, @inviter, @invited, @former, @votes, @asked)`,
		db.Named("community", a.Community), db.Named("code", a.Code), db.Named("addr_key", a.Address.Key()), db.Named("local", a.Address.Local), db.Named("domain", a.Address.Domain),
		db.Named("name", a.Name), db.Named("inviter", null(a.Inviter)), db.Named("invited", a.Invited), db.Named("former", a.Former), db.Named("votes", a.Votes), db.Named("asked", db.Micros(tx.Now)))
	a.ID, a.Asked = ApplicationID(id), tx.Now
	if err != nil {
		return fmt.Errorf("keep an application: %w", err)
	}
	return calendar.Set(tx, applicationDue, id, tx.Now.AddDate(0, 0, Days))
}

// save keeps what has changed, and when something is due about it.
func (a Application) save(tx *db.Tx, due time.Time) error {
	questions, _ := json.Marshal(some(a.Questions)) // strings always marshal
	answers, _ := json.Marshal(some(a.Answers))
	_, err := tx.Exec(`UPDATE application SET name = @name, zone = @zone, state = @state, questions = @questions, answers = @answers, raw = @raw, question = @question, told = @told,
		sponsor = @sponsor, vouch = @vouch, decider = @decider, reason = @reason, reminded = @reminded, sent = @sent, member = @member, voting = @voting, decided = @decided WHERE id = @id`,
		db.Named("name", a.Name), db.Named("zone", a.Zone), db.Named("state", string(a.State)), db.Named("questions", string(questions)), db.Named("answers", string(answers)), db.Named("raw", a.Raw),
		db.Named("question", a.Question), db.Named("told", a.Told), db.Named("sponsor", null(a.Sponsor)), db.Named("vouch", string(a.Vouch)), db.Named("decider", null(a.Decider)),
		db.Named("reason", a.Reason), db.Named("reminded", a.reminded), db.Named("sent", db.Micros(a.Sent)), db.Named("member", null(a.Member)), db.Named("voting", db.Micros(a.Voting)),
		db.Named("decided", db.Micros(a.Decided)), db.Named("id", a.ID))
	if err != nil {
		return fmt.Errorf("keep an application: %w", err)
	}
	return calendar.Set(tx, applicationDue, int64(a.ID), due)
}

// erase forgets who somebody is and what they, and the managers, wrote. What is left is a code and an end.
func (a Application) erase(tx *db.Tx) error {
	if _, err := tx.Exec("DELETE FROM ballot WHERE application = ?", a.ID); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE application SET addr_key = '', local = '', domain = '', name = '', zone = '', questions = '[]', answers = '[]', raw = '', question = '', told = '', reason = '',
		sponsor = NULL, inviter = NULL, decider = NULL, former = 0 WHERE id = ?`, a.ID)
	if err != nil {
		return err
	}
	return calendar.Clear(tx, applicationDue, int64(a.ID))
}

func null[T ~int64](id T) any {
	if id == 0 {
		return nil
	}
	return int64(id)
}

func some(all []string) []string {
	if all == nil {
		return []string{}
	}
	return all
}

// FindApplication reads one application.
func FindApplication(tx *db.Tx, id ApplicationID) (Application, error) {
	a, err := scanApplication(tx.QueryRow("SELECT "+applicationColumns+" FROM application WHERE id = ?", id))
	if errors.Is(err, db.ErrNoRows) {
		err = refusal.Because(refusal.NotFound, "There is no application %d.", id).Try("backchannel member applications list")
	}
	return a, err
}

// openApplication is the application of an address that is not decided; false when there is none.
func openApplication(tx *db.Tx, c lists.CommunityID, a letter.Address) (Application, bool, error) {
	found, err := scanApplication(tx.QueryRow("SELECT "+applicationColumns+" FROM application WHERE community = ? AND addr_key = ? AND decided = 0", c, a.Key()))
	if errors.Is(err, db.ErrNoRows) {
		return found, false, nil
	}
	return found, err == nil, err
}

// Applications are those of a community that are not decided, or whose letter was not sent; with all, every one that is not erased.
func Applications(tx *db.Tx, c lists.CommunityID, all bool) ([]Application, error) {
	return db.Select(tx, scanApplication, "SELECT "+applicationColumns+` FROM application WHERE community = @community AND addr_key <> ''
		AND (@all OR decided = 0 OR state = 'declined' AND sent = 0) ORDER BY id`, db.Named("community", c), db.Named("all", all))
}

// invitedBy counts whom a member has invited since a time.
func invitedBy(tx *db.Tx, m lists.MemberID, since time.Time) (n int, err error) {
	err = tx.QueryRow("SELECT count(*) FROM application WHERE inviter = ? AND asked > ?", m, db.Micros(since)).Scan(&n)
	return n, err
}

// Ballot is one manager's vote.
type Ballot struct {
	Manager lists.MemberID
	Choice  Choice
	Words   string // what stood beside it
}

// Votes are the votes about an application, in the order in which they came.
func Votes(tx *db.Tx, id ApplicationID) ([]Ballot, error) {
	return db.Select(tx, func(r db.Scanner) (b Ballot, err error) { return b, r.Scan(&b.Manager, &b.Choice, &b.Words) },
		"SELECT manager, choice, words FROM ballot WHERE application = ? ORDER BY at, manager", id)
}

func (b Ballot) save(tx *db.Tx, id ApplicationID) error {
	_, err := tx.Exec(`INSERT INTO ballot (application, manager, choice, words, at) VALUES (@application, @manager, @choice, @words, @at)
		ON CONFLICT (application, manager) DO UPDATE SET choice = excluded.choice, words = excluded.words, at = excluded.at`,
		db.Named("application", id), db.Named("manager", b.Manager), db.Named("choice", string(b.Choice)), db.Named("words", b.Words), db.Named("at", db.Micros(tx.Now)))
	return err
}

func dropBallot(tx *db.Tx, id ApplicationID, m lists.MemberID) error {
	_, err := tx.Exec("DELETE FROM ballot WHERE application = ? AND manager = ?", id, m)
	return err
}
