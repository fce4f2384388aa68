package membership

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"backchannel/templates"
)

// vacation reads from when to when somebody is away: "1 July to 14 July", "until 14.7.", "2026-07-01 - 2026-07-14", "off". The dates are
// days in the zone of now; without a year it is the next such day.
func vacation(typed string, now time.Time) (s setting, ok bool) {
	s.what = templates.SetVacation
	typed = strings.TrimSpace(strings.ToLower(typed))
	typed = strings.TrimPrefix(typed, "from ")
	switch typed {
	case "off", "end", "over", "back", "none", "stop":
		return s, true
	}
	y, m, d := now.Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, now.Location())
	first, last := "", typed
	if rest, found := strings.CutPrefix(typed, "until "); found {
		last = rest
	} else if rest, found := strings.CutPrefix(typed, "till "); found {
		last = rest
	} else if at := between.FindStringIndex(typed); at != nil {
		first, last = typed[:at[0]], typed[at[1]:]
	} else {
		return s, false
	}
	s.from = today
	if first != "" {
		if s.from, ok = dayOf(first, today, last); !ok {
			return s, false
		}
	}
	s.until, ok = dayOf(last, s.from, "")
	return s, ok && !s.until.Before(s.from) && !s.until.Before(today)
}

var (
	between  = regexp.MustCompile(`\s+(?:to|till|until|through|bis|-|–|—)\s+|\s*(?:–|—|\.\.)\s*`)
	isoDay   = regexp.MustCompile(`^(\d{4})-(\d{1,2})-(\d{1,2})$`)
	dotDay   = regexp.MustCompile(`^(\d{1,2})\.\s?(\d{1,2})\.?(?:\s?(\d{4}))?$`)
	dayName  = regexp.MustCompile(`^(\d{1,2})(?:st|nd|rd|th|\.)?\s+([a-z]{3,9})\.?,?(?:\s+(\d{4}))?$`)
	nameDay  = regexp.MustCompile(`^([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?(?:\s+(\d{4}))?$`)
	bareDay  = regexp.MustCompile(`^(\d{1,2})(?:st|nd|rd|th|\.)?$`)
	someName = regexp.MustCompile(`[a-z]{3,9}`)
)

// dayOf reads one date, not before another. "1" alone takes its month from the date behind it: "1 to 14 July".
func dayOf(typed string, notBefore time.Time, behind string) (time.Time, bool) {
	typed = strings.TrimSpace(strings.Trim(strings.TrimSpace(typed), ",;!"))
	day, month, year := "", "", ""
	if m := isoDay.FindStringSubmatch(typed); m != nil {
		year, month, day = m[1], m[2], m[3]
	} else if m := dotDay.FindStringSubmatch(typed); m != nil {
		day, month, year = m[1], m[2], m[3]
	} else if m := dayName.FindStringSubmatch(typed); m != nil {
		day, month, year = m[1], m[2], m[3]
	} else if m := nameDay.FindStringSubmatch(typed); m != nil {
		month, day, year = m[1], m[2], m[3]
	} else if m := bareDay.FindStringSubmatch(typed); m != nil && behind != "" {
		day, month = m[1], someName.FindString(behind)
	} else if typed == "today" {
		return notBefore, true
	} else if typed == "tomorrow" {
		return notBefore.AddDate(0, 0, 1), true
	}
	d, err := strconv.Atoi(day)
	mon, ok := monthOf(month)
	if err != nil || !ok {
		return time.Time{}, false
	}
	y := notBefore.Year()
	if year != "" {
		y, _ = strconv.Atoi(year) // four digits
	}
	at := time.Date(y, mon, d, 0, 0, 0, 0, notBefore.Location())
	if year == "" && at.Before(notBefore) {
		at = time.Date(y+1, mon, d, 0, 0, 0, 0, notBefore.Location())
	}
	return at, at.Day() == d && at.Month() == mon
}

// monthOf reads a month by its number, or its English name or the beginning of it.
func monthOf(s string) (time.Month, bool) {
	if n, err := strconv.Atoi(s); err == nil {
		return time.Month(n), n >= 1 && n <= 12
	}
	for m := time.January; m <= time.December; m++ {
		if len(s) >= 3 && strings.HasPrefix(strings.ToLower(m.String()), s) {
			return m, true
		}
	}
	return 0, false
}
