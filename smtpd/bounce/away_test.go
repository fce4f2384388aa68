package bounce

import (
	"strings"
	"testing"
	"time"
)

func TestAwayUntil(t *testing.T) {
	now := time.Date(2026, 6, 12, 10, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"I am out of the office until 20 June.":                               "2026-06-21",
		"Away from 13 June until Saturday, June 20th, 2026":                   "2026-06-21",
		"I will be back on Monday 22 June 2026. For urgent matters call Bob.": "2026-06-22",
		"Returning July 1":                             "2026-07-01",
		"out 2026-06-13 - 2026-06-19":                  "2026-06-20",
		"Out of office until 06/20/2026":               "2026-06-21",
		"Ich bin bis zum 20. Juni 2026 nicht im Büro.": "2026-06-21",
		"Abwesend vom 13.06. bis 20.6.2026":            "2026-06-21",
		"Ab dem 22. Juni bin ich wieder da":            "2026-06-22",
		"Je suis absente jusqu'au 20 juin inclus":      "2026-06-21",
		"Je serai de retour le lundi 22 juin":          "2026-06-22",
		"Estaré fuera hasta el 20 de junio de 2026":    "2026-06-21",
		"Estou de férias até 20 de junho":              "2026-06-21",
		"Sono assente fino al 20 giugno":               "2026-06-21",
		"Afwezig tot en met 20 juni":                   "2026-06-21",
		"Jag är ledig till 20 juni":                    "2026-06-21",
		"Nie ma mnie do 20 czerwca 2026":               "2026-06-21",
		"Меня не будет до 20 июня":                     "2026-06-21",
		"Until Jan 3": "", // that was; the next one is too uncertain, half a year ahead
		"休暇 2026年6月13日 - 2026年6月20日": "2026-06-21",
		"I am away.": "",
		"On 10 June you wrote: see you on 20 June":      "",
		"until 30 February":                             "",
		"I was away until 1 June":                       "",
		"until 20 June 2031":                            "",
		"I have been with Martin 20 years":              "",
		"Bis 13.6. unterwegs, dann bis 20.6. im Urlaub": "2026-06-21",
		strings.Repeat("x ", 10000) + "until 20 June":   "", // nobody reads so far
	} {
		got, ok := AwayUntil(text, now)
		if ok != (want != "") || ok && got.Format(time.DateOnly) != want {
			t.Errorf("%.60q: %s %v, want %s", text, got.Format(time.DateOnly), ok, want)
		}
	}
	if got, ok := AwayUntil("Bis zum 6. Januar", time.Date(2026, 12, 20, 0, 0, 0, 0, time.UTC)); !ok || got.Format(time.DateOnly) != "2027-01-07" {
		t.Errorf("over the new year: %s %v", got, ok)
	}
}

func FuzzAwayUntil(f *testing.F) {
	for _, s := range []string{"until 20 June", "bis 20.6.2026", "6月20日", "back on July 1st, 2026", "2026-06-20"} {
		f.Add(s)
	}
	now := time.Date(2026, 6, 12, 10, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		back, ok := AwayUntil(text, now)
		if ok && (!back.After(now) || back.After(now.AddDate(1, 0, 0))) {
			t.Errorf("%q: %s", text, back)
		}
	})
}
