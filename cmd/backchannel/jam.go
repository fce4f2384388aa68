package main

import (
	"strconv"
	"time"

	"backchannel/archive/db"
	"backchannel/digest"
	"backchannel/lists"

	"github.com/spf13/cobra"
)

func (c *cli) newJam() *cobra.Command {
	return group("jam", "Days that are given to one topic", c.newJamList())
}

func (c *cli) newJamList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list [DOMAIN]", Short: "List the jams that were announced, with how many wrote", Args: words("[DOMAIN]"),
		Long: "Lists the jams that were announced, with how many posts they brought and from how many people. A jam is called for by mail: /jam TAG 22-26 June\n" +
			"to the digest's address. Before its host has said YES it is nobody else's to see.",
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var all []digest.JamLine
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				is, err := lists.TheCommunity(tx, first(args))
				if err != nil {
					return err
				}
				all, err = p.Editor.Jams(tx, is)
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return c.asJSON(all)
			}
			if len(all) == 0 {
				c.say("There has been no jam.")
				return nil
			}
			var rows [][]string
			for _, j := range all {
				rows = append(rows, []string{"#" + j.Tag, j.From.Format(time.DateOnly), j.To.AddDate(0, 0, -1).Format(time.DateOnly), j.State, strconv.Itoa(j.Posts), strconv.Itoa(j.People), j.Host, j.List})
			}
			c.table([]string{"TAG", "FROM", "TO", "STATE", "POSTS", "PEOPLE", "HOST", "LIST"}, rows)
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}
