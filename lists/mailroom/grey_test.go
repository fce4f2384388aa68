package mailroom_test

import (
	"fmt"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/lists/mailroom"
	"backchannel/templates/refusal"
)

// The first letter of a stranger to the managers is taken when their server comes again: from the same network, or with the same letter
// from anywhere. Nobody else waits, and no other address (FC10).
func TestStrangersComeTwice(t *testing.T) {
	v := newVillage(t)
	v.room.Greylist = mailroom.GreyWait
	v.room.Register(mailroom.Digest, &seen{})
	letter := func(from, to, id string) post {
		return post{from: from, to: to, subject: "Interview", body: "May I write about you?", header: "Message-ID: <" + id + "@press.example>\r\n"}
	}
	const olga, managers = "olga@press.example", "managers@gardeners.example"
	waits := func(why string, p post) {
		t.Helper()
		if err := v.send(p); refusal.KindOf(err) != refusal.Limit || !refusal.Temporary(err) ||
			err.Error() != "We do not know you yet, so we take a first letter to the managers when it comes a second time. Nothing is wrong with it; it will be tried again by itself in some minutes." {
			t.Errorf("%s: %v", why, err)
		}
	}
	waits("the first try", letter(olga, managers, "a"))
	waits("at once", letter(olga, managers, "a"))
	if got := v.deliver(); len(got) != 0 {
		t.Fatalf("%d letters before it was taken", len(got))
	}
	v.now = v.now.Add(mailroom.GreyWait)
	waits("another sender from there", letter("otto@press.example", managers, "b"))
	waits("another letter from elsewhere", func() post { p := letter(olga, managers, "c"); p.remote = "198.51.100.7"; return p }())
	elsewhere := letter(olga, managers, "a")
	elsewhere.remote = "203.0.113.9"
	v.mustSend(elsewhere) // the same letter, from another host of a big provider
	neighbour := letter(olga, managers, "d")
	neighbour.remote = "192.0.2.77"
	v.mustSend(neighbour)
	v.now = v.now.Add(30 * 24 * time.Hour)
	v.mustSend(letter(olga, managers, "e")) // who is known waits no more

	v.mustSend(letter("dana@north.example", managers, "f"))
	for _, always := range []string{"abuse@gardeners.example", "postmaster@gardeners.example", "postmaster@lists.example"} {
		v.mustSend(letter("new@press.example", always, always[:5]))
	}
	here := letter("local@press.example", managers, "g")
	here.remote = "127.0.0.1"
	v.mustSend(here)
	for _, other := range []string{"digest@gardeners.example", "talk-owner@gardeners.example", "owner@gardeners.example"} {
		waits("the managers under the name "+other, letter("new@press.example", other, "h"+other[:4]))
	}
	if err := v.send(letter("spam@silent.example", managers, "i")); refusal.KindOf(err) != refusal.NoSuchAddress {
		t.Errorf("a stranger nobody vouches for: %v", err)
	}
}

// greyRows counts what is remembered of strangers.
func greyRows(t *testing.T, v *village) (n int) {
	t.Helper()
	dbtest.Update(t, v.db, func(tx *db.Tx) error { return tx.QueryRow("SELECT count(*) FROM grey").Scan(&n) })
	return n
}

// What is remembered of strangers has a bound for each sender's organisation and each network. Whoever goes beyond pushes out what is
// theirs; nobody gets in unasked, and nobody else waits for longer.
func TestAFloodPushesOutItsOwn(t *testing.T) {
	for name, flood := range map[string]func(i int) post{
		"one organisation": func(i int) post {
			return post{from: fmt.Sprintf("f%d@h%d.flood.example", i, i%10), remote: fmt.Sprintf("10.%d.%d.1", i/250, i%250)}
		},
		"one network": func(i int) post {
			return post{from: fmt.Sprintf("f@flood%d.example", i), remote: fmt.Sprintf("203.0.113.%d", i%250)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVillage(t)
			v.room.Greylist = mailroom.GreyWait
			hand := func(p post) error {
				p.to, p.subject, p.body = "managers@gardeners.example", "x", "y"
				return v.send(p)
			}
			olga := post{from: "olga@press.example", remote: "192.0.2.9"}
			if err := hand(olga); refusal.KindOf(err) != refusal.Limit {
				t.Fatal(err)
			}
			for i := range 1010 {
				if err := hand(flood(i)); refusal.KindOf(err) != refusal.Limit {
					t.Fatalf("%d: %v", i, err)
				}
				v.now = v.now.Add(time.Millisecond)
			}
			if n := greyRows(t, v); n > 2002 {
				t.Errorf("%d rows", n)
			}
			v.now = v.now.Add(mailroom.GreyWait)
			if err := hand(flood(0)); refusal.KindOf(err) != refusal.Limit {
				t.Errorf("the oldest of the flood was pushed out and is let in: %v", err)
			}
			if err := hand(flood(1009)); err != nil {
				t.Errorf("the newest of the flood came again: %v", err)
			}
			if err := hand(olga); err != nil {
				t.Errorf("Olga waits for longer: %v", err)
			}
		})
	}
}

