package main

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/net/html"
)

// browser is one without a screen: it keeps cookies, goes where it is led, and knows the links and the forms of the page that it shows.
type browser struct {
	client http.Client
	page   *html.Node
	at     *url.URL
}

func newBrowser() (*browser, error) {
	jar, err := cookiejar.New(nil)
	return &browser{client: http.Client{Jar: jar, Timeout: patience}}, err
}

func browserOf(ts *testscript.TestScript) *browser { return ts.Value("browser").(*browser) }

// ask gets a page, and prints its status, where it is, and its text.
func (b *browser) ask(ts *testscript.TestScript, method, to, body string) {
	r, err := http.NewRequest(method, to, strings.NewReader(body))
	ts.Check(err)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	res, err := b.client.Do(r)
	ts.Check(err)
	defer res.Body.Close()
	b.at = res.Request.URL
	b.page, err = html.Parse(res.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%d %s\n%s\n", res.StatusCode, b.at.RequestURI(), shown(b.page))
}

// visit opens a page of the server at $WEB.
func visitPage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: visit PATH")
	}
	browserOf(ts).ask(ts, http.MethodGet, "http://"+ts.Getenv("WEB")+args[0], "")
}

// opens follows the first web address in a letter.
func opens(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: opens ADDRESS WORDS")
	}
	link := regexp.MustCompile(`http://\S+`).Find(readable(awaited(ts, args[0], args[1])))
	if link == nil {
		ts.Fatalf("no web address stands in the letter")
	}
	browserOf(ts).ask(ts, http.MethodGet, string(link), "")
}

// click follows a link of the page by its words.
func click(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: click WORDS")
	}
	b := browserOf(ts)
	for n := range b.elements("a") {
		if strings.TrimSpace(shown(n)) == args[0] {
			to, err := b.at.Parse(attr(n, "href"))
			ts.Check(err)
			b.ask(ts, http.MethodGet, to.String(), "")
			return
		}
	}
	ts.Fatalf("no link says %q", args[0])
}

// press fills a form of the page, the first one with such a button, and sends it. What is not named stays as the page has it; @FILE is what
// stands in a file.
func press(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: press BUTTON [NAME=VALUE …]")
	}
	b := browserOf(ts)
	for form := range b.elements("form") {
		fields, ok := filled(form, args[0])
		if !ok || slices.ContainsFunc(args[1:], func(f string) bool { name, _, _ := strings.Cut(f, "="); return !fields.Has(name) }) {
			continue
		}
		for _, f := range args[1:] {
			name, value, _ := strings.Cut(f, "=")
			if file, ok := strings.CutPrefix(value, "@"); ok {
				value = strings.TrimSpace(ts.ReadFile(file))
			}
			fields.Set(name, value)
		}
		to, err := b.at.Parse(attr(form, "action"))
		ts.Check(err)
		if !strings.EqualFold(attr(form, "method"), http.MethodPost) {
			to.RawQuery = fields.Encode()
			b.ask(ts, http.MethodGet, to.String(), "")
			return
		}
		b.ask(ts, http.MethodPost, to.String(), fields.Encode())
		return
	}
	ts.Fatalf("no form has the button %q and the fields %q", args[0], args[1:])
}

// filled are the fields of a form as its page has them, with that of the button; false when there is no such button.
func filled(form *html.Node, button string) (fields url.Values, ok bool) {
	fields = url.Values{}
	for n := range form.Descendants() {
		switch name := attr(n, "name"); {
		case n.Type != html.ElementNode:
		case n.Data == "button" && strings.TrimSpace(shown(n)) == button && !ok:
			if ok = true; name != "" {
				fields.Set(name, attr(n, "value"))
			}
		case n.Data == "input" && (attr(n, "type") != "radio" || has(n, "checked")), n.Data == "option" && has(n, "selected"):
			if n.Data == "option" {
				name = attr(n.Parent, "name")
			}
			fields.Set(name, attr(n, "value"))
		}
	}
	return fields, ok
}

func (b *browser) elements(name string) func(yield func(*html.Node) bool) {
	return func(yield func(*html.Node) bool) {
		for n := range b.page.Descendants() {
			if n.Type == html.ElementNode && n.Data == name && !yield(n) {
				return
			}
		}
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// shown is the text of a page, each block on lines of its own.
func shown(n *html.Node) string {
	var out strings.Builder
	for n := range n.Descendants() {
		switch {
		case n.Type == html.TextNode && n.Parent.Data != "title":
			out.WriteString(n.Data)
		case n.Type == html.ElementNode && slices.Contains([]string{"h1", "h2", "p", "li", "form", "label", "button", "article", "main", "div"}, n.Data):
			out.WriteByte('\n')
		}
	}
	return regexp.MustCompile(`\s*\n\s*`).ReplaceAllString(out.String(), "\n")
}
