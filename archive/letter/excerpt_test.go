package letter

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestExcerpt(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		max            int
	}{
		{"short", "Hello  \n\n you.", "Hello you.", 20},
		{"fits exactly", "12345", "12345", 5},
		{"sentence", "We met on Friday. Then we went home and slept.", "We met on Friday. …", 25},
		{"sentence in quotes", "He said \"Yes!\" and then a lot of other things.", "He said \"Yes!\" …", 20},
		{"the number of a point is no sentence", "It is easy, just choose a name. 2. Then start it and wait.", "It is easy, just choose a name. …", 38},
		{"nor a number behind a bracket", "It is easy, just choose one (or two) 2. Then start it.", "It is easy, just choose one (or two)…", 43},
		{"nor is an abbreviation", "It is easy to name one, e.g. a rose or a tulip.", "It is easy to name one, e.g. a…", 31},
		{"an ellipsis is one", "It is easy, or so they say... and then it was not.", "It is easy, or so they say... …", 35},
		{"a sentence too short to stand alone", "No. This is a longer sentence about it.", "No. This is a longer…", 22},
		{"words", "one two three four", "one two…", 12},
		{"no comma at the end", "one, two, three, four", "one, two…", 13},
		{"one long word", strings.Repeat("x", 50), strings.Repeat("x", 9) + "…", 10},
		{"address", "see https://example.org/a/very/long/path now", "see…", 20},
		{"characters, not bytes", "Grüße aus Köln und Umgebung", "Grüße aus…", 12},
		{"japanese ends with a sentence, too", "日本語の文章です。とても長いので切ります。", "日本語の文章です。…", 12},
		{"and with its bracket", "彼は「はい。」と言い、とても長いので切ります。", "彼は「はい。」と言…", 10},
		{"a short one does not stand alone", "はい。とても長いので切ります。", "はい。とても長いので切…", 12},
		{"no opening bracket at the end", "とても長いので「切ります」", "とても長いので…", 9},
		{"no blank where a line of japanese was broken", "今年の夏は例年よりも気温が高くなる予報が出ていますので、植え替えの時期を\n早めます。\nいつ？", "今年の夏は例年よりも気温が高くなる予報が出ていますので、植え替えの時期を早めます。いつ？", 60},
		{"between points it stays", "手袋\n帽子", "手袋 帽子", 60},
		{"between a name and a name, too", "田中 花子です。", "田中 花子です。", 60},
		{"korean has blanks", "올해 토마토를 처음 키워 보는데 물을 얼마나 자주 줘야\n하나요?", "올해 토마토를 처음 키워 보는데 물을 얼마나 자주 줘야 하나요?", 60},
		{"emoji stay whole", strings.Repeat("👩\u200d🌾", 5), "👩\u200d🌾👩\u200d🌾…", 8},
		{"nothing", "", "", 10},
		{"no room", "abc", "", 0},
		{"room for one", "abc", "…", 1},
	} {
		if got := Excerpt(c.in, c.max); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzExcerpt(f *testing.F) {
	f.Add("We met on Friday. Then we went home.", 20)
	f.Add("日本語。 a\u0301b", 3)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit %= 1000
		got := Excerpt(text, limit)
		if utf8.RuneCountInString(got) > max(limit, 0) {
			t.Fatalf("%q is longer than %d", got, limit)
		}
		if strings.ContainsAny(got, "\r\n\t") {
			t.Fatalf("more than one line: %q", got)
		}
	})
}
