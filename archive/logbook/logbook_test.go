package logbook_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/logbook"
)

func write(t *testing.T, d *db.DB, all ...logbook.Entry) {
	t.Helper()
	dbtest.Update(t, d, func(tx *db.Tx) error {
		for _, e := range all {
			if err := logbook.Write(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func find(t *testing.T, d *db.DB, key string) (verbs string) {
	t.Helper()
	dbtest.View(t, d, func(tx *db.Tx) error {
		all, err := logbook.Find(tx, key)
		for _, e := range all {
			verbs += string(e.Verb) + " "
		}
		return err
	})
	return strings.TrimSpace(verbs)
}

func TestAStoryIsFoundByAnyOfItsNames(t *testing.T) {
	d := dbtest.Open(t, logbook.Schema())
	write(t, d,
		logbook.Entry{Story: "k7qx", Verb: logbook.Received, MessageID: "1@south.test"},
		logbook.Entry{Story: "other", Verb: logbook.Received, MessageID: "2@south.test"},
		logbook.Entry{Story: "k7qx", Verb: logbook.Published, MessageID: "1@south.test"},
		logbook.Entry{Story: "k7qx", Verb: logbook.Deferred, Copy: 41, To: "dana@north.test", Detail: "451 later"},
		logbook.Entry{Story: "k7qx", Verb: logbook.Delivered, Copy: 41, To: "dana@north.test"},
	)
	for key, want := range map[string]string{
		"<1@south.test>": "received published deferred delivered",
		"1@south.test":   "received published deferred delivered",
		"k7qx":           "received published deferred delivered",
		"41":             "deferred delivered",
		"2@south.test":   "received",
		"9@south.test":   "", "": "", "0": "", "<>": "", "-1": "",
	} {
		if got := find(t, d, key); got != want {
			t.Errorf("%q: %q, want %q", key, got, want)
		}
	}
}

func TestDetailStaysOnItsLine(t *testing.T) {
	d := dbtest.Open(t, logbook.Schema())
	write(t, d, logbook.Entry{Story: "s", Verb: logbook.Bounced, Copy: 1, Detail: "550 no\r\n2026 delivered forged\x1b[2J " + strings.Repeat("y", 2000)})
	dbtest.View(t, d, func(tx *db.Tx) error {
		all, err := logbook.Find(tx, "s")
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		if s := all[0].Detail; strings.ContainsAny(s, "\r\n\x1b") || len(s) > 500 {
			t.Errorf("kept %q", s)
		}
		return nil
	})
}

func TestTheBooks(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	d := dbtest.OpenAt(t, func() time.Time { return now }, logbook.Schema())
	write(t, d,
		logbook.Entry{Story: "a", Verb: logbook.Received}, logbook.Entry{Story: "a", Verb: logbook.Published},
		logbook.Entry{Story: "a", Verb: logbook.Delivered, Copy: 1}, logbook.Entry{Story: "a", Verb: logbook.Bounced, Copy: 2})
	now = now.AddDate(0, 1, 0)
	write(t, d, logbook.Entry{Story: "b", Verb: logbook.Received}, logbook.Entry{Story: "c", Verb: logbook.Delivered, Copy: 3}, logbook.Entry{Story: "c", Verb: logbook.Deferred, Copy: 3})
	check := func() {
		t.Helper()
		dbtest.View(t, d, func(tx *db.Tx) error {
			ended, err := logbook.Ended(tx)
			if err != nil || ended[logbook.Delivered] != 2 || ended[logbook.Bounced] != 1 || ended[logbook.Dropped] != 0 {
				t.Errorf("ended: %v %v", ended, err)
			}
			lately, err := logbook.EndedSince(tx, now.AddDate(0, 0, -7))
			if err != nil || lately[logbook.Delivered] != 1 || lately[logbook.Bounced] != 0 || len(lately) != 1 {
				t.Errorf("ended lately: %v %v", lately, err)
			}
			open, err := logbook.Unfinished(tx, 10)
			if err != nil || len(open) != 1 || open[0].Story != "b" {
				t.Errorf("unfinished: %v %v", open, err)
			}
			return nil
		})
	}
	check()
	for range 2 {
		dbtest.Update(t, d, func(tx *db.Tx) error { _, err := logbook.Purge(tx, now.AddDate(0, 0, -7)); return err })
		check()
	}
	if got := find(t, d, "a"); got != "" {
		t.Errorf("purged rows are still told: %q", got)
	}
}

// A year of copies goes in steps, oldest first, and every one of them counts once.
func TestPurgeGoesInSteps(t *testing.T) {
	now := time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)
	d := dbtest.OpenAt(t, func() time.Time { return now }, logbook.Schema())
	dbtest.Update(t, d, func(tx *db.Tx) error {
		for i := range 12_000 {
			if err := logbook.Write(tx, logbook.Entry{Story: "a", Verb: logbook.Delivered, Copy: int64(i + 1)}); err != nil {
				return err
			}
		}
		return nil
	})
	now = now.AddDate(0, 2, 0)
	write(t, d, logbook.Entry{Story: "b", Verb: logbook.Delivered, Copy: 12_001})
	var steps []int64
	for n := int64(-1); n != 0; {
		dbtest.Update(t, d, func(tx *db.Tx) (err error) { n, err = logbook.Purge(tx, now.AddDate(0, -1, 0)); return err })
		steps = append(steps, n)
	}
	if got := fmt.Sprint(steps); got != "[5000 5000 2000 0]" {
		t.Errorf("steps %s", got)
	}
	dbtest.View(t, d, func(tx *db.Tx) error {
		ended, err := logbook.Ended(tx)
		if ended[logbook.Delivered] != 12_001 {
			t.Errorf("ended: %v", ended)
		}
		return err
	})
}

func TestEnds(t *testing.T) {
	for v, want := range map[logbook.Verb]bool{logbook.Delivered: true, logbook.Bounced: true, logbook.Dropped: true, logbook.Deferred: false, logbook.Relayed: false} {
		if v.Ends() != want {
			t.Errorf("%s ends: %v", v, v.Ends())
		}
	}
}
