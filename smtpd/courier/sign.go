package courier

import (
	"context"
	"errors"
	"strings"

	"backchannel/archive/letter"
	"backchannel/smtpd/mailauth"
	"backchannel/smtpd/queue"
)

// Signing signs every copy that leaves, whichever way it goes (M6), and signs it again when a host takes less than it needs (M10): a
// message that was changed after it was signed is worse than none. It is a queue.Signer.
type Signing struct {
	DKIM *mailauth.Signer
	ARC  bool // posts that carry the chain of those who passed them on are sealed as well (M9)

	bodies letter.Recoder
}

// Sign puts our signature on top.
func (s *Signing) Sign(_ context.Context, m queue.Message) (queue.Message, error) {
	signed, err := s.sign(m)
	if err != nil {
		return m, err
	}
	signed.Again = func(l queue.Lacks) (queue.Message, error) { return s.again(m, l) }
	return signed, nil
}

func (s *Signing) sign(m queue.Message) (queue.Message, error) {
	field, err := s.DKIM.Sign(m.Head, m.Body, m.From.Domain)
	if err != nil {
		return m, err
	}
	head := make([]byte, 0, len(field)+len(m.Head))
	m.Head = append(append(head, field...), m.Head...)
	if !s.ARC {
		return m, nil
	}
	set, err := s.DKIM.Seal(m.Head, m.Body, m.From.Domain)
	if err == nil && set != nil {
		m.Head = append(set, m.Head...)
	}
	return m, err
}

// again makes an unsigned message anew, and signs it.
func (s *Signing) again(m queue.Message, l queue.Lacks) (queue.Message, error) {
	if m.Other != nil { // the author's own signature is not good for what follows
		head, err := m.Other()
		if err != nil {
			return m, err
		}
		m.Head = head
	}
	if l.EightBit {
		anew, err := s.bodies.Recode(m.Head, m.Body, true)
		if err != nil {
			return m, err
		}
		if m.Head, err = anew.Head(m.Head); err != nil {
			return m, err
		}
		m.Body = anew.Body
	}
	if !letter.Fits(m.Head, true) {
		head, err := asciiHead(m.Head)
		if err != nil {
			return m, err
		}
		m.Head = head
	}
	return s.sign(m)
}

// asciiHead is a header without the addresses that cannot be written in ASCII. Where that takes the one to whom answers go, they go to
// the managers: an answer meant for one person must not come out on the list.
func asciiHead(head []byte) ([]byte, error) {
	h := letter.ParseHeader(head)
	answers := h.Count("Reply-To")
	h.Fit(true)
	if h.Count("From") == 0 {
		return nil, errors.New("its author has no address in ASCII")
	}
	if answers > 0 && h.Count("Reply-To") == 0 {
		owner := strings.Trim(h.Get("List-Owner"), "<>")
		if err := h.Set("Reply-To", strings.TrimPrefix(owner, "mailto:")); err != nil || owner == "" {
			return nil, errors.New("its author has no address in ASCII")
		}
	}
	return h.Bytes(), nil
}
