package report_test

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/digest"
	"backchannel/digest/report"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/moderation"
)

// I9, for all that the calendar sends: an excluded manager's morning briefs, handovers, reminders, alarms, digests and figures are the same,
// byte for byte, in a world with a report about them and in one without. What is random in both (tokens, ids, boundaries, the codes of
// conversations that Theo may see) is replaced by one word each (LP10).
func TestAnExcludedManagerIsSentNothing(t *testing.T) {
	seen := strings.Join(same(t, false), "\n")
	for what, word := range map[string]string{"brief": "Subject: Today: ", "handover": "is week", "digest": "<digest.", "heat": "Subject: [heat]", "figures": "needs: ", "week": "in figures: ", "state": "State of the community"} {
		if !strings.Contains(seen, word) {
			t.Errorf("no %s was compared", what)
		}
	}
	// The same where nobody writes but who reports: nothing is begun by it, either.
	same(t, true)
}

// same plays both worlds, and fails where they differ.
func same(t *testing.T, quiet bool) []string {
	t.Helper()
	with, without := played(t, true, quiet), played(t, false, quiet)
	for i := range max(len(with), len(without)) {
		var a, b string
		if i < len(with) {
			a = with[i]
		}
		if i < len(without) {
			b = without[i]
		}
		if a != b {
			t.Fatalf("mail %d differs.\nWith the report:\n%s\n\nWithout:\n%s", i, a, b)
		}
	}
	t.Logf("quiet: %v; %d mails and figures, %d bytes", quiet, len(with), len(strings.Join(with, "")))
	return with
}

const (
	mira  = "mira@lowe.example"
	theo  = "theo@brandt.example"
	jonas = "jonas@weil.example"
	dana  = "dana@north.example"
	bill  = "bill@south.example"
)

// play is one run, with what Theo got in it.
type play struct {
	*mailroomtest.Village
	calendar *calendar.Calendar
	seen     []string
	codes    []string
}

var randomParts = regexp.MustCompile(`\b[0-9a-z]{26,40}\b|boundary="?[^"\s;]+"?|--[=_0-9A-Za-z]{16,}(--)?|=_[0-9a-z]+`)

// deliver sends what is owed, and keeps what comes for Theo.
func (p *play) deliver() []mailroomtest.Arrived {
	p.T.Helper()
	p.View(func(tx *db.Tx) error {
		all, err := p.Box.List(tx, p.Member(theo), true)
		for _, c := range slices.Backward(all) {
			if !slices.Contains(p.codes, c.Code) {
				p.codes = append(p.codes, c.Code)
			}
		}
		return err
	})
	all := p.Deliver()
	var mine []string
	for _, a := range mailroomtest.To(all, theo) {
		mine = append(mine, p.plain(a.From.String()+" "+string(a.Raw())+"\n"+a.Text()))
	}
	slices.Sort(mine)
	p.seen = append(p.seen, mine...)
	return all
}

// plain is a text without what is random in it.
func (p *play) plain(text string) string {
	for i, c := range p.codes {
		text = strings.ReplaceAll(text, c, fmt.Sprintf("C%03d", i))
	}
	return randomParts.ReplaceAllString(text, "R")
}

// pass lets hours go by, and does what becomes due.
func (p *play) pass(hours int) {
	p.T.Helper()
	for range 2 * hours {
		p.Now = p.Now.Add(30 * time.Minute)
		if _, failed, err := p.calendar.RunDue(context.Background()); err != nil || failed > 0 {
			p.T.Fatalf("%d dates failed: %v", failed, err)
		}
		p.deliver()
	}
}

// logged is a log that a failing test shows.
type logged struct{ t *testing.T }

func (l logged) Write(line []byte) (int, error) {
	l.t.Log(string(line))
	return len(line), nil
}

