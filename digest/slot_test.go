package digest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/digest"
	"backchannel/lists"
)

// next is when a member's next issue is due; "" when none is.
func (w *town) next(m lists.Member) string {
	w.t.Helper()
	at := ""
	w.view(func(tx *db.Tx) error {
		due, ok, err := calendar.At(tx, digest.Slot, int64(m.ID))
		if ok {
			at = due.UTC().Format("Mon 2 Jan 15:04")
		}
		return err
	})
	return at
}

// P4: an issue reaches its reader once, however often its slot is looked at.
func TestOneIssueForEachSlot(t *testing.T) {
	w := newTown(t)
	dana := w.reader("dana@north.example", "Dana Reyes")
	if got := w.due(); len(got) != 0 || w.next(dana) != "Fri 5 Jun 06:00" {
		t.Fatalf("%d letters, next on %s", len(got), w.next(dana))
	}
	w.at("2 Jun 09:00")
	w.say("Bill Tan <bill@south.example>", "My compost", "Mine is too wet.")
	w.at("5 Jun 05:59")
	if got := w.due(); len(to(got, "dana@north.example")) != 0 {
		t.Fatal("a minute too early")
	}
	w.at("5 Jun 06:00")
	one := w.issue(w.due(), "dana@north.example")
	if !strings.Contains(one.Text(), "My compost") || !strings.Contains(one.Text(), "Mine is too wet.") {
		t.Errorf("it says %s", one.Text())
	}
	if got := w.due(); len(got) != 0 {
		t.Error("asked again, it came again")
	}
	if got := w.next(dana); got != "Fri 12 Jun 06:00" {
		t.Errorf("next on %s", got)
	}
	w.at("12 Jun 06:00")
	if got := to(w.due(), "dana@north.example"); len(got) != 0 {
		t.Error("an empty week sends", got[0].Subject())
	}
	if got := w.rows("SELECT state || ' ' || reason FROM digest_issue ORDER BY slot"); got != "queued \nskipped nothing new" {
		t.Errorf("the books say %q", got)
	}
	var figures strings.Builder
	if err := logbook.WriteFigures(&figures, digest.Figures()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`backchannel_digests_total{outcome="sent"} `, `backchannel_digests_total{outcome="nothing_new"} `} {
		if !strings.Contains(figures.String(), want) {
			t.Errorf("not counted: %s\n%s", want, figures.String())
		}
	}
	w.say("Alison Graf <alison@east.example>", "Re: My compost", "Dry now.")
	w.at("19 Jun 06:00")
	if two := w.issue(w.due(), "dana@north.example"); strings.Contains(two.Text(), "too wet") || !strings.Contains(two.Text(), "Dry now") {
		t.Errorf("the third week says %s", two.Text())
	}
}

// The row of the issue is the last word on it: whatever the calendar believes, a slot that was written is written.
func TestTheSameSlotTwiceIsOneIssue(t *testing.T) {
	w := newTown(t)
	dana := w.reader("dana@north.example", "Dana Reyes")
	w.due()
	w.say("Bill Tan <bill@south.example>", "My compost", "Mine is too wet.")
	w.at("5 Jun 06:00")
	w.issue(w.due(), "dana@north.example")
	slot := w.now
	w.say("Bill Tan <bill@south.example>", "More", "And more.")
	w.at("5 Jun 06:30")
	w.update(func(tx *db.Tx) error { // as if another process had not seen that it is done
		if _, err := tx.Exec("UPDATE digest_next SET slot = ? WHERE member = ?", db.Micros(slot), dana.ID); err != nil {
			return err
		}
		return calendar.Set(tx, digest.Slot, int64(dana.ID), slot)
	})
	if got := issues(w.due(), "dana@north.example"); len(got) != 0 {
		t.Errorf("a second issue for one slot: %s", got[0].Text())
	}
	if got := w.rows("SELECT count(*) || '' FROM digest_issue"); got != "1" {
		t.Errorf("%s rows", got)
	}
	if got := w.next(dana); got != "Fri 12 Jun 06:00" {
		t.Errorf("next on %s", got)
	}
	err := w.db.Update(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec("INSERT INTO digest_issue (member, slot, state, at) VALUES (@member, @slot, 'queued', 0)", db.Named("member", dana.ID), db.Named("slot", db.Micros(slot)))
		return err
	})
	if !db.IsUnique(err) {
		t.Errorf("the table takes a second row: %v", err)
	}
}

