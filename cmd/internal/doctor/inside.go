package doctor

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/moderation"
	"backchannel/smtpd/queue"
)

// soundness asks SQLite whether the file is whole.
func soundness(ctx context.Context, h Host) []Finding {
	faults, err := h.Database.Check(ctx)
	if err != nil {
		return unable("database", err)
	}
	if len(faults) > 0 {
		return one("database", Fail, strings.Join(faults, "; "), "stop the server, keep the file, and restore the newest backup: backchannel restore FILE")
	}
	return one("database", OK, "sound: "+h.Database.Path(), "")
}

// room is P6: below 200 MB, or 5 % where that is less, no letter is taken.
func room(_ context.Context, h Host) []Finding {
	free, total, err := h.Database.Free()
	if err != nil {
		return unable("disk", err)
	}
	found := fmt.Sprintf("%d MB free of %d MB", free>>20, total>>20)
	limit := min(200<<20, total/20)
	switch {
	case free < limit:
		return one("disk", Fail, found+": no letters are taken", "make room on the disk; letters come in again by themselves")
	case free < 5*limit:
		return one("disk", Warn, found, "make room soon: below "+fmt.Sprint(limit>>20)+" MB no letters are taken")
	}
	return one("disk", OK, found, "")
}

// keys must be there, and be nobody else's to read.
func keys(_ context.Context, h Host) []Finding {
	names, open := 0, []string{}
	err := fs.WalkDir(h.Keys, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		names++
		if info.Mode().Perm()&0o077 != 0 {
			open = append(open, path)
		}
		return nil
	})
	switch {
	case err != nil:
		return unable("keys", err)
	case len(open) > 0:
		return one("keys", Fail, "others on this machine can read: "+strings.Join(open, ", "), "chmod 600 these files")
	}
	return one("keys", OK, fmt.Sprintf("%d keys, readable by this user alone", names), "")
}

// clock compares the clock with the newest thing we know of: a machine whose clock is behind sends digests late and dates letters wrong.
func clock(ctx context.Context, h Host) []Finding {
	var newest int64
	err := h.Database.View(ctx, func(tx *db.Tx) error { return newestEntry(tx, &newest) })
	if err != nil {
		return unable("clock", err)
	}
	now := h.Now()
	found := "it is " + now.UTC().Format(time.RFC1123)
	if last := db.Time(newest); last.After(now.Add(5 * time.Minute)) {
		return one("clock", Warn, found+", but something was written at "+last.Format(time.RFC1123), "set the clock (timedatectl set-ntp true); if you rehearsed with --at, all is well")
	}
	return one("clock", OK, found, "")
}

func fullText(_ context.Context, h Host) []Finding {
	if !h.Database.FTS() {
		return one("search", Warn, "this program was built without full-text search: every search reads every post", "build it with: go build -tags sqlite_fts5 ./cmd/backchannel")
	}
	return one("search", OK, "full-text index", "")
}

// communities: one without a manager has a private door that leads nowhere; one without an ombuds has nobody for what managers must not see.
func communities(ctx context.Context, h Host) []Finding {
	var all []Finding
	err := h.Database.View(ctx, func(tx *db.Tx) error {
		found, err := lists.Communities(tx)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			all = one("community", Warn, "there is none yet", "backchannel community add gardeners.example")
		}
		for _, c := range found {
			f, err := community(tx, c)
			if err != nil {
				return err
			}
			all = append(all, f...)
		}
		return nil
	})
	if err != nil {
		return unable("community", err)
	}
	return all
}

func community(tx *db.Tx, c lists.Community) ([]Finding, error) {
	name := "community " + c.Domain
	managers, err := lists.Managers(tx, c.ID)
	if err != nil {
		return nil, err
	}
	l, err := lists.Lists(tx, c.ID)
	if err != nil {
		return nil, err
	}
	var all []Finding
	if len(managers) == 0 {
		all = append(all, one(name, Fail, "it has no manager: nobody reads managers@"+c.Domain, "backchannel member add ADDRESS --community "+c.Domain+" --role manager")...)
	}
	if c.Ombuds.IsZero() {
		all = append(all, one(name, Warn, "no ombuds is named for what managers must not see", "backchannel community set "+c.Domain+" --ombuds ADDRESS")...)
	}
	if len(all) == 0 {
		all = one(name, OK, fmt.Sprintf("%d managers, %d lists", len(managers), len(l)), "")
	}
	return all, nil
}

// owed looks at the queue: how much, how old, and whether it is held.
func owed(ctx context.Context, h Host) []Finding {
	var s queue.Summary
	err := h.Database.View(ctx, func(tx *db.Tx) (err error) { s, err = queue.Summarise(tx); return err })
	if err != nil {
		return unable("queue", err)
	}
	found := fmt.Sprintf("%d copies owed", s.Owing())
	switch {
	case s.Aside > 0:
		return one("queue", Fail, fmt.Sprintf("%s; the program failed on %d of them, which were set aside", found, s.Aside), "backchannel queue list, and please report it")
	case s.Held > 0:
		return one("queue", Warn, fmt.Sprintf("%s, %d of them held", found, s.Held), "backchannel queue list; then: backchannel queue release")
	case !s.Oldest.IsZero() && h.Now().Sub(s.Oldest) > 24*time.Hour:
		return one("queue", Warn, fmt.Sprintf("%s, the oldest for %s", found, h.Now().Sub(s.Oldest).Round(time.Hour)), "backchannel queue list shows what the other side said")
	}
	return one("queue", OK, found, "")
}

// waiting counts letters that wait for somebody's word.
func waiting(ctx context.Context, h Host) []Finding {
	n, oldest := 0, time.Time{}
	err := h.Database.View(ctx, func(tx *db.Tx) error {
		found, err := lists.Communities(tx)
		for _, c := range found {
			held, err := moderation.List(tx, c.ID)
			if err != nil {
				return err
			}
			for _, w := range held {
				if n++; oldest.IsZero() || w.Asked.Before(oldest) {
					oldest = w.Asked
				}
			}
		}
		return err
	})
	if err != nil {
		return unable("held letters", err)
	}
	if n > 0 && h.Now().Sub(oldest) > 72*time.Hour {
		return one("held letters", Warn, fmt.Sprintf("%d wait for a word, the oldest for %s", n, h.Now().Sub(oldest).Round(time.Hour)), "backchannel held list")
	}
	return one("held letters", OK, fmt.Sprintf("%d wait for a word", n), "")
}

// clean makes foreign words fit to be printed (A12).
func clean(s string) string { return letter.ASCII(s, 200) }
