package lists

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// Setting is one thing about a list that can be changed.
type Setting struct {
	Name string // as a flag of the command line
	Args string // what may stand behind it
	Help string // what it does, in a line
	Get  func(l *List) string
	Set  func(l *List, typed string) error // a refusal tells what is wrong
}

// Settings are all of them, in the order in which people read them.
func Settings() []Setting {
	return slices.Concat(usualSettings(), RuleSettings())
}

func usualSettings() []Setting {
	return []Setting{
		{"name", "TEXT", "what the list is called", func(l *List) string { return l.Name }, func(l *List, s string) error { l.Name = s; return nil }},
		{"posting", "members|managers|anyone", "who may post; posts of strangers wait for a manager", func(l *List) string { return string(l.Posting) }, func(l *List, s string) error { l.Posting = Posting(s); return nil }},
		{"join", "open|ask", "how members come onto it", func(l *List) string { return string(l.Join) }, func(l *List, s string) error { l.Join = Joining(s); return nil }},
		{"stage", "founding|growing|rooted", "how far the list has come: the younger, the more posts of new members wait, and while it is founding managers answer within 4 duty hours and are invited once a week to ask it something", func(l *List) string { return string(l.Stage) }, func(l *List, s string) error { l.Stage = Stage(s); return nil }},
		{"subject-prefix", "TEXT", "a word in front of every subject, as [talk]; \"\" for none", func(l *List) string { return l.SubjectPrefix }, func(l *List, s string) error { l.SubjectPrefix = s; return nil }},
		number("posts-per-hour", "posts of one member in an hour, and three times that in a day; more wait for a manager", 1_000_000, func(l *List) *int { return &l.PostsPerHour }),
		{"undo", "DURATION", "how long a post waits before it goes out, so that its author can still stop it (0s to 300s)", func(l *List) string { return l.Undo.String() }, func(l *List, s string) (err error) {
			if l.Undo, err = time.ParseDuration(s); err != nil {
				return refusal.Because(refusal.Invalid, "%q is no time; one looks like 60s.", letter.CleanLine(s))
			}
			return nil
		}},
	}
}

// RuleSettings are those of them that are about each post, and about what members get and see of the list.
func RuleSettings() []Setting {
	return []Setting{
		onOff("moderated", "every post waits for a manager", func(l *List) *bool { return &l.Rules.Moderated }),
		onOff("stopped", "emergency stop: only managers post, everybody else's letter is refused with a kind sentence", func(l *List) *bool { return &l.Rules.Stopped }),
		number("min-trust", "the least level of trust that posts; others read", Steady, func(l *List) *int { return &l.Rules.MinTrust }),
		onOff("managers-open", "only managers begin threads; everyone answers", func(l *List) *bool { return &l.Rules.Opening }),
		{"max-size", "SIZE", "of a letter, as 500KB or 2MB; a larger one is refused; 0 is no limit but the server's", func(l *List) string { return sizeOf(l.Rules.MaxSize) }, func(l *List, s string) (err error) { l.Rules.MaxSize, err = readSize(s); return err }},
		{"files", "all|none|WORDS", "what may be attached: endings and kinds, as pdf,image,text; other files wait for a manager", getFiles, setFiles},
		onOff("files-refuse", "other files are refused at once, not held", func(l *List) *bool { return &l.Rules.FilesRefuse }),
		number("max-recipients", "addresses in To and Cc; more wait for a manager; 0 is no limit", 1000, func(l *List) *int { return &l.Rules.MaxNamed }),
		number("max-links", "links in a post; more wait for a manager; 0 is no limit", 1000, func(l *List) *int { return &l.Rules.MaxLinks }),
		number("max-text", "characters that are new in a post; more wait for a manager; 0 is no limit", 10_000_000, func(l *List) *int { return &l.Rules.MaxText }),
		onOff("subject-needed", "a post without a subject is refused with a sentence", func(l *List) *bool { return &l.Rules.Subject }),
		number("thread-days", "a thread in which nobody has written for so many days is closed; 0 never", 10_000, func(l *List) *int { return &l.Rules.ThreadDays }),
		onOff("no-sales", "a post that reads like an offer is asked about, and one with #offer in its subject goes into the digest alone, once a month of each member", func(l *List) *bool { return &l.Rules.NoSales }),
		{"ban", "PATTERN", "who may not post, as *@evil.example; again for more, \"\" for nobody", func(l *List) string { return strings.Join(l.Rules.Bans, " ") }, setBan},
		{"rule", "ACTION FIELD REGEXP", "hold, refuse or discard what has this in from, subject, text, file or header:NAME; again for more, \"\" for none; a member's letter is never discarded but refused", func(l *List) string { return strings.Join(l.Rules.Patterns, "; ") }, setPattern},
		oneOf("reply-to", "author|managers|list", "where Reply leads; with list, what was meant for one person goes to everybody sooner or later", func(l *List) *string { return (*string)(&l.Rules.ReplyTo) }),
		{"footer", "TEXT", "a line below each copy, except of what is signed or encrypted; \"\" for none", func(l *List) string { return l.Rules.Footer }, setFooter},
		oneOf("roster", "managers|members", "who sees who is on the list; members see names, and addresses only of those who agree", func(l *List) *string { return (*string)(&l.Rules.Roster) }),
	}
}

