package main

import (
	"fmt"
	"strconv"
	"strings"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/moderation"

	"github.com/spf13/cobra"
)

func (c *cli) newHeld() *cobra.Command {
	return group("held", "The moderation desk: posts that wait for somebody's word", c.newHeldList(), c.newHeldShow(), c.newHeldApprove(), c.newHeldRefuse())
}

// heldShown is a held post as JSON.
type heldShown struct {
	moderation.Held
	List string `json:"list"`
}

func (c *cli) newHeldList() *cobra.Command {
	var asJSON bool
	var domain string
	cmd := &cobra.Command{Use: "list", Short: "List what waits, oldest first", Args: words()}
	communityFlag(cmd, &domain)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var all []heldShown
			err := p.View(cmd.Context(), func(tx *db.Tx) (err error) {
				all, err = heldPosts(tx, domain)
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return c.asJSON(some(all))
			}
			var rows [][]string
			for _, h := range all {
				rows = append(rows, []string{fmt.Sprint(h.ID), h.List, h.From, clip(h.Subject, 50), string(h.Why), when(h.Asked)})
			}
			c.tableOr("Nothing waits.", []string{"ID", "LIST", "FROM", "SUBJECT", "WHY", "SINCE"}, rows)
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

func heldPosts(tx *db.Tx, domain string) (all []heldShown, err error) {
	where, err := communities(tx, domain)
	if err != nil {
		return nil, err
	}
	for _, one := range where {
		held, err := moderation.List(tx, one.ID)
		if err != nil {
			return nil, err
		}
		for _, h := range held {
			l, err := lists.ListByID(tx, h.List)
			if err != nil {
				return nil, err
			}
			all = append(all, heldShown{h, l.Address().String()})
		}
	}
	return all, nil
}

func (c *cli) newHeldShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "show ID", Short: "Show a held post; of one that may be private only that it waits", Args: words("ID")}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		id, err := heldID(cmd, args[0])
		if err != nil {
			return err
		}
		return c.with(cmd.Context(), func(p *Program) error {
			var s heldWhole
			err := p.View(cmd.Context(), func(tx *db.Tx) (err error) {
				h, err := moderation.Find(tx, id)
				if err != nil {
					return err
				}
				l, err := lists.ListByID(tx, h.List)
				if err != nil {
					return err
				}
				s.Shown, err = p.Desk.Show(tx, h)
				s.List = l.Address().String()
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return c.asJSON(s)
			}
			decided := ""
			if !s.Decided.IsZero() {
				decided = when(s.Decided)
			}
			c.facts("id", fmt.Sprint(s.ID), "list", s.List, "from", s.From, "subject", s.Subject, "why", string(s.Why), "state", string(s.State), "asked", when(s.Asked),
				"decided", decided, "story", s.Story, "attached", strings.Join(s.Files, ", "))
			if s.Text != "" {
				c.say("\n%s", s.Text)
			}
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

// heldWhole is a held post with its text as JSON.
type heldWhole struct {
	moderation.Shown
	List string `json:"list"`
}

func (c *cli) newHeldApprove() *cobra.Command {
	var always bool
	cmd := &cobra.Command{Use: "approve ID", Short: "Publish a held post", Args: words("ID")}
	cmd.Flags().BoolVar(&always, "always", false, "and let its author's posts pass from now on")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		how := func(p *Program, tx *db.Tx, h moderation.Held) error { return p.Desk.Approve(tx, h, 0) }
		if always {
			how = func(p *Program, tx *db.Tx, h moderation.Held) error { return p.Desk.ApproveAlways(tx, h, 0) }
		}
		return c.decide(cmd, args[0], how, "Held post %d is published.")
	}
	return cmd
}

func heldID(cmd *cobra.Command, typed string) (moderation.HeldID, error) {
	id, err := strconv.ParseInt(typed, 10, 64)
	if err != nil || id < 1 {
		return 0, usage(cmd, "%q is no id of a held post; backchannel held list shows them.", typed)
	}
	return moderation.HeldID(id), nil
}

func (c *cli) newHeldRefuse() *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: "refuse ID", Short: "Give a held post up; its author is told", Args: words("ID")}
	cmd.Flags().StringVar(&reason, "reason", "", "why, in words for the author")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.decide(cmd, args[0], func(p *Program, tx *db.Tx, h moderation.Held) error { return p.Desk.Refuse(tx, h, 0, reason) },
			"Held post %d is given up, and its author is told.")
	}
	return cmd
}

func (c *cli) decide(cmd *cobra.Command, typed string, how func(*Program, *db.Tx, moderation.Held) error, done string) error {
	id, err := heldID(cmd, typed)
	if err != nil {
		return err
	}
	return c.with(cmd.Context(), func(p *Program) error {
		err := p.Update(cmd.Context(), func(tx *db.Tx) error {
			h, err := moderation.Find(tx, id)
			if err != nil {
				return err
			}
			return how(p, tx, h)
		})
		if err != nil {
			return err
		}
		c.say(done, id)
		return nil
	})
}
