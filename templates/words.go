package templates

import (
	"fmt"
	"strings"
	"time"
)

// ReplyAbove begins the line under which a mail program puts what it quotes. Whoever reads a reply cuts it there: the line is searched
// without regard to capitals, since mail programs leave it alone but people do not.
const ReplyAbove = "=== Reply above"

// Watermark is the last line of every private mail. A letter that holds it and goes to a list is stopped (product.md W3).
func Watermark(code string) string { return "[private " + code + "]" }

// Doors are the addresses of a community. Each is optional: one that does not exist is not mentioned.
type Doors struct {
	Managers   string `optional:"the managers, in private"`
	Help       string `optional:"answers with the list of addresses"`
	Join       string `optional:"how to come back"`
	Leave      string `optional:"leave the community"`
	Each       string `optional:"every post as it comes"`
	Daily      string `optional:"a digest every day"`
	Weekly     string `optional:"a digest every week"`
	Monthly    string `optional:"a digest every month"`
	NoDigest   string `optional:"no mail from lists"`
	Oops       string `optional:"takes the newest post back"`
	Anon       string `optional:"the managers, without one's name"`
	Report     string `optional:"about a person or post"`
	Ombuds     string `optional:"outside the managers' reach"`
	OmbudsName string `optional:"who that is"`
}

// Settings tells whether any way to change the delivery exists.
func (d Doors) Settings() bool {
	return d.Each != "" || d.Daily != "" || d.Weekly != "" || d.Monthly != "" || d.NoDigest != ""
}

// Period is how often a digest comes.
type Period string

// The periods.
const (
	Daily   Period = "daily"
	Weekly  Period = "weekly"
	Monthly Period = "monthly"
)

// Slot is when a member's digest comes, in their own time zone.
type Slot struct {
	Period  Period
	Weekday time.Weekday `optional:"a Sunday is 0"`
	Hour    int          `optional:"midnight is 0"`
	Zone    string       // as members know it: America/Chicago
}

// String says it as people do: Fridays at 08:00 (America/Chicago).
func (s Slot) String() string { return tongues[English].slot(s) }

// funcs are the words that texts of all languages may use besides their fields.
var funcs = map[string]any{
	"bar":       bar,
	"clip":      clip,
	"count":     count,
	"draft":     draft,
	"entry":     entry,
	"hang":      hang,
	"join":      func(all []string) string { return strings.Join(all, " ") },
	"included":  included,
	"language":  func(tag string) string { return Language(tag).Name() },
	"number":    func(letter string, i int) string { return fmt.Sprintf("%s%d", letter, i+1) },
	"re":        re,
	"reasons":   reasons,
	"said":      func(s Said) string { return string(s) },
	"unknown":   unknown,
	"upper":     upper,
	"watermark": func(code string) string { return kept + Watermark(code) },
	"above":     func() string { return ReplyAbove },
}

// unknown is what a text says to a kind it has no sentence for: nothing, and the mail is an error.
func unknown(kind any) (string, error) { return "", fmt.Errorf("no sentence for %q", kind) }

// bar shows what a person wrote, set off from our own words.
func bar(s Said) string { return keep("  | ", string(s)) }

// hang sets a text in by a number of blanks, all its lines.
func hang(indent int, s string) string {
	blank := strings.Repeat(" ", indent)
	pieces := fill(blanks(s), blank, blank, wrapAt)
	return kept + strings.Join(pieces, "\n"+kept)
}

// entry is a numbered title, its further lines set in as far as its first: " 418  First hire …". Without a number there is none.
func entry(number int, title string) string {
	first := " "
	if number > 0 {
		first = fmt.Sprintf("%4d  ", number)
	}
	pieces := fill(blanks(title), first, strings.Repeat(" ", len(first)), wrapAt)
	return kept + strings.Join(pieces, "\n"+kept)
}

// upper is a heading in capitals. The sharp s has none that people write.
func upper(s string) string { return strings.ToUpper(strings.ReplaceAll(s, "ß", "ss")) }

// count is a number with its noun: 1 post, 5 posts.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// re is the subject of an answer.
func re(subject string) string {
	if len(subject) >= 3 && strings.EqualFold(subject[:3], "re:") {
		return subject
	}
	return "Re: " + subject
}
