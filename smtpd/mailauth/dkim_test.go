package mailauth

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/foxcpp/go-mockdns"

	"backchannel/archive/letter"
)

var testKeys = sync.OnceValue(func() map[string]crypto.Signer {
	keys := make(map[string]crypto.Signer)
	for name, bits := range map[string]int{"rsa2048": 2048, "rsa1024": 1024, "other": 2048} {
		k, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			panic(err)
		}
		keys[name] = k
	}
	_, keys["ed25519"], _ = ed25519.GenerateKey(rand.Reader)
	return keys
})

// keyRecord is what the DNS says of a key.
func keyRecord(t testing.TB, k crypto.Signer) string {
	t.Helper()
	if pub, ok := k.Public().(ed25519.PublicKey); ok {
		return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(pub)
	}
	der, err := x509.MarshalPKIXPublicKey(k.Public())
	if err != nil {
		t.Fatal(err)
	}
	return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)
}

const plainLetter = "From: Ann <ann@east.test>\r\nTo: talk@list.test\r\nCc:  Bill\r\n\t<bill@south.test>\r\nSubject: Beans  and\r\n more\r\n" +
	"Date: Fri, 12 Jun 2026 08:00:00 +0000\r\nMessage-ID: <1@east.test>\r\n\r\nThey climb. \r\n\r\n\tHigh  up.\r\n\r\n\r\n"

var plainFields = []string{"From", "To", "Cc", "Subject", "Date", "Message-ID"}

