package mailroom_test

import (
	"strings"
	"testing"

	"backchannel/archive/logbook"
	"backchannel/lists/mailroom"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/moderation"
)

// figures is the text of all that these rooms count.
func figures(t *testing.T, v *mailroomtest.Village) string {
	t.Helper()
	var b strings.Builder
	if err := logbook.WriteFigures(&b, append(mailroom.Figures(), moderation.Figures(v.DB)...)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What the rooms count of a verified, a weak and a forged post, and of a blind copy.
func TestFigures(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(mailroomtest.Post{From: "bill@south.example", To: talk, Subject: "Beans", Body: "They climb."})
	v.MustSend(mailroomtest.Post{From: sil, To: talk, Subject: "Beans", Body: "They creep."})
	_, _ = v.Send(mailroomtest.Post{From: "eve@silent.example", To: talk, Subject: "Beans", Body: "They fly."})
	p := mailroomtest.Post{From: sil, To: "a@b.example", Subject: "Beans", Body: "They climb again.", Rcpt: []string{talk}, Sender: "relay@third.example"}
	if _, err := v.Hand(p, penOf(t, v).sign(v.Bytes(p), all4)); err != nil {
		t.Fatal(err)
	}
	got := figures(t, v)
	for _, want := range []string{
		`backchannel_verdicts_total{verdict="verified"} `, `backchannel_verdicts_total{verdict="weak"} `, `backchannel_verdicts_total{verdict="none"} `,
		`backchannel_held_posts{why="sender"} 2`, `backchannel_held_posts{why="rate"} 0`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("missing %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, "backchannel_replays_total 0\n") {
		t.Errorf("the blind copy was not counted:\n%s", got)
	}
}
