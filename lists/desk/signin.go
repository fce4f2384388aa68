package desk

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/web"
	"backchannel/lists"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// SignInPath is the page on which members sign in.
const SignInPath = "/in"

// Where somebody may want to go when they sign in.
const (
	archivePath  = "/archive"
	settingsPath = "/settings"
)

// atTheDoor is what the form of somebody is about who is not signed in.
const atTheDoor = "sign in"

func (p *Pages) signIn() {
	p.web.Handle("GET "+SignInPath, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.door(w, r, http.StatusOK, templates.SignInPage{To: wanted(r.URL.Query().Get("to"))})
	}))
	p.web.Handle("POST "+SignInPath, p.form(p.withPassword))
	p.web.Handle("POST "+SignInPath+"/link", p.form(p.askForLink))
	p.web.Handle("GET "+SignInPath+"/{token}", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.enter(w, r, false) }))
	p.web.Handle("POST "+SignInPath+"/{token}", p.form(p.followLink))
	p.web.Handle("POST /out", p.form(p.signOut))
}

// rooms are the paths below which members, or managers, have pages. Whoever asks for one and is not signed in is led to the door, and then
// to the page.
func rooms() []string { return []string{archivePath, settingsPath, heldPath, lettersPath} }

// wanted is the page that somebody wanted, when it is one that members have; else the first of those.
func wanted(to string) string {
	if !web.LocalPath(to, rooms()...) {
		return archivePath
	}
	return to
}

// form takes a form that a page of ours sent, and turns everything else away.
func (p *Pages) form(do func(w http.ResponseWriter, r *http.Request, form url.Values)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.web.Post(r) {
			p.web.Sorry(w, r, http.StatusForbidden, templates.Foreign)
			return
		}
		form, err := web.Form(r)
		var tooLong *http.MaxBytesError
		switch {
		case errors.As(err, &tooLong):
			p.web.Sorry(w, r, http.StatusRequestEntityTooLarge, templates.TooLarge)
		case err != nil:
			p.web.Sorry(w, r, http.StatusBadRequest, templates.Unread)
		default:
			do(w, r, form)
		}
	})
}

// door shows the page on which members sign in.
func (p *Pages) door(w http.ResponseWriter, r *http.Request, status int, page templates.SignInPage) {
	page.Room = p.web.Outside(r)
	page.Nonce = p.nonce(p.web.Greet(w, r)+atTheDoor, p.now())
	html, err := page.Render()
	p.give(w, r, status, html, err)
}

// shownTo tells whether a form about something was shown to this very browser, not long ago. Otherwise somebody could make another's
// browser sign in as themselves, and read what is done there afterwards.
func (p *Pages) shownTo(r *http.Request, about string, form url.Values) bool {
	v := p.web.Visitor(r)
	return v != "" && p.fresh(v+about, form.Get("nonce"))
}

func (p *Pages) give(w http.ResponseWriter, r *http.Request, status int, html []byte, err error) {
	if err != nil {
		p.web.Broken(w, r, "write a page", err)
		return
	}
	web.Page(w, status, html)
}

// withPassword signs in by address and app password, as a mail program does, within the same limits (A14). A session that the browser
// had before ends: whoever put it there does not get into the new one.
func (p *Pages) withPassword(w http.ResponseWriter, r *http.Request, form url.Values) {
	page := templates.SignInPage{To: wanted(form.Get("to")), Address: letter.CleanLine(form.Get("address"))}
	if len(page.Address) > 320 {
		page.Address = ""
	}
	if !p.shownTo(r, atTheDoor, form) {
		page.Stale = true
		p.door(w, r, http.StatusOK, page)
		return
	}
	typed := form.Get("password")
	who, err := p.desk.signIn(r.Context(), web.From(r), form.Get("address"), typed)
	switch refusal.KindOf(err) {
	case refusal.NotAllowed:
		page.Wrong = true
		p.door(w, r, http.StatusForbidden, page)
		return
	case refusal.Limit:
		page.Many = true
		p.door(w, r, http.StatusTooManyRequests, page)
		return
	}
	var secret string
	if err == nil {
		err = p.db.Update(r.Context(), func(tx *db.Tx) (err error) {
			if err = lists.CloseSession(tx, p.web.Secret(r)); err == nil {
				secret, err = lists.OpenSession(tx, who, typed)
			}
			return err
		})
	}
	if err != nil {
		p.web.Broken(w, r, "sign in", errors.New(refusal.Log(err)))
		return
	}
	p.log.Info("signed in over the web", "by", "password")
	p.web.Keep(w, secret, lists.SessionLife)
	p.web.Go(w, page.To)
}

