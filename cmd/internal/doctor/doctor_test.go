package doctor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
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
	"backchannel/lists/returns"
	"backchannel/smtpd/queue"

	"github.com/foxcpp/go-mockdns"
)

var now = time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC)

const (
	domain = "gardeners.example"
	helo   = "lists.gardeners.example"
	key    = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKC"
)

// host is one that is live, sends for itself, and on which all is well.
func host(t *testing.T) doctor.Host {
	d := dbtest.OpenAt(t, func() time.Time { return now }, calendar.Schema(), logbook.Schema(), archive.Schema(), queue.Schema(), address.Schema(), lists.Schema(), returns.Schema(), moderation.Schema())
	found(t, d)
	return doctor.Host{
		Database: d, Now: func() time.Time { return now }, Running: true, HELO: helo, Verify: "confirm", Relay: "direct", Smarthost: "mail.provider.example:587",
		Data: folder(0o700, 0o600),
		Keys: fstest.MapFS{"token-1.key": {Mode: 0o600}, "seal.key": {Mode: 0o600}, "dkim-bc1.pem": {Mode: 0o600}},
		Cert: doctor.CertInfo{Mode: "files", Expires: now.AddDate(0, 2, 0), Names: true}, Backup: now.Add(-9 * time.Hour),
		Listeners: []doctor.Listener{{Setting: "smtp.listen", Address: "0.0.0.0:25", Greets: "220 "}},
		Dial:      plays(mailServer), Resolver: &mockdns.Resolver{Zones: zones()}, Addresses: []netip.Addr{netip.MustParseAddr("192.88.99.7")},
		Wanted: func(string) (doctor.Wanted, error) { return wanted(), nil },
		SignIn: func(context.Context) queue.Outcome {
			return queue.Outcome{Kind: queue.Delivered, Text: "encrypted, signed in as dana"}
		},
		Fetch: func(context.Context, string) (int, []byte, error) {
			return 200, []byte("version: STSv1\r\nmode: enforce\r\nmx: " + helo + "\r\nmax_age: 1209600\r\n"), nil
		},
	}
}

// folder is a data folder with these rights, and with these of the database in it.
func folder(own, database fs.FileMode) fstest.MapFS {
	return fstest.MapFS{".": {Mode: fs.ModeDir | own}, "backchannel.db": {Mode: database}, "serve.lock": {Mode: 0o644}}
}

func wanted() doctor.Wanted {
	return doctor.Wanted{
		Domain: domain, Hostname: helo, Relay: "direct", Addresses: []netip.Addr{netip.MustParseAddr("192.88.99.7")}, STS: "abc1",
		DKIM: []doctor.PublicKey{{Selector: "bc1", Value: "v=DKIM1; k=rsa; p=" + key, Use: "signs"}, {Selector: "bc2", Value: "v=DKIM1; k=rsa; p=" + key + "2", Use: "waits"}},
	}
}

// zones is the DNS in which all is right: what Wanted says, seen from outside.
func zones() map[string]mockdns.Zone {
	z := map[string]mockdns.Zone{
		helo + ".": {A: []string{"192.88.99.7"}, TXT: []string{"v=spf1 a -all"}}, "7.99.88.192.in-addr.arpa.": {PTR: []string{helo + "."}},
		domain + ".": {MX: []net.MX{{Host: helo + ".", Pref: 10}}, TXT: []string{"some other text", "v=spf1 a:" + helo + " -all"}},
	}
	for _, r := range wanted().Records() {
		if r.Type == "TXT" && z[r.Name+"."].TXT == nil {
			z[r.Name+"."] = mockdns.Zone{TXT: []string{r.Value}}
		}
	}
	return z
}

// found makes a community with a manager, an ombuds and a list.
func found(t *testing.T, d *db.DB) {
	store := archive.New(bytes.Repeat([]byte{1}, 32))
	dbtest.Update(t, d, func(tx *db.Tx) error {
		c, err := lists.AddCommunity(tx, lists.Community{Domain: domain, Ombuds: letter.Address{Local: "a.sand", Domain: "law.example"}})
		if err != nil {
			return err
		}
		if _, err := lists.AddList(tx, store, lists.NewList(c, "talk")); err != nil {
			return err
		}
		_, err = lists.AddMember(tx, c, lists.NewMember{Address: letter.Address{Local: "mira", Domain: "lowe.example"}, Name: "Mira", Role: lists.RoleManager})
		return err
	})
}

