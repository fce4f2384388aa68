package main

import (
	"fmt"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/moderation"
	"backchannel/templates"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

// operatorTrust is the trust of a member whom the operator adds (design.md section 4).
const operatorTrust = 2

func (c *cli) newMember() *cobra.Command {
	return group("member", "Members: the persons of a community", c.newMemberAdd(), c.newMemberSet(), c.newMemberShow(), c.newMemberRemove(), c.newMemberList(), c.newMemberInvite(), c.newApplications(), c.newMemberImport(), c.newMemberExport(), c.newMemberData())
}

// memberFlags are what is known of a member, as flags.
type memberFlags struct {
	community, name, timezone string
	language                  templates.Language
	lists, off                string
	delivery                  lists.Delivery
	role                      lists.Role
	trust                     int
	ownCopy, listed           bool
}

func (f *memberFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	communityFlag(cmd, &f.community)
	flags.StringVar(&f.name, "name", "", "how the member is called")
	flags.StringVar(&f.timezone, "timezone", "", `the member's own time zone, as Europe/Berlin; "" for the community's`)
	oneOf(cmd, &f.language, "language", "A language", "in which the member reads our mails", templates.Languages()...)
	flags.IntVar(&f.trust, "trust", operatorTrust, "0 new … 4 manager")
	oneOf(cmd, &f.role, "role", "A role", "what the member is", lists.RoleMember, lists.RoleManager)
	oneOf(cmd, &f.delivery, "delivery", "A delivery", "what the member gets of the lists", lists.Each, lists.Digest, lists.None)
	f.ownCopy = true
	flags.Var(onOff{&f.ownCopy}, "own-copy", "whether the member gets a copy of their own posts")
	flags.Var(onOff{&f.listed}, "show-address", "whether the member agrees that members who see who is on a list see their address")
}

// pickLists finds the lists that --lists names: all, none, or names with commas between them.
func pickLists(tx *db.Tx, c lists.Community, typed string) ([]lists.List, error) {
	all, err := lists.Lists(tx, c.ID)
	switch {
	case err != nil || typed == "none":
		return nil, err
	case typed == "all":
		return all, nil
	}
	var picked []lists.List
	for name := range strings.SplitSeq(typed, ",") {
		local, domain, whole := strings.Cut(strings.TrimSpace(name), "@")
		l, ok, err := lists.ListByName(tx, c.ID, local)
		if err != nil {
			return nil, err
		}
		if !ok || whole && !strings.EqualFold(domain, c.Domain) {
			return nil, refusal.Because(refusal.NotFound, "There is no list %q in %s.", letter.CleanLine(strings.TrimSpace(name)), c.Domain).Try("backchannel list list %s", c.Domain)
		}
		picked = append(picked, l)
	}
	return picked, nil
}

// openLists are the lists that members come onto without asking.
func openLists(tx *db.Tx, c lists.Community) ([]lists.List, error) {
	all, err := lists.Lists(tx, c.ID)
	var open []lists.List
	for _, l := range all {
		if l.Join == lists.JoinOpen {
			open = append(open, l)
		}
	}
	return open, err
}

func (c *cli) newMemberAdd() *cobra.Command {
	var f memberFlags
	var welcome bool
	cmd := &cobra.Command{
		Use: "add ADDRESS", Short: "Put a person into a community; nobody is written to unless --welcome", Args: words("ADDRESS"),
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.lists, "lists", "", `lists the member is put on: names with commas, "all" or "none"; without it, all that --join open`)
	cmd.Flags().BoolVar(&welcome, "welcome", false, "send the member a welcome")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var shown memberShown
			err := p.Update(cmd.Context(), func(tx *db.Tx) error {
				community, err := lists.TheCommunity(tx, f.community)
				if err != nil {
					return err
				}
				m, err := f.enrol(tx, cmd, community, args[0])
				if err != nil {
					return err
				}
				if welcome {
					if err := p.Clerk.Welcome(tx, community, m); err != nil {
						return err
					}
				}
				shown, err = showMember(tx, community, m)
				return err
			})
			if err != nil {
				return err
			}
			c.say("%s is a %s of %s now, on %s.", letter.CleanLine(shown.title()), shown.Role, shown.Community, shown.onLists())
			if welcome {
				c.say("A welcome is on its way, as soon as the server runs (or: backchannel due).")
			}
			return nil
		})
	}
	return cmd
}

