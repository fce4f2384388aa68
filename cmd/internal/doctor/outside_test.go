package doctor_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"backchannel/cmd/internal/doctor"
	"backchannel/smtpd/queue"

	"github.com/foxcpp/go-mockdns"
)

// zone changes one name of the DNS.
func zone(name string, z mockdns.Zone) func(*testing.T, *doctor.Host) {
	return func(_ *testing.T, h *doctor.Host) {
		all := zones()
		all[name+"."] = z
		h.Resolver = &mockdns.Resolver{Zones: all}
	}
}

func texts(name string, all ...string) func(*testing.T, *doctor.Host) {
	return zone(name, mockdns.Zone{TXT: all})
}

func gone(name string) func(*testing.T, *doctor.Host) {
	return func(_ *testing.T, h *doctor.Host) {
		all := zones()
		delete(all, name+".")
		h.Resolver = &mockdns.Resolver{Zones: all}
	}
}

// also makes several changes.
func also(all ...func(*testing.T, *doctor.Host)) func(*testing.T, *doctor.Host) {
	return func(t *testing.T, h *doctor.Host) {
		for _, f := range all {
			f(t, h)
		}
	}
}

func smarthost(_ *testing.T, h *doctor.Host) { h.Relay = "smarthost" }

var broken = mockdns.Zone{Err: &net.DNSError{Err: "server misbehaving", IsTemporary: true}}

// Everything that doctor says about the host as others see it.
func TestHostOutside(t *testing.T) {
	v6 := func(_ *testing.T, h *doctor.Host) {
		all := zones()
		all[helo+"."] = mockdns.Zone{A: []string{"192.88.99.7"}, AAAA: []string{"2001:4860::7"}}
		h.Addresses = append(h.Addresses, netip.MustParseAddr("2001:4860::7"), netip.MustParseAddr("2001:4860::8")) // the last is not in the DNS
		h.Resolver = &mockdns.Resolver{Zones: all}
	}
	only6 := func(_ *testing.T, h *doctor.Host) {
		all := zones()
		all[helo+"."] = mockdns.Zone{AAAA: []string{"2001:4860::7"}}
		h.Addresses, h.Resolver = nil, &mockdns.Resolver{Zones: all}
	}
	for name, c := range map[string]finding{
		"dns":     {"dns", nil, "ok: it answers"},
		"address": {"address", nil, "ok: lists.gardeners.example is 192.88.99.7, and port 25 answers there"},
		"no address": {"address", gone(helo),
			"failed: lists.gardeners.example has no address (A), so nobody can reach this server → publish what this prints: backchannel dns gardeners.example; if the name is wrong, set hostname in config.yaml"},
		"alias": {"address", func(_ *testing.T, h *doctor.Host) {
			all := zones()
			all["vm.host.example."] = all[helo+"."]
			all[helo+"."] = mockdns.Zone{CNAME: "vm.host.example."}
			h.Resolver = &mockdns.Resolver{Zones: all}
		}, "failed: lists.gardeners.example is an alias (CNAME) of vm.host.example, and a mail server's name must be none (RFC 2181) → replace the CNAME by an A record with the address of this machine"},
		"private address": {"address", zone(helo, mockdns.Zone{A: []string{"192.168.1.5"}}),
			"failed: lists.gardeners.example is said to be 192.168.1.5, an address that nobody outside can reach → publish the public address; if a router stands in front of this machine, the router's"},
		"hosts file": {"address", zone(helo, mockdns.Zone{A: []string{"127.0.1.1"}}),
			"warning: this machine itself says that lists.gardeners.example is 127.0.1.1, so what others see cannot be known from here → take the name out of /etc/hosts, or ask from another machine: host lists.gardeners.example"},
		"other address": {"address", zone(helo, mockdns.Zone{A: []string{"9.9.9.9"}}),
			"warning: lists.gardeners.example is said to be 9.9.9.9, but this machine has 192.88.99.7 → if no router stands in front of this machine, publish its own address"},
		"closed": {"address", func(_ *testing.T, h *doctor.Host) { h.Dial = silent },
			"warning: nobody answers on 192.88.99.7:25 from here: refused → a router may only hide it from this side: try from another network (nc 192.88.99.7 25); otherwise open port 25 in the firewall and pass it on in the router"},
		"closed over IPv6": {"address", also(zone(helo, mockdns.Zone{AAAA: []string{"2001:4860::7"}}), func(_ *testing.T, h *doctor.Host) { h.Dial = silent }),
			"warning: nobody answers on [2001:4860::7]:25 from here: refused → let the firewall pass port 25 over IPv6 and listen there, too, or take the AAAA record away"},
		"somebody else": {"address", func(_ *testing.T, h *doctor.Host) { h.Dial = plays(says("220 router.example\r\n")) },
			"failed: on 192.88.99.7:25 answers somebody else: 220 router.example → check the address in the DNS, and whether the router passes port 25 on to this machine"},
		"address not known": {"address", zone(helo, broken),
			"warning: not known: the DNS did not answer when asked for the address of lists.gardeners.example (server misbehaving) → try again in some minutes; if it stays so, look at the name servers of the domain, and at dns.resolver in config.yaml"},
		"reverse name": {"reverse name", nil, "ok: 192.88.99.7 is called lists.gardeners.example"},
		"no reverse name": {"reverse name", gone("7.99.88.192.in-addr.arpa"),
			"failed: 192.88.99.7 has no reverse name (PTR), and many hosts refuse mail from such addresses → have the company that rents out the machine set it to lists.gardeners.example"},
		"other reverse name": {"reverse name", zone("7.99.88.192.in-addr.arpa", mockdns.Zone{PTR: []string{"vm7.host.example."}}),
			"failed: the reverse name (PTR) of 192.88.99.7 is vm7.host.example, but we greet as lists.gardeners.example → have the company that rents out the machine set it to lists.gardeners.example"},
		"no reverse name over IPv6": {"reverse name", v6,
			"ok: 192.88.99.7 is called lists.gardeners.example\nwarning: the reverse name (PTR) of 2001:4860::7 is not lists.gardeners.example, so letters leave over IPv4 alone → nothing, if that will do; else have the company that rents out the machine set it"},
		"no reverse name and no IPv4": {"reverse name", only6,
			"failed: 2001:4860::7 has no reverse name (PTR), and many hosts refuse mail from such addresses → have the company that rents out the machine set it to lists.gardeners.example"},
		"reverse name behind a smarthost": {"reverse name", also(gone("7.99.88.192.in-addr.arpa"), smarthost),
			"ok: 192.88.99.7 is not called lists.gardeners.example, which does no harm: letters leave through the smarthost"},
		"spf of the host": {"spf of the host", nil, "ok: lists.gardeners.example lets 192.88.99.7 send its mail"},
		"no spf of the host": {"spf of the host", zone(helo, mockdns.Zone{A: []string{"192.88.99.7"}}),
			"warning: there is no SPF record for lists.gardeners.example, the name we greet with: notes without a return path are proved by their signature alone → publish what this prints: backchannel dns gardeners.example"},
		"spf of the host behind a smarthost": {"spf of the host", smarthost, "ok: not needed: letters leave through another server, under its name"},
	} {
		t.Run(name, c.run)
	}
}

