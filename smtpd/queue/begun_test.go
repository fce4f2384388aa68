package queue

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
)

// A stamper is told whether its message may have begun to travel: then it has to stay as it was. Whoever refused before DATA got nothing
// of it.
func TestAStamperKnowsWhetherItsMessageHasBegun(t *testing.T) {
	for _, c := range []struct {
		stage Stage
		want  string
	}{
		{StageConnect, "false false"}, {StageRcpt, "false false"}, {StageNone, "false false"},
		{StageData, "false true"}, {StageEnd, "false true"},
	} {
		synctest.Test(t, func(t *testing.T) {
			y := newYard(t)
			var told []string
			y.o.Courier = courier(func(_ context.Context, m Message) Outcome {
				if len(told) < 2 {
					return Outcome{Stage: c.stage, Text: "not now"}
				}
				return y.take(context.Background(), m)
			})
			r := New(y.o)
			r.Register("fresh", stamper(func(tx *db.Tx, c Copy, raw func() ([]byte, error)) (Message, error) {
				told = append(told, fmt.Sprint(c.Begun))
				return plain(tx, c, raw)
			}))
			y.owe("fresh", 1)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- r.Run(ctx) }()
			time.Sleep(time.Hour)
			cancel()
			<-ended
			if got := strings.Join(told, " "); got != c.want {
				t.Errorf("refused at %q: told %s, want %s", c.stage, got, c.want)
			}
		})
	}
}

// A copy that a dead process was sending may have begun; the bytes of such a copy cannot be replaced.
func TestACopyOfADeadProcessMayHaveBegun(t *testing.T) {
	y := newYard(t)
	ids := y.owe("plain", 1)
	dbtest.Update(t, y.db, func(tx *db.Tx) error {
		id, err := archive.New(make([]byte, 32)).PutRaw(tx, []byte("Subject: x\r\n\r\nx\r\n"), archive.Sealed)
		if err != nil {
			return err
		}
		if err := Replace(tx, ids[0], id); err != nil {
			t.Errorf("before the first attempt: %v", err)
		}
		if err := claim(tx, Copy{ID: ids[0], Attempts: 1}, "a run", tx.Now.Add(time.Hour)); err != nil {
			return err
		}
		if _, err := free(tx); err != nil {
			return err
		}
		copies, err := due(tx, 1)
		if err != nil || len(copies) != 1 || !copies[0].Begun {
			t.Errorf("%+v %v", copies, err)
		}
		if err := Replace(tx, ids[0], id); err == nil {
			t.Error("replaced")
		}
		return nil
	})
}