// askForLink has a link mailed, if there is such a member. What it answers is the same if there is none (A14, C8), and it answers before
// anybody has looked: the time it takes tells nothing either.
func (p *Pages) askForLink(w http.ResponseWriter, r *http.Request, form url.Values) {
	a, typo := letter.ParseAddress(form.Get("address"))
	from := web.From(r)
	switch {
	case !p.shownTo(r, atTheDoor, form):
		p.door(w, r, http.StatusOK, templates.SignInPage{Stale: true, To: archivePath})
		return
	case p.asks.spent(from, letter.Address{}, p.now()):
		p.door(w, r, http.StatusTooManyRequests, templates.SignInPage{Many: true, To: archivePath})
		return
	}
	p.asks.wrong(from, letter.Address{}, p.now())
	if typo == nil && !p.web.Afterwards("mail a link", func(ctx context.Context) error { return p.mailLink(ctx, a, from) }) {
		p.web.Broken(w, r, "mail a link", errors.New("very many are asked for"))
		return
	}
	html, err := templates.LinkSentPage{Room: p.web.Outside(r)}.Render()
	p.give(w, r, http.StatusOK, html, err)
}

func (p *Pages) mailLink(ctx context.Context, a letter.Address, from netip.Addr) error {
	err := p.db.Update(ctx, func(tx *db.Tx) error { return p.clerk.MailLink(tx, a, from) })
	if err != nil {
		err = errors.New(refusal.Log(err))
	}
	return err
}

// enter shows whom a link is for, and a button. Scanners of links open it as often as people do, so it uses nothing up.
func (p *Pages) enter(w http.ResponseWriter, r *http.Request, stale bool) {
	token := r.PathValue("token")
	var a letter.Address
	var tongue string
	var ok bool
	err := p.db.View(r.Context(), func(tx *db.Tx) (err error) { a, tongue, ok, err = p.clerk.LookLink(tx, token); return err })
	switch {
	case err != nil:
		p.web.Broken(w, r, "look at a link", err)
		return
	case !ok:
		p.gone(w, r)
		return
	}
	room := p.web.Outside(r)
	room.Nonce = p.nonce(p.web.Greet(w, r)+token, p.now())
	room.In = templates.Language(tongue)
	html, err := templates.EnterPage{Room: room, Address: a.String(), Stale: stale}.Render()
	p.give(w, r, http.StatusOK, html, err)
}

// gone is the answer to every link that does not let in, whatever the cause.
func (p *Pages) gone(w http.ResponseWriter, r *http.Request) {
	html, err := templates.GonePage{Room: p.web.Outside(r)}.Render()
	p.give(w, r, http.StatusNotFound, html, err)
}

// followLink signs in whom a link is for, once.
func (p *Pages) followLink(w http.ResponseWriter, r *http.Request, form url.Values) {
	token := r.PathValue("token")
	if !p.shownTo(r, token, form) {
		p.enter(w, r, true)
		return
	}
	var secret string
	var ok bool
	err := p.db.Update(r.Context(), func(tx *db.Tx) (err error) {
		if secret, ok, err = p.clerk.FollowLink(tx, token); err == nil && ok {
			err = lists.CloseSession(tx, p.web.Secret(r))
		}
		return err
	})
	switch {
	case err != nil:
		p.web.Broken(w, r, "follow a link", errors.New(refusal.Log(err)))
	case !ok:
		p.gone(w, r)
	default:
		p.log.Info("signed in over the web", "by", "link")
		p.web.Keep(w, secret, lists.SessionLife)
		p.web.Go(w, archivePath)
	}
}

// signOut ends the session, whatever became of its owner, or all of its owner's, with whichever of their addresses they were begun.
func (p *Pages) signOut(w http.ResponseWriter, r *http.Request, form url.Values) {
	secret := p.web.Secret(r)
	if secret != "" && p.fresh(secret, form.Get("nonce")) {
		if err := p.db.Update(r.Context(), func(tx *db.Tx) error { return closeSessions(tx, secret, form.Get("where") == "everywhere") }); err != nil {
			p.web.Broken(w, r, "sign out", errors.New(refusal.Log(err)))
			return
		}
		p.web.Keep(w, "", 0)
	}
	p.web.Go(w, SignInPath)
}

func closeSessions(tx *db.Tx, secret string, everywhere bool) error {
	s, ok, err := lists.SessionOf(tx, secret)
	if err == nil && ok && everywhere {
		return lists.CloseEverywhere(tx, s.Address)
	}
	if err != nil {
		return err
	}
	return lists.CloseSession(tx, secret)
}
