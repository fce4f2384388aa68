package moderation

import (
	"errors"
	"time"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
)

// schemaCalm is where lists or threads are slowed down or held, until when, and who has had their post meanwhile.
const schemaCalm = `
	CREATE TABLE calm (
		id     INTEGER PRIMARY KEY,
		list   INTEGER NOT NULL REFERENCES list (id),
		thread INTEGER NOT NULL,                       -- of the archive; 0 is the whole list
		pace   TEXT NOT NULL CHECK (pace IN ('slow','cool')),
		begun  INTEGER NOT NULL,
		until  INTEGER NOT NULL,
		by     INTEGER REFERENCES member (id),         -- NULL: the operator
		UNIQUE (list, thread, pace),
		CHECK (until > begun)
	) STRICT;
	CREATE TABLE shut_thread (
		thread INTEGER PRIMARY KEY,                    -- of the archive: nobody but managers posts in it
		list   INTEGER NOT NULL REFERENCES list (id),
		by     INTEGER REFERENCES member (id),         -- NULL: the operator
		at     INTEGER NOT NULL
	) STRICT;
	CREATE INDEX shut_thread_list ON shut_thread (list);
	CREATE TABLE calm_post (
		calm   INTEGER NOT NULL REFERENCES calm (id) ON DELETE CASCADE,
		member INTEGER NOT NULL REFERENCES member (id),
		PRIMARY KEY (calm, member)
	) STRICT, WITHOUT ROWID`

// Pace is what is done to a heated thread.
type Pace string

// The paces.
const (
	Slow Pace = "slow" // one post of each person until the end
	Cool Pace = "cool" // every post waits
)

// Calm is a list or thread that is slowed down, or held.
type Calm struct {
	ID     int64            `json:"-"`
	List   lists.ListID     `json:"-"`
	Thread archive.ThreadID `json:"-"`
	Number int64            `json:"thread,omitempty"` // of the thread, for people; 0 is the whole list
	Title  string           `json:"title,omitempty"`
	Pace   Pace             `json:"pace"`
	Begun  time.Time        `json:"begun"`
	Until  time.Time        `json:"until"`
	By     lists.MemberID   `json:"-"` // 0: the operator
}

const calmColumns = "id, list, thread, pace, begun, until, coalesce(by, 0)"

func scanCalm(r db.Scanner) (c Calm, err error) {
	var begun, until int64
	err = r.Scan(&c.ID, &c.List, &c.Thread, &c.Pace, &begun, &until, &c.By)
	c.Begun, c.Until = db.Time(begun), db.Time(until)
	return c, err
}

// keepCalm begins it anew, or takes the place of what was there.
func keepCalm(tx *db.Tx, c Calm) error {
	if err := endCalm(tx, c); err != nil {
		return err
	}
	id, err := tx.Insert("INSERT INTO calm (list, thread, pace, begun, until, by) VALUES (@list, @thread, @pace, @begun, @until, @by)",
		db.Named("list", c.List), db.Named("thread", int64(c.Thread)), db.Named("pace", string(c.Pace)), db.Named("begun", db.Micros(tx.Now)),
		db.Named("until", db.Micros(c.Until)), db.Named("by", nullable(int64(c.By))))
	if err != nil {
		return err
	}
	return calendar.Set(tx, CalmEnds, id, c.Until)
}

func findCalm(tx *db.Tx, id int64) (Calm, bool, error) {
	c, err := scanCalm(tx.QueryRow("SELECT "+calmColumns+" FROM calm WHERE id = ?", id))
	if errors.Is(err, db.ErrNoRows) {
		return c, false, nil
	}
	return c, err == nil, err
}

// calmOf is what is in force now for a list, whole or in threads.
func calmOf(tx *db.Tx, l lists.ListID) ([]Calm, error) {
	return db.Select(tx, scanCalm, "SELECT "+calmColumns+" FROM calm WHERE list = ? AND until > ? ORDER BY thread, pace", l, db.Micros(tx.Now))
}

// endCalm lifts it; it is no error when there is none.
func endCalm(tx *db.Tx, c Calm) error {
	old, err := db.Select(tx, scanCalm, "SELECT "+calmColumns+" FROM calm WHERE list = ? AND thread = ? AND pace = ?", c.List, int64(c.Thread), string(c.Pace))
	if err != nil {
		return err
	}
	for _, o := range old {
		if err := calendar.Clear(tx, CalmEnds, o.ID); err != nil {
			return err
		}
		if _, err := tx.Exec("DELETE FROM calm WHERE id = ?", o.ID); err != nil {
			return err
		}
	}
	return nil
}

// hadPost tells whether somebody has had their post while a thread is slow.
func (c Calm) hadPost(tx *db.Tx, m lists.MemberID) (is bool, err error) {
	err = tx.QueryRow("SELECT EXISTS (SELECT 1 FROM calm_post WHERE calm = ? AND member = ?)", c.ID, m).Scan(&is)
	return is, err
}

func (c Calm) notePost(tx *db.Tx, m lists.MemberID) error {
	_, err := tx.Exec("INSERT INTO calm_post (calm, member) VALUES (?, ?) ON CONFLICT DO NOTHING", c.ID, m)
	return err
}

// waitingCalm are the letters that wait for a list because of a pace.
func waitingCalm(tx *db.Tx, l lists.ListID, why Why) ([]Held, error) {
	return db.Select(tx, scanHeld, "SELECT "+heldColumns+" FROM held WHERE list = ? AND why = ? AND state = 'waiting' ORDER BY id", l, string(why))
}

func shutThread(tx *db.Tx, l lists.ListID, t archive.ThreadID, by lists.MemberID) (fresh bool, err error) {
	n, err := tx.Change("INSERT INTO shut_thread (thread, list, by, at) VALUES (@thread, @list, @by, @at) ON CONFLICT DO NOTHING",
		db.Named("thread", int64(t)), db.Named("list", l), db.Named("by", nullable(int64(by))), db.Named("at", db.Micros(tx.Now)))
	return n > 0, err
}

func openThread(tx *db.Tx, t archive.ThreadID) (was bool, err error) {
	n, err := tx.Change("DELETE FROM shut_thread WHERE thread = ?", int64(t))
	return n > 0, err
}

// shutThreads are the threads of a list in which nobody but managers posts.
func shutThreads(tx *db.Tx, l lists.ListID) ([]archive.ThreadID, error) {
	return db.Select(tx, func(r db.Scanner) (t archive.ThreadID, err error) { return t, r.Scan(&t) }, "SELECT thread FROM shut_thread WHERE list = ?", l)
}
