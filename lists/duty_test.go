package lists_test

import (
	"testing"
	"time"

	"backchannel/lists"
)

func at(t testing.TB, zone *time.Location, s string) time.Time {
	t.Helper()
	d, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A letter of Friday evening is not late on Saturday, and a night has no hours.
func TestDutyHours(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	usual := lists.UsualDuty()
	nights := lists.Duty{Days: 127, From: 0, To: 24, Due: 1, Urgent: 1}
	for _, c := range []struct {
		duty       lists.Duty
		from, want string
		hours      time.Duration
	}{
		{usual, "2026-06-12 10:00", "2026-06-16 10:00", 24 * time.Hour}, // Friday: 10 hours, Monday 12, Tuesday 2
		{usual, "2026-06-12 10:00", "2026-06-12 18:00", 8 * time.Hour},
		{usual, "2026-06-12 08:00", "2026-06-12 20:00", 12 * time.Hour}, // to the end of a day, not to the next one's beginning
		{usual, "2026-06-12 22:30", "2026-06-15 16:00", 8 * time.Hour},
		{usual, "2026-06-13 12:00", "2026-06-15 09:00", time.Hour},
		{usual, "2026-06-12 03:00", "2026-06-12 08:30", 30 * time.Minute},
		{nights, "2026-03-28 12:00", "2026-03-29 13:00", 24 * time.Hour}, // an hour of that night never was
		{nights, "2026-10-24 12:00", "2026-10-25 11:00", 24 * time.Hour}, // and this one has an hour twice
	} {
		from := at(t, berlin, c.from)
		got := c.duty.After(from, c.hours, berlin)
		if want := at(t, berlin, c.want); !got.Equal(want) {
			t.Errorf("%s and %s: %s, want %s", c.from, c.hours, got.In(berlin), c.want)
		}
		if back := c.duty.Between(from, got, berlin); back != c.hours {
			t.Errorf("%s to %s: %s, want %s", c.from, got.In(berlin), back, c.hours)
		}
	}
	if n := usual.Between(at(t, berlin, "2026-06-12 22:00"), at(t, berlin, "2026-06-15 07:00"), berlin); n != 0 {
		t.Errorf("a weekend has %s", n)
	}
	if n := usual.Between(at(t, berlin, "2026-06-15 12:00"), at(t, berlin, "2026-06-15 11:00"), berlin); n != 0 {
		t.Errorf("backwards there are %s", n)
	}
}

// What After adds, Between finds again, in every sort of zone and over changes of the clock.
func TestDutyAfterAndBetweenAgree(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "Africa/Cairo"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, d := range []lists.Duty{lists.UsualDuty(), {Days: 1, From: 23, To: 24}, {Days: 127, From: 0, To: 24}, {Days: 1 << time.Saturday, From: 0, To: 3}} {
			from := time.Date(2011, 12, 27, 5, 30, 0, 0, time.UTC)
			for range 40 {
				for _, hours := range []time.Duration{time.Minute, time.Hour, 24 * time.Hour} {
					until := d.After(from, hours, zone)
					if !until.After(from) || d.Between(from, until, zone) != hours {
						t.Fatalf("%s, duty %d: %s and %s is %s, back %s", name, i, from, hours, until, d.Between(from, until, zone))
					}
				}
				from = from.Add(97*time.Hour + 13*time.Minute)
			}
		}
	}
}

func TestWeekdays(t *testing.T) {
	for typed, want := range map[string]string{
		"mon-fri": "mon-fri", "Mon,Wed,fri": "mon,wed,fri", "sat-mon": "mon,sat,sun", "sun": "sun", "monday-sunday": "mon-sun", "fri, sat": "fri,sat", "tue-thu sat": "tue-thu,sat",
		"": "", "mo": "", "mon-": "", "-fri": "", "xmas": "", "mon-fri-sun": "",
	} {
		got, err := lists.ParseWeekdays(typed)
		if (err != nil) != (want == "") || err == nil && got.String() != want {
			t.Errorf("%q: %s, %v, want %s", typed, got, err, want)
		}
		if again, err := lists.ParseWeekdays(got.String()); want != "" && (err != nil || again != got) {
			t.Errorf("%q is read back as %s, %v", got, again, err)
		}
	}
}

func FuzzParseWeekdays(f *testing.F) {
	for _, s := range []string{"mon-fri", "sun-sat", ",", "wed"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		w, err := lists.ParseWeekdays(typed)
		if again, err2 := lists.ParseWeekdays(w.String()); err == nil && (err2 != nil || again != w) {
			t.Errorf("%q: %v, then %v, %v", typed, w, again, err2)
		}
	})
}
