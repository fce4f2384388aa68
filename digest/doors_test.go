package digest_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates/refusal"
)

var anyDoor = regexp.MustCompile(`(?:everyone|private|send|note|confirm)(?:\+|%2[bB])[0-9a-z]{26}`)

// doorsOf are the addresses of a kind in the text of an issue, in order.
func doorsOf(a arrived, kind string) []string {
	return regexp.MustCompile(kind+`\+[0-9a-z]{26}@gardeners\.example`).FindAllString(a.Text(), -1)
}

// twoDoors is a town in which Dana has an issue with two threads, and Bill gets every post.
func twoDoors(t *testing.T) (w *town, issue arrived) {
	t.Helper()
	w, _, issue = aWeek(t)
	w.add("bill@south.example", "Bill Tan", lists.RoleMember, lists.Each, w.talk)
	return w, issue
}

// The addresses of a thread are the same in every issue, and nobody else's (product.md 0.2).
func TestDoorsOfAThreadStay(t *testing.T) {
	w, first := twoDoors(t)
	w.reader("sil@silent.example", "Sil Ent")
	post := w.rows("SELECT msgid FROM post ORDER BY id LIMIT 1")
	w.say("Bill Tan <bill@south.example>", "Re: again", "One more.", "In-Reply-To: <"+post+">")
	w.at("12 Jun 06:00")
	got := w.due()
	second, sils := w.issue(got, "dana@north.example"), w.issue(got, "sil@silent.example")
	for _, kind := range []string{"everyone", "private", "send"} {
		a, b, c := doorsOf(first, kind), doorsOf(second, kind), doorsOf(sils, kind)
		if len(a) != 2 || len(b) != 1 || len(c) != 1 || !slices.Contains(a, b[0]) || slices.Contains(a, c[0]) {
			t.Errorf("%s: %v, then %v; Sil's %v", kind, a, b, c)
		}
	}
	if first.ReplyTo()[0].Address == second.ReplyTo()[0].Address {
		t.Error("two issues have one address to reply to")
	}
	if !strings.Contains(first.html(), "In-Reply-To") || !strings.Contains(flat(first), "start your reply with: PUBLIC") {
		t.Errorf("the issue does not show its doors:\n%s", first.Text())
	}
}

// PUBLIC with a thread's number on the first line posts the rest there, and nothing of the quoted digest.
func TestPublicPostsToAThread(t *testing.T) {
	w, issue := twoDoors(t)
	number, root := w.rows("SELECT t.number || '' FROM thread t ORDER BY t.id LIMIT 1"), w.rows("SELECT msgid FROM post ORDER BY id LIMIT 1")
	for i, first := range []string{"PUBLIC " + number, "Public #" + number + ".", "  public   " + number + "  "} {
		words := fmt.Sprintf("We ask them on the phone, for the %d. time.", i)
		if err := w.send("dana@north.example", issue.ReplyTo()[0].Address.String(), "Re: "+issue.Subject(), quoting(first+"\n"+words, issue), "In-Reply-To: <"+string(issue.MessageID())+">"); err != nil {
			t.Fatal(err)
		}
		got := w.deliver()
		mine := to(got, "bill@south.example")
		if len(mine) != 1 || !strings.Contains(mine[0].Text(), words) {
			t.Fatalf("%q: Bill got %d letters of %d", first, len(mine), len(got))
		}
		p := mine[0]
		if !strings.Contains(p.Get("References"), root) || strings.Contains(string(p.raw), string(issue.MessageID())) {
			t.Errorf("%q: References %q", first, p.Get("References"))
		}
		if anyDoor.MatchString(string(p.raw)) || strings.Contains(strings.ToUpper(p.Text()), "PUBLIC") || strings.Contains(p.Text(), "Just hit Reply") || strings.Contains(p.Subject(), "Gardeners") {
			t.Errorf("%q: the digest travels on: %s\n%s", first, p.Subject(), p.raw)
		}
		if len(to(got, "mira@lowe.example")) != 0 {
			t.Error("it reached a manager in private, too")
		}
	}
	if err := w.send("dana@north.example", "digest@gardeners.example", "x", "PUBLIC "+number+"\nTo the address in From."); err != nil {
		t.Fatal(err)
	}
	if got := to(w.deliver(), "bill@south.example"); len(got) != 1 {
		t.Errorf("digest@: Bill got %d letters", len(got))
	}
}

