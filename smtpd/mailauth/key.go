package mailauth

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
)

// The sizes of RSA keys that are believed, in bits (RFC 8301 §3.2). Nobody signs with larger ones; they only cost time.
const (
	minRSA = 1024
	maxRSA = 8192
)

// Why a key does not do.
var (
	errNoKey      = errors.New("its key does not exist")
	errKeys       = errors.New("its key has more than one record")
	errKey        = errors.New("its key record has a mistake in it")
	errRevoked    = errors.New("its key was withdrawn")
	errWeakKey    = errors.New("its key is shorter than 1024 bits")
	errVastKey    = errors.New("its key is longer than 8192 bits")
	errTesting    = errors.New("its key is marked as a test (t=y)")
	errOtherUse   = errors.New("its key is not meant for such signatures")
	errNoAnswer   = errors.New("the DNS did not say right now what its key is")
	errAlgorithm  = errors.New("its algorithm is not known")
	errSHA1       = errors.New("it is made with SHA-1, which can be forged (RFC 8301)")
	errSignature  = errors.New("it does not fit the header")
	errBody       = errors.New("the text was changed after it was made")
	errIncomplete = errors.New("a tag that it needs is missing")
	errDomain     = errors.New("its domain is none")
)

// key is the public key of a signer, from a record at SELECTOR._domainkey.DOMAIN (RFC 6376 §3.6.1, RFC 8463 §4).
type key struct {
	rsa    *rsa.PublicKey
	ed     ed25519.PublicKey
	strict bool // t=s: the agent (i=) must be of the domain itself
	record string
}

func (k key) String() string {
	if k.rsa != nil {
		return fmt.Sprintf("rsa %d", k.rsa.N.BitLen())
	}
	return "ed25519"
}

// fetchKey asks the DNS for a key and takes it only when it may be used.
func fetchKey(ctx context.Context, r Resolver, selector, domain string) (key, error) {
	name := hostname(selector + "._domainkey." + domain)
	if selector == "" || name == "" {
		return key{}, errDomain
	}
	records, err := r.LookupTXT(ctx, name)
	switch {
	case err != nil && isTemporary(err):
		return key{}, errNoAnswer
	case err != nil && !isNotFound(err):
		return key{}, errKey
	case len(records) == 0:
		return key{}, errNoKey
	case len(records) > 1:
		return key{}, errKeys // RFC 6376 §3.6.2.2 leaves it open which one counts
	}
	return parseKey(records[0])
}

// parseKey reads a key record.
func parseKey(txt string) (key, error) {
	t, err := parseTags(txt)
	if err != nil {
		return key{}, errKey
	}
	if v, ok := t["v"]; ok && v != "DKIM1" {
		return key{}, errKey
	}
	if p, ok := t["p"]; !ok {
		return key{}, errKey
	} else if p == "" {
		return key{}, errRevoked
	}
	k, err := publicKey(t)
	if err != nil {
		return key{}, err
	}
	if h := t.list("h"); h != nil && !slices.Contains(h, "sha256") {
		return key{}, errOtherUse
	}
	if s := t.list("s"); s != nil && !slices.Contains(s, "*") && !slices.Contains(s, "email") {
		return key{}, errOtherUse
	}
	k.record = txt
	flags := t.list("t")
	if slices.Contains(flags, "y") {
		return key{}, errTesting // C2: such a signature counts as none (RFC 6376 §3.6.1)
	}
	k.strict = slices.Contains(flags, "s")
	return k, nil
}

func publicKey(t tags) (key, error) {
	bits := t.binary("p")
	switch kind := t["k"]; kind {
	case "ed25519":
		if len(bits) != ed25519.PublicKeySize {
			return key{}, errKey
		}
		return key{ed: bits}, nil
	case "rsa", "":
		any, err := x509.ParsePKIXPublicKey(bits)
		if err != nil {
			any, err = x509.ParsePKCS1PublicKey(bits) // erratum 3017 of RFC 6376: both are in use
		}
		pub, ok := any.(*rsa.PublicKey)
		switch {
		case err != nil || !ok:
			return key{}, errKey
		case pub.N.BitLen() < minRSA:
			return key{}, errWeakKey
		case pub.N.BitLen() > maxRSA:
			return key{}, errVastKey
		}
		return key{rsa: pub}, nil
	}
	return key{}, errAlgorithm
}

// verify tells whether sig is the key's signature over what hashes to sum, made with the named algorithm.
func (k key) verify(algorithm string, sum, sig []byte) error {
	switch {
	case algorithm == "rsa-sha256" && k.rsa != nil:
		if rsa.VerifyPKCS1v15(k.rsa, crypto.SHA256, sum, sig) != nil {
			return errSignature
		}
	case algorithm == "ed25519-sha256" && k.ed != nil:
		if !ed25519.Verify(k.ed, sum, sig) {
			return errSignature
		}
	default:
		return errOtherUse
	}
	return nil
}
