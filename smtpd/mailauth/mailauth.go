// Package mailauth finds out what the domain of a letter can vouch for: whether the letter really comes from the domain that
// its From names. It promises a Finding for every letter, never an error and never a guess: the DNS is asked within fixed
// limits (5 s for a question, 20 s for a letter, 8 KiB of TXT, RFC 7208 §4.6.4 for SPF), nothing learned for one letter is
// used for the next, and a DNS that does not answer makes the Finding Temporary instead of a verdict. What is found is told
// in one sentence for people, to be read in `inspect` and in the trace of the letter.
//
// The proofs are a login at our own door, a DKIM signature (RFC 6376, RFC 8463), and SPF (RFC 7208). A signature or a host speaks
// for From only when its domain is of one organisation with From's: that is found by the tree walk of RFC 9989, without any list
// of public suffixes, and computed here (C2). What the owner of From's domain wants done with letters that nothing proves (DMARC)
// is told as well, and what those who passed the letter on found (ARC) is kept, though nothing depends on it.
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
	// At is when the letter came. Without it a signature that says when it expires has expired.
	At time.Time
}

// Finding says what was found about the sender of one letter. It is stored with the letter as JSON.
type Finding struct {
	// SPF is the result word of RFC 7208 §2.6; empty when SPF was not asked, as after a login.
	SPF string `json:"spf,omitempty"`
	// Domain is the domain that SPF was asked about: the envelope sender's, or the HELO name when that is <>.
	Domain string `json:"domain,omitempty"`
	// Signatures are the DKIM signatures of the letter, in the order they stand in, and at most 16 of them.
	Signatures []Signature `json:"dkim,omitempty"`
	// DMARC is the result word of DMARC: pass, fail, none, temperror; empty when it was not asked, as after a login.
	DMARC string `json:"dmarc,omitempty"`
	// DMARCDomain is where the policy record that applies stands; Policy is what it wants done with letters that nothing
	// proves ("none", "quarantine" or "reject"), t=y taken into account. Both are empty where there is none.
	DMARCDomain string `json:"dmarc_domain,omitempty"`
	Policy      string `json:"policy,omitempty"`
	// Aligned tells that something vouches for this letter and for the domain in From. AlignedBy tells what: "dkim", "spf" or
	// "dkim+spf".
	Aligned   bool   `json:"aligned,omitempty"`
	AlignedBy string `json:"aligned_by,omitempty"`
	// Refused tells that nothing does, and that the domain in From wants such letters refused or put aside.
	Refused bool `json:"refused,omitempty"`
	// Login tells that the writer signed in with the very address that stands in From.
	Login bool `json:"login,omitempty"`
	// Temporary tells that the answer which could have proved From, or the policy for letters that are not proved, was not to
	// be had now. The letter is to be tried again later (451); no verdict may be drawn from this Finding. An answer that could
	// not have changed anything is not waited for.
	Temporary bool `json:"temporary,omitempty"`
	// ARC is the chain of those who passed the letter on; nil when there is none.
	ARC *Chain `json:"arc,omitempty"`
	// Why tells all this in one English sentence of printable ASCII.
	Why string `json:"why"`
}

// Check finds out by the envelope alone what vouches for from, the one address in the From header of a letter (zero when there is
// none). It is CheckLetter without the letter: no signature is seen, and so nothing is ever Refused, since one might have proved
// it.
func Check(ctx context.Context, r Resolver, s Session, from letter.Address) Finding {
	if !s.Login.IsZero() {
		return byLogin(s.Login, from)
	}
	return examine(ctx, r, s, from, nil)
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
