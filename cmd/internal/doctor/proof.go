package doctor

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"backchannel/archive/letter"
	"backchannel/smtpd/mailauth"
)

// sender looks whether SPF lets our letters through (M8).
func sender(ctx context.Context, h Host, domain string) []Finding {
	found, err := h.spf(ctx, domain)
	if err != nil {
		return mute("the SPF record of "+domain, err)
	}
	if f := counted(found, domain); f != nil {
		return f
	}
	if h.Relay == "smarthost" {
		return h.throughProvider(ctx, domain, found[0])
	}
	return h.passes(ctx, letter.Address{Local: "bounce", Domain: domain}, domain)
}

// senderHost looks at the SPF record of the hostname, which is asked for when a letter has no return path (RFC 7208 §2.4).
func senderHost(ctx context.Context, h Host) []Finding {
	if h.Relay == "smarthost" {
		return fine("not needed: letters leave through another server, under its name")
	}
	found, err := h.spf(ctx, h.HELO)
	switch {
	case err != nil:
		return mute("the SPF record of "+h.HELO, err)
	case len(found) == 0:
		return one(Warn, "there is no SPF record for "+h.HELO+", the name we greet with: notes without a return path are proved by their signature alone", publish(h.domain))
	case len(found) > 1:
		return counted(found, h.HELO)
	}
	return h.passes(ctx, letter.Address{}, h.HELO)
}

// spf are the SPF records of a name. "v=spf10" is none (RFC 7208 §4.5).
func (h Host) spf(ctx context.Context, name string) (found []string, err error) {
	all, err := h.txt(ctx, name, "v=spf1")
	for _, r := range all {
		if len(r) == 6 || r[6] == ' ' {
			found = append(found, r)
		}
	}
	return found, err
}

func counted(found []string, domain string) []Finding {
	switch {
	case len(found) == 0:
		return one(Fail, "there is no SPF record for "+domain+": many hosts take its mail for forged", publish(domain))
	case len(found) > 1:
		return one(Fail, fmt.Sprintf("%s has %d SPF records, and with more than one none counts", domain, len(found)), "join them into one: all the words between v=spf1 and the last one, once")
	}
	return nil
}

// passes asks as a receiver would, for each address that we send from.
func (h Host) passes(ctx context.Context, from letter.Address, domain string) []Finding {
	all, err := h.senders(ctx)
	if err != nil {
		return mute("the address of "+h.HELO, err)
	}
	if len(all) == 0 {
		return one(Warn, "not known: the address that this server sends from is not known", "publish the address of "+h.HELO+" first")
	}
	return gather(all, func(a netip.Addr) []Finding {
		switch f := mailauth.Check(ctx, h.Resolver, mailauth.Session{IP: a, HELO: h.HELO, MailFrom: from}, letter.Address{}); f.SPF {
		case "pass":
			return fine("%s lets %s send its mail", domain, a)
		case "permerror":
			return one(Fail, strings.TrimSuffix(f.Why, "."), publish(domain))
		case "temperror":
			return one(Warn, "not known: the DNS did not answer when asked who may send mail of "+domain, "try again in some minutes")
		default:
			return one(Fail, fmt.Sprintf("the SPF record of %s does not let %s, this server, send its mail (%s)", domain, a, f.SPF), "put a:"+h.HELO+" into it; "+publish(domain))
		}
	})
}

