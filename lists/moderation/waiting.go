package moderation

import (
	"slices"

	"backchannel/archive/db"
	"backchannel/lists"
)

// ForManagers are the letters of a community that wait for a manager's decision, oldest first. Those that wait for their author's word are
// none of them.
func ForManagers(tx *db.Tx, c lists.CommunityID) ([]Held, error) {
	all, err := List(tx, c)
	return slices.DeleteFunc(all, func(h Held) bool { return h.Why.authors() }), err
}

// CountForManagers counts them.
func CountForManagers(tx *db.Tx, c lists.CommunityID) (int, error) {
	all, err := ForManagers(tx, c)
	return len(all), err
}
