package digest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/command"
	"backchannel/templates/refusal"
)

// answering is what a verb needs to know: who says it, and about which slot.
type answering struct {
	community lists.Community
	manager   lists.Member
	slot      time.Time
	week      week // what is new for that slot
}

// day is the slot's weekday, as it stands in sentences.
func (o *answering) day() string { return o.slot.In(o.community.Zone()).Format("Monday") }

// verbs are what managers can do to the next issues, in the order in which help shows them.
func (e *Editor) verbs() command.Table[*answering] {
	return command.Table[*answering]{
		{Name: "top", Args: "TEXT", Takes: command.Paragraph, Help: "Your note at the top, down to an empty line; off takes it away.", Do: e.doTop},
		{Name: "pin", Args: "NUMBER", Help: "That thread stands first; off behind it takes this back, as with the next three.", Do: e.choosing(choicePin, "stands first")},
		{Name: "drop", Args: "NUMBER", Help: "That thread is left out.", Do: e.choosing(choiceDrop, "is left out")},
		{Name: "brief", Args: "NUMBER", Help: "Its subject stands there alone.", Do: e.choosing(choiceBrief, "stands there with its subject alone")},
		{Name: "ask", Args: "NUMBER", Help: "It stands among the unanswered questions.", Do: e.choosing(choiceAsk, "stands among the unanswered questions")},
		{Name: "answered", Args: "NUMBER", Help: "Its question is answered, in all issues to come.", Do: e.choosing(choiceAnswered, "counts as answered")},
		{Name: "event", Args: "18 June 16:00 UTC TEXT", Help: "A date for everyone; off and its words takes it away.", Do: e.doEvent},
		{Name: "hold", Args: "[4h]", Help: "All digests are stopped, for 24 hours at most; off lets them go.", Do: e.doHold},
		{Name: "send", Takes: command.Nothing, Help: "They go out now.", Do: e.doSend},
	}
}

// noteLength is how long a note is at most, in characters.
const noteLength = 1200

// doTop puts a manager's note at the top.
func (e *Editor) doTop(tx *db.Tx, o *answering, args string) (string, error) {
	if args == "" {
		return "", refusal.Because(refusal.Invalid, "Behind /top stands what everyone is to read.")
	}
	if off(args) {
		n, err := liveNote(tx, o.community.ID)
		if err != nil {
			return "", err
		}
		if n.id == 0 {
			return "", refusal.Because(refusal.Conflict, "There is no note at the top.")
		}
		return "There is no note at the top any more.", putNote(tx, o.community.ID, o.manager.ID, "", o.slot)
	}
	text, err := o.forEveryone(tx, args)
	if err != nil {
		return "", err
	}
	if text == "" {
		return "", refusal.Because(refusal.Invalid, "Behind /top stands what everyone is to read.")
	}
	if n := utf8.RuneCountInString(text); n > noteLength {
		return "", refusal.Because(refusal.Invalid, "A note has %d characters at most; this one has %d.", noteLength, n)
	}
	said, err := o.replaces(tx)
	if err != nil {
		return "", err
	}
	return said, putNote(tx, o.community.ID, o.manager.ID, text, over(o.community, o.slot))
}

// forEveryone makes a manager's words fit for an issue, or says why they cannot stand there: they quote a private letter, or show how to
// reach the manager in person.
func (o *answering) forEveryone(tx *db.Tx, text string) (string, error) {
	if lists.Watermark(text) != "" {
		return "", refusal.Because(refusal.NotAllowed, "It quotes a private letter, and everyone would read it.")
	}
	own, err := lists.Addresses(tx, o.manager.ID)
	if err != nil {
		return "", err
	}
	text, slips := lists.Discreet(text, o.manager, own)
	if len(slips) > 0 {
		return "", refusal.Because(refusal.NotAllowed, "%q is your own, and everyone would read it.", slips[0].What)
	}
	return strings.TrimSpace(hide(text, o.community.Domain)), nil
}

// replaces says what a new note does to the one that stands.
func (o *answering) replaces(tx *db.Tx) (string, error) {
	old, err := liveNote(tx, o.community.ID)
	if err != nil || old.id == 0 || old.author == o.manager.ID {
		return fmt.Sprintf("Your note stands at the top of %s's digest.", o.day()), err
	}
	author, err := lists.MemberByID(tx, old.author)
	return fmt.Sprintf("Your note stands at the top of %s's digest, in the place of that of %s: %q", o.day(), author.FirstName(), short(old.text, 200)), err
}

// off tells whether a verb is to be taken back.
func off(args string) bool { return strings.EqualFold(strings.Trim(args, " .!"), "off") }

