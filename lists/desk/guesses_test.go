package desk_test

import (
	"context"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/desk"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

// doors are both ways to sign in, with one memory of wrong passwords.
type doors struct {
	*mailroomtest.Village
	t    *testing.T
	desk *desk.Desk
}

func newDoors(t *testing.T) *doors {
	v := mailroomtest.New(t)
	return &doors{v, t, &desk.Desk{DB: v.DB, Store: v.Store, Box: v.Box, Posts: v.Desk}}
}

func (d *doors) secret(who string) (s string) {
	d.t.Helper()
	d.Update(func(tx *db.Tx) (err error) {
		s, err = lists.AddPassword(tx, mailroomtest.Addr(who), "test")
		return err
	})
	return s
}

// try signs in at a door, and tells how it went: "in", "wrong" or "too many".
func (d *doors) try(door, ip, who, password string) string {
	d.t.Helper()
	from, ctx := netip.Addr{}, context.Background()
	if ip != "" {
		from = netip.MustParseAddr(ip)
	}
	var err error
	if door == "imap" {
		_, err = d.desk.IMAP().Login(ctx, from, who, password)
	} else {
		_, err = d.desk.SMTP().Login(ctx, from, who, password)
	}
	switch refusal.KindOf(err) {
	case refusal.NotAllowed:
		return "wrong"
	case refusal.Limit:
		if err.Error() != "There were too many wrong passwords from your network. Please look at the password in your mail program, and try again in an hour." {
			d.t.Errorf("it says %v", err)
		}
		return "too many"
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return "in"
}

func (d *doors) want(what, got, want string) {
	d.t.Helper()
	if got != want {
		d.t.Errorf("%s: %s, want %s", what, got, want)
	}
}

// A14, F3: ten wrong passwords for one address from one network, through whichever door, and that network waits an hour for that
// address. Others in the network do not, and the owner comes in from anywhere else all the time.
func TestGuessingLocksOutTheGuesserAlone(t *testing.T) {
	d := newDoors(t)
	right, other := d.secret(dana), d.secret(bill)
	for i := range 10 {
		d.want(fmt.Sprint("guess ", i), d.try([]string{"imap", "smtp"}[i%2], "192.0.2.1", dana, "wrong"), "wrong")
	}
	for _, door := range []string{"imap", "smtp"} {
		d.want(door+": the right one after ten wrong", d.try(door, "192.0.2.1", dana, right), "too many")
		d.want(door+": written otherwise", d.try(door, "192.0.2.1", "DANA@North.example", right), "too many")
		d.want(door+": the owner, elsewhere", d.try(door, "198.51.100.9", dana, right), "in")
		d.want(door+": another in the house", d.try(door, "192.0.2.1", bill, other), "in")
		d.want(door+": an address behind IPv6", d.try(door, "2001:db8::1", dana, right), "in")
	}
	// What is refused so does not count: a telephone with an old password goes on all day and locks out nobody in its house.
	for range 100 {
		d.want("the telephone", d.try("imap", "192.0.2.1", dana, "wrong"), "too many")
	}
	d.want("another in the house, in the evening", d.try("imap", "192.0.2.1", bill, other), "in")
	d.Now = d.Now.Add(61 * time.Minute)
	d.want("an hour later", d.try("smtp", "192.0.2.1", dana, right), "in")
}

func TestGuessingAtManyNames(t *testing.T) {
	d := newDoors(t)
	right := d.secret(dana)
	for i := range 20 {
		d.want(fmt.Sprint("name ", i), d.try("smtp", fmt.Sprintf("2001:db8::%d", i), fmt.Sprintf("somebody%d@north.example", i), "wrong"), "wrong")
	}
	d.want("the same /64", d.try("imap", "2001:db8::ffff", dana, right), "too many")
	d.want("the next /64", d.try("imap", "2001:db8:0:1::1", dana, right), "in")
}

func TestWhoKnewItAtLastIsForgiven(t *testing.T) {
	d := newDoors(t)
	right := d.secret(dana)
	for round := range 2 {
		for range 9 {
			d.want("typing", d.try("imap", "192.0.2.1", dana, "wrong"), "wrong")
		}
		if round == 0 {
			d.want("found", d.try("imap", "192.0.2.1", dana, right), "in")
		}
	}
	d.want("the network's own are not forgiven", d.try("imap", "192.0.2.1", bill, "wrong"), "wrong")
	d.want("one more", d.try("imap", "192.0.2.1", bill, "wrong"), "wrong")
	d.want("and no more", d.try("imap", "192.0.2.1", bill, "wrong"), "too many")
}

// This machine is not counted: whoever comes from here may be anybody behind a server in front.
func TestThisMachineIsNotCounted(t *testing.T) {
	d := newDoors(t)
	right := d.secret(dana)
	for _, ip := range []string{"127.0.0.1", "::1", "::ffff:127.0.0.1", ""} {
		for range 30 {
			d.want(ip, d.try("imap", ip, dana, "wrong"), "wrong")
		}
		d.want(ip, d.try("smtp", ip, dana, right), "in")
	}
}

// Nonsense for a name is a wrong password like any other, and what is remembered is bounded.
func TestGuessesAreForgotten(t *testing.T) {
	d := newDoors(t)
	right := d.secret(dana)
	for range 20 {
		d.want("nonsense", d.try("smtp", "192.0.2.1", "no address\x00", "x"), "wrong")
	}
	d.want("after twenty", d.try("smtp", "192.0.2.1", dana, right), "too many")
	g := desk.Guesses(d.desk)
	for i := range 30000 {
		g.Wrong(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), mailroomtest.Addr(dana), d.Now)
	}
	if n := g.Len(); n > 20001 {
		t.Errorf("%d rows", n)
	}
}
