package letter

import (
	"strings"

	"golang.org/x/net/html"
)

// attributes are the few attributes of an element that matter for its text.
type attributes struct {
	href, alt, start string
	hidden           bool // by attribute or style
	sized, tiny      bool // sets a font size; the size is nothing
	border           bool // a table with lines
	dot              bool // a picture of one point
	cite             bool // type=cite: a quotation for sure
	class, id, name  string
	style            string
}

func readAttributes(z *html.Tokenizer, more bool) attributes {
	var a attributes
	for more {
		var key, val []byte
		key, val, more = z.TagAttr()
		switch string(key) {
		case "href":
			a.href = string(val)
		case "alt":
			a.alt = string(val)
		case "start", "value":
			a.start = string(val)
		case "hidden":
			a.hidden = true
		case "border":
			a.border = len(val) > 0 && string(val) != "0"
		case "width", "height":
			a.dot = a.dot || string(val) == "0" || string(val) == "1"
		case "type":
			a.cite = strings.EqualFold(string(val), "cite")
		case "class":
			a.class = strings.ToLower(string(val))
		case "id":
			a.id = strings.ToLower(string(val))
		case "name":
			a.name = strings.ToLower(string(val))
		case "style":
			a.readStyle(strings.ToLower(string(val)))
		}
	}
	return a
}

// readStyle notes what a style says about being seen.
func (a *attributes) readStyle(style string) {
	a.style = style
	var flat, clipped bool
	for rule := range strings.SplitSeq(style, ";") {
		property, value, _ := strings.Cut(rule, ":")
		value = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "!important"))
		switch strings.TrimSpace(property) {
		case "display":
			a.hidden = a.hidden || value == "none"
		case "visibility":
			a.hidden = a.hidden || value == "hidden" || value == "collapse"
		case "opacity":
			a.hidden = a.hidden || isZero(value)
		case "max-height", "height":
			flat = flat || isZero(value)
		case "overflow":
			clipped = clipped || value == "hidden"
		case "font-size":
			a.sized, a.tiny = true, isZero(value)
		}
	}
	a.hidden = a.hidden || flat && clipped
}

// isZero tells whether a CSS length is nothing: "0", "0px", "0.0em".
func isZero(value string) bool {
	digits := strings.TrimRight(value, "abcdefghijklmnopqrstuvwxyz%")
	return digits != "" && strings.Trim(digits, "0.") == ""
}

// indents tells whether a <blockquote> is no quotation but the indentation that editors make of it: without border and without
// the marks that mail programs put on quoted letters.
func (a attributes) indents() bool {
	if a.cite || a.class != "" || strings.Contains(a.style, "border-left") {
		return false
	}
	return strings.Contains(a.style, "border:none") || strings.Contains(a.style, "border: none") ||
		strings.Contains(a.style, "border:0") || strings.Contains(a.style, "border: 0")
}

// tight tells whether a paragraph has no space around it, as word processors write every line.
func (a attributes) tight() bool {
	return strings.HasPrefix(a.class, "mso") || strings.Contains(a.style, "margin:0") || strings.Contains(a.style, "margin: 0") ||
		strings.Contains(a.style, "margin-bottom:0") || strings.Contains(a.style, "margin-bottom: 0")
}

// boxKind is what a container made by a mail program holds.
type boxKind uint8

const (
	noBox        boxKind = iota
	answerBox            // an older letter, perhaps with answers between its blocks
	quoteBox             // an older letter and nothing else
	introBox             // "On Friday, Bree wrote:"
	signatureBox         // a signature
	tailBox              // from here on to the end: an older letter
)

// boxes are the classes, ids and names by which mail programs mark older letters and signatures, in small letters and without the
// prefixes that other programs put before them.
var boxes = map[string]boxKind{
	"gmail_quote": answerBox, "gmail_quote_container": answerBox, "protonmail_quote": answerBox, "isforwardcontent": answerBox,
	"missive_quote": answerBox, "zmail_extra": answerBox, "quotedtext": answerBox, "tutanota_quote": answerBox,

	"yahoo_quoted": quoteBox, "moz-forward-container": quoteBox, "olk_src_body_section": quoteBox, "messagereplysection": quoteBox,
	"mail-editor-reference-message-container": quoteBox, "forwardmessagesection": quoteBox,

	"gmail_attr": introBox, "moz-cite-prefix": introBox, "reply-intro": introBox, "airmail_on": introBox,
	"moz-email-headers-table": introBox,

	"gmail_signature": signatureBox, "moz-signature": signatureBox, "messagesignaturesection": signatureBox,
	"ms-outlook-mobile-signature": signatureBox, "protonmail_signature_block": signatureBox, "signature": signatureBox,
	"ms-outlook-signature": signatureBox, "gmail_signature_prefix": signatureBox, "email_signature": signatureBox,

	"divrplyfwdmsg": tailBox, "appendonsend": tailBox, "outlookmessageheader": tailBox, "stopspelling": tailBox, "zwchr": tailBox,
}

// container finds what the element is to mail programs.
func (a attributes) container() boxKind {
	if k := boxes[bareMark(a.id)]; k != noBox {
		return k
	}
	switch k := boxes[a.name]; {
	case k == quoteBox || k == signatureBox:
		return k
	case a.name == "quote":
		return quoteBox
	}
	for class := range strings.FieldsSeq(a.class) {
		// "signature" alone as a class belongs to all sorts of pages; as an id it is Outlook's.
		if k := boxes[bareMark(class)]; k != noBox && class != "signature" {
			return k
		}
	}
	return noBox
}

// bareMark takes off what mail programs put before the marks of others when they show or quote foreign HTML: "x_", "ecx",
// "ydp1a2b3c4d" and "yiv12345"; and the number behind Yahoo's.
func bareMark(mark string) string {
	mark = strings.TrimPrefix(strings.TrimPrefix(mark, "x_"), "ecx")
	if rest, ok := strings.CutPrefix(mark, "ydp"); ok {
		mark = strings.TrimLeft(rest[:min(8, len(rest))], "0123456789abcdef") + rest[min(8, len(rest)):]
	}
	if rest, ok := strings.CutPrefix(mark, "yiv"); ok {
		mark = strings.TrimLeft(rest, "0123456789")
	}
	if strings.HasPrefix(mark, "yahoo_quoted_") {
		return "yahoo_quoted"
	}
	return mark
}

// enterContainer notes that what follows stands in a container of a mail program.
func (r *htmlReader) enterContainer(a attributes) {
	k := a.container()
	switch k {
	case noBox:
		return
	case introBox:
		r.mode.kind = introLine
	case signatureBox:
		if r.mode.kind == ownLine {
			r.mode.kind = signatureLine
		}
	case quoteBox:
		r.mode.kind = quotedLine
	case tailBox:
		r.tail = true
	}
	r.newBox()
}

// newBox opens a container; very deep ones count as the one around them.
func (r *htmlReader) newBox() {
	depth := 0
	for b := r.mode.box; b != 0; b = r.doc.parents[b] {
		depth++
	}
	if depth < maxHTMLQuote {
		r.doc.parents = append(r.doc.parents, r.mode.box)
		r.mode.box = int32(len(r.doc.parents) - 1)
	}
}
