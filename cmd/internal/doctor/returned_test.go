package doctor_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/cmd/internal/doctor"
	"backchannel/lists"
	"backchannel/lists/relay"
	"backchannel/lists/returns"
	"backchannel/smtpd/queue"
)

// M18: whoever refuses our mail is named with the reason and what to do; what did not arrive otherwise is only told; the ombuds matters
// (B15b); what is older than a week is over (FC9).
func TestReturnedMail(t *testing.T) {
	for name, c := range map[string]struct {
		o    queue.Outcome
		to   string
		want []string
	}{
		"identity": {queue.Outcome{Stage: queue.StageEnd, Code: 550, Enhanced: "5.7.26", Text: "unauthenticated"}, "", []string{
			"warning: north.example refused 2 letters in a week: 550 5.7.26 unauthenticated → publish the SPF, DKIM and DMARC records that backchannel init prints, and see that the host's reverse name is its own"}},
		"reputation": {queue.Outcome{Code: 554, Enhanced: "5.7.1", Text: "listed at Spamhaus"}, "", []string{
			"warning: north.example refused 2 letters in a week: 554 5.7.1 listed at Spamhaus → look this server's address up at the block list that is named, and ask there to be taken off; a smarthost with a good name helps at once"}},
		"relaying": {queue.Outcome{Code: 554, Enhanced: "5.7.1", Text: "relay access denied"}, "", []string{
			"warning: north.example refused 2 letters in a week: 554 5.7.1 relay access denied → check relay.smarthost, relay.username and the password in config.yaml: that host does not take our mail"}},
		"gone": {queue.Outcome{Stage: queue.StageRcpt, Code: 550, Enhanced: "5.1.1", Text: "no such user"}, "", []string{
			"ok: 2 letters in a week did not arrive, mail to 0 members stopped; most of them: north.example 2 (550 5.1.1 no such user) → "}},
		"ombuds": {queue.Outcome{Stage: queue.StageRcpt, Code: 550, Enhanced: "5.1.1", Text: "no such user"}, "a.sand@law.example", []string{
			"failed: letters to the ombuds come back: 550 5.1.1 → ask for an address that works: backchannel community set gardeners.example --ombuds ADDRESS"}},
	} {
		h := host(t)
		update(t, &h, func(tx *db.Tx) error {
			community, err := lists.TheCommunity(tx, domain)
			if err != nil {
				return err
			}
			m, err := lists.AddMember(tx, community, lists.NewMember{Address: letter.Address{Local: "dana", Domain: "north.example"}, Role: lists.RoleMember})
			if err != nil {
				return err
			}
			c.o.Kind = queue.Failed
			for n := range 2 {
				copy := queue.Copy{Owed: queue.Owed{Source: fmt.Sprint("post:", n), To: m.Address, Person: int64(m.ID), Stamp: relay.Stamp, MessageID: letter.MessageID(fmt.Sprint(n, "@x.example"))}}
				if c.to != "" {
					copy.To, _ = letter.ParseAddress(c.to)
					copy.Person, copy.Stamp, copy.Object = 0, "mail", int64(community.ID)
				}
				if err := (&returns.Desk{}).End(tx, copy, c.o); err != nil {
					return err
				}
			}
			return nil
		})
		if got := about(h, "returned mail"); !slices.Equal(got, c.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", name, got, c.want)
		}
		h.Now = func() time.Time { return now.Add(8 * 24 * time.Hour) }
		if got := about(h, "returned mail"); !slices.Equal(got, []string{"ok: nothing in a week → "}) {
			t.Errorf("%s, a week later: %q", name, got)
		}
	}
}

func about(h doctor.Host, check string) (all []string) {
	for _, f := range doctor.Examine(context.Background(), h) {
		if f.Check == check {
			all = append(all, string(f.Status)+": "+f.Found+" → "+f.Do)
		}
	}
	return all
}

// M16: below one complaint in a thousand copies all is well, from two on it is an alarm, from three on a failure. One complaint is no rate.
func TestComplaintsM16(t *testing.T) {
	for _, c := range []struct {
		spam int
		want string
	}{
		{0, "ok: 0 complaints about 1000 delivered copies in the last seven days → "},
		{1, "ok: 1 complaint about 1000 delivered copies in the last seven days → "},
		{2, "warning: 2 complaints about 1000 delivered copies in the last seven days, more than two in a thousand: providers begin to sort our mail out → " +
			"send less to those who read little: backchannel member set ADDRESS --delivery digest; take off who never asked to be on"},
		{3, "failed: 3 complaints about 1000 delivered copies in the last seven days, more than three in a thousand: providers may refuse all our mail → " +
			"stop what people complain about (backchannel queue hold --all) and take off who never asked to be on, before anything else goes out"},
	} {
		h := host(t)
		ended(t, &h, 1000, 0)
		complain(t, h, c.spam)
		if got := about(h, "complaints"); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%d: %q", c.spam, got)
		}
	}
	h := host(t)
	ended(t, &h, 1500, 0)
	complain(t, h, 2)
	if got := about(h, "complaints"); len(got) != 1 || !strings.Contains(got[0], "warning: 2 complaints about 1500 delivered copies in the last seven days, more than one in a thousand → who complained was taken off") {
		t.Errorf("%q", got)
	}
	h.Now = func() time.Time { return now.Add(8 * 24 * time.Hour) }
	if got := about(h, "complaints"); !slices.Equal(got, []string{"ok: 0 complaints about 0 delivered copies in the last seven days → "}) {
		t.Errorf("a week later: %q", got)
	}
}

// complain notes complaints as a provider's reports do.
func complain(t *testing.T, h doctor.Host, n int) {
	update(t, &h, func(tx *db.Tx) error {
		for i := range n {
			if _, err := tx.Exec("INSERT INTO trouble (community, day, kind, about, cause, said, n, at) SELECT id, ?, 'spam', ?, '', '', 1, ? FROM community ORDER BY id LIMIT 1",
				tx.Now.Unix()/86400, fmt.Sprint("member ", i), db.Micros(tx.Now)); err != nil {
				return err
			}
		}
		return nil
	})
}
