package backchannel

import (
	"errors"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists/address"
	"backchannel/lists/notice"
)

// Veiled tells whether a letter comes through a door behind which nobody has a name: anon@, an address about a letter without a name, that
// of an anonymous writer, the return path of our letters to one; or to another private door as an answer to such a letter of ours, because
// its writer's program ignored Reply-To. Nothing that is kept of it may tell whose it is.
func (b *Letterbox) Veiled(tx *db.Tx, to address.Name, row *address.Row, l *letter.Letter) (bool, error) {
	switch {
	case to.Form == address.Role && to.Word == anonWord:
		return true, nil
	case row != nil && row.Receiver == notice.Receiver:
		return row.Object == notice.Veiled, nil
	case row != nil && row.Receiver == Receiver && row.Member == 0:
		return veiledDoor(tx, row.Object)
	case row != nil || !to.Private() || to.Word == "report" || to.Word == "ombuds":
		return false, nil
	}
	for _, id := range notice.Related(l) {
		if _, found, err := anonRef(tx, id); err != nil || found {
			return found, err
		}
		ref, found, err := findReference(tx, id)
		if err != nil {
			return false, err
		}
		if !found || ref.manager != 0 {
			continue
		}
		if c, err := find(tx, ref.conv); err != nil || c.Anon {
			return c.Anon, err
		}
	}
	return false, nil
}

// veiledDoor tells whether an address that is nobody's in particular was given to somebody who writes without a name.
func veiledDoor(tx *db.Tx, door string) (bool, error) {
	side, id, _, ok := readObject(door)
	switch {
	case !ok:
		return false, nil
	case side == sideAnon:
		return true, nil
	case side == sideConsent:
		k, err := findText(tx, id)
		if errors.Is(err, db.ErrNoRows) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		id = int64(k.conv)
	case side != sideVoice && side != sideMay && side != sideHand:
		return false, nil
	}
	c, err := find(tx, ConvID(id))
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return c.Anon, err
}
