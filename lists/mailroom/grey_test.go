package mailroom_test

import (
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/lists/mailroom"
	"backchannel/templates/refusal"
)

// The first letter of a stranger to the managers is taken when their server comes again: from the same network, or with the same letter
// from anywhere. Nobody else waits, and no other address.
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
		if err := v.send(p); refusal.KindOf(err) != refusal.Limit || !refusal.Temporary(err) {
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

// What is remembered of strangers has a bound. Beyond it nobody is asked to come again; after some days it is forgotten.
func TestGreyRowsAreBounded(t *testing.T) {
	v := newVillage(t)
	v.room.Greylist = mailroom.GreyWait
	p := post{from: "olga@press.example", to: "managers@gardeners.example", subject: "x", body: "y"}
	fill := func(tx *db.Tx) error {
		_, err := tx.Exec("INSERT INTO grey (grey_key, first, until) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) SELECT CAST('k' || i AS BLOB), 0, ? FROM n",
			db.Micros(v.now.Add(time.Hour)))
		return err
	}
	dbtest.Update(t, v.db, fill)
	v.mustSend(p)
	v.now = v.now.Add(2 * time.Hour)
	p.from = "otto@press.example"
	if err := v.send(p); refusal.KindOf(err) != refusal.Limit {
		t.Errorf("when there is room again: %v", err)
	}
	dbtest.Update(t, v.db, func(tx *db.Tx) error {
		var n int
		err := tx.QueryRow("SELECT count(*) FROM grey").Scan(&n)
		if n != 10000-20+2 {
			t.Errorf("%d rows", n)
		}
		return err
	})
}
