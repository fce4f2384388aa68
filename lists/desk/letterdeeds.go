package desk

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"backchannel/archive/db"
	"backchannel/lists/backchannel"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// letterForm is what a manager sent from the page of a letter.
type letterForm struct {
	do, text, note, tag string
	rev                 int    // up to where the page showed the conversation
	revTyped, seal      string // which the seal proves
	sure                string
	stale               bool // the page had been open too long
}

func readLetterForm(form url.Values) (f letterForm) {
	clean := func(name string) string { return strings.TrimSpace(strings.ReplaceAll(form.Get(name), "\r\n", "\n")) }
	f = letterForm{do: form.Get("do"), text: clean("text"), note: clean("note"), tag: strings.Join(strings.Fields(form.Get("tag")), " "), revTyped: form.Get("rev"), seal: form.Get("seal"), sure: form.Get("sure")}
	f.rev, _ = strconv.Atoi(f.revTyped) // the seal is about what was typed
	return f
}

// writes tells whether something is to be said, and not only done.
func (f letterForm) writes() bool {
	return slices.Contains([]string{"answer", "sure", "aside", "note"}, f.do)
}

// tooLong tells whether a text is longer than its box takes: then it is from no page of ours. To look for all that an answer must not show
// takes a while, in which nobody else can write.
func (f letterForm) tooLong() bool {
	long := func(s string) bool { return len(utf16.Encode([]rune(s))) > mostWritten } // as browsers count
	return long(f.text) || long(f.note)
}

// typed is what stood in the boxes.
func (f letterForm) typed() string { return strings.TrimSpace(f.text + "\n\n" + f.note) }

// shownAs is what the seal of a page is about: this letter, up to here, to this browser.
func (o opened) shownAs(rev string) string {
	return sealOfLetter(o.secret, o.at.Domain, o.filed.Code, rev)
}

func sealOfLetter(parts ...string) string { return "letter\n" + strings.Join(parts, "\n") }

// letterDeed takes the form of a letter's page. Whatever becomes of it, what was typed comes back on a page.
func (p *Pages) letterDeed(w http.ResponseWriter, r *http.Request, form url.Values) {
	f := readLetterForm(form)
	if f.tooLong() {
		p.web.Sorry(w, r, http.StatusRequestEntityTooLarge, templates.TooLarge)
		return
	}
	secret := p.web.Secret(r)
	f.stale = secret != "" && !p.fresh(secret, form.Get("nonce"))
	var shown page
	err := p.db.Update(r.Context(), func(tx *db.Tx) error {
		v, err := p.visitor(tx, r)
		if err == nil {
			shown, err = p.doLetter(tx, v, r, f)
		}
		return err
	})
	status := http.StatusOK
	if errors.Is(err, errStranger) && f.typed() != "" {
		shown, err = templates.LetterLostPage{Room: p.web.Outside(r), Text: templates.Confided(f.typed())}, nil
		status = http.StatusForbidden
	}
	if !p.failed(w, r, "do what a letter's page asks for", err) {
		html, err := shown.Render()
		p.give(w, r, status, html, err)
	}
}

// doLetter does what a form asks for, and shows the letter as it stands then.
func (p *Pages) doLetter(tx *db.Tx, v visitor, r *http.Request, f letterForm) (page, error) {
	o, err := p.open(tx, v, r)
	if err != nil {
		return p.lost(tx, v, r, f, err)
	}
	if o.filed.Covered {
		return nil, notHere()
	}
	if !v.typed && f.typed() != "" {
		return templates.LetterLostPage{Room: v.room, Letter: o.at.letters() + "/" + o.filed.Code, Text: templates.Confided(f.typed())}, nil
	}
	if !v.typed {
		return p.page(tx, o)
	}
	var told templates.LetterPage
	switch told.Stale = f.stale || !p.fresh(o.shownAs(f.revTyped), f.seal); {
	case told.Stale:
	case f.writes():
		told, err = p.write(tx, o, f)
	default:
		told.Done, err = p.move(tx, o, f)
	}
	if why, ok := refusal.As(err); ok && !why.Kind.Temporary() && why.Kind != refusal.NotFound {
		told.Why, err = why, nil
	}
	if err != nil {
		return nil, err
	}
	if o, err = p.open(tx, v, r); err != nil {
		return nil, err
	}
	shown, err := p.page(tx, o)
	if err != nil {
		return nil, err
	}
	shown.Stale, shown.Done, shown.Why, shown.Answer, shown.Note = told.Stale, told.Done, told.Why, told.Answer, told.Note
	if f.writes() && !told.Stale {
		return shown, p.desk.Box.Opened(tx, o.filed.Conv, o.at.member, o.pieces)
	}
	shown.Answer.Text, shown.Note.Text = templates.Confided(f.text), templates.Confided(f.note)
	return shown, nil
}

