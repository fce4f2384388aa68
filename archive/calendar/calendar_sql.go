package calendar

import (
	"encoding/json"
	"fmt"
	"time"

	"backchannel/archive/db"
)

// Schema is the table of dates.
func Schema() db.Schema {
	return db.Schema{Owner: "archive/calendar", Steps: []string{`
	CREATE TABLE due_date (
		kind   TEXT NOT NULL,
		object INTEGER NOT NULL,             -- whose date it is
		at     INTEGER NOT NULL,             -- microseconds UTC
		failed INTEGER NOT NULL DEFAULT 0,   -- attempts so far that failed
		PRIMARY KEY (kind, object)           -- one date of a kind for each object
	) STRICT, WITHOUT ROWID;
	CREATE INDEX due_date_at ON due_date (kind, at)`}}
}

// Set keeps a date, in the place of the one that stood for this kind and object.
func Set(tx *db.Tx, kind Kind, object int64, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO due_date (kind, object, at) VALUES (@kind, @object, @at)
		ON CONFLICT (kind, object) DO UPDATE SET at = excluded.at, failed = 0`,
		db.Named("kind", string(kind)), db.Named("object", object), db.Named("at", db.Micros(at)))
	if err != nil {
		return fmt.Errorf("set a date: %w", err)
	}
	return nil
}

// Clear forgets a date, if there is one.
func Clear(tx *db.Tx, kind Kind, object int64) error {
	_, err := tx.Exec("DELETE FROM due_date WHERE kind = ? AND object = ?", string(kind), object)
	return err
}

// At is the date of a kind for an object; false when there is none.
func At(tx *db.Tx, kind Kind, object int64) (time.Time, bool, error) {
	all, err := db.Select(tx, scan, "SELECT kind, object, at, failed FROM due_date WHERE kind = ? AND object = ?", string(kind), object)
	if err != nil || len(all) == 0 {
		return time.Time{}, false, err
	}
	return all[0].At, true, nil
}

// List are all dates until a time, in order: what a run at that time would do.
func List(tx *db.Tx, until time.Time) ([]Due, error) {
	return db.Select(tx, scan, "SELECT kind, object, at, failed FROM due_date WHERE at <= ? ORDER BY at, kind, object", db.Micros(until))
}

func scan(r db.Scanner) (d Due, err error) {
	var at int64
	err = r.Scan(&d.Kind, &d.Object, &at, &d.Failed)
	d.At = db.Time(at)
	return d, err
}

// next are the first dates of the kinds until a time. Kinds nobody registered for in this process stay untouched.
func next(tx *db.Tx, kinds []Kind, until time.Time, most int) ([]Due, error) {
	due, err := dueKinds(tx, kinds, until)
	if err != nil {
		return nil, err
	}
	var all []Due
	for _, k := range due {
		due, err := db.Select(tx, scan, "SELECT kind, object, at, failed FROM due_date WHERE kind = ? AND at <= ? ORDER BY at, object LIMIT ?", string(k), db.Micros(until), most)
		if err != nil {
			return nil, err
		}
		all = append(all, due...)
	}
	return first(all, most), nil
}

// dueKinds are those of the kinds that have a date until a time: mostly none, and under load that is asked twenty times in a second.
func dueKinds(tx *db.Tx, kinds []Kind, until time.Time) ([]Kind, error) {
	list, err := json.Marshal(kinds)
	if err != nil {
		return nil, err
	}
	return db.Select(tx, func(r db.Scanner) (k Kind, err error) { return k, r.Scan(&k) },
		"SELECT value FROM json_each(?) k WHERE EXISTS (SELECT 1 FROM due_date d WHERE d.kind = k.value AND d.at <= ?)", string(list), db.Micros(until))
}

// take removes the date if it still stands as it was seen.
func take(tx *db.Tx, d Due) (bool, error) {
	n, err := tx.Change("DELETE FROM due_date WHERE kind = @kind AND object = @object AND at = @at",
		db.Named("kind", string(d.Kind)), db.Named("object", d.Object), db.Named("at", db.Micros(d.At)))
	return n == 1, err
}

// postpone puts a date that failed off, unless somebody has set another meanwhile.
func postpone(tx *db.Tx, d Due, to time.Time) error {
	_, err := tx.Exec("UPDATE due_date SET at = @to, failed = @failed WHERE kind = @kind AND object = @object AND at = @at",
		db.Named("to", db.Micros(to)), db.Named("failed", d.Failed), db.Named("kind", string(d.Kind)), db.Named("object", d.Object), db.Named("at", db.Micros(d.At)))
	return err
}
