package lists

import (
	"backchannel/archive/letter"
	"backchannel/smtpd/mailauth"
	"backchannel/templates/refusal"
)

// Verdict is what we know about who sent a letter (product.md 0.1).
type Verdict string

// The verdicts.
const (
	Verified   Verdict = "verified" // the address in From is a confirmed one, and its domain or a login vouches for it
	Weak       Verdict = "weak"     // it is a confirmed one, and nobody vouches, nor forbids
	Unverified Verdict = "none"     // it is nobody's, or its domain says that the letter is forged
)

// Verification is what a post from a sender who is not verified meets: the operator's choice in config.yaml.
type Verification string

// The choices.
const (
	Require Verification = "require" // refused
	Confirm Verification = "confirm" // held, and its author asked
	Off     Verification = "off"     // a known address is enough; for loopback only
)

// Judge draws the verdict from what the DNS and the session vouch for, and from whether the From address is a confirmed one.
func Judge(f mailauth.Finding, known bool, v Verification) Verdict {
	switch {
	case !known, f.Refused && v != Off:
		return Unverified
	case v == Off || f.Login || f.Aligned:
		return Verified
	default:
		return Weak
	}
}

// Action is what is done with a post.
type Action string

// The actions.
const (
	Accept Action = "accept"
	Hold   Action = "hold"   // kept; somebody is asked
	Refuse Action = "refuse" // not taken, with a sentence

	Discard Action = "discard" // taken and forgotten: a stranger's, by a rule of the list
)

// Why says for what reason a post is held.
type Why string

// Reasons to hold a post.
const (
	WhySender  Why = "sender"  // we are not sure that its author sent it; the author is asked
	WhyTooMany Why = "rate"    // more posts than the list takes from one person; managers are asked
	WhyNew     Why = "newcome" // from somebody whose posts managers read first
	WhyRule    Why = "rule"    // a rule of the list stands against it; managers are asked
	WhyLink    Why = "link"    // from somebody quite new, with a link or a file, or one more within the hour
)

// Standing is where the sender of a post stands with a list.
type Standing struct {
	Member   Member // zero ID: nobody of this community
	Verdict  Verdict
	LastHour int // posts of theirs on this list in the last hour, and in the last day
	LastDay  int
	Links    bool // the post has a link in it
	Files    bool // the post has something attached
}

// Decision is what is to be done with a post, and why.
type Decision struct {
	Action  Action
	Why     Why              // of a Hold
	Detail  string           // of one by WhyRule: which rule, "it has more than 3 links"
	Refusal *refusal.Refusal // of a Refuse
}

// NoSuchAddress is the one sentence for every address that a sender may not write to, whether it exists or not: it helps a member
// who wrote from another address, or through a host that is not their domain's, and tells a stranger nothing (A10): whoever forges
// addresses must not learn from our words whose are members'.
func NoSuchAddress() *refusal.Refusal {
	return refusal.Say(refusal.NoSuchAddress, "address.nobody")
}

// NotSure refuses an answer to a question of ours for which nobody vouches: it came from their address, and not provably from them
// (product.md 0.1).
func NotSure() *refusal.Refusal {
	return refusal.Because(refusal.NotAllowed, "We cannot be sure that this answer comes from you, so nothing was done. Please send it once more, through the mail provider of your own address.")
}

// NoManager refuses a decision of somebody who was asked as a manager, is surely who they say, and is no manager any more.
func NoManager(c Community) *refusal.Refusal {
	return refusal.Because(refusal.NotAllowed, "You are no manager of %s any more, and this is for its managers to decide, so nothing was done.", c.Name)
}

// Decide says what is to be done with a post that is a letter of a person: robots and loops were sent away before. It asks nobody
// and changes nothing.
func Decide(l List, s Standing, v Verification) Decision {
	if s.Member.ID == 0 {
		return decideStranger(l)
	}
	if s.Verdict == Unverified {
		return refused(NoSuchAddress()) // forged: not even where strangers are heard
	}
	switch s.Member.State {
	case Active:
	case Paused:
		// Mail to them came back, but they are heard: a verified letter is the proof that they are well.
		if s.Verdict != Verified {
			return refused(NoSuchAddress())
		}
	default:
		return refused(NoSuchAddress())
	}
	if l.Posting == ByManagers && !s.Member.Manager() {
		if s.Verdict != Verified {
			return refused(NoSuchAddress())
		}
		return refused(refusal.Say(refusal.NotAllowed, "list.managers", l.Address(), letter.Address{Local: "managers", Domain: l.Domain}))
	}
	if s.Verdict == Weak {
		if v == Require {
			return refused(NoSuchAddress())
		}
		return Decision{Action: Hold, Why: WhySender}
	}
	if l.PostsPerHour > 0 && (s.LastHour >= l.PostsPerHour || s.LastDay >= 3*l.PostsPerHour) {
		return Decision{Action: Hold, Why: WhyTooMany} // C10
	}
	if why := newHere(l, s); why != "" {
		return Decision{Action: Hold, Why: why}
	}
	return Decision{Action: Accept}
}

// newHere tells whether managers read a post first because its author is new: the younger a list, the more of them (product.md C2). "" is no.
func newHere(l List, s Standing) Why {
	link := s.Links || s.Files || s.LastHour > 0
	switch {
	case s.Member.Manager() || s.Member.Trust >= Known:
	case s.Member.Trust == New && l.Stage == Rooted:
		if s.Links {
			return WhyNew
		}
	case s.Member.Trust == New, l.Stage == Founding:
		return WhyNew
	case l.Stage == Growing && link:
		return WhyLink
	}
	return ""
}

// decideStranger: only a list that is open to anyone hears them, and then a manager reads first.
func decideStranger(l List) Decision {
	if l.Posting == ByAnyone {
		return Decision{Action: Hold, Why: WhyNew}
	}
	return refused(NoSuchAddress())
}

func refused(r *refusal.Refusal) Decision { return Decision{Action: Refuse, Refusal: r} }
