package main

import (
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

func (c *cli) newAudit() *cobra.Command {
	return group("audit", "What managers did that others must be able to check; nobody can change it", c.newAuditShow(), c.newAuditVerify())
}

func (c *cli) newAuditShow() *cobra.Command {
	var asJSON bool
	var most int
	var d eyes
	cmd := &cobra.Command{Use: "show --as MANAGER", Short: "Show the newest entries that a manager may see, oldest first", Args: words()}
	d.flags(cmd)
	cmd.Flags().IntVar(&most, "most", 200, "how many entries")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := d.check(cmd); err != nil {
			return err
		}
		if most < 1 {
			return usage(cmd, "--most must be 1 or more.")
		}
		return c.with(cmd.Context(), func(p *Program) error {
			var all []backchannel.Audited
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				m, err := d.manager(tx)
				if err == nil {
					all, err = p.Box.Audit(tx, m, most)
				}
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return c.asJSON(some(all))
			}
			var rows [][]string
			for _, e := range all {
				rows = append(rows, []string{when(e.At), e.Who, e.Action, e.Object, e.Detail})
			}
			c.tableOr("The audit has no entry that this manager may see.", []string{"WHEN", "WHO", "WHAT", "LETTER", "DETAIL"}, rows)
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

func (c *cli) newAuditVerify() *cobra.Command {
	var community string
	cmd := &cobra.Command{
		Use: "verify FINGERPRINT", Short: "Tell whether a fingerprint that the ombuds was mailed is still in the audit", Args: words("FINGERPRINT…"),
		Long: "Each entry of the audit bears a fingerprint of all that came before it, and the ombuds gets the newest one every week. If the one you type\n" +
			"is still in the audit, nothing up to it was changed or taken out since it was mailed.",
	}
	communityFlag(cmd, &community)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var entries int64
			var at time.Time
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				d, err := lists.TheCommunity(tx, community)
				if err != nil {
					return err
				}
				entries, at, err = p.Box.Verify(tx, d, strings.Join(args, ""))
				return err
			})
			if r, ok := refusal.As(err); ok && r.Kind == refusal.NotFound {
				return r.Try("the fingerprint once more, from the mail; then backchannel check")
			}
			if err != nil {
				return err
			}
			c.say("It is entry %d, of %s. Nothing up to it was changed or taken out.", entries, when(at))
			return nil
		})
	}
	return cmd
}
