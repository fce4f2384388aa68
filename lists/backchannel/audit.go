package backchannel

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/chain"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// deed is one row of the audit.
type deed struct {
	seq                    int64
	at                     int64
	actor                  lists.MemberID
	action, object, detail string
	prev, hash             []byte
}

// link is a row as a part of its community's chain.
func (e deed) link(c lists.CommunityID) chain.Link {
	return chain.Link{Seq: e.seq, Prev: e.prev, Hash: e.hash, Numbers: []int64{int64(c), e.at, int64(e.actor)}, Texts: []string{e.action, e.object, e.detail}}
}

// Audited is one deed as a manager may see it. It has no number: a gap would tell that something is hidden.
type Audited struct {
	At     time.Time `json:"at"`
	Who    string    `json:"who"` // a first name, or "the program"
	Action string    `json:"action"`
	Object string    `json:"object,omitempty"` // the code of a conversation
	Detail string    `json:"detail,omitempty"`
}

// Note writes into the audit what was done in a room that has none of its own: actor is the manager, 0 the program or the operator. The object
// has a colon in it; it and the detail hold no private words.
func (b *Letterbox) Note(tx *db.Tx, c lists.CommunityID, actor lists.MemberID, action, object, detail string) error {
	return audit(tx, c, actor, action, object, detail)
}

// Audit is the newest of the audit that a manager may see, oldest first: nothing about a conversation that does not exist for them, and
// neither numbers nor hashes, by which they could tell.
func (b *Letterbox) Audit(tx *db.Tx, m lists.Member, most int) ([]Audited, error) {
	all, err := deeds(tx, m.Community)
	if err != nil {
		return nil, err
	}
	var seen []Audited
	for i := len(all) - 1; i >= 0 && len(seen) < most; i-- {
		e, detail := all[i], all[i].detail
		if e.object != "" && !strings.Contains(e.object, ":") {
			c, known, err := byCode(tx, m.Community, e.object)
			if err != nil {
				return nil, err
			}
			c.erased = false // that it was erased is no secret to those who could see it
			if !known || !c.mayRead(m) {
				continue
			}
			if strings.HasPrefix(e.action, "unseal") && strings.HasPrefix(e.detail, reasonSeal) {
				if detail, err = shownReason(tx, c, e.detail); err != nil {
					return nil, err
				}
			}
		}
		who := "the program"
		if e.actor != 0 {
			by, err := lists.MemberByID(tx, e.actor)
			if err != nil {
				return nil, err
			}
			who = by.FirstName()
		}
		shown := Audited{At: db.Time(e.at), Who: who, Action: e.action, Detail: detail}
		if !strings.Contains(e.object, ":") {
			shown.Object = e.object
		}
		seen = append(seen, shown)
	}
	slices.Reverse(seen)
	return seen, nil
}

// shownReason is why somebody was to be unsealed, in the words that the managers gave, as long as these are kept.
func shownReason(tx *db.Tx, c Conv, mark string) (string, error) {
	reason, known, err := reasonOf(tx, c, mark)
	if err == nil && !known {
		reason = "the reason is erased, with the letter"
	}
	return reason, err
}

// byOperator is the action of whoever runs the server and reads a letter with a manager's eyes.
const byOperator = "shown to the operator"

// OperatorLooked notes that whoever runs the server was shown a conversation as one of its managers sees it.
func (b *Letterbox) OperatorLooked(tx *db.Tx, c Conv, as lists.Member) error {
	return audit(tx, c.Community, 0, byOperator, c.Code, "as "+as.FirstName()+" sees it")
}

// doAudit is /log where it is about no letter.
func (b *Letterbox) doAudit(tx *db.Tx, c *Call) (string, error) {
	all, err := b.Audit(tx, c.Manager, mostLog)
	if err != nil {
		return "", err
	}
	t := templates.AuditLog{Community: c.Community.Name}
	for _, e := range all {
		t.Lines = append(t.Lines, templates.AuditLine{At: e.At.In(c.Manager.Zone(c.Community)), Who: e.Who, Action: e.Action, Code: e.Object, Detail: e.Detail})
	}
	words, err := t.Render()
	if err != nil {
		return "", err
	}
	return "", b.tell(tx, c, words)
}

