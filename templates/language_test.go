package templates

import (
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template/parse"
	"time"
	"unicode/utf8"
)

// toManagers are the mails that only managers, the ombuds or the operator read, and two that stand in a list for everyone. They are English.
var toManagers = strings.Fields(`already_decided answer_end answer_held answer_lost audit_head audit_log away_noted came_back clock_manager clock_ombuds colleague_answered
	command_help command_returned commands_done consent_told cool_notice crutch_report digest_preview ease ease_end farewell handover health_help forget_back heat_alarm jam_post
	held_done held_forgotten held_post hold_over join_asked join_decided join_draft join_tally join_vote join_vote_help last_manager letter_copy letter_log letters_erased manager_lock
	manager_notice morning_brief needs_report note_copy note_lost ombuds_letter ombuds_told outcome_told post_taken_back preview_ask preview_done post_removed public_draft
	quiet_drafts redacted_post remove_ask report_notice restricted_waits rota_plan rota_swapped set_aside state_report unseal_ask unseal_wish version_gone watched_post week_report who_knows`)

// Each language has every mail to members.
func TestEveryLanguageIsWhole(t *testing.T) {
	all, err := fs.Glob(files, "mail/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range Languages() {
		for _, file := range all {
			name := filepath.Base(file)
			if !has(l, name) && !slices.Contains(toManagers, strings.TrimSuffix(name, ".txt")) {
				t.Errorf("%s: there is no %s", l.Name(), name)
			}
			if html := strings.TrimSuffix(name, ".txt") + ".html"; has(English, html) && has(l, name) && !has(l, html) {
				t.Errorf("%s: there is a %s and no %s", l.Name(), name, html)
			}
		}
	}
	for _, name := range toManagers {
		if !has(English, name+".txt") {
			t.Errorf("there is no mail %s any more", name)
		}
	}
}

// A translation asks for the same fields as the English text, decides by them as often, and names the same words to reply: no sentence
// with a fact in it is missing, and nobody is told to write a word that is not understood.
func TestTranslationsSayTheSame(t *testing.T) {
	english, err := unused(English)
	if err != nil {
		t.Fatal(err)
	}
	for l := range tongues {
		if l == English {
			continue
		}
		here, err := unused(l)
		if err != nil {
			t.Fatal(l, err)
		}
		for _, there := range english.text.Templates() {
			if other := here.text.Lookup(there.Name()); other != nil {
				compareSaid(t, l, there.Tree, other.Tree)
			}
		}
		for _, there := range english.html.Templates() {
			if other := here.html.Lookup(there.Name()); other != nil {
				compareSaid(t, l, there.Tree, other.Tree)
			}
		}
	}
}

func compareSaid(t *testing.T, l Language, there, other *parse.Tree) {
	t.Helper()
	if there == nil || other == nil || !translated(l, there.ParseName) {
		return
	}
	want, got := said(there.Root), said(other.Root)
	for what := range want {
		if got[what] == 0 {
			t.Errorf("%s: %s (in %s) lacks %s", l, there.Name, there.ParseName, what)
		}
	}
	for what := range got {
		if want[what] == 0 && !strings.HasPrefix(what, "word ") && !strings.HasPrefix(what, "call ") && what != "if" {
			t.Errorf("%s: %s (in %s) has %s, which is not in the English text", l, there.Name, there.ParseName, what)
		}
	}
}

// The page of the digest stands once, for every language: a translation has the words alone, and all of them.
func TestTheDigestsPageIsOne(t *testing.T) {
	page := []string{"digest.html", "html-thread", "html-thread" + itself}
	english, err := unused(English)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range Languages() {
		if l == English {
			continue
		}
		file := folderOf(l) + "/digest.html"
		words, err := htmltemplate.New("").Funcs(wordsIn(l)).ParseFS(files, file)
		if err != nil {
			t.Fatal(err)
		}
		if page := words.Lookup("digest.html"); page != nil && page.Tree != nil && !parse.IsEmptyTree(page.Tree.Root) {
			t.Errorf("%s has a page of its own", file)
		}
		for _, there := range english.html.Templates() {
			name := there.Name()
			if there.Tree == nil || there.Tree.ParseName != "digest.html" || slices.Contains(page, name) {
				continue
			}
			if words.Lookup(name) == nil {
				t.Errorf("%s lacks %s", file, name)
			}
		}
	}
}

// unused are the texts of a language as they are written: html/template changes those that were rendered once.
func unused(l Language) (parsed, error) { return parseTexts(files, l) }

func translated(l Language, file string) bool { return has(l, filepath.Base(file)) }

