package backchannel

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// A winmail.dat is what Outlook makes of a letter for other Outlooks: TNEF ([MS-OXTNEF]). It is a row of attributes; of them the files
// are taken, with their names.
const (
	tnefMagic   = 0x223e9f78
	tnefNewFile = 0x9002 // attAttachRendData: here begins another file
	tnefTitle   = 0x8010 // attAttachTitle: its name
	tnefData    = 0x800f // attAttachData: its bytes
)

func isTNEF(data []byte) bool { return len(data) >= 6 && binary.LittleEndian.Uint32(data) == tnefMagic }

// tnefFile is a file inside.
type tnefFile struct {
	name string
	data []byte
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
			files[len(files)-1].name = tnefString(value)
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
