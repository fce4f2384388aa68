package main

import (
	"fmt"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

func (c *cli) newCommunity() *cobra.Command {
	return group("community", "Communities: a mail domain, its members, managers and rules",
		c.newCommunityAdd(), c.newCommunityShow(), c.newCommunitySet(), c.newCommunityList())
}

// communityFlags are the settings of a community as flags.
type communityFlags struct {
	name, timezone, ombuds string
	language               templates.Language
	rota                   bool
	dutyDays, dutyHours    string
	due, dueUrgent         int
	votes                  int
	questions              []string
	delivery               lists.Delivery
	sameEmployer, greeter  bool
	restricted             lists.Restricted
	collision              lists.Collision
	confidential           string
}

func (f *communityFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", "", "what the community is called")
	flags.StringVar(&f.timezone, "timezone", "", "its time zone, as Europe/Berlin; members may have their own")
	oneOf(cmd, &f.language, "language", "A language", "of our mails to members who have not chosen one", templates.Languages()...)
	flags.StringVar(&f.ombuds, "ombuds", "", `the outside address for what managers must not see; "" for none`)
	flags.Var(onOff{&f.rota}, "rota", "whether the managers take turns")
	flags.StringVar(&f.dutyDays, "duty-days", "", "the days on which managers look, as mon-fri")
	flags.StringVar(&f.dutyHours, "duty-hours", "", "the hours of such a day, as 8-20")
	flags.IntVar(&f.due, "due", 0, "duty hours until a private letter must be answered")
	flags.IntVar(&f.dueUrgent, "due-urgent", 0, "the same for urgent letters and reports")
	oneOf(cmd, &f.restricted, "restricted-delivery", "A way", "how managers get what not all of them may see: by mail, or in their IMAP folders alone", lists.RestrictedMail, lists.RestrictedIMAP)
	oneOf(cmd, &f.collision, "collision", "A rule", "whose words, said meanwhile, make a manager's answer come back: other managers', or the writer's too (strict)", lists.CollisionManagers, lists.CollisionStrict)
	flags.Var(onOff{&f.sameEmployer}, "same-employer", "whether a report is kept from managers who work (by the domain of their address) where the one it is about works")
	flags.Var(onOff{&f.greeter}, "greeter", "whether one member of long standing (trust 3) is asked to greet somebody new, when their introduction is posted")
	flags.StringVar(&f.confidential, "confidential", "", `a sentence on what may leave the community, below each digest; "" for none`)
	flags.StringArrayVar(&f.questions, "question", nil, `a question to applicants; give it again for more, once as "" for none`)
	flags.IntVar(&f.votes, "votes", 0, "how many managers must say yes to an applicant")
	oneOf(cmd, &f.delivery, "delivery", "A delivery", "what new members get of a list", lists.Each, lists.Digest, lists.None)
}

// apply puts the flags that were given into a community.
func (f *communityFlags) apply(cmd *cobra.Command, to *lists.Community) error {
	if changed(cmd, "name") {
		to.Name = f.name
	}
	if changed(cmd, "timezone") {
		to.Timezone = f.timezone
	}
	if changed(cmd, "language") {
		to.Language = string(f.language)
	}
	if changed(cmd, "ombuds") {
		to.Ombuds = letter.Address{}
		if f.ombuds != "" {
			a, err := parseAddress(f.ombuds)
			if err != nil {
				return err
			}
			if strings.EqualFold(a.Domain, to.Domain) {
				return refusal.Because(refusal.Invalid, "The ombuds needs an address outside %s: managers could read any other.", to.Domain)
			}
			to.Ombuds = a
		}
	}
	if changed(cmd, "rota") {
		to.Rota = f.rota
	}
	if err := f.duty(cmd, &to.Duty); err != nil {
		return err
	}
	if changed(cmd, "restricted-delivery") {
		to.Restricted = f.restricted
	}
	if changed(cmd, "collision") {
		to.Collision = f.collision
	}
	if changed(cmd, "same-employer") {
		to.SameEmployer = f.sameEmployer
	}
	if changed(cmd, "greeter") {
		to.Greeter = f.greeter
	}
	if changed(cmd, "confidential") {
		to.Confidential = f.confidential
	}
	if changed(cmd, "votes") {
		if f.votes < 1 {
			return refusal.Because(refusal.Invalid, "At least 1 vote must be needed to join.")
		}
		to.Votes = f.votes
	}
	if changed(cmd, "question") {
		to.Questions = nil
		for _, q := range f.questions {
			if q = letter.CleanLine(q); q != "" {
				to.Questions = append(to.Questions, q)
			}
		}
	}
	if changed(cmd, "delivery") {
		to.Delivery = f.delivery
	}
	return nil
}

// duty puts the flags about the managers' hours into their place. What was not given keeps its value.
func (f *communityFlags) duty(cmd *cobra.Command, to *lists.Duty) (err error) {
	if !changed(cmd, "duty-days", "duty-hours", "due", "due-urgent") {
		return nil
	}
	if *to == (lists.Duty{}) {
		*to = lists.UsualDuty()
	}
	if changed(cmd, "duty-days") {
		if to.Days, err = lists.ParseWeekdays(f.dutyDays); err != nil {
			return err
		}
	}
	if changed(cmd, "duty-hours") {
		if to.From, to.To, err = lists.ParseHours(f.dutyHours); err != nil {
			return err
		}
	}
	if changed(cmd, "due") {
		to.Due = f.due
	}
	if changed(cmd, "due-urgent") {
		to.Urgent = f.dueUrgent
	}
	return nil
}

func (c *cli) newCommunityAdd() *cobra.Command {
	var f communityFlags
	cmd := &cobra.Command{Use: "add DOMAIN", Short: "Found a community", Args: words("DOMAIN")}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			founded := lists.Community{Domain: args[0]}
			if err := f.apply(cmd, &founded); err != nil {
				return err
			}
			err := p.Update(cmd.Context(), func(tx *db.Tx) (err error) {
				if founded, err = lists.AddCommunity(tx, founded); err != nil {
					return err
				}
				return p.Box.RotaChanged(tx, founded)
			})
			if err != nil {
				return err
			}
			c.say("%s is founded, in the time zone %s. Next: backchannel list add talk@%s", founded.Domain, founded.Timezone, founded.Domain)
			return nil
		})
	}
	return cmd
}

