package imapd

import (
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"backchannel/templates/refusal"
)

// Limits of LIST. A pattern is matched in time name × pattern, and nobody needs more.
const (
	longestPattern = 1024
	mostPatterns   = 64
	longestName    = 512
)

// isMailboxName tells whether a name from the wire can be one (F3: no controls).
func isMailboxName(name string) bool {
	if name == "" || len(name) > longestName || !utf8.ValidString(name) {
		return false
	}
	return strings.IndexFunc(name, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) < 0
}

// mailboxes are the Account's mailboxes with the branches they stand on, each parent before its children.
func (s *session) mailboxes() ([]Mailbox, error) {
	all, err := s.account.Mailboxes(s.server.ctx)
	if err != nil {
		return nil, s.answer("list", err)
	}
	known := map[string]bool{}
	for _, m := range all {
		known[m.Name] = true
	}
	var out []Mailbox
	for _, m := range all {
		if !isMailboxName(m.Name) {
			continue
		}
		for i, c := range m.Name {
			if parent := m.Name[:i]; c == '/' && !known[parent] {
				known[parent] = true
				out = append(out, Mailbox{Name: parent, Branch: true})
			}
		}
		out = append(out, m)
	}
	return out, nil
}

// List answers LIST and LSUB. Every mailbox counts as subscribed, branches too.
func (s *session) List(w *imapserver.ListWriter, ref string, patterns []string, options *imap.ListOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(patterns) == 0 { // LIST "" "" asks for the separator (RFC 9051 §6.3.9)
		return w.WriteList(&imap.ListData{Attrs: []imap.MailboxAttr{imap.MailboxAttrNoSelect}, Delim: '/'})
	}
	for i, p := range patterns {
		if i >= mostPatterns || len(p)+len(ref) > longestPattern {
			return no(imap.ResponseCodeCannot, saysTooDeep)
		}
		patterns[i] = reference(ref, p)
	}
	all, err := s.mailboxes()
	if err != nil {
		return err
	}
	parents := map[string]bool{}
	for _, m := range all {
		if i := strings.LastIndexByte(m.Name, '/'); i > 0 {
			parents[m.Name[:i]] = true
		}
	}
	for _, m := range all {
		if !matchesAny(m.Name, patterns) || options.SelectSpecialUse && m.Use == "" {
			continue
		}
		if err := w.WriteList(s.listData(m, parents[m.Name], options)); err != nil {
			return err
		}
	}
	return nil
}

// listData is one line of a LIST.
func (s *session) listData(m Mailbox, hasChildren bool, options *imap.ListOptions) *imap.ListData {
	data := &imap.ListData{Mailbox: m.Name, Delim: '/'}
	add := func(when bool, a imap.MailboxAttr) {
		if when {
			data.Attrs = append(data.Attrs, a)
		}
	}
	add(m.Branch, imap.MailboxAttrNoSelect)
	add(hasChildren, imap.MailboxAttrHasChildren)
	add(!hasChildren, imap.MailboxAttrHasNoChildren)
	add(options.SelectSubscribed || options.ReturnSubscribed, imap.MailboxAttrSubscribed)
	add(m.Use != "", imap.MailboxAttr(m.Use))
	if options.SelectRecursiveMatch && hasChildren {
		data.ChildInfo = &imap.ListDataChildInfo{Subscribed: true}
	}
	if options.ReturnStatus != nil && !m.Branch {
		// A mailbox that cannot tell its figures is listed without them (RFC 5819 §2).
		data.Status, _ = s.status(m.Name, options.ReturnStatus)
	}
	return data
}

// reference puts the reference name of LIST in front of a pattern.
func reference(ref, pattern string) string {
	if ref == "" || strings.HasPrefix(pattern, "/") {
		return strings.TrimPrefix(pattern, "/")
	}
	if !strings.HasSuffix(ref, "/") {
		ref += "/"
	}
	return ref + pattern
}

func matchesAny(name string, patterns []string) bool {
	for _, p := range patterns {
		if matches(name, p) || name == "INBOX" && strings.EqualFold(p, "INBOX") {
			return true
		}
	}
	return false
}

// matches tells whether a name fits a pattern, in which '*' stands for anything and '%' for anything within one level. It takes the
// product of both lengths at worst; the library's own matcher takes for ever on "*a*a*a*a".
func matches(name, pattern string) bool {
	// fits[i] tells whether the pattern so far fits name[:i].
	fits := make([]bool, len(name)+1)
	fits[0] = true
	for j := 0; j < len(pattern); j++ {
		p := pattern[j]
		if p != '*' && p != '%' {
			for i := len(name); i > 0; i-- {
				fits[i] = fits[i-1] && name[i-1] == p
			}
			fits[0] = false
			continue
		}
		for i := 1; i <= len(name); i++ {
			fits[i] = fits[i] || fits[i-1] && (p == '*' || name[i-1] != '/')
		}
	}
	return fits[len(name)]
}

// Status answers STATUS.
func (s *session) Status(name string, options *imap.StatusOptions) (*imap.StatusData, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status(name, options)
}

func (s *session) status(name string, options *imap.StatusOptions) (*imap.StatusData, error) {
	view, err := s.open(name)
	if err != nil {
		return nil, err
	}
	st, err := view.Status(s.server.ctx)
	if err != nil {
		return nil, s.answer("status", err)
	}
	none, nothing, limit := uint32(0), int64(0), s.appendLimit(name)
	return &imap.StatusData{
		Mailbox:        name,
		NumMessages:    &st.Messages,
		NumRecent:      &none,
		UIDNext:        imap.UID(st.Next),
		UIDValidity:    st.Validity,
		NumUnseen:      &st.Unseen,
		NumDeleted:     &st.Deleted,
		Size:           &st.Size,
		AppendLimit:    limit,
		DeletedStorage: &nothing,
	}, nil
}

// appendLimit is the greatest letter a mailbox takes.
func (s *session) appendLimit(name string) *uint32 {
	limit := uint32(0)
	if s.takes(name) != Nothing {
		limit = s.AppendLimit()
	}
	return &limit
}

// Create makes a mailbox where the Account knows how.
func (s *session) Create(name string, _ *imap.CreateOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	name = strings.TrimSuffix(name, "/") // "there will be folders below it", which needs no preparation here
	c, ok := s.account.(Creator)
	if !ok || !isMailboxName(name) {
		return no(imap.ResponseCodeCannot, saysNoCreate)
	}
	return s.answer("create", c.Create(s.server.ctx, name))
}

// Delete is refused.
func (s *session) Delete(string) error { return no(imap.ResponseCodeCannot, saysNoDelete) }

// Rename is refused.
func (s *session) Rename(string, string, *imap.RenameOptions) error {
	return no(imap.ResponseCodeCannot, saysNoRename)
}

// Subscribe finds everything subscribed already.
func (s *session) Subscribe(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, err := s.mailboxes()
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.Name == name {
			return nil
		}
	}
	return s.answer("subscribe", refusal.Because(refusal.NotFound, saysNoMailbox))
}

// Unsubscribe is refused.
func (s *session) Unsubscribe(string) error { return no(imap.ResponseCodeCannot, saysNoUnsub) }

// takes tells what becomes of a letter filed into a mailbox.
func (s *session) takes(name string) Takes {
	all, err := s.mailboxes()
	if err != nil {
		return Nothing
	}
	for _, m := range all {
		if m.Name == name && !m.Branch {
			return m.Takes
		}
	}
	return Nothing
}