// plays dials a host that is played by a function.
func plays(part func(net.Conn)) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			part(theirs)
		}()
		return ours, nil
	}
}

// says is a host that says one thing and listens.
func says(words string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = c.Write([]byte(words))
		_, _ = c.Read(make([]byte, 64))
	}
}

// mailServer takes every command.
func mailServer(c net.Conn) { scripted(c, nil) }

// scripted answers 250 to every command, but for those that begin with one of the words.
func scripted(c net.Conn, odd map[string]string) {
	_, _ = c.Write([]byte("220 " + helo + " ESMTP\r\n"))
	for b := make([]byte, 256); ; {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		reply := "250-" + helo + "\r\n250 fine\r\n"
		for word, say := range odd {
			if strings.HasPrefix(string(b[:n]), word) {
				reply = say
			}
		}
		if _, err := c.Write([]byte(reply)); err != nil {
			return
		}
	}
}

func silent(context.Context, string, string) (net.Conn, error) { return nil, errors.New("refused") }

// findings examines a host and gives what one check found. Whatever is not in order has advice, and what is in order has none.
func findings(t *testing.T, h doctor.Host, check string) (all []string) {
	t.Helper()
	for _, f := range doctor.Examine(context.Background(), h) {
		if (f.Status == doctor.OK) != (f.Do == "") {
			t.Errorf("%s: %s, and what to do is %q", f.Check, f.Status, f.Do)
		}
		if f.Check == check {
			all = append(all, strings.TrimSuffix(string(f.Status)+": "+f.Found+" → "+f.Do, " → "))
		}
	}
	return all
}

func update(t *testing.T, h *doctor.Host, fn func(*db.Tx) error) {
	t.Helper()
	dbtest.Update(t, h.Database, fn)
}

// finding is one case of a table: what is changed on a good host, and what is said then.
type finding struct {
	check  string
	change func(*testing.T, *doctor.Host)
	want   string
}

func (c finding) run(t *testing.T) {
	h := host(t)
	if c.change != nil {
		c.change(t, &h)
	}
	if got := strings.Join(findings(t, h, c.check), "\n"); got != c.want {
		t.Errorf("got  %s\nwant %s", got, c.want)
	}
}

