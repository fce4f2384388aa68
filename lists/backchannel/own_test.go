package backchannel_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/notice"
)

// Nobody believes that their letters were erased: when there were enough questions today, the session says that nothing was done.
func TestEveryOwnWordIsTold(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: sil, To: managers, Subject: "A question", Body: "zzsil May I?"})
	v.Deliver()
	forget := post{From: sil, To: managers, Subject: "x", Body: "FORGET"}
	for range notice.AnswersADay {
		v.MustSend(forget)
		says(t, v.One(v.Deliver(), sil), "FORGET erases all private letters")
	}
	if _, err := v.Send(forget); err == nil || !strings.HasPrefix(err.Error(), "We cannot be sure that this answer comes from you, so nothing was done.") {
		t.Errorf("once more: %v", err)
	}
}

// A word about their own letters of somebody for whom no domain vouches is asked about at their own address, and done by a YES there; by
// nobody else's.
func TestOwnWordsOfWeakSenders(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: sil, To: managers, Subject: "A question", Body: "zzsil May I?"})
	all := v.Deliver()
	hers := v.One(all, mira)
	weak := func(from, to, subject, body string) {
		v.MustSend(post{From: from, To: to, Subject: subject, Body: body})
	}
	weak(sil, managers, "x", "FORGET")
	asked := v.One(v.Deliver(), sil)
	says(t, asked, "FORGET erases all private letters", "If it was you")
	if !strings.Contains(text(v, mira), "zzsil") {
		t.Fatal("it was forgotten at once")
	}
	door := asked.ReplyTo()[0].Address.String()
	if _, err := v.Send(post{From: dana, To: door, Subject: "x", Body: "YES"}); err == nil {
		t.Error("somebody else's YES is taken")
	}
	weak(sil, door, "Re: x", "Why do you ask?")
	again := v.One(v.Deliver(), sil)
	says(t, again, "If it was you")
	weak(sil, again.ReplyTo()[0].Address.String(), "Re: x", "YES")
	says(t, v.One(to(v.Deliver(), sil), sil), "We erased the one private letter")
	if strings.Contains(text(v, mira), "zzsil") {
		t.Error("it is still there")
	}
	_ = hers
	weak(sil, managers, "x", "EXPORT")
	weak(sil, v.One(v.Deliver(), sil).ReplyTo()[0].Address.String(), "x", "YES")
	v.Pass(time.Minute)
	if got := to(v.Deliver(), sil); len(got) == 0 {
		t.Error("EXPORT brought nothing")
	}
	for range notice.AnswersADay {
		weak(sil, managers, "x", "WHO READ")
	}
	if _, err := v.Send(post{From: sil, To: managers, Subject: "x", Body: "WHO READ"}); err == nil {
		t.Error("asked without end")
	}
	if n := len(to(v.Deliver(), sil)); n > 3 {
		t.Errorf("asked %d times on one day", n)
	}
}
