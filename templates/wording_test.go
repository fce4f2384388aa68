package templates

import (
	"errors"
	"strings"
	"testing"
)

// What ships can be put back in its own words, in every language, and reads the same.
func TestShippedWordingIsAccepted(t *testing.T) {
	rendered := map[string]bool{}
	for _, l := range Languages() {
		for _, name := range Worded() {
			text, err := Shipped(l, name)
			if err != nil {
				t.Fatal(err)
			}
			w, err := ParseWording(l, name, text)
			if err != nil {
				t.Errorf("%s in %s: %v", name, l, err)
				continue
			}
			for _, s := range samples() {
				mail, err := s.mail.Render()
				if err != nil || mail.source == nil || mail.source.name != name {
					continue
				}
				if mail, err = mail.In(l); err != nil {
					t.Fatal(err)
				}
				own, err := mail.Reworded(w)
				if err != nil || own.Text != mail.Text || own.Subject != mail.Subject {
					t.Errorf("%s in %s: %v\n%s\nis not\n%s", s.name, l, err, own.Text, mail.Text)
				}
				rendered[name] = true
			}
		}
	}
	for _, name := range Worded() {
		if !rendered[name] {
			t.Errorf("no sample of %s was put into words", name)
		}
	}
}

func TestWording(t *testing.T) {
	text, err := Shipped(English, "welcome_week")
	if err != nil {
		t.Fatal(err)
	}
	w, err := ParseWording(English, "welcome_week", "\ufeff"+strings.ReplaceAll(strings.ReplaceAll(text, "There are no stupid questions", "Ask away"), "\n", "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	mail, err := WelcomeWeek{Community: "Gardeners", Member: "Ada", Managers: "managers@gardeners.example"}.Render()
	if err != nil {
		t.Fatal(err)
	}
	own, err := mail.Reworded(w)
	if err != nil || !strings.Contains(own.Text, "Hello Ada,") || !strings.Contains(own.Text, "Ask away") || strings.Contains(own.Text, "stupid questions, and") {
		t.Errorf("%v:\n%s", err, own.Text)
	}
	if _, _, ok := own.Worded(); ok {
		t.Error("words are put into other words a second time")
	}
	german, err := mail.In(German)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := german.Reworded(w); err == nil {
		t.Error("English words for a German mail")
	}
	if example, err := w.Example(); err != nil || !strings.Contains(example.Text, "Hello [Member],") || !strings.Contains(example.Text, "[Managers]") {
		t.Errorf("%v:\n%s", err, example.Text)
	}
	if mail.Text += "more"; true {
		if _, _, ok := mail.Worded(); ok {
			t.Error("a mail that somebody has changed counts as ours")
		}
	}
}

// Every objection in its words.
func TestObjections(t *testing.T) {
	week, _ := Shipped(English, "welcome_week")
	invitation, _ := Shipped(English, "invitation")
	for _, c := range []struct{ name, text, want string }{
		{"digest", week, "digest is no mail that can be put into other words. These can: intro_prompt, invitation, join_declined, join_questions, join_thanks, left_community, left_list, welcome, welcome_back, welcome_month, welcome_week."},
		{"welcome_week", "Hello", "The first line must be “Subject: …”, then comes an empty line, then the mail."},
		{"welcome_week", "Subject: x\n\n \n", "The first line must be “Subject: …”, then comes an empty line, then the mail."},
		{"welcome_week", "Subject: x\nFrom: y\n\nHello\n", "The first line must be “Subject: …”, then comes an empty line, then the mail."},
		{"welcome_week", "Subject: x\n\nHello {{.Member}}, this is {{.Community}}.", "The text must still say {{.Managers}}."},
		{"invitation", strings.ReplaceAll(invitation, "YES", "JA"), "The text must still say the word YES."},
		{"welcome_week", week + "{{.Phone}}", "The text cannot be filled: line 12: there is no {{.Phone}}. This mail knows {{.Community}} {{.Member}} {{.Managers}}."},
		{"welcome_week", week + "{{if .Member}}", "The text cannot be read: line 12: unexpected EOF."},
		{"welcome_week", week + "{{shout .Member}}", "The text cannot be read: line 12: function \"shout\" not defined."},
		{"welcome_week", week + `{{define "sign"}}x{{end}}{{define "mine"}}x{{end}}`, "The text must not define other texts."},
		{"welcome_week", week + `{{define "sign"}}x{{end}}`, "The text must not define other texts."},
		{"welcome_week", week + strings.Repeat("x", wordingSize), "The text has 33183 octets; 32768 are the most."},
	} {
		_, err := ParseWording(English, c.name, c.text)
		var o Objection
		if !errors.As(err, &o) || string(o) != c.want {
			t.Errorf("%s: %v\nwant %s", c.name, err, c.want)
		}
	}
	if _, err := ParseWording(English, "welcome_week", week+`{{template "welcome_week.txt" .}}`); err == nil {
		t.Error("a text that holds itself")
	}
}
