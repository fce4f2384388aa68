package lists

import (
	"fmt"

	"backchannel/archive/db"
	"backchannel/archive/letter"
)

// MakeFirst sends a member's mail to another of their confirmed addresses from now on; false when it is none of theirs. What came back
// from the old one is forgotten, and that members may see the first address held for the old one. Whose tokens, letters and posts they are does not change: all of that hangs on the member.
func MakeFirst(tx *db.Tx, m Member, a letter.Address) (bool, error) {
	owner, known, err := MemberByAddress(tx, m.Community, a)
	if err != nil || !known || owner.ID != m.ID {
		return false, err
	}
	if _, err := tx.Exec("UPDATE member_address SET main = 0 WHERE member = ? AND main = 1", m.ID); err != nil {
		return false, err
	}
	if _, err := tx.Exec("UPDATE member_address SET main = 1 WHERE community = ? AND addr_key = ?", m.Community, a.Key()); err != nil {
		return false, err
	}
	if a.Key() != m.Address.Key() {
		if _, err := tx.Exec("UPDATE member SET listed = 0 WHERE id = ?", m.ID); err != nil {
			return false, err
		}
	}
	return true, ForgetBounces(tx, m.ID)
}

// RemoveAddress takes a further address away from a member, with its app passwords unless the address belongs to another community as
// well; false when it is none of theirs, or the first one.
func RemoveAddress(tx *db.Tx, m Member, a letter.Address) (bool, error) {
	n, err := tx.Change("DELETE FROM member_address WHERE community = ? AND addr_key = ? AND member = ? AND main = 0", m.Community, a.Key(), m.ID)
	if err != nil || n == 0 {
		return false, err
	}
	return true, EndPasswords(tx, []letter.Address{a})
}

// Unname forgets who somebody was who has left: name, addresses, app passwords and settings, so that they could come again as anybody
// else. What hangs on the member has nobody's name then.
func Unname(tx *db.Tx, m Member) error {
	all, err := Addresses(tx, m.ID)
	if err != nil {
		return err
	}
	for _, query := range []string{
		"DELETE FROM member_address WHERE member = ?", "DELETE FROM joined_before WHERE member = ?", "DELETE FROM digest_pref WHERE member = ?",
		"DELETE FROM follow WHERE member = ?", "DELETE FROM mute WHERE member = ?", "DELETE FROM recent_post WHERE member = ?",
	} {
		if _, err := tx.Exec(query, m.ID); err != nil {
			return err
		}
	}
	if err := EndPasswords(tx, all); err != nil {
		return err
	}
	if err := addAddress(tx, m.Community, m.ID, letter.Address{Local: fmt.Sprintf("former-%d", m.ID), Domain: "member.invalid"}, true); err != nil {
		return err
	}
	m.Name, m.Timezone, m.Language, m.IntroOK = "Former member", "", "", IntroPosted
	return SaveMember(tx, m)
}