// What is published in the quarter of an hour before the slot, or later, is in the next issue, and in none twice.
func TestAnIssueClosesBeforeItsSlot(t *testing.T) {
	w := newTown(t)
	w.reader("dana@north.example", "Dana Reyes")
	w.due()
	for _, c := range []struct{ at, word string }{{"5 Jun 05:44", "early"}, {"5 Jun 05:45", "late"}, {"5 Jun 05:59", "later"}} {
		w.at(c.at)
		w.say("Bill Tan <bill@south.example>", c.word, "It is "+c.word+" in the week.")
	}
	w.at("5 Jun 06:03")
	one := w.issue(w.due(), "dana@north.example").Text()
	w.at("12 Jun 06:00")
	two := w.issue(w.due(), "dana@north.example").Text()
	for word, in := range map[string]string{"early": one, "late": two, "later": two} {
		if strings.Contains(one, "is "+word+" in") != (in == one) || strings.Contains(two, "is "+word+" in") != (in == two) {
			t.Errorf("%q is in the wrong issue:\n%s\n%s", word, one, two)
		}
	}
}

// After down-time an issue still goes out for a while; later its slot is skipped, and nothing is lost.
func TestCatchUp(t *testing.T) {
	for _, c := range []struct {
		period, slot string
		ok, late     time.Duration
		next         string
	}{
		{"daily", "5 Jun 06:00", 6 * time.Hour, 6*time.Hour + time.Second, "Sat 6 Jun 06:00"},
		{"weekly", "5 Jun 06:00", 36 * time.Hour, 36*time.Hour + time.Second, "Fri 12 Jun 06:00"},
		{"monthly", "5 Jun 06:00", 72 * time.Hour, 72*time.Hour + time.Second, "Fri 3 Jul 06:00"},
	} {
		for _, late := range []bool{false, true} {
			w := newTown(t)
			dana := w.reader("dana@north.example", "Dana Reyes")
			w.at("4 Jun 07:00")
			w.wants(dana, c.period, time.Friday, 8)
			w.say("Bill Tan <bill@south.example>", "My compost", "Mine is too wet.")
			w.at(c.slot)
			w.now = w.now.Add(c.ok)
			if late {
				w.now = w.now.Add(c.late - c.ok)
			}
			got := issues(w.due(), "dana@north.example")
			if len(got) == 1 == late {
				t.Errorf("%s, late %v: %d issues", c.period, late, len(got))
			}
			if late {
				if why := w.rows("SELECT reason FROM digest_issue"); why != "too late" {
					t.Errorf("%s: the books say %q", c.period, why)
				}
			}
			if late && c.period == "daily" { // a day later it is still there
				w.at("6 Jun 06:00")
				w.issue(w.due(), "dana@north.example")
			} else if got := w.next(dana); got != c.next {
				t.Errorf("%s, late %v: next on %s", c.period, late, got)
			}
		}
	}
}

// A month of silence is one issue, not four.
func TestAServerThatSleptWritesOneIssue(t *testing.T) {
	w := newTown(t)
	w.reader("dana@north.example", "Dana Reyes")
	w.due()
	for _, at := range []string{"2 Jun 09:00", "9 Jun 09:00", "16 Jun 09:00"} {
		w.at(at)
		w.say("Bill Tan <bill@south.example>", "Of "+at, "It is "+at+".")
	}
	w.at("24 Jun 12:00")
	if got := w.due(); len(got) != 0 {
		t.Fatalf("five days after the slot came %s", got[0].Subject())
	}
	w.at("26 Jun 06:00")
	text := w.issue(w.due(), "dana@north.example").Text()
	for _, at := range []string{"2 Jun 09:00", "9 Jun 09:00", "16 Jun 09:00"} {
		if !strings.Contains(text, "It is "+at) {
			t.Errorf("%s is missing:\n%s", at, text)
		}
	}
}

