package doctor_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/cmd/internal/doctor"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/moderation"
	"backchannel/smtpd/queue"
)

var now = time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC)

// host is one on which all is well, but for the community that is not there yet.
func host(t *testing.T) doctor.Host {
	d := dbtest.OpenAt(t, func() time.Time { return now }, calendar.Schema(), logbook.Schema(), archive.Schema(), queue.Schema(), address.Schema(), lists.Schema(), moderation.Schema())
	return doctor.Host{
		Database: d, Now: func() time.Time { return now }, Running: true, HELO: "lists.example", Verify: "confirm", Relay: "smarthost", Smarthost: "mx.example:25",
		Keys: fstest.MapFS{"token": {Mode: 0o600}, "seal": {Mode: 0o600}}, Cert: doctor.CertInfo{Mode: "none"},
		Listeners: []doctor.Listener{{"smtp.listen", "127.0.0.1:25", "220 "}},
		Dial:      says("220 mx.example ESMTP\r\n"),
	}
}

// says dials a host that says one thing and listens.
func says(words string) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		a, b := net.Pipe()
		go func() {
			defer b.Close()
			_, _ = b.Write([]byte(words))
			_, _ = b.Read(make([]byte, 64))
		}()
		return a, nil
	}
}

func found(t *testing.T, h doctor.Host, check string) doctor.Finding {
	t.Helper()
	for _, f := range doctor.Examine(context.Background(), h) {
		if strings.HasPrefix(f.Check, check) {
			if (f.Status == doctor.OK) != (f.Do == "") {
				t.Errorf("%s: %s, and what to do is %q", f.Check, f.Status, f.Do)
			}
			return f
		}
	}
	t.Fatalf("no finding %q", check)
	return doctor.Finding{}
}

func update(t *testing.T, h doctor.Host, fn func(*db.Tx) error) {
	t.Helper()
	dbtest.Update(t, h.Database, fn)
}

