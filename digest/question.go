package digest

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"backchannel/archive"
	"backchannel/lists"
)

const (
	patience      = 24 * time.Hour      // how long a question may wait before it counts as open
	remembered    = 14 * 24 * time.Hour // how long it is shown as open
	lastSentences = 3                   // of a post, in which a question is one
)

// asks tells whether a post asks something: in its subject, by the tag #question, or in one of its last three sentences. The subject of an
// answer is somebody else's, and does not count. What a program writes asks nobody.
func asks(p archive.Post, root bool, tags []string) bool {
	if p.Program {
		return false
	}
	if root && (hasQuestion(p.Subject) && !answers(p.Subject) || slices.Contains(tags, "question")) {
		return true
	}
	said, _ := split(p.Text)
	all := sentences(said)
	return slices.ContainsFunc(all[max(0, len(all)-lastSentences):], hasQuestion)
}

// answerWords are those that mail programs put before the subject of an answer.
var answerWords = []string{"re", "aw", "sv", "vs", "antw", "antwort", "rép", "odp", "отв", "ответ", "回复", "回覆", "答复", "返信", "답장"}

// answers tells whether a subject was given by a mail program to an answer; the thread began elsewhere then.
func answers(subject string) bool {
	i := strings.IndexAny(subject, ":：")
	if i < 0 {
		return false
	}
	word := strings.TrimSpace(strings.ToLower(subject[:i]))
	if before, count, ok := strings.Cut(word, "["); ok && strings.Trim(count, "0123456789") == "]" {
		word = strings.TrimSpace(before) // Re[2]:
	}
	return slices.Contains(answerWords, word)
}

// hasQuestion tells whether a question mark stands in a text where a sentence may end, not inside a link.
func hasQuestion(s string) bool {
	marks := []rune(s)
	for i, r := range marks {
		if r != '?' && r != '？' && r != '؟' {
			continue
		}
		if i == 0 || r != '?' || i+1 == len(marks) || !unicode.IsLetter(marks[i+1]) && !unicode.IsDigit(marks[i+1]) && marks[i+1] != '=' && marks[i+1] != '&' && marks[i+1] != '%' {
			return true
		}
	}
	return false
}

// sentences splits a text at the ends of its sentences and of its paragraphs.
func sentences(text string) (all []string) {
	for _, paragraph := range strings.Split(text, "\n\n") {
		begin := 0
		marks := []rune(paragraph)
		for i, r := range marks {
			ends := strings.ContainsRune(".!?", r) && (i+1 == len(marks) || unicode.IsSpace(marks[i+1])) || strings.ContainsRune("。！？؟", r)
			if ends {
				all = append(all, string(marks[begin:i+1]))
				begin = i + 1
			}
		}
		if rest := string(marks[begin:]); strings.TrimSpace(rest) != "" {
			all = append(all, rest)
		}
	}
	return all
}

// question finds the question of a thread that is open: what its author asked and no other person has said anything to since, for a day or
// longer. The author ends it with SOLVED as the first word of an answer, or as a tag. It returns when it was asked.
func question(posts []archive.Post, root archive.PostID, tags []string, now time.Time) (asked archive.Post, open bool) {
	begun := slices.IndexFunc(posts, func(p archive.Post) bool { return p.ID == root })
	if begun < 0 || slices.Contains(tags, "solved") {
		return archive.Post{}, false
	}
	asker := who(posts[begun])
	for _, p := range slices.Backward(posts) {
		switch {
		case p.Program: // it answers nobody
		case who(p) != asker:
			return asked, open && now.Sub(asked.Published) >= patience
		case p.State == archive.Published && solved(p):
			return archive.Post{}, false
		case p.State == archive.Published && asks(p, p.ID == root, tags):
			asked, open = p, true
		}
	}
	return asked, open && now.Sub(asked.Published) >= patience
}

// solved tells whether an asker says that the question is answered.
func solved(p archive.Post) bool {
	word, _, _ := lists.Word(p.Text)
	return word == "SOLVED"
}
