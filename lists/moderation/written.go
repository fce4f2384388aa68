package moderation

import (
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/relay"
)

// PostWritten publishes a letter that we wrote from a member's own words, which they have seen as they stand and said yes to.
func (d *Desk) PostWritten(tx *db.Tx, c lists.Community, l lists.List, author lists.Member, post *letter.Letter, story string) error {
	return d.publish(tx, relay.Publication{Community: c, List: l, Letter: post, Author: author, Story: story})
}
