package doctor

import (
	"context"
	"fmt"
	"strings"

	"backchannel/smtpd/courier"
)

// mostPolicy is more than any MTA-STS policy needs (RFC 8461 §3.3 lets readers stop at 64 KB).
const mostPolicy = 64 << 10

// strictTransport looks at what we tell others about encryption (M14).
func strictTransport(ctx context.Context, h Host, domain string) []Finding {
	want, err := h.Wanted(domain)
	if err != nil {
		return unable(err)
	}
	name := "_mta-sts." + domain
	all, err := h.txt(ctx, name, "v=STSv1")
	if err != nil {
		return mute(name, err)
	}
	if len(all) == 0 && want.STS == "" {
		return one(Warn, "others are not told to encrypt mail to us (no MTA-STS)", "set web.url to an https address that people reach, then "+publish(domain))
	}
	if len(all) == 0 {
		return one(Warn, name+" is missing: others are not told to encrypt mail to us (MTA-STS)", publish(domain))
	}
	if len(all) > 1 {
		return one(Fail, fmt.Sprintf("%s has %d records, and with more than one none counts", name, len(all)), "leave one; "+publish(domain))
	}
	id, ok := courier.ParseSTSRecord(all)
	if !ok {
		return one(Fail, name+" has a mistake in it (the id is at most 32 letters and digits): "+clip(all[0]), publish(domain))
	}
	p, f := h.policy(ctx, domain)
	if f != nil {
		return f
	}
	mine := plain(h.HELO)
	switch {
	case p.Mode == courier.STSNone:
		return one(Warn, "the policy of "+domain+" says that nobody need encrypt (mode: none)", "set it to testing or enforce")
	case !p.Allows(mine) && p.Mode == courier.STSEnforce:
		return one(Fail, fmt.Sprintf("the policy of %s names %s and not %s: others do not hand over their mail", domain, commas(p.MX), mine), "put mx: "+mine+" into the policy, and a new id into "+name)
	case !p.Allows(mine):
		return one(Warn, fmt.Sprintf("the policy of %s names %s and not %s", domain, commas(p.MX), mine), "put mx: "+mine+" into the policy, and a new id into "+name)
	case want.STS != "" && id != want.STS:
		return one(Warn, fmt.Sprintf("the policy has changed, but %s still has the id %s: others go on with the old policy", name, id), publish(domain))
	}
	return fine("others are told to encrypt mail to %s (mode: %s)", mine, p.Mode)
}

// policy fetches the policy of a domain as others do; the finding tells why it cannot be had.
func (h Host) policy(ctx context.Context, domain string) (courier.Policy, []Finding) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	url := courier.PolicyURL(domain)
	status, body, err := h.Fetch(ctx, url)
	do := "let the web server of this host answer there (web.listen, a certificate for mta-sts." + domain + "), or take the record _mta-sts." + domain + " away"
	switch {
	case err != nil:
		return courier.Policy{}, one(Fail, fmt.Sprintf("others are told to look for a policy at %s, and cannot get it: %s", url, clean(err.Error())), do)
	case status != 200: // RFC 8461 §3.3: a redirect is no answer either
		return courier.Policy{}, one(Fail, fmt.Sprintf("others are told to look for a policy at %s, and get the answer %d", url, status), do)
	case len(body) > mostPolicy:
		return courier.Policy{}, one(Fail, "what lies at "+url+" is far too long for a policy", do)
	}
	p, err := courier.ParsePolicy(body)
	if err != nil {
		return p, one(Fail, fmt.Sprintf("the policy at %s cannot be used: %s", url, clean(err.Error())), "mend it, or take the record _mta-sts."+domain+" away")
	}
	return p, nil
}

// tlsReports looks whether others know where to report broken encryption (M14).
func tlsReports(ctx context.Context, h Host, domain string) []Finding {
	name := "_smtp._tls." + domain
	all, err := h.txt(ctx, name, "v=TLSRPTv1")
	if err != nil {
		return mute(name, err)
	}
	if len(all) == 0 {
		return one(Warn, name+" is missing: nobody tells you when encryption to this server fails", publish(domain))
	}
	if len(all) > 1 {
		return one(Fail, fmt.Sprintf("%s has %d records, and with more than one none counts", name, len(all)), "leave one; "+publish(domain))
	}
	tags, ok := tagList(all[0])
	for uri := range strings.SplitSeq(tags["rua"], ",") {
		ok = ok && (strings.HasPrefix(uri, "mailto:") || strings.HasPrefix(uri, "https:"))
	}
	if !ok {
		return one(Fail, name+" has a mistake in it: "+clip(all[0]), publish(domain))
	}
	return fine("reports go to %s", clean(tags["rua"]))
}
