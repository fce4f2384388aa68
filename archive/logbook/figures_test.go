package logbook_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/logbook"
)

// The text that Prometheus reads, byte for byte.
func TestFiguresAsText(t *testing.T) {
	c := logbook.NewCounter("backchannel_b_total", "Things that were counted.", "sort", "door")
	c.Add("first", "mx")
	c.AddN(2, "", "No Such Address")
	plain := logbook.NewCounter("backchannel_a_total", "Nothing yet.")
	h := logbook.NewHistogram("backchannel_c_seconds", "Times.", []float64{0.5, 2}, "how")
	for _, v := range []float64{0.1, 0.5, 1, 3} {
		h.Observe(v, "x")
	}
	g := logbook.NewGauge("backchannel_d", "Sizes.", func(set func(float64, ...string)) { set(1.5e12, "big"); set(math.Inf(1), "endless") }, "which")
	var b strings.Builder
	if err := logbook.WriteFigures(&b, []logbook.Figure{g, h, c, plain}); err != nil {
		t.Fatal(err)
	}
	const want = `# HELP backchannel_a_total Nothing yet.
# TYPE backchannel_a_total counter
backchannel_a_total 0
# HELP backchannel_b_total Things that were counted.
# TYPE backchannel_b_total counter
backchannel_b_total{sort="first",door="mx"} 1
backchannel_b_total{sort="none",door="no_such_address"} 2
# HELP backchannel_c_seconds Times.
# TYPE backchannel_c_seconds histogram
backchannel_c_seconds_bucket{how="x",le="0.5"} 2
backchannel_c_seconds_bucket{how="x",le="2"} 3
backchannel_c_seconds_bucket{how="x",le="+Inf"} 4
backchannel_c_seconds_sum{how="x"} 4.6
backchannel_c_seconds_count{how="x"} 4
# HELP backchannel_d Sizes.
# TYPE backchannel_d gauge
backchannel_d{which="big"} 1.5e+12
backchannel_d{which="endless"} +Inf
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	if c.Sum() != 3 || c.Value("first", "mx") != 1 {
		t.Errorf("sum %v", c.Sum())
	}
}

// P15: an address, a list or a stranger's text never becomes a label, however many of them are tried, and they cost no memory.
func TestLabelsNameNobody(t *testing.T) {
	c := logbook.NewCounter("backchannel_x_total", "Things.", "sort")
	for _, v := range []string{"dana@north.example", "talk <talk@x>", "a\"b", "a\nb", strings.Repeat("x", 41), "Ünal"} {
		c.Add(v)
	}
	var all sync.WaitGroup
	for i := range 1000 {
		all.Go(func() { c.Add(fmt.Sprintf("made-up-%d", i)) })
	}
	all.Wait()
	var b strings.Builder
	if err := logbook.WriteFigures(&b, []logbook.Figure{c}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "@") || strings.Contains(b.String(), "talk") || !strings.Contains(b.String(), `{sort="other"} `) || strings.Count(b.String(), "\n") > 110 || c.Sum() != 1006 {
		t.Errorf("%v in\n%s", c.Sum(), b.String())
	}
}

func TestAFigureNeedsASentence(t *testing.T) {
	for _, make := range []func(){
		func() { logbook.NewCounter("backchannel_x", "no full stop") },
		func() { logbook.NewCounter("x_total", "No prefix.") },
		func() { logbook.NewCounter("backchannel_x", "Two labels.", "a", "b").Add("one") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("taken")
				}
			}()
			make()
		}()
	}
}

// The mail log: one line for each row, with a verb and ids alone, and only when the row is durable.
func TestMailLog(t *testing.T) {
	var out bytes.Buffer
	now := time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)
	d := dbtest.OpenWith(t, db.Options{Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(&out, nil))}, logbook.Schema())
	write(t, d,
		logbook.Entry{Story: "k7qx", Verb: logbook.Received, MessageID: "canary@south.test", Detail: "canary"},
		logbook.Entry{Story: "k7qx", Verb: logbook.Published, MessageID: "canary@south.test", Detail: "canary"},
		logbook.Entry{Story: "k7qx", Verb: logbook.Refused, To: "canary@north.test", Detail: "canary"},
		logbook.Entry{Story: "k7qx", Verb: logbook.Deferred, Copy: 41, To: "canary@north.test", Detail: "451 4.7.1 canary later", Status: "451 4.7.1"},
		logbook.Entry{Story: "k7qx", Verb: logbook.Delivered, Copy: 41, To: "canary@north.test", Detail: "250 canary", Status: "250 2.0.0"},
	)
	_ = d.Update(t.Context(), func(tx *db.Tx) error {
		return errors.Join(logbook.Write(tx, logbook.Entry{Story: "undone", Verb: logbook.Held}), errors.New("undone"))
	})
	var lines []string
	for _, l := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		_, rest, _ := strings.Cut(l, " ")
		lines = append(lines, rest)
	}
	want := `level=INFO msg=received log=mail story=k7qx
level=INFO msg=published log=mail story=k7qx
level=INFO msg=refused log=mail story=k7qx
level=INFO msg=deferred log=mail story=k7qx copy=41 status="451 4.7.1"
level=INFO msg=delivered log=mail story=k7qx copy=41 status="250 2.0.0"`
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
