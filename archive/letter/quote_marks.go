package letter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// fullWidth is the quote mark of those who type it by hand in Japanese.
const fullWidth = "＞"

// markOtherQuotes recognises quote marks other than '>': a space before it, initials ("JD> ", "ОС> ") and bars ("| "), when at least two
// lines in a row have the same, or when the initials are known from elsewhere in the text; and the full-width one.
func markOtherQuotes(lines []line) {
	known := map[string]bool{}
	markAnnounced(lines, known)
	for i := 0; i < len(lines); {
		mark := otherMark(lines[i])
		j, words := i, false
		for j < len(lines) && mark != "" && otherMark(lines[j]) == mark {
			words = words || strings.TrimSpace(strings.TrimLeft(lines[j].text[len(mark):], " >")) != ""
			j++
		}
		j = max(j, i+1)
		if words && (j-i >= 3 || j-i == 2 && mark != "| " || mark == fullWidth) {
			if initials := strings.Trim(mark, " >＞"); initials != "|" && len(known) < maxAnnounced {
				known[initials] = initials != ""
			}
			for k := i; k < j; k++ {
				lines[k].text, lines[k].depth = quoteDepth(">" + lines[k].text[len(mark):])
			}
		}
		i = j
	}
	markKnown(lines, known)
}

// markKnown marks the single lines behind initials that are quote marks elsewhere in the text.
func markKnown(lines []line, known map[string]bool) {
	for i := range lines {
		l := &lines[i]
		if l.depth > 0 || len(known) == 0 {
			continue
		}
		if mark := otherMark(*l); mark != "" && known[strings.Trim(mark, " >")] {
			l.text, l.depth = quoteDepth(">" + l.text[len(mark):])
		}
	}
}

// otherMark is the quote mark other than a plain '>' at the head of an unquoted line: " >", "JD> " or "| ".
func otherMark(l line) string {
	text := l.text
	if l.depth > 0 || len(text) < 2 {
		return ""
	}
	i := 0
	for i < len(text) && i < 3 && text[i] == ' ' {
		i++
	}
	if i > 0 && i < len(text) && text[i] == '>' {
		return text[:i] + ">"
	}
	if i == 0 && strings.HasPrefix(text, fullWidth) {
		return fullWidth
	}
	if strings.HasPrefix(text, "| ") && !strings.HasSuffix(strings.TrimRight(text, " "), "|") && !strings.Contains(text[2:], " | ") {
		return "| "
	}
	indent := len(text) - len(strings.TrimLeft(text, " "))
	initials := text[indent:]
	initials = initials[:len(initials)-len(strings.TrimLeftFunc(initials, unicode.IsLetter))]
	i = indent + len(initials)
	if indent <= 8 && initials != "" && utf8.RuneCountInString(initials) <= maxInitials && strings.HasPrefix(text[i:], "> ") && !IsPrompt(initials) {
		return text[:i+2]
	}
	return ""
}

// prompts are what programs ask with. People show what they typed there: those are their words.
var prompts = map[string]bool{
	"sql": true, "mysql": true, "psql": true, "ftp": true, "sftp": true, "lftp": true, "gdb": true, "irb": true, "ghci": true, "idl": true,
	"php": true, "cmd": true, "lisp": true, "node": true, "perl": true, "scala": true, "mongo": true, "redis": true, "grub": true, "err": true,
}

// IsPrompt tells whether a word in front of ">" is what a program asks with, and no quote mark of a person.
func IsPrompt(word string) bool { return prompts[strings.ToLower(word)] }

// maxAnnounced bounds the initials that are looked for in one text.
const maxAnnounced = 16

// markAnnounced marks what Emacs quotes (supercite): under `>>>>> "BO" == Bree Okafor <bree@example.org> writes:` every line that
// begins with "BO>", however far it is indented, is Bree's, and indented lines that begin with '>' are quoted too.
func markAnnounced(lines []line, announced map[string]bool) {
	for i := range lines {
		l := &lines[i]
		if l.depth > 0 {
			if initials := announcedInitials(l.text); initials != "" && len(announced) < maxAnnounced {
				announced[initials] = true
			}
			continue
		}
		if len(announced) == 0 {
			continue
		}
		text := strings.TrimLeft(l.text, " ")
		initials, _, ok := strings.Cut(text[:min(len(text), maxInitials+1)], ">")
		if ok && (announced[initials] || initials == "" && len(text) < len(l.text)) {
			l.text, l.depth = quoteDepth(text[len(initials):])
		}
	}
}

// maxInitials is how long initials before an angle may be.
const maxInitials = 5

// announcedInitials are the initials that the introduction of a quoted text announces, or nothing.
func announcedInitials(text string) string {
	rest, ok := strings.CutPrefix(text, `"`)
	if !ok {
		return ""
	}
	initials, rest, ok := strings.Cut(rest, `"`)
	if !ok || initials == "" || len(initials) > maxInitials || !strings.HasPrefix(rest, " == ") {
		return ""
	}
	for i := range len(initials) {
		if !isASCIILetter(initials[i]) {
			return ""
		}
	}
	return initials
}
