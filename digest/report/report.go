// Package report tells figures about everything below it. Its first figures are what other mail systems report about our domain: how much
// of the mail in our name was ours (DMARC, RFC 9990), and whether they reach our hosts over TLS (RFC 8460) (M21).
//
// It promises that of a report only counts are kept, for each day, source and result, and those for ninety days; that no flood of reports,
// nor one report however large, makes the tables grow past what a day may hold; and that a report decides nothing and is never
// answered. A report is a stranger's word: anybody can write one, and what is shown says who told it.
package report

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/smtpd/bounce"
	"backchannel/templates/refusal"
)

// Receiver is our name at the mailroom.
const Receiver = "reports"

// The limits of what is kept of a community.
const (
	daysKept    = 90
	rowsPerDay  = 300 // of one kind; what is beyond is counted under one source
	reportsADay = 300 // letters; providers send one each a day
)

// Desk takes reports.
type Desk struct{}

// Receive counts a report. The mailroom has read it before.
func (Desk) Receive(tx *db.Tx, in *lists.Incoming) error {
	r := in.Report
	if r == nil {
		return lists.NoSuchAddress()
	}
	switch age := tx.Now.Sub(r.Begin); {
	case r.Domain != in.Community.Domain && !strings.HasSuffix(r.Domain, "."+in.Community.Domain):
		return refusal.Because(refusal.NotAllowed, "This report is about another domain than %s.", in.Community.Domain)
	case age > (daysKept-1)*24*time.Hour, age < -48*time.Hour:
		return refusal.Because(refusal.NotAllowed, "This report is about a time too long ago, or yet to come.")
	}
	if err := forget(tx, in.Community.ID); err != nil {
		return err
	}
	first, today, err := take(tx, in.Community.ID, reportKey(r))
	if err != nil {
		return err
	}
	if today > reportsADay {
		return refusal.Because(refusal.Limit, "We have had many reports today. Please send this one again tomorrow.")
	}
	if first {
		if err := count(tx, in.Community.ID, r); err != nil {
			return err
		}
	}
	return in.Filed(tx, fmt.Sprintf("%s report, %d rows", strings.ToUpper(r.Kind), len(r.Rows)))
}

// reportKey tells reports apart. A report that is sent again counts once; one without a number of its own is known by what it says.
func reportKey(r *bounce.Aggregate) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %d", r.Kind, r.Reporter, r.ID, r.Begin.Unix())
	if r.ID == "" {
		fmt.Fprintf(h, " %v", r.Rows)
	}
	return h.Sum(nil)
}

// Day is what was reported about one day.
type Day struct {
	Community string   `json:"community"`
	Date      string   `json:"date"` // 2006-01-02, UTC
	Kind      string   `json:"kind"` // dmarc or tls
	Total     int64    `json:"total"`
	Failed    int64    `json:"failed"`
	Sources   []Source `json:"sources"` // those that failed first, the largest in front
}

// Source is where mail in our name came from, or a host of ours that was called.
type Source struct {
	Source   string `json:"source"`
	Result   string `json:"result"` // dkim+spf, dkim, spf or fail, and success or the type of the failure
	Reporter string `json:"reporter"`
	Count    int64  `json:"count"`
}

// ok tells whether a result is a good one.
func ok(result string) bool {
	switch result {
	case "dkim+spf", "dkim", "spf", "success":
		return true
	}
	return false
}

// result is the word for a row.
func result(kind string, r bounce.AggregateRow) string {
	switch {
	case kind == "tls" && r.Failure != "":
		return r.Failure
	case kind == "tls":
		return "success"
	case r.DKIM && r.SPF:
		return "dkim+spf"
	case r.DKIM:
		return "dkim"
	case r.SPF:
		return "spf"
	}
	return "fail"
}

// Days are what was reported about a community since a day, the newest first.
func Days(tx *db.Tx, c lists.Community, since time.Time) ([]Day, error) {
	rows, err := read(tx, c.ID, dayOf(since))
	if err != nil {
		return nil, err
	}
	var all []Day
	for _, r := range rows {
		date := time.Unix(r.day*86400, 0).UTC().Format("2006-01-02")
		if n := len(all); n == 0 || all[n-1].Date != date || all[n-1].Kind != r.kind {
			all = append(all, Day{Community: c.Domain, Date: date, Kind: r.kind})
		}
		d := &all[len(all)-1]
		d.Total += r.n
		if !ok(r.Result) {
			d.Failed += r.n
		}
		r.Count = r.n
		d.Sources = append(d.Sources, r.Source)
	}
	for _, d := range all {
		slices.SortStableFunc(d.Sources, func(a, b Source) int {
			switch oa, ob := ok(a.Result), ok(b.Result); {
			case oa != ob && oa:
				return 1
			case oa != ob:
				return -1
			}
			return int(b.Count - a.Count)
		})
	}
	return all, nil
}

// named is how many sources a sentence names.
const named = 3

// Sentence tells a day in one sentence.
func (d Day) Sentence() string {
	date, err := time.Parse("2006-01-02", d.Date)
	if err != nil {
		return ""
	}
	on := date.Format("2 January 2006")
	what, well, ill := "letters that claim to be from "+d.Community, "All %s on %s came from hosts of ours, as far as anybody reports.", "%s of the mail that claims to be from %s on %s came from hosts that are not ours: %s."
	if d.Kind == "tls" {
		what, well, ill = "sessions with mail hosts of "+d.Community, "All %s on %s were encrypted, as far as anybody reports.", "%s of the sessions with mail hosts of %s on %s could not be encrypted: %s."
	}
	if d.Total == 0 {
		return fmt.Sprintf("Nothing was counted for %s on %s.", d.Community, on)
	}
	if d.Failed == 0 {
		return fmt.Sprintf(well, fmt.Sprintf("%d %s", d.Total, what), on)
	}
	return fmt.Sprintf(ill, share(d.Failed, d.Total), d.Community, on, d.worst())
}

// share is a part in percent, never rounded to nothing or to all.
func share(part, of int64) string {
	switch percent := (part*100 + of/2) / of; {
	case percent == 0:
		return "Less than 1 %"
	case percent >= 100 && part < of:
		return "More than 99 %"
	default:
		return fmt.Sprintf("%d %%", percent)
	}
}

// worst names the sources that failed most.
func (d Day) worst() string {
	sums := map[string]int64{}
	var order []string
	for _, s := range d.Sources {
		if ok(s.Result) {
			continue
		}
		name := s.Source
		if d.Kind == "tls" {
			name += ", " + s.Result
		}
		if _, there := sums[name]; !there {
			order = append(order, name)
		}
		sums[name] += s.Count
	}
	slices.SortStableFunc(order, func(a, b string) int { return int(sums[b] - sums[a]) })
	var parts []string
	for i, name := range order {
		if i == named {
			parts = append(parts, fmt.Sprintf("and %d more", len(order)-named))
			break
		}
		parts = append(parts, fmt.Sprintf("%s (%d)", name, sums[name]))
	}
	return strings.Join(parts, "; ")
}
