package mailauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/foxcpp/go-mockdns"
	"github.com/google/go-cmp/cmp"

	"backchannel/archive/letter"
)

func addr(s string) letter.Address {
	if s == "" {
		return letter.Address{}
	}
	return split(s)
}

var town = map[string]mockdns.Zone{
	"east.test.":           {TXT: []string{"google-site-verification=x", "v=spf1 ip4:127.0.0.1 -all"}},
	"bounces.east.test.":   {TXT: []string{"v=spf1 ip4:127.0.0.1 -all"}},
	"_dmarc.guild.test.":   {TXT: []string{"v=DMARC1; p=reject"}},
	"guild.test.":          {TXT: []string{"v=spf1 ip4:127.0.0.1 -all"}},
	"news.guild.test.":     {TXT: []string{"v=spf1 ip4:127.0.0.1 -all"}},
	"feast.test.":          {TXT: []string{"v=spf1 ip4:127.0.0.1 -all"}},
	"east.test.evil.test.": {TXT: []string{"v=spf1 +all"}},
	"evil.test.":           {TXT: []string{"v=spf1 +all"}},
	"south.test.":          {TXT: []string{"v=spf1 ip4:192.0.2.1 -all"}},
	"west.test.":           {TXT: []string{"v=spf1 ip4:192.0.2.1 ~all"}},
	"north.test.":          {TXT: []string{"v=spf1 ?all"}},
	"plain.test.":          {TXT: []string{"hello"}},
	"twice.test.":          {TXT: []string{"v=spf1 -all", "v=spf1 +all"}},
	"broken.test.":         {TXT: []string{"v=spf1 ip4:127.0.0.1 ip4:127.0.0"}},
	"hungry.test.":         {TXT: []string{"v=spf1" + strings.Repeat(" a:a.test", 11) + " +all"}},
	"void.test.":           {TXT: []string{"v=spf1 a:no1.test a:no2.test a:no3.test +all"}},
	"lost.test.":           {TXT: []string{"v=spf1 include:plain.test +all"}},
	"vast.test.":           {TXT: []string{"v=spf1 +all", strings.Repeat("x", 8<<10)}},
	"brim.test.":           {TXT: []string{"v=spf1 +all", strings.Repeat("x", 8<<10-len("v=spf1 +all"))}},
	"crowd.test.":          {TXT: []string{"v=spf1 mx +all"}, MX: make([]net.MX, 11)},
	"refuses.test.":        {Err: errors.New("REFUSED")},
	"mx.test.":             {TXT: []string{"v=spf1 ip6:2001:db8::1 -all"}},
	"a.test.":              {A: []string{"192.0.2.9"}},
}

