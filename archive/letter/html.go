package letter

import (
	"bytes"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	elem "golang.org/x/net/html/atom"
)

const (
	maxOpen       = 2000 // elements that may be open; deeper ones change nothing
	maxLookUp     = 100  // open elements an end tag may close over
	maxHTMLQuote  = 20   // quotations within quotations that are still shown as such
	maxHTMLList   = 10   // lists within lists that are still indented
	maxLinkLength = 1000 // a longer address helps nobody who reads text
	maxCellJoin   = 120  // table cells are put on one line up to this many bytes
)

// HTMLToText is the readable text of an HTML mail as plain text: paragraphs, lists, tables and headings keep their lines, quoted
// blocks become "> " lines, a link becomes "text (address)" where the address says more than the text, a picture its alternative
// text in brackets. Hidden text, scripts, styles and everything remote is dropped; nothing is fetched and no tag comes out.
// It reads the text once from front to back without recursion, whatever the nesting.
func HTMLToText(source string) string {
	return render(readHTML(source).lines)
}

// readHTML turns HTML into lines, noting what mail programs mark as quotation, introduction or signature.
func readHTML(source string) document {
	r := &htmlReader{doc: document{parents: []int32{0}}}
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case html.ErrorToken: // the end; a tokenizer on a string knows no other error
			r.end()
			return r.doc
		case html.TextToken:
			r.words(z.Text())
		case html.StartTagToken, html.SelfClosingTagToken:
			r.startTag(z)
		case html.EndTagToken:
			name, _ := z.TagName()
			r.endTag(name)
		}
	}
}

// htmlMode is what holds for text at one place of the document. Each open element keeps the mode from before it.
type htmlMode struct {
	hidden bool     // not shown
	tiny   bool     // font-size 0: not shown unless somebody inside sets a size
	pre    bool     // line ends and spaces count
	depth  int32    // of quotation
	box    int32    // innermost container
	kind   lineKind // from containers of mail programs
	lists  int      // open lists
	tables int      // open tables
}

// htmlElement is one open element.
type htmlElement struct {
	tag    elem.Atom
	name   string    // when the tag has no atom
	gap    htmlBreak // before and after it
	before htmlMode
}

type htmlList struct {
	ordered bool
	next    int
}

type htmlTable struct {
	separator string // between cells on one line
	row       int    // number of the row under way
}

// htmlBreak is the largest break wanted before the next words.
type htmlBreak uint8

const (
	noBreak htmlBreak = iota
	lineBreak
	blankLine
)

// htmlReader builds lines from tokens. Breaks are lazy: they happen when the next words come.
type htmlReader struct {
	doc    document
	mode   htmlMode
	open   []htmlElement
	lists  []htmlList
	tables []htmlTable

	cur     []byte   // the line under way
	curMode htmlMode // where it began
	space   bool     // a space stands before the next words
	want    htmlBreak
	ghost   bool   // a hard space stands alone on the line: it is a blank line if nothing follows
	rows    int    // table rows so far
	curRow  int    // the row that the line under way began in
	torn    int    // the last row that has more than one line
	joint   string // separator of table cells, instead of the space
	bullet  string // of a list item whose words have not come yet
	tail    bool   // all that follows is an older letter

	href      string // of the open link
	linkStart int    // where its text begins in cur; -1 when that line is finished
}

func (r *htmlReader) startTag(z *html.Tokenizer) {
	name, more := z.TagName()
	tag := elem.Lookup(name)
	if tag == 0 && bytes.IndexByte(name, '@') > 0 { // <jane@example.com> that nobody escaped
		r.words([]byte("<" + string(name) + ">"))
		return
	}
	a := readAttributes(z, more)
	switch tag {
	case elem.Br:
		r.lineEnd()
	case elem.Hr:
		r.rule(a)
	case elem.Img, elem.Area:
		r.picture(a)
	case elem.Input, elem.Meta, elem.Link, elem.Base, elem.Col, elem.Wbr, elem.Embed, elem.Source, elem.Track, elem.Param:
		// void elements without text
	case elem.Noscript:
		z.NextIsNotRawText() // mail programs run no scripts, so this is what they show
		r.push(tag, "", a)
	default:
		if tag == 0 {
			r.push(0, string(name), a)
		} else {
			r.push(tag, "", a)
		}
	}
}

// push opens an element.
func (r *htmlReader) push(tag elem.Atom, name string, a attributes) {
	block, gap := isBlock(tag), breakOf(tag)
	switch {
	case r.mode.hidden || a.hidden:
		gap = noBreak
	case tag == elem.P && a.tight():
		gap = lineBreak
	}
	if block {
		if r.joint == "" || tag != elem.P && tag != elem.Div { // the first paragraph of a table cell stays on the line of its row
			r.wantBreak(gap)
		}
		for n := len(r.open); n > 0 && r.open[n-1].tag == elem.P; n = len(r.open) {
			r.pop(n - 1) // a paragraph ends where a block begins
		}
	}
	if tag == elem.A {
		r.endLink()
	}
	before := r.mode
	r.enter(tag, name, a)
	if r.mode.depth != before.depth || r.mode.kind != before.kind || r.mode.box != before.box {
		r.wantBreak(lineBreak)
	}
	if len(r.open) < maxOpen && (block || r.mode != before || tracked(tag)) {
		r.open = append(r.open, htmlElement{tag, name, gap, before})
	}
}

