package templates

import (
	"html"
	"regexp"
	"strings"
	"unicode/utf8"
)

// AsHTML is a text once more as HTML, of a few elements only: p, br, b, i, ul, ol, li, blockquote and links that show where they lead
// (product.md B5). It is made from the text alone, so that nothing stands in it that does not stand there: no style, no picture, no
// hidden word, no address behind another's name.
func AsHTML(text string) string {
	var h page
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		h.line(strings.TrimRight(line, " \t\r"))
	}
	h.close()
	return "<!doctype html>\n<html><head><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\"></head><body>\n" + h.String() + "</body></html>\n"
}

// WithHTML is a mail with its text as HTML beside it.
func (m Mail) WithHTML() Mail {
	m.HTML = AsHTML(m.Text)
	return m
}

// page writes HTML line by line.
type page struct {
	strings.Builder
	quoted bool   // inside a blockquote
	block  string // "p", "ul", "ol" or "": nothing is open
	wide   bool   // the last line was so long that the next one goes on with it
}

var (
	quoteSign  = regexp.MustCompile(`^ {0,2}(?:[>|] ?)+`)
	bulletSign = regexp.MustCompile(`^ {0,4}[*•–-] +`)
	numberSign = regexp.MustCompile(`^ {0,4}\d{1,3}[.)] +`)
)

func (h *page) line(s string) {
	sign := quoteSign.FindString(s)
	if (sign != "") != h.quoted && (s != "" || h.quoted) {
		h.close()
		if sign != "" {
			h.WriteString("<blockquote>\n")
			h.quoted = true
		}
	}
	s = s[len(sign):]
	bullet, number := bulletSign.FindString(s), numberSign.FindString(s)
	switch {
	case strings.TrimSpace(s) == "":
		h.end()
	case bullet != "" && (h.block != "p" || !h.wide):
		h.item("ul", s[len(bullet):])
	case number != "" && (h.block != "p" || !h.wide):
		h.item("ol", s[len(number):])
	case h.block == "":
		h.block = "p"
		h.WriteString("<p>" + inline(strings.TrimSpace(s)))
	case h.wide || h.block != "p" && strings.HasPrefix(s, "  "):
		h.WriteString(" " + inline(strings.TrimSpace(s)))
	case h.block != "p":
		h.end()
		h.block = "p"
		h.WriteString("<p>" + inline(strings.TrimSpace(s)))
	default:
		h.WriteString("<br>\n" + inline(strings.TrimSpace(s)))
	}
	// Our own lines are broken at 72, those of people at 78: what is nearly as long was one line with the next.
	h.wide = utf8.RuneCountInString(s) > wrapAt-14 && !strings.HasPrefix(s, "===")
}

func (h *page) item(list, s string) {
	if h.block != list {
		h.end()
		h.block = list
		h.WriteString("<" + list + ">\n")
	} else {
		h.WriteString("</li>\n")
	}
	h.WriteString("<li>" + inline(strings.TrimSpace(s)))
}

// end ends a paragraph or list.
func (h *page) end() {
	switch h.block {
	case "p":
		h.WriteString("</p>\n")
	case "ul", "ol":
		h.WriteString("</li>\n</" + h.block + ">\n")
	}
	h.block, h.wide = "", false
}

// close ends everything that is open.
func (h *page) close() {
	h.end()
	if h.quoted {
		h.WriteString("</blockquote>\n")
		h.quoted = false
	}
}

var (
	linkLike = regexp.MustCompile(`https?://[^\s<>"']{1,500}[^\s<>"'.,;:!?)\]]|\b[\w.%+=-]{1,64}@(?:[\w-]{1,63}\.)+[a-z]{2,24}\b`)
	strong   = regexp.MustCompile(`(^|[\s(])\*([^\s*](?:[^*\n]{0,80}[^\s*])?)\*($|[\s.,;:!?)])`)
	slanted  = regexp.MustCompile(`(^|[\s(])_([^\s_](?:[^_\n]{0,80}[^\s_])?)_($|[\s.,;:!?)])`)
)

// inline is one line: escaped, with links and emphasis.
func inline(s string) string {
	var out strings.Builder
	last := 0
	for _, at := range linkLike.FindAllStringIndex(s, -1) {
		out.WriteString(emphasis(s[last:at[0]]))
		link := s[at[0]:at[1]]
		target := link
		if !strings.HasPrefix(link, "http") {
			target = "mailto:" + link
		}
		out.WriteString(`<a href="` + html.EscapeString(target) + `">` + html.EscapeString(link) + "</a>")
		last = at[1]
	}
	out.WriteString(emphasis(s[last:]))
	return out.String()
}

func emphasis(s string) string {
	s = html.EscapeString(s)
	s = strong.ReplaceAllString(s, "$1<b>$2</b>$3")
	return slanted.ReplaceAllString(s, "$1<i>$2</i>$3")
}
