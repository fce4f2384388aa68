package moderation

import (
	"slices"

	"backchannel/archive/db"
	"backchannel/lists"
)

// answers are the words that replies to our questions may consist of.
var answers = []string{
	"YES", "NO", "OK", "PUBLIC", "PRIVATE", "DROP", "NAMED", "ANON", "SEND", "CANCEL", "UNDO", "OFFER", "ASIS", "EDIT", "ABSTAIN", "VETO", "RELAX", "TIGHTEN", "UNNAME", "KEEP", "OMBUDS",
}

// wishes has done what a letter asks of the program, when it holds nothing but such words: nobody on a list needs to read "unsubscribe", and
// whoever writes it wants it done. With a file it is a post, and an empty answer asks for nothing, whatever the subject of its thread.
func (d *Desk) wishes(tx *db.Tx, in *lists.Incoming) (bool, error) {
	if d.Wishes == nil || in.Sender.ID == 0 || in.Verdict == lists.Unverified || len(in.Letter.Files()) > 0 || in.Letter.NewText().Text == "" && in.InThread() {
		return false, nil
	}
	asks := *in
	asks.Unposted = true
	return d.Wishes(tx, &asks)
}

// looseAnswer is the word that a letter consists of, when it is one that answers a question of ours, and the letter begins a thread: below a post
// "Yes" is something that people say to each other.
func looseAnswer(in *lists.Incoming) string {
	if in.InThread() || len(in.Letter.Files()) > 0 {
		return ""
	}
	word, alone, rest := lists.Word(in.Letter.NewText().Text)
	if alone && rest == "" && slices.Contains(answers, word) {
		return word
	}
	return ""
}
