package main

import (
	"context"
	"fmt"
	"strconv"

	"backchannel/archive/db"
	"backchannel/smtpd/queue"

	"github.com/spf13/cobra"
)

func (c *cli) newQueue() *cobra.Command {
	return group("queue", "Copies still owed", c.newQueueList(), c.newQueueShow(),
		c.newQueueVerb("retry", "Make a waiting copy due at once", "due at once", queue.Retry, queue.RetryAll),
		c.newQueueDrop(), c.newQueueHold(), c.newQueueOperators(),
		c.newQueueVerb("release", "Let a held copy go its way", "released", queue.Release, queue.ReleaseAll))
}

func (c *cli) newQueueList() *cobra.Command {
	var asJSON bool
	var f queue.Filter
	var to string
	var after int64
	cmd := &cobra.Command{Use: "list", Short: "List copies owed, oldest first", Args: words()}
	flags := cmd.Flags()
	oneOf(cmd, &f.State, "state", "A copy's state", "only these", "waiting", "sending", "held", "aside")
	flags.StringVar(&to, "to", "", "only to this address")
	flags.Int64Var(&after, "after", 0, "only those with a higher number: the next page")
	flags.IntVar(&f.Most, "limit", 1000, "how many")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if f.Most < 1 {
			return usage(cmd, "--limit is a number of copies, at least 1.")
		}
		f.After = queue.CopyID(after)
		if to != "" {
			a, err := parseAddress(to)
			if err != nil {
				return err
			}
			f.To = a
		}
		return c.with(cmd.Context(), func(p *Program) error {
			var all []queue.Listing
			var rest []queue.Pause
			err := p.View(cmd.Context(), func(tx *db.Tx) (err error) {
				if all, err = queue.List(tx, f); err == nil {
					rest, err = queue.Pauses(tx)
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
			for _, l := range all {
				said := l.Said
				if l.State == "held" {
					said = l.Held
				}
				rows = append(rows, []string{fmt.Sprint(l.ID), l.State, l.To, l.Source, fmt.Sprint(l.Attempts), next(l), clip(said, 60)})
			}
			c.tableOr("No such copy is owed.", []string{"COPY", "STATE", "TO", "WHY", "TRIED", "NEXT", "LAST"}, rows)
			if len(all) == f.Most {
				c.note("note: there may be more; --after %d shows them.", all[len(all)-1].ID)
			}
			for _, one := range rest {
				c.note("note: nothing goes to %s before %s: %s (copy %d).", one.Operator, when(one.Until), one.Why, one.Copy)
			}
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

func (c *cli) newQueueOperators() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "operators", Short: "List the mail providers that asked for a rest", Args: words(),
		Long: "Lists whoever has asked us to slow down (4.7.x): with relay.mode direct those who run the mail servers of some domains, with smarthost the\n" +
			"smarthost. Nothing goes there before the date shown, also after a restart. backchannel queue retry ends all such rests; it is wise to mend what was wrong first.",
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var all []queue.Pause
			if err := p.View(cmd.Context(), func(tx *db.Tx) (err error) { all, err = queue.Pauses(tx); return err }); err != nil {
				return err
			}
			if asJSON {
				return c.asJSON(some(all))
			}
			if len(all) == 0 {
				c.note("Nobody has asked for a rest.")
				return nil
			}
			var rows [][]string
			for _, one := range all {
				rows = append(rows, []string{one.Operator, when(one.Until), one.Why, fmt.Sprint(one.Copy)})
			}
			c.table([]string{"OPERATOR", "RESTS UNTIL", "BECAUSE", "COPY"}, rows)
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

// next is when a copy is tried again.
func next(l queue.Listing) string {
	switch {
	case l.State != string(queue.Waiting):
		return ""
	case l.Due == nil:
		return "now"
	}
	return when(*l.Due)
}

func (c *cli) newQueueShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "show COPY", Short: "Show one copy", Args: words("COPY")}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		id, err := copyID(cmd, args[0])
		if err != nil {
			return err
		}
		return c.with(cmd.Context(), func(p *Program) error {
			var l queue.Listing
			err := p.View(cmd.Context(), func(tx *db.Tx) (err error) { l, err = queue.Show(tx, id); return err })
			if err != nil {
				return err
			}
			if asJSON {
				return c.asJSON(l)
			}
			c.facts("copy", fmt.Sprint(l.ID), "state", l.State, "to", l.To, "why", l.Source, "story", l.Story, "Message-ID", l.MessageID, "tried", fmt.Sprint(l.Attempts),
				"owed since", when(l.Since), "next", next(l), "held because", l.Held, "last", l.Said)
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

// copyID reads the number of a copy.
func copyID(cmd *cobra.Command, typed string) (queue.CopyID, error) {
	n, err := strconv.ParseInt(typed, 10, 64)
	if err != nil || n < 1 {
		return 0, usage(cmd, "%q is no number of a copy; backchannel queue list shows them.", typed)
	}
	return queue.CopyID(n), nil
}

// newQueueVerb is a verb for one copy or for --all.
func (c *cli) newQueueVerb(verb, short, done string, one func(*db.Tx, queue.CopyID) error, every func(*db.Tx) (int64, error)) *cobra.Command {
	var all bool
	cmd := &cobra.Command{Use: verb + " COPY | --all", Short: short, Args: words("[COPY]")}
	cmd.Flags().BoolVar(&all, "all", false, "all of them")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if all == (len(args) == 1) {
			return usage(cmd, "Please name one copy by its number, or all of them by --all.")
		}
		return c.with(cmd.Context(), func(p *Program) error {
			if all {
				return c.onAll(cmd.Context(), p, done, every)
			}
			return c.onCopy(cmd, p, args[0], done, one)
		})
	}
	return cmd
}

func (c *cli) onCopy(cmd *cobra.Command, p *Program, typed, done string, f func(*db.Tx, queue.CopyID) error) error {
	id, err := copyID(cmd, typed)
	if err != nil {
		return err
	}
	if err := p.Update(cmd.Context(), func(tx *db.Tx) error { return f(tx, id) }); err != nil {
		return err
	}
	c.say("Copy %d is %s.", id, done)
	return nil
}

func (c *cli) onAll(ctx context.Context, p *Program, done string, f func(*db.Tx) (int64, error)) error {
	var n int64
	if err := p.Update(ctx, func(tx *db.Tx) (err error) { n, err = f(tx); return err }); err != nil {
		return err
	}
	c.say("%s %s.", count(n, "copy"), done)
	return nil
}

// byOperator is the reason noted for what the operator did without saying why.
const byOperator = "by the operator"

func (c *cli) newQueueDrop() *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: "drop COPY", Short: "Give a copy up", Args: words("COPY")}
	cmd.Flags().StringVar(&reason, "reason", byOperator, "why, for the logbook")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			return c.onCopy(cmd, p, args[0], "given up", func(tx *db.Tx, id queue.CopyID) error { return queue.DropAndTell(tx, id, reason, p.enders()) })
		})
	}
	return cmd
}

func (c *cli) newQueueHold() *cobra.Command {
	var reason string
	cmd := c.newQueueVerb("hold", "Keep a copy back until it is released", "held back",
		func(tx *db.Tx, id queue.CopyID) error { return queue.Hold(tx, id, reason) },
		func(tx *db.Tx) (int64, error) { return queue.HoldAll(tx, reason) })
	cmd.Flags().StringVar(&reason, "reason", byOperator, "why, for whoever looks later")
	return cmd
}
