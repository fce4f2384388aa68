package main

import (
	"backchannel/smtpd/courier"
	"backchannel/smtpd/mailauth"
)

// signer signs every copy that leaves, whichever way it goes (M6).
func (p *Program) signer() *courier.Signing {
	return &courier.Signing{DKIM: &mailauth.Signer{Key: p.Ring.Signing, Now: p.Now}, ARC: p.Config.ARC}
}

// sealer is our name in ARC chains; "" while arc is off.
func (p *Program) sealer() string {
	if !p.Config.ARC {
		return ""
	}
	return p.Config.Hostname
}
