package config

import (
	"fmt"
	"slices"
	"strings"

	"backchannel/templates/refusal"
)

// Complaint is one thing that is wrong in config.yaml.
type Complaint struct {
	Line     int    // 0 when it is about no line, or about one that is missing
	Sentence string // what is wrong, and what to write instead
}

// Complaints is everything that is wrong in one file, as an error. It unwraps to a refusal of the kind Invalid.
type Complaints struct {
	List []Complaint // by line
	file string
}

// Error is one line for each complaint: config.yaml:7: relay.mode is …
func (c Complaints) Error() string {
	var b strings.Builder
	for i, one := range c.List {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(c.file)
		if one.Line > 0 {
			fmt.Fprintf(&b, ":%d", one.Line)
		}
		b.WriteString(": " + one.Sentence)
	}
	return b.String()
}

// Unwrap gives the doors what they understand: a refusal whose sentence is all the complaints.
func (c Complaints) Unwrap() error { return refusal.Because(refusal.Invalid, "%s", c.Error()) }

func (c *Complaints) add(line int, format string, args ...any) {
	c.List = append(c.List, Complaint{line, fmt.Sprintf(format, args...)})
}

// err is the complaints sorted by line, or nil when there are none.
func (c *Complaints) err() error {
	if len(c.List) == 0 {
		return nil
	}
	slices.SortStableFunc(c.List, func(a, b Complaint) int { return a.Line - b.Line })
	return *c
}

// didYouMean is a hint to the word that was probably meant, with a blank in front, or "".
func didYouMean(got string, words []string) string {
	best, at := len(got)/3+1, ""
	for _, w := range words {
		if d := distance(strings.ToLower(got), w); d <= best && d < len(w) {
			best, at = d-1, w
		}
	}
	if at == "" {
		return ""
	}
	return " Did you mean " + at + "?"
}

// distance counts the letters to change, add or drop between two words (Levenshtein); two letters swapped count as one.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			rows[i][j] = min(change, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// list writes words as people do: a, b or c.
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
