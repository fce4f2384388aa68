package mailauth

import (
	"strings"

	"github.com/emersion/go-msgauth/authres"

	"backchannel/archive/letter"
)

// StripResults removes from a header the Authentication-Results fields that claim to be ours: those with our own id, which only
// we may write (C3, RFC 8601 §5), and those whose id nobody can read and that name it somewhere. It tells how many there were.
// Fields of others stay; they are words of strangers.
func StripResults(h *letter.Header, id string) int {
	id = strings.ToLower(strings.TrimSuffix(id, "."))
	return h.DelFunc(func(f letter.Field) bool {
		if !strings.EqualFold(strings.TrimSpace(f.Name), "Authentication-Results") {
			return false
		}
		whose, ok := authority(f.Value)
		if ok {
			return whose == id
		}
		return strings.Contains(strings.ToLower(f.Value), id)
	})
}

// authority reads the id in front of a field of results: a token or a quoted string, with comments around it (RFC 8601 §2.2).
func authority(value string) (id string, ok bool) {
	rest, ok := skipComments(value)
	if !ok {
		return "", false
	}
	var b strings.Builder
	if strings.HasPrefix(rest, `"`) {
		i := 1
		for ; i < len(rest) && rest[i] != '"'; i++ {
			if rest[i] == '\\' && i+1 < len(rest) {
				i++
			}
			b.WriteByte(rest[i])
		}
		if i >= len(rest) {
			return "", false
		}
		rest = rest[i+1:]
	} else {
		i := strings.IndexAny(rest, "; \t\r\n(\"")
		if i < 0 {
			i = len(rest)
		}
		b.WriteString(rest[:i])
		rest = rest[i:]
	}
	// A version may follow, and then the results.
	if rest, ok = skipComments(rest); !ok || rest != "" && rest[0] != ';' && (rest[0] < '0' || rest[0] > '9') {
		return "", false
	}
	id = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(b.String()), "."))
	return id, id != ""
}

// skipComments goes over white space and comments, which may stand in each other.
func skipComments(s string) (string, bool) {
	for depth, i := 0, 0; ; i++ {
		switch {
		case i >= len(s):
			return "", depth == 0
		case s[i] == '(':
			depth++
		case s[i] == ')' && depth > 0:
			depth--
		case s[i] == '\\' && depth > 0:
			i++
		case depth == 0 && !strings.ContainsRune(fws, rune(s[i])):
			return s[i:], true
		}
	}
}

// Results is the value of an Authentication-Results field that tells a finding (RFC 8601): id is the name of this server, from
// the address in From.
func Results(id string, f Finding, s Session, from letter.Address) string {
	var list []authres.Result
	value := func(word string) authres.ResultValue { return authres.ResultValue(word) }
	if f.Login {
		list = append(list, &authres.AuthResult{Value: authres.ResultPass, Auth: plain(s.Login.String())})
	}
	if f.SPF != "" {
		r := &authres.SPFResult{Value: value(f.SPF)}
		if s.MailFrom.IsZero() {
			r.Helo = f.Domain
		} else {
			r.From = f.Domain
		}
		list = append(list, r)
	}
	for _, sig := range f.Signatures {
		list = append(list, &authres.DKIMResult{Value: value(sig.Result), Reason: sig.Why, Domain: hostname(sig.Domain)})
	}
	if f.SPF != "" && len(f.Signatures) == 0 {
		list = append(list, &authres.DKIMResult{Value: authres.ResultNone})
	}
	if f.DMARC != "" {
		list = append(list, &authres.DMARCResult{Value: value(f.DMARC), From: hostname(from.Domain)})
	}
	if f.ARC != nil {
		list = append(list, &authres.GenericResult{Method: "arc", Value: value(f.ARC.Result)})
	}
	return strings.TrimRight(strings.ReplaceAll(authres.Format(id, list), " ;", ";"), " ")
}

// plain is a word that needs no escapes. The library would write those that need some so that they end too early.
func plain(s string) string {
	if strings.ContainsAny(s, "\"\\") {
		return ""
	}
	return ascii(s)
}