// Nobody believes that a reply was posted: when there were enough mails about it today, the session says that it was not.
func TestEveryReplyThatIsNotPostedIsTold(t *testing.T) {
	w, issue := twoDoors(t)
	reply := func() error {
		return w.send("dana@north.example", issue.ReplyTo()[0].Address.String(), "Re: "+issue.Subject(), quoting("PUBLIC 999\nWords.", issue))
	}
	for range notice.AnswersADay {
		if err := reply(); err != nil {
			t.Fatal(err)
		}
		if got := to(w.deliver(), "dana@north.example"); len(got) != 1 {
			t.Errorf("Dana got %d letters", len(got))
		}
	}
	if err := reply(); err == nil || err.Error() != "Your reply with PUBLIC was not posted. Today's mails about that have been sent; they tell how it is done." {
		t.Errorf("once more: %v", err)
	}
}

// What is not plainly public never is: the writer is told, or the managers get it, and nobody else.
func TestNothingElseIsPublic(t *testing.T) {
	w, issue := twoDoors(t)
	number := w.rows("SELECT t.number || '' FROM thread t ORDER BY t.id LIMIT 1")
	for _, c := range []struct{ words, told string }{
		{"PUBLIC 999\nWords.", "there is no thread with the number 999"},
		{"PUBLIC\nWords.", "the number of a thread is missing"},
		{"PUBLIC " + number + " Words beside it.", "alone on the first line"},
		{"PUBLIC " + number, "nothing below the first line"},
		{"Public " + number + " was a nice thread", ""},
		{"PUBLIC " + number + "? Rather not, or what do you think?", ""},
		{"Public opinion is strange.\nPUBLIC " + number, ""},
		{"I think so too\n\nPUBLIC " + number, ""},
		{"> PUBLIC " + number + "\nNo, not that.", ""},
		{"Settings are hard to find.", ""},
	} {
		w.now = w.now.Add(25 * time.Hour) // three answers a day
		if err := w.send("dana@north.example", issue.ReplyTo()[0].Address.String(), "Re: "+issue.Subject(), quoting(c.words, issue)); err != nil {
			t.Fatalf("%q: %v", c.words, err)
		}
		got := w.deliver()
		if len(to(got, "bill@south.example")) != 0 {
			t.Errorf("%q was posted", c.words)
		}
		mine, mira := to(got, "dana@north.example"), to(got, "mira@lowe.example")
		switch {
		case c.told == "" && len(mira) == 0:
			t.Errorf("%q: the managers got nothing", c.words)
		case c.told != "" && (len(mine) != 1 || !strings.Contains(flat(mine[0]), c.told) || len(mira) != 0):
			t.Errorf("%q: Dana got %d letters, Mira %d", c.words, len(mine), len(mira))
		}
	}
	if n := w.rows("SELECT count(*) || '' FROM post"); n != "3" {
		t.Errorf("%s posts", n)
	}
}

// A thread of a list that somebody is not on does not exist for them: nothing is posted there, and its subject is not told.
func TestPublicKnowsOnlyOnesOwnLists(t *testing.T) {
	w, issue := twoDoors(t)
	p := w.sayOn(w.list("board", "Board"), "Mira Lowe <mira@lowe.example>", "zzsecret plan", "For the board.")
	number := w.rows("SELECT number || '' FROM thread WHERE id = ?", int64(p.Thread))
	for _, words := range []string{"PUBLIC " + number, "PUBLIC " + number + "\nMay I?"} {
		if err := w.send("dana@north.example", issue.ReplyTo()[0].Address.String(), "Re: x", words); err != nil {
			t.Fatal(err)
		}
		if got := w.deliver(); len(got) != 1 || strings.Contains(got[0].Text(), "zzsecret") || !strings.Contains(flat(got[0]), "there is no thread with the number "+number) {
			t.Errorf("%q: %d letters", words, len(got))
		}
	}
}

