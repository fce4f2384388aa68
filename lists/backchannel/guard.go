package backchannel

import (
	"regexp"
	"strings"
	"unicode"

	"backchannel/archive/letter"
)

// found is something in a text that must not go out as it is.
type found struct {
	line    int // counted from 1
	what    string
	address letter.Address
}

var addressLike = regexp.MustCompile(`[\p{L}\p{N}._%+\-=']{1,64}@[\p{L}\p{N}\-]{1,63}(?:\.[\p{L}\p{N}\-]{1,63})+`)

// addressesIn finds mail addresses in a text, with their lines.
func addressesIn(text string) []found {
	var all []found
	for i, line := range strings.Split(text, "\n") {
		for _, s := range addressLike.FindAllString(line, 50) {
			if a, err := letter.ParseAddress(strings.Trim(s, ".'")); err == nil {
				all = append(all, found{i + 1, a.String(), a})
			}
		}
	}
	return all
}

// leaks finds the manager's own addresses in an answer (G1).
func leaks(text string, own []letter.Address) []found {
	var all []found
	for i, line := range strings.Split(strings.ToLower(text), "\n") {
		for _, a := range own {
			if strings.Contains(line, a.Key()) {
				all = append(all, found{i + 1, a.String(), a})
			}
		}
	}
	return all
}

var doorAddress = regexp.MustCompile(`(?i)\b(?:private|note|confirm|vote|everyone|send|bounce|leave|digest-off)\+[0-9a-z-]{26,40}@[^\s>)\]"]+`)

// withoutDoors takes live addresses of ours out of a text (G4): each was handed to one person and is nobody else's.
func withoutDoors(text string) string {
	return doorAddress.ReplaceAllString(text, "[a personal address was removed]")
}

// tailLines is how long a signature is at most.
const tailLines = 8

// stripTail cuts a signature block without a mark from the end of an answer (G1): the last paragraph, when it is short and one of its
// lines holds an own address, or is the manager's whole name alone. Everything else stays, and is looked at line by line.
func stripTail(text string, own []letter.Address, name string) string {
	text = strings.TrimRightFunc(text, unicode.IsSpace)
	for {
		i := strings.LastIndex(text, "\n\n")
		if i < 0 {
			return text
		}
		tail := strings.TrimSpace(text[i:])
		if strings.Count(tail, "\n") >= tailLines || !signs(tail, own, name) {
			return text
		}
		text = strings.TrimRightFunc(text[:i], unicode.IsSpace)
	}
}

func signs(block string, own []letter.Address, name string) bool {
	if len(leaks(block, own)) > 0 {
		return true
	}
	for _, line := range strings.Split(block, "\n") {
		if strings.Contains(name, " ") && strings.EqualFold(strings.TrimFunc(line, func(r rune) bool { return !unicode.IsLetter(r) }), name) {
			return true
		}
	}
	return false
}

var (
	forwardMark = regexp.MustCompile(`(?mi)^\s*(?:-{2,}\s*)?(?:forwarded message|weitergeleitete nachricht|message transféré|mensaje reenviado|begin forwarded message|original message)`)
	headerLine  = regexp.MustCompile(`(?mi)^\s*\*?(?:from|von|de|to|an|à|para|sent|gesendet|envoyé|enviado|date|datum|fecha|subject|betreff|objet|asunto)\*?\s*:\s*\S`)
)

// forwarded tells whether a text holds another mail, by its mark or by a block of three header lines (G8).
func forwarded(text string) bool {
	if forwardMark.MatchString(text) {
		return true
	}
	run := 0
	for _, line := range strings.Split(text, "\n") {
		if headerLine.MatchString(line) {
			if run++; run == 3 {
				return true
			}
		} else {
			run = 0
		}
	}
	return false
}

// bareWord is the first word of a reply in capitals; alone says that nothing else was written.
func bareWord(text string) (word string, alone bool) {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return "", true
	}
	word = strings.ToUpper(strings.TrimFunc(fields[0], func(r rune) bool { return !unicode.IsLetter(r) }))
	return word, len(fields) == 1
}