func (c *cli) newCommunitySet() *cobra.Command {
	var f communityFlags
	cmd := &cobra.Command{Use: "set [DOMAIN]", Short: "Change a community's settings", Args: words("[DOMAIN]")}
	f.add(cmd)
	var aliases []string
	cmd.Flags().StringArrayVar(&aliases, "tag-alias", nil, "a tag that stands for another one, as job=jobs; again for more, job= ends it")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !changed(cmd, "name", "timezone", "language", "ombuds", "rota", "duty-days", "duty-hours", "due", "due-urgent", "question", "votes", "delivery", "same-employer", "restricted-delivery", "collision", "greeter", "confidential", "tag-alias") {
			return usage(cmd, "Please say what to change.")
		}
		return c.with(cmd.Context(), func(p *Program) error {
			var domain string
			err := p.Update(cmd.Context(), func(tx *db.Tx) error {
				is, err := lists.TheCommunity(tx, first(args))
				if err != nil {
					return err
				}
				domain = is.Domain
				if err := f.apply(cmd, &is); err != nil {
					return err
				}
				if err := setTagAliases(tx, is, aliases); err != nil {
					return err
				}
				if err := lists.SaveCommunity(tx, is); err != nil || !changed(cmd, "rota") {
					return err
				}
				return p.Box.RotaChanged(tx, is)
			})
			if err != nil {
				return err
			}
			c.say("%s has its new settings.", domain)
			return nil
		})
	}
	return cmd
}