// onlyAsks wants a letter from elsewhere to have done nothing but ask the one whose address it came through (product.md 0.1).
func (w *town) onlyAsks(stranger, owner string, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Errorf("%s hears %v", stranger, err)
	}
	got := w.deliver()
	if len(got) != 1 {
		w.t.Errorf("%d letters", len(got))
	}
	for _, a := range got {
		if a.to.String() != owner || !strings.Contains(flat(a), stranger) || !strings.HasPrefix(a.door(), "confirm+") {
			w.t.Errorf("%s gets\n%s", a.to, a.Text())
		}
	}
}

// In other hands, and from a very old issue, PUBLIC posts nothing (I3).
func TestPublicInOtherHands(t *testing.T) {
	w, issue := twoDoors(t)
	number := w.rows("SELECT t.number || '' FROM thread t ORDER BY t.id LIMIT 1")
	door, words := issue.ReplyTo()[0].Address.String(), "PUBLIC "+number+"\nIn other hands."
	if err := w.send("bill@south.example", door, "Re: x", words); err != nil {
		t.Fatal(err)
	}
	got := to(w.deliver(), "bill@south.example")
	if len(got) != 1 || !strings.Contains(flat(got[0]), "in the digest of another member") || got[0].ReplyTo()[0].Address.String() != "digest@gardeners.example" {
		t.Errorf("Bill is told: %+v", got)
	}
	w.onlyAsks("eve@evil.example", "dana@north.example", w.send("eve@evil.example", door, "Re: x", words))
	if err := w.send("eve@evil.example", "digest@gardeners.example", "Re: x", words); err == nil {
		w.deliver() // a stranger's letter to the managers, at most
	}
	w.now = w.now.AddDate(0, 0, 401)
	if err := w.send("dana@north.example", door, "Re: x", words); err != nil {
		t.Fatal(err)
	}
	if got := to(w.deliver(), "dana@north.example"); len(got) != 1 || !strings.Contains(flat(got[0]), "a very old one") {
		t.Errorf("Dana is told: %+v", got)
	}
	if n := w.rows("SELECT count(*) || '' FROM post"); n != "3" {
		t.Errorf("%s posts", n)
	}
}

// The whole thread comes as one mail, with an address at each post; what was taken back is not in it.
func TestWholeThread(t *testing.T) {
	w, issue := twoDoors(t)
	whole := doorsOf(issue, "send")[0]
	root := w.rows("SELECT msgid FROM post ORDER BY id LIMIT 1")
	gone := w.say("Bill Tan <bill@south.example>", "Re: again", "zzgone words.", "In-Reply-To: <"+root+">")
	w.say("Bill Tan <bill@south.example>", "Re: again", "Write to talk@gardeners.example or "+whole+" about it.", "In-Reply-To: <"+root+">")
	w.update(func(tx *db.Tx) error { return w.store.Remove(tx, gone.ID) })
	w.deliver()
	if err := w.send("dana@north.example", whole, "Send", ""); err != nil {
		t.Fatal(err)
	}
	got := w.deliver()
	mine := to(got, "dana@north.example")
	if len(got) != 1 || len(mine) != 1 {
		t.Fatalf("%d letters, %d for Dana", len(got), len(mine))
	}
	a := mine[0]
	if doors := doorsOf(a, "everyone"); len(doors) < 2 || doors[0] == doors[1] {
		t.Errorf("doors: %v", doors)
	}
	if strings.Contains(a.Text(), "zzgone") || strings.Contains(string(a.raw), "talk@gardeners") || strings.Contains(a.Text(), "send+") {
		t.Errorf("it shows what it must not:\n%s", a.Text())
	}
	if !strings.HasPrefix(a.ReplyTo()[0].Address.Local, "private+") || a.Get("Auto-Submitted") != "auto-replied" || !strings.HasPrefix(a.Subject(), "The whole thread: ") {
		t.Errorf("its header:\n%s", a.raw)
	}
	// the address at a post answers that post
	last := doorsOf(a, "everyone")
	if err := w.send("dana@north.example", last[0], "Re: x", "To the first."); err != nil {
		t.Fatal(err)
	}
	if post := to(w.deliver(), "bill@south.example"); len(post) != 1 || post[0].Get("In-Reply-To") != "<"+root+">" {
		t.Errorf("it answers %v", post)
	}
}

