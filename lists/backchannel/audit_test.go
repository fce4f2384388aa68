package backchannel_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/lists/mailroom/mailroomtest"
)

// audited is what a manager sees of the audit.
func audited(v *village, who string) (all []backchannel.Audited) {
	v.T.Helper()
	m := v.Member(who)
	v.View(func(tx *db.Tx) (err error) { all, err = v.Box.Audit(tx, m, 1000); return err })
	return all
}

func auditFaults(v *village) (faults []string) {
	v.T.Helper()
	v.View(func(tx *db.Tx) (err error) { faults, err = v.Box.Check(tx); return err })
	return faults
}

// withOmbuds gives the village an ombuds.
func withOmbuds(v *village) {
	v.T.Helper()
	v.C.Ombuds = at("ombuds@sand.example")
	v.Update(func(tx *db.Tx) error { return lists.SaveCommunity(tx, v.C) })
}

// B14: what managers do to each other's sight is written down; nobody sees an entry about a letter that does not exist for them, and by no
// number that there is one (LP11).
func TestAuditHidesWhatIsHidden(t *testing.T) {
	v := newVillage(t)
	k := code(v.One(ask(v, "Sponsors", "May our supplier join?"), mira))
	do(v, mira, k, "/exclude theo")
	if all := audited(v, mira); len(all) != 1 || all[0].Who != "Mira" || all[0].Action != "exclude" || all[0].Object != k || all[0].Detail != "Theo" {
		t.Errorf("Mira sees %+v", all)
	}
	if all := audited(v, theo); len(all) != 0 {
		t.Errorf("Theo sees %+v", all)
	}
	v.MustSend(post{From: "Mira <" + mira + ">", To: managers, Subject: "log", Body: "/log", Login: at(mira)})
	v.MustSend(post{From: "Theo <" + theo + ">", To: managers, Subject: "log", Body: "/log", Login: at(theo)})
	all := v.Deliver()
	says(t, v.One(all, mira), "Mira, exclude "+k+" (Theo)")
	says(t, v.One(all, theo), "Nothing was written yet.")
	hides(t, v.One(all, theo), k)
	do(v, mira, k, "/include theo")
	if all := audited(v, theo); len(all) != 2 {
		t.Errorf("let in, Theo sees %+v", all)
	}
}

// The audit grows at its end and in no other way; whoever writes the file past that is found out, with the ombuds' help even one who
// writes all of it anew.
func TestAuditChain(t *testing.T) {
	v := newVillage(t)
	withOmbuds(v)
	k := code(v.One(ask(v, "Sponsors", "May our supplier join?"), mira))
	for range 2 {
		do(v, mira, k, "/exclude theo")
		do(v, mira, k, "/include theo")
	}
	for _, q := range []string{
		"UPDATE audit SET detail = 'nobody' WHERE seq = 2", "DELETE FROM audit WHERE seq = 4", "DELETE FROM audit",
		"INSERT INTO audit SELECT community, 9, at, actor, action, object, detail, prev_hash, hash FROM audit WHERE seq = 4",
		"INSERT INTO audit SELECT community, 5, at, actor, action, object, detail, zeroblob(32), hash FROM audit WHERE seq = 4",
		"INSERT OR REPLACE INTO audit SELECT community, seq, at, actor, action, object, 'x', prev_hash, hash FROM audit WHERE seq = 4",
	} {
		if err := v.DB.Update(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(q); return err }); err == nil {
			t.Errorf("taken: %s", q)
		}
	}
	if f := auditFaults(v); len(f) != 0 {
		t.Fatal(f)
	}
	do(v, mira, k, "/close") // or its clock tells the ombuds, too
	v.Deliver()
	v.Pass(8 * 24 * time.Hour)
	told := v.One(v.Deliver(), "ombuds@sand.example")
	says(t, told, "It belongs to entry 4")
	hides(t, told, k, "Theo", "Dana")
	hash := ""
	for _, w := range strings.Fields(told.Text()) {
		if len(w) == 64 {
			hash = w
		}
	}
	verifies := func(hash string) error {
		return v.DB.View(t.Context(), func(tx *db.Tx) error {
			n, _, err := v.Box.Verify(tx, v.C, hash)
			if err == nil && n != 4 {
				t.Errorf("entry %d", n)
			}
			return err
		})
	}
	verify := func() error { return verifies(hash[:32] + " " + strings.ToUpper(hash[32:])) }
	if err := verify(); err != nil {
		t.Error(err)
	}
	for typed, want := range map[string]string{
		hash[1:]:                "That is no end of an audit: it has 64 characters, 0 to 9 and a to f.",
		strings.Repeat("0", 64): "The audit of gardeners.example never ended so, or it was changed since.",
	} {
		if err := verifies(typed); err == nil || err.Error() != want {
			t.Errorf("%s: %v", typed, err)
		}
	}
	for change, want := range map[string]string{
		"UPDATE audit SET detail = 'nobody' WHERE seq = 2":                 "is broken: entry 2 was changed",
		"UPDATE audit SET hash = zeroblob(32) WHERE seq = 2":               "is broken: entry 2 was changed",
		"DELETE FROM audit WHERE seq = 2":                                  "has no entry 2: it was taken out",
		"DELETE FROM audit WHERE seq > 2":                                  "has 2 entries, and had 4 when the ombuds was told",
		"UPDATE audit SET seq = 20 - seq; UPDATE audit SET seq = seq - 15": "is broken",
	} {
		err := v.DB.Update(t.Context(), func(tx *db.Tx) error {
			for _, q := range append([]string{"DROP TRIGGER audit_change", "DROP TRIGGER audit_delete"}, strings.Split(change, ";")...) {
				if _, err := tx.Exec(q); err != nil {
					return err
				}
			}
			faults, err := v.Box.Check(tx)
			if err == nil && (len(faults) != 1 || !strings.Contains(faults[0], want)) {
				t.Errorf("%s: %v", change, faults)
			}
			if _, _, err := v.Box.Verify(tx, v.C, hash); err == nil || !strings.HasPrefix(err.Error(), "The audit of gardeners.example ") {
				t.Errorf("%s: the hash is verified: %v", change, err)
			}
			return errUndo
		})
		if err != errUndo {
			t.Error(err)
		}
	}
	if err := verify(); err != nil {
		t.Error(err)
	}
	v.Pass(8 * 24 * time.Hour)
	nothing(t, v.Deliver(), "ombuds@sand.example") // nothing was written in this week
}

var errUndo = errors.New("only for a look")

func newVillage(t *testing.T) *village { t.Helper(); return mailroomtest.New(t) }

var at = mailroomtest.Addr

// do has a manager say a command on the command line.
func do(v *village, who, k, line string) {
	v.T.Helper()
	m := v.Member(who)
	v.Update(func(tx *db.Tx) error {
		c, err := v.Box.ByCode(tx, m, k)
		if err == nil {
			_, err = v.Box.Do(tx, c, m, line)
		}
		return err
	})
}