// Two issues do not come together because somebody changed their mind.
func TestSettingsKeepIssuesApart(t *testing.T) {
	for _, c := range []struct {
		from, to string
		day      time.Weekday
		hour     int
		next     string
	}{
		{"weekly", "weekly", time.Saturday, 8, "Sat 13 Jun 06:00"}, // 24 hours after the last
		{"weekly", "weekly", time.Sunday, 8, "Sun 7 Jun 06:00"},    // 48
		{"weekly", "weekly", time.Sunday, 7, "Sun 14 Jun 05:00"},   // 47
		{"weekly", "daily", 0, 8, "Sat 6 Jun 06:00"},
		{"weekly", "daily", 0, 3, "Sat 6 Jun 01:00"},  // 19 hours: the day after
		{"weekly", "daily", 0, 23, "Sat 6 Jun 21:00"}, // not today again
		{"weekly", "monthly", time.Friday, 8, "Fri 3 Jul 06:00"},
		{"daily", "weekly", time.Saturday, 8, "Sat 13 Jun 06:00"},
	} {
		w := newTown(t)
		dana := w.reader("dana@north.example", "Dana Reyes")
		w.at("4 Jun 07:00")
		w.wants(dana, c.from, time.Friday, 8)
		w.say("Bill Tan <bill@south.example>", "One", "One.")
		w.at("5 Jun 06:00")
		w.issue(w.due(), "dana@north.example")
		w.at("5 Jun 09:00")
		w.say("Bill Tan <bill@south.example>", "Two", "Two.")
		w.wants(dana, c.to, c.day, c.hour)
		if c.to == "daily" && c.hour == 3 {
			c.next = "Sun 7 Jun 01:00"
		}
		if got := w.next(dana); got != c.next {
			t.Errorf("%s to %s, %s at %d: next on %s, want %s", c.from, c.to, c.day, c.hour, got, c.next)
		}
		for w.next(dana) != "" && w.now.Before(time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)) {
			w.now = w.now.Add(time.Hour)
			if got := issues(w.due(), "dana@north.example"); len(got) > 0 {
				if text := got[0].Text(); strings.Contains(text, "One.") || !strings.Contains(text, "Two.") {
					t.Errorf("%s to %s: the change moved the place: %s", c.from, c.to, text)
				}
				break
			}
		}
	}
}

// A slot that was skipped for want of posts keeps nobody waiting.
func TestASkippedSlotDoesNotDelayANewOne(t *testing.T) {
	w := newTown(t)
	dana := w.reader("dana@north.example", "Dana Reyes")
	w.due()
	w.at("5 Jun 06:00")
	w.due()
	w.at("5 Jun 09:00")
	w.wants(dana, "weekly", time.Saturday, 8)
	if got := w.next(dana); got != "Sat 6 Jun 06:00" {
		t.Errorf("next on %s", got)
	}
}

// A change of the settings is about the slots to come: none is made up in the past, and one that is overdue stays due.
func TestSettingsAreAboutTheFuture(t *testing.T) {
	w := newTown(t)
	dana := w.reader("dana@north.example", "Dana Reyes")
	w.due()
	w.say("Bill Tan <bill@south.example>", "Compost", "Compost.")
	w.at("2 Jun 07:00")
	w.wants(dana, "daily", 0, 8) // an hour ago
	if got := w.next(dana); got != "Wed 3 Jun 06:00" || len(issues(w.due(), "dana@north.example")) != 0 {
		t.Errorf("next on %s", got)
	}
	w.at("3 Jun 07:00") // the server stood still at six
	w.update(func(tx *db.Tx) error {
		return lists.SaveDigestPref(tx, dana.ID, lists.DigestPref{Period: "weekly", Weekday: time.Friday, Hour: 8})
	})
	w.issue(w.due(), "dana@north.example")
	if got := w.next(dana); got != "Fri 5 Jun 06:00" {
		t.Errorf("then on %s", got)
	}
}

// The slot follows the reader's clock over the change of the hour, in their own zone.
func TestSlotsFollowTheClockOnTheWall(t *testing.T) {
	for _, c := range []struct{ zone, from, want string }{
		{"Europe/Berlin", "12 Oct 2026 12:00", "Fri 16 Oct 06:00, Fri 23 Oct 06:00, Fri 30 Oct 07:00"},
		{"America/New_York", "1 Mar 2027 12:00", "Fri 5 Mar 13:00, Fri 12 Mar 13:00, Fri 19 Mar 12:00"},
		{"Australia/Lord_Howe", "22 Sep 2026 12:00", "Thu 24 Sep 21:30, Thu 1 Oct 21:30, Thu 8 Oct 21:00"},
		{"Asia/Kathmandu", "1 Jun 2026 12:00", "Fri 5 Jun 02:15, Fri 12 Jun 02:15, Fri 19 Jun 02:15"},
	} {
		w := newTown(t)
		w.at(c.from)
		dana := w.reader("dana@north.example", "Dana Reyes")
		dana.Timezone = c.zone
		w.update(func(tx *db.Tx) error { return lists.SaveMember(tx, dana) })
		w.wants(dana, "weekly", time.Friday, 8)
		var slots []string
		for range 3 {
			slots = append(slots, w.next(dana))
			w.say("Bill Tan <bill@south.example>", "Compost", "Compost.")
			w.view(func(tx *db.Tx) (err error) {
				w.now, _, err = calendar.At(tx, digest.Slot, int64(dana.ID))
				return err
			})
			if got := w.issue(w.due(), "dana@north.example").Text(); !strings.Contains(got, "You get this Fridays at 08:00 ("+c.zone+").") {
				t.Errorf("%s: %s", c.zone, got)
			}
		}
		if got := strings.Join(slots, ", "); got != c.want {
			t.Errorf("%s: %s, want %s", c.zone, got, c.want)
		}
	}
}

