package digest_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
)

// What the program says by itself in a digest is in its reader's language, in the header and in posts of others' words, too.
func TestDigestSpeaksItsReadersLanguage(t *testing.T) {
	address := regexp.MustCompile(`\S+@\S+`)
	english := regexp.MustCompile(`(?i)\b(weekly|managers \(private\)|everyone:|no subject|it goes on|answer everyone|somebody|new from)\b`)
	for tongue, want := range map[string][]string{
		"de": {"Gardeners – Wochenübersicht", "Das Team (vertraulich)", "An alle: (ohne Betreff)", "(Es geht weiter:"},
		"fr": {"Gardeners – résumé de la semaine", "L’équipe (en privé)", "Tout le monde\u00a0: (sans objet)", "(La suite\u00a0:"},
		"es": {"Gardeners – resumen semanal", "El equipo (en privado)", "Todo el mundo: (sin asunto)", "(Sigue:"},
		"ja": {"Gardeners 毎週のまとめ", "運営チーム（非公開）", "みんなへ：（件名なし）", "（件名なし）"},
		"en": {"Gardeners weekly", "The managers (private)", "Everyone: (no subject)", "(It goes on:"},
	} {
		t.Run(tongue, func(t *testing.T) {
			w := newTown(t)
			m := w.reader("dana@north.example", "Dana Reyes")
			w.update(func(tx *db.Tx) error {
				m.Language = tongue
				p := lists.DefaultDigest()
				p.Format = lists.FormatMIME
				return errors.Join(lists.SaveMember(tx, m), lists.SaveDigestPref(tx, m.ID, p))
			})
			w.due()
			w.say("Bill <bill@south.example>", "", "So it is."+strings.Repeat("\nAll of it is said again and again in this line here.", 300))
			w.at("5 Jun 06:00")
			a := w.issue(w.due(), "dana@north.example")
			said := a.From()[0].Name + "\n" + a.ReplyTo()[0].Name + "\n" + a.Text()
			for _, p := range a.Parts() {
				if p.Type == "message/rfc822" {
					l, err := letter.Parse(p.Decoded())
					if err != nil {
						t.Fatal(err)
					}
					said += "\n" + l.ReplyTo()[0].Name + "\n" + l.Text()
				}
			}
			for _, words := range want {
				if !strings.Contains(said, words) {
					t.Errorf("%q is missing in\n%.600s", words, said)
				}
			}
			if found := english.FindString(address.ReplaceAllString(said, "")); found != "" && tongue != "en" {
				t.Errorf("English words: %q", found)
			}
		})
	}
}
