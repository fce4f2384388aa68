package moderation

import (
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/relay"
)

// PostWritten publishes a letter that we wrote from a member's own words, which they have seen as they stand and said yes to: a new member's
// introduction, a host's jam. It counts as the first post that was let pass (product.md C2). What the rules of the list refuse, as in an
// emergency stop, is refused here, too; what they would hold was asked for, and waits for nobody.
func (d *Desk) PostWritten(tx *db.Tx, c lists.Community, l lists.List, author lists.Member, post *letter.Letter, story string) error {
	facts, err := d.facts(tx, l, post)
	if err != nil {
		return err
	}
	if ruled := l.Rules.Judge(l, author, facts); ruled.Action == lists.Refuse {
		return ruled.Refusal
	}
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
