package imapd

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// Limits of one SEARCH.
const (
	deepestSearch = 50  // NOT and OR inside each other
	mostKeys      = 500 // keys in all
)

// Search answers SEARCH: words through the index of the mailbox where it can tell, everything else by looking, newest letters
// first, until the time is up (F3). A search that ran out of time is refused: half an answer would look like a whole one.
func (s *session) Search(kind imapserver.NumKind, criteria *imap.SearchCriteria, options *imap.SearchOptions) (*imap.SearchData, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(s.server.ctx, s.server.cfg.SearchWithin)
	defer cancel()
	q := &search{ctx: ctx, s: s, found: map[Query]map[uint32]struct{}{}}
	if err := q.prepare(criteria, 0); err != nil {
		s.saved = imap.UIDSet{} // RFC 5182 §2.1: a failed search saves nothing
		return nil, q.answer(err)
	}
	hits, err := q.run(criteria)
	if err != nil {
		s.saved = imap.UIDSet{}
		return nil, q.answer(err)
	}
	if options.ReturnSave {
		s.saved = uidSet(savedOf(hits, options))
	}
	return searchData(kind, hits), nil
}

// savedOf is what RETURN (SAVE) keeps: with MIN or MAX alone only these (RFC 5182 §2.4).
func savedOf(hits []picked, o *imap.SearchOptions) []uint32 {
	uids := uidsOf(hits)
	if len(uids) == 0 || !(o.ReturnMin || o.ReturnMax) || o.ReturnAll || o.ReturnCount {
		return uids
	}
	var out []uint32
	if o.ReturnMin {
		out = append(out, uids[0])
	}
	if o.ReturnMax {
		out = append(out, uids[len(uids)-1])
	}
	return out
}

// searchData makes an answer of hits in ascending order.
func searchData(kind imapserver.NumKind, hits []picked) *imap.SearchData {
	data := &imap.SearchData{Count: uint32(len(hits))}
	numbers, uids := imap.SeqSet{}, imap.UIDSet{}
	for i, h := range hits {
		n := h.number
		if kind == imapserver.NumKindUID {
			n = h.uid
			uids.AddNum(imap.UID(n))
		} else {
			numbers.AddNum(n)
		}
		if i == 0 {
			data.Min = n
		}
		data.Max = n
	}
	data.All = numbers
	if kind == imapserver.NumKindUID {
		data.All = uids
	}
	return data
}

// search is one SEARCH under way.
type search struct {
	ctx   context.Context
	s     *session
	keys  int
	found map[Query]map[uint32]struct{} // answers of the index; a question it could not answer has nil
	need  Columns

	release []func() // gives back the room of letters read for the message looked at
}

// candidate is one message looked at. What has to be read is read once, when a key asks for it.
type candidate struct {
	picked
	row Row
	raw *letter.Letter
	all string // readable text in lower case, when read
}

// answer turns running out of time into a refusal.
func (q *search) answer(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || q.ctx.Err() == context.DeadlineExceeded {
		return no(imap.ResponseCodeLimit, saysTooBroad)
	}
	return q.s.answer("search", err)
}

// prepare checks how much is asked, asks the index, and finds out what has to be known of each message.
func (q *search) prepare(c *imap.SearchCriteria, depth int) error {
	q.keys += 1 + len(c.Header) + len(c.Body) + len(c.Text) + len(c.Flag) + len(c.NotFlag)
	if depth > deepestSearch || q.keys > mostKeys {
		return no(imap.ResponseCodeLimit, saysTooDeep)
	}
	if !c.Since.IsZero() || !c.Before.IsZero() || c.Larger > 0 || c.Smaller > 0 {
		q.need = max(q.need, WithSize)
	}
	if !c.SentSince.IsZero() || !c.SentBefore.IsZero() {
		q.need = WithStructure
	}
	for _, query := range questions(c) {
		if err := q.ask(query); err != nil {
			return err
		}
	}
	for _, h := range c.Header {
		if _, inColumns := columnOf(h.Key); inColumns && q.answers(queryOf(h)) == nil {
			q.need = WithStructure
		}
	}
	for i := range c.Not {
		if err := q.prepare(&c.Not[i], depth+1); err != nil {
			return err
		}
	}
	for i := range c.Or {
		for j := range c.Or[i] {
			if err := q.prepare(&c.Or[i][j], depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// questions are the keys that the index may know about.
func questions(c *imap.SearchCriteria) []Query {
	var out []Query
	for _, t := range c.Text {
		out = append(out, Query{Anywhere, t})
	}
	for _, b := range c.Body {
		out = append(out, Query{InBody, b})
	}
	for _, h := range c.Header {
		if q := queryOf(h); q.Words != "" {
			out = append(out, q)
		}
	}
	return out
}

// queryOf is the question to the index behind a header key; without words when there is none.
func queryOf(h imap.SearchCriteriaHeaderField) Query {
	switch strings.ToLower(h.Key) {
	case "subject":
		return Query{Subject, h.Value}
	case "from":
		return Query{From, h.Value}
	}
	return Query{}
}

// ask puts one question to the index, once.
func (q *search) ask(query Query) error {
	if _, asked := q.found[query]; asked || strings.TrimSpace(query.Words) == "" {
		return nil
	}
	uids, err := q.s.view.Search(q.ctx, query)
	switch {
	case errors.Is(err, ErrNoIndex):
		q.found[query] = nil
		return nil
	case err != nil:
		return err
	}
	hits := make(map[uint32]struct{}, len(uids))
	for _, u := range uids {
		hits[u] = struct{}{}
	}
	q.found[query] = hits
	return nil
}

// answers are the hits of the index, nil when it could not tell.
func (q *search) answers(query Query) map[uint32]struct{} { return q.found[query] }

// run looks at every message that the numbers and UIDs of the outermost level leave, the newest first.
func (q *search) run(c *imap.SearchCriteria) ([]picked, error) {
	left := q.s.list.pickUIDs(spans{{1, ^uint32(0)}})
	for _, set := range c.SeqNum {
		left = both(left, q.s.pick(set))
	}
	for _, set := range c.UID {
		left = both(left, q.s.pick(set))
	}
	var hits []picked
	for end := len(left); end > 0; {
		begin := max(end-batch, 0)
		part := left[begin:end]
		end = begin
		rows, err := q.rows(part)
		if err != nil {
			return nil, err
		}
		for i := len(part) - 1; i >= 0; i-- {
			row, there := rows[part[i].uid]
			if !there {
				continue
			}
			if err := q.ctx.Err(); err != nil {
				return nil, err
			}
			ok, err := q.fits(c, &candidate{picked: part[i], row: row})
			q.done()
			if err != nil {
				return nil, err
			}
			if ok {
				hits = append(hits, part[i])
			}
		}
	}
	slices.Reverse(hits)
	return hits, nil
}

// done gives back the room of the letters read.
func (q *search) done() {
	for _, give := range q.release {
		give()
	}
	q.release = q.release[:0]
}

// both are the messages in two ascending lists.
func both(a, b []picked) []picked {
	var out []picked
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].uid < b[j].uid:
			i++
		case a[i].uid > b[j].uid:
			j++
		default:
			out = append(out, a[i])
			i, j = i+1, j+1
		}
	}
	return out
}

func (q *search) rows(part []picked) (map[uint32]Row, error) {
	rows, err := q.s.view.Rows(q.ctx, uidsOf(part), q.need)
	if err != nil {
		return nil, err
	}
	byUID := make(map[uint32]Row, len(rows))
	for _, r := range rows {
		byUID[r.UID] = r
	}
	return byUID, nil
}

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
