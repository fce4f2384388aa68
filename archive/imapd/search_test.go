package imapd

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestSearchThroughTheIndex(t *testing.T) {
	m := community(t)
	talk := m.boxes["Lists/talk"]
	for i := range 5 {
		talk.arrive(note(fmt.Sprintf("number %d", i), "Nothing to see."))
	}
	var asked []Query
	talk.index = func(q Query) ([]uint32, error) {
		asked = append(asked, q)
		switch q {
		case Query{Anywhere, "stemming"}:
			return []uint32{4, 2, 99}, nil // in any order, and more than the client knows
		case Query{Subject, "pears"}:
			return []uint32{2}, nil
		case Query{InBody, "boom"}:
			return nil, errors.New("the index is broken")
		case Query{From, "ann"}, Query{Anywhere, "§§"}:
			return nil, ErrNoIndex
		}
		return nil, nil
	}
	_, addr := start(t, m, nil)
	k := signedIn(t, addr)
	k.play(`
		C: a EXAMINE Lists/talk
		S> a OK …
		C: b SEARCH TEXT stemming
		S: * SEARCH 2 4
		S: b OK SEARCH completed
		C: c UID SEARCH RETURN (MIN MAX COUNT ALL SAVE) OR TEXT stemming SUBJECT pears
		S: * ESEARCH (TAG "c") UID ALL 2,4 MIN 2 MAX 4 COUNT 2
		S: c OK UID SEARCH completed
		C: d FETCH $ UID
		S: * 2 FETCH (UID 2)
		S: * 4 FETCH (UID 4)
		S: d OK FETCH completed
		C: e SEARCH NOT TEXT stemming
		S: * SEARCH 1 3 5
		S: e OK SEARCH completed
		C: f SEARCH UID 3:* TEXT stemming SUBJECT pears
		S: * SEARCH
		S: f OK SEARCH completed
		C: g SEARCH FROM ann 1:2
		S: * SEARCH 1 2
		S: g OK SEARCH completed
		C: h SEARCH CHARSET UTF-8 BODY boom
		S: h NO [UNAVAILABLE] ` + saysShortage + `
		C: i FETCH $ UID
		S: i OK FETCH completed
		C: j SEARCH CHARSET KOI8-R TEXT x
		S: j NO [BADCHARSET] Only US-ASCII and UTF-8 are supported SEARCH charsets
		C: k SEARCH TEXT ""
		S: * SEARCH 1 2 3 4 5
		S: k OK SEARCH completed
	`)
	k.say("l SEARCH TEXT {4+}\r\n§§ 1:5\r\n")
	k.play("S: * SEARCH\nS: l OK SEARCH completed")
	count := map[Query]int{}
	for _, q := range asked {
		count[q]++
	}
	if count[Query{Anywhere, "stemming"}] != 4 || count[Query{From, "ann"}] != 1 {
		t.Errorf("the index was asked %v", count)
	}
}

func TestSearchByReading(t *testing.T) {
	m := community(t)
	talk := m.boxes["Lists/talk"]
	talk.arrive(note("Pears", "Grüße aus dem Garten."))
	talk.arrive("From: =?utf-8?q?J=C3=B6rg?= <joerg@north.test>\nTo: a@b.test\nCc: talk@gardeners.test\nSubject: =?utf-8?b?w4RwZmVs?=\n" +
		"Date: Fri, 6 Mar 2026 23:30:00 -0800\nX-Mood: sunny\nContent-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; charset=utf-8\n\nsch=C3=B6n\n")
	_, addr := start(t, m, nil)
	k := signedIn(t, addr)
	k.play("C: a EXAMINE Lists/talk\nS> a OK …")
	for query, want := range map[string]string{
		`TEXT "grüße"`:                         "1",
		`BODY "GRÜSSE"`:                        "",
		`BODY pears`:                           "",
		`TEXT pears`:                           "1",
		`BODY "schön"`:                         "2",
		`SUBJECT "äpfel"`:                      "2",
		`FROM "jörg"`:                          "2",
		`FROM north.test`:                      "2",
		`TO talk@`:                             "1",
		`CC talk@`:                             "2",
		`BCC x`:                                "",
		`HEADER X-Mood sun`:                    "2",
		`HEADER X-Mood ""`:                     "2",
		`HEADER Message-ID Pears@`:             "1",
		`HEADER Message-ID ""`:                 "1",
		`SENTON 6-Mar-2026`:                    "2", // the day where it was written, whatever day it was elsewhere
		`SENTBEFORE 3-Mar-2026`:                "1",
		`SINCE 2-Mar-2026`:                     "1 2",
		`BEFORE 2-Mar-2026`:                    "",
		`ON 2-Mar-2026`:                        "1 2",
		`LARGER 200`:                           "2",
		`SMALLER 200`:                          "1",
		`SINCE 1-Jan-2026 SMALLER 200`:         "1",
		`SMALLER 200 SINCE 1-Jan-2026`:         "1 2", // the library forgets SMALLER: docs/imap.md
		`NOT NOT SMALLER 200 SINCE 1-Jan-2026`: "1",
		`UNSEEN UNDELETED`:                     "1 2",
		`SEEN`:                                 "",
		`KEYWORD $Junk`:                        "",
		`NOT (TEXT pears) ALL`:                 "2",
		`OR TEXT pears BODY schoen`:            "1",
		`2:1 UID 1`:                            "1",
		`7`:                                    "",
		`$`:                                    "",
	} {
		got := "* SEARCH"
		if want != "" {
			got += " " + want
		}
		k.say("q SEARCH " + query + "\r\n")
		k.play("S: " + got + "\nS: q OK SEARCH completed")
	}
	k.play(`
		C: r SEARCH ` + strings.Repeat("NOT ", 60) + `SEEN
		S: r NO [LIMIT] ` + saysTooDeep + `
		C: s SEARCH ` + strings.Repeat("TEXT a ", 501) + `ALL
		S: s NO [LIMIT] ` + saysTooDeep + `
	`)
}

// F3: a search ends in time, and says so.
func TestSearchHasABudget(t *testing.T) {
	m := community(t)
	talk := m.boxes["Lists/talk"]
	for range 300 {
		talk.arrive(note("slow", strings.Repeat("word ", 20000)))
	}
	_, addr := start(t, m, func(c *Config) { c.SearchWithin = 20 * time.Millisecond })
	k := signedIn(t, addr)
	k.play(`
		C: a EXAMINE Lists/talk
		S> a OK …
		C: b SEARCH RETURN (SAVE) TEXT needle
		S: b NO [LIMIT] ` + saysTooBroad + `
		C: c FETCH $ UID
		S: c OK FETCH completed
		C: d SEARCH 300 TEXT needle
		S: * SEARCH
		S: d OK SEARCH completed
	`)
}
