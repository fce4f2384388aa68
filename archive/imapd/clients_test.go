package imapd

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// library begins a session of the library's own client.
func library(t *testing.T, addr string, news *imapclient.UnilateralDataHandler) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(addr, &imapclient.Options{UnilateralDataHandler: news})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Login("mira@lowe.test", "secret").Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWithTheLibrarysClient(t *testing.T) {
	m := community(t)
	box := m.boxes["Back-channel/New"]
	box.arrive(strings.ReplaceAll(nested, "\r\n", "\n"))
	box.arrive(note("Grüße", "Zwei."))
	_, addr := start(t, m, nil)
	exists := make(chan uint32, 10)
	c := library(t, addr, &imapclient.UnilateralDataHandler{Mailbox: func(d *imapclient.UnilateralDataMailbox) {
		if d.NumMessages != nil {
			exists <- *d.NumMessages
		}
	}})
	if _, err := c.Enable(imap.CapIMAP4rev2, imap.CapUTF8Accept).Wait(); err != nil {
		t.Fatal(err)
	}
	list, err := c.List("", "*", &imap.ListOptions{ReturnStatus: &imap.StatusOptions{NumMessages: true, NumUnseen: true}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range list {
		names = append(names, l.Mailbox)
	}
	if !slices.Contains(names, "Archiv/Gärten & Höfe") {
		t.Errorf("names: %q", names)
	}
	if _, err := c.Select("Archiv/Gärten & Höfe", nil).Wait(); err != nil {
		t.Errorf("select by UTF-8: %v", err)
	}
	sel, err := c.Select("Back-channel/New", nil).Wait()
	if err != nil || sel.NumMessages != 2 || sel.UIDNext != 3 || sel.List == nil || sel.List.Mailbox != "Back-channel/New" {
		t.Fatalf("select: %+v %v", sel, err)
	}
	msgs, err := c.Fetch(imap.UIDSetNum(1, 2), &imap.FetchOptions{
		Envelope: true, BodyStructure: &imap.FetchItemBodyStructure{Extended: true}, Flags: true, RFC822Size: true, InternalDate: true,
		BodySection:       []*imap.FetchItemBodySection{{Part: []int{2, 2}, Peek: true}},
		BinarySection:     []*imap.FetchItemBinarySection{{Part: []int{4}, Peek: true}},
		BinarySectionSize: []*imap.FetchItemBinarySectionSize{{Part: []int{4}}},
	}).Collect()
	if err != nil || len(msgs) != 2 {
		t.Fatalf("fetch: %d %v", len(msgs), err)
	}
	one := msgs[0]
	if one.Envelope.Subject != "outer" || one.RFC822Size != int64(len(box.letters[0].raw)) || string(one.BodySection[0].Bytes) != "<p>html</p>" ||
		string(one.BinarySection[0].Bytes) != "hello" || one.BinarySectionSize[0].Size != 5 {
		t.Errorf("message 1: %+v", one)
	}
	if got := shape(one.BodyStructure); got != "multipart/mixed(text/plain message/rfc822{multipart/alternative(text/plain text/html)} message/rfc822{text/plain} application/x application/x)" {
		t.Errorf("structure: %s", got)
	}
	if e := msgs[1].Envelope; e.Subject != "Grüße" || e.From[0].Name != "Ann" || e.From[0].Addr() != "ann@east.test" || e.MessageID == "" || !e.Date.Equal(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("envelope: %+v", e)
	}
	found, err := c.UIDSearch(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Subject", Value: "grüße"}}}, &imap.SearchOptions{ReturnAll: true, ReturnCount: true}).Wait()
	if err != nil || found.Count != 1 || !slices.Equal(found.AllUIDs(), []imap.UID{2}) {
		t.Errorf("search: %+v %v", found, err)
	}
	moved, err := c.Move(imap.UIDSetNum(1), "Back-channel/Mine").Wait()
	if err != nil || moved.SourceUIDs.String() != "1" || moved.DestUIDs.String() != "1" {
		t.Errorf("move: %+v %v", moved, err)
	}
	ap := c.Append("Drafts", 6, &imap.AppendOptions{Flags: []imap.Flag{imap.FlagDraft}})
	_, _ = io.WriteString(ap, "A: b\r\n")
	_ = ap.Close()
	if place, err := ap.Wait(); err != nil || place.UID != 1 {
		t.Errorf("append: %+v %v", place, err)
	}
	idle, err := c.Idle()
	if err != nil {
		t.Fatal(err)
	}
	for len(exists) > 0 {
		<-exists
	}
	box.arrive(note("three", "x"))
	select {
	case n := <-exists:
		if n != 2 {
			t.Errorf("IDLE says %d", n)
		}
	case <-time.After(time.Minute):
		t.Error("IDLE is silent")
	}
	if err := idle.Close(); err != nil {
		t.Error(err)
	}
	if err := idle.Wait(); err != nil {
		t.Error(err)
	}
	if err := c.Logout().Wait(); err != nil {
		t.Error(err)
	}
}

// shape is a body structure on one line.
func shape(bs imap.BodyStructure) string {
	switch bs := bs.(type) {
	case *imap.BodyStructureMultiPart:
		var in []string
		for _, c := range bs.Children {
			in = append(in, shape(c))
		}
		return bs.MediaType() + "(" + strings.Join(in, " ") + ")"
	case *imap.BodyStructureSinglePart:
		if bs.MessageRFC822 != nil {
			return bs.MediaType() + "{" + shape(bs.MessageRFC822.BodyStructure) + "}"
		}
		return bs.MediaType()
	}
	return "?"
}

// program finds a mail program or skips the test.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

func run1(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	stuck := time.AfterFunc(60*time.Second, func() { _ = cmd.Process.Kill() })
	defer stuck.Stop()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out.String())
	}
	return out.String()
}

func TestWithImaplib(t *testing.T) {
	python := program(t, "python3")
	m := community(t)
	m.boxes["Lists/talk"].arrive(note("first", "One."))
	m.boxes["Lists/talk"].arrive(note("second", "Two."))
	m.boxes["Back-channel/New"].arrive(note("letter", "Help."))
	_, addr := start(t, m, nil)
	host, port, _ := strings.Cut(addr, ":")
	out := run1(t, nil, python, "-c", `
import imaplib, sys
c = imaplib.IMAP4(sys.argv[1], int(sys.argv[2]), timeout=20)
try:
    c.login("mira@lowe.test", "wrong")
    print("wrong password let in")
except imaplib.IMAP4.error as e:
    print("refused")
c.login("mira@lowe.test", "secret")
print("MOVE" in c.capabilities or "MOVE" in c.capability()[1][0].decode())
print([r.decode() for r in c.list()[1]][-1])
print(c.select('"Lists/talk"', readonly=True))
_, ids = c.search(None, "ALL")
for n in ids[0].split():
    print(c.fetch(n, "(BODY.PEEK[])")[1][0][1].splitlines()[-1])
print(c.fetch("1:*", "(UID FLAGS)")[1])
print(c.select("Back-channel/New"))
print(c.uid("MOVE", "1", "Back-channel/Mine"))
print(c.response("COPYUID"))
print(c.append("Sent", None, None, b"Subject: x\r\n\r\n")[0], c.append("Lists/talk", None, None, b"Subject: x\r\n\r\n")[0])
print(c.close()[0], c.logout()[0])
`, host, port)
	want := `refused
True
(\HasNoChildren) "/" "Archiv/G&AOQ-rten &- H&APY-fe"
('OK', [b'2'])
b'One.'
b'Two.'
[b'1 (UID 1 FLAGS ())', b'2 (UID 2 FLAGS ())']
('OK', [b'1'])
('OK', [None])
('COPYUID', [b'1005 1 1'])
OK NO
OK BYE
`
	if out != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
}

func TestWithMbsync(t *testing.T) {
	mbsync := program(t, "mbsync")
	m := community(t)
	for i := range 150 {
		m.boxes["Lists/talk"].arrive(note(fmt.Sprintf("letter %d", i), strings.Repeat("A line.\n", i)))
	}
	m.boxes["Back-channel/New"].arrive(nested)
	_, addr := start(t, m, nil)
	host, port, _ := strings.Cut(addr, ":")
	dir := t.TempDir()
	conf := filepath.Join(dir, "rc")
	text := fmt.Sprintf("IMAPAccount a\nHost %s\nPort %s\nUser mira@lowe.test\nPass secret\nSSLType None\nAuthMechs LOGIN\n\nIMAPStore far\nAccount a\n\n"+
		"MaildirStore near\nPath %s/mail/\nInbox %s/mail/INBOX\nSubFolders Verbatim\n\nChannel c\nFar :far:\nNear :near:\nPatterns *\nCreate Near\nSync All\nExpunge None\nSyncState *\n",
		host, port, dir, dir)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "mail"), 0o700); err != nil {
		t.Fatal(err)
	}
	run1(t, []string{"HOME=" + dir}, mbsync, "-c", conf, "-a")
	got, _ := filepath.Glob(filepath.Join(dir, "mail", "Lists", "talk", "*", "*"))
	if len(got) != 150 {
		t.Errorf("%d letters of 150 came", len(got))
	}
	// Read one letter at home, move one by other hands, and meet again.
	if err := os.Rename(got[0], strings.Replace(got[0], "/new/", "/cur/", 1)+":2,S"); err != nil {
		t.Fatal(err)
	}
	m.boxes["Lists/talk"].arrive(note("late", "Late."))
	run1(t, []string{"HOME=" + dir}, mbsync, "-c", conf, "c:Lists/talk")
	if got, _ = filepath.Glob(filepath.Join(dir, "mail", "Lists", "talk", "*", "*")); len(got) != 151 {
		t.Errorf("%d letters of 151 came", len(got))
	}
	st, _ := m.boxes["Lists/talk"].Status(t.Context())
	if st.Unseen != 150 {
		t.Errorf("%d are unread, not 150", st.Unseen)
	}
}

