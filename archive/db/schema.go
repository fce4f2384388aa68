package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"backchannel/templates/refusal"
)

// Schema is the part of the database that one package owns: its tables, as numbered steps. A step that was released is never
// edited; a change is a new step. A fresh database takes all steps, so that fresh and upgraded are the same by construction.
type Schema struct {
	Owner string   // the package, as in "archive/logbook"
	Steps []string // SQL; step n brings the part from version n to n+1

	// Ensure runs at every opening, after all steps, in one transaction; it must change nothing when nothing is missing. It is for
	// what depends on the build, such as full-text tables. May be nil.
	Ensure func(*Tx) error

	// Tidy does a small step, some milliseconds, of work that can wait, and tells whether there is more of it. It is asked again and again
	// while nobody writes, each time in a transaction of its own; where nothing is to be done it must change nothing. May be nil.
	// In it Now is zero: what waits for a quiet moment has no time of its own.
	Tidy func(*Tx) (more bool, err error)
}

const partTable = `CREATE TABLE IF NOT EXISTS schema_part (
	owner   TEXT PRIMARY KEY,  -- the package whose tables these are
	version INTEGER NOT NULL CHECK (version > 0),
	at      INTEGER NOT NULL   -- when that version was reached, microseconds UTC
) STRICT`

// migrate brings every part to its newest version, in one transaction, with a copy of the old file beside it.
func (d *DB) migrate(ctx context.Context, w *conn, parts []Schema) error {
	have, err := versions(ctx, w)
	if err != nil {
		return err
	}
	behind, err := compare(have, parts)
	if err != nil || len(behind) == 0 {
		return err
	}
	if len(have) > 0 && !d.opt.noCopy {
		if err := d.backupBeside(ctx, w); err != nil {
			return err
		}
	}
	// With foreign keys on, rebuilding a table silently deletes its children. The pragma counts only outside a transaction.
	if err := w.exec("PRAGMA foreign_keys = OFF"); err != nil {
		return explain(err)
	}
	if err := d.steps(ctx, w, parts); err != nil {
		return err
	}
	if err := w.exec("PRAGMA foreign_keys = ON"); err != nil {
		return explain(err)
	}
	return nil
}

func (d *DB) steps(ctx context.Context, w *conn, parts []Schema) (err error) {
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return explain(err)
	}
	defer func() {
		if err != nil && !w.alone() {
			err = errors.Join(err, w.exec("ROLLBACK"))
		}
	}()
	if _, err := w.sql.ExecContext(ctx, partTable); err != nil {
		return explain(err)
	}
	have, err := versions(ctx, w) // again: another process may have been faster
	if err != nil {
		return err
	}
	for _, p := range parts {
		for v := have[p.Owner]; v < len(p.Steps); v++ {
			if _, err := w.sql.ExecContext(ctx, p.Steps[v]); err != nil {
				return fmt.Errorf("bring %s to version %d: %w", p.Owner, v+1, explain(err))
			}
		}
		const mark = `INSERT INTO schema_part (owner, version, at) VALUES (?, ?, ?)
			ON CONFLICT (owner) DO UPDATE SET version = excluded.version, at = excluded.at WHERE version <> excluded.version`
		if len(p.Steps) == 0 {
			continue
		}
		if _, err := w.sql.ExecContext(ctx, mark, p.Owner, len(p.Steps), Micros(d.Now())); err != nil {
			return fmt.Errorf("note the version of %s: %w", p.Owner, explain(err))
		}
	}
	if broken, err := foreignKeys(ctx, w); err != nil || len(broken) > 0 {
		return errors.Join(err, fmt.Errorf("rows that point nowhere after the upgrade: %s", strings.Join(broken, ", ")))
	}
	if err := w.exec("COMMIT"); err != nil {
		d.sync(err)
		return explain(err)
	}
	return nil
}

// versions reads which parts the file has; none for a new file.
func versions(ctx context.Context, w *conn) (map[string]int, error) {
	have := map[string]int{}
	var n int
	if err := w.sql.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_part'").Scan(&n); err != nil {
		return nil, explain(err)
	}
	if n == 0 {
		return have, foreign(ctx, w)
	}
	rows, err := w.sql.QueryContext(ctx, "SELECT owner, version FROM schema_part")
	if err != nil {
		return nil, explain(err)
	}
	defer rows.Close()
	for rows.Next() {
		var owner string
		var version int
		if err := rows.Scan(&owner, &version); err != nil {
			return nil, err
		}
		have[owner] = version
	}
	return have, rows.Err()
}

// foreign refuses a database that some other program has made.
func foreign(ctx context.Context, w *conn) error {
	var n int
	if err := w.sql.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&n); err != nil {
		return explain(err)
	}
	if n > 0 {
		return refusal.Because(refusal.Conflict, "This file is a database of another program. Please name another file.")
	}
	return nil
}

// compare tells which parts are behind, and refuses what a newer program has written (P12).
func compare(have map[string]int, parts []Schema) (behind []string, err error) {
	known := map[string]bool{}
	for _, p := range parts {
		known[p.Owner] = true
		if have[p.Owner] > len(p.Steps) {
			return nil, newer(p.Owner, have[p.Owner], len(p.Steps))
		}
		if have[p.Owner] < len(p.Steps) {
			behind = append(behind, p.Owner)
		}
	}
	for owner, version := range have {
		if !known[owner] {
			return nil, newer(owner, version, 0)
		}
	}
	return behind, nil
}

func newer(owner string, has, knows int) error {
	return refusal.Because(refusal.Conflict, "This database was written by a newer Backchannel (%s is at version %d, this program knows %d). Nothing was changed. Please run the newer program.", owner, has, knows)
}

// backupBeside copies the file before an upgrade touches it.
func (d *DB) backupBeside(ctx context.Context, w *conn) error {
	to := d.path + ".before-upgrade-" + stamp(d.Now())
	if _, err := os.Stat(to); err == nil {
		return nil // another process has just made it
	}
	if err := vacuumInto(ctx, w, to); err != nil {
		return fmt.Errorf("copy the database before the upgrade: %w", err)
	}
	d.log.Info("the database is upgraded; its old state is kept", "file", to)
	return nil
}

// ensure runs what every part wants done at each opening.
func (d *DB) ensure(ctx context.Context, parts []Schema) error {
	for _, p := range parts {
		if p.Ensure == nil {
			continue
		}
		if err := d.Update(ctx, p.Ensure); err != nil {
			return fmt.Errorf("make %s ready: %w", p.Owner, err)
		}
	}
	return nil
}

func foreignKeys(ctx context.Context, w *conn) ([]string, error) {
	rows, err := w.sql.QueryContext(ctx, "SELECT DISTINCT \"table\", parent FROM pragma_foreign_key_check")
	if err != nil {
		return nil, explain(err)
	}
	defer rows.Close()
	var broken []string
	for rows.Next() {
		var table, parent string
		if err := rows.Scan(&table, &parent); err != nil {
			return nil, err
		}
		broken = append(broken, table+" → "+parent)
	}
	return broken, rows.Err()
}

// stamp is a time as part of a file name.
func stamp(t time.Time) string { return t.UTC().Format("20060102T150405Z") }
