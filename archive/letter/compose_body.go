package letter

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"mime"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"github.com/jordan-wright/email"
)

// entity is one MIME entity on its way out: its Content fields and its body.
type entity struct {
	fields []Field
	body   []byte
}

// entity composes the body of the draft. The library writes it; what it leaves to chance or does not know is put in its place:
// boundaries that depend on the content alone, parameters, the shorter encoding, file names, letters inside the letter.
func (d Draft) entity() (entity, error) {
	text, html := d.texts()
	pieces, err := composed(text, html, d.Files)
	if err != nil {
		return entity{}, err
	}
	boundary := d.boundary(text, html)
	var words []entity
	if len(text) > 0 || len(html) == 0 {
		words = append(words, textEntity("text/plain; charset=utf-8"+d.flowedParameter(), text, pieces.next()))
	}
	if len(html) > 0 {
		words = append(words, textEntity("text/html; charset=utf-8", html, pieces.next()))
	}
	whole := words[0]
	if len(words) > 1 {
		whole, err = joinParts("alternative", boundary+"a", words)
	}
	if len(d.Files)+len(d.Letters)+len(d.Digest) == 0 || err != nil {
		return whole, err
	}
	parts := []entity{whole}
	if len(d.Digest) > 0 {
		digest, err := digestEntity(boundary+"d", d.Digest)
		if err != nil {
			return digest, err
		}
		parts = append(parts, digest)
	}
	for _, raw := range d.Letters {
		parts = append(parts, letterEntity(raw))
	}
	for _, f := range d.Files {
		parts = append(parts, fileEntity(f, pieces.next()))
	}
	return joinParts("mixed", boundary+"m", parts)
}

// texts are the text and the HTML with CRLF line ends, the text made from the HTML if there is none.
func (d Draft) texts() (text, html []byte) {
	plain := d.Text
	if plain == "" && d.HTML != "" {
		plain = HTMLToText(d.HTML)
	}
	if d.Flowed {
		plain = flow(CleanText(plain))
	}
	return bodyText(plain), bodyText(d.HTML)
}

// bodyText is a text as it goes into a part: valid UTF-8, CRLF, a line end at its end.
func bodyText(s string) []byte {
	if s == "" {
		return nil
	}
	b := canonicalLines([]byte(strings.ToValidUTF8(s, "\uFFFD")))
	if !bytes.HasSuffix(b, []byte("\r\n")) {
		b = append(b, "\r\n"...)
	}
	return b
}

func (d Draft) flowedParameter() string {
	if d.Flowed {
		return "; format=flowed"
	}
	return ""
}

// boundary is a line that stands in no part: made from what the parts hold, so that the same content gives the same letter. Its
// first two characters occur in neither quoted-printable nor base64 (RFC 2045 §6.7).
func (d Draft) boundary(text, html []byte) string {
	sum := sha256.New()
	note := func(b []byte) {
		sum.Write([]byte(strconv.Itoa(len(b)) + ":"))
		sum.Write(b)
	}
	note([]byte(d.MessageID))
	note(text)
	note(html)
	for _, f := range d.Files {
		note([]byte(f.Name))
		note(f.Data)
	}
	inside := slices.Concat(d.Letters, d.Digest)
	for _, raw := range inside {
		note(raw)
	}
	for {
		boundary := "=_" + strings.ToLower(base32.StdEncoding.EncodeToString(sum.Sum(nil))[:24])
		taken := false
		for _, raw := range inside { // letters inside are not encoded, and might hold a letter of ours
			taken = taken || bytes.Contains(raw, []byte(boundary))
		}
		if !taken {
			return boundary
		}
		note(nil)
	}
}

// textEntity is a text part in the shorter of the two encodings. written is how the library wrote it: quoted-printable.
func textEntity(contentType string, text, written []byte) entity {
	encoding, body := encodeSmaller(text)
	if encoding == "quoted-printable" && written != nil {
		body = written
	}
	return entity{fields: []Field{{"Content-Type", contentType}, {"Content-Transfer-Encoding", encoding}}, body: body}
}

// digestEntity holds letters one behind the other. In a multipart/digest everything is a letter (RFC 2046 §5.1.5), which mail programs show as
// one that can be answered by itself; those that list the parts of a letter find its subject there (Content-Description, RFC 2045 §8).
func digestEntity(boundary string, letters [][]byte) (entity, error) {
	var parts []entity
	for _, raw := range letters {
		raw = canonicalLines(raw)
		if bytes.ContainsFunc(raw, func(c rune) bool { return c > 0x7E || c == 0 }) {
			return entity{}, errors.New("draft: a letter of a digest is not in 7bit")
		}
		part := entity{body: raw}
		if l, err := Parse(raw); err == nil && l.Subject() != "" {
			part.fields = []Field{{"Content-Description", l.Subject()}}
		}
		parts = append(parts, part)
	}
	return joinParts("digest", boundary, parts)
}

