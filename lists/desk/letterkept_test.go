package desk_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists/mailroom/mailroomtest"
)

// command does something as Mira with a letter, by a command.
func (s *site) command(path, line string) {
	s.t.Helper()
	s.Update(func(tx *db.Tx) error {
		c, err := s.Box.ByCode(tx, s.Member(mira), path[len(path)-4:])
		if err == nil {
			_, err = s.Box.Do(tx, c, s.Member(mira), line)
		}
		return err
	})
}

// A command below the text of an answer is none, and whoever wrote it there hears so (G7).
func TestACommandBelowAnAnswerOnTheWeb(t *testing.T) {
	s := newOpenSite(t)
	path := s.asked()
	b := s.signedIn(mira)
	a := b.pressOn(b.get(path), path, "answer", "text", "Yes.\n/note she is rude")
	holds(t, a, "Not sent: we kept this back.", "/note she is rude")
	if len(s.Deliver()) > 0 {
		t.Error("something went out")
	}
}

// A letter that became a part of another while somebody wrote is there, below the other's name: nothing is lost, and nothing goes out.
func TestALetterIsMergedWhileWriting(t *testing.T) {
	s := newOpenSite(t)
	path := s.asked()
	s.Pass(time.Hour)
	into := s.private(mailroomtest.Post{From: "Dana Reyes <" + dana + ">", Subject: "Zzbeds again", Body: "And may I have zzroses there?"})
	if into == path {
		t.Fatal("it is the same letter")
	}
	b := s.signedIn(theo)
	page := b.get(path)
	s.command(into, "/merge "+path[len(path)-4:])
	s.Deliver()
	a := b.pressOn(page, path, "answer", "text", "Yes, zzlost.", "note", "And zznote.")
	holds(t, a, "Yes, zzlost.", "And zznote.", "so nothing happened", "<title>Letter "+into[len(into)-4:], "zzroses")
	if all := s.Deliver(); len(all) > 0 {
		t.Errorf("something went out:\n%s", mailroomtest.Subjects(all))
	}
}

// Of two notes with the same words each is its writer's.
func TestNotesOfTheSameWords(t *testing.T) {
	s := newOpenSite(t)
	path := s.asked()
	first, second := s.signedIn(mira), s.signedIn(theo)
	for _, b := range []*browser{first, second} {
		b.pressOn(b.get(path), path, "note", "note", "I agree.")
		s.Pass(time.Minute)
		s.Deliver()
	}
	body := first.get(path).body
	if strings.Count(body, "<h2>Mira ") != 1 || strings.Count(body, "<h2>Theo ") != 1 {
		t.Errorf("whose they are:\n%s", body)
	}
}

// A text that is longer than the box takes is from no page of ours: to look through it would keep everybody else waiting.
func TestATextThatIsTooLong(t *testing.T) {
	s := newOpenSite(t)
	path := s.asked()
	b := s.signedIn(mira)
	page := b.get(path)
	for _, box := range []string{"text", "note"} {
		for _, long := range []string{strings.Repeat("x", 20001), strings.Repeat("🌱", 10001)} {
			if a := b.pressOn(page, path, map[string]string{"text": "answer", "note": "note"}[box], box, long); a.status != 413 {
				t.Errorf("%s: %d", box, a.status)
			}
		}
	}
	holds(t, b.pressOn(page, path, "answer", "text", strings.Repeat("🌱\n", 20000/3)), "Your answer is on its way.")
}