// enrol adds the member that the flags describe.
func (f *memberFlags) enrol(tx *db.Tx, cmd *cobra.Command, c lists.Community, typed string) (lists.Member, error) {
	a, err := parseAddress(typed)
	if err != nil {
		return lists.Member{}, err
	}
	n := lists.NewMember{Address: a, Name: f.name, Role: f.role, Trust: f.trust, Timezone: f.timezone, Language: string(f.language), OwnCopy: f.ownCopy, Listed: f.listed, Delivery: f.delivery}
	if n.Role == "" {
		n.Role = lists.RoleMember
	}
	if changed(cmd, "lists") {
		n.Lists, err = pickLists(tx, c, f.lists)
	} else {
		n.Lists, err = openLists(tx, c)
	}
	if err != nil {
		return lists.Member{}, err
	}
	return lists.AddMember(tx, c, n)
}

func (c *cli) newMemberRemove() *cobra.Command {
	var domain string
	cmd := &cobra.Command{
		Use: "remove ADDRESS", Short: "Take a member out of a community; their posts stay", Args: words("ADDRESS"),
	}
	communityFlag(cmd, &domain)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var m lists.Member
			var community lists.Community
			err := p.Update(cmd.Context(), func(tx *db.Tx) (err error) {
				if community, err = lists.TheCommunity(tx, domain); err != nil {
					return err
				}
				if m, err = lists.TheMember(tx, community, args[0]); err != nil {
					return err
				}
				if !belongs(m) {
					return refusal.Because(refusal.Conflict, "%s is no member of %s any more.", m.Address, community.Domain).Try("backchannel member list --all")
				}
				if err := lists.End(tx, m, lists.Removed); err != nil {
					return err
				}
				return forgetAccess(tx, community, m)
			})
			if err != nil {
				return err
			}
			c.say("%s is no member of %s any more. Nobody was written to; the posts stay in the archive.", m.Address, community.Domain)
			return nil
		})
	}
	return cmd
}

// forgetAccess ends the personal addresses of somebody who is gone, and their app passwords unless another community needs them.
func forgetAccess(tx *db.Tx, c lists.Community, m lists.Member) error {
	if err := address.RevokeMember(tx, int64(c.ID), int64(m.ID)); err != nil {
		return err
	}
	all, err := lists.Addresses(tx, m.ID)
	if err != nil {
		return err
	}
	return lists.EndPasswords(tx, all)
}

// belongs tells whether somebody is a member now.
func belongs(m lists.Member) bool { return m.State == lists.Active || m.State == lists.Paused }

// memberShown is a member as JSON.
type memberShown struct {
	Name          string              `json:"name"`
	Address       string              `json:"address"`
	Addresses     []string            `json:"addresses"`
	Community     string              `json:"community"`
	State         lists.State         `json:"state"`
	Role          lists.Role          `json:"role"`
	Trust         int                 `json:"trust"`
	TrustSteps    []moderation.Event  `json:"trust_steps,omitempty"` // how it came and went
	Timezone      string              `json:"timezone"`
	Language      string              `json:"language"`
	OwnCopy       bool                `json:"own_copy"`
	AddressShown  bool                `json:"address_shown"` // to members who see who is on a list
	IntroOK       lists.IntroOK       `json:"intro_ok"`      // "", yes or no: named in digests as new once they have posted, also before, never
	Joined        string              `json:"joined"`
	Subscriptions []subscriptionShown `json:"subscriptions"`
	Digest        digestShown         `json:"digest"`
	Follows       []string            `json:"follows,omitempty"`
	Muted         []string            `json:"muted,omitempty"` // tags, and numbers of threads
	Vacation      *lists.Vacation     `json:"vacation,omitempty"`
	Bounces       bouncesShown        `json:"bounces"`
}

