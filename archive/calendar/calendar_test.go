package calendar_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
)

func zone(t testing.TB, name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// The cases of product.md A3, and a few that are odder.
func TestNextAcrossClockChanges(t *testing.T) {
	for _, c := range []struct{ zone, after, want string }{
		{"America/New_York", "2026-03-07T12:00:00Z", "2026-03-08T03:00:00-04:00"},    // 02:00 does not exist
		{"Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T03:00:00+02:00"},       // nor here
		{"Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T02:00:00+02:00"},       // twice: the first
		{"America/New_York", "2026-10-31T12:00:00Z", "2026-11-01T02:00:00-05:00"},    // 01:00 is twice there, 02:00 once
		{"Australia/Lord_Howe", "2026-10-03T00:00:00Z", "2026-10-04T02:30:00+11:00"}, // half an hour is missing
		{"Pacific/Apia", "2011-12-29T00:00:00-10:00", "2011-12-29T02:00:00-10:00"},   //
		{"Pacific/Apia", "2011-12-29T02:00:00-10:00", "2011-12-31T02:00:00+14:00"},   // the 30th never was
		{"Asia/Kathmandu", "2026-06-12T00:00:00+05:45", "2026-06-12T02:00:00+05:45"}, // odd offsets
		{"UTC", "2026-06-12T02:00:00Z", "2026-06-13T02:00:00Z"},                      // after means after
	} {
		after, _ := time.Parse(time.RFC3339, c.after)
		got := calendar.Schedule{Period: calendar.Daily, Hour: 2, Zone: zone(t, c.zone)}.Next(after)
		if want, _ := time.Parse(time.RFC3339, c.want); !got.Equal(want) {
			t.Errorf("%s after %s: %s, want %s", c.zone, c.after, got.In(zone(t, c.zone)), c.want)
		}
	}
}

func TestWeeklyAndMonthly(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	weekly := calendar.Schedule{Period: calendar.Weekly, Weekday: time.Friday, Hour: 8, Zone: berlin}
	monthly := calendar.Schedule{Period: calendar.Monthly, Weekday: time.Friday, Hour: 8, Zone: berlin}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var months []string
	for range 12 {
		at = monthly.Next(at)
		months = append(months, at.In(berlin).Format("Jan 2 15:04"))
	}
	want := "Jan 2 08:00, Feb 6 08:00, Mar 6 08:00, Apr 3 08:00, May 1 08:00, Jun 5 08:00, Jul 3 08:00, Aug 7 08:00, Sep 4 08:00, Oct 2 08:00, Nov 6 08:00, Dec 4 08:00"
	if got := strings.Join(months, ", "); got != want {
		t.Errorf("monthly: %s", got)
	}
	if got := weekly.Next(time.Date(2026, 6, 12, 6, 0, 0, 0, time.UTC)); !got.Equal(time.Date(2026, 6, 19, 6, 0, 0, 0, time.UTC)) {
		t.Errorf("weekly: %s", got)
	}
}

// I5: one slot a week and a day in every sort of zone, never two daily ones less than 20 hours apart.
func TestSlotsOverThreeYears(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tehran", "America/Sao_Paulo", "Pacific/Chatham", "Africa/Cairo", "America/Santiago"} {
		for hour := range 24 {
			if hour%5 != 2 && hour != 0 {
				continue
			}
			s := calendar.Schedule{Period: calendar.Daily, Hour: hour, Zone: zone(t, name)}
			at, end, n := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC), 0
			var last time.Time
			for at = s.Next(at); at.Before(end); at = s.Next(at) {
				if gap := at.Sub(last); n > 0 && (gap < 20*time.Hour || gap > 28*time.Hour) {
					t.Errorf("%s at %d: %s after %s", name, hour, gap, last.In(s.Zone))
				}
				last, n = at, n+1
			}
			if n < 1094 || n > 1096 {
				t.Errorf("%s at %d: %d slots in 1095 days", name, hour, n)
			}
		}
	}
}

type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.lines, "; ")
}

func set(t testing.TB, d *db.DB, kind calendar.Kind, object int64, at time.Time) {
	t.Helper()
	dbtest.Update(t, d, func(tx *db.Tx) error { return calendar.Set(tx, kind, object, at) })
}

