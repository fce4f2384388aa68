package calendar

import (
	"sort"
	"time"
	_ "time/tzdata" // zones must not depend on the machine
)

// Period is how often a slot comes.
type Period string

// The periods.
const (
	Daily   Period = "daily"
	Weekly  Period = "weekly"
	Monthly Period = "monthly" // on the first such weekday of the month: day 31 would be a trap
)

// Schedule is a slot that comes again and again by a local clock.
type Schedule struct {
	Period  Period
	Weekday time.Weekday // not for Daily
	Hour    int          // 0 to 23
	Zone    *time.Location
}

// Next is the first slot after a time, UTC. A slot is the first instant of its local date whose local clock shows Hour:00 or later:
// in a gap of the clock it comes at the gap's end, in a repeated hour at the first of the two (product.md A3).
func (s Schedule) Next(after time.Time) time.Time {
	local := after.In(s.Zone)
	y, m, d := local.Date()
	// A month has its slot in its first seven days, so that 38 days from any day on hold one; one day earlier, because a date line may pass.
	for i := -1; i <= 40; i++ {
		date := time.Date(y, m, d+i, 12, 0, 0, 0, time.UTC) // a date alone, without a clock that could jump
		if !s.on(date) {
			continue
		}
		if slot, ok := instant(date, s.Hour, s.Zone); ok && slot.After(after) {
			return slot
		}
	}
	return after.AddDate(0, 0, 41) // no zone of this world skips the same date for 41 days
}

// on tells whether the slot comes on this date.
func (s Schedule) on(date time.Time) bool {
	switch s.Period {
	case Daily:
		return true
	case Monthly:
		return date.Weekday() == s.Weekday && date.Day() <= 7
	default:
		return date.Weekday() == s.Weekday
	}
}

// instant is the first moment of a local date whose clock shows hour:00 or later; false where the zone skips the whole date, as
// Samoa did on 30 December 2011. time.Date is no help: it resolves gaps and repeated hours differently from zone to zone.
func instant(date time.Time, hour int, zone *time.Location) (time.Time, bool) {
	y, m, d := date.Date()
	// Offsets lie between -12 and +14 hours; steps of 15 minutes hit every change of clock there is.
	from := time.Date(y, m, d, hour, 0, 0, 0, time.UTC).Add(-15 * time.Hour)
	for t := from; t.Before(from.Add(42 * time.Hour)); t = t.Add(15 * time.Minute) {
		l := t.In(zone)
		if l.Year() == y && l.Month() == m && l.Day() == d && l.Hour() >= hour {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// first are the earliest dates.
func first(all []Due, most int) []Due {
	sort.Slice(all, func(i, j int) bool {
		if !all[i].At.Equal(all[j].At) {
			return all[i].At.Before(all[j].At)
		}
		return all[i].Kind < all[j].Kind || all[i].Kind == all[j].Kind && all[i].Object < all[j].Object
	})
	return all[:min(len(all), most)]
}
