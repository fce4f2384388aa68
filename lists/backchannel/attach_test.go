package backchannel

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"unicode/utf16"

	"backchannel/archive/letter"
)

// photo is a JPEG as telephones make it: with its place and its owner in EXIF, and to be turned.
func photo(t testing.TB, w, h, turn int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for x := range w / 2 {
		for y := range h {
			img.Set(x, y, color.RGBA{255, 0, 0, 255}) // the left half is red
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		t.Fatal(err)
	}
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	tiff = append(binary.BigEndian.AppendUint16(tiff, uint16(turn)), "\x00\x00\x00\x00\x00\x00GPS zzplace 52.5200,13.4050 zzowner"...)
	exif := append([]byte("Exif\x00\x00"), tiff...)
	seg := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(exif)+2))
	return append(append(append([]byte{0xff, 0xd8}, seg...), exif...), out.Bytes()[2:]...)
}

func picture(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	// A text chunk behind the header, as programs write their users into it.
	chunk := []byte("tEXtAuthor\x00zzowner")
	text := binary.BigEndian.AppendUint32(nil, uint32(len(chunk)-4))
	text = append(text, chunk...)
	text = append(text, 0, 0, 0, 0)
	binary.BigEndian.PutUint32(text[len(text)-4:], crc(chunk))
	return append(append(bytes.Clone(out.Bytes()[:33]), text...), out.Bytes()[33:]...)
}

func crc(b []byte) uint32 {
	c := ^uint32(0)
	for _, x := range b {
		c ^= uint32(x)
		for range 8 {
			c = c>>1 ^ 0xedb88320&-(c&1)
		}
	}
	return ^c
}

func zipped(t testing.TB, names ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, n := range names {
		name, text, _ := strings.Cut(n, "=")
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, text)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// tnef is a winmail.dat with files.
func tnef(files ...tnefFile) []byte {
	out := binary.LittleEndian.AppendUint32(nil, tnefMagic)
	out = append(out, 1, 0)
	add := func(id uint16, value []byte) {
		out = append(out, 2)
		out = binary.LittleEndian.AppendUint16(out, id)
		out = append(out, 6, 0)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(value)))
		out = append(append(out, value...), 0, 0)
	}
	add(0x9007, []byte("version"))
	for _, f := range files {
		add(tnefNewFile, make([]byte, 14))
		title := f.name
		if f.whole { // what stands there is "MINUTE~1.PDF"
			title = "FILE~1.PDF"
		}
		add(tnefTitle, append([]byte(title), 0))
		add(tnefData, f.data)
		if f.whole {
			add(tnefProps, properties(f.name))
		}
	}
	return out
}

// properties are those that Outlook writes of a file, with its whole name among them: [MS-OXTNEF] 2.1.3.4.
func properties(name string) []byte {
	four := func(b []byte, n int) []byte { return binary.LittleEndian.AppendUint32(b, uint32(n)) }
	text := func(b []byte, s string) []byte {
		wide := []byte{}
		for _, u := range append(utf16.Encode([]rune(s)), 0) {
			wide = binary.LittleEndian.AppendUint16(wide, u)
		}
		b = append(four(b, len(wide)), wide...)
		return append(b, make([]byte, (4-len(wide)%4)%4)...)
	}
	head := func(b []byte, kind, id uint16) []byte {
		return binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, kind), id)
	}
	b := four(nil, 7)
	b = four(head(b, 0x03, 0x0e20), 1234)                                               // the size
	b = four(head(b, 0x0b, 0x7ffe), 1)                                                  // hidden
	b = append(head(b, 0x40, 0x3007), make([]byte, 8)...)                               // when it was made
	b = append(four(four(head(b, 0x102, 0x3702), 1), 5), 1, 2, 3, 4, 5, 0, 0, 0)        // an encoding
	b = four(text(four(append(head(b, 0x03, 0x8001), make([]byte, 16)...), 1), "X"), 7) // one that has a name
	b = four(four(four(head(b, 0x1003, 0x6001), 2), 1), 2)                              // one with two values
	return text(four(head(b, 0x1f, 0x3707), 1), name)
}

func FuzzMAPIName(f *testing.F) {
	f.Add(properties("Minutes.pdf"))
	f.Add(properties("Minutes.pdf")[:70])
	f.Fuzz(func(t *testing.T, data []byte) {
		if name := mapiName(data); len(name) > 2*len(data) {
			t.Errorf("%q from %d octets", name, len(data))
		}
	})
}

