package main

import (
	"fmt"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/moderation"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

func (c *cli) newList() *cobra.Command {
	return group("list", "Lists: the posting addresses of a community",
		c.newListAdd(), c.newListSet(), c.newListShow(), c.newListRemove(), c.newListList())
}

// listFlags are the settings of a list as flags.
type listFlags struct {
	name, prefix string
	posting      lists.Posting
	join         lists.Joining
	stage        lists.Stage
	perHour      int
	undo         time.Duration
	preset       string
	rules        [][2]string // settings that are text here and read by lists, in the order in which they stand
}

// ruleFlag is such a setting as a flag.
type ruleFlag struct {
	lists.Setting
	into *[][2]string
}

func (f ruleFlag) String() string { return "" }
func (f ruleFlag) Type() string   { return f.Args }
func (f ruleFlag) Set(typed string) error {
	*f.into = append(*f.into, [2]string{f.Name, typed})
	return nil
}

func (f *listFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", "", "what the list is called")
	oneOf(cmd, &f.posting, "posting", "Who may post", "who may post", lists.ByMembers, lists.ByManagers, lists.ByAnyone)
	oneOf(cmd, &f.join, "join", "The way onto a list", "how members come onto it", lists.JoinOpen, lists.JoinAsk)
	oneOf(cmd, &f.stage, "stage", "The stage of a list", "how far the list has come", lists.Founding, lists.Growing, lists.Rooted)
	flags.StringVar(&f.prefix, "subject-prefix", "", `a word in front of every subject, as [talk]; "" for none`)
	flags.IntVar(&f.perHour, "posts-per-hour", 10, "posts of one member in an hour, and three times that in a day; 0 is no limit")
	flags.DurationVar(&f.undo, "undo", 0, "how long a post waits before it goes out, so that its author can still stop it (0s to 300s)")
	flags.StringVar(&f.preset, "preset", "", "settings that go together: "+strings.Join(lists.Presets(), ", ")+"; other flags change them")
	for _, setting := range lists.Settings() {
		if flags.Lookup(setting.Name) == nil {
			flags.Var(ruleFlag{setting, &f.rules}, setting.Name, setting.Help)
		}
	}
}

// given tells whether any setting was given.
func (f *listFlags) given(cmd *cobra.Command) bool {
	return len(f.rules) > 0 || changed(cmd, "preset", "name", "posting", "join", "stage", "subject-prefix", "posts-per-hour", "undo")
}

// apply puts the flags that were given into a list.
func (f *listFlags) apply(cmd *cobra.Command, l *lists.List) error {
	if changed(cmd, "preset") {
		if err := l.Preset(f.preset); err != nil {
			return err
		}
	}
	if changed(cmd, "name") {
		l.Name = f.name
	}
	if changed(cmd, "posting") {
		l.Posting = f.posting
	}
	if changed(cmd, "join") {
		l.Join = f.join
	}
	if changed(cmd, "stage") {
		l.Stage = f.stage
	}
	if changed(cmd, "subject-prefix") {
		l.SubjectPrefix = f.prefix
	}
	if changed(cmd, "posts-per-hour") {
		l.PostsPerHour = f.perHour
	}
	if changed(cmd, "undo") {
		l.Undo = f.undo
	}
	for _, r := range f.rules {
		if err := l.Set(r[0], r[1]); err != nil {
			return err
		}
	}
	return nil
}

func (c *cli) newListAdd() *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{Use: "add ADDRESS", Short: "Make a list", Args: words("ADDRESS")}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var l lists.List
			err := p.Update(cmd.Context(), func(tx *db.Tx) error {
				local, domain, err := listAddress(args[0])
				if err != nil {
					return err
				}
				community, err := lists.TheCommunity(tx, domain)
				if err != nil {
					return err
				}
				l = lists.NewList(community, local)
				if err := f.apply(cmd, &l); err != nil {
					return err
				}
				l, err = lists.AddList(tx, p.Store, l)
				return err
			})
			if err != nil {
				return err
			}
			c.say("%s takes posts now. Next: backchannel member add ADDRESS --name NAME --lists %s", l.Address(), l.Local)
			c.warn(l)
			return nil
		})
	}
	return cmd
}

// warn says what somebody should know who has set a list up.
func (c *cli) warn(l lists.List) {
	if w := l.Warning(); w != "" {
		c.note("%s", w)
	}
}

// listAddress takes a typed list address apart. The domain may be left out.
func listAddress(typed string) (local, domain string, err error) {
	local, domain, whole := strings.Cut(typed, "@")
	if whole {
		if _, err := letter.ParseAddress(typed); err != nil {
			return "", "", refusal.Because(refusal.Invalid, "%q is no mail address; a list's looks like talk@gardeners.example.", letter.CleanLine(typed)).From(err)
		}
	}
	return local, domain, nil
}

func (c *cli) newListSet() *cobra.Command {
	var f listFlags
	cmd := &cobra.Command{Use: "set ADDRESS", Short: "Change a list's settings", Args: words("ADDRESS")}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !f.given(cmd) {
			return usage(cmd, "Please say what to change.")
		}
		return c.with(cmd.Context(), func(p *Program) error {
			var l lists.List
			err := p.Update(cmd.Context(), func(tx *db.Tx) (err error) {
				if l, err = lists.TheList(tx, args[0]); err != nil {
					return err
				}
				if err := f.apply(cmd, &l); err != nil {
					return err
				}
				return lists.SaveList(tx, l)
			})
			if err != nil {
				return err
			}
			c.say("%s has its new settings.", l.Address())
			if len(f.rules) > 0 {
				c.warn(l)
			}
			return nil
		})
	}
	return cmd
}

