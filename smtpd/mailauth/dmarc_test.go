package mailauth

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/foxcpp/go-mockdns"
	"github.com/google/go-cmp/cmp"
)

func TestDMARCRecord(t *testing.T) {
	same := cmp.AllowUnexported(record{})
	for txt, want := range map[string]record{
		"v=DMARC1; p=reject":                                {p: "reject", psd: 'u'},
		"v=DMARC1;p=reject;":                                {p: "reject", psd: 'u'},
		"v = DMARC1 ;\tp = Quarantine ; SP=none":            {p: "quarantine", sp: "none", psd: 'u'},
		"v=DMARC1; p=none; np=reject; psd=y; t=y":           {p: "none", np: "reject", psd: 'y', testing: true},
		"v=DMARC1; adkim=s; aspf=S; p=none; psd=n":          {p: "none", psd: 'n', strictDKIM: true, strictSPF: true},
		"v=DMARC1; p=reject; adkim=x; psd=maybe; t=1":       {p: "reject", psd: 'u'},
		"v=DMARC1; p=reject; p=none":                        {p: "reject", psd: 'u'},
		"v=DMARC1; p=reject; pct=0; rf=afrf; ri=1; unknown": {p: "reject", psd: 'u'},
		"v=DMARC1":                      {psd: 'u', broken: true},
		"v=DMARC1; p=":                  {psd: 'u', broken: true},
		"v=DMARC1; rua=mailto:a@b.test": {psd: 'u', broken: true, reports: true},
		"v=DMARC1; p=rejected; rua=mailto:a@b.test":   {psd: 'u', broken: true, reports: true},
		"v=DMARC1; p=reject; sp=yes":                  {p: "reject", psd: 'u', broken: true},
		"v=DMARC1; p=reject; np=; rua=nobody":         {p: "reject", psd: 'u', broken: true},
		"v=DMARC1; p=reject; sp=none; np=quarantine;": {p: "reject", sp: "none", np: "quarantine", psd: 'u'},
	} {
		got, ok := parseRecord(txt)
		if d := cmp.Diff(want, got, same); d != "" || !ok {
			t.Errorf("%s: %v %s", txt, ok, d)
		}
	}
	for _, txt := range []string{
		"", ";", "v=DMARC1.0; p=none", "v=dmarc1; p=none", "p=reject; v=DMARC1", "v=DMARC2; p=none", "v=spf1 -all", " v=DMARC1; p=none", "DMARC1; p=none", "v=DMARC1 p=none",
	} {
		if r, ok := parseRecord(txt); ok {
			t.Errorf("%q counts as a record: %+v", txt, r)
		}
	}
}

func TestDMARCPolicy(t *testing.T) {
	for _, c := range []struct {
		txt         string
		own, exists bool
		want        string
	}{
		{"p=reject; sp=none; np=quarantine", true, true, "reject"},
		{"p=reject; sp=none; np=quarantine", true, false, "reject"}, // np and sp are for domains below
		{"p=reject; sp=none; np=quarantine", false, true, "none"},
		{"p=reject; sp=none; np=quarantine", false, false, "quarantine"},
		{"p=reject; sp=none", false, false, "none"},
		{"p=reject; np=none", false, true, "reject"},
		{"p=reject", false, false, "reject"},
		{"p=reject; t=y", true, true, "quarantine"},
		{"p=quarantine; t=y", true, true, "none"},
		{"p=none; t=y", true, true, "none"},
		{"p=reject; pct=0", true, true, "reject"}, // pct is no more
		{"p=rejected; rua=mailto:x@y.test", true, true, "none"},
		{"p=reject; sp=rejected; rua=mailto:x@y.test", true, true, "none"},
	} {
		r, _ := parseRecord("v=DMARC1; " + c.txt)
		if got := r.policy(c.own, c.exists); got != c.want || !r.applies() {
			t.Errorf("%s own=%v exists=%v: %s, want %s", c.txt, c.own, c.exists, got, c.want)
		}
	}
	for _, txt := range []string{"v=DMARC1", "v=DMARC1; p=rejected", "v=DMARC1; p=reject; sp=x; rua=none"} {
		if r, _ := parseRecord(txt); r.applies() {
			t.Errorf("%s applies", txt)
		}
	}
}

// tree makes a DNS with the given records of "_dmarc." names; "!" does not answer.
func tree(records map[string]string) *counting {
	z := make(map[string]mockdns.Zone)
	for name, txt := range records {
		zone := mockdns.Zone{TXT: strings.Split(txt, "|")}
		if txt == "!" {
			zone = mockdns.Zone{Err: errors.New("SERVFAIL")}
		}
		z["_dmarc."+name+"."] = zone
	}
	return &counting{Resolver: mockdns.Resolver{Zones: z}}
}

