package main

import (
	"backchannel/archive/db"
	"backchannel/digest"
	"backchannel/lists"

	"github.com/spf13/cobra"
)

func (c *cli) newDigestIssues() *cobra.Command {
	var domain, member string
	var most int
	var asJSON bool
	cmd := &cobra.Command{
		Use: "issues", Short: "List what became of the last digests, of one member or of all", Args: words(),
		Long: "Lists the last slots of the digest, the newest first, and what became of each: skipped (with the reason), owed (it waits for its delivery), held,\n" +
			"delivered (the other side took it over), bounced, dropped, superseded (a later one told the same), or sent (the logbook does not go back so far).\n" +
			"The whole story of one: backchannel trace MESSAGE-ID",
	}
	communityFlag(cmd, &domain)
	cmd.Flags().StringVar(&member, "member", "", "of this member alone")
	cmd.Flags().IntVar(&most, "limit", 50, "how many")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if most < 1 {
			return usage(cmd, "--limit is a number of digests, at least 1.")
		}
		return c.with(cmd.Context(), func(p *Program) error {
			var all []digest.IssueLine
			var m lists.Member
			reads := true
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				community, err := lists.TheCommunity(tx, domain)
				if err == nil && member != "" {
					if m, err = lists.TheMember(tx, community, member); err == nil {
						reads, err = readsDigest(tx, m)
					}
				}
				if err == nil {
					all, err = p.Editor.Issues(tx, community, m.ID, most)
				}
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return c.asJSON(all)
			}
			c.showIssues(all)
			if !reads {
				c.note("note: %s gets no digest now (%s); backchannel member show %s tells more.", m.Address, m.State, m.Address)
			}
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

func (c *cli) showIssues(all []digest.IssueLine) {
	if len(all) == 0 {
		c.say("No digest has been due yet.")
		return
	}
	var rows [][]string
	for _, i := range all {
		rows = append(rows, []string{when(i.Slot), i.Member, i.Fate, clip(i.Why, 80), i.MessageID})
	}
	c.table([]string{"SLOT", "MEMBER", "FATE", "WHY", "MESSAGE-ID"}, rows)
}
