package desk

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// lettersPath is where managers read what lies in their back-channel.
const lettersPath = "/letters"

// mostWritten is how many characters a box takes, as browsers count them.
const mostWritten = 20000

// mostTyped is how many octets a form may have in which somebody writes: two such texts, each character of nine octets.
const mostTyped = 512 << 10

// mostLetters is how many conversations of a community a page shows.
const mostLetters = 50

// letters hangs in the pages of the back-channel. They show a manager what lies in their own folders, asked for anew each time, by the
// functions that fill those: there are no other rules about who may see what. To anybody else there is nothing here.
func (p *Pages) letters() {
	p.web.Handle("GET "+lettersPath, p.seen(p.allLetters))
	p.web.Handle("GET "+lettersPath+"/{domain}", p.seen(func(tx *db.Tx, v visitor, r *http.Request) (page, error) { return p.lettersOf(tx, v, r, false) }))
	p.web.Handle("GET "+lettersPath+"/{domain}/closed", p.seen(func(tx *db.Tx, v visitor, r *http.Request) (page, error) { return p.lettersOf(tx, v, r, true) }))
	p.web.Handle("GET "+lettersPath+"/{domain}/{code}", http.HandlerFunc(p.letter))
	p.web.Handle("GET "+lettersPath+"/{domain}/{code}/{piece}/{n}", http.HandlerFunc(p.letterFile))
	p.web.HandleLong("POST "+lettersPath+"/{domain}/{code}", mostTyped, p.form(p.letterDeed))
}

// letters is the path of the letters of a community.
func (at place) letters() string { return lettersPath + "/" + at.Domain }

// managed are the communities that somebody manages; a refusal when there is none.
func managed(tx *db.Tx, v visitor) ([]place, error) {
	all, err := placesOf(tx, v)
	all = slices.DeleteFunc(all, func(at place) bool { return !at.member.Manager() })
	if err == nil && len(all) == 0 {
		err = notHere()
	}
	return all, err
}

// managedAt is the community that a path names, if somebody manages it.
func managedAt(tx *db.Tx, v visitor, r *http.Request) (place, error) {
	all, err := managed(tx, v)
	if err != nil {
		return place{}, err
	}
	i := slices.IndexFunc(all, func(at place) bool { return at.Domain == r.PathValue("domain") })
	if i < 0 {
		return place{}, notHere()
	}
	return all[i], nil
}

func (p *Pages) allLetters(tx *db.Tx, v visitor, _ *http.Request) (page, error) {
	all, err := managed(tx, v)
	shown := templates.LettersPage{Room: v.room}
	for _, at := range all {
		one, err := p.lettersIn(tx, v, at, false, 1)
		if err != nil {
			return nil, err
		}
		shown.Desks = append(shown.Desks, one)
	}
	return shown, err
}

func (p *Pages) lettersOf(tx *db.Tx, v visitor, r *http.Request, closed bool) (page, error) {
	at, err := managedAt(tx, v, r)
	if err != nil {
		return nil, err
	}
	n, err := pageNumber(r)
	if err != nil {
		return nil, err
	}
	one, err := p.lettersIn(tx, v, at, closed, n)
	return templates.LettersPage{Room: v.room, Desks: []templates.LetterDesk{one}, Closed: closed}, err
}

// lettersIn is one page of the conversations of a community, by the folders in which they lie.
func (p *Pages) lettersIn(tx *db.Tx, v visitor, at place, closed bool, n int) (templates.LetterDesk, error) {
	path := at.letters()
	if closed {
		path += "/closed"
	}
	d := templates.LetterDesk{Community: at.Name, Managers: at.Address("managers").String(), Path: at.letters(), Newer: turned(path, n-1, n > 1)}
	all, err := p.desk.Box.FiledFor(tx, at.member, closed, !v.typed, (n-1)*mostLetters, mostLetters+1)
	if err != nil {
		return d, err
	}
	d.Older = turned(path, n+1, len(all) > mostLetters)
	groups := map[string][]templates.LetterLine{}
	for _, f := range all[:min(len(all), mostLetters)] {
		line, err := lineOfLetter(tx, at, f)
		if err != nil {
			return d, err
		}
		groups[groupOf(f.Folder)] = append(groups[groupOf(f.Folder)], line)
	}
	for _, folder := range backchannel.Folders() {
		if name := groupOf(folder); len(groups[name]) > 0 {
			d.Groups = append(d.Groups, templates.LetterGroup{Folder: name, Lines: groups[name]})
			delete(groups, name)
		}
	}
	return d, nil
}

// groupOf is what a folder is called on a page. All in which letters are put off are one there.
func groupOf(folder string) string {
	switch folder {
	case backchannel.FolderTomorrow, backchannel.FolderNextWeek, backchannel.FolderLater:
		return "snoozed"
	case backchannel.FolderPublish:
		return "publish"
	}
	return strings.ToLower(folder[strings.LastIndexByte(folder, '/')+1:])
}

// lineOfLetter is a conversation in a few words.
func lineOfLetter(tx *db.Tx, at place, f backchannel.Filed) (templates.LetterLine, error) {
	line := templates.LetterLine{
		Path: at.letters() + "/" + f.Code, Code: f.Code, Who: templates.Confided(f.Who), Subject: templates.Confided(f.Subject), State: stateOf(f, at.member), Owner: f.OwnedBy,
		Urgent: f.Urgent, Unread: f.Unread, Covered: f.Covered,
	}
	inZone := func(t time.Time) time.Time {
		if t.IsZero() {
			return t
		}
		return t.In(at.member.Zone(at.Community))
	}
	line.Due, line.Snoozed, line.Late = inZone(f.Due), inZone(f.Snoozed), !f.Due.IsZero() && f.Due.Before(tx.Now)
	if f.Covered {
		return line, nil
	}
	var err error
	line.Tags, err = f.Tags(tx)
	return line, err
}

