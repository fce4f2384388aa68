package backchannel

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A winmail.dat is what Outlook makes of a letter for other Outlooks: TNEF ([MS-OXTNEF]). It is a row of attributes; of them the files
// are taken, with their names.
const (
	tnefMagic   = 0x223e9f78
	tnefNewFile = 0x9002 // attAttachRendData: here begins another file
	tnefTitle   = 0x8010 // attAttachTitle: its name, often cut to eight letters and three
	tnefData    = 0x800f // attAttachData: its bytes
	tnefProps   = 0x9005 // attAttachment: more of it, among that its whole name

	mapiLongName = 0x3707 // PidTagAttachLongFilename
	mapiNamed    = 0x8000 // ids from here on are followed by a name
	mapiSeveral  = 0x1000 // a type with this bit has a number of values
)

func isTNEF(data []byte) bool { return len(data) >= 6 && binary.LittleEndian.Uint32(data) == tnefMagic }

// tnefFile is a file inside.
type tnefFile struct {
	name  string
	data  []byte
	whole bool // the name is not a short one
}

// readTNEF takes the files out of a winmail.dat; false when it is damaged before the first of them. The bytes are those of data.
func readTNEF(data []byte) (files []tnefFile, ok bool) {
	if !isTNEF(data) {
		return nil, false
	}
	for at := 6; at+9 <= len(data); {
		id := binary.LittleEndian.Uint16(data[at+1:])
		size := int64(binary.LittleEndian.Uint32(data[at+5:]))
		if int64(at)+9+size > int64(len(data)) {
			break // cut off
		}
		value := data[at+9 : at+9+int(size)]
		switch {
		case id == tnefNewFile:
			if len(files) > fileCount {
				return files, true
			}
			files = append(files, tnefFile{name: "file"})
		case len(files) == 0:
		case id == tnefTitle:
			if last := &files[len(files)-1]; !last.whole {
				last.name = tnefString(value)
			}
		case id == tnefProps:
			if name := mapiName(value); name != "" {
				files[len(files)-1].name, files[len(files)-1].whole = name, true
			}
		case id == tnefData:
			files[len(files)-1].data = value
		}
		at += 9 + int(size) + 2 // a sum of the bytes follows
	}
	return files, len(files) > 0
}

// tnefString is a string with a zero at its end, in an old code of one byte for each letter.
func tnefString(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	if utf8.ValidString(s) {
		return s
	}
	var out strings.Builder
	for i := range len(s) {
		out.WriteRune(rune(s[i])) // Latin 1 is near enough for a name
	}
	return out.String()
}

// mapiName finds the whole name of a file among its properties ([MS-OXTNEF] 2.1.3.4); "" when there is none, or they are damaged before it.
func mapiName(b []byte) string {
	r := mapiReader{rest: b}
	for range r.number() {
		kind, id := r.two(), r.two()
		if id >= mapiNamed {
			r.take(16)
			if r.number() == 0 {
				r.take(4)
			} else {
				r.sized()
			}
		}
		value := r.value(kind)
		switch {
		case r.broken:
			return ""
		case id == mapiLongName && kind == 0x1f:
			return utf16String(value)
		case id == mapiLongName && kind == 0x1e:
			return tnefString(value)
		}
	}
	return ""
}

// mapiReader takes values from the head of a row of properties.
type mapiReader struct {
	rest   []byte
	broken bool // there was less than there should be
}

// take takes so many octets, and those that fill them up to a multiple of four.
func (r *mapiReader) take(n int) []byte {
	whole := (n + 3) &^ 3
	if n < 0 || whole > len(r.rest) {
		r.rest, r.broken = nil, true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[whole:]
	return b
}

func (r *mapiReader) two() int {
	if len(r.rest) < 2 {
		r.rest, r.broken = nil, true
		return 0
	}
	n := binary.LittleEndian.Uint16(r.rest)
	r.rest = r.rest[2:]
	return int(n)
}

// number is a count; never more than there can be values in the rest.
func (r *mapiReader) number() int {
	b := r.take(4)
	if r.broken {
		return 0
	}
	return int(min(int64(binary.LittleEndian.Uint32(b)), int64(len(r.rest))))
}

// sized takes a value that says how long it is.
func (r *mapiReader) sized() []byte { return r.take(r.number()) }

// value takes a value of a type: the first one where there are several.
func (r *mapiReader) value(kind int) (first []byte) {
	size, n := 0, 1
	switch kind &^ mapiSeveral {
	case 0x02, 0x03, 0x04, 0x0a, 0x0b:
		size = 4
	case 0x05, 0x06, 0x07, 0x14, 0x40:
		size = 8
	case 0x48:
		size = 16
	case 0x0d, 0x1e, 0x1f, 0x102:
		n = r.number()
	case 0x01:
		return nil
	default:
		r.broken = true
		return nil
	}
	if size > 0 && kind&mapiSeveral != 0 {
		n = r.number()
	}
	for i := 0; i < n && !r.broken; i++ {
		b := []byte(nil)
		if size > 0 {
			b = r.take(size)
		} else {
			b = r.sized()
		}
		if i == 0 {
			first = b
		}
	}
	return first
}

// utf16String is a string of little-endian UTF-16 with a zero at its end.
func utf16String(b []byte) string {
	var units []uint16
	for ; len(b) > 1; b = b[2:] {
		u := binary.LittleEndian.Uint16(b)
		if u == 0 {
			break
		}
		units = append(units, u)
	}
	return string(utf16.Decode(units))
}