// sign puts a signature in front of a letter. Zero options sign everything, relaxed/relaxed, by east.test with key rsa2048.
func sign(t testing.TB, raw string, o dkim.SignOptions) string {
	t.Helper()
	if o.Domain == "" {
		o.Domain = "east.test"
	}
	if o.Selector == "" {
		o.Selector = "s"
	}
	if o.Signer == nil {
		o.Signer = testKeys()["rsa2048"]
	}
	if o.HeaderCanonicalization == "" {
		o.HeaderCanonicalization, o.BodyCanonicalization = "relaxed", "relaxed"
	}
	if o.HeaderKeys == nil {
		o.HeaderKeys = plainFields
	}
	var b bytes.Buffer
	if err := dkim.Sign(&b, strings.NewReader(raw), &o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func signedTown(t testing.TB) map[string]mockdns.Zone {
	return keyZones(map[string]string{
		"s._domainkey.east.test":     keyRecord(t, testKeys()["rsa2048"]),
		"short._domainkey.east.test": keyRecord(t, testKeys()["rsa1024"]),
		"ed._domainkey.east.test":    keyRecord(t, testKeys()["ed25519"]),
		"other._domainkey.east.test": keyRecord(t, testKeys()["other"]),
		"s._domainkey.esp.test":      keyRecord(t, testKeys()["rsa2048"]),
		"s._domainkey.m.guild.test":  keyRecord(t, testKeys()["rsa2048"]),
		"_dmarc.guild.test":          "v=DMARC1; p=reject; sp=quarantine; np=none",
		"_dmarc.strict.test":         "v=DMARC1; p=quarantine; adkim=s; aspf=s",
		"s._domainkey.m.strict.test": keyRecord(t, testKeys()["rsa2048"]),
		"s._domainkey.silent.test":   "TEMPERROR",
		"shop.guild.test":            "hello",
		"test._domainkey.east.test":  "t=y:s; " + keyRecord(t, testKeys()["rsa2048"])[len("v=DKIM1; "):],
		"fixed._domainkey.east.test": "t=s; " + keyRecord(t, testKeys()["rsa2048"])[len("v=DKIM1; "):],
		"gone._domainkey.east.test":  "v=DKIM1; k=rsa; p=",
		"v2._domainkey.east.test":    "v=DKIM2; " + keyRecord(t, testKeys()["rsa2048"])[len("v=DKIM1; "):],
		"sha1._domainkey.east.test":  "h=sha1; " + keyRecord(t, testKeys()["rsa2048"])[len("v=DKIM1; "):],
		"web._domainkey.east.test":   "s=web; " + keyRecord(t, testKeys()["rsa2048"])[len("v=DKIM1; "):],
		"mail._domainkey.east.test":  "s=web:email; h=sha1:sha256; " + keyRecord(t, testKeys()["rsa2048"])[len("v=DKIM1; "):],
	})
}

var noon = time.Date(2026, 6, 12, 12, 0, 0, 0, time.UTC)

func found(t testing.TB, raw string) Finding {
	t.Helper()
	return CheckLetter(t.Context(), &mockdns.Resolver{Zones: signedTown(t)}, Session{At: noon}, mustParse(t, []byte(raw)))
}

// resigned makes changes in the signature field before it is signed, with the key of east.test: what the library would not write.
func resigned(t testing.TB, raw, field string) string {
	t.Helper()
	m := newWire([]byte(raw[:strings.Index(raw, "\r\n\r\n")+2]), []byte(raw[strings.Index(raw, "\r\n\r\n")+4:]))
	field = strings.ReplaceAll(field, "BH", base64.StdEncoding.EncodeToString(m.bodySum(true)))
	tg, err := parseTags(strings.TrimPrefix(field, "DKIM-Signature:"))
	if err != nil {
		t.Fatal(err)
	}
	h := crypto.SHA256.New()
	m.writeSigned(h, tg.list("h"), true)
	writeOwn(h, field, true)
	sig, err := testKeys()["rsa2048"].Sign(rand.Reader, h.Sum(nil), crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return field + base64.StdEncoding.EncodeToString(sig) + "\r\n" + raw
}

// C2, one line for each kind of signature that counts as none. Every one of these would fit the letter.
func TestSignaturesThatCountAsNone(t *testing.T) {
	const field = "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=east.test; s=s; h=From:To; bh=BH; b="
	with := func(old, new string) string { return strings.Replace(field, old, new, 1) }
	for _, c := range []struct{ what, field, result, why string }{
		{"good", field, "pass", ""},
		{"good, with an agent below", with("s=s", "i=x@mail.east.test; s=s"), "pass", ""},
		{"good, with unknown tags", with("s=s", "zz=1; s=s; q=dns/other:dns/txt"), "pass", ""},
		{"good, service and hashes named", with("s=s", "s=mail"), "pass", ""},
		{"good, expires later", with("s=s", "s=s; t=1781200000; x=1781300000"), "pass", ""},
		{"part of the text", with("s=s", "s=s; l=5"), "policy", "it covers only the beginning of the text (l=)"},
		{"all of the text, by l=", with("s=s", "s=s; l=999999"), "policy", "it covers only the beginning of the text (l=)"},
		{"SHA-1", with("rsa-sha256", "rsa-sha1"), "policy", "it is made with SHA-1, which can be forged (RFC 8301)"},
		{"expired", with("s=s", "s=s; x=1781200000"), "policy", "it has expired"},
		{"expires before it was made", with("s=s", "s=s; t=1791300000; x=1791200000"), "policy", "it has expired"},
		{"From not signed", with("From:To", "To"), "permerror", "it does not cover From"},
		{"a key for tests", with("s=s", "s=test"), "policy", "its key is marked as a test (t=y)"},
		{"an agent below, and a key that forbids it", with("s=s", "i=@mail.east.test; s=fixed"), "permerror", "its domain is none"},
		{"an agent elsewhere", with("s=s", "i=ann@feast.test; s=s"), "permerror", "its domain is none"},
		{"a key that was withdrawn", with("s=s", "s=gone"), "permerror", "its key was withdrawn"},
		{"no key", with("s=s", "s=nobody"), "permerror", "its key does not exist"},
		{"a key of another version", with("s=s", "s=v2"), "permerror", "its key record has a mistake in it"},
		{"a key for SHA-1", with("s=s", "s=sha1"), "permerror", "its key is not meant for such signatures"},
		{"a key for the web", with("s=s", "s=web"), "permerror", "its key is not meant for such signatures"},
		{"another key", with("s=s", "s=other"), "fail", "it does not fit the header"},
		{"a key of another kind", with("s=s", "s=ed"), "permerror", "its key is not meant for such signatures"},
		{"no domain", with("d=east.test", "d=localhost"), "permerror", "its domain is none"},
		{"a strange selector", with("s=s", "s=a b..c"), "permerror", "its domain is none"},
		{"version 2", with("v=1", "v=2"), "permerror", "its list of tags has a mistake in it"},
		{"no version", with("v=1; ", ""), "permerror", "its list of tags has a mistake in it"},
		{"an unknown form", with("relaxed/relaxed", "nofws"), "permerror", "its list of tags has a mistake in it"},
		{"a time that is none", with("s=s", "s=s; t=-1"), "permerror", "a number in it is none"},
		{"keys from elsewhere", with("s=s", "s=s; q=http"), "permerror", "its key record has a mistake in it"},
		{"no header list", with("h=From:To; ", ""), "permerror", "a tag that it needs is missing"},
	} {
		f := found(t, resigned(t, plainLetter, c.field))
		sig := f.Signatures[0]
		if sig.Result != c.result || sig.Why != c.why || sig.Aligned != (c.result == "pass") || f.Aligned != sig.Aligned {
			t.Errorf("%s: %+v", c.what, sig)
		}
	}
	f := CheckLetter(t.Context(), &mockdns.Resolver{Zones: signedTown(t)}, Session{}, mustParse(t, []byte(resigned(t, plainLetter, with("s=s", "s=s; x=1781300000")))))
	if f.Aligned {
		t.Error("without a time, nothing that expires may count")
	}
}

func TestChangedLetters(t *testing.T) {
	raw := sign(t, plainLetter, dkim.SignOptions{HeaderKeys: append([]string{"From", "Reply-To"}, plainFields...)})
	for _, c := range []struct{ what, old, new, why string }{
		{"nothing", "", "", ""},
		{"white space that does not count", "Beans  and\r\n more", "Beans and more", ""},
		{"a trace on top", "DKIM-Signature", "Received: from a\r\nDKIM-Signature", ""},
		{"empty lines at the end", "up.\r\n\r\n\r\n", "up.\r\n", ""},
		{"a word", "climb", "creep", errBody.Error()},
		{"a word of the subject", "Beans", "Bones", errSignature.Error()},
		{"the author", "ann@east.test", "eve@east.test", errSignature.Error()},
		{"an author more", "\r\nSubject:", "\r\nFrom: eve@east.test\r\nSubject:", errSignature.Error()},
		{"a Reply-To, which was signed as missing", "\r\nSubject:", "\r\nReply-To: eve@evil.test\r\nSubject:", errSignature.Error()},
		{"a line at the end", "up.\r\n", "up.\r\nAnd: buy!\r\n", errBody.Error()},
	} {
		// From and Reply-To are signed once more than they are there, so that none can be added (RFC 6376 §8.15).
		f := found(t, strings.Replace(raw, c.old, c.new, 1))
		sig := f.Signatures[0]
		if (sig.Result == "pass") != (c.why == "") || sig.Why != c.why {
			t.Errorf("%s: %+v", c.what, sig)
		}
	}
}

// Both algorithms and all four forms, as the library signs them.
func TestAlgorithmsAndForms(t *testing.T) {
	for _, key := range []struct{ name, selector, want string }{{"rsa2048", "s", "rsa 2048"}, {"rsa1024", "short", "rsa 1024"}, {"ed25519", "ed", "ed25519"}} {
		for _, header := range []dkim.Canonicalization{"simple", "relaxed"} {
			for _, body := range []dkim.Canonicalization{"simple", "relaxed"} {
				for _, text := range []string{plainLetter, plainLetter[:strings.Index(plainLetter, "\r\n\r\n")+4], plainLetter + "no line end", strings.ReplaceAll(plainLetter, "They", " They")} {
					f := found(t, sign(t, text, dkim.SignOptions{Selector: key.selector, Signer: testKeys()[key.name], HeaderCanonicalization: header, BodyCanonicalization: body}))
					if sig := f.Signatures[0]; sig.Result != "pass" || sig.Key != key.want || !f.Aligned || f.AlignedBy != "dkim" {
						t.Errorf("%s %s/%s: %+v", key.name, header, body, sig)
					}
				}
			}
		}
	}
}

// Who may speak for whom, and what happens to the rest (C2, RFC 9989 §4.10.2).
func TestAlignment(t *testing.T) {
	for _, c := range []struct {
		what, from, signer string
		want               Finding
	}{
		{"the same domain", "ann@east.test", "east.test", Finding{DMARC: "none", Aligned: true, AlignedBy: "dkim",
			Why: "east.test signed this letter (DKIM pass), and From names the same domain."}},
		{"a provider", "ann@east.test", "esp.test", Finding{DMARC: "none",
			Why: "Neither the sender nor the host named a domain that could be asked about the host (SPF none); esp.test signed this letter (DKIM pass), but it cannot speak for east.test in From."}},
		{"a sister", "ann@shop.guild.test", "m.guild.test", Finding{DMARC: "pass", DMARCDomain: "guild.test", Policy: "quarantine", Aligned: true, AlignedBy: "dkim",
			Why: "m.guild.test signed this letter (DKIM pass), and it is of one organisation with shop.guild.test in From."}},
		{"a daughter", "ann@guild.test", "m.guild.test", Finding{DMARC: "pass", DMARCDomain: "guild.test", Policy: "reject", Aligned: true, AlignedBy: "dkim",
			Why: "m.guild.test signed this letter (DKIM pass), and it belongs to guild.test in From."}},
		{"a daughter, strictly", "ann@strict.test", "m.strict.test", Finding{DMARC: "fail", DMARCDomain: "strict.test", Policy: "quarantine", Refused: true,
			Why: "Neither the sender nor the host named a domain that could be asked about the host (SPF none); m.strict.test signed this letter (DKIM pass), but it cannot speak for strict.test in From; strict.test asks to put such letters aside (DMARC fail, p=quarantine)."}},
		{"a stranger, under reject", "ann@guild.test", "esp.test", Finding{DMARC: "fail", DMARCDomain: "guild.test", Policy: "reject", Refused: true,
			Why: "Neither the sender nor the host named a domain that could be asked about the host (SPF none); esp.test signed this letter (DKIM pass), but it cannot speak for guild.test in From; guild.test asks to refuse such letters (DMARC fail, p=reject)."}},
		{"a stranger, for a domain below", "ann@shop.guild.test", "esp.test", Finding{DMARC: "fail", DMARCDomain: "guild.test", Policy: "quarantine", Refused: true,
			Why: "Neither the sender nor the host named a domain that could be asked about the host (SPF none); esp.test signed this letter (DKIM pass), but it cannot speak for shop.guild.test in From; guild.test asks to put such letters aside (DMARC fail, p=quarantine)."}},
		{"a stranger, for a domain that does not exist", "ann@nowhere.guild.test", "esp.test", Finding{DMARC: "fail", DMARCDomain: "guild.test", Policy: "none",
			Why: "Neither the sender nor the host named a domain that could be asked about the host (SPF none); esp.test signed this letter (DKIM pass), but it cannot speak for nowhere.guild.test in From."}},
		{"no answer about the own key", "ann@silent.test", "silent.test", Finding{DMARC: "temperror", Temporary: true,
			Why: "Neither the sender nor the host named a domain that could be asked about the host (SPF none); the signature of silent.test could not be checked, because the DNS did not say right now what its key is (DKIM temperror); the DNS did not say right now what is needed to judge silent.test in From (DMARC temperror)."}},
		{"no answer about a key that could not count", "ann@east.test", "silent.test", Finding{DMARC: "none",
			Why: "Neither the sender nor the host named a domain that could be asked about the host (SPF none); a signature on it does not count, because the DNS did not say right now what its key is (DKIM temperror)."}},
	} {
		raw := sign(t, strings.Replace(plainLetter, "ann@east.test", c.from, 1), dkim.SignOptions{Domain: c.signer})
		got := found(t, raw)
		sigs := got.Signatures
		got.Signatures = nil
		c.want.SPF = "none"
		if got.Why != c.want.Why || got.DMARC != c.want.DMARC || got.DMARCDomain != c.want.DMARCDomain || got.Policy != c.want.Policy || got.Aligned != c.want.Aligned ||
			got.AlignedBy != c.want.AlignedBy || got.Refused != c.want.Refused || got.Temporary != c.want.Temporary {
			t.Errorf("%s:\ngot  %+v\nwant %+v", c.what, got, c.want)
		}
		if sigs[0].Aligned != got.Aligned {
			t.Errorf("%s: %+v", c.what, sigs[0])
		}
	}
}

// A letter that is sent on by somebody else is the same letter (C4): what the guard remembers does not depend on the way it came.
func TestReplay(t *testing.T) {
	raw := sign(t, plainLetter, dkim.SignOptions{HeaderKeys: []string{"From", "To", "Date"}})
	first := found(t, raw)
	second := CheckLetter(t.Context(), &mockdns.Resolver{Zones: signedTown(t)}, Session{At: noon, IP: netip.MustParseAddr("192.0.2.1"), MailFrom: addr("x@evil.test")},
		mustParse(t, []byte("Received: from evil\r\n"+strings.Replace(raw, "Cc:  Bill\r\n\t<bill@south.test>", "Cc: jobs@list.test", 1))))
	a, b := first.Signatures[0], second.Signatures[0]
	if a.Hash != b.Hash || len(a.Hash) != 64 || a.Result != "pass" || b.Result != "pass" {
		t.Errorf("%+v\n%+v", a, b)
	}
	if !a.SignedTo || a.SignedCc || !a.SignedDate {
		t.Errorf("what was signed: %+v", a)
	}
	other := found(t, sign(t, strings.Replace(plainLetter, "climb", "creep", 1), dkim.SignOptions{}))
	if other.Signatures[0].Hash == a.Hash || !other.Signatures[0].SignedCc {
		t.Errorf("%+v", other.Signatures[0])
	}
	l := mustParse(t, []byte(raw))
	for _, c := range []struct {
		list string
		f    Finding
		want bool
	}{
		{"talk@list.test", first, true},
		{"TALK@list.test", first, true},
		{"bill@south.test", first, false}, // in Cc, which was not signed
		{"bill@south.test", other, true},
		{"jobs@list.test", other, false},
		{"jobs@list.test", Finding{Aligned: true, AlignedBy: "spf"}, true},
		{"jobs@list.test", Finding{Login: true}, true},
		{"talk@list.test", Finding{}, false},
	} {
		if got := c.f.MeantFor(l, addr(c.list)); got != c.want {
			t.Errorf("%s: %v, %+v", c.list, got, c.f)
		}
	}
}

// C2: of a hundred signatures eight are looked at, and those that could speak for From first, wherever they stand.
func TestHundredSignatures(t *testing.T) {
	raw := sign(t, plainLetter, dkim.SignOptions{})
	for range 99 {
		raw = "DKIM-Signature: v=1; a=rsa-sha256; d=esp.test; s=s; h=from; bh=" + strings.Repeat("A", 43) + "=; b=AAAA\r\n" + raw
	}
	c := &counting{Resolver: mockdns.Resolver{Zones: signedTown(t)}}
	f := CheckLetter(t.Context(), c, Session{At: noon}, mustParse(t, []byte(raw)))
	tried := 0
	for _, s := range f.Signatures {
		if s.Result != dkimNeutral {
			tried++
		}
	}
	if !f.Aligned || tried != maxSignatures || len(f.Signatures) > maxKept+1 {
		t.Errorf("%v, %d tried, %d told", f.Aligned, tried, len(f.Signatures))
	}
	if keys := slices.DeleteFunc(slices.Clone(c.asked), func(q string) bool { return !strings.Contains(q, "_domainkey") }); len(keys) != 2 {
		t.Error(keys)
	}
	var b strings.Builder
	for i := range 100 { // all of the right domain, all with other keys: still eight questions
		fmt.Fprintf(&b, "DKIM-Signature: v=1; a=rsa-sha256; d=east.test; s=s%d; h=from; bh=%s=; b=AAAA\r\n", i, strings.Repeat("A", 43))
	}
	c.asked = nil
	f = CheckLetter(t.Context(), c, Session{At: noon}, mustParse(t, []byte(b.String()+plainLetter)))
	if keys := slices.DeleteFunc(c.asked, func(q string) bool { return !strings.Contains(q, "_domainkey") }); f.Aligned || len(keys) != maxSignatures {
		t.Errorf("%v: %v", f.Aligned, keys)
	}
}

// A letter whose From only one of two programs sees must not be signed for one and shown to the other.
func TestOneHeaderForAll(t *testing.T) {
	for _, head := range []string{"X-A: 1\r\nFrom : eve@evil.test\r\n", "From\t: eve@evil.test\r\n", " From: eve@evil.test\r\n", "FROM: eve@evil.test\r\n", "From eve@evil.test x\r\n"} {
		raw := sign(t, plainLetter, dkim.SignOptions{})
		l, err := letter.Parse([]byte(head + raw))
		if err != nil {
			continue
		}
		f := CheckLetter(t.Context(), &mockdns.Resolver{Zones: signedTown(t)}, Session{At: noon}, l)
		if len(f.Signatures) > 0 && !newWire([]byte(head+raw[:strings.Index(raw, "\r\n\r\n")+2]), nil).agrees(l.Header()) {
			t.Errorf("%q: %+v", head, f.Signatures)
		}
		if author, err := l.Author(); f.Aligned && (err != nil || author.Address.Domain != "east.test") {
			t.Errorf("%q: %+v, author %v", head, f, author)
		}
	}
}

// What the verifier reads and what letter reads is the same, or nothing is verified.
func TestAgrees(t *testing.T) {
	m := newWire([]byte("From: a@east.test\r\nTo: b@list.test,\r\n\tc@list.test\r\n"), nil)
	for head, want := range map[string]bool{
		"From: a@east.test\r\nTo: b@list.test, c@list.test\r\n":                    true,
		"from:a@east.test\r\nX: 1\r\nTO: b@list.test,\r\n  c@list.test\r\n":        true,
		"From: b@east.test\r\nTo: b@list.test, c@list.test\r\n":                    false,
		"From: a@east.test\r\nTo: b@list.test\r\n":                                 false,
		"From: a@east.test\r\nTo: b@list.test, c@list.test\r\nCc: d@list.test\r\n": false,
		"To: b@list.test, c@list.test\r\n":                                         false,
	} {
		if got := m.agrees(letter.ParseHeader([]byte(head))); got != want {
			t.Errorf("%q: %v", head, got)
		}
	}
}
