package digest

import (
	"regexp"
	"slices"
	"strings"

	"backchannel/archive"
	"backchannel/lists"
)

var (
	hashTag = regexp.MustCompile(`(?:^|[\s(\[])#([^\s#,;:!?)\].]{2,60})`)
	headTag = regexp.MustCompile(`^\s*\[([^\[\]]{2,60})\]`)
)

// tagsOf are the tags that the author of a post gave to it (product.md A4): [tag] in front of its subject, #tag anywhere in it, and
// lines of #tags alone at the beginning and at the end of its words. Tags that a list puts before every subject are none.
func tagsOf(p archive.Post, prefix string, aliases lists.Aliases) (tags []string) {
	add := func(word string) {
		if tag, ok := lists.Tag(word); ok {
			if tag = aliases.Of(tag); !slices.Contains(tags, tag) {
				tags = append(tags, tag)
			}
		}
	}
	subject := p.Subject
	if rest, ok := cutFold(subject, prefix); ok {
		subject = rest
	}
	for m := headTag.FindStringSubmatchIndex(subject); m != nil; m = headTag.FindStringSubmatchIndex(subject) {
		add(subject[m[2]:m[3]])
		subject = subject[m[1]:]
	}
	for _, m := range hashTag.FindAllStringSubmatch(subject, -1) {
		add(m[1])
	}
	lines := strings.Split(strings.TrimSpace(p.Text), "\n")
	for _, line := range []string{lines[0], lines[len(lines)-1]} {
		if words := strings.Fields(line); onlyTags(words) {
			for _, w := range words {
				add(w)
			}
		}
	}
	return tags
}

// onlyTags tells whether a line is made of #tags alone.
func onlyTags(words []string) bool {
	for _, w := range words {
		if _, ok := lists.Tag(w); !ok || !strings.HasPrefix(w, "#") {
			return false
		}
	}
	return len(words) > 0
}

// withoutTags takes the lines of #tags off the words of a post: the digest shows them by themselves.
func withoutTags(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for len(lines) > 0 && onlyTags(strings.Fields(lines[0])) {
		lines = lines[1:]
	}
	for len(lines) > 0 && onlyTags(strings.Fields(lines[len(lines)-1])) {
		lines = lines[:len(lines)-1]
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
