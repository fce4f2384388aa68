package address_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/lists/address"
)

const token = "4t9k2mzq8v7xw0hj3c6rb1dnpf"

func TestParse(t *testing.T) {
	for local, want := range map[string]address.Name{
		"talk":                                {Form: address.List, List: "talk"},
		"Talk":                                {Form: address.List, List: "talk"},
		"garden-talk":                         {Form: address.List, List: "garden-talk"},
		"managers":                            {Form: address.Role, Word: "managers"},
		"Owner":                               {Form: address.Role, Word: "managers"},
		"postmaster":                          {Form: address.Role, Word: "postmaster"},
		"dmarc-reports":                       {Form: address.Role, Word: "dmarc-reports"},
		"talk-owner":                          {Form: address.ListRole, Word: "managers", List: "talk"},
		"garden-talk-unsubscribe":             {Form: address.ListRole, Word: "leave", List: "garden-talk"},
		"private+" + token:                    {Form: address.Token, Kind: address.Private, Token: token},
		"digest-off+" + token:                 {Form: address.Token, Kind: address.DigestOff, Token: token},
		"PRIVATE+4T9K-2MZQ8V7XWOHJ3C6RBIDNPF": {Form: address.Token, Kind: address.Private, Token: token},
		"private+4t9k2mzq8v7xw0hj3c6rbldnpf":  {Form: address.Token, Kind: address.Private, Token: token},
		"private+short":                       {}, "private+" + token + "0": {}, "private+": {}, "friend+" + token: {}, "talk+tag": {},
		"private": {}, "everyone": {}, "": {}, "-talk": {}, "ta lk": {}, "tälk": {}, "a..b": {}, "x.": {}, "-owner": {},
	} {
		if got := address.Parse(local); got != want {
			t.Errorf("%q: %+v, want %+v", local, got, want)
		}
	}
}

func TestFreeSaysWhyNot(t *testing.T) {
	for local, want := range map[string]string{
		"talk": "", "jobs-2026": "", "a.b_c": "",
		"managers":   `"managers" is a word that Backchannel itself answers to, so no list can have that name.`,
		"private":    `"private" is a word that Backchannel itself answers to, so no list can have that name.`,
		"root":       `"root" is a word that Backchannel itself answers to, so no list can have that name.`,
		"talk-owner": `A list's name cannot end in -owner: mail to it would be taken for mail about the list "talk".`,
		"Talk":       "The name of a list is written in small letters.",
		"two words":  "The name of a list has 1 to 50 small letters, digits, dots, hyphens and underscores, and begins with a letter or digit.",
	} {
		why, ok := address.Free(local)
		if why != want || ok != (want == "") {
			t.Errorf("%q: %q %v", local, why, ok)
		}
	}
}

func book(t *testing.T) (*address.Book, *db.DB, *time.Time) {
	now := time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC)
	b, err := address.New(map[int][]byte{1: bytes.Repeat([]byte{7}, 32)}, 1)
	if err != nil {
		t.Fatal(err)
	}
	return b, dbtest.OpenAt(t, func() time.Time { return now }, address.Schema()), &now
}

// LP8: a door has the same token each time, and no two doors share one.
func TestSameDoorSameTokenAndOnlyItsOwn(t *testing.T) {
	b, d, _ := book(t)
	base := address.Grant{Kind: address.Private, Receiver: "backchannel", Community: 1, Member: 2, Object: "conv:3"}
	others := []address.Grant{base, base, base, base, base, base}
	others[0].Kind, others[1].Receiver, others[2].Community, others[3].Member, others[4].Object, others[5].Epoch = address.Note, "digest", 2, 3, "conv:4", 1
	dbtest.Update(t, d, func(tx *db.Tx) error {
		first, err := b.Issue(tx, base)
		if err != nil {
			return err
		}
		again, err := b.Issue(tx, base)
		if err != nil || first != again || len(first) != 26 || first != strings.ToLower(first) {
			t.Errorf("%q then %q: %v", first, again, err)
		}
		seen := map[string]bool{first: true}
		for _, g := range others {
			tok, err := b.Issue(tx, g)
			if err != nil || seen[tok] {
				t.Errorf("%+v shares a token: %v", g, err)
			}
			seen[tok] = true
		}
		row, ok, err := address.Find(tx, address.Private, first)
		if err != nil || !ok || row.Object != "conv:3" || row.Member != 2 || row.Receiver != "backchannel" || !row.Live(tx.Now) {
			t.Errorf("found %+v %v %v", row, ok, err)
		}
		if _, ok, _ := address.Find(tx, address.Everyone, first); ok {
			t.Error("a private token opened another kind of door")
		}
		if _, ok, _ := address.Find(tx, address.Private, token); ok {
			t.Error("a token that nobody was given was found")
		}
		return nil
	})
}