// From each post to the digest and back: every post comes once, whichever way, and nothing from before the first day.
func TestDeliveryBackAndForth(t *testing.T) {
	w := newTown(t)
	w.say("Bill Tan <bill@south.example>", "Before", "word-before")
	dana := w.add("dana@north.example", "Dana Reyes", lists.RoleMember, lists.Each, w.talk)
	got := map[string]int{}
	step := func(at, word string, change lists.Delivery) {
		w.at(at)
		if word != "" {
			w.say("Bill Tan <bill@south.example>", "On "+at, "word-"+word)
		}
		for _, a := range w.due() {
			if a.to == dana.Address {
				for _, f := range strings.Fields(strings.Map(func(r rune) rune {
					if r == '"' || r == '.' {
						return ' '
					}
					return r
				}, a.Text())) {
					if strings.HasPrefix(f, "word-") {
						got[f]++
					}
				}
			}
		}
		if change != "" {
			w.subscribe(dana, w.talk, change)
		}
	}
	step("2 Jun 08:00", "each", "")
	step("2 Jun 09:00", "", lists.Digest)
	step("3 Jun 08:00", "first", "")
	step("5 Jun 06:00", "", "")
	step("8 Jun 08:00", "second", "")
	step("9 Jun 08:00", "", lists.Each) // the second week's post is still owed by digest
	step("10 Jun 08:00", "third", "")
	step("12 Jun 06:00", "", "")
	if next := w.next(dana); next != "" {
		t.Errorf("the last issue is not the last: next on %s", next)
	}
	step("15 Jun 08:00", "fourth", "")
	step("16 Jun 08:00", "", lists.None)
	step("17 Jun 08:00", "nothing", "")
	step("18 Jun 08:00", "", lists.Digest)
	step("18 Jun 09:00", "fifth", "")
	step("19 Jun 06:00", "", "")
	for _, word := range []string{"each", "first", "second", "third", "fourth", "fifth"} {
		if got["word-"+word] != 1 {
			t.Errorf("%s came %d times", word, got["word-"+word])
		}
	}
	if got["word-before"]+got["word-nothing"] != 0 {
		t.Errorf("what was not wanted came: %v", got)
	}
}

// Somebody who comes back begins anew, whatever was planned about them before.
func TestComingBackBeginsAnew(t *testing.T) {
	w := newTown(t)
	dana := w.reader("dana@north.example", "Dana Reyes")
	w.due()
	w.update(func(tx *db.Tx) error { _, err := lists.Unsubscribe(tx, dana.ID, w.talk.ID); return err })
	w.at("3 Jun 08:00")
	w.say("Bill Tan <bill@south.example>", "While away", "word-away")
	w.at("5 Jun 06:00")
	if got := w.due(); len(got) != 0 || w.next(dana) != "" {
		t.Errorf("%d letters, next on %q", len(got), w.next(dana))
	}
	w.at("8 Jun 08:00")
	w.subscribe(dana, w.talk, lists.Digest)
	w.say("Bill Tan <bill@south.example>", "Back", "word-back")
	w.at("12 Jun 06:00")
	if text := w.issue(w.due(), "dana@north.example").Text(); strings.Contains(text, "word-away") || !strings.Contains(text, "word-back") {
		t.Errorf("it says %s", text)
	}
}

// Who is paused gets nothing, and everything once the pause is over.
func TestAPauseLosesNothing(t *testing.T) {
	w := newTown(t)
	dana := w.reader("dana@north.example", "Dana Reyes")
	w.due()
	pause := func(s lists.State) {
		dana.State = s
		w.update(func(tx *db.Tx) error { return lists.SaveMember(tx, dana) })
	}
	pause(lists.Paused)
	w.say("Bill Tan <bill@south.example>", "In the pause", "word-pause")
	w.at("5 Jun 06:00")
	if got := issues(w.due(), "dana@north.example"); len(got) != 0 {
		t.Error("a digest for somebody who is paused")
	}
	w.at("9 Jun 08:00")
	pause(lists.Active)
	w.at("12 Jun 06:00")
	if text := w.issue(w.due(), "dana@north.example").Text(); !strings.Contains(text, "word-pause") {
		t.Errorf("it says %s", text)
	}
	w.update(func(tx *db.Tx) error { return lists.End(tx, dana, lists.Left) })
	w.say("Bill Tan <bill@south.example>", "Too late", "word-late")
	w.at("19 Jun 06:00")
	if got := issues(w.due(), "dana@north.example"); len(got) != 0 || w.next(dana) != "" {
		t.Errorf("%d digests for somebody who left, next on %q", len(got), w.next(dana))
	}
}

