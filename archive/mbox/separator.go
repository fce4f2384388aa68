package mbox

import (
	"bytes"
	"strings"
	"time"

	"backchannel/archive/letter"
)

var fromWord = []byte("From ")

// separator is what a From_ line says.
type separator struct {
	sender string
	date   time.Time
	dated  bool
}

// readSeparator reads a From_ line in any of its styles: the date of asctime with or without seconds, with a zone before or behind
// the year, the date of a letter, an ISO date; before it a sender, which may be masked ("jh at pobox.com"), in quotes, "-" or
// missing; behind it "remote from host". False when the line is one of text: what stands behind the sender must be a date and
// nothing else. A line without a date is read too, and not dated.
func readSeparator(line []byte) (separator, bool) {
	rest, ok := bytes.CutPrefix(line, fromWord)
	if !ok || len(line) > longestSeparator {
		return separator{}, false
	}
	words := strings.Fields(string(rest))
	if n := len(words); n > 3 && words[n-3] == "remote" && words[n-2] == "from" {
		words = words[:n-3]
	}
	for i := 0; i < len(words) && i <= mostSenderWords; i++ {
		if !isDate(words[i:]) || i == 0 && !isWeekday(words[0]) {
			continue
		}
		at, ok := letter.ParseDate(strings.Join(words[i:], " "))
		if ok {
			return separator{strings.Join(words[:i], " "), at, true}, true
		}
	}
	return separator{sender: strings.Join(words, " ")}, bare(words)
}

// mostSenderWords is how many words a sender has at most: "Some One" at host.example has four.
const mostSenderWords = 6

// bare tells whether a From_ line without a date may be one: Thunderbird writes "From " alone, others the sender alone.
func bare(words []string) bool {
	switch len(words) {
	case 0:
		return true
	case 1:
		return words[0] == "-" || words[0] == "MAILER-DAEMON" || strings.Count(words[0], "@") == 1
	}
	return false
}

// isDate tells whether words are a date and nothing else: a month, a day and a year, or all three in one word, a time, perhaps a
// weekday and a zone.
func isDate(words []string) bool {
	if len(words) > 8 {
		return false
	}
	var days, months, clocks, numbers, zones int
	for _, w := range words {
		w = strings.TrimSuffix(w, ",")
		switch {
		case isWeekday(w):
			days++
		case isMonth(w):
			months++
		case isISO(w):
			months, numbers = months+1, numbers+2
			if strings.ContainsAny(w, "Tt") {
				clocks++
			}
		case isClock(w):
			clocks++
		case isNumber(w):
			numbers++
		case isZone(w):
			zones++
		default:
			return false
		}
	}
	return days <= 1 && months == 1 && clocks == 1 && numbers == 2 && zones <= 2
}

func isWeekday(w string) bool { return named(w, "sun mon tue wed thu fri sat") }

func isMonth(w string) bool { return named(w, "jan feb mar apr may jun jul aug sep oct nov dec") }

// named tells whether a word begins with one of several three-letter names and is short enough to be it, written out or not.
func named(w, names string) bool {
	w = strings.TrimRight(w, ",.")
	return len(w) >= 3 && len(w) <= 9 && onlyLetters(w) && strings.Contains(" "+names+" ", " "+strings.ToLower(w[:3])+" ")
}

func onlyLetters(w string) bool {
	return strings.IndexFunc(w, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') }) < 0
}

func isNumber(w string) bool { return len(w) >= 1 && len(w) <= 4 && onlyDigits(w) }

func onlyDigits(w string) bool {
	return w != "" && strings.IndexFunc(w, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// isClock: 7:06, 07:06:40, 07:06:40.123
func isClock(w string) bool {
	w, _, _ = strings.Cut(w, ".")
	parts := strings.Split(w, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return false
	}
	for _, p := range parts {
		if len(p) > 2 || !onlyDigits(p) {
			return false
		}
	}
	return true
}

// isZone: +0200, -07:00, GMT, (CEST), PST8PDT
func isZone(w string) bool {
	w = strings.Trim(w, "()")
	if sign := strings.TrimLeft(w, "+-"); len(sign) == len(w)-1 {
		return onlyDigits(strings.Replace(sign, ":", "", 1)) && len(sign) <= 6
	}
	return len(w) >= 1 && len(w) <= 7 && w == strings.ToUpper(w) && strings.IndexFunc(w, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') }) < 0
}

// isISO: 2002-08-22, 2002-08-22T07:06:40Z
func isISO(w string) bool {
	if len(w) < 10 || w[4] != '-' || w[7] != '-' {
		return false
	}
	return onlyDigits(w[:4]) && onlyDigits(w[5:7]) && onlyDigits(w[8:10]) && (len(w) == 10 || w[10] == 'T' || w[10] == 't')
}

// isField tells whether a line begins a header field, as RFC 5322 §2.2 has it, or goes on as headers do under an mbox's hand: with a
// From_ line of an older spool.
func isField(line []byte) bool {
	if bytes.HasPrefix(line, []byte(">From ")) || bytes.HasPrefix(line, fromWord) {
		return true
	}
	for i, c := range line {
		switch {
		case c == ':':
			return i > 0
		case (c == ' ' || c == '\t') && i > 0:
			return bytes.HasPrefix(bytes.TrimLeft(line[i:], " \t"), []byte(":"))
		case c <= ' ' || c >= 0x7f || i > 100:
			return false
		}
	}
	return false
}
