package imapd

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// Limits of keywords, so that nobody keeps files in them.
const (
	longestKeyword = 64
	mostKeywords   = 16
)

// isFlag tells whether the library can write a flag: an atom, with a backslash in front of system flags.
func isFlag(f string) bool {
	f = strings.TrimPrefix(f, `\`)
	return isTag(f) && len(f) <= longestKeyword && strings.IndexByte(f, ']') < 0
}

// allowed keeps those flags that the person can set here, each once.
func allowed(v View, flags []imap.Flag) []string {
	can := v.PermanentFlags()
	var out []string
	for _, f := range flags {
		word, known := string(f), false
		for _, c := range can {
			if strings.EqualFold(c, word) {
				word, known = c, true
			}
		}
		if !known && (!slices.Contains(can, AnyKeyword) || strings.HasPrefix(word, `\`)) {
			continue
		}
		if isFlag(word) && !slices.Contains(out, word) && len(out) < mostKeywords+5 {
			out = append(out, word)
		}
	}
	return out
}

// mayChange refuses in a mailbox that is read-only.
func (s *session) mayChange() error {
	if s.readOnly {
		return no(imap.ResponseCodeNoPerm, saysReadOnly)
	}
	return nil
}

// Store changes flags. A flag that cannot be set here is passed over when others can; when it was the only wish, the person is told.
func (s *session) Store(w *imapserver.FetchWriter, set imap.NumSet, change *imap.StoreFlags, _ *imap.StoreOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.mayChange(); err != nil {
		return err
	}
	flags := allowed(s.view, change.Flags)
	if len(flags) == 0 && len(change.Flags) > 0 && change.Op != imap.StoreFlagsDel {
		if slices.Contains(change.Flags, imap.FlagDeleted) {
			return no(imap.ResponseCodeNoPerm, saysNoDeletion)
		}
		if strings.HasPrefix(string(change.Flags[0]), `\`) {
			return no(imap.ResponseCodeNoPerm, saysNoSuchFlag)
		}
		// A keyword of the mail program's own ($NotJunk …): it asks without its person knowing, so it is not told.
		return nil
	}
	op := map[imap.StoreFlagsOp]FlagOp{imap.StoreFlagsSet: SetTo, imap.StoreFlagsAdd: Add, imap.StoreFlagsDel: Remove}[change.Op]
	chosen := s.pick(set)
	uids := uidsOf(chosen)
	// What others changed before is news; what we change now the client knows already.
	if err := s.list.look(s.server.ctx, s.view); err != nil {
		return s.answer("store", err)
	}
	if len(flags) > 0 || op == SetTo {
		for part := range slices.Chunk(uids, batch) {
			if err := s.view.SetFlags(s.server.ctx, part, op, flags); err != nil {
				return s.answer("store", err)
			}
		}
	}
	theirs := s.list.flags
	s.list.flags = map[uint32][]string{}
	if err := s.list.look(s.server.ctx, s.view); err != nil {
		return s.answer("store", err)
	}
	s.list.forget(uids)
	for uid, f := range theirs {
		if _, newer := s.list.flags[uid]; !newer && (change.Silent || !slices.Contains(uids, uid)) {
			s.list.flags[uid] = f
		}
	}
	if change.Silent {
		return nil
	}
	_, byUID := set.(imap.UIDSet) // RFC 9051 §6.4.9: answers to UID commands name the UID
	return s.fetch(w, chosen, &imap.FetchOptions{Flags: true, UID: byUID})
}

func uidsOf(chosen []picked) []uint32 {
	uids := make([]uint32, len(chosen))
	for i, p := range chosen {
		uids[i] = p.uid
	}
	return uids
}

// Expunge takes out what is flagged \Deleted. CLOSE comes through here too, and must neither fail nor touch a read-only mailbox.
func (s *session) Expunge(w *imapserver.ExpungeWriter, only *imap.UIDSet) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	closing := s.wire.running() == "CLOSE"
	err := s.expunge(only)
	if closing {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.list.look(s.server.ctx, s.view); err != nil {
		return s.answer("expunge", err)
	}
	return s.list.tellGone(w.WriteExpunge)
}

func (s *session) expunge(only *imap.UIDSet) error {
	if err := s.mayChange(); err != nil {
		return err
	}
	chosen := s.list.pickUIDs(spans{{1, ^uint32(0)}})
	if only != nil {
		chosen = s.pick(*only)
	}
	var doomed []uint32
	for part := range slices.Chunk(uidsOf(chosen), batch) {
		rows, err := s.view.Rows(s.server.ctx, part, FlagsOnly)
		if err != nil {
			return s.answer("expunge", err)
		}
		for _, r := range rows {
			if hasFlag(r.Flags, Deleted) {
				doomed = append(doomed, r.UID)
			}
		}
	}
	if len(doomed) == 0 {
		return nil
	}
	return s.answer("expunge", s.view.Expunge(s.server.ctx, doomed))
}

func hasFlag(flags []string, want string) bool {
	return slices.ContainsFunc(flags, func(f string) bool { return strings.EqualFold(f, want) })
}

// Move hands messages to the Account, whose affair it is what that means.
func (s *session) Move(w *imapserver.MoveWriter, set imap.NumSet, to string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.mayChange(); err != nil {
		return err
	}
	if !isMailboxName(to) {
		return no(imap.ResponseCodeNonExistent, saysNoMailbox)
	}
	chosen := s.pick(set)
	if len(chosen) == 0 {
		return nil
	}
	moved, err := s.account.Move(s.server.ctx, s.view, uidsOf(chosen), to)
	if err != nil {
		return s.noDestination("move", err)
	}
	if data := copyData(moved); data != nil {
		if err := w.WriteCopyData(data); err != nil {
			return err
		}
	}
	if err := s.list.look(s.server.ctx, s.view); err != nil {
		return s.answer("move", err)
	}
	return s.list.tellGone(w.WriteExpunge)
}

// Copy is refused unless the Account is a Copier.
func (s *session) Copy(set imap.NumSet, to string) (*imap.CopyData, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.account.(Copier)
	if !ok {
		return nil, no(imap.ResponseCodeCannot, saysNoCopy)
	}
	if !isMailboxName(to) {
		return nil, no(imap.ResponseCodeNonExistent, saysNoMailbox)
	}
	chosen := s.pick(set)
	if len(chosen) == 0 {
		return nil, nil
	}
	copied, err := c.Copy(s.server.ctx, s.view, uidsOf(chosen), to)
	if err != nil {
		return nil, s.noDestination("copy", err)
	}
	return copyData(copied), nil
}

// noDestination is answer, with TRYCREATE where making the mailbox would help (RFC 9051 §6.4.7).
func (s *session) noDestination(doing string, err error) error {
	err = s.answer(doing, err)
	var e *imap.Error
	if _, can := s.account.(Creator); can && errors.As(err, &e) && e.Code == imap.ResponseCodeNonExistent {
		return no(imap.ResponseCodeTryCreate, e.Text)
	}
	return err
}

// copyData pairs UIDs for COPYUID (RFC 9051 §7.1). The two sets are read in ascending order by clients, so pairs that do not ascend
// together, or lie in mailboxes of different validity, are better left out.
func copyData(moved []Moved) *imap.CopyData {
	moved = slices.DeleteFunc(slices.Clone(moved), func(m Moved) bool { return m.UID == 0 || m.From == 0 })
	if len(moved) == 0 {
		return nil
	}
	slices.SortFunc(moved, func(a, b Moved) int { return int(int64(a.From) - int64(b.From)) })
	var from, to []uint32
	for i, m := range moved {
		if m.Validity != moved[0].Validity || i > 0 && (m.UID <= moved[i-1].UID || m.From == moved[i-1].From) {
			return nil
		}
		from, to = append(from, m.From), append(to, m.UID)
	}
	return &imap.CopyData{UIDValidity: moved[0].Validity, SourceUIDs: uidSet(from), DestUIDs: uidSet(to)}
}

// mayAppend is asked by the filter before a letter is sent, with the name as it stands on the wire.
func (s *session) mayAppend(mailbox string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.EqualFold(mailbox, "INBOX") {
		mailbox = "INBOX"
	}
	return s.takes(mailbox) != Nothing
}

// Append files a letter. The letter of a refused one was never sent: the library is at the end of an empty one.
func (s *session) Append(name string, r imap.LiteralReader, options *imap.AppendOptions) (*imap.AppendData, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	takes := s.takes(name)
	if takes == Nothing || s.wire.letterCutOff() {
		return nil, s.whyNoAppend(name)
	}
	if takes == Forgets {
		if n, err := io.Copy(io.Discard, r); err != nil || n != r.Size() {
			return nil, no(imap.ResponseCodeUnavailable, saysIncomplete)
		}
		return nil, nil
	}
	release, err := s.hold(r.Size())
	if err != nil {
		return nil, err
	}
	defer release()
	raw := make([]byte, r.Size())
	if _, err := io.ReadFull(r, raw); err != nil {
		return nil, no(imap.ResponseCodeUnavailable, saysIncomplete)
	}
	in := Incoming{Raw: raw, Date: options.Time}
	if view, err := s.open(name); err == nil {
		in.Flags = allowed(view, options.Flags)
	}
	place, err := s.account.Append(s.server.ctx, name, in)
	if err != nil {
		return nil, s.noDestination("append", err)
	}
	if place.UID == 0 {
		return nil, nil
	}
	return &imap.AppendData{UIDValidity: place.Validity, UID: imap.UID(place.UID)}, nil
}

// whyNoAppend says why a letter cannot be filed, and TRYCREATE where the mailbox is missing and could be made.
func (s *session) whyNoAppend(name string) error {
	if _, err := s.open(name); err != nil {
		return s.noDestination("append", err)
	}
	return no(imap.ResponseCodeCannot, saysNoAppend)
}
