package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/templates/refusal"
)

var seeds = db.Schema{Owner: "garden", Steps: []string{`CREATE TABLE seed (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT`}}

func add(name string) func(*db.Tx) error {
	return func(tx *db.Tx) error {
		_, err := tx.Exec("INSERT INTO seed (name) VALUES (?)", name)
		return err
	}
}

func names(t testing.TB, d *db.DB) string {
	t.Helper()
	var all []string
	dbtest.View(t, d, func(tx *db.Tx) (err error) {
		all, err = db.Select(tx, func(r db.Scanner) (n string, err error) { return n, r.Scan(&n) }, "SELECT name FROM seed ORDER BY name")
		return err
	})
	return strings.Join(all, " ")
}

func TestUpdateIsAllOrNothing(t *testing.T) {
	d := dbtest.Open(t, seeds)
	ctx := context.Background()
	dbtest.Update(t, d, add("beans"))
	boom := errors.New("boom")
	err := d.Update(ctx, func(tx *db.Tx) error {
		if err := add("peas")(tx); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Errorf("error: %v", err)
	}
	err = d.Update(ctx, add("beans"))
	if !db.IsUnique(err) {
		t.Errorf("the driver's error must be recognised by its code: %v", err)
	}
	if got := names(t, d); got != "beans" {
		t.Errorf("kept %q", got)
	}
}

func TestOneCallersFailureIsNoOthers(t *testing.T) {
	d := dbtest.Open(t, seeds)
	hold := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { _ = d.Update(context.Background(), func(*db.Tx) error { <-hold; return nil }) }) // the others gather behind it
	errs := make([]error, 40)
	for i := range errs {
		wg.Go(func() {
			errs[i] = d.Update(context.Background(), func(tx *db.Tx) error {
				if err := add(fmt.Sprintf("seed-%02d", i))(tx); err != nil {
					return err
				}
				if i%2 == 1 {
					return errors.New("odd ones fail")
				}
				return nil
			})
		})
	}
	close(hold)
	wg.Wait()
	for i, err := range errs {
		if (err != nil) != (i%2 == 1) {
			t.Errorf("job %d: %v", i, err)
		}
	}
	if got := len(strings.Fields(names(t, d))); got != 20 {
		t.Errorf("%d rows, want the 20 of those who succeeded", got)
	}
}

func TestAttemptUndoesItsOwnWork(t *testing.T) {
	d := dbtest.Open(t, seeds)
	boom, ran := errors.New("boom"), ""
	dbtest.Update(t, d, func(tx *db.Tx) error {
		if err := add("beans")(tx); err != nil {
			return err
		}
		err := tx.Attempt(func() error {
			tx.OnCommit(func() { ran += "undone " })
			if err := tx.Attempt(func() error { return add("inner")(tx) }); err != nil {
				t.Error(err)
			}
			return errors.Join(add("weeds")(tx), boom)
		})
		if !errors.Is(err, boom) {
			t.Errorf("error: %v", err)
		}
		return tx.Attempt(func() error { tx.OnCommit(func() { ran += "done" }); return add("peas")(tx) })
	})
	if got := names(t, d); got != "beans peas" || ran != "done" {
		t.Errorf("kept %q, ran %q", got, ran)
	}
}

func TestPanicReachesItsCallerAlone(t *testing.T) {
	d := dbtest.Open(t, seeds)
	func() {
		defer func() {
			p := fmt.Sprint(recover()) // it tells where, and not what: that may be a piece of a letter (P15)
			if !strings.Contains(p, "TestPanicReachesItsCallerAlone") || strings.Contains(p, "weeds") {
				t.Errorf("recovered %v", p)
			}
		}()
		_ = d.Update(context.Background(), func(tx *db.Tx) error {
			_ = add("peas")(tx)
			panic("weeds")
		})
	}()
	dbtest.Update(t, d, add("beans"))
	if got := names(t, d); got != "beans" {
		t.Errorf("kept %q", got)
	}
}

func TestViewSeesOneMomentAndCannotWrite(t *testing.T) {
	d := dbtest.Open(t, seeds)
	dbtest.Update(t, d, add("beans"))
	dbtest.View(t, d, func(tx *db.Tx) error {
		var before, after int
		if err := tx.QueryRow("SELECT count(*) FROM seed").Scan(&before); err != nil {
			return err
		}
		dbtest.Update(t, d, add("peas"))
		if err := tx.QueryRow("SELECT count(*) FROM seed").Scan(&after); err != nil {
			return err
		}
		if before != 1 || after != 1 {
			t.Errorf("saw %d, then %d", before, after)
		}
		if _, err := tx.Exec("DELETE FROM seed"); err == nil {
			t.Error("a View could write")
		}
		return nil
	})
}

// ST2, ST4: what every connection promises, and that nobody else reads the file.
func TestPragmasOnEveryConnection(t *testing.T) {
	d := dbtest.Open(t, seeds)
	want := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "secure_delete": "1"}
	read := func(tx *db.Tx) error {
		for name, value := range want {
			var got string
			if err := tx.QueryRow("PRAGMA " + name).Scan(&got); err != nil {
				return err
			}
			if got != value {
				t.Errorf("%s = %s, want %s", name, got, value)
			}
		}
		return nil
	}
	dbtest.Update(t, d, read)
	var nest func(n int) func(*db.Tx) error // several readers at once
	nest = func(n int) func(*db.Tx) error {
		return func(tx *db.Tx) error {
			if n > 0 {
				dbtest.View(t, d, nest(n-1))
			}
			return read(tx)
		}
	}
	dbtest.View(t, d, nest(3))
	info, err := os.Stat(d.Path())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("rights of the file: %v %v", info.Mode(), err)
	}
}

