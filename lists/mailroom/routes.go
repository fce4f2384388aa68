package mailroom

import (
	"backchannel/lists/address"
)

// The names under which receivers are registered. The row of a token names its receiver with the same words.
const (
	Moderation  = "moderation"  // posts, and answers about held ones
	Membership  = "membership"  // leaving, settings, help
	Backchannel = "backchannel" // the managers' letterbox
	Digest      = "digest"      // answers to a digest
	bounces     = "bounces"     // what comes back; the mailroom's own
)

// roles says who answers to a fixed word. A word that stands here is an address, one that does not is none: there is no other list
// of what this server answers to.
var roles = map[string]string{
	"managers": Backchannel, "postmaster": Backchannel, "abuse": Backchannel, "digest": Digest,
	"leave": Membership, "help": Membership, "weekly": Membership, "daily": Membership, "monthly": Membership, "nodigest": Membership, "each": Membership,
}

// listRoles is the same for LIST-word.
var listRoles = map[string]string{"managers": Backchannel, "leave": Membership, "request": Membership}

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

// private tells whether an address is a private door: a letter that names one is private before it is anything else (W4).
func private(n address.Name) bool {
	switch n.Form {
	case address.Token:
		return n.Kind == address.Private || n.Kind == address.Note
	case address.Role:
		return n.Word == "managers" || n.Word == "anon" || n.Word == "report" || n.Word == "ombuds"
	case address.ListRole:
		return n.Word == "managers"
	}
	return false
}
