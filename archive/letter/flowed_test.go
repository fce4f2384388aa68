package letter

import (
	"slices"
	"strings"
	"testing"
)

func TestUnflow(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		delSp          bool
	}{
		{name: "soft and hard breaks", in: "one \ntwo\nthree\n", want: "one two\nthree\n"},
		{name: "no line end at the end", in: "one \ntwo", want: "one two"},
		{name: "soft break before nothing", in: "one \n", want: "one "},
		{name: "stuffed", in: " From here\n  indented\n", want: "From here\n indented\n"},
		{name: "stuffed angle is no quotation", in: " >a\n", want: " >a\n"},
		{name: "quoted", in: ">one \n>two\n>>three \n>>four\n", want: "> one two\n>> three four\n"},
		{name: "depth ends a paragraph", in: "> one \n>> two \nthree\n", want: "> one \n>> two \nthree\n"},
		{name: "empty quoted lines stay", in: "> one \n> \n> two\n", want: "> one \n>\n> two\n"},
		{name: "signature never flows", in: "bye \n-- \nMe \nmyself\n", want: "bye \n-- \nMe myself\n"},
		{name: "quoted signature", in: "> bye \n> -- \n> Me\n", want: "> bye \n> -- \n> Me\n"},
		{name: "DelSp", in: "日本 \n語\nab \ncd\n", want: "日本語\nabcd\n", delSp: true},
		{name: "empty", in: "", want: ""},
	} {
		if got := unflow(c.in, c.delSp); got != c.want {
			t.Errorf("%s: %q = %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

func TestUnflowCorpusPair(t *testing.T) {
	read := func(name string) string {
		return CleanText(string(corpusFile(t, "html-mails", "roundcube/"+name)))
	}
	// The peer keeps the blank of an empty quoted line; ours is ">".
	want := strings.ReplaceAll(read("format-flowed-unfolded.txt"), "> \n", ">\n")
	if got := unflow(read("format-flowed.txt"), false); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFlow(t *testing.T) {
	long := strings.Repeat("word ", 30)
	for _, c := range []struct{ name, in, want string }{
		{"short", "hello", "hello\n"},
		{"blanks at the end go", "hello  \n\nyou", "hello\n\nyou\n"},
		{"stuffing", "From me\n x\n", " From me\n  x\n"},
		{"quotation", "> a\n>> b\n>\n", "> a\n>> b\n>\n"},
		{"signature", "a\n-- \nme", "a\n-- \nme\n"},
		{"break", long, strings.Repeat("word ", 14) + "\n" + strings.Repeat("word ", 14) + "\nword word\n"},
		{"a long word stays whole", "see " + strings.Repeat("x", 100) + " there", "see \n" + strings.Repeat("x", 100) + " \nthere\n"},
		{"octets are no columns", "Grüße für " + strings.Repeat("ä", 50) + " heute", "Grüße für " + strings.Repeat("ä", 50) + " heute\n"},
		{"a line of letters of two columns", "件名を [unease] " + strings.Repeat("あ", 25) + "\n", "件名を [unease] " + strings.Repeat("あ", 25) + "\n"},
		{"and one too wide", "件名を [unease] " + strings.Repeat("あ", 40) + "\n", "件名を [unease] \n" + strings.Repeat("あ", 40) + "\n"},
		{"no word is torn off for what is within the limit", strings.Repeat("word ", 14) + "limit", strings.Repeat("word ", 14) + "limit\n"},
		{"no false signature", "-- " + strings.Repeat("x", 100), "-- " + strings.Repeat("x", 100) + "\n"},
	} {
		if got := flow(c.in); got != c.want {
			t.Errorf("%s: %q = %q, want %q", c.name, c.in, got, c.want)
		}
	}
}

// A paragraph on one line, as many programs write it, is broken in linear time, however long it is (B8).
func TestFlowIsLinear(t *testing.T) {
	for name, piece := range map[string]string{"words": "word ", "wide letters": "漢字 ", "blanks": "    ", "one word": "x", "a quote": "> a b c "} {
		linear(t, name, 20_000, func(n int) []byte { return []byte(strings.Repeat(piece, n/len(piece)) + "end") }, func(b []byte) { flow(string(b)) })
	}
}

func FuzzFlowed(f *testing.F) {
	f.Add("one \ntwo\n> three \n> four\n-- \nme", false)
	f.Add(" From \n >x\n>> \n日本 \n語", true)
	f.Add(strings.Repeat("word ", 50)+"\n"+strings.Repeat("x", 120), false)
	f.Fuzz(func(t *testing.T, text string, delSp bool) {
		text = CleanText(text)
		if got := unflow(text, delSp); len(got) > len(text)+strings.Count(text, "\n")*2+2 {
			t.Fatalf("%d bytes became %d", len(text), len(got))
		}
		words := func(s string) []string { return strings.Fields(strings.ReplaceAll(s, ">", "")) }
		if got := words(unflow(text, false)); !slices.Equal(got, words(text)) {
			t.Fatalf("unflow changed words: %q, want %q", got, words(text))
		}
		flowed := flow(text)
		if got := words(flowed); !slices.Equal(got, words(text)) {
			t.Fatalf("flow changed words: %q, want %q", got, words(text))
		}
		if got, want := words(unflow(flowed, false)), words(text); !slices.Equal(got, want) {
			t.Fatalf("there and back: %q, want %q", got, want)
		}
	})
}
