package desk

import (
	"context"
	"slices"
	"strings"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/imapd"
	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// account is one signed-in person over all their communities. It holds no right: each call works out anew what there is. The password
// is kept to be asked about again, because one that was taken back must end the sessions it began.
type account struct {
	*Desk
	who      letter.Address
	password string
}

var (
	_ imapd.Account = (*account)(nil)
	_ imapd.Copier  = (*account)(nil)
	_ imapd.Creator = (*account)(nil)
)

// notThere is the answer for a folder that never was and for one that is no longer this person's: they are the same (P15).
func notThere() *refusal.Refusal {
	return refusal.Because(refusal.NotFound, "There is no folder of this name here.")
}

// look finds a folder by its name, as it is now.
func (a *account) look(tx *db.Tx, name string) (folder, error) {
	all, err := a.tree(tx)
	if err != nil {
		return folder{}, err
	}
	f, ok := find(all, name)
	if !ok {
		return folder{}, notThere()
	}
	return f, nil
}

// Mailboxes lists the folders of the person.
func (a *account) Mailboxes(ctx context.Context) (list []imapd.Mailbox, err error) {
	err = a.DB.View(ctx, func(tx *db.Tx) error {
		all, err := a.tree(tx)
		for _, f := range all {
			list = append(list, f.Mailbox)
		}
		return err
	})
	return list, err
}

// view is an open folder. Move has to know where a message comes from.
type view struct {
	imapd.View
	folder
	letters *imapd.PrivateView // of the back-channel
}

// Open opens a folder.
func (a *account) Open(ctx context.Context, name string) (imapd.View, error) {
	var f folder
	if err := a.DB.View(ctx, func(tx *db.Tx) (err error) { f, err = a.look(tx, name); return err }); err != nil {
		return nil, err
	}
	switch f.kind {
	case nothing:
		return view{View: imapd.Empty(1), folder: f}, nil
	case ofList:
		return view{View: imapd.Public{DB: a.DB, Store: a.Store, Mailbox: f.public, Person: int64(f.member.ID), May: a.may(f)}.View(), folder: f}, nil
	}
	p, err := a.private(ctx, f)
	if err != nil {
		return nil, err
	}
	switch f.kind {
	case ofDrafts:
		p.Delete = imapd.Destroy(a.Store)
	case ofLetters:
		p.Delete = func(tx *db.Tx, ids []archive.PrivateMessageID) error { return a.deleteLetters(tx, f, ids) }
		p.Marked = func(tx *db.Tx, ids []archive.PrivateMessageID, op imapd.FlagOp, flags []string) error {
			return a.markLetters(tx, f, ids, op, flags)
		}
		opened := p.View()
		return view{View: opened, folder: f, letters: opened}, nil
	case ofHeld:
		p.Delete = func(*db.Tx, []archive.PrivateMessageID) error { return undecided() }
		p.Marked = func(_ *db.Tx, _ []archive.PrivateMessageID, op imapd.FlagOp, flags []string) error {
			if op != imapd.Remove && slices.Contains(flags, imapd.Deleted) {
				return undecided()
			}
			return nil
		}
		opened := p.View()
		return view{View: opened, folder: f, letters: opened}, nil
	}
	return view{View: p.View(), folder: f}, nil
}

// private finds the mailbox behind a folder, and makes it when nothing was ever filed there: what a mail program has open must be the
// place into which the first letter comes.
func (a *account) private(ctx context.Context, f folder) (imapd.Private, error) {
	p := imapd.Private{DB: a.DB, Store: a.Store, Person: int64(f.member.ID), May: a.may(f)}
	err := a.DB.View(ctx, func(tx *db.Tx) (err error) {
		p.Mailbox, err = a.Store.FindPrivate(tx, int64(f.member.ID), f.shelf)
		return err
	})
	if err == nil || refusal.KindOf(err) != refusal.NotFound {
		return p, err
	}
	err = a.DB.Update(ctx, func(tx *db.Tx) (err error) {
		if err := p.May(tx); err != nil {
			return err
		}
		p.Mailbox, err = a.Store.CreatePrivate(tx, int64(f.member.ID), f.shelf)
		return err
	})
	return p, err
}

// What one person may keep in Drafts: enough to write, too little to fill a disk.
const (
	mostDrafts      = 200
	mostDraftOctets = 50 << 20
)

// Append keeps a draft.
func (a *account) Append(ctx context.Context, to string, in imapd.Incoming) (imapd.Place, error) {
	var f folder
	if err := a.DB.View(ctx, func(tx *db.Tx) (err error) { f, err = a.look(tx, to); return err }); err != nil {
		return imapd.Place{}, err
	}
	if f.kind != ofDrafts {
		return imapd.Place{}, refusal.Because(refusal.NotAllowed, "Only drafts can be put here, into Drafts. To write to a list or to the managers, send your letter to their address.")
	}
	p, err := a.private(ctx, f)
	if err != nil {
		return imapd.Place{}, err
	}
	v := p.View()
	st, err := v.Status(ctx)
	if err != nil {
		return imapd.Place{}, err
	}
	if st.Messages >= mostDrafts || st.Size+int64(len(in.Raw)) > mostDraftOctets {
		return imapd.Place{}, refusal.Because(refusal.Full, "Your Drafts are full: there is room for %d letters and %d MB. Please delete some that you do not need.", mostDrafts, mostDraftOctets>>20)
	}
	return v.Add(ctx, in)
}

// Create makes a folder for a tag of the back-channel. There are no others to be made.
func (a *account) Create(ctx context.Context, name string) error {
	none := refusal.Because(refusal.NotAllowed, "Folders cannot be made here; they come and go with your lists and letters.")
	return a.DB.Update(ctx, func(tx *db.Tx) error {
		all, err := a.tree(tx)
		if err != nil {
			return err
		}
		if _, there := find(all, name); there {
			return refusal.Because(refusal.Conflict, "There is such a folder already.")
		}
		for _, f := range all {
			root, isNew := strings.CutSuffix(f.Name, "/New")
			tag, ok := strings.CutPrefix(name, root+"/Tags/")
			if f.kind == ofLetters && isNew && ok {
				return a.Box.MakeTag(tx, f.member, tag)
			}
		}
		return none
	})
}

// Watch pings after every commit: any may have changed what this person sees.
func (a *account) Watch() (<-chan struct{}, func()) { return a.DB.Subscribe() }
