package db

import (
	"context"
	"fmt"
)

// Pages in the write-ahead log: after how many they are moved into the file (the more, the fewer are moved twice), how few the writer
// moves by itself, and how many there may ever be before all writing waits. All that is in the log stays there until everything has been
// moved, and only the writer can find an end of it; the bulk is moved beside the writing, which would stand still for a hundred letters.
const (
	checkpointPages = 4000
	checkpointTail  = 300
	checkpointMost  = 4 * checkpointPages
)

// checkpoint looks after the write-ahead log, after a commit. It belongs to the writer.
func (d *DB) checkpoint(w *conn) {
	inLog, moved, err := walPages(w, "NOOP")
	switch {
	case err != nil:
		d.log.Warn("look at the write-ahead log", "error", err)
	case inLog < checkpointPages:
	case inLog-moved <= checkpointTail:
		d.movePages(w)
	case inLog < checkpointMost:
		select {
		case d.crowded <- struct{}{}:
		default: // it is being done
		}
	default:
		d.moving.Lock() // waits for what is being done
		defer d.moving.Unlock()
		d.movePages(w)
	}
}

// movePages moves what it can from the write-ahead log into the file, waiting for nobody.
func (d *DB) movePages(c *conn) {
	if _, _, err := walPages(c, "PASSIVE"); err != nil {
		d.sync(err)
		d.log.Warn("move the write-ahead log into the file", "error", err)
	}
}

// mover moves pages into the file when the writer finds the log crowded, until Close.
func (d *DB) mover() {
	defer close(d.moved)
	var c *conn
	defer func() { _ = c.close() }()
	for {
		select {
		case <-d.crowded:
		case <-d.stop:
			return
		}
		if c == nil {
			var err error
			if c, err = d.connect(context.Background(), d.pool); err != nil {
				d.log.Warn("move the write-ahead log into the file", "error", err)
				continue
			}
		}
		d.moving.Lock()
		d.movePages(c)
		d.moving.Unlock()
	}
}

// walPages runs a checkpoint and tells how many pages are in the write-ahead log then, and how many of them are in the file, too.
func walPages(c *conn, mode string) (inLog, moved int64, err error) {
	s, err := c.stmt("PRAGMA wal_checkpoint(" + mode + ")")
	if err != nil {
		return 0, 0, err
	}
	var busy int
	if err := s.QueryRowContext(context.Background()).Scan(&busy, &inLog, &moved); err != nil {
		return 0, 0, fmt.Errorf("checkpoint: %w", err)
	}
	return inLog, moved, nil
}
