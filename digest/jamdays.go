package digest

import (
	"regexp"
	"strings"
	"time"

	"backchannel/templates"
	"backchannel/templates/refusal"
)

// How far ahead a jam is called for, and how many days it has, at most.
const (
	jamAhead = 180
	jamDays  = 14
)

var (
	until      = regexp.MustCompile(`(?i)\s+(?:to|until|till|bis)\s+|\s*[–—]\s*|\s+-\s+`)
	daysMonth  = regexp.MustCompile(`^(\S{1,4})-(\S{1,4})\s+(\pL\S*(?:\s+\d{4})?)$`)
	monthDays  = regexp.MustCompile(`^(\pL+)\s+(\S{1,4})-(\S{1,4}(?:\s+\d{4})?)$`)
	twoISODays = regexp.MustCompile(`^(\d{4}-\d\d-\d\d)-(\d{4}-\d\d-\d\d)$`)
)

// readDays reads the days of a jam by the community's clock: "22-26 June", "June 22-26", "29 June - 3 July", "2026-06-22 to 2026-06-26", or
// one day. to is the midnight behind the last of them. Days without a year are the next ones.
func readDays(s string, now time.Time, zone *time.Location) (from, to time.Time, err error) {
	now = now.In(zone)
	s = until.ReplaceAllString(strings.Trim(s, " \t.,!"), "-")
	first, last := s, s
	switch {
	case twoISODays.MatchString(s):
		m := twoISODays.FindStringSubmatch(s)
		first, last = m[1], m[2]
	case daysMonth.MatchString(s):
		m := daysMonth.FindStringSubmatch(s)
		first, last = m[1]+" "+m[3], m[2]+" "+m[3]
	case monthDays.MatchString(s):
		m := monthDays.FindStringSubmatch(s)
		d, year, _ := strings.Cut(m[3], " ")
		first, last = m[1]+" "+m[2]+" "+year, m[1]+" "+d+" "+year
	case strings.Count(s, "-") == 1:
		first, last, _ = strings.Cut(s, "-")
	}
	from, ok := readDay(first, now, zone)
	if !ok {
		return from, to, refusal.Say(refusal.Invalid, "jam.days")
	}
	end, ok := readDay(last, from, zone)
	if !ok {
		return from, to, refusal.Say(refusal.Invalid, "jam.last")
	}
	to = end.AddDate(0, 0, 1)
	switch today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone); {
	case from.Before(today):
		return from, to, refusal.Say(refusal.Invalid, "jam.past", templates.Day{At: from, Year: true})
	case from.After(today.AddDate(0, 0, jamAhead)):
		return from, to, refusal.Say(refusal.Invalid, "jam.far", templates.Day{At: from})
	case end.Before(from):
		return from, to, refusal.Say(refusal.Invalid, "jam.order", templates.Day{At: end}, templates.Day{At: from})
	case end.After(from.AddDate(0, 0, jamDays-1)):
		return from, to, refusal.Say(refusal.Invalid, "jam.most", jamDays, templates.Day{At: from}, templates.Day{At: end})
	}
	return from, to, nil
}

// readDay reads a date that stands alone.
func readDay(s string, now time.Time, zone *time.Location) (time.Time, bool) {
	words := strings.Fields(s)
	y, m, d, n := readDate(words, now)
	return time.Date(y, m, d, 0, 0, 0, 0, zone), n > 0 && n == len(words)
}
