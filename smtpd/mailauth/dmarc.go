package mailauth

import (
	"context"
	"slices"
	"strings"
)

// maxWalk is the most questions that one tree walk asks (RFC 9989 §4.10).
const maxWalk = 8

// record is what one DMARC policy record says (RFC 9989 §4.7). Tags that only matter to those who send reports are not kept.
type record struct {
	p, sp, np  string // "none", "quarantine" or "reject"; "" where the tag is missing
	broken     bool   // p is missing or unreadable, or sp or np is unreadable (§4.10.1)
	reports    bool   // rua names somebody who gets reports
	psd        byte   // 'y', 'n' or 'u'
	testing    bool   // t=y
	strictDKIM bool
	strictSPF  bool
}

// parseRecord reads a TXT record. It is a DMARC record when its first tag is v=DMARC1; whatever else in it cannot be read counts
// as not written (§4.8).
func parseRecord(txt string) (record, bool) {
	first, rest, _ := strings.Cut(txt, ";")
	name, version, _ := strings.Cut(first, "=")
	if strings.TrimRight(name, " \t") != "v" && strings.TrimRight(name, " \t") != "V" || strings.Trim(version, " \t") != "DMARC1" {
		return record{}, false
	}
	r := record{psd: 'u'}
	seen := make(map[string]bool)
	for part := range strings.SplitSeq(rest, ";") {
		name, value, ok := strings.Cut(part, "=")
		name, value = strings.ToLower(strings.Trim(name, " \t")), strings.Trim(value, " \t")
		if !ok || seen[name] {
			continue // of a tag that stands twice, the first counts
		}
		seen[name] = true
		r.set(name, value)
	}
	r.broken = r.broken || r.p == ""
	return r, true
}

func (r *record) set(name, value string) {
	low := strings.ToLower(value)
	switch name {
	case "p", "sp", "np":
		if low != "none" && low != "quarantine" && low != "reject" {
			r.broken = true
			return
		}
		switch name {
		case "p":
			r.p = low
		case "sp":
			r.sp = low
		default:
			r.np = low
		}
	case "adkim":
		r.strictDKIM = low == "s"
	case "aspf":
		r.strictSPF = low == "s"
	case "psd":
		if low == "y" || low == "n" {
			r.psd = low[0]
		}
	case "t":
		r.testing = low == "y"
	case "rua":
		r.reports = strings.Contains(value, ":")
	}
}

// applies tells whether DMARC is to be applied at all with this record: one that states no readable policy must at least ask for
// reports, and is then as good as p=none (§4.10.1).
func (r record) applies() bool { return !r.broken || r.reports }

// policy is what the owner wants done with letters that fail. own says that the record stands at the very domain of From, exists
// that From's domain is one that the DNS knows.
func (r record) policy(own, exists bool) string {
	p := r.p
	switch {
	case r.broken:
		return "none"
	case own:
	case !exists && r.np != "":
		p = r.np
	case r.sp != "":
		p = r.sp
	}
	if !r.testing {
		return p
	}
	// t=y: one level below what is written (§4.7).
	if p == "reject" {
		return "quarantine"
	}
	return "none"
}

// walk is what a tree walk found (§4.10): the records on the way from a domain up to its top domain.
type walk struct {
	start string
	found []place // longest name first
	torn  bool    // a question was not answered; what lies above is not known
}

type place struct {
	domain string
	record record
}

// climb walks the tree from a domain up. It asks at most eight questions, and none again that it asked for this letter before.
func climb(ctx context.Context, r Resolver, domain string) walk {
	w := walk{start: domain}
	for n := 0; domain != "" && n < maxWalk; n++ {
		records, err := r.LookupTXT(ctx, "_dmarc."+domain)
		if err != nil && isTemporary(err) {
			w.torn = true
			return w
		}
		if rec, ok := theOne(records); ok {
			w.found = append(w.found, place{domain, rec})
			if rec.psd != 'u' {
				return w
			}
		}
		domain = above(domain)
	}
	return w
}

// theOne is the DMARC record among the TXT records of a name. Two are as good as none.
func theOne(records []string) (record, bool) {
	var one record
	n := 0
	for _, txt := range records {
		if r, ok := parseRecord(txt); ok {
			one = r
			n++
		}
	}
	return one, n == 1
}

// above is the next name to ask: without the first label, and never more than seven labels.
func above(domain string) string {
	for {
		_, rest, ok := strings.Cut(domain, ".")
		if !ok {
			return ""
		}
		if domain = rest; strings.Count(domain, ".") < maxWalk-1 {
			return domain
		}
	}
}

// organisation is the domain at the head of the organisation that the start belongs to (§4.10.2).
//
// One thing is ours: a top domain is never taken for an organisation. One whose record lacks psd=y would make all who live
// below it one organisation, each entitled to speak for all others.
func (w walk) organisation() string {
	for _, p := range w.found {
		switch {
		case p.record.psd == 'n':
			return p.domain
		case p.domain != w.start && (p.record.psd == 'y' || !strings.Contains(p.domain, ".")):
			return below(w.start, p.domain)
		}
	}
	if n := len(w.found); n > 0 {
		return w.found[n-1].domain
	}
	return w.start
}

// below is the name one label longer than top on the way to domain.
func below(domain, top string) string {
	rest := strings.TrimSuffix(domain, "."+top)
	return rest[strings.LastIndexByte(rest, '.')+1:] + "." + top
}

// applied is the record that holds for letters from the start, and the domain it stands at (§4.10.1): its own, else that of
// its organisation, else that of the public suffix above.
func (w walk) applied() (place, bool) {
	for _, domain := range []string{w.start, w.organisation()} {
		if i := slices.IndexFunc(w.found, func(p place) bool { return p.domain == domain }); i >= 0 {
			return w.found[i], true
		}
	}
	if n := len(w.found); n > 0 && w.found[n-1].record.psd == 'y' {
		return w.found[n-1], true
	}
	return place{}, false
}

// within tells whether a name is top or lies below it, at a label boundary (C9).
func within(domain, top string) bool {
	return top != "" && (domain == top || strings.HasSuffix(domain, "."+top))
}
