package membership

import (
	"errors"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// Button is what somebody may press who has the address from List-Unsubscribe: it takes one member off one list, or stops their digest,
// and can do nothing else.
type Button struct {
	Community lists.Community
	List      string   // the list's title; "" for the digest
	Off       bool     // there is nothing to do: it is so already
	Others    []string // what still comes, or would still come

	wish   wish
	member lists.Member
}

// Tongue is the language in which we write to its member.
func (b Button) Tongue() string { return b.member.Tongue(b.Community) }

// Look finds the button of a token of leave+ or digest-off+, and changes nothing. It is false for a token that opens nothing: nobody
// was given it, it has expired or was revoked, or it is another kind's.
func (k *Clerk) Look(tx *db.Tx, token string) (Button, bool, error) {
	row, ok, err := notice.Pressed(tx, token)
	if err != nil || !ok || row.Receiver != Receiver {
		return Button{}, false, err
	}
	b := Button{}
	if b.wish, ok = readWish(row.Object); !ok || b.wish.what != templates.WishLeaveList && b.wish.what != templates.WishDigestOff {
		return Button{}, false, nil
	}
	b.member, err = lists.MemberByID(tx, lists.MemberID(row.Member))
	if errors.Is(err, db.ErrNoRows) || err == nil && !belongs(b.member) && !gone(b.member) {
		return Button{}, false, nil
	}
	if err != nil {
		return Button{}, false, err
	}
	if b.Community, err = lists.CommunityByID(tx, lists.CommunityID(row.Community)); err != nil {
		return Button{}, false, err
	}
	if b.List, err = b.wish.title(tx); errors.Is(err, db.ErrNoRows) {
		return Button{}, false, nil // the list was given up
	} else if err != nil {
		return Button{}, false, err
	}
	err = k.fill(tx, &b)
	return b, err == nil, err
}

// fill finds out what there is to do, and what is left then. Somebody who has left has nothing to do.
func (k *Clerk) fill(tx *db.Tx, b *Button) error {
	possible, err := b.wish.possible(tx, b.member)
	if err != nil {
		return err
	}
	b.Off = !possible || gone(b.member)
	ways := []lists.Delivery{lists.Each}
	if b.wish.list != 0 {
		ways = append(ways, lists.Digest)
	}
	b.Others, err = k.got(tx, b.member, ways...)
	if b.wish.list != 0 {
		b.Others = without(b.Others, b.List)
	}
	return err
}

func without(all []string, one string) (rest []string) {
	for _, s := range all {
		if s != one {
			rest = append(rest, s)
		}
	}
	return rest
}

// Press does it, as a letter of the member to the same door would, and confirms it by the same mail. Done once more it changes nothing
// and writes to nobody. It is false where Look is. The token alone is enough here: a mail program that presses for its owner has
// nothing else to show (RFC 8058 §3.2), and the worst that somebody can do who got hold of it is confirmed to its owner at once.
func (k *Clerk) Press(tx *db.Tx, token string) (Button, bool, error) {
	b, ok, err := k.Look(tx, token)
	if err != nil || !ok || b.Off {
		return b, ok, err
	}
	var words templates.Mail
	var back letter.Mailbox
	if b.wish.list != 0 {
		words, back, err = k.offList(tx, b.Community, b.member, b.wish.list)
	} else {
		words, _, err = k.offDigest(tx, b.Community, b.member)
	}
	if err != nil {
		return b, false, err
	}
	mail := notice.ToMember(b.Community, b.member, notice.Tells, words)
	mail.ReplyTo = back
	_, err = k.Office.Send(tx, mail)
	return b, err == nil, err
}

// Managers is the address that a page names for questions.
func (b Button) Managers() letter.Address { return b.Community.Address("managers") }
