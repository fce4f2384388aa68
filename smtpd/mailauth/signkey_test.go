package mailauth

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/foxcpp/go-mockdns"
)

// ourKey is a key as the server makes it, and its record in the DNS of south.test.
var ourKey = sync.OnceValue(func() SigningKey {
	k, err := NewSigningKey("bc1")
	if err != nil {
		panic(err)
	}
	return k
})

func TestSigningKey(t *testing.T) {
	k := ourKey()
	text, err := k.PEM()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseSigningKey("bc1", text)
	if err != nil || !again.rsa.Equal(k.rsa) || again.IsZero() {
		t.Fatalf("read again: %v", err)
	}
	name, value := k.Record("south.test")
	if name != "bc1._domainkey.south.test" || !strings.HasPrefix(value, "v=DKIM1; k=rsa; p=") {
		t.Errorf("%s %s", name, value)
	}
	public, err := parseKey(value)
	if err != nil || public.String() != "rsa 2048" || !public.rsa.Equal(&k.rsa.PublicKey) {
		t.Errorf("%v, %v", public, err)
	}
	pieces := strings.Split(strings.Trim(Quoted(value), `"`), `" "`)
	if strings.Join(pieces, "") != value || len(pieces) != 2 || len(pieces[0]) != 255 {
		t.Errorf("in pieces: %q", pieces)
	}
	if got := Quoted(`a"b\`); got != `"a\"b\\"` {
		t.Error(got)
	}
	if got := Quoted(""); got != `""` {
		t.Error(got)
	}
	if _, err := NewSigningKey("b c"); err == nil {
		t.Error("a selector with a blank in it")
	}
}

// What verifiers would not believe is no key of ours (RFC 8301 §3.2).
func TestBadSigningKey(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(testKeys()["ed25519"])
	if err != nil {
		t.Fatal(err)
	}
	file := func(kind string, der []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	for says, text := range map[string][]byte{
		"it is no private key in PEM form":                       []byte("words"),
		"it has 1024 bits; 2048 to 8192 are believed everywhere": file("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(short)),
		"it is no RSA key":                                       file(pemType, der),
	} {
		if _, err := ParseSigningKey("bc1", text); err == nil || err.Error() != says {
			t.Errorf("got %v, want %s", err, says)
		}
	}
	if _, err := ParseSigningKey("bc1", file(pemType, []byte("words"))); err == nil {
		t.Error("nonsense is taken for a key")
	}
	old := file("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(ourKey().rsa))
	if _, err := ParseSigningKey("bc1", old); err != nil {
		t.Errorf("the older form of openssl: %v", err)
	}
}

// doctor and the rotation tell by it what is wrong with our own record.
func TestPublication(t *testing.T) {
	k := ourKey()
	_, value := k.Record("south.test")
	other := keyRecord(t, testKeys()["other"])
	zone := func(txt ...string) mockdns.Zone { return mockdns.Zone{TXT: txt} }
	r := &mockdns.Resolver{Zones: map[string]mockdns.Zone{
		"bc1._domainkey.south.test.": zone(value),
		"bc1._domainkey.other.test.": zone(other),
		"bc1._domainkey.twice.test.": zone(value, other),
		"bc1._domainkey.empty.test.": zone("v=DKIM1; k=rsa; p="),
		"bc1._domainkey.cut.test.":   zone(value[:255]),
		"bc1._domainkey.down.test.":  {Err: &net.DNSError{Err: "no answer", IsTimeout: true}},
	}}
	for domain, want := range map[string]struct {
		state Publication
		why   string
	}{
		"south.test": {Published, ""},
		"other.test": {Differs, "the record holds another key"},
		"twice.test": {Differs, "the key has more than one record"},
		"empty.test": {Differs, "the key was withdrawn"},
		"cut.test":   {Differs, "the key record has a mistake in it"},
		"none.test":  {Missing, "the record is missing"},
		"down.test":  {Unknown, "the DNS did not answer"},
	} {
		if state, why := k.Published(t.Context(), r, domain); state != want.state || why != want.why {
			t.Errorf("%s: %s (%s), want %s (%s)", domain, state, why, want.state, want.why)
		}
	}
}
