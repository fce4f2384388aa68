package digest

import (
	"fmt"
	"strings"
	"testing"

	"backchannel/archive"
	"backchannel/archive/letter"
)

func TestLearnedSignature(t *testing.T) {
	signed := func(words string) string { return words + "\n\nBill Tan\nSouth Street 5" }
	usual := []string{signed("One."), signed("Two."), signed("Three."), "Four.", "Five."}
	for _, c := range []struct {
		name  string
		texts []string
		text  string
		want  string
	}{
		{"three of five", usual, signed("New words."), "New words."},
		{"a part of it", usual, "New words.\n\nSouth Street 5", "New words."},
		{"not at the end", usual, signed("New words.") + "\nPS: more", signed("New words.") + "\nPS: more"},
		{"two of five are none", []string{signed("One."), signed("Two."), "Three.", "Four.", "Five."}, signed("New."), signed("New.")},
		{"blanks do not matter", usual, "New words.\nBill  Tan\n\n\nSouth Street 5 ", "New words."},
		{"never all of it", usual, "Bill Tan\nSouth Street 5", "Bill Tan"},
		{"never an answer below a quote", usual, "> Where do you live?\n\nSouth Street 5", "> Where do you live?\n\nSouth Street 5"},
		{"whole posts are no signature", []string{"+1", "+1", "+1", "+1", "+1"}, "I think so.\n+1", "I think so.\n+1"},
		{"nor quotes", []string{"a\n> x", "b\n> x", "c\n> x"}, "d\n> x", "d\n> x"},
		{"eight lines at most", func() (all []string) {
			for i := range 5 {
				all = append(all, fmt.Sprint(i, strings.Repeat("\nline", 12)))
			}
			return all
		}(), "new" + strings.Repeat("\nline", 12), "new" + strings.Repeat("\nline", 4)},
		{"no posts", nil, "New words.", "New words."},
		{"nothing", usual, "", ""},
	} {
		if got := withoutSignature(c.text, signature(c.texts)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestSealedPosts(t *testing.T) {
	for name, c := range map[string]struct {
		p    archive.Post
		want bool
	}{
		"in the text":      {archive.Post{Text: "-----BEGIN PGP MESSAGE-----\n\nhQEMA"}, true},
		"PGP/MIME":         {archive.Post{Attachments: []letter.Attachment{{Type: "application/pgp-encrypted"}, {Name: "encrypted.asc"}}}, true},
		"S/MIME":           {archive.Post{Attachments: []letter.Attachment{{Type: "application/pkcs7-mime", Name: "smime.p7m"}}}, true},
		"signed":           {archive.Post{Text: "Words.", Attachments: []letter.Attachment{{Type: "application/pgp-signature"}}}, false},
		"it only tells it": {archive.Post{Text: "It begins with\n-----BEGIN PGP MESSAGE-----"}, false},
	} {
		if got := sealed(c.p); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if got := files(c.p); c.want != got.Sealed {
			t.Errorf("%s is shown as %v", name, got)
		}
	}
}
