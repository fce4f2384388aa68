package membership

import (
	"slices"
	"strings"
	"unicode"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates"
)

// OnList does what a letter to a list asks of the program, as LIST-request@ would, when it is a word of ours and nothing else. It is false for
// every other letter: that is a post.
func (k *Clerk) OnList(tx *db.Tx, in *lists.Incoming) (bool, error) {
	if !heard(in) || in.Robot || in.List == nil {
		return false, nil
	}
	if first, _, _ := strings.Cut(onlyText(in), " "); !in.InThread() || shouted(first) {
		if done, err := k.Order(tx, in, in.Verdict == lists.Verified); done || err != nil {
			return done, err
		}
	}
	r, ok := wordsAlone(in)
	if !ok {
		return false, nil
	}
	w := wish{}
	switch r.word {
	case "leave":
		w = wish{templates.WishLeaveList, in.List.ID}
	case "join":
		w = wish{templates.WishJoin, in.List.ID}
	case "my-data":
		w = wish{what: templates.WishData}
	}
	switch {
	case w.what == "":
		if done, err := k.do(tx, in, r); done || err != nil {
			return true, err
		}
		return true, k.help(tx, in)
	case in.Verdict != lists.Verified:
		return true, k.ask(tx, in, w)
	}
	return true, k.grant(tx, in, w)
}

// wordsAlone reads a letter to a list that is one line of words for the program, and perhaps its writer's name below.
func wordsAlone(in *lists.Incoming) (r requested, ok bool) {
	line, below, _ := strings.Cut(onlyText(in), "\n")
	below = strings.Trim(below, " \t\r\n-,.")
	if below != "" && !strings.EqualFold(below, in.Sender.Name) && !strings.EqualFold(below, in.Sender.FirstName()) || strings.ContainsAny(line, "?？") {
		return r, false
	}
	phrase, sure := politely(line)
	if phrase == "stop" && !in.InThread() {
		phrase = "leave"
	}
	if !r.line(phrase, in.List) {
		return r, false
	}
	return r, len(r.set) > 0 || !spoken(phrase) || !in.InThread() || sure && r.word == "leave" || shouted(line)
}

// onlyText is what a letter to a list says: its new words, or the subject of one without words.
func onlyText(in *lists.Incoming) string {
	if text := strings.TrimSpace(in.Letter.NewText().Text); text != "" {
		return text
	}
	return bareSubject(in.Letter.Subject())
}

// politely is a line without the words that people put around a command: "Please remove me from this list". sure tells that "remove" cannot mean
// anything but its writer. "Show me" and "help me" are no commands: people say them to each other.
func politely(line string) (phrase string, sure bool) {
	words := strings.Fields(strings.ToLower(strings.Trim(line, " \t\r\"'")))
	for i, w := range words {
		words[i] = strings.Trim(w, ",.!")
	}
	is := func(some ...string) func(string) bool {
		return func(w string) bool { return slices.Contains(some, w) }
	}
	for n := len(words); n > 0 && is("thanks", "thank", "you", "danke", "merci", "gracias")(words[n-1]); n = len(words) {
		words = words[:n-1]
	}
	words = slices.DeleteFunc(words, is("please", "bitte"))
	for _, end := range []string{"from this list", "from the list", "from this mailing list", "from the mailing list", "from your list", "from your mailing list"} {
		if head, cut := strings.CutSuffix(strings.Join(words, " "), " "+end); cut {
			words, sure = strings.Fields(head), end != "from the list" // in a thread that may be a list of seeds
		}
	}
	if len(words) == 2 && words[1] == "me" && is("remove", "unsubscribe", "subscribe", "signoff")(words[0]) {
		words, sure = words[:1], true
	}
	return strings.Join(words, " "), sure
}

// spoken tells whether a command is made of words that people say to each other as well: below a post it is one only in capitals.
func spoken(phrase string) bool {
	first, _, _ := strings.Cut(phrase, " ")
	return !slices.Contains([]string{"unsubscribe", "subscribe", "signoff", "mydata", "whoami"}, first) && !slices.Contains([]string{"forget me", "delete me", "erase me"}, phrase)
}

// shouted tells whether a line is in capitals throughout, as our mails write the words that a reply may consist of. With "!" behind it, it is said to
// somebody.
func shouted(line string) bool {
	return strings.ToUpper(line) == line && strings.ContainsFunc(line, unicode.IsUpper) && !strings.Contains(line, "!")
}
