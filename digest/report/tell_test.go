package report_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/digest/report"
	"backchannel/lists/backchannel"
	"backchannel/lists/mailroom/mailroomtest"
)

// B13: on the first Monday of the next month every manager gets the same table; a tag of two people is not in it.
func TestTell(t *testing.T) {
	v := mailroomtest.New(t)
	tag := func(from, tag string) {
		v.MustSend(mailroomtest.Post{From: from, To: "managers@gardeners.example", Subject: tag, Body: "A question about " + tag + "."})
		code := strings.Trim(strings.Fields(v.One(v.Deliver(), "mira@lowe.example").Subject())[1], "]")
		m := v.Member("mira@lowe.example")
		v.Update(func(tx *db.Tx) error {
			c, err := v.Box.ByCode(tx, m, code)
			if err == nil {
				_, err = v.Box.Do(tx, c, m, "/tag "+tag)
			}
			return err
		})
		v.Now = v.Now.Add(time.Hour)
	}
	for _, who := range []string{"dana@north.example", "bill@south.example", "alison@east.example"} {
		tag(who, "sponsors")
	}
	for _, who := range []string{"dana@north.example", "bill@south.example"} {
		tag(who, "burnout")
	}
	v.View(func(tx *db.Tx) error {
		at, planned, err := calendar.At(tx, backchannel.NeedsDue, int64(v.C.ID))
		if !planned || at.In(v.C.Zone()).Format("2006-01-02 15:04") != "2026-07-06 09:00" {
			t.Errorf("planned for %s", at)
		}
		return err
	})
	v.Now = time.Date(2026, 7, 6, 7, 0, 0, 0, time.UTC)
	v.Update(func(tx *db.Tx) error { return report.Tell(tx, v.Box, v.C.ID) })
	all := v.Deliver()
	mine, theirs := v.One(all, "mira@lowe.example"), v.One(all, "theo@brandt.example")
	if mine.Text() != theirs.Text() || !strings.Contains(mine.Text(), "sponsors               3        up") || strings.Contains(mine.Text(), "burnout") {
		t.Errorf("%s", mine.Text())
	}
}
