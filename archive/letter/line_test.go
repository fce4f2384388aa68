package letter

import (
	"strings"
	"testing"
)

func TestRender(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []line
		want  string
	}{
		{"nothing", nil, ""},
		{"blank lines at both ends", []line{{}, {text: "a"}, {}}, "a"},
		{"blank lines between", []line{{text: "a"}, {}, {text: "  "}, {text: "b"}}, "a\n\nb"},
		{"blanks at line ends", []line{{text: "a  "}, {text: "\tb\t"}}, "a\n\tb"},
		{"quoted", []line{{text: "a", depth: 1}, {depth: 1}, {text: "b", depth: 2}}, "> a\n>\n>> b"},
		{"blank line between depths", []line{{text: "a", depth: 2}, {depth: 2}, {text: "b", depth: 1}}, ">> a\n>\n> b"},
		{"blank line before own words", []line{{text: "a", depth: 1}, {depth: 1}, {text: "b"}}, "> a\n\nb"},
	} {
		if got := render(c.lines); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// A text of more lines than are looked at keeps every line.
func TestManyLines(t *testing.T) {
	text := strings.Repeat("a\n", maxLines) + "> b\nend"
	doc := plainDocument(text)
	if len(doc.lines) > maxLines {
		t.Errorf("%d lines", len(doc.lines))
	}
	if got := TrimText(text).Text; !strings.HasSuffix(got, "> b\nend") || strings.Count(got, "a\n") != maxLines {
		t.Errorf("ends in %q", got[len(got)-20:])
	}
}

func TestContext(t *testing.T) {
	block := []line{
		{text: "Bree wrote:", kind: introLine},
		{text: "one", depth: 1, kind: quotedLine},
		{text: "two", depth: 1, kind: quotedLine},
		{text: "----", depth: 1, kind: quotedLine},
		{text: "", depth: 1, kind: quotedLine},
		{text: "three", kind: quotedLine},
		{text: "From: Bree", depth: 1, kind: quotedLine},
	}
	if got := render(context(block)); got != "> two\n> three" {
		t.Errorf("got %q", got)
	}
	if got := render(context(nil)); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestLastWords(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"short", 10, "short"}, {"one two three", 9, "… three"}, {"one two three", 10, "… two three"}, {"onetwothree", 5, "onetwothree"}, {"", 3, ""},
	} {
		if got := lastWords(c.in, c.n); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func TestHTMLCharset(t *testing.T) {
	for in, want := range map[string]string{
		`<meta charset="utf-8">`: "utf-8", `<META HTTP-EQUIV=x CONTENT="text/html; CHARSET=KOI8-R">`: "koi8-r", `<meta charset=big5/>`: "big5",
		"": "", "charset=": "", strings.Repeat(" ", 2000) + "<meta charset=utf-8>": "",
	} {
		if got := htmlCharset([]byte(in)); got != want {
			t.Errorf("%.60q: %q, want %q", in, got, want)
		}
	}
}

func TestIsStub(t *testing.T) {
	for in, want := range map[string]bool{
		"This message is in HTML format.": true, "Your client cannot display html": true, "Hello": false,
		strings.Repeat("We talked about HTML for an hour. ", 10): false,
	} {
		if got := isStub(in); got != want {
			t.Errorf("%.60q: %v", in, got)
		}
	}
}
