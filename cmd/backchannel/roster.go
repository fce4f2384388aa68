package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/mbox"
	"backchannel/lists"
	"backchannel/lists/roster"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

// enrolFlags say how the people of a file come into a community.
type enrolFlags struct {
	delivery lists.Delivery
	trust    int
	managers bool
	welcome  bool
	dry      bool
	asJSON   bool
}

func (f *enrolFlags) add(cmd *cobra.Command) *cobra.Command {
	flags := cmd.Flags()
	oneOf(cmd, &f.delivery, "delivery", "A delivery", "what those get of whom the file does not say it", lists.Each, lists.Digest, lists.None)
	flags.IntVar(&f.trust, "trust", operatorTrust, "0 new … 4 manager")
	flags.BoolVar(&f.managers, "managers", false, "make owners and moderators managers here: they will read the members' private letters")
	flags.BoolVar(&f.welcome, "welcome", false, "send a welcome to each who is new; only for a few people")
	flags.BoolVar(&f.dry, "dry-run", false, "only say what would happen")
	return jsonFlag(cmd, &f.asJSON)
}

// mostWelcomes is how many people one file may send a welcome to: a flood of mail that nobody expects looks like spam and is taken for it.
const mostWelcomes = 50

func (c *cli) newMemberImport() *cobra.Command {
	var f enrolFlags
	var domain, names string
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Take members from a table (CSV), from JSON or from lines with addresses; nobody is written to unless --welcome", Args: words("FILE"),
		Long: "Takes members from a table (CSV with a line of headings, as Google Groups, groups.io and spreadsheets write it, or `member export`), from JSON, or from a\n" +
			"file with an address on each line. Nobody is written to unless --welcome. Who is a member already keeps their settings. Importing the same\n" +
			"file again changes nothing. In the end every line that was not taken is named. - reads from standard input.",
	}
	communityFlag(cmd, &domain)
	cmd.Flags().StringVar(&names, "lists", "", `lists they are put on: names with commas, "all" or "none"; without it, what the file says, else all that --join open`)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			r, err := readRoster(args[0], roster.Read)
			if err != nil {
				return err
			}
			e := enrolling{p: p, flags: f, report: enrolReport{File: args[0], Kind: r.Kind}}
			err = p.View(cmd.Context(), func(tx *db.Tx) error {
				if e.community, err = lists.TheCommunity(tx, domain); err != nil {
					return err
				}
				if changed(cmd, "lists") {
					e.lists, err = pickLists(tx, e.community, names)
					return err
				}
				e.asTold = true
				e.lists, err = openLists(tx, e.community)
				return err
			})
			if err != nil {
				return err
			}
			if err := e.take(cmd.Context(), r); err != nil {
				return err
			}
			return e.tell(c)
		})
	}
	return f.add(cmd)
}

// newImportMembers makes the verb that takes the members of a list of another program. archive, if not nil, opens its archive, too.
func (c *cli) newImportMembers(kind, short, long string, read func(path string) (roster.Roster, error), archive func(path string, most int64) source) *cobra.Command {
	var f enrolFlags
	var name string
	cmd := &cobra.Command{Use: kind + " PATH --list ADDRESS", Short: short, Args: words("PATH"),
		Long: long + "\nNobody is written to unless --welcome. Importing it again changes nothing. In the end everything that was not taken is named."}
	cmd.Flags().StringVar(&name, "list", "", "the list (wanted)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if name == "" {
			return usage(cmd, "Please say into which list: --list ADDRESS.")
		}
		return c.with(cmd.Context(), func(p *Program) error {
			r, err := read(args[0])
			if err != nil {
				return err
			}
			e := enrolling{p: p, flags: f, report: enrolReport{File: args[0], Kind: r.Kind}}
			err = p.View(cmd.Context(), func(tx *db.Tx) error {
				l, err := lists.TheList(tx, name)
				if err != nil {
					return err
				}
				e.lists = []lists.List{l}
				e.community, err = lists.CommunityByID(tx, l.Community)
				return err
			})
			if err != nil {
				return err
			}
			if err := e.take(cmd.Context(), r); err != nil {
				return err
			}
			if archive != nil && !f.dry { // behind the members: posts are theirs
				i := &importing{p: p, source: archive(args[0], p.Config.SMTP.MaxSize), bar: c.newBar("imported", 0)}
				if err := i.run(cmd.Context(), name); err != nil {
					return err
				}
				e.report.Archive = &i.report
			}
			return e.tell(c)
		})
	}
	return f.add(cmd)
}