// AuditHead is the calendar's kind for the end of the audit's chain, which the ombuds gets weekly: the object is the community. A week in
// which nothing was written has none.
const AuditHead calendar.Kind = "audit.head"

func headDay(c lists.Community) calendar.Schedule {
	return calendar.Schedule{Period: calendar.Weekly, Weekday: time.Monday, Hour: 9, Zone: c.Zone()}
}

// tellHead tells the ombuds, where there is one, where the chain ends.
func (b *Letterbox) tellHead(tx *db.Tx, due calendar.Due) error {
	community, err := lists.CommunityByID(tx, lists.CommunityID(due.Object))
	if err != nil {
		return err
	}
	end, err := auditEnd(tx, community.ID)
	if err != nil || end.seq == 0 || community.Ombuds.IsZero() {
		return err
	}
	words, err := templates.AuditHead{Community: community.Name, Entries: int(end.seq), Newest: db.Time(end.at).In(community.Zone()), Hash: hex.EncodeToString(end.hash)}.Render()
	if err != nil {
		return err
	}
	if _, err := b.Office.Send(tx, notice.Mail{
		Community: community, To: letter.Mailbox{Address: community.Ombuds}, Words: words, Kind: notice.Tells, Auto: notice.Generated, Private: true,
	}); err != nil {
		return err
	}
	return addHead(tx, community.ID, end)
}

// Check compares the audit with itself, and gives a sentence for each fault.
func (b *Letterbox) Check(tx *db.Tx) (faults []string, err error) {
	all, err := lists.Communities(tx)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		rows, err := deeds(tx, c.ID)
		if err != nil {
			return nil, err
		}
		told, err := heads(tx, c.ID)
		if err != nil {
			return nil, err
		}
		if fault := brokenAt(c.ID, rows, told); fault != "" {
			faults = append(faults, fmt.Sprintf("The audit of %s %s", c.Domain, fault))
		}
		wishes, err := wishesIn(tx, c.ID)
		if err != nil {
			return nil, err
		}
		for _, u := range wishes {
			mark := u.fingerprint()
			if !slices.ContainsFunc(rows, func(e deed) bool { return e.detail == mark }) {
				faults = append(faults, fmt.Sprintf("The audit of %s has no entry for a reason to unseal: that reason was changed.", c.Domain))
			}
		}
	}
	return faults, nil
}

// brokenAt tells where a chain is broken; "" when it is whole.
func brokenAt(c lists.CommunityID, rows []deed, told []head) string {
	links := make([]chain.Link, len(rows))
	for i, e := range rows {
		links[i] = e.link(c)
	}
	if broken := chain.Broken(links); broken != "" {
		return broken
	}
	for _, h := range told {
		if h.seq > int64(len(rows)) {
			return fmt.Sprintf("has %d entries, and had %d when the ombuds was told.", len(rows), h.seq)
		}
		if !bytes.Equal(h.hash, rows[h.seq-1].hash) {
			return fmt.Sprintf("was written anew: its entry %d is not the one of which the ombuds was told.", h.seq)
		}
	}
	return ""
}

// Verify tells whether an end of the chain that the ombuds was once told is still in it, and how many entries it had then. A refusal of
// kind NotFound says that it is not.
func (b *Letterbox) Verify(tx *db.Tx, c lists.Community, hash string) (entries int64, at time.Time, err error) {
	want, err := hex.DecodeString(strings.Join(strings.Fields(strings.ToLower(hash)), ""))
	if err != nil || len(want) != chain.Size {
		return 0, time.Time{}, refusal.Because(refusal.Invalid, "That is no end of an audit: it has 64 characters, 0 to 9 and a to f.")
	}
	rows, err := deeds(tx, c.ID)
	if err != nil {
		return 0, time.Time{}, err
	}
	if fault := brokenAt(c.ID, rows, nil); fault != "" {
		return 0, time.Time{}, refusal.Because(refusal.Conflict, "The audit of %s %s", c.Domain, fault)
	}
	for _, e := range rows {
		if bytes.Equal(e.hash, want) {
			return e.seq, db.Time(e.at), nil
		}
	}
	return 0, time.Time{}, refusal.Because(refusal.NotFound, "The audit of %s never ended so, or it was changed since.", c.Domain)
}
