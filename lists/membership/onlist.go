package membership

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates"
)

// OnList does what a letter to a list asks of the program, as LIST-request@ would, when it is a word of ours and nothing else. It is false for
// every other letter: that is a post. Words that people say to each other as well are done when their author was asked (in.Meant).
func (k *Clerk) OnList(tx *db.Tx, in *lists.Incoming) (bool, error) {
	if !heard(in) || in.Robot || in.List == nil {
		return false, nil
	}
	asks := readOnList(in, tx.Now)
	if asks.loose && !in.Meant {
		return false, nil
	}
	if len(asks.orders) > 0 {
		return true, k.order(tx, in, asks.orders, in.Verdict == lists.Verified)
	}
	r := asks.request
	if r.word == "" && len(r.set) == 0 {
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

// Loose is what a letter to a list says when it may be for the program, and may as well be said to people: its author has to tell. "" is for
// every other letter.
func (k *Clerk) Loose(tx *db.Tx, in *lists.Incoming) string {
	if !heard(in) || in.Robot || in.List == nil || !readOnList(in, tx.Now).loose {
		return ""
	}
	return letter.CleanLine(onlyText(in))
}

// onList is what a letter to a list asks of the program: orders, or one request.
type onList struct {
	orders  []setting
	request requested
	loose   bool // people say that to each other as well
}

// readOnList reads a letter to a list. A sentence is never taken for a word to the program: that is the whole of the letter, in words that
// nobody says to anybody else there, or it is loose.
func readOnList(in *lists.Incoming, now time.Time) (asks onList) {
	text, thread := onlyText(in), in.InThread()
	if thread && strings.ContainsAny(text, "\"'`´“”„‘’«»「」") {
		return asks // a word that is quoted is told to somebody: "write 'unsubscribe'"
	}
	if first, _, _ := strings.Cut(text, " "); !thread || shouted(first) {
		asks.orders = ordered(in.Letter, now.In(in.Sender.Zone(in.Community)))
		asks.loose = slices.ContainsFunc(asks.orders, func(s setting) bool { return s.spoken(thread, text) })
	}
	if len(asks.orders) > 0 {
		return asks
	}
	r, clear, ok := wordsAlone(in)
	if ok {
		asks.request, asks.loose = r, !clear
	}
	return asks
}

// spoken tells whether a setting may be something that people say: NAME THE BEAN is a game; and in a thread WEEKLY, FOLLOW SUIT and VACATION 1
// July to 14 July are answers.
func (s setting) spoken(thread bool, text string) bool {
	switch s.what {
	case templates.SetName:
		return true
	case templates.SetOwnCopy, templates.SetIntro, templates.SetHello, templates.SetGreet, templates.SetAddress, templates.SetAddressAdd, templates.SetAddressFirst, templates.SetAddressRemove, templates.SetAddressShown:
		return false
	case templates.SetFollow, templates.SetUnfollow, templates.SetMute, templates.SetUnmute:
		return thread && !strings.Contains(text, "#")
	case templates.SetVacation:
		return thread && !s.until.IsZero()
	}
	return thread
}

// wordsAlone reads a letter to a list that is one line of words for the program, and perhaps its writer's name below. clear tells that they
// cannot be said to people.
func wordsAlone(in *lists.Incoming) (r requested, clear, ok bool) {
	line, below, _ := strings.Cut(onlyText(in), "\n")
	below = strings.Trim(below, " \t\r\n-,.")
	if below != "" && !strings.EqualFold(below, in.Sender.Name) && !strings.EqualFold(below, in.Sender.FirstName()) || strings.ContainsAny(line, "?？") {
		return r, false, false
	}
	phrase, sure := politely(line)
	if phrase == "stop" && !in.InThread() {
		phrase = "leave"
	}
	if !r.line(phrase, in.List) {
		return r, false, false
	}
	clear = len(r.set) > 0 || !spoken(phrase) || !in.InThread() || sure && r.word == "leave"
	return r, clear, clear || shouted(line)
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

// spoken tells whether a command is made of words that people say to each other as well: below a post it may be one only in capitals.
func spoken(phrase string) bool {
	first, _, _ := strings.Cut(phrase, " ")
	return !slices.Contains([]string{"unsubscribe", "subscribe", "signoff", "mydata", "whoami"}, first) && !slices.Contains([]string{"forget me", "delete me", "erase me"}, phrase)
}

// shouted tells whether a line is in capitals throughout, as our mails write the words that a reply may consist of. With "!" behind it, it is said to
// somebody.
func shouted(line string) bool {
	return strings.ToUpper(line) == line && strings.ContainsFunc(line, unicode.IsUpper) && !strings.Contains(line, "!")
}