// stateOf is where a conversation stands, for one of its managers.
func stateOf(f backchannel.Filed, m lists.Member) templates.LetterState {
	switch f.State {
	case backchannel.Closed:
		return templates.LetterClosed
	case backchannel.WaitingMember:
		return templates.LetterReplied
	case backchannel.WaitingManager:
		return templates.LetterAgain
	case backchannel.Reopened:
		return templates.LetterOpen
	}
	switch f.Owner {
	case 0:
		return templates.LetterNew
	case m.ID:
		return templates.LetterMine
	}
	return templates.LetterTaken
}

// opened is a conversation on a page.
type opened struct {
	visitor
	at     place
	filed  backchannel.Filed
	pieces []backchannel.Piece
}

// open finds the conversation that a path names, with what its manager has of it. A code that is nobody's, and one that is not for them, are
// the same. One that became a part of another leads to that.
func (p *Pages) open(tx *db.Tx, v visitor, r *http.Request) (o opened, err error) {
	o.visitor = v
	if o.at, err = managedAt(tx, v, r); err != nil {
		return o, err
	}
	code := r.PathValue("code")
	if o.filed, err = p.desk.Box.FiledAs(tx, o.at.member, code, !v.typed); err != nil {
		return o, err
	}
	if o.filed.Code != code && strings.EqualFold(o.filed.Code, strings.TrimSpace(code)) { // each is written in one way
		return o, notHere()
	}
	if !o.filed.Covered {
		o.pieces, err = p.desk.Box.Pieces(tx, o.filed.Conv, o.at.member)
	}
	return o, err
}

// page is the conversation as it is shown, with boxes to write in for who signed in by password: a mailed link shows that somebody reads their
// mail, as a token does, and answers nobody and decides nothing (C6).
func (p *Pages) page(tx *db.Tx, o opened) (templates.LetterPage, error) {
	shown := templates.LetterPage{Room: o.room, Community: o.at.Name, Back: o.at.letters()}
	var err error
	if shown.Line, err = lineOfLetter(tx, o.at, o.filed); err != nil {
		return shown, err
	}
	if o.filed.State == backchannel.Closed {
		shown.Back += "/closed"
	}
	for _, piece := range o.pieces {
		one := templates.LetterPiece{
			Kind: string(piece.Kind), From: templates.Confided(piece.From), At: piece.At.In(o.at.member.Zone(o.at.Community)), Text: piece.Text, Below: piece.Below, Unread: piece.Unread,
		}
		for i, f := range piece.Files {
			one.Files = append(one.Files, templates.LetterFile{Path: fmt.Sprintf("%s/%s/%d", shown.Line.Path, piece.Key, i+1), Name: f.Name, Size: f.Size})
		}
		shown.Pieces = append(shown.Pieces, one)
	}
	switch shown.ByLink = !o.typed && !o.filed.Covered; {
	case o.typed:
		shown.Rev, shown.Role, shown.Moves = o.filed.Rev, templates.Confided(o.filed.Role), o.moves()
		shown.Seal = p.nonce(o.shownAs(strconv.Itoa(shown.Rev)), p.now())
	}
	return shown, nil
}

// letter shows a conversation, and notes that it was read: that is the one thing that changes by looking, as with a mail program, because
// members are told who has read what they wrote (WHO READ). A browser that fetches a page beforehand reads nothing.
func (p *Pages) letter(w http.ResponseWriter, r *http.Request) {
	var o opened
	var shown page
	err := p.db.View(r.Context(), func(tx *db.Tx) error {
		v, err := p.visitor(tx, r)
		if err != nil {
			return err
		}
		if o, err = p.open(tx, v, r); err == nil {
			shown, err = p.page(tx, o)
		}
		return err
	})
	if p.failed(w, r, "show a letter", err) {
		return
	}
	if r.Method == http.MethodGet && r.Header.Get("Sec-Purpose") == "" && o.filed.Unread && !o.filed.Covered {
		err := p.db.Update(r.Context(), func(tx *db.Tx) error { return p.desk.Box.Opened(tx, o.filed.Conv, o.at.member, o.pieces) })
		if err != nil { // a full disk must not lock readers out (P6)
			p.log.Warn("note that a letter was read", "error", refusal.Log(err))
		}
	}
	html, err := shown.Render()
	p.give(w, r, http.StatusOK, html, err)
}

// letterFile gives a file of a copy away, to be saved and never to be shown.
func (p *Pages) letterFile(w http.ResponseWriter, r *http.Request) {
	p.giveFile(w, r, func(tx *db.Tx, v visitor, n int64, take taking) (f handed, err error) {
		o, err := p.open(tx, v, r)
		if err != nil {
			return f, err
		}
		if o.filed.Covered {
			return f, notHere()
		}
		a, data, err := p.desk.Box.PieceFile(tx, o.filed.Conv, o.at.member, r.PathValue("piece"), int(n), func(octets int) error { return take(o.at.member.ID, octets) })
		return handed{a.Name, a.Type, data}, err
	})
}
