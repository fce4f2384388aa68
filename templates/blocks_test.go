package templates

import (
	"fmt"
	"strings"
	"testing"
)

// What was rendered before changes nothing: every digest is the same to the last byte as one that was rendered alone, for each reader
// with their own addresses, in whatever order they come, and in every language. Nobody's address is kept.
func TestBlocksChangeNoByte(t *testing.T) {
	var b Blocks
	for round := range 3 {
		for _, s := range digestSamples() {
			for reader := range 3 {
				d := s.mail.(Digest)
				d.Unanswered, d.Sections = personal(d.Unanswered, reader), append([]Section(nil), d.Sections...)
				for i := range d.Sections {
					d.Sections[i].Threads = personal(d.Sections[i].Threads, reader+round)
				}
				for l := range tongues {
					alone, err := renderIn(l, "digest", d)
					if err != nil {
						t.Fatal(err)
					}
					shared, err := renderBlocks(l, "digest", d, &b)
					if err != nil {
						t.Fatal(err)
					}
					if alone.Subject != shared.Subject || alone.Text != shared.Text || alone.HTML != shared.HTML {
						t.Fatalf("%s of reader %d in %s:\n%s\n%s\nand alone\n%s\n%s", s.name, reader, l, shared.Text, shared.HTML, alone.Text, alone.HTML)
					}
				}
			}
		}
	}
	if b.many == 0 {
		t.Fatal("nothing was kept")
	}
	for _, blocks := range b.all {
		for _, k := range blocks {
			if all := fmt.Sprintf("%+v", *k); strings.Contains(all, "reader-") {
				t.Fatalf("kept with an address: %s", all)
			}
		}
	}
}

// personal are threads as one reader sees them.
func personal(threads []Thread, reader int) (all []Thread) {
	for i, th := range threads {
		own := func(word string) string { return fmt.Sprintf("%s+reader-%d-%d@gardeners.example", word, reader, i) }
		th.Privately, th.Whole = own("private"), own("send")
		if (reader+i)%3 > 0 {
			th.Everyone = own("everyone")
		}
		if (reader+i)%4 == 0 {
			th.Why = []Because{{Reason: Follows, Tags: []string{fmt.Sprint("#tag", reader)}}}
		}
		all = append(all, th)
	}
	return all
}

// A thread that lacks something is complained about as without blocks; an address that looks otherwise in a link than in a text, a post
// that bears the same number and subject as another, and more threads than are kept give the right words, too.
func TestBlocksOfOddThreads(t *testing.T) {
	var b Blocks
	d := digestSamples()[0].mail.(Digest)
	d.Sections = []Section{{List: "Talk", Threads: []Thread{{Number: 1}}}}
	_, alone := d.Render()
	_, shared := b.Compose(d, "")
	if alone == nil || shared == nil || alone.Error() != shared.Error() {
		t.Errorf("without a subject: %v, alone %v", shared, alone)
	}
	odd := []Thread{
		{Number: 1, Subject: "One", Everyone: "every&one+x@gärten.example"}, {Number: 1, Subject: "One", New: 1}, {Number: 1, Subject: "One", New: 2},
		{Number: 1, Subject: "One", Excerpts: []Excerpt{{Who: "Bill <b>", When: d.To, Text: "a & b + c"}}},
	}
	for i := range mostBlocks + 10 {
		odd = append(odd, Thread{Number: i, Subject: fmt.Sprint("Thread ", i), Privately: fmt.Sprintf("private+%d@gardeners.example", i)})
	}
	d.Sections[0].Threads = odd
	want, err := d.Render()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		got, err := b.Compose(d, "")
		if err != nil || got.Text != want.Text || got.HTML != want.HTML {
			t.Fatalf("odd threads: %v", err)
		}
	}
	if b.many > mostBlocks {
		t.Errorf("%d blocks are kept", b.many)
	}
}
