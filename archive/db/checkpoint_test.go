package db

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Whoever writes without a pause is not held up by the moving of pages, and still the write-ahead log stays short.
func TestWriteAheadLogStaysShort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	d, err := Open(t.Context(), path, Options{Now: time.Now}, Schema{Owner: "x", Steps: []string{"CREATE TABLE x (b BLOB) STRICT"}})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	const commits, rows = 150, 200 // of a page each: more than the log may ever hold
	longest := int64(0)
	for range commits {
		err := d.Update(t.Context(), func(tx *Tx) error {
			_, err := tx.Exec("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO x (b) SELECT zeroblob(4000) FROM n", rows)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		longest = max(longest, info.Size()/4096)
	}
	if longest < checkpointPages || longest > checkpointMost+4*rows {
		t.Errorf("the log had %d pages at its longest", longest)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() < (commits*rows-checkpointMost)*4096 {
		t.Errorf("the file has %d octets only, %v", info.Size(), err)
	}
}

// The log is begun anew when all of it is in the file: also where the writer alone moves the pages.
func TestTheWriterMovesATail(t *testing.T) {
	d, err := Open(t.Context(), filepath.Join(t.TempDir(), "a.db"), Options{Now: time.Now}, Schema{Owner: "x", Steps: []string{"CREATE TABLE x (b BLOB) STRICT"}})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	pages := func() (inLog, moved int64) {
		t.Helper()
		c, err := d.connect(context.Background(), d.pool)
		if err != nil {
			t.Fatal(err)
		}
		defer c.close()
		if inLog, moved, err = walPages(c, "NOOP"); err != nil {
			t.Fatal(err)
		}
		return inLog, moved
	}
	insert := func(octets int) {
		t.Helper()
		if err := d.Update(t.Context(), func(tx *Tx) error { _, err := tx.Exec("INSERT INTO x (b) VALUES (zeroblob(?))", octets); return err }); err != nil {
			t.Fatal(err)
		}
	}
	insert(checkpointPages * 4096) // the mover is told
	c, err := d.connect(context.Background(), d.pool)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	d.moving.Lock() // now the mover has done it, or does it again in vain
	d.movePages(c)
	d.moving.Unlock()
	insert(1)
	insert(1)
	if inLog, _ := pages(); inLog >= checkpointTail {
		t.Errorf("%d pages in the log", inLog)
	}
}

func TestMovingFailsAloud(t *testing.T) {
	var out bytes.Buffer
	d, err := Open(t.Context(), filepath.Join(t.TempDir(), "a.db"), Options{Now: time.Now, Log: slog.New(slog.NewTextHandler(&out, nil))})
	if err != nil {
		t.Fatal(err)
	}
	c, err := d.connect(context.Background(), d.pool)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.close(); err != nil {
		t.Fatal(err)
	}
	d.movePages(c)
	d.checkpoint(c)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, "move the write-ahead log") || !strings.Contains(got, "look at the write-ahead log") {
		t.Errorf("the log says %q", got)
	}
}
