package main

import (
	"context"

	"backchannel/smtpd/mailauth"
	"backchannel/smtpd/queue"
)

// signer signs every copy that leaves, whichever way it goes (M6).
type signer struct {
	dkim *mailauth.Signer
}

func (p *Program) signer() signer {
	return signer{dkim: &mailauth.Signer{Key: p.Ring.Signing, Now: p.Now}}
}

// Sign puts the signature on top.
func (s signer) Sign(_ context.Context, m queue.Message) (queue.Message, error) {
	field, err := s.dkim.Sign(m.Head, m.Body, m.From.Domain)
	if err != nil {
		return m, err
	}
	m.Head = append(field, m.Head...)
	return m, nil
}
