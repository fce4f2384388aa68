package doctor

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"backchannel/smtpd/mailauth"
)

// Wanted is all that decides what the DNS of one community must say.
type Wanted struct {
	Domain    string       // the mail domain
	Hostname  string       // of this server
	Addresses []netip.Addr // of this server, as others reach it; none: not known
	Relay     string       // "outbox", "smarthost" or "direct"
	DKIM      []PublicKey  // the keys that its letters are signed with
	Web       string       // the host of the web pages; "": there are none for the world
	STS       string       // the id of the MTA-STS policy that our web server shows; "": it shows none
}

// PublicKey is one DKIM key as the DNS shows it.
type PublicKey struct {
	Selector string
	Value    string // of the TXT record
	Use      string // "signs", "waits" for its turn, or is "retired" and stays until its last signatures have expired
}

// The uses of keys that sign nothing now.
const (
	waitsUse   = "waits"
	retiredUse = "retired"
)

// Record is one record to publish.
type Record struct {
	Name    string `json:"name"`           // whole, without a dot at the end
	Type    string `json:"type"`           // MX, A, TXT …
	Value   string `json:"value"`          //
	Purpose string `json:"purpose"`        // why, in a sentence for people
	Fill    string `json:"fill,omitempty"` // what has to be put in first; empty: it can be published as it is
	Host    bool   `json:"at_host,omitempty"`
}

// The words that stand where something has to be filled in.
const (
	addressGap  = "ADDRESS"
	providerGap = "PROVIDER"
)

// Records are the records to publish, the most important first.
func (w Wanted) Records() []Record {
	all := []Record{{Name: w.Domain, Type: "MX", Value: "10 " + w.Hostname, Purpose: "Mail for " + w.Domain + " comes to this server. (In a web form: priority 10, server " + w.Hostname + ".)"}}
	all = slices.Concat(all, w.hosts(), w.web(), w.sender())
	for _, k := range w.DKIM {
		why := "Others can check our signature (DKIM). The value is one long line; nothing may be lost from it."
		switch k.Use {
		case waitsUse:
			why = "The key that signs next, published now, so that keys can be changed without a gap. It is one long line, too."
		case retiredUse:
			why = "A key that signed before. It may go when backchannel keys list says so: letters signed with it are still on their way."
		}
		all = append(all, Record{Name: k.Selector + "._domainkey." + w.Domain, Type: "TXT", Value: k.Value, Purpose: why})
	}
	all = append(all, Record{Name: "_dmarc." + w.Domain, Type: "TXT", Value: w.dmarc(),
		Purpose: "What others do with letters that only pretend to be from " + w.Domain + " (DMARC). After some weeks without failures change p=none to p=quarantine."})
	if w.STS != "" {
		all = append(all,
			Record{Name: "_mta-sts." + w.Domain, Type: "TXT", Value: w.sts(), Purpose: "Others encrypt mail to us (MTA-STS). The id changes when the policy does."},
			Record{Name: "mta-sts." + w.Domain, Type: "CNAME", Value: w.Hostname, Purpose: "Where they fetch that policy: https://mta-sts." + w.Domain + "/.well-known/mta-sts.txt, from our web server."})
	}
	all = append(all, Record{Name: "_smtp._tls." + w.Domain, Type: "TXT", Value: w.tlsReports(), Purpose: "Where others report that encryption failed (TLSRPT)."})
	return append(all, w.reverse()...)
}

func (w Wanted) dmarc() string      { return "v=DMARC1; p=none; rua=mailto:dmarc-reports@" + w.Domain }
func (w Wanted) sts() string        { return "v=STSv1; id=" + w.STS + ";" }
func (w Wanted) tlsReports() string { return "v=TLSRPTv1; rua=mailto:tls-reports@" + w.Domain }

// hosts are the addresses of this server.
func (w Wanted) hosts() (all []Record) {
	why := "The address of this server, which is called " + w.Hostname + "."
	if len(w.Addresses) == 0 {
		return []Record{{Name: w.Hostname, Type: "A", Value: addressGap, Purpose: why, Fill: "put the public address of this server in the place of " + addressGap}}
	}
	for _, a := range w.Addresses {
		kind := "A"
		if a.Is6() {
			kind = "AAAA"
		}
		all = append(all, Record{Name: w.Hostname, Type: kind, Value: a.String(), Purpose: why})
	}
	return all
}