// Everything that doctor says about where mail for a domain goes, and who may send it.
func TestDomainOutside(t *testing.T) {
	mx := func(hosts ...string) func(*testing.T, *doctor.Host) {
		z := mockdns.Zone{}
		for _, h := range hosts {
			z.MX = append(z.MX, net.MX{Host: h})
		}
		return zone(domain, z)
	}
	inside := func(_ *testing.T, h *doctor.Host) { h.Listeners[0].Address = "127.0.0.1:25" }
	const publish = "publish what this prints: backchannel dns gardeners.example"
	for name, c := range map[string]finding{
		"mx":            {"mx", nil, "ok: mail for gardeners.example comes to lists.gardeners.example"},
		"no mx":         {"mx", mx(), "failed: there is no MX record for gardeners.example, so no mail comes here → " + publish},
		"null mx":       {"mx", mx("."), "failed: gardeners.example says that it takes no mail at all (a null MX) → replace it; " + publish},
		"foreign mx":    {"mx", mx("mx.elsewhere.example."), "failed: mail for gardeners.example goes to mx.elsewhere.example, and not to this server → " + publish},
		"mx in front":   {"mx", also(mx("mx.elsewhere.example."), inside), "warning: mail for gardeners.example goes to mx.elsewhere.example → all is well if that server hands it on to this one (smtp.lmtp, or smtp.listen on this machine); else " + publish},
		"another mx":    {"mx", mx(helo+".", "mx.elsewhere.example."), "warning: mail for gardeners.example comes here, but some may go to mx.elsewhere.example → take the other MX records away, unless those servers hand the mail on to this one"},
		"mx address":    {"mx", mx("192.88.99.7."), "failed: the MX of gardeners.example is the address 192.88.99.7, and must be a name → " + publish},
		"mx of the DNS": {"mx", zone(domain, broken), "warning: not known: the DNS did not answer when asked for the MX of gardeners.example (server misbehaving) → try again in some minutes; if it stays so, look at the name servers of the domain, and at dns.resolver in config.yaml"},
		"mx by another name": {"mx", func(_ *testing.T, h *doctor.Host) {
			all := zones()
			all["mail.gardeners.example."] = mockdns.Zone{A: []string{"192.88.99.7"}}
			all[domain+"."] = mockdns.Zone{MX: []net.MX{{Host: "mail.gardeners.example."}}}
			h.Resolver = &mockdns.Resolver{Zones: all}
		}, "ok: mail for gardeners.example comes to mail.gardeners.example"},
		"mx alias": {"mx", func(_ *testing.T, h *doctor.Host) {
			all := zones()
			all["mail.gardeners.example."] = mockdns.Zone{CNAME: helo + "."}
			all[domain+"."] = mockdns.Zone{MX: []net.MX{{Host: "mail.gardeners.example."}}}
			h.Resolver = &mockdns.Resolver{Zones: all}
		}, "failed: the MX of gardeners.example is mail.gardeners.example, which is an alias (CNAME) of lists.gardeners.example; some hosts do not follow it (RFC 2181) → " + publish},
		"alias at the top": {"mx", zone(domain, mockdns.Zone{CNAME: "pages.host.example."}),
			"failed: gardeners.example is an alias (CNAME) of pages.host.example: such a name has no mail of its own, and its other records are not seen → replace the CNAME by A records; a domain with mail must not be one (RFC 1034)"},

		"spf":      {"spf", nil, "ok: gardeners.example lets 192.88.99.7 send its mail"},
		"no spf":   {"spf", texts(domain, "v=spf10 -all"), "failed: there is no SPF record for gardeners.example: many hosts take its mail for forged → " + publish},
		"two spf":  {"spf", texts(domain, "v=spf1 -all", "v=spf1 a -all"), "failed: gardeners.example has 2 SPF records, and with more than one none counts → join them into one: all the words between v=spf1 and the last one, once"},
		"spf fail": {"spf", texts(domain, "v=spf1 -all"), "failed: the SPF record of gardeners.example does not let 192.88.99.7, this server, send its mail (fail) → put a:lists.gardeners.example into it; " + publish},
		"spf soft": {"spf", texts(domain, "v=spf1 ~all"), "failed: the SPF record of gardeners.example does not let 192.88.99.7, this server, send its mail (softfail) → put a:lists.gardeners.example into it; " + publish},
		"spf typo": {"spf", texts(domain, "v=spf1 a:lists.gardeners.example -al"), "failed: gardeners.example tries to say which hosts send its mail, but its record has a mistake in it (SPF permerror) → " + publish},
		"spf dns":  {"spf", zone(domain, broken), "warning: not known: the DNS did not answer when asked for the SPF record of gardeners.example (server misbehaving) → try again in some minutes; if it stays so, look at the name servers of the domain, and at dns.resolver in config.yaml"},
		"spf of the provider": {"spf", also(texts(domain, "v=spf1 include:spf.provider.example -all"), smarthost),
			"ok: gardeners.example names include:spf.provider.example; whether that covers every address that mail.provider.example sends from is known only to the provider"},
		"spf without the provider": {"spf", also(texts(domain, "v=spf1 mx -all"), smarthost),
			"failed: the SPF record of gardeners.example names nobody through whom its mail leaves → ask your mail provider for its include:, and put it into the record in front of the last word"},
		"spf not filled in": {"spf", also(texts(domain, "v=spf1 include:PROVIDER -all"), smarthost),
			"failed: the SPF record of gardeners.example still says PROVIDER → put what your mail provider tells in its place"},
		"spf of the smarthost": {"spf", func(_ *testing.T, h *doctor.Host) {
			all := zones()
			all[domain+"."] = mockdns.Zone{TXT: []string{"v=spf1 ip4:9.9.9.0/24 -all"}}
			all["mail.provider.example."] = mockdns.Zone{A: []string{"9.9.9.9"}}
			h.Relay, h.Resolver = "smarthost", &mockdns.Resolver{Zones: all}
		}, "ok: gardeners.example lets mail.provider.example send its mail (9.9.9.9)"},
	} {
		t.Run(name, c.run)
	}
}