// oneOf is a setting that is one of some words. The first of them is what holds at first, and is kept as nothing.
func oneOf(name, args, help string, at func(*List) *string) Setting {
	words := strings.Split(args, "|")
	return Setting{name, args, help, func(l *List) string {
		if *at(l) == "" {
			return words[0]
		}
		return *at(l)
	}, func(l *List, s string) error {
		if !slices.Contains(words, s) {
			return refusal.Because(refusal.Invalid, "%s is %s or %s, not %q.", name, strings.Join(words[:len(words)-1], ", "), words[len(words)-1], letter.CleanLine(s))
		}
		if *at(l) = s; s == words[0] {
			*at(l) = ""
		}
		return nil
	}}
}

// oneLine refuses what would be kept otherwise than it was typed: text with a line break in it, or with a character that is never
// shown. The name of a list stands in headers of mail.
func oneLine(what, typed string) error {
	if letter.CleanLine(typed) == strings.Trim(typed, " ") {
		return nil
	}
	return refusal.Because(refusal.Invalid, "%s is one line of characters that can be seen; %q has a line break or a hidden character in it.", what, typed)
}

// longestFooter is how long the line below posts may be, in characters.
const longestFooter = 200

func setFooter(l *List, typed string) error {
	line := strings.TrimSpace(typed)
	if err := oneLine("A footer", line); err != nil {
		return err
	}
	if len([]rune(line)) > longestFooter {
		return refusal.Because(refusal.Invalid, "A footer is one line of at most %d characters.", longestFooter)
	}
	l.Rules.Footer = letter.CleanLine(line)
	return nil
}

// Warning is what whoever sets a list up should know about its settings before members do; "" is nothing.
func (l *List) Warning() string {
	if l.Rules.ReplyTo != ToList {
		return ""
	}
	return fmt.Sprintf("Answers to %s go to everybody from now on. Sooner or later somebody means one person there and tells everybody; no program can stop that. --reply-to author takes it back.", l.Address())
}

func onOff(name, help string, at func(*List) *bool) Setting {
	return Setting{name, "on|off", help, func(l *List) string {
		if *at(l) {
			return "on"
		}
		return "off"
	}, func(l *List, s string) error {
		if s != "on" && s != "off" {
			return refusal.Because(refusal.Invalid, "%s is on or off, not %q.", name, letter.CleanLine(s))
		}
		*at(l) = s == "on"
		return nil
	}}
}

func number(name, help string, most int, at func(*List) *int) Setting {
	return Setting{name, "N", help, func(l *List) string { return strconv.Itoa(*at(l)) }, func(l *List, s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || n > most {
			return refusal.Because(refusal.Invalid, "%s is a number from 0 to %d, not %q.", name, most, letter.CleanLine(s))
		}
		*at(l) = n
		return nil
	}}
}

func getFiles(l *List) string {
	if l.Rules.Files == "" {
		return "all"
	}
	return l.Rules.Files
}

func setFiles(l *List, typed string) error {
	var words []string
	for _, w := range strings.Split(strings.ToLower(typed), ",") {
		w = strings.TrimPrefix(strings.TrimSpace(w), ".")
		if !isFileWord(w) || (w == "all" || w == "none") && strings.Contains(typed, ",") {
			return refusal.Because(refusal.Invalid, "Files are all, none, or endings and kinds of letters and digits with commas between them, as pdf,image,text; %q is none of these.", typed)
		}
		words = append(words, w)
	}
	l.Rules.Files = strings.Join(words, ",")
	if l.Rules.Files == "all" {
		l.Rules.Files = ""
	}
	return nil
}

