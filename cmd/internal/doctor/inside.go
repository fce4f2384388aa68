package doctor

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
)

// soundness asks SQLite whether the file is whole (a quick check: "backchannel check" is the thorough one) and reads its promises back.
func soundness(ctx context.Context, h Host) []Finding {
	v, err := h.Database.Vitals(ctx)
	switch {
	case ctx.Err() != nil:
		return one(Warn, "not known: the database is too large to be looked through in twenty seconds", "backchannel check takes all the time it needs")
	case err != nil:
		return unable(err)
	case len(v.Faults) > 0:
		return one(Fail, strings.Join(v.Faults, "; "), "stop the server, keep the file, and restore the newest backup: backchannel restore FILE")
	case v.Journal != "wal" || v.Synchronous != 2:
		return one(Fail, fmt.Sprintf("it does not promise to keep what it is given (journal %s, synchronous %d)", v.Journal, v.Synchronous), "move the folder data to a local disk")
	}
	return fine("sound: %s (SQLite %s, journal WAL, synchronous FULL)", h.Database.Path(), v.Version)
}

// room is P6: below 200 MB, or 5 % where that is less, no letter is taken.
func room(_ context.Context, h Host) []Finding {
	free, total, err := h.Database.Free()
	if err != nil {
		return unable(err)
	}
	found := fmt.Sprintf("%d MB free of %d MB", free>>20, total>>20)
	limit := min(200<<20, total/20)
	switch {
	case free < limit:
		return one(Fail, found+": no letters are taken", "make room on the disk; letters come in again by themselves")
	case free < 5*limit:
		return one(Warn, found, "make room soon: below "+fmt.Sprint(limit>>20)+" MB no letters are taken")
	}
	return fine("%s", found)
}

// keys must be there, and be nobody else's to read.
func keys(_ context.Context, h Host) []Finding {
	names, open, have := 0, []string{}, map[string]bool{}
	err := fs.WalkDir(h.Keys, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		names++
		kind, _, _ := strings.Cut(strings.TrimSuffix(path, ".key"), "-") // seal.key, token-1.key, dkim-bc1.pem
		have[kind] = true
		if info.Mode().Perm()&0o077 != 0 {
			open = append(open, path)
		}
		return nil
	})
	switch {
	case err != nil:
		return unable(err)
	case len(open) > 0:
		return one(Fail, "others on this machine can read: "+strings.Join(open, ", "), "chmod 600 these files")
	}
	for _, kind := range []string{"seal", "token", "dkim"} {
		if !have[kind] {
			return one(Fail, "the "+kind+" key is missing", "bring back the copy that you have of the folder; a new key cannot read what the old one sealed")
		}
	}
	return fine("%s, readable by this user alone", count(names, "key"))
}

// files must be nobody else's to read: letters lie in them (ST4). What lies in a closed folder is safe whatever its own rights.
func files(_ context.Context, h Host) []Finding {
	all, err := fs.ReadDir(h.Data, ".")
	if err != nil {
		return unable(err)
	}
	folder, err := fs.Stat(h.Data, ".")
	if err != nil {
		return unable(err)
	}
	var open []string
	for _, e := range all {
		info, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), "backchannel.db") && info.Mode().Perm()&0o077 != 0 {
			open = append(open, e.Name())
		}
	}
	switch shut := folder.Mode().Perm()&0o077 == 0; {
	case shut && len(open) == 0:
		return fine("nobody else on this machine can read them")
	case shut:
		return one(Warn, "only the rights of the folder keep others from reading "+commas(open), "chmod 600 these files")
	case len(open) > 0:
		return one(Fail, "others on this machine can read "+commas(open)+", with every letter in it", "chmod 700 the folder data, and 600 these files")
	}
	return one(Warn, "others on this machine can look into the folder data", "chmod 700 it")
}

// clock compares the clock with the newest thing we know of: a machine whose clock is behind sends digests late and dates letters wrong.
func clock(ctx context.Context, h Host) []Finding {
	var newest time.Time
	err := h.Database.View(ctx, func(tx *db.Tx) (err error) { newest, err = logbook.Newest(tx); return err })
	if err != nil {
		return unable(err)
	}
	now := h.Now()
	found := "it is " + now.UTC().Format(time.RFC1123)
	if last := newest.UTC(); last.After(now.Add(5 * time.Minute)) {
		return one(Warn, found+", but something was written at "+last.Format(time.RFC1123), "set the clock (timedatectl set-ntp true); if you rehearsed with --at, all is well")
	}
	return fine("%s", found)
}

func fullText(_ context.Context, h Host) []Finding {
	if !h.Database.FTS() {
		return one(Warn, "this program was built without full-text search: every search reads every post", "build it with: go build -tags sqlite_fts5 ./cmd/backchannel")
	}
	return fine("full-text index")
}

// backup tells when the database was last copied, as far as that is known.
func backup(_ context.Context, h Host) []Finding {
	age := h.Now().Sub(h.Backup)
	switch {
	case h.Backup.IsZero() && h.Trying:
		return one(Later, "none was made yet with backchannel backup", "backchannel backup FILE, each night, when there is something to lose; copy data/keys once")
	case h.Backup.IsZero():
		return one(Warn, "none was made yet with backchannel backup", "backchannel backup FILE, each night; copy data/keys once, and keep both on another machine")
	case age > backupAge:
		return one(Warn, fmt.Sprintf("the newest is %s old", age.Round(time.Hour)), "backchannel backup FILE, each night")
	}
	return fine("the newest is of %s", h.Backup.UTC().Format("2006-01-02 15:04 UTC"))
}

// backupAge is how old the newest backup may be: a day for a machine that makes one each night, and one for it to fail once.
const backupAge = 50 * time.Hour

// clean makes foreign words fit to be printed (A12).
func clean(s string) string { return letter.ASCII(s, 200) }

// count writes a number with its noun: 1 key, 2 keys.
func count[N int | int64](n N, one string) string {
	if n == 1 {
		return "1 " + one
	}
	if stem, ok := strings.CutSuffix(one, "y"); ok && !strings.HasSuffix(stem, "a") && !strings.HasSuffix(stem, "e") {
		return fmt.Sprintf("%d %sies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, one)
}
