package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/mbox"
	"backchannel/lists"
	"backchannel/lists/membership"
	"backchannel/lists/notice"
	"backchannel/lists/roster"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

// takeoutFormat counts how the file of a community has changed. A program reads its own and older ones.
const takeoutFormat = 1

// takeoutFile is community.json in the file of a community.
type takeoutFile struct {
	Format    int             `json:"format"`
	Written   time.Time       `json:"written"`
	Community takeoutTown     `json:"community"`
	Lists     []takeoutList   `json:"lists"`
	Members   []takeoutMember `json:"members"`
}

type takeoutTown struct {
	lists.Community
	Ombuds  string            `json:"ombuds,omitempty"`
	Aliases map[string]string `json:"tag_aliases,omitempty"` // tags, each with the one it stands for
	Wording []notice.Wording  `json:"wording,omitempty"`     // mails in the community's own words
}

type takeoutList struct {
	lists.List
	Local string `json:"local"`
	Undo  int    `json:"undo_seconds"`
	Posts int    `json:"posts"` // in lists/LOCAL.mbox
}

type takeoutMember struct {
	Name          string              `json:"name"`
	Addresses     []string            `json:"addresses"` // the one that mail goes to first
	Role          lists.Role          `json:"role"`
	Kind          string              `json:"kind"`
	State         lists.State         `json:"state"`
	Trust         int                 `json:"trust"`
	Timezone      string              `json:"timezone"`
	Language      string              `json:"language,omitempty"`
	OwnCopy       bool                `json:"own_copy"`
	AddressShown  bool                `json:"address_shown,omitempty"` // to members who see who is on a list
	IntroOK       lists.IntroOK       `json:"intro_ok,omitempty"`
	NoGreeting    bool                `json:"no_greeting,omitempty"` // is not asked to greet new members
	Joined        time.Time           `json:"joined"`
	Subscriptions []subscriptionTaken `json:"subscriptions"`
	Digest        lists.DigestPref    `json:"digest"`
	Follows       []string            `json:"follows,omitempty"`
	Mutes         []string            `json:"mutes,omitempty"`
	Vacation      *lists.Vacation     `json:"vacation,omitempty"`
}

type subscriptionTaken struct {
	List     string         `json:"list"` // local part
	Delivery lists.Delivery `json:"delivery"`
}

// takeoutReadme explains the file to whoever finds it.
const takeoutReadme = `This is a community as Backchannel keeps it, in open formats.

community.json     settings of the community and its lists, and all members with their addresses and settings
members.csv        the members as a table, for spreadsheets and other list programs
lists/NAME.mbox    the posts of each list as they were published (mbox, as most mail programs read it)

backchannel import community FILE reads it again, on a server that does not have this community.

It has no private letters: what members write to the managers is in no file but the database, and in the copies that each member and manager has.
It has no passwords, no keys and no addresses with tokens; mail programs get new passwords.
`

func (c *cli) newExportCommunity() *cobra.Command {
	var to string
	cmd := &cobra.Command{Use: "community DOMAIN -o FILE.zip", Short: "Write a whole community in open formats: settings, members, posts", Args: words("DOMAIN"),
		Long: "Writes settings, members and posts of a community into one zip file of JSON, CSV and mbox, which import community reads again.\n" +
			"Private letters are not in it: they belong to those who wrote them and to the managers, not to the operator. backup copies everything."}
	cmd.Flags().StringVarP(&to, "output", "o", "", "the new file (wanted)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if to == "" {
			return usage(cmd, "Please say into which file: -o FILE.zip.")
		}
		return c.with(cmd.Context(), func(p *Program) error {
			var t takeoutFile
			return c.toFile(to, func(out io.Writer) (err error) { t, err = p.takeout(cmd.Context(), args[0], out); return err }, func() {
				posts := 0
				for _, l := range t.Lists {
					posts += l.Posts
				}
				c.say("%s with %s, %s and %s written to %s. Private letters are not in it; backup copies everything.",
					t.Community.Domain, count(len(t.Lists), "list"), people(len(t.Members)), count(posts, "post"), to)
			})
		})
	}
	return cmd
}

