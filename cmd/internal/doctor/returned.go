package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/logbook"
	"backchannel/lists"
	"backchannel/lists/returns"
)

// lately is how far back letters that came back are looked at.
const lately = 7 * 24 * time.Hour

// mostHosts is how many hosts a finding names.
const mostHosts = 10

// returned looks at what came back to one community: who refuses our mail and why, and whether the ombuds can be reached.
func returned(ctx context.Context, h Host, domain string) []Finding {
	var troubles []returns.Trouble
	err := h.Database.View(ctx, func(tx *db.Tx) error {
		c, err := lists.TheCommunity(tx, domain)
		if err != nil {
			return err
		}
		troubles, err = returns.Troubles(tx, c.ID, h.Now().Add(-lately))
		return err
	})
	if err != nil {
		return unable(err)
	}
	return cameBack(domain, troubles)
}

func cameBack(domain string, troubles []returns.Trouble) (all []Finding) {
	var lost []string
	var letters, paused int64
	for _, t := range troubles {
		n := int64(t.N)
		switch t.Kind {
		case returns.Refused:
			if len(all) < mostHosts {
				all = append(all, one(Warn, fmt.Sprintf("%s refused %s in a week: %s", clean(t.About), count(n, "letter"), clean(t.Said)), t.Remedy())...)
			}
		case returns.LetterFailed:
			all = append(all, one(Warn, fmt.Sprintf("one letter failed for %s: %s", count(n, "member"), clean(t.Said)), "backchannel trace "+clean(t.About))...)
		case returns.OmbudsFailed:
			all = append(all, one(Fail, "letters to the ombuds come back: "+clean(t.Said), "ask for an address that works: backchannel community set "+domain+" --ombuds ADDRESS")...)
		case returns.Failed:
			if letters += n; len(lost) < 3 {
				lost = append(lost, fmt.Sprintf("%s %d (%s)", clean(t.About), n, clean(t.Said)))
			}
		case returns.Paused:
			paused++
		}
	}
	if letters == 0 && paused == 0 && len(all) == 0 {
		return fine("nothing in a week")
	}
	if letters > 0 || paused > 0 {
		found := fmt.Sprintf("%s in a week did not arrive, mail to %s stopped", count(letters, "letter"), count(paused, "member"))
		if len(lost) > 0 {
			found += "; most of them: " + strings.Join(lost, ", ")
		}
		all = append(all, fine("%s", found)...)
	}
	return all
}

// The marks of the big providers, in complaints for ten thousand copies (M16): below the first all is well, at the last a provider may
// take nothing any more.
const (
	complaintsSeen  = 10
	complaintsAlarm = 20
	complaintsNever = 30
)

// complained weighs how often people pressed "spam" in a week against what was delivered in it (M16).
func complained(ctx context.Context, h Host) []Finding {
	var delivered, spam int64
	err := h.Database.View(ctx, func(tx *db.Tx) error {
		n, err := logbook.EndedSince(tx, h.Now().Add(-lately))
		if err != nil {
			return err
		}
		delivered = n[logbook.Delivered]
		all, err := lists.Communities(tx)
		for _, c := range all {
			troubles, err := returns.Troubles(tx, c.ID, h.Now().Add(-lately))
			if err != nil {
				return err
			}
			for _, t := range troubles {
				if t.Kind == returns.Spam || t.Kind == returns.Nameless {
					spam += int64(t.N)
				}
			}
		}
		return err
	})
	if err != nil {
		return unable(err)
	}
	found := fmt.Sprintf("%s about %s in the last seven days", count(spam, "complaint"), count(delivered, "delivered copy"))
	switch {
	case spam < 2 || spam*10000 < complaintsSeen*delivered: // one complaint is no rate
		return fine("%s", found)
	case spam*10000 < complaintsAlarm*delivered:
		return one(Warn, found+", more than one in a thousand", "who complained was taken off; ask the managers who was put on a list without asking for it")
	case spam*10000 < complaintsNever*delivered:
		return one(Warn, found+", more than two in a thousand: providers begin to sort our mail out", "send less to those who read little: backchannel member set ADDRESS --delivery digest; take off who never asked to be on")
	}
	return one(Fail, found+", more than three in a thousand: providers may refuse all our mail", "stop what people complain about (backchannel queue hold --all) and take off who never asked to be on, before anything else goes out")
}
