package main

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/cmd/internal/config"
	"backchannel/cmd/internal/doctor"
	"backchannel/lists"
	"backchannel/smtpd/courier"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

// dnsFlags say how records are shown, and what they are made of.
type dnsFlags struct {
	asJSON, zone bool
	ips          []string
}

// dnsShown are the records of one community.
type dnsShown struct {
	Domain  string          `json:"domain"`
	Records []doctor.Record `json:"records"`
}

func (c *cli) newDNS() *cobra.Command {
	var f dnsFlags
	cmd := &cobra.Command{
		Use: "dns [DOMAIN]", Short: "Print the DNS records to publish for a community", Args: words("[DOMAIN]"),
		Long: "Prints what the DNS of a community must say, so that mail comes in and what goes out is believed: once for a provider's web form,\n" +
			"and once as lines for a zone file. Without DOMAIN it is done for every community. backchannel doctor looks whether it is there.",
	}
	cmd.Flags().BoolVar(&f.zone, "zone", false, "print the lines for a zone file alone")
	ipFlag(cmd, &f.ips)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ips, err := readIPs(cmd, f.ips)
		if err != nil {
			return err
		}
		return c.with(cmd.Context(), func(p *Program) error {
			domains, err := p.dnsDomains(cmd.Context(), strings.Join(args, ""))
			if err != nil {
				return err
			}
			var all []dnsShown
			for _, d := range domains {
				want, err := p.wanted(d, ips)
				if err != nil {
					return err
				}
				all = append(all, dnsShown{d, want.Records()})
			}
			if f.asJSON {
				return c.asJSON(all)
			}
			for i, one := range all {
				if i > 0 {
					c.say("")
				}
				if f.zone {
					c.say("%s", strings.TrimRight(doctor.Zone(one.Records), "\n"))
				} else {
					c.sayDNS(one.Domain, one.Records)
				}
			}
			return nil
		})
	}
	return jsonFlag(cmd, &f.asJSON)
}

// ipFlag makes the flag --ip.
func ipFlag(cmd *cobra.Command, into *[]string) {
	cmd.Flags().StringSliceVar(into, "ip", nil, "a public address of this server, for the A record (again for more)")
}

func readIPs(cmd *cobra.Command, typed []string) (all []netip.Addr, err error) {
	for _, s := range typed {
		a, err := netip.ParseAddr(strings.TrimSpace(s))
		if err != nil || a.Zone() != "" {
			return nil, usage(cmd, "--ip cannot be %q; it is an address like 192.0.2.1.", s)
		}
		if at := a.Unmap(); !at.IsGlobalUnicast() || at.IsPrivate() {
			return nil, usage(cmd, "--ip cannot be %s: nobody outside can reach that address. It is the one by which the world sees this server.", at)
		}
		all = append(all, a.Unmap())
	}
	return all, nil
}

// dnsDomains are the communities to print records for: the one that is named, or all.
func (p *Program) dnsDomains(ctx context.Context, typed string) (domains []string, err error) {
	err = p.View(ctx, func(tx *db.Tx) error {
		if typed != "" {
			one, err := lists.TheCommunity(tx, typed)
			domains = []string{one.Domain}
			return err
		}
		all, err := lists.Communities(tx)
		for _, one := range all {
			domains = append(domains, one.Domain)
		}
		return err
	})
	if err == nil && len(domains) == 0 {
		err = refusal.Because(refusal.NotFound, "There is no community yet.").Try("backchannel init gardeners.example")
	}
	return domains, err
}

// wanted is what decides the DNS records of a community. Addresses that nobody named are those that config.yaml tells.
func (p *Program) wanted(domain string, ips []netip.Addr) (doctor.Wanted, error) {
	if len(ips) == 0 {
		ips = publicAddresses(p.Config)
	}
	want := doctor.Wanted{Domain: domain, Hostname: p.Config.Hostname, Addresses: ips, Relay: string(p.Config.Relay.Mode)}
	if at, err := url.Parse(p.webURL()); err == nil && at.Scheme == "https" {
		want.Web = at.Hostname()
	}
	keys, err := p.dkimRecords(domain)
	for _, k := range keys {
		if k.Until == nil || p.Now().Before(*k.Until) {
			want.DKIM = append(want.DKIM, doctor.PublicKey{Selector: k.Selector, Value: k.Value, Use: k.Use})
		}
	}
	if own, ok := ownPolicy(p.Config); ok {
		want.STS = own.ID()
	}
	return want, err
}

// publicAddresses are the addresses at which config.yaml has the server listen for mail: the one it names, or for 0.0.0.0 those of
// this machine. There are none while it listens on loopback only, or stands behind a router.
func publicAddresses(cfg config.Config) (all []netip.Addr) {
	host, _, err := net.SplitHostPort(cfg.SMTP.Listen)
	if err != nil || config.Loopback(cfg.SMTP.Listen) {
		return nil
	}
	at, err := netip.ParseAddr(host)
	switch {
	case err == nil && !at.IsUnspecified():
		all = []netip.Addr{at.Unmap()}
	case err == nil || host == "":
		for _, a := range localAddresses() {
			all = append(all, a.Unmap())
		}
	}
	all = slices.DeleteFunc(all, func(a netip.Addr) bool { return !courier.Public(a) || at.Is4() && !a.Is4() })
	slices.SortFunc(all, netip.Addr.Compare)
	return slices.Compact(all)
}

// sayDNS prints records for people.
func (c *cli) sayDNS(domain string, all []doctor.Record) {
	c.say("What the DNS of %s must say. Give it to whoever manages the domain.", domain)
	c.say("In a web form, write the short name; it stands for the part in front of .%s, and @ for the domain itself.", domain)
	for i, r := range all {
		c.say("\n%d. %s", i+1, r.Purpose)
		name := r.Name
		if short := r.InForm(domain); short != r.Name {
			name += "   (short: " + short + ")"
		}
		c.say("   name   %s\n   type   %s\n   value  %s", name, r.Type, r.Value)
		if r.Fill != "" {
			c.say("   First %s.", r.Fill)
		}
	}
	c.say("\nThe same as lines of a zone file:\n\n%s", strings.TrimRight(doctor.Zone(all), "\n"))
}

// policyAge is how long others may keep our MTA-STS policy. RFC 8461 §3.2 advises weeks.
const policyAge = 14 * 24 * time.Hour

// ownPolicy is the MTA-STS policy of every community here (RFC 8461): letters are for this host alone, and encrypted. Without a public
// web server there is nowhere to show it, and no policy.
func ownPolicy(cfg config.Config) (courier.Policy, bool) {
	if cfg.Web.Listen == "" || !strings.HasPrefix(cfg.Web.URL, "https://") || cfg.TLS.Mode == config.NoTLS {
		return courier.Policy{}, false
	}
	return courier.Policy{Mode: courier.STSMode(cfg.TLS.MTASTS), MX: []string{cfg.Hostname}, MaxAge: policyAge}, true
}
