package mailauth

import (
	"strings"

	"github.com/emersion/go-msgauth/authres"

	"backchannel/archive/letter"
)

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
