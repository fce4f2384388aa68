package lists_test

import (
	"reflect"
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/lists"
)

func TestTag(t *testing.T) {
	for word, want := range map[string]string{
		"#Roles": "roles", "roles": "roles", " #ＲＯＬＥＳ ": "roles", "#year-2026": "year-2026", "#ab": "ab",
		"#a": "", "#": "", "": "", "#rô": "", "#a b": "", "#a_b": "", "##aa": "", "--": "", "#" + strings.Repeat("a", 31): "",
		"#" + strings.Repeat("a", 30): strings.Repeat("a", 30), "ﬁsh": "fish",
	} {
		if got, ok := lists.Tag(word); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", word, got, ok, want)
		}
	}
}

func FuzzTag(f *testing.F) {
	f.Add("#Roles")
	f.Add("ＲＯＬＥＳ")
	f.Fuzz(func(t *testing.T, word string) {
		tag, ok := lists.Tag(word)
		if !ok {
			return
		}
		if again, ok := lists.Tag("#" + tag); !ok || again != tag {
			t.Errorf("%q became %q, and that %q", word, tag, again)
		}
	})
}

func TestInterests(t *testing.T) {
	g := newGarden(t)
	dana, bill := g.add("dana@north.example", "Dana", lists.RoleMember), g.add("bill@south.example", "Bill", lists.RoleMember)
	dbtest.Update(t, g.db, func(tx *db.Tx) error {
		must := func(want, got bool, err error) {
			t.Helper()
			if err != nil || got != want {
				t.Errorf("new: %v, want %v (%v)", got, want, err)
			}
		}
		is := func(want lists.Interests) {
			t.Helper()
			if got, err := lists.InterestsOf(tx, dana.ID); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%+v %v, want %+v", got, err, want)
			}
		}
		is(lists.Interests{})
		new, err := lists.Follow(tx, dana.ID, "roles")
		must(true, new, err)
		new, err = lists.Follow(tx, dana.ID, "roles") // a second time
		must(false, new, err)
		new, err = lists.Mute(tx, dana.ID, "jobs", 418)
		must(true, new, err)
		new, err = lists.Mute(tx, dana.ID, "", 418)
		must(true, new, err)
		new, err = lists.Mute(tx, bill.ID, "", 5)
		must(true, new, err)
		is(lists.Interests{Follows: []string{"roles"}, Muted: []string{"jobs"}, Threads: []int64{418}})
		// following and muting the same end each other
		new, err = lists.Mute(tx, dana.ID, "roles", 0)
		must(true, new, err)
		new, err = lists.Follow(tx, dana.ID, "jobs")
		must(true, new, err)
		is(lists.Interests{Follows: []string{"jobs"}, Muted: []string{"roles"}, Threads: []int64{418}})
		new, err = lists.Unmute(tx, dana.ID, "", 418)
		must(true, new, err)
		new, err = lists.Unmute(tx, dana.ID, "never", 0)
		must(false, new, err)
		new, err = lists.Unfollow(tx, dana.ID, "jobs")
		must(true, new, err)
		is(lists.Interests{Muted: []string{"roles"}})
		return nil
	})
}

func TestTagAliases(t *testing.T) {
	g := newGarden(t)
	dbtest.Update(t, g.db, func(tx *db.Tx) error {
		for _, pair := range [][2]string{{"job", "jobs"}, {"vacancy", "job"}, {"jobs", "work"}} {
			if err := lists.SetTagAlias(tx, g.c.ID, pair[0], pair[1]); err != nil {
				t.Errorf("%v: %v", pair, err)
			}
		}
		if err := lists.SetTagAlias(tx, g.c.ID, "work", "job"); err == nil {
			t.Error("a tag stands for itself")
		}
		all, err := lists.TagAliases(tx, g.c.ID)
		for _, tag := range []string{"job", "vacancy", "jobs", "work"} {
			if got := all.Of(tag); got != "work" {
				t.Errorf("%s stands for %s", tag, got)
			}
		}
		if got := all.Of("roles"); got != "roles" {
			t.Error(got)
		}
		if err := lists.SetTagAlias(tx, g.c.ID, "vacancy", ""); err != nil {
			t.Error(err)
		}
		if all, _ = lists.TagAliases(tx, g.c.ID); all.Of("vacancy") != "vacancy" {
			t.Error("still an alias")
		}
		return err
	})
}
