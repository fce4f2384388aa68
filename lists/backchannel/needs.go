package backchannel

import (
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
)

// NeedsDue is the calendar's kind for the report of what members asked for in a month: the object is the community. It comes on the first
// Monday of the next month, after months in which a member wrote; who writes it stands above us.
const NeedsDue calendar.Kind = "report.needs"

// planNeeds plans it for a letter that every manager may know of. Any other must not: that the report comes at all would tell of it (I9).
func planNeeds(tx *db.Tx, c Conv) error {
	if c.Restricted || c.Member == 0 {
		return nil
	}
	_, planned, err := calendar.At(tx, NeedsDue, int64(c.Community))
	if err != nil || planned {
		return err
	}
	community, err := lists.CommunityByID(tx, c.Community)
	if err != nil {
		return err
	}
	now := tx.Now.In(community.Zone())
	last := time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, community.Zone()).Add(-time.Second)
	return calendar.Set(tx, NeedsDue, int64(c.Community), calendar.Schedule{Period: calendar.Monthly, Weekday: time.Monday, Hour: 9, Zone: community.Zone()}.Next(last))
}
