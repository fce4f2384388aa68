package digest_test

import (
	"strings"
	"testing"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/relay"
)

// cross publishes one letter on several lists, as its author sent it to them.
func (w *town) cross(from, id, subject, body string, on ...lists.List) (posts []archive.Post) {
	w.t.Helper()
	raw := "From: " + from + "\r\nSubject: " + subject + "\r\nDate: " + w.now.Format("Mon, 02 Jan 2006 15:04:05 -0700") + "\r\nMessage-ID: <" + id + ">\r\n\r\n" + body + "\r\n"
	l, err := letter.Parse([]byte(raw))
	if err != nil {
		w.t.Fatal(err)
	}
	w.update(func(tx *db.Tx) error {
		author, _, err := lists.MemberByAddress(tx, w.c.ID, l.From()[0].Address)
		for _, list := range on {
			if err != nil {
				break
			}
			var p archive.Post
			p, err = w.press.Publish(tx, relay.Publication{List: list, Letter: l, Author: author, Story: id + list.Local})
			posts = append(posts, p)
		}
		return err
	})
	return posts
}

// A letter that came one by one from another list stands in a digest by its subject alone (product.md A3), in every format; for those who
// had it from no list it stands in full.
func TestALetterOnTwoListsIsNotReadTwice(t *testing.T) {
	for _, format := range []string{lists.FormatBoth, lists.FormatMIME, lists.FormatRFC1153} {
		t.Run(format, func(t *testing.T) {
			w := newTown(t)
			jobs := w.list("jobs", "Jobs")
			dana := w.reader("dana@north.example", "Dana Reyes", w.talk)
			w.subscribe(dana, jobs, lists.Each)
			cy := w.reader("cy@east.example", "Cy Young", w.talk)
			for _, m := range []lists.Member{dana, cy} {
				w.update(func(tx *db.Tx) error {
					pref, err := lists.DigestPrefOf(tx, m.ID)
					pref.Format = format
					if err == nil {
						err = lists.SaveDigestPref(tx, m.ID, pref)
					}
					return err
				})
			}
			w.due()
			w.at("2 Jun 09:00")
			w.cross("Bill Tan <bill@south.example>", "c1@x", "Two rooms", "Bees moved into the shed.", w.talk, jobs)
			w.say("Bill Tan <bill@south.example>", "One room", "Frost tonight, cover your seedlings.")
			w.at("5 Jun 06:00")
			all := w.due()
			for who, twice := range map[string]bool{"dana@north.example": true, "cy@east.example": false} {
				text := string(w.issue(all, who).raw)
				if got := !strings.Contains(text, "Bees moved"); got != twice {
					t.Errorf("%s: read before %v, left out %v:\n%s", who, twice, got, text)
				}
				if !strings.Contains(text, "Two rooms") || !strings.Contains(text, "Frost tonight") {
					t.Errorf("%s: something is missing in\n%s", who, text)
				}
			}
		})
	}
}

// Whoever gets both lists by digest reads it in full once, and it is one post in the line of numbers, also when others answer on both.
func TestALetterOnTwoListsStandsOnceInAnIssue(t *testing.T) {
	w := newTown(t)
	jobs := w.list("jobs", "Jobs")
	w.reader("dana@north.example", "Dana Reyes", w.talk, jobs)
	w.due()
	w.at("2 Jun 09:00")
	w.cross("Bill Tan <bill@south.example>", "c1@x", "Two rooms", "Bees moved into the shed.", w.talk, jobs)
	w.cross("Ada Obi <ada@south.example>", "c2@x", "Re: Two rooms\r\nIn-Reply-To: <c1@x>", "Leave them there until autumn.", w.talk, jobs)
	w.at("5 Jun 06:00")
	a := w.issue(w.due(), "dana@north.example")
	text := a.Text()
	for _, words := range []string{"Bees moved", "Leave them"} {
		if n := strings.Count(text, words); n != 1 {
			t.Errorf("%q stands %d times in\n%s", words, n, text)
		}
	}
	if !strings.Contains(text, "This week: 2 posts, 1 thread, 2 people") || !strings.Contains(text, "IN BRIEF, ") {
		t.Errorf("it says\n%s", text)
	}
	if strings.Count(a.Subject(), "Two rooms") != 1 {
		t.Errorf("the subject is %q", a.Subject())
	}
}

// A question on two lists waits in one place.
func TestAQuestionOnTwoListsWaitsOnce(t *testing.T) {
	w := newTown(t)
	jobs := w.list("jobs", "Jobs")
	w.reader("dana@north.example", "Dana Reyes", w.talk, jobs)
	w.due()
	w.at("2 Jun 09:00")
	w.cross("Bill Tan <bill@south.example>", "c1@x", "Bees?", "Who knows what to do with a swarm in the shed?", w.talk, jobs)
	w.at("5 Jun 06:00")
	a := w.issue(w.due(), "dana@north.example")
	if text := a.Text(); strings.Count(text, "swarm in the shed") != 1 || !strings.Contains(a.Subject(), "1 unanswered") {
		t.Errorf("%s\n%s", a.Subject(), text)
	}
}

// What came before they got that list post by post they did not have; and an issue in which nothing else is new is none.
func TestWhoHadALetterFromAnotherList(t *testing.T) {
	w := newTown(t)
	jobs := w.list("jobs", "Jobs")
	late := w.reader("late@north.example", "Lea Late", w.talk)
	full := w.reader("full@north.example", "Fay Full", w.talk)
	w.subscribe(full, jobs, lists.Each)
	w.due()
	w.at("2 Jun 09:00")
	w.cross("Bill Tan <bill@south.example>", "c1@x", "Two rooms", "Bees moved into the shed.", w.talk, jobs)
	w.at("3 Jun 09:00")
	w.subscribe(late, jobs, lists.Each)
	w.at("5 Jun 06:00")
	all := w.due()
	if text := w.issue(all, "late@north.example").Text(); !strings.Contains(text, "Bees moved") {
		t.Errorf("not sent to who came later:\n%s", text)
	}
	if mine := issues(all, "full@north.example"); len(mine) != 0 {
		t.Errorf("nothing is new, and they got\n%s", mine[0].Text())
	}
}

// Approved on the second list a week later, it was in the issue before.
func TestALetterThatComesLaterOnTheOtherList(t *testing.T) {
	w := newTown(t)
	jobs := w.list("jobs", "Jobs")
	w.reader("dana@north.example", "Dana Reyes", w.talk, jobs)
	w.due()
	w.at("2 Jun 09:00")
	w.cross("Bill Tan <bill@south.example>", "c1@x", "Two rooms", "Bees moved into the shed.", w.talk)
	w.at("5 Jun 06:00")
	if text := w.issue(w.due(), "dana@north.example").Text(); !strings.Contains(text, "Bees moved") {
		t.Fatalf("the first week:\n%s", text)
	}
	w.at("8 Jun 09:00")
	w.cross("Bill Tan <bill@south.example>", "c1@x", "Two rooms", "Bees moved into the shed.", jobs)
	w.say("Bill Tan <bill@south.example>", "One room", "Frost tonight, cover your seedlings.")
	w.at("12 Jun 06:00")
	if text := w.issue(w.due(), "dana@north.example").Text(); strings.Contains(text, "Bees moved") || !strings.Contains(text, "Two rooms") {
		t.Errorf("the second week:\n%s", text)
	}
}