// introduced says for people when digests name somebody among the new members.
var introduced = map[lists.IntroOK]string{lists.IntroPosted: "once they have posted", lists.IntroYes: "also before they have posted", lists.IntroNo: "never"}

// bouncesShown is what came back of a member's mail, and since when and why it has stopped.
type bouncesShown struct {
	Score  float64 `json:"score"`
	Days   int     `json:"dead_days"`        // on which the address was called dead
	Last   string  `json:"last,omitempty"`   // when
	Why    string  `json:"why,omitempty"`    // what was said
	Paused string  `json:"paused,omitempty"` // since when
}

// String is the same for people.
func (b bouncesShown) String() string {
	switch {
	case b.Paused != "":
		return fmt.Sprintf("mail stopped on %s: %s", b.Paused, b.Why)
	case b.Score == 0:
		return "none"
	}
	return fmt.Sprintf("%g of 5 points, called dead on %d of 3 days, the last on %s: %s", b.Score, b.Days, b.Last, b.Why)
}

func showBounces(tx *db.Tx, m lists.Member) (b bouncesShown, err error) {
	score, err := lists.ScoreOf(tx, m.ID)
	if err != nil {
		return b, err
	}
	b.Score, b.Days, b.Why = score.Quarters.Points(), score.Dead, score.Why
	if !score.Last.IsZero() {
		b.Last = when(score.Last)
	}
	pause, ok, err := lists.PauseOf(tx, m.ID)
	if ok && m.State == lists.Paused {
		b.Paused, b.Why = when(pause.At), pause.Why
	}
	return b, err
}

type subscriptionShown struct {
	List     string         `json:"list"`
	Delivery lists.Delivery `json:"delivery"`
}

type digestShown struct {
	Period   string `json:"period"`
	Weekday  string `json:"weekday"`
	Hour     int    `json:"hour"`
	Format   string `json:"format"`
	MinPosts int    `json:"min_posts"`
}

func showMember(tx *db.Tx, c lists.Community, m lists.Member) (memberShown, error) {
	s := memberShown{
		Name: m.Name, Address: m.Address.String(), Community: c.Domain, State: m.State, Role: m.Role, Trust: m.Trust, Timezone: m.Zone(c).String(), Language: m.Tongue(c),
		OwnCopy: m.OwnCopy, AddressShown: m.Listed, IntroOK: m.IntroOK, Joined: m.Joined.UTC().Format("2006-01-02T15:04:05Z"), Subscriptions: []subscriptionShown{},
	}
	all, err := lists.Addresses(tx, m.ID)
	if err != nil {
		return s, err
	}
	if s.TrustSteps, err = moderation.TrustOf(tx, m.ID); err != nil {
		return s, err
	}
	for _, a := range all {
		s.Addresses = append(s.Addresses, a.String())
	}
	subs, err := lists.Subscriptions(tx, m.ID)
	if err != nil {
		return s, err
	}
	for _, sub := range subs {
		l, err := lists.ListByID(tx, sub.List)
		if err != nil {
			return s, err
		}
		s.Subscriptions = append(s.Subscriptions, subscriptionShown{l.Address().String(), sub.Delivery})
	}
	pref, err := lists.DigestPrefOf(tx, m.ID)
	if err != nil {
		return s, err
	}
	s.Digest = digestShown{pref.Period, strings.ToLower(pref.Weekday.String()), pref.Hour, pref.Format, pref.MinPosts}
	if err := s.showWishes(tx, m); err != nil {
		return s, err
	}
	s.Bounces, err = showBounces(tx, m)
	return s, err
}

