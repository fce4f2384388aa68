package lists_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/lists"
	"backchannel/lists/address"
)

func TestWithoutDoors(t *testing.T) {
	token := strings.Repeat("0", 26)
	for _, kind := range []string{"private", "note", "confirm", "vote", "everyone", "send", "bounce", "leave", "digest-off"} {
		for _, text := range []string{kind + "+" + token + "@g.example", "<" + strings.ToUpper(kind) + "+" + token + "@g.example>", "mailto:" + kind + "%2b" + token + "%40g.example"} {
			if got := lists.WithoutDoors("a " + text + " b"); strings.Contains(got, token) || !strings.HasPrefix(got, "a ") || !strings.HasSuffix(got, " b") {
				t.Errorf("%q became %q", text, got)
			}
		}
	}
	if got := lists.WithoutDoors("dana+garden@north.example"); got != "dana+garden@north.example" {
		t.Errorf("an ordinary address became %q", got)
	}
}

// W4: what has no place beside a list, by the session or by what the letter says.
func TestBothDoors(t *testing.T) {
	token := strings.Repeat("0", 26)
	for to, both := range map[string]bool{
		"talk@g.example": false, "talk@g.example, bill@south.example": false, "managers@g.example": true, "Managers <OWNER@G.example>": true, "digest@g.example": true,
		"talk-owner@g.example": true, "private+" + token + "@g.example": true, "confirm+" + token + "@g.example": true, "managers@other.example": false,
		"private+" + token + "@other.example": false, "help@g.example": false, "undisclosed-recipients:;": false,
	} {
		for _, field := range []string{"To", "Cc"} {
			l, err := letter.Parse([]byte(field + ": " + to + "\r\n\r\n"))
			if err != nil {
				t.Fatal(err)
			}
			in := lists.Incoming{Letter: l, Community: lists.Community{Domain: "g.example"}}
			if in.BothDoors() != both {
				t.Errorf("%s %q: both is %v", field, to, !both)
			}
			if in.PrivateToo = true; !in.BothDoors() {
				t.Error("the session is not heard")
			}
		}
	}
}

// Every letter gets one outcome in its story, without a word of what it says.
func TestOutcomes(t *testing.T) {
	d := dbtest.Open(t, calendar.Schema(), logbook.Schema())
	l, err := letter.Parse([]byte("Message-ID: <a@b>\r\nSubject: zzsecret\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	in := &lists.Incoming{Letter: l, Story: "s1"}
	dbtest.Update(t, d, func(tx *db.Tx) error {
		if err := in.Filed(tx, "a private letter"); err != nil {
			return err
		}
		if err := in.Held(tx, "held letter 1"); err != nil {
			return err
		}
		return lists.GivenUp(tx, "s1", "nobody answered")
	})
	dbtest.View(t, d, func(tx *db.Tx) error {
		all, err := logbook.Find(tx, "a@b")
		var got []string
		for _, e := range all {
			got = append(got, string(e.Verb)+": "+e.Detail)
		}
		if strings.Join(got, "; ") != "filed: a private letter; held: held letter 1; dropped: nobody answered" {
			t.Errorf("story: %q", got)
		}
		return err
	})
}

func FuzzMarks(f *testing.F) {
	for _, s := range []string{"[private K7QX]", "> [private\n> > K7QX]", "private+00000000000000000000000000@x", "%2b%40", "[private&nbsp;&nbsp;", "\xff[private \xfeK7QX]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		clean := lists.WithoutDoors(text)
		if again := lists.WithoutDoors(clean); again != clean {
			t.Errorf("%q: %q, then %q", text, clean, again)
		}
		lists.Poses(text, text, "Mira Lowe")
		if name := strings.TrimSpace(text); name != "" && strings.ContainsFunc(name, func(r rune) bool { return r >= 'a' && r <= 'z' }) && !lists.Poses(name, name) {
			t.Errorf("%q does not look like itself", name)
		}
	})
}

// Who answers where their address is over reads when it ended, and nobody else does: no colleague, no forger, no robot.
func TestTooLate(t *testing.T) {
	ended := time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC)
	late := func(kind address.Kind, change func(*lists.Incoming)) error {
		in := &lists.Incoming{
			Community: lists.Community{Domain: "gardeners.example", Timezone: "UTC"}, Sender: lists.Member{ID: 7}, Verdict: lists.Weak,
			Token: &address.Row{Grant: address.Grant{Kind: kind, Member: 7, Expires: ended}},
		}
		if change != nil {
			change(in)
		}
		return in.TooLate(ended.Add(time.Hour))
	}
	for kind, want := range map[address.Kind]string{
		address.Vote:    "The question that you answer ended on 12 June 2026, and nothing was done about your answer. Please ask anew what you wanted, or write to managers@gardeners.example.",
		address.Private: "This address worked until 12 June 2026, and nothing was done about your letter. Please write to managers@gardeners.example.",
	} {
		if err := late(kind, nil); err == nil || err.Error() != want {
			t.Errorf("%s: %v", kind, err)
		}
	}
	for name, change := range map[string]func(*lists.Incoming){
		"a colleague": func(in *lists.Incoming) { in.Sender.ID = 8 }, "a stranger": func(in *lists.Incoming) { in.Sender.ID = 0 }, "a forger": func(in *lists.Incoming) { in.Verdict = lists.Unverified },
		"a robot": func(in *lists.Incoming) { in.Robot = true }, "a revoked address": func(in *lists.Incoming) { in.Token.Revoked = true }, "one without an end": func(in *lists.Incoming) { in.Token.Expires = time.Time{} },
	} {
		if err := late(address.Vote, change); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
