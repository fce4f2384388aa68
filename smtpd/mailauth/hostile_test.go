package mailauth

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/foxcpp/go-mockdns"

	"backchannel/archive/letter"
)

// bombs are texts that one or another way of canonicalizing does badly on.
func bombs(size int) map[string]string {
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	return map[string]string{
		"words":                fill("the quick brown fox jumps over the lazy dog and so on\r\n"),
		"one line":             fill("x"),
		"one line of words":    fill("a b "),
		"empty lines, a word":  fill("\r\n") + "x\r\n",
		"empty lines":          fill("\r\n"),
		"spaces":               fill(" "),
		"spaces and tabs":      fill(" \t") + "x",
		"lines of one letter":  fill("x\r\n"),
		"lines of one space":   fill(" \r\n") + "x\r\n",
		"words in wide spaces": fill("x  \t"),
		"bare CR":              fill("\r"),
		"CR and CRLF":          fill("\r\r\n"),
	}
}

// B8: eight good signatures over 25 MB, whatever the text, cost at most 200 ms more than hashing it in both forms.
func TestCanonicalizationBombs(t *testing.T) {
	size := 25 << 20
	if racing || testing.Short() {
		size = 1 << 20
	}
	zones := signedTown(t)
	for name, body := range bombs(size) {
		head := "From: ann@east.test\r\nTo: talk@list.test\r\n"
		m := newWire([]byte(head), []byte(body))
		start := time.Now()
		sha256.Sum256(m.body)
		sha256.Sum256(m.body)
		hashing := time.Since(start)
		for range maxSignatures / 2 {
			for _, form := range []string{"relaxed", "simple"} {
				field := fmt.Sprintf("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/%s; d=east.test; s=s; h=From:To; bh=%s; b=", form, base64.StdEncoding.EncodeToString(m.bodySum(form == "relaxed")))
				head = signField(t, m, field) + head
			}
		}
		var more time.Duration
		for try := range 5 { // other work on the machine must not count
			m = newWire([]byte(head), []byte(body))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start = time.Now()
			f := examine(t.Context(), &mockdns.Resolver{Zones: zones}, Session{At: noon}, addr("ann@east.test"), m)
			took := time.Since(start) - hashing
			runtime.ReadMemStats(&after)
			for _, s := range f.Signatures {
				if s.Result != dkimPass {
					t.Errorf("%s: %+v", name, s)
				}
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
				t.Errorf("%s: %d KiB", name, used>>10)
			}
			if more = took; try > 0 && more < 200*time.Millisecond {
				break
			}
		}
		if more > 200*time.Millisecond {
			t.Logf("%s: %v more than hashing", name, more)
		}
		if more > 10*time.Second { // far beyond what other work on the machine explains
			t.Errorf("%s: %v more than hashing", name, more)
		}
		t.Log(name, more, hashing)
	}
}

// signField finishes a field that ends in "b=" for a message.
func signField(t testing.TB, m *wire, field string) string {
	t.Helper()
	tg, err := parseTags(strings.SplitN(field, ":", 2)[1])
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	m.writeSigned(h, tg.list("h"), true)
	writeOwn(h, field, true)
	sig, err := testKeys()["rsa2048"].Sign(rand.Reader, h.Sum(nil), crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return field + base64.StdEncoding.EncodeToString(sig) + "\r\n"
}

// A header full of names to sign, and a body of the same kind, take linear time.
func TestHeaderBombs(t *testing.T) {
	var fields strings.Builder
	for i := range 400 {
		fmt.Fprintf(&fields, "X-%d: a\r\n", i%7)
	}
	names := strings.Repeat("x-1:x-2:from:nothing:", 1500)
	raw := "DKIM-Signature: v=1; a=rsa-sha256; d=east.test; s=s; h=" + names + "from; bh=" + strings.Repeat("A", 43) + "=; b=AAAA\r\n"
	raw = strings.Repeat(raw, 3) + fields.String() + plainLetter
	start := time.Now()
	f := found(t, raw)
	if took := time.Since(start); took > 10*time.Second { // far beyond what other work on the machine explains
		t.Error(took)
	}
	if len(f.Signatures) != 3 || f.Signatures[0].Result != dkimFail {
		t.Errorf("%+v", f.Signatures)
	}
}

// Keys that are too short to be believed, too long to be worth the time, or none.
func TestHostileKeys(t *testing.T) {
	short, vast := keyOfSize(512), keyOfSize(16384)
	for what, c := range map[string]struct {
		txt  []string
		want error
	}{
		"short":             {[]string{"p=" + short}, errWeakKey},
		"vast":              {[]string{"p=" + vast}, errVastKey},
		"nothing":           {nil, errNoKey},
		"two":               {[]string{"p=" + short, "p=" + vast}, errKeys},
		"more than 8 KiB":   {[]string{"p=" + strings.Repeat("A", 9000)}, errKey},
		"no base64":         {[]string{"p=%%%"}, errKey},
		"no key":            {[]string{"p=AAAA"}, errKey},
		"no p":              {[]string{"v=DKIM1; k=rsa"}, errKey},
		"SPF":               {[]string{"v=spf1 -all"}, errKey},
		"an elliptic curve": {[]string{"k=p256; p=AAAA"}, errAlgorithm},
		"a short ed25519":   {[]string{"k=ed25519; p=AAAA"}, errKey},
		"tags twice":        {[]string{"p=AAAA; p=AAAA"}, errKey},
	} {
		r := newBudget(&mockdns.Resolver{Zones: map[string]mockdns.Zone{"s._domainkey.east.test.": {TXT: c.txt}}})
		if _, err := fetchKey(t.Context(), r, "s", "east.test"); err != c.want {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
}

// keyOfSize is a public key that nobody has the private one to.
func keyOfSize(bits int) string {
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits)-1)
	return base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PublicKey(&rsa.PublicKey{N: n.Add(n, big.NewInt(1)), E: 65537}))
}