// web is the name of the web pages, where it is another one in this domain. Other domains are not ours to tell about.
func (w Wanted) web() []Record {
	switch {
	case w.Web == "" || w.Web == w.Hostname || !within(w.Web, w.Domain):
		return nil
	case w.Web == w.Domain: // an alias there would hide the MX
		at := w
		at.Hostname = w.Domain
		all := at.hosts()
		for i := range all {
			all[i].Purpose = "The web pages of " + w.Domain + " lie on this server."
		}
		return all
	}
	return []Record{{Name: w.Web, Type: "CNAME", Value: w.Hostname, Purpose: "The web pages lie on this server, too."}}
}

// sender says who may send mail of the domain (SPF, RFC 7208).
func (w Wanted) sender() []Record {
	r := Record{Name: w.Domain, Type: "TXT", Purpose: "Who may send mail of " + w.Domain + " (SPF). There may be only one such record: if there is one already, join them."}
	if w.Relay == "smarthost" {
		r.Value = "v=spf1 include:" + providerGap + " -all"
		r.Fill = "put the name that your mail provider tells in the place of " + providerGap
		return []Record{r}
	}
	if w.Hostname == w.Domain {
		r.Value = "v=spf1 a -all"
		return []Record{r}
	}
	r.Value = "v=spf1 a:" + w.Hostname + " -all"
	host := Record{Name: w.Hostname, Type: "TXT", Value: "v=spf1 a -all", Purpose: "The same for the server's own name, which stands for notes without a return path."}
	return []Record{r, host}
}

// reverse are the names of the addresses, which whoever rents out the machine sets.
func (w Wanted) reverse() (all []Record) {
	why := "The name of the address (reverse name). It is set by the company that rents out the machine or the line, not in your domain."
	if len(w.Addresses) == 0 {
		return []Record{{Name: addressGap, Type: "PTR", Value: w.Hostname, Purpose: why, Host: true, Fill: "tell them the public address of this server for " + addressGap}}
	}
	for _, a := range w.Addresses {
		all = append(all, Record{Name: arpa(a), Type: "PTR", Value: w.Hostname, Purpose: why + " The address is " + a.String() + ".", Host: true})
	}
	return all
}

// arpa is the name under which the reverse name of an address stands (RFC 1035 §3.5, RFC 3596 §2.5).
func arpa(a netip.Addr) string {
	a = a.Unmap()
	var labels []string
	if a.Is4() {
		for _, b := range a.As4() {
			labels = append(labels, fmt.Sprint(b))
		}
		slices.Reverse(labels)
		return strings.Join(labels, ".") + ".in-addr.arpa"
	}
	for _, b := range a.As16() {
		labels = append(labels, fmt.Sprintf("%x", b>>4), fmt.Sprintf("%x", b&15))
	}
	slices.Reverse(labels)
	return strings.Join(labels, ".") + ".ip6.arpa"
}

// Zone writes records as the lines of a zone file (RFC 1035 §5). What has to be filled in first, or is set elsewhere, is a comment,
// so that pasting it does no harm.
func Zone(all []Record) string {
	var b strings.Builder
	for _, r := range all {
		value := r.Value
		switch r.Type {
		case "TXT":
			value = mailauth.Quoted(r.Value)
		case "MX", "CNAME", "PTR":
			value += "."
		}
		line := fmt.Sprintf("%s. 3600 IN %s %s\n", r.Name, r.Type, value)
		switch {
		case r.Host:
			b.WriteString("; at the company that rents out the machine:\n; " + line)
		case r.Fill != "":
			b.WriteString("; first " + r.Fill + ", then take away the semicolon:\n; " + line)
		default:
			b.WriteString(line)
		}
	}
	return b.String()
}

// InForm is the name of a record as the web forms of most providers want it: the part in front of the domain, "@" for the domain.
func (r Record) InForm(domain string) string {
	if r.Name == domain {
		return "@"
	}
	if short, ok := strings.CutSuffix(r.Name, "."+domain); ok {
		return short
	}
	return r.Name
}
