package letter

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	elem "golang.org/x/net/html/atom"
)

// wantBreak asks for a break before the next words.
func (r *htmlReader) wantBreak(b htmlBreak) {
	switch {
	case b == noBreak:
		return
	case r.bullet != "":
		b = lineBreak // nothing comes between a bullet and its words
	case r.ghost:
		b, r.ghost = blankLine, false
	}
	r.want, r.joint = max(r.want, b), ""
}

// lineEnd is <br>: the end of a line, or a blank line when nothing stands on this one.
func (r *htmlReader) lineEnd() {
	switch {
	case r.mode.hidden:
	case r.want != noBreak || len(r.cur) == 0:
		r.wantBreak(blankLine)
	default:
		r.wantBreak(lineBreak)
	}
}

// words takes a piece of text.
func (r *htmlReader) words(text []byte) {
	switch {
	case r.mode.hidden || r.mode.tiny:
	case r.mode.pre:
		r.preformatted(text)
	default:
		r.flowing(text)
	}
}

// flowing writes text whose white space is all alike.
func (r *htmlReader) flowing(text []byte) {
	for len(text) > 0 {
		n, blank := 0, isHTMLSpace(text[0])
		for n < len(text) && text[n] < utf8.RuneSelf && isHTMLSpace(text[n]) == blank {
			n++
		}
		switch {
		case n > 0 && blank:
			r.space = true
		case n > 0:
			r.put(text[:n])
		default:
			c, size := utf8.DecodeRune(text)
			r.character(c, text[:size])
			n = size
		}
		text = text[n:]
	}
}

// character writes one character outside of ASCII. Those that newsletters use to push text out of sight are left out.
func (r *htmlReader) character(c rune, as []byte) {
	switch c {
	case '\u00A0', '\u2002', '\u2003', '\u2007', '\u2009', '\u202F', '\u200A':
		r.space, r.ghost = true, r.want != noBreak || len(r.cur) == 0
	case '\u200B', '\u00AD', '\u034F', '\u2060', '\uFEFF':
	case '\u200C', '\u200D': // join letters in some scripts and emoji; between spaces they are padding
		if !r.space && len(r.cur) > 0 && r.want == noBreak {
			r.put(as)
		}
	default:
		r.put(as)
	}
}

func isHTMLSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'
}

// preformatted writes text whose line ends and spaces count.
func (r *htmlReader) preformatted(text []byte) {
	for {
		i := bytes.IndexByte(text, '\n')
		piece := text
		if i >= 0 {
			piece = text[:i]
		}
		if piece = bytes.TrimRight(piece, "\r"); len(piece) > 0 {
			r.put(bytes.ReplaceAll(piece, []byte("\u00A0"), []byte(" ")))
		}
		if i < 0 {
			return
		}
		r.lineEnd()
		text = text[i+1:]
	}
}

// put writes visible bytes, after the break, indent, bullet or space that is due before them.
func (r *htmlReader) put(b []byte) {
	if r.want != noBreak {
		r.flush(r.want == blankLine)
	}
	switch {
	case len(r.cur) == 0:
		r.beginLine()
	case r.joint != "":
		r.cur = append(r.cur, r.joint...)
	case r.space:
		r.cur = append(r.cur, ' ')
	}
	r.want, r.joint, r.space, r.ghost = noBreak, "", false, false
	r.cur = append(r.cur, b...)
}

// beginLine notes where a line stands and writes its indent and bullet.
func (r *htmlReader) beginLine() {
	r.curMode, r.curRow = r.mode, 0
	if t := r.table(); t != nil {
		r.curRow = t.row
	}
	if r.tail && r.mode.kind == ownLine {
		r.curMode.kind = quotedLine
	}
	indent := 2 * r.mode.lists
	if r.bullet != "" {
		indent = max(0, indent-2)
	}
	for range indent {
		r.cur = append(r.cur, ' ')
	}
	r.cur = append(r.cur, r.bullet...)
	r.bullet = ""
	if r.linkStart < 0 || r.linkStart > len(r.cur) {
		r.linkStart = len(r.cur)
	}
}

// flush ends the line under way; then, if wanted, a blank line follows.
func (r *htmlReader) flush(blank bool) {
	if len(r.doc.lines) >= maxLines-2 && len(r.cur) > 0 { // what goes beyond is kept but not looked into
		r.cur = append(r.cur, '\n')
		return
	}
	if len(r.cur) > 0 {
		if r.mode.tables > 0 && r.curRow != 0 {
			r.torn = r.curRow
		}
		m := r.curMode
		r.doc.lines = append(r.doc.lines, line{text: cleanPiece(r.cur), depth: m.depth, kind: m.kind, box: m.box})
		r.cur = r.cur[:0]
		r.linkStart = -1
	}
	if n := len(r.doc.lines); blank && n > 0 && r.doc.lines[n-1].text != "" {
		last := r.doc.lines[n-1]
		last.text, last.depth = "", min(last.depth, r.mode.depth)
		if last.kind != r.mode.kind {
			last.kind = ownLine
		}
		if last.box != r.mode.box {
			last.box = 0
		}
		r.doc.lines = append(r.doc.lines, last)
	}
}

// cleanPiece makes one line of what was collected, without controls and direction marks (B3).
func cleanPiece(b []byte) string {
	return strings.ReplaceAll(strings.TrimRight(CleanText(string(b)), " \t"), "\n", " ")
}