// Everything that doctor says about this machine and the work on it.
func TestInside(t *testing.T) {
	for name, c := range map[string]finding{
		"running": {"server", nil, "ok: running"},
		"open keys": {"keys", func(_ *testing.T, h *doctor.Host) { h.Keys = fstest.MapFS{"token-1.key": {Mode: 0o644}} },
			"failed: others on this machine can read: token-1.key → chmod 600 these files"},
		"lost key": {"keys", func(_ *testing.T, h *doctor.Host) { h.Keys = fstest.MapFS{"token-1.key": {Mode: 0o600}} },
			"failed: the seal key is missing → bring back the copy that you have of the folder; a new key cannot read what the old one sealed"},
		"files":       {"files", nil, "ok: nobody else on this machine can read them"},
		"open folder": {"files", func(_ *testing.T, h *doctor.Host) { h.Data = folder(0o755, 0o600) }, "warning: others on this machine can look into the folder data → chmod 700 it"},
		"open database": {"files", func(_ *testing.T, h *doctor.Host) { h.Data = folder(0o755, 0o644) },
			"failed: others on this machine can read backchannel.db, with every letter in it → chmod 700 the folder data, and 600 these files"},
		"open database in a shut folder": {"files", func(_ *testing.T, h *doctor.Host) { h.Data = folder(0o700, 0o644) },
			"warning: only the rights of the folder keep others from reading backchannel.db → chmod 600 these files"},
		"keys": {"keys", nil, "ok: 3 keys, readable by this user alone"},
		"clock behind": {"clock", func(t *testing.T, h *doctor.Host) {
			update(t, h, func(tx *db.Tx) error { return logbook.Write(tx, logbook.Entry{Story: "s", Verb: logbook.Received}) })
			h.Now = func() time.Time { return now.Add(-time.Hour) }
		}, "warning: it is Fri, 12 Jun 2026 07:00:00 UTC, but something was written at Fri, 12 Jun 2026 08:00:00 UTC → set the clock (timedatectl set-ntp true); if you rehearsed with --at, all is well"},
		"clock":     {"clock", nil, "ok: it is Fri, 12 Jun 2026 08:00:00 UTC"},
		"backup":    {"backup", nil, "ok: the newest is of 2026-06-11 23:00 UTC"},
		"no backup": {"backup", func(_ *testing.T, h *doctor.Host) { h.Backup = time.Time{} }, "warning: none was made yet with backchannel backup → backchannel backup FILE, each night; copy data/keys once, and keep both on another machine"},
		"no backup yet": {"backup", func(_ *testing.T, h *doctor.Host) { h.Backup, h.Trying = time.Time{}, true },
			"later: none was made yet with backchannel backup → backchannel backup FILE, each night, when there is something to lose; copy data/keys once"},
		"old backup":   {"backup", func(_ *testing.T, h *doctor.Host) { h.Backup = now.AddDate(0, 0, -3) }, "warning: the newest is 72h0m0s old → backchannel backup FILE, each night"},
		"not running":  {"server", func(_ *testing.T, h *doctor.Host) { h.Running = false }, "warning: it is not running → backchannel serve"},
		"verification": {"verification", func(_ *testing.T, h *doctor.Host) { h.Verify = "off" }, "warning: off: whoever knows a member's address can write in that name → set verification: confirm in config.yaml before anybody but you uses this server"},
		"bad cert": {"certificate", func(_ *testing.T, h *doctor.Host) {
			h.Cert = doctor.CertInfo{Mode: "files", Err: errors.New("no such file")}
		}, "failed: no such file → check tls.cert and tls.key in config.yaml"},
		"old cert": {"certificate", func(_ *testing.T, h *doctor.Host) { h.Cert.Expires = now.AddDate(0, 0, -1) },
			"failed: it expired on 2026-06-11 → renew it; the running server reads the new files by itself"},
		"ageing cert": {"certificate", func(_ *testing.T, h *doctor.Host) { h.Cert.Expires = now.AddDate(0, 0, 3) },
			"warning: it expires on 2026-06-15 → renew it; the running server reads the new files by itself"},
		"foreign cert": {"certificate", func(_ *testing.T, h *doctor.Host) { h.Cert.Names = false },
			"warning: it is not for lists.gardeners.example → get one that names this host, or set hostname in config.yaml"},
		"cert":    {"certificate", nil, "ok: valid until 2026-08-12"},
		"no cert": {"certificate", func(_ *testing.T, h *doctor.Host) { h.Cert = doctor.CertInfo{Mode: "none"} }, "ok: tls.mode is none: for this machine only"},
	} {
		t.Run(name, c.run)
	}
}

// fellOver is a program that failed over letters: private ones at these times, and others.
func fellOver(aside int, refused ...time.Time) func(*testing.T, *doctor.Host) {
	return func(_ *testing.T, h *doctor.Host) {
		h.Stumbled = func(_ *db.Tx, since time.Time) ([]time.Time, int, error) {
			if !since.Equal(now.AddDate(0, 0, -30)) {
				return nil, 0, fmt.Errorf("asked since %s", since)
			}
			return refused, aside, nil
		}
	}
}

