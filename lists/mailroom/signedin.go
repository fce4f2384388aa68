package mailroom

import (
	"context"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/smtpd"
	"backchannel/templates/refusal"
)

// signedIn sees to it that whoever signed in writes as themselves: the author is one of the confirmed addresses of the person whose
// login it is. It gives the address for which the login vouches; none for a session without a login.
func (m *Mailroom) signedIn(ctx context.Context, env *smtpd.Envelope, from letter.Address) (letter.Address, error) {
	switch {
	case env.Login.IsZero() || env.Login.Key() == from.Key():
		return env.Login, nil
	case from.IsZero():
		return letter.Address{}, refusal.Because(refusal.NotAllowed, "A letter names one author in its From line, and this one does not. Please check the address in the settings of your mail program.")
	}
	theirs := false
	err := m.DB.View(ctx, func(tx *db.Tx) error {
		places, err := lists.Memberships(tx, env.Login)
		if err != nil {
			return err
		}
		for _, place := range places {
			other, ok, err := lists.MemberByAddress(tx, place.Community, from)
			if err != nil {
				return err
			}
			theirs = theirs || ok && other.ID == place.ID
		}
		return nil
	})
	if err == nil && !theirs {
		err = refusal.Because(refusal.NotAllowed, "The From line of this letter is no confirmed address of whoever signed in. Please write from an address you joined with, and check the account in your mail program.") // no addresses: it is kept for trace (P15)
	}
	return from, err
}
