// Package command reads the commands that stand at the head of a letter, and knows how they are called. It promises that one table
// says what there is: its name, what may stand behind it, and the sentence that help, the command line and the manual show; that
// nothing is guessed: a slash word that is not in the table, or that has the wrong words behind it, makes the whole letter go back; and
// that a letter's commands are done all together or not at all.
//
// It knows no letters and no managers: a table is made by the room whose verbs they are, over whatever its verbs need to know. The table
// stands below the rooms that use it, so that every room can have its own verbs.
package command

import (
	"slices"
	"strings"
	"unicode"

	"backchannel/archive/db"
	"backchannel/templates/refusal"
)

// Takes says how much of the text belongs to a verb.
type Takes int

// What belongs to a verb.
const (
	Line      Takes = iota // the rest of its line; the function says whether that is right
	Nothing                // nothing at all
	Paragraph              // the rest of its line and what follows, down to an empty line or the next command
	Rest                   // everything below, down to the next command
	Begun                  // as Rest when something stands on its line, as Nothing when the line is bare
)

// Verb is one row of a table.
type Verb[C any] struct {
	Name  string // without the slash, in small letters
	Args  string // what stands behind it, as help shows it: "NAME", "[p|n]"; "" is nothing
	Help  string // one sentence
	Alone bool   // it needs no letter: it works at the managers' address too
	After bool   // what it does waits for the text below: when that comes back instead of going out, the verb waits with it
	Takes Takes
	// Do does it. args is what stands behind the verb, without blanks around it. A *refusal.Refusal says what was wrong: then nothing at
	// all of the letter is done, and it goes back with the sentence. said is what happened, as one sentence for the mail that the
	// manager gets; "" when they see it anyway.
	Do func(tx *db.Tx, c C, args string) (said string, err error)
}

// Usage is how the verb is written: "/give NAME".
func (v Verb[C]) Usage() string { return strings.TrimSpace("/" + v.Name + " " + v.Args) }

// Table is the verbs of a room, in the order in which help shows them.
type Table[C any] []Verb[C]

// Find finds a verb by its name, with or without the slash, however it is written.
func (t Table[C]) Find(name string) (Verb[C], bool) {
	name, _ = Word(name)
	i := slices.IndexFunc(t, func(v Verb[C]) bool { return v.Name == name })
	if i < 0 {
		return Verb[C]{}, false
	}
	return t[i], true
}

// Call is one command of a letter.
type Call[C any] struct {
	Verb Verb[C]
	Args string
	Line string // as it stood there
}

// Again writes the command so that Read reads it again.
func (c Call[C]) Again() string {
	if c.Verb.Takes == Paragraph || c.Verb.Takes == Rest || c.Verb.Takes == Begun && c.Args != "" {
		return "/" + c.Verb.Name + " " + c.Args + "\n"
	}
	return c.Line
}

// Mistake is a line that begins with a slash and is no command.
type Mistake struct {
	Line  string // as it stands there
	Usage string // how it would be right: of the verb with the wrong words behind it, or of the one that was probably meant; "" when there is none
	Why   string // what is wrong, in one sentence; "" when there is no such verb
}

// Read takes the commands from the head of a text: any number, one on each line. rest is the text below them. A first line that begins
// with a slash and is no command is a mistake; then rest is the whole text, and there are no calls.
func (t Table[C]) Read(text string) (calls []Call[C], rest string, wrong *Mistake) {
	whole := text
	for {
		text = strings.TrimLeftFunc(text, blank)
		line, below, _ := strings.Cut(text, "\n")
		name, args := Word(line)
		if name == "" {
			return calls, strings.TrimSpace(text), nil
		}
		line = strings.TrimSpace(line)
		verb, known := t.Find("/" + name)
		if !known {
			return nil, whole, &Mistake{Line: line, Usage: t.near(name)}
		}
		switch verb.Takes {
		case Nothing:
			if args != "" {
				return nil, whole, &Mistake{Line: line, Usage: verb.Usage(), Why: "Nothing may stand behind it."}
			}
		case Paragraph, Rest, Begun:
			if verb.Takes == Begun && args == "" {
				break
			}
			var more string
			more, below = own(below, verb.Takes == Paragraph)
			args = tidy(args + "\n" + more)
		}
		calls, text = append(calls, Call[C]{verb, args, line}), below
	}
}

