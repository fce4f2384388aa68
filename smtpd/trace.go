package smtpd

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"
)

// newStory names a letter for the rest of its life: 50 random bits, so that an id in a reply or a log cannot be guessed, behind the
// second, so that the letters of one hour stand together in every index and not each on a page of its own.
func newStory(at time.Time) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	var b [4 + 10]byte
	_, _ = rand.Read(b[4:]) // never fails: since Go 1.24 the program ends instead
	for i, s := 3, at.Unix(); i >= 0; i, s = i-1, s/32 {
		b[i] = byte(s % 32)
	}
	for i, c := range b {
		b[i] = alphabet[c%32]
	}
	return string(b[:])
}

// trace is our own Received field (RFC 5321 §4.4). It names no recipient: recipients carry personal tokens.
func (s *session) trace(e *Envelope, at time.Time) string {
	from := heloInTrace(e.HELO)
	if ip := e.Remote; ip.IsValid() {
		literal := ip.String()
		if ip.Is6() {
			literal = "IPv6:" + ip.WithZone("").String()
		}
		from += " ([" + literal + "])"
	}
	return fmt.Sprintf("Received: from %s\r\n\tby %s with %s id %s;\r\n\t%s\r\n",
		from, s.server.cfg.Hostname, s.protocol(e), e.Story, at.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
}

// heloInTrace leaves of a HELO name what a Domain or address literal is made of (A12): anything else could close a comment or
// begin a clause of the field.
func heloInTrace(helo string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', strings.ContainsRune(".-_:[]", r):
			return r
		}
		return '?'
	}, helo)
	if name == "" {
		return "unknown"
	}
	return name
}

// protocol is how the letter came (RFC 3848, RFC 6531 §4.3).
func (s *session) protocol(e *Envelope) string {
	name := "SMTP"
	switch {
	case e.Door == LMTP:
		name = "LMTP"
	case e.UTF8: // UTF8SMTP says ESMTP already
	case s.greeting == "EHLO":
		name = "ESMTP"
	}
	if e.UTF8 {
		name = "UTF8" + name
	}
	if e.TLS {
		name += "S"
	}
	if !e.Login.IsZero() {
		name += "A"
	}
	return name
}
