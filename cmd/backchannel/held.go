package main

import (
	"fmt"
	"strconv"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/moderation"

	"github.com/spf13/cobra"
)

func (c *cli) newHeld() *cobra.Command {
	return group("held", "The moderation desk: posts that wait for somebody's word", c.newHeldList(), c.newHeldApprove(), c.newHeldRefuse())
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
			c.table([]string{"ID", "LIST", "FROM", "SUBJECT", "WHY", "SINCE"}, rows)
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

func (c *cli) newHeldApprove() *cobra.Command {
	return &cobra.Command{
		Use: "approve ID", Short: "Publish a held post", Args: words("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.decide(cmd, args[0], func(p *Program, tx *db.Tx, h moderation.Held) error { return p.Desk.Approve(tx, h, 0) },
				"Held post %d is published.")
		},
	}
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
	id, err := strconv.ParseInt(typed, 10, 64)
	if err != nil || id < 1 {
		return usage(cmd, "%q is no id of a held post; backchannel held list shows them.", typed)
	}
	return c.with(cmd.Context(), func(p *Program) error {
		err := p.Update(cmd.Context(), func(tx *db.Tx) error {
			h, err := moderation.Find(tx, moderation.HeldID(id))
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