func TestRunDueDoesEverythingOnce(t *testing.T) {
	now := time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC)
	d := dbtest.OpenAt(t, func() time.Time { return now }, calendar.Schema())
	c := calendar.New(d, nil)
	var did diary
	c.Register("plan", func(tx *db.Tx, due calendar.Due) error {
		did.note("plan %d", due.Object)
		return calendar.Set(tx, "issue", due.Object, tx.Now) // what becomes due meanwhile is done too
	})
	c.Register("issue", func(tx *db.Tx, due calendar.Due) error {
		did.note("issue %d", due.Object)
		return calendar.Set(tx, "issue", due.Object, tx.Now.AddDate(0, 0, 7))
	})
	set(t, d, "plan", 1, now.Add(-time.Hour))
	set(t, d, "plan", 2, now)
	set(t, d, "plan", 3, now.Add(time.Second))
	set(t, d, "foreign", 4, now)
	for range 2 {
		if _, failed, err := c.RunDue(context.Background()); err != nil || failed != 0 {
			t.Fatal(failed, err)
		}
	}
	if got := did.String(); got != "plan 1; plan 2; issue 1; issue 2" {
		t.Errorf("did %s", got)
	}
	dbtest.View(t, d, func(tx *db.Tx) error {
		due, err := calendar.List(tx, now.AddDate(0, 0, 7))
		if len(due) != 4 {
			t.Errorf("left: %v %v", due, err)
		}
		at, ok, err := calendar.At(tx, "issue", 1)
		if !ok || !at.Equal(now.AddDate(0, 0, 7)) {
			t.Errorf("next: %v %v", at, ok)
		}
		return err
	})
	dbtest.Update(t, d, func(tx *db.Tx) error { return calendar.Clear(tx, "issue", 1) })
	dbtest.View(t, d, func(tx *db.Tx) error {
		if _, ok, err := calendar.At(tx, "issue", 1); ok || err != nil {
			t.Error("not cleared", err)
		}
		return nil
	})
}

func TestAFailingDateKeepsNobodyWaiting(t *testing.T) {
	now := time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC)
	d := dbtest.OpenAt(t, func() time.Time { return now }, calendar.Schema())
	c := calendar.New(d, nil)
	var did diary
	c.Register("x", func(tx *db.Tx, due calendar.Due) error {
		did.note("%d", due.Object)
		if due.Object == 1 {
			return errors.New("no")
		}
		if due.Object == 2 {
			panic("oh no")
		}
		return nil
	})
	for i := range 3 {
		set(t, d, "x", int64(i+1), now)
	}
	done, failed, err := c.RunDue(context.Background())
	if done != 1 || failed != 2 || err != nil {
		t.Errorf("%d done, %d failed: %v", done, failed, err)
	}
	now = now.Add(59 * time.Second)
	_, failed, _ = c.RunDue(context.Background())
	now = now.Add(time.Second)
	_, again, _ := c.RunDue(context.Background())
	if failed != 0 || again != 2 {
		t.Errorf("%d before, %d after a minute", failed, again)
	}
	dbtest.View(t, d, func(tx *db.Tx) error {
		at, ok, err := calendar.At(tx, "x", 1)
		if !ok || at.Sub(now) != 2*time.Minute {
			t.Errorf("the second wait is %v", at.Sub(now))
		}
		return err
	})
}

func TestRunKeepsDatesInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "c.db"), db.Options{Now: time.Now}, calendar.Schema())
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		start := time.Now()
		c := calendar.New(d, nil)
		var did diary
		c.Register("x", func(tx *db.Tx, due calendar.Due) error {
			did.note("%d after %s", due.Object, tx.Now.Sub(start))
			return nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- c.Run(ctx) }()
		set(t, d, "x", 1, start.Add(30*time.Minute))
		set(t, d, "x", 2, start.Add(90*time.Second))
		time.Sleep(time.Hour)
		set(t, d, "x", 3, start) // long past
		synctest.Wait()
		if got := did.String(); got != "2 after 1m30s; 1 after 30m0s; 3 after 1h0m0s" {
			t.Errorf("did %s", got)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// A disk that takes nothing is tried now and then, not all the time, and what was due is done when it takes something again.
func TestRunIsCalmWhileTheDatabaseFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := db.Schema{Owner: "test", Steps: []string{`
			CREATE TABLE full (yes INTEGER);
			CREATE TRIGGER full_delete BEFORE DELETE ON due_date WHEN EXISTS (SELECT 1 FROM full) BEGIN SELECT raise(ABORT, 'full'); END;
			CREATE TRIGGER full_update BEFORE UPDATE ON due_date WHEN EXISTS (SELECT 1 FROM full) BEGIN SELECT raise(ABORT, 'full'); END`}}
		d, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "c.db"), db.Options{Now: time.Now}, calendar.Schema(), broken)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		var said lines
		c := calendar.New(d, slog.New(slog.NewTextHandler(&said, nil)))
		var did diary
		c.Register("x", func(tx *db.Tx, due calendar.Due) error { did.note("%d", due.Object); return nil })
		dbtest.Update(t, d, func(tx *db.Tx) error { _, err := tx.Exec("INSERT INTO full VALUES (1)"); return err })
		set(t, d, "x", 1, time.Now())
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- c.Run(ctx) }()
		time.Sleep(time.Hour)
		if n := said.count(); n < 30 || n > 2000 {
			t.Errorf("%d lines in the log after an hour", n)
		}
		dbtest.Update(t, d, func(tx *db.Tx) error { _, err := tx.Exec("DELETE FROM full"); return err })
		time.Sleep(7 * time.Hour) // a failed attempt may just have put it off
		if got := did.String(); got != "1" {
			t.Errorf("did %q", got)
		}
		cancel()
		<-ended
	})
}

