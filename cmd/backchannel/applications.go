package main

import (
	"fmt"
	"strconv"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/membership"

	"github.com/spf13/cobra"
)

func (c *cli) newApplications() *cobra.Command {
	return group("applications", "People who asked to join, or are invited", c.newApplicationsList(), c.newApplicationsShow(), c.newApplicationsAccept(), c.newApplicationsDecline())
}

// applicationShown is an application as JSON.
type applicationShown struct {
	membership.Application
	Address   string      `json:"address"`
	Community string      `json:"community"`
	Sponsor   string      `json:"sponsor,omitempty"`
	Inviter   string      `json:"inviter,omitempty"`
	Ballots   []voteShown `json:"votes"`
}

// voteShown is one manager's vote as JSON.
type voteShown struct {
	Manager string            `json:"manager"`
	Choice  membership.Choice `json:"choice"`
	Words   string            `json:"words,omitempty"`
}

func showApplication(tx *db.Tx, c lists.Community, a membership.Application) (s applicationShown, err error) {
	s = applicationShown{Application: a, Address: a.Address.String(), Community: c.Domain, Ballots: []voteShown{}}
	if s.Sponsor, err = nameOf(tx, a.Sponsor); err != nil {
		return s, err
	}
	if s.Inviter, err = nameOf(tx, a.Inviter); err != nil {
		return s, err
	}
	votes, err := membership.Votes(tx, a.ID)
	for _, v := range votes {
		name, err := nameOf(tx, v.Manager)
		if err != nil {
			return s, err
		}
		s.Ballots = append(s.Ballots, voteShown{name, v.Choice, v.Words})
	}
	return s, err
}

// nameOf is how a member is called; "" for none.
func nameOf(tx *db.Tx, id lists.MemberID) (string, error) {
	if id == 0 {
		return "", nil
	}
	m, err := lists.MemberByID(tx, id)
	if m.Name == "" {
		return m.Address.String(), err
	}
	return m.Name, err
}

