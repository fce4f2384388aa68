package db

import "context"

// Vitals is how a database file is, as SQLite tells it.
type Vitals struct {
	Version     string   // of SQLite
	Journal     string   // "wal" (ST2)
	Synchronous int64    // 2 is FULL: what was acknowledged survives a power cut (ST2)
	Faults      []string // what is wrong with the file; none: it is whole
}

// Vitals looks whether the file is whole and what its connections promise. It is faster than Check, and less thorough: whether every
// index agrees with its table is not looked at.
func (d *DB) Vitals(ctx context.Context) (v Vitals, err error) {
	c, err := d.connect(ctx, d.pool)
	if err != nil {
		return v, err
	}
	defer c.close()
	for _, one := range []struct {
		query string
		into  any
	}{{"SELECT sqlite_version()", &v.Version}, {"PRAGMA journal_mode", &v.Journal}, {"PRAGMA synchronous", &v.Synchronous}} {
		if err := c.sql.QueryRowContext(ctx, one.query).Scan(one.into); err != nil {
			return v, explain(err)
		}
	}
	rows, err := c.sql.QueryContext(ctx, "PRAGMA quick_check(20)")
	if err != nil {
		return v, explain(err)
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return v, explain(err)
		}
		if line != "ok" {
			v.Faults = append(v.Faults, line)
		}
	}
	return v, explain(rows.Err())
}
