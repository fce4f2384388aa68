package backchannel

import (
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
)

// EraseVoice is the calendar's kind for conversations without a name that their writer wants erased: the object is the conversation.
const EraseVoice calendar.Kind = "letter.erase-voice"

// eraseVoices erases what a member wrote without a name. What nobody has seen yet goes at once; each conversation at a moment of its own
// within a day, and no manager is told: what vanishes together with somebody's named letters would have a name.
func (b *Letterbox) eraseVoices(tx *db.Tx, m lists.Member) error {
	if b.Vault == nil {
		return nil
	}
	mine := func(s sealed, purpose string) bool {
		who, err := b.Vault.open(s, purpose)
		return err == nil && who.Member == m.ID // a seal whose key is lost is nobody's
	}
	asked, err := drafts(tx, m.Community)
	if err != nil {
		return err
	}
	for _, d := range asked {
		if mine(d.who, draftPurpose(d.id)) {
			if err := b.destroy(tx, d.id); err != nil {
				return err
			}
		}
	}
	under, err := allWaits(tx, m.Community)
	if err != nil {
		return err
	}
	for _, w := range under {
		if mine(w.who, waitPurpose(w.id)) {
			if err := dropWait(tx, w.id); err != nil {
				return err
			}
		}
	}
	voices, err := allVoices(tx, m.Community)
	if err != nil {
		return err
	}
	for _, id := range voices {
		s, err := sealOf(tx, id)
		if err != nil {
			return err
		}
		if !mine(s, convPurpose(id)) {
			continue
		}
		if err := calendar.Set(tx, EraseVoice, int64(id), tx.Now.Add(time.Duration(1+random(21*60))*time.Minute)); err != nil {
			return err
		}
	}
	return nil
}

// eraseVoice forgets all words of a conversation without a name, the managers' too: they may quote it, and it has no other reader left.
func (b *Letterbox) eraseVoice(tx *db.Tx, due calendar.Due) error {
	c, err := find(tx, ConvID(due.Object))
	if err != nil || c.erased {
		return err
	}
	if err := endAs(tx, c, "forgotten"); err != nil {
		return err
	}
	return b.forgetWords(tx, c)
}