// However many of one network and one organisation are known already, somebody new there waits once and is let in: the known ones do not
// take the room of those who wait.
func TestManyKnownKeepNobodyOut(t *testing.T) {
	v := newVillage(t)
	v.room.Greylist = mailroom.GreyWait
	hand := func(who string) error {
		return v.send(post{from: who, to: "managers@gardeners.example", subject: "x", body: "y"})
	}
	if err := hand("first@press.example"); refusal.KindOf(err) != refusal.Limit {
		t.Fatal(err)
	}
	dbtest.Update(t, v.db, func(tx *db.Tx) error { // as if 2100 had come again
		_, err := tx.Exec(`INSERT INTO grey (grey_key, first, until, organisation, network) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2100)
			SELECT CAST('k' || i AS BLOB), first, ?, organisation, network FROM n, (SELECT * FROM grey LIMIT 1)`, db.Micros(v.now.Add(35*24*time.Hour)))
		return err
	})
	if err := hand("olga@press.example"); refusal.KindOf(err) != refusal.Limit {
		t.Fatalf("the first try: %v", err)
	}
	v.now = v.now.Add(mailroom.GreyWait)
	if err := hand("olga@press.example"); err != nil {
		t.Errorf("the second try: %v", err)
	}
	if n := greyRows(t, v); n > 2004 {
		t.Errorf("%d rows", n)
	}
}

// Somebody who writes without end, and some dozens who do, leave those alone who write from the same provider.
func TestNeighboursOfAFlood(t *testing.T) {
	v := newVillage(t)
	v.room.Greylist = mailroom.GreyWait
	hand := func(who string, n int) error {
		return v.send(post{from: who, to: "managers@gardeners.example", subject: "x", body: "y", header: fmt.Sprintf("Message-ID: <%d.%s>\r\n", n, who)})
	}
	if err := hand("olga@big.example", 0); refusal.KindOf(err) != refusal.Limit {
		t.Fatal(err)
	}
	for n := range 700 {
		who := "flood@big.example"
		if n >= 300 {
			who = fmt.Sprintf("flood%d@big.example", n%40)
		}
		if err := hand(who, n); refusal.KindOf(err) != refusal.Limit {
			t.Fatalf("%d: %v", n, err)
		}
		v.now = v.now.Add(100 * time.Millisecond)
	}
	if n := greyRows(t, v); n > 2+41*20 {
		t.Errorf("%d rows", n)
	}
	v.now = v.now.Add(mailroom.GreyWait)
	if err := hand("olga@big.example", 0); err != nil {
		t.Errorf("Olga waits for longer: %v", err)
	}
	if err := hand("flood@big.example", 299); err != nil {
		t.Errorf("the newest letter of the one who writes without end came again: %v", err)
	}
}

// In all there is a bound, too: one network with ever new domains pushes out its own, and no provider that has more senders than each of them.
func TestManyDomainsOfOneNetwork(t *testing.T) {
	v := newVillage(t)
	v.room.Greylist = mailroom.GreyWait
	hand := func(who, remote string) error {
		return v.send(post{from: who, to: "managers@gardeners.example", subject: "x", body: "y", remote: remote})
	}
	for i := range 20 {
		if err := hand(fmt.Sprintf("m%d@press.example", i), "192.0.2.9"); refusal.KindOf(err) != refusal.Limit {
			t.Fatal(err)
		}
	}
	dbtest.Update(t, v.db, func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO grey (grey_key, first, until, organisation, network) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9960)
			SELECT CAST('k' || i AS BLOB), ?1, ?2, CAST('o' || i AS BLOB), CAST('n' || (i % 6) AS BLOB) FROM n`, db.Micros(v.now), db.Micros(v.now.Add(time.Hour)))
		return err
	})
	for i := range 20 {
		if err := hand(fmt.Sprintf("x@flood%d.example", i), "203.0.113.9"); refusal.KindOf(err) != refusal.Limit {
			t.Fatal(err)
		}
	}
	if n := greyRows(t, v); n != 10000 {
		t.Errorf("%d rows", n)
	}
	v.now = v.now.Add(mailroom.GreyWait)
	for i := range 20 {
		if err := hand(fmt.Sprintf("m%d@press.example", i), "192.0.2.9"); err != nil {
			t.Errorf("sender %d waits for longer: %v", i, err)
		}
	}
}

// In all there is a bound, too. Beyond it the oldest of the biggest goes; after some days everything is forgotten.
func TestGreyRowsAreBounded(t *testing.T) {
	v := newVillage(t)
	v.room.Greylist = mailroom.GreyWait
	p := func(who string) post {
		return post{from: who, to: "managers@gardeners.example", subject: "x", body: "y"}
	}
	waits := func(who string) {
		t.Helper()
		if err := v.send(p(who)); refusal.KindOf(err) != refusal.Limit {
			t.Errorf("%s: %v", who, err)
		}
	}
	waits("olga@press.example")
	dbtest.Update(t, v.db, func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO grey (grey_key, first, until, organisation) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
			SELECT CAST('k' || i AS BLOB), 0, ?, CAST('o' || (i % 25) AS BLOB) FROM n`, db.Micros(v.now.Add(time.Hour)))
		return err
	})
	waits("otto@paper.example")
	if n := greyRows(t, v); n != 10000 {
		t.Errorf("%d rows", n)
	}
	v.now = v.now.Add(mailroom.GreyWait)
	v.mustSend(p("olga@press.example"))
	v.mustSend(p("otto@paper.example"))
	v.now = v.now.Add(2 * time.Hour)
	waits("nora@radio.example")
	if n := greyRows(t, v); n != 10000-20+2 {
		t.Errorf("%d rows", n)
	}
}
