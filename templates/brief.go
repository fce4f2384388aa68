package templates

import (
	"strings"
	"time"
)

// MorningBrief is what waits for one manager on a working day (product.md B12). Each line bears the address at which it is answered.
type MorningBrief struct {
	Community string
	Lost      string        `optional:"the address of the ombuds, when letters to it come back"`
	OnDuty    time.Time     `optional:"until when the reader is on duty, in their zone; without, there is no rota, or it is somebody else's week"`
	Next      string        `optional:"who is on duty after that, when that is somebody else"`
	Letters   []BriefLetter `optional:"private letters that nobody has answered"`
	Held      []BriefPost   `optional:"posts that wait for a manager"`
	Joining   []BriefJoin   `optional:"people who want to become members"`
	List      []BriefPost   `optional:"questions on a list that nobody has answered for two days"`
	New       []BriefPost   `optional:"first posts of newcomers that have no reply"`
	Heat      []BriefHeat   `optional:"threads that worry members"`
	Thanks    []BriefThanks `optional:"short answers to a digest that ask nothing"`
	Ask       []BriefAsk    `optional:"young lists to which the reader might put a question"`
	AskTurns  bool          // other managers get such an invitation in other weeks
}

// BriefLetter is one private letter.
type BriefLetter struct {
	Code   string
	Member string
	First  string    `optional:"its first sentence"`
	Due    time.Time `optional:"when an answer is due, in the reader's zone"`
	Late   bool      // that is over
	Today  bool      // that is today
	Owner  string    `optional:"who has taken it"`
	Answer string    // the address at which the reader answers
}

// BriefPost is one post.
type BriefPost struct {
	Title  string `optional:"a letter may have no subject"`
	Author string
	List   string
	Age    string // "5 hours", "4 days"
	Answer string // the address at which it is decided or answered
}

// BriefJoin is somebody who wants to become a member and waits for a manager.
type BriefJoin struct {
	Code    string
	Name    string
	Decides string `optional:"nobody decided in time: who does now"`
	You     bool   // that is the reader
	Letter  bool   // it is decided, and the letter that declines waits
	Answer  string // the address at which the reader decides
}

// BriefHeat is a thread of which the reader was warned.
type BriefHeat struct {
	Title  string
	Voices int    // members who wrote about it, or feel that it goes wrong
	Answer string // the address at which the commands of the alarm are taken
}

// BriefThanks is a word of thanks.
type BriefThanks struct {
	Member string
	Text   string
}

// Today is what the subject tells.
func (t MorningBrief) Today() string {
	var parts []string
	due := 0
	for _, l := range t.Letters {
		if l.Late || l.Today {
			due++
		}
	}
	add := func(n int, one, many string) {
		if n > 0 {
			parts = append(parts, count(n, one, many))
		}
	}
	add(due, "letter due", "letters due")
	add(len(t.Letters)-due, "open letter", "open letters")
	add(len(t.Held), "held post", "held posts")
	add(len(t.Joining), "application", "applications")
	add(len(t.List), "question unanswered", "questions unanswered")
	add(len(t.New), "newcomer without a reply", "newcomers without a reply")
	add(len(t.Heat), "heated thread", "heated threads")
	add(len(t.Ask), "list to ask something", "lists to ask something")
	if t.Lost != "" {
		parts = append([]string{"the ombuds cannot be reached"}, parts...)
	}
	if len(parts) == 0 {
		add(len(t.Thanks), "word of thanks", "words of thanks")
	}
	return strings.Join(parts, ", ")
}

// Render writes the mail.
func (t MorningBrief) Render() (Mail, error) { return render("morning_brief", t) }
