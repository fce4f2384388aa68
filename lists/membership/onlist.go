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
	if done, err := k.Order(tx, in, in.Verdict == lists.Verified); done || err != nil {
		return done, err
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
	text := strings.TrimSpace(in.Letter.NewText().Text)
	if text == "" {
		text = bareSubject(in.Letter.Subject())
	}
	line, below, _ := strings.Cut(text, "\n")
	below = strings.Trim(below, " \t\r\n-,.")
	if below != "" && !strings.EqualFold(below, in.Sender.Name) && !strings.EqualFold(below, in.Sender.FirstName()) || strings.ContainsAny(line, "?？") {
		return r, false
	}
	phrase, sure := politely(line)
	if !r.line(phrase, in.List) {
		return r, false
	}
	return r, sure || len(r.set) > 0 || len(strings.Fields(phrase)) > 1 || !spoken(phrase) || !in.InThread() || shouted(line)
}

// politely is a line without the words that people put around a command: "Please remove me from this list". sure tells that it can mean nothing
// else.
func politely(line string) (phrase string, sure bool) {
	words := strings.Fields(strings.ToLower(strings.Trim(line, " \t\r\"'.!")))
	for _, end := range []string{"from this list", "from the list", "from this mailing list", "from the mailing list", "from your list", "from your mailing list"} {
		if head, cut := strings.CutSuffix(strings.Join(words, " "), end); cut {
			words, sure = strings.Fields(head), true
		}
	}
	kept := slices.DeleteFunc(words, func(w string) bool {
		return w != "me" && slices.Contains([]string{"please", "thanks", "thank", "you", "bitte", "danke", "merci", "gracias"}, strings.Trim(w, ",.!"))
	})
	if len(kept) == 2 && kept[1] == "me" && kept[0] != "forget" && kept[0] != "delete" && kept[0] != "erase" {
		kept, sure = kept[:1], true
	}
	phrase = strings.Join(kept, " ")
	if phrase == "stop" {
		phrase = "leave"
	}
	return phrase, sure
}

// spoken tells whether a command is a word that people say to each other as well: below a post it is one only in capitals.
func spoken(phrase string) bool {
	return !slices.Contains([]string{"unsubscribe", "subscribe", "signoff", "mydata", "whoami"}, phrase)
}

// shouted tells whether a line is in capitals throughout, as our mails write the words that a reply may consist of.
func shouted(line string) bool {
	return strings.ToUpper(line) == line && strings.ContainsFunc(line, unicode.IsUpper)
}
