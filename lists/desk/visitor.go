package desk

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// visitor is somebody who is signed in on the web, as they are at this moment: it is worked out anew for each page.
type visitor struct {
	who    letter.Address
	typed  bool // they signed in by password, as with a mail program; else by a link, which tells that they read their mail
	secret string
	here   []lists.Member // their places, at least one
	room   templates.Room
}

// page is a page that can be written.
type page interface{ Render() ([]byte, error) }

// errStranger is for a browser in which nobody is signed in, any more.
var errStranger = errors.New("nobody is signed in")

// visitor finds out who asks; errStranger when that is nobody.
func (p *Pages) visitor(tx *db.Tx, r *http.Request) (v visitor, err error) {
	if v.secret = p.web.Secret(r); v.secret == "" {
		return v, errStranger
	}
	s, ok, err := lists.SessionOf(tx, v.secret)
	if err != nil {
		return v, err
	}
	if v.who, v.typed = s.Address, s.Typed; ok {
		v.here, err = lists.Memberships(tx, v.who)
	}
	if err != nil {
		return v, err
	}
	if len(v.here) == 0 {
		return v, errStranger
	}
	c, err := lists.CommunityByID(tx, v.here[0].Community)
	v.room = templates.Room{
		Base: p.web.Base(), In: templates.Language(v.here[0].Tongue(c)), Who: v.who.String(), Nonce: p.nonce(v.secret, p.now()),
	}
	if slices.ContainsFunc(v.here, lists.Member.Manager) {
		v.room = forManagers(v.room)
	}
	return v, err
}

// forManagers adds to a page of somebody who manages a community the ways to what only managers see.
func forManagers(r templates.Room) templates.Room {
	r.Held, r.Letters = heldPath, lettersPath
	return r
}

// seen shows a page to whoever is signed in. Strangers are led to the door, whatever they asked for: so they do not learn what there is.
// A refusal of kind NotFound is the page that everybody gets where there is nothing (P15).
func (p *Pages) seen(look func(tx *db.Tx, v visitor, r *http.Request) (page, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var shown page
		err := p.db.View(r.Context(), func(tx *db.Tx) error {
			v, err := p.visitor(tx, r)
			if err == nil {
				shown, err = look(tx, v, r)
			}
			return err
		})
		if !p.failed(w, r, "show a page", err) {
			html, err := shown.Render()
			p.give(w, r, http.StatusOK, html, err)
		}
	})
}

// failed answers when there is no page to be shown.
func (p *Pages) failed(w http.ResponseWriter, r *http.Request, what string, err error) bool {
	switch {
	case err == nil:
		return false
	case errors.Is(err, errStranger):
		to := archivePath
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			to = wanted(r.URL.RequestURI())
		}
		p.web.Go(w, SignInPath+"?to="+url.QueryEscape(to))
	case errors.Is(err, errBusy):
		w.Header().Set("Retry-After", "60")
		p.web.Sorry(w, r, http.StatusServiceUnavailable, templates.Busy)
	case refusal.KindOf(err) == refusal.NotFound:
		p.web.Missing(w, r)
	default:
		p.web.Broken(w, r, what, errors.New(refusal.Log(err)))
	}
	return true
}

// notHere is the refusal for what is not there, not there any more, or not for this person.
func notHere() error { return refusal.Because(refusal.NotFound, "There is nothing here.") }

// deed takes a form of somebody who is signed in. A form that is too old, or another's, changes nothing: its page is shown once more.
func (p *Pages) deed(back string, do func(tx *db.Tx, v visitor, form url.Values) (page, error)) http.Handler {
	return p.form(func(w http.ResponseWriter, r *http.Request, form url.Values) {
		if secret := p.web.Secret(r); secret != "" && !p.fresh(secret, form.Get("nonce")) {
			p.web.Go(w, back)
			return
		}
		var shown page
		err := p.db.Update(r.Context(), func(tx *db.Tx) error {
			v, err := p.visitor(tx, r)
			if err == nil {
				shown, err = do(tx, v, form)
			}
			return err
		})
		if !p.failed(w, r, "do what a form asks for", err) {
			html, err := shown.Render()
			p.give(w, r, http.StatusOK, html, err)
		}
	})
}
