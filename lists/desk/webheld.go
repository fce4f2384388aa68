package desk

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// heldPath is the page of what waits for a manager.
const heldPath = "/held"

// held hangs in the pages of posts that wait. They are for managers alone: to everybody else there is nothing here (P15).
func (p *Pages) held() {
	p.web.Handle("GET "+heldPath, p.seen(func(tx *db.Tx, v visitor, _ *http.Request) (page, error) {
		return p.waiting(tx, v, templates.HeldPage{})
	}))
	p.web.Handle("GET "+heldPath+"/{id}", p.seen(p.heldPost))
	p.web.Handle("POST "+heldPath+"/{id}", p.form(p.decideHeld))
}

// instead is the page that is shown when nothing was done after all: what was begun is taken back.
type instead struct{ page }

func (instead) Error() string { return "nothing was done" }

// decideHeld takes a manager's decision. Unlike deed it asks first who it is, so that nobody else learns even that a form is old; and what
// was typed into one is not lost.
func (p *Pages) decideHeld(w http.ResponseWriter, r *http.Request, form url.Values) {
	var shown page
	err := p.db.Update(r.Context(), func(tx *db.Tx) error {
		v, err := p.visitor(tx, r)
		if err == nil {
			shown, err = p.decide(tx, v, r.PathValue("id"), form)
		}
		return err
	})
	if other := (instead{}); errors.As(err, &other) {
		shown, err = other.page, nil
	}
	if !p.failed(w, r, "decide about a post", err) {
		html, err := shown.Render()
		p.give(w, r, http.StatusOK, html, err)
	}
}

// manages are the places of somebody where they are a manager, at this moment.
func (v visitor) manages() (all []lists.Member) {
	for _, m := range v.here {
		if m.Manager() {
			all = append(all, m)
		}
	}
	return all
}

// waiting fills the page of all that waits.
func (p *Pages) waiting(tx *db.Tx, v visitor, shown templates.HeldPage) (page, error) {
	shown.Room = v.room
	for _, m := range v.manages() {
		at, err := p.desk.Posts.Waiting(tx, m)
		if err != nil {
			return nil, err
		}
		shown.All = append(shown.All, at)
	}
	if len(shown.All) == 0 {
		return nil, notHere()
	}
	return shown, nil
}

// heldPost shows one post, or how it was decided.
func (p *Pages) heldPost(tx *db.Tx, v visitor, r *http.Request) (page, error) {
	id, err := number(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	m, shown, err := p.heldFor(tx, v, id)
	if err != nil || m.ID != 0 {
		return shown, err
	}
	return nil, notHere()
}

// heldFor finds a post in the communities that somebody manages, with who they are there; a zero member where there is none.
func (p *Pages) heldFor(tx *db.Tx, v visitor, id int64) (lists.Member, page, error) {
	for _, m := range v.manages() {
		one, over, err := p.desk.Posts.Look(tx, m, id)
		switch {
		case err != nil && refusal.KindOf(err) == refusal.NotFound:
			continue
		case err != nil:
			return m, nil, err
		case over != nil:
			return m, templates.HeldOverPage{Room: v.room, Over: *over}, nil
		}
		return m, templates.HeldPostPage{Room: v.room, HeldView: one, ByLink: !v.typed}, nil
	}
	return lists.Member{}, nil, nil
}

// decide does what a manager chose, and shows what is left. Whatever cannot be done leaves all as it is, with a sentence over the post.
func (p *Pages) decide(tx *db.Tx, v visitor, which string, form url.Values) (page, error) {
	id, err := number(which)
	if err != nil {
		return nil, err
	}
	m, shown, err := p.heldFor(tx, v, id)
	if err != nil {
		return nil, err
	}
	if m.ID == 0 {
		return nil, notHere()
	}
	post, waits := shown.(templates.HeldPostPage)
	post.Word, post.Typed = form.Get("do"), templates.Said(form.Get("text"))
	if post.Stale = !p.fresh(v.secret, form.Get("nonce")); waits && (post.Stale || post.ByLink) {
		return post, nil // a link is a token alone, and a token alone decides nothing about other people's posts (C6)
	}
	version, err := strconv.Atoi(form.Get("version"))
	if err != nil {
		version = -1
	}
	deed, err := p.desk.Posts.Decide(tx, m, id, version, post.Word, form.Get("text"))
	if why, is := refusal.As(err); is && !why.Kind.Temporary() {
		post.Why = why
		return nil, instead{post}
	}
	switch {
	case err != nil:
		return nil, err
	case deed == templates.HeldLate:
		over, _ := shown.(templates.HeldOverPage)
		over.Late = true
		return over, nil
	case deed == templates.HeldNewer:
		post.Newer = true
		return post, nil
	case deed == templates.HeldUnclear:
		return post, nil
	}
	return p.waiting(tx, v, templates.HeldPage{Done: deed, Subject: post.Post.Subject, Author: post.Post.Author})
}