// throughProvider looks at the record of a domain whose mail leaves through somebody else. Which addresses that provider sends from
// is not for us to know; that the record names anybody beside ourselves is.
func (h Host) throughProvider(ctx context.Context, domain, record string) []Finding {
	host, _, err := net.SplitHostPort(h.Smarthost)
	if err != nil {
		host = h.Smarthost
	}
	if strings.Contains(record, providerGap) {
		return one(Fail, "the SPF record of "+domain+" still says "+providerGap, "put what your mail provider tells in its place")
	}
	its, _ := h.ips(ctx, host)
	if a, err := netip.ParseAddr(host); err == nil {
		its = []netip.Addr{a}
	}
	for _, a := range its {
		f := mailauth.Check(ctx, h.Resolver, mailauth.Session{IP: a, HELO: host, MailFrom: letter.Address{Local: "bounce", Domain: domain}}, letter.Address{})
		switch f.SPF {
		case "pass":
			return fine("%s lets %s send its mail (%s)", domain, host, a)
		case "permerror":
			return one(Fail, strings.TrimSuffix(f.Why, "."), "ask your mail provider what the record must say")
		}
	}
	for _, word := range strings.Fields(strings.ToLower(record))[1:] {
		word = strings.TrimLeft(word, "+?~")
		for _, names := range []string{"include:", "ip4:", "ip6:", "a:", "exists:", "redirect="} {
			if strings.HasPrefix(word, names) {
				return fine("%s names %s; whether that covers every address that %s sends from is known only to the provider", domain, clean(word), host)
			}
		}
	}
	return one(Fail, "the SPF record of "+domain+" names nobody through whom its mail leaves", "ask your mail provider for its include:, and put it into the record in front of the last word")
}

// signatures compares the DKIM keys in the DNS with ours.
func signatures(ctx context.Context, h Host, domain string) []Finding {
	want, err := h.Wanted(domain)
	if err != nil {
		return unable(err)
	}
	if len(want.DKIM) == 0 {
		return one(Warn, "nothing is signed: there are no DKIM keys", "backchannel init "+domain+" makes them")
	}
	return gather(want.DKIM, func(k PublicKey) []Finding { return h.signature(ctx, k, domain) })
}

// Why a key that signs nothing now must be in the DNS all the same.
var quietKeys = map[string]string{
	waitsUse:   "it is needed when the keys change (backchannel keys rotate); ",
	retiredUse: "letters signed with it are still on their way; ",
}

// signature compares one key.
func (h Host) signature(ctx context.Context, k PublicKey, domain string) []Finding {
	name := k.Selector + "._domainkey." + domain
	records, err := ask(ctx, name, h.Resolver.LookupTXT)
	if err != nil {
		return mute(name, err)
	}
	bad := func(found string) []Finding {
		if why, quiet := quietKeys[k.Use]; quiet {
			return one(Warn, found, why+publish(domain))
		}
		return one(Fail, found, publish(domain))
	}
	if len(records) == 0 {
		if _, quiet := quietKeys[k.Use]; quiet {
			return bad(name + " is missing; nothing is signed with that key now")
		}
		return bad(name + " is missing, so nobody can check our signatures")
	}
	if len(records) > 1 {
		return bad(fmt.Sprintf("%s has %d records, and must have one", name, len(records)))
	}
	tags, ok := tagList(records[0])
	ours, _ := tagList(k.Value)
	p, has := tags["p"]
	switch {
	case !ok || !has || tags["v"] != "" && tags["v"] != "DKIM1":
		return bad(name + " has a mistake in it: " + clip(records[0]))
	case p == "":
		return bad(name + " says that the key was withdrawn (p= is empty)")
	case p == ours["p"] && tags["k"] != ours["k"] && tags["k"] != "":
		return bad(name + " holds our key, but names another kind (k=" + clean(tags["k"]) + ")")
	case p == ours["p"] && strings.Contains(tags["t"], "y"):
		return bad(name + " says that it is only a test (t=y): signatures count as none")
	case p == ours["p"]:
		return fine("%s holds our key", name)
	case strings.HasPrefix(ours["p"], p):
		return bad(fmt.Sprintf("%s holds only the first %d of %d characters of our key: the provider cut it off", name, len(p), len(ours["p"])))
	}
	if _, err := base64.StdEncoding.DecodeString(p); err != nil {
		return bad(name + " holds something that is no key: perhaps quotes, or only one of its pieces")
	}
	return bad(name + " holds another key than ours")
}

