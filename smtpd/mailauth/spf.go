package mailauth

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"

	"blitiri.com.ar/go/spf"
)

// askSPF asks the domain of the envelope sender whether this host may send its mail. The error explains a result.
func askSPF(ctx context.Context, r Resolver, s Session) (Finding, error) {
	domain, sender := identity(s)
	if domain == "" || !s.IP.IsValid() {
		return Finding{SPF: string(spf.None), Domain: domain}, nil
	}
	ip := net.IP(client(s).AsSlice())
	result, err := spf.CheckHostWithSender(ip, s.HELO, sender, spf.WithContext(ctx), spf.WithResolver(strict{r}))
	return Finding{SPF: string(result), Domain: domain}, err
}

// client is the address that SPF is asked about.
func client(s Session) netip.Addr { return s.IP.Unmap().WithZone("") }

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
