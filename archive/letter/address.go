package letter

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"backchannel/templates/refusal"
)

// Address is one mail address in two fields that are never glued together and split again.
type Address struct {
	Local  string // the local part without quotes or backslashes
	Domain string // lower case, A-labels (RFC 5890)
}

// ParseAddress reads one address strictly by RFC 5321 §4.1.2, with or without angle brackets (A8). Quotes of the local part are
// taken off and put on again by String. It refuses what has no business in a letter to people: source routes, address literals, %
// and !, controls, more than 64 and 255 octets. UTF-8 is read (RFC 6531 §3.3); IsASCII tells whether it may travel everywhere. The error is a
// *refusal.Refusal of kind Invalid.
func ParseAddress(s string) (Address, error) {
	in := s
	if strings.HasPrefix(s, "<") && strings.HasSuffix(s, ">") && len(s) > 1 {
		s = s[1 : len(s)-1]
	}
	if strings.HasPrefix(s, "@") {
		return Address{}, badAddress(in, "it must not name a route of other servers")
	}
	local, rest, why := cutLocal(s)
	if why != "" {
		return Address{}, badAddress(in, why)
	}
	return makeAddress(in, local, rest)
}

// NewAddress joins a local part without quotes and a domain, with the same rules as ParseAddress. It is for libraries that hand
// over addresses already unquoted; what comes as one string there is cut at the last @, because a domain never holds one.
func NewAddress(local, domain string) (Address, error) {
	return makeAddress(local+"@"+domain, local, domain)
}

func makeAddress(in, local, domain string) (Address, error) {
	if why := checkLocal(local); why != "" {
		return Address{}, badAddress(in, why)
	}
	domain, why := canonicalDomain(domain)
	if why != "" {
		return Address{}, badAddress(in, why)
	}
	return Address{Local: local, Domain: domain}, nil
}

func badAddress(s, why string) error {
	return refusal.Because(refusal.Invalid, "%q is not a mail address we can use: %s.", ASCII(s, 80), why).Try("An address looks like name@example.org.")
}

// cutLocal reads the local part and the @ behind it: a dot-string or a quoted string.
func cutLocal(s string) (local, domain, why string) {
	if strings.HasPrefix(s, `"`) {
		return cutQuotedLocal(s)
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '@':
			if i == 0 || s[0] == '.' || s[i-1] == '.' {
				return "", "", "the part before the @ must not begin or end with a dot"
			}
			return s[:i], s[i+1:], ""
		case c == '.' && i > 0 && s[i-1] == '.':
			return "", "", "there are two dots in a row before the @"
		case c != '.' && !isAtext(c):
			return "", "", "the part before the @ has a character that needs quotes"
		}
	}
	return "", "", "there is no @ in it"
}

// cutQuotedLocal reads a quoted local part (RFC 5321: QcontentSMTP).
func cutQuotedLocal(s string) (local, domain, why string) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) && s[i+1] >= ' ' && s[i+1] <= '~' {
			i++
			b.WriteByte(s[i])
			continue
		}
		if c == '"' {
			if i+1 == len(s) || s[i+1] != '@' {
				return "", "", "there must be an @ behind the quotes"
			}
			return b.String(), s[i+2:], ""
		}
		if c == '\\' {
			break
		}
		b.WriteByte(c)
	}
	return "", "", "its quotes are not closed"
}

// checkLocal holds the rules for an unquoted local part (A8).
func checkLocal(local string) string {
	switch {
	case local == "":
		return "there is nothing before the @"
	case len(local) > 64: // RFC 5321 §4.5.3.1.1
		return "the part before the @ is longer than 64 characters"
	case strings.ContainsAny(local, "%!"):
		return "it must not contain % or !"
	case !utf8.ValidString(local):
		return "it has characters that cannot be read"
	}
	for _, r := range local {
		if hidden(r) {
			return "it has invisible characters"
		}
	}
	return ""
}

// idnaProfile turns a domain as people write it into A-labels (RFC 5891; UTS 46 mapping as in lookups).
var idnaProfile = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// canonicalDomain gives a domain in lower case with A-labels, or says why it is none.
func canonicalDomain(domain string) (string, string) {
	switch {
	case domain == "":
		return "", "there is nothing behind the @"
	case len(domain) > 255: // RFC 5321 §4.5.3.1.2
		return "", "the part behind the @ is longer than 255 characters"
	case domain[0] == '[':
		return "", "it needs a domain name behind the @, not a number of a machine"
	}
	ascii := asciiLower(domain)
	if !printableASCII(domain) || strings.Contains(ascii, "xn--") {
		mapped, err := idnaProfile.ToASCII(domain)
		if err != nil || !utf8.ValidString(domain) || len(mapped) > 255 {
			return "", "the part behind the @ is no domain name"
		}
		ascii = asciiLower(mapped)
		if again, err := idnaProfile.ToASCII(ascii); err != nil || again != ascii {
			return "", "the part behind the @ is no domain name" // two spellings of one name would be two people
		}
	}
	last := ""
	for label := range strings.SplitSeq(ascii, ".") {
		if !isLabel(label) {
			return "", "the part behind the @ is no domain name"
		}
		last = label
	}
	if strings.Trim(last, "0123456789") == "" {
		return "", "it needs a domain name behind the @, not a number of a machine" // 192.0.2.1 without brackets
	}
	return ascii, ""
}

// isLabel tells whether s is a label of a host name (RFC 5321 §4.1.2: sub-domain; RFC 1035 §2.3.1).
func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}

// String is the address as it stands in a header or an SMTP command, quoted again where needed; "" for the zero Address.
func (a Address) String() string {
	if a.IsZero() {
		return ""
	}
	return quoteLocal(a.Local) + "@" + a.Domain
}

// Key is the form in which addresses are compared and stored as keys (C9): the local part with A to Z lowered and nothing folded
// beyond ASCII, the domain as A-labels.
func (a Address) Key() string {
	if a.IsZero() {
		return ""
	}
	return quoteLocal(asciiLower(a.Local)) + "@" + asciiLower(a.Domain)
}

// IsZero tells whether this is no address at all.
func (a Address) IsZero() bool { return a == Address{} }

// IsASCII tells whether the address may be given to a server without SMTPUTF8 (RFC 6531).
func (a Address) IsASCII() bool { return printableASCII(a.Local) && printableASCII(a.Domain) }

// quoteLocal puts quotes on a local part that is no dot-string.
func quoteLocal(local string) string {
	for atom := range strings.SplitSeq(local, ".") {
		if !isAtom(atom) {
			return quote(local)
		}
	}
	return local
}