// lines counts what is logged, and ends the test's patience when it does not stop.
type lines struct {
	mu sync.Mutex
	n  int
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.n++; l.n > 100_000 {
		panic("the calendar never rests")
	}
	return len(p), nil
}

func (l *lines) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.n
}

func TestTwoHandlersAreAMistake(t *testing.T) {
	c := calendar.New(nil, nil)
	c.Register("y", func(*db.Tx, calendar.Due) error { return nil })
	defer func() {
		if recover() == nil {
			t.Error("took two handlers for one kind")
		}
	}()
	c.Register("y", func(*db.Tx, calendar.Due) error { return nil })
}

func BenchmarkNext(b *testing.B) {
	s := calendar.Schedule{Period: calendar.Weekly, Weekday: time.Friday, Hour: 8, Zone: zone(b, "Europe/Berlin")}
	at := time.Date(2026, 6, 12, 6, 0, 0, 0, time.UTC)
	for b.Loop() {
		s.Next(at)
	}
}

// Dates of a kind that may be done together are each done once, in whatever order, with commits in common; one that fails or panics
// undoes nothing of the others and is tried again; and dates of other kinds keep their order.
func TestDatesDoneTogether(t *testing.T) {
	now := time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC)
	d := dbtest.OpenAt(t, func() time.Time { return now }, calendar.Schema())
	c := calendar.New(d, nil)
	var did diary
	var mu sync.Mutex
	times := map[int64]int{}
	c.Register("a", func(tx *db.Tx, due calendar.Due) error { did.note("a %d", due.Object); return nil })
	c.Register("b", func(tx *db.Tx, due calendar.Due) error {
		tx.OnCommit(func() {
			mu.Lock()
			defer mu.Unlock()
			times[due.Object]++
		})
		if err := calendar.Set(tx, "b", due.Object, due.At.AddDate(0, 0, 7)); err != nil {
			return err
		}
		switch due.Object {
		case 7:
			return errors.New("no")
		case 8:
			panic("oh no")
		}
		return nil
	})
	c.Together("b")
	for i := range int64(250) {
		set(t, d, "b", i, now)
	}
	for i := range int64(3) {
		set(t, d, "a", i, now.Add(time.Duration(i)*time.Minute-time.Hour))
	}
	done, failed, err := c.RunDue(context.Background())
	if done != 251 || failed != 2 || err != nil {
		t.Errorf("%d done, %d failed: %v", done, failed, err)
	}
	if got := did.String(); got != "a 0; a 1; a 2" {
		t.Errorf("did %s", got)
	}
	for i := range int64(250) {
		if want := map[bool]int{true: 0, false: 1}[i == 7 || i == 8]; times[i] != want {
			t.Errorf("%d was done %d times", i, times[i])
		}
	}
	dbtest.View(t, d, func(tx *db.Tx) error {
		for object, want := range map[int64]time.Time{6: now.AddDate(0, 0, 7), 7: now.Add(time.Minute), 8: now.Add(time.Minute), 249: now.AddDate(0, 0, 7)} {
			if at, ok, err := calendar.At(tx, "b", object); !ok || !at.Equal(want) || err != nil {
				t.Errorf("%d is next at %v: %v", object, at, err)
			}
		}
		return nil
	})
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	now = now.AddDate(0, 0, 7)
	if done, _, err := c.RunDue(context.Background()); done != 0 || err == nil {
		t.Errorf("over a database that is closed: %d done, %v", done, err)
	}
}
