package lists_test

import (
	"testing"

	"backchannel/lists"
)

func TestWord(t *testing.T) {
	for text, want := range map[string]struct {
		word  string
		alone bool
		rest  string
	}{
		"YES":                            {"YES", true, ""},
		"\n  yes.\n":                     {"YES", true, ""},
		"*Public*":                       {"PUBLIC", true, ""},
		"Yes please":                     {"YES", true, ""},
		"Yes, thank you!\n\nDana":        {"YES", true, "Dana"},
		"Yes, but not before Monday":     {"YES", false, "but not before Monday"},
		"PUBLIC? Rather not.":            {"PUBLIC", false, "Rather not."},
		"PUBLIC?":                        {"PUBLIC", false, ""},
		"Public ?":                       {"PUBLIC", false, "?"},
		"NO it is an advertisement":      {"NO", false, "it is an advertisement"},
		"NO\n\nPlease no advertisements": {"NO", true, "Please no advertisements"},
		"":                               {"", false, ""},
		"...":                            {"", false, ""},
		"ДА":                             {"ДА", true, ""},
	} {
		if word, alone, rest := lists.Word(text); word != want.word || alone != want.alone || rest != want.rest {
			t.Errorf("%q: %q %v %q, want %+v", text, word, alone, rest, want)
		}
	}
}

func FuzzWord(f *testing.F) {
	for _, s := range []string{"YES", "NO because\nof this", "\x00", "¿YES?", "\u2003PUBLIC"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		word, alone, _ := lists.Word(text)
		if alone && word == "" {
			t.Errorf("%q: a decision without a word", text)
		}
	})
}

// B6: a name that takes readers in is not shown; a name that only resembles is.
func TestPoses(t *testing.T) {
	for name, poses := range map[string]bool{
		"Mira Lowe":                     true,
		"mira  LOWE":                    true,
		"Lowe, Mira":                    true,
		"Mïra Löwe":                     true,
		"Мira Lоwe":                     true, // Cyrillic М and о
		"Mіra L0we":                     true,
		"Mira\u200b Lo\u00adwe":         true,
		"M\u3164ira Lowe":               true,
		"Dr. Mira Lowe (office)":        true,
		"Mira, for the managers":        true,
		"The Managers":                  true,
		"Garden talk":                   true,
		"Bill via Garden talk":          true,
		"Postmaster":                    true,
		"bill@south.example":            true,
		"bill＠south.example":            true,
		"Mira":                          false, // half of us have a namesake
		"Mira Lowenthal":                true,  // as the eye reads it; the address stands instead, and nobody is hurt
		"Bill Tan":                      false,
		"Natalka":                       false,
		"":                              false,
		"Talker":                        false,
		"Ombra Lower":                   false,
		"Гараж":                         false,
		"Managing Editor of Wildflower": false,
	} {
		if got := lists.Poses(name, "Mira Lowe", "Garden talk", "talk"); got != poses {
			t.Errorf("%q: poses is %v", name, got)
		}
	}
	if lists.Poses("Bill", "") {
		t.Error("a manager without a name is everybody")
	}
}
