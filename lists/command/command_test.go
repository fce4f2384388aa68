package command_test

import (
	"fmt"
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/lists/command"
	"backchannel/templates/refusal"
)

// deeds is what the verbs of the tests write into.
type deeds struct{ done []string }

func table() command.Table[*deeds] {
	do := func(name string) func(*db.Tx, *deeds, string) (string, error) {
		return func(tx *db.Tx, d *deeds, args string) (string, error) {
			if args == "bad" {
				return "", refusal.Because(refusal.Invalid, "That is bad.")
			}
			if args == "broken" {
				return "", fmt.Errorf("the disk is on fire")
			}
			if _, err := tx.Exec("INSERT INTO deed (what) VALUES (?)", name+" "+args); err != nil {
				return "", err
			}
			d.done = append(d.done, name+" "+args)
			return "Did " + name + ".", nil
		}
	}
	return command.Table[*deeds]{
		{Name: "mine", Takes: command.Nothing, Help: "Take it.", Do: do("mine")},
		{Name: "close", Args: "[p|n]", After: true, Do: do("close")},
		{Name: "note", Args: "TEXT", Takes: command.Paragraph, Do: do("note")},
		{Name: "post", Args: "TEXT", Takes: command.Rest, Do: do("post")},
	}
}

func read(text string) string {
	calls, rest, wrong := table().Read(text)
	var s []string
	for _, c := range calls {
		s = append(s, strings.TrimSpace(c.Verb.Name+" "+c.Args))
	}
	if wrong != nil {
		return fmt.Sprintf("wrong %q %q %q", wrong.Line, wrong.Usage, wrong.Why)
	}
	return strings.Join(s, "; ") + " | " + rest
}

func TestRead(t *testing.T) {
	for text, want := range map[string]string{
		"":                            " | ",
		"Yes.":                        " | Yes.",
		"/mine":                       "mine | ",
		"/Mine\n\n/CLOSE P\nYes.":     "mine; close P | Yes.",
		"Yes.\n/close":                " | Yes.\n/close",
		"The folder is /home/bees":    " | The folder is /home/bees",
		"  / mine.\r\nYes.":           "mine | Yes.",
		"／ｍｉｎｅ！\nYes.":                "mine | Yes.",
		"\u200b/mine\u00a0\nYes.":     "mine | Yes.",
		"/close\u00a0p":               "close p | ",
		"/close\tp":                   "close p | ",
		"/ntoe x":                     `wrong "/ntoe x" "/note TEXT" ""`,
		"/mine\n/ntoe x\nYes.":        `wrong "/ntoe x" "/note TEXT" ""`,
		"/notes x":                    `wrong "/notes x" "/note TEXT" ""`,
		"/CLOES p":                    `wrong "/CLOES p" "/close [p|n]" ""`,
		"/mime":                       `wrong "/mime" "/mine" ""`,
		"/no":                         `wrong "/no" "" ""`,
		"/neto x":                     `wrong "/neto x" "" ""`,
		"/mine mine":                  `wrong "/mine mine" "/mine" "Nothing may stand behind it."`,
		"/":                           `wrong "/" "" ""`,
		"/ \nYes.":                    `wrong "/" "" ""`,
		"//mine":                      `wrong "//mine" "/mine" ""`,
		"/home/bees is the folder":    `wrong "/home/bees is the folder" "" ""`,
		"/note one\ntwo\n\nYes.":      "note one\ntwo | Yes.",
		"/note one\n/mine\nYes.":      "note one; mine | Yes.",
		"/note\none":                  "note one | ",
		"/note":                       "note | ",
		"/post one\n\ntwo\n/mine\nNo": "post one\n\ntwo; mine | No",
	} {
		if got := read(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestUsage(t *testing.T) {
	for name, want := range map[string]string{"mine": "", "/close": "/close [p|n]", "/Note": "/note TEXT", "/other": ""} {
		v, _ := table().Find(name)
		got := ""
		if v.Name != "" {
			got = v.Usage()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func schema() db.Schema {
	return db.Schema{Owner: "test", Steps: []string{"CREATE TABLE deed (what TEXT NOT NULL) STRICT"}}
}

// All of a letter's commands are done, or none.
func TestAllOrNone(t *testing.T) {
	for text, want := range map[string]string{
		"/mine\n/close p":   "2 deeds, said Did mine. Did close., wrong ",
		"/mine\n/close bad": "0 deeds, said , wrong /close bad: That is bad. (/close [p|n])",
		"":                  "0 deeds, said , wrong ",
	} {
		d := dbtest.Open(t, schema())
		calls, _, _ := table().Read(text)
		dbtest.Update(t, d, func(tx *db.Tx) error {
			said, wrong, err := command.Run(tx, &deeds{}, calls)
			got := ""
			if wrong != nil {
				got = fmt.Sprintf("%s: %s (%s)", wrong.Line, wrong.Why, wrong.Usage)
			}
			n := 0
			if err := tx.QueryRow("SELECT count(*) FROM deed").Scan(&n); err != nil {
				return err
			}
			if all := fmt.Sprintf("%d deeds, said %s, wrong %s", n, strings.Join(said, " "), got); all != want {
				t.Errorf("%q: %s, want %s", text, all, want)
			}
			return err
		})
	}
}

// What is broken is no mistake of the manager's.
func TestBroken(t *testing.T) {
	d := dbtest.Open(t, schema())
	calls, _, _ := table().Read("/mine\n/close broken")
	err := d.Update(t.Context(), func(tx *db.Tx) error {
		_, wrong, err := command.Run(tx, &deeds{}, calls)
		if wrong != nil {
			t.Errorf("taken for a mistake: %+v", wrong)
		}
		return err
	})
	if err == nil {
		t.Error("no error")
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"/close\n/mine\nx", "/\n/", "/note a\nb\n\nc", "／mine", "/post x\n/note y", "\n\n/mine"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		calls, rest, wrong := table().Read(text)
		if len(calls) > strings.Count(text, "\n")+1 || !strings.Contains(text, rest) {
			t.Errorf("%q: %d calls, %q", text, len(calls), rest)
		}
		if wrong != nil {
			if len(calls) != 0 || rest != text {
				t.Errorf("%q: a mistake and %d calls, %q", text, len(calls), rest)
			}
			return
		}
		var lines []string
		for _, c := range calls { // what waits with a held answer is read again in the same sense
			lines = append(lines, c.Again())
		}
		again, below, wrong := table().Read(strings.Join(lines, "\n"))
		if wrong != nil || below != "" || len(again) != len(calls) {
			t.Fatalf("%q is written again as %q: %d calls, %q, %v", text, lines, len(again), below, wrong)
		}
		for i := range calls {
			if calls[i].Verb.Name != again[i].Verb.Name || calls[i].Args != again[i].Args {
				t.Errorf("%q: call %d is %s %q, then %s %q", text, i, calls[i].Verb.Name, calls[i].Args, again[i].Verb.Name, again[i].Args)
			}
		}
	})
}
