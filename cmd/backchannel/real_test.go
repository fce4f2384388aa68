package main_test

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"backchannel/archive/mbox"
	"backchannel/cmd/backchannel/backchanneltest"
)

// corpus is the folder of real mail beside the module; without it the test is skipped.
func corpus(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../../shared/corpus")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the corpus is not here")
	}
	return dir
}

// realLists are real archives and the lists they are imported into. Three months of one list, two of them by different exporters.
var realLists = map[string][]string{
	"talk":  {"archive-spamassassin/easy_ham_1"},
	"httpd": {"archive-ponymail/httpd-users-2020-07"},
	"maven": {"archive-ponymail/maven-dev-2017-11-listsao", "archive-ponymail/maven-dev-2017-12-listsao"},
}

// Real archives go in, keep every octet and come out again: by `export`, and over IMAP by a real client. Their threads are the ones
// that are known to be right; importing them again changes nothing.
func TestRealArchives(t *testing.T) {
	outside(t)
	root := corpus(t)
	s := backchanneltest.NewStage(t, backchanneltest.Build(t))
	imap := withIMAP(t, s)
	s.CLI("community", "add", backchanneltest.Domain, "--name", "Gardeners")
	s.CLI("member", "add", "mira@lowe.test", "--role", "manager", "--name", "Mira Lowe")
	posts := map[string]int{} // of each list
	for name, files := range realLists {
		list := name + "@" + backchanneltest.Domain
		s.CLI("list", "add", list)
		var want [][]byte
		for _, again := range []bool{false, true} {
			for _, file := range files {
				path := filepath.Join(root, file+".mbox")
				read, taken, here := imported(t, s, path, list)
				if !again {
					want = append(want, messages(t, path)...)
				}
				posts[name] += taken
				if again && taken > 0 || taken+here != read || read == 0 {
					t.Errorf("%s: %d read, %d taken, %d were there", file, read, taken, here)
				}
			}
		}
		realThreads(t, s, root, list, files)
		exported := filepath.Join(t.TempDir(), "out.mbox")
		s.CLI("export", "mbox", list, "-o", exported)
		sameMail(t, name+" exported", messages(t, exported), want, posts[name])
	}
	s.CLI("check")
	s.CLI("member", "add", "dana@north.test", "--name", "Dana Reyes", "--lists", "all", "--delivery", "none")
	mirror(t, s, imap, root, posts)
}

// withIMAP gives the stage an IMAP door and tells where it is.
func withIMAP(t *testing.T, s *backchanneltest.Stage) string {
	t.Helper()
	addr, err := backchanneltest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(s.Config())
	if err != nil {
		t.Fatal(err)
	}
	config = bytes.Replace(config, []byte(`imap: { listen: "" }`), []byte(`imap: { listen: "`+addr+`" }`), 1)
	if err := os.WriteFile(s.Config(), config, 0o600); err != nil {
		t.Fatal(err)
	}
	return addr
}

func imported(t *testing.T, s *backchanneltest.Stage, path, list string) (read, taken, here int) {
	t.Helper()
	var report struct {
		Read, Taken int
		Here        int `json:"here_already"`
	}
	if err := json.Unmarshal([]byte(s.CLI("import", "mbox", path, "--list", list, "--json")), &report); err != nil {
		t.Fatal(err)
	}
	return report.Read, report.Taken, report.Here
}

func messages(t *testing.T, path string) (all [][]byte) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for m, err := range mbox.NewReader(f, mbox.Options{}).All() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m.Raw)
	}
	return all
}

// added are the fields that came on the way: an id for a letter without one, and isync's own mark.
var added = regexp.MustCompile(`(?m)^(Message-ID: <import\.[a-z0-9]+@invalid>|X-TUID: .*)\r\n`)

