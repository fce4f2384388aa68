package backchannel

import (
	"errors"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
)

// EraseVoice is the calendar's kind for conversations without a name that their writer wants erased: the object says under a seal which.
const EraseVoice calendar.Kind = "letter.erase-voice"

// eraseWithin is how many minutes pass at most before such a conversation is gone: all of it within a day, the disk included (B14).
const eraseWithin = 21 * 60

func forgetPurpose(id int64) string { return purpose("forget", id) }

// eraseVoices erases what a member wrote without a name until a date, in one conversation or, with 0, in all. What nobody has seen yet goes
// at once; each conversation at a moment of its own within a day, and no manager is told: what vanishes together with somebody's named
// letters would have a name. A wish that is done again, after a restore or when a report has ended, is about nothing that came later; as
// dates of voices tell no more than the hour, what came within an hour of the wish counts as before.
func (b *Letterbox) eraseVoices(tx *db.Tx, m lists.Member, only ConvID, until time.Time) error {
	if b.Vault == nil {
		return nil
	}
	asked, err := b.drafts(tx, m.Community)
	if err != nil {
		return err
	}
	for _, d := range asked {
		expires, dated, err := calendar.At(tx, DraftExpire, d.id)
		if err != nil {
			return err
		}
		if later := dated && expires.AddDate(0, 0, -heldDays).After(until); !later && (only == 0 || d.Conv == only) && d.Who.Member == m.ID {
			if err := b.destroy(tx, d.id); err != nil {
				return err
			}
		}
	}
	under, err := b.waits(tx, m.Community)
	if err != nil {
		return err
	}
	for _, w := range under {
		goes, dated, err := calendar.At(tx, AnonRelay, w.id)
		if err != nil {
			return err
		}
		if later := dated && goes.Add(-latest).After(until); !later && (only == 0 || w.Conv == only) && w.Who.Member == m.ID {
			if err := dropWait(tx, w.id); err != nil {
				return err
			}
		}
	}
	return b.eraseHeard(tx, m, only, until)
}

// eraseHeard is eraseVoices for what managers have seen.
func (b *Letterbox) eraseHeard(tx *db.Tx, m lists.Member, only ConvID, until time.Time) error {
	voices, err := allVoices(tx, m.Community, until)
	if err != nil {
		return err
	}
	for _, id := range voices {
		if only != 0 && id != only {
			continue
		}
		s, err := sealOf(tx, id)
		if err != nil {
			return err
		}
		if who, err := b.Vault.open(s, convPurpose(id)); err == nil && who.Member == m.ID { // one whose key is lost is nobody's
			if err := b.forgetLater(tx, m, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// forgetLater has a conversation forgotten at a random moment. Which one it is lies sealed until then.
func (b *Letterbox) forgetLater(tx *db.Tx, m lists.Member, c ConvID) error {
	if is, err := b.isForgetting(tx, Conv{ID: c, Anon: true}); err != nil || is {
		return err
	}
	id := randomID()
	s, err := b.Vault.seal(identity{Member: m.ID, Conv: c}, forgetPurpose(id))
	if err != nil {
		return err
	}
	return insertForget(tx, id, s, tx.Now.Add(time.Duration(1+random(eraseWithin))*time.Minute))
}

// isForgetting tells whether a conversation waits for that moment.
func (b *Letterbox) isForgetting(tx *db.Tx, c Conv) (bool, error) {
	all, err := forgets(tx)
	if err != nil {
		return false, err
	}
	for _, f := range all {
		if what, err := b.Vault.open(f.what, forgetPurpose(f.id)); err == nil && what.Conv == c.ID {
			return true, nil
		}
	}
	return false, nil
}

// eraseVoice forgets all words of a conversation without a name, the managers' too: they may quote it, and it has no other reader left. What
// is left of it does not tell the day.
func (b *Letterbox) eraseVoice(tx *db.Tx, due calendar.Due) error {
	f, err := takeForget(tx, due.Object)
	if errors.Is(err, db.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	what, err := b.Vault.open(f.what, forgetPurpose(f.id))
	if err != nil {
		return err
	}
	c, err := find(tx, what.Conv)
	if err != nil || c.erased {
		return err
	}
	if err := endAs(tx, c, "forgotten"); err != nil {
		return err
	}
	if err := b.forgetWords(tx, c); err != nil {
		return err
	}
	return undate(tx, c)
}
