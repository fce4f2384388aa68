package digest

import (
	"errors"
	"slices"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// jamPosts are the posts that a jam has brought so far, oldest first: those of threads with its tag, within its days, on its list. Many
// readers share what one has read.
func (e *Editor) jamPosts(tx *db.Tx, j jam) ([]archive.Post, error) {
	l, err := lists.ListByID(tx, j.list)
	if err != nil {
		return nil, err
	}
	before, err := e.Store.Newest(tx, l.Box, j.from)
	if err != nil {
		return nil, err
	}
	week, err := e.gatherList(tx, l, before, j.to, nil)
	if err != nil {
		return nil, err
	}
	var all []archive.Post
	for _, t := range week.threads {
		if !slices.Contains(t.tags, j.tag) {
			continue
		}
		for _, p := range t.posts {
			if p.ID != j.post && p.State == archive.Published {
				all = append(all, p)
			}
		}
	}
	slices.SortFunc(all, func(a, b archive.Post) int { return int(a.Seq - b.Seq) })
	return all, nil
}

// countPeople counts who wrote some posts. Programs are no people.
func countPeople(posts []archive.Post) int {
	people := map[string]bool{}
	for _, p := range posts {
		if !p.Program {
			people[who(p)] = true
		}
	}
	return len(people)
}

// jamFor is the jam of which a reader's issue tells: the first of those whose days are now, on a list that the reader is on.
func (e *Editor) jamFor(tx *db.Tx, r reader) (*templates.Jam, error) {
	now, err := jamsNow(tx, r.community.ID)
	if err != nil {
		return nil, err
	}
	for _, j := range now {
		if _, on, err := lists.SubscriptionOf(tx, r.member.ID, j.list); err != nil || !on {
			if err != nil {
				return nil, err
			}
			continue
		}
		posts, err := e.jamPosts(tx, j)
		if err != nil {
			return nil, err
		}
		idea, err := e.ideaDoor(tx, r, j)
		if err != nil {
			return nil, err
		}
		return &templates.Jam{
			Tag: "#" + j.tag, Text: letter.Excerpt(hide(lists.WithoutDoors(j.questions), r.community.Domain), jamAnnounced), Answers: len(posts), People: countPeople(posts),
			Idea: idea.Address.String(),
		}, nil
	}
	return nil, nil
}

// jamOver ends a jam: a draft is forgotten, and of a jam that was announced its host gets all posts as one mail, and is asked for a summary.
// When the host has left, the community or that list, the managers are.
func (e *Editor) jamOver(tx *db.Tx, due calendar.Due) error {
	j, err := findJam(tx, due.Object)
	if errors.Is(err, db.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	switch j.state {
	case jamDraft:
		j.state = jamDropped
		return j.save(tx)
	case jamLive:
		j.state = jamOver
		if err := j.save(tx); err != nil {
			return err
		}
		return e.endJam(tx, j)
	}
	return nil
}

func (e *Editor) endJam(tx *db.Tx, j jam) error {
	c, err := lists.CommunityByID(tx, j.community)
	if err != nil {
		return err
	}
	host, err := lists.MemberByID(tx, j.host)
	if err != nil {
		return err
	}
	readers := []lists.Member{host}
	_, on, err := lists.SubscriptionOf(tx, host.ID, j.list)
	if err != nil {
		return err
	}
	if host.State != lists.Active || !on && !host.Manager() {
		if readers, err = lists.Managers(tx, c.ID); err != nil {
			return err
		}
	}
	posts, err := e.jamPosts(tx, j)
	if err != nil {
		return err
	}
	l, err := lists.ListByID(tx, j.list)
	if err != nil {
		return err
	}
	for _, m := range readers {
		t := templates.JamEnd{Community: c.Name, List: l.Title(), Tag: "#" + j.tag, People: countPeople(posts), Gone: m.ID != j.host, Days: j.asked()}
		if len(posts) > 0 {
			var some []archive.Post
			some, t.Left = fitting(slices.Clone(posts))
			for _, p := range some {
				t.Posts = append(t.Posts, reader{member: m, community: c}.whole(p))
			}
		}
		words, err := t.Render()
		if err != nil {
			return err
		}
		mail := notice.ToMember(c, m, notice.Asks, words)
		if mail.ReplyTo, err = e.jamDoor(tx, c, m, j); err != nil {
			return err
		}
		if _, err := e.Office.Send(tx, mail); err != nil {
			return err
		}
	}
	return nil
}
