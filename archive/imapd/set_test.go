package imapd

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
)

func TestSpans(t *testing.T) {
	for _, c := range []struct {
		set      imap.UIDSet
		greatest uint32
		want     spans
	}{
		{imap.UIDSet{{Start: 1, Stop: 3}}, 9, spans{{1, 3}}},
		{imap.UIDSet{{Start: 3, Stop: 1}}, 9, spans{{1, 3}}},
		{imap.UIDSet{{Start: 0, Stop: 0}}, 9, spans{{9, 9}}},
		{imap.UIDSet{{Start: 12, Stop: 0}}, 9, spans{{9, 12}}},
		{imap.UIDSet{{Start: 5, Stop: 0}, {Start: 1, Stop: 2}}, 9, spans{{1, 2}, {5, 9}}},
		{imap.UIDSet{{Start: 1, Stop: 2}, {Start: 3, Stop: 4}, {Start: 2, Stop: 3}}, 9, spans{{1, 4}}},
		{imap.UIDSet{{Start: 1, Stop: ^imap.UID(0)}, {Start: 7, Stop: 8}}, 9, spans{{1, ^uint32(0)}}},
		{imap.UIDSet{}, 9, spans{}},
	} {
		if got := spansOf(c.set, c.greatest); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v of %d: got %v, want %v", c.set, c.greatest, got, c.want)
		}
	}
	s := spans{{2, 3}, {7, 7}, {9, ^uint32(0)}}
	for n, want := range map[uint32]bool{0: false, 1: false, 2: true, 3: true, 4: false, 7: true, 8: false, 9: true, ^uint32(0): true} {
		if s.has(n) != want {
			t.Errorf("has(%d) is %v", n, !want)
		}
	}
}

func TestPickedByHugeSets(t *testing.T) {
	list := newTracker(Snapshot{UIDs: []uint32{2, 5, 9}})
	if got := list.pickUIDs(spans{{1, ^uint32(0)}}); !reflect.DeepEqual(got, []picked{{1, 2}, {2, 5}, {3, 9}}) {
		t.Errorf("UIDs: %v", got)
	}
	if got := list.pickNumbers(spans{{0, ^uint32(0)}}); !reflect.DeepEqual(got, []picked{{1, 2}, {2, 5}, {3, 9}}) {
		t.Errorf("numbers: %v", got)
	}
	if got := list.pickNumbers(spans{{4, 7}}); got != nil {
		t.Errorf("beyond the end: %v", got)
	}
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		name, pattern string
		want          bool
	}{
		{"INBOX", "*", true}, {"INBOX", "%", true}, {"Lists/talk", "%", false}, {"Lists/talk", "*", true},
		{"Lists/talk", "Lists/%", true}, {"Lists/talk/x", "Lists/%", false}, {"Lists/talk", "Lists", false},
		{"Lists/talk", "%/%", true}, {"Lists/talk", "*talk", true}, {"Lists/talk", "%talk", false}, {"Lists/talk", "L%s/t*k", true},
		{"", "", true}, {"", "*", true}, {"a", "", false}, {"Gärten", "G%n", true}, {"a", "A", false},
	} {
		if got := matches(c.name, c.pattern); got != c.want {
			t.Errorf("matches(%q, %q) = %v", c.name, c.pattern, got)
		}
	}
	before := time.Now()
	if matches(strings.Repeat("a", 500), strings.Repeat("*a", 500)+"b") {
		t.Error("a pattern that cannot fit fits")
	}
	if took := time.Since(before); took > 2*time.Second {
		t.Errorf("a hostile pattern took %v", took)
	}
}

func TestCopyDataOnlyWhereItIsTrue(t *testing.T) {
	at := func(uid uint32) Place { return Place{7, uid} }
	for _, c := range []struct {
		moved []Moved
		want  string
	}{
		{nil, ""},
		{[]Moved{{1, at(10)}}, "1>10"},
		{[]Moved{{2, at(11)}, {1, at(10)}}, "1:2>10:11"},
		{[]Moved{{1, at(11)}, {2, at(10)}}, ""}, // pairs that cross cannot be said
		{[]Moved{{1, at(10)}, {2, Place{8, 11}}}, ""},
		{[]Moved{{1, at(10)}, {2, Place{}}}, "1>10"}, // an action: the second lies nowhere
	} {
		got := ""
		if d := copyData(c.moved); d != nil {
			got = d.SourceUIDs.String() + ">" + d.DestUIDs.String()
		}
		if got != c.want {
			t.Errorf("%v: got %q, want %q", c.moved, got, c.want)
		}
	}
}

// F3: no controls in a name.
func TestMailboxNames(t *testing.T) {
	for name, want := range map[string]bool{
		"Lists/talk": true, "Gärten & Höfe": true, "": false, "a\r\nb": false, "a\x00": false, "\x85": false, "a\u0085b": false,
		"\xff": false, strings.Repeat("x", 513): false,
	} {
		if isMailboxName(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}
