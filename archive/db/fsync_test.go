package db

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"backchannel/templates/refusal"

	"github.com/mattn/go-sqlite3"
)

// P5, ST6: no promise survives an fsync that failed. The disk's refusal is simulated at the point where SQLite reports it; the
// crash tests inject a real one from outside.
func TestFailedFsyncEndsTheProcess(t *testing.T) {
	var ended error
	d := &DB{log: slog.New(slog.DiscardHandler), opt: Options{Fatal: func(err error) { ended = err }}}
	d.sync(sqlite3.Error{Code: sqlite3.ErrFull})
	if ended != nil {
		t.Fatal("a full disk is no reason to end")
	}
	failed := fmt.Errorf("commit: %w", sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrFsync})
	d.sync(failed)
	if !errors.Is(ended, failed) {
		t.Error("the process went on after a failed fsync")
	}
}

func TestShortagesAreTemporaryRefusals(t *testing.T) {
	for code, want := range map[sqlite3.ErrNo]refusal.Kind{
		sqlite3.ErrFull: refusal.Full, sqlite3.ErrBusy: refusal.Unavailable, sqlite3.ErrIoErr: refusal.Unavailable, sqlite3.ErrCorrupt: refusal.Unavailable,
	} {
		err := explain(fmt.Errorf("place letter: %w", sqlite3.Error{Code: code}))
		r, ok := refusal.As(err)
		if !ok || r.Kind != want || !refusal.Temporary(err) {
			t.Errorf("code %d: %v", code, err)
		}
	}
	own := refusal.Because(refusal.Conflict, "Taken.").From(sqlite3.Error{Code: sqlite3.ErrBusy})
	if explain(own) != error(own) {
		t.Error("a refusal that has its words keeps them")
	}
}

// ST4: the version of SQLite is compared as a number.
func TestVersionNumber(t *testing.T) {
	for s, want := range map[string]int{"3.51.3": 3051003, "3.54.0": 3054000, "3.7": 3007000, "?": 0} {
		if got := versionNumber(s); got != want {
			t.Errorf("%q = %d, want %d", s, got, want)
		}
	}
}

func writeTo(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefusesAFolder(t *testing.T) {
	dir := t.TempDir()
	writeTo(t, dir+"/file", "x")
	if err := makeFile(dir + "/file/db"); err == nil {
		t.Error("a file is no folder")
	}
}
