package backchannel_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

// refused fails unless a letter is refused with just this sentence.
func refused(v *village, p post, want string) {
	v.T.Helper()
	if _, err := v.Send(p); err == nil || !strings.Contains(err.Error(), want) {
		v.T.Errorf("%s to %s: %v\nwant %s", p.From, p.To, err, want)
	}
}

// A letter to the managers is refused when nobody could read it, when it has no one author, or when its author wrote more than anybody reads.
func TestRefusedLetters(t *testing.T) {
	v := court(t, true)
	question := post{From: dana, To: managers, Subject: "A question", Body: "May I?"}
	for range 30 {
		v.MustSend(question)
	}
	refused(v, question, "The managers have 30 letters of yours from the last 24 hours. Nothing is wrong with this one; please send it again tomorrow. There is the ombuds, too: ombuds@gardeners.example.")
	two := question
	two.From, two.Sender = "Dana <"+dana+">, Bill <"+bill+">", dana
	refused(v, two, "A letter needs exactly one address in its From field. Please send it again from your ordinary mail program.")

	v = mailroomtest.New(t)
	set(v, theo, func(m *lists.Member) { m.Role = lists.RoleMember })
	refused(v, post{From: mira, To: managers, Subject: "Myself", Body: "Shall we?"}, "You are the only manager of this community, so nobody else would read this.")
	v.Found("empty.example", "Empty")
	question.To = "managers@empty.example"
	refused(v, question, "Nobody reads this address yet. Nothing is wrong with your letter; it will be tried again by itself.")
}

// A letter for which no name of its own is left, or for which no seal can be made, is not taken, and may come again.
func TestNoNameIsLeft(t *testing.T) {
	v := crowd(t)
	v.Update(func(tx *db.Tx) error { // as if somebody had each of the names
		_, err := tx.Exec(`CREATE TRIGGER all_names BEFORE INSERT ON anon_name BEGIN SELECT RAISE(IGNORE); END`)
		return err
	})
	refused(v, burntOut, "All made-up names are in use. Please try again later.")
	v.Update(func(tx *db.Tx) error { // as if each of the codes were given a moment before
		_, err := tx.Exec(`CREATE TRIGGER all_codes BEFORE INSERT ON conv BEGIN
			INSERT INTO conv (code, community, local, domain, name, subject, about, opened) VALUES (NEW.code, NEW.community, '', '', '', '', '', 0); END`)
		return err
	})
	refused(v, post{From: dana, To: managers, Subject: "A question", Body: "May I?"}, "No name could be found for a new conversation. Please try again later.")
	v.Box.Vault = nil
	refused(v, burntOut, "Letters without a name cannot be taken at the moment. Nothing was kept of this one.")
}

// Somebody's data is mailed once a day.
func TestExportOnceADay(t *testing.T) {
	v := mailroomtest.New(t)
	m := v.Member(dana)
	asked := func() (err error) {
		v.Update(func(tx *db.Tx) error { err = v.Box.AskExport(tx, m); return nil })
		return err
	}
	if err := asked(); err != nil {
		t.Fatal(err)
	}
	v.Pass(23 * time.Hour)
	v.Deliver()
	if err := asked(); err == nil || err.Error() != "Your data was sent within the last 24 hours. You can ask for it once a day." {
		t.Errorf("after 23 hours: %v", err)
	}
	v.Pass(2 * time.Hour)
	if err := asked(); err != nil {
		t.Errorf("after 25 hours: %v", err)
	}
}

// Whom a reporter kept from the report, a colleague does not let in.
func TestIncludeWhomItConcerns(t *testing.T) {
	v := court(t, false)
	all := path{to: report, subject: "An answer", body: "Theo's answer in the sponsor thread was humiliating."}.send(v, "Dana Reyes <"+dana+">")
	copied := v.One(all, mira)
	v.MustSend(answer(mira, copied, "/include theo"))
	all = v.Deliver()
	nothing(t, all, theo)
	says(t, v.One(all, mira), fmt.Sprintf("Only the one who wrote %s can decide that, by a reply to us.", code(copied)))
}

// An answer without the name into a thread from which one's own question is gone has nothing left to hide behind.
func TestAnswerUnnamedAfterTakingBack(t *testing.T) {
	v := mailroomtest.New(t)
	question := proposed(v, publicText)
	v.MustSend(answer("Dana Reyes <"+dana+">", question, "YES"))
	asked := v.One(v.Deliver(), bill)
	own := answer("Dana Reyes <"+dana+">", asked, "Thank you all.")
	own.To = talk
	v.MustSend(own)
	q := v.One(v.Deliver(), dana)
	v.MustSend(answer("Dana Reyes <"+dana+">", question, "UNDO"))
	v.Deliver()
	refused(v, answer("Dana Reyes <"+dana+">", q, "ANON"), "What you asked without your name was taken back meanwhile, so there is nothing to answer in that way.")
	nothing(t, v.Deliver(), bill)
}

// A letter without a name that goes somewhere else, too, would bear the name there.
func TestUnnamedBesideOthers(t *testing.T) {
	v := crowd(t)
	both := burntOut
	both.Rcpt = []string{anon, managers}
	v.MustSend(both)
	all := v.Deliver()
	v.One(all, mira) // in her name
	for _, a := range to(all, dana) {
		if strings.HasPrefix(a.Subject(), "Sent, but not to all") {
			says(t, a, "A letter without your name goes to anon@gardeners.example alone: what goes to other addresses beside it bears your name. Please send it again, to that address only.")
			return
		}
	}
	t.Errorf("she does not hear of it:\n%s", mailroomtest.Subjects(all))
}

// A manager who was kept from a letter cannot send any more what waits for their word.
func TestHeldAnswerAfterExclusion(t *testing.T) {
	v := mailroomtest.New(t)
	all := ask(v, "A question", "May I?")
	hers, his := v.One(all, mira), v.One(all, theo)
	v.MustSend(answer(mira, hers, "Ask "+bill+"."))
	back := v.One(to(v.Deliver(), mira), mira)
	v.MustSend(answer(theo, his, "/exclude mira"))
	v.Deliver()
	refused(v, answer(mira, back, "SEND"), "You can no longer see this conversation, so nothing was sent.")
	nothing(t, v.Deliver(), dana)
}
