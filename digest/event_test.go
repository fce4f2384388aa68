package digest

import (
	"testing"
	"time"
	"unicode/utf8"
)

func berlin(t testing.TB) *time.Location {
	t.Helper()
	z, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestReadEvent(t *testing.T) {
	now := time.Date(2026, 6, 11, 6, 0, 0, 0, time.UTC)
	for _, c := range []struct{ in, said, text, at string }{
		{"18 June 16:00 UTC Call on onboarding", "18 June 16:00 UTC", "Call on onboarding", "18 Jun 2026 16:00"},
		{"18 June 16:00 Call", "18 June 16:00 (Europe/Berlin)", "Call", "18 Jun 2026 14:00"},
		{"June 18 Open day", "18 June", "Open day", "18 Jun 2026 21:59"},
		{"18. jun Open day", "18 June", "Open day", "18 Jun 2026 21:59"},
		{"18th June, Open day", "18 June", "Open day", "18 Jun 2026 21:59"},
		{"2026-06-18 16:00 GMT Call", "18 June 16:00 GMT", "Call", "18 Jun 2026 16:00"},
		{"11 June 09:00 Today", "11 June 09:00 (Europe/Berlin)", "Today", "11 Jun 2026 07:00"},
		{"3 January Fair", "3 January 2027", "Fair", "3 Jan 2027 22:59"},
		{"3 January 2028 Fair", "3 January 2028", "Fair", "3 Jan 2028 22:59"},
		{"29 February 2028 Leap", "29 February 2028", "Leap", "29 Feb 2028 22:59"},
		{"18 June 16:00 UTC", "18 June 16:00 (Europe/Berlin)", "UTC", "18 Jun 2026 14:00"},
	} {
		ev, err := readEvent(c.in, now, berlin(t))
		if err != nil || ev.said != c.said || ev.text != c.text || ev.at.UTC().Format("2 Jan 2006 15:04") != c.at {
			t.Errorf("%q: %+v %v", c.in, ev, err)
		}
	}
	for _, in := range []string{"", "x", "18", "18 June", "31 June Call", "0 June Call", "32 May Call", "10 June 2026 Call", "11 June 07:00 Call", "18 Juno Call", "18 June 2031 Call", "18 ju Call", "2026-02-30 Call"} {
		if ev, err := readEvent(in, now, berlin(t)); err == nil {
			t.Errorf("%q: %+v", in, ev)
		}
	}
}

func FuzzReadEvent(f *testing.F) {
	for _, s := range []string{"18 June 16:00 UTC Call", "June 18 x", "2026-06-18 16:00 GMT Call", "29 February x", "\xff 99 june"} {
		f.Add(s)
	}
	zone := berlin(f)
	now := time.Date(2026, 6, 11, 6, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		ev, err := readEvent(s, now, zone)
		if err == nil && (ev.text == "" || ev.said == "" || utf8.RuneCountInString(ev.text) > 200 || !ev.at.After(now) || ev.at.After(now.AddDate(2, 0, 1))) {
			t.Errorf("%q: %+v", s, ev)
		}
	})
}