// rosterImports are the verbs for other list programs.
func (c *cli) rosterImports() []*cobra.Command {
	return []*cobra.Command{
		c.newImportMembers("mailman2", "Take the members of a list of Mailman 2",
			"PATH is the list's config.pck, the folder that has it, or a file written by list_members -f. Take the posts with: import mbox.", readMailman2, nil),
		c.newImportMembers("mailman3", "Take the members of a list of Mailman 3",
			"PATH is a file written by mailman members (for digest members in a file of their own: --delivery digest), or the JSON of a roster. Take the posts with: import mbox.",
			func(path string) (roster.Roster, error) { return readRoster(path, roster.Read) }, nil),
		c.newImportMembers("mlmmj", "Take the members and the posts of a list of mlmmj", "PATH is the list's folder, with subscribers.d and archive.", readMlmmj, mlmmjArchive),
		c.newImportMembers("groupsio", "Take the members of a group of groups.io",
			"PATH is the table of members that the group's owner downloads (CSV), or JSON. Take the posts with: import mbox. Tables of Google Groups are read, too.",
			func(path string) (roster.Roster, error) { return readRoster(path, roster.Read) }, nil),
	}
}

// readRoster opens a file, or standard input.
func readRoster(path string, read func(io.Reader) (roster.Roster, error)) (roster.Roster, error) {
	if path == "-" {
		return read(os.Stdin)
	}
	f, err := os.Open(path)
	if err != nil {
		return roster.Roster{}, cannotRead(path, err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return roster.Roster{}, refusal.Because(refusal.Invalid, "%s is a folder, no file.", path)
	}
	return read(f)
}

func readMailman2(path string) (roster.Roster, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "config.pck")
	}
	if filepath.Ext(path) == ".pck" {
		return readRoster(path, roster.ReadMailman2)
	}
	return readRoster(path, roster.Read)
}

func readMlmmj(path string) (roster.Roster, error) {
	if _, err := os.Stat(path); err != nil {
		return roster.Roster{}, cannotRead(path, err)
	}
	return roster.ReadMlmmj(os.DirFS(path))
}

func mlmmjArchive(path string, most int64) source {
	return source{mbox.Numbered(os.DirFS(path), "archive", mbox.Options{MaxSize: int(most)}), 0, func() error { return nil }}
}

// enrolReport is what became of the people of a file, as JSON.
type enrolReport struct {
	File     string        `json:"file"`
	Kind     string        `json:"kind"`
	DryRun   bool          `json:"dry_run"`
	People   int           `json:"people"`
	New      int           `json:"new"`
	Joined   int           `json:"joined_a_list"` // were members, and came onto a list
	Here     int           `json:"here_already"`
	Managers int           `json:"managers"` // became managers
	NotTaken []roster.Left `json:"not_taken"`
	Doubts   []roster.Left `json:"doubts"`
	Archive  *importReport `json:"archive,omitempty"`
}

func (r enrolReport) say(c *cli, community string) {
	would := ""
	if r.DryRun {
		would = "Nothing was changed. This is what would happen: "
	}
	c.say("%s%s read, %s new in %s, %d were members and came onto a list, %d were there already, %d could not be taken.",
		would, people(r.People+len(r.NotTaken)), people(r.New), community, r.Joined, r.Here, len(r.NotTaken))
	if r.Managers > 0 {
		c.say("Managers from now on: %d of them. They read what members write in private.", r.Managers)
	}
	for _, kind := range []struct {
		word string
		all  []roster.Left
	}{{"not taken", r.NotTaken}, {"in doubt", r.Doubts}} {
		for _, l := range kind.all {
			at := ""
			if l.Line > 0 {
				at = fmt.Sprintf("line %d, ", l.Line)
			}
			c.say("%s: %s%s: %s", kind.word, at, letter.CleanLine(l.Text), letter.CleanLine(l.Why))
		}
	}
	if r.Archive != nil {
		r.Archive.say(c)
	}
}

