package backchannel

import (
	"strings"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates/refusal"
)

// mostDays is how far a letter can be put off.
const mostDays = 366

// wakeHour is when a snoozed letter comes back, in the zone of who put it off.
const wakeHour = 8

// until reads when a letter shall come back: 3d, 2w, mon, tomorrow, "next week", 2026-06-20. It comes at 08:00 in the zone of now.
func until(typed string, now time.Time) (time.Time, error) {
	word := strings.ToLower(strings.Join(strings.Fields(typed), " "))
	days, ok := daysAhead(word, now)
	day := time.Date(now.Year(), now.Month(), now.Day()+days, wakeHour, 0, 0, 0, now.Location())
	if !ok {
		d, err := time.ParseInLocation(time.DateOnly, word, now.Location())
		if err != nil {
			return day, refusal.Because(refusal.Invalid, "A letter is put off for days or weeks (3d, 2w), until a weekday (mon), or until a date (%s).", now.AddDate(0, 0, 7).Format(time.DateOnly))
		}
		day = time.Date(d.Year(), d.Month(), d.Day(), wakeHour, 0, 0, 0, now.Location())
	}
	switch {
	case !day.After(now):
		return day, refusal.Because(refusal.Invalid, "%s is not ahead of us.", day.Format("2 January 2006"))
	case day.After(now.AddDate(0, 0, mostDays)):
		return day, refusal.Because(refusal.Invalid, "A letter can be put off for a year, no longer.")
	}
	return day, nil
}

// daysAhead reads a time that counts from today.
func daysAhead(word string, now time.Time) (days int, ok bool) {
	switch word {
	case "tomorrow":
		return 1, true
	case "next week", "week":
		return daysTo(time.Monday, now), true
	}
	n, unit := 0, strings.TrimLeft(word, "0123456789")
	if digits := word[:len(word)-len(unit)]; digits != "" && len(digits) <= 4 {
		for _, d := range digits {
			n = n*10 + int(d-'0')
		}
		switch strings.TrimSpace(unit) {
		case "d", "day", "days":
			return n, n > 0
		case "w", "week", "weeks":
			return 7 * n, n > 0
		}
		return 0, false
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if name := strings.ToLower(d.String()); len(word) >= 3 && strings.HasPrefix(name, word) {
			return daysTo(d, now), true
		}
	}
	return 0, false
}

// daysTo is how many days ahead the next such weekday is; today's name means the one in a week.
func daysTo(d time.Weekday, now time.Time) int { return (int(d-now.Weekday())+6)%7 + 1 }

// snoozeFolder is the folder in which a letter waits for a date.
func snoozeFolder(day, now time.Time) string {
	switch {
	case day.Before(now.AddDate(0, 0, 2).Add(-time.Duration(now.Hour()-wakeHour+1) * time.Hour)):
		return FolderTomorrow
	case day.Before(now.AddDate(0, 0, 8)):
		return FolderNextWeek
	}
	return FolderLater
}

// woken brings a snoozed letter back, and tells the one who has it, or who put it off.
func (b *Letterbox) woken(tx *db.Tx, due calendar.Due) error {
	c, err := find(tx, ConvID(due.Object))
	if err != nil || c.Snoozed.IsZero() {
		return err
	}
	if err := wake(tx, c); err != nil {
		return err
	}
	if err := b.refile(tx, c); err != nil {
		return err
	}
	community, err := lists.CommunityByID(tx, c.Community)
	if err != nil {
		return err
	}
	readers, err := b.readers(tx, c)
	if err != nil {
		return err
	}
	told := c.Owner
	if told == 0 {
		told = c.snoozer
	}
	for _, m := range readers {
		if m.ID != told && told != 0 && contains(readers, told) {
			continue
		}
		if err := b.present(tx, community, c, m, "You put this off until today."); err != nil {
			return err
		}
	}
	return nil
}

func contains(all []lists.Member, id lists.MemberID) bool {
	for _, m := range all {
		if m.ID == id {
			return true
		}
	}
	return false
}
