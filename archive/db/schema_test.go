package db_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/templates/refusal"
)

var (
	bedsV1 = db.Schema{Owner: "beds", Steps: []string{
		`CREATE TABLE bed (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
		 CREATE TABLE plant (id INTEGER PRIMARY KEY, bed INTEGER NOT NULL REFERENCES bed (id) ON DELETE CASCADE) STRICT`,
	}}
	// The second step rebuilds the parent table, the way that deletes all children when foreign keys are left on.
	bedsV2 = db.Schema{Owner: "beds", Steps: append(bedsV1.Steps[:1:1], `
		CREATE TABLE bed_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, sun INTEGER NOT NULL DEFAULT 0) STRICT;
		INSERT INTO bed_new (id, name) SELECT id, name FROM bed;
		DROP TABLE bed;
		ALTER TABLE bed_new RENAME TO bed`)}
)

func open(t *testing.T, path string, parts ...db.Schema) (*db.DB, error) {
	t.Helper()
	return db.Open(context.Background(), path, db.Options{Now: time.Now}, parts...)
}

func mustOpen(t *testing.T, path string, parts ...db.Schema) *db.DB {
	t.Helper()
	d, err := open(t, path, parts...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func shape(t *testing.T, d *db.DB) string {
	var all []string
	dbtest.View(t, d, func(tx *db.Tx) (err error) {
		all, err = db.Select(tx, func(r db.Scanner) (s string, err error) { return s, r.Scan(&s) },
			"SELECT replace(sql, '\"', '') FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
		return err
	})
	return strings.Join(all, ";\n")
}

// P12: an older database becomes the newer one, with all that is in it.
func TestUpgradeKeepsChildrenAndEqualsFresh(t *testing.T) {
	path := filepath.Join(t.TempDir(), "garden.db")
	d := mustOpen(t, path, bedsV1)
	dbtest.Update(t, d, func(tx *db.Tx) error {
		for _, q := range []string{"INSERT INTO bed (id, name) VALUES (1, 'north')", "INSERT INTO plant (bed) VALUES (1)"} {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		return nil
	})
	d.Close()

	d = mustOpen(t, path, bedsV2)
	defer d.Close()
	var plants int
	dbtest.View(t, d, func(tx *db.Tx) error { return tx.QueryRow("SELECT count(*) FROM plant").Scan(&plants) })
	if plants != 1 {
		t.Errorf("%d plants after the upgrade, want 1", plants)
	}
	fresh := mustOpen(t, filepath.Join(t.TempDir(), "fresh.db"), bedsV2)
	defer fresh.Close()
	if a, b := shape(t, d), shape(t, fresh); a != b {
		t.Errorf("upgraded:\n%s\nfresh:\n%s", a, b)
	}
	beside, _ := filepath.Glob(path + ".before-upgrade-*")
	if len(beside) != 1 {
		t.Fatalf("no copy of the old file beside it: %v", beside)
	}
	old := mustOpen(t, beside[0], bedsV1)
	defer old.Close()
	if strings.Contains(shape(t, old), "sun") {
		t.Error("the copy is not of the old file")
	}
	// foreign keys are on again
	if err := d.Update(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec("INSERT INTO plant (bed) VALUES (99)")
		return err
	}); !db.IsForeign(err) {
		t.Errorf("a plant in no bed: %v", err)
	}
}

func TestFailedStepChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "garden.db")
	mustOpen(t, path, bedsV1).Close()
	broken := db.Schema{Owner: "beds", Steps: append(bedsV1.Steps[:1:1], "CREATE TABLE pot (id INTEGER PRIMARY KEY) STRICT; SELECT nonsense")}
	if _, err := open(t, path, broken); err == nil {
		t.Fatal("a broken step passed")
	}
	d := mustOpen(t, path, bedsV1)
	defer d.Close()
	if strings.Contains(shape(t, d), "pot") {
		t.Error("half a step stayed")
	}
}

// P12: a database of a later version is left alone.
func TestNewerDatabaseIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "garden.db")
	mustOpen(t, path, bedsV2, seeds).Close()
	for _, parts := range [][]db.Schema{{bedsV1, seeds}, {bedsV2}} {
		_, err := open(t, path, parts...)
		if refusal.KindOf(err) != refusal.Conflict || !strings.Contains(err.Error(), "written by a newer Backchannel") {
			t.Errorf("a database from the future: %v", err)
		}
	}
	mustOpen(t, path, bedsV2, seeds).Close()
}

