package letter

import (
	"strings"
	"testing"
)

// What stayed in the new text of letters of real weeks and should not have, and words beside it that must stay.
func TestCorpusWeeks(t *testing.T) {
	const (
		listserv = "archive-bigbang/listserv-mbox/3GPP_TSG_SA_WG4_EVS.mbox"
		httpd    = "archive-ponymail/httpd-users-2020-07.mbox"
		maven    = "archive-ponymail/maven-dev-2017-11-listsao.mbox"
		ham      = "archive-spamassassin/easy_ham_1.mbox"
	)
	letters := map[string]map[MessageID]NewText{}
	for _, c := range []struct {
		name, file string
		id         MessageID
		gone, keep []string
	}{
		{"a list's footer between rows of #", listserv, "364608fb-05ec-10ac-c62e-3a663ddcc41a@USherbrooke.ca",
			[]string{"To unsubscribe from the", "########", "is confidential"}, []string{"A text in square", "please be explicit"}},
		{"the same", listserv, "a0d893d0-a0d9-3cb1-9db4-b23ffe99b25e@USherbrooke.ca",
			[]string{"To unsubscribe from the", "########"}, []string{"consolidation of the references"}},
		{"the older letter glued to its heading", httpd, "5f0dbc09.1c69fb81.8d5a5.6947@mx.google.com",
			[]string{"Original message", "To unsubscribe, e-mail"}, []string{"Rewrite was certainly my first choice", "Danny"}},
		{"an indented header above indented bars", ham, "21377.1031857387@munnari.OZ.AU",
			[]string{"Message-ID:  <200209120315", "exmh has a funky cut/paste model"}, []string{"So, the vast majority of people", "Unfortunately, the side effect"}},
		{"one line behind announced initials", ham, "m2admqkk4h.fsf@maya.dyndns.org",
			[]string{"G> you meant"}, []string{"Of course, dear.", "It's a myth"}},
		{"the same below a heading", ham, "ILEHJNJFPDLMDEKNIAKCGEFBCAAA.geege@barrera.org",
			[]string{"G> you meant", "Sent: Tuesday"}, []string{"dreams-are-like-radio analogy"}},
		{"two letters of initials", ham, "15737.16782.542869.368986@slothrop.zope.com",
			[]string{"TP> "}, []string{"The total collections are 1100 messages."}},
		{"more of them", ham, "15738.13529.407748.635725@slothrop.zope.com",
			[]string{"TP> ", "  >> The total"}, []string{"This helps a lot!"}},
		{"an introduction of one's own", ham, "w53lm6fca8i.fsf@woozle.org", []string{"is all like:"}, []string{"Not to beat a dead horse"}},
		{"the same", ham, "w53znuuc2l2.fsf@woozle.org", []string{"is all like:"}, nil},
		{"another", ham, "20020907135257.7E5CBC44D@argote.ch", []string{"CDale URLed thusly:"}, []string{"Well, DUH!!!"}},
		{"a name in brackets", ham, "LNBBLJKPBEHFEDALKOLCEEIEBCAB.tim.one@comcast.net",
			[]string{"[Anthony Baxter]"}, []string{"See the checkin comments for timtest.py last night."}},
		{"the mark of a signature without one", maven, "20171130193227.AB554DFBD7@git1-us-west.apache.org",
			[]string{"\n---", "To unsubscribe"}, []string{"which ticket number it is?"}},
		{"a first line that lost its mark", httpd, "CAFMGiz9chOgmRPTwYb_eVXSu70JrdydBuff7dV3jDZVQ_eGxpw@mail.gmail.com",
			[]string{"\nSince the renewal is done usually a month in advance, you have plenty of"}, []string{"Good point, thanks.", "Was that systemd installed"}},
		// Answers stand between unmarked paragraphs: nobody can say whose they are, and the introduction is the only hint that
		// not all are the author's. So it stays.
		{"nobody can say whose", maven, "CACLE=7PoWjGr=-5CDG_btJ8AO1miaV5QH+frKfxvZoG7FW8-sg@mail.gmail.com",
			nil, []string{"They already have gradle build functional.", "a écrit"}},
	} {
		if letters[c.file] == nil {
			letters[c.file] = newTexts(t, c.file)
		}
		got, ok := letters[c.file][c.id]
		if !ok {
			t.Errorf("%s: there is no %s in %s", c.name, c.id, c.file)
		}
		for _, s := range c.gone {
			if strings.Contains(got.Text, s) {
				t.Errorf("%s: %q is left in\n%.1500s", c.name, s, got.Text)
			}
		}
		for _, s := range c.keep {
			if !strings.Contains(got.Text, s) {
				t.Errorf("%s: %q is lost from\n%.1500s", c.name, s, got.Text)
			}
		}
	}
}

// newTexts are the new texts of all letters of an mbox file of the corpus.
func newTexts(t *testing.T, file string) map[MessageID]NewText {
	t.Helper()
	set, name, _ := strings.Cut(file, "/")
	texts := map[MessageID]NewText{}
	for _, raw := range mboxLetters(corpusFile(t, set, name)) {
		if l, err := Parse(raw); err == nil {
			texts[l.MessageID()] = l.NewText()
		}
	}
	return texts
}
