package main

import (
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

// settings are what member set can change beside the flags of member add.
type settings struct {
	memberFlags
	state   lists.State
	another string // one more address
	period  string
	weekday string
	hour    int

	first, removed, introduce, greet, format, follow, unfollow, mute, unmute, vacation string
	minPosts                                                                           int
}

// byWords are the flags that say the same as words in a mail about settings do (membership.Clerk.Set), each with what stands before its value.
var byWords = [...]struct{ flag, word string }{
	{"format", "FORMAT"}, {"min-posts", "MIN"}, {"follow", "FOLLOW"}, {"unfollow", "UNFOLLOW"}, {"mute", "MUTE"}, {"unmute", "UNMUTE"}, {"vacation", "VACATION"},
	{"first-address", "ADDRESS FIRST"}, {"remove-address", "ADDRESS REMOVE"},
	{"introduce", "INTRODUCE"}, {"greet", "GREET"},
}

func (c *cli) newMemberSet() *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use: "set ADDRESS", Short: "Change what is known of a member, what they get, and when", Args: words("ADDRESS"),
		Long: "Changes what is known of a member, and what they get.\n\n" +
			"--delivery changes every list the member is on, or with --lists those lists, which the member then is on.\n" +
			"--period, --weekday and --hour say when the digest comes, in the member's time zone.",
	}
	s.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&s.lists, "lists", "", `lists the member is put on, or whose delivery changes: names with commas, or "all"`)
	flags.StringVar(&s.off, "off", "", `lists the member is taken off: names with commas, or "all"`)
	flags.StringVar(&s.another, "add-address", "", "one more address that the member writes from")
	flags.StringVar(&s.first, "first-address", "", "which of their addresses mail goes to")
	flags.StringVar(&s.removed, "remove-address", "", "a further address that is theirs no more")
	oneOf(cmd, &s.state, "state", "A state that can be set", "paused gets no mail; active gets it again", lists.Active, lists.Paused)
	oneOf(cmd, &s.period, "period", "A digest's period", "how often the digest comes", "daily", "weekly", "monthly")
	oneOf(cmd, &s.weekday, "weekday", "A weekday", "its day", weekdays...)
	flags.IntVar(&s.hour, "hour", 8, "its hour, 0 to 23")
	oneOf(cmd, &s.greet, "greet", "A wish about greeting", "whether the member may be asked to greet new ones, where the community does that", "on", "off")
	oneOf(cmd, &s.introduce, "introduce", "A wish about being introduced", "whether digests name the member among the new ones: also before their first post, never, or once they have posted", "on", "off", "posted")
	flags.StringVar(&s.format, "format", "", "its form: both (text and HTML), text, mime or rfc1153")
	flags.IntVar(&s.minPosts, "min-posts", 1, "no digest with fewer new posts than these")
	flags.StringVar(&s.follow, "follow", "", "tags whose threads come first in the digest, with commas")
	flags.StringVar(&s.unfollow, "unfollow", "", "tags that are followed no more, with commas")
	flags.StringVar(&s.mute, "mute", "", "tags, or numbers of threads, that the digest leaves out, with commas")
	flags.StringVar(&s.unmute, "unmute", "", "tags, or numbers of threads, that it shows again, with commas")
	flags.StringVar(&s.vacation, "vacation", "", `days without posts and digests: "2026-07-01 to 2026-07-14"; "off" ends them`)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !changed(cmd, "name", "timezone", "language", "trust", "role", "own-copy", "show-address", "state", "lists", "off", "delivery", "add-address", "period", "weekday", "hour") && !changed(cmd, wordFlags()...) {
			return usage(cmd, "Please say what to change.")
		}
		if s.lists == "none" {
			return usage(cmd, "To take a member off lists, name them with --off; to stop the mail alone, set --delivery none.")
		}
		return c.with(cmd.Context(), func(p *Program) error {
			var shown memberShown
			err := p.Update(cmd.Context(), func(tx *db.Tx) error {
				community, err := lists.TheCommunity(tx, s.community)
				if err != nil {
					return err
				}
				m, err := lists.TheMember(tx, community, args[0])
				if err != nil {
					return err
				}
				if err := s.change(tx, cmd, p, community, m); err != nil {
					return err
				}
				if m, err = lists.MemberByID(tx, m.ID); err != nil {
					return err
				}
				shown, err = showMember(tx, community, m)
				return err
			})
			if err != nil {
				return err
			}
			c.say("%s: %s, trust %d, %s; on %s; digest %s.", letter.CleanLine(shown.title()), shown.Role, shown.Trust, shown.State, shown.onLists(), shown.Digest)
			return nil
		})
	}
	return cmd
}

var weekdays = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

