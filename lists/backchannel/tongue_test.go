package backchannel_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/lists/mailroom/mailroomtest"
)

// Of a letter in a language that no manager reads the managers are told, and its writer in that language (B15b). A manager who has answered in
// it reads it.
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