// isFileWord tells whether a word can be the ending of a file's name, or a kind of file: anything else would never be found again.
func isFileWord(w string) bool {
	return w != "" && !strings.ContainsFunc(w, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_+", r)
	})
}

func setBan(l *List, typed string) error {
	ban := strings.ToLower(strings.TrimSpace(typed))
	if err := oneLine("A ban", ban); err != nil {
		return err
	}
	switch {
	case ban == "":
		l.Rules.Bans = nil
		return nil
	case len(ban) > longestPattern || strings.Count(ban, "@") != 1 || strings.ContainsAny(ban, " \t\n") || strings.Trim(ban, "*@.") == "":
		return refusal.Because(refusal.Invalid, "A ban is an address with * for anything, as *@evil.example, and it cannot be everybody.")
	case len(l.Rules.Bans) >= mostPatterns:
		return refusal.Because(refusal.Limit, "A list has at most %d bans.", mostPatterns)
	}
	if !slices.Contains(l.Rules.Bans, ban) {
		l.Rules.Bans = append(slices.Clone(l.Rules.Bans), ban)
	}
	return nil
}

func setPattern(l *List, typed string) error {
	if strings.TrimSpace(typed) == "" {
		l.Rules.Patterns = nil
		return nil
	}
	if err := oneLine("A rule", strings.TrimSpace(typed)); err != nil {
		return err
	}
	if _, err := readPattern(typed); err != nil {
		return err
	}
	if len(l.Rules.Patterns) >= mostPatterns {
		return refusal.Because(refusal.Limit, "A list has at most %d rules.", mostPatterns)
	}
	l.Rules.Patterns = append(slices.Clone(l.Rules.Patterns), strings.TrimSpace(typed))
	return nil
}

func sizeOf(n int64) string {
	if n == 0 {
		return "0"
	}
	return strings.ReplaceAll(sizeWords(n), " ", "")
}

func readSize(typed string) (int64, error) {
	s, unit := strings.ToUpper(strings.TrimSpace(typed)), int64(0)
	switch {
	case s == "0":
		return 0, nil
	case strings.HasSuffix(s, "KB"):
		unit = 1 << 10
	case strings.HasSuffix(s, "MB"):
		unit = 1 << 20
	}
	n, err := strconv.ParseInt(strings.TrimRight(s, "KMB"), 10, 32)
	if unit == 0 || err != nil || n < 1 {
		return 0, refusal.Because(refusal.Invalid, "%q is no size; one looks like 500KB or 2MB.", letter.CleanLine(typed))
	}
	return n * unit, nil
}

// Presets are the kinds of list that have a name, and what they set.
func Presets() []string { return []string{"discussion", "announce", "council"} }

// preset are the settings that a preset changes.
func preset(name string) [][2]string {
	switch name {
	case "announce":
		return [][2]string{{"posting", "managers"}, {"posts-per-hour", "0"}, {"undo", "60s"}, {"subject-needed", "on"}, {"reply-to", "managers"}}
	case "council":
		return [][2]string{{"join", "ask"}, {"posts-per-hour", "0"}, {"min-trust", "2"}, {"subject-needed", "on"}, {"max-recipients", "10"}}
	}
	return nil // a discussion is what a new list is
}

// Preset gives a list the settings of a preset.
func (l *List) Preset(name string) error {
	if !slices.Contains(Presets(), name) {
		return refusal.Because(refusal.Invalid, "There is no preset %q; it is %s.", letter.CleanLine(name), strings.Join(Presets(), ", "))
	}
	for _, change := range preset(name) {
		if err := l.Set(change[0], change[1]); err != nil {
			return fmt.Errorf("preset %s: %w", name, err)
		}
	}
	return nil
}

// Set changes one setting by its name.
func (l *List) Set(name, typed string) error {
	for _, s := range Settings() {
		if s.Name == name {
			return s.Set(l, typed)
		}
	}
	return refusal.Because(refusal.Invalid, "A list has no setting %q.", letter.CleanLine(name))
}