func TestEnsureRunsAtEveryOpening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "garden.db")
	ran := 0
	part := seeds
	part.Ensure = func(tx *db.Tx) error { ran++; return nil }
	for range 3 {
		mustOpen(t, path, part).Close()
	}
	if ran != 3 {
		t.Errorf("ran %d times", ran)
	}
}

func TestBackupAndRestore(t *testing.T) {
	dir := t.TempDir()
	path, backup := filepath.Join(dir, "garden.db"), filepath.Join(dir, "backup.db")
	ctx := context.Background()
	d := mustOpen(t, path, seeds)
	dbtest.Update(t, d, add("beans"))
	if err := d.Backup(ctx, backup); err != nil {
		t.Fatal(refusal.Log(err))
	}
	if err := d.Backup(ctx, backup); refusal.KindOf(err) != refusal.Conflict {
		t.Errorf("a backup was overwritten: %v", err)
	}
	dbtest.Update(t, d, add("weeds"))
	d.Close()

	kept, err := db.Restore(ctx, backup, path, db.Options{Now: time.Now}, []db.Schema{seeds}, add("held"))
	if err != nil {
		t.Fatal(err)
	}
	d = mustOpen(t, path, seeds)
	defer d.Close()
	if got := names(t, d); got != "beans held" {
		t.Errorf("restored %q", got)
	}
	before := mustOpen(t, kept, seeds)
	defer before.Close()
	if got := names(t, before); got != "beans weeds" {
		t.Errorf("what stood there before is %q", got)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*restoring*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A backup of an older version is upgraded as it is restored. The backup itself is its old state: a copy beside it would keep what prepare erases.
func TestRestoringAnOlderBackupLeavesNoCopy(t *testing.T) {
	dir := t.TempDir()
	path, backup := filepath.Join(dir, "garden.db"), filepath.Join(dir, "monday.db")
	mustOpen(t, backup, bedsV1).Close()
	if _, err := db.Restore(t.Context(), backup, path, db.Options{Now: time.Now}, []db.Schema{bedsV2}, nil); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, path, bedsV2).Close()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if name := f.Name(); name != "garden.db" && name != "monday.db" {
			t.Errorf("%s is left", name)
		}
	}
}

func TestRestoreRefusesWhatIsNoBackup(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "garden.db")
	d := mustOpen(t, path, seeds)
	dbtest.Update(t, d, add("beans"))
	d.Close()
	notes := filepath.Join(dir, "notes.txt")
	writeFile(t, notes, "dear diary, this is a text of some length")
	for from, want := range map[string]refusal.Kind{notes: refusal.Malformed, filepath.Join(dir, "none"): refusal.NotFound} {
		if _, err := db.Restore(context.Background(), from, path, db.Options{Now: time.Now}, []db.Schema{seeds}, nil); refusal.KindOf(err) != want {
			t.Errorf("restore %s: %v", from, err)
		}
	}
	d = mustOpen(t, path, seeds)
	defer d.Close()
	if got := names(t, d); got != "beans" {
		t.Errorf("a refused restore changed the database: %q", got)
	}
}

func TestAnotherProgramsDatabaseIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.db")
	d := mustOpen(t, path)
	dbtest.Update(t, d, func(tx *db.Tx) error { _, err := tx.Exec("CREATE TABLE recipes (id INTEGER)"); return err })
	d.Close()
	if _, err := open(t, path, seeds); refusal.KindOf(err) != refusal.Conflict || err.Error() != "This file is a database of another program. Please name another file." {
		t.Errorf("opened it: %v", err)
	}
}

// ST4: a second server finds the lock taken.
func TestLockIsBetweenHolders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "serve.lock")
	a, ok, err := db.TryLock(path)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if _, ok, err := db.TryLock(path); ok || err != nil {
		t.Errorf("taken twice: %v %v", ok, err)
	}
	a.Unlock()
	b, ok, err := db.TryLock(path)
	if err != nil || !ok {
		t.Fatal("not free after Unlock", err)
	}
	b.Unlock()
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A file that is something else, or was overwritten, is said so, with the verb that helps.
func TestAFileThatIsNoDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "garden.db")
	writeFile(t, path, strings.Repeat("garbage ", 200))
	_, err := open(t, path, seeds)
	r, ok := refusal.As(err)
	if !ok || r.Sentence != "The database file is no database any more." || r.Hint != "backchannel restore FILE, with the newest backup" {
		t.Errorf("%#v", err)
	}
}
