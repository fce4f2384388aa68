package main

import (
	"context"
	"fmt"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/logbook"
	"backchannel/digest"
	"backchannel/lists"
	"backchannel/smtpd/queue"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

// checked is one thing that check looks at.
type checked struct {
	Name   string   `json:"name"`
	Faults []string `json:"faults"`
}

func (c *cli) newCheck() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "check", Short: "Check the database, and every promise that can be checked", Args: words(),
		Long: "Checks that the database is sound, that the archive's books agree with each other, that every copy ever owed has ended or is owed still,\n" +
			"that every letter taken over became something, and that every reader has a date for the next digest. Nothing is changed.",
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			all, err := p.check(cmd.Context())
			if err != nil {
				return err
			}
			faults := 0
			for _, one := range all {
				faults += len(one.Faults)
			}
			if asJSON {
				err = c.asJSON(all)
			} else {
				c.sayChecked(all)
			}
			if err == nil && faults > 0 {
				err = refusal.Because(refusal.Conflict, "%s found.", count(faults, "fault")).Try("backchannel backup FILE before anything else; then write to whoever helps you, with the lines above")
			}
			return err
		})
	}
	return jsonFlag(cmd, &asJSON)
}

func (c *cli) sayChecked(all []checked) {
	for _, one := range all {
		if len(one.Faults) == 0 {
			c.say("ok     %s", one.Name)
		}
		for _, f := range one.Faults {
			c.say("FAULT  %s: %s", one.Name, f)
		}
	}
}

// Checker compares what a room knows with itself, and gives a sentence for each fault.
type Checker interface {
	Check(tx *db.Tx) ([]string, error)
}

// check looks at everything. Each part is one look at the database, which others may change meanwhile.
func (p *Program) check(ctx context.Context) ([]checked, error) {
	part := func(f func(*db.Tx) ([]string, error)) func() ([]string, error) {
		return func() (faults []string, err error) {
			err = p.View(ctx, func(tx *db.Tx) (err error) { faults, err = f(tx); return err })
			return faults, err
		}
	}
	var all []checked
	for _, one := range []struct {
		name string
		look func() ([]string, error)
	}{
		{"database", func() ([]string, error) { return p.DB.Check(ctx) }},
		{"archive", part(Checker(p.Store).Check)},
		{"queue and logbook", func() ([]string, error) { return p.books(ctx) }},
		{"audit", part(Checker(p.Box).Check)},
		{"wording", part(Checker(p.Office).Check)},
		{"digests", part(Checker(p.Editor).Check)},
		{"calendar", part(checkDigests)},
	} {
		faults, err := one.look()
		if err != nil {
			return nil, fmt.Errorf("check the %s: %w", one.name, err)
		}
		all = append(all, checked{one.name, some(faults)})
	}
	return all, nil
}

// mostNamed is how many letters a fault names.
const mostNamed = 20

// books are the accounts of P13: every copy that was ever owed has ended by the logbook or is owed still, and every letter that was
// taken over became something.
func (p *Program) books(ctx context.Context) (faults []string, err error) {
	err = p.View(ctx, func(tx *db.Tx) error {
		if faults, err = queue.Check(tx); err != nil {
			return err
		}
		lost, err := logbook.Unfinished(tx, mostNamed)
		for _, e := range lost {
			faults = append(faults, fmt.Sprintf("The letter %s was taken over at %s, and nothing tells what became of it.", e.Story, when(e.At)))
		}
		return err
	})
	return faults, err
}

// late is how long after its date a digest may still be waiting to be written: the server may have been down for a while.
const late = 40 * 24 * time.Hour

// checkDigests sees to it that whoever reads by digest has a date, and one that can be true.
func checkDigests(tx *db.Tx) (faults []string, err error) {
	all, err := lists.Communities(tx)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		members, err := lists.Members(tx, c.ID)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			fault, err := checkDigest(tx, m)
			if err != nil {
				return nil, err
			}
			if fault != "" {
				faults = append(faults, fmt.Sprintf("Member %d of %s %s", m.ID, c.Domain, fault))
			}
		}
	}
	return faults, nil
}

func checkDigest(tx *db.Tx, m lists.Member) (fault string, err error) {
	reads, err := readsDigest(tx, m)
	if err != nil || !reads {
		return "", err
	}
	_, planned, err := calendar.At(tx, lists.PlanDigest, int64(m.ID))
	if err != nil || planned {
		return "", err
	}
	at, ok, err := calendar.At(tx, digest.Slot, int64(m.ID))
	switch {
	case err != nil:
		return "", err
	case !ok:
		return "reads by digest and has no date for the next one.", nil
	case at.Sub(tx.Now) > late || tx.Now.Sub(at) > late:
		return fmt.Sprintf("reads by digest, and the next one is dated %s.", when(at)), nil
	}
	return "", nil
}
