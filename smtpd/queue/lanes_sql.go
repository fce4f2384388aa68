package queue

import (
	"time"

	"backchannel/archive/db"
)

// domainsDue gives, in their order, at most n domains behind one that have something to be tried now. It jumps from domain to domain
// in the index copy_way and never reads the copies between, however many they are.
func domainsDue(tx *db.Tx, after string, n int) ([]string, error) {
	return db.Select(tx, func(r db.Scanner) (d string, err error) { return d, r.Scan(&d) }, `
		WITH RECURSIVE d (domain) AS (
			SELECT (SELECT domain FROM copy WHERE `+ready+` AND domain > @after ORDER BY domain LIMIT 1)
			UNION ALL
			SELECT (SELECT domain FROM copy WHERE `+ready+` AND domain > d.domain ORDER BY domain LIMIT 1) FROM d WHERE d.domain IS NOT NULL)
		SELECT domain FROM d WHERE domain IS NOT NULL
			AND (EXISTS (SELECT 1 FROM copy WHERE `+ready+` AND domain = d.domain AND due IS NULL)
				OR EXISTS (SELECT 1 FROM copy WHERE `+ready+` AND domain = d.domain AND due <= @now))
		LIMIT @n`,
		db.Named("after", after), db.Named("now", db.Micros(tx.Now)), db.Named("n", n))
}

// dueFor gives at most n copies of a domain to be tried now, about half of them those whose date has come. Of one copy, turn (0 or 1)
// decides.
func dueFor(tx *db.Tx, domain string, n, turn int) ([]Copy, error) {
	dated, err := db.Select(tx, scan, `SELECT `+columns+` FROM copy WHERE `+ready+` AND domain = ? AND due <= ? ORDER BY due, id LIMIT ?`,
		domain, db.Micros(tx.Now), n)
	if err != nil {
		return nil, err
	}
	now, err := db.Select(tx, scan, `SELECT `+columns+` FROM copy WHERE `+ready+` AND domain = ? AND due IS NULL ORDER BY id LIMIT ?`, domain, n)
	if err != nil {
		return nil, err
	}
	keep := min(len(dated), max((n+turn)/2, n-len(now)))
	return append(dated[:keep:keep], now[:min(len(now), n-keep)]...), nil
}

// nextDate is the first date to come; zero: none.
func nextDate(tx *db.Tx) (time.Time, error) {
	var next db.NullInt64
	err := tx.QueryRow(`SELECT min(due) FROM copy WHERE `+ready+` AND due > ?`, db.Micros(tx.Now)).Scan(&next)
	if err != nil || !next.Valid {
		return time.Time{}, err
	}
	return db.Time(next.Int64), nil
}

// Pause is an operator that gets nothing for a while, because it asked for that (M13).
type Pause struct {
	Operator string    `json:"operator"`
	Until    time.Time `json:"until"`
	Why      string    `json:"why"`  // what it said: host, code and enhanced code
	Copy     CopyID    `json:"copy"` // the copy that met with it; its own words stand there
}

// Pauses are the operators that rest now, the one that rests longest first.
func Pauses(tx *db.Tx) ([]Pause, error) {
	return db.Select(tx, func(r db.Scanner) (p Pause, err error) {
		var until int64
		err = r.Scan(&p.Operator, &until, &p.Why, &p.Copy)
		p.Until = db.Time(until)
		return p, err
	}, `SELECT name, until, why, copy FROM queue_operator WHERE until > ? ORDER BY until DESC, name`, db.Micros(tx.Now))
}

// operator is a row about one operator.
type operator struct {
	name  string
	until time.Time     // when its rest ends; zero: it does not rest
	rest  time.Duration // the last rest, from which the next one grows
	why   string
	copy  CopyID
	warm  warmth
}

func operators(tx *db.Tx) ([]operator, error) {
	return db.Select(tx, func(r db.Scanner) (o operator, err error) {
		var until, rest int64
		err = r.Scan(&o.name, &until, &rest, &o.why, &o.copy, &o.warm.day, &o.warm.step, &o.warm.sent)
		o.until, o.rest = db.Time(until), time.Duration(rest)*time.Microsecond
		return o, err
	}, `SELECT name, ifnull(until, 0), rest, why, copy, day, step, sent FROM queue_operator`)
}

// keepOperator writes the row about an operator; one that says nothing is taken out.
func keepOperator(tx *db.Tx, o operator) error {
	if o.until.IsZero() && o.rest == 0 && o.warm == (warmth{}) {
		_, err := tx.Exec(`DELETE FROM queue_operator WHERE name = ?`, o.name)
		return err
	}
	var until any
	if !o.until.IsZero() {
		until = db.Micros(o.until)
	}
	_, err := tx.Exec(`INSERT INTO queue_operator (name, until, rest, why, copy, day, step, sent)
		VALUES (@name, @until, @rest, @why, @copy, @day, @step, @sent)
		ON CONFLICT (name) DO UPDATE SET until = @until, rest = @rest, why = @why, copy = @copy, day = @day, step = @step, sent = @sent`,
		db.Named("name", o.name), db.Named("until", until), db.Named("rest", o.rest.Microseconds()), db.Named("why", o.why),
		db.Named("copy", int64(o.copy)), db.Named("day", o.warm.day), db.Named("step", o.warm.step), db.Named("sent", o.warm.sent))
	return err
}

// endPauses lets every operator go on, as if it had never asked for rest.
func endPauses(tx *db.Tx) error {
	_, err := tx.Exec(`UPDATE queue_operator SET until = NULL, rest = 0`)
	return err
}
