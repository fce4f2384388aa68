package main

import (
	"slices"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/lists/command"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

func (c *cli) newLetters() *cobra.Command {
	verbs := []*cobra.Command{c.newLettersList(), c.newLettersShow(), c.newLettersAnswer()}
	for _, v := range new(backchannel.Letterbox).Verbs() {
		if v.Name != "help" && !slices.Contains(rotaWords[:], v.Name) { // cobra has one; the others stand under rota
			verbs = append(verbs, c.newLettersVerb(v))
		}
	}
	return group("letters", "The back-channel desk: private letters, as one of the managers sees them", verbs...)
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
	ID         string             `json:"id"`
	State      backchannel.State  `json:"state"`
	Kind       backchannel.Kind   `json:"kind"`
	From       string             `json:"from"`
	Subject    string             `json:"subject"`
	About      string             `json:"about,omitempty"`
	Owner      string             `json:"owner,omitempty"`
	Tags       []string           `json:"tags"`
	Urgent     bool               `json:"urgent"`
	Publicable string             `json:"publicable"` // y, n or ?
	Outcome    string             `json:"outcome,omitempty"`
	Opened     time.Time          `json:"opened"`
	Snoozed    *time.Time         `json:"snoozed,omitempty"`
	Closed     *time.Time         `json:"closed,omitempty"`
	Lines      []backchannel.Line `json:"lines,omitempty"`
}

func showConv(tx *db.Tx, v backchannel.Conv) (convShown, error) {
	s := convShown{
		ID: v.Code, State: v.State, Kind: v.Kind, From: v.Name, Subject: v.Subject, About: v.About.Thread, Urgent: v.Urgent, Publicable: v.Publicable,
		Outcome: v.Outcome, Opened: v.Opened, Snoozed: unless(v.Snoozed), Closed: unless(v.Closed),
	}
	tags, err := v.Tags(tx)
	if err != nil {
		return s, err
	}
	s.Tags = some(tags)
	if v.Owner == 0 {
		return s, nil
	}
	owner, err := lists.MemberByID(tx, v.Owner)
	s.Owner = owner.FirstName()
	return s, err
}

// unless is a time that JSON leaves out when there is none.
func unless(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
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
				found, err := p.Box.ListFiled(tx, m, closed)
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
				rows = append(rows, []string{s.ID, string(s.State), s.From, clip(s.Subject, 50), strings.Join(s.Tags, " "), s.Owner, when(s.Opened)})
			}
			c.tableOr("No letter is open.", []string{"ID", "STATE", "FROM", "SUBJECT", "TAGS", "OWNER", "SINCE"}, rows)
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
			err := p.Update(cmd.Context(), func(tx *db.Tx) error {
				m, err := d.manager(tx)
				if err != nil {
					return err
				}
				v, err := p.Box.FiledAs(tx, m, args[0], false)
				if err != nil {
					return err
				}
				if err := p.Box.OperatorLooked(tx, v.Conv, m); err != nil {
					return err
				}
				if s, err = showConv(tx, v.Conv); err != nil {
					return err
				}
				s.Lines, err = p.Box.Show(tx, v.Conv)
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return c.asJSON(s)
			}
			c.facts("id", s.ID, "state", string(s.State), "from", s.From, "subject", s.Subject, "about", s.About, "owner", s.Owner, "tags", strings.Join(s.Tags, " "), "outcome", s.Outcome, "opened", when(s.Opened))
			for _, l := range s.Lines {
				c.say("\n%s, %s (%s)\n%s", letter.CleanLine(l.Who), when(l.At), l.Dir, letter.CleanText(l.Text))
			}
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

// newLettersVerb is a command of managers as a verb: the same row of the same table as by mail.
func (c *cli) newLettersVerb(v command.Verb[*backchannel.Call]) *cobra.Command {
	var d eyes
	var asJSON bool
	names := []string{}
	v.Alone = v.Alone && v.Name != "log" // what /log tells without a letter is shown by audit show
	if !v.Alone {
		names = append(names, "ID")
	}
	cmd := &cobra.Command{Use: strings.Join(append([]string{v.Name}, append(names, v.Args, "--as MANAGER")...), " "), Short: firstSentence(v.Help), Long: v.Help}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return usage(cmd, "Please name the letter: %s.", cmd.UseLine())
		}
		return nil
	}
	d.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := d.check(cmd); err != nil {
			return err
		}
		return c.with(cmd.Context(), func(p *Program) error {
			var shown convShown
			var said []string
			err := p.Update(cmd.Context(), func(tx *db.Tx) error {
				m, err := d.manager(tx)
				if err != nil {
					return err
				}
				var v1 backchannel.Filed
				rest := args
				if !v.Alone {
					if v1, err = p.Box.FiledAs(tx, m, args[0], false); err != nil {
						return err
					}
					if v.Name == "log" {
						if err := p.Box.OperatorLooked(tx, v1.Conv, m); err != nil {
							return err
						}
					}
					rest = args[1:]
				}
				if said, err = p.Box.Do(tx, v1.Conv, m, strings.TrimSpace("/"+v.Name+" "+strings.Join(rest, " "))); err != nil || v.Alone {
					return err
				}
				shown, err = stillThere(tx, p, m, v1.Conv)
				return err
			})
			if err != nil {
				return typed(cmd, err)
			}
			if asJSON {
				return c.asJSON(shown)
			}
			for _, s := range said {
				c.say("%s", letter.CleanText(s))
			}
			if len(said) == 0 {
				c.say("Done: %s is %s.", shown.ID, strings.ReplaceAll(string(shown.State), "_", " "))
			}
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

// firstSentence is the first sentence of a help text, without its full stop: the line of a verb among many.
func firstSentence(help string) string {
	first, _, _ := strings.Cut(help, ". ")
	return strings.TrimSuffix(first, ".")
}

// typed turns the hint of a command by mail, as "/give NAME", into the verb that the operator types.
func typed(cmd *cobra.Command, err error) error {
	if r, ok := refusal.As(err); ok && strings.HasPrefix(r.Hint, "/") {
		r.Hint = strings.TrimSuffix(cmd.CommandPath(), cmd.Name()) + cmd.Use
	}
	return err
}

func (c *cli) newLettersAnswer() *cobra.Command {
	var d eyes
	cmd := &cobra.Command{Use: "answer ID TEXT --as MANAGER", Short: "Answer the writer, as a reply of the manager would", Args: words("ID", "TEXT")}
	d.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := d.check(cmd); err != nil {
			return err
		}
		return c.with(cmd.Context(), func(p *Program) error {
			var m lists.Member
			sent := false
			err := p.Update(cmd.Context(), func(tx *db.Tx) (err error) {
				if m, err = d.manager(tx); err != nil {
					return err
				}
				v, err := p.Box.FiledAs(tx, m, args[0], false)
				if err == nil {
					sent, err = p.Box.Answer(tx, v.Conv, m, args[1])
				}
				return err
			})
			switch {
			case err != nil:
				return err
			case !sent:
				return refusal.Because(refusal.Conflict, "Not sent. %s gets a mail that says why, or what was done instead.", m.FirstName())
			}
			c.say("The answer is on its way.")
			return nil
		})
	}
	return cmd
}

// stillThere shows a conversation after a verb, which may have taken it from this manager's eyes.
func stillThere(tx *db.Tx, p *Program, m lists.Member, before backchannel.Conv) (convShown, error) {
	now, err := p.Box.ByCode(tx, m, before.Code)
	if err != nil && refusal.KindOf(err) == refusal.NotFound {
		return convShown{ID: before.Code}, nil
	}
	if err != nil {
		return convShown{}, err
	}
	return showConv(tx, now)
}
