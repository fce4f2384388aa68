package mailauth

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"blitiri.com.ar/go/spf"

	"backchannel/archive/letter"
)

// bySPF asks the domain of the envelope sender whether this host may send its mail, and whether that says anything about From.
func bySPF(ctx context.Context, r Resolver, s Session, from letter.Address) Finding {
	domain, sender := identity(s)
	if domain == "" || !s.IP.IsValid() {
		f := Finding{SPF: string(spf.None), Domain: domain}
		f.Why = "Neither the sender nor the host named a domain that could be asked about the host (SPF none)."
		if domain != "" {
			f.Why = printable("The letter came over no network, so %s could not be asked about the host (SPF none).", domain)
		}
		return f
	}
	ip := s.IP.Unmap().WithZone("")
	result, err := spf.CheckHostWithSender(net.IP(ip.AsSlice()), s.HELO, sender, spf.WithContext(ctx), spf.WithResolver(strict{r}))
	vouches := covers(domain, from.Domain)
	return Finding{
		SPF:       string(result),
		Domain:    domain,
		Aligned:   result == spf.Pass && vouches,
		Temporary: result == spf.TempError && vouches,
		Why:       explain(result, err, domain, ip.String(), from.Domain),
	}
}

// identity is the domain to ask about, and the sender to ask with. The sender <> has no domain, so the host answers for itself:
// it is postmaster at its HELO name (RFC 7208 §2.4). The domain is empty when it is none that the DNS could know.
func identity(s Session) (domain, sender string) {
	if s.MailFrom.IsZero() {
		domain = hostname(s.HELO)
		return domain, "postmaster@" + domain
	}
	domain = hostname(s.MailFrom.Domain)
	// The library cuts at the first "@". In a local part it may stand in quotes ("a@b"@example.org): there it must not
	// pass for the end of the local part, and as NUL it is a name that no zone has.
	return domain, strings.ReplaceAll(s.MailFrom.Local, "@", "\x00") + "@" + domain
}

// hostname gives a name of at least two labels in lower case, and nothing for whatever is no such name: an address literal, a
// bare word, a label that is empty or longer than 63 octets (RFC 7208 §4.3).
func hostname(s string) string {
	s = strings.ToLower(strings.TrimSuffix(s, "."))
	if len(s) > 253 || !strings.Contains(s, ".") {
		return ""
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 {
			return ""
		}
		for i := range len(label) {
			c := label[i]
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return ""
			}
		}
	}
	return s
}

// covers tells whether what domain says counts for author, the domain of From: it is the same, or domain lies below author.
// A single label is nobody's own: example.com must not speak for an address at com. What the tree walk would tell, that author
// is a public suffix of two labels or that both belong to the same organisation, is not known here.
func covers(domain, author string) bool {
	domain, author = hostname(domain), hostname(author)
	return author != "" && (domain == author || strings.HasSuffix(domain, "."+author))
}

// strict refuses SPF records with a mistake in them, which the library in part understands.
type strict struct{ Resolver }

var errSyntax = &net.DNSError{Err: "the SPF record has a mistake in it"}

func (s strict) LookupTXT(ctx context.Context, name string) ([]string, error) {
	records, err := s.Resolver.LookupTXT(ctx, name)
	var found int
	var broken bool
	for _, r := range records {
		if isSPF(r) {
			found++
			broken = broken || !wellFormed(r)
		}
	}
	if found == 1 && broken { // two records are a mistake of their own, with a better name
		return nil, errSyntax
	}
	return records, err
}

// explain tells a result in words, for somebody who does not know SPF.
func explain(result spf.Result, err error, domain, host, author string) string {
	switch result {
	case spf.Pass:
		s := fmt.Sprintf("%s says that the host %s may send its mail (SPF pass)", domain, host)
		switch {
		case domain == author:
			return printable("%s, and From names the same domain.", s)
		case covers(domain, author):
			return printable("%s, and it belongs to %s in From.", s, author)
		case author == "":
			return printable("%s, but the letter names no author.", s)
		}
		return printable("%s, but it cannot speak for %s in From.", s, author)
	case spf.Fail:
		return printable("%s says that the host %s may not send its mail (SPF fail).", domain, host)
	case spf.SoftFail:
		return printable("%s says that the host %s should not be sending its mail (SPF softfail).", domain, host)
	case spf.Neutral:
		return printable("%s does not say whether the host %s may send its mail (SPF neutral).", domain, host)
	case spf.PermError:
		return printable("%s tries to say which hosts send its mail, but %s (SPF permerror).", domain, mistake(err))
	case spf.TempError:
		return printable("The DNS could not say right now which hosts send mail for %s (SPF temperror).", domain)
	}
	return printable("%s does not say which hosts send its mail (SPF none).", domain)
}

// mistake names what is wrong with a domain's record, for the person who can mend it.
func mistake(err error) string {
	var d *net.DNSError
	switch {
	case errors.Is(err, spf.ErrMultipleRecords):
		return "it says so twice"
	case errors.Is(err, spf.ErrLookupLimitReached):
		return "its record asks for more than 10 other names"
	case errors.Is(err, spf.ErrVoidLookupLimitReached):
		return "its record asks for more than 2 names that do not exist"
	case errors.Is(err, spf.ErrTooManyMXRecords):
		return "its record asks for a name with more than 10 mail hosts"
	case errors.Is(err, spf.ErrNoResult):
		return "its record includes a domain that has none"
	case errors.As(err, &d) && d != errSyntax:
		return "its DNS answer is larger than 8 KiB"
	}
	return "its record has a mistake in it"
}

// printable fills in a sentence and keeps it fit for logs: strangers' bytes become "?" (A12).
func printable(format string, args ...any) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, fmt.Sprintf(format, args...))
}
