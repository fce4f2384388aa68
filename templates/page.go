package templates

import (
	"bytes"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"reflect"
	"sync"
)

// The texts of the web pages: page/NAME.html fills the frame of page/frame.html. There is no JavaScript in them, no style outside of
// style.css and nothing from another host, as the Content-Security-Policy wants (B7).
//
//go:embed page
var pages embed.FS

var parsePages = sync.OnceValues(func() (*htmltemplate.Template, error) {
	return htmltemplate.New("").Funcs(htmltemplate.FuncMap(wordsIn(English))).ParseFS(pages, "page/*.html")
})

// renderPage fills the text page/NAME.html. Base is the path below which the pages are reached, without a slash at its end.
func renderPage(name, title, base string, fields any) ([]byte, error) {
	t, err := parsePages()
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	return fillPage(t, name, struct{ Title, Base string }{oneLine(title), base}, fields)
}

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
	Base      string   `optional:"the path below which the pages are reached"`
	Community string   // its name
	List      string   `optional:"the list to leave; without it the page is about the digest"`
	Off       bool     // there is nothing to do: it is off already
	Others    []string `optional:"what still comes afterwards"`
	Nonce     string   `optional:"proves that the form was shown by us; needed unless Off"`
	Stale     bool     // the button was pressed on a page that had been open too long
	Managers  string   // who helps
}

// Render writes the page.
func (p ButtonPage) Render() ([]byte, error) {
	if !p.Off && p.Nonce == "" {
		return nil, errMissing("button", "Nonce")
	}
	title := "Stop the digest?"
	switch {
	case p.List != "" && p.Off:
		title = "You get no posts from " + p.List
	case p.List != "":
		title = "Leave " + p.List + "?"
	case p.Off:
		title = "You get no digest"
	}
	return renderPage("button", title, p.Base, p)
}

// PressedPage tells that it was done.
type PressedPage struct {
	Base      string   `optional:"the path below which the pages are reached"`
	Community string   // its name
	List      string   `optional:"the list that was left; without it the digest was stopped"`
	Others    []string `optional:"what still comes"`
	Managers  string   // who helps
}

// Render writes the page.
func (p PressedPage) Render() ([]byte, error) {
	title := "The digest is off"
	if p.List != "" {
		title = "You have left " + p.List
	}
	return renderPage("pressed", title, p.Base, p)
}

// FrontPage says what this host is, and names nobody.
type FrontPage struct {
	Base   string `optional:"the path below which the pages are reached"`
	SignIn string `optional:"the path of the page on which members sign in"`
}

// Render writes the page.
func (p FrontPage) Render() ([]byte, error) {
	return renderPage("front", "A mail server of communities", p.Base, p)
}

// MissingPage is the one answer to an address where there is nothing, nothing any more, or nothing for whoever asks (P15).
type MissingPage struct {
	Base string `optional:"the path below which the pages are reached"`
}

// Render writes the page.
func (p MissingPage) Render() ([]byte, error) {
	return renderPage("missing", "There is nothing here", p.Base, p)
}

// SorryPage says in one or two sentences why there is no other page.
type SorryPage struct {
	Base     string `optional:"the path below which the pages are reached"`
	Title    string // what is wrong, in a few words
	Sentence string // what to do
}

// Render writes the page.
func (p SorryPage) Render() ([]byte, error) { return renderPage("sorry", p.Title, p.Base, p) }
