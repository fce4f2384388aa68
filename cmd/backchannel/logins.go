package main

import (
	"backchannel/archive/imapd"
	"backchannel/lists/desk"
	"backchannel/smtpd"
)

// newReception lets people in who have an app password. There is one for all doors, which counts wrong ones.
func (p *Program) newReception() *desk.Desk {
	return &desk.Desk{DB: p.DB, Store: p.Store, Box: p.Box, Posts: p.Desk, Log: p.Log}
}

func (p *Program) submissionLogin() smtpd.Login { return p.reception.SMTP() }
func (p *Program) imapLogin() imapd.Login       { return p.reception.IMAP() }
