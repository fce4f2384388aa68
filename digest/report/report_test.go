package report_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/letter"
	"backchannel/digest/report"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/smtpd/bounce"
	"backchannel/templates/refusal"
)

var june3 = time.Date(2026, 6, 3, 0, 0, 0, 0, time.UTC)

// desk is a community that gets reports.
type desk struct {
	t   *testing.T
	now time.Time
	db  *db.DB
	c   lists.Community
	n   int
}

func newDesk(t *testing.T) *desk {
	d := &desk{t: t, now: june3.Add(30 * time.Hour)}
	d.db = dbtest.OpenAt(t, func() time.Time { return d.now }, append(mailroomtest.Schemas(), report.Schema())...)
	dbtest.Update(t, d.db, func(tx *db.Tx) (err error) {
		d.c, err = lists.AddCommunity(tx, lists.Community{Domain: "gardeners.example", Name: "Gardeners"})
		return err
	})
	return d
}

// take hands in a report, with a number of its own unless it has one.
func (d *desk) take(a bounce.Aggregate) error {
	d.n++
	if a.ID == "" {
		a.ID = fmt.Sprint(d.n)
	}
	l, err := letter.Parse([]byte("Subject: Report\r\n\r\n"))
	if err != nil {
		d.t.Fatal(err)
	}
	return d.db.Update(d.t.Context(), func(tx *db.Tx) error {
		return report.Desk{}.Receive(tx, &lists.Incoming{Letter: l, Story: fmt.Sprint("s", d.n), Community: d.c, Report: &a})
	})
}

func (d *desk) days() (all []report.Day) {
	d.t.Helper()
	dbtest.View(d.t, d.db, func(tx *db.Tx) (err error) {
		all, err = report.Days(tx, d.c, d.now.AddDate(0, 0, -100))
		return err
	})
	return all
}

func dmarc(rows ...bounce.AggregateRow) bounce.Aggregate {
	return bounce.Aggregate{Kind: "dmarc", Reporter: "Big Mail", Domain: "gardeners.example", Begin: june3, Rows: rows}
}

// M21: what an operator reads of a day.
func TestM21Sentences(t *testing.T) {
	good := bounce.AggregateRow{Source: "192.0.2.1", DKIM: true, SPF: true, Handled: "none", Count: 686}
	bad := func(ip string, n int64) bounce.AggregateRow {
		return bounce.AggregateRow{Source: ip, Handled: "reject", Count: n}
	}
	tls := bounce.Aggregate{Kind: "tls", Reporter: "Big Mail", Domain: "gardeners.example", Begin: june3}
	for want, reports := range map[string][]bounce.Aggregate{
		"2 % of the mail that claims to be from gardeners.example on 3 June 2026 came from hosts that are not ours: 203.0.113.9 (10); 203.0.113.7 (4).":                               {dmarc(good, bad("203.0.113.7", 4), bad("203.0.113.9", 10))},
		"All 686 letters that claim to be from gardeners.example on 3 June 2026 came from hosts of ours, as far as anybody reports.":                                                  {dmarc(good)},
		"Less than 1 % of the mail that claims to be from gardeners.example on 3 June 2026 came from hosts that are not ours: 203.0.113.7 (1).":                                       {dmarc(good, bad("203.0.113.7", 1))},
		"100 % of the mail that claims to be from gardeners.example on 3 June 2026 came from hosts that are not ours: 203.0.113.1 (5); 203.0.113.2 (4); 203.0.113.3 (3); and 1 more.": {dmarc(bad("203.0.113.1", 5), bad("203.0.113.2", 4), bad("203.0.113.3", 3), bad("203.0.113.4", 2))},
		"50 % of the sessions with mail hosts of gardeners.example on 3 June 2026 could not be encrypted: mx.gardeners.example, certificate-expired (7).":                             {withRows(tls, bounce.AggregateRow{Source: "gardeners.example", Count: 7}, bounce.AggregateRow{Source: "mx.gardeners.example", Failure: "certificate-expired", Count: 7})},
		"All 7 sessions with mail hosts of gardeners.example on 3 June 2026 were encrypted, as far as anybody reports.":                                                               {withRows(tls, bounce.AggregateRow{Source: "gardeners.example", Count: 7})},
		"1 % of the mail that claims to be from gardeners.example on 3 June 2026 came from hosts that are not ours: 203.0.113.7 (9).":                                                 {dmarc(good, bad("203.0.113.7", 4)), dmarc(bounce.AggregateRow{Source: "192.0.2.1", SPF: true, Count: 5, Handled: "none"}, bad("203.0.113.7", 5))},
	} {
		d := newDesk(t)
		for _, r := range reports {
			if err := d.take(r); err != nil {
				t.Fatal(err)
			}
		}
		all := d.days()
		if len(all) != 1 || all[0].Sentence() != want {
			t.Errorf("got  %s\nwant %s", all[0].Sentence(), want)
		}
	}
}

