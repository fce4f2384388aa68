package mailauth

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"

	"github.com/emersion/go-msgauth/authres"

	"backchannel/archive/letter"
)

// ChainResults is the value of the ARC-Authentication-Results field with which we pass on a letter (RFC 8617 §4.1.1): what was found
// when it came, and its number in the chain. The set is completed by Signer.Seal. It is "" where none can be added: the chain so far
// could not be read or followed, it was declared broken by somebody before us (§5.1: then nobody adds to it), or it is full.
func ChainResults(id string, f Finding, s Session, from letter.Address) string {
	n := 0
	switch {
	case f.Why == "" || f.Login:
		return "" // nobody looked
	case f.ARC == nil:
	case f.ARC.Result == arcTempError || len(f.ARC.Sealers) == 0 || f.ARC.Why == whyCV:
		return ""
	default:
		n = len(f.ARC.Sealers)
	}
	if n >= maxHops {
		return ""
	}
	return fmt.Sprintf("i=%d; %s", n+1, Results(id, f, s, from))
}

// Seal makes the ARC-Seal and the ARC-Message-Signature for a message whose newest ARC-Authentication-Results is ours and not sealed yet
// (RFC 8617 §5.1), to be put in front of its header, after all edits and after our DKIM signature. Nil: there is none to seal. home is
// the domain that seals.
func (s *Signer) Seal(head, body []byte, home string) ([]byte, error) {
	m := newWire(head, nil)
	sets, n := chainOf(m)
	if n == 0 || sets[n-1].hasMsg || hostname(home) == "" {
		return nil, nil
	}
	for _, set := range sets[:n-1] {
		if !set.hasResults || !set.hasMsg || !set.hasS {
			return nil, nil
		}
	}
	cv := "none"
	if n > 1 {
		cv = chainWord(sets[n-1].results)
	}
	k, err := s.Key()
	if err != nil {
		return nil, err
	}
	instance, at := "i="+strconv.Itoa(n), fmt.Sprintf("t=%d", s.Now().Unix())
	names := m.covered()
	for range m.byName["dkim-signature"] {
		names = append(names, "DKIM-Signature")
	}
	message, err := s.seal(k, m, "ARC-Message-Signature",
		[]string{instance, "a=rsa-sha256", "c=relaxed/relaxed", "d=" + home, "s=" + k.Selector, at}, names, body)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	first := 0
	if cv == arcFail {
		first = n - 1 // RFC 8617 §5.1.2: of a broken chain, only our own set is sealed
	}
	for _, set := range sets[first : n-1] {
		for _, field := range []string{set.results, set.message, set.seal} {
			sum.Write([]byte(canonicalField(field, true)))
		}
	}
	sum.Write([]byte(canonicalField(sets[n-1].results, true)))
	sum.Write([]byte(canonicalField(string(message), true)))
	f := fold{col: len("ARC-Seal:")}
	f.b.WriteString("ARC-Seal:")
	for _, t := range []string{instance, "a=rsa-sha256", at, "cv=" + cv, "d=" + home, "s=" + k.Selector} {
		f.add(" ", t+";")
	}
	f.line("b=")
	writeOwn(sum, f.b.String(), true)
	seal, err := f.signed(k, [sha256.Size]byte(sum.Sum(nil)))
	if err != nil {
		return nil, err
	}
	return append(seal, message...), nil
}

// chainOf sorts the fields of a chain into sets; n is the number of the newest. Fields that are none, or are there twice, end it: n is 0.
func chainOf(m *wire) (sets [maxHops]hop, n int) {
	for kind, name := range []string{"arc-authentication-results", "arc-message-signature", "arc-seal"} {
		for _, i := range m.byName[name] {
			at, t, ok := readInstance(m.value(i), kind == 0)
			if !ok || at > maxHops || !sets[at-1].put(kind, m.fields[i], t) {
				return sets, 0
			}
			n = max(n, at)
		}
	}
	if n > 0 && !sets[n-1].hasResults {
		return sets, 0
	}
	return sets, n
}

// chainWord is what our own results say about the chain as it came.
func chainWord(field string) string {
	_, value, _ := strings.Cut(field, ":")
	_, value, _ = strings.Cut(value, ";") // i=
	_, all, err := authres.Parse(strings.Join(strings.Fields(value), " "))
	if err != nil {
		return arcFail
	}
	for _, r := range all {
		if a, ok := r.(*authres.ARCResult); ok && a.Value == authres.ResultPass {
			return arcPass
		}
	}
	return arcFail
}