// takeout writes a community into a zip file.
func (p *Program) takeout(ctx context.Context, domain string, out io.Writer) (t takeoutFile, err error) {
	var all []lists.List
	var table []roster.Person
	err = p.View(ctx, func(tx *db.Tx) error {
		community, err := lists.TheCommunity(tx, domain)
		if err != nil {
			return err
		}
		if all, err = lists.Lists(tx, community.ID); err != nil {
			return err
		}
		if table, err = memberRoster(tx, community); err != nil {
			return err
		}
		t, err = gatherTakeout(tx, community)
		return err
	})
	if err != nil {
		return t, err
	}
	z := zip.NewWriter(out)
	add := func(name string, write func(io.Writer) error) error {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: t.Written})
		if err != nil {
			return err
		}
		return write(w)
	}
	for _, l := range all {
		n := 0
		if err := add(mboxName(l.Local), func(w io.Writer) (err error) { n, err = p.export(ctx, l, w); return err }); err != nil {
			return t, err
		}
		t.Lists = append(t.Lists, takeoutList{List: l, Local: l.Local, Undo: int(l.Undo / time.Second), Posts: n})
	}
	err = errors.Join(
		add("README.txt", func(w io.Writer) error { _, err := io.WriteString(w, takeoutReadme); return err }),
		add("members.csv", func(w io.Writer) error { return roster.Write(w, table) }),
		add(takeoutName, func(w io.Writer) error { e := json.NewEncoder(w); e.SetIndent("", "  "); return e.Encode(t) }),
		z.Close())
	return t, err
}

// takeoutName is the file of the settings and members; mboxName that of a list's posts.
const takeoutName = "community.json"

func mboxName(local string) string { return "lists/" + local + ".mbox" }

// gatherTakeout reads what community.json says, but for the lists.
func gatherTakeout(tx *db.Tx, community lists.Community) (takeoutFile, error) {
	t := takeoutFile{Format: takeoutFormat, Written: tx.Now.UTC().Truncate(time.Second), Community: takeoutTown{Community: community}}
	if community.Ombuds.Local != "" {
		t.Community.Ombuds = community.Ombuds.String()
	}
	aliases, err := lists.TagAliases(tx, community.ID)
	if err != nil {
		return t, err
	}
	t.Community.Aliases = aliases
	if t.Community.Wording, err = notice.Wordings(tx, community); err != nil {
		return t, err
	}
	all, err := lists.Members(tx, community.ID)
	if err != nil {
		return t, err
	}
	for _, m := range all {
		one, err := takeMember(tx, m)
		if err != nil {
			return t, err
		}
		t.Members = append(t.Members, one)
	}
	return t, nil
}

func takeMember(tx *db.Tx, m lists.Member) (takeoutMember, error) {
	one := takeoutMember{Name: m.Name, Role: m.Role, Kind: m.Kind, State: m.State, Trust: m.Trust, Timezone: m.Timezone, Language: m.Language, OwnCopy: m.OwnCopy, AddressShown: m.Listed, IntroOK: m.IntroOK, Joined: m.Joined.UTC(), Subscriptions: []subscriptionTaken{}}
	greets, err := membership.Greets(tx, m.ID)
	if err != nil {
		return one, err
	}
	one.NoGreeting = !greets
	addresses, err := lists.Addresses(tx, m.ID)
	if err != nil {
		return one, err
	}
	for _, a := range addresses {
		one.Addresses = append(one.Addresses, a.String())
	}
	subs, err := lists.Subscriptions(tx, m.ID)
	if err != nil {
		return one, err
	}
	for _, s := range subs {
		l, err := lists.ListByID(tx, s.List)
		if err != nil {
			return one, err
		}
		one.Subscriptions = append(one.Subscriptions, subscriptionTaken{l.Local, s.Delivery})
	}
	if one.Digest, err = lists.DigestPrefOf(tx, m.ID); err != nil {
		return one, err
	}
	interests, err := lists.InterestsOf(tx, m.ID)
	if err != nil {
		return one, err
	}
	one.Follows, one.Mutes = interests.Follows, interests.Muted
	away, ok, err := lists.VacationOf(tx, m.ID)
	if ok && away.Until.After(tx.Now) {
		one.Vacation = &away
	}
	return one, err
}

