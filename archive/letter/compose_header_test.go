package letter

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// headerLines are the lines above the first empty one.
func headerLines(t *testing.T, raw []byte) []string {
	t.Helper()
	head, _, ok := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !ok {
		t.Fatal("no empty line")
	}
	return strings.Split(string(head), "\r\n")
}

// A digest to one, a thread of fifty letters, names in three scripts: folded at 78, and read back as they were.
func TestDraftHeaderIsFolded(t *testing.T) {
	d := testDraft()
	d.From.Name = "Gemeinschaft für Gärten, Bäume und Sträucher"
	d.Subject = "Новые спонсоры, первые наймы и ещё три вопроса, которые ждут ответа уже две недели"
	for i := range 20 {
		d.To = append(d.To, Mailbox{Name: fmt.Sprintf("Dana Reyes, %d", i), Address: Address{fmt.Sprintf("dana%d", i), "northgate.example"}})
		d.Cc = append(d.Cc, Mailbox{Name: "田中 さくら", Address: Address{fmt.Sprintf("sakura%d", i), "example.jp"}})
	}
	for i := range 50 {
		d.References = append(d.References, MessageID(fmt.Sprintf("p.abcdefghijklmnopqrstuvwx%02d@cmtybc.example", i)))
	}
	raw := mustBytes(t, d)
	for _, l := range headerLines(t, raw) {
		// The first encoded word of a field stands beside the name even where that makes the line a little longer.
		if len(l) > lineWanted && (strings.HasPrefix(l, " ") || len(l) > lineWanted+12) {
			t.Errorf("%d characters: %s", len(l), l)
		}
	}
	l, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if got := l.From(); len(got) != 1 || got[0] != d.From {
		t.Errorf("From %+v", got)
	}
	if !slices.Equal(l.To(), d.To) || !slices.Equal(l.Cc(), d.Cc) {
		t.Errorf("To %+v, Cc %+v", l.To(), l.Cc())
	}
	if l.Subject() != d.Subject || !slices.Equal(l.References(), d.References) || l.MessageID() != d.MessageID {
		t.Errorf("subject %q, references %v, id %v", l.Subject(), l.References(), l.MessageID())
	}
	if date, ok := l.Date(); !ok || !date.Equal(d.Date) {
		t.Errorf("date %v, want %v", date, d.Date)
	}
}

// The order of the fields is ours, every time.
func TestDraftHeaderOrder(t *testing.T) {
	d := testDraft()
	d.HTML = "<p>x</p>"
	d.Cc, d.ReplyTo, d.InReplyTo, d.References = d.To, d.To, []MessageID{"a@b"}, []MessageID{"a@b"}
	d.Extra = []Field{{"Auto-Submitted", "auto-generated"}, {"Precedence", "bulk"}, {"Auto-Submitted-By", "us"}}
	var names []string
	for _, l := range headerLines(t, mustBytes(t, d)) {
		if name, _, ok := strings.Cut(l, ":"); ok && !strings.HasPrefix(l, " ") {
			names = append(names, name)
		}
	}
	want := "From To Cc Reply-To Subject Date Message-ID In-Reply-To References Auto-Submitted Precedence Auto-Submitted-By MIME-Version Content-Type"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
