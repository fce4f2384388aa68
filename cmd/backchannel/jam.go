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
	return group("jam", "Days that are given to one topic", c.newJamList(), c.newJamShow())
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

func (c *cli) newJamShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show TAG [DOMAIN]", Short: "Show one jam: its questions, and the posts that it brought", Args: words("TAG", "[DOMAIN]"),
		Long: "Shows the newest jam with that tag: its days, its host, its questions, and the posts that it brought, oldest first. Read one with: archive show LIST MESSAGE-ID",
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var jam digest.JamPage
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				is, err := lists.TheCommunity(tx, first(args[1:]))
				if err != nil {
					return err
				}
				jam, err = p.Editor.Jam(tx, is, args[0])
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return c.asJSON(jam)
			}
			c.say("#%s, %s to %s, on %s, called for by %s: %s", jam.Tag, jam.From.Format(time.DateOnly), jam.To.AddDate(0, 0, -1).Format(time.DateOnly), jam.List, jam.Host, jam.State)
			c.say("\n%s\n", jam.Questions)
			c.say("Posts: %d, from %d people.", jam.Posts, jam.People)
			var rows [][]string
			for _, m := range jam.Said {
				rows = append(rows, []string{m.At.Format(time.DateTime), m.Who, m.Subject, m.MessageID})
			}
			if len(rows) > 0 {
				c.table([]string{"DATE", "WHO", "SUBJECT", "MESSAGE-ID"}, rows)
			}
			if jam.Summary != "" {
				c.say("Summed up in: %s", jam.Summary)
			}
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}