// E4: a DNS that does not answer costs five seconds a question, twenty for a letter, and the letter comes again only when the
// answer could have proved From.
func TestDNSWithoutAnswers(t *testing.T) {
	for _, c := range []struct {
		what      string
		r         Resolver
		raw       func(testing.TB) string
		want      time.Duration
		temporary bool
		aligned   bool
	}{
		{"nothing answers", silent{}, signedTwice, 20 * time.Second, true, false},
		{"only policies answer", deaf{silentFor: "_domainkey"}, signedTwice, 10 * time.Second, true, false},
		{"the own key answers", deaf{silentFor: "esp.test"}, signedTwice, 5 * time.Second, false, true},
		{"nobody's key matters", deaf{silentFor: "esp.test"}, signedByESP, 5 * time.Second, false, false},
		{"the chain's keys are silent", deaf{silentFor: "sealer.test"}, chained, 5 * time.Second, false, true},
		{"the policy is silent, the signature is the author's own", deaf{silentFor: "_dmarc."}, signedOnce, 5 * time.Second, false, true},
		{"the policy is silent, and nothing proves From", deaf{silentFor: "_dmarc."}, signedByESP, 5 * time.Second, true, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			l := mustParse(t, []byte(c.raw(t)))
			if d, ok := c.r.(deaf); ok {
				d.zones = signedTown(t)
				c.r = d
			}
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				f := CheckLetter(t.Context(), c.r, Session{At: noon, IP: netip.MustParseAddr("192.0.2.1"), MailFrom: addr("x@nowhere.test")}, l)
				if took := time.Since(start); took != c.want || f.Temporary != c.temporary || f.Aligned != c.aligned || f.Refused {
					t.Errorf("after %v (want %v): %+v", took, c.want, f)
				}
			})
		})
	}
}

func signedOnce(t testing.TB) string { return sign(t, plainLetter, dkim.SignOptions{}) }

func signedTwice(t testing.TB) string {
	return sign(t, sign(t, plainLetter, dkim.SignOptions{}), dkim.SignOptions{Domain: "esp.test"})
}

func signedByESP(t testing.TB) string {
	return sign(t, plainLetter, dkim.SignOptions{Domain: "esp.test"})
}

func chained(t testing.TB) string {
	return "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=sealer.test; s=s; b=AAAA\r\n" +
		"ARC-Message-Signature: i=1; a=rsa-sha256; d=sealer.test; s=s; h=from; bh=" + strings.Repeat("A", 43) + "=; b=AAAA\r\n" +
		"ARC-Authentication-Results: i=1; sealer.test; spf=pass\r\n" + signedOnce(t)
}

// deaf answers everything but names with a word in them.
type deaf struct {
	silentFor string
	zones     map[string]mockdns.Zone
}

func (d deaf) LookupTXT(ctx context.Context, name string) ([]string, error) {
	if strings.Contains(name, d.silentFor) {
		return silent{}.LookupTXT(ctx, name)
	}
	return (&mockdns.Resolver{Zones: d.zones}).LookupTXT(ctx, name)
}
func (d deaf) LookupMX(context.Context, string) ([]*net.MX, error)        { return nil, errNothing }
func (d deaf) LookupIPAddr(context.Context, string) ([]net.IPAddr, error) { return nil, errNothing }
func (d deaf) LookupAddr(context.Context, string) ([]string, error)       { return nil, errNothing }