// Everything that doctor says about communities, the queue and what came back.
func TestWork(t *testing.T) {
	add := func(c lists.Community) func(*testing.T, *doctor.Host) {
		return func(t *testing.T, h *doctor.Host) {
			update(t, h, func(tx *db.Tx) error { _, err := lists.AddCommunity(tx, c); return err })
		}
	}
	for name, c := range map[string]finding{
		"community": {"community", nil, "ok: 1 manager, 1 list"},
		"no manager": {"community", add(lists.Community{Domain: "cooks.example", Ombuds: letter.Address{Local: "a.sand", Domain: "law.example"}}),
			"failed: it has no manager whom mail reaches: nobody reads managers@cooks.example → backchannel member add ADDRESS --community cooks.example --role manager\nok: 1 manager, 1 list"},
		"no ombuds": {"community", func(t *testing.T, h *doctor.Host) {
			update(t, h, func(tx *db.Tx) error {
				c, _, err := lists.CommunityByDomain(tx, domain)
				c.Ombuds = letter.Address{}
				return errors.Join(err, lists.SaveCommunity(tx, c))
			})
		}, "warning: no ombuds is named for what managers must not see → backchannel community set gardeners.example --ombuds ADDRESS"},
		"paused manager": {"community", func(t *testing.T, h *doctor.Host) {
			update(t, h, func(tx *db.Tx) error {
				c, _, err := lists.CommunityByDomain(tx, domain)
				if err != nil {
					return err
				}
				_, err = lists.AddMember(tx, c, lists.NewMember{Address: letter.Address{Local: "bill", Domain: "south.example"}, Name: "Bill", Role: lists.RoleManager})
				if err != nil {
					return err
				}
				m, _, err := lists.MemberByAddress(tx, c.ID, letter.Address{Local: "mira", Domain: "lowe.example"})
				m.State = lists.Paused
				return errors.Join(err, lists.SaveMember(tx, m))
			})
		}, "warning: mail to a manager comes back: mira@lowe.example → ask them for an address that works: backchannel member show mira@lowe.example"},
		"queue": {"queue", nil, "ok: 0 copies owed"},
		"old queue": {"queue", func(t *testing.T, h *doctor.Host) { owe(t, h); later(h) },
			"warning: 1 copy owed, the oldest for 30h0m0s → backchannel queue list shows what the other side said"},
		"held queue": {"queue", func(t *testing.T, h *doctor.Host) {
			owe(t, h)
			update(t, h, func(tx *db.Tx) error { _, err := queue.HoldAll(tx, "restored"); return err })
		}, "warning: 1 copy owed, 1 of them held back, as after a restore → backchannel queue list --state held; drop what went out before, then: backchannel queue release --all"},
		"few bounces":  {"bounces", func(t *testing.T, h *doctor.Host) { ended(t, h, 99, 1) }, "ok: of 100 copies in the last seven days 1 came back"},
		"many bounces": {"bounces", func(t *testing.T, h *doctor.Host) { ended(t, h, 97, 3) }, "warning: of 100 copies in the last seven days 3 came back → providers judge senders by that: backchannel trace tells why for each; take dead addresses out before they do it for you"},
		"held letters": {"held letters", nil, "ok: 0 letters"},
		"no stumbles":  {"stumbles", fellOver(0), "ok: none within a month"},
		"stumbles": {"stumbles", fellOver(1, now.Add(-30*time.Hour), now.Add(-time.Hour)), "warning: refused: 2 private letters, since the program failed on each twice, the last time " +
			now.Add(-time.Hour).Format("2006-01-02 15:04 UTC") + "; nothing of that is kept, and the writer was asked for plain text → look in the server's log for \"stumbled over a letter\", and report what stands there to the makers of the program\n" +
			"warning: set aside: 1 letter, since the program failed on each twice; the managers were told → look in the server's log for \"stumbled over a letter\", and report what stands there to the makers of the program"},
		"postmaster": {"postmaster", nil, "ok: postmaster@ and abuse@ are taken"},
		"no abuse": {"postmaster", func(_ *testing.T, h *doctor.Host) {
			h.Dial = plays(func(c net.Conn) {
				scripted(c, map[string]string{"RCPT TO:<abuse@": "550 5.1.1 no such address\r\n"})
			})
		}, "failed: abuse@gardeners.example is not taken: 550 5.1.1 no such address → it must always work; look at the log of the server"},
		"nobody to ask": {"postmaster", func(_ *testing.T, h *doctor.Host) { h.Running = false }, "later: not known: no server takes letters just now → start the server and run doctor again"},
		"it hangs up":   {"postmaster", func(_ *testing.T, h *doctor.Host) { h.Dial = silent }, "warning: not known: the server was asked and hung up: refused → look at the log of the server"},
	} {
		t.Run(name, c.run)
	}
	t.Run("no community", func(t *testing.T) {
		h := host(t)
		h.Database = dbtest.OpenAt(t, h.Now, calendar.Schema(), logbook.Schema(), archive.Schema(), queue.Schema(), address.Schema(), lists.Schema(), returns.Schema(), moderation.Schema())
		if got := findings(t, h, "community"); len(got) != 1 || got[0] != "warning: there is none yet → backchannel community add gardeners.example" {
			t.Error(got)
		}
	})
}

func later(h *doctor.Host) { h.Now = func() time.Time { return now.Add(30 * time.Hour) } }

func owe(t *testing.T, h *doctor.Host) {
	update(t, h, func(tx *db.Tx) error {
		_, err := queue.Owe(tx, queue.Owed{Source: "x", Story: "s", Stamp: "mail", To: letter.Address{Local: "a", Domain: "b.example"}})
		return err
	})
}