func TestWithNeomutt(t *testing.T) {
	neomutt, script := program(t, "neomutt"), program(t, "script")
	m := community(t)
	m.boxes["Back-channel/New"].arrive(note("a question", "May I bring a friend?"))
	m.boxes["Back-channel/New"].arrive(note("another", "Thanks."))
	_, addr := start(t, m, nil)
	dir := t.TempDir()
	rc := filepath.Join(dir, "rc")
	text := fmt.Sprintf(`set imap_user="mira@lowe.test"
set imap_pass="secret"
set ssl_force_tls=no
set ssl_starttls=no
set folder="imap://%s/"
set spoolfile="imap://%s/Back-channel/New"
set header_cache=""
set message_cachedir=""
set confirmappend=no
set delete=yes
set quit=yes
set sleep_time=0
set imap_authenticators="login"
push "<first-entry><save-message><kill-line>=Back-channel/Mine<enter><sync-mailbox><quit>"
`, addr, addr)
	if err := os.WriteFile(rc, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run1(t, []string{"HOME=" + dir, "TERM=xterm", "LINES=24", "COLUMNS=80"}, script, "-qec", neomutt+" -n -F "+rc, "/dev/null")
	m.mu.Lock()
	defer m.mu.Unlock()
	if new, mine := len(m.boxes["Back-channel/New"].letters), len(m.boxes["Back-channel/Mine"].letters); new != 1 || mine != 1 {
		t.Errorf("%d letters in New and %d in Mine; moves %v", new, mine, m.moves)
	}
}