// Several lists are one letter with a section for each, and a place in each.
func TestSeveralListsAreOneLetter(t *testing.T) {
	w := newTown(t)
	jobs, news := w.list("jobs", ""), w.list("news", "News & dates")
	dana := w.reader("dana@north.example", "Dana Reyes", w.talk, jobs)
	bree := w.reader("bree@west.example", "Bree Okafor", jobs)
	w.subscribe(dana, news, lists.Each)
	w.sayOn(w.talk, "Bill Tan <bill@south.example>", "Compost for tomatoes", "word-talk")
	w.sayOn(jobs, "Bill Tan <bill@south.example>", "Part-time in Lisbon", "word-jobs")
	w.sayOn(news, "Mira Lowe <mira@lowe.example>", "Spring fair", "word-news")
	w.at("5 Jun 06:00")
	all := w.due()
	one := w.issue(all, "dana@north.example").Text()
	talk, jobsAt := strings.Index(one, "THREADS IN GARDEN TALK"), strings.Index(one, "THREADS IN JOBS")
	if jobsAt < 0 || talk < jobsAt || !strings.Contains(one[jobsAt:talk], "word-jobs") || !strings.Contains(one[talk:], "word-talk") || strings.Contains(one, "word-news") {
		t.Errorf("it says %s", one)
	}
	if !strings.Contains(one, "This week: 2 posts, 2 threads, 1 person.") {
		t.Errorf("the numbers: %s", one)
	}
	if two := w.issue(all, "bree@west.example").Text(); !strings.Contains(two, "word-jobs") || strings.Contains(two, "word-talk") || strings.Contains(two, "THREADS IN") {
		t.Errorf("Bree reads %s", two)
	}
	_ = bree
	w.sayOn(w.talk, "Bill Tan <bill@south.example>", "Quiet jobs", "word-quiet")
	w.at("12 Jun 06:00")
	all = w.due()
	if text := w.issue(all, "dana@north.example").Text(); !strings.Contains(text, "word-quiet") || strings.Contains(text, "JOBS") {
		t.Errorf("the second week says %s", text)
	}
	if len(issues(all, "bree@west.example")) != 0 {
		t.Error("Bree's list was quiet, and she got a letter")
	}
}

// What is not, or no longer, on the list is in no digest; nor is old mail that was imported.
func TestOnlyWhatIsPublished(t *testing.T) {
	w := newTown(t)
	w.reader("dana@north.example", "Dana Reyes")
	w.add("bill@south.example", "Bill Tan", lists.RoleMember, lists.Each, w.talk)
	w.due()
	w.say("Bill Tan <bill@south.example>", "Stays", "word-stays")
	root := w.say("Bill Tan <bill@south.example>", "Removed subject", "word-removed")
	w.say("Alison Graf <alison@east.example>", "Re: Removed subject", "word-answer", re(root))
	redacted := w.say("Bill Tan <bill@south.example>", "Redacted subject", "word-redacted")
	if err := w.send("eve@evil.example", "talk@gardeners.example", "Held", "word-held"); err == nil {
		t.Error("a stranger posts")
	}
	w.importPost("Imported subject", "word-imported")
	w.update(func(tx *db.Tx) error {
		if err := w.store.Remove(tx, root.ID); err != nil {
			return err
		}
		_, err := w.store.Redact(tx, redacted.ID, parse(t, "From: x@y.example\r\nSubject: Taken back\r\n\r\nTaken back by its author.\r\n"))
		return err
	})
	w.at("5 Jun 06:00")
	issue := w.issue(w.due(), "dana@north.example")
	all := issue.Subject() + issue.Text() + issue.html()
	for _, word := range []string{"word-stays", "word-answer"} {
		if !strings.Contains(all, word) {
			t.Errorf("%s is missing: %s", word, all)
		}
	}
	for _, word := range []string{"word-removed", "Removed subject", "word-redacted", "Redacted subject", "word-held", "word-imported", "Imported subject"} {
		if strings.Contains(all, word) && word != "Removed subject" { // the answer has the subject of its own
			t.Errorf("%s is in it: %s", word, all)
		}
	}
	if !strings.Contains(all, "2 posts, 2 threads") {
		t.Errorf("it counts what is not there: %s", issue.Text())
	}
}

func parse(t testing.TB, raw string) *letter.Letter {
	t.Helper()
	l, err := letter.Parse([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	return l
}