func (c *cli) newListRemove() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use: "remove ADDRESS", Short: "Give a list up; its archive stays", Args: words("ADDRESS"),
		Long: "Gives a list up: it takes no posts any more, and nobody is on it. Its archive stays, and adding the list again brings that back,\n" +
			"but not its readers. Where there are readers, --yes says that they may go.",
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "also when people are on it")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var l lists.List
			err := p.Update(cmd.Context(), func(tx *db.Tx) (err error) {
				if l, err = lists.TheList(tx, args[0]); err != nil {
					return err
				}
				s, err := showList(tx, p, l)
				if err != nil {
					return err
				}
				readers := s.Readers[lists.Each] + s.Readers[lists.Digest] + s.Readers[lists.None]
				if readers > 0 && !yes {
					return refusal.Because(refusal.Conflict, "%s would be forgotten: who is on %s, and how each of them gets it. Nothing was removed.", count(readers, "subscription"), l.Address()).
						Try("backchannel member export > before.csv keeps them; then backchannel list remove %s --yes", l.Address())
				}
				return lists.RemoveList(tx, l.ID)
			})
			if err != nil {
				return err
			}
			c.say("%s takes no posts any more, and nobody is on it. Its archive stays; adding the list again brings it back, without its readers.", l.Address())
			return nil
		})
	}
	return cmd
}

// listShown is a list as JSON.
type listShown struct {
	Address string `json:"address"`
	ListID  string `json:"list_id"`
	lists.List
	Undo    string                 `json:"undo"`
	Readers map[lists.Delivery]int `json:"readers"` // active members by delivery
	Posts   int                    `json:"posts"`
	Calm    []moderation.Calm      `json:"calm,omitempty"` // what is slow, or held, now
}

func showList(tx *db.Tx, p *Program, l lists.List) (listShown, error) {
	s := listShown{Address: l.Address().String(), ListID: l.Ident(), List: l, Undo: l.Undo.String(), Readers: map[lists.Delivery]int{}}
	for _, d := range []lists.Delivery{lists.Each, lists.Digest, lists.None} {
		readers, err := lists.Readers(tx, l.ID, d)
		if err != nil {
			return s, err
		}
		s.Readers[d] = len(readers)
	}
	st, err := p.Store.Status(tx, l.Box, 0)
	if s.Posts = st.Messages; err != nil {
		return s, err
	}
	s.Calm, err = p.Desk.Calms(tx, l)
	return s, err
}

func (c *cli) newListShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "show ADDRESS", Short: "Show a list", Args: words("ADDRESS")}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var s listShown
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				l, err := lists.TheList(tx, args[0])
				if err != nil {
					return err
				}
				s, err = showList(tx, p, l)
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return c.asJSON(s)
			}
			perHour := fmt.Sprintf("%d of one member", s.PostsPerHour)
			if s.PostsPerHour == 0 {
				perHour = "no limit"
			}
			c.facts("address", s.Address, "name", s.Name, "List-Id", s.ListID, "posts from", string(s.Posting), "joining", string(s.Join), "stage", string(s.Stage), "posts per hour", perHour,
				"subject prefix", s.SubjectPrefix, "undo", s.Undo, "readers", s.readers(), "posts in the archive", fmt.Sprint(s.Posts), "made", when(s.Created))
			c.facts(s.ruled()...)
			for _, calm := range s.Calm {
				c.say("%s", calmWords(calm))
			}
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

// ruled are the rules about posts that ask for something, by name and value.
func (s listShown) ruled() (pairs []string) {
	var none lists.List
	for _, setting := range lists.RuleSettings() {
		if value := setting.Get(&s.List); value != setting.Get(&none) {
			pairs = append(pairs, setting.Name, value)
		}
	}
	return pairs
}

func (s listShown) readers() string {
	return fmt.Sprintf("%d each, %d digest, %d none", s.Readers[lists.Each], s.Readers[lists.Digest], s.Readers[lists.None])
}

// calmWords says what is slow, or held, and until when.
func calmWords(c moderation.Calm) string {
	what := "the whole list"
	if c.Number != 0 {
		what = fmt.Sprintf("thread %d, %q,", c.Number, clip(letter.CleanLine(c.Title), 50))
	}
	if c.Pace == moderation.Cool {
		return fmt.Sprintf("held: every post of %s waits until %s", what, when(c.Until))
	}
	return fmt.Sprintf("slow: %s takes one post of each person until %s", what, when(c.Until))
}

func (c *cli) newListList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list [DOMAIN]", Short: "List the lists of a community, or of all", Args: words("[DOMAIN]")}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var all []listShown
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				where, err := communities(tx, first(args))
				if err != nil {
					return err
				}
				for _, one := range where {
					found, err := lists.Lists(tx, one.ID)
					if err != nil {
						return err
					}
					for _, l := range found {
						s, err := showList(tx, p, l)
						if err != nil {
							return err
						}
						all = append(all, s)
					}
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
				rows = append(rows, []string{s.Address, s.Name, string(s.Posting), s.readers(), fmt.Sprint(s.Posts)})
			}
			c.tableOr("There is no list yet.", []string{"ADDRESS", "NAME", "POSTS FROM", "READERS", "POSTS"}, rows)
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

// communities are the one named, or all.
func communities(tx *db.Tx, domain string) ([]lists.Community, error) {
	if domain == "" {
		return lists.Communities(tx)
	}
	one, err := lists.TheCommunity(tx, domain)
	return []lists.Community{one}, err
}