func (c *cli) newImportCommunity() *cobra.Command {
	return &cobra.Command{Use: "community FILE.zip", Short: "Take a whole community that export community wrote", Args: words("FILE.zip"),
		Long: "Makes the community of a file that export community wrote: settings, lists, members, posts. Nobody is written to.\n" +
			"The server must not have a community of that domain. When it breaks off half-way, the same again goes on with the posts.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(p *Program) error { return p.takeIn(cmd.Context(), c, args[0]) })
		}}
}

// mostTakeoutJSON bounds what is read of community.json.
const mostTakeoutJSON = 64 << 20

// takeIn makes the community of a file.
func (p *Program) takeIn(ctx context.Context, c *cli, path string) (err error) {
	z, err := zip.OpenReader(path)
	if errors.Is(err, os.ErrNotExist) {
		return cannotRead(path, err)
	}
	wrong := refusal.Because(refusal.Malformed, "%s is no file that export community wrote.", path)
	if err != nil {
		return wrong.From(err)
	}
	defer func() { err = errors.Join(err, z.Close()) }()
	var t takeoutFile
	if err := readTakeout(&z.Reader, &t); err != nil {
		return wrong.From(err)
	}
	if t.Format < 1 || t.Format > takeoutFormat {
		return refusal.Because(refusal.Invalid, "%s was written by a newer version of this program (format %d; this one reads up to %d).", path, t.Format, takeoutFormat)
	}
	fresh := false
	err = p.Update(ctx, func(tx *db.Tx) (err error) { fresh, err = p.settle(tx, &t); return err })
	if err != nil {
		return err
	}
	if fresh {
		c.say("%s with %s and %s.", t.Community.Domain, count(len(t.Lists), "list"), people(len(t.Members)))
	} else {
		c.say("%s is here already, as this file has it; going on with the posts.", t.Community.Domain)
	}
	for _, l := range t.Lists {
		if err := p.takePosts(ctx, c, &z.Reader, l, t.Community.Domain); err != nil {
			return err
		}
	}
	return nil
}

func readTakeout(z *zip.Reader, t *takeoutFile) error {
	f, err := z.Open(takeoutName)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, mostTakeoutJSON+1))
	if err == nil && len(b) > mostTakeoutJSON {
		err = errors.New("too large")
	}
	if err == nil {
		err = json.NewDecoder(bytes.NewReader(b)).Decode(t)
	}
	return err
}

// settle makes community, lists and members. It tells false when it finds them made by an earlier try with the same file.
func (p *Program) settle(tx *db.Tx, t *takeoutFile) (fresh bool, err error) {
	town := t.Community.Community
	if here, known, err := lists.CommunityByDomain(tx, town.Domain); err != nil {
		return false, err
	} else if known {
		same, err := p.sameTown(tx, here, t)
		if err == nil && !same {
			err = refusal.Because(refusal.Conflict, "There is a community %s on this server already. Nothing was changed.", town.Domain)
		}
		return false, err
	}
	if t.Community.Ombuds != "" {
		if town.Ombuds, err = letter.ParseAddress(t.Community.Ombuds); err != nil {
			return false, refusal.Because(refusal.Malformed, "The file names %q as the ombuds, which is no address.", letter.CleanLine(t.Community.Ombuds))
		}
	}
	town.ID = 0
	if town, err = lists.AddCommunity(tx, town); err != nil {
		return false, err
	}
	for tag, means := range t.Community.Aliases {
		if err := lists.SetTagAlias(tx, town.ID, tag, means); err != nil {
			return false, err
		}
	}
	for _, w := range t.Community.Wording {
		if err := notice.SetWording(tx, town, w); err != nil {
			return false, fmt.Errorf("%s, the mail %s: %w", takeoutName, w.Name, err)
		}
	}
	byName := map[string]lists.List{}
	for _, one := range t.Lists {
		l := one.List
		l.ID, l.Community, l.Local, l.Domain, l.Undo, l.Box = 0, town.ID, one.Local, town.Domain, time.Duration(one.Undo)*time.Second, archive.PublicID(0)
		if byName[one.Local], err = lists.AddList(tx, p.Store, l); err != nil {
			return false, err
		}
	}
	for _, m := range t.Members {
		if err := m.settle(tx, town, byName); err != nil {
			return false, err
		}
	}
	return true, nil
}

