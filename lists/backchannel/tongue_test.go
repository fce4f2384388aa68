package backchannel_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/lists/mailroom/mailroomtest"
)

// Of a letter in a language that no manager reads the managers are told, and its writer in that language (B15b). A manager who has answered in
// it reads it (FC13).
func TestALetterInAnotherLanguage(t *testing.T) {
	v := mailroomtest.New(t)
	const french = "Je ne sais pas si cette question est pour vous, mais nous avons un souci avec les semences dans le jardin."
	got := ask(v, "Une question", french)
	says(t, v.One(got, mira), `It seems to be in French, which no manager reads as far as we know; it has the tag "lang".`)
	says(t, v.One(got, dana), "personne dans l")
	v.MustSend(answer(mira, v.One(got, mira), "Je pense que c'est une bonne question, et nous avons la place pour les semences dans le jardin."))
	v.Deliver()
	v.Pass(2 * time.Hour)
	for _, a := range ask(v, "Encore", french+" Et encore.") {
		if strings.Contains(words(a), "French") || strings.Contains(words(a), "personne dans l") {
			t.Errorf("Mira reads it:\n%s", a.Text())
		}
	}
}

// A letter without a name is not marked by its language, which would tell managers something of its writer: neither the first one nor what
// follows through its door, nor when it is shown again or given to another manager (B10).
func TestAVoicesLanguageIsNotTold(t *testing.T) {
	v := crowd(t)
	p := burntOut
	p.Subject, p.Body = "Eine Frage", "Ich weiß nicht, ob wir das schon besprochen haben, aber mir ist es nicht klar und ich frage lieber noch mal."
	seen, _ := voiced(t, v, p)
	first := v.One(seen, mira)
	says(t, first, "Ich weiß nicht")
	v.MustSend(answer(mira, first, "Thank you, we shall talk about it."))
	all := v.Deliver()
	seen = append(seen, all...)
	v.MustSend(answer(dana, v.One(all, dana), "Das ist gut, und ich habe noch eine Frage: wir wissen nicht, wie es mit dem Garten ist und ob das für uns auch so wird."))
	seen = append(seen, v.Deliver()...)
	v.Pass(61 * time.Minute)
	next := v.Deliver()
	seen = append(seen, next...)
	says(t, v.One(next, mira), "noch eine Frage")
	for _, c := range [][2]string{
		{"/log", "noch eine Frage"}, {"/who", "Who knows of it"}, {"/export notes", "A copy"}, {"/urgent", ""}, {"/note He is new here.", "He is new here."}, {"/give theo", "gave this letter to you"}, {"/report", "is treated as a report"},
	} {
		v.MustSend(answer(mira, v.One(next, mira), c[0]))
		got := v.Deliver()
		if c[1] != "" && !slices.ContainsFunc(got, func(a arrived) bool { return strings.Contains(a.Subject()+words(a), c[1]) }) {
			t.Errorf("%s brought nothing with %q:\n%s", c[0], c[1], mailroomtest.Subjects(got))
		}
		for _, a := range got {
			hides(t, a, "There is no command")
		}
		seen = append(seen, got...)
	}
	for _, a := range seen {
		hides(t, a, "German", `tag "lang"`, "nobody among", "niemand unter")
	}
	dbtest.Update(t, v.DB, func(tx *db.Tx) error {
		var n int
		err := tx.QueryRow("SELECT count(*) FROM conv_tag WHERE tag = 'lang'").Scan(&n)
		if n != 0 {
			t.Errorf("%d marks", n)
		}
		return err
	})
}
