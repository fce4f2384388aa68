package backchannel_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/notice"
)

const (
	talk   = "talk@gardeners.example"
	alison = "alison@east.example"
)

// proposed has Dana ask the managers and Mira propose a text. It gives the question to Dana.
func proposed(v *village, text string) arrived {
	v.T.Helper()
	all := ask(v, "May a vendor join?", "Our supplier asks. I did not want to ask in front of everyone.\n\n-- \nDana Reyes, Northgate")
	v.MustSend(answer(mira, v.One(all, mira), "/public "+text))
	all = v.Deliver()
	says(v.T, v.One(all, mira), "Dana Reyes is asked.")
	return v.One(all, dana)
}

const publicText = "Subject: Can a supplier join?\nOur supplier would like to join. Is that ok here?"

// posts are the posts of the list.
func posts(v *village) (all []archive.Post) {
	v.T.Helper()
	v.View(func(tx *db.Tx) (err error) {
		all, err = v.Store.PostsAfter(tx, v.Talk.Box, 0, 50)
		return err
	})
	return all
}

// outcome is how Dana's newest conversation ended.
func outcome(v *village) (found string) {
	v.T.Helper()
	m := v.Member(mira)
	v.View(func(tx *db.Tx) error {
		all, err := v.Box.List(tx, m, true)
		if err == nil && len(all) > 0 {
			found = string(all[0].State) + " " + all[0].Outcome
		}
		return err
	})
	return found
}

// M8 to M10: exactly the text that the member said yes to goes out, and nothing in it leads to her.
func TestPublicYes(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: bill, To: talk, Subject: "Welcome", Body: "Hello."})
	v.Deliver()
	question := proposed(v, publicText)
	says(t, question, "exactly this goes to all 6 members on", "Subject: Can a supplier join?", "Our supplier would like to join. Is that ok here?", "YES post it without my name", "NAMED", "REMOVE")
	if question.Subject() != "[private] May we post this for you?" || !strings.HasPrefix(question.ReplyTo()[0].Address.Local, "confirm+") {
		t.Errorf("%q, Reply-To %v", question.Subject(), question.ReplyTo())
	}
	if n := len(posts(v)); n != 1 {
		t.Fatalf("%d posts before the yes", n)
	}
	story := v.MustSend(answer("Dana Reyes <"+dana+">", question, "YES"))
	all := v.Deliver()
	got := v.One(all, bill)
	if from := got.Letter.From()[0]; from.Name != "A member" || from.Address.String() != talk {
		t.Errorf("From %v", from)
	}
	if got.Letter.Subject() != "Can a supplier join?" || strings.TrimSpace(got.Text()) != "Our supplier would like to join. Is that ok here?" || len(got.ReplyTo()) > 0 {
		t.Errorf("%q, Reply-To %v:\n%s", got.Letter.Subject(), got.ReplyTo(), got.Text())
	}
	hides(t, got, "dana", "Dana", "Reyes", "north", "Northgate", "private+", "confirm+", "[private")
	if s := v.Story(string(got.MessageID())); !strings.Contains(s, "published") || strings.Contains(s, "received") {
		t.Errorf("the log of the post says %q", s)
	}
	if s := v.Story(story); strings.Contains(s, "published") {
		t.Errorf("the log of the yes says %q", s)
	}
	if s := outcome(v); s != "closed published" {
		t.Errorf("the conversation is %q", s)
	}
	for _, m := range []string{mira, theo} {
		found := false
		for _, a := range to(all, m) {
			found = found || strings.Contains(a.Subject(), "said yes, without the name")
		}
		if !found {
			t.Errorf("%s was not told", m)
		}
	}
	if p := posts(v)[1]; p.Author != 0 || p.From.Name != "A member" {
		t.Errorf("the archive says %d, %v", p.Author, p.From)
	}
}

