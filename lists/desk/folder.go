package desk

import (
	"slices"
	"strings"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/imapd"
	"backchannel/lists"
	"backchannel/lists/backchannel"
)

// The folders that everybody has, and where those of lists and digests lie.
const (
	inbox     = "INBOX"
	sent      = "Sent"
	drafts    = "Drafts"
	digests   = "Digests" // the digest files its issues under this name
	listsRoot = "Lists"
	heldPosts = "Held posts" // the moderation files its questions under this name
	approve   = heldPosts + "/Approve"
	refuse    = heldPosts + "/Refuse"
)

// kind is what sort of folder it is; a view keeps only what may be asked again.
type kind int

const (
	nothing kind = iota // never holds anything
	ofDrafts
	ofList
	ofDigests
	ofLetters // of the back-channel
	ofHeld    // posts that wait for a manager, and where moving one decides
)

// folder is one folder of a person as it is now.
type folder struct {
	imapd.Mailbox
	kind   kind
	member lists.Member     // whose it is: the person in that community
	list   lists.ListID     // of a list
	public archive.PublicID // of a list
	shelf  string           // the name under which the archive keeps a private one
}

// tree is everything that a person has, worked out from their rights at this moment.
func (a *account) tree(tx *db.Tx) ([]folder, error) {
	here, err := memberships(tx, a.who, a.password)
	if err != nil {
		return nil, err
	}
	all := []folder{
		{Mailbox: imapd.Mailbox{Name: inbox}},
		{Mailbox: imapd.Mailbox{Name: sent, Use: imapd.UseSent, Takes: imapd.Forgets}},
		{Mailbox: imapd.Mailbox{Name: drafts, Use: imapd.UseDrafts, Takes: imapd.Keeps}, kind: ofDrafts, member: here[0], shelf: drafts},
	}
	domains := make([]string, len(here))
	for i, m := range here {
		c, err := lists.CommunityByID(tx, m.Community)
		if err != nil {
			return nil, err
		}
		domains[i] = c.Domain
		read, err := listFolders(tx, m, domainWhere(len(here) > 1, c.Domain))
		if err != nil {
			return nil, err
		}
		all = append(all, read...)
	}
	for i, m := range here {
		all = append(all, folder{
			Mailbox: imapd.Mailbox{Name: digests + domainWhere(len(here) > 1, domains[i])}, kind: ofDigests, member: m, shelf: digests,
		})
	}
	managed := 0
	for _, m := range here {
		if m.Manager() {
			managed++
		}
	}
	for i, m := range here {
		if m.Manager() {
			tags, err := a.Box.Tags(tx, m)
			if err != nil {
				return nil, err
			}
			all = append(all, heldFolders(m, domainWhere(managed > 1, domains[i]))...)
			all = append(all, letterFolders(m, domainWhere(managed > 1, domains[i]), tags)...)
		}
	}
	return all, nil
}

// domainWhere tells communities apart where there are several.
func domainWhere(several bool, domain string) string {
	if several {
		return "/" + domain
	}
	return ""
}

// listFolders are the lists that a member is on, however they get them.
func listFolders(tx *db.Tx, m lists.Member, where string) ([]folder, error) {
	subs, err := lists.Subscriptions(tx, m.ID)
	if err != nil {
		return nil, err
	}
	var all []folder
	for _, s := range subs {
		l, err := lists.ListByID(tx, s.List)
		if err != nil {
			return nil, err
		}
		all = append(all, folder{Mailbox: imapd.Mailbox{Name: listsRoot + where + "/" + l.Local}, kind: ofList, member: m, list: l.ID, public: l.Box})
	}
	return all, nil
}

// letterFolders are those of the back-channel, for a manager alone. A tag has a folder as long as there is a letter with it that this
// manager may see, or when they made the folder themselves.
func letterFolders(m lists.Member, where string, tags []string) []folder {
	var all []folder
	shelves := backchannel.Folders()
	for _, tag := range tags {
		shelves = append(shelves, backchannel.FolderTags+"/"+tag)
	}
	for _, shelf := range shelves {
		root, name, _ := strings.Cut(shelf, "/")
		all = append(all, folder{Mailbox: imapd.Mailbox{Name: root + where + "/" + name}, kind: ofLetters, member: m, shelf: shelf})
	}
	return all
}

// heldFolders are where posts wait for a manager: moving one into one of the folders below decides about it.
func heldFolders(m lists.Member, where string) (all []folder) {
	for _, shelf := range []string{heldPosts, approve, refuse} {
		all = append(all, folder{Mailbox: imapd.Mailbox{Name: heldPosts + where + strings.TrimPrefix(shelf, heldPosts)}, kind: ofHeld, member: m, shelf: shelf})
	}
	return all
}

// find finds a folder by its name.
func find(all []folder, name string) (folder, bool) {
	i := slices.IndexFunc(all, func(f folder) bool { return f.Name == name })
	if i < 0 {
		return folder{}, false
	}
	return all[i], true
}

// may asks whether a person may still look into a folder that was opened before. It is asked in the transaction of every look.
func (a *account) may(f folder) func(tx *db.Tx) error {
	return func(tx *db.Tx) error {
		here, err := memberships(tx, a.who, a.password)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(here, func(m lists.Member) bool { return m.ID == f.member.ID })
		switch {
		case i < 0:
			return notThere()
		case (f.kind == ofLetters || f.kind == ofHeld) && !here[i].Manager():
			return notThere()
		case f.kind == ofList:
			return onList(tx, f)
		}
		return nil
	}
}

func onList(tx *db.Tx, f folder) error {
	_, on, err := lists.SubscriptionOf(tx, f.member.ID, f.list)
	if err == nil && !on {
		err = notThere()
	}
	return err
}