func letterWith(t testing.TB, parts ...string) *letter.Letter {
	t.Helper()
	raw := "From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee below.\r\n"
	for _, p := range parts {
		raw += "--b\r\n" + p + "\r\n"
	}
	l, err := letter.Parse([]byte(raw + "--b--\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func filePart(name, kind string, data []byte) string {
	return fmt.Sprintf("Content-Type: %s\r\nContent-Disposition: attachment; filename=\"%s\"\r\nContent-Transfer-Encoding: base64\r\n\r\n%s", kind, name, base64.StdEncoding.EncodeToString(data))
}

// B5: what is passed on is decided by content, never by name or type; whatever is not passed on is named with a reason.
func TestUnpack(t *testing.T) {
	word := zipped(t, "[Content_Types].xml=x", "word/document.xml=x", "docProps/core.xml=zzowner")
	for name, c := range map[string]struct {
		file, kind string
		data       []byte
		want       string // name and kind, or the reason
	}{
		"a photograph":               {"IMG_1.jpeg", "image/jpeg", photo(t, 8, 4, 1), "IMG_1.jpg image/jpeg"},
		"one that calls itself PDF":  {"a.pdf", "application/pdf", photo(t, 8, 4, 1), "a.jpg image/jpeg"},
		"a PNG":                      {"a.png", "image/png", picture(t), "a.png image/png"},
		"a PDF":                      {"plan.exe", "application/x-msdownload", []byte("%PDF-1.7 zz"), "plan.pdf application/pdf author"},
		"Word":                       {"plan.docx", "x/y", word, "plan.docx application/vnd.openxmlformats-officedocument.wordprocessingml.document author"},
		"Word with macros":           {"plan.docx", "x/y", zipped(t, "word/document.xml=x", "word/vbaProject.bin=x"), "there are programs in it (macros); please save it without them"},
		"LibreOffice":                {"plan.odt", "x/y", zipped(t, "mimetype=application/vnd.oasis.opendocument.text", "content.xml=x", "meta.xml=zzowner-----------------------------"), "plan.odt application/vnd.oasis.opendocument.text author"},
		"a zip":                      {"all.zip", "application/zip", zipped(t, "a.txt=x", strings.Repeat("b", 100)+"=x"), "archives are not passed on; please send the files one by one"},
		"old Word":                   {"a.doc", "application/msword", []byte("\xd0\xcf\x11\xe0\xa1\xb1"), "old Office files may hold programs; please save it as PDF, .docx, .xlsx or .pptx"},
		"a text":                     {"a.txt", "text/plain", []byte("Hello\r\n"), "a.txt text/plain"},
		"a table":                    {"a.CSV", "text/csv", []byte("a,b\n1,2\n"), "a.csv text/plain"},
		"an invitation":              {"invite.txt", "text/plain", []byte("BEGIN:VCALENDAR\nVERSION:2.0\n"), "invitations are not passed on; please write date and place"},
		"a card":                     {"me.vcf", "text/vcard", []byte("BEGIN:VCARD\nFN:Mira"), "contact cards are not passed on"},
		"a web page":                 {"a.txt", "text/plain", []byte("<!DOCTYPE html><p>x"), "web pages are not passed on; please send text or PDF"},
		"a picture of text":          {"a.svg", "image/svg+xml", []byte("<?xml version='1.0'?><svg>"), "web pages are not passed on; please send text or PDF"},
		"a letter":                   {"a.eml", "text/plain", []byte("Subject: x\nReceived: from x\n\nhello"), "letters inside a letter are not passed on; please say in your own words what is in it"},
		"a GIF":                      {"a.gif", "image/gif", []byte("GIF89a..."), "of pictures only JPEG and PNG are passed on"},
		"a photograph of Apple":      {"a.heic", "image/heic", []byte("\x00\x00\x00\x18ftypheic........"), "of pictures only JPEG and PNG are passed on"},
		"a program":                  {"a.txt", "text/plain", []byte("MZ\x90\x00\x03"), "files of this kind are not passed on"},
		"a script":                   {"a.txt", "text/plain", []byte("#!/bin/sh\nrm"), "files of this kind are not passed on"},
		"a damaged picture":          {"a.jpg", "image/jpeg", []byte("\xff\xd8\xff\xe0\x00\x10JFIF"), "the picture is damaged"},
		"nothing":                    {"a.txt", "text/plain", nil, "it is empty"},
		"a path":                     {`..\..\etc/pass wd*?.txt`, "text/plain", []byte("x"), "pass wd.txt text/plain"},
		"no name":                    {"...", "text/plain", []byte("x"), "text.txt text/plain"},
		"a name of signs":            {"***.txt", "text/plain", []byte("x"), "file.txt text/plain"},
		"winmail.dat":                {"winmail.dat", "application/ms-tnef", tnef(tnefFile{name: "Plan.PDF", data: []byte("%PDF-1")}), "Plan.pdf application/pdf author"},
		"a long name in winmail.dat": {"winmail.dat", "application/ms-tnef", tnef(tnefFile{"Minutes of the märz meeting.pdf", []byte("%PDF-1"), true}), "Minutes of the märz meeting.pdf application/pdf author"},
		"an empty winmail.dat":       {"winmail.dat", "application/ms-tnef", tnef(), "it is Outlook's own format, and nothing in it can be read"},
		"one inside another":         {"winmail.dat", "application/ms-tnef", tnef(tnefFile{name: "winmail.dat", data: tnef(tnefFile{name: "a", data: []byte("%PDF")})}), "files of this kind are not passed on"},
	} {
		b := unpack(letterWith(t, filePart(c.file, c.kind, c.data)))
		got := ""
		for _, f := range b.pass {
			got += f.name + " " + f.kind
			if f.author {
				got += " author"
			}
			if (f.kind == kindJPEG || f.kind == kindPNG) && bytes.Contains(f.data, []byte("zz")) {
				t.Errorf("%s: place or owner are still in it", name)
			}
		}
		for _, f := range b.left {
			got += f.why
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestUnpackLimits(t *testing.T) {
	var many []string
	for range 12 {
		many = append(many, filePart("a.txt", "text/plain", []byte("x")))
	}
	b := unpack(letterWith(t, many...))
	if len(b.pass) != fileCount || len(b.left) != 2 || b.pass[1].name != "a-2.txt" || b.pass[9].name != "a-10.txt" {
		t.Errorf("%d passed, %v left, %v", len(b.pass), b.left, b.names())
	}
	big := bytes.Repeat([]byte("x"), 6<<20)
	b = unpack(letterWith(t, filePart("a.txt", "text/plain", big), filePart("b.txt", "text/plain", big), filePart("c.txt", "text/plain", bytes.Repeat(big, 2))))
	if len(b.pass) != 1 || len(b.left) != 2 || !strings.Contains(b.left[0].why, "10 MB") {
		t.Errorf("%v passed, %v left", b.names(), b.told())
	}
	// A picture that says it is huge is not decoded.
	bomb := picture(t)
	binary.BigEndian.PutUint32(bomb[16:], 1<<20)
	binary.BigEndian.PutUint32(bomb[20:], 1<<20)
	binary.BigEndian.PutUint32(bomb[29:], crc(bomb[12:29]))
	b = unpack(letterWith(t, filePart("a.png", "image/png", bomb)))
	if len(b.left) != 1 || !strings.Contains(b.left[0].why, "16 million points") {
		t.Errorf("%v", b.told())
	}
}

// What EXIF says about how a picture is to be held is kept by turning it: a photograph taken upright stays upright.
func TestUpright(t *testing.T) {
	for turn, red := range map[int][2]int{1: {1, 2}, 2: {6, 2}, 3: {6, 2}, 4: {1, 2}, 5: {2, 1}, 6: {2, 1}, 7: {2, 6}, 8: {2, 6}} {
		b := unpack(letterWith(t, filePart("a.jpg", "image/jpeg", photo(t, 8, 4, turn))))
		if len(b.pass) != 1 {
			t.Fatalf("%d: %v", turn, b.told())
		}
		img, err := jpeg.Decode(bytes.NewReader(b.pass[0].data))
		if err != nil {
			t.Fatal(err)
		}
		if wide := img.Bounds().Dx() == 8; wide != (turn < 5) {
			t.Errorf("%d: %v", turn, img.Bounds())
		}
		if r, _, _, _ := img.At(red[0], red[1]).RGBA(); r < 0x8000 {
			t.Errorf("%d: %v is not red", turn, red)
		}
	}
}

func FuzzTNEF(f *testing.F) {
	f.Add(tnef(tnefFile{name: "a.txt", data: []byte("x")}, tnefFile{name: "b"}))
	f.Add([]byte("\x78\x9f\x3e\x22\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		files, ok := readTNEF(data)
		total := 0
		for _, file := range files {
			total += len(file.data)
		}
		if total > len(data) || len(files) > fileCount+2 || ok != (len(files) > 0) {
			t.Errorf("%d octets in %d files of %d", total, len(files), len(data))
		}
	})
}

func FuzzUnpack(f *testing.F) {
	f.Add("a.jpg", photo(f, 4, 2, 6))
	f.Add("a.png", picture(f))
	f.Add("a.docx", zipped(f, "word/document.xml=x"))
	f.Add("a.txt", []byte("hello"))
	f.Add("winmail.dat", tnef(tnefFile{name: "a", data: []byte("%PDF-")}))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		p := packer{room: fileSize, points: 1 << 16}
		p.take(name, data, true)
		for _, g := range p.pass {
			if strings.ContainsAny(g.name, "/\\\r\n\x00\"") || g.name == "" || len(g.data) > fileSize {
				t.Errorf("%q", g.name)
			}
		}
	})
}

func FuzzOrientation(f *testing.F) {
	f.Add(photo(f, 4, 2, 6))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x08Exif\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if o := orientation(data); o < 1 || o > 8 {
			t.Error(o)
		}
	})
}
