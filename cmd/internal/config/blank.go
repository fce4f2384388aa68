package config

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// needsBlank is said of a setting whose value stands right behind its colon.
const needsBlank = "%s needs a blank behind its colon, like %[1]s: VALUE."

// noBlank is a line that begins with a word and a colon, and goes on without a blank.
var noBlank = regexp.MustCompile(`(?m)^([ \t]*([a-z_]+):)([^\s:].*)$`)

// mend complains about settings without a blank behind the colon, and puts it there. To YAML such a line is a bare word, about which it
// says something quite different, often further down.
func (r *reader) mend(text []byte) []byte {
	if len(text) > maxFile {
		return text
	}
	known := map[string]bool{}
	for _, s := range r.settings() {
		for _, word := range strings.Split(s.key, ".") {
			known[word] = true
		}
	}
	var mended []byte
	done := 0
	for _, at := range noBlank.FindAllSubmatchIndex(text, -1) {
		word := string(text[at[4]:at[5]])
		if !known[word] {
			continue
		}
		line := 1 + bytes.Count(text[:at[0]], []byte("\n"))
		r.mended[line] = true
		r.complaints.add(line, needsBlank, word)
		mended, done = append(append(mended, text[done:at[3]]...), ' '), at[3]
	}
	return append(mended, text[done:]...)
}

// joined is the setting that stands in front of a colon in what is no setting, or "".
func joined(name string, settings []setting) string {
	front, _, found := strings.Cut(name, ":")
	if found && slices.ContainsFunc(settings, func(s setting) bool { return s.key == front }) {
		return front
	}
	return ""
}
