package membership

import (
	"testing"
	"time"
)

// The clock of a letter speaks for a zone: the community's own where it shows the same, else where members live, else a likely one; summer
// and winter are told apart, and what says nothing proposes nothing.
func TestZoneOfAClock(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		date    string
		members []string
		want    string
	}{
		{"2026-06-12T08:00:00+02:00", nil, ""},
		{"2026-01-12T08:00:00+01:00", []string{"Africa/Lagos"}, ""},
		{"2026-06-12T08:00:00Z", []string{"Atlantic/Reykjavik"}, ""},
		{"2026-06-12T08:00:00-05:00", nil, "America/Chicago"},
		{"2026-01-12T08:00:00-05:00", nil, "America/New_York"},
		{"2026-01-12T08:00:00-05:00", []string{"America/Lima", "America/New_York", "America/Lima"}, "America/Lima"},
		{"2026-06-12T08:00:00+01:00", []string{"Mars/Base"}, "Europe/London"},
		{"2026-06-12T08:00:00+05:30", nil, "Asia/Kolkata"},
		{"2026-06-12T08:00:00+05:45", nil, "Asia/Kathmandu"},
		{"2026-06-12T08:00:00-03:30", nil, ""},
		{"2026-06-12T08:00:00+13:37", nil, ""},
	} {
		at, err := time.Parse(time.RFC3339, c.date)
		if err != nil {
			t.Fatal(err)
		}
		if got := zoneOf(at, berlin, c.members); got != c.want {
			t.Errorf("%s, members in %v: %q, want %q", c.date, c.members, got, c.want)
		}
	}
	for _, name := range clockZones {
		if _, err := time.LoadLocation(name); err != nil {
			t.Error(err)
		}
	}
}