// F4: tokens are found by their hash.
func TestAStolenDatabaseHoldsNoToken(t *testing.T) {
	b, d, _ := book(t)
	var tok string
	dbtest.Update(t, d, func(tx *db.Tx) (err error) {
		tok, err = b.Issue(tx, address.Grant{Kind: address.Private, Receiver: "backchannel", Object: "x"})
		return err
	})
	for _, side := range []string{"", "-wal"} {
		raw, err := os.ReadFile(d.Path() + side)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte(tok)) {
			t.Errorf("the token stands in the database file%s", side)
		}
	}
}

// C6: a token has an end and a number of uses, and dies at once when it is revoked.
func TestExpiryUsesAndRevoking(t *testing.T) {
	b, d, now := book(t)
	g := address.Grant{Kind: address.Confirm, Receiver: "moderation", Community: 1, Member: 2, Object: "held:1", Expires: now.Add(14 * 24 * time.Hour), MaxUses: 1}
	var tok string
	find := func(tx *db.Tx) address.Row {
		row, ok, err := address.Find(tx, address.Confirm, tok)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		return row
	}
	dbtest.Update(t, d, func(tx *db.Tx) (err error) {
		if tok, err = b.Issue(tx, g); err != nil {
			return err
		}
		row := find(tx)
		if row.Live(now.Add(15 * 24 * time.Hour)) {
			t.Error("lives after its end")
		}
		for i, want := range []bool{true, false} {
			if ok, err := address.Use(tx, row); ok != want || err != nil {
				t.Errorf("use %d: %v %v", i, ok, err)
			}
		}
		if find(tx).Live(tx.Now) {
			t.Error("lives after its last use")
		}
		return nil
	})
	for _, revoke := range []func(*db.Tx) error{
		func(tx *db.Tx) error { return address.RevokeMember(tx, 1, 2) },
	} {
		g.Epoch, g.MaxUses = g.Epoch+1, 0
		dbtest.Update(t, d, func(tx *db.Tx) (err error) {
			if tok, err = b.Issue(tx, g); err != nil || !find(tx).Live(tx.Now) {
				t.Error("not alive", err)
			}
			if err := revoke(tx); err != nil || find(tx).Live(tx.Now) {
				t.Error("not revoked", err)
			}
			return nil
		})
	}
	*now = now.Add(15 * 24 * time.Hour)
	dbtest.Update(t, d, func(tx *db.Tx) error {
		n, err := address.Purge(tx, tx.Now)
		if n != 2 || err != nil {
			t.Errorf("purged %d: %v", n, err)
		}
		return nil
	})
}

func TestIssueAgainProlongs(t *testing.T) {
	b, d, now := book(t)
	g := address.Grant{Kind: address.Leave, Receiver: "membership", Community: 1, Member: 2, Object: "list:1", Expires: now.AddDate(0, 0, 100)}
	dbtest.Update(t, d, func(tx *db.Tx) error {
		tok, err := b.Issue(tx, g)
		if err != nil {
			return err
		}
		for _, later := range []time.Time{now.AddDate(0, 0, 200), now.AddDate(0, 0, 50)} {
			g.Expires = later
			if _, err := b.Issue(tx, g); err != nil {
				return err
			}
			if row, _, err := address.Find(tx, address.Leave, tok); err != nil || !row.Expires.Equal(now.AddDate(0, 0, 200)) {
				t.Errorf("expires %v: %v", row.Expires, err)
			}
		}
		return nil
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"talk", "private+" + token, "talk-owner", "a+b+c", "ELSE+", "-", "weekly"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := address.Parse(s)
		if n.Form == address.Token && (len(n.Token) != 26 || address.Parse(string(n.Kind)+"+"+n.Token) != n) {
			t.Errorf("%q: %+v", s, n)
		}
		if why, ok := address.Free(s); ok && (n.Form != address.List || n.List != s || why != "") {
			t.Errorf("%q is free for a list, but reads as %+v", s, n)
		}
	})
}

func TestPrivate(t *testing.T) {
	token := strings.Repeat("0", 26)
	for local, is := range map[string]bool{
		"managers": true, "owner": true, "digest": true, "postmaster": true, "abuse": true, "anon": true, "report": true, "ombuds": true, "talk-owner": true,
		"private+" + token: true, "note+" + token: true, "PRIVATE+" + token: true,
		"talk": false, "help": false, "leave": false, "talk-leave": false, "confirm+" + token: false, "everyone+" + token: false, "private": false, "private+x": false, "": false,
	} {
		if address.Parse(local).Private() != is {
			t.Errorf("%s: private is %v", local, !is)
		}
	}
}