// choosing makes the verb by which managers decide about threads, one or several.
func (e *Editor) choosing(what choice, said string) func(*db.Tx, *answering, string) (string, error) {
	return func(tx *db.Tx, o *answering, args string) (string, error) {
		words := strings.FieldsFunc(args, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",.;#", r) })
		back := len(words) > 1 && off(words[len(words)-1])
		if back {
			words = words[:len(words)-1]
		}
		if len(words) == 0 {
			return "", refusal.Because(refusal.Invalid, "Behind /%s stands the number of a thread, as in the preview.", what)
		}
		for _, w := range words {
			if err := e.choose(tx, o, what, w, back); err != nil {
				return "", err
			}
		}
		threads, verb := "Thread", said
		if len(words) > 1 {
			threads, verb = "Each of the threads", said
		}
		if back {
			verb = "is as it was"
		}
		return fmt.Sprintf("%s %s %s.", threads, strings.Join(words, ", "), verb), nil
	}
}

func (e *Editor) choose(tx *db.Tx, o *answering, what choice, word string, back bool) error {
	number, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		return refusal.Because(refusal.Invalid, "%q is no number of a thread.", short(word, 30))
	}
	t, err := e.Store.ThreadByNumber(tx, int64(o.community.ID), number)
	if refusal.KindOf(err) == refusal.NotFound || err == nil && t.Posts == 0 {
		return refusal.Because(refusal.NotFound, "There is no thread %d.", number)
	}
	if err != nil {
		return err
	}
	if back {
		was, err := unchoose(tx, o.community.ID, t.ID, what)
		if err == nil && !was {
			return refusal.Because(refusal.Conflict, "/%s was not said of thread %d.", what, number)
		}
		return err
	}
	until := over(o.community, o.slot)
	switch {
	case what == choiceAnswered:
		until = tx.Now.AddDate(100, 0, 0)
	case what != choiceAsk && !o.week.has(t.ID):
		return refusal.Because(refusal.Conflict, "Nothing new stands in thread %d, so it is not in %s's digest.", number, o.day())
	}
	return choose(tx, o.community.ID, t.ID, what, until, o.manager.ID)
}

func (e *Editor) doEvent(tx *db.Tx, o *answering, args string) (string, error) {
	if word, text, _ := strings.Cut(args, " "); off(word) {
		n := int64(0)
		var err error
		if text = strings.TrimSpace(text); text != "" {
			n, err = dropEvents(tx, o.community.ID, text)
		}
		if err == nil && n == 0 {
			return "", refusal.Because(refusal.NotFound, "There is no date to come with these words.")
		}
		return fmt.Sprintf("%s taken away.", counted(int(n), "date is", "dates are")), err
	}
	ev, err := readEvent(args, tx.Now, o.community.Zone())
	if err != nil {
		return "", err
	}
	if ev.text, err = o.forEveryone(tx, ev.text); err != nil {
		return "", err
	}
	if ev.text == "" {
		return "", refusal.Because(refusal.Invalid, "Behind the date stands what happens.")
	}
	if err := addEvent(tx, o.community.ID, ev, o.manager.ID); err != nil {
		return "", err
	}
	return fmt.Sprintf("Every digest until then announces: %s: %s", ev.said, ev.text), nil
}

// longestHold is how long digests are stopped at most.
const longestHold = 24 * time.Hour

func (e *Editor) doHold(tx *db.Tx, o *answering, args string) (string, error) {
	h, err := holdOf(tx, o.community.ID)
	if err != nil {
		return "", err
	}
	if off(args) {
		if !h.holds(tx.Now) {
			return "", refusal.Because(refusal.Conflict, "The digests are not stopped.")
		}
		return "The digests go out again.", e.release(tx, o.community, h)
	}
	long := longestHold
	if args != "" {
		hours, err := strconv.Atoi(strings.TrimSpace(strings.TrimRight(strings.ToLower(args), "hours ")))
		if err != nil || hours < 1 || hours > int(longestHold/time.Hour) {
			return "", refusal.Because(refusal.Invalid, "Behind /hold stands a number of hours, from 1h to 24h, or nothing.")
		}
		long = time.Duration(hours) * time.Hour
	}
	if !h.holds(tx.Now) {
		h = hold{since: tx.Now}
	}
	h.until, h.by = tx.Now.Add(long), o.manager.ID
	if err := saveHold(tx, o.community.ID, h); err != nil {
		return "", err
	}
	if err := calendar.Set(tx, holdEnds, int64(o.community.ID), h.until); err != nil {
		return "", err
	}
	waiting, err := e.stopWritten(tx, o.community)
	if err != nil {
		return "", err
	}
	also := ""
	if waiting > 0 {
		also = fmt.Sprintf(" %s to leave among them; what has left cannot be called back.", counted(waiting, "was about", "were about"))
	}
	return fmt.Sprintf("All digests are stopped until %s, unless somebody replies /send before.%s", h.until.In(o.community.Zone()).Format("Monday, 2 January at 15:04"), also), nil
}

