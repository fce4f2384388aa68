package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/logbook"
	"backchannel/smtpd/queue"
)

//go:generate go test -run TestMetricsAreDocumented -count 1 . -update-docs

var updateDocs = flag.Bool("update-docs", false, "write docs/metrics.md")

// watched is a village that serves, with its own monitoring.
func watched(t *testing.T) *village {
	h := openVillage(t, func(o *Options) { o.Config.Metrics.Listen = "127.0.0.1:0" })
	h.serve()
	return h
}

func (h *village) get(path string) (int, string) {
	h.t.Helper()
	r, err := http.Get("http://" + h.Addr(metricsListener) + path)
	if err != nil {
		h.t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return r.StatusCode, string(body)
}

// A letter in and copies out: what the operator's monitoring sees of it, and that it sees nobody's name (P15).
func TestMetrics(t *testing.T) {
	h := watched(t)
	h.send("bill@south.test", post("bill@south.test", "A canary sings", "1@south.test", "Sweetly."))
	if !within(func() bool {
		_, text := h.get("/metrics")
		return strings.Contains(text, `backchannel_copies_total{verb="delivered"}`)
	}) {
		t.Error("no copy was delivered")
	}
	status, text := h.get("/metrics")
	if status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	for _, want := range []string{
		`backchannel_smtp_sessions_total{door="mx"}`, `backchannel_smtp_letters_total{outcome="received",door="mx"}`, `backchannel_letters_total{verb="published"}`,
		`backchannel_verdicts_total{verdict="verified"}`, `backchannel_delivery_seconds_count `, `backchannel_delivery_attempts_total{outcome="delivered",`,
		"backchannel_queue_overdue_seconds 0\n", `backchannel_held_posts{why="sender"} 0`, "backchannel_db_commits_total ", "backchannel_db_size_bytes ",
		"backchannel_disk_free_bytes ", "backchannel_healthy 1\n", fmt.Sprintf("backchannel_start_time_seconds %v\n", float64(friday.Unix())), `backchannel_imap_sessions{signed_in="yes"} 0`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("missing: %s", want)
		}
	}
	for _, canary := range []string{"canary", "south.test", "north.test", "gardeners", "talk", "bill", "@"} {
		if strings.Contains(strings.ToLower(text), canary) {
			t.Errorf("the figures tell of %s:\n%s", canary, text)
		}
	}
	if status, _ := h.get("/"); status != http.StatusNotFound {
		t.Errorf("another page: %d", status)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+h.Addr(metricsListener)+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "evil.example"
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("a foreign name for this machine: %d", answer.StatusCode)
	}
}

func (h *village) healthNow() (status int, health Health) {
	h.t.Helper()
	status, body := h.get("/health")
	if err := json.Unmarshal([]byte(body), &health); err != nil {
		h.t.Fatalf("%v in %s", err, body)
	}
	return status, health
}

// Health says yes, or in one sentence what is wrong, and comes back by itself.
func TestHealth(t *testing.T) {
	h := watched(t)
	if status, got := h.healthNow(); status != http.StatusOK || !got.OK || got.Says != "All is well." || len(got.Checks) != 3 {
		t.Errorf("%d %+v", status, got)
	}
	free := h.Rooms.Free
	h.Rooms.Free = func() (uint64, uint64, error) { return 1 << 20, 1 << 40, nil }
	if status, got := h.healthNow(); status != http.StatusServiceUnavailable || got.Says != "There is hardly any room left on our disk. Nothing was lost; please try again later." {
		t.Errorf("no room: %d %+v", status, got)
	}
	h.Rooms.Free = free
	if status, got := h.healthNow(); status != http.StatusOK {
		t.Errorf("room again: %d %+v", status, got)
	}
}

// The queue stands still when copies are due for a quarter of an hour and nobody tried one; held copies are due to nobody.
func TestHealthOfTheQueue(t *testing.T) {
	now := friday
	h := openVillage(t, func(o *Options) { o.Now = func() time.Time { return now } })
	h.update(func(tx *db.Tx) error {
		_, err := queue.Owe(tx, queue.Owed{Source: "x:1", Story: "s", To: addr(t, "dana@north.test"), Stamp: "post"})
		return err
	})
	for _, c := range []struct {
		after time.Duration
		do    func(tx *db.Tx) error
		want  string
	}{
		{10 * time.Minute, nil, ""},
		{10 * time.Minute, nil, "The queue stands still: a copy has been due since 2026-06-12 08:00 UTC and none was tried for 20m0s."},
		{time.Minute, func(tx *db.Tx) error {
			return logbook.Write(tx, logbook.Entry{Story: "t", Verb: logbook.Deferred, Copy: 99})
		}, ""},
		{time.Hour, func(tx *db.Tx) error { _, err := queue.HoldAll(tx, "x"); return err }, ""},
	} {
		now = now.Add(c.after)
		if c.do != nil {
			h.update(c.do)
		}
		got := ""
		if err := h.queueMoves(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%v: %q, want %q", now, got, c.want)
		}
	}
}

// A database that cannot be written is said so, and many may ask at the same time.
func TestHealthOfTheDatabase(t *testing.T) {
	h := openVillage(t, nil)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if got := h.health(); !got.OK {
				t.Errorf("many ask at once: %+v", got)
			}
		})
	}
	all.Wait()
	other, err := Open(context.Background(), h.Options)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if got := other.health(); got.OK || !strings.HasPrefix(got.Says, "The database cannot be written: ") {
		t.Errorf("a closed database: %+v", got)
	}
}

// docs/metrics.md lists every figure in the words of the code; make generated writes it.
func TestMetricsAreDocumented(t *testing.T) {
	h := openVillage(t, nil)
	reading, err := h.readingRoom()
	if err != nil {
		t.Fatal(err)
	}
	want := metricsPage(h.figures(reading))
	const name = "../../docs/metrics.md"
	if *updateDocs {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("docs/metrics.md is not current (make generated writes it):\n%s", want)
	}
}

// metricsPage is the documentation of all figures.
func metricsPage(all []logbook.Figure) string {
	var b strings.Builder
	b.WriteString(`# What can be watched

With ` + "`metrics.listen: 127.0.0.1:9525`" + ` in config.yaml the server answers this machine's own monitoring, and nobody else:

- ` + "`/metrics`" + ` gives the figures below in the text format of Prometheus. They count since the server started. No label names an address, a
  list or a person.
- ` + "`/health`" + ` answers 200 while the database can be written, letters are taken and the queue moves; otherwise 503. The body is JSON: ` + "`ok`" + `,
  one sentence in ` + "`says`" + `, and each thing that was looked at in ` + "`checks`" + `.

Worth an alarm: ` + "`backchannel_healthy`" + ` is 0; ` + "`backchannel_queue_overdue_seconds`" + ` above 900; ` + "`backchannel_disk_free_bytes`" + ` below 1 GB;
` + "`backchannel_dns_unanswered_total`" + ` or ` + "`backchannel_bounces_total{class=\"refused\"}`" + ` rising faster than last week.

This table is written by the program from its own source (` + "`make generated`" + `).

| figure | kind | labels | meaning |
|---|---|---|---|
`)
	lines := map[string]string{}
	for _, f := range all {
		a := f.About()
		lines[a.Name] = fmt.Sprintf("| `%s` | %s | %s | %s |\n", a.Name, a.Kind, strings.Join(a.Labels, ", "), a.Help)
	}
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		b.WriteString(lines[name])
	}
	return b.String()
}
