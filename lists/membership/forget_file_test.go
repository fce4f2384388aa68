package membership_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/membership"
)

// leftovers tells in which tables, and in which files of the database, a word stands.
func leftovers(v *village, words ...string) (found []string) {
	v.T.Helper()
	if err := v.DB.Wipe(context.Background()); err != nil {
		v.T.Fatal(err)
	}
	backup := filepath.Join(v.T.TempDir(), "backup.db")
	if err := v.DB.Backup(context.Background(), backup); err != nil {
		v.T.Fatal(err)
	}
	for _, name := range []string{v.DB.Path(), v.DB.Path() + "-wal", backup} {
		all, err := os.ReadFile(name)
		if err != nil {
			v.T.Fatal(err)
		}
		for _, w := range words {
			if bytes.Contains(bytes.ToLower(all), []byte(w)) {
				found = append(found, fmt.Sprintf("%s: %s", filepath.Base(name), w))
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	v.View(func(tx *db.Tx) error {
		tables, err := db.Select(tx, func(r db.Scanner) (s string, err error) { return s, r.Scan(&s) }, "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'")
		for _, table := range tables {
			rows, err := db.Select(tx, func(r db.Scanner) (s string, err error) { return s, r.Scan(&s) }, "SELECT json_array("+columns(v, table)+") FROM "+table)
			if err != nil {
				continue // bytes that are no text
			}
			for _, row := range rows {
				for _, w := range words {
					if strings.Contains(strings.ToLower(row), w) {
						found = append(found, table+": "+w+" in "+row[:min(len(row), 300)])
					}
				}
			}
		}
		return err
	})
	return found
}

// Somebody who left, came back and was forgotten later is forgotten in a backup of before they left, too; a member of another database with
// that number is not.
func TestForgottenAfterComingBack(t *testing.T) {
	v := mailroomtest.New(t)
	v.Pass(time.Hour)
	v.Update(func(tx *db.Tx) error {
		if err := lists.End(tx, v.Member(dana), lists.Left); err != nil {
			return err
		}
		_, err := lists.AddMember(tx, v.C, lists.NewMember{Address: mailroomtest.Addr(dana), Name: "Dana Reyes", Lists: []lists.List{v.Talk}, Role: lists.RoleMember, Trust: lists.Known})
		return err
	})
	v.MustSend(mailroomtest.Answer(dana, request(v, dana, "help@gardeners.example", "forget me"), "UNNAME"))
	var all []membership.Forgotten
	v.View(func(tx *db.Tx) (err error) { all, err = membership.AllForgotten(tx); return err })
	if len(all) != 1 {
		t.Fatal(all)
	}
	for name, c := range map[string]struct {
		before time.Duration
		want   bool
	}{"the backup": {0, true}, "another database": {time.Minute, false}} {
		old := mailroomtest.New(t)
		old.Update(func(tx *db.Tx) error {
			f := all[0]
			f.Joined, f.Earlier = f.Joined.Add(c.before), slices.Clone(f.Earlier)
			for i, at := range f.Earlier {
				f.Earlier[i] = at.Add(c.before)
			}
			became, err := old.Clerk.Replay(tx, f)
			if done := became == membership.GoneAgain; done != c.want {
				t.Errorf("%s: %v, %v", name, became, f)
			}
			if again, err2 := membership.AllForgotten(tx); c.want && (err2 != nil || len(again) != 1 || len(again[0].Earlier) != 1 || !again[0].Joined.Equal(f.Joined)) {
				t.Errorf("the next backup: %v", again)
			}
			return err
		})
	}
}

// B14, for posts that were imported from before their author was a member, too: after FORGET ME with REMOVE no word of theirs, no name and no
// address is in the file, its log, or a backup made then; after UNNAME the words alone are. The letters as they came are gone as soon
// as letters as they came are.
func TestForgetMeLeavesNothing(t *testing.T) {
	for word, words := range map[string]bool{"UNNAME": true, "REMOVE": false} {
		v := mailroomtest.New(t)
		old := "From: Dana Zzreyes <dana@north.example>\r\nSender: dana@north.example\r\nReply-To: zzother@north.example\r\nTo: talk@gardeners.example\r\nSubject: Zzsubject of old\r\nDate: Mon, 1 Jun 2009 10:00:00 +0000\r\n" +
			"Organization: Zzorg\r\nMessage-ID: <old@old.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nThe zzwords of old.\r\n--b\r\nContent-Type: text/plain; name=zzfile.txt\r\nContent-Disposition: attachment; filename=zzfile.txt\r\n\r\nzzinfile\r\n--b--\r\n"
		l, err := letter.Parse([]byte(old))
		if err != nil {
			t.Fatal(err)
		}
		v.Update(func(tx *db.Tx) error {
			_, err := v.Store.AddPost(tx, archive.NewPost{Mailbox: v.Talk.Box, Letter: l, Published: v.Now.Add(-time.Hour), Imported: true})
			return err
		})
		v.MustSend(post{From: "Dana Zzreyes <" + dana + ">", To: "talk@gardeners.example", Subject: "Zzsubject of today", Body: "The zzwords of today."})
		v.MustSend(post{From: bill, To: "talk@gardeners.example", Subject: "Re: Old beans", Body: "I did.", Header: "In-Reply-To: <old@old.example>\r\n"})
		v.Deliver()
		v.MustSend(mailroomtest.Answer(dana, request(v, dana, "help@gardeners.example", "forget me"), word))
		v.Pass(time.Minute)
		v.Deliver()
		v.Pass(24 * time.Hour)
		gone := []string{"zzreyes", "zzorg", "zzother"}
		if !words {
			gone = append(gone, "zzwords", "zzsubject", "zzfile", "zzinfile")
		}
		for _, f := range leftovers(v, gone...) {
			t.Errorf("%s: %s", word, f)
		}
		for _, f := range leftovers(v, "dana@north") { // where the mail says so: the book of deliveries, and today's count of answers
			if table, _, _ := strings.Cut(f, ":"); table != "log_entry" && table != "answer_count" && !strings.HasSuffix(table, ".db") && !strings.HasSuffix(table, "-wal") {
				t.Errorf("%s: %s", word, f)
			}
		}
		if kept := leftovers(v, "zzwords of old", "zzwords of today"); words != (len(kept) > 0) {
			t.Errorf("%s: %v", word, kept)
		}
	}
}

// What stays of somebody who is forgotten is what the replies of others and a later restore need: no setting, no taste, and no date of theirs.
func TestForgetMeLeavesNoSettings(t *testing.T) {
	v := writer(t)
	id := v.Member(dana).ID
	v.Update(func(tx *db.Tx) error {
		for _, query := range []string{
			"INSERT INTO follow (member, tag) VALUES (?, 'beans')", "INSERT INTO mute (member, tag, thread) VALUES (?, 'slugs', 0)",
			"INSERT INTO greeter (member, asked) VALUES (?, 1)", "INSERT INTO vacation (member, begin, until) VALUES (?, 1, 2)",
			"INSERT INTO digest_pref (member, period, weekday, hour, format, min_posts, threads) VALUES (?, 'weekly', 1, 7, 'alt', 1, 5)",
			"INSERT INTO joined_before (member, joined) VALUES (?, 1)",
		} {
			if _, err := tx.Exec(query, id); err != nil {
				return fmt.Errorf("%s: %w", query, err)
			}
		}
		return nil
	})
	v.MustSend(mailroomtest.Answer(dana, request(v, dana, "help@gardeners.example", "forget me"), "UNNAME"))
	v.Pass(time.Minute)
	v.Deliver()
	needed := []string{"address_token", "conv", "conv_msg", "erasure", "forgetting", "member_address"} // the last holds former-N@member.invalid
	v.View(func(tx *db.Tx) error {
		tables, err := db.Select(tx, func(r db.Scanner) (s string, err error) { return s, r.Scan(&s) },
			"SELECT DISTINCT m.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table' AND c.name = 'member'")
		for _, table := range tables {
			var n int
			if err := tx.QueryRow("SELECT count(*) FROM "+table+" WHERE member = ?", id).Scan(&n); err != nil {
				return err
			}
			if n > 0 && !slices.Contains(needed, table) {
				t.Errorf("%d rows of %s", n, table)
			}
		}
		if len(tables) < 10 {
			t.Errorf("only %v were looked at", tables)
		}
		return err
	})
}

// Whoever was forgotten and is the only manager of a restored database cannot go; they are told that they are back, and how to go.
func TestAForgottenManagerComesBack(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(mailroomtest.Answer(mira, request(v, mira, "help@gardeners.example", "forget me"), "KEEP"))
	var all []membership.Forgotten
	v.View(func(tx *db.Tx) (err error) { all, err = membership.AllForgotten(tx); return err })
	if len(all) != 1 {
		t.Fatal(all)
	}
	old := mailroomtest.New(t)
	old.Update(func(tx *db.Tx) error {
		m := old.Member(theo)
		m.Role = lists.RoleMember
		if err := lists.SaveMember(tx, m); err != nil {
			return err
		}
		became, err := old.Clerk.Replay(tx, all[0])
		if became != membership.IsBack {
			t.Errorf("%q", became)
		}
		return err
	})
	is(t, "she stays", gets(old, mira), "jobs each, talk each")
	old.Pass(time.Minute)
	told := old.One(old.Deliver(), mira)
	for _, w := range []string{"In it you are the only manager of Gardeners", "send the words FORGET ME to help@gardeners.example"} {
		if !strings.Contains(strings.Join(strings.Fields(told.Text()), " "), w) {
			t.Errorf("no %q in\n%s", w, told.Text())
		}
	}
}
