package digest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/templates"
)

const (
	mira = "mira@lowe.example"
	theo = "theo@brandt.example"
	lena = "lena@fox.example"
	dana = "dana@north.example"
)

// aThursday is a town with two managers and a reader, three posts in the week, and what the managers got a day ahead.
func aThursday(t testing.TB) (w *town, previews []arrived) {
	t.Helper()
	w = newTown(t)
	w.manager(theo, "Theo Brandt")
	w.reader(dana, "Dana Reyes")
	w.due()
	w.at("2 Jun 09:00")
	hire := w.say("Bill Tan <bill@south.example>", "First hire: formal role or volunteer?", "We named one before launch. What did you do?")
	w.say("Alison Graf <alison@east.example>", "Re: First hire: formal role or volunteer?", "Mine emerged.", re(hire))
	w.say("Alison Graf <alison@east.example>", "How do you measure quiet readers?", "We see 60 of 210. What do you do?")
	w.say("Bill Tan <bill@south.example>", "Report template", "Here is mine.")
	w.at("4 Jun 06:00")
	return w, w.due()
}

// preview is the only letter for somebody.
func only(t testing.TB, all []arrived, who string) arrived {
	t.Helper()
	mine := to(all, who)
	if len(mine) != 1 {
		t.Fatalf("%d letters for %s, want 1", len(mine), who)
	}
	return mine[0]
}

// answer replies to a preview, and gives what came of it.
func (w *town) answer(who string, p arrived, text string) []arrived {
	w.t.Helper()
	if err := w.send(who, p.ReplyTo()[0].Address.String(), "Re: "+p.Subject(), text, "In-Reply-To: <"+string(p.MessageID())+">"); err != nil {
		w.t.Fatalf("%s says %q: %v", who, text, err)
	}
	return w.deliver()
}

// friday is the issue of the slot.
func (w *town) friday() arrived {
	w.t.Helper()
	w.at("5 Jun 06:00")
	return w.issue(w.due(), dana)
}

func TestThePreviewComesADayAhead(t *testing.T) {
	w, previews := aThursday(t)
	for _, who := range []string{mira, theo} {
		p := only(t, previews, who)
		if got := p.Subject(); got != "[preview] Friday's digest: 3 threads, 1 unanswered - goes out Fri 08:00" {
			t.Errorf("subject %q", got)
		}
		for _, want := range []string{
			"Sends Fri 5 Jun 08:00 (members' local time) to 1 member.", "First hire: formal role or volunteer?\n            2 posts, 2 people\n",
			"unanswered 1 day -> Unanswered corner", "Report template", "/pin ", "For managers only.",
		} {
			if !strings.Contains(p.Text(), want) {
				t.Errorf("%q is missing: %s", want, p.Text())
			}
		}
		if from, reply := p.From()[0].Address.String(), p.ReplyTo()[0].Address.String(); from != "digest@gardeners.example" || !strings.HasPrefix(reply, "note+") {
			t.Errorf("from %s, reply to %s", from, reply)
		}
		if p.Get("Auto-Submitted") != "auto-generated" {
			t.Errorf("it does not say who wrote it")
		}
	}
	if len(previews) != 2 || only(t, previews, mira).ReplyTo()[0].Address == only(t, previews, theo).ReplyTo()[0].Address {
		t.Errorf("%d letters, or one address for both", len(previews))
	}
	if again := w.due(); len(again) != 0 {
		t.Errorf("asked again, %d came again", len(again))
	}
	issue := w.friday()
	for _, number := range []string{"   1  ", "   2  ", "   3  "} {
		if !strings.Contains(issue.Text(), strings.TrimRight(number, " ")) {
			t.Errorf("the issue has not the numbers of the preview: %s", issue.Text())
		}
	}
}

// Nobody is shown a preview of nothing: not without readers, not in a quiet week. After four of them managers are asked for a question.
func TestAQuietMonth(t *testing.T) {
	w := newTown(t)
	w.reader(dana, "Dana Reyes")
	w.due()
	var got []arrived
	for _, at := range []string{"4 Jun 06:00", "11 Jun 06:00", "18 Jun 06:00"} {
		w.at(at)
		got = append(got, w.due()...)
	}
	if len(got) != 0 {
		t.Fatalf("in a quiet week came %q", got[0].Subject())
	}
	w.at("25 Jun 06:00")
	p := only(t, w.due(), mira)
	if p.Subject() != "[preview] Friday's digest: nothing new for 4 weeks" {
		t.Errorf("subject %q", p.Subject())
	}
	w.answer(mira, p, "/top What would you plant if you had one bed only?")
	w.at("26 Jun 06:00")
	if text := w.issue(w.due(), dana).Text(); !strings.Contains(text, "FROM MIRA:\nWhat would you plant if you had one bed only?") {
		t.Errorf("it says %s", text)
	}
	w.at("2 Jul 06:00")
	if got := w.due(); len(got) != 0 {
		t.Errorf("the week after came %q", got[0].Subject())
	}
	w.at("3 Jul 06:00")
	if got := issues(w.due(), dana); len(got) != 0 {
		t.Errorf("the note comes twice: %s", got[0].Text())
	}
}

