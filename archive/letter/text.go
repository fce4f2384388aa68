package letter

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxText = 512 << 10 // bytes of text that are read of one letter; nobody reads more, and work and memory stay bounded (B8)
	maxStub = 300       // bytes that a text may have which only says that the letter is written in HTML
)

// Text is the whole text of the letter as people read it: the text/plain parts in their order, where there are none the HTML as
// plain text; of alternatives one. It is valid UTF-8 with \n line ends and without controls (B3), format=flowed joined, quoted
// lines behind '>', at most about half a MiB. Attached files and letters inside the letter are not part of it.
func (l *Letter) Text() string { return l.found.text() }

func (l *Letter) readText() string {
	var out strings.Builder
	for _, b := range l.bodies() {
		text := b.text
		if b.html {
			text = HTMLToText(b.text)
		}
		if text = strings.Trim(text, "\n"); text == "" {
			continue
		}
		if out.Len() > 0 {
			out.WriteString("\n\n")
		}
		out.WriteString(text)
	}
	return out.String()
}

// NewText is what the author wrote anew: Text without quoted letters, signature and footers (product.md A5). Where a part is
// HTML the containers of mail programs are used as well.
func (l *Letter) NewText() NewText { return l.found.newText() }

func (l *Letter) readNewText() NewText {
	found := trim(joined(l.bodies()))
	if !found.cut {
		return found.NewText
	}
	// An older letter without quote marks was cut off. If answers stand inside it, only the HTML can show them.
	if other := l.htmlBodies(); len(other) > 0 {
		if inHTML := trim(joined(other)); inHTML.Interleaved && !inHTML.cut {
			return inHTML.NewText
		}
	}
	return found.NewText
}

// joined makes one document of the bodies of a letter.
func joined(bodies []textBody) document {
	if len(bodies) == 1 {
		return bodies[0].document()
	}
	whole := document{parents: []int32{0}}
	for i, b := range bodies {
		doc := b.document()
		offset := int32(len(whole.parents) - 1)
		for _, parent := range doc.parents[1:] {
			if parent != 0 {
				parent += offset
			}
			whole.parents = append(whole.parents, parent)
		}
		if i > 0 {
			whole.lines = append(whole.lines, line{})
		}
		for _, l := range doc.lines {
			if l.box != 0 {
				l.box += offset
			}
			whole.lines = append(whole.lines, l)
		}
	}
	return whole
}

// textBody is one part that is shown as text.
type textBody struct {
	text string // decoded, clean, unflowed; HTML as it came
	html bool
}

func (b textBody) document() document {
	if b.html {
		return readHTML(b.text)
	}
	return plainDocument(b.text)
}

// bodies are the parts that make the text, in order, at most maxText bytes of them.
func (l *Letter) bodies() []textBody { return l.found.bodies() }

func (l *Letter) readBodies() []textBody {
	chosen := l.alternatives(false)
	if b := l.read(chosen); hasWords(b) {
		return b
	}
	return l.read(l.alternatives(true)) // a plain text without words, or one that points to the HTML
}

// htmlBodies are the parts of the other reading, if there are alternatives at all.
func (l *Letter) htmlBodies() []textBody {
	plain, html := l.alternatives(false), l.alternatives(true)
	for a, branch := range plain {
		if html[a] != branch {
			return l.read(html)
		}
	}
	return nil
}

// hasWords tells whether anybody could read something in these bodies.
func hasWords(bodies []textBody) bool {
	for _, b := range bodies {
		if b.html || strings.ContainsFunc(b.text, func(c rune) bool { return c > ' ' && !unicode.IsSpace(c) && !hidden(c) }) && !isStub(b.text) {
			return true
		}
	}
	return false
}

// isStub tells whether a text only says that the letter is to be read as HTML.
func isStub(text string) bool {
	return len(text) < maxStub && strings.Contains(strings.ToLower(text), "html")
}

// alternatives decides for each multipart/alternative (RFC 2046 §5.1.4) which of its branches is read: the first with plain
// text, or with HTML if that is preferred. The keys and values are indices into Parts.
func (l *Letter) alternatives(preferHTML bool) map[int]int {
	chosen := map[int]int{}
	rank := map[int]int{}
	for i, p := range l.parts {
		worth := 0
		switch {
		case !p.isText():
		case (p.Type == "text/html") == preferHTML:
			worth = 2
		case !p.IsMultipart():
			worth = 1
		}
		for branch := i; worth > 0 && l.parts[branch].Parent >= 0; branch = l.parts[branch].Parent {
			a := l.parts[branch].Parent
			if l.parts[a].Type == "multipart/alternative" && worth > rank[a] {
				chosen[a], rank[a] = branch, worth
			}
		}
	}
	return chosen
}

// read reads the text parts that stand on chosen branches and in no letter inside the letter.
func (l *Letter) read(chosen map[int]int) []textBody {
	var list []textBody
	left := maxText
	for i, p := range l.parts {
		if !p.isText() || p.IsMultipart() || !l.isShown(i, chosen) || left <= 0 {
			continue
		}
		b := readBody(p, left)
		left -= len(b.text)
		list = append(list, b)
	}
	return list
}

// isShown tells whether every part around this one leads to it.
func (l *Letter) isShown(i int, chosen map[int]int) bool {
	for l.parts[i].Parent >= 0 {
		around := l.parts[i].Parent
		if l.parts[around].IsMessage() {
			return false
		}
		if branch, ok := chosen[around]; ok && branch != i {
			return false
		}
		i = around
	}
	return true
}

// readBody decodes at most limit bytes of a text part.
func readBody(p Part, limit int) textBody {
	raw := p.Body()
	raw = raw[:min(len(raw), 3*limit)] // no encoding needs more than three bytes for one
	decoded := decodeTransfer(p.Encoding, raw)
	decoded = decoded[:min(len(decoded), limit)]
	label := p.Params["charset"]
	if p.Type == "text/html" || p.Type == "text/enriched" {
		if unlabelled[charsetLabel(label)] && !utf8.Valid(decoded) {
			label = htmlCharset(decoded)
		}
		return textBody{text: decodeCharset(label, decoded), html: true}
	}
	text := CleanText(decodeCharset(label, decoded))
	if strings.EqualFold(p.Params["format"], "flowed") || strings.Contains(strings.ToLower(label), "format=flowed") {
		text = unflow(text, strings.EqualFold(p.Params["delsp"], "yes"))
	}
	return textBody{text: text}
}

// htmlCharset finds the charset that HTML itself declares at its head.
func htmlCharset(b []byte) string {
	head := bytes.ToLower(b[:min(len(b), 1024)])
	_, label, ok := bytes.Cut(head, []byte("charset="))
	if !ok {
		return ""
	}
	label = bytes.TrimLeft(label, "\"' ")
	if i := bytes.IndexAny(label, "\"' />;"); i >= 0 {
		label = label[:i]
	}
	return string(label)
}
