package backchannel

import (
	"testing"
	"time"

	"backchannel/templates/refusal"
)

func TestUntil(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	friday := time.Date(2026, 3, 27, 10, 0, 0, 0, berlin) // two days before the clocks change
	for typed, want := range map[string]string{
		"3d": "2026-03-30 08:00 +0200", "1 day": "2026-03-28 08:00 +0100", "2w": "2026-04-10 08:00 +0200", "tomorrow": "2026-03-28 08:00 +0100",
		"Mon": "2026-03-30 08:00 +0200", "friday": "2026-04-03 08:00 +0200", "next week": "2026-03-30 08:00 +0200", "2026-06-20": "2026-06-20 08:00 +0200",
		"sat": "2026-03-28 08:00 +0100", "": "", "0d": "", "mo": "", "3": "", "3h": "", "-3d": "", "2026-03-27": "", "2025-01-01": "", "2028-01-01": "", "400d": "", "99999d": "",
		"2026-13-01": "", "soon": "", "monkey": "",
	} {
		got, err := until(typed, friday)
		switch {
		case want == "" && refusal.KindOf(err) != refusal.Invalid:
			t.Errorf("%q: %v, %v", typed, got, err)
		case want != "" && (err != nil || got.Format("2006-01-02 15:04 -0700") != want):
			t.Errorf("%q: %v, %v, want %s", typed, got, err, want)
		}
	}
	for typed, want := range map[string]string{"tomorrow": FolderTomorrow, "mon": FolderNextWeek, "1w": FolderNextWeek, "4w": FolderLater} {
		day, err := until(typed, friday)
		if err != nil || snoozeFolder(day, friday) != want {
			t.Errorf("%q lies in %s, %v", typed, snoozeFolder(day, friday), err)
		}
	}
}

func FuzzUntil(f *testing.F) {
	for _, s := range []string{"3d", "mon", "2026-06-20", "2 weeks", ""} {
		f.Add(s)
	}
	now := time.Date(2026, 6, 12, 10, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, typed string) {
		day, err := until(typed, now)
		if err == nil && (!day.After(now) || day.After(now.AddDate(1, 0, 2)) || day.Hour() != wakeHour) {
			t.Errorf("%q: %v", typed, day)
		}
	})
}
