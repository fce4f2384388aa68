package relay_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

// A list says where Reply leads, whatever the author wants; a signature that does not allow it is gone with the author's From.
func TestReplyToOfAList(t *testing.T) {
	for policy, want := range map[lists.Answers]string{lists.ToAuthor: "bill@phone.example", lists.ToManagers: "The managers <managers@gardeners.example>", lists.ToList: "Garden talk <talk@gardeners.example>"} {
		v := signedVillage(t)
		list(v, func(l *lists.List) { l.Rules.ReplyTo = policy })
		has(t, copyOf(v, post{Header: "Reply-To: bill@phone.example\r\n"}), "Reply-To", want)
		p := post{From: "Mira Lowe <" + mira + ">", To: talk, Subject: "News", Body: "Rain."}
		v.MustSend(p)
		if got := v.One(to(v.Deliver(), alison), alison); policy != lists.ToAuthor {
			has(t, got, "Reply-To", want)
		}
		p = fromBill
		got := hand(v, p, signing{}.sign(t, v, v.Bytes(p)))
		if kept := plain(got, "From") == "Bill Tan <bill@south.example>"; kept != (policy == lists.ToAuthor) {
			t.Errorf("%q: From is %s", policy, plain(got, "From"))
		}
		p.Subject = "Not signed"
		got = hand(v, p, signing{fields: []string{"From", "Subject", "Date", "Message-ID"}}.sign(t, v, v.Bytes(p)))
		has(t, got, "From", "Bill Tan <bill@south.example>")
		if is := plain(got, "Reply-To"); policy != lists.ToAuthor && is != want {
			t.Errorf("%q: Reply-To is %s", policy, is)
		}
	}
}

// Where Reply leads to the list everybody gets one copy of an answer, its receiver too; and what is meant for the managers is asked about first.
func TestAnswersToTheList(t *testing.T) {
	v := mailroomtest.New(t)
	list(v, func(l *lists.List) { l.Rules.ReplyTo = lists.ToList })
	got := copyOf(v, post{})
	v.MustSend(answer(alison, got, "Mine is too dry."))
	all := v.Deliver()
	for _, who := range []string{bill, dana, alison, mira, theo} {
		if n := len(to(all, who)); n != 1 {
			t.Errorf("%s has %d copies", who, n)
		}
	}
	v.MustSend(answer(alison, got, "Dear managers,\n\nthis is confidential: I am moving to the sea."))
	if all := v.Deliver(); len(to(all, bill)) != 0 || len(to(all, alison)) != 1 {
		t.Errorf("a private answer went out:\n%s", mailroomtest.Subjects(all))
	}
}

// Where Reply leads to the managers an answer is a private letter.
func TestAnswersToTheManagers(t *testing.T) {
	v := mailroomtest.New(t)
	list(v, func(l *lists.List) { l.Rules.ReplyTo = lists.ToManagers })
	v.MustSend(answer(alison, copyOf(v, post{}), "What does it cost?"))
	if all := v.Deliver(); len(to(all, bill)) != 0 || len(to(all, dana)) != 0 || len(to(all, mira)) != 1 {
		t.Errorf("where it went:\n%s", mailroomtest.Subjects(all))
	}
}

// The footer stands on copies, once in a thread, and under no post that is its author's own by their signature. Archive and digest
// know nothing of it.
func TestFooter(t *testing.T) {
	v := signedVillage(t)
	const line = "What is said here stays here."
	list(v, func(l *lists.List) { l.Rules.Footer = line })
	got := copyOf(v, post{Body: "Mine is too wet.", Header: "Message-ID: <wet@south.example>\r\n"})
	if body := string(got.Letter.Body()); body != "Mine is too wet.\r\n\r\n-- \r\n"+line+"\r\n" {
		t.Errorf("a copy: %q", body)
	}
	v.View(func(tx *db.Tx) error {
		all, err := v.Store.PostsOf(tx, int64(v.C.ID), int64(v.Member(bill).ID), 1)
		if err != nil {
			return err
		}
		raw, err := v.Store.Raw(tx, all[0].Raw)
		if strings.Contains(string(raw), line) || !strings.Contains(string(raw), "too wet") {
			t.Errorf("the archive has:\n%s", raw)
		}
		return err
	})
	p := answer(alison, got, "Put straw in.") // and quotes it all
	p.To, p.Rcpt = talk, []string{talk}
	v.MustSend(p)
	back := v.One(to(v.Deliver(), bill), bill)
	if n := strings.Count(string(back.Letter.Body()), line); n != 1 {
		t.Errorf("%d footers in an answer:\n%s", n, back.Letter.Body())
	}
	v.Now = v.Now.Add(time.Hour)
	signed := hand(v, fromBill, signing{}.sign(t, v, v.Bytes(fromBill)))
	if strings.Contains(string(signed.Letter.Body()), line) || plain(signed, "From") != "Bill Tan <bill@south.example>" {
		t.Errorf("signed:\n%s", signed.Raw())
	}
	v.Now = v.Now.Add(time.Hour)
	sealed := copyOf(v, post{Header: "MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b; protocol=\"application/pgp-signature\"\r\n", Body: "--b\n\nHello.\n--b\nContent-Type: application/pgp-signature\n\nx\n--b--"})
	if strings.Contains(string(sealed.Letter.Body()), line) {
		t.Errorf("sealed:\n%s", sealed.Raw())
	}
	list(v, func(l *lists.List) { l.Rules.Footer = "" })
	if got := copyOf(v, post{Body: "Off."}); string(got.Letter.Body()) != "Off.\r\n" {
		t.Errorf("without one: %q", got.Letter.Body())
	}
}
