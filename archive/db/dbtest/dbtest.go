// Package dbtest gives tests a real database in a fresh file, promises to check its soundness when the test ends, and keeps the
// file of a test that failed.
package dbtest

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"backchannel/archive/db"
)

// Open opens a fresh database with the real clock (a virtual one inside synctest) and closes it with the test.
func Open(t testing.TB, parts ...db.Schema) *db.DB {
	t.Helper()
	return OpenAt(t, time.Now, parts...)
}

// OpenAt is Open with a clock of the test's own.
func OpenAt(t testing.TB, now func() time.Time, parts ...db.Schema) *db.DB {
	t.Helper()
	return OpenWith(t, db.Options{Now: now}, parts...)
}

// OpenWith is Open with options of the test's own.
func OpenWith(t testing.TB, o db.Options, parts ...db.Schema) *db.DB {
	t.Helper()
	dir, err := os.MkdirTemp("", "backchannel-test-")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "test.db")
	d, err := db.Open(context.Background(), path, o, parts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(t, d, dir) })
	return d
}

func end(t testing.TB, d *db.DB, dir string) {
	faults, err := d.Check(context.Background())
	if err == nil {
		for _, f := range faults {
			t.Errorf("the database is unsound at the end of the test: %s", f)
		}
	} // a test may have closed it by itself
	if err := d.Close(); err != nil {
		t.Errorf("close the database: %v", err)
	}
	if t.Failed() {
		t.Logf("the database is kept: %s", d.Path())
		return
	}
	os.RemoveAll(dir)
}

// Update runs fn in a write transaction and ends the test if it fails.
func Update(t testing.TB, d *db.DB, fn func(*db.Tx) error) {
	t.Helper()
	if err := d.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// View runs fn in a read transaction and ends the test if it fails.
func View(t testing.TB, d *db.DB, fn func(*db.Tx) error) {
	t.Helper()
	if err := d.View(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}
