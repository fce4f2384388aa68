package backchannel

import (
	"archive/zip"
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"backchannel/archive/letter"
)

// What travels with a letter at most (product.md B5).
const (
	fileSize  = 10 << 20 // octets of one file, and of all together
	fileCount = 10
)

// file is a file that may be passed on, made again where that takes something out of it.
type file struct {
	name   string
	kind   string // the media type that its content has, whatever its name says
	data   []byte
	author bool // Office and PDF: the name of its author may stand inside
}

// leftFile is one that is not passed on, and why, as half a sentence.
type leftFile struct{ name, why string }

// String is how mails tell of it.
func (f leftFile) String() string { return f.name + " (" + f.why + ")" }

// baggage is what came with a letter.
type baggage struct {
	pass   []file
	left   []leftFile
	sealed bool // the letter is encrypted: pass holds it as it came, and nobody could look into it
}

// names are those of what is passed on.
func (b baggage) names() (all []string) {
	for _, f := range b.pass {
		all = append(all, f.name)
	}
	return all
}

// told is what is left behind, for mails.
func (b baggage) told() (all []string) {
	for _, f := range b.left {
		all = append(all, f.String())
	}
	return all
}

// all are the names of everything.
func (b baggage) all() []string {
	names := b.names()
	for _, f := range b.left {
		names = append(names, f.name)
	}
	return names
}

type baggageOf struct{}

// Prepare looks at what came with a letter before the transaction, where nobody waits for it: pictures are made anew.
func (b *Letterbox) Prepare(l *letter.Letter) { unpack(l) }

// unpack looks at what came with a letter, once.
func unpack(l *letter.Letter) baggage {
	return l.AboutBody(baggageOf{}, func() any { return unpackNow(l) }).(baggage)
}

func unpackNow(l *letter.Letter) (b baggage) {
	if raw := opaque(l); raw != nil {
		return baggage{sealed: true, pass: []file{{name: "encrypted.eml", kind: kindLetter, data: raw}}}
	}
	p := packer{room: fileSize, points: letterPoints}
	for _, part := range l.Files() {
		if part.IsMessage() {
			p.leave(part.Name(), "letters inside a letter are not passed on; please say in your own words what is in it")
			continue
		}
		p.take(part.Name(), part.DecodedHead(fileSize+1), true)
	}
	return p.baggage
}

// packer decides about one file after the other.
type packer struct {
	baggage
	room   int // octets that may still come
	points int // of pictures that may still be made anew
}

func (p *packer) leave(name, why string) { p.left = append(p.left, leftFile{cleanName(name, ""), why}) }

// take looks at one file by its content. A winmail.dat is looked into, once.
func (p *packer) take(name string, data []byte, outer bool) {
	switch {
	case len(p.pass) == fileCount:
		p.leave(name, fmt.Sprintf("more than %d files", fileCount))
		return
	case len(data) > p.room:
		p.leave(name, "together with the others it is over 10 MB")
		return
	case len(data) == 0:
		p.leave(name, "it is empty")
		return
	case outer && isTNEF(data):
		inner, ok := readTNEF(data)
		if !ok || len(inner) == 0 {
			p.leave(name, "it is Outlook's own format, and nothing in it can be read")
		}
		for _, f := range inner {
			p.take(f.name, f.data, false)
		}
		return
	}
	kind, ext, why := sniff(name, data)
	if why == "" && (kind == kindJPEG || kind == kindPNG) {
		data, why = p.picture(kind, data)
	}
	if why == "" && len(data) > p.room {
		why = "it is too large"
	}
	if why != "" {
		p.leave(name, why)
		return
	}
	p.room -= len(data)
	f := file{name: p.free(cleanName(name, ext)), kind: kind, data: data, author: kind == kindPDF || strings.HasPrefix(kind, officePrefix)}
	p.pass = append(p.pass, f)
}

// free is a name that no other file of the letter has.
func (p *packer) free(name string) string {
	for n := 2; slices.ContainsFunc(p.pass, func(f file) bool { return f.name == name }); n++ {
		i := strings.LastIndexByte(name, '.')
		name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name[:i], fmt.Sprintf("-%d", n-1)), n, name[i:])
	}
	return name
}

// The kinds that are passed on.
const (
	kindJPEG     = "image/jpeg"
	kindPNG      = "image/png"
	kindPDF      = "application/pdf"
	kindText     = "text/plain"
	kindLetter   = "message/rfc822" // only for an encrypted one, as it came
	officePrefix = "application/vnd.o"
)

// sniff tells what a file is by its content, and the ending that its name gets; why says that it is not passed on.
func sniff(name string, data []byte) (kind, ext, why string) {
	starts := func(s string) bool { return bytes.HasPrefix(data, []byte(s)) }
	head := strings.ToLower(string(data[:min(len(data), 1024)]))
	switch {
	case starts("\xff\xd8\xff"):
		return kindJPEG, ".jpg", ""
	case starts("\x89PNG\r\n\x1a\n"):
		return kindPNG, ".png", ""
	case starts("%PDF-"):
		return kindPDF, ".pdf", ""
	case starts("PK\x03\x04"):
		return office(data)
	case starts("\xd0\xcf\x11\xe0"):
		return "", "", "old Office files may hold programs; please save it as PDF, .docx, .xlsx or .pptx"
	case starts("GIF8"), starts("BM"), starts("II*\x00"), starts("MM\x00*"), len(data) > 12 && (string(data[8:12]) == "WEBP" || string(data[4:8]) == "ftyp"):
		return "", "", "of pictures only JPEG and PNG are passed on"
	case !plain(data):
		return "", "", "files of this kind are not passed on"
	case strings.Contains(head, "begin:vcalendar"):
		return "", "", "invitations are not passed on; please write date and place"
	case strings.Contains(head, "begin:vcard"):
		return "", "", "contact cards are not passed on"
	case strings.Contains(head, "<html"), strings.Contains(head, "<!doctype"), strings.Contains(head, "<script"), strings.Contains(head, "<svg"), strings.HasPrefix(strings.TrimSpace(head), "<?xml"):
		return "", "", "web pages are not passed on; please send text or PDF"
	case looksLikeLetter(head):
		return "", "", "letters inside a letter are not passed on; please say in your own words what is in it"
	case strings.HasPrefix(head, "-----begin pgp signature"), strings.HasPrefix(head, "#!"):
		return "", "", "files of this kind are not passed on"
	}
	ext = ".txt"
	for _, known := range []string{".csv", ".md"} {
		if strings.HasSuffix(strings.ToLower(name), known) {
			ext = known
		}
	}
	return kindText, ext, ""
}