// enter changes the mode for what stands inside an element.
func (r *htmlReader) enter(tag elem.Atom, name string, a attributes) {
	switch tag {
	case elem.Script, elem.Style, elem.Title, elem.Iframe, elem.Noembed, elem.Noframes, elem.Template, elem.Svg, elem.Object,
		elem.Applet, elem.Audio, elem.Video, elem.Canvas, elem.Datalist:
		r.mode.hidden = true
	case elem.Pre, elem.Textarea, elem.Xmp, elem.Plaintext, elem.Listing:
		r.mode.pre = true
	case elem.Blockquote:
		if !a.indents() && r.mode.depth < maxHTMLQuote {
			r.mode.depth++
		}
	case elem.Ul, elem.Ol, elem.Menu, elem.Dir:
		if r.mode.lists < maxHTMLList {
			r.lists = append(r.lists, htmlList{ordered: tag == elem.Ol, next: startNumber(a.start)})
			r.mode.lists++
		}
	case elem.Li:
		r.item()
	case elem.Table:
		r.tables = append(r.tables[:r.mode.tables], htmlTable{separator: cellSeparator(a)})
		r.mode.tables++
	case elem.Tr:
		if t := r.table(); t != nil {
			r.rows++
			t.row = r.rows
		}
	case elem.Td, elem.Th:
		r.cell(tag)
	case elem.A:
		r.href, r.linkStart = a.href, len(r.cur)
	}
	if name == "xml" { // what word processors note for themselves
		r.mode.hidden = true
	}
	r.mode.hidden = r.mode.hidden || a.hidden
	if a.sized {
		r.mode.tiny = a.tiny
	}
	r.enterContainer(a)
}

// startNumber is the first number of an ordered list.
func startNumber(s string) int {
	if n, err := strconv.Atoi(s); err == nil && n >= 0 && n < 1_000_000 {
		return n
	}
	return 1
}

// cellSeparator stands between the cells of a row: a bar where a table has lines, two spaces where it only places things.
func cellSeparator(a attributes) string {
	if a.border {
		return " | "
	}
	return "  "
}

func (r *htmlReader) table() *htmlTable {
	if r.mode.tables == 0 || r.mode.tables > len(r.tables) {
		return nil
	}
	return &r.tables[r.mode.tables-1]
}

// cell begins a table cell. Cells of a row share a line as long as the row is one short line.
func (r *htmlReader) cell(tag elem.Atom) {
	t := r.table()
	if t == nil {
		r.wantBreak(lineBreak)
		return
	}
	if tag == elem.Th {
		t.separator = " | "
	}
	m := r.curMode
	alike := m.depth == r.mode.depth && m.kind == r.mode.kind && m.box == r.mode.box
	if len(r.cur) > 0 && len(r.cur) < maxCellJoin && alike && r.curRow == t.row && r.torn != t.row {
		r.want, r.ghost, r.joint = noBreak, false, t.separator
	} else {
		r.wantBreak(lineBreak)
	}
}

// item begins a list item.
func (r *htmlReader) item() {
	r.bullet = "- "
	if r.mode.lists == 0 || r.mode.lists > len(r.lists) {
		return
	}
	if l := &r.lists[r.mode.lists-1]; l.ordered {
		r.bullet = strconv.Itoa(l.next) + ". "
		l.next++
	}
}

func (r *htmlReader) endTag(name []byte) {
	tag, other := elem.Lookup(name), ""
	switch {
	case tag == elem.Br:
		r.lineEnd()
		return
	case tag == 0:
		other = string(name)
	}
	block := isBlock(tag)
	for i := len(r.open) - 1; i >= 0 && i >= len(r.open)-maxLookUp; i-- {
		e := r.open[i]
		if e.tag == tag && e.name == other {
			r.pop(i)
			return
		}
		// An inline end tag never closes a block, and no end tag but a table's own closes a table around it.
		if !block && isBlock(e.tag) || isCell(e.tag) && !isTablePart(tag) {
			return
		}
	}
}

// pop closes the open elements from i on.
func (r *htmlReader) pop(i int) {
	for _, e := range r.open[i:] {
		if isBlock(e.tag) {
			r.wantBreak(e.gap)
		}
		switch e.tag {
		case elem.A:
			r.endLink()
		case elem.Li:
			r.bullet = ""
		}
	}
	before := r.open[i].before
	if before.depth != r.mode.depth || before.kind != r.mode.kind || before.box != r.mode.box {
		r.wantBreak(lineBreak)
	}
	r.mode, r.open = before, r.open[:i]
	r.lists = r.lists[:min(len(r.lists), before.lists)]
}
