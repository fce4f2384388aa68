package backchannel

import (
	"crypto/sha256"
	"fmt"
	"time"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
)

// schemaAttach is what travels with what is said.
const schemaAttach = `
	CREATE TABLE conv_attach (
		id     INTEGER PRIMARY KEY,
		msg    INTEGER NOT NULL REFERENCES conv_msg (id),
		name   TEXT NOT NULL,
		type   TEXT NOT NULL,
		size   INTEGER NOT NULL,                    -- octets
		sha256 BLOB NOT NULL,
		author INTEGER NOT NULL CHECK (author IN (0, 1)), -- its author's name may stand inside
		raw    INTEGER REFERENCES raw (id),         -- the bytes, sealed; NULL: no longer kept
		at     INTEGER NOT NULL
	) STRICT;
	CREATE INDEX conv_attach_msg ON conv_attach (msg);
	CREATE INDEX conv_attach_raw ON conv_attach (raw) WHERE raw IS NOT NULL;
`

// fileDays is how long files are kept (product.md B14).
const fileDays = 90

// FileOver is the calendar's kind for files whose time is over.
const FileOver calendar.Kind = "letter.file"

// keepFiles keeps what came with something said, sealed as all private bytes are.
func (b *Letterbox) keepFiles(tx *db.Tx, msg int64, all []file) error {
	for _, f := range all {
		raw, err := b.Office.Store.PutRaw(tx, f.data, archive.Sealed)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(f.data)
		id, err := tx.Insert("INSERT INTO conv_attach (msg, name, type, size, sha256, author, raw, at) VALUES (@msg, @name, @type, @size, @sha256, @author, @raw, @at)",
			db.Named("msg", msg), db.Named("name", f.name), db.Named("type", f.kind), db.Named("size", len(f.data)), db.Named("sha256", sum[:]), db.Named("author", f.author),
			db.Named("raw", int64(raw)), db.Named("at", db.Micros(tx.Now)))
		if err != nil {
			return fmt.Errorf("keep a file: %w", err)
		}
		if err := calendar.Set(tx, FileOver, id, tx.Now.AddDate(0, 0, fileDays)); err != nil {
			return err
		}
	}
	return nil
}

// kept is a row of conv_attach.
type kept struct {
	id  int64
	raw archive.RawID
	file
}

func keptFiles(tx *db.Tx, where string, arg any) ([]kept, error) {
	return db.Select(tx, func(r db.Scanner) (k kept, err error) { return k, r.Scan(&k.id, &k.name, &k.kind, &k.author, &k.raw) },
		"SELECT id, name, type, author, coalesce(raw, 0) FROM conv_attach WHERE "+where+" ORDER BY id", arg)
}

// filesOf are the files that came with something said, as far as they are kept.
func (b *Letterbox) filesOf(tx *db.Tx, msg int64) (all []file, err error) {
	rows, err := keptFiles(tx, "msg = ? AND raw IS NOT NULL", msg)
	for _, k := range rows {
		if k.data, err = b.Office.Store.Raw(tx, k.raw); err != nil {
			return all, err
		}
		all = append(all, k.file)
	}
	return all, err
}

// dropFiles forgets the files of something said, their names as well.
func (b *Letterbox) dropFiles(tx *db.Tx, msg int64) error {
	rows, err := keptFiles(tx, "msg = ?", msg)
	if err != nil {
		return err
	}
	for _, k := range rows {
		if err := b.dropFile(tx, k); err != nil {
			return err
		}
	}
	_, err = tx.Exec("DELETE FROM conv_attach WHERE msg = ?", msg)
	return err
}

// ForgetFiles forgets the files of a whole conversation, their names as well.
func (b *Letterbox) ForgetFiles(tx *db.Tx, c ConvID) error {
	all, err := db.Select(tx, func(r db.Scanner) (id int64, err error) { return id, r.Scan(&id) }, "SELECT DISTINCT msg FROM conv_attach WHERE msg IN (SELECT id FROM conv_msg WHERE conv = ?)", c)
	if err != nil {
		return err
	}
	for _, msg := range all {
		if err := b.dropFiles(tx, msg); err != nil {
			return err
		}
	}
	return nil
}

// dropFile forgets the bytes of a file; the row still tells its name.
func (b *Letterbox) dropFile(tx *db.Tx, k kept) error {
	if err := calendar.Clear(tx, FileOver, k.id); err != nil || k.raw == 0 {
		return err
	}
	if _, err := tx.Exec("UPDATE conv_attach SET raw = NULL WHERE id = ?", k.id); err != nil {
		return err
	}
	return b.Office.Store.DropRaw(tx, k.raw)
}

// fileOver forgets the bytes of one file when its time is over.
func (b *Letterbox) fileOver(tx *db.Tx, due calendar.Due) error {
	rows, err := keptFiles(tx, "id = ?", due.Object)
	if err != nil || len(rows) == 0 {
		return err
	}
	return b.dropFile(tx, rows[0])
}

// PurgeFiles forgets the bytes of all files that came before a date, and counts them. The calendar does so for each file after 90 days;
// this is for whoever wants it sooner.
func (b *Letterbox) PurgeFiles(tx *db.Tx, before time.Time) (int, error) {
	rows, err := keptFiles(tx, "raw IS NOT NULL AND at < ?", db.Micros(before))
	if err != nil {
		return 0, err
	}
	for _, k := range rows {
		if err := b.dropFile(tx, k); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}