// doSend lets the issues go now: those that a hold keeps, and otherwise those of the slot.
func (e *Editor) doSend(tx *db.Tx, o *answering, _ string) (string, error) {
	h, err := holdOf(tx, o.community.ID)
	if err != nil {
		return "", err
	}
	if h.holds(tx.Now) {
		return "The digests go out now.", e.release(tx, o.community, h)
	}
	waiting, err := readersWaiting(tx, o.community.ID, o.slot.Add(sameDay))
	if err != nil {
		return "", err
	}
	n := 0
	for _, m := range waiting {
		p, err := lists.DigestPrefOf(tx, m)
		if err != nil {
			return "", err
		}
		if usual := lists.DefaultDigest(); p.Period != usual.Period || p.Weekday != usual.Weekday || p.Hour != usual.Hour {
			continue // they chose a time of their own
		}
		if err := calendar.Set(tx, Slot, int64(m), tx.Now); err != nil {
			return "", err
		}
		n++
	}
	return fmt.Sprintf("%s for %s.", map[bool]string{true: "The digest goes out now", false: "The digests go out now"}[n == 1], counted(n, "member", "members")), nil
}

// sameDay is how much later than by the community's clock a slot comes in the last zone of the world.
const sameDay = 26 * time.Hour

// what an event's date is written like.
var monthNames = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}

// readEvent reads a date and what happens then: "18 June 16:00 UTC Call on onboarding", "June 18", "2026-06-18 16:00". A date without a
// year is the next one; a time without a zone is by the community's clock, and says so.
func readEvent(s string, now time.Time, zone *time.Location) (event, error) {
	wrong := refusal.Because(refusal.Invalid, "Please begin with the date: 18 June, or 18 June 16:00 UTC; then what happens.")
	words := strings.Fields(s)
	y, m, d, n := readDate(words, now.In(zone))
	if n == 0 {
		return event{}, wrong
	}
	said := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Format("2 January")
	if y != now.In(zone).Year() {
		said += " " + strconv.Itoa(y)
	}
	hour, minute, in := 23, 59, zone
	words = words[n:]
	if len(words) > 0 {
		if t, err := time.Parse("15:04", words[0]); err == nil {
			hour, minute = t.Hour(), t.Minute()
			said += " " + t.Format("15:04")
			words = words[1:]
			if len(words) > 1 && (words[0] == "UTC" || words[0] == "GMT") {
				in = time.UTC
				said, words = said+" "+words[0], words[1:]
			} else {
				said += " (" + zone.String() + ")"
			}
		}
	}
	ev := event{said: said, text: strings.Join(words, " "), at: time.Date(y, m, d, hour, minute, 0, 0, in)}
	switch {
	case ev.text == "":
		return event{}, refusal.Because(refusal.Invalid, "Behind the date stands what happens.")
	case utf8.RuneCountInString(ev.text) > 200:
		return event{}, refusal.Because(refusal.Invalid, "What happens is told in 200 characters.")
	case !ev.at.After(now):
		return event{}, refusal.Because(refusal.Invalid, "%s is over.", said)
	case ev.at.After(now.AddDate(2, 0, 0)):
		return event{}, refusal.Because(refusal.Invalid, "%s is more than two years away.", said)
	}
	return ev, nil
}

// readDate reads the day at the head of words, and tells how many of them it is; 0 when they begin with none.
func readDate(words []string, now time.Time) (y int, m time.Month, d, n int) {
	if len(words) == 0 {
		return 0, 0, 0, 0
	}
	if t, err := time.Parse(time.DateOnly, words[0]); err == nil {
		return t.Year(), t.Month(), t.Day(), 1
	}
	if len(words) < 2 {
		return 0, 0, 0, 0
	}
	day, month := dayOf(words[0]), monthOf(words[1])
	if month == 0 {
		day, month = dayOf(words[1]), monthOf(words[0])
	}
	if day == 0 || month == 0 {
		return 0, 0, 0, 0
	}
	year, n := now.Year(), 2
	if len(words) > 2 {
		if typed, err := strconv.Atoi(strings.Trim(words[2], ",.")); err == nil && typed >= 2000 && typed < 10000 {
			year, n = typed, 3
		}
	}
	if n == 2 && time.Date(year, month, day+1, 0, 0, 0, 0, now.Location()).Before(now) {
		year++
	}
	if time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Day() != day {
		return 0, 0, 0, 0 // there is no 31 June
	}
	return year, month, day, n
}

func dayOf(word string) int {
	word = strings.ToLower(strings.Trim(word, ",."))
	for _, end := range []string{"st", "nd", "rd", "th"} {
		word = strings.TrimSuffix(word, end)
	}
	if d, err := strconv.Atoi(word); err == nil && d >= 1 && d <= 31 {
		return d
	}
	return 0
}

func monthOf(word string) time.Month {
	word = strings.ToLower(strings.Trim(word, ",."))
	return time.Month(slices.IndexFunc(monthNames, func(name string) bool {
		return len(word) >= 3 && strings.HasPrefix(name, word)
	}) + 1)
}