// tagList reads name=value pairs between semicolons (RFC 6376 §3.2), white space taken out. Names are in lower case.
func tagList(record string) (map[string]string, bool) {
	tags := map[string]string{}
	for part := range strings.SplitSeq(record, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := tags[name]; !ok || name == "" || twice {
			return nil, false
		}
		tags[name] = strings.Join(strings.Fields(value), "")
	}
	return tags, true
}

// dmarc looks at the policy of a domain (RFC 9989).
func dmarc(ctx context.Context, h Host, domain string) []Finding {
	name := "_dmarc." + domain
	all, err := h.txt(ctx, name, "v=DMARC1")
	if err != nil {
		return mute(name, err)
	}
	switch len(all) {
	case 0:
		return one(Fail, name+" is missing: Gmail and Yahoo want it from everybody who writes to many", publish(domain))
	case 1:
	default:
		return one(Fail, fmt.Sprintf("%s has %d DMARC records, and with more than one none counts", name, len(all)), "leave one; "+publish(domain))
	}
	tags, ok := tagList(all[0])
	if !ok || tags["v"] != "DMARC1" {
		return one(Fail, name+" has a mistake in it: "+clip(all[0]), publish(domain))
	}
	for _, t := range []string{"p", "sp", "np"} {
		switch strings.ToLower(tags[t]) {
		case "none", "quarantine", "reject":
		case "":
			if t == "p" {
				return one(Fail, name+" does not say what is to be done (p= is missing)", publish(domain))
			}
		default:
			return one(Fail, fmt.Sprintf("%s says %s=%s, which is no word of DMARC (none, quarantine, reject)", name, t, clean(tags[t])), publish(domain))
		}
	}
	for _, t := range []string{"adkim", "aspf"} {
		if v := strings.ToLower(tags[t]); v != "" && v != "r" && v != "s" {
			return one(Fail, fmt.Sprintf("%s says %s=%s, and it may be r or s", name, t, clean(v)), publish(domain))
		}
	}
	if f := h.reports(ctx, tags["rua"], domain); f != nil {
		return f
	}
	return fine("the policy of %s is %s", domain, strings.ToLower(tags["p"]))
}

// reports looks whether the reports of a domain can arrive; nil when they can.
func (h Host) reports(ctx context.Context, rua, domain string) []Finding {
	if rua == "" {
		return one(Warn, "nobody gets the reports on mail of "+domain+" (rua= is missing)", "put rua=mailto:dmarc-reports@"+domain+" into _dmarc."+domain)
	}
	for uri := range strings.SplitSeq(rua, ",") {
		to, mail := strings.CutPrefix(strings.ToLower(uri), "mailto:")
		to, _, _ = strings.Cut(to, "!") // a size limit of the old standard
		a, err := letter.ParseAddress(to)
		if !mail || err != nil {
			return one(Fail, fmt.Sprintf("the reports of _dmarc.%s go to %s, which is no mail address (mailto:…)", domain, clean(uri)), publish(domain))
		}
		if within(a.Domain, domain) || within(domain, a.Domain) {
			continue
		}
		name := domain + "._report._dmarc." + a.Domain // RFC 9990 §4: else anybody could have a stranger flooded with reports
		if leave, err := h.txt(ctx, name, "v=DMARC1"); err == nil && len(leave) == 0 {
			return one(Warn, fmt.Sprintf("the reports go to %s, which has not agreed to get them", a), fmt.Sprintf("publish %s TXT v=DMARC1, or use rua=mailto:dmarc-reports@%s", name, domain))
		}
	}
	return nil
}

// within tells whether a name is a domain or lies below it.
func within(name, domain string) bool {
	return name == domain || strings.HasSuffix(name, "."+domain)
}

// clip shows a foreign record, short.
func clip(s string) string { return letter.ASCII(s, 80) }
