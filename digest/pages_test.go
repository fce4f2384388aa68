package digest_test

import (
	"fmt"
	"strings"
	"testing"
)

// Where members read posts on the web each thread names its page, and the threads that are only counted the list's. Without such pages nothing is
// named, and no issue holds the address of a list.
func TestPagesInADigest(t *testing.T) {
	for _, pages := range []string{"https://lists.gardeners.example", ""} {
		w := newTown(t)
		w.editor.Pages = pages
		w.reader("dana@north.example", "Dana Reyes")
		w.due()
		w.at("2 Jun 09:00")
		for i := range 30 {
			w.say("Bill Tan <bill@south.example>", fmt.Sprint("Bed ", i), fmt.Sprint("Words about bed ", i, "."))
		}
		w.at("5 Jun 06:00")
		a := w.issue(w.due(), "dana@north.example")
		const list = "https://lists.gardeners.example/archive/gardeners.example/talk"
		for where, want := range map[string][]string{
			a.Text(): {"In the archive: " + list + "/thread/30\n", "  In the archive: " + list + "\n"},
			a.html(): {`<a href="` + list + `/thread/30" aria-label="Read in the archive: Bed 29">Read in the archive</a>`, `more threads. <a href="` + list + `">`},
		} {
			for _, words := range want {
				if strings.Contains(where, words) != (pages != "") {
					t.Errorf("pages at %q: %q in\n%s", pages, words, where)
				}
			}
			if strings.Contains(where, w.talk.Address().String()) {
				t.Errorf("the list's address stands in\n%s", where)
			}
		}
	}
}
