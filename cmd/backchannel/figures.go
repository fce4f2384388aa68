package main

import (
	"context"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/digest/report"
	"backchannel/lists"
	"backchannel/lists/backchannel"

	"github.com/spf13/cobra"
)

func (c *cli) newReport() *cobra.Command {
	return group("report", "How a community is, and what its private letters are about, in numbers",
		c.newReportState(), c.newReportCrutch(), c.newReportNeeds(), c.newReportQuiet())
}

// figures does something with the figures of a community, of the one that is named or the only one.
func (c *cli) figures(ctx context.Context, domain string, do func(tx *db.Tx, p *Program, d lists.Community) error) error {
	return c.with(ctx, func(p *Program) error {
		return p.View(ctx, func(tx *db.Tx) error {
			d, err := lists.TheCommunity(tx, domain)
			if err != nil {
				return err
			}
			return do(tx, p, d)
		})
	})
}

func (c *cli) newReportState() *cobra.Command {
	var asJSON, share bool
	var domain string
	cmd := &cobra.Command{
		Use: "state", Short: "Tell how the community is", Args: words(),
		Long: "Tells what managers get by mail in the first week of a month: who posts, how fast somebody replies, who waits, on how few people it all\n" +
			"rests, who fell silent. With --share it names nobody, and tells no number about fewer than three people. What each figure means, managers\n" +
			"are told by mail: /help health.",
	}
	communityFlag(cmd, &domain)
	cmd.Flags().BoolVar(&share, "share", false, "to be shown to others: no names, no number about fewer than three people")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var t backchannel.StateReport
		err := c.figures(cmd.Context(), domain, func(tx *db.Tx, p *Program, d lists.Community) (err error) {
			t, err = p.Figures.State(tx, d, lists.Member{}, share)
			return err
		})
		if err != nil {
			return err
		}
		if asJSON {
			return c.asJSON(stateJSON(t))
		}
		words, err := t.Render()
		if err == nil {
			c.say("%s", strings.TrimSpace(untilReply(words.Text)))
		}
		return err
	}
	return jsonFlag(cmd, &asJSON)
}

// untilReply cuts off what a mail says about replies to it.
func untilReply(text string) string {
	text, _, _ = strings.Cut(text, "\n\nReply ")
	return text
}

func (c *cli) newReportCrutch() *cobra.Command {
	var asJSON bool
	var domain string
	cmd := &cobra.Command{
		Use: "crutch", Short: "Tell how private letters lead back to the lists", Args: words(),
		Long: "Tells of the last four weeks what managers get by mail every Monday: how many letters members began beside new threads, how many of those\n" +
			"closed could have been public (/close p), how many of these became a thread, how many who wrote in private then posted, and what could be\n" +
			"done. Reports, letters that not every manager may see, and letters of strangers are in no figure.",
	}
	communityFlag(cmd, &domain)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var t backchannel.CrutchReport
		err := c.figures(cmd.Context(), domain, func(tx *db.Tx, p *Program, d lists.Community) (err error) {
			t, err = p.Figures.Crutch(tx, d, lists.Member{})
			return err
		})
		if err != nil {
			return err
		}
		if asJSON {
			return c.asJSON(crutchJSON(t.Crutch, t.Acts))
		}
		words, err := t.Render()
		if err == nil {
			c.say("%s", strings.TrimSpace(untilReply(words.Text)))
		}
		return err
	}
	return jsonFlag(cmd, &asJSON)
}

func (c *cli) newReportNeeds() *cobra.Command {
	var asJSON, share bool
	var domain, month string
	cmd := &cobra.Command{
		Use: "needs", Short: "Tell what members asked the managers for in a month, by tag", Args: words(),
		Long: "Tells how many people wrote to the managers about each tag in a month, with the trend of three months. Of fewer than three people it\n" +
			"tells nothing but that; with --share, to show to others, of fewer than five. Reports, restricted letters and letters without a name are left out.",
	}
	communityFlag(cmd, &domain)
	cmd.Flags().StringVar(&month, "month", "", "which one, as in 2026-06; without, the last that is over")
	cmd.Flags().BoolVar(&share, "share", false, "no number below five, to be shown outside")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var at time.Time
		if month != "" {
			var err error
			if at, err = time.Parse("2006-01", month); err != nil {
				return usage(cmd, "--month is a year and a month, as in 2026-06.")
			}
		}
		var t backchannel.NeedsReport
		err := c.figures(cmd.Context(), domain, func(tx *db.Tx, p *Program, d lists.Community) (err error) {
			t, err = p.Figures.Needs(tx, d, lists.Member{}, at, share)
			return err
		})
		if err != nil {
			return err
		}
		if asJSON {
			all := []report.Need{}
			for _, n := range t.Needs {
				all = append(all, report.Need(n))
			}
			return c.asJSON(all)
		}
		var rows [][]string
		for _, n := range t.Needs {
			rows = append(rows, []string{n.Tag, n.People, n.Trend + " (" + n.Median + ")", n.InPublic()})
		}
		c.table([]string{"NEED", "PEOPLE", "TREND (3-MONTH MEDIAN)", "IN PUBLIC"}, rows)
		c.say("%s. Left out: reports, restricted letters, letters without a name, tags with fewer than %d people in each of three months.", t.Month.Format("January 2006"), t.Least)
		return nil
	}
	return jsonFlag(cmd, &asJSON)
}

func (c *cli) newReportQuiet() *cobra.Command {
	var asJSON bool
	var domain, off, on string
	cmd := &cobra.Command{
		Use: "quiet", Short: "Tell who used to post and fell silent", Args: words(),
		Long: "Lists members whose last post is sixty days to a year old, for a personal hello. Nobody is written to. --off takes a member off this list\n" +
			"for good, because they do not want to be written to when they are silent; --on brings them back.",
	}
	communityFlag(cmd, &domain)
	cmd.Flags().StringVar(&off, "off", "", "the address of a member who wants to be left alone")
	cmd.Flags().StringVar(&on, "on", "", "the address of one who does not any more")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if off != "" && on != "" {
			return usage(cmd, "Please name one member at a time.")
		}
		if off != "" || on != "" {
			return c.with(cmd.Context(), func(p *Program) error {
				return p.Update(cmd.Context(), func(tx *db.Tx) error {
					d, err := lists.TheCommunity(tx, domain)
					if err != nil {
						return err
					}
					_, err = p.Figures.LeaveAlone(tx, d, off+on, off != "")
					return err
				})
			})
		}
		type person struct {
			Name    string    `json:"name"`
			Address string    `json:"address"`
			Last    time.Time `json:"last"`
			Subject string    `json:"subject"`
		}
		all := []person{}
		err := c.figures(cmd.Context(), domain, func(tx *db.Tx, p *Program, d lists.Community) error {
			found, _, err := p.Figures.Quiet(tx, d)
			for _, q := range found {
				all = append(all, person{q.Name, q.Address, q.Last, q.Subject})
			}
			return err
		})
		if err != nil {
			return err
		}
		if asJSON {
			return c.asJSON(all)
		}
		var rows [][]string
		for _, q := range all {
			rows = append(rows, []string{q.Name, q.Address, q.Last.Format(time.DateOnly), q.Subject})
		}
		c.table([]string{"NAME", "ADDRESS", "LAST POST", "ABOUT"}, rows)
		return nil
	}
	return jsonFlag(cmd, &asJSON)
}
