package templates

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestLayout(t *testing.T) {
	long := strings.Repeat("word ", 20)
	for _, c := range []struct{ name, in, want string }{
		{"lines of a paragraph are joined", "one\ntwo\n  \n\n\nthree", "one two\n\nthree\n"},
		{"and wrapped", long, "word word word word word word word word word word word word word word\nword word word word word word\n"},
		{"a blank keeps the line", "before\n    YES   it was me\nafter", "before\n    YES   it was me\nafter\n"},
		{"a marker is never broken", "=== " + long, "=== " + strings.TrimRight(long, " ") + "\n"},
		{"points hang", "* " + long + "\n* two", "  * word word word word word word word word word word word word word\n    word word word word word word word\n  * two\n"},
		{"empty lines at the ends go", "\n\na\n\n", "a\n"},
		{"a person's lines stay", "before\n" + keep("", "a\n\n\nb  c") + "\nafter", "before\na\n\n\nb  c\nafter\n"},
		{"lines of Japanese are joined without a blank, and with one beside other words", "最初です。\n次です。\nYES と返信\n", "最初です。次です。 YES と返信\n"},
		{"a sign stays beside its word", strings.Repeat("word ", 13) + "compost ? Non", strings.Repeat("word ", 12) + "word\ncompost ? Non\n"},
		{"and so do both of a quotation", strings.Repeat("word ", 13) + "« oui » dit", strings.Repeat("word ", 12) + "word « oui »\ndit\n"},
		{"but not many", strings.Repeat("word ", 13) + strings.Repeat("? ", 9), strings.Repeat("word ", 12) + "word ? ?\n? ? ? ? ? ? ?\n"},
		{"Korean is as wide as Japanese and broken at its blanks", strings.Repeat("토마토를 ", 9), strings.Repeat("토마토를 ", 7) + "토마토를\n토마토를\n"},
		{"a long address is not broken", strings.Repeat("x", 100) + " y", strings.Repeat("x", 100) + "\ny\n"},
	} {
		if got := layout(c.in); got != c.want {
			t.Errorf("%s:\ngot  %q\nwant %q", c.name, got, c.want)
		}
	}
}

// Unwrapped has the paragraphs on one line each, and everything else as Text has it.
func TestUnwrapped(t *testing.T) {
	all := digestSamples()
	mail, err := all[slices.IndexFunc(all, func(s sample) bool { return s.name == "digest" })].mail.Render()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range Languages() {
		mail, err := mail.In(l)
		if err != nil {
			t.Fatal(err)
		}
		got := mail.Unwrapped()
		if strings.Join(strings.Fields(got), "") != strings.Join(strings.Fields(mail.Text), "") {
			t.Errorf("%s: other words:\n%s", l, got)
		}
		if l != Japanese && strings.Count(got, "\n") >= strings.Count(mail.Text, "\n") {
			t.Errorf("%s: no paragraph is on one line:\n%s", l, got)
		}
		for _, line := range strings.Split(got, "\n") {
			if strings.IndexFunc(line, wide) >= 0 && columns(line) > widest {
				t.Errorf("%s: a line of a script without blanks, %d wide: %s", l, columns(line), line)
			}
		}
		if !strings.Contains(got, "\n    ") { // an excerpt hangs
			t.Errorf("%s: what hangs is gone:\n%s", l, got)
		}
	}
	if mail.Text = "others\nwords\n"; mail.Unwrapped() != mail.Text {
		t.Errorf("a text that was changed: %q", mail.Unwrapped())
	}
}

