package imapd

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"backchannel/archive/letter"
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
	if err := q.ctx.Err(); err != nil {
		return err
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
