package moderation

import (
	"slices"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/notice"
)

// ForManagers are the letters of a community that wait for a manager's decision, oldest first. Those that wait for their author's word are
// none of them.
func ForManagers(tx *db.Tx, c lists.CommunityID) ([]Held, error) {
	all, err := List(tx, c)
	return slices.DeleteFunc(all, func(h Held) bool { return !h.Why.managers() || h.Why == WhyFix }), err
}

// managers tells whether managers know of a letter: it waits for their word, or they gave it back to its author.
func (w Why) managers() bool { return !w.authors() && w != WhySender && w != WhySales }

// CountForManagers counts them.
func CountForManagers(tx *db.Tx, c lists.CommunityID) (int, error) {
	all, err := ForManagers(tx, c)
	return len(all), err
}

// Shown is a held letter with all that whoever decides about it should see.
type Shown struct {
	Held
	Text  string   `json:"text,omitempty"` // of one that waits
	Files []string `json:"files,omitempty"`
}

// Show reads a held letter. Of one that may be private nothing is shown but that it waits, or how it ended.
func (d *Desk) Show(tx *db.Tx, h Held) (Shown, error) {
	if h.Why.authors() {
		h.Subject, h.From = "", ""
		return Shown{Held: h}, nil
	}
	s := Shown{Held: h}
	if h.State != Waiting {
		return s, nil
	}
	post, err := d.letterOf(tx, h)
	if err != nil {
		return s, err
	}
	text, _ := notice.Whole(post)
	s.Text = string(text)
	for _, a := range post.Attachments() {
		s.Files = append(s.Files, a.Name)
	}
	return s, nil
}
