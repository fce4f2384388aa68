package lists_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates/refusal"
)

//go:generate go test -run TestSettingsAreDocumented -count 1 . -update-docs

var updateDocs = flag.Bool("update-docs", false, "write docs/settings.md")

// shownBy names the tests that show what each setting changes: a story over the built program, and tests over all rooms.
var shownBy = map[string]string{
	"name": "settings.txtar lists/relay.TestDisplayNames", "posting": "settings.txtar lists/mailroom.TestRefusals", "join": "settings.txtar lists/membership.TestSettingsJoinAnOpenList",
	"stage": "settings.txtar founding.txtar lists.TestDecideAboutNewMembers", "subject-prefix": "settings.txtar lists/relay.TestSubjectPrefix", "posts-per-hour": "settings.txtar lists/mailroom.TestTooManyPosts",
	"undo": "settings.txtar lists/moderation.TestOopsInTime", "no-sales": "settings_posts.txtar lists/moderation.TestNoSalesZone", "reply-to": "settings.txtar lists/relay.TestReplyToOfAList",
	"footer": "settings.txtar lists/relay.TestFooter", "roster": "settings.txtar lists/membership.TestMembersSeeNames", "rule": "settings_posts.txtar lists/moderation.TestPatterns",
	"moderated": "settings.txtar" + eachEffect, "stopped": "settings.txtar" + eachEffect, "min-trust": "settings.txtar" + eachEffect, "managers-open": "settings.txtar" + eachEffect,
	"ban": "settings.txtar" + eachEffect, "max-size": "settings_posts.txtar" + eachEffect, "files": "settings_posts.txtar" + eachEffect, "files-refuse": "settings_posts.txtar" + eachEffect,
	"max-recipients": "settings_posts.txtar" + eachEffect, "max-links": "settings_posts.txtar" + eachEffect, "max-text": "settings_posts.txtar" + eachEffect,
	"subject-needed": "settings_posts.txtar" + eachEffect, "thread-days": "settings_posts.txtar" + eachEffect,
}

const eachEffect = " lists/moderation.TestEverySettingHasAnEffect"

// settingsPage is docs/settings.md.
func settingsPage() string {
	var b strings.Builder
	b.WriteString("# Settings of a list\n\nThis page is written by the program (`make generated`). `backchannel list set ADDRESS --NAME VALUE` changes a setting, `list show` tells what holds.\n" +
		"`list add ADDRESS --preset NAME` begins with settings that go together.\n" +
		"The last column names what shows the effect: a story `….txtar` that plays over the built program, and tests in the source.\n\n| setting | value | at first | " + strings.Join(lists.Presets()[1:], " | ") + " | what it does | shown by |\n|---|---|---|" + strings.Repeat("---|", len(lists.Presets())+1) + "\n")
	first := lists.NewList(lists.Community{}, "x")
	for _, s := range lists.Settings() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |", s.Name, strings.ReplaceAll(s.Args, "|", " \\| "), s.Get(&first))
		for _, p := range lists.Presets()[1:] {
			l := first
			if err := l.Preset(p); err != nil {
				panic(err)
			}
			value := s.Get(&l)
			if value == s.Get(&first) {
				value = ""
			}
			fmt.Fprintf(&b, " %s |", value)
		}
		fmt.Fprintf(&b, " %s | `%s` |\n", s.Help, strings.Join(strings.Fields(shownBy[s.Name]), "`, `"))
	}
	return b.String()
}

