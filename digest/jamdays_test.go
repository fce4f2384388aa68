package digest

import (
	"testing"
	"time"
)

func TestReadDays(t *testing.T) {
	now := time.Date(2026, 6, 11, 6, 0, 0, 0, time.UTC)
	for _, c := range []struct{ in, from, to string }{
		{"22-26 June", "22 Jun 2026", "26 Jun 2026"},
		{"22 – 26 June.", "22 Jun 2026", "26 Jun 2026"},
		{"22 to 26 june 2026", "22 Jun 2026", "26 Jun 2026"},
		{"22nd-26th June", "22 Jun 2026", "26 Jun 2026"},
		{"June 22-26", "22 Jun 2026", "26 Jun 2026"},
		{"22 June to 26 June", "22 Jun 2026", "26 Jun 2026"},
		{"29 June - 3 July", "29 Jun 2026", "3 Jul 2026"},
		{"29 June-3 July", "29 Jun 2026", "3 Jul 2026"},
		{"11 June", "11 Jun 2026", "11 Jun 2026"},
		{"11-24 June", "11 Jun 2026", "24 Jun 2026"},
		{"2026-06-22 to 2026-06-26", "22 Jun 2026", "26 Jun 2026"},
		{"2026-06-22 - 2026-06-26", "22 Jun 2026", "26 Jun 2026"},
		{"2026-06-22", "22 Jun 2026", "22 Jun 2026"},
	} {
		from, to, err := readDays(c.in, now, berlin(t))
		if err != nil || from.Format("2 Jan 2006") != c.from || to.AddDate(0, 0, -1).Format("2 Jan 2006") != c.to || to.Hour() != 0 {
			t.Errorf("%q: %s to %s %v", c.in, from, to, err)
		}
	}
	if from, to, err := readDays("30 December - 2 January", now.AddDate(0, 5, 0), berlin(t)); err != nil || from.Year() != 2026 || to.Year() != 2027 {
		t.Errorf("over the year: %s %s %v", from, to, err)
	}
	for in, why := range map[string]string{
		"":                         "Behind the tag of a jam stand its days, as 22-26 June.",
		"next week":                "Behind the tag of a jam stand its days, as 22-26 June.",
		"22-26":                    "Behind the tag of a jam stand its days, as 22-26 June.",
		"31 June":                  "Behind the tag of a jam stand its days, as 22-26 June.",
		"22-26 June please":        "Behind the tag of a jam stand its days, as 22-26 June.",
		"22 June - soon":           "The last day of a jam is not clear. Its days are written as 22-26 June, or 29 June - 3 July.",
		"2026-06-01 to 2026-06-05": "1 June 2026 is past.",
		"1-5 June":                 "1 June is past, or more than half a year away.",
		"2026-06-26 to 2026-06-22": "The last day, 22 June, comes before the first, 26 June.",
		"22 June - 6 July":         "A jam has 14 days at most; from 22 June to 6 July are more.",
	} {
		if _, _, err := readDays(in, now, berlin(t)); err == nil || err.Error() != why {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func FuzzReadDays(f *testing.F) {
	for _, s := range []string{"22-26 June", "June 22-26 2026", "2026-06-22 - 2026-06-26", "29 June – 3 July", "\xff-99 june"} {
		f.Add(s)
	}
	zone := berlin(f)
	now := time.Date(2026, 6, 11, 6, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		from, to, err := readDays(s, now, zone)
		if err == nil && (!to.After(now) || !to.After(from) || to.After(from.AddDate(0, 0, jamDays)) || from.After(now.AddDate(0, 0, jamAhead+1))) {
			t.Errorf("%q: %s %s", s, from, to)
		}
	})
}