func TestWhatManagersDoToADigest(t *testing.T) {
	for _, c := range []struct{ text, said, with, without string }{
		{"/top Please keep names of sponsors out of it.\nJam week starts 22 June.\n\nMira", "Your note stands at the top of Friday's digest.", "FROM MIRA:\nPlease keep names of sponsors out of it.\nJam week starts 22 June.\n", "\nMira\n"},
		{"/pin 3", "Thread 3 stands first.", "   3  Report template", ""},
		{"/drop 3", "Thread 3 is left out.", "", "Report template"},
		{"/drop 3 1", "Each of the threads 3, 1 is left out.", "quiet readers", "Report template"},
		{"/drop 3\n/drop 3 off", "Thread 3 is as it was.", "Here is mine.", ""},
		{"/brief 3", "Thread 3 stands there with its subject alone.", "Report template", "Here is mine."},
		{"/ask #3", "Thread 3 stands among the unanswered questions.", "Report template", ""},
		{"/answered 2", "Thread 2 counts as answered.", "quiet readers", "STILL WAITING"},
		{"/event 18 June 16:00 UTC Call on onboarding", "Every digest until then announces: 18 June 16:00 UTC: Call on onboarding", "18 June 16:00 UTC: Call on onboarding", ""},
		{"/event 18 June Open day\n/event off open", "1 date is taken away.", "", "Open day"},
		{"/top One\n/top off", "There is no note at the top any more.", "", "FROM MIRA"},
		{"/Pin 3.\n/top Hello", "Thread 3 stands first. * Your note", "FROM MIRA:\nHello\n", ""},
	} {
		t.Run(c.text, func(t *testing.T) {
			w, previews := aThursday(t)
			got := w.answer(mira, only(t, previews, mira), c.text)
			for _, who := range []string{mira, theo} {
				if text := strings.Join(strings.Fields(only(t, got, who).Text()), " "); !strings.Contains(text, c.said) {
					t.Errorf("%s reads %s", who, text)
				}
			}
			text := w.friday().Text()
			if !strings.Contains(text, c.with) || c.without != "" && strings.Contains(text, c.without) {
				t.Errorf("the issue says %s", text)
			}
		})
	}
}

// A hold stops every issue; it ends by a word, or by itself after its time, and what came meanwhile is in the issue.
func TestHold(t *testing.T) {
	for _, c := range []struct{ hold, end, at, next string }{
		{"/hold 4h", "", "5 Jun 10:00", "Fri 12 Jun 06:00"},
		{"/hold", "", "5 Jun 06:30", "Fri 12 Jun 06:00"},
		{"/hold", "/send", "5 Jun 06:20", "Fri 12 Jun 06:00"},
		{"/hold", "/hold off", "5 Jun 06:20", "Fri 12 Jun 06:00"},
	} {
		t.Run(c.hold+c.end, func(t *testing.T) {
			w, previews := aThursday(t)
			if c.hold != "/hold" {
				w.at("5 Jun 05:59")
			} else {
				w.at("4 Jun 06:30")
			}
			p := only(t, previews, mira)
			w.answer(mira, p, c.hold)
			w.at("5 Jun 06:00")
			if got := issues(w.due(), dana); len(got) != 0 {
				t.Fatal("it went out")
			}
			w.at("5 Jun 06:10")
			w.say("Bill Tan <bill@south.example>", "News", "Of this very minute.")
			w.at(c.at)
			if c.end != "" {
				w.answer(mira, p, c.end)
			}
			got := w.due()
			issue := w.issue(got, dana)
			if !strings.Contains(issue.Text(), "Of this very minute.") {
				t.Errorf("it is not fresh: %s", issue.Text())
			}
			alerts := 0
			for _, a := range to(got, theo) {
				if a.Subject() == "[digest] The stop of all digests is over" {
					alerts++
				}
			}
			if alerts != map[bool]int{true: 1, false: 0}[c.end == ""] {
				t.Errorf("%d alerts", alerts)
			}
			if again := issues(w.due(), dana); len(again) != 0 {
				t.Error("it came twice")
			}
		})
	}
}

