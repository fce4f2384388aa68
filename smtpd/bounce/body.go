package bounce

import (
	"bytes"
	"strings"

	"backchannel/archive/letter"
)

// maxText is how much of a report is read; a returned letter behind it may be as long as it likes.
const maxText = 64 << 10

// body is a report laid out: the machine's part, the text for people, the letter that came back.
type body struct {
	status   string // message/delivery-status, all of them
	feedback string // message/feedback-report
	text     string // what stands before the returned letter, lines ended by \n
	returned *letter.Letter
	inline   string // what stands behind it in a text, and looks like a returned letter
}

// open lays out a letter. Parts inside a letter that travels with it are not its own.
func open(l *letter.Letter) *body {
	b := &body{}
	parts := l.Parts()
	own := make([]bool, len(parts))
	for i, p := range parts {
		own[i] = p.Parent < 0 || own[p.Parent] && !strings.HasPrefix(parts[p.Parent].Type, "message/")
		if !own[i] || p.IsMultipart() {
			continue
		}
		switch p.Type {
		case "message/delivery-status", "message/global-delivery-status":
			b.status += lines(head(p), maxText-len(b.status)) + "\n\n"
		case "message/feedback-report":
			b.feedback += lines(head(p), maxText-len(b.feedback)) + "\n"
		case "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers", "message/partial":
			b.take(head(p))
		case "text/html":
			if b.text == "" {
				b.text = lines([]byte(letter.HTMLToText(clip(string(head(p)), 2*maxText))), maxText)
			}
		default:
			if strings.HasPrefix(p.Type, "text/") || strings.HasPrefix(p.Type, "multipart/") {
				b.read(head(p))
			}
		}
	}
	if b.returned == nil {
		b.take([]byte(b.inline))
	}
	return b
}

// read takes a text apart at the place where the returned letter begins.
func (b *body) read(raw []byte) {
	text := lines(raw, maxText-len(b.text))
	at, next := returnedAt(text)
	b.text += text[:at] + "\n"
	if b.inline == "" {
		b.inline = text[next:]
	}
}

// take keeps the first letter that came back and has a header.
func (b *body) take(raw []byte) {
	if b.returned != nil {
		return
	}
	raw = bytes.TrimLeft(raw, "\r\n")
	if len(raw) > maxText {
		raw = raw[:maxText]
	}
	if l, err := letter.Parse(raw); err == nil && len(l.Header().Fields()) > 0 {
		b.returned = l
	}
}

// head is the beginning of a part, decoded. What is longer than any report is not decoded for the sake of its first lines.
func head(p letter.Part) []byte {
	switch body := p.Body(); {
	case p.Encoding == "base64" || p.Encoding == "quoted-printable":
		if len(body) > 8*maxText {
			return nil
		}
		return p.Decoded()
	case len(body) > maxText:
		return body[:maxText]
	default:
		return body
	}
}

// lines is text with \n at the end of each line, and no more of it than max bytes.
func lines(raw []byte, most int) string {
	raw = raw[:min(len(raw), max(most, 0))]
	s := strings.ReplaceAll(string(raw), "\r\n", "\n")
	return strings.ReplaceAll(s, "\r", "\n")
}

// headerNames open the header of a returned letter that stands in the text; early ones stand in every letter that a server took.
var headerNames = map[string]int{
	"received": 2, "return-path": 2, "message-id": 2, "dkim-signature": 2, "x-received": 2, "x-google-smtp-source": 2, "arc-seal": 2, "mime-version": 2,
	"delivered-to": 1, "from": 1, "to": 1, "subject": 1, "date": 1, "content-type": 1, "x-mailer": 1, "reply-to": 1, "cc": 1, "sender": 1, "user-agent": 1,
	"content-transfer-encoding": 1, "received-spf": 1, "authentication-results": 1, "x-apparently-to": 1, "x-sender": 1, "x-originating-ip": 1, "domainkey-signature": 1,
}

// returnedAt finds where a text ends and the returned letter begins: at a line that announces it, or at the first line of its
// header. next is where its header begins; both are len(text) when nothing came back.
func returnedAt(text string) (at, next int) {
	for pos := 0; pos < len(text); {
		end := strings.IndexByte(text[pos:], '\n')
		if end < 0 {
			end = len(text) - pos
		}
		if headerHere(text[pos:]) {
			return announced(text, pos), pos
		}
		pos += end + 1
	}
	return len(text), len(text)
}

// headerHere tells whether the header of a letter begins at the start of text: the next lines are fields, and fields enough that
// a list of "To:" and "Subject:" in a report does not pass for one.
func headerHere(text string) bool {
	if text == "" || text[0] == ' ' || text[0] == '\t' || text[0] == '\n' {
		return false
	}
	score, first, sure := 0, true, false
	for range 40 {
		line, rest, more := strings.Cut(text, "\n")
		if line == "" {
			break
		}
		if name, _, ok := strings.Cut(line, ":"); ok && line[0] != ' ' && line[0] != '\t' {
			w := headerNames[strings.ToLower(strings.TrimRight(name, " "))]
			if first && w == 0 || strings.ContainsAny(name, " \t<>@") {
				return false
			}
			score += w
			first, sure = false, sure || w == 2
		} else if first || line[0] != ' ' && line[0] != '\t' {
			return false
		}
		if score >= 5 && sure {
			return true
		}
		if !more {
			break
		}
		text = rest
	}
	return score >= 4 && sure
}

// announced gives the start of the lines above pos that only announce the returned letter ("--- Below this line is a copy").
func announced(text string, pos int) int {
	for pos > 0 {
		start := strings.LastIndexByte(text[:pos-1], '\n') + 1
		line := strings.TrimSpace(text[start : pos-1])
		if line != "" && strings.Trim(line, "-=*_ ") != "" && !strings.HasPrefix(line, "---") && !strings.HasPrefix(line, "===") {
			return pos
		}
		pos = start
	}
	return 0
}

// clip cuts s after at most n bytes, never inside a letter of the alphabet.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