func withRows(a bounce.Aggregate, rows ...bounce.AggregateRow) bounce.Aggregate {
	a.Rows = rows
	return a
}

// A report that is sent again counts once; one about another domain, or another time, not at all.
func TestReportsThatDoNotCount(t *testing.T) {
	d := newDesk(t)
	a := dmarc(bounce.AggregateRow{Source: "192.0.2.1", DKIM: true, Handled: "none", Count: 5})
	a.ID = "7"
	for range 3 {
		if err := d.take(a); err != nil {
			t.Fatal(err)
		}
	}
	for want, change := range map[string]func(*bounce.Aggregate){
		"This report is about another domain than gardeners.example.":        func(a *bounce.Aggregate) { a.Domain = "evilgardeners.example" },
		"This report is about a time too long ago, or yet to come.":          func(a *bounce.Aggregate) { a.Begin = june3.AddDate(0, 0, -100) },
		"This report is about a time too long ago, or yet to come. (future)": func(a *bounce.Aggregate) { a.Begin = june3.AddDate(0, 0, 10) },
	} {
		other := a
		other.ID = ""
		change(&other)
		if err := d.take(other); err == nil || err.Error() != strings.TrimSuffix(want, " (future)") || refusal.Temporary(err) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if all := d.days(); len(all) != 1 || all[0].Total != 5 || all[0].Failed != 0 {
		t.Errorf("%+v", all)
	}
	if err := d.take(withDomain(dmarc(), "lists.gardeners.example")); err != nil {
		t.Errorf("a name below ours: %v", err)
	}
}

func withDomain(a bounce.Aggregate, domain string) bounce.Aggregate {
	a.Domain, a.Rows = domain, []bounce.AggregateRow{{Source: "192.0.2.1", DKIM: true, Count: 1}}
	return a
}

// Strangers feed it: a flood of made-up reports costs a bounded number of rows, loses no count of a day, and is over after ninety days.
func TestAFloodOfReports(t *testing.T) {
	d := newDesk(t)
	taken, letters := 0, int64(0)
	for i := range 350 {
		a := dmarc()
		a.Reporter = fmt.Sprint("Reporter ", i)
		for j := range 5 {
			a.Rows = append(a.Rows, bounce.AggregateRow{Source: fmt.Sprintf("10.0.%d.%d", i%256, j), Handled: "none", Count: 2})
		}
		switch err := d.take(a); {
		case err == nil:
			taken++
			letters += 10
		case refusal.KindOf(err) != refusal.Limit:
			t.Fatal(err)
		}
	}
	all := d.days()
	if taken != 300 || len(all) != 1 || all[0].Total != letters || len(all[0].Sources) > 302 {
		t.Errorf("%d taken, %d letters in %d rows, want %d", taken, all[0].Total, len(all[0].Sources), letters)
	}
	d.now = d.now.AddDate(0, 0, 91)
	a := dmarc(bounce.AggregateRow{Source: "192.0.2.1", DKIM: true, Count: 1})
	a.Begin = d.now.Add(-time.Hour)
	if err := d.take(a); err != nil {
		t.Fatal(err)
	}
	if all := d.days(); len(all) != 1 || all[0].Total != 1 {
		t.Errorf("after ninety days: %+v", all)
	}
}