// The words that end it otherwise: nothing is posted by any of them.
func TestPublicNotPosted(t *testing.T) {
	for name, c := range map[string]struct{ reply, member, manager string }{
		"no":            {"NO", "Nothing was posted, and nothing will be", "Dana Reyes said no"},
		"no, with more": {"No, please. Somebody would know me.", "Nothing was posted, and nothing will be", "Dana Reyes said no"},
		"undo":          {"UNDO", "Nothing was posted, and nothing will be", "Dana Reyes said no"},
		"yes, but":      {"YES but without the supplier", "we are not sure what you mean", ""},
		"a question":    {"YES?", "we are not sure what you mean", ""},
		"one word":      {"hm", "we are not sure what you mean", ""},
		"nothing":       {"", "we are not sure what you mean", ""},
		"better":        {"Could a supplier be a guest here?", "This is your own text as it would be posted", "Dana Reyes sent a better text"},
	} {
		t.Run(name, func(t *testing.T) {
			v := mailroomtest.New(t)
			question := proposed(v, publicText)
			v.MustSend(answer("Dana Reyes <"+dana+">", question, c.reply))
			all := v.Deliver()
			mine := to(all, dana)
			says(t, mine[len(mine)-1], c.member)
			told := false
			for _, a := range to(all, mira) {
				told = told || c.manager != "" && strings.Contains(a.Subject(), c.manager)
			}
			if told != (c.manager != "") {
				t.Errorf("managers got:\n%s", mailroomtest.Subjects(all))
			}
			if n := len(posts(v)); n != 0 {
				t.Errorf("%d posts", n)
			}
			nothing(t, all, bill)
			if name == "no, with more" && !strings.Contains(mailroomtest.Subjects(to(all, mira)), "[BC ") {
				t.Errorf("what stood beside the no was lost:\n%s", mailroomtest.Subjects(all))
			}
		})
	}
}

// A better text is shown once more, and then only that one can be posted.
func TestPublicBetter(t *testing.T) {
	v := mailroomtest.New(t)
	question := proposed(v, publicText)
	v.MustSend(answer("Dana Reyes <"+dana+">", question, "Could a supplier be a guest here?\n\nWe would vouch for him.\n\nBest wishes,\nDana"))
	again := v.One(v.Deliver(), dana)
	says(t, again, "Could a supplier be a guest here?", "We would vouch for him.")
	if strings.Contains(again.Text(), "| Dana") {
		t.Errorf("her name is proposed:\n%s", again.Text())
	}
	v.MustSend(answer("Dana Reyes <"+dana+">", question, "YES")) // to the old one
	says(t, v.One(v.Deliver(), dana), "Nothing new has happened", "replaced by another one")
	v.MustSend(answer("Dana Reyes <"+dana+">", again, "Yes"))
	got := v.One(v.Deliver(), bill)
	says(t, got, "Could a supplier be a guest here? We would vouch for him.")
	if got.Letter.Subject() != "Can a supplier join?" {
		t.Errorf("%q", got.Letter.Subject())
	}
	hides(t, got, "Dana", "dana")
}

// NAMED posts it as any post of hers.
func TestPublicNamed(t *testing.T) {
	v := mailroomtest.New(t)
	question := proposed(v, publicText)
	v.MustSend(answer("Dana Reyes <"+dana+">", question, "named"))
	all := v.Deliver()
	got := v.One(all, bill)
	if name := got.Letter.From()[0].Name; name != "Dana Reyes via Garden talk" || got.ReplyTo()[0].Address.String() != dana {
		t.Errorf("From %q, Reply-To %v", name, got.ReplyTo())
	}
	if p := posts(v)[0]; p.Author == 0 {
		t.Error("it has no author")
	}
	if s := outcome(v); s != "closed published" {
		t.Errorf("the conversation is %q", s)
	}
}

