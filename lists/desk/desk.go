// Package desk is what a signed-in person sees of their communities, and what a move means there. It promises that every look is asked
// for anew: a list that somebody left, the back-channel of a manager who is none any more, a membership that ended and an app password
// that was taken back are gone with the next command, whatever was open; that nobody but the managers of a community is shown that it
// has a back-channel with letters in it; that a letter which does not exist for a manager is in no folder, count or search of theirs; and that
// a letter to the managers cannot be destroyed here, nor taken to where others read.
package desk

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/imapd"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// Desk lets people in. There is one: it counts wrong passwords for all doors together.
type Desk struct {
	DB    *db.DB
	Store *archive.Store
	Box   *backchannel.Letterbox
	Posts Posts
	Log   *slog.Logger // nil: silence

	guesses guesses // at passwords, through both doors
}

// Posts decides about posts that wait for a manager.
type Posts interface {
	// Moved approves or refuses the post that a copy in the folder of held posts is about, by the manager who moved it.
	Moved(tx *db.Tx, manager lists.Member, object int64, approve bool) error

	// Waiting is what waits in a manager's community.
	Waiting(tx *db.Tx, manager lists.Member) (templates.HeldPlace, error)
	// Look shows a manager one post that waits; over is how one was decided that does not. What is not there for this manager is a
	// refusal of kind NotFound.
	Look(tx *db.Tx, manager lists.Member, id int64) (v templates.HeldView, over *templates.AlreadyDecided, err error)
	// Decide does what a manager chose about one, as they saw it in that version, by a word that means what it means by mail.
	Decide(tx *db.Tx, manager lists.Member, id int64, version int, word, text string) (templates.HeldDeed, error)
}

// SMTP is the login of those who send: they sign in with an address of theirs and an app password, and send as that address.
func (d *Desk) SMTP() Sender { return Sender{d} }

// IMAP is the login of those who read: one for each person, whatever their communities.
func (d *Desk) IMAP() imapd.Login { return reader{d} }

// Sender is the login at the door of submission, as smtpd asks for it.
type Sender struct{ *Desk }

// Login tells who it is.
func (s Sender) Login(ctx context.Context, from netip.Addr, user, password string) (letter.Address, error) {
	return s.signIn(ctx, from, user, password)
}

type reader struct{ *Desk }

// Login opens somebody's account.
func (r reader) Login(ctx context.Context, from netip.Addr, user, password string) (imapd.Account, error) {
	who, err := r.signIn(ctx, from, user, password)
	if err != nil {
		return nil, err
	}
	return &account{Desk: r.Desk, who: who, password: password}, nil
}

// wrongLogin is the one answer to a wrong name, a wrong password, and a right password of somebody who has left (A14).
func wrongLogin() *refusal.Refusal {
	return refusal.Because(refusal.NotAllowed, "This address and password do not fit together. Please use the address you joined with and an app password; the managers of your community can help you to one.")
}

// signIn finds out who somebody is. What an unknown name costs is what a known one does: the same questions are asked of the database,
// whatever their answers.
func (d *Desk) signIn(ctx context.Context, from netip.Addr, user, password string) (letter.Address, error) {
	who, typo := letter.ParseAddress(strings.TrimSpace(user))
	if d.guesses.spent(from, who, d.DB.Now()) {
		return letter.Address{}, tooMany()
	}
	err := d.DB.View(ctx, func(tx *db.Tx) error {
		_, err := memberships(tx, who, password)
		return err
	})
	if err == nil && typo != nil {
		err = wrongLogin()
	}
	if refusal.KindOf(err) == refusal.NotAllowed {
		d.guesses.wrong(from, who, d.DB.Now())
	}
	if err != nil {
		return letter.Address{}, err
	}
	d.guesses.right(from, who)
	// When a password was last used is for tidying up. A full disk must not lock readers out (P6).
	if err := d.DB.Update(ctx, func(tx *db.Tx) error { return lists.NoteLogin(tx, who, password) }); err != nil && d.Log != nil {
		d.Log.Warn("note a login", "error", refusal.Log(err))
	}
	return who, nil
}

// memberships are the places of a person where they are heard, if the password is one of theirs, now.
func memberships(tx *db.Tx, who letter.Address, password string) ([]lists.Member, error) {
	ok, err := lists.CheckPassword(tx, who, password)
	if err != nil {
		return nil, err
	}
	here, err := lists.Memberships(tx, who)
	if err != nil {
		return nil, err
	}
	if !ok || len(here) == 0 {
		return nil, wrongLogin()
	}
	return here, nil
}
