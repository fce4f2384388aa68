package lists

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"backchannel/templates/refusal"
)

// Duty says when managers can be expected to look, and how soon they answer. Hours between are no hours: a letter of Friday evening is
// not late on Saturday (product.md B11).
type Duty struct {
	Days   Weekdays `json:"days"`
	From   int      `json:"from"`   // the hour at which such a day begins, 0 to 23, by the community's clock
	To     int      `json:"to"`     // the hour at which it ends, 1 to 24
	Due    int      `json:"due"`    // duty hours until an answer is due
	Urgent int      `json:"urgent"` // the same for urgent letters and reports
}

// UsualDuty is what a community begins with: working days from 8 to 20, an answer within 24 hours of them, an urgent one within 8.
func UsualDuty() Duty {
	return Duty{Days: 1<<time.Monday | 1<<time.Tuesday | 1<<time.Wednesday | 1<<time.Thursday | 1<<time.Friday, From: 8, To: 20, Due: 24, Urgent: 8}
}

// foundingDue is within how many duty hours managers answer while a list is founding (product.md C2).
const foundingDue = 4

// Founding is the duty of managers where it is about a list that is founding: the same days and hours, and a sooner answer unless they want
// one sooner still.
func (d Duty) Founding() Duty {
	d.Due, d.Urgent = min(d.Due, foundingDue), min(d.Urgent, foundingDue)
	return d
}

// The longest time to an answer that can be set, in duty hours.
const mostDue = 1000

// check refuses what cannot be.
func (d Duty) check() error {
	switch {
	case d.Days&everyDay == 0 || d.Days&^everyDay != 0:
		return refusal.Because(refusal.Invalid, "At least one day of the week must be a duty day, as in mon-fri.")
	case d.From < 0 || d.To > 24 || d.From >= d.To:
		return refusal.Because(refusal.Invalid, "Duty hours go from one full hour to a later one of the same day, as in 8-20, not %d-%d.", d.From, d.To)
	case d.Due < 1 || d.Due > mostDue || d.Urgent < 1 || d.Urgent > mostDue:
		return refusal.Because(refusal.Invalid, "An answer is due within 1 to %d duty hours.", mostDue)
	case d.Urgent > d.Due:
		return refusal.Because(refusal.Invalid, "An urgent letter cannot have more time (%d hours) than an ordinary one (%d hours).", d.Urgent, d.Due)
	}
	return nil
}

// Weekdays are days of the week: the bit of each is its number, that of Sunday 0.
type Weekdays uint8

const everyDay Weekdays = 1<<7 - 1

// Has tells whether a day is one of them.
func (w Weekdays) Has(d time.Weekday) bool { return w&(1<<d) != 0 }

// week is the order in which people name the days.
var week = [7]time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}

func shortDay(d time.Weekday) string { return strings.ToLower(d.String()[:3]) }

// String writes the days as ParseWeekdays reads them, runs of three and more together: mon-fri, sat.
func (w Weekdays) String() string {
	var parts []string
	for i := 0; i < len(week); i++ {
		if !w.Has(week[i]) {
			continue
		}
		last := i
		for last+1 < len(week) && w.Has(week[last+1]) {
			last++
		}
		if last-i >= 2 {
			parts = append(parts, shortDay(week[i])+"-"+shortDay(week[last]))
			i = last
		} else {
			parts = append(parts, shortDay(week[i]))
		}
	}
	return strings.Join(parts, ",")
}

// MarshalText writes them for JSON.
func (w Weekdays) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText reads them from JSON.
func (w *Weekdays) UnmarshalText(text []byte) (err error) {
	*w, err = ParseWeekdays(string(text))
	return err
}

// ParseWeekdays reads days of the week: mon-fri, "mon,wed,fri", sat-mon.
func ParseWeekdays(typed string) (w Weekdays, err error) {
	for _, part := range strings.FieldsFunc(strings.ToLower(typed), func(r rune) bool { return r == ',' || r == ' ' }) {
		first, last, run := strings.Cut(part, "-")
		from, ok := weekday(first)
		to := from
		if run && ok {
			to, ok = weekday(last)
		}
		if !ok {
			return 0, refusal.Because(refusal.Invalid, "%q is no day of the week; days look like mon-fri or mon,wed,fri.", part)
		}
		for d := from; ; d = (d + 1) % 7 {
			w |= 1 << d
			if d == to {
				break
			}
		}
	}
	if w == 0 {
		return 0, refusal.Because(refusal.Invalid, "At least one day of the week must be a duty day, as in mon-fri.")
	}
	return w, nil
}

func weekday(typed string) (time.Weekday, bool) {
	for _, d := range week {
		if name := strings.ToLower(d.String()); len(typed) >= 3 && strings.HasPrefix(name, typed) {
			return d, true
		}
	}
	return 0, false
}

// ParseHours reads the hours of a duty day: 8-20.
func ParseHours(typed string) (from, to int, err error) {
	first, last, _ := strings.Cut(typed, "-")
	from, err1 := strconv.Atoi(strings.TrimSpace(first))
	to, err2 := strconv.Atoi(strings.TrimSpace(last))
	if err1 != nil || err2 != nil || from < 0 || to > 24 || from >= to {
		return 0, 0, refusal.Because(refusal.Invalid, "Duty hours go from one full hour to a later one of the same day, as in 8-20, not %q.", typed)
	}
	return from, to, nil
}

// Hours says the hours of a duty day, as ParseHours reads them.
func (d Duty) Hours() string { return fmt.Sprintf("%d-%d", d.From, d.To) }

// shift is the duty time of one local date, which a change of the clock may make longer or shorter; false when the date has none.
func (d Duty) shift(zone *time.Location, y int, m time.Month, day int) (begin, end time.Time, ok bool) {
	if !d.Days.Has(time.Date(y, m, day, 12, 0, 0, 0, time.UTC).Weekday()) {
		return begin, end, false
	}
	begin, end = time.Date(y, m, day, d.From, 0, 0, 0, zone), time.Date(y, m, day, d.To, 0, 0, 0, zone)
	return begin, end, begin.Before(end)
}

// farthest is how many days After looks ahead: a thousand hours of one hour a week are twenty years.
const farthest = 366 * 20

// After is the moment at which so much duty time has passed since from.
func (d Duty) After(from time.Time, hours time.Duration, zone *time.Location) time.Time {
	y, m, day := from.In(zone).Date()
	for i := range farthest {
		begin, end, ok := d.shift(zone, y, m, day+i)
		if !ok || !end.After(from) {
			continue
		}
		if begin.Before(from) {
			begin = from
		}
		if have := end.Sub(begin); have < hours {
			hours -= have
			continue
		}
		return begin.Add(hours).UTC()
	}
	return from.AddDate(0, 0, farthest)
}

// Between is how much duty time lies between two moments; none when the second is not later.
func (d Duty) Between(from, to time.Time, zone *time.Location) (sum time.Duration) {
	y, m, day := from.In(zone).Date()
	for i := range farthest {
		if time.Date(y, m, day+i, 0, 0, 0, 0, zone).After(to) {
			break
		}
		begin, end, ok := d.shift(zone, y, m, day+i)
		if !ok {
			continue
		}
		if begin.Before(from) {
			begin = from
		}
		if end.After(to) {
			end = to
		}
		sum += max(0, end.Sub(begin))
	}
	return sum
}