// setTagAliases reads job=jobs: #job stands for #jobs from now on.
func setTagAliases(tx *db.Tx, c lists.Community, typed []string) error {
	for _, pair := range typed {
		from, to, ok := strings.Cut(pair, "=")
		tag, ok1 := lists.Tag(from)
		means, ok2 := lists.Tag(to)
		if !ok || !ok1 || !ok2 && strings.TrimSpace(to) != "" {
			return refusal.Because(refusal.Invalid, "%q does not say which tag stands for which; it looks like job=jobs.", pair)
		}
		if err := lists.SetTagAlias(tx, c.ID, tag, means); err != nil {
			return err
		}
	}
	return nil
}

// communityShown is a community as JSON.
type communityShown struct {
	lists.Community
	Ombuds   string   `json:"ombuds,omitempty"`
	Lists    []string `json:"lists"`
	Members  int      `json:"members"` // active and paused ones
	Managers int      `json:"managers"`
}

func showCommunity(tx *db.Tx, is lists.Community) (communityShown, error) {
	s := communityShown{Community: is, Ombuds: is.Ombuds.String(), Lists: []string{}}
	all, err := lists.Lists(tx, is.ID)
	if err != nil {
		return s, err
	}
	for _, l := range all {
		s.Lists = append(s.Lists, l.Address().String())
	}
	members, err := lists.Members(tx, is.ID)
	for _, m := range members {
		if belongs(m) {
			s.Members++
		}
		if m.Manager() {
			s.Managers++
		}
	}
	return s, err
}

func (c *cli) newCommunityShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "show [DOMAIN]", Short: "Show a community", Args: words("[DOMAIN]")}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var s communityShown
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				is, err := lists.TheCommunity(tx, first(args))
				if err != nil {
					return err
				}
				s, err = showCommunity(tx, is)
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return c.asJSON(s)
			}
			c.facts("domain", s.Domain, "name", s.Name, "time zone", s.Timezone, "language", s.Language, "ombuds", s.Ombuds, "rota", onOff{&s.Rota}.String(), "duty", fmt.Sprintf("%s, %s", s.Duty.Days, s.Duty.Hours()),
				"answer due", fmt.Sprintf("within %d duty hours, %d for urgent letters and reports", s.Duty.Due, s.Duty.Urgent), "votes to join", fmt.Sprint(s.Votes),
				"new members get", string(s.Delivery), "same employer", onOff{&s.SameEmployer}.String(), "restricted by", string(s.Restricted), "collision", string(s.Collision), "greeter", onOff{&s.Greeter}.String(), "questions", strings.Join(s.Questions, " | "), "below digests", s.Confidential, "lists", strings.Join(s.Lists, ", "),
				"members", fmt.Sprint(s.Members), "managers", fmt.Sprint(s.Managers), "founded", when(s.Created))
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

func (c *cli) newCommunityList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list", Short: "List all communities of this server", Args: words()}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var all []communityShown
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				found, err := lists.Communities(tx)
				if err != nil {
					return err
				}
				for _, one := range found {
					s, err := showCommunity(tx, one)
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
				rows = append(rows, []string{s.Domain, s.Name, fmt.Sprint(len(s.Lists)), fmt.Sprint(s.Members), fmt.Sprint(s.Managers)})
			}
			c.tableOr("There is no community yet.", []string{"DOMAIN", "NAME", "LISTS", "MEMBERS", "MANAGERS"}, rows)
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

// first is the first argument, or "".
func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// parseAddress reads a mail address that somebody typed.
func parseAddress(typed string) (letter.Address, error) {
	a, err := letter.ParseAddress(typed)
	if err != nil {
		return a, refusal.Because(refusal.Invalid, "%q is no mail address; one looks like dana@north.example.", letter.CleanLine(typed)).From(err)
	}
	return a, nil
}
