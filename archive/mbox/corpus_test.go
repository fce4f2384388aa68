package mbox_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"backchannel/archive/mbox"
)

// corpus is the folder of real mail beside the module; without it the test is skipped.
func corpus(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	dir = filepath.Join(dir, "..", "shared", "corpus")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the corpus is not here")
	}
	return dir
}

func readAll(t testing.TB, path string) (all []mbox.Message) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for m, err := range mbox.NewReader(f, mbox.Options{}).All() {
		if err != nil {
			t.Fatalf("%s: message %d: %v", path, m.N, err)
		}
		all = append(all, m)
	}
	return all
}

// In every mbox of the corpus each line "From " at the head of a line is a separator, since all of them are quoted. Files of other
// programs among them: ezmlm's and Pony Mail's exporters, pipermail, LISTSERV, Dovecot's tests.
func TestEveryMessageOfTheCorpus(t *testing.T) {
	root := corpus(t)
	files := map[string]int{
		filepath.Join(root, "archive-bigbang/pipermail/2001-November.txt"):    164,
		filepath.Join(root, "archive-bigbang/pipermail/bigbang-dev-test.txt"): 6,
		filepath.Join(root, "bounces-sisimai/mailbox/mbox-0"):                 0,
		filepath.Join(root, "bounces-sisimai/mailbox/mbox-1"):                 0,
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".mbox") && !d.IsDir() {
			files[path] = 0
		}
		return err
	})
	if err != nil || len(files) < 60 {
		t.Fatal(len(files), err)
	}
	total := 0
	for path, want := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if want == 0 {
			want = bytes.Count(append([]byte("\n"), raw...), []byte("\nFrom "))
		}
		all := readAll(t, path)
		if total += len(all); len(all) != want {
			t.Errorf("%s: %d messages, want %d", path, len(all), want)
		}
		for _, m := range all {
			if m.Date.IsZero() && !strings.HasSuffix(path, "no_date.mbox") {
				t.Errorf("%s: message %d has no date", path, m.N)
			}
			if !bytes.HasPrefix(raw[m.Offset:], []byte("From ")) {
				t.Errorf("%s: message %d does not begin at %d", path, m.N, m.Offset)
			}
			if bytes.Contains(bytes.ReplaceAll(m.Raw, []byte("\r\n"), nil), []byte("\n")) {
				t.Errorf("%s: message %d has a LF alone", path, m.N)
			}
		}
	}
	t.Logf("%d messages in %d files", total, len(files))
}

// row is the ground truth of one message.
type row struct {
	N      int    `json:"n"`
	ID     string `json:"id"`
	SHA256 string `json:"sha256"`
}

func rows(t testing.TB, path string) (all []row) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		var r row
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// Every message has the bytes that the makers of the corpus saw. Three files were hashed as a reader gives them that neither takes
// the marks away nor the empty line behind a message; there the hash is taken of that form.
func TestBytesOfTheCorpus(t *testing.T) {
	root := corpus(t)
	for name, marked := range map[string]bool{
		"archive-spamassassin/easy_ham_1": false, "archive-spamassassin/hard_ham_part1": false, "archive-spamassassin/spam_part1": false,
		"archive-ponymail/maven-dev-2017-11-listsao": true, "archive-ponymail/maven-dev-2017-12-listsao": true, "archive-ponymail/httpd-users-2020-07": true,
	} {
		all, truth := readAll(t, filepath.Join(root, name+".mbox")), rows(t, filepath.Join(root, name+".threads.jsonl"))
		if len(all) != len(truth) {
			t.Errorf("%s: %d messages, want %d", name, len(all), len(truth))
			continue
		}
		wrong := 0
		for i, m := range all {
			if got := m.Raw; hash(got, false) != truth[i].SHA256 && !(marked && hash(got, true) == truth[i].SHA256) {
				wrong++
				t.Errorf("%s: message %d (%s) differs", name, m.N, truth[i].ID)
			}
			if wrong > 5 {
				break
			}
		}
	}
}

// hash is the first 16 digits of the SHA-256 of a message with LF, and marked as in the file if wanted.
func hash(raw []byte, marked bool) string {
	var b bytes.Buffer
	w := mbox.NewWriter(&b)
	if marked {
		_ = w.Write(raw, "x", unixEpoch)
		_ = w.Flush()
		_, rest, _ := bytes.Cut(b.Bytes(), []byte("\n"))
		raw = rest
	}
	sum := sha256.Sum256(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")))
	return hex.EncodeToString(sum[:])[:16]
}

// What was read and written anew is read again as the same.
func TestCorpusThroughTheWriter(t *testing.T) {
	all := readAll(t, filepath.Join(corpus(t), "archive-spamassassin", "easy_ham_1.mbox"))
	var b bytes.Buffer
	w := mbox.NewWriter(&b)
	for _, m := range all {
		if err := w.Write(m.Raw, m.Envelope, m.Date); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for m, err := range mbox.NewReader(&b, mbox.Options{}).All() {
		if err != nil || !bytes.Equal(m.Raw, all[n].Raw) || m.Envelope != all[n].Envelope || !m.Date.Equal(all[n].Date) {
			t.Fatalf("message %d: %v", m.N, err)
		}
		n++
	}
	if n != len(all) {
		t.Errorf("%d of %d", n, len(all))
	}
}