func ended(t *testing.T, h *doctor.Host, delivered, bounced int) {
	update(t, h, func(tx *db.Tx) error {
		for i := range delivered + bounced {
			e := logbook.Entry{Story: "s", Verb: logbook.Delivered, Copy: int64(i + 1)}
			if i >= delivered {
				e.Verb = logbook.Bounced
			}
			if err := logbook.Write(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestAllIsWell(t *testing.T) {
	h := host(t)
	checks := map[string]bool{}
	for _, f := range doctor.Examine(context.Background(), h) {
		checks[f.Check] = true
		if f.Status != doctor.OK && !(f.Check == "search" && !h.Database.FTS()) {
			t.Errorf("%s: %s: %s", f.Check, f.Status, f.Found)
		}
	}
	for _, c := range doctor.Catalogue() {
		if !checks[c.Name] && c.Name != "config" && c.Name != "going live" {
			t.Errorf("the check %q was not made", c.Name)
		}
	}
	if doctor.Worst([]doctor.Finding{{Status: doctor.Warn}, {Status: doctor.Fail}, {Status: doctor.OK}}) != doctor.Fail || doctor.Worst([]doctor.Finding{{Status: doctor.Later}}) != doctor.OK {
		t.Error("the worst of findings")
	}
}

// Whoever only tries out is not told that the world is wrong, and nobody outside is asked.
func TestTryingOut(t *testing.T) {
	h := host(t)
	h.Trying, h.Resolver, h.Fetch = true, nil, nil
	h.Cert, h.Listeners[0].Address = doctor.CertInfo{Mode: "none"}, "127.0.0.1:2525"
	outside := 0
	for _, f := range doctor.Examine(context.Background(), h) {
		if f.Status == doctor.Fail {
			t.Errorf("%s: %s", f.Check, f.Found)
		}
		if f.Group == doctor.Outside {
			outside++
			if f.Check != "going live" || f.Status != doctor.Later {
				t.Errorf("%s: %s", f.Check, f.Found)
			}
		}
	}
	if outside != 1 {
		t.Errorf("%d findings on the outside", outside)
	}
}

// A check that breaks down keeps no other from being made.
func TestABrokenCheck(t *testing.T) {
	h := host(t)
	h.Fetch = nil
	all := doctor.Examine(context.Background(), h)
	broken := 0
	for _, f := range all {
		if strings.Contains(f.Found, "broke down") {
			broken++
		}
	}
	if broken != 1 || len(all) < 20 {
		t.Errorf("%d broke down of %d", broken, len(all))
	}
}

// mute is a DNS that never answers.
type muteDNS struct{ mockdns.Resolver }

func (muteDNS) LookupTXT(ctx context.Context, _ string) ([]string, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (muteDNS) LookupMX(ctx context.Context, _ string) ([]*net.MX, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (muteDNS) LookupIPAddr(ctx context.Context, _ string) ([]net.IPAddr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (muteDNS) LookupAddr(ctx context.Context, _ string) ([]string, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (muteDNS) LookupCNAME(ctx context.Context, _ string) (string, error) {
	<-ctx.Done()
	return "", ctx.Err()
}

// A DNS that does not answer and hosts that do not speak cost twenty seconds at most, and say so; no verdict is drawn from silence.
func TestSilence(t *testing.T) {
	h := host(t)
	h.Resolver = muteDNS{}
	h.Dial = plays(func(c net.Conn) { _, _ = c.Read(make([]byte, 1)) })
	h.Fetch = func(ctx context.Context, _ string) (int, []byte, error) { <-ctx.Done(); return 0, nil, ctx.Err() }
	h.SignIn = func(ctx context.Context) queue.Outcome {
		<-ctx.Done()
		return queue.Outcome{Stage: queue.StageConnect, Text: "silent"}
	}
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		all := doctor.Examine(t.Context(), h)
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("it took %v", took)
		}
		for _, f := range all {
			if f.Group == doctor.Outside && f.Check != "dns" && f.Status == doctor.Fail {
				t.Errorf("%s %s: %s", f.Check, f.On, f.Found)
			}
			if f.Check == "dns" && (f.Status != doctor.Fail || f.Found != "not known: the DNS did not answer when asked for "+helo+" (no answer in time)") {
				t.Errorf("%+v", f)
			}
		}
		time.Sleep(time.Minute) // what was given up ends, too
	})
}
