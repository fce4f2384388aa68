package mailauth

import (
	"context"
	"slices"
	"strings"
	"time"

	"blitiri.com.ar/go/spf"

	"backchannel/archive/letter"
)

// chainTime is how long the DNS is asked about an ARC chain, which decides nothing.
const chainTime = 5 * time.Second

// maxRecordKept is the longest key record that is kept with a letter. Those of RSA 4096 have 800 octets.
const maxRecordKept = 2 << 10

// The result words of DMARC (RFC 8601 §2.7, RFC 9989 §5.3).
const (
	dmarcPass      = "pass"
	dmarcFail      = "fail"
	dmarcNone      = "none"      // nobody states a policy for the domain in From
	dmarcTempError = "temperror" // the DNS did not say enough for a verdict
)

// CheckLetter finds out what vouches for the author of a letter: the one address that letter.Author reads in From. Beside SPF it
// looks at the signatures of the letter, applies DMARC (RFC 9989), and reads the ARC chain. It asks the DNS through r and takes
// at most 20 seconds; do not call it inside a transaction. When ctx ends early the questions left count as not answered.
func CheckLetter(ctx context.Context, r Resolver, s Session, l *letter.Letter) Finding {
	var from letter.Address
	if author, err := l.Author(); err == nil {
		from = author.Address
	}
	if !s.Login.IsZero() {
		return byLogin(s.Login, from)
	}
	raw, body := l.Raw(), l.Body()
	m := newWire(raw[:len(raw)-len(body)], body)
	if !m.agrees(l.Header()) {
		m = newWire(nil, nil) // two readings of one header: no signature may count
	}
	f := examine(ctx, r, s, from, m)
	f.count()
	return f
}

// agrees tells whether the fields that signatures are checked against are those that everybody else here reads. A signature must
// cover the author whom people see.
func (m *wire) agrees(h *letter.Header) bool {
	for _, name := range []string{"From", "To", "Cc", "Date"} {
		seen := h.Raw(name)
		mine := m.byName[strings.ToLower(name)]
		if len(mine) != len(seen) {
			return false
		}
		for i, at := range mine {
			if !slices.Equal(strings.Fields(m.value(at)), strings.Fields(seen[i])) {
				return false
			}
		}
	}
	return true
}

// inquiry is the work on one letter.
type inquiry struct {
	r      Resolver
	author string // the domain in From; "" when there is none that could be asked
	walks  map[string]walk
	own    walk // the walk of author
	place  place
	found  bool // place holds the record that applies
}

// examine asks the questions in the order of their worth, since time may run out: the policy of From's domain, the signatures that
// could speak for it, SPF, the other signatures, ARC.
func examine(ctx context.Context, r Resolver, s Session, from letter.Address, m *wire) Finding {
	ctx, cancel := context.WithTimeout(ctx, messageTime)
	defer cancel()
	q := &inquiry{r: newBudget(r), author: hostname(from.Domain), walks: make(map[string]walk)}
	if q.author != "" {
		q.own = q.climb(ctx, q.author)
		q.place, q.found = q.own.applied()
	}
	var signatures []*candidate
	if m != nil {
		signatures = readSignatures(m, s.At)
	}
	rest := make([]*candidate, 0, len(signatures))
	tried := 0
	for _, c := range signatures {
		if !c.done && tried < maxSignatures && q.mayAlign(c.seal.domain, q.place.record.strictDKIM) {
			c.verify(ctx, q.r, m)
			tried++
		} else {
			rest = append(rest, c)
		}
	}
	f, err := askSPF(ctx, q.r, s)
	for _, c := range rest {
		if !c.done && tried < maxSignatures && ctx.Err() == nil {
			c.verify(ctx, q.r, m)
			tried++
		}
	}
	q.join(ctx, &f, signatures)
	if m == nil {
		f.Refused = false
	}
	f.Why = f.explain(s, err, from.Domain)
	if m == nil {
		return f
	}
	short, stop := context.WithTimeout(ctx, chainTime)
	defer stop()
	f.ARC = readChain(short, q.r, m)
	return f
}

func (q *inquiry) climb(ctx context.Context, domain string) walk {
	w, known := q.walks[domain]
	if !known {
		w = climb(ctx, q.r, domain)
		q.walks[domain] = w
	}
	return w
}

// mayAlign tells, without asking anybody, whether a domain could turn out to be aligned with From.
func (q *inquiry) mayAlign(domain string, strict bool) bool {
	switch {
	case q.author == "" || domain == "":
		return false
	case domain == q.author:
		return true
	case strict && q.found:
		return false
	case q.own.torn: // the organisation is not known; it has two labels at least
		labels := strings.Split(q.author, ".")
		return within(domain, strings.Join(labels[len(labels)-2:], "."))
	}
	return within(domain, q.own.organisation())
}

