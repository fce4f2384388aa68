package main

import (
	"slices"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/backchannel"

	"github.com/spf13/cobra"
)

// rotaWords are the managers' commands that stand under "rota" and not under "letters".
var rotaWords = [...]string{"rota", "swap", "away"}

func (c *cli) newRota() *cobra.Command {
	verbs := []*cobra.Command{c.newRotaShow()}
	for _, v := range new(backchannel.Letterbox).Verbs() {
		if v.Name != "rota" && slices.Contains(rotaWords[:], v.Name) {
			verbs = append(verbs, c.newLettersVerb(v))
		}
	}
	return group("rota", "Who of the managers is on duty, and who is away", verbs...)
}

// rotaShown is a community's rota as JSON.
type rotaShown struct {
	Community string      `json:"community"`
	Rota      bool        `json:"rota"`
	Weeks     []weekShown `json:"weeks"`
	Away      []awayShown `json:"away"`
}

type weekShown struct {
	Week    string    `json:"week"` // the date of its Monday
	From    time.Time `json:"from"`
	First   string    `json:"first"`
	Second  string    `json:"second,omitempty"`
	Swapped bool      `json:"swapped"`
}

type awayShown struct {
	Manager string             `json:"manager"`
	Until   time.Time          `json:"until"`
	Source  backchannel.Source `json:"source"` // command, or ooo: their mail program said so
}

func showRota(tx *db.Tx, p *Program, community lists.Community) (rotaShown, error) {
	s := rotaShown{Community: community.Domain, Rota: community.Rota, Weeks: []weekShown{}, Away: []awayShown{}}
	weeks, err := p.Box.Rota(tx, community)
	if err != nil {
		return s, err
	}
	all, err := lists.Managers(tx, community.ID)
	if err != nil {
		return s, err
	}
	names := map[lists.MemberID]string{}
	for _, m := range all {
		names[m.ID] = m.Name
		a, err := p.Box.Away(tx, m)
		if err != nil {
			return s, err
		}
		if !a.Until.IsZero() {
			s.Away = append(s.Away, awayShown{m.Name, a.Until, a.Source})
		}
	}
	for _, w := range weeks {
		s.Weeks = append(s.Weeks, weekShown{w.Monday.Format(time.DateOnly), w.Begins(community), names[w.First], names[w.Second], w.Fixed})
	}
	return s, nil
}

func (c *cli) newRotaShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "show [DOMAIN]", Short: "Show who is on duty in the next weeks, and who is away", Args: words("[DOMAIN]")}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var s rotaShown
			err := p.Update(cmd.Context(), func(tx *db.Tx) error { // a week that nobody has asked for yet is planned now
				is, err := lists.TheCommunity(tx, first(args))
				if err != nil {
					return err
				}
				s, err = showRota(tx, p, is)
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return c.asJSON(s)
			}
			if !s.Rota {
				c.say("There is no rota: every manager who may see a letter gets it by mail.")
				c.note("try: backchannel community set %s --rota on", s.Community)
			} else {
				var rows [][]string
				for _, w := range s.Weeks {
					swapped := ""
					if w.Swapped {
						swapped = "swapped"
					}
					rows = append(rows, []string{w.Week, w.First, w.Second, swapped})
				}
				c.table([]string{"WEEK OF", "FIRST", "SECOND", ""}, rows)
			}
			for _, a := range s.Away {
				c.say("%s is away until %s.", a.Manager, when(a.Until))
			}
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}