// docs/settings.md lists every setting in the words of the code; make generated writes it.
func TestSettingsAreDocumented(t *testing.T) {
	const name = "../docs/settings.md"
	want := settingsPage()
	if *updateDocs {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != want {
		t.Errorf("docs/settings.md is not current (make generated writes it): %v", err)
	}
}

// What is set is read again, through the database too; what cannot be is refused in a sentence.
func TestSettings(t *testing.T) {
	good := map[string]string{
		"name": "Garden talk", "posting": "managers", "join": "ask", "stage": "rooted", "subject-prefix": "[talk]", "posts-per-hour": "3", "undo": "1m0s", "moderated": "on", "stopped": "on",
		"min-trust": "2", "managers-open": "on", "max-size": "2MB", "files": "pdf,image", "files-refuse": "on", "max-recipients": "5", "max-links": "3", "max-text": "4000",
		"subject-needed": "on", "thread-days": "90", "no-sales": "on", "ban": "*@evil.example", "rule": "hold subject (?i)urgent",
		"reply-to": "list", "footer": "What is said here stays here.", "roster": "members",
	}
	g := newGarden(t)
	for _, s := range lists.Settings() {
		want, ok := good[s.Name]
		if !ok {
			t.Errorf("%s is not tried", s.Name)
			continue
		}
		if err := g.talk.Set(s.Name, want); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
	var again lists.List
	err := g.update(func(tx *db.Tx) (err error) {
		if err := lists.SaveList(tx, g.talk); err != nil {
			return err
		}
		again, err = lists.ListByID(tx, g.talk.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range lists.Settings() {
		if got := s.Get(&again); got != good[s.Name] {
			t.Errorf("%s is %q, want %q", s.Name, got, good[s.Name])
		}
	}
	for _, c := range []struct{ name, typed, want string }{
		{"colour", "red", `A list has no setting "colour".`}, {"stopped", "yes", `stopped is on or off, not "yes".`}, {"max-links", "-1", `max-links is a number from 0 to 1000, not "-1".`},
		{"min-trust", "4", `min-trust is a number from 0 to 3, not "4".`}, {"max-size", "big", `"big" is no size; one looks like 500KB or 2MB.`}, {"max-size", "9", `"9" is no size; one looks like 500KB or 2MB.`},
		{"reply-to", "me", `reply-to is author, managers or list, not "me".`}, {"roster", "all", `roster is managers or members, not "all".`}, {"footer", strings.Repeat("x", 201), "A footer is one line of at most 200 characters."},
		{"footer", "a\nb", `A footer is one line of characters that can be seen; "a\nb" has a line break or a hidden character in it.`},
		{"ban", "*@evil.example\r*@north.example", `A ban is one line of characters that can be seen; "*@evil.example\r*@north.example" has a line break or a hidden character in it.`},
		{"rule", "hold subject a\nb", `A rule is one line of characters that can be seen; "hold subject a\nb" has a line break or a hidden character in it.`},
		{"undo", "soon", `"soon" is no time; one looks like 60s.`},
		{"ban", "*@*", "A ban is an address with * for anything, as *@evil.example, and it cannot be everybody."}, {"ban", "evil", "A ban is an address with * for anything, as *@evil.example, and it cannot be everybody."},
		{"rule", "keep subject x", `A rule begins with hold, refuse or discard, not with "keep": hold subject (?i)urgent`}, {"rule", "hold body x", `A rule looks at from, subject, text, file or header:NAME, not at "body".`},
		{"rule", "hold subject", "Behind the field of a rule stands what it looks for, in at most 200 characters."}, {"rule", "hold subject (", "\"(\" is no regular expression: error parsing regexp: missing closing ): `(`"},
	} {
		l := lists.NewList(lists.Community{}, "x")
		if err := l.Set(c.name, c.typed); refusal.KindOf(err) != refusal.Invalid || err.Error() != c.want {
			t.Errorf("%s %q: %v", c.name, c.typed, err)
		}
	}
	for _, typed := range []string{"exe?", "*.exe", "tar.gz", "pdf,,image", "", "pdf;image", "pdf image", "x\x00", "all,pdf", "none,pdf"} {
		l := lists.NewList(lists.Community{}, "x")
		want := fmt.Sprintf("Files are all, none, or endings and kinds of letters and digits with commas between them, as pdf,image,text; %q is none of these.", typed)
		if err := l.Set("files", typed); refusal.KindOf(err) != refusal.Invalid || err.Error() != want || l.Rules.Files != "" {
			t.Errorf("files %q: %v", typed, err)
		}
	}
	l := lists.NewList(lists.Community{}, "x")
	if err := l.Preset("party"); refusal.KindOf(err) != refusal.Invalid {
		t.Errorf("a preset that is none: %v", err)
	}
	for i := range 60 {
		_ = l.Set("ban", fmt.Sprintf("*@%d.example", i))
		_ = l.Set("rule", fmt.Sprintf("hold subject x%d", i))
	}
	if len(l.Rules.Bans) != 50 || len(l.Rules.Patterns) != 50 {
		t.Errorf("%d bans, %d rules", len(l.Rules.Bans), len(l.Rules.Patterns))
	}
	for _, name := range []string{"ban", "rule"} {
		if err := l.Set(name, ""); err != nil {
			t.Error(err)
		}
	}
	if l.Rules.Asks() {
		t.Errorf("still asks: %+v", l.Rules)
	}
}

// Names and prefixes stand in headers of mail and on pages: a line break in one, or what nobody sees, is refused and not bent into
// something else. Blanks at the ends are no mistake.
func TestNamesAreOneLine(t *testing.T) {
	g := newGarden(t)
	for _, bad := range []string{"[talk]\nBcc: all@gardeners.example", "a\tb", "a\x07b", "\u202egnp", "x\xff", "a\u2028b"} {
		ends := fmt.Sprintf(" is one line of characters that can be seen; %q has a line break or a hidden character in it.", bad)
		for want, change := range map[string]func(tx *db.Tx) error{
			"The name of a list" + ends: func(tx *db.Tx) error {
				l := g.talk
				l.Name = bad
				return lists.SaveList(tx, l)
			},
			"A subject prefix" + ends: func(tx *db.Tx) error {
				l := g.talk
				l.SubjectPrefix = bad
				return lists.SaveList(tx, l)
			},
			"The name of a community" + ends: func(tx *db.Tx) error {
				c, err := lists.CommunityByID(tx, g.talk.Community)
				if err != nil {
					return err
				}
				c.Name = bad
				return lists.SaveCommunity(tx, c)
			},
		} {
			if err := g.update(change); refusal.KindOf(err) != refusal.Invalid || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	}
	l := g.talk
	l.Name = " Gärten 👩\u200d🌾 "
	if err := g.update(func(tx *db.Tx) error { return lists.SaveList(tx, l) }); err != nil {
		t.Error(err)
	}
}

// Whatever patterns and letters strangers bring, a rule is read or refused, and judging ends.
func FuzzRules(f *testing.F) {
	f.Add("hold subject (?i)urgent", "*@evil.example", "From: a@b.example\nSubject: Urgent\n\nx")
	f.Add("discard header:X-Spam YES", "spam*@*.example", "From: a@b.example\nX-Spam: YES\n\nx")
	f.Fuzz(func(t *testing.T, rule, ban, raw string) {
		l := lists.NewList(lists.Community{Domain: "gardeners.example"}, "talk")
		_ = l.Set("rule", rule)
		_ = l.Set("ban", ban)
		post, err := letter.Parse([]byte(raw))
		if err != nil {
			return
		}
		d := l.Rules.Judge(l, lists.Member{}, lists.Facts{Post: post, Text: post.NewText().Text})
		if d.Action == lists.Refuse && d.Refusal.Sentence == "" || d.Action == lists.Hold && d.Detail == "" {
			t.Errorf("%+v without a word", d)
		}
	})
}
