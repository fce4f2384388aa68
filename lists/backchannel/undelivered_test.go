package backchannel_test

import (
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/smtpd/queue"
)

// An answer that does not reach the member is told to the managers of that conversation, with the numbers alone, and to nobody else;
// Reply tries again (LP17).
func TestAnAnswerThatIsLost(t *testing.T) {
	v := mailroomtest.New(t)
	asked := v.One(to(ask(v, "Sponsors", "May our sponsor join?"), mira), mira)
	no := func(a letter.Address) (queue.Outcome, bool) {
		return queue.Outcome{Kind: queue.Failed, Stage: queue.StageRcpt, Code: 552, Enhanced: "5.2.2", Text: "the canary's mailbox is full", Host: "mx.example"}, a.String() == dana
	}
	v.Refuse(no)
	v.MustSend(answer(mira, asked, "Yes, she may."))
	all := append(v.Deliver(), v.Deliver()...)
	for _, who := range []string{mira, theo} {
		var lost arrived
		for _, a := range to(all, who) {
			if strings.Contains(a.Subject(), "did not reach Dana") {
				lost = a
			}
		}
		if lost.Letter == nil {
			t.Fatalf("%s was not told:\n%s", who, mailroomtest.Subjects(all))
		}
		says(t, lost, "came back: the other side would not take it (552 5.2.2)")
		hides(t, lost, "canary", dana)
		if who == mira {
			v.Refuse(nil)
			v.MustSend(answer(mira, lost, "Once more: yes."))
			says(t, v.One(to(v.Deliver(), dana), dana), "Once more: yes.")
		}
	}
	nothing(t, all, bill)
	v.View(func(tx *db.Tx) error {
		if found, err := v.Box.NotDelivered(tx, "never@gardeners.example", "x"); err != nil || found {
			t.Errorf("a letter that is none: %v, %v", found, err)
		}
		return nil
	})
}
