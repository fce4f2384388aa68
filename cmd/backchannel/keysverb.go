package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/smtpd/mailauth"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

// dkimRecord is one DNS record of a DKIM key for one domain.
type dkimRecord struct {
	Selector string     `json:"selector"`
	Use      string     `json:"use"` // signs, waits or retired
	Domain   string     `json:"domain"`
	Name     string     `json:"name"`
	Type     string     `json:"type"`
	Value    string     `json:"value"`
	Until    *time.Time `json:"until,omitempty"` // of a retired key: the record must stay until then, and may go afterwards

	key mailauth.SigningKey // zero for a retired one
}

// The words of a record's use.
const (
	keySigns   = "signs"   // what leaves is signed with it
	keyWaits   = "waits"   // it is next
	keyRetired = "retired" // it signed once
)

// records are the records of these keys for a domain. All but those of retired keys whose time is over must be published.
func (k dkimKeys) records(domain string) []dkimRecord {
	var all []dkimRecord
	for _, one := range []struct {
		use string
		key mailauth.SigningKey
	}{{keySigns, k.signs}, {keyWaits, k.waits}} {
		name, value := one.key.Record(domain)
		all = append(all, dkimRecord{Selector: one.key.Selector, Use: one.use, Domain: domain, Name: name, Type: "TXT", Value: value, key: one.key})
	}
	for _, r := range k.retired {
		until := r.since.Add(recordLife)
		all = append(all, dkimRecord{Selector: r.selector, Use: keyRetired, Domain: domain, Name: mailauth.RecordName(r.selector, domain), Type: "TXT", Value: r.value, Until: &until})
	}
	return all
}

// dkimRecords are the DNS records of our DKIM keys for a community's domain: first that of the key which signs, then that of the one
// that waits, then those of retired keys. Keys that are missing are made.
func (p *Program) dkimRecords(domain string) ([]dkimRecord, error) {
	k, err := p.Ring.Keys()
	if err != nil {
		return nil, err
	}
	return k.records(domain), nil
}

func (c *cli) newKeys() *cobra.Command {
	return group("keys", "The DKIM keys, with which outgoing mail is signed", c.newKeysList(), c.newKeysRotate())
}

func (c *cli) newKeysList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List the keys, and the DNS records that belong to them", Args: words()}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			k, err := p.Ring.Keys()
			if err != nil {
				return err
			}
			domains, err := p.domains(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				var all []dkimRecord
				for _, d := range domains {
					all = append(all, k.records(d)...)
				}
				return c.asJSON(some(all))
			}
			c.sayKeys(k, p.Now())
			for _, d := range domains {
				c.sayRecords(d, k.records(d), p.Now())
			}
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

// domains are the mail domains of all communities.
func (p *Program) domains(ctx context.Context) (all []string, err error) {
	err = p.View(ctx, func(tx *db.Tx) error {
		communities, err := lists.Communities(tx)
		for _, one := range communities {
			all = append(all, one.Domain)
		}
		return err
	})
	return all, err
}

func (c *cli) sayKeys(k dkimKeys, now time.Time) {
	rows := [][]string{
		{k.signs.Selector, keySigns, "outgoing mail is signed with it"},
		{k.waits.Selector, keyWaits, "it is next: backchannel keys rotate"},
	}
	for _, r := range k.retired {
		note := "its DNS record must stay until " + when(r.since.Add(recordLife))
		if !now.Before(r.since.Add(recordLife)) {
			note = "its DNS record may go"
		}
		rows = append(rows, []string{r.selector, keyRetired, note})
	}
	c.table([]string{"SELECTOR", "USE", ""}, rows)
}

// sayRecords prints what to publish for a domain, in a form that a zone file takes as it is.
func (c *cli) sayRecords(domain string, all []dkimRecord, now time.Time) {
	c.say("\nWhat the DNS of %s must say. Where a provider's web page asks for the value, join the pieces and leave the quotes out:", domain)
	for _, r := range all {
		if r.Until == nil || now.Before(*r.Until) {
			c.say("%s. IN TXT ( %s )", r.Name, mailauth.Quoted(r.Value))
		}
	}
}

func (c *cli) newKeysRotate() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use: "rotate", Short: "Sign with the waiting key from now on, and make a new one wait", Args: words(),
		Long: "Signs with the waiting key from now on, destroys the private half of the old one, and makes a new key that waits. A running server\n" +
			"follows within seconds. First it asks the DNS of every community whether the waiting key is published: without its record no\n" +
			"signature made with it is believed.",
	}
	cmd.Flags().BoolVar(&force, "force", false, "do not ask the DNS first")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return c.with(cmd.Context(), func(p *Program) error { return c.rotate(cmd.Context(), p, force) })
	}
	return cmd
}

func (c *cli) rotate(ctx context.Context, p *Program, force bool) error {
	was, err := p.Ring.Keys()
	if err != nil {
		return err
	}
	domains, err := p.domains(ctx)
	if err != nil {
		return err
	}
	if !force {
		if err := published(ctx, p.resolver(), was.waits, domains); err != nil {
			return err
		}
	}
	k, err := rotateDKIM(p.path(keysName), was, p.Now())
	if err != nil {
		return err
	}
	c.say("Outgoing mail is signed with %s from now on; a running server follows within seconds.", k.signs.Selector)
	c.say("The DNS record of %s must stay until %s, when the last signature made with it has expired.", was.signs.Selector, when(p.Now().Add(recordLife)))
	c.say("%s waits. Publish its record now, and copy %s to your safe place again.", k.waits.Selector, p.path(keysName))
	for _, d := range domains {
		c.sayRecords(d, []dkimRecord{k.records(d)[1]}, p.Now())
	}
	return nil
}

// published refuses to go on when the DNS does not say a key for every domain.
func published(ctx context.Context, r mailauth.Resolver, k mailauth.SigningKey, domains []string) error {
	var not []string
	for _, d := range domains {
		if state, why := k.Published(ctx, r, d); state != mailauth.Published {
			not = append(not, fmt.Sprintf("%s: %s", mailauth.RecordName(k.Selector, d), why))
		}
	}
	if len(not) == 0 {
		return nil
	}
	return refusal.Because(refusal.Conflict, "The key that waits is not in the DNS everywhere (%s), so nobody would believe what it signs. Nothing was changed.", strings.Join(not, "; ")).
		Try("backchannel keys list shows the records to publish; when they are there, rotate again. With --force the DNS is not asked")
}