// played is the play: ordinary letters and posts, unless it is quiet, and in one of the worlds a report about Theo, with all that follows
// from one.
func played(t *testing.T, reported, quiet bool) []string {
	p := &play{Village: mailroomtest.New(t, digest.Schema(), report.Schema())}
	editor := &digest.Editor{Store: p.Store, Office: p.Office, Box: p.Box, Held: p.Desk.Morning}
	figures := &report.Figures{Box: p.Box, Held: moderation.Judged, Tags: editor.Tags}
	p.Box.Counter = figures
	for name, s := range editor.Stampers() {
		p.Stamp(name, s)
	}
	p.calendar = calendar.New(p.DB, slog.New(slog.NewTextHandler(logged{t}, nil)))
	p.calendar.Register(p.Desk.Expiry())
	p.calendar.Register(p.Desk.CalmEnd())
	for kind, do := range p.Box.Dates() {
		p.calendar.Register(kind, do)
	}
	p.Return.Register(p.calendar)
	editor.Register(p.calendar)
	p.calendar.Register(backchannel.NeedsDue, func(tx *db.Tx, due calendar.Due) error { return figures.NextMonth(tx, lists.CommunityID(due.Object)) })
	p.calendar.Register(lists.FiguresDue, func(tx *db.Tx, due calendar.Due) error { return figures.Monday(tx, lists.CommunityID(due.Object)) })
	p.Add(p.C, jonas, "Jonas Weil", lists.RoleManager, p.Talk)
	p.Update(func(tx *db.Tx) error {
		if err := lists.Subscribe(tx, p.Member(theo).ID, p.Jobs.ID, lists.Digest); err != nil {
			return err
		}
		_, err := p.Box.Do(tx, backchannel.Conv{}, p.Member(mira), "/rota on")
		return err
	})
	var copies []mailroomtest.Arrived
	only := func(do func()) {
		if !reported {
			return
		}
		before := len(p.seen)
		do()
		copies = p.deliver()
		if len(p.seen) != before {
			t.Errorf("Theo got %s", p.seen[before:])
		}
	}
	p.MustSend(mailroomtest.Post{From: theo, To: "talk@gardeners.example", Subject: "Rules", Body: "Read the rules before you ask."})
	posted := mailroomtest.To(p.deliver(), bill)[0]
	p.MustSend(mailroomtest.Post{From: dana, To: "jobs@gardeners.example", Subject: "Who digs?", Body: "Is there anybody who digs?"})
	p.deliver()
	only(func() {
		q := mailroomtest.Answer(bill, posted, "That was humiliating. zzcanary")
		q.To = "report@gardeners.example"
		p.MustSend(q)
	})
	only(func() {
		for _, who := range []string{mira, jonas} {
			for _, a := range mailroomtest.To(copies, who) {
				p.MustSend(mailroomtest.Answer(who, a, "/mine\n/tag sponsors\n/urgent\n/note zzcanary"))
				return
			}
		}
	})
	for _, who := range []string{dana, "alison@east.example", bill} { // an alarm that everybody gets, and a tag that is told
		if quiet {
			break
		}
		q := mailroomtest.Answer(who, posted, "I do not like that.")
		q.To, q.Subject = "managers@gardeners.example", "Rules"
		if who == bill {
			q.Subject, q.Body = "[unease] Rules", "This thread feels wrong to me (no reply needed)"
		}
		p.MustSend(q)
		p.deliver()
	}
	p.Update(func(tx *db.Tx) error {
		all, err := p.Box.List(tx, p.Member(mira), true)
		for _, c := range all {
			if err == nil && c.Kind != backchannel.Report {
				_, err = p.Box.Do(tx, c, p.Member(mira), "/tag rules")
			}
		}
		return err
	})
	p.pass(5 * 24)
	only(func() {
		p.MustSend(mailroomtest.Post{From: bill, To: "report@gardeners.example", Subject: "zzcanary", Body: "Theo did it once more. zzcanary"})
	})
	if !quiet {
		p.MustSend(mailroomtest.Post{From: dana, To: "managers@gardeners.example", Subject: "One more", Body: "May I ask something?"})
		p.deliver()
	}
	p.pass(22 * 24)
	p.View(func(tx *db.Tx) error {
		for _, m := range []lists.Member{p.Member(theo), p.Member(mira)} { // she is told no more than he is: no word of hers can tell him
			for _, share := range []bool{false, true} {
				needs, err := figures.Needs(tx, p.C, m, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), share)
				if err != nil {
					return err
				}
				p.seen = append(p.seen, p.plain(fmt.Sprintf("needs: %+v, %+v", needs.Needs, needs.Acts)))
			}
			meter, err := figures.Crutch(tx, p.C, m)
			if err != nil {
				return err
			}
			p.seen = append(p.seen, p.plain(fmt.Sprintf("crutch: %+v", meter)))
		}
		ledger, err := backchannel.Ledger(tx, p.C.ID, p.Now.AddDate(0, -2, 0))
		if err != nil {
			return err
		}
		letters, bridged, err := backchannel.Answered(tx, p.C.ID, p.Now.AddDate(0, -2, 0), p.Now)
		p.seen = append(p.seen, p.plain(fmt.Sprintf("ledger: %d, answered: %d %d", len(ledger), letters, bridged)))
		return err
	})
	return p.seen
}