// Everything that doctor says about signatures and policies.
func TestPolicies(t *testing.T) {
	const (
		one     = "bc1._domainkey.gardeners.example"
		two     = "\nok: bc2._domainkey.gardeners.example holds our key"
		publish = "publish what this prints: backchannel dns gardeners.example"
		dm      = "_dmarc.gardeners.example"
		sts     = "_mta-sts.gardeners.example"
		tls     = "_smtp._tls.gardeners.example"
		page    = "https://mta-sts.gardeners.example/.well-known/mta-sts.txt"
		mend    = "let the web server of this host answer there (web.listen, a certificate for mta-sts.gardeners.example), or take the record _mta-sts.gardeners.example away"
	)
	policy := func(status int, text string, err error) func(*testing.T, *doctor.Host) {
		return func(_ *testing.T, h *doctor.Host) {
			h.Fetch = func(context.Context, string) (int, []byte, error) { return status, []byte(text), err }
		}
	}
	for name, c := range map[string]finding{
		"dkim":           {"dkim", nil, "ok: " + one + " holds our key" + two},
		"dkim missing":   {"dkim", gone(one), "failed: " + one + " is missing, so nobody can check our signatures → " + publish + two},
		"dkim twice":     {"dkim", texts(one, "v=DKIM1; p=a", "v=DKIM1; p=b"), "failed: " + one + " has 2 records, and must have one → " + publish + two},
		"dkim withdrawn": {"dkim", texts(one, "v=DKIM1; k=rsa; p="), "failed: " + one + " says that the key was withdrawn (p= is empty) → " + publish + two},
		"dkim cut off":   {"dkim", texts(one, "v=DKIM1; k=rsa; p="+key[:20]), "failed: " + one + " holds only the first 20 of 40 characters of our key: the provider cut it off → " + publish + two},
		"dkim other key": {"dkim", texts(one, "v=DKIM1; k=rsa; p=MIIBanother0"), "failed: " + one + " holds another key than ours → " + publish + two},
		"dkim quotes":    {"dkim", texts(one, `v=DKIM1; k=rsa; p="MIIB" "jAN"`), "failed: " + one + " holds something that is no key: perhaps quotes, or only one of its pieces → " + publish + two},
		"dkim mistake":   {"dkim", texts(one, "DKIM1 rsa"), "failed: " + one + " has a mistake in it: DKIM1 rsa → " + publish + two},
		"dkim test":      {"dkim", texts(one, "v=DKIM1; t=y; k=rsa; p="+key), "failed: " + one + " says that it is only a test (t=y): signatures count as none → " + publish + two},
		"dkim kind":      {"dkim", texts(one, "v=DKIM1; k=ed25519; p="+key), "failed: " + one + " holds our key, but names another kind (k=ed25519) → " + publish + two},
		"dkim next missing": {"dkim", gone("bc2._domainkey.gardeners.example"),
			"ok: " + one + " holds our key\nwarning: bc2._domainkey.gardeners.example is missing; nothing is signed with that key now → it is needed when the keys change (backchannel keys rotate); " + publish},
		"dkim in pieces": {"dkim", texts(one, "v=DKIM1;k=rsa;p="+key[:10]+" "+key[10:]), "ok: " + one + " holds our key" + two},
		"dkim no keys": {"dkim", func(_ *testing.T, h *doctor.Host) {
			h.Wanted = func(string) (doctor.Wanted, error) { return doctor.Wanted{}, nil }
		}, "warning: nothing is signed: there are no DKIM keys → backchannel init gardeners.example makes them"},

		"dmarc":         {"dmarc", nil, "ok: the policy of gardeners.example is none"},
		"dmarc missing": {"dmarc", gone(dm), "failed: " + dm + " is missing: Gmail and Yahoo want it from everybody who writes to many → " + publish},
		"dmarc twice":   {"dmarc", texts(dm, "v=DMARC1; p=none", "v=DMARC1; p=reject"), "failed: " + dm + " has 2 DMARC records, and with more than one none counts → leave one; " + publish},
		"dmarc mistake": {"dmarc", texts(dm, "v=DMARC1; reject"), "failed: " + dm + " has a mistake in it: v=DMARC1; reject → " + publish},
		"dmarc no p":    {"dmarc", texts(dm, "v=DMARC1; rua=mailto:a@gardeners.example"), "failed: " + dm + " does not say what is to be done (p= is missing) → " + publish},
		"dmarc odd p":   {"dmarc", texts(dm, "v=DMARC1; p=all"), "failed: " + dm + " says p=all, which is no word of DMARC (none, quarantine, reject) → " + publish},
		"dmarc odd way": {"dmarc", texts(dm, "v=DMARC1; p=none; adkim=x"), "failed: " + dm + " says adkim=x, and it may be r or s → " + publish},
		"dmarc no rua":  {"dmarc", texts(dm, "v=DMARC1; p=reject"), "warning: nobody gets the reports on mail of gardeners.example (rua= is missing) → put rua=mailto:dmarc-reports@gardeners.example into " + dm},
		"dmarc odd rua": {"dmarc", texts(dm, "v=DMARC1; p=none; rua=dana@gardeners.example"), "failed: the reports of " + dm + " go to dana@gardeners.example, which is no mail address (mailto:…) → " + publish},
		"dmarc foreign rua": {"dmarc", texts(dm, "v=DMARC1; p=none; rua=mailto:d@reports.test"),
			"warning: the reports go to d@reports.test, which has not agreed to get them → publish gardeners.example._report._dmarc.reports.test TXT v=DMARC1, or use rua=mailto:dmarc-reports@gardeners.example"},
		"dmarc agreed rua": {"dmarc", func(_ *testing.T, h *doctor.Host) {
			all := zones()
			all[dm+"."] = mockdns.Zone{TXT: []string{"v=DMARC1; p=Reject; sp=none; aspf=s; rua=mailto:d@reports.test!10m"}}
			all["gardeners.example._report._dmarc.reports.test."] = mockdns.Zone{TXT: []string{"v=DMARC1"}}
			h.Resolver = &mockdns.Resolver{Zones: all}
		}, "ok: the policy of gardeners.example is reject"},

		"mta-sts":         {"mta-sts", nil, "ok: others are told to encrypt mail to lists.gardeners.example (mode: enforce)"},
		"mta-sts missing": {"mta-sts", gone(sts), "warning: " + sts + " is missing: others are not told to encrypt mail to us (MTA-STS) → " + publish},
		"mta-sts no web": {"mta-sts", also(gone(sts), func(_ *testing.T, h *doctor.Host) {
			h.Wanted = func(string) (doctor.Wanted, error) { w := wanted(); w.STS = ""; return w, nil }
		}), "warning: others are not told to encrypt mail to us (no MTA-STS) → set web.url to an https address that people reach, then " + publish},
		"mta-sts twice":     {"mta-sts", texts(sts, "v=STSv1; id=1;", "v=STSv1; id=2;"), "failed: " + sts + " has 2 records, and with more than one none counts → leave one; " + publish},
		"mta-sts odd id":    {"mta-sts", texts(sts, "v=STSv1; id=today-1;"), "failed: " + sts + " has a mistake in it (the id is at most 32 letters and digits): v=STSv1; id=today-1; → " + publish},
		"mta-sts no page":   {"mta-sts", policy(0, "", errors.New("no such host")), "failed: others are told to look for a policy at " + page + ", and cannot get it: no such host → " + mend},
		"mta-sts 404":       {"mta-sts", policy(404, "", nil), "failed: others are told to look for a policy at " + page + ", and get the answer 404 → " + mend},
		"mta-sts too long":  {"mta-sts", policy(200, strings.Repeat("x", 70_000), nil), "failed: what lies at " + page + " is far too long for a policy → " + mend},
		"mta-sts mode none": {"mta-sts", policy(200, "version: STSv1\nmode: none\nmax_age: 86400\n", nil), "warning: the policy of gardeners.example says that nobody need encrypt (mode: none) → set it to testing or enforce"},
		"mta-sts other host": {"mta-sts", policy(200, "version: STSv1\nmode: enforce\nmx: mx.old.example\nmax_age: 86400\n", nil),
			"failed: the policy of gardeners.example names mx.old.example and not lists.gardeners.example: others do not hand over their mail → put mx: lists.gardeners.example into the policy, and a new id into " + sts},
		"mta-sts testing": {"mta-sts", policy(200, "version: STSv1\nmode: testing\nmx: mx.old.example\nmax_age: 86400\n", nil),
			"warning: the policy of gardeners.example names mx.old.example and not lists.gardeners.example → put mx: lists.gardeners.example into the policy, and a new id into " + sts},
		"mta-sts old id": {"mta-sts", texts(sts, "v=STSv1; id=old;"), "warning: the policy has changed, but " + sts + " still has the id old: others go on with the old policy → " + publish},

		"tls reports":         {"tls reports", nil, "ok: reports go to mailto:tls-reports@gardeners.example"},
		"tls reports missing": {"tls reports", gone(tls), "warning: " + tls + " is missing: nobody tells you when encryption to this server fails → " + publish},
		"tls reports twice":   {"tls reports", texts(tls, "v=TLSRPTv1; rua=mailto:a@b.test", "v=TLSRPTv1; rua=mailto:c@d.test"), "failed: " + tls + " has 2 records, and with more than one none counts → leave one; " + publish},
		"tls reports mistake": {"tls reports", texts(tls, "v=TLSRPTv1; rua=a@b.test"), "failed: " + tls + " has a mistake in it: v=TLSRPTv1; rua=a@b.test → " + publish},
	} {
		t.Run(name, c.run)
	}
	t.Run("mta-sts odd policy", func(t *testing.T) {
		h := host(t)
		policy(200, "<html>", nil)(t, &h)
		if got := findings(t, h, "mta-sts"); len(got) != 1 || !strings.HasPrefix(got[0], "failed: the policy at "+page+" cannot be used: ") {
			t.Error(got)
		}
	})
}

