package moderation

import (
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/relay"
)

// PostWritten publishes a letter that we wrote from a member's own words, which they have seen as they stand and said yes to: a new member's
// introduction. It counts as the first post that was let pass (product.md C2).
func (d *Desk) PostWritten(tx *db.Tx, c lists.Community, l lists.List, author lists.Member, post *letter.Letter, story string) error {
	if err := d.publish(tx, relay.Publication{Community: c, List: l, Letter: post, Author: author, Story: story}); err != nil {
		return err
	}
	to, err := next(tx, author, false)
	if err != nil {
		return err
	}
	_, err = d.step(tx, author, to, byPost, 0)
	return err
}