func TestTimeIsOneForATransaction(t *testing.T) {
	at := time.Date(2026, 6, 12, 8, 0, 0, 123456789, time.FixedZone("CEST", 7200))
	d := dbtest.OpenAt(t, func() time.Time { return at }, seeds)
	dbtest.Update(t, d, func(tx *db.Tx) error {
		if want := time.Date(2026, 6, 12, 6, 0, 0, 123456000, time.UTC); !tx.Now.Equal(want) || tx.Now.Location() != time.UTC {
			t.Errorf("Now = %v", tx.Now)
		}
		if got := db.Time(db.Micros(tx.Now)); !got.Equal(tx.Now) {
			t.Errorf("there and back: %v", got)
		}
		return nil
	})
	if !db.Time(0).IsZero() || db.Micros(time.Time{}) != 0 {
		t.Error("the zero time is 0")
	}
}

func TestOnCommitAndSubscribe(t *testing.T) {
	d := dbtest.Open(t, seeds)
	pings, cancel := d.Subscribe()
	defer cancel()
	ran := false
	dbtest.Update(t, d, func(tx *db.Tx) error { tx.OnCommit(func() { ran = true }); return add("beans")(tx) })
	if !ran {
		t.Error("OnCommit did not run")
	}
	<-pings
	ran = false
	_ = d.Update(context.Background(), func(tx *db.Tx) error { tx.OnCommit(func() { ran = true }); return errors.New("no") })
	if ran {
		t.Error("OnCommit ran without a commit")
	}
	dbtest.Update(t, d, func(*db.Tx) error { return nil })
	select {
	case <-pings:
		t.Error("a commit that changed nothing woke the listeners")
	default:
	}
}

func TestForeignCommitsAreNoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "two.db")
	open := func() *db.DB {
		d, err := db.Open(context.Background(), path, db.Options{Now: time.Now, Watch: time.Millisecond}, seeds)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	a, b := open(), open()
	defer a.Close()
	defer b.Close()
	pings, cancel := a.Subscribe()
	defer cancel()
	dbtest.Update(t, b, add("beans"))
	select {
	case <-pings:
	case <-time.After(time.Minute):
		t.Fatal("a commit of another connection went unnoticed")
	}
	if got := names(t, a); got != "beans" {
		t.Errorf("saw %q", got)
	}
}

func TestClosedIsRefusedAndTemporary(t *testing.T) {
	d := dbtest.Open(t, seeds)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	err := d.Update(context.Background(), add("beans"))
	if !refusal.Temporary(err) || err.Error() != "The server is shutting down. Please try again in a minute." {
		t.Errorf("Update after Close: %v", err)
	}
	if err := d.View(context.Background(), func(*db.Tx) error { return nil }); refusal.KindOf(err) != refusal.Busy {
		t.Errorf("View after Close: %v", err)
	}
}

func TestFullDiskIsTemporaryAndRecovers(t *testing.T) {
	d := dbtest.Open(t, seeds)
	dbtest.Update(t, d, add("beans"))
	limit := func(n int) {
		dbtest.Update(t, d, func(tx *db.Tx) error {
			return tx.QueryRow(fmt.Sprintf("PRAGMA max_page_count = %d", n)).Scan(&n)
		})
	}
	limit(1) // SQLite answers with the pages in use: from here on every new page is one too many
	err := d.Update(context.Background(), add(strings.Repeat("x", 100_000)))
	if refusal.KindOf(err) != refusal.Full {
		t.Fatalf("a full disk: %v", err)
	}
	limit(1 << 20)
	dbtest.Update(t, d, add("peas"))
	if got := names(t, d); got != "beans peas" {
		t.Errorf("kept %q", got)
	}
}

// A closure that goes on after SQLite has undone everything writes nothing: it would be a transaction of its own, without its beginning.
func TestALostTransactionWritesNothingMore(t *testing.T) {
	d := dbtest.Open(t, seeds)
	var before int
	dbtest.Update(t, d, func(tx *db.Tx) error { return tx.QueryRow("PRAGMA max_page_count = 1").Scan(&before) })
	err := d.Update(context.Background(), func(tx *db.Tx) error {
		if err := add("first")(tx); err != nil {
			return err
		}
		_ = tx.Attempt(func() error { return add(strings.Repeat("x", 100_000))(tx) })
		_ = add("orphan")(tx) // swallowed errors must not matter
		return nil
	})
	if refusal.KindOf(err) != refusal.Full {
		t.Errorf("a lost transaction: %v", err)
	}
	if got := names(t, d); got != "" {
		t.Errorf("kept %q", got)
	}
}

func TestVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, err := db.Open(context.Background(), filepath.Join(t.TempDir(), "v.db"), db.Options{Now: time.Now}, seeds)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		first := d.Now()
		time.Sleep(5 * 24 * time.Hour)
		dbtest.Update(t, d, func(tx *db.Tx) error {
			if got := tx.Now.Sub(first); got != 5*24*time.Hour {
				t.Errorf("five days took %v", got)
			}
			return nil
		})
	})
}

func BenchmarkDurableInserts(b *testing.B) {
	for _, waiting := range []int{1, 20, 64} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			d := dbtest.Open(b, seeds)
			b.SetParallelism(waiting)
			var n sync.Mutex
			i := 0
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					n.Lock()
					i++
					name := fmt.Sprint(i)
					n.Unlock()
					dbtest.Update(b, d, add(name))
				}
			})
		})
	}
}