// enrolling is a file of members on its way in.
type enrolling struct {
	p         *Program
	flags     enrolFlags
	community lists.Community
	lists     []lists.List // where they come onto
	asTold    bool         // a file that names lists itself is believed
	report    enrolReport
}

// errDry ends a transaction of which nothing may stay.
var errDry = errors.New("only asked what would happen")

// enrolStep is how many people become durable together.
const enrolStep = 200

// take makes the people members.
func (e *enrolling) take(ctx context.Context, r roster.Roster) error {
	e.report.DryRun, e.report.People = e.flags.dry, len(r.People)
	e.report.NotTaken, e.report.Doubts = append([]roster.Left{}, r.Left...), append([]roster.Left{}, r.Doubts...)
	if e.flags.welcome && len(r.People) > mostWelcomes {
		return refusal.Because(refusal.NotAllowed, "The file names %d people; a welcome goes to %d at the most, because more unexpected mails at once are taken for spam. Nothing was taken.", len(r.People), mostWelcomes).
			Try("the same without --welcome, and one mail of your own to the list")
	}
	for batch := range slices.Chunk(r.People, enrolStep) {
		report := e.report
		err := e.p.Update(ctx, func(tx *db.Tx) error {
			e.report = report // a transaction may be tried again
			for _, p := range batch {
				if err := e.one(tx, p); err != nil {
					return err
				}
			}
			if e.flags.dry {
				return errDry
			}
			return nil
		})
		if err != nil && !errors.Is(err, errDry) {
			return err
		}
	}
	return nil
}

// tell says what became of them.
func (e *enrolling) tell(c *cli) error {
	if e.flags.asJSON {
		return c.asJSON(e.report)
	}
	e.report.say(c, e.community.Domain)
	if e.report.People == 0 {
		return refusal.Because(refusal.Malformed, "Nobody could be taken from %s.", e.report.File).Try("backchannel member import --help")
	}
	return nil
}

func (e *enrolling) leave(p roster.Person, why string) {
	e.report.People--
	e.report.NotTaken = append(e.report.NotTaken, roster.Left{Line: p.Line, Text: p.Address.String(), Why: why})
}

func (e *enrolling) doubt(p roster.Person, why string) {
	e.report.Doubts = append(e.report.Doubts, roster.Left{Line: p.Line, Text: p.Address.String(), Why: why})
}

// one takes one person, or notes why not. An error that is no refusal ends the import: it is ours, not the file's.
func (e *enrolling) one(tx *db.Tx, p roster.Person) error {
	if !p.Subscribed && !e.flags.managers {
		e.leave(p, "ran the list there without getting its mail; --managers takes them as a manager")
		return nil
	}
	old, known, err := lists.MemberByAddress(tx, e.community.ID, p.Address)
	if err != nil {
		return err
	}
	before := e.report
	err = tx.Attempt(func() error {
		switch {
		case known && belongs(old):
			return e.again(tx, p, old)
		case known && old.State == lists.Left:
			e.leave(p, "left this community; they may come back by themselves, or: backchannel member add "+p.Address.String())
			return nil
		case known:
			e.leave(p, "was removed from this community by a manager; if they may come back: backchannel member add "+p.Address.String())
			return nil
		}
		return e.fresh(tx, p)
	})
	if err == nil || refusal.Temporary(err) {
		return err
	}
	e.report = before
	e.leave(p, err.Error())
	return nil
}

// fresh makes somebody a member.
func (e *enrolling) fresh(tx *db.Tx, p roster.Person) error {
	n := lists.NewMember{Address: p.Address, Name: p.Name, Role: lists.RoleMember, Trust: e.flags.trust, Timezone: p.Timezone, OwnCopy: !p.NoOwnCopy, Listed: p.Listed}
	if p.Managed && e.flags.managers {
		n.Role = lists.RoleManager
		e.report.Managers++
	}
	m, err := lists.AddMember(tx, e.community, n)
	if err != nil {
		return err
	}
	if _, err := e.subscribe(tx, p, m); err != nil {
		return err
	}
	if p.Managed && !e.flags.managers {
		e.doubt(p, "ran the list there and is an ordinary member here; --managers makes them a manager")
	}
	e.report.New++
	if e.flags.welcome {
		return e.p.Clerk.Welcome(tx, e.community, m)
	}
	return nil
}

