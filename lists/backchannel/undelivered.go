package backchannel

import (
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates"
)

// NotDelivered tells the managers of a conversation that a letter of theirs did not reach the one it was for, and why in numbers; false
// when the letter is none of a conversation. Of a letter that the ombuds was to read, alone or beside a manager, its writer is told; of the word to them that it waits, too. What the program itself wrote to the
// member is not worth a word. Whether a letter reached somebody without a name, nobody is told, early or late: in a small community there is one member whose mail comes back in a month, and
// the managers know who.
func (b *Letterbox) NotDelivered(tx *db.Tx, id letter.MessageID, why string) (bool, error) {
	ref, known, err := findReference(tx, id)
	if err == nil && known && ref.manager == theOmbuds && ref.what == aLetter {
		return true, b.notReached(tx, ref.conv, why)
	}
	if err == nil && known && ref.manager == theOmbuds && ref.what == aNote {
		return true, b.waitsUnheard(tx, ref.conv, why)
	}
	if err != nil || !known || ref.manager != 0 || ref.what != aLetter {
		return false, err
	}
	c, err := find(tx, ref.conv)
	if err != nil || c.Anon {
		return c.Anon, err
	}
	community, err := lists.CommunityByID(tx, c.Community)
	if err != nil {
		return false, err
	}
	readers, err := b.readers(tx, c)
	if err != nil {
		return false, err
	}
	for _, m := range readers {
		named := byMail(community, c)
		words, err := templates.AnswerLost{Code: c.Code, Subject: named.Subject, Member: named.Name, Why: why, Role: b.role(tx, c, m)}.Render()
		if err != nil {
			return false, err
		}
		if err := b.tell(tx, &Call{Conv: c, Manager: m, Community: community}, words); err != nil {
			return false, err
		}
	}
	return true, nil
}
