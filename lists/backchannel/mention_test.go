package backchannel

import (
	"strings"
	"testing"

	"backchannel/archive/letter"
	"backchannel/lists"
)

func TestMentions(t *testing.T) {
	var managers []lists.Member
	for _, one := range []string{"Mira Lowe <mira@lowe.example>", "Theo Brandt <theo@brandt.example>", "Will Weil <w.weil@weil.example>", "Jürgen Koch <j@koch.example>"} {
		name, a, _ := strings.Cut(strings.TrimSuffix(one, ">"), " <")
		addr, err := letter.ParseAddress(a)
		if err != nil {
			t.Fatal(err)
		}
		managers = append(managers, lists.Member{Name: name, Address: addr})
	}
	for text, want := range map[string]string{
		"Theo's answer yesterday was humiliating.":     "Theo | Theo",
		"THEO SHOUTED AT ME":                           "Theo | Theo",
		"theo shouted at me":                           "Theo | Theo",
		"I met theo brandt.":                           "Theo | Theo",
		"Theos Antwort war frech.":                     "Theo | Theo",
		"write to theo@brandt.example":                 "Theo | Theo",
		"I will ask what he will do.":                  " | ",
		"Will said so. Ask will weil.":                 "Will | Will",
		"Theodora and Miranda were there, with Lowell": " | ",
		"Hi Mira,\nmay I ask?":                         " | Mira",
		"Hi Mira and Theo, may I ask?":                 " | Mira Theo",
		"Hello!\nTheo was rude.":                       "Theo | Theo",
		"Hi Mira, Theo was rude.":                      "Theo | Mira Theo",
		"Dear Theo.":                                   " | Theo",
		"Mira, could you look?":                        " | Mira",
		"Thanks Mira!\nThat helps.":                    " | Mira",
		"Thank you, Mira":                              " | Mira",
		"Hi, Mira and Theo":                            " | Mira Theo", "Hello, Theo was rude to Bill": "Theo | Theo",
		"Thanks to Mira I am leaving.":      "Mira | Mira",
		"Thanks for nothing: Theo was rude": "Theo | Theo",
		"The letter is from Dana.":          " | ",
		"Jurgen was rude":                   "Jürgen | Jürgen",
		"JUERGENS Antwort":                  "Jürgen | Jürgen",
		"Ju\u0308rgen was rude":             "Jürgen | Jürgen",
		"Théo was rude":                     "Theo | Theo",
		"Mr. Brandt was rude":               "Theo | Theo",
		"Herr Koch war frech":               "Jürgen | Jürgen",
		"Der Koch war frech":                " | Jürgen",
		"Brandt shouted at me":              " | Theo",
		"we brandt it":                      " | ",
		"Dear Mr Brandt, may I?":            " | Theo",
		"":                                  " | ",
	} {
		var got []string
		for _, greetings := range []bool{true, false} {
			var names []string
			for _, m := range mentions(text, managers, "Dana Reyes", greetings) {
				names = append(names, m.FirstName())
			}
			got = append(got, strings.Join(names, " "))
		}
		if s := strings.Join(got, " | "); s != want {
			t.Errorf("%q: %q, want %q", text, s, want)
		}
	}
	if got := mentions("I am sorry.\n\nTheo", managers, "Theo Other", true); len(got) != 0 {
		t.Errorf("a writer's own name is a manager's: %v", got)
	}
	if got := mentions("Anna Brandt\nMs Brandt", managers, "Anna Brandt", false); len(got) != 0 {
		t.Errorf("a writer's own last name is a manager's: %v", got)
	}
}

func FuzzMentions(f *testing.F) {
	for _, s := range []string{"Hi Mira,\nTheo's", "Thanks ’s", "-'", "Mira"} {
		f.Add(s)
	}
	managers := []lists.Member{{Name: "Mira Lowe"}, {Name: "Theo"}, {Name: ""}}
	f.Fuzz(func(t *testing.T, text string) {
		with, without := mentions(text, managers, "Dana", true), mentions(text, managers, "Dana", false)
		if len(with) > len(without) {
			t.Errorf("%q: a greeting adds %v to %v", text, with, without)
		}
	})
}