// Everything that doctor says about the way out.
func TestWayOut(t *testing.T) {
	says := func(o queue.Outcome) func(*testing.T, *doctor.Host) {
		return func(_ *testing.T, h *doctor.Host) {
			h.Relay, h.SignIn = "smarthost", func(context.Context) queue.Outcome { return o }
		}
	}
	for name, c := range map[string]finding{
		"direct":           {"way out", nil, "ok: each letter goes to its receiver's own server; whether this network lets port 25 out shows after the first letters"},
		"direct and heard": {"way out", func(t *testing.T, h *doctor.Host) { ended(t, h, 1, 0) }, "ok: each letter goes to its receiver's own server, and hosts answer"},
		"port 25 is closed": {"way out", tries(queue.Outcome{Stage: queue.StageConnect, Text: "no answer to the connection"}, "a.test", "b.test", "c.test"),
			"failed: no mail host of 3 domains could be reached, as if this network let nothing out to port 25 → have the company that rents out the machine open port 25, or set relay.mode: smarthost"},
		"two are silent": {"way out", tries(queue.Outcome{Stage: queue.StageConnect, Text: "the connection was refused"}, "a.test", "b.test"), "ok: each letter goes to its receiver's own server; whether this network lets port 25 out shows after the first letters"},
		"greylisted":     {"way out", tries(queue.Outcome{Stage: queue.StageRcpt, Code: 450, Text: "later", Host: "mx"}, "a.test", "b.test", "c.test"), "ok: each letter goes to its receiver's own server, and hosts answer"},
		"smarthost":      {"way out", smarthost, "ok: mail.provider.example:587 answers: encrypted, signed in as dana"},
		"files":          {"way out", func(_ *testing.T, h *doctor.Host) { h.Relay = "outbox" }, "warning: relay.mode is outbox: outgoing mail becomes files and reaches nobody → set relay.mode: smarthost (or direct) in config.yaml when you are ready"},
		"trying":         {"way out", func(_ *testing.T, h *doctor.Host) { h.Relay, h.Trying = "outbox", true }, "later: outgoing mail becomes files under data/outbox and reaches nobody → set relay.mode: smarthost (or direct) in config.yaml when you are ready"},
		"not there":      {"way out", says(queue.Outcome{Stage: queue.StageConnect, Text: "connection refused"}), "failed: mail.provider.example:587 cannot be reached: connection refused → check relay.smarthost in config.yaml, and whether this network lets mail out"},
		"odd host":       {"way out", says(queue.Outcome{Stage: queue.StageHello, Code: 554, Text: "go away"}), "failed: mail.provider.example:587 answers, but it does not come to a letter: 554 go away → check the name and the port: 587, or 465 for TLS from the first byte"},
		"no login":       {"way out", says(queue.Outcome{Stage: queue.StageLogin, Code: 535, Enhanced: "5.7.8", Text: "wrong password"}), "failed: mail.provider.example:587 does not take the login: 535 5.7.8 wrong password → check relay.username, and the password in the file relay.password_file, with your mail provider"},
	} {
		t.Run(name, c.run)
	}
}
