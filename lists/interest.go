package lists

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Interests are what a member wants to see sooner in their digest, and what not at all.
type Interests struct {
	Follows []string // tags, without #, in order
	Muted   []string // tags
	Threads []int64  // numbers of threads that are muted, in order
}

// tagLen is the longest tag, in characters; tagMin the shortest.
const (
	tagLen = 30
	tagMin = 2
)

// Tag is a word as a tag is kept (product.md A4): NFKC, small letters, of a to z, digits and hyphens, with or without # in front;
// with one letter at least, since a number is that of
// a thread or a bug; false when it cannot be one.
func Tag(word string) (string, bool) {
	tag := strings.ToLower(norm.NFKC.String(strings.TrimPrefix(strings.TrimSpace(word), "#")))
	if len(tag) < tagMin || len(tag) > tagLen || strings.Trim(tag, "-0123456789") == "" {
		return "", false
	}
	for _, r := range tag {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return "", false
		}
	}
	return tag, true
}

// Aliases lead from tags to the tags they stand for.
type Aliases map[string]string

// Of is the tag that another one stands for; itself when it stands for none.
func (a Aliases) Of(tag string) string {
	if other, ok := a[tag]; ok {
		return other
	}
	return tag
}
