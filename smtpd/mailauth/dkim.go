package mailauth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"hash"
	"slices"
	"strings"
	"time"
)

// maxSignatures is how many signatures of a letter are looked at (C2). Those that could speak for From come first.
const maxSignatures = 8

// maxKept is how many a Finding tells of: those that were looked at and some that cannot count anyway.
const maxKept = 16

// The result words of RFC 8601 §2.7.1 that a Signature has.
const (
	dkimPass      = "pass"
	dkimFail      = "fail"      // it does not fit the letter
	dkimPolicy    = "policy"    // it may fit, but is of a kind that C2 does not believe
	dkimPermError = "permerror" // it cannot be read, or there is no key for it
	dkimTempError = "temperror" // the DNS did not say what its key is
	dkimNeutral   = "neutral"   // nobody looked: there were too many, or no time
)

// Signature is what was found out about one DKIM signature (RFC 6376) of a letter. Only a pass vouches for anything.
type Signature struct {
	Domain   string `json:"d,omitempty"`
	Selector string `json:"s,omitempty"`
	Result   string `json:"result"` // pass, fail, policy, permerror, temperror, neutral
	// Aligned tells that it passed and that Domain speaks for the domain in From.
	Aligned bool   `json:"aligned,omitempty"`
	Key     string `json:"key,omitempty"` // "rsa 2048", "ed25519"
	// Hash is the SHA-256 of the signature itself in hex. With Domain it is the same for a letter that is sent again by
	// somebody else (replay, C4), and for no other letter.
	Hash string `json:"hash,omitempty"`
	// SignedTo, SignedCc and SignedDate tell that every field of that name, and there is one, was there when it was signed.
	SignedTo   bool `json:"to,omitempty"`
	SignedCc   bool `json:"cc,omitempty"`
	SignedDate bool `json:"date,omitempty"`
	// Record is the record of its key, as the DNS gave it, of an aligned one: with it Survivors looks again without the DNS.
	Record string `json:"record,omitempty"`
	// Why says in a few words what is wrong with it.
	Why string `json:"why,omitempty"`
}

// seal is what a DKIM signature and an ARC message signature have in common.
type seal struct {
	raw       string // the whole field
	algorithm string
	domain    string
	selector  string
	names     []string
	sum, sig  []byte // of the body; of the header
	header    bool   // relaxed
	body      bool   // relaxed
}

// readSeal reads what both kinds of signature need. The reason is one of those in key.go.
func readSeal(raw string, t tags) (seal, error) {
	s := seal{raw: raw, algorithm: t.word("a"), domain: strings.ToLower(t.word("d")), selector: t.word("s"),
		names: t.list("h"), sum: t.binary("bh"), sig: t.binary("b")}
	for _, name := range []string{"a", "b", "bh", "d", "h", "s"} {
		if _, ok := t[name]; !ok {
			return s, errIncomplete
		}
	}
	if hostname(s.domain) == "" || hostname(s.selector+"._domainkey."+s.domain) == "" {
		return s, errDomain
	}
	if len(s.sum) != sha256.Size && s.algorithm != "rsa-sha1" || len(s.sig) == 0 {
		return s, errTags
	}
	if _, err := t.time("t"); err != nil {
		return s, err
	}
	header, body, err := canonicalization(t)
	s.header, s.body = header, body
	if err != nil {
		return s, err
	}
	return s, knownAlgorithm(s.algorithm)
}

func knownAlgorithm(a string) error {
	switch a {
	case "rsa-sha256", "ed25519-sha256":
		return nil
	case "rsa-sha1":
		return errSHA1
	}
	return errAlgorithm
}

// canonicalization reads c=, of header and body; true is relaxed.
func canonicalization(t tags) (header, body bool, err error) {
	c, ok := t["c"]
	if !ok {
		return false, false, nil
	}
	h, b, both := strings.Cut(unspaced(c), "/")
	if h != "simple" && h != "relaxed" || both && b != "simple" && b != "relaxed" {
		return false, false, errTags
	}
	return h == "relaxed", b == "relaxed", nil
}

// check compares the signature with a message, given its key: the header first, because it is short.
func (s seal) check(m *wire, k key) error {
	h := sha256.New()
	m.writeSigned(h, s.names, s.header)
	writeOwn(h, s.raw, s.header)
	if err := k.verify(s.algorithm, h.Sum(nil), s.sig); err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(m.bodySum(s.body), s.sum) != 1 {
		return errBody
	}
	return nil
}

