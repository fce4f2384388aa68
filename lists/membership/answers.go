package membership

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"backchannel/archive/letter"
)

// marker finds the mark in front of a question: "Q1", "> Q2:", "Q 3.".
var marker = regexp.MustCompile(`(?i)^q ?([0-9]{1,2})(?:[.:)\]]|\s|$)\s*(.*)$`)

// How much of an answer is kept, in characters.
const mostAnswer = 4000

// readAnswers finds what somebody answered to numbered questions: between the quoted lines, or behind marks of their own. rest is what
// belongs to none. Who answers above everything, as many mail programs want it, has only a rest: it is shown as it is.
func readAnswers(questions []string, l *letter.Letter) (answers []string, rest string) {
	fresh := map[string]int{} // the lines that its writer wrote, and how often
	for _, line := range strings.Split(l.NewText().Text, "\n") {
		if _, quoted := unquoted(line); !quoted {
			fresh[strings.TrimSpace(line)]++
		}
	}
	return sortAnswers(questions, l.Text(), func(line string) bool {
		line = strings.TrimSpace(line)
		fresh[line]--
		return fresh[line] >= 0
	})
}

// sortAnswers is readAnswers for a text and for who tells which of its lines that are not quoted are new.
func sortAnswers(questions []string, text string, isNew func(line string) bool) (answers []string, rest string) {
	answers = make([]string, len(questions))
	var loose []string
	at := 0 // the question whose answer is being read; 0: none yet
	for _, line := range strings.Split(text, "\n") {
		inner, quoted := unquoted(line)
		n, behind := question(inner, len(questions))
		switch {
		case quoted && n > 0:
			at = n
		case quoted:
		case n > 0 && isQuestion(behind, questions[n-1]):
			at = n // a program that quotes without a sign
		case !isNew(line):
		case n > 0:
			at = n
			answers[n-1] += behind + "\n"
		case at > 0 && isQuestion(inner, questions[at-1]):
		case at > 0:
			answers[at-1] += strings.TrimRight(line, " \t\r") + "\n"
		default:
			loose = append(loose, strings.TrimRight(line, " \t\r"))
		}
	}
	for i := range answers {
		answers[i] = shortened(answers[i])
	}
	return answers, shortened(strings.Join(loose, "\n"))
}

func shortened(s string) string {
	all := []rune(strings.TrimSpace(s))
	return strings.TrimSpace(string(all[:min(len(all), mostAnswer)]))
}

// unquoted takes the quote marks from a line.
func unquoted(line string) (inner string, quoted bool) {
	inner = strings.TrimSpace(line)
	for strings.HasPrefix(inner, ">") || strings.HasPrefix(inner, "|") {
		inner, quoted = strings.TrimSpace(inner[1:]), true
	}
	return inner, quoted
}

// question reads the mark at the head of a line: which question, and what stands behind it.
func question(line string, most int) (n int, behind string) {
	m := marker.FindStringSubmatch(strings.TrimLeft(line, "*_ "))
	if m == nil {
		return 0, ""
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n < 1 || n > most {
		return 0, ""
	}
	return n, strings.TrimSpace(m[2])
}

// isQuestion tells whether a line is a question of ours, or the beginning of one that was wrapped, and no answer.
func isQuestion(line, question string) bool {
	a, q := letters(line), letters(question)
	return a != "" && (a == q || len(a) >= 12 && strings.HasPrefix(q, a))
}

// isNameRune tells whether a character belongs to a name.
func isNameRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) }

// letters is a line without anything that programs change on the way.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
