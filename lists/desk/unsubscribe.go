package desk

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"

	"backchannel/archive/db"
	"backchannel/lists/membership"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// oneClick is the body that a mail program posts for its owner, to the letter (RFC 8058 §3.1, F1).
const oneClick = "List-Unsubscribe=One-Click"

func (p *Pages) unsubscribe() {
	p.web.Handle("GET /u/{token}", http.HandlerFunc(p.showButton)) // HEAD too
	p.web.Handle("POST /u/{token}", http.HandlerFunc(p.press))
}

// showButton shows what would happen. Scanners of links open it as often as people do, so it changes nothing.
func (p *Pages) showButton(w http.ResponseWriter, r *http.Request) { p.offer(w, r, false) }

func (p *Pages) offer(w http.ResponseWriter, r *http.Request, stale bool) {
	b, ok, err := p.look(r)
	switch {
	case err != nil:
		p.web.Broken(w, r, "look at a button", err)
		return
	case !ok:
		p.web.Missing(w, r)
		return
	}
	page := templates.ButtonPage{
		Room: p.room(b), Community: b.Community.Name, List: b.List, Off: b.Off, Others: b.Others, Stale: stale && !b.Off, Managers: b.Managers().String(),
	}
	if !b.Off {
		page.Nonce = p.nonce(r.PathValue("token"), p.now())
	}
	html, err := page.Render()
	p.give(w, r, http.StatusOK, html, err)
}

// look finds what the token in the address would do.
func (p *Pages) look(r *http.Request) (b membership.Button, ok bool, err error) {
	err = p.db.View(r.Context(), func(tx *db.Tx) (err error) { b, ok, err = p.clerk.Look(tx, r.PathValue("token")); return err })
	return b, ok, err
}

// room is what stands around the pages of a button: they are in the language of its member.
func (p *Pages) room(b membership.Button) templates.Room {
	return templates.Room{Base: p.web.Base(), In: templates.Language(b.Tongue())}
}

// press takes the POST: of a mail program, or of the form that showButton shows. Both act at once, and answer 200 without a redirect
// (RFC 8058 §3.1).
func (p *Pages) press(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	said, nonce, err := pressed(r)
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		p.web.Sorry(w, r, http.StatusRequestEntityTooLarge, templates.TooLarge)
		return
	case said == byForm && !p.fresh(token, nonce):
		p.offer(w, r, true)
		return
	case said == byNobody:
		p.unclear(w, r)
		return
	}
	// What is off already needs no write: a full disk does not matter then.
	b, ok, err := p.look(r)
	if err == nil && ok && !b.Off {
		err = p.db.Update(r.Context(), func(tx *db.Tx) (err error) { b, ok, err = p.clerk.Press(tx, token); return err })
	}
	switch {
	case err != nil:
		p.web.Broken(w, r, "press a button", errors.New(refusal.Log(err)))
		return
	case !ok:
		p.web.Missing(w, r)
		return
	}
	p.log.Info("unsubscribed over the web", "digest", b.List == "", "again", b.Off, "by_form", said == byForm)
	html, err := templates.PressedPage{Room: p.room(b), Community: b.Community.Name, List: b.List, Others: b.Others, Managers: b.Managers().String()}.Render()
	p.give(w, r, http.StatusOK, html, err)
}

// unclear answers a POST that says nothing we know. Where there is nothing to press, that is the same as with any other.
func (p *Pages) unclear(w http.ResponseWriter, r *http.Request) {
	_, ok, err := p.look(r)
	switch {
	case err != nil:
		p.web.Broken(w, r, "look at a button", err)
	case !ok:
		p.web.Missing(w, r)
	default:
		p.web.Sorry(w, r, http.StatusBadRequest, templates.Unread)
	}
}

// by is who says that the button is pressed.
type by int

const (
	byNobody  by = iota
	byProgram    // a mail program, for its owner
	byForm       // a person, on our page
)

// pressed reads the body. A mail program sends its one field in either coding of forms (RFC 8058 §3.2 prefers multipart/form-data),
// and nothing beside it.
func pressed(r *http.Request) (by, string, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return byNobody, "", err
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && kind == "multipart/form-data" {
		return inParts(body, params["boundary"]), "", nil
	}
	if string(bytes.TrimRight(body, "\r\n")) == oneClick {
		return byProgram, "", nil
	}
	form, err := url.ParseQuery(string(body))
	if err == nil && len(form) == 1 && len(form["nonce"]) == 1 {
		return byForm, form.Get("nonce"), nil
	}
	return byNobody, "", nil
}

// inParts tells whether a multipart body is the one field of a mail program.
func inParts(body []byte, boundary string) by {
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	field, err := parts.NextPart()
	if err != nil || field.FormName() != "List-Unsubscribe" {
		return byNobody
	}
	value, err := io.ReadAll(field)
	if err != nil || string(bytes.TrimRight(value, "\r\n")) != "One-Click" {
		return byNobody
	}
	if _, err := parts.NextPart(); !errors.Is(err, io.EOF) {
		return byNobody
	}
	return byProgram
}
