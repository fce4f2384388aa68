package mailauth

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"
)

// signBits is the size of the keys we make: what every verifier must know (RFC 8301 §3.2) and what fits into one DNS answer.
const signBits = 2048

// SignatureLife is how long a signature of ours is good (x=, M6): longer than any copy stays in a queue, and no longer than a public key
// that was retired has to stay in the DNS.
const SignatureLife = 10 * 24 * time.Hour

// SigningKey is a private key of ours, and the selector under which its public half stands in the DNS (RFC 6376 §3.1). The same key
// serves every domain of the server. The zero SigningKey signs nothing.
type SigningKey struct {
	Selector string
	rsa      *rsa.PrivateKey
}

// NewSigningKey makes a key of RSA 2048 bits (M6). It takes about a tenth of a second.
func NewSigningKey(selector string) (SigningKey, error) {
	if !isSelector(selector) {
		return SigningKey{}, fmt.Errorf("%q is no selector: it is one label or more of a domain name", selector)
	}
	k, err := rsa.GenerateKey(rand.Reader, signBits)
	return SigningKey{selector, k}, err
}

// pemType is how PKCS #8 files begin (RFC 7468 §10): what openssl and opendkim-genkey write and read.
const pemType = "PRIVATE KEY"

// ParseSigningKey reads a key as PEM writes it. A key that verifiers would not believe is an error.
func ParseSigningKey(selector string, text []byte) (SigningKey, error) {
	block, _ := pem.Decode(text)
	if !isSelector(selector) || block == nil {
		return SigningKey{}, errors.New("it is no private key in PEM form")
	}
	var k *rsa.PrivateKey
	if any, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		k, _ = any.(*rsa.PrivateKey)
	} else if k, err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
		return SigningKey{}, errors.New("it is no private key in PEM form")
	}
	if k == nil {
		return SigningKey{}, errors.New("it is no RSA key")
	}
	if n := k.N.BitLen(); n < signBits || n > maxRSA {
		return SigningKey{}, fmt.Errorf("it has %d bits; %d to %d are believed everywhere", n, signBits, maxRSA)
	}
	return SigningKey{selector, k}, nil
}

// PEM is the private key in PKCS #8 form.
func (k SigningKey) PEM() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.rsa)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}), nil
}

// IsZero tells whether there is no key.
func (k SigningKey) IsZero() bool { return k.rsa == nil }

// Record is the TXT record to publish for a domain (RFC 6376 §3.6.1). The value is longer than one character string of the DNS holds;
// Quoted writes it for a zone file.
func (k SigningKey) Record(domain string) (name, value string) {
	der, err := x509.MarshalPKIXPublicKey(&k.rsa.PublicKey)
	if err != nil {
		panic("mailauth: an RSA key that has no public form: " + err.Error()) // there is none
	}
	return RecordName(k.Selector, domain), "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)
}

func isSelector(s string) bool { return s != "" && hostname(RecordName(s, "example.test")) != "" }

// RecordName is where the record of a selector stands.
func RecordName(selector, domain string) string { return selector + "._domainkey." + domain }

// Quoted writes the value of a TXT record as zone files have it: in quotes, and in pieces of at most 255 octets, which whoever asks
// joins again (RFC 1035 §3.3.14, RFC 6376 §3.6.2.2).
func Quoted(value string) string {
	var b strings.Builder
	for piece := value; ; {
		n := min(len(piece), 255)
		b.WriteByte('"')
		for _, c := range []byte(piece[:n]) {
			if c == '"' || c == '\\' {
				b.WriteByte('\\')
			}
			b.WriteByte(c)
		}
		b.WriteByte('"')
		if piece = piece[n:]; piece == "" {
			return b.String()
		}
		b.WriteByte(' ')
	}
}

// Publication is what the DNS says about a key of ours.
type Publication string

// What it may say.
const (
	Published Publication = "published" // the record is there and right
	Missing   Publication = "missing"   // there is none
	Differs   Publication = "differs"   // there is one, of another key or with a mistake in it
	Unknown   Publication = "unknown"   // the DNS did not answer
)

// Published asks the DNS what it says about this key under a domain. why tells what is wrong, in a few words; it is empty when nothing
// is.
func (k SigningKey) Published(ctx context.Context, r Resolver, domain string) (p Publication, why string) {
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	got, err := fetchKey(ctx, newBudget(r), k.Selector, domain)
	switch {
	case errors.Is(err, errNoAnswer):
		return Unknown, "the DNS did not answer"
	case errors.Is(err, errNoKey):
		return Missing, "the record is missing"
	case err != nil:
		return Differs, strings.Replace(err.Error(), "its key", "the key", 1)
	case got.rsa == nil || !got.rsa.Equal(&k.rsa.PublicKey):
		return Differs, "the record holds another key"
	}
	return Published, ""
}

// sign makes the signature rsa-sha256 over what hashes to sum.
func (k SigningKey) sign(sum [sha256.Size]byte) ([]byte, error) {
	return rsa.SignPKCS1v15(nil, k.rsa, crypto.SHA256, sum[:])
}
