package imapd

import (
	"context"
	"io"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// Marks of reading.
const (
	batch       = 200       // messages described with one look; no look at the database is open while we write
	smallLetter = 512 << 10 // letters up to this size are sent without asking for room
	mostPieces  = 100       // pieces of a letter in one FETCH; all are cut before the first is sent
)

// pick chooses messages by number or UID, as the set says. '$' is the result of the last saved search.
func (s *session) pick(set imap.NumSet) []picked {
	switch set := set.(type) {
	case imap.SeqSet:
		return s.list.pickNumbers(spansOf(set, uint32(len(s.list.uids))))
	case imap.UIDSet:
		if imap.IsSearchRes(set) {
			set = s.saved
		}
		return s.list.pickUIDs(spansOf(set, s.list.lastKnown()))
	}
	return nil
}

// Fetch answers FETCH. Messages that are gone by now are passed over; the news about them follows.
func (s *session) Fetch(w *imapserver.FetchWriter, set imap.NumSet, options *imap.FetchOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(options.BodySection)+len(options.BinarySection)+len(options.BinarySectionSize) > mostPieces {
		return no(imap.ResponseCodeLimit, saysTooMuch)
	}
	return s.fetch(w, s.pick(set), options)
}

func (s *session) fetch(w *imapserver.FetchWriter, chosen []picked, options *imap.FetchOptions) error {
	want := FlagsOnly
	switch {
	case options.Envelope || options.BodyStructure != nil:
		want = WithStructure
	case options.InternalDate || options.RFC822Size:
		want = WithSize
	}
	for len(chosen) > 0 {
		part := chosen[:min(batch, len(chosen))]
		chosen = chosen[len(part):]
		rows, err := s.view.Rows(s.server.ctx, uidsOf(part), want)
		if err != nil {
			return s.answer("fetch", err)
		}
		if opensLetter(options) {
			if rows, err = s.markSeen(rows); err != nil {
				return err
			}
		}
		for _, row := range rows {
			place, known := s.list.place(row.UID)
			if !known {
				continue
			}
			if err := s.fetchOne(w, uint32(place+1), row, options); err != nil {
				return err
			}
		}
	}
	return nil
}

// opensLetter tells whether the client reads a letter rather than peeking into it.
func opensLetter(options *imap.FetchOptions) bool {
	for _, b := range options.BodySection {
		if !b.Peek {
			return true
		}
	}
	for _, b := range options.BinarySection {
		if !b.Peek {
			return true
		}
	}
	return false
}

// markSeen sets \Seen where that is possible. The change is told as news behind the FETCH (RFC 9051 §6.4.5).
func (s *session) markSeen(rows []Row) ([]Row, error) {
	if s.readOnly || len(allowed(s.view, []imap.Flag{imap.FlagSeen})) == 0 {
		return rows, nil
	}
	var unseen []uint32
	for i, r := range rows {
		if !hasFlag(r.Flags, Seen) {
			unseen = append(unseen, r.UID)
			rows[i].Flags = append(append([]string(nil), r.Flags...), Seen)
		}
	}
	if len(unseen) == 0 {
		return rows, nil
	}
	return rows, s.answer("fetch", s.view.SetFlags(s.server.ctx, unseen, Add, []string{Seen}))
}

// fetchOne writes one message. Everything is read before the first octet is written, because the writer holds the connection.
func (s *session) fetchOne(w *imapserver.FetchWriter, number uint32, row Row, options *imap.FetchOptions) error {
	var parts sections
	if len(options.BodySection)+len(options.BinarySection)+len(options.BinarySectionSize) > 0 {
		raw, release, err := s.raw(row)
		if refusal.KindOf(err) == refusal.NotFound && err != nil {
			return nil // gone since we looked
		} else if err != nil {
			return s.answer("fetch", err)
		}
		defer release()
		if parts, err = cutSections(raw, options); err != nil {
			return s.answer("fetch", err)
		}
	}
	m := w.CreateMessage(number)
	if options.UID {
		m.WriteUID(imap.UID(row.UID))
	}
	if options.Flags {
		m.WriteFlags(flagsOf(row.Flags))
	}
	if options.InternalDate {
		m.WriteInternalDate(row.Date)
	}
	if options.RFC822Size {
		m.WriteRFC822Size(row.Size)
	}
	if options.Envelope {
		m.WriteEnvelope(envelopeOf(&row.Structure.Envelope))
	}
	if options.BodyStructure != nil {
		m.WriteBodyStructure(bodyOf(&row.Structure.Body, 0))
	}
	parts.write(m, options)
	return m.Close()
}

// raw reads one letter. Large ones share a budget, so that many slow readers of large letters cannot fill the memory (P7); the
// release function gives the room back.
func (s *session) raw(row Row) (raw []byte, release func(), err error) {
	size := row.Size
	if size == 0 { // not asked for with the row
		rows, err := s.view.Rows(s.server.ctx, []uint32{row.UID}, WithSize)
		if err != nil {
			return nil, nil, err
		}
		if len(rows) == 0 {
			return nil, nil, refusal.Because(refusal.NotFound, saysNoMailbox)
		}
		size = rows[0].Size
	}
	release, err = s.hold(size)
	if err != nil {
		return nil, nil, err
	}
	if raw, err = s.view.Raw(s.server.ctx, row.UID); err != nil {
		release()
		return nil, nil, err
	}
	return raw, release, nil
}

// hold takes room for a letter of this size.
func (s *session) hold(size int64) (release func(), err error) {
	if size <= smallLetter {
		return func() {}, nil
	}
	ctx, cancel := context.WithTimeout(s.server.ctx, s.server.cfg.RoomWithin)
	defer cancel()
	size = min(size, s.server.cfg.MaxInHand)
	if err := s.server.inHand.Acquire(ctx, size); err != nil {
		return nil, s.answer("hold", refusal.Because(refusal.Busy, saysBusy))
	}
	return func() { s.server.inHand.Release(size) }, nil
}

// sections are the parts of one letter that a FETCH asked for, in the order of its options.
type sections struct {
	body   [][]byte
	binary [][]byte
	sizes  []uint32
}

// cutSections finds everything a FETCH wants of one letter.
func cutSections(raw []byte, options *imap.FetchOptions) (sections, error) {
	var out sections
	l := &opened{raw: raw}
	for _, item := range options.BodySection {
		out.body = append(out.body, partial(l.section(item), item.Partial))
	}
	for _, item := range options.BinarySection {
		b, err := l.binary(item.Part)
		if err != nil {
			return out, err
		}
		out.binary = append(out.binary, partial(b, item.Partial))
	}
	for _, item := range options.BinarySectionSize {
		b, err := l.binary(item.Part)
		if err != nil {
			return out, err
		}
		out.sizes = append(out.sizes, uint32(len(b)))
	}
	return out, nil
}

// write writes the sections in the order they were cut.
func (p sections) write(m *imapserver.FetchResponseWriter, options *imap.FetchOptions) {
	for i, b := range p.body {
		writeLiteral(m.WriteBodySection(options.BodySection[i], int64(len(b))), b)
	}
	for i, b := range p.binary {
		writeLiteral(m.WriteBinarySection(options.BinarySection[i], int64(len(b))), b)
	}
	for i, n := range p.sizes {
		m.WriteBinarySectionSize(options.BinarySectionSize[i], n)
	}
}

// writeLiteral writes one literal. A failed write shows when the message is closed.
func writeLiteral(w io.WriteCloser, b []byte) {
	_, _ = w.Write(b)
	_ = w.Close()
}

// partial takes the octets <offset.size> of b.
func partial(b []byte, p *imap.SectionPartial) []byte {
	if p == nil {
		return b
	}
	if p.Offset < 0 || p.Offset >= int64(len(b)) || p.Size <= 0 {
		return nil
	}
	b = b[p.Offset:]
	return b[:min(int64(len(b)), p.Size)]
}

// envelopeOf makes the library's envelope of ours.
func envelopeOf(e *letter.Envelope) *imap.Envelope {
	out := &imap.Envelope{
		Date:      e.Date,
		Subject:   e.Subject,
		From:      addressesOf(e.From),
		Sender:    addressesOf(e.Sender),
		ReplyTo:   addressesOf(e.ReplyTo),
		To:        addressesOf(e.To),
		Cc:        addressesOf(e.Cc),
		Bcc:       addressesOf(e.Bcc),
		MessageID: string(e.MessageID),
	}
	for _, id := range e.InReplyTo {
		out.InReplyTo = append(out.InReplyTo, string(id))
	}
	return out
}

func addressesOf(in []letter.Mailbox) []imap.Address {
	var out []imap.Address
	for _, m := range in {
		out = append(out, imap.Address{Name: m.Name, Mailbox: m.Address.Local, Host: m.Address.Domain})
	}
	return out
}

// deepestBody is how far BODYSTRUCTURE goes down; letter.Parse goes no deeper.
const deepestBody = 25

// bodyOf makes the library's body structure of ours. The library breaks on a multipart without parts and on parts without
// extension data, so there is always one of each.
func bodyOf(p *letter.BodyPart, depth int) imap.BodyStructure {
	var disposition *imap.BodyStructureDisposition
	if p.Disposition != "" {
		disposition = &imap.BodyStructureDisposition{Value: p.Disposition, Params: p.DispParams}
	}
	if p.Type == "multipart" && len(p.Parts) > 0 && depth < deepestBody {
		out := &imap.BodyStructureMultiPart{Subtype: p.Subtype, Extended: &imap.BodyStructureMultiPartExt{
			Params: p.Params, Disposition: disposition, Language: p.Language, Location: p.Location,
		}}
		for i := range p.Parts {
			out.Children = append(out.Children, bodyOf(&p.Parts[i], depth+1))
		}
		return out
	}
	out := &imap.BodyStructureSinglePart{
		Type: p.Type, Subtype: p.Subtype, Params: p.Params, ID: p.ID, Description: p.Description,
		Encoding: p.Encoding, Size: uint32(max(p.Size, 0)),
		Extended: &imap.BodyStructureSinglePartExt{Disposition: disposition, Language: p.Language, Location: p.Location},
	}
	switch {
	case p.Type == "message" && p.Envelope != nil && len(p.Parts) == 1 && depth < deepestBody:
		out.MessageRFC822 = &imap.BodyStructureMessageRFC822{
			Envelope: envelopeOf(p.Envelope), BodyStructure: bodyOf(&p.Parts[0], depth+1), NumLines: int64(p.Lines),
		}
	case p.Type == "message" && p.Subtype == "rfc822", p.Type == "multipart", p.Type == "":
		// A message or multipart that could not be opened is a file to clients, not a riddle.
		out.Type, out.Subtype = "application", "octet-stream"
	case p.Type == "text":
		out.Text = &imap.BodyStructureText{NumLines: int64(p.Lines)}
	}
	return out
}
