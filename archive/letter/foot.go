package letter

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// Footed is the letter with one more line of text below what its author wrote, behind the mark that mail programs leave out of answers
// (RFC 3676 §4.3). It is nil for a letter that the line could harm, or that has it already: one that is signed or encrypted in any part, an
// invitation, a report, one that is no text, or a multipart without an end. A lone plain text gets the line at its end, in its own
// character set and encoding; a multipart/mixed one text part more; of other texts such a multipart is made, with every byte of theirs.
func (l *Letter) Footed(line string) []byte {
	line = CleanLine(line)
	if line == "" || l.header.Count("Content-Type") > 1 || l.untouchable() || strings.Contains(unquoted(l.Text()), unquoted(line)) {
		return nil
	}
	top := l.parts[0]
	switch {
	case top.Type == "multipart/mixed":
		return l.withPart(line)
	case top.Type == "text/plain":
		if raw := l.withLine(line); raw != nil {
			return raw
		}
	case top.Type != "text/html" && top.Type != "multipart/alternative" && top.Type != "multipart/related", top.Type != "text/html" && top.Children == 0:
		return nil
	}
	return l.inMixed(line)
}

// unquoted is a text without the marks of quotes and the breaks of lines: what was quoted is found again in it.
func unquoted(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, ">", " ")), " ")
}

// hardTypes are parts beside which nothing may stand, or that mean something to a program only where they stand.
var hardTypes = []string{
	"multipart/signed", "multipart/encrypted", "multipart/report", "message/partial", "application/pkcs7-mime", "application/x-pkcs7-mime",
	"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-encrypted", "application/pgp-signature", "text/calendar",
}

func (l *Letter) untouchable() bool {
	return slices.ContainsFunc(l.parts, func(p Part) bool {
		return slices.Contains(hardTypes, p.Type) || p.isText() && bytes.Contains(p.Decoded(), []byte("-----BEGIN PGP"))
	})
}

// foot is the line with what parts it from the text above.
func foot(line string) []byte { return []byte("\r\n-- \r\n" + line + "\r\n") }

// withLine puts the line under a plain text; nil where its character set or encoding cannot hold it.
func (l *Letter) withLine(line string) []byte {
	p := l.parts[0]
	charset := strings.ToLower(p.Params["charset"])
	plain := utf8.RuneCountInString(line) == len(line)
	for _, other := range []string{"utf-16", "utf-32", "utf-7", "ucs", "iso-10646", "unicode", "hz-", "iso-2022", "ebcdic", "ibm"} {
		if strings.Contains(charset, other) {
			return nil
		}
	}
	if p.Disposition == "attachment" || !plain && charset != "utf-8" && charset != "utf8" {
		return nil
	}
	body := slices.Clone(p.Body())
	switch p.Encoding {
	case "base64":
		data := canonicalLines(p.Decoded())
		return slices.Concat(l.raw[:l.body], encodeBase64(append(endLine(data), foot(line)...)))
	case "quoted-printable":
		return slices.Concat(l.raw[:l.body], endLine(body), encodeQP(foot(line)))
	case "8bit", "binary":
	case "7bit":
		if !plain {
			return nil
		}
	default:
		return nil
	}
	return slices.Concat(l.raw[:l.body], endLine(body), foot(line))
}

// endLine is a text with a line end at its end.
func endLine(b []byte) []byte {
	if len(b) > 0 && !bytes.HasSuffix(b, []byte("\n")) {
		b = append(b, "\r\n"...)
	}
	return b
}

// footPart is the line as a part of its own.
func footPart(line string) []byte {
	e := textEntity("text/plain; charset=utf-8", []byte("-- \r\n"+line+"\r\n"), nil)
	return []byte("Content-Type: " + e.fields[0].Value + "\r\nContent-Disposition: inline\r\nContent-Transfer-Encoding: " + e.fields[1].Value + "\r\n\r\n" + string(e.body))
}

// withPart puts the line behind the last part of a multipart.
func (l *Letter) withPart(line string) []byte {
	from, boundary := l.body, l.parts[0].Params["boundary"]
	for _, p := range l.parts[1:] {
		from = max(from, p.End)
	}
	end := bytes.Index(l.raw[from:], []byte("\n--"+boundary+"--"))
	if end < 0 || boundary == "" || l.parts[0].Children == 0 {
		return nil
	}
	end += from + 1
	return slices.Concat(l.raw[:end], []byte("--"+boundary+"\r\n"), footPart(line), l.raw[end:])
}

// inMixed makes the letter the first of two parts.
func (l *Letter) inMixed(line string) []byte {
	boundary := "=_foot"
	for bytes.Contains(l.raw, []byte(boundary)) {
		boundary += "_"
	}
	h := l.header.clone()
	var inner Header
	for _, f := range h.Fields() {
		if name := strings.ToLower(f.Name); strings.HasPrefix(name, "content-") {
			for _, value := range h.Raw(f.Name) {
				if inner.Count(f.Name) == 0 && inner.Add(f.Name, strings.TrimSpace(value)) != nil {
					return nil
				}
			}
		}
	}
	h.DelNamed(func(name string) bool { return strings.HasPrefix(name, "content-") })
	if h.Set("MIME-Version", "1.0") != nil || h.Set("Content-Type", `multipart/mixed; boundary="`+boundary+`"`) != nil {
		return nil
	}
	mark, part := "--"+boundary, []byte("\r\n")
	if inner.Count("Content-Type") > 0 {
		part = inner.Bytes()
	}
	return slices.Concat(h.Bytes(), []byte(mark+"\r\n"), part, endLine(slices.Clone(l.raw[l.body:])), []byte("\r\n"+mark+"\r\n"), footPart(line), []byte("\r\n"+mark+"--\r\n"))
}
