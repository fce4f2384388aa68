package backchannel

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"backchannel/archive/letter"
	"backchannel/lists"
)

// LP4: the firm that a member writes from is found, and a provider of everybody's is none.
func TestEmployer(t *testing.T) {
	for domain, want := range map[string]string{
		"northgate.example": "northgate", "mail.northgate.co.uk": "northgate", "northgate.com": "northgate", "gmail.com": "", "hotmail.co.uk": "", "web.de": "", "t-online.de": "", "example": "", "": "",
	} {
		if got := lists.Employer(domain); got != want {
			t.Errorf("%q: %q, want %q", domain, got, want)
		}
	}
}

// G5: what in a text without a name could show whose it is.
func TestTraces(t *testing.T) {
	dana, _ := letter.ParseAddress("dana.reyes@northgate.example")
	m := lists.Member{ID: 7, Name: "Dana Reyes", Address: dana}
	known := signature{member: 7, lines: map[lineHash]bool{hashLine(7, "Head of Beds | Northgate"): true}}
	tr := traces{member: m, own: []letter.Address{dana}, known: known, employers: []string{"northgate"}, subjects: []string{"Sponsors, first hires"}}
	for name, c := range map[string]struct{ subject, text, want string }{
		"nothing":            {"Burnt out", "I moderate alone.", ""},
		"the first name":     {"", "Dana here.", "name 1 Dana"},
		"the last name":      {"", "one\nAs Ms Reyes said:", "name 2 Reyes"},
		"the local part":     {"", "I am dana.reyes on the forum", "address 1 Dana Reyes; name 1 Dana; name 1 Reyes"},
		"the employer":       {"", "At Northgate we do it so.", "employer 1 northgate"},
		"an address":         {"", "dana.reyes@northgate.example", "address 1 dana.reyes@northgate.example; name 1 Dana; name 1 Reyes; employer 1 northgate"},
		"a number":           {"", "Call +1 555 0142 100 then.", "address 1 +1 555 0142 100"},
		"an earlier subject": {"Re: Sponsors, first hires", "Again.", "subject 0 Sponsors, first hires"},
		"a learned line":     {"", "Yes.\nhead of beds | northgate\nMore.", "sign 2 head of beds | northgate"},
		"a part of a word":   {"", "Danae and Northgates are others.", ""},
	} {
		var got []string
		for _, f := range tr.find(c.subject, c.text) {
			got = append(got, fmt.Sprintf("%s %d %s", f.kind, f.line, f.what))
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := tr.strip("I am tired.\n\nDana Reyes\nHead of Beds | Northgate\n+1 555 0100"); got != "I am tired." {
		t.Errorf("stripped: %q", got)
	}
	if got := tr.strip("Head of Beds | Northgate"); got != "Head of Beds | Northgate" {
		t.Errorf("all of it was stripped: %q", got)
	}
}

func TestSigns(t *testing.T) {
	for line, is := range map[string]bool{
		"Lowe Consult": true, "Head of Community, Lowe": true, "+1 555 0142": true, "mira@lowe.example": true, "Mira | Lowe": true, "12 Main Street": true,
		"Best regards,": false, "Best": false, "Thank you very much": false, "Yes.": false, "Mira": false, "See you on Friday!": false, "": false, "> Mira Lowe": false,
		"I think that Bill Tan and Ada Obi and Kim Lee and all the others of the garden should come": false,
	} {
		if signs(line) != is {
			t.Errorf("%q: %v", line, !is)
		}
	}
}

func FuzzLastLines(f *testing.F) {
	for _, s := range []string{"Yes.\n\nMira Lowe\nLowe Consult", "a\n-- \nb", "", "> x\n\ny@z.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		l, err := letter.Parse([]byte("From: a@b.example\r\n\r\n" + body))
		if err != nil {
			return
		}
		all := lastLines(l)
		if len(all) > 2*signatureLines || slices.Contains(all, "") {
			t.Errorf("%q", all)
		}
	})
}
