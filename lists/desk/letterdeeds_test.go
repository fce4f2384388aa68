package desk_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

var (
	hiddenField = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`)
	answerBox   = regexp.MustCompile(`(?s)name="text"[^>]*>(.*?)</textarea>`)
)

// press presses a button of a letter's page as it was shown, with something typed.
func (b *browser) pressOn(page answer, path, do string, typed ...string) answer {
	b.t.Helper()
	form := url.Values{"do": {do}, "text": {""}, "note": {""}}
	if do == "tag" {
		form = url.Values{"do": {do}}
	}
	for _, m := range hiddenField.FindAllStringSubmatch(page.body[max(0, strings.Index(page.body, `<main`)):], -1) {
		form.Set(m[1], m[2])
	}
	for i := 0; i < len(typed); i += 2 {
		form.Set(typed[i], strings.ReplaceAll(typed[i+1], "\n", "\r\n"))
	}
	return b.ask("POST", path, form.Encode())
}

func (s *site) asked() (path string) {
	s.t.Helper()
	return s.private(mailroomtest.Post{From: "Dana Reyes <" + dana + ">", Subject: "Beds", Body: "May I have the corner bed?"})
}

// An answer from the page is what an answer by mail is: from the role, once, however often the button is pressed.
func TestAnsweringOnTheWeb(t *testing.T) {
	s := newOpenSite(t)
	path := s.asked()
	b := s.signedIn(mira)
	page := b.get(path)
	holds(t, page, "It goes out from “Mira, for the managers”.")
	a := b.pressOn(page, path, "answer", "text", "Yes, the zzcorner is yours.\nÀ bientôt 月", "note", "half a note")
	holds(t, a, "Your answer is on its way.", "answered: the writer’s turn", "Yes, the zzcorner is yours.", ">half a note</textarea>")
	if box := answerBox.FindStringSubmatch(a.body); box == nil || box[1] != "" {
		t.Errorf("the box: %q", box)
	}
	holds(t, b.pressOn(page, path, "answer", "text", "Yes, the zzcorner is yours.\nÀ bientôt 月"), "Your answer is on its way.")
	all := s.Deliver()
	got := s.One(all, dana)
	if text := got.Text(); !strings.HasPrefix(text, "Yes, the zzcorner is yours.\nÀ bientôt 月\n") || got.Letter.From()[0].Name != "Mira, for the managers" {
		t.Errorf("%v\n%s", got.Letter.From(), text)
	}
	if raw := string(got.Raw()); strings.Contains(raw, "lowe.example") || strings.Contains(raw, "half a note") {
		t.Error(raw)
	}
	holds(t, answer{200, nil, s.One(all, theo).Text()}, "Mira answered Dana Reyes.")
	if again := s.Deliver(); len(again) > 0 {
		t.Errorf("%d more letters", len(again))
	}
	// The same words once more, from a page that shows the first, are meant.
	holds(t, b.pressOn(b.get(path), path, "answer", "text", "Yes, the zzcorner is yours.\nÀ bientôt 月"), "Your answer is on its way.")
	s.One(s.Deliver(), dana)
	if log := s.log.String(); strings.Contains(log, "zz") || strings.Contains(log, path) {
		t.Error(log)
	}
}

// What mail would give back comes back to the page, with every reason and exactly what would go out; only those very words can be sent
// as they stand.
func TestAnswersAreKeptBackOnTheWeb(t *testing.T) {
	s := newOpenSite(t)
	path := s.asked()
	b := s.signedIn(mira)
	page := b.get(path)
	for typed, why := range map[string]string{
		"Call me: 555 0142 99.":                     "It shows something of your own: 555 0142 99. With that one could reach you past the managers’ door.",
		"Write to theo@brandt.example.":             "It shows the address of somebody else: theo@brandt.example.",
		"Theo, can you answer her?":                 "It seems to speak to another manager: “Theo, can you answer her?”.",
		"/unseal she is rude":                       "It begins with “/unseal she is rude”. Commands are for mail; here there are buttons below.",
		"> quoted\n/exclude Theo\nYes.":             "Commands are for mail; here there are buttons below.",
		"/ntoe she is rude":                         "It begins with “/ntoe she is rude”.",
		"":                                          "Nothing is left of it without quotes and signature.",
		"-------- Forwarded Message --------\nYes.": "It looks like a mail that you passed on, not like an answer.",
	} {
		a := b.pressOn(page, path, "answer", "text", typed)
		holds(t, a, "Not sent: we kept this back.", why)
		if all := s.Deliver(); len(all) > 0 {
			t.Errorf("%q: %d letters went out", typed, len(all))
		}
		if lines := strings.Fields(typed); len(lines) > 0 && !strings.Contains(a.body, lines[0]) {
			t.Errorf("%q is lost:\n%s", typed, a.body)
		}
	}
	kept := b.pressOn(page, path, "answer", "text", "Call me: 555 0142 99.")
	holds(t, kept, "Exactly what would go out stands below.", ">Call me: 555 0142 99.</textarea>", "Send it as it stands")
	holds(t, b.pressOn(kept, path, "sure", "text", "Call me: 555 0142 98."), "Not sent: we kept this back.")
	if all := s.Deliver(); len(all) > 0 {
		t.Errorf("%d letters went out", len(all))
	}
	slash := b.pressOn(page, path, "answer", "text", "/ntoe x")
	lacks(t, slash, "Send it as it stands")
	holds(t, b.pressOn(kept, path, "sure", "text", "Call me: 555 0142 99."), "Your answer is on its way.")
	holds(t, answer{200, nil, s.One(s.Deliver(), dana).Text()}, "Call me: 555 0142 99.")
	// A slip for a note can be kept as one.
	kept = b.pressOn(b.get(path), path, "answer", "text", "Theo, she was rude.")
	holds(t, b.pressOn(kept, path, "aside", "text", "Theo, she was rude."), "The other managers have your note. It went to nobody else.")
	all := s.Deliver()
	if len(mailroomtest.To(all, dana)) > 0 {
		t.Error("the writer got a note")
	}
	holds(t, answer{200, nil, s.One(all, theo).Text()}, "Theo, she was rude.")
}

// Whoever answers second is shown what was said meanwhile, as by mail.
func TestTwoAnswersOnTheWeb(t *testing.T) {
	s := newOpenSite(t)
	path := s.asked()
	first, second := s.signedIn(mira), s.signedIn(theo)
	a, b := first.get(path), second.get(path)
	holds(t, first.pressOn(a, path, "answer", "text", "Yes, zzfirst."), "Your answer is on its way.")
	late := second.pressOn(b, path, "answer", "text", "No, zzsecond.")
	holds(t, late, "Something was said since you opened this page: it stands above now.", "Yes, zzfirst.", ">No, zzsecond.</textarea>")
	if n := len(mailroomtest.To(s.Deliver(), dana)); n != 1 {
		t.Errorf("%d answers", n)
	}
	holds(t, second.pressOn(late, path, "sure", "text", "No, zzsecond."), "Your answer is on its way.")
	holds(t, answer{200, nil, s.One(s.Deliver(), dana).Text()}, "No, zzsecond.")
	// Sure of what was shown is not sure of what came since.
	a = first.pressOn(first.get(path), path, "answer", "text", "Call me: 555 0142 99.")
	second.pressOn(second.get(path), path, "note", "note", "zzwait")
	holds(t, first.pressOn(a, path, "sure", "text", "Call me: 555 0142 99."), "Something was said since you opened this page", "zzwait")
	if n := len(mailroomtest.To(s.Deliver(), dana)); n != 0 {
		t.Errorf("%d answers", n)
	}
}

// A note goes to the other managers alone, once.
func TestNotesOnTheWeb(t *testing.T) {
	s := newOpenSite(t)
	path := s.asked()
	b := s.signedIn(mira)
	page := b.get(path)
	for range 2 {
		holds(t, b.pressOn(page, path, "note", "note", "zzcareful, ask Bill first", "text", "half an answer"), "The other managers have your note.", ">half an answer</textarea>")
	}
	all := s.Deliver()
	holds(t, answer{200, nil, s.One(all, theo).Text()}, "zzcareful, ask Bill first")
	if len(all) != 1 {
		t.Errorf("%d letters", len(all))
	}
	holds(t, b.get(path), "<h2>Mira ", "A note for managers only")
	holds(t, b.pressOn(b.get(path), path, "note", "note", "/close"), "Not sent: we kept this back.", ">/close</textarea>")
	holds(t, b.pressOn(b.get(path), path, "note", "note", ""), "Nothing is left of it")
}

// A letter is not closed while an answer to it waits that came back by mail.
func TestCloseOnTheWebWhileAnAnswerWaits(t *testing.T) {
	s := newOpenSite(t)
	path := s.asked()
	b := s.signedIn(theo)
	s.MustSend(mailroomtest.Answer(theo, s.lastTo(theo, path), "Ask "+bill+"."))
	s.Deliver()
	holds(t, b.pressOn(b.get(path), path, "close"), "An answer of yours still waits", "Dana Reyes has not got it. So nothing is closed.")
	lacks(t, b.get(path), "It is closed.")
	holds(t, b.get("/letters"), "<h2>Mine</h2>")
}

// The buttons do what moving the letter to a folder does, for all managers.
func TestMovesOnTheWeb(t *testing.T) {
	s := newOpenSite(t)
	path := s.asked()
	b, colleague := s.signedIn(mira), s.signedIn(theo)
	for _, c := range []struct{ do, told, folder, colleague string }{
		{"mine", "You have taken it.", "Mine", "Mira has taken it"},
		{"release", "It is everybody’s again.", "New", "nobody has taken it"},
		{"mine", "You have taken it.", "Mine", "Mira has taken it"},
		{"urgent", "It is marked urgent for all managers.", "Mine", "<b>urgent</b>"},
		{"calm", "It is not urgent any more.", "Mine", "Mira has taken it"},
		{"tomorrow", "It comes back by itself", "Put off", "put off until Saturday, 13 June at 08:00"},
		{"week", "It comes back by itself", "Put off", "put off until Monday, 15 June at 08:00"},
		{"later", "It comes back by itself", "Put off", "put off until"},
		{"close", "It is closed.", "", "closed"},
		{"reopen", "It is open again.", "Mine", "open again"},
		{"close-public", "It is closed.", "", "closed"},
		{"reopen", "It is open again.", "Mine", "open again"},
		{"publish", "You get a mail that shows the letter as a post.", "Asked whether they may be posted", "open again"},
	} {
		page := b.get(path)
		for range 2 { // pressed twice is pressed once
			a := b.pressOn(page, path, c.do, "text", "half an answer")
			holds(t, a, c.told, ">half an answer</textarea>")
		}
		holds(t, colleague.get(path), c.colleague)
		if c.folder != "" {
			holds(t, b.get("/letters"), "<h2>"+c.folder+"</h2>")
		} else {
			holds(t, b.get("/letters"), "No letter waits")
		}
	}
	holds(t, b.pressOn(b.get(path), path, "tag", "tag", "bees  Roses"), "The tags are changed.", "#bees #roses")
	holds(t, b.pressOn(b.get(path), path, "tag", "tag", "-bees"), "#roses")
	holds(t, b.pressOn(b.get(path), path, "tag", "tag", "two.words\n/unseal x"), "A tag is one word of letters, digits and hyphens")
	holds(t, b.pressOn(b.get(path), path, "tag", "tag", ""), "Behind /tag stands a word, or several.")
	for _, do := range []string{"", "unseal", "exclude", "forget", "/close"} {
		if a := b.pressOn(b.get(path), path, do); a.status != 404 {
			t.Errorf("%q: %d", do, a.status)
		}
	}
	s.Deliver()
}

// A form that is not from a page of ours, that is old, or another's, changes nothing; and whoever typed gets it back.
func TestForeignFormsOfLetters(t *testing.T) {
	s := newOpenSite(t)
	path := s.asked()
	b := s.signedIn(mira)
	page := b.get(path)
	b.site_ = "cross-site"
	if a := b.pressOn(page, path, "answer", "text", "Yes."); a.status != 403 {
		t.Errorf("another site: %d", a.status)
	}
	b.site_ = ""
	for _, typed := range map[string][]string{
		"without a nonce":    {"text", "Yes.", "nonce", ""},
		"another's nonce":    {"text", "Yes.", "nonce", hiddenField.FindStringSubmatch(s.signedIn(theo).get(path).body)[2]},
		"without a seal":     {"text", "Yes.", "seal", ""},
		"a later revision":   {"text", "Yes.", "rev", "99"},
		"a revision of none": {"text", "Yes.", "rev", "x"},
	} {
		holds(t, b.pressOn(page, path, "answer", typed...), "This page had been open for a long time, so nothing happened.", ">Yes.</textarea>")
	}
	for _, do := range []string{"mine", "close"} {
		holds(t, b.pressOn(page, path, do, "nonce", "x"), "so nothing happened")
	}
	if len(s.Deliver()) > 0 {
		t.Error("something went out")
	}
	out := s.browser().pressOn(page, path, "answer", "text", "Yes, <b>zzlost</b>.")
	holds(t, out, "You are not signed in any more, so nothing was sent or changed.", "Yes, &lt;b&gt;zzlost&lt;/b&gt;.")
	if a := s.browser().pressOn(page, path, "mine"); a.status != 303 {
		t.Errorf("a stranger: %d", a.status)
	}
	for _, who := range []string{bill, dana} {
		other := s.signedIn(who)
		if a := other.pressOn(page, path, "answer", "text", "Yes.", "nonce", hiddenField.FindStringSubmatch(other.get("/settings").body)[2]); a.status != 404 || a.body != other.get("/nothing").body {
			t.Errorf("%s: %d\n%s", who, a.status, a.body)
		}
	}
	long := b.pressOn(page, path, "answer", "text", strings.Repeat("月", 20000), "note", strings.Repeat("月", 20000))
	holds(t, long, "Your answer is on its way.")
	if a := b.pressOn(page, path, "answer", "text", strings.Repeat("x", 600<<10)); a.status != 413 {
		t.Errorf("too long: %d", a.status)
	}
}

// Whoever may not see the letter any more while they write hears so and gets their words back; nothing of it goes out (B15b).
func TestWhoLostALetterWhileWriting(t *testing.T) {
	for name, lose := range map[string]func(s *site, code string){
		"kept from it": func(s *site, code string) {
			s.Update(func(tx *db.Tx) error {
				c, err := s.Box.ByCode(tx, s.Member(mira), code)
				if err == nil {
					_, err = s.Box.Do(tx, c, s.Member(mira), "/exclude Theo")
				}
				return err
			})
		},
		"a manager no more": func(s *site, _ string) { s.save(theo, func(m *lists.Member) { m.Role = lists.RoleMember }) },
	} {
		s := newOpenSite(t)
		path := s.asked()
		b := s.signedIn(theo)
		page := b.get(path)
		lose(s, path[len(path)-4:])
		s.Deliver()
		for _, do := range []string{"answer", "note"} {
			a := b.pressOn(page, path, do, "text", "Yes, zzlost.", "note", "And zznote.")
			holds(t, a, "You can no longer see this letter, so nothing was sent or changed.", "Yes, zzlost.", "And zznote.")
			lacks(t, a, "corner bed", "Dana")
		}
		for what, typed := range map[string][]string{"no seal": {"text", "Yes.", "seal", ""}, "nothing typed": {}} {
			if a := b.pressOn(page, path, "answer", typed...); a.status != 404 || a.body != b.get("/nothing").body {
				t.Errorf("%s: %s: %d", name, what, a.status)
			}
		}
		if a := b.pressOn(page, path, "close"); a.status != 404 {
			t.Errorf("%s: %d", name, a.status)
		}
		if len(s.Deliver()) > 0 {
			t.Errorf("%s: something went out", name)
		}
		s.View(func(tx *db.Tx) error {
			deeds, err := s.Box.Audit(tx, s.Member(mira), 10)
			found := false
			for _, d := range deeds {
				found = found || d.Action == "not passed on"
			}
			if !found {
				t.Errorf("%s: the audit: %+v", name, deeds)
			}
			return err
		})
	}
}

// To somebody without a name a guess is kept back, and an answer finds them.
func TestAnsweringSomebodyWithoutANameOnTheWeb(t *testing.T) {
	s := newOpenSite(t)
	path := s.nameless()
	b := s.signedIn(mira)
	kept := b.pressOn(b.get(path), path, "answer", "text", "Dana Reyes, is that you?")
	holds(t, kept, "It names Dana Reyes. The writer uses a made-up name")
	holds(t, b.pressOn(b.get(path), path, "answer", "text", "Please take a rest."), "Your answer is on its way.")
	for range 5 {
		s.Pass(20 * time.Minute)
		for _, a := range mailroomtest.To(s.Deliver(), dana) {
			holds(t, answer{200, nil, a.Text()}, "Please take a rest.")
			return
		}
	}
	t.Error("no answer came")
}

// A link that was mailed shows only that somebody reads their mail, so it answers nobody and moves nothing; what was typed into a page that was
// open before comes back.
func TestALinkAnswersNobody(t *testing.T) {
	s := newOpenSite(t)
	path := s.asked()
	b := s.browser()
	b.fill("/in", "/in/link", "address", mira)
	link := s.mailedLink(mira)
	b.fill(link, link)
	page := b.get(path)
	holds(t, page, "May I have the corner bed?", "You came in by a link, and that shows only that you read your mail. To answer here, sign in with your app password.", `href="/in?to=`+strings.ReplaceAll(path, "/", "%2f")+`"`)
	lacks(t, page, "<textarea", `name="do"`)
	before := dbtest.Dump(t, s.DB)
	nonce := nonceField.FindStringSubmatch(page.body)[1]
	send := func(do, text, note string) answer {
		return b.ask("POST", path, url.Values{"nonce": {nonce}, "do": {do}, "text": {text}, "note": {note}, "rev": {"1"}}.Encode())
	}
	for _, do := range []string{"answer", "sure", "aside", "note"} {
		holds(t, send(do, "Yes, zzof course.", "zzaside"), "Nothing was sent", "You came in by a link", "zzof course.", "zzaside</textarea>", `href="/in?to=`+strings.ReplaceAll(path, "/", "%2f")+`"`)
	}
	for _, do := range []string{"mine", "close", "urgent", "publish", "tag"} {
		holds(t, send(do, "", ""), "May I have the corner bed?", "You came in by a link")
	}
	if sent := s.Deliver(); len(sent) != 0 || dbtest.Dump(t, s.DB) != before {
		t.Errorf("%d mails went out, or something else changed", len(sent))
	}
}
