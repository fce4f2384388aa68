package digest

import (
	"time"

	"backchannel/archive/db"
	"backchannel/archive/logbook"
	"backchannel/lists"
	"backchannel/smtpd/queue"
)

// IssueLine is what became of one slot of one reader, for an operator who is asked why a digest did not come.
type IssueLine struct {
	Slot      time.Time `json:"slot"`
	Member    string    `json:"member"`
	Fate      string    `json:"fate"` // skipped, owed, held, delivered, bounced, dropped, superseded; sent: so long ago that the logbook has forgotten it
	Why       string    `json:"why,omitempty"`
	MessageID string    `json:"message_id,omitempty"`
}

// Issues are the newest slots of a community's readers that are over, the newest in front, at most so many; of a member alone when one is given
// (0: of all).
func (e *Editor) Issues(tx *db.Tx, c lists.Community, m lists.MemberID, most int) ([]IssueLine, error) {
	members, err := lists.Members(tx, c.ID)
	if err != nil {
		return nil, err
	}
	address := map[lists.MemberID]string{}
	var asked []lists.MemberID
	for _, one := range members {
		if m == 0 || one.ID == m {
			address[one.ID] = one.Address.String()
			asked = append(asked, one.ID)
		}
	}
	found, err := newestIssues(tx, asked, most)
	if err != nil {
		return nil, err
	}
	all := []IssueLine{}
	for _, i := range found {
		line := IssueLine{Slot: i.slot.In(c.Zone()), Member: address[i.member], MessageID: string(i.msgid)}
		if i.skipped {
			line.Fate, line.Why = "skipped", i.reason
		} else if line.Fate, line.Why, err = became(tx, i.issueInfo); err != nil {
			return nil, err
		}
		all = append(all, line)
	}
	return all, nil
}

// became tells what became of an issue that was written, and why. What the issue itself does not know is in the queue while it is owed, and
// in the logbook afterwards.
func became(tx *db.Tx, i issueInfo) (is, why string, err error) {
	owed, err := queue.OfSource(tx, source(i.id))
	if err != nil {
		return "", "", err
	}
	if len(owed) > 0 {
		if c := owed[0]; c.Held != "" {
			return "held", c.Held, nil
		} else if c.State == string(queue.Aside) {
			return "held", c.Said, nil
		}
		return "owed", owed[0].Said, nil
	}
	end, err := endOf(tx, i)
	if err != nil {
		return "", "", err
	}
	switch {
	case end.Verb == logbook.Dropped:
		return string(end.Verb), end.Detail, nil
	case i.fate == superseded:
		return string(superseded), "it came back, and a later one told the same", nil
	case i.fate == cameBack && end.Verb != logbook.Bounced:
		return string(cameBack), "a report came back after it was delivered", nil
	case end.Verb != "":
		return string(end.Verb), end.Detail, nil
	case i.fate != onItsWay:
		return string(i.fate), "", nil
	}
	return "sent", "the logbook does not go back so far", nil
}

// endOf is the end of an issue's copy in the logbook; the zero entry when it tells of none.
func endOf(tx *db.Tx, i issueInfo) (end logbook.Entry, err error) {
	story, err := logbook.Find(tx, string(i.msgid))
	for _, one := range story {
		if one.Copy != 0 && one.Verb.Ends() {
			end = one
		}
	}
	return end, err
}