// Each mail in each language, as people get it.
func TestGoldenInEveryLanguage(t *testing.T) {
	for _, l := range slices.Sorted(maps.Keys(tongues)) {
		for _, s := range samples() {
			_, english := text(t, s.mail)
			mail, err := english.In(l)
			if err != nil {
				t.Errorf("%s, %s: %v", s.name, l, err)
				continue
			}
			if l == English || english.source == nil || !has(l, english.source.name+".txt") {
				continue
			}
			got := "Subject: " + mail.Subject + "\n\n" + mail.Text
			compare(t, filepath.Join("testdata", string(l), s.name+".txt"), got)
			if mail.HTML != "" {
				compare(t, filepath.Join("testdata", string(l), s.name+".html"), mail.HTML)
			}
			if found := slip.FindString(got); found != "" || strings.Contains(got, "\n\n\n") {
				t.Errorf("%s, %s: %q or empty lines in\n%s", s.name, l, found, got)
			}
			for _, line := range strings.Split(mail.Text, "\n") {
				if columns(line) > widest && utf8.RuneCountInString(line) > widest && !longWord.MatchString(line) && !strings.HasPrefix(line, ReplyAbove) {
					t.Errorf("%s, %s: a line of %d columns: %s", s.name, l, columns(line), line)
				}
			}
		}
	}
}

// A mail is in another language only as it was rendered: what somebody changed or took out of it stays so.
func TestIn(t *testing.T) {
	made, err := Digest{Community: bc, To: friday, Slot: fridays}.Render()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []Language{"", English, "xx"} {
		if same, err := made.In(l); err != nil || same.Text != made.Text {
			t.Errorf("%q: %v", l, err)
		}
	}
	changed := made
	changed.Text += "more"
	if same, err := changed.In(German); err != nil || same.Text != changed.Text {
		t.Error("changed words were written anew", err)
	}
	plain := made
	plain.HTML = ""
	if other, err := plain.In(German); err != nil || other.HTML != "" {
		t.Error("the HTML came back", err)
	}
	answer, err := ManagerAnswer{Text: "Come in.", Asked: "May I?", Code: "K7QX"}.Render()
	if err != nil {
		t.Fatal(err)
	}
	if other, err := answer.WithHTML().In(French); err != nil || other.Text == answer.Text || other.HTML != AsHTML(other.Text) {
		t.Error("the HTML of an answer is not that of its words", err)
	}
}

func TestTongues(t *testing.T) {
	at := time.Date(2026, 3, 1, 8, 5, 0, 0, time.UTC)
	got := ""
	for _, l := range []Language{English, German, French, Spanish, Japanese} {
		w := tongues[l]
		got += fmt.Sprintln(w.name, "|", w.date(w.day, at), "|", w.date(w.moment, at), "|", w.names([]string{"Mira", "Theo", "Jo"}), "|", w.slot(fridays), "|", w.slot(Slot{Monthly, time.Monday, 7, "UTC"}), "|", w.slot(Slot{Daily, 0, 0, "UTC"}))
	}
	want := `English | 1 March | Sunday, 1 March at 08:05 | Mira, Theo and Jo | Fridays at 08:00 (America/Chicago) | on the first Monday of the month at 07:00 (UTC) | every day at 00:00 (UTC)
Deutsch | 1. März | Sonntag, 1. März, 08:05 Uhr | Mira, Theo und Jo | jeden Freitag um 08:00 Uhr (America/Chicago) | am ersten Montag im Monat um 07:00 Uhr (UTC) | jeden Tag um 00:00 Uhr (UTC)
Français | 1er mars | dimanche 1er mars à 08:05 | Mira, Theo et Jo | chaque vendredi à 08:00 (America/Chicago) | le premier lundi du mois à 07:00 (UTC) | chaque jour à 00:00 (UTC)
Español | 1 de marzo | domingo 1 de marzo a las 08:05 | Mira, Theo y Jo | cada viernes a las 08:00 (America/Chicago) | el primer lunes del mes a las 07:00 (UTC) | cada día a las 00:00 (UTC)
日本語 | 3月1日 | 3月1日（日曜日）08:05 | Mira、Theo、Jo | 毎週金曜日 08:00（America/Chicago） | 毎月最初の月曜日 07:00（UTC） | 毎日 00:00（UTC）
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for word, want := range map[string]Language{"de": German, "DE-at": German, "Deutsch": German, "german": German, "日本語": Japanese, "fr_CA": French, "klingon": "", "": ""} {
		if l, ok := ParseLanguage(word); l != want && slices.Contains(Languages(), want) || ok != slices.Contains(Languages(), want) {
			t.Errorf("%q is %q, %v", word, l, ok)
		}
	}
}

// Whatever day a headline ends in is known again, and no other word is one.
func TestIsDay(t *testing.T) {
	for _, l := range Languages() {
		for _, at := range []time.Time{friday, friday.AddDate(0, 0, -11), time.Date(2028, 2, 29, 0, 0, 0, 0, time.UTC)} {
			if day := tongues[l].date(tongues[l].day, at); !IsDay(day) || !IsDay(strings.ToUpper(day)) || IsDay(day+"s") {
				t.Errorf("%q", day)
			}
		}
	}
	for _, no := range []string{"", "12", "June", "31 June", "12. June", "3 beds"} {
		if IsDay(no) {
			t.Errorf("%q is a day", no)
		}
	}
}
