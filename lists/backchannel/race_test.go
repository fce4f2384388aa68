package backchannel_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"backchannel/lists/mailroom/mailroomtest"
)

// Managers who write in the same instant: one answer goes out, the others come back with it (E18, FC6).
func TestManagersAtOnce(t *testing.T) {
	for range 5 {
		v := mailroomtest.New(t)
		all := ask(v, "A question", "May I?")
		mine, theirs := answer(mira, v.One(all, mira), "Yes."), answer(theo, v.One(all, theo), "No.")
		together(t, v, mine, theirs)
		all = v.Deliver()
		got := v.One(all, dana)
		back, who := mira, theo
		if words(got)[:4] == "Yes." {
			back, who = theo, mira
		}
		told := 0
		for _, a := range to(all, back) {
			if strings.Contains(words(a), map[string]string{mira: "Mira", theo: "Theo"}[who]+" answered since you got the letter.") {
				told++
			}
		}
		if told != 1 {
			t.Errorf("%s was told %d times", back, told)
		}
	}
}

// A manager who says SEND twice at once sends once; a member whose program sends a letter twice at once has sent it once.
func TestTwiceAtOnce(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(answer(mira, v.One(ask(v, "A question", "May I?"), mira), "Ask "+bill))
	held := v.One(v.Deliver(), mira)
	together(t, v, answer(mira, held, "SEND"), answer(mira, held, "SEND\n\n"), answer(mira, held, "send"))
	v.One(to(v.Deliver(), dana), dana)

	p := post{From: dana, To: managers, Subject: "Twice", Body: "May I?", Header: "Message-ID: <twice@north.example>\r\n"}
	other := p
	other.To = "owner@gardeners.example"
	together(t, v, p, p, other)
	v.One(to(v.Deliver(), mira), mira)
}

// Letters of many members at once are as many conversations, and no code is two people's.
func TestManyAtOnce(t *testing.T) {
	v := mailroomtest.New(t)
	var all []post
	for i := range 40 {
		all = append(all, post{From: fmt.Sprintf("x%d@press.example", i), To: managers, Subject: "Hello", Body: fmt.Sprint("I am ", i)})
	}
	together(t, v, all...)
	codes := map[string]bool{}
	for _, a := range to(v.Deliver(), mira) {
		codes[code(a)] = true
	}
	if len(codes) != 40 {
		t.Errorf("%d conversations", len(codes))
	}
}

// together hands in letters at the same time.
func together(t *testing.T, v *village, all ...post) {
	t.Helper()
	raws := make([][]byte, len(all))
	for i, p := range all {
		raws[i] = v.Bytes(p)
	}
	var wg sync.WaitGroup
	for i, p := range all {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if _, err := v.Hand(p, raws[i]); err != nil {
				t.Errorf("%s to %s: %v", p.From, p.To, err)
			}
		}()
	}
	wg.Wait()
}
