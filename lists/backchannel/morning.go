package backchannel

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// briefLetters is how many letters a morning brief names.
const briefLetters = 20

// Morning fills in what a manager should know of the letterbox on a working day: letters that nobody has answered, by mayRead, the one that
// is due first above; who is on duty; and who said thanks since a moment. about are the conversations of which that speaks (SendAbout).
func (b *Letterbox) Morning(tx *db.Tx, community lists.Community, m lists.Member, since time.Time, t *templates.MorningBrief) (about []ConvID, err error) {
	all, err := openConversations(tx, community.ID)
	if err != nil {
		return nil, err
	}
	var waiting []Conv
	for _, c := range all {
		waits, err := c.waits(tx)
		if err != nil {
			return nil, err
		}
		if waits && c.mayRead(m) {
			waiting = append(waiting, c)
		}
	}
	slices.SortStableFunc(waiting, func(a, b Conv) int {
		switch {
		case a.Due.IsZero() != b.Due.IsZero():
			return map[bool]int{true: 1, false: -1}[a.Due.IsZero()]
		default:
			return a.Due.Compare(b.Due)
		}
	})
	for _, c := range waiting[:min(len(waiting), briefLetters)] {
		one, err := b.morningLetter(tx, community, c, m)
		if err != nil {
			return nil, err
		}
		t.Letters, about = append(t.Letters, one), append(about, c.ID)
	}
	var hot, thankful []ConvID
	if t.Heat, hot, err = b.morningHeat(tx, community, m); err != nil {
		return nil, err
	}
	if t.Thanks, thankful, err = b.thanks(tx, community.ID, m, since); err != nil {
		return nil, err
	}
	about = slices.Concat(about, hot, thankful)
	if !community.Rota {
		return about, nil
	}
	weeks, err := b.planRota(tx, community)
	if err != nil || len(weeks) < 2 || weeks[0].First != m.ID {
		return about, err
	}
	t.OnDuty = weeks[1].Begins(community).In(m.Zone(community))
	if weeks[1].First != m.ID {
		t.Next = firstName(tx, weeks[1].First)
	}
	return about, nil
}

// morningHeat are the threads of which a manager was warned lately, with as many voices as that manager may know of.
func (b *Letterbox) morningHeat(tx *db.Tx, community lists.Community, m lists.Member) (hot []templates.BriefHeat, about []ConvID, err error) {
	threads, err := alarmsOf(tx, m.ID, tx.Now.Add(-heatWindow))
	if err != nil {
		return nil, nil, err
	}
	for _, id := range threads {
		all, err := heatOf(tx, id)
		if err != nil {
			return nil, nil, err
		}
		seen, err := b.heatFor(tx, m, all)
		if err != nil {
			return nil, nil, err
		}
		t, err := b.Office.Store.Thread(tx, id)
		if refusal.KindOf(err) == refusal.NotFound {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		for _, h := range seen {
			if h.conv != 0 {
				about = append(about, h.conv)
			}
		}
		n := countVoices(seen)
		if n == 0 {
			continue
		}
		door, err := b.heatDoor(tx, community, m, id)
		if err != nil {
			return nil, nil, err
		}
		hot = append(hot, templates.BriefHeat{Title: cmp.Or(t.Subject, templates.English.Untitled()), Voices: n, Answer: door.Address.String()})
	}
	return hot, about, nil
}

// waits is owed, for letters of strangers as well: they have no clock, and are shown all the same.
func (c Conv) waits(tx *db.Tx) (bool, error) {
	if c.Kind == Outsider {
		c.Kind = Question
	}
	return c.owed(tx)
}

func (b *Letterbox) morningLetter(tx *db.Tx, community lists.Community, c Conv, m lists.Member) (one templates.BriefLetter, err error) {
	asked, err := firstUnanswered(tx, c.ID)
	if err != nil {
		return one, err
	}
	first, _, _ := strings.Cut(strings.TrimSpace(asked.text), "\n")
	seen := c
	seen.Rev = asked.rev
	door, err := b.managerDoor(tx, community, seen, m)
	if err != nil {
		return one, err
	}
	one = templates.BriefLetter{Code: c.Code, Member: c.Name, First: first, Answer: door.Address.String(), Late: !c.Due.IsZero() && !c.Due.After(tx.Now)}
	if inFolders(community, c) {
		one.Member, one.First = "a restricted letter", ""
	}
	if !c.Due.IsZero() {
		zone := m.Zone(community)
		one.Due = c.Due.In(zone)
		one.Today = !one.Late && one.Due.Format(time.DateOnly) == tx.Now.In(zone).Format(time.DateOnly)
	}
	if c.Owner != 0 {
		owner, err := lists.MemberByID(tx, c.Owner)
		if err != nil {
			return one, err
		}
		if c.mayRead(owner) {
			one.Owner = owner.FirstName()
		}
	}
	return one, nil
}

// thankful is how long a reply to a digest is at most that says thanks and asks nothing, in characters (A2).
const thankful = 25

// wish are words of short letters that want something.
var wish = regexp.MustCompile(`(?i)\b(un\w*|stop|off|remove|leave|urgent|help|call|phone|please|bitte|abmelden|austragen|problem|no|not|nein|nicht|wrong)\b|\d|@|/`)

// praise are words of which a short letter of thanks has one at least. "I think so too" has none: it answers something.
var praise = regexp.MustCompile(`(?i)\b(thank\w*|thx|cheers|great|good|nice|lovely|loved?|well done|wonderful|excellent|brilliant|enjoyed|liked|useful|bravo|super|toll|danke\w*|merci|gracias|grazie|obrigad[oa]|bedankt|tack|takk|tak|kiitos)\b|спасибо|дякую|dzięk|děkuj|köszön|mulțumesc|谢谢|謝謝|ありがとう|감사|👍|👏|🙏|❤`)

// isThanks tells whether a letter that opens a conversation is a word of thanks to a digest: short, with a word of praise, without a question
// or a wish, without a file, and about no manager. Whatever else it may be, a manager reads it at once.
func isThanks(in *lists.Incoming, c Conv, said string, readers []lists.Member) bool {
	return c.Rev == 0 && c.Member != 0 && !c.Anon && c.Kind == Question && !c.About.Digest.IsZero() && in.Verdict == lists.Verified &&
		said != "" && utf8.RuneCountInString(said) < thankful && !strings.ContainsAny(said, "?？¿؟") && praise.MatchString(said) && !wish.MatchString(said) &&
		len(in.Letter.Attachments()) == 0 && len(mentions(said, readers, c.Name, true)) == 0
}

// takeThanks keeps a word of thanks: nobody is notified and nothing is answered; it is counted, and stands in the next morning brief.
func (b *Letterbox) takeThanks(tx *db.Tx, in *lists.Incoming, c Conv, said string) error {
	_, err := record(tx, &c, message{dir: dirIn, author: in.Sender.ID, story: in.Story, msgid: in.Letter.MessageID(), text: said, verdict: in.Verdict})
	if err != nil {
		return err
	}
	if err := setThanks(tx, c.ID); err != nil {
		return err
	}
	if err := endAs(tx, c, "thanks"); err != nil {
		return err
	}
	return in.Filed(tx, "a word of thanks for the managers")
}
