package logbook_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
)

func at(ip string) netip.Prefix { p, _ := netip.MustParseAddr(ip).Prefix(32); return p }

// met is what trace tells of a key.
func met(t *testing.T, d *db.DB, key string) string {
	t.Helper()
	var lines []string
	dbtest.View(t, d, func(tx *db.Tx) error {
		all, err := logbook.Rebuffed(tx, key)
		for _, e := range all {
			if e.Verb != logbook.Refused {
				t.Errorf("%+v", e)
			}
			lines = append(lines, e.At.UTC().Format("01-02 15:04 ")+e.Detail)
		}
		return err
	})
	return strings.Join(lines, "\n")
}

// A12: what a peer met with at the door is counted by sort and day, found by its address and by its name, and forgotten.
func TestDoorkeeper(t *testing.T) {
	now := time.Date(2026, 6, 12, 10, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	d := dbtest.OpenAt(t, clock, logbook.Schema())
	k := logbook.NewDoorkeeper(clock)
	save := func() {
		t.Helper()
		if err := k.Save(context.Background(), d); err != nil {
			t.Fatal(err)
		}
	}
	unknown := logbook.Rebuff{Peer: at("192.0.2.7"), Door: "mx", Stage: "rcpt", Code: 550, Enhanced: "5.1.1", HELO: "mx1.north.test"}
	k.Note(unknown)
	now = now.Add(time.Minute)
	k.Note(unknown)
	save()
	now = now.Add(time.Hour)
	unknown.HELO = "mx2.north.test\r\n\x1b[2J"
	k.Note(unknown)
	k.Note(logbook.Rebuff{Peer: netip.MustParsePrefix("2001:db8:1:2::/64"), Door: "submission", Stage: "tls", HELO: "ann.north.test"})
	save()
	save() // nothing new
	const seven = "06-12 11:01 192.0.2.7, who called itself mx2.north.test ?[2J, heard 550 5.1.1 at rcpt (door mx), 3 times since 10:00:00 UTC"
	const six = "06-12 11:01 2001:db8:1:2::/64, who called itself ann.north.test, went away at tls (door submission)"
	for key, want := range map[string]string{
		"192.0.2.7": seven, "[192.0.2.7]": seven, "::ffff:192.0.2.7": seven, "192.0.2.7/32": seven,
		"192.0.2.8": "", "2001:db8:1:2:3::4": six, "2001:db8:1:3::4": "",
		"ann.north.test": six, "NORTH.test": six, "orth.test": "", "test": "", "x@north.test": "", "": "", "%.test": "",
	} {
		if got := met(t, d, key); got != want {
			t.Errorf("%q:\n%s\nwant\n%s", key, got, want)
		}
	}
	now = now.AddDate(0, 0, 1)
	unknown.HELO = ""
	k.Note(unknown)
	save()
	if got := met(t, d, "192.0.2.7"); got != seven+"\n06-13 11:01 192.0.2.7 heard 550 5.1.1 at rcpt (door mx)" {
		t.Errorf("the next day:\n%s", got)
	}
	var gone int64
	for n := int64(1); n > 0; gone += n {
		dbtest.Update(t, d, func(tx *db.Tx) (err error) { n, err = logbook.PurgeRebuffs(tx, now); return err })
	}
	if got := met(t, d, "192.0.2.7"); gone != 2 || strings.Contains(got, "06-12") || got == "" {
		t.Errorf("%d rows thrown away, left:\n%s", gone, got)
	}
	var nobody *logbook.Doorkeeper
	nobody.Note(unknown)
}

// However many networks knock, and whatever they call themselves, the rows of a day stay few, and no refusal goes uncounted. Who was there
// before goes on being told apart.
func TestDoorkeeperIsBounded(t *testing.T) {
	now := time.Date(2026, 6, 12, 10, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	d := dbtest.OpenAt(t, clock, logbook.Schema())
	k := logbook.NewDoorkeeper(clock)
	first := logbook.Rebuff{Peer: at("192.0.2.7"), Door: "mx", Stage: "rcpt", Code: 550, Enhanced: "5.1.1"}
	for round := range 10 {
		k.Note(first)
		for i := range 3000 {
			ip := netip.AddrFrom4([4]byte{10, byte(round), byte(i >> 8), byte(i)})
			k.Note(logbook.Rebuff{Peer: at(ip.String()), Door: "mx", Stage: "rcpt", Code: 550, Enhanced: "5.1.1", HELO: strings.Repeat(fmt.Sprint(i, "."), 1000)})
		}
		if round == 3 { // a commit that fails loses nothing
			ctx, stop := context.WithCancel(context.Background())
			stop()
			if k.Save(ctx, d) == nil {
				t.Error("it was saved after all")
			}
		}
		if err := k.Save(context.Background(), d); err != nil {
			t.Fatal(err)
		}
	}
	dbtest.View(t, d, func(tx *db.Tx) error {
		var rows, all, longest int
		err := tx.QueryRow("SELECT count(*), sum(n), max(length(helo)) FROM log_rebuff").Scan(&rows, &all, &longest)
		if rows > 2001 || rows < 1000 || all != 10*3001 || longest > 100 {
			t.Errorf("%d rows tell of %d refusals; the longest name has %d characters", rows, all, longest)
		}
		return err
	})
	if got := met(t, d, "192.0.2.7"); !strings.HasSuffix(got, "10 times since 10:00:00 UTC") {
		t.Errorf("who was there before: %s", got)
	}
}

// Who asks why a letter of somebody did not arrive finds it by the return path, to the hour. No address stands in the database (P15), and no
// flood makes it grow, or takes away the room of those who were there before.
func TestDoorkeeperBySender(t *testing.T) {
	now := time.Date(2026, 6, 12, 10, 40, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	d := dbtest.OpenAt(t, clock, logbook.Schema())
	k := logbook.NewDoorkeeper(clock)
	save := func() {
		t.Helper()
		if err := k.Save(context.Background(), d); err != nil {
			t.Fatal(err)
		}
	}
	asked := func(who string) string {
		t.Helper()
		var lines []string
		dbtest.View(t, d, func(tx *db.Tx) error {
			all, err := logbook.TurnedAway(tx, who)
			for _, e := range all {
				lines = append(lines, e.At.UTC().Format("01-02 15:04 ")+e.Detail)
			}
			return err
		})
		return strings.Join(lines, "\n")
	}
	sender := func(s string) logbook.Mark {
		a, err := letter.ParseAddress(s)
		if err != nil {
			t.Fatal(err)
		}
		return logbook.MarkOf(a)
	}
	one := logbook.Rebuff{Peer: at("192.0.2.7"), Door: "mx", Stage: "rcpt", Code: 550, Enhanced: "5.1.1", HELO: "mx1.big.test", Sender: sender("anna@big.test")}
	k.Note(one)
	save()
	now = now.Add(2 * time.Hour)
	one.Peer, one.HELO = at("192.0.2.8"), "mx2.big.test"
	k.Note(one)
	letterRefused := one
	letterRefused.Stage, letterRefused.Enhanced, letterRefused.Story = "letter", "5.7.1", "story0000001"
	k.Note(letterRefused)
	save()
	want := "06-12 12:00 192.0.2.8, who called itself mx2.big.test, with a letter from this address heard 550 5.7.1 at letter (door mx), in the hour from 12:00 UTC; the story of the last: story0000001\n" +
		"06-12 12:00 192.0.2.8, who called itself mx2.big.test, with a letter from this address heard 550 5.1.1 at rcpt (door mx), 2 times since the hour from 10:00 UTC"
	sorted := func(s string) string {
		lines := strings.Split(s, "\n")
		slices.Sort(lines)
		return strings.Join(lines, "\n")
	}
	for _, who := range []string{"anna@big.test", "<Anna@BIG.test>"} {
		if got := asked(who); sorted(got) != sorted(want) {
			t.Errorf("%s:\n%s\nwant\n%s", who, got, want)
		}
	}
	for _, who := range []string{"ann@big.test", "big.test", "192.0.2.8", "", "@", "not an address"} {
		if got := asked(who); got != "" {
			t.Errorf("%s: %s", who, got)
		}
	}
	if dump := dbtest.Dump(t, d); strings.Contains(dump, "anna") {
		t.Errorf("the address stands in the database:\n%s", dump)
	}

	for i := range 5000 { // one network with ever new senders, and then many networks
		peer := at("203.0.113.9")
		if i >= 2500 {
			peer = at(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}).String())
		}
		k.Note(logbook.Rebuff{Peer: peer, Door: "mx", Stage: "rcpt", Code: 550, Enhanced: "5.1.1", Sender: sender(fmt.Sprintf("x%d@flood.test", i))})
		if i%400 == 0 {
			k.Note(one)
			save()
		}
	}
	save()
	dbtest.View(t, d, func(tx *db.Tx) error {
		var rows, flood int
		err := tx.QueryRow("SELECT count(*), count(*) FILTER (WHERE peer = '203.0.113.9/32') FROM log_turned").Scan(&rows, &flood)
		if rows > 2000 || flood != 20 {
			t.Errorf("%d rows, %d of one network", rows, flood)
		}
		return err
	})
	if got := asked("anna@big.test"); !strings.Contains(got, "heard 550 5.1.1 at rcpt (door mx), 15 times since the hour from 10:00 UTC") {
		t.Errorf("who was there before: %s", got)
	}
	now = now.AddDate(0, 0, 15)
	dbtest.Update(t, d, func(tx *db.Tx) error { _, err := logbook.PurgeRebuffs(tx, now.AddDate(0, 0, -14)); return err })
	if got := asked("anna@big.test"); got != "" {
		t.Errorf("after two weeks: %s", got)
	}
}