// end takes what is left as the last line.
func (r *htmlReader) end() {
	r.endLink()
	if len(r.cur) > 0 {
		text := strings.TrimRight(CleanText(string(r.cur)), " \t\n")
		r.doc.lines = append(r.doc.lines, line{text: text, depth: r.curMode.depth, kind: r.curMode.kind, box: r.curMode.box})
	}
}

// rule writes <hr>. Some mail programs put a named one above the older letter.
func (r *htmlReader) rule(a attributes) {
	if r.mode.hidden || a.hidden {
		return
	}
	r.tail = r.tail || a.container() == tailBox
	r.wantBreak(lineBreak)
	r.put([]byte("----------"))
	r.wantBreak(lineBreak)
}

// picture writes the alternative text of a picture. Emoji stand for themselves.
func (r *htmlReader) picture(a attributes) {
	alt := strings.Join(strings.Fields(CleanLine(a.alt)), " ")
	if r.mode.hidden || a.hidden || a.dot || alt == "" || strings.ContainsAny(alt, "<>") {
		return
	}
	if first, _ := utf8.DecodeRuneInString(alt); utf8.RuneCountInString(alt) <= 4 && !unicode.IsLetter(first) && first >= 0x2000 {
		r.put([]byte(alt))
		return
	}
	r.put([]byte("[" + alt + "]"))
}

// endLink writes the address of the open link behind its text, when it says more than the text.
func (r *htmlReader) endLink() {
	address := linkAddress(r.href)
	r.href = ""
	if address == "" || r.mode.hidden || r.mode.tiny || r.linkStart < 0 || r.linkStart >= len(r.cur) {
		return
	}
	text := strings.TrimSpace(string(r.cur[r.linkStart:]))
	if text == "" || sameAddress(text, address) {
		return
	}
	r.space = false
	r.cur = append(append(append(r.cur, " ("...), address...), ')')
}

// linkAddress is a link as it may be shown: web, mail and phone addresses in one piece; scripts, files and anchors are none.
func linkAddress(href string) string {
	href = strings.TrimSpace(href)
	if len(href) > maxLinkLength || strings.ContainsFunc(href, func(c rune) bool {
		return c <= ' ' || c == 0x7F || unicode.IsSpace(c) || c == '<' || c == '>' || c == '"' || hidden(c)
	}) {
		return ""
	}
	scheme, rest, ok := strings.Cut(href, ":")
	if !ok || rest == "" {
		return ""
	}
	switch strings.ToLower(scheme) {
	case "http", "https", "ftp", "imap", "tel":
		return href
	case "mailto":
		return rest
	}
	return ""
}

// sameAddress tells whether the text of a link already says where it leads.
func sameAddress(text, address string) bool {
	if len(text) > len(address)+40 {
		return false
	}
	return bareAddress(text) == bareAddress(address)
}

// bareAddress takes off what two spellings of one address may differ in.
func bareAddress(s string) string {
	s = strings.ToLower(strings.Trim(s, "<>()[]\"' "))
	for _, prefix := range []string{"mailto:", "https://", "http://", "ftp://", "tel:", "www."} {
		s = strings.TrimPrefix(s, prefix)
	}
	return strings.TrimRight(s, "/")
}

// isBlock tells whether an element stands on lines of its own.
func isBlock(tag elem.Atom) bool {
	switch tag {
	case elem.P, elem.Div, elem.Table, elem.Tr, elem.Td, elem.Th, elem.Tbody, elem.Thead, elem.Tfoot, elem.Caption, elem.Ul, elem.Ol,
		elem.Li, elem.Dl, elem.Dt, elem.Dd, elem.Menu, elem.Dir, elem.Blockquote, elem.Pre, elem.H1, elem.H2, elem.H3, elem.H4, elem.H5,
		elem.H6, elem.Article, elem.Section, elem.Header, elem.Footer, elem.Nav, elem.Aside, elem.Main, elem.Address, elem.Center,
		elem.Form, elem.Fieldset, elem.Figure, elem.Figcaption, elem.Body, elem.Html, elem.Textarea, elem.Xmp, elem.Listing,
		elem.Plaintext, elem.Details, elem.Summary, elem.Option:
		return true
	}
	return false
}

// breakOf is the break before and after a block.
func breakOf(tag elem.Atom) htmlBreak {
	switch tag {
	case elem.P, elem.Ul, elem.Ol, elem.Dl, elem.Menu, elem.Dir, elem.Blockquote, elem.Pre, elem.H1, elem.H2, elem.H3, elem.H4, elem.H5,
		elem.H6, elem.Table, elem.Figure:
		return blankLine
	case elem.Td, elem.Th:
		return noBreak // cells decide themselves
	}
	return lineBreak
}

// tracked are inline elements whose end tag must find its own start tag.
func tracked(tag elem.Atom) bool { return tag == elem.Span || tag == elem.A || tag == elem.Font }

func isCell(tag elem.Atom) bool { return tag == elem.Td || tag == elem.Th || tag == elem.Table }

func isTablePart(tag elem.Atom) bool {
	switch tag {
	case elem.Table, elem.Tr, elem.Td, elem.Th, elem.Tbody, elem.Thead, elem.Tfoot, elem.Caption:
		return true
	}
	return false
}
