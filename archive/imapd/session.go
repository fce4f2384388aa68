package imapd

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"backchannel/templates/refusal"
)

// session is one connection. The library calls one method at a time, but IDLE runs on a goroutine of its own that may outlive its
// command, so every method holds mu.
type session struct {
	server *Server
	conn   *imapserver.Conn
	wire   *wire
	remote netip.Addr

	mu      sync.Mutex
	ended   sync.Cond // told when an IDLE ends
	idling  int
	closed  bool
	wrong   int // wrong passwords
	account Account

	// The mailbox that is open, if any.
	view     View
	readOnly bool // EXAMINE, or nothing can be changed here
	list     *tracker
	saved    imap.UIDSet // result of the last SEARCH with RETURN (SAVE), RFC 5182
}

var _ imapserver.SessionIMAP4rev2 = (*session)(nil)
var _ imapserver.SessionAppendLimit = (*session)(nil)

// Close ends the session after the connection is gone. It waits for an IDLE that is still looking at the mailbox.
func (s *session) Close() error {
	s.mu.Lock()
	s.closed = true
	for s.idling > 0 {
		s.ended.Wait()
	}
	s.view, s.list, s.account = nil, nil, nil
	s.mu.Unlock()
	s.server.left(s)
	return nil
}

// AppendLimit is the greatest letter that may be filed.
func (s *session) AppendLimit() uint32 { return uint32(s.server.cfg.MaxLetter) }

// Login asks who it is. The answer to a wrong password is slow, the same for an unknown name, and the third one is the last.
func (s *session) Login(user, password string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx := s.server.ctx
	account, err := s.server.cfg.Login.Login(ctx, s.remote, user, password)
	switch {
	case err != nil && refusal.KindOf(err) == refusal.NotAllowed:
		return s.wrongLogin(ctx)
	case refusal.KindOf(err) == refusal.Limit:
		s.wire.hangUpAfterReply(saysLastGuess)
		return s.answer("login", err)
	case err != nil:
		return s.answer("login", err)
	}
	name := strings.ToLower(strings.TrimSpace(user))
	if name == "" {
		name = "?"
	}
	if !s.wire.visit.signIn(name) {
		return no(imap.ResponseCodeLimit, saysTooMany)
	}
	s.account = account
	s.wire.signedIn(s.mayAppend)
	logins.Add("good")
	s.server.cfg.Log.Debug("imap login")
	return nil
}

// wrongLogin makes a guesser wait.
func (s *session) wrongLogin(ctx context.Context) error {
	s.wrong++
	logins.Add("wrong")
	if s.wrong >= wrongPerLogin {
		s.wire.hangUpAfterReply(saysLastGuess)
	}
	wait := time.NewTimer(s.server.door.wrongPassword(s.remote, s.wrong))
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
	}
	s.server.cfg.Log.Info("imap wrong password", "remote", s.remote, "row", s.wrong)
	return no(imap.ResponseCodeAuthenticationFailed, saysWrongLogin)
}

// Select opens a mailbox. A session that fails to open one has none open (RFC 9051 §6.3.2).
func (s *session) Select(name string, options *imap.SelectOptions) (*imap.SelectData, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view, s.list = nil, nil
	view, err := s.open(name)
	if err != nil {
		return nil, err
	}
	snap, err := view.Load(s.server.ctx)
	if err != nil {
		return nil, s.answer("select", err)
	}
	s.view, s.list, s.saved = view, newTracker(snap), imap.UIDSet{}
	s.readOnly = options.ReadOnly || view.ReadOnly()
	if s.readOnly && !options.ReadOnly {
		s.wire.nextSelectIsReadOnly()
	}
	data := &imap.SelectData{
		Flags:       definedFlags(view),
		NumMessages: uint32(len(snap.UIDs)),
		UIDNext:     imap.UID(snap.Next),
		UIDValidity: snap.Validity,
	}
	if !s.readOnly {
		data.PermanentFlags = flagsOf(view.PermanentFlags())
	}
	if i, found := s.list.place(snap.FirstUnseen); found {
		data.FirstUnseenSeqNum = uint32(i + 1)
	}
	if s.conn.EnabledCaps().Has(imap.CapIMAP4rev2) {
		data.List = &imap.ListData{Mailbox: name, Delim: '/'}
	}
	return data, nil
}