// near is how the one verb is written that a mistyped one was probably meant to be; "" when there is none, or more than one.
func (t Table[C]) near(typed string) (usage string) {
	for _, v := range t {
		if !slips(typed, v.Name) {
			continue
		}
		if usage != "" {
			return ""
		}
		usage = v.Usage()
	}
	return usage
}

// slips tells whether a word is another but for one slip of a finger: a letter too many, too few or wrong, or two that changed places.
func slips(typed, meant string) bool {
	if len(typed) < 3 || len(meant) < 3 {
		return false
	}
	short := without(meant)
	return slices.ContainsFunc(without(typed), func(w string) bool { return slices.Contains(short, w) })
}

// without is a word, and what it is without each one of its letters.
func without(word string) []string {
	all := []string{word}
	for i := range len(word) {
		all = append(all, word[:i]+word[i+1:])
	}
	return all
}

// tidy takes the blanks from the ends of a text and of its lines.
func tidy(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRightFunc(l, unicode.IsSpace)
	}
	return strings.Join(lines, "\n")
}

// own parts what belongs to a verb from what stands below it.
func own(text string, paragraph bool) (mine, below string) {
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		name, _ := Word(line)
		if name != "" || paragraph && strings.TrimSpace(line) == "" {
			return strings.Join(lines[:i], ""), strings.Join(lines[i:], "")
		}
	}
	return text, ""
}

// Word reads the slash word at the head of a line, in small letters, and what stands behind it; "" when the line begins with none.
// Phones write it with a capital, put a blank behind the slash or a point behind the word, and some keyboards know a wide slash only:
// all of that is meant.
func Word(line string) (name, rest string) {
	line = strings.TrimSpace(strings.TrimLeftFunc(line, blank))
	for _, slash := range []string{"/", "／", "⁄", "∕"} {
		if behind, ok := strings.CutPrefix(line, slash); ok {
			behind = strings.ReplaceAll(strings.TrimLeftFunc(behind, blank), "\u00A0", " ")
			name, rest, _ = strings.Cut(behind, " ")
			if tab := strings.IndexByte(name, '\t'); tab >= 0 {
				name, rest = name[:tab], name[tab+1:]+" "+rest
			}
			name = strings.ToLower(strings.TrimRight(narrow(name), ".,;:!…"))
			if name == "" {
				name = "/" // a slash alone is no command, and no text either
			}
			return name, strings.TrimSpace(rest)
		}
	}
	return "", ""
}

// blank tells the characters that nobody sees.
func blank(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

// narrow writes full-width letters as ordinary ones.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0xFF01 && r <= 0xFF5E {
			return r - 0xFEE0
		}
		return r
	}, s)
}

// Run does the commands of a letter: all of them, or, when one is refused, none. It tells what was done, in their order.
func Run[C any](tx *db.Tx, c C, calls []Call[C]) (said []string, wrong *Mistake, err error) {
	err = tx.Attempt(func() error {
		for _, call := range calls {
			s, err := call.Verb.Do(tx, c, call.Args)
			if r, ok := refusal.As(err); ok && !r.Kind.Temporary() {
				wrong = &Mistake{Line: call.Line, Usage: call.Verb.Usage(), Why: r.Sentence}
			}
			if err != nil {
				return err
			}
			if s != "" {
				said = append(said, s)
			}
		}
		return nil
	})
	if wrong != nil {
		return nil, wrong, nil
	}
	return said, nil, err
}
