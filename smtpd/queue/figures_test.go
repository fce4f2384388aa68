package queue

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
)

// What the figures say of a queue with one copy of each sort, and since when something is overdue.
func TestFigures(t *testing.T) {
	now := time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)
	d := dbtest.OpenAt(t, func() time.Time { return now }, parts()...)
	owe := func(source string) (id CopyID) {
		dbtest.Update(t, d, func(tx *db.Tx) (err error) {
			id, err = Owe(tx, Owed{Source: source, Story: "s", To: letter.Address{Local: "dana", Domain: "north.test"}, Stamp: "x"})
			return err
		})
		return id
	}
	held := owe("a")
	now = now.Add(time.Hour)
	tried := owe("b")
	now = now.Add(2 * time.Minute)
	owe("c")
	dbtest.Update(t, d, func(tx *db.Tx) error {
		if _, err := hold(tx, held, "x"); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE copy SET attempts = 1, due = ? WHERE id = ?`, db.Micros(now.Add(time.Minute)), tried)
		return err
	})
	text := func() string {
		var b strings.Builder
		if err := logbook.WriteFigures(&b, Figures(d)); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for _, want := range []string{
		`backchannel_queue_copies{state="held",age="1d"} 1`, `backchannel_queue_copies{state="tried",age="5m"} 1`, `backchannel_queue_copies{state="waiting",age="5m"} 1`,
		"backchannel_queue_overdue_seconds 0\n", "# TYPE backchannel_delivery_seconds histogram\n", "# TYPE backchannel_delivery_attempts_total counter\n",
	} {
		if !strings.Contains(text(), want) {
			t.Errorf("missing %s in\n%s", want, text())
		}
	}
	now = now.Add(10 * time.Minute)
	if got := text(); !strings.Contains(got, "backchannel_queue_overdue_seconds 600\n") {
		t.Errorf("ten minutes later:\n%s", got)
	}
	before := attempts.Value("delivered", "end")
	s := &shift{r: &Runner{o: Options{DB: d}}}
	s.count([]result{{task: &task{copy: Copy{Since: now.Add(-20 * time.Second)}}, o: Outcome{Kind: Delivered, Stage: StageEnd}}, {task: &task{}, back: true}})
	if got := attempts.Value("delivered", "end"); got != before+1 || !strings.Contains(text(), `backchannel_delivery_seconds_bucket{le="60"} `) {
		t.Errorf("%v deliveries after %v:\n%s", got, before, text())
	}
}
