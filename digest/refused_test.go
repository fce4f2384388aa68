package digest_test

import (
	"strings"
	"testing"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates/refusal"
)

// decided is what a word hears that comes when its question is closed.
const decided = "This is decided already, or its time is over. Nothing was done now."

// hears tests the whole sentence by which a letter is refused.
func (w *town) hears(err error, want string) {
	w.t.Helper()
	if r, ok := refusal.As(err); !ok || r.Sentence != want {
		w.t.Errorf("%v, want %s", err, want)
	}
}

// Who rests calls for no jam and gets no mail of one, and a host on no list has nowhere to announce it.
func TestJamOfWhoMayNotNow(t *testing.T) {
	const weak, hana = "198.51.100.7", "hana@host.example" // by a letter that is vouched for a membership that rests goes on
	w, m := announced(t)
	w.deliver()
	w.pause(m, w.now)
	w.view(func(tx *db.Tx) (err error) { m, err = lists.TheMember(tx, w.c, dana); return err })
	w.pause(m, w.now)
	w.hears(w.sendBy(weak, dana, "digest@gardeners.example", "A wish", "JAM DAILY"), "Your membership rests, so no mail of a jam can be sent to you now.")
	w.must(w.sendBy(weak, hana, "digest@gardeners.example", "A jam", "/jam slugs 22-26 June"))
	if back := w.one(w.deliver(), hana, "Your jam was not taken"); !strings.Contains(flat(back), "Your membership rests, so nothing can be announced in your name now.") {
		t.Errorf("Hana reads:\n%s", back.Text())
	}

	w, m = jamTown(t)
	w.update(func(tx *db.Tx) error { _, err := lists.Unsubscribe(tx, m.ID, w.talk.ID); return err })
	w.must(w.send(hana, "digest@gardeners.example", "A jam", theJam))
	if back := w.one(w.deliver(), hana, "Your jam was not taken"); !strings.Contains(flat(back), "You are on no list that you may write to, so there is none to announce it on.") {
		t.Errorf("Hana reads:\n%s", back.Text())
	}
}

// What is done in a host's name, or sent to a reader, needs a letter that is vouched for; and the refusal says what did not happen.
func TestJamOfALetterNobodyVouchesFor(t *testing.T) {
	const weak, hana = "198.51.100.7", "hana@host.example"
	w, _ := announced(t)
	w.deliver()
	w.hears(w.sendBy(weak, dana, "digest@gardeners.example", "A wish", "JAM DAILY"),
		"Your mail provider did not vouch for this letter, so nothing was changed. Please send it once more from where you usually write.")
	w.must(w.sendBy(weak, hana, "digest@gardeners.example", "A jam", "/jam onboarding off"))
	if back := w.one(w.deliver(), hana, "Your jam was not taken"); !strings.Contains(flat(back), "Your mail provider did not vouch for this letter, so the jam goes on. Please send it once more from where you usually write.") {
		t.Errorf("Hana reads:\n%s", back.Text())
	}
	w.at("23 Jun 10:00")
	w.say("Bill Tan <bill@south.example>", "First call #onboarding", "We phone everybody.")
	w.at("26 Jun 22:00")
	over := w.one(w.due(), hana, "Jam #onboarding is over")
	w.hears(w.sendBy(weak, hana, over.door(), "Re", "They phone."),
		"Your mail provider did not vouch for this letter, so nothing was posted. Please send it once more from where you usually write.")
	w.hears(w.send(hana, over.door(), "Re", "YES"), "There is no summary yet. Please reply with one.")
}

// A thread of which every post was taken back is not sent.
func TestWholeThreadThatIsEmpty(t *testing.T) {
	w, issue := twoDoors(t)
	whole := doorsOf(issue, "send")[0]
	w.update(func(tx *db.Tx) error {
		all, err := db.Select(tx, func(r db.Scanner) (id archive.PostID, err error) { return id, r.Scan(&id) }, "SELECT id FROM post")
		for _, id := range all {
			if err == nil {
				err = w.store.Remove(tx, id)
			}
		}
		return err
	})
	w.hears(w.send(dana, whole, "Send", ""), "The posts of this thread were taken back, so there is nothing to send.")
}

// A thread in which nobody wrote since the last digest cannot be moved in the next one.
func TestAThreadThatIsNotInTheDigest(t *testing.T) {
	w, _ := aThursday(t)
	w.friday()
	w.at("9 Jun 09:00")
	w.say("Bill Tan <bill@south.example>", "Slugs", "They are back.")
	w.due()
	w.at("11 Jun 06:00")
	preview := w.one(w.due(), mira, "[preview] Friday's digest")
	back := only(t, w.answer(mira, preview, "/pin 1"), mira)
	if !strings.Contains(flat(back), "Nothing new stands in thread 1, so it is not in Friday's digest.") {
		t.Errorf("Mira reads:\n%s", back.Text())
	}
}