var errNothing = &net.DNSError{Err: "no such host", IsNotFound: true}

// A key that is a CNAME to itself is what the DNS server makes of it: an error, or nothing.
func TestDNSLoops(t *testing.T) {
	for _, c := range []struct {
		err       error
		result    string
		temporary bool
	}{
		{&net.DNSError{Err: "CNAME loop"}, dkimTempError, true},
		{errors.New("SERVFAIL"), dkimTempError, true},
		{errNothing, dkimPermError, false},
	} {
		r := &mockdns.Resolver{Zones: map[string]mockdns.Zone{"s._domainkey.east.test.": {Err: c.err}}}
		f := CheckLetter(t.Context(), r, Session{At: noon}, mustParse(t, []byte(signedOnce(t))))
		if f.Signatures[0].Result != c.result || f.Temporary != c.temporary || f.Aligned {
			t.Errorf("%v: %+v", c.err, f)
		}
	}
}

// The most questions one letter can make us ask: eight keys and a walk for each, SPF at its limits, fifty sets of a chain.
func TestHungriestLetter(t *testing.T) {
	z := signedTown(t)
	z["_dmarc.a.b.c.d.e.f.east.test."] = mockdns.Zone{}
	z["_dmarc.east.test."] = mockdns.Zone{TXT: []string{"v=DMARC1; p=reject; np=none"}}
	raw := plainLetter
	for i := range 20 {
		domain := fmt.Sprintf("x%d.b.c.d.e.f.east.test", i)
		z["s._domainkey."+domain+"."] = mockdns.Zone{TXT: []string{keyRecord(t, testKeys()["rsa2048"])}}
		raw = sign(t, raw, dkim.SignOptions{Domain: domain})
	}
	for i := range maxHops {
		raw = strings.NewReplacer("cv=none", map[bool]string{true: "cv=none", false: "cv=pass"}[i == 0], "i=1", fmt.Sprint("i=", i+1), "sealer.test", fmt.Sprintf("sealer%d.test", i)).
			Replace("ARC-Seal: i=1; a=rsa-sha256; cv=none; d=sealer.test; s=s; b=AAAA\r\nARC-Message-Signature: i=1; a=rsa-sha256; d=sealer.test; s=s; h=from; bh="+strings.Repeat("A", 43)+"=; b=AAAA\r\nARC-Authentication-Results: i=1; sealer.test; spf=pass\r\n") + raw
	}
	c := &counting{Resolver: mockdns.Resolver{Zones: z}}
	f := CheckLetter(t.Context(), c, Session{At: noon}, mustParse(t, []byte(raw)))
	if len(c.asked) > 8+8*(1+8)+3+111+51 || f.ARC == nil || f.ARC.Result != arcFail || len(f.ARC.Sealers) != maxHops || !f.Aligned {
		t.Errorf("%d questions, %+v", len(c.asked), f.ARC)
	}
}

// B8 for the whole: ten times the input takes at most twelve times the time. 64 KB is where fixed costs have gone.
func BenchmarkCheckLetter(b *testing.B) {
	for _, c := range []struct {
		name string
		raw  string
	}{
		{"no signature", plainLetter},
		{"rsa 2048", sign(b, plainLetter, dkim.SignOptions{})},
		{"ed25519", sign(b, plainLetter, dkim.SignOptions{Selector: "ed", Signer: testKeys()["ed25519"]})},
		{"rsa 2048, 20 KB", sign(b, plainLetter+strings.Repeat("They climb high up.\r\n", 1000), dkim.SignOptions{})},
		{"rsa 2048, 1 MB", sign(b, plainLetter+strings.Repeat("They climb high up.\r\n", 50000), dkim.SignOptions{})},
	} {
		l := mustParse(b, []byte(c.raw))
		r := &mockdns.Resolver{Zones: signedTown(b)}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if f := CheckLetter(b.Context(), r, Session{At: noon}, l); f.Aligned != (c.name != "no signature") {
					b.Fatal(f)
				}
			}
		})
	}
}

