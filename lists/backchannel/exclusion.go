package backchannel

import (
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates/refusal"
)

// Reason is why a conversation does not exist for a manager.
type Reason string

// The reasons, the weakest first.
const (
	Named     Reason = "named"     // an ordinary letter names them: a colleague or the writer may include them
	Asked     Reason = "asked"     // a colleague or the writer asked for it
	Concerned Reason = "concerned" // a report is about them: only its writer may include them (B9)
)

// Exclusion is one manager for whom a conversation does not exist.
type Exclusion struct {
	Manager lists.MemberID
	Reason  Reason
	By      lists.MemberID // the manager who asked for it; 0: the writer, or a rule
}

// Exclude makes a conversation vanish for a manager: their copies, those still owed, their place at it. It may be done before anybody
// is told of it, and again; the stronger reason stays. by is the manager who asks, 0 for the writer and for our own rules.
func (b *Letterbox) Exclude(tx *db.Tx, c Conv, m lists.MemberID, why Reason, by lists.MemberID) error {
	if changed, err := exclude(tx, c.ID, m, why, by); err != nil || !changed {
		return err
	}
	if err := b.forgetHeld(tx, c.ID, m); err != nil {
		return err
	}
	if err := b.takeAway(tx, c, m); err != nil {
		return err
	}
	return b.refile(tx, c)
}

// Include ends an exclusion. The caller sees to it that the manager gets what was said so far.
func (b *Letterbox) Include(tx *db.Tx, c Conv, m lists.MemberID) error {
	if err := include(tx, c.ID, m); err != nil {
		return err
	}
	return b.refile(tx, c)
}

// mayInclude says why a colleague may not include a manager; nil when they may.
func (e Exclusion) mayInclude(c Conv) error {
	if e.Reason == Concerned || e.Reason == Asked && e.By == 0 {
		return refusal.Because(refusal.NotAllowed, "Only the one who wrote %s can decide that, by a reply to us.", c.Code)
	}
	return nil
}