// sameMail compares two heaps of letters, in which each letter counts once. So many of those that are wanted have to be there: the
// others were twice in the source, under other Received fields.
func sameMail(t *testing.T, what string, got, want [][]byte, many int) {
	t.Helper()
	heap := func(all [][]byte) map[string]bool {
		m := map[string]bool{}
		for _, raw := range all {
			m[string(added.ReplaceAll(raw, nil))] = true
		}
		return m
	}
	g, w := heap(got), heap(want)
	wrong := 0
	for raw := range g {
		if !w[raw] {
			if wrong++; wrong < 3 {
				t.Errorf("%s: nobody ever sent this:\n%.600s", what, raw)
			}
		}
	}
	if len(g) != many || wrong > 0 {
		t.Errorf("%s: %d of %d letters came back as they were", what, len(g)-wrong, many)
	}
}

// threadTruth is one row of the ground truth.
type threadTruth struct {
	ID     string `json:"id"`
	Parent string `json:"parent"`
	Thread string `json:"refs_thread"`
}

// realThreads compares the threads of a list with the ground truth: no thread is split, no parent is another; what was joined beyond
// that was joined by its subject.
func realThreads(t *testing.T, s *backchanneltest.Stage, root, list string, files []string) {
	t.Helper()
	var threads []struct {
		Number int
		Posts  []struct {
			ID     string `json:"message_id"`
			Parent string
		}
	}
	if err := json.Unmarshal([]byte(s.CLI("archive", "threads", list, "--json", "--limit", "100000")), &threads); err != nil {
		t.Fatal(err)
	}
	number, parent := map[string]int{}, map[string]string{}
	for _, th := range threads {
		for _, p := range th.Posts {
			number[p.ID], parent[p.ID] = th.Number, p.Parent
		}
	}
	of := map[string]int{}
	for _, file := range files {
		raw, err := os.ReadFile(filepath.Join(root, file+".threads.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(raw) {
			var r threadTruth
			if err := json.Unmarshal(line, &r); err != nil {
				t.Fatal(err)
			}
			n, there := number[r.ID]
			if r.ID == "" {
				continue
			}
			if first, seen := of[r.Thread]; !there || seen && first != n {
				t.Errorf("%s: %s is in thread %d, others of its thread in %d", list, r.ID, n, first)
			}
			of[r.Thread] = n
			if r.Parent != "" && parent[r.ID] != r.Parent {
				t.Errorf("%s: %s answers %s, not %s", list, r.ID, parent[r.ID], r.Parent)
			}
		}
	}
	t.Logf("%s: %d threads for %d by references alone", list, len(threads), len(of))
}

// mirror reads all lists with mbsync and compares what comes to rest in a Maildir with the sources.
func mirror(t *testing.T, s *backchanneltest.Stage, imap, root string, posts map[string]int) {
	mbsync, err := exec.LookPath("mbsync")
	if err != nil {
		t.Log("mbsync is not here: nothing was read over IMAP")
		return
	}
	password := strings.TrimSpace(s.CLI("password", "add", "dana@north.test"))
	s.Start()
	defer s.Stop()
	host, port, err := net.SplitHostPort(imap)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	rc := filepath.Join(dir, "rc")
	config := "IMAPAccount a\nHost " + host + "\nPort " + port + "\nUser dana@north.test\nPass " + password + "\nSSLType None\nAuthMechs LOGIN\n\n" +
		"IMAPStore far\nAccount a\n\nMaildirStore near\nPath " + dir + "/mail/\nInbox " + dir + "/mail/INBOX\nSubFolders Verbatim\n\n" +
		"Channel c\nFar :far:\nNear :near:\nPatterns Lists/*\nCreate Near\nSync Pull\nSyncState *\n"
	if err := os.WriteFile(rc, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "mail"), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(mbsync, "-c", rc, "c")
	cmd.Env = append(slices.Clone(cmd.Environ()), "HOME="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("mbsync: %v\n%s", err, out)
	}
	for name, files := range realLists {
		var got, want [][]byte
		for m, err := range mbox.Maildir(os.DirFS(filepath.Join(dir, "mail", "Lists", name)), mbox.Options{}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, m.Raw)
		}
		for _, file := range files {
			want = append(want, messages(t, filepath.Join(root, file+".mbox"))...)
		}
		sameMail(t, name+" over IMAP", got, want, posts[name])
	}
}