// Every finding that is not ok, with its words.
func TestFindings(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*testing.T, *doctor.Host)
		check  string
		want   string
	}{
		"no community":   {nil, "community", "warning: there is none yet → backchannel community add gardeners.example"},
		"open keys":      {func(_ *testing.T, h *doctor.Host) { h.Keys = fstest.MapFS{"token": {Mode: 0o644}} }, "keys", "failed: others on this machine can read: token → chmod 600 these files"},
		"not running":    {func(_ *testing.T, h *doctor.Host) { h.Running = false }, "server", "warning: it is not running → backchannel serve"},
		"port taken":     {func(_ *testing.T, h *doctor.Host) { h.Running = false }, "port", "warning: 127.0.0.1:25 is taken by another program → stop it, or choose another port in config.yaml"},
		"somebody else":  {func(_ *testing.T, h *doctor.Host) { h.Dial = says("HTTP/1.1 400\x1b[2J\r\n") }, "port", "failed: on 127.0.0.1:25 answers somebody else: HTTP/1.1 400?[2J → stop the other program, or choose another port in config.yaml"},
		"nobody answers": {func(_ *testing.T, h *doctor.Host) { h.Dial = silent }, "port", "failed: nobody answers on 127.0.0.1:25: refused → look at the log of the server"},
		"no smarthost":   {func(_ *testing.T, h *doctor.Host) { h.Dial = silent }, "way out", "failed: mx.example:25 cannot be reached: refused → check relay.smarthost in config.yaml, and whether this network lets mail out"},
		"odd smarthost":  {func(_ *testing.T, h *doctor.Host) { h.Dial = says("554 go away\r\n") }, "way out", "failed: mx.example:25 does not greet as a mail server: 554 go away → check the port: 587 or 25; port 465 is not for this version"},
		"files":          {func(_ *testing.T, h *doctor.Host) { h.Relay = "outbox" }, "way out", "warning: relay.mode is outbox: outgoing mail becomes files and reaches nobody → set relay.mode: smarthost in config.yaml when you are ready"},
		"verification":   {func(_ *testing.T, h *doctor.Host) { h.Verify = "off" }, "verification", "warning: off: whoever knows a member's address can write in that name → set verification: confirm in config.yaml before anybody but you uses this server"},
		"bad cert": {func(_ *testing.T, h *doctor.Host) {
			h.Cert = doctor.CertInfo{Mode: "files", Err: errors.New("no such file")}
		}, "certificate", "failed: no such file → check tls.cert and tls.key in config.yaml"},
		"old cert": {func(_ *testing.T, h *doctor.Host) {
			h.Cert = doctor.CertInfo{Mode: "files", Expires: now.AddDate(0, 0, -1)}
		}, "certificate", "failed: it expired on 2026-06-11 → renew it; the running server reads the new files by itself"},
		"ageing cert": {func(_ *testing.T, h *doctor.Host) {
			h.Cert = doctor.CertInfo{Mode: "files", Expires: now.AddDate(0, 0, 3)}
		}, "certificate", "warning: it expires on 2026-06-15 → renew it; the running server reads the new files by itself"},
		"foreign cert": {func(_ *testing.T, h *doctor.Host) {
			h.Cert = doctor.CertInfo{Mode: "files", Expires: now.AddDate(1, 0, 0)}
		}, "certificate", "warning: it is not for lists.example → get one that names this host, or set hostname in config.yaml"},
		"clock behind": {func(t *testing.T, h *doctor.Host) {
			update(t, *h, func(tx *db.Tx) error { return logbook.Write(tx, logbook.Entry{Story: "s", Verb: logbook.Received}) })
			h.Now = func() time.Time { return now.Add(-time.Hour) }
		}, "clock", "warning: it is Fri, 12 Jun 2026 07:00:00 UTC, but something was written at Fri, 12 Jun 2026 08:00:00 UTC → set the clock (timedatectl set-ntp true); if you rehearsed with --at, all is well"},
		"no manager": {func(t *testing.T, h *doctor.Host) {
			update(t, *h, func(tx *db.Tx) error {
				_, err := lists.AddCommunity(tx, lists.Community{Domain: "gardeners.example"})
				return err
			})
		}, "community", "failed: it has no manager: nobody reads managers@gardeners.example → backchannel member add ADDRESS --community gardeners.example --role manager"},
		"old queue": {func(t *testing.T, h *doctor.Host) {
			update(t, *h, func(tx *db.Tx) error {
				_, err := queue.Owe(tx, queue.Owed{Source: "x", Story: "s", Stamp: "mail", To: letter.Address{Local: "a", Domain: "b.example"}})
				return err
			})
			h.Now = func() time.Time { return now.Add(30 * time.Hour) }
		}, "queue", "warning: 1 copies owed, the oldest for 30h0m0s → backchannel queue list shows what the other side said"},
	} {
		t.Run(name, func(t *testing.T) {
			h := host(t)
			if c.change != nil {
				c.change(t, &h)
			}
			f := found(t, h, c.check)
			if got := string(f.Status) + ": " + f.Found + " → " + f.Do; got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func silent(context.Context, string, string) (net.Conn, error) { return nil, errors.New("refused") }

func TestAllIsWell(t *testing.T) {
	h := host(t)
	store := archive.New(bytes.Repeat([]byte{1}, 32))
	update(t, h, func(tx *db.Tx) error {
		c, err := lists.AddCommunity(tx, lists.Community{Domain: "gardeners.example", Ombuds: letter.Address{Local: "a.sand", Domain: "law.example"}})
		if err != nil {
			return err
		}
		if _, err := lists.AddList(tx, store, lists.NewList(c, "talk")); err != nil {
			return err
		}
		_, err = lists.AddMember(tx, c, lists.NewMember{Address: letter.Address{Local: "mira", Domain: "lowe.example"}, Name: "Mira", Role: lists.RoleManager})
		return err
	})
	all := doctor.Examine(context.Background(), h)
	for _, f := range all {
		if f.Status != doctor.OK && !(f.Check == "search" && !h.Database.FTS()) {
			t.Errorf("%s: %s: %s", f.Check, f.Status, f.Found)
		}
	}
	if len(all) < 12 {
		t.Errorf("only %d checks were made", len(all))
	}
	if doctor.Worst([]doctor.Finding{{Status: doctor.Warn}, {Status: doctor.Fail}, {Status: doctor.OK}}) != doctor.Fail || doctor.Worst(nil) != doctor.OK {
		t.Error("the worst of findings")
	}
}

// A check that breaks down keeps no other from being made.
func TestABrokenCheck(t *testing.T) {
	h := host(t)
	h.Dial = nil
	all := doctor.Examine(context.Background(), h)
	broken := 0
	for _, f := range all {
		if strings.Contains(f.Found, "broke down") {
			broken++
		}
	}
	if broken != 2 || len(all) < 10 {
		t.Errorf("%d broke down of %d", broken, len(all))
	}
}
