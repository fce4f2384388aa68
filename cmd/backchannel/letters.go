package main

import (
	"fmt"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

func (c *cli) newLetters() *cobra.Command {
	return group("letters", "The back-channel desk: private letters, as one of the managers sees them",
		c.newLettersList(), c.newLettersShow(), c.newLettersClose())
}

// eyes is which manager's eyes the operator borrows.
type eyes struct{ community, as string }

func (d *eyes) flags(cmd *cobra.Command) {
	communityFlag(cmd, &d.community)
	cmd.Flags().StringVar(&d.as, "as", "", "the manager whose letters these are (wanted)")
}

// check wants --as before anything is opened: private letters are nobody's but the managers' who may see them.
func (d *eyes) check(cmd *cobra.Command) error {
	if d.as == "" {
		return usage(cmd, "Private letters are for the managers who may see them; please say which one with --as ADDRESS.")
	}
	return nil
}

// manager finds who that is.
func (d *eyes) manager(tx *db.Tx) (lists.Member, error) {
	m, err := theMember(tx, d.community, d.as)
	if err == nil && !m.Manager() {
		err = refusal.Because(refusal.NotAllowed, "%s is no manager and sees no private letters.", m.Address).Try("backchannel member list shows who is")
	}
	return m, err
}

// convShown is a conversation as JSON.
type convShown struct {
	ID      string             `json:"id"`
	State   backchannel.State  `json:"state"`
	From    string             `json:"from"`
	Subject string             `json:"subject"`
	About   string             `json:"about,omitempty"`
	Owner   string             `json:"owner,omitempty"`
	Opened  time.Time          `json:"opened"`
	Lines   []backchannel.Line `json:"lines,omitempty"`
}

func showConv(tx *db.Tx, v backchannel.Conv) (convShown, error) {
	s := convShown{ID: v.Code, State: v.State, From: v.Name, Subject: v.Subject, About: v.About.Thread, Opened: v.Opened}
	if v.Owner == 0 {
		return s, nil
	}
	owner, err := lists.MemberByID(tx, v.Owner)
	s.Owner = owner.FirstName()
	return s, err
}

func (c *cli) newLettersList() *cobra.Command {
	var asJSON, closed bool
	var d eyes
	cmd := &cobra.Command{Use: "list --as MANAGER", Short: "List the conversations a manager may see, newest first", Args: words()}
	d.flags(cmd)
	cmd.Flags().BoolVar(&closed, "all", false, "also the closed ones")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := d.check(cmd); err != nil {
			return err
		}
		return c.with(cmd.Context(), func(p *Program) error {
			var all []convShown
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				m, err := d.manager(tx)
				if err != nil {
					return err
				}
				found, err := p.Box.List(tx, m, closed)
				if err != nil {
					return err
				}
				for _, v := range found {
					s, err := showConv(tx, v)
					if err != nil {
						return err
					}
					all = append(all, s)
				}
				return nil
			})
			if err != nil {
				return err
			}
			if asJSON {
				return c.asJSON(some(all))
			}
			var rows [][]string
			for _, s := range all {
				rows = append(rows, []string{s.ID, string(s.State), s.From, clip(s.Subject, 50), s.Owner, when(s.Opened)})
			}
			c.table([]string{"ID", "STATE", "FROM", "SUBJECT", "OWNER", "SINCE"}, rows)
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

func (c *cli) newLettersShow() *cobra.Command {
	var asJSON bool
	var d eyes
	cmd := &cobra.Command{Use: "show ID --as MANAGER", Short: "Show a conversation", Args: words("ID")}
	d.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := d.check(cmd); err != nil {
			return err
		}
		return c.with(cmd.Context(), func(p *Program) error {
			var s convShown
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				m, err := d.manager(tx)
				if err != nil {
					return err
				}
				v, err := p.Box.ByCode(tx, m, args[0])
				if err != nil {
					return err
				}
				if s, err = showConv(tx, v); err != nil {
					return err
				}
				s.Lines, err = p.Box.Show(tx, v)
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return c.asJSON(s)
			}
			c.facts("id", s.ID, "state", string(s.State), "from", s.From, "subject", s.Subject, "about", s.About, "owner", s.Owner, "opened", when(s.Opened))
			for _, l := range s.Lines {
				c.say("\n%s, %s (%s)\n%s", letter.CleanLine(l.Who), when(l.At), l.Dir, letter.CleanText(l.Text))
			}
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

func (c *cli) newLettersClose() *cobra.Command {
	var d eyes
	cmd := &cobra.Command{Use: "close ID --as MANAGER", Short: "Close a conversation; a letter of its writer opens it again", Args: words("ID")}
	d.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := d.check(cmd); err != nil {
			return err
		}
		return c.with(cmd.Context(), func(p *Program) error {
			var code string
			err := p.Update(cmd.Context(), func(tx *db.Tx) error {
				m, err := d.manager(tx)
				if err != nil {
					return err
				}
				v, err := p.Box.ByCode(tx, m, args[0])
				if err != nil {
					return err
				}
				code = v.Code
				if v.State == backchannel.Closed {
					return refusal.Because(refusal.Conflict, "%s is closed already.", fmt.Sprint(v.Code))
				}
				return p.Box.Close(tx, v, m)
			})
			if err != nil {
				return err
			}
			c.say("%s is closed.", code)
			return nil
		})
	}
	return cmd
}