// A daily digest that was held does not come twice within a few hours.
func TestAHeldDailyDigest(t *testing.T) {
	w, previews := aThursday(t)
	var d lists.Member
	w.view(func(tx *db.Tx) (err error) { d, _, err = lists.MemberByAddress(tx, w.c.ID, addr(dana)); return err })
	w.wants(d, "daily", 0, 8)
	w.at("5 Jun 05:30")
	w.answer(mira, only(t, previews, mira), "/hold")
	w.at("5 Jun 06:00")
	w.due()
	w.at("6 Jun 05:30")
	w.issue(w.due(), dana)
	w.say("Bill Tan <bill@south.example>", "News", "Of this very minute.")
	w.at("6 Jun 06:00")
	if got := issues(w.due(), dana); len(got) != 0 {
		t.Error("two issues within an hour")
	}
}

// /send lets the issues of the slot go a day early, and none a second time.
func TestSendLetsTheSlotGoEarly(t *testing.T) {
	w, previews := aThursday(t)
	w.answer(mira, only(t, previews, mira), "/top Early.\n/send")
	issue := w.issue(w.due(), dana)
	if !strings.Contains(issue.Text(), "Early.") {
		t.Errorf("it says %s", issue.Text())
	}
	w.at("5 Jun 06:00")
	if got := issues(w.due(), dana); len(got) != 0 {
		t.Error("it came twice")
	}
}

// aLetterAbout is a week in which a member wrote privately about a thread. The letter is for Mira and not for Theo; they get the preview.
func aLetterAbout(t *testing.T) (w *town, code string, previews []arrived) {
	t.Helper()
	w = newTown(t)
	w.manager(theo, "Theo Brandt")
	w.manager(lena, "Lena Fox")
	d := w.reader(dana, "Dana Reyes")
	w.due()
	w.at("2 Jun 09:00")
	w.say("Bill Tan <bill@south.example>", "Sponsor wants our member list", "What do you think?")
	w.wants(d, "daily", 0, 8)
	w.at("3 Jun 06:00")
	issue := w.issue(w.due(), dana)
	doors := doorPattern.FindAllString(issue.Text(), -1)
	if len(doors) == 0 {
		t.Fatalf("no door in %s", issue.Text())
	}
	if err := w.send(dana, doors[0], "Re: Sponsor", "I do not like how this is going at all."); err != nil {
		t.Fatal(err)
	}
	w.deliver()
	w.update(func(tx *db.Tx) error {
		m, _, err := lists.MemberByAddress(tx, w.c.ID, addr(theo))
		if err != nil {
			return err
		}
		mira, _, err := lists.MemberByAddress(tx, w.c.ID, addr(mira))
		if err != nil {
			return err
		}
		all, err := w.box.List(tx, mira, true)
		if err != nil || len(all) != 1 {
			t.Fatalf("%d letters: %v", len(all), err)
		}
		code = all[0].Code
		return w.box.Exclude(tx, all[0], m.ID, backchannel.Concerned, 0)
	})
	w.at("4 Jun 06:00")
	return w, code, w.due()
}

// A manager for whom a letter does not exist gets a preview without the line that tells of it, and the same numbers otherwise (LP10).
func TestThePreviewTellsOfNoLetterThatIsHidden(t *testing.T) {
	_, code, previews := aLetterAbout(t)
	line := "! 1 private letter about this thread (" + code + ")"
	if text := previewOf(previews, mira); !strings.Contains(text, line) {
		t.Errorf("Mira reads %s", text)
	} else if rest := strings.Replace(text, "            "+line+"\n", "", 1); rest != previewOf(previews, theo) {
		t.Errorf("Theo's is not the same without the line:\n%s\n%s", rest, previewOf(previews, theo))
	}
}