// letterEntity is a letter inside the letter. It may not be encoded (RFC 2046 §5.2.1); one that could not pass as it is becomes a
// file.
func letterEntity(raw []byte) entity {
	raw = canonicalLines(raw)
	encoding := "7bit"
	for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
		if len(line) > lineMax || bytes.IndexByte(line, 0) >= 0 {
			return fileEntity(File{Name: "letter.eml", Type: "application/octet-stream", Data: raw}, nil)
		}
	}
	if bytes.ContainsFunc(raw, func(c rune) bool { return c > 0x7E }) {
		encoding = "8bit"
	}
	return entity{fields: []Field{{"Content-Type", "message/rfc822"}, {"Content-Transfer-Encoding", encoding}, {"Content-Disposition", "inline"}}, body: raw}
}

// fileEntity is an attached file in base64. written is how the library wrote it.
func fileEntity(f File, written []byte) entity {
	mediaType, _, err := mime.ParseMediaType(f.Type)
	if err != nil || !strings.Contains(mediaType, "/") || strings.HasPrefix(mediaType, "multipart/") || strings.HasPrefix(mediaType, "message/") {
		mediaType = "application/octet-stream" // letters and multiparts may not be encoded
	}
	if written == nil {
		written = encodeBase64(f.Data)
	}
	return entity{fields: []Field{
		{"Content-Type", mediaType},
		{"Content-Transfer-Encoding", "base64"},
		{"Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(f.Name)})},
	}, body: written}
}

// fileName is a name as it may be shown: without folders and controls, short enough for one line of a header, its ending kept.
func fileName(name string) string {
	const longest, longestEnding = 60, 10
	name = CleanLine(name)
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	if name = strings.Trim(name, " ."); name == "" {
		return "attachment"
	}
	if runes := []rune(name); len(runes) > longest {
		ending := []rune(name[max(0, strings.LastIndexByte(name, '.')):])
		if len(ending) > longestEnding {
			ending = nil
		}
		name = string(runes[:longest-len(ending)]) + string(ending)
	}
	return name
}

// joinParts puts entities behind boundaries (RFC 2046 §5.1.1).
func joinParts(kind, boundary string, parts []entity) (entity, error) {
	var body bytes.Buffer
	for _, p := range parts {
		body.WriteString("--" + boundary + "\r\n")
		for _, f := range p.fields {
			raw, err := writeField(f.Name, f.Value, "\r\n")
			if err != nil {
				return entity{}, fmt.Errorf("draft: %w", err)
			}
			body.Write(raw)
		}
		body.WriteString("\r\n")
		body.Write(p.body)
		if !bytes.HasSuffix(p.body, []byte("\r\n")) {
			body.WriteString("\r\n")
		}
	}
	body.WriteString("--" + boundary + "--\r\n")
	return entity{fields: []Field{{"Content-Type", fmt.Sprintf("multipart/%s; boundary=%q", kind, boundary)}}, body: body.Bytes()}, nil
}

// written are the bodies of the parts that the library composed, in order.
type written [][]byte

func (w *written) next() []byte {
	if len(*w) == 0 {
		return nil
	}
	b := (*w)[0]
	*w = (*w)[1:]
	return b
}

// composed lets the library compose a letter of these parts and takes the bodies out of it. Its header is thrown away: unordered,
// unfolded, with the name of this machine in it.
func composed(text, html []byte, files []File) (*written, error) {
	e := email.NewEmail()
	e.Headers = textproto.MIMEHeader{"Message-Id": {"x"}, "Date": {"x"}, "From": {"x"}} // so that it asks neither host nor clock
	e.Text, e.HTML = text, html
	for _, f := range files {
		if _, err := e.Attach(bytes.NewReader(f.Data), "x", "application/octet-stream"); err != nil {
			return nil, fmt.Errorf("draft: %w", err)
		}
	}
	raw, err := e.Bytes()
	if err != nil {
		return nil, fmt.Errorf("draft: %w", err)
	}
	l, err := Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("draft: %w", err)
	}
	w := written{}
	for _, p := range l.Parts() {
		if !p.IsMultipart() {
			w = append(w, p.Body())
		}
	}
	want := len(files)
	if len(text) > 0 || len(html) == 0 && len(files) == 0 {
		want++
	}
	if len(html) > 0 {
		want++
	}
	if len(w) != want {
		return nil, errors.New("draft: the letter does not hold the parts it was made of")
	}
	if len(text) == 0 && len(html) == 0 && len(files) > 0 {
		w = append(written{nil}, w...) // the library leaves out a text that is empty
	}
	return &w, nil
}
