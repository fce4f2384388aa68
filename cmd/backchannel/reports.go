package main

import (
	"slices"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/digest/report"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

func (c *cli) newReports() *cobra.Command {
	return group("reports", "What other mail systems report about your domain", c.newReportsShow())
}

func (c *cli) newReportsShow() *cobra.Command {
	var asJSON bool
	var domain string
	var days int
	cmd := &cobra.Command{
		Use: "show", Short: "Tell how much of the mail in your name was yours, and whether your hosts are reached over TLS", Args: words(),
		Long: "Tells, a sentence for each day, what other mail systems report about your domain: how much of the mail in its name came from your\n" +
			"hosts (DMARC), and whether they reach your hosts over TLS. They send their reports to dmarc-reports@ and tls-reports@ of the domain,\n" +
			"as its DNS asks them to (backchannel dns). Anybody can write such a report, so each sentence says who told it. --json shows every source.",
	}
	communityFlag(cmd, &domain)
	cmd.Flags().IntVar(&days, "days", 14, "how many days back; 90 are kept")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if days < 1 || days > 90 {
			return usage(cmd, "--days is a number from 1 to 90.")
		}
		return c.with(cmd.Context(), func(p *Program) error {
			all := []report.Day{}
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				where, err := communities(tx, domain)
				for _, one := range where {
					found, err := report.Days(tx, one, tx.Now.AddDate(0, 0, -days))
					if err != nil {
						return err
					}
					all = append(all, found...)
				}
				return err
			})
			switch {
			case err != nil:
				return err
			case asJSON:
				return c.asJSON(all)
			case len(all) == 0:
				return refusal.Because(refusal.NotFound, "No report came about the last %d days.", days).
					Try("backchannel dns: the records _dmarc and _smtp._tls ask for reports, which come once a day")
			}
			for _, d := range all {
				c.say("%s\n  (told by %s)", letter.CleanLine(d.Sentence()), reporters(d))
			}
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

// reporters are those who told of a day.
func reporters(d report.Day) string {
	var names []string
	for _, s := range d.Sources {
		if name := letter.CleanLine(s.Reporter); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if len(names) > 5 {
		names = append(names[:5], "and more")
	}
	if len(names) == 0 {
		return "somebody without a name"
	}
	return strings.Join(names, ", ")
}
