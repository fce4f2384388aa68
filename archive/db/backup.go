package db

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"backchannel/templates/refusal"
)

// Backup writes a whole, consistent copy of the database to a new file while others read and write. The keys that lie beside the
// database are not in it (ST1).
func (d *DB) Backup(ctx context.Context, to string) error {
	if _, err := os.Stat(to); err == nil {
		return refusal.Because(refusal.Conflict, "The file %s exists already. A backup never overwrites one.", to).Try("backchannel backup %s.new", to)
	}
	c, err := d.connect(ctx, d.pool)
	if err != nil {
		return err
	}
	defer c.sql.Close()
	if err := c.exec("PRAGMA query_only = OFF"); err != nil { // VACUUM INTO counts as writing, though not here
		return explain(err)
	}
	defer func() { _ = c.exec("PRAGMA query_only = ON") }()
	return vacuumInto(ctx, c, to)
}

// vacuumInto copies by VACUUM INTO: unlike the step-wise backup it ends even while others write. The copy gets its name only when
// it is whole and on the disk.
func vacuumInto(ctx context.Context, c *conn, to string) error {
	part := to + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) // VACUUM INTO takes an empty file, and keeps its rights
	if err != nil {
		return refusal.Because(refusal.Unavailable, "The file %s cannot be written. Please check that its folder exists and has room.", to).From(err)
	}
	f.Close()
	if _, err := c.sql.ExecContext(ctx, "VACUUM INTO ?", part); err != nil {
		os.Remove(part)
		return explain(err)
	}
	return settle(part, to)
}

// settle makes a finished file durable under its final name.
func settle(part, to string) error {
	f, err := os.OpenFile(part, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(part, to); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(to))
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Wipe moves everything from the write-ahead log into the file and empties the log, so that what was overwritten or deleted is in
// neither: deleted pages are zeroed as they are freed (secure_delete). It waits for readers, some seconds at most; a refusal of kind
// Busy says that one took longer, and that it is worth another try.
func (d *DB) Wipe(ctx context.Context) error {
	c, err := d.connect(ctx, d.pool)
	if err != nil {
		return err
	}
	defer c.sql.Close()
	if err := c.exec("PRAGMA query_only = OFF"); err != nil {
		return explain(err)
	}
	defer func() { _ = c.exec("PRAGMA query_only = ON") }()
	var busy, pages, moved int64
	if err := c.sql.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved); err != nil {
		return explain(err)
	}
	if busy != 0 {
		return refusal.Because(refusal.Busy, "Somebody is reading the database just now, so that its log could not be emptied. It is tried again.")
	}
	return nil
}

// Restore puts a backup in the place of the database at path, which nobody may have open. The file that stood there is kept beside
// it, under the name that is returned (empty if there was none). prepare runs inside the copy before it gets its name, so that a
// crash never leaves a restored database unprepared: the queue is held there (P11).
func Restore(ctx context.Context, from, path string, opt Options, parts []Schema, prepare func(*Tx) error) (kept string, err error) {
	if err := looksWhole(from); err != nil {
		return "", err
	}
	part := path + ".restoring"
	if err := copyFile(from, part); err != nil {
		return "", refusal.Because(refusal.Unavailable, "The backup %s could not be copied. Is there room on the disk?", from).From(err)
	}
	defer removeAll(part)
	if err := prepareCopy(ctx, part, opt, parts, prepare); err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err == nil {
		kept = path + ".before-restore-" + stamp(opt.Now())
		for _, side := range []string{"", "-wal", "-shm"} {
			if err := os.Rename(path+side, kept+side); err != nil && !errors.Is(err, os.ErrNotExist) {
				return "", err
			}
		}
	}
	return kept, settle(part, path)
}

func prepareCopy(ctx context.Context, part string, opt Options, parts []Schema, prepare func(*Tx) error) error {
	opt.noCopy = true // the backup is the old state, and holds what prepare erases
	d, err := Open(ctx, part, opt, parts...)
	if err != nil {
		return err
	}
	faults, err := d.Check(ctx)
	if err == nil && len(faults) > 0 {
		err = refusal.Because(refusal.Malformed, "The backup is damaged and was not restored: %s", strings.Join(faults, "; "))
	}
	if err == nil && prepare != nil {
		err = d.Update(ctx, prepare)
	}
	// The last connection's close folds the write-ahead log into the file, so that one file is all there is to move.
	return errors.Join(err, d.Close())
}

func looksWhole(from string) error {
	f, err := os.Open(from)
	if err != nil {
		return refusal.Because(refusal.NotFound, "There is no backup %s that can be read.", from).From(err)
	}
	defer f.Close()
	head := make([]byte, 16)
	if _, err := io.ReadFull(f, head); err != nil || string(head) != "SQLite format 3\x00" {
		return refusal.Because(refusal.Malformed, "%s is not a backup of Backchannel: it is no SQLite database.", from)
	}
	return nil
}

func copyFile(from, to string) error {
	removeAll(to)
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return errors.Join(err, dst.Sync(), dst.Close())
}

func removeAll(path string) {
	for _, side := range []string{"", "-wal", "-shm"} {
		os.Remove(path + side)
	}
}

// Check asks SQLite whether file and foreign keys are sound, and returns what is wrong, in its words; nothing when all is well.
func (d *DB) Check(ctx context.Context) ([]string, error) {
	// A connection of its own: one that searched before may hold a stale picture of a full-text index, and call a sound one broken.
	c, err := d.connect(ctx, d.pool)
	if err != nil {
		return nil, err
	}
	defer c.close()
	rows, err := c.sql.QueryContext(ctx, "PRAGMA integrity_check(20)")
	if err != nil {
		return nil, explain(err)
	}
	defer rows.Close()
	var faults []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		if line != "ok" {
			faults = append(faults, line)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, explain(err)
	}
	broken, err := foreignKeys(ctx, c)
	for _, b := range broken {
		faults = append(faults, "rows point nowhere: "+b)
	}
	return faults, err
}

// Free is the room left on the disk of the database and the size of that disk, in bytes.
func (d *DB) Free() (free, total uint64, err error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(d.path), &fs); err != nil {
		return 0, 0, fmt.Errorf("ask for room on the disk: %w", err)
	}
	return fs.Bavail * uint64(fs.Bsize), fs.Blocks * uint64(fs.Bsize), nil
}

// Lock is a lock between processes. It goes with the process, however that ends.
type Lock struct{ f *os.File }

// TryLock takes the lock file at path, or says false when another process has it.
func TryLock(path string) (*Lock, bool, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, false, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, false, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		f.Close()
		return nil, false, nil
	}
	if err != nil {
		f.Close()
		return nil, false, err
	}
	return &Lock{f}, true, nil
}

// Unlock gives the lock back.
func (l *Lock) Unlock() error { return l.f.Close() }
