package digest

import (
	"slices"
	"strings"

	"backchannel/archive"
	"backchannel/archive/db"
)

// How a signature without a mark is learned (product.md A5): its lines end so many of its author's last posts.
const (
	signatureSeen  = 3
	signaturePosts = 5
	signatureLines = 8
)

// signature learns how somebody ends their posts: the last lines that at least three of the last five posts have in common, the
// last one first.
func signature(texts []string) (tail []string) {
	var all [][]string
	for _, text := range texts {
		lines := strings.Split(strings.TrimSpace(text), "\n")
		all = append(all, slices.DeleteFunc(lines, func(l string) bool { return strings.TrimSpace(l) == "" }))
	}
	for len(tail) < signatureLines {
		n := map[string]int{}
		for _, lines := range all {
			if len(lines) > len(tail)+1 { // what is a whole post is no signature
				n[sameLine(lines[len(lines)-1-len(tail)])]++
			}
		}
		usual := ""
		for line, times := range n {
			if times >= signatureSeen { // of five, there can be one such only
				usual = line
			}
		}
		if usual == "" || strings.HasPrefix(usual, ">") {
			return tail
		}
		all = slices.DeleteFunc(all, func(lines []string) bool {
			return len(lines) <= len(tail)+1 || sameLine(lines[len(lines)-1-len(tail)]) != usual
		})
		tail = append(tail, usual)
	}
	return tail
}

func sameLine(line string) string { return strings.Join(strings.Fields(line), " ") }

// withoutSignature takes the last lines off a text that its author's posts usually end with; never all of it.
func withoutSignature(text string, tail []string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	end := len(lines)
	for _, usual := range tail {
		last := end - 1
		for last > 0 && strings.TrimSpace(lines[last]) == "" {
			last--
		}
		if last <= 0 || sameLine(lines[last]) != usual {
			break
		}
		end = last
	}
	rest := strings.TrimSpace(strings.Join(lines[:end], "\n"))
	if said, _ := split(rest); said == "" {
		return text // the answer to a quote is no signature
	}
	return rest
}

// learn finds out how the authors of posts end what they write.
func (b background) learn(tx *db.Tx, posts []archive.Post) error {
	for _, p := range posts {
		if _, known := b.tails[p.Author]; known || p.Author == 0 {
			continue
		}
		last, err := b.store.PostsOf(tx, int64(b.list.Community), p.Author, signaturePosts)
		if err != nil {
			return err
		}
		var texts []string
		for _, l := range last {
			texts = append(texts, l.Text)
		}
		b.tails[p.Author] = signature(texts)
	}
	return nil
}