// again puts a member onto the lists they are not on yet.
func (e *enrolling) again(tx *db.Tx, p roster.Person, m lists.Member) error {
	n, err := e.subscribe(tx, p, m)
	if err != nil {
		return err
	}
	if n > 0 {
		e.report.Joined++
	} else {
		e.report.Here++
	}
	if p.Managed && e.flags.managers && !m.Manager() {
		m.Role = lists.RoleManager
		e.report.Managers++
		return lists.SaveMember(tx, m)
	}
	return nil
}

// subscribe puts a member onto the lists of this import, except where they are already.
func (e *enrolling) subscribe(tx *db.Tx, p roster.Person, m lists.Member) (n int, err error) {
	if !p.Subscribed {
		return 0, nil
	}
	on, err := lists.Subscriptions(tx, m.ID)
	if err != nil {
		return 0, err
	}
	where, err := e.where(tx, p)
	if err != nil {
		return 0, err
	}
	for _, l := range where {
		if slices.ContainsFunc(on, func(s lists.Subscription) bool { return s.List == l.ID }) {
			continue
		}
		d := lists.Delivery(p.Delivery)
		if e.asTold && p.Lists != nil {
			d = lists.Delivery(p.Lists[l.Local])
		}
		if d == "" {
			d = e.flags.delivery
		}
		if d == "" {
			d = e.community.Delivery
		}
		if err := lists.Subscribe(tx, m.ID, l.ID, d); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// where is what lists somebody comes onto.
func (e *enrolling) where(tx *db.Tx, p roster.Person) (all []lists.List, err error) {
	if !e.asTold || p.Lists == nil {
		return e.lists, nil
	}
	for name := range p.Lists {
		l, ok, err := lists.ListByName(tx, e.community.ID, name)
		if err != nil {
			return nil, err
		}
		if !ok {
			e.doubt(p, "there is no list "+letter.CleanLine(name)+" here")
			continue
		}
		all = append(all, l)
	}
	return all, nil
}

// newMemberExport writes the members as a table.
func (c *cli) newMemberExport() *cobra.Command {
	var domain, to string
	cmd := &cobra.Command{
		Use: "export", Short: "Write the members of a community as a table (CSV), which member import reads", Args: words(),
		Long: "Writes the members of a community, with their lists and deliveries, as a table (CSV). No cell of it is a formula, whatever somebody calls themselves.",
	}
	communityFlag(cmd, &domain)
	cmd.Flags().StringVarP(&to, "output", "o", "", "write to this new file instead")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var all []roster.Person
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				community, err := lists.TheCommunity(tx, domain)
				if err != nil {
					return err
				}
				all, err = memberRoster(tx, community)
				return err
			})
			if err != nil {
				return err
			}
			return c.toFile(to, func(out io.Writer) error { return roster.Write(out, all) }, func() { c.say("%s written to %s.", people(len(all)), to) })
		})
	}
	return cmd
}

// memberRoster is who belongs to a community now.
func memberRoster(tx *db.Tx, community lists.Community) (people []roster.Person, err error) {
	all, err := lists.Members(tx, community.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		if !belongs(m) {
			continue
		}
		p := roster.Person{Address: m.Address, Name: m.Name, Managed: m.Manager(), Subscribed: true, NoOwnCopy: !m.OwnCopy, Listed: m.Listed, Timezone: m.Timezone, Lists: map[string]roster.Delivery{}}
		subs, err := lists.Subscriptions(tx, m.ID)
		if err != nil {
			return nil, err
		}
		for _, s := range subs {
			l, err := lists.ListByID(tx, s.List)
			if err != nil {
				return nil, err
			}
			p.Lists[l.Local] = roster.Delivery(s.Delivery)
		}
		people = append(people, p)
	}
	return people, nil
}
