package mailroom

import (
	"backchannel/lists/address"
	"backchannel/smtpd/bounce"
)

// The names under which receivers are registered. The row of a token names its receiver with the same words.
const (
	Moderation  = "moderation"  // posts, and answers about held ones
	Membership  = "membership"  // leaving, settings, help
	Backchannel = "backchannel" // the managers' letterbox
	Digest      = "digest"      // answers to a digest
	Reports     = "reports"     // what others report about our domain
	Returns     = "bounces"     // what comes back, and complaints
)

// roles says who answers to a fixed word. A word that stands here is an address, one that does not is none: there is no other list
// of what this server answers to.
var roles = map[string]string{
	"oops": Moderation, "managers": Backchannel, "postmaster": Backchannel, "abuse": Backchannel, "digest": Digest,
	"anon": Backchannel, "report": Backchannel, "ombuds": Backchannel,
	"dmarc-reports": Reports, "tls-reports": Reports,
	"join": Membership, "leave": Membership, "help": Membership, "weekly": Membership, "daily": Membership, "monthly": Membership, "nodigest": Membership, "each": Membership,
	"fbl": Returns,
}

// listRoles is the same for LIST-word.
var listRoles = map[string]string{"managers": Backchannel, "join": Membership, "leave": Membership, "request": Membership, "confirm": Membership, "bounces": Membership}

// route names the receiver of an address without a token; false when nobody answers to it.
func route(n address.Name) (receiver string, ok bool) {
	switch n.Form {
	case address.Role:
		receiver, ok = roles[n.Word]
	case address.ListRole:
		receiver, ok = listRoles[n.Word]
	case address.List:
		receiver, ok = Moderation, true
	}
	return receiver, ok
}

// hears tells whether an address takes a program's letter of this kind. Nearly none does (D2): where it does, nothing is published or
// decided by such a letter but what its one token was made for, and nobody is answered.
func hears(n address.Name, kind bounce.Kind) bool {
	switch {
	case kind == bounce.Person:
		return true
	case n.Form == address.Token && n.Kind == address.Bounce:
		return true
	case n.Form == address.Role && (n.Word == "postmaster" || n.Word == "abuse"):
		return true // they always work (M22), and those who write there are often machines
	case reported(n):
		return true // programs write them, and some do not say so
	case complains(n):
		return kind == bounce.Complaint
	case pressed(n):
		return kind == bounce.AutoReply || kind == bounce.Generated || kind == bounce.Bulk
	}
	return false
}

// reported tells whether other mail systems send their reports about our domain to an address (M21). Nothing is decided by them.
func reported(n address.Name) bool { return n.Form == address.Role && roles[n.Word] == Reports }

// pressed tells whether mail programs write to an address by themselves when a person presses a button: the addresses of
// List-Unsubscribe. Apple's marks such a letter as an automatic reply. Who sent it counts there as with a person's own letter.
func pressed(n address.Name) bool {
	return n.Form == address.Token && (n.Kind == address.Leave || n.Kind == address.DigestOff)
}

// complains tells whether mail providers report to an address what was called spam. Who reports counts there, too (D4).
func complains(n address.Name) bool { return n.Form == address.Role && n.Word == "fbl" }
