package report

import (
	"fmt"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/smtpd/bounce"
)

// Schema is what is kept of reports.
func Schema() db.Schema {
	return db.Schema{Owner: "digest/report", Steps: []string{`
	-- Reports that were counted, so that none counts twice.
	CREATE TABLE report_taken (
		community  INTEGER NOT NULL REFERENCES community (id),
		report_key BLOB NOT NULL,     -- SHA-256 over kind, reporter, number and date
		day        INTEGER NOT NULL,  -- when it came, days since 1970, UTC
		PRIMARY KEY (community, report_key)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX report_taken_day ON report_taken (community, day);

	-- What they say: how many letters or sessions, by day, source and result.
	CREATE TABLE report_count (
		community INTEGER NOT NULL REFERENCES community (id),
		day       INTEGER NOT NULL,   -- days since 1970, UTC
		kind      TEXT NOT NULL CHECK (kind IN ('dmarc', 'tls')),
		source    TEXT NOT NULL,      -- an IP address, a host of ours, or 'others'
		result    TEXT NOT NULL,      -- dkim+spf, dkim, spf, fail; success or a type of failure
		reporter  TEXT NOT NULL,      -- who says so, by its own words
		n         INTEGER NOT NULL CHECK (n >= 0),
		PRIMARY KEY (community, day, kind, source, result, reporter)
	) STRICT, WITHOUT ROWID;

	-- Members who do not want to be written to when they have been silent.
	CREATE TABLE left_alone (
		member INTEGER PRIMARY KEY REFERENCES member (id) ON DELETE CASCADE
	) STRICT`}}
}

// leftAlone are the members who do not want to be written to when they have been silent.
func leftAlone(tx *db.Tx) (map[int64]bool, error) {
	all, err := db.Select(tx, func(r db.Scanner) (id int64, err error) { return id, r.Scan(&id) }, "SELECT member FROM left_alone")
	alone := map[int64]bool{}
	for _, id := range all {
		alone[id] = true
	}
	return alone, err
}

func setAlone(tx *db.Tx, m lists.MemberID, alone bool) error {
	change := "DELETE FROM left_alone WHERE member = ?"
	if alone {
		change = "INSERT INTO left_alone (member) VALUES (?) ON CONFLICT DO NOTHING"
	}
	_, err := tx.Exec(change, m)
	return err
}

func dayOf(t time.Time) int64 { return t.Unix() / 86400 }

// forget deletes what is too old.
func forget(tx *db.Tx, c lists.CommunityID) error {
	before := dayOf(tx.Now) - daysKept
	for _, table := range []string{"report_taken", "report_count"} {
		if _, err := tx.Exec("DELETE FROM "+table+" WHERE community = ? AND day < ?", c, before); err != nil {
			return fmt.Errorf("forget old reports: %w", err)
		}
	}
	return nil
}

// take notes that a report came. It tells whether it is the first of its kind, and how many different ones came today.
func take(tx *db.Tx, c lists.CommunityID, key []byte) (first bool, today int, err error) {
	n, err := tx.Change("INSERT INTO report_taken (community, report_key, day) VALUES (@c, @key, @day) ON CONFLICT (community, report_key) DO NOTHING",
		db.Named("c", c), db.Named("key", key), db.Named("day", dayOf(tx.Now)))
	if err != nil {
		return false, 0, fmt.Errorf("note a report: %w", err)
	}
	err = tx.QueryRow("SELECT count(*) FROM report_taken WHERE community = ? AND day = ?", c, dayOf(tx.Now)).Scan(&today)
	return n == 1, today, err
}

// most is more than anybody counts in a day; sums stay below it.
const most = int64(1) << 50

// count adds a report to the counts of its day. When the day is full, new rows are counted as those of others.
func count(tx *db.Tx, c lists.CommunityID, r *bounce.Aggregate) error {
	day := dayOf(r.Begin)
	var rows int
	if err := tx.QueryRow("SELECT count(*) FROM report_count WHERE community = ? AND day = ? AND kind = ?", c, day, r.Kind).Scan(&rows); err != nil {
		return err
	}
	for _, row := range r.Rows {
		source, res, reporter := row.Source, result(r.Kind, row), r.Reporter
		if rows >= rowsPerDay {
			var there int
			err := tx.QueryRow("SELECT count(*) FROM report_count WHERE community = @c AND day = @day AND kind = @kind AND source = @source AND result = @result AND reporter = @reporter",
				whose(c, day, r.Kind, source, res, reporter)...).Scan(&there)
			if err != nil {
				return err
			}
			if there == 0 {
				source, reporter = bounce.Others, bounce.Others
				if r.Kind == "tls" && row.Failure != "" {
					res = bounce.Others
				}
			}
		}
		args := append(whose(c, day, r.Kind, source, res, reporter), db.Named("n", row.Count), db.Named("most", most))
		if _, err := tx.Exec(`INSERT INTO report_count (community, day, kind, source, result, reporter, n) VALUES (@c, @day, @kind, @source, @result, @reporter, @n)
			ON CONFLICT (community, day, kind, source, result, reporter) DO UPDATE SET n = min(n + excluded.n, @most)`, args...); err != nil {
			return fmt.Errorf("count a report: %w", err)
		}
		rows++ // it may have been there: so the day is full a little early, never late
	}
	return nil
}

func whose(c lists.CommunityID, day int64, kind, source, result, reporter string) []any {
	return []any{db.Named("c", c), db.Named("day", day), db.Named("kind", kind), db.Named("source", source), db.Named("result", result), db.Named("reporter", reporter)}
}

// counted is one row.
type counted struct {
	day  int64
	kind string
	n    int64
	Source
}

// read gives the rows since a day, the newest day first.
func read(tx *db.Tx, c lists.CommunityID, since int64) ([]counted, error) {
	return db.Select(tx, func(r db.Scanner) (x counted, err error) {
		err = r.Scan(&x.day, &x.kind, &x.Source.Source, &x.Result, &x.Reporter, &x.n)
		return x, err
	}, "SELECT day, kind, source, result, reporter, n FROM report_count WHERE community = ? AND day >= ? ORDER BY day DESC, kind, n DESC, source, result, reporter", c, since)
}