// change does what the flags say.
func (s *settings) change(tx *db.Tx, cmd *cobra.Command, p *Program, c lists.Community, m lists.Member) error {
	if !belongs(m) {
		return refusal.Because(refusal.Conflict, "%s is no member of %s any more.", m.Address, c.Domain).Try("backchannel member add %s --community %s", m.Address, c.Domain)
	}
	if changed(cmd, "name") {
		m.Name = s.name
	}
	if changed(cmd, "timezone") {
		m.Timezone = s.timezone
	}
	if changed(cmd, "language") {
		m.Language = string(s.language)
	}
	if changed(cmd, "trust") {
		m.Trust = s.trust
	}
	if changed(cmd, "role") {
		m.Role = s.role
	}
	if changed(cmd, "own-copy") {
		m.OwnCopy = s.ownCopy
	}
	if changed(cmd, "show-address") {
		m.Listed = s.listed
	}
	if changed(cmd, "name", "timezone", "language", "trust", "role", "own-copy", "show-address") {
		if err := lists.SaveMember(tx, m); err != nil {
			return err
		}
	}
	if changed(cmd, "state") {
		if err := s.changeState(tx, p, m); err != nil {
			return err
		}
	}
	if changed(cmd, "add-address") {
		a, err := parseAddress(s.another)
		if err != nil {
			return err
		}
		if err := lists.AddAddress(tx, m, a); err != nil {
			return err
		}
	}
	if err := s.changeLists(tx, cmd, c, m); err != nil {
		return err
	}
	if err := s.changeDigest(tx, cmd, m); err != nil {
		return err
	}
	for _, w := range byWords {
		if !changed(cmd, w.flag) {
			continue
		}
		if err := p.Clerk.Set(tx, c, m.ID, w.word+" "+cmd.Flags().Lookup(w.flag).Value.String()); err != nil {
			return mistaken(cmd, w.flag, w.word, err)
		}
	}
	return nil
}

// mistaken says of a value that is no setting what the flag takes; other refusals say it themselves.
func mistaken(cmd *cobra.Command, flag, word string, err error) error {
	f := cmd.Flags().Lookup(flag)
	unknown := refusal.Say(refusal.Invalid, "setting.unknown", strings.TrimSpace(word+" "+f.Value.String()))
	if r, ok := refusal.As(err); !ok || r.Sentence != unknown.Sentence {
		return err
	}
	return usage(cmd, "--%s cannot be %q (%s).", flag, f.Value.String(), f.Usage)
}

func wordFlags() (names []string) {
	for _, w := range byWords {
		names = append(names, w.flag)
	}
	return names
}

// changeState stops a member's mail, or starts it again: then what came back is forgotten, and what they missed comes as a digest.
func (s *settings) changeState(tx *db.Tx, p *Program, m lists.Member) error {
	if s.state == lists.Paused {
		return lists.PauseMember(tx, m, tx.Now, "by the operator")
	}
	if m.State == lists.Active {
		return lists.ForgetBounces(tx, m.ID)
	}
	_, err := p.Returns.Resume(tx, m)
	return err
}

// changeLists puts the member on lists and off lists, and changes deliveries.
func (s *settings) changeLists(tx *db.Tx, cmd *cobra.Command, c lists.Community, m lists.Member) error {
	if changed(cmd, "lists") || changed(cmd, "delivery") {
		if err := s.subscribe(tx, cmd, c, m); err != nil {
			return err
		}
	}
	if !changed(cmd, "off") {
		return nil
	}
	picked, err := pickLists(tx, c, s.off)
	if err != nil {
		return err
	}
	for _, l := range picked {
		if _, err := lists.Unsubscribe(tx, m.ID, l.ID); err != nil {
			return err
		}
	}
	return nil
}

func (s *settings) subscribe(tx *db.Tx, cmd *cobra.Command, c lists.Community, m lists.Member) error {
	subs, err := lists.Subscriptions(tx, m.ID)
	if err != nil {
		return err
	}
	on := map[lists.ListID]bool{}
	var ids []lists.ListID
	for _, sub := range subs {
		on[sub.List] = true
		ids = append(ids, sub.List)
	}
	if changed(cmd, "lists") {
		picked, err := pickLists(tx, c, s.lists)
		if err != nil {
			return err
		}
		ids = nil
		for _, l := range picked {
			ids = append(ids, l.ID)
		}
	}
	if len(ids) == 0 {
		return refusal.Because(refusal.Conflict, "%s is on no list.", m.Address).Try("backchannel member set %s --lists all --delivery each", m.Address)
	}
	for _, id := range ids {
		delivery := s.delivery
		if !changed(cmd, "delivery") {
			if on[id] {
				continue
			}
			delivery = c.Delivery
		}
		if err := lists.Subscribe(tx, m.ID, id, delivery); err != nil {
			return err
		}
	}
	return nil
}

// changeDigest changes when the digest comes. A new time zone moves it, too.
func (s *settings) changeDigest(tx *db.Tx, cmd *cobra.Command, m lists.Member) error {
	if !changed(cmd, "period", "weekday", "hour", "timezone") {
		return nil
	}
	pref, err := lists.DigestPrefOf(tx, m.ID)
	if err != nil {
		return err
	}
	if changed(cmd, "period") {
		pref.Period = s.period
	}
	if changed(cmd, "weekday") {
		for d := time.Sunday; d <= time.Saturday; d++ {
			if strings.EqualFold(d.String(), s.weekday) {
				pref.Weekday = d
			}
		}
	}
	if changed(cmd, "hour") {
		pref.Hour = s.hour
	}
	return lists.SaveDigestPref(tx, m.ID, pref)
}
