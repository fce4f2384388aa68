package moderation

import (
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates/refusal"
)

// decide asks what may be done with a post of somebody on a list, now: by who it is, and by the rules of the list about the post itself.
func (d *Desk) decide(tx *db.Tx, l lists.List, author lists.Member, v lists.Verdict, p lists.Verification, post *letter.Letter) (lists.Decision, error) {
	s := lists.Standing{Member: author, Verdict: v}
	fresh := author.Trust < lists.Known
	if fresh {
		s.Links, s.Files = links(post) > 0, len(post.Files()) > 0
	}
	if author.ID != 0 && (l.PostsPerHour > 0 || fresh) {
		var err error
		if s.LastHour, s.LastDay, err = lists.RecentPosts(tx, l.ID, author.ID); err != nil {
			return lists.Decision{}, err
		}
	}
	decision := lists.Decide(l, s, p)
	if decision.Action == lists.Refuse || decision.Why == lists.WhySender {
		return decision, nil // nobody learns from a forged letter what the rules are
	}
	if closed, err := d.shut(tx, l, post); err != nil || closed && !author.Manager() {
		return lists.Decision{Action: lists.Refuse, Refusal: refusal.Say(refusal.NotAllowed, "thread.closed",
			l.Address(), letter.Address{Local: "managers", Domain: l.Domain})}, err
	}
	facts, err := d.facts(tx, l, post)
	if err != nil {
		return lists.Decision{}, err
	}
	if ruled := l.Rules.Judge(l, author, facts); ruled.Action == lists.Refuse || ruled.Action == lists.Discard || decision.Action == lists.Accept {
		return ruled, nil
	}
	return decision, nil
}

// facts are what the rules of a list look at.
func (d *Desk) facts(tx *db.Tx, l lists.List, post *letter.Letter) (lists.Facts, error) {
	f := lists.Facts{Post: post, Opens: true}
	if l.Rules.Asks() {
		f.Links, f.Text = links(post), post.NewText().Text
		threads, err := d.threadsOf(tx, l, post)
		if err != nil {
			return f, err
		}
		f.Opens = len(threads) == 0
		var last time.Time
		for _, id := range threads {
			t, err := d.Office.Store.Thread(tx, id)
			if err != nil {
				return f, err
			}
			if t.Last.After(last) {
				last = t.Last
			}
		}
		if !last.IsZero() {
			f.Quiet = tx.Now.Sub(last)
		}
	}
	return f, nil
}