func TestAPersonsLinesAreBrokenOnlyWhenTooWide(t *testing.T) {
	exact := strings.TrimRight(strings.Repeat("ab ", 26), " ") + "c" // 78 wide
	if got := breakLine(exact, widest); len(got) != 1 || utf8.RuneCountInString(exact) != widest {
		t.Errorf("%d pieces of a line of %d", len(got), utf8.RuneCountInString(exact))
	}
	got := breakLine(">> "+exact, widest)
	if len(got) != 2 || !strings.HasPrefix(got[1], ">> ") {
		t.Errorf("%q", got)
	}
	if got := breakLine(strings.Repeat(" ", 60)+exact, widest); len(got) != 2 || strings.HasPrefix(got[1], " ") {
		t.Errorf("an indent that leaves no room is given up: %q", got)
	}
	for _, line := range strings.Split(bar(Said(strings.Repeat("wörter ", 60))), "\n") {
		if n := utf8.RuneCountInString(strings.TrimPrefix(line, kept)); n > widest || !strings.HasPrefix(line, kept+"  | ") {
			t.Errorf("%d: %q", n, line)
		}
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		width    int
		in, want string
	}{
		{10, "short", "short"},
		{10, "exactly 10", "exactly 10"},
		{10, "longer than ten", "longer…"},
		{10, "Donaudampfschiff", "Donaudamp…"},
		{12, "one, two, three, four", "one, two…"},
		{5, "äöüßéè", "äöüß…"},
	} {
		if got := clip(c.width, c.in); got != c.want {
			t.Errorf("clip(%d, %q) = %q, want %q", c.width, c.in, got, c.want)
		}
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{count(1, "post", "posts"), "1 post"},
		{count(0, "post", "posts"), "0 posts"},
		{tongues[English].names(nil), ""},
		{tongues[English].names([]string{"Mira"}), "Mira"},
		{tongues[English].names([]string{"Mira", "Theo"}), "Mira and Theo"},
		{tongues[English].names([]string{"Mira", "Theo", "Jonas"}), "Mira, Theo and Jonas"},
		{upper("Straße"), "STRASSE"},
		{re("Hello"), "Re: Hello"},
		{re("RE: Hello"), "RE: Hello"},
		{re("re"), "Re: re"},
		{oneLine(" a\r\n\tb\u2028c\x00 \xff"), "a b c \uFFFD"},
		{tidySaid("\n a\r\nb\x1b[31m\tc\n\n"), " a\nb[31m\tc"},
		{firstSentence("Is it ok? I think so."), "Is it ok?"},
		{firstSentence("See cmtybc.example for more"), "See cmtybc.example for more"},
		{firstSentence(" "), ""},
		{Watermark("K7QX"), "[private K7QX]"},
		{speakerOf(English).roughly(time.Second), "1 minute"},
		{speakerOf(English).roughly(50 * time.Minute), "50 minutes"},
		{speakerOf(English).roughly(61 * time.Minute), "1 hour"},
		{speakerOf(English).roughly(47 * time.Hour), "47 hours"},
		{speakerOf(English).roughly(60 * time.Hour), "3 days"},
		{Slot{Daily, 0, 7, "Europe/Berlin"}.String(), "every day at 07:00 (Europe/Berlin)"},
		{entry(0, "Title"), kept + " Title"},
		{entry(12345, "Title"), kept + "12345  Title"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	if d := (Doors{Managers: "m", Leave: "l"}); d.Settings() || !(Doors{Each: "e"}).Settings() {
		t.Error("settings are the ways to change the delivery")
	}
}

// Scripts without blanks are broken where their readers expect it, and measured as wide as they stand.
func TestScriptsWithoutBlanks(t *testing.T) {
	s := strings.Repeat("今週の庭の写真を送ってください。", 8) + strings.Repeat("きょう", 60) + " https://photos.example/" + strings.Repeat("x", 60) + " ありがとう"
	lines := strings.Split(hang(4, s), "\n")
	for _, line := range lines {
		if n := columns(strings.TrimPrefix(line, kept)); n > wrapAt && !strings.Contains(line, "https") {
			t.Errorf("%d columns: %q", n, line)
		}
		if first, _ := utf8.DecodeRuneInString(strings.TrimLeft(line, kept+" ")); strings.ContainsRune("。ょっ", first) {
			t.Errorf("a line begins with what belongs to the sign before: %q", line)
		}
	}
	joined := strings.NewReplacer(kept, "", "\n", "", " ", "").Replace(strings.Join(lines, "\n"))
	if got := joined; got != strings.ReplaceAll(s, " ", "") {
		t.Errorf("it says %q", got)
	}
	if got := fill([]string{"ab今週cd", "ef"}, "", "", 6); strings.Join(got, "|") != "ab今週|cd ef" {
		t.Errorf("mixed: %q", got)
	}
	if got := pieces("dana@north.example"); len(got) != 1 {
		t.Errorf("an address is broken: %q", got)
	}
}