func TestTreeWalk(t *testing.T) {
	const d = "v=DMARC1; p=reject"
	for _, c := range []struct {
		what, start  string
		records      map[string]string
		asked        string // what, in order
		organisation string
		applied      string
	}{
		{"the example of eight questions", "a.b.c.d.e.f.g.h.i.j.mail.example.com", nil,
			"a.b.c.d.e.f.g.h.i.j.mail.example.com g.h.i.j.mail.example.com h.i.j.mail.example.com i.j.mail.example.com j.mail.example.com mail.example.com example.com com",
			"a.b.c.d.e.f.g.h.i.j.mail.example.com", ""},
		{"eight labels", "a.b.c.d.e.f.g.com", nil, "a.b.c.d.e.f.g.com b.c.d.e.f.g.com c.d.e.f.g.com d.e.f.g.com e.f.g.com f.g.com g.com com", "a.b.c.d.e.f.g.com", ""},
		{"nothing anywhere", "a.b.test", nil, "a.b.test b.test test", "a.b.test", ""},
		{"the first example", "a.mail.example.com", map[string]string{"mail.example.com": d, "example.com": d},
			"a.mail.example.com mail.example.com example.com com", "example.com", "example.com"},
		{"the second example", "a.mail.example.com", map[string]string{"mail.example.com": d + "; psd=n", "example.com": d},
			"a.mail.example.com mail.example.com", "mail.example.com", "mail.example.com"},
		{"the third example", "a.mail.example.com", map[string]string{"com": d + "; psd=y"}, "a.mail.example.com mail.example.com example.com com", "example.com", "com"},
		{"the own record before the organisation's", "a.example.com", map[string]string{"a.example.com": d, "example.com": d}, "a.example.com example.com com", "example.com", "a.example.com"},
		{"a public suffix of two labels", "shop.co.uk", map[string]string{"co.uk": d + "; psd=y", "uk": d}, "shop.co.uk co.uk", "shop.co.uk", "co.uk"},
		{"an organisation below it", "x.shop.co.uk", map[string]string{"co.uk": d + "; psd=y", "shop.co.uk": d}, "x.shop.co.uk shop.co.uk co.uk", "shop.co.uk", "shop.co.uk"},
		{"mail from the suffix itself", "co.uk", map[string]string{"co.uk": d + "; psd=y"}, "co.uk", "co.uk", "co.uk"},
		{"two records are none", "example.com", map[string]string{"example.com": d + "|" + d}, "example.com com", "example.com", ""},
		{"other text beside the record", "example.com", map[string]string{"example.com": "hello|" + d + "|v=spf1 -all"}, "example.com com", "example.com", "example.com"},
		{"a top domain that forgot psd=y", "example.com", map[string]string{"com": d}, "example.com com", "example.com", ""},
		{"a top domain that forgot psd=y, below", "a.example.com", map[string]string{"com": d}, "a.example.com example.com com", "example.com", ""},
		{"no answer below the organisation", "a.b.example.com", map[string]string{"b.example.com": "!", "example.com": d}, "a.b.example.com b.example.com", "a.b.example.com", ""},
	} {
		r := tree(c.records)
		w := climb(t.Context(), newBudget(r), c.start)
		for i, q := range r.asked {
			r.asked[i] = strings.TrimPrefix(q, "TXT _dmarc.")
		}
		applied, _ := w.applied()
		if got := strings.Join(r.asked, " "); got != c.asked || w.organisation() != c.organisation || applied.domain != c.applied {
			t.Errorf("%s: asked %s; organisation %s, want %s; record at %q, want %q", c.what, got, w.organisation(), c.organisation, applied.domain, c.applied)
		}
		if w.torn != slices.Contains([]string{"no answer below the organisation"}, c.what) {
			t.Errorf("%s: torn %v", c.what, w.torn)
		}
	}
}

// A domain counts at label boundaries only (C9).
func TestWithin(t *testing.T) {
	for _, c := range []struct {
		domain, top string
		want        bool
	}{{"a.test", "a.test", true}, {"b.a.test", "a.test", true}, {"ba.test", "a.test", false}, {"a.test", "b.a.test", false}, {"a.test", "", false}, {"", "a.test", false}} {
		if got := within(c.domain, c.top); got != c.want {
			t.Errorf("%s in %s: %v", c.domain, c.top, got)
		}
	}
}

// FuzzDMARC reads records of strangers: a record that applies states one of three policies, and reading costs what its length does.
func FuzzDMARC(f *testing.F) {
	for _, s := range []string{
		"v=DMARC1; p=reject; sp=none; np=quarantine; psd=y; t=y; adkim=s; aspf=r; rua=mailto:a@b.test!10m,mailto:c@d.test; fo=1:d:s",
		"v=DMARC1", "v=DMARC1;;;", "V = DMARC1 ; p = = ;", "v=DMARC1; p=reject; p=none", "v=DMARC1\x00; p=none", "v=DMARC1; \xff=\xff",
	} {
		f.Add(s, "a.b.test")
	}
	f.Fuzz(func(t *testing.T, txt, domain string) {
		r, ok := parseRecord(txt)
		if !ok {
			return
		}
		for _, p := range []string{r.policy(true, true), r.policy(false, true), r.policy(false, false)} {
			if r.applies() && p != "none" && p != "quarantine" && p != "reject" {
				t.Errorf("policy %q of %q", p, txt)
			}
		}
		if domain = hostname(domain); domain == "" {
			return
		}
		c := &counting{Resolver: mockdns.Resolver{Zones: map[string]mockdns.Zone{"_dmarc.b.test.": {TXT: []string{txt}}, "_dmarc.test.": {TXT: []string{txt}}}}}
		w := climb(t.Context(), newBudget(c), domain)
		if len(c.asked) > maxWalk || !within(domain, w.organisation()) || !strings.Contains(w.organisation(), ".") {
			t.Errorf("%d questions; %s is in %s", len(c.asked), domain, w.organisation())
		}
	})
}