// Strangers, robots and members who are not on the list get no thread, and nobody gets very many.
func TestWholeThreadIsForReaders(t *testing.T) {
	w, issue := twoDoors(t)
	whole := doorsOf(issue, "send")[0]
	jobs := w.list("jobs", "Jobs")
	w.add("ada@nurses.example", "Ada Obi", lists.RoleMember, lists.Each, jobs)
	for _, who := range []string{"eve@evil.example", "ada@nurses.example"} {
		if err := w.send(who, whole, "Send", ""); refusal.KindOf(err) != refusal.NoSuchAddress {
			t.Errorf("%s hears %v", who, err)
		}
	}
	if err := w.send("dana@north.example", whole, "Re: Send", "I am away.", "Auto-Submitted: auto-replied"); err == nil {
		t.Error("a robot's letter was taken")
	}
	if got := w.deliver(); len(got) != 0 {
		t.Errorf("%d letters", len(got))
	}
	if err := w.send("bill@south.example", whole, "Send", ""); err != nil {
		t.Errorf("Bill is on the list, too: %v", err)
	}
	if got := w.deliver(); len(got) != 1 || slices.Equal(doorsOf(got[0], "everyone"), doorsOf(issue, "everyone")) {
		t.Errorf("Bill got %d letters, with addresses of Dana's", len(got))
	}
	for range 6 {
		if err := w.send("dana@north.example", whole, "Send", ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.send("dana@north.example", whole, "Send", ""); refusal.KindOf(err) != refusal.Limit || err.Error() != "You got 6 whole threads in the last hour, and 6 in the last day. Please ask for this one a little later." {
		t.Errorf("the seventh in an hour: %v", err)
	}
	w.now = w.now.Add(61 * time.Minute)
	if err := w.send("dana@north.example", whole, "Send", ""); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}

// CATCH UP brings what is new at once, and the next slot only what came later.
func TestCatchUpNow(t *testing.T) {
	w, issue := twoDoors(t)
	door := issue.ReplyTo()[0].Address.String()
	w.now = w.now.Add(25 * time.Hour)
	if err := w.send("dana@north.example", door, "Re: x", quoting("Catch up", issue)); err != nil {
		t.Fatal(err)
	}
	if got := w.deliver(); len(got) != 1 || got[0].Subject() != "Nothing new" {
		t.Fatalf("%d letters", len(got))
	}
	if n := w.rows("SELECT count(*) || '' FROM digest_issue WHERE state = 'skipped'"); n != "0" {
		t.Errorf("%s slots are counted as quiet ones", n)
	}
	w.say("Bill Tan <bill@south.example>", "Slugs", "They are back.")
	w.deliver()
	if err := w.send("dana@north.example", "digest@gardeners.example", "CATCH UP", ""); err != nil {
		t.Fatal(err)
	}
	if got := issues(w.deliver(), "dana@north.example"); len(got) != 1 || !strings.Contains(got[0].Text(), "They are back") {
		t.Fatalf("%d issues", len(got))
	}
	w.at("12 Jun 06:00")
	if got := issues(w.due(), "dana@north.example"); len(got) != 0 {
		t.Error("the slot brings it again")
	}
	if err := w.send("bill@south.example", "digest@gardeners.example", "catch up", ""); err != nil {
		t.Fatal(err)
	}
	if got := w.deliver(); len(got) != 1 || got[0].Subject() != "You get no digest" {
		t.Errorf("Bill: %d letters", len(got))
	}
}

// A reply of one word about settings sets them, for the one who writes; a letter that only begins so is for the managers.
func TestSettingsFromAnIssue(t *testing.T) {
	w, issue := twoDoors(t)
	reply := issue.ReplyTo()[0].Address.String()
	for _, c := range []struct{ words, subject string }{
		{"SETTINGS", "Your settings"}, {"Settings.", "Your settings"}, {"FOLLOW #roles", "Done: follow roles"}, {"MUTE 2", "Done: mute the thread 2"},
		{"DAILY 7\nFORMAT TEXT", "Done: every day at 07:00 (Europe/Berlin)"}, {"WEEKLY FRIDAY 8", "Done: Fridays at 08:00 (Europe/Berlin)"},
		{"VACATION 1 July to 14 July", "Done: vacation from 1 July to 14 July 2026"}, {"VACATION OFF", "Done: vacation"},
		{"LANGUAGE german", "Erledigt: Deutsch"}, {"LANGUAGE english", "Done: English"},
	} {
		if err := w.send("dana@north.example", reply, "Re: "+issue.Subject(), quoting(c.words, issue)); err != nil {
			t.Fatal(err)
		}
		got := w.deliver()
		if len(got) != 1 || got[0].to.String() != "dana@north.example" || got[0].Subject() != c.subject {
			t.Errorf("%q: %d letters, the first %q", c.words, len(got), got[0].Subject())
		}
	}
	if got := w.rows("SELECT tag FROM follow UNION ALL SELECT thread || '' FROM mute"); got != "roles\n2" {
		t.Errorf("follows and mutes: %q", got)
	}
	for _, words := range []string{"MUTE is a strange word", "Settings are hard to find.\nCan you help?", "weekly", "FOLLOW #roles\nAnd thank you for the digest!", "Follow me on the web"} {
		if err := w.send("dana@north.example", reply, "Re: x", quoting(words, issue)); err != nil {
			t.Fatal(err)
		}
		if got := w.deliver(); len(to(got, "mira@lowe.example")) != 1 {
			t.Errorf("%q: the managers got nothing of %d letters", words, len(got))
		}
		w.now = w.now.Add(time.Hour)
	}
	if err := w.send("bill@south.example", reply, "Re: x", "NONE"); err != nil {
		t.Fatal(err)
	}
	w.deliver()
	if err := w.send("bill@south.example", reply, "Re: x", "WEEKLY MONDAY 9"); err != nil {
		t.Fatal(err)
	}
	if got := w.deliver(); len(got) != 1 || got[0].to.String() != "bill@south.example" {
		t.Errorf("Bill's own settings: %d letters", len(got))
	}
	w.onlyAsks("eve@evil.example", "dana@north.example", w.send("eve@evil.example", reply, "Re: x", "SETTINGS"))
	if err := w.send("dana@north.example", reply, "Re: x", "DAILY", "Auto-Submitted: auto-replied"); err == nil {
		t.Error("a robot set something")
	}
}

// A3: after a change the next weekly issue is two days after the last one at least, and brings what came since that one.
func TestSettingsMoveTheSlot(t *testing.T) {
	w, issue := twoDoors(t)
	if err := w.send("dana@north.example", issue.ReplyTo()[0].Address.String(), "Re: x", "WEEKLY SATURDAY 8"); err != nil {
		t.Fatal(err)
	}
	w.deliver()
	w.due()
	w.say("Bill Tan <bill@south.example>", "Slugs", "They are back.")
	w.at("6 Jun 06:00")
	if got := issues(w.due(), "dana@north.example"); len(got) != 0 {
		t.Error("an issue came a day after the last")
	}
	w.at("13 Jun 06:00")
	if got := issues(w.due(), "dana@north.example"); len(got) != 1 || !strings.Contains(got[0].Text(), "They are back") || strings.Contains(got[0].Text(), "Horse manure") {
		t.Errorf("%d issues", len(got))
	}
}
