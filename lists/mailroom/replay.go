package mailroom

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/smtpd/mailauth"
)

// Whoever got a signed letter can send the same bytes to whom they like, and the signature stays good. So a signature alone proves who
// wrote a letter, not that they sent it here: that is what the replay guard asks (C4).
const (
	dateSlack   = 7 * 24 * time.Hour   // how far a signed Date may lie from now
	datedKept   = 15 * 24 * time.Hour  // how long a signature with a Date is known again: past that, its Date is too far away
	undatedKept = 400 * 24 * time.Hour // and one without, which nothing makes stale
)

// unmeant says, in the sentence that tells about the sender, what is missing.
const unmeant = " But the letter may have been passed on by somebody else: no signature shows that its author sent it to this address now (replay guard)."

// guard is what a finding is worth at one address. A login stands, and so does a letter that came straight from the hosts of its
// author's domain. One that only a signature vouches for has to be meant for the address, to be dated within a week where the signature
// covers the date, and to be here for the first time; else nothing vouches for it: it waits for its author's word, as a letter that came
// by blind copy does. It writes down which signatures were here.
func (s *sorting) guard(tx *db.Tx, to letter.Address) (mailauth.Finding, error) {
	f := s.finding
	if !f.Aligned || f.Login {
		return f, nil
	}
	date, dated := s.letter.Date()
	good := strings.HasSuffix(f.AlignedBy, "spf") // "spf" or "dkim+spf": straight from the author's hosts
	for _, sig := range f.Signatures {
		if !sig.Aligned {
			continue
		}
		first, err := firstTime(tx, signatureKey(sig, to), keptUntil(tx.Now, sig))
		if err != nil {
			return f, err
		}
		meant := mailauth.Finding{Signatures: []mailauth.Signature{sig}}.MeantFor(s.letter, to)
		inTime := !sig.SignedDate || dated && date.Sub(tx.Now).Abs() <= dateSlack
		good = good || first && meant && inTime
	}
	if good {
		return f, nil
	}
	replays.Add()
	f.Aligned, f.AlignedBy = false, ""
	f.Why += unmeant
	return f, nil
}

func keptUntil(now time.Time, sig mailauth.Signature) time.Time {
	if sig.SignedDate {
		return now.Add(datedKept)
	}
	return now.Add(undatedKept)
}

// signatureKey is one signature at one address: a letter for two of our lists may come in two sessions.
func signatureKey(sig mailauth.Signature, to letter.Address) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %s", strings.ToLower(sig.Domain), sig.Hash, to.Key()))
	return sum[:]
}

// spendAnyway spends the signatures of a letter that no address took: with the refusal everything was undone. An error is logged.
func (m *Mailroom) spendAnyway(ctx context.Context, s *sorting) {
	if !s.signed() {
		return
	}
	if err := m.DB.Update(ctx, func(tx *db.Tx) error { return s.spend(tx, s.targets) }); err != nil {
		m.Log.Error("the signatures of a refused letter were not noted", "story", s.env.Story, "error", err)
	}
}

// signed tells whether only signatures, or they too, vouch for the author.
func (s *sorting) signed() bool {
	return s.finding.Aligned && !s.finding.Login && len(s.finding.Signatures) > 0
}

// spend writes down that the signatures of a letter were here, at addresses that refused it: whoever offers the same signature again, when a
// setting has changed, is not its author. Those of members alone: nobody else's are asked for, and a stranger must not fill a table with
// refused letters.
func (s *sorting) spend(tx *db.Tx, at []target) error {
	for _, t := range at {
		c, ours, err := s.m.community(tx, t.to)
		if err != nil {
			return err
		}
		if !ours {
			continue
		}
		if _, known, err := lists.MemberByAddress(tx, c.ID, s.from.Address); err != nil || !known {
			return err
		}
		for _, sig := range s.finding.Signatures {
			if !sig.Aligned {
				continue
			}
			if _, err := firstTime(tx, signatureKey(sig, t.to), keptUntil(tx.Now, sig)); err != nil {
				return err
			}
		}
	}
	return nil
}
