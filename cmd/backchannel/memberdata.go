package main

import (
	"backchannel/archive/db"

	"github.com/spf13/cobra"
)

// newMemberData mails a member what is kept of them. It goes to nobody else: private letters are not the operator's to take.
func (c *cli) newMemberData() *cobra.Command {
	var domain string
	cmd := &cobra.Command{
		Use: "export-data ADDRESS", Short: "Mail a member their own data, as their word EXPORT does", Args: words("ADDRESS"),
		Long: "Mails a member their posts, their private letters with the answers, and their settings, to their first address and to no other.\n" +
			"Once in 24 hours. It is written by the running server, or by: backchannel due.",
	}
	communityFlag(cmd, &domain)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var to string
			err := p.Update(cmd.Context(), func(tx *db.Tx) error {
				m, err := theMember(tx, domain, args[0])
				if err != nil {
					return err
				}
				to = m.Address.String()
				return p.Box.AskExport(tx, m)
			})
			if err == nil {
				c.say("It goes to %s.", to)
			}
			return err
		})
	}
	return cmd
}
