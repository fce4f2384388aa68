package letter

import (
	"slices"
	"strings"
	"testing"
)

func TestParseMessageIDs(t *testing.T) {
	for in, want := range map[string][]MessageID{
		"":                       nil,
		"<a@b>":                  {"a@b"},
		" <a@b>\r\n <c@d>":       {"a@b", "c@d"},
		"<a@b><c@d>":             {"a@b", "c@d"},
		"<a@b>,<c@d>;":           {"a@b", "c@d"},
		"a@b":                    {"a@b"},
		"a@b, c@d":               {"a@b", "c@d"},
		"abc":                    {"abc"},
		"Your message of Monday": nil,
		"yyyy@host's message of \"Fri, 2 Aug 2002\"": nil,
		"jane@b.example wrote":                       nil,
		"Your message of \"Mon\" <a@b> from Jane":    {"a@b"},
		"Jane's message <a@b> (x <c@d>)":             {"a@b", "c@d"},
		"<long-folded\r\n -id@b>":                    {"long-folded-id@b"},
		"<<a@b>>":                                    {"a@b"},
		"<a@b <c@d>":                                 {"c@d"},
		"<a@b":                                       {"a@b"},
		"<>":                                         nil,
		"< >":                                        nil,
		"<no-at-sign>":                               {"no-at-sign"},
		"<\"a b\"@c>":                                {"\"ab\"@c"},
		"<a@[192.0.2.1]>":                            {"a@[192.0.2.1]"},
		"<zoë@b>":                                    {"zoë@b"},
		"<a\x00@b> <c@d>":                            {"c@d"},
		"<a\xff@b>":                                  nil,
		"<" + strings.Repeat("a", 1000) + "@b> <c@d>": {"c@d"},
	} {
		if got := ParseMessageIDs(in); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// B9: our own ids are random, carry their kind, and tell neither host nor time.
func TestNewMessageID(t *testing.T) {
	seen := map[MessageID]bool{}
	for range 1000 {
		id := NewMessageID("post", "gardeners.example")
		if seen[id] {
			t.Fatalf("%s came twice", id)
		}
		seen[id] = true
		if len(id) > 64 || id.Kind() != "post" || !strings.HasPrefix(string(id), "post.") || !strings.HasSuffix(string(id), "@gardeners.example") || strings.ToLower(string(id)) != string(id) {
			t.Fatalf("%s is no id of ours", id)
		}
		if got := ParseMessageIDs(id.String()); len(got) != 1 || got[0] != id {
			t.Fatalf("%s reads as %s", id, got)
		}
	}
	for _, id := range []MessageID{"", "a@b", "post.abc@b", "post.ABCDEFGHIJKLMNOPQRSTUVWXYZ@b", "post.abcdefghijklmnopqrstuvwxyz", "post.0bcdefghijklmnopqrstuvwxyz@b", ".abcdefghijklmnopqrstuvwxyz@b"} {
		if id.Kind() != "" {
			t.Errorf("%s has the kind %s", id, id.Kind())
		}
	}
	if got := MessageID("note.abcdefghijklmnopqrstuvwxyz@b").Kind(); got != "note" {
		t.Error(got)
	}
	if MessageID("").String() != "" || MessageID("a@b").String() != "<a@b>" {
		t.Error("brackets")
	}
}

func TestIDsTimeIsLinear(t *testing.T) {
	for _, piece := range []string{"<a@b> ", "<", ">", "a@b ", "<a@b", "< ", "<>", "<a\r\n b@c> "} {
		linear(t, piece, 3000, func(n int) []byte { return []byte(strings.Repeat(piece, n/len(piece))) }, func(b []byte) {
			ParseMessageIDs(string(b))
		})
	}
}

func FuzzMessageIDs(f *testing.F) {
	for _, s := range []string{"<a@b> <c@d>", "a@b", "<<a@b>>", "<a\r\n b@c>", "<zoë@b>", "Your message <a@b>", "<a@b", "\"<a>@b\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ids := ParseMessageIDs(s)
		for _, id := range ids {
			if id == "" || len(id) > maxID || strings.ContainsAny(string(id), "<> \t\r\n\x00") || !isClean(string(id)) {
				t.Fatalf("%q gives the id %q", s, id)
			}
		}
		h := &Header{}
		if err := h.Add("References", FormatMessageIDs(ids)); err != nil {
			t.Fatalf("%q cannot be written: %v", ids, err)
		}
		if again := h.ids("References"); printableASCII(FormatMessageIDs(ids)) && !strings.Contains(s, "=?") && !slices.Equal(again, ids) {
			t.Fatalf("%q written and read as %q", ids, again)
		}
	})
}
