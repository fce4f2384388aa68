package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/imapd"
	"backchannel/archive/logbook"
	"backchannel/digest"
	"backchannel/lists/mailroom"
	"backchannel/lists/moderation"
	"backchannel/smtpd"
	"backchannel/smtpd/bounce"
	"backchannel/smtpd/mailauth"
	"backchannel/smtpd/queue"
	"backchannel/templates/refusal"
)

// metricsListener is where the operator's own monitoring reads.
const metricsListener = "metrics.listen"

// figures are all that is counted. Each is declared beside the code that counts it; docs/metrics.md lists them.
func (p *Program) figures(reading *imapd.Server) []logbook.Figure {
	all := p.ownFigures()
	for _, of := range [][]logbook.Figure{
		logbook.Figures(), queue.Figures(p.DB), mailauth.Figures(), bounce.Figures(), smtpd.Figures(), reading.Figures(),
		moderation.Figures(p.DB), mailroom.Figures(), digest.Figures(),
	} {
		all = append(all, of...)
	}
	return all
}

// ownFigures are about the program, its database and the machine.
func (p *Program) ownFigures() []logbook.Figure {
	began := p.Now()
	return []logbook.Figure{
		logbook.NewTotal("backchannel_db_commits_total", "Commits of the database that changed something.",
			func(set func(float64, ...string)) { set(float64(p.DB.Stats().Commits)) }),
		logbook.NewTotal("backchannel_db_updates_total", "Transactions that shared those commits: divided by them, the size of a group.",
			func(set func(float64, ...string)) { set(float64(p.DB.Stats().Updates)) }),
		logbook.NewGauge("backchannel_db_size_bytes", "Size of the database with its write-ahead log.",
			func(set func(float64, ...string)) { set(float64(p.DB.Stats().Size)) }),
		logbook.NewGauge("backchannel_disk_free_bytes", "Room left on the disk of the database. Below 200 MB, or 5 % where that is less, no letter is taken.",
			func(set func(float64, ...string)) {
				if free, _, err := p.DB.Free(); err == nil {
					set(float64(free))
				}
			}),
		logbook.NewGauge("backchannel_healthy", "1 when /health says that all is well, else 0.",
			func(set func(float64, ...string)) {
				ok := 0.0
				if p.health().OK {
					ok = 1
				}
				set(ok)
			}),
		logbook.NewGauge("backchannel_start_time_seconds", "When the server started, in seconds since 1970.",
			func(set func(float64, ...string)) { set(float64(began.Unix())) }),
		logbook.NewGauge("backchannel_memory_bytes", "Memory that the program has from the machine.",
			func(set func(float64, ...string)) {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				set(float64(m.Sys - m.HeapReleased))
			}),
		logbook.NewGauge("backchannel_goroutines", "Things that the program does at the same time.",
			func(set func(float64, ...string)) { set(float64(runtime.NumGoroutine())) }),
	}
}

// Health is how the server is doing.
type Health struct {
	OK     bool     `json:"ok"`
	Says   string   `json:"says"` // one sentence
	Checks []Vitals `json:"checks"`
}

// Vitals is one thing that was looked at.
type Vitals struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Says string `json:"says"`
}

// How patient health is.
const (
	writeWithin = 5 * time.Second  // for one small commit
	stillAfter  = 15 * time.Minute // copies are due so long, and none was tried: the queue stands still
)

// pulse tries whether the database can be written, once for all who ask at the same time: a writer that is stuck must not gather waiting
// goroutines.
type pulse struct {
	mu    sync.Mutex
	under chan struct{} // closed when the try that is under way is over; nil: none is
	err   error         // of the last one
}

// write tells whether the database can be written within a moment.
func (h *pulse) write(d *db.DB) error {
	h.mu.Lock()
	if h.under == nil {
		h.under = make(chan struct{})
		go h.try(d, h.under)
	}
	over := h.under
	h.mu.Unlock()
	patience := time.NewTimer(writeWithin)
	defer patience.Stop()
	select {
	case <-over:
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.err
	case <-patience.C:
		return fmt.Errorf("no commit within %s", writeWithin)
	}
}

func (h *pulse) try(d *db.DB, over chan struct{}) {
	err := d.Update(context.Background(), logbook.Pulse)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err, h.under = err, nil
	close(over)
}

// health looks at what must work: the database, the intake of letters, the queue.
func (p *Program) health() Health {
	h := Health{OK: true, Says: "All is well."}
	look := func(name, well string, err error) {
		v := Vitals{Name: name, OK: err == nil, Says: well}
		if err != nil {
			if v.Says = refusal.Log(err); h.OK {
				h.Says = v.Says
			}
			h.OK = false
		}
		h.Checks = append(h.Checks, v)
	}
	err := p.pulse.write(p.DB)
	if err != nil {
		err = refusal.Because(refusal.Unavailable, "The database cannot be written").From(err)
	}
	look("database", "It can be written.", err)
	look("intake", "Letters are taken.", p.Rooms.Intake())
	look("queue", "Copies are sent, or none is due.", p.queueMoves())
	return h
}

// queueMoves tells when copies are due and nobody tries them.
func (p *Program) queueMoves() error {
	var since, last time.Time
	var now time.Time
	err := p.View(context.Background(), func(tx *db.Tx) (err error) {
		now = tx.Now
		if since, err = queue.Overdue(tx); err == nil {
			last, err = logbook.NewestOfCopies(tx)
		}
		return err
	})
	if err != nil || since.IsZero() || now.Sub(since) < stillAfter || now.Sub(last) < stillAfter {
		return err
	}
	return refusal.Because(refusal.Unavailable, "The queue stands still: a copy has been due since %s and none was tried for %s.", since.Format("2006-01-02 15:04 UTC"),
		now.Sub(latest(since, last)).Round(time.Minute))
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// watch answers the operator's own monitoring until the context ends.
func (p *Program) watch(ctx context.Context, l net.Listener, all []logbook.Figure) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_ = logbook.WriteFigures(w, all) // whoever asked has gone
	})
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		h := p.health()
		w.Header().Set("Content-Type", "application/json")
		if !h.OK {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(h)
	})
	s := &http.Server{Handler: onlyHere(mux), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 8 << 10, ErrorLog: slog.NewLogLogger(p.Log.Handler(), slog.LevelDebug)}
	ended := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer ended()
	if err := s.Serve(l); ctx.Err() == nil {
		return fmt.Errorf("listen for monitoring on %s: %w", l.Addr(), err)
	}
	return nil
}

// onlyHere answers who asked for this machine by its address: a page in somebody's browser, whose own name was made to point here,
// learns nothing.
func onlyHere(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip := net.ParseIP(strings.Trim(host, "[]")); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "Ask for this by the address of this machine, like 127.0.0.1.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