// A second yes, one by somebody else, a forged one and one that nobody vouches for post nothing.
func TestPublicForged(t *testing.T) {
	v := mailroomtest.New(t)
	question := proposed(v, publicText)
	if _, err := v.Send(answer("Bill Tan <"+bill+">", question, "YES")); err == nil {
		t.Error("Bill's yes was taken")
	}
	if _, err := v.Send(answer("Mira Lowe <"+mira+">", question, "YES")); err == nil {
		t.Error("a manager's yes was taken")
	}
	if _, err := v.Send(answer("Eve <"+eve+">", question, "YES")); err == nil {
		t.Error("a stranger's yes was taken")
	}
	forged := answer("Dana Reyes <"+dana+">", question, "YES")
	forged.Sender = "x@silent.example"
	v.MustSend(forged)
	says(t, v.One(v.Deliver(), dana), "nothing proves that it was you", "the question stays open")
	for range notice.AnswersADay - 1 {
		v.MustSend(forged)
		v.One(v.Deliver(), dana)
	}
	if _, err := v.Send(forged); err == nil || !strings.HasPrefix(err.Error(), "We cannot be sure that this answer comes from you") {
		t.Errorf("forged once more: %v", err)
	}
	plain := answer("Dana Reyes <"+dana+">", question, "YES") // without the address: by the Message-ID alone
	plain.To, plain.Sender = managers, "x@silent.example"
	_, _ = v.Send(plain)
	v.Deliver()
	if n := len(posts(v)); n != 0 {
		t.Fatalf("%d posts", n)
	}
	v.MustSend(answer("Dana Reyes <"+dana+">", question, "YES"))
	v.Deliver()
	v.MustSend(answer("Dana Reyes <"+dana+">", question, "YES please"))
	all := v.Deliver()
	says(t, v.One(all, dana), "Nothing new has happened; this was decided on Friday, 12 June", "already")
	if n := len(posts(v)); n != 1 {
		t.Errorf("%d posts after two times yes", n)
	}
}

// A mail program that ignores Reply-To answers to the managers' address: our own Message-ID and the same verified sender decide (R5).
func TestPublicByReference(t *testing.T) {
	v := mailroomtest.New(t)
	question := proposed(v, publicText)
	p := answer("Dana Reyes <"+dana+">", question, "YES")
	p.To = managers
	v.MustSend(p)
	v.One(v.Deliver(), bill)
}

// REMOVE takes it out of the archive, at any time; nobody's but the writer's.
func TestPublicRemove(t *testing.T) {
	v := mailroomtest.New(t)
	question := proposed(v, publicText)
	v.MustSend(answer("Dana Reyes <"+dana+">", question, "YES"))
	var done arrived
	for _, a := range to(v.Deliver(), dana) {
		if strings.Contains(a.Subject(), "Posted without your name") {
			done = a
		}
	}
	says(t, done, "It is on Garden talk, from \"A member\"", "REMOVE")
	v.Pass(60 * 24 * time.Hour)
	v.Deliver()
	if _, err := v.Send(answer("Bill Tan <"+bill+">", done, "REMOVE")); err == nil {
		t.Error("Bill had it removed")
	}
	v.MustSend(answer("Dana Reyes <"+dana+">", done, "REMOVE"))
	all := v.Deliver()
	says(t, v.One(all, dana), "It is out of the archive", "What we cannot do")
	if !strings.Contains(mailroomtest.Subjects(all), "had the post removed") {
		t.Errorf("managers got:\n%s", mailroomtest.Subjects(all))
	}
	if all := posts(v); len(all) != 1 || all[0].State != archive.Redacted || strings.Contains(all[0].Text+all[0].Subject, "supplier") {
		t.Errorf("%+v", all)
	}
	v.MustSend(answer("Dana Reyes <"+dana+">", done, "YES"))
	says(t, v.One(v.Deliver(), dana), "Nothing new has happened")
}

// UNDO works as long as the list gives time for it: then nobody has heard of it.
func TestPublicUndo(t *testing.T) {
	v := mailroomtest.New(t)
	v.Update(func(tx *db.Tx) error { v.Talk.Undo = 2 * time.Minute; return lists.SaveList(tx, v.Talk) })
	question := proposed(v, publicText)
	says(t, question, "2 minutes in which UNDO stops it")
	v.MustSend(answer("Dana Reyes <"+dana+">", question, "YES"))
	v.Pass(time.Minute)
	v.MustSend(answer("Dana Reyes <"+dana+">", question, "UNDO"))
	v.Pass(time.Hour)
	all := v.Deliver()
	nothing(t, all, bill)
	if n := len(posts(v)); n != 0 {
		t.Errorf("%d posts", n)
	}
	if s := outcome(v); s != "reopened " {
		t.Errorf("the conversation is %q", s)
	}
}

