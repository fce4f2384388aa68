package letter

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Part is one MIME entity of a letter (RFC 2045 §2.4). Positions are offsets into Raw of the letter.
type Part struct {
	Parent      int               // index in Parts of the multipart or message/rfc822 that holds it; -1 for the letter itself
	Number      int               // its place in the parent, counted from 1; 0 for the letter itself
	Depth       int               // 0 for the letter itself
	Children    int               // parts directly inside; a multipart whose boundary is missing or empty has none
	Type        string            // media type in lower case; the standard's default when missing or unreadable
	Params      map[string]string // of Content-Type: names in lower case, values decoded (RFC 2231, RFC 2047) and clean
	Disposition string            // "inline", "attachment", …; "" when missing
	DispParams  map[string]string // of Content-Disposition, like Params
	Encoding    string            // transfer encoding in lower case, "7bit" when missing
	ContentID   string            // without angle brackets
	Description string            // Content-Description, decoded and clean

	HeaderStart int // where the header begins
	BodyStart   int // where the body begins, behind the empty line
	End         int // where the body ends: the line break before a boundary belongs to the boundary (RFC 2046 §5.1.1)

	raw []byte // of the whole letter
}

// Raw is the entity with its header, as it came.
func (p Part) Raw() []byte { return p.raw[p.HeaderStart:p.End] }

// HeaderBytes is the header with its empty line, as it came.
func (p Part) HeaderBytes() []byte { return p.raw[p.HeaderStart:p.BodyStart] }

// Body is the body as it came, still transfer-encoded.
func (p Part) Body() []byte { return p.raw[p.BodyStart:p.End] }

// Decoded is the body without its transfer encoding (base64, quoted-printable, uuencode); what is damaged is left out, never an
// error. Without an encoding it is Body itself, not a copy.
func (p Part) Decoded() []byte { return decodeTransfer(p.Encoding, p.Body()) }

// DecodedHead is the beginning of Decoded, at most n octets of it, without the work and the memory that all of a large file would take.
func (p Part) DecodedHead(n int) []byte {
	raw := p.Body()
	decoded := decodeTransfer(p.Encoding, raw[:min(len(raw), 4*n)]) // no encoding needs more than three for one
	return decoded[:min(len(decoded), n)]
}

// TextHead is DecodedHead of a text as UTF-8, whatever it is written in.
func (p Part) TextHead(n int) string {
	decoded, label := p.DecodedHead(n), p.Params["charset"]
	if p.Type == "text/html" && unlabelled[charsetLabel(label)] && !utf8.Valid(decoded) {
		label = htmlCharset(decoded)
	}
	return decodeCharset(label, decoded)
}

// Header is a copy of the part's own header.
func (p Part) Header() *Header { return ParseHeader(p.HeaderBytes()) }

// Get is the decoded, cleaned value of the first field of this name in the part's own header.
func (p Part) Get(name string) string { return p.Header().Get(name) }

// IsMultipart tells whether the part holds other parts separated by a boundary. A multipart in name only, in which no boundary
// was found, holds none: its body is best read as text.
func (p Part) IsMultipart() bool { return p.Children > 0 && strings.HasPrefix(p.Type, "multipart/") }

// IsMessage tells whether the part is a whole letter (message/rfc822, message/global) that was looked into; the next part in
// Parts is that letter.
func (p Part) IsMessage() bool { return p.Children > 0 && strings.HasPrefix(p.Type, "message/") }

// Filename is the file name the sender gave, clean and without folders; "" when there is none.
func (p Part) Filename() string {
	name := p.DispParams["filename"]
	if name == "" {
		name = p.Params["name"]
	}
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Trim(name, " .") // ".." is no name, and a dot in front hides a file
	for len(name) > 200 {
		cut := 200
		for cut > 0 && name[cut]&0xC0 == 0x80 {
			cut--
		}
		name = name[:cut]
	}
	return name
}