// writeOwn writes the field of the signature itself: with an empty b= and without its line end (RFC 6376 §3.7).
func writeOwn(h hash.Hash, raw string, relaxed bool) {
	h.Write([]byte(strings.TrimSuffix(canonicalField(emptied(raw), relaxed), "\r\n")))
}

// candidate is a DKIM-Signature field on its way to become a Signature.
type candidate struct {
	seal
	Signature
	agent  string // the domain of i=
	record string // of its key
	done   bool
}

// readSignatures reads the DKIM-Signature fields of a message, in order. Those that cannot count, whatever their keys say, are
// done already (C2).
func readSignatures(m *wire, now time.Time) []*candidate {
	all := make([]*candidate, 0, len(m.byName["dkim-signature"]))
	for _, i := range m.byName["dkim-signature"] {
		c := &candidate{}
		c.finish(c.read(m, i, now))
		c.done = c.Result != ""
		all = append(all, c)
	}
	return all
}

// read takes a field apart; an error is the reason why it cannot count.
func (c *candidate) read(m *wire, i int, now time.Time) error {
	t, err := parseTags(m.value(i))
	if err != nil {
		return err
	}
	c.seal, err = readSeal(m.fields[i], t)
	c.Domain, c.Selector = ascii(c.seal.domain), ascii(c.seal.selector)
	if len(c.sig) > 0 {
		sum := sha256.Sum256(c.sig)
		c.Hash = hex.EncodeToString(sum[:])
	}
	if err != nil {
		return err
	}
	if t["v"] != "1" {
		return errTags
	}
	if c.agent = c.seal.domain; t["i"] != "" {
		agent := t.word("i")
		c.agent = strings.ToLower(agent[strings.LastIndexByte(agent, '@')+1:])
		if !within(c.agent, c.seal.domain) {
			return errDomain
		}
	}
	if q := t.list("q"); q != nil && !slices.Contains(q, "dns/txt") {
		return errKey
	}
	if !c.covers(m, "from") {
		return errNoFrom
	}
	c.SignedTo, c.SignedCc, c.SignedDate = c.covers(m, "to"), c.covers(m, "cc"), c.covers(m, "date")
	return c.lifetime(t, now)
}

var (
	errNoFrom  = errors.New("it does not cover From")
	errLength  = errors.New("it covers only the beginning of the text (l=)")
	errExpired = errors.New("it has expired")
)

// covers tells whether every field of a name was signed, and there is one.
func (c *candidate) covers(m *wire, name string) bool {
	n := 0
	for _, h := range c.names {
		if strings.EqualFold(h, name) {
			n++
		}
	}
	fields := len(m.byName[name])
	return fields > 0 && n >= fields
}

func (c *candidate) lifetime(t tags, now time.Time) error {
	if _, ok := t["l"]; ok {
		return errLength
	}
	made, _ := t.time("t") // was read before
	until, err := t.time("x")
	if err != nil {
		return err
	}
	if !until.IsZero() && (now.IsZero() || !until.After(now) || !until.After(made)) {
		return errExpired
	}
	return nil
}

// verify asks for the key and compares. It does nothing for a candidate that is done.
func (c *candidate) verify(ctx context.Context, r Resolver, m *wire) {
	if c.done {
		return
	}
	c.done = true
	k, err := fetchKey(ctx, r, c.seal.selector, c.seal.domain)
	if err == nil {
		c.Key, c.record = k.String(), k.record
		if k.strict && c.agent != c.seal.domain {
			err = errDomain
		} else {
			err = c.check(m, k)
		}
	}
	if c.finish(err); err == nil {
		c.Result = dkimPass
	}
}

// finish writes down what is wrong.
func (c *candidate) finish(err error) {
	if err == nil {
		return
	}
	c.Why = err.Error()
	switch err {
	case errSignature, errBody:
		c.Result = dkimFail
	case errNoAnswer:
		c.Result = dkimTempError
	case errLength, errExpired, errSHA1, errWeakKey, errVastKey, errTesting:
		c.Result = dkimPolicy
	default:
		c.Result = dkimPermError
	}
}

// ascii keeps a stranger's word fit for logs (A12).
func ascii(s string) string {
	return printable("%.*s", 255, s)
}