// After two weeks the question is forgotten, the managers are told, and a late yes posts nothing.
func TestPublicExpires(t *testing.T) {
	v := mailroomtest.New(t)
	question := proposed(v, publicText)
	v.Pass(14*24*time.Hour + time.Minute)
	all := v.Deliver()
	says(t, v.One(all, mira), "was asked 14 days ago and did not answer")
	nothing(t, all, dana)
	v.MustSend(answer("Dana Reyes <"+dana+">", question, "YES"))
	says(t, v.One(v.Deliver(), dana), "No answer came in time")
	if n := len(posts(v)); n != 0 {
		t.Errorf("%d posts", n)
	}
}

// "/public" alone: the manager gets the member's own letter, and says SEND, DROP or a better text. Text below is an answer.
func TestPublicAlone(t *testing.T) {
	v := mailroomtest.New(t)
	all := ask(v, "May a vendor join?", "Our supplier asks.\n\nDana Reyes\n+1 555 0100")
	v.MustSend(answer(mira, v.One(all, mira), "/public\nNot stupid at all."))
	all = v.Deliver()
	says(t, v.One(all, dana), "Not stupid at all.")
	var draft arrived
	for _, a := range to(all, mira) {
		if strings.Contains(a.Subject(), "For the list?") {
			draft = a
		}
	}
	says(t, draft, "Subject: May a vendor join?", "Our supplier asks.", "SEND ask Dana Reyes about exactly this")
	if strings.Contains(draft.Text(), "0100") {
		t.Errorf("the signature is proposed:\n%s", draft.Text())
	}
	v.MustSend(answer(mira, draft, "SEND it"))
	says(t, v.One(v.Deliver(), mira), "we are not sure what you mean")
	v.MustSend(answer(mira, draft, "SEND"))
	all = v.Deliver()
	question := v.One(all, dana)
	says(t, question, "Our supplier asks.")
	v.MustSend(answer(mira, draft, "SEND"))
	all = v.Deliver()
	nothing(t, all, dana)
	says(t, v.One(all, mira), "decided already")
	v.MustSend(answer("Dana Reyes <"+dana+">", question, "YES"))
	says(t, v.One(v.Deliver(), bill), "Our supplier asks.")
}

// A better text of the manager, or none.
func TestPublicDraftWords(t *testing.T) {
	for name, c := range map[string]struct{ reply, manager, member string }{
		"drop":    {"DROP", "The draft is forgotten", ""},
		"better":  {"Can a supplier be a guest?\n\n-- \nMira", "Dana Reyes is asked.", "Can a supplier be a guest?"},
		"command": {"/close", "we are not sure what you mean", ""},
		"own":     {"Can a supplier be a guest? Mail me: " + mira, "Not asked. Line 1 of the text shows something of your own", ""},
		"other":   {"Can a supplier be a guest? Ask " + bill, "Not asked. The text shows the address of somebody else", ""},
	} {
		t.Run(name, func(t *testing.T) {
			v := mailroomtest.New(t)
			all := ask(v, "May a vendor join?", "Our supplier asks.")
			v.MustSend(answer(mira, v.One(all, mira), "/public"))
			draft := v.One(v.Deliver(), mira)
			_ = draft
			v.MustSend(answer(mira, draft, c.reply))
			all = v.Deliver()
			says(t, to(all, mira)[0], c.manager)
			if c.member == "" {
				nothing(t, all, dana)
			} else {
				says(t, v.One(all, dana), c.member)
				hides(t, v.One(all, dana), mira)
			}
		})
	}
}