// describe fills in what the fields of the part say and gives its boundary, "" when it waits for none.
func (p *Part) describe(spans []span, standard string) (boundary string) {
	p.Type, p.Encoding = standard, "7bit"
	var seenType, seenDisposition, seenEncoding bool
	for _, sp := range spans {
		if sp.colon < 0 || !startsFold(p.raw[sp.start:sp.colon], "Content-") {
			continue
		}
		name := bytes.TrimRight(p.raw[sp.start:sp.colon], " \t")
		value := p.raw[sp.colon+1 : sp.end]
		switch {
		case equalFold(name, "Content-Type") && !seenType:
			seenType = true
			m := parseMedia(value)
			if strings.Contains(m.value, "/") {
				p.Type = m.value
			}
			p.Params = m.params
			if strings.HasPrefix(p.Type, "multipart/") {
				boundary = m.boundary
			}
		case equalFold(name, "Content-Disposition") && !seenDisposition:
			seenDisposition = true
			m := parseMedia(value)
			p.Disposition, p.DispParams = m.value, m.params
		case equalFold(name, "Content-Transfer-Encoding") && !seenEncoding:
			seenEncoding = true
			if word := firstWord(value); word != "" {
				p.Encoding = word
			}
		case equalFold(name, "Content-ID") && p.ContentID == "":
			p.ContentID = strings.Trim(CleanLine(string(value)), "<> ")
		case equalFold(name, "Content-Description") && p.Description == "":
			p.Description = DecodeWords(string(value))
		}
	}
	return boundary
}

// longestWord is more than the name of any transfer encoding has.
const longestWord = 64

// firstWord is the first token of a structured value in lower case.
func firstWord(value []byte) string {
	value = bytes.TrimLeft(value, " \t\r\n\"")
	value = value[:min(len(value), longestWord)]
	end := 0
	for end < len(value) && value[end] > ' ' && value[end] < 0x7F && value[end] != ';' && value[end] != '"' && value[end] != '(' {
		end++
	}
	return strings.ToLower(string(value[:end]))
}

// Attachments are the parts that a mail program would show as files: all but the texts and what only holds other parts. A letter
// inside this one counts as one file.
func (l *Letter) Attachments() []Attachment {
	var list []Attachment
	for _, p := range l.Files() {
		list = append(list, Attachment{Name: p.Name(), Type: p.Type, Size: decodedSize(p)})
	}
	return list
}

// Name is the file name of a part, made up from its type where the sender gave none.
func (p Part) Name() string {
	if name := p.Filename(); name != "" {
		return name
	}
	return standardName(p.Type)
}

// Files are the parts that Attachments tells of.
func (l *Letter) Files() []Part {
	var list []Part
	skip := 0 // parts below this offset belong to a message counted already
	for _, p := range l.parts {
		if p.HeaderStart < skip || p.IsMultipart() || p.isText() {
			continue
		}
		if p.IsMessage() {
			skip = p.End
		}
		list = append(list, p)
	}
	return list
}

// isText tells whether the part is shown as the letter's text rather than as a file.
func (p Part) isText() bool {
	if p.Disposition == "attachment" || p.Filename() != "" {
		return false
	}
	return p.Type == "text/plain" || p.Type == "text/html" || p.Type == "text/enriched" || strings.HasPrefix(p.Type, "multipart/")
}

// standardName names a file whose sender gave it no name.
func standardName(mediaType string) string {
	switch mediaType {
	case "message/rfc822", "message/global":
		return "letter.eml"
	case "text/calendar":
		return "invitation.ics"
	case "text/plain":
		return "text.txt"
	case "text/html":
		return "page.html"
	case "application/pgp-signature":
		return "signature.asc"
	case "application/pkcs7-signature", "application/x-pkcs7-signature":
		return "signature.p7s"
	case "application/pdf":
		return "document.pdf"
	case "image/jpeg":
		return "image.jpg"
	case "image/png", "image/gif", "image/webp":
		return "image." + strings.TrimPrefix(mediaType, "image/")
	}
	return "attachment"
}

// decodedSize is len(p.Decoded()), for base64 without the memory.
func decodedSize(p Part) int {
	if p.Encoding != "base64" {
		return len(p.Decoded())
	}
	digits, size, padded := 0, 0, false
	for line := range bytes.Lines(p.Body()) {
		line = bytes.TrimSpace(line)
		if padded && !plainBase64(line) {
			break // the footer of a list, as decodeBase64 sees it
		}
		for _, c := range line {
			if c == '=' {
				size, digits, padded = size+digits*3/4, 0, true
			} else if base64Value(c) >= 0 {
				digits++
			}
		}
	}
	return size + digits*3/4
}
