package digest_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
)

var anyToken = regexp.MustCompile(`\+[0-9a-z]{26}@`)

// fullWeek is a week with everything in it that A4 knows, and Dana, who follows #roles, mutes #cars and thread 5, and has written once.
func fullWeek(t *testing.T) (*town, lists.Member) {
	t.Helper()
	w := newTown(t)
	w.now = w.now.AddDate(0, 0, -90)
	jobs := w.list("jobs", "Jobs")
	dana := w.reader("dana@north.example", "Dana Reyes", w.talk, jobs)
	for a, n := range map[string]string{"bill@south.example": "Bill Tan", "alison@east.example": "Alison Graf", "bree@west.example": "Bree Okafor", "sam@pots.example": "Sam Ek"} {
		w.add(a, n, lists.RoleMember, lists.None, w.talk, jobs)
		w.say(n+" <"+a+">", "Before", "An old post.")
	}
	w.due()
	w.at("6 Mar 07:00")
	w.due() // the old posts are in an issue of their own
	w.at("29 May 08:00")
	w.add("ada@nurses.example", "Ada Obi", lists.RoleMember, lists.None, w.talk)
	w.add("lurk@x.example", "Lea Reads", lists.RoleMember, lists.None, w.talk)
	w.update(func(tx *db.Tx) error {
		if _, err := lists.Follow(tx, dana.ID, "roles"); err != nil {
			return err
		}
		if _, err := lists.Mute(tx, dana.ID, "cars", 0); err != nil {
			return err
		}
		c := w.c
		c.Confidential = "Confidential to members: use what you learn, not who said it."
		if err := lists.SaveCommunity(tx, c); err != nil {
			return err
		}
		return lists.SetTagAlias(tx, w.c.ID, "jobtitle", "roles")
	})
	w.due()
	w.at("31 May 08:00")
	w.say("Bree Okafor <bree@west.example>", "How do you measure quiet readers?", "We see 60 names a month out of 210.")
	w.at("1 Jun 09:00")
	hire := w.say("Bill Tan <bill@south.example>", "First hire: formal role or volunteer?", "#jobtitle\n\nHi all,\n\nWe named one before launch and would do it again.")
	w.say("Alison Graf <alison@east.example>", "Re: First hire: formal role or volunteer?", "> We named one before launch\n\nMine emerged; nobody appointed me.", re(hire))
	w.say("Bree Okafor <bree@west.example>", "Re: First hire: formal role or volunteer?", "+1", re(hire))
	w.at("2 Jun 09:00")
	tools := w.say("Dana Reyes <dana@north.example>", "Report template", "Mine is attached. Tell me what is missing.")
	w.say("Bill Tan <bill@south.example>", "Re: Report template", "A page for the figures, I would say.", re(tools))
	w.say("Alison Graf <alison@east.example>", "[cars] A lift to the fair", "Who drives?")
	w.say("Ada Obi <ada@nurses.example>", "Hello from Lagos #intro", "I run a volunteer nurses' list. It has 400 readers.")
	w.say("Sam Ek <sam@pots.example>", "#offer Pots", "Made by hand, for members at cost.")
	w.say("Sam Ek <sam@pots.example>", "#offer More pots", "Small ones.")
	w.sayOn(jobs, "Bill Tan <bill@south.example>", "Part-time in Lisbon", "Ask me.")
	w.say("Dana Reyes <dana@north.example>", "My own thread", "I wrote this.")
	w.at("5 Jun 06:00")
	return w, dana
}

// Every section of A4 in its order, as one reader sees them.
func TestFullIssue(t *testing.T) {
	w, _ := fullWeek(t)
	a := w.issue(w.due(), "dana@north.example")
	above, below, _ := strings.Cut(anyToken.ReplaceAllString(a.Text(), "+TOKEN@"), "\nYou get this ")
	compare(t, "full_issue.txt", "Subject: "+a.Subject()+"\n\n"+above)
	if !strings.HasPrefix(below, "Fridays at 08:00 (Europe/Berlin).") {
		t.Errorf("below it says %s", below)
	}
	for where, s := range map[string]string{"text": anyToken.ReplaceAllString(a.Text(), "@"), "HTML": anyToken.ReplaceAllString(a.html(), "@")} {
		for _, words := range []string{"Who drives?", "A lift to the fair", "Lea Reads", "+1", "Hi all"} {
			if strings.Contains(s, words) {
				t.Errorf("%q stands in the %s", words, where)
			}
		}
	}
}

// Muted threads are left out, and SOLVED ends a question.
func TestMutedThreadsAndSolvedQuestions(t *testing.T) {
	w, dana := fullWeek(t)
	w.update(func(tx *db.Tx) error {
		_, err := lists.Mute(tx, dana.ID, "", 6) // "First hire"
		return err
	})
	w.now = w.now.Add(-time.Hour)
	w.say("Bree Okafor <bree@west.example>", "How do you measure quiet readers?", "SOLVED: I asked them.", "In-Reply-To: <5@client.example>")
	w.at("5 Jun 06:00")
	text := w.issue(w.due(), "dana@north.example").Text()
	if strings.Contains(text, "First hire") || strings.Contains(text, "STILL WAITING") && strings.Contains(text[:strings.Index(text, "THREADS")], "quiet readers") {
		t.Errorf("it says %s", text)
	}
}