// plain tells whether bytes are a text: UTF-8 without controls but line ends and tabs.
func plain(data []byte) bool {
	return utf8.Valid(data) && !bytes.ContainsFunc(data, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\r\n\t\f", r) })
}

// looksLikeLetter tells whether a text begins with the header of a mail.
func looksLikeLetter(head string) bool {
	for i, line := range strings.Split(head, "\n") {
		name, _, field := strings.Cut(line, ":")
		if i == 0 && strings.HasPrefix(line, "from ") {
			return true
		}
		if !field && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") {
			return false
		}
		if slices.Contains([]string{"received", "return-path", "delivered-to", "message-id", "mime-version", "dkim-signature", "content-type"}, name) {
			return true
		}
	}
	return false
}

// office tells the Office formats that are zip files by the names in their directory; nothing is unpacked (B4).
func office(data []byte) (kind, ext, why string) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(z.File) > 10000 {
		return "", "", "archives are not passed on; please send the files one by one"
	}
	odf, found := openDocument(data)
	for _, f := range z.File {
		low := strings.ToLower(f.Name)
		if strings.HasSuffix(low, "vbaproject.bin") || strings.HasPrefix(low, "basic/") || strings.HasPrefix(low, "scripts/") {
			return "", "", "there are programs in it (macros); please save it without them"
		}
		for _, k := range []struct{ name, kind, ext string }{
			{"word/document.xml", "wordprocessingml.document", ".docx"}, {"xl/workbook.xml", "spreadsheetml.sheet", ".xlsx"}, {"ppt/presentation.xml", "presentationml.presentation", ".pptx"},
		} {
			if low == k.name {
				kind, ext = officePrefix+"penxmlformats-officedocument."+k.kind, k.ext
			}
		}
	}
	switch {
	case kind != "":
		return kind, ext, ""
	case found:
		return odf[0], odf[1], ""
	}
	return "", "", "archives are not passed on; please send the files one by one"
}

// openDocument reads the media type that stands, not packed, at the head of an OpenDocument file.
func openDocument(data []byte) (kind [2]string, ok bool) {
	const prefix = "mimetypeapplication/vnd.oasis.opendocument."
	if len(data) < 100 || !bytes.HasPrefix(data[30:], []byte(prefix)) {
		return kind, false
	}
	rest := data[30+len(prefix) : min(len(data), 30+len(prefix)+40)]
	for _, k := range [][2]string{{"text", ".odt"}, {"spreadsheet", ".ods"}, {"presentation", ".odp"}} {
		if bytes.HasPrefix(rest, []byte(k[0])) && !bytes.HasPrefix(rest, []byte(k[0]+"-")) {
			return [2]string{officePrefix + "asis.opendocument." + k[0], k[1]}, true
		}
	}
	return kind, false
}

// cleanName is a name that says what a file is and nothing else: letters, digits and a few signs, of a reasonable length, and with the
// ending that belongs to its content. Without ext the ending stays.
func cleanName(name, ext string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	base := name
	if i := strings.LastIndexByte(name, '.'); i > 0 && len(name)-i <= 6 {
		base = name[:i]
		if ext == "" {
			ext = strings.ToLower(name[i:])
		}
	}
	clean := func(s string) string {
		return strings.Trim(strings.Join(strings.Fields(strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || strings.ContainsRune("-_. ", r) {
				return r
			}
			return ' '
		}, s)), " "), ".- ")
	}
	base = clean(base)
	if r := []rune(base); len(r) > 60 {
		base = strings.TrimSpace(string(r[:60]))
	}
	if base == "" {
		base = "file"
	}
	if ext = clean(ext); ext != "" {
		ext = "." + ext
	}
	return base + ext
}

// opaque is an encrypted letter as it came, under a header that says nothing but what it is; nil: it is not encrypted (product.md B14).
func opaque(l *letter.Letter) []byte {
	for _, p := range l.Parts() {
		switch {
		case p.Depth > 1:
		case p.Type == "multipart/encrypted", p.Type == "application/pkcs7-mime" && p.Filename() != "smime.p7c", p.Type == "application/x-pkcs7-mime":
			h := p.Header()
			h.DelFunc(func(f letter.Field) bool {
				return !strings.EqualFold(f.Name, "Content-Type") && !strings.EqualFold(f.Name, "Content-Transfer-Encoding") && !strings.EqualFold(f.Name, "MIME-Version")
			})
			h.DropStray()
			if h.Count("MIME-Version") == 0 {
				if err := h.Add("MIME-Version", "1.0"); err != nil {
					return nil
				}
			}
			if h.Add("Subject", "Encrypted letter") != nil {
				return nil
			}
			return slices.Concat(h.Bytes(), p.Body())
		}
	}
	return nil
}
