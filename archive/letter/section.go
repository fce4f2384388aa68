package letter

import "slices"

// Section finds the raw bytes of an IMAP body section (RFC 9051 §6.4.5.1). path is the part number, empty for the letter itself;
// what is "" (the body of the part, or the whole letter), "HEADER", "TEXT" or "MIME". False when there is no such section. The bytes
// are those of the letter and must not be changed.
func (l *Letter) Section(path []int, what string) ([]byte, bool) {
	i, ok := l.find(path)
	if !ok {
		return nil, false
	}
	p := l.parts[i]
	if what == "MIME" {
		return p.HeaderBytes(), len(path) > 0
	}
	if what == "" {
		if len(path) == 0 {
			return l.raw, true
		}
		return p.Body(), true
	}
	if len(path) > 0 { // HEADER and TEXT belong to letters: the letter itself, or one inside
		if !p.IsMessage() {
			return nil, false
		}
		p = l.parts[i+1]
	}
	switch what {
	case "HEADER":
		return p.HeaderBytes(), true
	case "TEXT":
		return p.Body(), true
	}
	return nil, false
}

// SectionFields is the section HEADER.FIELDS, or with but HEADER.FIELDS.NOT: the fields named, as they stand, and an empty line.
func (l *Letter) SectionFields(path []int, names []string, but bool) ([]byte, bool) {
	header, ok := l.Section(path, "HEADER")
	if !ok {
		return nil, false
	}
	h := ParseHeader(header)
	var out []byte
	for _, f := range h.fields {
		named := slices.ContainsFunc(names, f.is)
		if f.colon >= 0 && named != but {
			out = append(out, f.raw...)
		}
	}
	return append(out, h.eol()...), true
}

// find follows a part number from the letter itself. A letter without a multipart has one part, number 1, which is its body.
func (l *Letter) find(path []int) (int, bool) {
	at := 0
	for step, n := range path {
		inside := at // the entity whose parts are counted
		if l.parts[at].IsMessage() && step > 0 {
			inside = at + 1
		}
		switch {
		case l.parts[inside].IsMultipart():
			if at = l.child(inside, n); at < 0 {
				return 0, false
			}
		case n == 1 && (step == 0 || inside != at):
			at = inside
		default:
			return 0, false
		}
	}
	return at, true
}

// child is the n-th part directly inside a part, or -1.
func (l *Letter) child(parent, n int) int {
	for i := parent + 1; i < len(l.parts); i++ {
		if l.parts[i].Parent == parent && l.parts[i].Number == n {
			return i
		}
	}
	return -1
}
