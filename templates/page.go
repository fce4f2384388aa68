package templates

import (
	"bytes"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"reflect"
)

// The texts of the web pages: page/room/NAME.html fills the frame of page/room/frame.html, with the sentences of page/words. There is no
// JavaScript in them, no style outside of style.css and nothing from another host, as the Content-Security-Policy wants (B7).
//
//go:embed page
var pages embed.FS

// fillPage fills a page, and then its frame with it.
func fillPage(t *htmltemplate.Template, name string, frame, fields any) ([]byte, error) {
	tidy := reflect.New(reflect.TypeOf(fields)).Elem()
	if err := copyTidy(tidy, reflect.ValueOf(fields), ""); err != nil {
		return nil, fmt.Errorf("templates: page %s: %w", name, err)
	}
	var main, out bytes.Buffer
	if err := t.ExecuteTemplate(&main, name+".html", tidy.Interface()); err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	around := struct {
		Frame any
		Main  htmltemplate.HTML // what html/template has just written, so it is escaped already
	}{frame, htmltemplate.HTML(main.String())} //nolint:gosec // see above
	if err := t.ExecuteTemplate(&out, "frame.html", around); err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	return out.Bytes(), nil
}

// Style is the style sheet of all pages.
func Style() []byte { return pageFile("page/style.css") }

// Icon is the small picture that browsers show beside a page's title, as SVG.
func Icon() []byte { return pageFile("page/icon.svg") }

func pageFile(name string) []byte {
	text, err := pages.ReadFile(name)
	if err != nil {
		panic(err) // it is part of the program
	}
	return text
}

// ButtonPage shows what the address in List-Unsubscribe would do, to somebody who opened it in a browser, and has a button that does
// it. To open it changes nothing (F1).
type ButtonPage struct {
	Room               // with a Nonce unless Off
	Community string   // its name
	List      string   `optional:"the list to leave; without it the page is about the digest"`
	Off       bool     // there is nothing to do: it is off already
	Others    []string `optional:"what still comes afterwards"`
	Stale     bool     // the button was pressed on a page that had been open too long
	Managers  string   // who helps
}

// Render writes the page.
func (p ButtonPage) Render() ([]byte, error) {
	title := ""
	switch {
	case !p.Off && p.Nonce == "":
		return nil, errMissing("button", "Nonce")
	case p.List != "" && p.Off:
		title = p.titleOf("button.left", p.List)
	case p.List != "":
		title = p.titleOf("button.leave", p.List)
	case p.Off:
		title = p.titleOf("button.off")
	default:
		title = p.titleOf("button.digest")
	}
	return renderRoom("button", p.Room, title, p)
}

// PressedPage tells that it was done.
type PressedPage struct {
	Room
	Community string   // its name
	List      string   `optional:"the list that was left; without it the digest was stopped"`
	Others    []string `optional:"what still comes"`
	Managers  string   // who helps
}

// Render writes the page.
func (p PressedPage) Render() ([]byte, error) {
	title := p.titleOf("pressed.digest")
	if p.List != "" {
		title = p.titleOf("pressed.left", p.List)
	}
	return renderRoom("pressed", p.Room, title, p)
}

// FrontPage says what this host is, and names nobody.
type FrontPage struct {
	Room
	SignIn string `optional:"the path of the page on which members sign in"`
}

// Render writes the page.
func (p FrontPage) Render() ([]byte, error) {
	return renderRoom("front", p.Room, p.titleOf("front"), p)
}

// MissingPage is the one answer to an address where there is nothing, nothing any more, or nothing for whoever asks (P15).
type MissingPage struct{ Room }

// Render writes the page.
func (p MissingPage) Render() ([]byte, error) {
	return renderRoom("missing", p.Room, p.titleOf("missing"), p)
}

// Apology is the cause for which there is no other page.
type Apology string

// The causes.
const (
	ManyRequests Apology = "many"    // from one network
	TooLarge     Apology = "large"   // what was sent
	OnlyToSee    Apology = "method"  // nothing is done at this address
	Failed       Apology = "broken"  // something of ours; nothing was changed
	Foreign      Apology = "foreign" // what was sent came from no page of ours
	Unread       Apology = "unread"  // what was sent is nothing we know
	Busy         Apology = "busy"    // too much is fetched at once
)

// SorryPage says in one or two sentences why there is no other page.
type SorryPage struct {
	Room
	Why Apology
}

// Render writes the page.
func (p SorryPage) Render() ([]byte, error) {
	return renderRoom("sorry", p.Room, p.titleOf(string(p.Why)), p)
}
