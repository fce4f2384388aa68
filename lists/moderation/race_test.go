package moderation_test

import (
	"sync"
	"testing"

	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

// Two managers decide, and the author drops the letter, in the same instant: one of them counts, the others are told.
func TestDecisionsAtOnce(t *testing.T) {
	for range 5 {
		v := mailroomtest.New(t)
		list(v, func(l *lists.List) { l.PostsPerHour = 1 })
		for _, s := range []string{"First", "Second"} {
			v.MustSend(post{From: dana, To: talk, Subject: s, Body: "Hello."})
		}
		all := v.Deliver()
		letters := []post{answer(mira, held(t, all, mira), "OK"), answer(theo, held(t, all, theo), "NO")}
		raws := [][]byte{v.Bytes(letters[0]), v.Bytes(letters[1])}
		var wg sync.WaitGroup
		for i, p := range letters {
			wg.Add(1)
			go func() {
				defer wg.Done()
				if _, err := v.Hand(p, raws[i]); err != nil {
					t.Error(err)
				}
			}()
		}
		wg.Wait()
		all = v.Deliver()
		posted := len(to(all, bill))
		late := theo
		if posted == 0 {
			late = mira
		}
		if posted > 1 || len(waiting(v)) != 0 {
			t.Errorf("posted %d times, %d wait", posted, len(waiting(v)))
		}
		told := 0
		for _, a := range to(all, late) {
			if a.Subject() == `Already decided: "Second"` {
				told++
			}
		}
		if told != 1 {
			t.Errorf("%s was not told:\n%s", late, mailroomtest.Subjects(all))
		}
	}
}
