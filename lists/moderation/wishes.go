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
	if d.Wishes == nil || !mayWish(in) {
		return false, nil
	}
	asks := *in
	asks.Unposted = true
	return d.Wishes(tx, &asks)
}

// mayWish tells whether a letter can be for the program at all.
func mayWish(in *lists.Incoming) bool {
	return in.Sender.ID != 0 && in.Verdict != lists.Unverified && len(in.Letter.Files()) == 0 && (in.Letter.NewText().Text != "" || !in.InThread())
}

// looseOrder is what a letter says that may be for the program or for people; "" for others.
func (d *Desk) looseOrder(tx *db.Tx, in *lists.Incoming) string {
	if d.Loose == nil || !mayWish(in) {
		return ""
	}
	return d.Loose(tx, in)
}

// asWish is a held letter as one that its author says is for the program; false when it holds nothing of that kind.
func (d *Desk) asWish(tx *db.Tx, in *lists.Incoming, h Held) (asks lists.Incoming, ok bool, err error) {
	if h.Why != WhyDoor || d.Wishes == nil {
		return asks, false, nil
	}
	l, err := lists.ListByID(tx, h.List)
	if err != nil {
		return asks, false, err
	}
	post, err := d.letter(tx, h)
	if err != nil {
		return asks, false, err
	}
	asks = *in
	asks.Letter, asks.List, asks.Into, asks.Token, asks.Verdict, asks.Meant = post, &l, h.Into, nil, lists.Verified, true
	return asks, d.looseOrder(tx, &asks) != "", nil
}

// obey has the program do what a held letter says, as its author wants.
func (d *Desk) obey(tx *db.Tx, asks lists.Incoming, h Held) error {
	if err := d.end(tx, h, Dropped, asks.Sender.ID, "its words were for the program, as its author said"); err != nil {
		return err
	}
	_, err := d.Wishes(tx, &asks)
	return err
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
