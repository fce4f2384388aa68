package main

import (
	"context"
	"fmt"
	"strings"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/smtpd/queue"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

func (c *cli) newDue() *cobra.Command {
	var dry, asJSON bool
	cmd := &cobra.Command{
		Use: "due", Short: "Do everything that is due, and end", Args: words(),
		Long: "Does everything that is due by the program's clock: digests, expiries, retention, and the copies in the queue.\n" +
			"It ends when nothing is left to do. While the server runs, the server sends the copies, and due waits for it.\n" +
			"With --at it does what will be due then.",
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only list it")
	jsonFlag(cmd, &asJSON)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			if dry {
				return c.listDue(cmd.Context(), p, asJSON)
			}
			return c.doDue(cmd.Context(), p, asJSON)
		})
	}
	return cmd
}

// dueDone is what a run of due came to, as JSON.
type dueDone struct {
	Dates  int   `json:"dates"`  // done
	Failed int   `json:"failed"` // dates that failed, and are tried again later
	Purged int64 `json:"purged"` // things thrown away because their time was over
	queue.Tally
}

// maxRounds ends due if two parts of the program kept each other busy for ever.
const maxRounds = 20

func (c *cli) doDue(ctx context.Context, p *Program, asJSON bool) error {
	runner, err := p.runner()
	if err != nil {
		return err
	}
	var all dueDone
	for range maxRounds {
		done, failed, err := p.Calendar.RunDue(ctx)
		if err != nil {
			return err
		}
		tally, err := runner.Drain(ctx)
		if err != nil {
			return err
		}
		all.Dates, all.Failed = all.Dates+done, all.Failed+failed
		all.add(tally)
		if done == 0 {
			break // nothing new came of what was sent
		}
	}
	if all.Purged, err = p.purge(ctx); err != nil {
		return err
	}
	if asJSON {
		if err := c.asJSON(all); err != nil {
			return err
		}
	} else {
		c.say("%s", all)
	}
	if all.Left {
		c.note("note: copies are still waiting, because the way out rests or the running server stands still. They are tried again later: backchannel queue list")
	}
	if all.Failed > 0 {
		return refusal.Because(refusal.Unavailable, "%s could not be done; they are tried again later.", count(all.Failed, "date")).Try("the lines above say why; backchannel doctor")
	}
	return nil
}

func (d *dueDone) add(t queue.Tally) {
	d.Delivered, d.Deferred = d.Delivered+t.Delivered, d.Deferred+t.Deferred
	d.Tally.Failed, d.Elsewhere = d.Tally.Failed+t.Failed, d.Elsewhere+t.Elsewhere
	d.Left = t.Left
}

// String tells it in one line.
func (d dueDone) String() string {
	parts := []string{count(d.Dates, "date") + " done"}
	for _, p := range []struct {
		n    int
		what string
	}{{d.Delivered, "delivered"}, {d.Deferred, "to be tried again"}, {d.Tally.Failed, "given up"}, {d.Elsewhere, "sent by the running server"}} {
		if p.n > 0 {
			parts = append(parts, count(p.n, "copy")+" "+p.what)
		}
	}
	if len(parts) == 1 {
		parts = append(parts, "no copies to send")
	}
	return strings.Join(parts, ", ") + "."
}

// dueListed is what is due, as JSON.
type dueListed struct {
	Dates  []calendar.Due `json:"dates"`
	Copies int            `json:"copies"` // that would be tried now
}

func (c *cli) listDue(ctx context.Context, p *Program, asJSON bool) error {
	var due dueListed
	err := p.View(ctx, func(tx *db.Tx) (err error) {
		if due.Dates, err = calendar.List(tx, tx.Now); err != nil {
			return err
		}
		for after := queue.CopyID(0); ; {
			page, err := queue.List(tx, queue.Filter{State: string(queue.Waiting), After: after})
			if err != nil || len(page) == 0 {
				return err
			}
			for _, one := range page {
				if one.Due == nil || !one.Due.After(tx.Now) {
					due.Copies++
				}
			}
			after = page[len(page)-1].ID
		}
	})
	if err != nil {
		return err
	}
	if asJSON {
		due.Dates = some(due.Dates)
		return c.asJSON(due)
	}
	var rows [][]string
	for _, d := range due.Dates {
		rows = append(rows, []string{when(d.At), string(d.Kind), fmt.Sprint(d.Object)})
	}
	c.table([]string{"WHEN", "WHAT", "FOR"}, rows)
	c.say("%s and %s are due.", count(len(due.Dates), "date"), count(due.Copies, "copy"))
	return nil
}
