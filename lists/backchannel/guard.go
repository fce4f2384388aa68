package backchannel

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates"
)

// found is something in a text that must not go out as it is.
type found struct {
	line    int // counted from 1
	address letter.Address
}

var addressLike = regexp.MustCompile(`[\p{L}\p{N}._%+\-=']{1,64}@[\p{L}\p{N}\-]{1,63}(?:\.[\p{L}\p{N}\-]{1,63})+`)

// addressesIn finds mail addresses in a text as eyes see it, with their lines.
func addressesIn(text string) []found {
	var all []found
	for i, line := range strings.Split(letter.Seen(text), "\n") {
		for _, s := range addressLike.FindAllString(line, 50) {
			if a, err := letter.ParseAddress(strings.Trim(s, ".'")); err == nil {
				all = append(all, found{i + 1, a})
			}
		}
	}
	return all
}

// legible is a text as eyes see it where that shows mail addresses that programs would not find in it; else the text as it is.
func legible(text string) string {
	if seen := letter.Seen(text); !slices.Equal(addressLike.FindAllString(seen, -1), addressLike.FindAllString(text, -1)) {
		return seen
	}
	return text
}

var (
	forwardMark = regexp.MustCompile(`(?mi)^\s*(?:-{2,}\s*)?(?:forwarded message|weitergeleitete nachricht|message transféré|mensaje reenviado|begin forwarded message|original message)`)
	headerLine  = regexp.MustCompile(`(?mi)^\s*\*?(?:from|von|de|to|an|à|para|sent|gesendet|envoyé|enviado|date|datum|fecha|subject|betreff|objet|asunto)\*?\s*:\s*\S`)
	forwardHead = regexp.MustCompile(`(?i)^(?:\s*(?:re|réf|aw|antw|sv|vs|odp|r|res)\s*(?:\[\d+\])?\s*[:：])*\s*(?:(?:fwd?|wg|tr|rv|enc|i|vb|vl|doorst|pd|fs|weitergeleitet|transféré|reenviado|inoltrato|переслать|пересл|转发|轉寄|転送)\s*[:：]|[(\[]fwd?[:)\]])|[(\[]fwd?[)\]]\s*$`)
)

var (
	fromLine  = regexp.MustCompile(`(?i)^\s*\*?(?:from|von|de)\*?\s*:`)
	aboutLine = regexp.MustCompile(`(?i)^\s*\*?(?:subject|betreff|objet|asunto)\*?\s*:`)
)

// forwarded tells whether an answer hands on another mail instead of answering (G8): by its subject, by a mark in its text, or by a
// block of three header lines, or two with sender and subject.
func forwarded(subject, text string) bool {
	if forwardHead.MatchString(subject) || forwardMark.MatchString(text) {
		return true
	}
	run, from, about := 0, false, false
	for _, line := range strings.Split(text, "\n") {
		if !headerLine.MatchString(line) {
			run, from, about = 0, false, false
			continue
		}
		run, from, about = run+1, from || fromLine.MatchString(line), about || aboutLine.MatchString(line)
		if run == 3 || from && about {
			return true
		}
	}
	return false
}

// ours finds a line that we wrote ourselves: then the quoted letter was not told from the answer (G9).
func ours(text string) bool {
	return lists.Watermark(text) != "" || markedAt(strings.Split(text, "\n")) >= 0
}

// markedAt is the line under which mail programs quote us, or -1.
func markedAt(lines []string) int {
	mark := strings.ToLower(templates.ReplyAbove)
	return slices.IndexFunc(lines, func(line string) bool { return strings.Contains(strings.ToLower(line), mark) })
}

// greeting tells whether words are how a letter begins: "Hi", "Dear", "Hallo liebe".
func greeting(words []string) bool {
	for _, w := range words {
		switch strings.ToLower(strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) })) {
		case "hi", "hey", "hello", "dear", "hallo", "liebe", "lieber", "moin", "salut", "bonjour", "cher", "chère", "hola", "ciao", "caro", "cara", "fyi", "and":
		default:
			return false
		}
	}
	return true
}

// tidyEnd takes lines of nothing but strokes from the end of a text: what mail programs draw above a quote that is gone.
func tidyEnd(text string) string {
	for {
		text = strings.TrimSpace(text)
		i := strings.LastIndexByte(text, '\n') + 1
		last := text[i:]
		if last == "" || strings.Trim(last, "-_=*─—– ") != "" {
			return text
		}
		text = text[:i]
	}
}

// aboveQuote is the last line of an answer when it ends with a colon and a quote stands right below it: in a language, or of a mail
// program, that we do not know, that is the line which says who wrote what is quoted (G9). whole is the letter with its quotes.
func aboveQuote(text, whole string) string {
	last := strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
	if !strings.HasSuffix(last, ":") && !strings.HasSuffix(last, "：") {
		return ""
	}
	lines := strings.Split(whole, "\n")
	for i, line := range lines[:len(lines)-1] {
		if strings.TrimSpace(line) == last && strings.HasPrefix(strings.TrimSpace(strings.Join(lines[i+1:], "\n")), ">") {
			return last
		}
	}
	return ""
}

// withoutEcho cuts what the other side wrote from the end of an answer, when a mail program repeats it without any mark.
func withoutEcho(text, asked string) string {
	echo := plainWords(asked)
	if len(echo) < 3 {
		return text
	}
	lines := strings.Split(text, "\n")
	for i := len(lines) - 1; i > 0; i-- {
		words := plainWords(lines[i])
		rest := len(echo) - len(words)
		if rest < 0 || !slices.Equal(echo[rest:], words) {
			break
		}
		if echo = echo[:rest]; len(echo) == 0 {
			return strings.TrimSpace(strings.Join(lines[:i], "\n"))
		}
	}
	return text
}