// showWishes reads what a member follows and mutes, and when they are away.
func (s *memberShown) showWishes(tx *db.Tx, m lists.Member) error {
	i, err := lists.InterestsOf(tx, m.ID)
	if err != nil {
		return err
	}
	s.Follows, s.Muted = i.Follows, i.Muted
	for _, n := range i.Threads {
		s.Muted = append(s.Muted, fmt.Sprint(n))
	}
	v, away, err := lists.VacationOf(tx, m.ID)
	if away {
		s.Vacation = &lists.Vacation{Begin: v.Begin.UTC(), Until: v.Until.UTC()}
	}
	return err
}

func (s memberShown) title() string {
	if s.Name == "" {
		return s.Address
	}
	return s.Name + " <" + s.Address + ">"
}

// onLists tells what a member gets, in words.
func (s memberShown) onLists() string {
	if len(s.Subscriptions) == 0 {
		return "no list"
	}
	var all []string
	for _, sub := range s.Subscriptions {
		all = append(all, fmt.Sprintf("%s (%s)", sub.List, sub.Delivery))
	}
	return strings.Join(all, ", ")
}

func (c *cli) newMemberShow() *cobra.Command {
	var asJSON bool
	var domain string
	cmd := &cobra.Command{Use: "show ADDRESS", Short: "Show a member", Args: words("ADDRESS")}
	communityFlag(cmd, &domain)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var s memberShown
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				community, err := lists.TheCommunity(tx, domain)
				if err != nil {
					return err
				}
				m, err := lists.TheMember(tx, community, args[0])
				if err != nil {
					return err
				}
				s, err = showMember(tx, community, m)
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return c.asJSON(s)
			}
			away := ""
			if s.Vacation != nil {
				away = when(s.Vacation.Begin) + " to " + when(s.Vacation.Until)
			}
			c.facts("name", s.Name, "addresses", strings.Join(s.Addresses, ", "), "community", s.Community, "state", string(s.State), "role", string(s.Role),
				"trust", fmt.Sprint(s.Trust), "time zone", s.Timezone, "language", s.Language, "own copy", onOff{&s.OwnCopy}.String(), "address shown", onOff{&s.AddressShown}.String(), "introduced", introduced[s.IntroOK], "lists", s.onLists(),
				"digest", s.Digest.String(), "follows", strings.Join(s.Follows, ", "), "muted", strings.Join(s.Muted, ", "), "vacation", away,
				"came back", s.Bounces.String(), "member since", s.Joined)
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

// String says when the digest comes, and what is not usual about it.
func (d digestShown) String() string {
	more := ""
	if d.Format != lists.FormatBoth {
		more = ", as " + d.Format
	}
	if d.MinPosts > 1 {
		more += fmt.Sprintf(", from %d new posts on", d.MinPosts)
	}
	switch d.Period {
	case "daily":
		return fmt.Sprintf("every day at %02d:00", d.Hour) + more
	case "monthly":
		return fmt.Sprintf("on the first %s of the month at %02d:00", d.Weekday, d.Hour) + more
	}
	return fmt.Sprintf("every %s at %02d:00", d.Weekday, d.Hour) + more
}

func (c *cli) newMemberList() *cobra.Command {
	var asJSON, everybody bool
	var domain string
	cmd := &cobra.Command{Use: "list", Short: "List the members of a community", Args: words()}
	communityFlag(cmd, &domain)
	cmd.Flags().BoolVar(&everybody, "all", false, "also those who have left or were removed")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var all []memberShown
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				community, err := lists.TheCommunity(tx, domain)
				if err != nil {
					return err
				}
				members, err := lists.Members(tx, community.ID)
				if err != nil {
					return err
				}
				for _, m := range members {
					if !everybody && !belongs(m) {
						continue
					}
					s, err := showMember(tx, community, m)
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
				rows = append(rows, []string{s.Address, s.Name, string(s.State), string(s.Role), fmt.Sprint(s.Trust), s.onLists()})
			}
			c.tableOr("There is no such member.", []string{"ADDRESS", "NAME", "STATE", "ROLE", "TRUST", "LISTS"}, rows)
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}
