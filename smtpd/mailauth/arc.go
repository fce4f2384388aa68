package mailauth

import (
	"context"
	"crypto/sha256"
	"strconv"
	"strings"
)

// maxHops is how long a chain may be (RFC 8617 §5.2 step 1).
const maxHops = 50

// The result words of a Chain (RFC 8617 §4.4; temperror RFC 8601 §2.7.1).
const (
	arcPass      = "pass"
	arcFail      = "fail"
	arcTempError = "temperror"
)

// Chain is the authenticated received chain of a letter (RFC 8617): what those who passed it on say that they found. It is read
// and kept, and nothing depends on it.
type Chain struct {
	Result string `json:"result"` // pass, fail or temperror
	// Sealers are the domains that sealed it, the first who passed it on first.
	Sealers []string `json:"sealers,omitempty"`
	// First is what the first of them found, in its own words, printable and at most 500 characters. Believe it only after a
	// pass, and only when every sealer is to be trusted.
	First string `json:"first,omitempty"`
	Why   string `json:"why,omitempty"`
}

// hop is one set of a chain: the three fields that one who passed a letter on added.
type hop struct {
	results, message, seal   string // the fields, whole
	messageTags, sealTags    tags
	cv                       string
	hasResults, hasMsg, hasS bool
}

// Why a chain is broken.
const (
	whySets   = "a set of the chain is missing, incomplete or there twice"
	whyLong   = "the chain has more than 50 sets"
	whyCV     = "one who passed it on found the chain broken"
	whyFields = "a field of the chain cannot be read"
)

// readChain follows the chain of a message: nil when there is none.
func readChain(ctx context.Context, r Resolver, m *wire) *Chain {
	hops, why := readHops(m)
	if hops == nil && why == "" {
		return nil
	}
	c := &Chain{Result: arcFail, Why: why}
	for _, h := range hops {
		c.Sealers = append(c.Sealers, ascii(strings.ToLower(h.sealTags.word("d"))))
	}
	if why != "" {
		return c
	}
	_, first, _ := strings.Cut(hops[0].results, ":")
	c.First = printable("%.500s", strings.Join(strings.Fields(first), " "))
	last := hops[len(hops)-1]
	// Step 4: only the newest signature of the letter must fit. Those below it were broken by whoever changed the letter.
	err := verifyMessage(ctx, r, m, last)
	for n := len(hops); n > 0 && err == nil; n-- {
		err = verifySeal(ctx, r, hops[:n])
	}
	switch err {
	case nil:
		c.Result = arcPass
	case errNoAnswer:
		c.Result = arcTempError
	}
	if err != nil {
		c.Why = err.Error()
	}
	return c
}

// readHops sorts the fields into sets, 1 first, and looks whether they form a chain (RFC 8617 §5.2 steps 1 to 3).
func readHops(m *wire) ([]hop, string) {
	fields := [][]int{m.byName["arc-authentication-results"], m.byName["arc-message-signature"], m.byName["arc-seal"]}
	n := len(fields[2])
	switch {
	case len(fields[0]) == 0 && len(fields[1]) == 0 && n == 0:
		return nil, ""
	case n > maxHops:
		return nil, whyLong
	case len(fields[0]) != n || len(fields[1]) != n:
		return nil, whySets
	}
	hops := make([]hop, n)
	for kind, list := range fields {
		for _, i := range list {
			at, t, ok := readInstance(m.value(i), kind == 0)
			if !ok {
				return nil, whyFields
			}
			if at > n || !hops[at-1].put(kind, m.fields[i], t) {
				return nil, whySets
			}
		}
	}
	for i, h := range hops {
		if want := map[bool]string{true: "none", false: "pass"}[i == 0]; h.cv != want {
			if h.cv == "fail" && i == n-1 {
				return hops, whyCV
			}
			return hops, whyFields
		}
	}
	return hops, ""
}

func (h *hop) put(kind int, field string, t tags) bool {
	switch kind {
	case 0:
		if h.hasResults {
			return false
		}
		h.results, h.hasResults = field, true
	case 1:
		if h.hasMsg {
			return false
		}
		h.message, h.messageTags, h.hasMsg = field, t, true
	default:
		if h.hasS {
			return false
		}
		h.seal, h.sealTags, h.cv, h.hasS = field, t, t.word("cv"), true
	}
	return true
}

// readInstance reads which set a field belongs to. In the field of results that stands in front of everything else; the others
// are tag lists.
func readInstance(value string, results bool) (int, tags, bool) {
	var t tags
	var err error
	if results {
		head, _, ok := strings.Cut(value, ";")
		if !ok {
			return 0, nil, false
		}
		value = head
	}
	if t, err = parseTags(value); err != nil || results && len(t) != 1 {
		return 0, nil, false
	}
	n, err := strconv.ParseUint(t["i"], 10, 8)
	return int(n), t, err == nil && n > 0
}

// verifyMessage checks the message signature of a set.
func verifyMessage(ctx context.Context, r Resolver, m *wire, h hop) error {
	s, err := readSeal(h.message, h.messageTags)
	if err != nil {
		return err
	}
	for _, name := range s.names {
		if strings.EqualFold(name, "arc-seal") {
			return errTags // RFC 8617 §4.1.2: the seal is made afterwards
		}
	}
	k, err := fetchKey(ctx, r, s.selector, s.domain)
	if err != nil {
		return err
	}
	return s.check(m, k)
}

// verifySeal checks the seal of the last of these sets, which covers all of them (RFC 8617 §5.1.1).
func verifySeal(ctx context.Context, r Resolver, hops []hop) error {
	last := hops[len(hops)-1]
	t := last.sealTags
	for _, name := range []string{"a", "b", "d", "s"} {
		if _, ok := t[name]; !ok {
			return errIncomplete
		}
	}
	if _, has := t["h"]; has {
		return errTags // it covers these sets and nothing else
	}
	if _, err := t.time("t"); err != nil {
		return err
	}
	if err := knownAlgorithm(t.word("a")); err != nil {
		return err
	}
	sig := t.binary("b")
	if len(sig) == 0 {
		return errTags
	}
	k, err := fetchKey(ctx, r, t.word("s"), strings.ToLower(t.word("d")))
	if err != nil {
		return err
	}
	sum := sha256.New()
	for i, h := range hops {
		sum.Write([]byte(canonicalField(h.results, true)))
		sum.Write([]byte(canonicalField(h.message, true)))
		if i == len(hops)-1 {
			writeOwn(sum, h.seal, true)
		} else {
			sum.Write([]byte(canonicalField(h.seal, true)))
		}
	}
	return k.verify(t.word("a"), sum.Sum(nil), sig)
}