// sameTown tells whether a community is what an earlier try with the same file has left.
func (p *Program) sameTown(tx *db.Tx, here lists.Community, t *takeoutFile) (bool, error) {
	now, err := gatherTakeout(tx, here)
	if err != nil || len(now.Members) != len(t.Members) {
		return false, err
	}
	for i, m := range now.Members {
		if len(m.Addresses) == 0 || len(t.Members[i].Addresses) == 0 || m.Addresses[0] != t.Members[i].Addresses[0] {
			return false, nil
		}
	}
	return true, nil
}

// settle makes one member.
func (m takeoutMember) settle(tx *db.Tx, town lists.Community, byName map[string]lists.List) error {
	var addresses []letter.Address
	for _, typed := range m.Addresses {
		a, err := letter.ParseAddress(typed)
		if err != nil {
			return refusal.Because(refusal.Malformed, "The file has %q as an address of a member.", letter.CleanLine(typed))
		}
		addresses = append(addresses, a)
	}
	if len(addresses) == 0 {
		return refusal.Because(refusal.Malformed, "The file has a member without an address: %s.", letter.CleanLine(m.Name))
	}
	made, err := lists.AddMember(tx, town, lists.NewMember{Address: addresses[0], Name: m.Name, Role: m.Role, Trust: m.Trust, Timezone: m.Timezone, Language: m.Language, OwnCopy: m.OwnCopy, Listed: m.AddressShown, Joined: m.Joined})
	if err != nil {
		return err
	}
	for _, a := range addresses[1:] {
		if err := lists.AddAddress(tx, made, a); err != nil {
			return err
		}
	}
	for _, s := range m.Subscriptions {
		l, known := byName[s.List]
		if !known {
			return refusal.Because(refusal.Malformed, "The file puts %s onto a list that it does not have: %s.", addresses[0], letter.CleanLine(s.List))
		}
		if err := lists.Subscribe(tx, made.ID, l.ID, s.Delivery); err != nil {
			return err
		}
	}
	return m.wishes(tx, made)
}

// wishes keeps how a member wants their digest, and what became of somebody who is no member any more.
func (m takeoutMember) wishes(tx *db.Tx, made lists.Member) error {
	if m.Digest != lists.DefaultDigest() {
		if err := lists.SaveDigestPref(tx, made.ID, m.Digest); err != nil {
			return err
		}
	}
	for _, tag := range m.Follows {
		if _, err := lists.Follow(tx, made.ID, tag); err != nil {
			return err
		}
	}
	for _, tag := range m.Mutes {
		if _, err := lists.Mute(tx, made.ID, tag, 0); err != nil {
			return err
		}
	}
	if m.Vacation != nil && m.Vacation.Until.After(tx.Now) {
		if err := lists.SetVacation(tx, made.ID, *m.Vacation); err != nil {
			return err
		}
	}
	if m.NoGreeting {
		if err := membership.SetGreets(tx, made.ID, false); err != nil {
			return err
		}
	}
	made.Kind, made.IntroOK = m.Kind, m.IntroOK
	switch m.State {
	case lists.Left, lists.Removed:
		made.Role = lists.RoleMember
		return lists.End(tx, made, m.State)
	case lists.Active, lists.Paused: // who was paused gets mail again: what came back did so on another server
		return lists.SaveMember(tx, made)
	}
	return refusal.Because(refusal.Malformed, "The file has a member in the state %q.", letter.CleanLine(string(m.State)))
}

// takePosts takes the posts of a list out of the file.
func (p *Program) takePosts(ctx context.Context, c *cli, z *zip.Reader, l takeoutList, domain string) error {
	f, err := z.Open(mboxName(l.Local))
	if err != nil {
		return refusal.Because(refusal.Malformed, "The file has no posts of the list %s.", letter.CleanLine(l.Local)).From(err)
	}
	r := mbox.NewReader(f, mbox.Options{MaxSize: int(p.Config.SMTP.MaxSize)})
	i := &importing{p: p, source: source{r.All(), 0, f.Close}, bar: c.newBar("imported", 0)}
	if err := errors.Join(i.run(ctx, fmt.Sprintf("%s@%s", l.Local, domain)), f.Close()); err != nil {
		return err
	}
	i.report.say(c)
	return nil
}