// What a manager remarks below a preview that tells of a letter goes to those who may see that letter, and to no one else: it may be about
// it, or quote its line. What was done to the digest all of them are told.
func TestACommentKeepsALetterHidden(t *testing.T) {
	for _, c := range []struct{ name, text, does string }{
		{"alone", "zzremark: let us answer %s first.", ""},
		{"under a command", "/drop 1\n\nzzremark, because of %s.", "Thread 1 is left out."},
		{"between quotes", "> ! 1 private letter about this thread (%s)\n\nzzremark.", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, code, previews := aLetterAbout(t)
			var preview arrived
			for _, a := range to(previews, mira) {
				if strings.HasPrefix(a.Subject(), "[preview]") {
					preview = a
				}
			}
			got := w.answer(mira, preview, fmt.Sprintf(c.text, code))
			if text := only(t, got, mira).Text(); !strings.Contains(text, "zzremark") || !strings.Contains(text, "Theo did not get your comment") {
				t.Errorf("Mira reads %s", text)
			}
			if text := only(t, got, lena).Text(); !strings.Contains(text, "zzremark") {
				t.Errorf("Lena reads %s", text)
			}
			all := to(got, theo)
			if c.does == "" && len(all) != 0 || c.does != "" && len(all) != 1 {
				t.Fatalf("Theo got %d letters", len(all))
			}
			for _, a := range all {
				if text := a.Text(); strings.Contains(text, "zzremark") || strings.Contains(text, code) || !strings.Contains(text, c.does) {
					t.Errorf("Theo reads %s", text)
				}
			}
		})
	}
}

// A preview that is still owed when a letter in it stops to be for its reader is not sent to them.
func TestAPreviewThatIsStillOwed(t *testing.T) {
	w := newTown(t)
	w.manager(theo, "Theo Brandt")
	d := w.reader(dana, "Dana Reyes")
	w.due()
	w.at("2 Jun 09:00")
	w.say("Bill Tan <bill@south.example>", "Sponsor wants our member list", "What do you think?")
	w.wants(d, "daily", 0, 8)
	w.at("3 Jun 06:00")
	issue := w.issue(w.due(), dana)
	if err := w.send(dana, doorPattern.FindString(issue.Text()), "Re: Sponsor", "I do not like how this is going at all."); err != nil {
		t.Fatal(err)
	}
	w.deliver()
	w.at("4 Jun 06:00")
	w.write()
	w.update(func(tx *db.Tx) error {
		them, _, err := lists.MemberByAddress(tx, w.c.ID, addr(theo))
		if err != nil {
			return err
		}
		mira, _, err := lists.MemberByAddress(tx, w.c.ID, addr(mira))
		if err != nil {
			return err
		}
		all, err := w.box.List(tx, mira, true)
		if err != nil || len(all) != 1 {
			t.Fatalf("%d letters: %v", len(all), err)
		}
		return w.box.Exclude(tx, all[0], them.ID, backchannel.Concerned, 0)
	})
	got := w.deliver()
	if !strings.Contains(previewOf(got, mira), "1 private letter about this thread") || previewOf(got, theo) != "" {
		t.Errorf("Theo reads %s", previewOf(got, theo))
	}
}

func previewOf(all []arrived, who string) string {
	for _, a := range to(all, who) {
		if strings.HasPrefix(a.Subject(), "[preview]") {
			return a.Text()
		}
	}
	return ""
}

// What waits for a manager, and what was removed, is counted.
func TestThePreviewCountsWhatIsNotInIt(t *testing.T) {
	w := newTown(t)
	w.editor.Held = func(*db.Tx, lists.Community, lists.Member) ([]templates.BriefPost, error) {
		return []templates.BriefPost{{Title: "Offer", Author: "Eve", List: "Garden talk", Age: "5 hours", Answer: "vote+x@gardeners.example"}}, nil
	}
	w.reader(dana, "Dana Reyes")
	w.due()
	w.at("2 Jun 09:00")
	w.say("Bill Tan <bill@south.example>", "Stays", "It stays.")
	gone := w.say("Bill Tan <bill@south.example>", "Goes", "It goes.")
	w.update(func(tx *db.Tx) error { return w.store.Remove(tx, gone.ID) })
	w.at("4 Jun 06:00")
	text := previewOf(w.due(), mira)
	if !strings.Contains(text, "Held posts not in it: 1 (waiting 5 hours). Removed this week: 1.") || strings.Contains(text, "Goes") {
		t.Errorf("it says %s", text)
	}
}

// An answer to a preview is at home in the zone of the community, whatever the clock of the server says.
func TestThePreviewInAnotherZone(t *testing.T) {
	w := newTown(t)
	w.update(func(tx *db.Tx) error {
		w.c.Timezone = "America/New_York"
		return lists.SaveCommunity(tx, w.c)
	})
	w.reader(dana, "Dana Reyes")
	w.due()
	w.at("2 Jun 09:00")
	w.say("Bill Tan <bill@south.example>", "Stays", "It stays.")
	w.at("4 Jun 11:59")
	if got := w.due(); len(got) != 0 {
		t.Errorf("a minute early: %s", got[0].Subject())
	}
	w.now = w.now.Add(time.Minute)
	if got := previewOf(w.due(), mira); !strings.Contains(got, "Sends Fri 5 Jun 08:00") {
		t.Errorf("it says %s", got)
	}
}