// Typed wrongly, or where it makes no sense: nothing is done, and the manager is told why.
func TestPublicRefused(t *testing.T) {
	v := mailroomtest.New(t)
	all := ask(v, "May a vendor join?", "Our supplier asks.")
	v.MustSend(answer(mira, v.One(all, mira), "/note the supplier sold to two members last year, so careful"))
	all = v.Deliver()
	v.MustSend(answer(theo, v.One(all, theo), "/public The supplier sold to two members last year, so careful"))
	says(t, v.One(v.Deliver(), theo), "repeats words that are not for it")
	v.MustSend(answer(theo, to(all, theo)[0], "/public off"))
	says(t, v.One(v.Deliver(), theo), "Nobody is asked about")
	v.MustSend(post{From: "Olga <" + olga + ">", To: managers, Subject: "A press question", Body: "Who are you?"})
	all = v.Deliver()
	v.MustSend(answer(mira, v.One(all, mira), "/public Who are we?"))
	says(t, v.One(v.Deliver(), mira), "is not from a member who could be asked")
}

// "/public off" takes the question back.
func TestPublicOff(t *testing.T) {
	v := mailroomtest.New(t)
	all := ask(v, "May a vendor join?", "Our supplier asks.")
	letter := v.One(all, mira)
	v.MustSend(answer(mira, letter, "/public "+publicText))
	question := v.One(v.Deliver(), dana)
	v.MustSend(answer(mira, letter, "/public off"))
	says(t, v.One(v.Deliver(), mira), "The question is taken back.")
	v.MustSend(answer("Dana Reyes <"+dana+">", question, "YES"))
	says(t, v.One(v.Deliver(), dana), "The managers took their question back")
	if n := len(posts(v)); n != 0 {
		t.Errorf("%d posts", n)
	}
}

// published has Dana say yes; it gives what everybody got, and the post.
func published(v *village) (all []arrived, asked arrived) {
	v.T.Helper()
	question := proposed(v, publicText)
	v.MustSend(answer("Dana Reyes <"+dana+">", question, "YES"))
	all = v.Deliver()
	return all, v.One(all, bill)
}

// M10 and W7: answers are brought to who asked, and who asked is not named by a slip of theirs.
func TestPublicAnswers(t *testing.T) {
	v := mailroomtest.New(t)
	_, asked := published(v)
	v.MustSend(answer("Bill Tan <"+bill+">", asked, "With us they may, as guests."))
	all := v.Deliver()
	var brought arrived
	for _, a := range to(all, dana) {
		if strings.HasPrefix(a.Subject(), "[private] You asked") {
			brought = a
		}
	}
	says(t, brought, "You asked this, and Bill Tan answers on Garden talk", "With us they may, as guests.")
	for _, a := range all {
		if a.To.String() != dana && strings.Contains(a.Subject(), "You asked") {
			t.Errorf("%s got %q", a.To, a.Subject())
		}
	}
	hides(t, v.One(all, alison), "Dana", "dana")
	v.MustSend(answer("Bill Tan <"+bill+">", asked, "One more thing."))
	if n := len(to(v.Deliver(), dana)); n != 1 { // she gets each post
		t.Errorf("%d letters for the second answer", n)
	}
	own := answer("Dana Reyes <"+dana+">", asked, "Thank you all.\n\nDana Reyes")
	own.To = talk
	v.MustSend(own)
	all = v.Deliver()
	q := v.One(all, dana)
	nothing(t, all, bill)
	says(t, q, "there is a post of yours that does not bear your name")
	v.MustSend(answer("Dana Reyes <"+dana+">", q, "ANON"))
	all = v.Deliver()
	nothing(t, all, bill)
	again := v.One(all, dana)
	says(t, again, "exactly this goes to", "Thank you all.")
	v.MustSend(answer("Dana Reyes <"+dana+">", again, "YES"))
	got := v.One(v.Deliver(), bill)
	says(t, got, "Thank you all.")
	hides(t, got, "Dana", "dana", "Reyes")
	if ids := got.Letter.InReplyTo(); len(ids) != 1 || ids[0] != asked.MessageID() {
		t.Errorf("it answers %v", ids)
	}
}