// The whole letter through the library, which reads the same bytes with other code.
func libraryVerdict(raw []byte, zones map[string]mockdns.Zone) (passes map[string]bool, ok bool) {
	r := &mockdns.Resolver{Zones: zones}
	list, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		return r.LookupTXT(context.Background(), name)
	}})
	if err != nil {
		return nil, false
	}
	passes = make(map[string]bool)
	for _, v := range list {
		passes[v.Domain] = passes[v.Domain] || v.Err == nil
	}
	return passes, true
}

// FuzzSignedLetter feeds strangers' letters to the verifier and to the library: what passes here must pass there (the library is
// less strict, and counts on the clock of this machine), and what is found must keep its promises.
func FuzzSignedLetter(f *testing.F) {
	raw := signedOnce(f)
	zones := signedTown(f)
	f.Add([]byte(raw), "climb", "creep")
	f.Add([]byte(raw), "relaxed", "simple")
	f.Add([]byte(raw), "; b=", ";\r\n b =\t")
	f.Add([]byte(raw), "From", "Subject:From")
	f.Add([]byte(signedTwice(f)), "\r\n\r\n", "\r\n\r\n \r\n")
	f.Add([]byte(sign(f, plainLetter, dkim.SignOptions{HeaderCanonicalization: "simple", BodyCanonicalization: "simple"})), "up.\r\n\r\n", "up.\r\n")
	f.Add([]byte(chained(f)), "i=1", "i=2")
	f.Add([]byte("DKIM-Signature:\r\n"+plainLetter), "DKIM-Signature:", "DKIM-Signature: v=1; a=; d=.; s=; h=:; bh=; b=;;")
	f.Fuzz(func(t *testing.T, raw []byte, old, changed string) {
		if old != "" {
			raw = bytes.Replace(raw, []byte(old), []byte(changed), 1)
		}
		l, err := letter.Parse(raw)
		if err != nil {
			return
		}
		found := CheckLetter(t.Context(), &mockdns.Resolver{Zones: zones}, Session{At: noon}, l)
		theirs, ok := libraryVerdict(raw, zones)
		for _, s := range found.Signatures {
			if s.Aligned && s.Result != dkimPass || s.Result == "" {
				t.Errorf("%+v", s)
			}
			if s.Result == dkimPass && ok && !theirs[s.Domain] {
				t.Errorf("passes here alone: %+v\n%q", s, raw)
			}
		}
		if found.Aligned && (found.Temporary || found.Refused) || found.Refused && found.Temporary {
			t.Errorf("%+v", found)
		}
		for _, r := range found.Why {
			if r < ' ' || r > '~' {
				t.Errorf("why: %q", found.Why)
			}
		}
	})
}

// FuzzTags reads the tag lists of strangers: what it takes, it can write and read again.
func FuzzTags(f *testing.F) {
	for _, s := range []string{"v=1; a=rsa-sha256; b=", "a=1;;b=2", "a=1; a=2", " a = 1 = 2 ;\r\n\tb=\r\n 3;", "=", ";", "", "1a=2", "a_1=", "ä=1", "k=rsa; t=y:s; p=AAAA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := parseTags(s)
		if err != nil {
			return
		}
		var b strings.Builder
		for name, value := range list {
			fmt.Fprintf(&b, "%s=%s;", name, value)
		}
		again, err := parseTags(b.String())
		if err != nil || len(again) != len(list) {
			t.Fatalf("%q: %v", b.String(), err)
		}
		for name, value := range list {
			if again[name] != value {
				t.Errorf("%s: %q, then %q", name, value, again[name])
			}
		}
		if raw := "X: " + s; len(emptied(raw)) > len(raw) {
			t.Errorf("%q grows", raw)
		}
		parseKey(s) //nolint:errcheck // must not fall over
	})
}

// FuzzChain reads chains of strangers.
func FuzzChain(f *testing.F) {
	zones := signedTown(f)
	f.Add(chained(f))
	f.Add(strings.ReplaceAll(chained(f), "i=1", "i=0"))
	f.Add(strings.ReplaceAll(chained(f), "i=1;", "i=99999999999999999999;"))
	f.Add(strings.ReplaceAll(chained(f), "cv=none", "cv=fail"))
	f.Fuzz(func(t *testing.T, raw string) {
		head, body, _ := strings.Cut(raw, "\r\n\r\n")
		c := readChain(t.Context(), newBudget(&mockdns.Resolver{Zones: zones}), newWire([]byte(head+"\r\n"), []byte(body)))
		if c == nil {
			return
		}
		if c.Result == arcPass && (len(c.Sealers) == 0 || c.Why != "") || len(c.Sealers) > maxHops || len(c.First) > 500 {
			t.Errorf("%+v", c)
		}
	})
}
