package membership

import (
	"slices"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
)

// clockZones are time zones in which many people live, the likelier in front of others whose clocks show the same.
var clockZones = []string{
	"America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "Europe/Berlin", "Europe/London", "Europe/Athens", "Europe/Istanbul", "Asia/Kolkata", "Asia/Shanghai",
	"Asia/Tokyo", "Asia/Jakarta", "Asia/Dhaka", "Asia/Karachi", "Asia/Dubai", "Africa/Lagos", "Africa/Cairo", "Africa/Johannesburg", "Africa/Nairobi", "America/Sao_Paulo", "America/Bogota",
	"America/Mexico_City", "Australia/Sydney", "Australia/Brisbane", "Australia/Adelaide", "Australia/Darwin", "Pacific/Auckland", "America/Halifax", "America/St_Johns", "America/Phoenix",
	"America/Anchorage", "Pacific/Honolulu", "Asia/Tehran", "Asia/Kabul", "Asia/Kathmandu", "Asia/Yangon", "Asia/Tashkent", "Atlantic/Azores", "Pacific/Noumea", "Pacific/Fiji",
}

// proposedZone is the time zone that the clock of an applicant's letter speaks for (product.md A3); "" stands for the community's own.
func proposedZone(tx *db.Tx, c lists.Community, l *letter.Letter) (string, error) {
	at, ok := l.Date()
	if !ok {
		return "", nil
	}
	all, err := lists.Members(tx, c.ID)
	if err != nil {
		return "", err
	}
	var used []string
	for _, m := range all {
		if belongs(m) && m.Timezone != "" {
			used = append(used, m.Timezone)
		}
	}
	return zoneOf(at, c.Zone(), used), nil
}

// zoneOf is the zone whose clocks show what a clock shows: the community's own ("") if it does, else the one in which most members live, else
// a likely one. The time of Greenwich says nothing: many mail services write it for everybody.
func zoneOf(at time.Time, home *time.Location, members []string) string {
	_, offset := at.Zone()
	shows := func(z *time.Location) bool {
		_, there := at.In(z).Zone()
		return there == offset
	}
	if offset == 0 || shows(home) {
		return ""
	}
	lives := map[string]int{}
	for _, name := range members {
		lives[name]++
	}
	likely := slices.Concat(slices.Sorted(slices.Values(members)), clockZones)
	slices.SortStableFunc(likely, func(a, b string) int { return lives[b] - lives[a] })
	for _, name := range likely {
		if z, err := time.LoadLocation(name); err == nil && shows(z) {
			return name
		}
	}
	return ""
}