// definedFlags are the flags that may occur: the system flags and the keywords that can be set.
func definedFlags(v View) []imap.Flag {
	out := []imap.Flag{imap.FlagSeen, imap.FlagAnswered, imap.FlagFlagged, imap.FlagDeleted, imap.FlagDraft}
	for _, f := range v.PermanentFlags() {
		if !strings.HasPrefix(f, `\`) {
			out = append(out, imap.Flag(f))
		}
	}
	return out
}

func flagsOf(words []string) []imap.Flag {
	out := make([]imap.Flag, 0, len(words))
	for _, f := range words {
		if f == AnyKeyword || isFlag(f) {
			out = append(out, imap.Flag(f))
		}
	}
	return out
}

// open finds a mailbox of the Account.
func (s *session) open(name string) (View, error) {
	if !isMailboxName(name) {
		return nil, no(imap.ResponseCodeNonExistent, saysNoMailbox)
	}
	view, err := s.account.Open(s.server.ctx, name)
	switch {
	case err == nil:
		return view, nil
	case refusal.KindOf(err) != refusal.NotFound:
		return nil, s.answer("open", err)
	}
	if all, err := s.mailboxes(); err == nil {
		if i := slices.IndexFunc(all, func(m Mailbox) bool { return m.Name == name }); i >= 0 && all[i].Branch {
			return nil, no(imap.ResponseCodeNonExistent, saysBranch)
		}
	}
	return nil, no(imap.ResponseCodeNonExistent, saysNoMailbox)
}

// Unselect closes the mailbox and deletes nothing.
func (s *session) Unselect() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view, s.list, s.saved = nil, nil, nil
	return nil
}

// Poll tells the news before each OK.
func (s *session) Poll(w *imapserver.UpdateWriter, mayExpunge bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.news(w, mayExpunge)
}

// news looks and tells. A right that was taken away ends the connection; another failure to look is logged and costs nothing but
// the news.
func (s *session) news(w *imapserver.UpdateWriter, mayExpunge bool) error {
	if s.view == nil {
		return nil
	}
	if err := s.list.look(s.server.ctx, s.view); err != nil {
		if r, ok := refusal.As(err); ok && !r.Kind.Temporary() {
			s.view, s.list = nil, nil
			_ = s.conn.Bye(oneLine(r.Sentence))
			return net.ErrClosed
		}
		_ = s.answer("look", err)
		return nil
	}
	return s.list.tell(updates{w}, mayExpunge)
}

// updates tells the news between commands.
type updates struct{ w *imapserver.UpdateWriter }

func (u updates) expunge(number uint32) error { return u.w.WriteExpunge(number) }
func (u updates) exists(total uint32) error   { return u.w.WriteNumMessages(total) }
func (u updates) flags(number, uid uint32, flags []string) error {
	return u.w.WriteMessageFlags(number, imap.UID(uid), flagsOf(flags))
}

// Idle tells news as they come until the client says DONE. It looks first: what happened before IDLE is news too.
func (s *session) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.idling++
	account := s.account
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.idling--
		s.ended.Broadcast()
		s.mu.Unlock()
	}()
	pings, end := account.Watch()
	defer end()
	for {
		if err := s.idleNews(w, stop); err != nil {
			return err
		}
		// A moment of calm first: when a thousand letters are imported, nobody wants a thousand answers.
		select {
		case <-stop:
			return nil
		case <-time.After(s.server.cfg.Calm):
		}
		select {
		case <-stop:
			return nil
		case <-s.server.ctx.Done():
			return nil
		case <-pings:
		}
	}
}

// idleNews tells the news unless the client has said DONE by now. The library may go on with the next command before IDLE returns.
func (s *session) idleNews(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-stop:
		return nil
	default:
		return s.news(w, true)
	}
}

// Namespace: everything lies in one tree of the person's own.
func (s *session) Namespace() (*imap.NamespaceData, error) {
	return &imap.NamespaceData{Personal: []imap.NamespaceDescriptor{{Prefix: "", Delim: '/'}}}, nil
}
