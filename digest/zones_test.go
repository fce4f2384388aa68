package digest_test

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/calendar"
)

// zones are the names of all zones of the world: those of this machine, or, where it has none, those that Go brings.
func zones(t *testing.T) (names []string) {
	t.Helper()
	take := func(name string) {
		if !strings.Contains(name, "/") || strings.HasSuffix(name, "/") || strings.HasPrefix(name, "posix/") || strings.HasPrefix(name, "right/") {
			return
		}
		if _, err := time.LoadLocation(name); err == nil {
			names = append(names, name)
		}
	}
	const dir = "/usr/share/zoneinfo"
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if name, _ := filepath.Rel(dir, path); err == nil && !d.IsDir() {
			take(name)
		}
		return nil
	})
	if root, err := exec.Command("go", "env", "GOROOT").Output(); err == nil && len(names) == 0 {
		if z, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip")); err == nil {
			defer z.Close()
			for _, f := range z.File {
				take(f.Name)
			}
		}
	}
	slices.Sort(names)
	if names = slices.Compact(names); len(names) == 0 {
		t.Skip("this machine has no list of zones")
	}
	return names
}

// I5: in every zone, over three years, each day, week and month has one slot, and no two daily ones come within 20 hours: at hours at
// which clocks change, and at another one that differs from zone to zone. A short run takes some of the zones.
func TestSlotsInEveryZone(t *testing.T) {
	begin, end := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC)
	names := zones(t)
	for i, name := range names {
		hours := []int{0, 2, 3, i % 24}
		if testing.Short() {
			if hours = []int{2, i % 24}; i%12 != 0 {
				continue
			}
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, hour := range hours {
				for _, period := range []calendar.Period{calendar.Daily, calendar.Weekly, calendar.Monthly} {
					checkSlots(t, calendar.Schedule{Period: period, Weekday: time.Sunday, Hour: hour, Zone: zone}, begin, end)
				}
			}
		})
	}
}

// checkSlots goes through the slots of a schedule. Sunday is the day on which most clocks change.
func checkSlots(t *testing.T, s calendar.Schedule, begin, end time.Time) {
	t.Helper()
	seen := map[string]bool{}
	var last time.Time
	for at := s.Next(begin); at.Before(end); at = s.Next(at) {
		local := at.In(s.Zone)
		key := local.Format(time.DateOnly)
		if s.Period == calendar.Monthly {
			key = local.Format("2006-01")
		}
		if seen[key] {
			t.Errorf("%s at %d: two slots on %s", s.Period, s.Hour, key)
		}
		seen[key] = true
		if local.Hour() < s.Hour || s.Period != calendar.Daily && local.Weekday() != s.Weekday || s.Period == calendar.Monthly && local.Day() > 7 {
			t.Errorf("%s at %d: %s", s.Period, s.Hour, local)
		}
		if before := at.Add(-time.Minute).In(s.Zone); before.Format(time.DateOnly) == local.Format(time.DateOnly) && before.Hour() >= s.Hour {
			t.Errorf("%s at %d: %s is not the first moment", s.Period, s.Hour, local)
		}
		least, most := 20*time.Hour, 28*time.Hour
		switch s.Period {
		case calendar.Weekly:
			least, most = 6*24*time.Hour+20*time.Hour, 7*24*time.Hour+4*time.Hour
		case calendar.Monthly:
			least, most = 27*24*time.Hour+20*time.Hour, 35*24*time.Hour+4*time.Hour
		}
		if gap := at.Sub(last); !last.IsZero() && (gap < least || gap > most) {
			t.Errorf("%s at %d: %s between %s and %s", s.Period, s.Hour, gap, last.In(s.Zone), local)
		}
		last = at
	}
	if want := map[calendar.Period]int{calendar.Daily: 1095, calendar.Weekly: 156, calendar.Monthly: 35}[s.Period]; len(seen) < want {
		t.Errorf("%s at %d: %d slots in three years", s.Period, s.Hour, len(seen))
	}
}
