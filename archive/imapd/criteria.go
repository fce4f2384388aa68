package imapd

import (
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// fits tells whether a message fulfils every key: the cheap ones first.
func (q *search) fits(c *imap.SearchCriteria, m *candidate) (bool, error) {
	if !q.fitsNumbers(c, m) || !fitsFlags(c, m) || !fitsFigures(c, m) {
		return false, nil
	}
	for _, h := range c.Header {
		if ok, err := q.fitsHeader(h, m); !ok || err != nil {
			return false, err
		}
	}
	for _, t := range c.Text {
		if ok, err := q.fitsText(Query{Anywhere, t}, m); !ok || err != nil {
			return false, err
		}
	}
	for _, b := range c.Body {
		if ok, err := q.fitsText(Query{InBody, b}, m); !ok || err != nil {
			return false, err
		}
	}
	for i := range c.Not {
		if ok, err := q.fits(&c.Not[i], m); ok || err != nil {
			return false, err
		}
	}
	for i := range c.Or {
		ok, err := q.fits(&c.Or[i][0], m)
		if !ok && err == nil {
			ok, err = q.fits(&c.Or[i][1], m)
		}
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (q *search) fitsNumbers(c *imap.SearchCriteria, m *candidate) bool {
	t := q.s.list
	for _, set := range c.SeqNum {
		if !spansOf(set, uint32(len(t.uids))).has(m.number) {
			return false
		}
	}
	for _, set := range c.UID {
		if imap.IsSearchRes(set) {
			set = q.s.saved
		}
		if !spansOf(set, t.lastKnown()).has(m.uid) {
			return false
		}
	}
	return true
}

// fitsFlags: nothing is ever \Recent here, as in IMAP4rev2.
func fitsFlags(c *imap.SearchCriteria, m *candidate) bool {
	for _, f := range c.Flag {
		if !hasFlag(m.row.Flags, string(f)) {
			return false
		}
	}
	for _, f := range c.NotFlag {
		if hasFlag(m.row.Flags, string(f)) {
			return false
		}
	}
	return true
}

// fitsFigures compares sizes and days. Zones are left out of account (RFC 9051 §6.4.4).
func fitsFigures(c *imap.SearchCriteria, m *candidate) bool {
	if c.Larger > 0 && m.row.Size <= c.Larger || c.Smaller > 0 && m.row.Size >= c.Smaller {
		return false
	}
	sent := m.row.Structure.Envelope.Date
	if (!c.SentSince.IsZero() || !c.SentBefore.IsZero()) && sent.IsZero() {
		return false
	}
	return onDays(m.row.Date, c.Since, c.Before) && onDays(sent, c.SentSince, c.SentBefore)
}

func onDays(t, since, before time.Time) bool {
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return (since.IsZero() || !day.Before(since)) && (before.IsZero() || day.Before(before))
}

// columnOf finds what ENVELOPE keeps of a header field, so that the letter need not be read.
func columnOf(name string) (func(e *letter.Envelope) []string, bool) {
	mailboxes := func(list func(e *letter.Envelope) []letter.Mailbox) (func(e *letter.Envelope) []string, bool) {
		return func(e *letter.Envelope) []string {
			var out []string
			for _, m := range list(e) {
				out = append(out, m.Name+" <"+m.Address.Local+"@"+m.Address.Domain+">")
			}
			return out
		}, true
	}
	switch strings.ToLower(name) {
	case "subject":
		return func(e *letter.Envelope) []string { return []string{e.Subject} }, true
	case "message-id":
		return func(e *letter.Envelope) []string { return []string{"<" + string(e.MessageID) + ">"} }, true
	case "from":
		return mailboxes(func(e *letter.Envelope) []letter.Mailbox { return e.From })
	case "to":
		return mailboxes(func(e *letter.Envelope) []letter.Mailbox { return e.To })
	case "cc":
		return mailboxes(func(e *letter.Envelope) []letter.Mailbox { return e.Cc })
	}
	return nil, false
}

// fitsHeader looks for a substring of a header field. An empty one asks whether the field is there at all, which only the letter
// itself can tell.
func (q *search) fitsHeader(h imap.SearchCriteriaHeaderField, m *candidate) (bool, error) {
	if hits := q.answers(queryOf(h)); hits != nil {
		_, hit := hits[m.uid]
		return hit, nil
	}
	if column, ok := columnOf(h.Key); ok && h.Value != "" {
		return anyHas(column(&m.row.Structure.Envelope), h.Value), nil
	}
	l, err := q.open(m)
	if err != nil || l == nil {
		return false, err
	}
	fields := l.Fields(h.Key)
	if h.Value == "" {
		return len(fields) > 0, nil
	}
	return anyHas(fields, h.Value), nil
}

func anyHas(values []string, part string) bool {
	part = strings.ToLower(part)
	return slices.ContainsFunc(values, func(v string) bool { return strings.Contains(strings.ToLower(v), part) })
}

// fitsText looks for words, or where the index cannot tell, for a substring of what a reader sees.
func (q *search) fitsText(query Query, m *candidate) (bool, error) {
	if hits := q.answers(query); hits != nil {
		_, hit := hits[m.uid]
		return hit, nil
	}
	l, err := q.open(m)
	if err != nil || l == nil {
		return false, err
	}
	words := strings.ToLower(query.Words)
	if m.all == "" {
		m.all = strings.ToLower(l.Text())
	}
	if strings.Contains(m.all, words) {
		return true, nil
	}
	return query.Field == Anywhere && anyHas(headerLines(l), words), nil
}

// headerLines are all fields of the header, decoded.
func headerLines(l *letter.Letter) []string {
	var out []string
	for _, f := range l.Header().Fields() {
		out = append(out, f.Name+": "+f.Value)
	}
	return out
}

// open reads a letter; nil when it is gone, or beyond the limits of the scanner.
func (q *search) open(m *candidate) (*letter.Letter, error) {
	if m.raw != nil {
		return m.raw, nil
	}
	raw, release, err := q.s.raw(m.row)
	if err != nil {
		if refusal.KindOf(err) == refusal.NotFound {
			return nil, nil
		}
		return nil, err
	}
	q.release = append(q.release, release)
	l, err := letter.Parse(raw)
	if err != nil {
		return nil, nil
	}
	m.raw = l
	return l, nil
}
