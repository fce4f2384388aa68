package digest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive"
)

// stuck is longer than any load of the machine explains.
const stuck = 20 * time.Second

// Whatever somebody posts, showing it costs linear time: it happens in the transaction of every reader's issue (B8).
func TestHostilePosts(t *testing.T) {
	const most = 64 << 10 // as much of a text as the archive keeps
	led := strings.Repeat("wrote said ", most/22) + "\n" + strings.Repeat("a> \n", most/8)
	for name, text := range map[string]string{
		"a long line above quotes of one": led, "quotes of many": strings.Repeat("w ", most/4) + "\n" + strings.Repeat("ab> \ncd> \n", most/20),
		"words": strings.Repeat("word ", most/5), "rules": strings.Repeat("---\n", most/4), "files of a patch": "---\n" + strings.Repeat(" 1 files\n", most/9),
		"empty lines": "x\n" + strings.Repeat("\n", most), "introductions": strings.Repeat("x:\n\n", most/4), "empty quotes": strings.Repeat(">\n", most/2),
		"addresses": strings.Repeat("a+b@gardeners.example", most/21), "dots": strings.Repeat(".", most/2) + strings.Repeat("@gardeners.example", most/36),
		"links": strings.Repeat("(https://", most/9), "one link": "(https://x.example/" + strings.Repeat("a", most), "names": strings.Repeat("田中さん。", most/15) + "\nx",
		"firms": strings.Repeat("田中様\n", most/10), "tags": strings.Repeat("#a ", most/3), "brackets": strings.Repeat("[a]", most/3), "questions": strings.Repeat("? ", most/2),
	} {
		p := archive.Post{ID: 1, Text: text, Subject: text[:900]}
		p.From.Name = "Bill Jones"
		one := freshThread{posts: []archive.Post{p}}
		one.thread.Root, one.thread.Subject = 1, p.Subject
		done := make(chan string, 1)
		go func() {
			shown := one.cut(form{excerpts: 3, length: 200}, time.Time{}, "gardeners.example")
			done <- fmt.Sprint(shown, one.subject("[x]", "gardeners.example"), asks(p, true, nil), tagsOf(p, "[x]", nil), introOf(p, "[x]"))
		}()
		select {
		case <-done:
		case <-time.After(stuck):
			t.Fatalf("%s: not done after %v", name, stuck)
		}
	}
}
