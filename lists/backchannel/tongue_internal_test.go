package backchannel

import "testing"

// A language is told by its letters or its commonest words; whatever is short, mixed or of a neighbour is not told.
func TestTongueOf(t *testing.T) {
	for text, want := range map[string]string{
		"May I ask what the others think of it? I would like to know if we have a plan for this.":                      "en",
		"Ich weiß nicht, ob wir das schon besprochen haben, aber mir ist es nicht klar und ich frage lieber noch mal.": "de",
		"Je ne sais pas si cette question est pour vous, mais nous avons un souci avec les semences dans le jardin.":   "fr",
		"No sé si esta pregunta es para vosotros, pero hay un problema con las semillas y me gustaría hablar.":         "es",
		"質問があります。この庭の種について、だれに聞けばいいですか。":                                                                               "ja",
		"O que eu não sei é se as sementes são para mim ou para os outros, mas isso não é um problema.":                "pt",
		"Non so se la domanda è per voi, ma ho un problema con i semi che sono nel giardino.":                          "it",
		"Gracias, muy bien":                                                 "",
		"https://example.org/a/b Dana Reyes 12 kg":                          "",
		"tomatoes beans carrots peas kale leeks chard beets onions turnips": "",
		"Обсудим вопрос о семенах, пожалуйста.":                             "",
		"": "",
	} {
		if got := tongueOf(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
