package backchannel

import (
	"regexp"
	"slices"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates"
)

// How an answer begins that is for the managers: it speaks to them as a body, or says so in brackets or behind a sign.
var among = []*regexp.Regexp{
	regexp.MustCompile(`(?i)^\W*(?:(?:fyi|just|note|hi|hello|dear|hey|for|liebe|hallo|chers)\W+)*(?:(?:all|the)\W+)?(?:co-?)?(?:managers|colleagues|team|kolleg\w*|between us(?:\W+managers)?|unter uns|entre nous)(?:\W+only)?(?:\s*[,:;!.]|\s+-|\s*$)`),
	regexp.MustCompile(`(?i)^\W*(?:hi|hello|dear|hey|hallo|liebe|salut|bonjour|hola|good morning|guten morgen)\W+(?:all|both|everyone|everybody|folks|guys|zusammen|alle|alle zusammen|ihr lieben|ihr beiden|tous|à tous|todos|todas|tutti)(?:\s*[,:;!.]|\s+-|\s*$)`),
	regexp.MustCompile(`(?i)^\s*[\[(<{*_]+\s*(?:internal|intern|interne|notes?|notiz|managers?(?:\s+only)?)\b`),
	regexp.MustCompile(`(?i)^\s*[@#](?:all|managers|team|everyone|notes?|internal)\b`),
}

// noteMark is how a note begins that lost its slash: "note: she was here before", "note to self: ask her".
var noteMark = regexp.MustCompile(`(?i)^\W*(?:(?:internal|private|team|managers?|interne)\W+)?(?:notes?|notiz|intern|internal|nota|memo|メモ)(?:\W+(?:to|for)\W+(?:the\W+)?(?:self|myself|us|managers|colleagues|team))?(?:\W+only\s*[:：,-]|\s*[:：])`)

// bareWords are words that mean something to us elsewhere: with a slash, or below a question of ours. Alone they are no answer to anybody.
var bareWords = regexp.MustCompile(`(?i)^\W*(?:note|send|drop|mine|unclaim|close|reopen|snooze|urgent|log|who)\W*$`)

// toColleague finds words in an answer that speak to another manager, or to us (G6): a colleague's name as one is called by it, the managers
// as a body, or a command that lost its slash, at the head; and below it a colleague who is asked for something. It gives the line.
func toColleague(text string, colleagues []string) (n int, line string) {
	for i, line := range strings.Split(strings.TrimSpace(letter.Seen(text)), "\n") {
		atHead := i == 0 && (noteMark.MatchString(line) || bareWords.MatchString(line) || slices.ContainsFunc(among, func(re *regexp.Regexp) bool { return re.MatchString(line) }))
		if atHead || calls(line, colleagues, i > 0) {
			return i + 1, line
		}
	}
	return 0, ""
}

// token is a word of a line, or one sign between words.
var token = regexp.MustCompile(`[\p{L}\p{M}]+(?:['’-][\p{L}\p{M}]+)*|[^\s\p{L}]`)

// calls tells whether a line calls a colleague by name: "Theo, …", "Hi Theo", "Theo and Jonas - …", "Theo can you …". Below the first line
// it must ask something of the colleague: there may be talk of people.
func calls(line string, colleagues []string, below bool) bool {
	if len(line) > 2000 {
		line = line[:2000] // who is called stands at the head
	}
	words := token.FindAllString(strings.NewReplacer("*", "", "_", "").Replace(line), 100)
	isName := func(i int) bool {
		return i < len(words) && slices.ContainsFunc(colleagues, func(c string) bool { return plainName(c) == plainName(words[i]) })
	}
	at := func(i int) string { return strings.ToLower(append(words, "", "", "")[min(i, len(words))]) }
	i, greeted := 0, false
	for i < len(words) && (!isLetters(words[i]) || salutes(at(i))) && !isName(i) {
		greeted = greeted || words[i] == "@" || isLetters(words[i])
		i++
	}
	first := i
	for isName(i) {
		if i++; joins(at(i)) && isName(i+1) {
			i++
		}
	}
	switch {
	case i == first:
		return false
	case asks(at(i), at(i+1)), strings.Contains(",:-", at(i)) && asks(at(i+1), at(i+2)):
		return true
	case below:
		return false
	}
	return greeted || at(i) == "" || strings.Contains(",:;!?.-…", at(i))
}

func isLetters(word string) bool { return len(plainWords(word)) > 0 }

// joins tells the words between the names of those who are called together.
func joins(word string) bool {
	return slices.Contains([]string{"and", "und", "et", "y", "e", "og", "och", "en", "&", "/", ","}, word)
}

