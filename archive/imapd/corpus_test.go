package imapd

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
)

// Every letter of the corpus goes over the wire and comes out whole, and what BODYSTRUCTURE says of each part is so.
func TestTheCorpusOverIMAP(t *testing.T) {
	root := filepath.Dir(corpus(t, "conf-imap-imaptest"))
	m := newMem("box")
	box := m.boxes["box"]
	var names []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if info, err := d.Info(); err != nil || info.Size() > 100_000 || info.Size() == 0 || strings.HasSuffix(path, ".md") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if testing.Short() && len(names) > 300 {
			return fs.SkipAll
		}
		m.mu.Lock()
		box.put(raw, nil, m.now)
		m.mu.Unlock()
		names = append(names, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, addr := start(t, m, nil)
	c := library(t, addr, nil)
	if _, err := c.Select("box", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	for from := 0; from < len(names); from += 200 {
		to := min(from+200, len(names))
		msgs, err := c.Fetch(imap.SeqSet{{Start: uint32(from + 1), Stop: uint32(to)}}, &imap.FetchOptions{
			UID: true, Envelope: true, BodyStructure: &imap.FetchItemBodyStructure{Extended: true}, RFC822Size: true,
			BodySection: []*imap.FetchItemBodySection{{Peek: true}, {Specifier: imap.PartSpecifierHeader, Peek: true}, {Specifier: imap.PartSpecifierText, Peek: true}},
		}).Collect()
		if err != nil || len(msgs) != to-from {
			t.Fatalf("letters %s … %s: %d came, %v", names[from], names[to-1], len(msgs), err)
		}
		for i, msg := range msgs {
			raw := box.letters[from+i].raw
			whole, header, text := msg.BodySection[0].Bytes, msg.BodySection[1].Bytes, msg.BodySection[2].Bytes
			if string(whole) != string(raw) || string(header)+string(text) != string(raw) || msg.RFC822Size != int64(len(raw)) {
				t.Errorf("%s: it did not come whole", names[from+i])
			}
			checkParts(t, names[from+i], raw, msg.BodyStructure)
		}
	}
	if len(names) < 300 {
		t.Errorf("only %d letters", len(names))
	}
}

// checkParts compares what BODYSTRUCTURE says with what BODY[…] gives.
func checkParts(t *testing.T, name string, raw []byte, bs imap.BodyStructure) {
	t.Helper()
	l := &opened{raw: raw}
	bs.Walk(func(path []int, part imap.BodyStructure) bool {
		single, ok := part.(*imap.BodyStructureSinglePart)
		if !ok {
			return true
		}
		l.parse()
		if got := l.section(&imap.FetchItemBodySection{Part: path}); len(l.parts) > 0 && len(got) != int(single.Size) {
			t.Errorf("%s: part %v has %d octets, not %d", name, path, len(got), single.Size)
		}
		return true
	})
}