func (c *cli) newApplicationsList() *cobra.Command {
	var asJSON, everybody bool
	var domain string
	cmd := &cobra.Command{Use: "list", Short: "List who waits, oldest first", Args: words()}
	communityFlag(cmd, &domain)
	cmd.Flags().BoolVar(&everybody, "all", false, "also those that were decided in the last 30 days")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var all []applicationShown
			err := p.View(cmd.Context(), func(tx *db.Tx) (err error) {
				all, err = applications(tx, domain, everybody)
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return c.asJSON(some(all))
			}
			var rows [][]string
			for _, a := range all {
				rows = append(rows, []string{fmt.Sprint(a.ID), a.Code, a.Address, a.Name, string(a.State), fmt.Sprintf("%d of %d", yes(a.Ballots), a.Votes), when(a.Asked)})
			}
			c.tableOr("Nobody waits.", []string{"ID", "CODE", "ADDRESS", "NAME", "STATE", "YES", "SINCE"}, rows)
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

func yes(votes []voteShown) (n int) {
	for _, v := range votes {
		if v.Choice == membership.Yes {
			n++
		}
	}
	return n
}

func applications(tx *db.Tx, domain string, everybody bool) (shown []applicationShown, err error) {
	where, err := communities(tx, domain)
	if err != nil {
		return nil, err
	}
	for _, one := range where {
		all, err := membership.Applications(tx, one.ID, everybody)
		if err != nil {
			return nil, err
		}
		for _, a := range all {
			s, err := showApplication(tx, one, a)
			if err != nil {
				return nil, err
			}
			shown = append(shown, s)
		}
	}
	return shown, nil
}

func (c *cli) newApplicationsShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "show ID", Short: "Show what somebody wrote, and how the vote stands", Args: words("ID")}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		id, err := applicationID(cmd, args[0])
		if err != nil {
			return err
		}
		return c.with(cmd.Context(), func(p *Program) error {
			var s applicationShown
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				a, err := membership.FindApplication(tx, id)
				if err != nil {
					return err
				}
				community, err := lists.CommunityByID(tx, a.Community)
				if err != nil {
					return err
				}
				s, err = showApplication(tx, community, a)
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return c.asJSON(s)
			}
			c.printApplication(s)
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

func (c *cli) printApplication(s applicationShown) {
	facts := []string{"code", s.Code, "address", s.Address, "name", s.Name, "community", s.Community, "state", string(s.State), "since", when(s.Asked)}
	for i, q := range s.Questions {
		answer := ""
		if i < len(s.Answers) {
			answer = s.Answers[i]
		}
		facts = append(facts, fmt.Sprintf("Q%d %s", i+1, clip(q, 40)), clip(answer, 400))
	}
	for _, more := range [][2]string{{"also wrote", clip(s.Raw, 400)}, {"invited by", s.Inviter}, {"sponsor", s.Sponsor}, {"sponsor says", string(s.Vouch)}, {"was asked", clip(s.Question, 400)}, {"and said", clip(s.Told, 400)}} {
		if more[1] != "" {
			facts = append(facts, more[:]...)
		}
	}
	if s.Former {
		facts = append(facts, "careful", "somebody with this address or domain was once removed")
	}
	facts = append(facts, "votes needed", fmt.Sprint(s.Votes))
	for _, v := range s.Ballots {
		facts = append(facts, v.Manager, clip(string(v.Choice)+" "+v.Words, 200))
	}
	c.facts(facts...)
}

func applicationID(cmd *cobra.Command, typed string) (membership.ApplicationID, error) {
	id, err := strconv.ParseInt(typed, 10, 64)
	if err != nil || id < 1 {
		return 0, usage(cmd, "%q is no id of an application; backchannel member applications list shows them.", typed)
	}
	return membership.ApplicationID(id), nil
}

func (c *cli) newApplicationsAccept() *cobra.Command {
	return &cobra.Command{
		Use: "accept ID", Short: "Let an applicant in, without a vote; they are welcomed", Args: words("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := applicationID(cmd, args[0])
			if err != nil {
				return err
			}
			return c.with(cmd.Context(), func(p *Program) error {
				var m lists.Member
				err := p.Update(cmd.Context(), func(tx *db.Tx) (err error) {
					m, err = p.Clerk.Accept(tx, id)
					return err
				})
				if err == nil {
					c.say("%s is a member now, and a welcome is on its way.", m.Address)
				}
				return err
			})
		},
	}
}

func (c *cli) newApplicationsDecline() *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: "decline ID", Short: "Turn an applicant away, without a vote; they get a kind letter", Args: words("ID")}
	cmd.Flags().StringVar(&reason, "reason", "", "what the letter says beside the usual words")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		id, err := applicationID(cmd, args[0])
		if err != nil {
			return err
		}
		return c.with(cmd.Context(), func(p *Program) error {
			err := p.Update(cmd.Context(), func(tx *db.Tx) error { return p.Clerk.Decline(tx, id, reason) })
			if err == nil {
				c.say("The letter to applicant %d is on its way.", id)
			}
			return err
		})
	}
	return cmd
}

func (c *cli) newMemberInvite() *cobra.Command {
	var domain, name string
	cmd := &cobra.Command{
		Use: "invite ADDRESS", Short: "Invite somebody; with their YES they are a member", Args: words("ADDRESS"),
		Long: "Sends somebody an invitation. They are a member as soon as they reply YES to it, within 14 days.",
	}
	communityFlag(cmd, &domain)
	cmd.Flags().StringVar(&name, "name", "", "how they are called; without it, as their mail program says")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		to, err := parseAddress(args[0])
		if err != nil {
			return err
		}
		return c.with(cmd.Context(), func(p *Program) error {
			var said string
			err := p.Update(cmd.Context(), func(tx *db.Tx) error {
				community, err := lists.TheCommunity(tx, domain)
				if err != nil {
					return err
				}
				said, err = p.Clerk.Invite(tx, community, lists.Member{}, to, name)
				return err
			})
			if err == nil {
				c.say("%s", said)
			}
			return err
		})
	}
	return cmd
}
