package notice_test

import (
	"errors"
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// A community says a mail in its own words, in the language that it has them in, until it goes back to ours.
func TestOwnWords(t *testing.T) {
	v := mailroomtest.New(t)
	m := v.Member(dana)
	week := func() string {
		words, err := templates.WelcomeWeek{Community: "Gardeners", Managers: "managers@gardeners.example"}.Render()
		if err != nil {
			t.Fatal(err)
		}
		return send(v, notice.Mail{Community: v.C, To: m.Mailbox(), Member: m.ID, Words: words, Kind: notice.Tells}).Text()
	}
	own := notice.Wording{Name: "welcome_week", Language: templates.English, Text: "Subject: Well?\n\nHow do you like {{.Community}}{{if .Member}}, {{.Member}}{{end}}? Tell {{.Managers}}.\n"}
	set := func(w notice.Wording) (err error) {
		v.Update(func(tx *db.Tx) error { err = notice.SetWording(tx, v.C, w); return nil })
		return err
	}
	if err := set(own); err != nil {
		t.Fatal(err)
	}
	if got := week(); got != "How do you like Gardeners? Tell managers@gardeners.example." {
		t.Errorf("it says %q", got)
	}
	own.Text = strings.Replace(own.Text, "Well?", "So?", 1)
	if err := set(own); err != nil {
		t.Fatal(err)
	}
	v.View(func(tx *db.Tx) error {
		all, err := notice.Wordings(tx, v.C)
		if err != nil || len(all) != 1 || all[0].Text != own.Text || !all[0].Set.Equal(v.Now.Truncate(1e9).UTC()) {
			t.Errorf("%v, %+v", err, all)
		}
		return nil
	})
	var o templates.Objection
	if err := set(notice.Wording{Name: "welcome_week", Language: templates.English, Text: "Subject: x\n\nHello\n"}); !errors.As(err, &o) {
		t.Errorf("a text without its fields: %v", err)
	}

	// Another language keeps ours, and going back gives it to all.
	v.Update(func(tx *db.Tx) error {
		m.Language = "de"
		return lists.SaveMember(tx, m)
	})
	if got := week(); !strings.HasPrefix(got, "Hallo,") {
		t.Errorf("in German: %s", got)
	}
	for _, want := range []bool{true, false} {
		v.Update(func(tx *db.Tx) error {
			if gone, err := notice.ResetWording(tx, v.C, templates.English, "welcome_week"); err != nil || gone != want {
				t.Errorf("reset: %v, %v", gone, err)
			}
			return nil
		})
	}
}

// Words that an upgrade made useless are not sent: ours are, and check says so.
func TestWordsThatFitNoMore(t *testing.T) {
	v := mailroomtest.New(t)
	m := v.Member(dana)
	v.Update(func(tx *db.Tx) error {
		_, err := tx.Exec("INSERT INTO wording (community, language, name, text, at) VALUES (?, 'en', 'welcome_week', 'Subject: x\n\n{{.Gone}}', 0)", v.C.ID)
		return err
	})
	words, err := templates.WelcomeWeek{Community: "Gardeners", Managers: "managers@gardeners.example"}.Render()
	if err != nil {
		t.Fatal(err)
	}
	if got := send(v, notice.Mail{Community: v.C, To: m.Mailbox(), Member: m.ID, Words: words, Kind: notice.Tells}); strings.TrimSpace(got.Text()) != strings.TrimSpace(words.Text) {
		t.Errorf("it says %s", got.Text())
	}
	v.View(func(tx *db.Tx) error {
		faults, err := v.Office.Check(tx)
		if err != nil || len(faults) != 1 || faults[0] != "gardeners.example: its own words for welcome_week in English are not used: The text must still say {{.Community}}, {{.Managers}}, {{.Member}}." {
			t.Errorf("%v, %q", err, faults)
		}
		return nil
	})
}
