// Package mailauth finds out what the domain of a letter can vouch for: whether the letter really comes from the domain that
// its From names. It promises a Finding for every letter, never an error and never a guess: the DNS is asked within fixed
// limits (5 s for a question, 20 s for a letter, 8 KiB of TXT, RFC 7208 §4.6.4 for SPF), nothing learned for one letter is
// used for the next, and a DNS that does not answer makes the Finding Temporary instead of a verdict. What is found is told
// in one sentence for people, to be read in `inspect` and in the trace of the letter.
//
// Two proofs are known so far: a login at our own door, and SPF (RFC 7208) in alignment with From. SPF is aligned when the
// domain it passed for is the domain of From or lies below it, at a label boundary. That is the part of relaxed alignment
// (RFC 9989) which needs no further question to the DNS: the tree walk, which finds the organisation that two sibling domains
// share and which can tell a public suffix from a company, comes with DMARC, and with DKIM and ARC, in the next step.
//
// Nothing here knows members or lists. Who is verified, weak or none is decided in lists, from the Finding and the addresses
// of the member.
package mailauth

import (
	"context"
	"net/netip"
	"time"

	"backchannel/archive/letter"
)

// The limits on asking the DNS, for one question and for all questions about one letter (E4).
const (
	queryTime   = 5 * time.Second
	messageTime = 20 * time.Second
	maxTXT      = 8 << 10 // octets of all TXT records of a name together
)

// Session is what the door knows about the host that brings a letter.
type Session struct {
	IP       netip.Addr     // the address of the client
	HELO     string         // as the client wrote it; strangers write anything
	MailFrom letter.Address // the envelope sender; zero for <>
	Login    letter.Address // who signed in; zero for nobody
}

// Finding says what was found about the sender of one letter. It is stored with the letter as JSON.
type Finding struct {
	// SPF is the result word of RFC 7208 §2.6; empty when SPF was not asked, as after a login.
	SPF string `json:"spf,omitempty"`
	// Domain is the domain that SPF was asked about: the envelope sender's, or the HELO name when that is <>.
	Domain string `json:"domain,omitempty"`
	// Aligned tells that Domain vouches for this letter and for the domain in From.
	Aligned bool `json:"aligned,omitempty"`
	// Login tells that the writer signed in with the very address that stands in From.
	Login bool `json:"login,omitempty"`
	// Temporary tells that the answer which could have proved From was not to be had now. The letter is to be tried again
	// later (451); no verdict may be drawn from this Finding. An answer that could not have changed anything is not waited for.
	Temporary bool `json:"temporary,omitempty"`
	// Why tells all this in one English sentence of printable ASCII.
	Why string `json:"why"`
}

// Check finds out what vouches for from, the one address in the From header of a letter (zero when there is none). It asks
// the DNS through r and takes at most 20 seconds; do not call it inside a transaction. When ctx ends early the questions left
// count as not answered.
func Check(ctx context.Context, r Resolver, s Session, from letter.Address) Finding {
	if !s.Login.IsZero() {
		return byLogin(s.Login, from)
	}
	ctx, cancel := context.WithTimeout(ctx, messageTime)
	defer cancel()
	return bySPF(ctx, newBudget(r), s, from)
}

// byLogin takes a login as the proof for that one address. The client of a login is somebody's telephone: what the domain
// says about hosts that send its mail means nothing there, so SPF is not asked.
func byLogin(login, from letter.Address) Finding {
	switch {
	case from.IsZero():
		return Finding{Why: printable("The writer signed in as %s, but the letter names no author.", login)}
	case login.Key() != from.Key():
		return Finding{Why: printable("The writer signed in as %s, but From names %s.", login, from)}
	}
	return Finding{Login: true, Why: printable("The writer signed in as %s.", login)}
}
