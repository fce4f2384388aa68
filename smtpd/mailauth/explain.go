package mailauth

import (
	"fmt"
	"strings"

	"blitiri.com.ar/go/spf"
)

// explain tells a finding in one sentence, for somebody who knows neither SPF nor DKIM nor DMARC.
func (f Finding) explain(s Session, err error, author string) string {
	if f.Aligned {
		return printable("%s.", f.proof(s, author))
	}
	parts := []string{f.hosts(s, err)}
	if f.SPF == string(spf.Pass) {
		parts[0] += unproved(author)
	}
	if s := f.signatures(author); s != "" {
		parts = append(parts, s)
	}
	switch {
	case f.Temporary && f.SPF != string(spf.TempError):
		parts = append(parts, "the DNS did not say right now what is needed to judge "+author+" in From (DMARC temperror)")
	case f.Refused && f.Policy == "reject":
		parts = append(parts, fmt.Sprintf("%s asks to refuse such letters (DMARC fail, p=reject)", f.DMARCDomain))
	case f.Refused:
		parts = append(parts, fmt.Sprintf("%s asks to put such letters aside (DMARC fail, p=%s)", f.DMARCDomain, f.Policy))
	}
	return printable("%s.", strings.Join(parts, "; "))
}

// proof tells what speaks for From.
func (f Finding) proof(s Session, author string) string {
	what, domain := "", f.Domain
	for _, sig := range f.Signatures {
		if sig.Aligned && what == "" {
			what, domain = sig.Domain+" signed this letter (DKIM pass)", sig.Domain
		}
	}
	if what == "" {
		what = f.hosts(s, nil)
	}
	switch {
	case domain == author:
		return what + ", and From names the same domain"
	case within(domain, author):
		return what + ", and it belongs to " + author + " in From"
	}
	return what + ", and it is of one organisation with " + author + " in From"
}

func unproved(author string) string {
	if author == "" {
		return ", but the letter names no author"
	}
	return ", but it cannot speak for " + author + " in From"
}

// signatures tells of the signature that comes nearest to vouching for From; nothing when the letter bears none.
func (f Finding) signatures(author string) string {
	var passed, near *Signature
	for i := range f.Signatures {
		sig := &f.Signatures[i]
		switch related := author != "" && (within(sig.Domain, author) || within(author, sig.Domain)); {
		case sig.Result == dkimPass && passed == nil:
			passed = sig
		case sig.Result != dkimPass && related && near == nil:
			near = sig
		}
	}
	switch {
	case near != nil && near.Result == dkimTempError:
		return fmt.Sprintf("the signature of %s could not be checked, because %s (DKIM temperror)", near.Domain, near.Why)
	case near != nil && near.Why != "":
		return fmt.Sprintf("the signature of %s does not count, because %s (DKIM %s)", near.Domain, near.Why, near.Result)
	case passed != nil:
		return passed.Domain + " signed this letter (DKIM pass)" + unproved(author)
	case len(f.Signatures) > 0 && f.Signatures[0].Why != "":
		return fmt.Sprintf("a signature on it does not count, because %s (DKIM %s)", f.Signatures[0].Why, f.Signatures[0].Result)
	}
	return ""
}

// hosts tells the result of SPF.
func (f Finding) hosts(s Session, err error) string {
	switch {
	case f.Domain == "":
		return "Neither the sender nor the host named a domain that could be asked about the host (SPF none)"
	case !s.IP.IsValid():
		return fmt.Sprintf("The letter came over no network, so %s could not be asked about the host (SPF none)", f.Domain)
	}
	domain, host := f.Domain, client(s)
	switch spf.Result(f.SPF) {
	case spf.Pass:
		return fmt.Sprintf("%s says that the host %s may send its mail (SPF pass)", domain, host)
	case spf.Fail:
		return fmt.Sprintf("%s says that the host %s may not send its mail (SPF fail)", domain, host)
	case spf.SoftFail:
		return fmt.Sprintf("%s says that the host %s should not be sending its mail (SPF softfail)", domain, host)
	case spf.Neutral:
		return fmt.Sprintf("%s does not say whether the host %s may send its mail (SPF neutral)", domain, host)
	case spf.PermError:
		return fmt.Sprintf("%s tries to say which hosts send its mail, but %s (SPF permerror)", domain, mistake(err))
	case spf.TempError:
		return fmt.Sprintf("The DNS could not say right now which hosts send mail for %s (SPF temperror)", domain)
	}
	return fmt.Sprintf("%s does not say which hosts send its mail (SPF none)", domain)
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
