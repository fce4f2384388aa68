package moderation_test

import (
	"testing"

	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

// A thread that managers have closed takes no post but theirs; its authors are told, other threads go on, and it can be opened again.
func TestShutThread(t *testing.T) {
	v := unhurried(t)
	v.MustSend(post{From: bill, To: talk, Subject: "Sponsors", Body: "Again.", Header: "Message-ID: <sponsors@south.example>\r\n"})
	q := v.One(v.Deliver(), dana)
	command := func(line string) arrived {
		v.MustSend(post{From: mira, To: managers, Subject: "x", Body: line, Login: mailroomtest.Addr(mira)})
		return v.One(v.Deliver(), mira)
	}
	says(t, command("/shut"), "Please say where")
	says(t, command("/shut talk"), "not a whole list")
	says(t, command("/shut 1 now"), "and nothing else")
	says(t, command("/shut 1 off"), "is not closed")
	says(t, command("/shut 1"), "is closed: only managers post there.")
	_, err := v.Send(post{From: dana, To: talk, Subject: "Re: Sponsors", Body: "And yet.", Header: "In-Reply-To: <" + string(q.MessageID()) + ">\r\n"})
	if refusal.KindOf(err) != refusal.NotAllowed || err.Error() != "The managers have closed that thread of talk@gardeners.example. To say more about it, write to managers@gardeners.example; for something else, please begin a new thread." {
		t.Errorf("in the closed thread: %v", err)
	}
	v.MustSend(post{From: dana, To: talk, Subject: "Beans", Body: "Something else."})
	v.MustSend(post{From: theo, To: talk, Subject: "Re: Sponsors", Body: "Last word.", Header: "In-Reply-To: <" + string(q.MessageID()) + ">\r\n"})
	if got := len(to(v.Deliver(), bill)); got != 2 {
		t.Errorf("Bill got %d", got)
	}
	says(t, command("/shut 1 off"), "is open again.")
	v.MustSend(post{From: dana, To: talk, Subject: "Re: Sponsors", Body: "Thanks.", Header: "In-Reply-To: <" + string(q.MessageID()) + ">\r\n"})
	if len(to(v.Deliver(), bill)) != 1 {
		t.Error("still closed")
	}
}