// The sentence is part of every case: it is what an operator reads when somebody asks why a post was held.
func TestFinding(t *testing.T) {
	tests := []struct {
		name, ip, helo, sender, login, from string
		want                                Finding
	}{
		{"same domain", "127.0.0.1", "h", "ann@east.test", "", "ann@east.test", Finding{SPF: "pass", Domain: "east.test", Aligned: true,
			Why: "east.test says that the host 127.0.0.1 may send its mail (SPF pass), and From names the same domain."}},
		{"another person of the domain", "127.0.0.1", "h", "bob@east.test", "", "ann@east.test", Finding{SPF: "pass", Domain: "east.test", Aligned: true,
			Why: "east.test says that the host 127.0.0.1 may send its mail (SPF pass), and From names the same domain."}},
		{"a domain below From's", "127.0.0.1", "h", "x@news.guild.test", "", "ann@guild.test", Finding{SPF: "pass", Domain: "news.guild.test", Aligned: true,
			DMARC: "pass", DMARCDomain: "guild.test", Policy: "reject",
			Why: "news.guild.test says that the host 127.0.0.1 may send its mail (SPF pass), and it belongs to guild.test in From."}},
		{"a domain beside From's", "127.0.0.1", "h", "x@news.guild.test", "", "ann@shop.guild.test", Finding{SPF: "pass", Domain: "news.guild.test", Aligned: true,
			DMARC: "pass", DMARCDomain: "guild.test", Policy: "reject",
			Why: "news.guild.test says that the host 127.0.0.1 may send its mail (SPF pass), and it is of one organisation with shop.guild.test in From."}},
		{"nobody says that they belong together", "127.0.0.1", "h", "x@bounces.east.test", "", "ann@east.test", Finding{SPF: "pass", Domain: "bounces.east.test",
			Why: "bounces.east.test says that the host 127.0.0.1 may send its mail (SPF pass), but it cannot speak for east.test in From."}},
		{"the envelope alone refuses nothing", "127.0.0.1", "h", "x@east.test", "", "ann@guild.test", Finding{SPF: "pass", Domain: "east.test",
			DMARC: "fail", DMARCDomain: "guild.test", Policy: "reject",
			Why: "east.test says that the host 127.0.0.1 may send its mail (SPF pass), but it cannot speak for guild.test in From."}},
		{"a domain above From's", "127.0.0.1", "h", "x@east.test", "", "ann@bounces.east.test", Finding{SPF: "pass", Domain: "east.test",
			Why: "east.test says that the host 127.0.0.1 may send its mail (SPF pass), but it cannot speak for bounces.east.test in From."}},
		{"no label boundary", "127.0.0.1", "h", "x@feast.test", "", "ann@east.test", Finding{SPF: "pass", Domain: "feast.test",
			Why: "feast.test says that the host 127.0.0.1 may send its mail (SPF pass), but it cannot speak for east.test in From."}},
		{"From's domain in front", "127.0.0.1", "h", "x@east.test.evil.test", "", "ann@east.test", Finding{SPF: "pass", Domain: "east.test.evil.test",
			Why: "east.test.evil.test says that the host 127.0.0.1 may send its mail (SPF pass), but it cannot speak for east.test in From."}},
		{"a top domain as From", "127.0.0.1", "h", "x@east.test", "", "ann@test", Finding{SPF: "pass", Domain: "east.test",
			Why: "east.test says that the host 127.0.0.1 may send its mail (SPF pass), but it cannot speak for test in From."}},
		{"no From", "127.0.0.1", "h", "ann@east.test", "", "", Finding{SPF: "pass", Domain: "east.test",
			Why: "east.test says that the host 127.0.0.1 may send its mail (SPF pass), but the letter names no author."}},
		{"mapped address", "::ffff:127.0.0.1", "h", "ann@east.test", "", "ann@east.test", Finding{SPF: "pass", Domain: "east.test", Aligned: true,
			Why: "east.test says that the host 127.0.0.1 may send its mail (SPF pass), and From names the same domain."}},
		{"bounce: HELO answers", "2001:db8::1", "MX.test.", "", "", "mailer-daemon@mx.test", Finding{SPF: "pass", Domain: "mx.test", Aligned: true,
			Why: "mx.test says that the host 2001:db8::1 may send its mail (SPF pass), and From names the same domain."}},
		{"HELO counts for bounces alone", "127.0.0.1", "east.test", "x@south.test", "", "ann@east.test", Finding{SPF: "fail", Domain: "south.test",
			Why: "south.test says that the host 127.0.0.1 may not send its mail (SPF fail)."}},
		{"fail", "127.0.0.1", "h", "bill@south.test", "", "bill@south.test", Finding{SPF: "fail", Domain: "south.test",
			Why: "south.test says that the host 127.0.0.1 may not send its mail (SPF fail)."}},
		{"softfail", "127.0.0.1", "h", "i@west.test", "", "i@west.test", Finding{SPF: "softfail", Domain: "west.test",
			Why: "west.test says that the host 127.0.0.1 should not be sending its mail (SPF softfail)."}},
		{"neutral", "127.0.0.1", "h", "n@north.test", "", "n@north.test", Finding{SPF: "neutral", Domain: "north.test",
			Why: "north.test does not say whether the host 127.0.0.1 may send its mail (SPF neutral)."}},
		{"none", "127.0.0.1", "h", "p@plain.test", "", "p@plain.test", Finding{SPF: "none", Domain: "plain.test",
			Why: "plain.test does not say which hosts send its mail (SPF none)."}},
		{"no such domain", "127.0.0.1", "h", "p@nowhere.test", "", "p@nowhere.test", Finding{SPF: "none", Domain: "nowhere.test",
			Why: "nowhere.test does not say which hosts send its mail (SPF none)."}},
		{"two records", "127.0.0.1", "h", "p@twice.test", "", "p@twice.test", Finding{SPF: "permerror", Domain: "twice.test",
			Why: "twice.test tries to say which hosts send its mail, but it says so twice (SPF permerror)."}},
		{"a mistake behind the match", "127.0.0.1", "h", "p@broken.test", "", "p@broken.test", Finding{SPF: "permerror", Domain: "broken.test",
			Why: "broken.test tries to say which hosts send its mail, but its record has a mistake in it (SPF permerror)."}},
		{"eleven look-ups", "127.0.0.1", "h", "p@hungry.test", "", "p@hungry.test", Finding{SPF: "permerror", Domain: "hungry.test",
			Why: "hungry.test tries to say which hosts send its mail, but its record asks for more than 10 other names (SPF permerror)."}},
		{"three voids", "127.0.0.1", "h", "p@void.test", "", "p@void.test", Finding{SPF: "permerror", Domain: "void.test",
			Why: "void.test tries to say which hosts send its mail, but its record asks for more than 2 names that do not exist (SPF permerror)."}},
		{"include of nothing", "127.0.0.1", "h", "p@lost.test", "", "p@lost.test", Finding{SPF: "permerror", Domain: "lost.test",
			Why: "lost.test tries to say which hosts send its mail, but its record includes a domain that has none (SPF permerror)."}},
		{"eleven mail hosts", "127.0.0.1", "h", "p@crowd.test", "", "p@crowd.test", Finding{SPF: "permerror", Domain: "crowd.test",
			Why: "crowd.test tries to say which hosts send its mail, but its record asks for a name with more than 10 mail hosts (SPF permerror)."}},
		{"more than 8 KiB", "127.0.0.1", "h", "p@vast.test", "", "p@vast.test", Finding{SPF: "permerror", Domain: "vast.test",
			Why: "vast.test tries to say which hosts send its mail, but its DNS answer is larger than 8 KiB (SPF permerror)."}},
		{"8 KiB", "127.0.0.1", "h", "p@brim.test", "", "p@other.test", Finding{SPF: "pass", Domain: "brim.test",
			Why: "brim.test says that the host 127.0.0.1 may send its mail (SPF pass), but it cannot speak for other.test in From."}},
		{"DNS refuses", "127.0.0.1", "h", "p@refuses.test", "", "p@refuses.test", Finding{SPF: "temperror", Domain: "refuses.test", Temporary: true,
			Why: "The DNS could not say right now which hosts send mail for refuses.test (SPF temperror)."}},
		{"DNS refuses what would not count", "127.0.0.1", "h", "p@refuses.test", "", "ann@east.test", Finding{SPF: "temperror", Domain: "refuses.test",
			Why: "The DNS could not say right now which hosts send mail for refuses.test (SPF temperror)."}},
		{"bounce from a host without a name", "127.0.0.1", "[127.0.0.1]", "", "", "ann@east.test", Finding{SPF: "none",
			Why: "Neither the sender nor the host named a domain that could be asked about the host (SPF none)."}},
		{"no network", "", "h", "ann@east.test", "", "ann@east.test", Finding{SPF: "none", Domain: "east.test",
			Why: "The letter came over no network, so east.test could not be asked about the host (SPF none)."}},
		{"login", "127.0.0.1", "h", "ann@south.test", "Ann@east.test", "ann@east.test", Finding{Login: true, Why: "The writer signed in as Ann@east.test."}},
		{"login of another", "127.0.0.1", "h", "ann@east.test", "bob@east.test", "ann@east.test", Finding{
			Why: "The writer signed in as bob@east.test, but From names ann@east.test."}},
		{"login without From", "127.0.0.1", "h", "ann@east.test", "bob@east.test", "", Finding{
			Why: "The writer signed in as bob@east.test, but the letter names no author."}},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			s := Session{HELO: c.helo, MailFrom: addr(c.sender), Login: addr(c.login)}
			if c.ip != "" {
				s.IP = netip.MustParseAddr(c.ip)
			}
			got := Check(t.Context(), &mockdns.Resolver{Zones: town}, s, addr(c.from))
			if c.login == "" && c.want.DMARC == "" {
				c.want.DMARC = map[bool]string{true: "temperror", false: "none"}[c.want.Temporary]
			}
			if c.want.Aligned {
				c.want.AlignedBy = "spf"
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// What strangers call themselves reaches the sentence as printable ASCII only.
func TestWhyIsPrintable(t *testing.T) {
	f := Check(t.Context(), nil, Session{Login: letter.Address{Local: "evil\r\n\x1b[31m\u202e", Domain: "east.test"}}, addr("ann@east.test"))
	for _, r := range f.Why {
		if r < ' ' || r > '~' {
			t.Fatalf("%q", f.Why)
		}
	}
}

func TestFindingAsJSON(t *testing.T) {
	f := Check(t.Context(), &mockdns.Resolver{Zones: town}, Session{IP: netip.MustParseAddr("127.0.0.1"), MailFrom: addr("ann@east.test")}, addr("ann@east.test"))
	raw, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"spf":"pass","domain":"east.test","dmarc":"none","aligned":true,"aligned_by":"spf",` +
		`"why":"east.test says that the host 127.0.0.1 may send its mail (SPF pass), and From names the same domain."}`
	if string(raw) != want {
		t.Errorf("got  %s\nwant %s", raw, want)
	}
	var back Finding
	if err := json.Unmarshal(raw, &back); err != nil || !cmp.Equal(back, f) {
		t.Errorf("read back: %+v, %v", back, err)
	}
}

// An "@" inside quotes must not move the line between the local part and the domain.
func TestQuotedAtSign(t *testing.T) {
	r := &mockdns.Resolver{Zones: map[string]mockdns.Zone{
		"east.test.":             {TXT: []string{"v=spf1 exists:%{o}.o.test -all"}},
		"east.test.o.test.":      {A: []string{"127.0.0.2"}},
		"evil.test.":             {TXT: []string{"v=spf1 +all"}},
		"evil.test@east.test.":   {TXT: []string{"v=spf1 +all"}},
		"evil.test\"@east.test.": {TXT: []string{"v=spf1 +all"}},
		"users.test.":            {TXT: []string{"v=spf1 exists:%{l}.l.test -all"}},
		"ann@users.test.l.test.": {A: []string{"127.0.0.2"}},
		"ann.l.test.":            {A: []string{"127.0.0.2"}},
	}}
	for _, c := range []struct{ local, domain, spf string }{
		{"x@evil.test", "east.test", "pass"},
		{`"x@evil.test"`, "east.test", "pass"},
		{"ann", "users.test", "pass"},
		{"ann@users.test", "users.test", "fail"},
	} {
		f := Check(t.Context(), r, Session{IP: netip.MustParseAddr("192.0.2.1"), MailFrom: letter.Address{Local: c.local, Domain: c.domain}}, letter.Address{})
		if f.Domain != c.domain || f.SPF != c.spf {
			t.Errorf("%s at %s: %+v", c.local, c.domain, f)
		}
	}
}

func TestHostname(t *testing.T) {
	for in, want := range map[string]string{
		"East.TEST.":                        "east.test",
		"_spf.east.test":                    "_spf.east.test",
		"xn--bcher-kva.test":                "xn--bcher-kva.test",
		"":                                  "",
		".":                                 "",
		"localhost":                         "",
		"[192.0.2.1]":                       "",
		"a..test":                           "",
		".a.test":                           "",
		"a.test..":                          "",
		"a b.test":                          "",
		"b\u00fccher.test":                  "",
		strings.Repeat("a", 63) + ".test":   strings.Repeat("a", 63) + ".test",
		strings.Repeat("a", 64) + ".test":   "",
		strings.Repeat("a.", 124) + "tests": strings.Repeat("a.", 124) + "tests",
		strings.Repeat("a.", 125) + "tests": "",
	} {
		if got := hostname(in); got != want {
			t.Errorf("hostname(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestShorten(t *testing.T) {
	long := strings.Repeat("abcdefg.", 40) + "east.test"
	got := shorten(long)
	if len(got) > 253 || len(got) < 246 || !strings.HasSuffix(long, "."+got) {
		t.Errorf("%d octets: %s", len(got), got)
	}
	for _, same := range []string{"east.test", "", ".", strings.Repeat("x", 300), strings.Repeat("x", 249) + ".abc."} {
		if got := shorten(same); got != same {
			t.Errorf("shorten(%q) = %q", same, got)
		}
	}
}

// counting notes every question that leaves.
type counting struct {
	mockdns.Resolver
	asked []string
}

func (c *counting) LookupTXT(ctx context.Context, name string) ([]string, error) {
	c.asked = append(c.asked, "TXT "+name)
	return c.Resolver.LookupTXT(ctx, name)
}

func (c *counting) LookupIPAddr(ctx context.Context, name string) ([]net.IPAddr, error) {
	c.asked = append(c.asked, "A "+name)
	return c.Resolver.LookupIPAddr(ctx, name)
}

func (c *counting) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	c.asked = append(c.asked, "MX "+name)
	return c.Resolver.LookupMX(ctx, name)
}

func (c *counting) LookupAddr(ctx context.Context, name string) ([]string, error) {
	c.asked = append(c.asked, "PTR "+name)
	return c.Resolver.LookupAddr(ctx, name)
}

// Within one letter nothing is asked twice; between two letters nothing is remembered: a zone may change at any time.
func TestOneMemoryForOneLetter(t *testing.T) {
	c := &counting{Resolver: mockdns.Resolver{Zones: map[string]mockdns.Zone{
		"east.test.": {TXT: []string{"v=spf1 a:H.test a:h.test mx mx:east.test ptr ptr:h.test a:h.test. -all"}, MX: []net.MX{{Host: "h.test."}}},
		"h.test.":    {A: []string{"192.0.2.1"}},
	}}}
	s := Session{IP: netip.MustParseAddr("192.0.2.7"), MailFrom: addr("ann@east.test")}
	want := []string{"TXT _dmarc.east.test", "TXT _dmarc.test", "TXT east.test", "A H.test", "MX east.test", "PTR 192.0.2.7"}
	if f := Check(t.Context(), c, s, addr("ann@east.test")); f.SPF != "fail" {
		t.Error(f)
	}
	if d := cmp.Diff(want, c.asked); d != "" {
		t.Error(d)
	}
	c.Zones["east.test."] = mockdns.Zone{TXT: []string{"v=spf1 ip4:192.0.2.7 -all"}}
	if f := Check(t.Context(), c, s, addr("ann@east.test")); !f.Aligned {
		t.Error("the new zone was not seen: ", f)
	}
}

// A login needs no DNS at all.
func TestLoginAsksNothing(t *testing.T) {
	c := &counting{}
	Check(t.Context(), c, Session{IP: netip.MustParseAddr("192.0.2.7"), MailFrom: addr("ann@east.test"), Login: addr("ann@east.test")}, addr("ann@east.test"))
	if len(c.asked) > 0 {
		t.Error(c.asked)
	}
}

// The most that one letter can make us ask: ten names with ten mail hosts each.
func TestHungriestRecord(t *testing.T) {
	z := make(map[string]mockdns.Zone)
	record := "v=spf1"
	for i := range 10 {
		name := fmt.Sprintf("m%d.evil.test", i)
		record += " mx:" + name
		var hosts []net.MX
		for j := range 10 {
			host := fmt.Sprintf("h%d.%s.", j, name)
			hosts = append(hosts, net.MX{Host: host})
			z[host] = mockdns.Zone{A: []string{"192.0.2.1"}}
		}
		z[name+"."] = mockdns.Zone{MX: hosts}
	}
	z["evil.test."] = mockdns.Zone{TXT: []string{record + " ptr +all"}}
	c := &counting{Resolver: mockdns.Resolver{Zones: z}}
	f := Check(t.Context(), c, Session{IP: netip.MustParseAddr("192.0.2.7"), MailFrom: addr("x@evil.test")}, letter.Address{})
	if f.SPF != "permerror" || len(c.asked) > 111 {
		t.Errorf("%d questions: %+v", len(c.asked), f)
	}
}

// FuzzCheck feeds records of strangers to a whole check: it must end within its limits, and vouch only where SPF passed.
func FuzzCheck(f *testing.F) {
	for _, r := range []string{
		"v=spf1 -all", "v=spf1 a mx ptr include:b.test redirect=b.test", "v=spf1 exists:%{i}.%{l1r+-}._spf.%{d} ?all", "V=SPF1 ip6:::1/0 ip4:0.0.0.0/0",
		"v=spf1 exp=%{c}.b.test a:%%%_%-.test//64 ~all", "v=spf1 a:%{d200r}.test/33", "v=spf1\tall", "v=spf1 \x00", "v=spf10", "",
	} {
		f.Add(r, "v=spf1 include:a.test -all", "ann", "a.test", "mx.a.test", "a.test")
	}
	f.Fuzz(func(t *testing.T, first, second, local, domain, helo, author string) {
		c := &counting{Resolver: mockdns.Resolver{Zones: map[string]mockdns.Zone{
			"a.test.": {TXT: []string{first}, A: []string{"192.0.2.1"}, MX: []net.MX{{Host: "b.test."}}},
			"b.test.": {TXT: []string{second}, A: []string{"192.0.2.2"}, AAAA: []string{"2001:db8::1"}},
		}}}
		from := letter.Address{Local: "ann", Domain: author}
		got := Check(t.Context(), c, Session{IP: netip.MustParseAddr("192.0.2.1"), HELO: helo, MailFrom: letter.Address{Local: local, Domain: domain}}, from)
		if len(c.asked) > 122 {
			t.Errorf("%d questions", len(c.asked))
		}
		if got.Aligned && (got.SPF != "pass" || got.Domain != hostname(author) && !strings.HasSuffix(got.Domain, "."+hostname(author))) {
			t.Errorf("aligned: %+v for %s", got, author)
		}
		for _, r := range got.Why {
			if r < ' ' || r > '~' {
				t.Errorf("why: %q", got.Why)
			}
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	r := &mockdns.Resolver{Zones: town}
	s := Session{IP: netip.MustParseAddr("127.0.0.1"), HELO: "mx.east.test", MailFrom: addr("ann@east.test")}
	b.ReportAllocs()
	for b.Loop() {
		if f := Check(b.Context(), r, s, s.MailFrom); !f.Aligned {
			b.Fatal(f)
		}
	}
}
