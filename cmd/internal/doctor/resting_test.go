package doctor_test

import (
	"context"
	"path/filepath"
	"testing"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/cmd/internal/doctor"
	"backchannel/smtpd/queue"
)

// answers is a courier to hosts that all say the same.
type answers queue.Outcome

func (a answers) Deliver(context.Context, queue.Message) queue.Outcome { return queue.Outcome(a) }

type stamp struct{}

func (stamp) Stamp(*db.Tx, queue.Copy, func() ([]byte, error)) (queue.Message, error) {
	return queue.Message{Head: []byte("Subject: x\r\n\r\n")}, nil
}

// tries owes a copy to each domain and has it tried.
func tries(o queue.Outcome, domains ...string) func(*testing.T, *doctor.Host) {
	return func(t *testing.T, h *doctor.Host) {
		update(t, h, func(tx *db.Tx) error {
			for _, d := range domains {
				if _, err := queue.Owe(tx, queue.Owed{Source: "x", Story: "s", Stamp: "mail", To: letter.Address{Local: "a", Domain: d}}); err != nil {
					return err
				}
			}
			return nil
		})
		r := queue.New(queue.Options{DB: h.Database, Lock: filepath.Join(t.TempDir(), "lock"), Courier: answers(o),
			Raw:   func(*db.Tx, archive.RawID) ([]byte, error) { return nil, nil },
			Lanes: &queue.Lanes{Operator: func(_ context.Context, d string) string { return d }}})
		r.Register("mail", stamp{})
		if _, err := r.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

// M13: an operator that has asked for rest shows.
func TestResting(t *testing.T) {
	rest := func(domains ...string) func(*testing.T, *doctor.Host) {
		return tries(queue.Outcome{Stage: queue.StageHello, Code: 421, Enhanced: "4.7.0", Text: "too much", Host: "mx.big.test", Busy: true}, domains...)
	}
	const line = "failed: big.test asked us to slow down and gets nothing until 2026-06-12 08:15 UTC: mx.big.test said 421 4.7.0 → nothing, if it stays rare; its own words: backchannel queue show 1"
	for name, c := range map[string]finding{
		"nobody": {"resting hosts", nil, "ok: nobody has asked us to slow down"},
		"one":    {"resting hosts", rest("big.test"), line},
	} {
		t.Run(name, c.run)
	}
	t.Run("many", func(t *testing.T) {
		h := host(t)
		rest("a.test", "b.test", "c.test", "d.test", "e.test", "f.test", "g.test")(t, &h)
		got := findings(t, h, "resting hosts")
		if len(got) != 6 || got[5] != "warning: so did 2 more → when many do, look at the checks of what others see: SPF, DKIM, the reverse name" {
			t.Error(got)
		}
	})
}
