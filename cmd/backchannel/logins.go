package main

import (
	"context"
	"net/netip"

	"backchannel/archive/imapd"
	"backchannel/smtpd"
	"backchannel/templates/refusal"
)

// nobody lets no one in: it stands here until lists/desk knows what people see.
type nobody struct{}

// Login refuses.
func (nobody) Login(context.Context, netip.Addr, string, string) (imapd.Account, error) {
	return nil, refusal.Because(refusal.NotAllowed, "Nobody can sign in yet.")
}

func (p *Program) submissionLogin() smtpd.Login { return nil }
func (p *Program) imapLogin() imapd.Login       { return nobody{} }