// aligned tells whether a domain that vouches for the letter speaks for From (RFC 9989 §4.10.2). unsure: the DNS did not say
// enough to know.
func (q *inquiry) aligned(ctx context.Context, domain string, strict bool) (yes, unsure bool) {
	if !q.mayAlign(domain, strict) {
		return false, false
	}
	if domain == q.author {
		return true, false
	}
	if q.own.torn {
		return false, true
	}
	w := q.climb(ctx, domain)
	if w.torn {
		return false, true
	}
	return w.organisation() == q.own.organisation(), false
}

// join draws from all that was found the one conclusion.
func (q *inquiry) join(ctx context.Context, f *Finding, signatures []*candidate) {
	strict := q.place.record
	open := false // something that was not answered could have proved From
	var by []string
	for _, c := range signatures {
		if c.Result == "" {
			c.Result = dkimNeutral
		}
		switch c.Result {
		case dkimPass:
			yes, unsure := q.aligned(ctx, c.seal.domain, strict.strictDKIM)
			c.Aligned, open = yes, open || unsure
			if yes && len(c.record) <= maxRecordKept {
				c.Record = c.record
			}
			if yes && !slices.Contains(by, "dkim") {
				by = append(by, "dkim")
			}
		case dkimTempError, dkimNeutral:
			open = open || q.mayAlign(c.seal.domain, strict.strictDKIM) && (c.Result == dkimTempError || ctx.Err() != nil)
		}
		if len(f.Signatures) < maxKept || c.Result == dkimPass {
			f.Signatures = append(f.Signatures, c.Signature)
		}
	}
	switch spf.Result(f.SPF) {
	case spf.Pass:
		yes, unsure := q.aligned(ctx, f.Domain, strict.strictSPF)
		open = open || unsure
		if yes {
			by = append(by, "spf")
		}
	case spf.TempError:
		open = open || q.mayAlign(f.Domain, strict.strictSPF)
	}
	f.AlignedBy = strings.Join(by, "+")
	f.Aligned = len(by) > 0
	q.judge(ctx, f, open)
}

// judge applies the policy of From's domain.
func (q *inquiry) judge(ctx context.Context, f *Finding, open bool) {
	unknown := q.author != "" && !q.found && q.own.torn
	if q.found && q.place.record.applies() {
		f.DMARCDomain = q.place.domain
		f.Policy = q.policy(ctx, f.Aligned, &unknown)
	}
	// RFC 9989 §4.10.1: the record of an organisation counts only when it is known to be its head.
	if q.found && q.place.domain != q.author && q.own.torn {
		unknown = true
	}
	switch {
	case q.author == "":
		f.DMARC = dmarcNone
	case f.Aligned && f.DMARCDomain != "":
		f.DMARC = dmarcPass
	case f.Aligned && unknown:
		f.DMARC = dmarcTempError // the policy is not known, and does not matter
	case !f.Aligned && (unknown || open):
		f.DMARC, f.Temporary = dmarcTempError, true
	case f.DMARCDomain == "":
		f.DMARC = dmarcNone
	default:
		f.DMARC = dmarcFail
		f.Refused = f.Policy == "quarantine" || f.Policy == "reject"
	}
}

// policy is what the record wants. Whether From's domain exists is asked only when that makes a difference.
func (q *inquiry) policy(ctx context.Context, aligned bool, unknown *bool) string {
	own := q.place.domain == q.author
	rec := q.place.record
	there, gone := rec.policy(own, true), rec.policy(own, false)
	if there == gone || aligned {
		return there
	}
	exists, known := q.exists(ctx)
	if !known {
		*unknown = true
	}
	if exists {
		return there
	}
	return gone
}

// exists tells whether the domain in From has anything that letters need: a host, a way for mail, or any text. Go does not tell a
// name that is not there from one without such records (RFC 9989 §3.2.13 means the former).
func (q *inquiry) exists(ctx context.Context) (exists, known bool) {
	txt, err1 := q.r.LookupTXT(ctx, q.author)
	mx, err2 := q.r.LookupMX(ctx, q.author)
	ip, err3 := q.r.LookupIPAddr(ctx, q.author)
	if len(txt) > 0 || len(mx) > 0 || len(ip) > 0 {
		return true, true
	}
	for _, err := range []error{err1, err2, err3} {
		if err != nil && isTemporary(err) {
			return true, false
		}
	}
	return false, true
}

// MeantFor tells whether the author meant a letter for an address (C4): a signature that speaks for From covers the To or the Cc
// that names it, or the letter came straight from the author's hosts or by a login. A good letter to somebody else that is sent
// to a list by a third hand has none of these.
func (f Finding) MeantFor(l *letter.Letter, to letter.Address) bool {
	if f.Login || strings.HasSuffix(f.AlignedBy, "spf") {
		return true
	}
	names := func(list []letter.Mailbox) bool {
		return slices.ContainsFunc(list, func(m letter.Mailbox) bool { return m.Address.Key() == to.Key() })
	}
	for _, sig := range f.Signatures {
		if sig.Aligned && (sig.SignedTo && names(l.To()) || sig.SignedCc && names(l.Cc())) {
			return true
		}
	}
	return false
}