// I10: the file itself takes no publication without a yes to the same text, and no other text for what was asked.
func TestConsentInTheFile(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: bill, To: talk, Subject: "Welcome", Body: "Hello."})
	v.Deliver()
	question := proposed(v, publicText)
	v.MustSend(answer("Dana Reyes <"+dana+">", question, "NO"))
	for what, q := range map[string]string{
		"a post that was declined":      "INSERT INTO publication (consent, post, sha256, choice) SELECT id, 1, text_sha256, 'anon' FROM consent",
		"a post of other words":         "INSERT INTO publication (consent, post, sha256, choice) SELECT id, 1, zeroblob(32), 'anon' FROM consent",
		"a post that nobody asked for":  "INSERT INTO publication (consent, post, sha256, choice) VALUES (77, 1, zeroblob(32), 'anon')",
		"other words for what was said": "UPDATE consent SET text_final = 'something else'",
		"another sum":                   "UPDATE consent SET text_sha256 = zeroblob(32)",
		"posted without a choice":       "UPDATE consent SET state = 'posted'",
	} {
		err := v.DB.Update(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(q); return err })
		if err == nil {
			t.Errorf("the file took %s", what)
		}
	}
}

// M2: who meant a private letter for everyone says POST, sees it, and says YES.
func TestPostNew(t *testing.T) {
	v := mailroomtest.New(t)
	all := ask(v, "Frost tonight", "Cover your seedlings.\n\n-- \nDana Reyes")
	ack := v.One(all, dana)
	says(t, ack, "Meant it for everyone?", "POST NEW")
	v.MustSend(answer("Dana Reyes <"+dana+">", ack, "Post new"))
	all = v.Deliver()
	nothing(t, all, bill)
	nothing(t, all, mira)
	question := v.One(all, dana)
	says(t, question, "under your name", "Subject: Frost tonight", "Cover your seedlings.")
	v.MustSend(answer("Dana Reyes <"+dana+">", question, "YES"))
	all = v.Deliver()
	got := v.One(all, bill)
	if got.Letter.From()[0].Name != "Dana Reyes via Garden talk" || got.Letter.Subject() != "Frost tonight" {
		t.Errorf("From %v, %q", got.Letter.From(), got.Letter.Subject())
	}
	if s := outcome(v); s != "closed published" {
		t.Errorf("the conversation is %q", s)
	}
}

func TestPostIntoThread(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: bill, To: talk, Subject: "Snails", Body: "They eat all."})
	all := append(v.Deliver(), ask(v, "Snails", "Beer helps.")...)
	var ack arrived
	for _, a := range to(all, dana) {
		if strings.HasPrefix(a.Subject(), "[private]") {
			ack = a
		}
	}
	v.MustSend(answer("Dana Reyes <"+dana+">", ack, "POST 99"))
	says(t, v.One(v.Deliver(), dana), "You asked us to post your letter to the thread 99, and there is none")
	for range notice.AnswersADay - 1 {
		v.MustSend(answer("Dana Reyes <"+dana+">", ack, "POST 99"))
		v.One(v.Deliver(), dana)
	}
	if _, err := v.Send(answer("Dana Reyes <"+dana+">", ack, "POST 99")); err == nil || err.Error() != "There is no thread with the number 99, so nothing is posted. Today's mails about that have been sent; they tell how it is done." {
		t.Errorf("once more: %v", err)
	}
	v.MustSend(answer("Dana Reyes <"+dana+">", ack, "POST 1\n\nBeer helps a lot."))
	question := v.One(v.Deliver(), dana)
	says(t, question, "Subject: Re: Snails", "Beer helps a lot.")
	v.MustSend(answer("Dana Reyes <"+dana+">", question, "NO"))
	v.Deliver()
	v.MustSend(answer("Dana Reyes <"+dana+">", ack, "POST 1"))
	question = v.One(v.Deliver(), dana)
	v.MustSend(answer("Dana Reyes <"+dana+">", question, "YES"))
	v.Deliver()
	all2 := posts(v)
	if len(all2) != 2 || all2[1].Thread != all2[0].Thread || all2[1].Subject != "Re: Snails" {
		t.Errorf("%+v", all2)
	}
	v.MustSend(answer("Dana Reyes <"+dana+">", ack, "POST is a nice word, is it not?"))
	if all := to(v.Deliver(), mira); len(all) != 1 {
		t.Error("a letter that begins with POST did not reach the managers")
	}
}
