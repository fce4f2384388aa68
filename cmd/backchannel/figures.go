package main

import (
	"fmt"
	"time"

	"backchannel/archive/db"
	"backchannel/digest/report"
	"backchannel/lists"
	"backchannel/lists/backchannel"

	"github.com/spf13/cobra"
)

func (c *cli) newReport() *cobra.Command {
	return group("report", "What private letters are about, in numbers that name nobody", c.newReportNeeds(), c.newReportCrutch())
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
		least := report.Inside
		if share {
			least = report.Outside
		}
		now := c.now().UTC()
		at := time.Date(now.Year(), now.Month()-1, 1, 0, 0, 0, 0, time.UTC)
		if month != "" {
			t, err := time.Parse("2006-01", month)
			if err != nil {
				return usage(cmd, "--month is a year and a month, as in 2026-06.")
			}
			at = t
		}
		return c.with(cmd.Context(), func(p *Program) error {
			var all []report.Need
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				d, err := lists.TheCommunity(tx, domain)
				if err == nil {
					all, err = report.Needs(tx, d.ID, at, least)
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
			for _, n := range all {
				rows = append(rows, []string{n.Tag, n.People, n.Trend + " (" + n.Median + ")", n.Public})
			}
			c.table([]string{"NEED", "PEOPLE", "TREND (3-MONTH MEDIAN)", "ANSWERED IN PUBLIC"}, rows)
			c.say("%s. Left out: reports, restricted letters, letters without a name, tags with fewer than %d people in each of three months.", at.Format("January 2006"), least)
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

func (c *cli) newReportCrutch() *cobra.Command {
	var asJSON bool
	var domain string
	cmd := &cobra.Command{
		Use: "crutch", Short: "Tell how the last week's private letters lead back to the list", Args: words(),
		Long: "Tells of the last seven days how many letters members began, how many that were closed could have been public (/close p), and how many of\n" +
			"those became a post (/public). Restricted letters are counted only when a month has five of them or more.",
	}
	communityFlag(cmd, &domain)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var t backchannel.Tally
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				d, err := lists.TheCommunity(tx, domain)
				if err == nil {
					t, err = backchannel.CountLetters(tx, d.ID, tx.Now.AddDate(0, 0, -7), tx.Now)
				}
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return c.asJSON(map[string]int{"opened": t.Opened, "closed": t.Closed, "could_be_public": t.Public, "bridged": t.Bridged, "top_three": t.TopThree})
			}
			c.facts("opened by members", fmt.Sprint(t.Opened), "could be public", fmt.Sprintf("%d of %d closed", t.Public, t.Closed),
				"bridged", fmt.Sprintf("%d of %d", t.Bridged, t.Public), "from the top 3 voices", fmt.Sprintf("%d of %d", t.TopThree, t.Opened))
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}