// lost gives the words back of somebody who cannot see the letter any more, as by mail: when the page of it was surely shown to them. To
// everybody else there is nothing here.
func (p *Pages) lost(tx *db.Tx, v visitor, r *http.Request, f letterForm, why error) (page, error) {
	domain, code := r.PathValue("domain"), r.PathValue("code")
	if refusal.KindOf(why) != refusal.NotFound || f.typed() == "" || !p.fresh(sealOfLetter(v.secret, domain, code, f.revTyped), f.seal) {
		return nil, why
	}
	places, err := placesOf(tx, v)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(places, func(at place) bool { return at.Domain == domain }); i >= 0 && f.writes() {
		if err := p.desk.Box.Lost(tx, places[i].member, code); err != nil {
			return nil, err
		}
	}
	return templates.LetterLostPage{Room: v.room, Access: true, Text: templates.Confided(f.typed())}, nil
}

// write sends an answer, or keeps a note. What is kept back stands in its box again.
func (p *Pages) write(tx *db.Tx, o opened, f letterForm) (shown templates.LetterPage, err error) {
	typed := backchannel.Typed{Text: f.text, Rev: f.rev, Note: f.do == "aside" || f.do == "note"}
	box, other := &shown.Answer, &shown.Note
	other.Text = templates.Confided(f.note)
	if f.do == "note" {
		typed.Text, box, other = f.note, &shown.Note, &shown.Answer
		other.Text, box.Text = templates.Confided(f.text), ""
	}
	about := func(text string) string { return sealOfLetter(o.secret, o.at.Domain, o.filed.Code, "sure", text) }
	typed.Sure = f.do == "sure" && p.fresh(about(f.text), f.sure)
	kept, err := p.desk.Box.FromPage(tx, o.at.member, o.filed.Code, typed)
	switch {
	case err != nil:
		return shown, err
	case kept.Sent && typed.Note:
		shown.Done = "noted"
		return shown, nil
	case kept.Sent:
		shown.Done = "sent"
		return shown, nil
	}
	box.Guards, box.Text = kept.Guards, templates.Confided(typed.Text)
	if kept.Sendable && !typed.Note {
		box.Text, box.Sure = templates.Confided(kept.Text), p.nonce(about(kept.Text), p.now())
	}
	return shown, nil
}

// moves are what can be done with a letter on its page: what moving it to another folder of the back-channel does, and no more than that can.
func (o opened) moves() (all []string) {
	add := func(name string, when bool) {
		if when {
			all = append(all, name)
		}
	}
	c, closed := o.filed.Conv, o.filed.State == backchannel.Closed
	goes := func(shelf string) bool {
		m := o.at.member
		return mayMove(folder{kind: ofLetters, member: m, shelf: o.filed.Folder}, folder{kind: ofLetters, member: m, shelf: shelf}) == nil
	}
	add("mine", c.Owner != o.at.member.ID && goes(backchannel.FolderMine))
	add("release", c.Owner == o.at.member.ID && !closed && goes(backchannel.FolderNew))
	add("close", !closed)
	add("close-public", !closed)
	add("reopen", closed)
	add("tomorrow", !closed && goes(backchannel.FolderTomorrow))
	add("week", !closed && goes(backchannel.FolderNextWeek))
	add("later", !closed && goes(backchannel.FolderLater))
	add("urgent", !closed && !c.Urgent)
	add("calm", c.Urgent)
	add("publish", goes(backchannel.FolderPublish))
	return all
}

// move does what a button says, by the command of the same name. One that cannot be pressed any more was pressed before.
func (p *Pages) move(tx *db.Tx, o opened, f letterForm) (done string, err error) {
	lines := map[string]string{
		"mine": lineFor(backchannel.FolderMine, o.filed.Conv), "close": lineFor(backchannel.FolderClosed, o.filed.Conv), "close-public": "/close p", "reopen": "/reopen",
		"tomorrow": lineFor(backchannel.FolderTomorrow, o.filed.Conv), "week": lineFor(backchannel.FolderNextWeek, o.filed.Conv), "later": lineFor(backchannel.FolderLater, o.filed.Conv),
		"urgent": "/urgent", "calm": "/urgent off", "publish": lineFor(backchannel.FolderPublish, o.filed.Conv), "tag": "/tag " + f.tag, "release": "",
	}
	line, known := lines[f.do]
	switch {
	case !known:
		return "", notHere()
	case f.do != "tag" && !slices.Contains(o.moves(), f.do):
		return f.do, nil
	case f.do == "release":
		err = p.desk.Box.Release(tx, o.filed.Conv, o.at.member)
	default:
		_, err = p.desk.Box.Do(tx, o.filed.Conv, o.at.member, line)
	}
	if err != nil {
		return "", err
	}
	return f.do, nil
}