// salutes tells the words before the name of somebody who is spoken to.
func salutes(word string) bool {
	return greeting([]string{word}) || slices.Contains([]string{
		"good", "morning", "afternoon", "evening", "guten", "morgen", "tag", "abend", "buenos", "días", "buongiorno", "thanks", "thank", "you", "danke", "merci", "gracias", "grazie", "ok", "okay",
	}, word)
}

// asks tells whether two words behind a name ask something of whoever has it: "can you", "please".
func asks(word, next string) bool {
	if word == "please" || word == "bitte" {
		return true
	}
	return slices.Contains([]string{"you", "du", "tu"}, next) && slices.Contains([]string{
		"can", "could", "would", "will", "do", "did", "have", "are", "may", "kannst", "könntest", "magst", "hast", "willst", "peux", "pourrais", "puedes", "podrías",
	}, word)
}

// tooLow finds a command below the head of an answer, or behind a sign: "* /note …". There it is none (G7, E19), and who wrote it believes that
// the member will not read it.
func (b *Letterbox) tooLow(a *answer) {
	for i, line := range strings.Split(a.text, "\n") {
		line = strings.TrimLeft(letter.Seen(line), " \t*_`'\"“”„‘’«»(•·-+|!.#")
		if behind, ok := strings.CutPrefix(line, `\`); ok {
			line = "/" + behind
		}
		if !strings.HasPrefix(line, "/") {
			continue
		}
		word, _, _ := strings.Cut(line, " ")
		calls, _, wrong := b.Verbs().Read(strings.TrimRight(word, "*_`'\")”’"))
		if len(calls) > 0 || wrong != nil && wrong.Usage != "" {
			a.guard(templates.LateCommand, i+1, line)
			return
		}
	}
}

// spelledOut finds the address of a manager however it is written out (G1, G2): "theo (at) brandt.example", "theo@" at the end of a line. A
// personal address of a manager never leaves.
func (b *Letterbox) spelledOut(tx *db.Tx, a *answer) error {
	text := subAddress.ReplaceAllString(strings.ReplaceAll(letter.Seen(a.text), "%40", "@"), "@")
	managers, err := lists.Managers(tx, a.conv.Community)
	if err != nil {
		return err
	}
	for _, m := range managers {
		all, err := lists.Addresses(tx, m.ID)
		if err != nil {
			return err
		}
		for _, address := range all {
			line := wordsAt(text, addressWords(address.String()))
			known := func(g templates.Guard) bool { return strings.EqualFold(g.What, address.String()) }
			switch {
			case line == 0 || m.ID == a.conv.Member || slices.ContainsFunc(a.guards, known):
			case m.ID == a.manager.ID:
				a.guard(templates.OwnAddress, line, address.String())
			default:
				a.guard(templates.OtherAddress, line, address.String())
			}
		}
	}
	return nil
}

// subAddress is what some people have behind a plus in their address: the mail comes to the same mailbox.
var subAddress = regexp.MustCompile(`\+[\p{L}\p{N}._-]{1,64}@`)

// addressWords are the words of an address, without those that people write for its signs.
func addressWords(text string) []string {
	return slices.DeleteFunc(plainWords(text), func(w string) bool {
		return slices.Contains([]string{"at", "dot", "punkt", "punto", "point", "mailto"}, w)
	})
}

// wordsAt is the line where some words stand in a row, counted from 1; 0 is nowhere.
func wordsAt(text string, phrase []string) int {
	if len(phrase) < 2 {
		return 0
	}
	var run []string
	for i, line := range strings.Split(text, "\n") {
		for _, w := range addressWords(line) {
			if run = append(run, w); len(run) > len(phrase) {
				run = run[1:]
			}
			if slices.Equal(run, phrase) {
				return i + 1
			}
		}
	}
	return 0
}

// checkQuotes finds a quoted line in an answer that is none of what was said between the member and the managers (G9): it may be a line of a
// note, or of what we tell managers about a letter. said is what was.
func (a *answer) checkQuotes(said []string) {
	all := " " + strings.Join(plainWords(letter.Seen(strings.Join(said, " "))), " ") + " "
	for i, line := range strings.Split(a.text, "\n") {
		quoted := strings.TrimLeft(line, " >|")
		if !strings.ContainsAny(line[:len(line)-len(quoted)], ">|") {
			continue
		}
		if words := plainWords(letter.Seen(quoted)); len(words) > 0 && !strings.Contains(all, " "+strings.Join(words, " ")+" ") {
			a.guard(templates.UnsureText, i+1, "")
			return
		}
	}
}
