package moderation

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/letter"
	"backchannel/archive/mbox"
	"backchannel/lists"
	"backchannel/lists/address"
)

// W5: a letter that opens by speaking to the managers, or one of them, and says that it is not for everyone.
func TestSoundsPrivate(t *testing.T) {
	names := []string{"Mira", "Theo"}
	for _, c := range []struct{ subject, text, want string }{
		{"", "Dear managers,\n\nplease keep this confidential: I want to leave.", "confidential"},
		{"", "Liebe Mira,\n\nbitte vertraulich behandeln.", "vertraulich"},
		{"", "Dear managers—between us—I am tired.", "between us"},
		{"", "Hi Mira…\nplease don’t share this.", "don't share"},
		{"", "Theo, this is PRIVATE, so\nplease do not\nshare it.", "this is private"},
		{"", "Chers modérateurs,\n\nentre nous, c'est difficile.", "entre nous"},
		// by the names that our own mails in these languages give the managers
		{"", "Liebes Team,\n\ndas ist privat: ich höre auf.", "das ist privat"},
		{"", "Chère équipe,\n\nc’est privé, s’il vous plaît.", "c'est privé"},
		{"", "Bonjour à l’équipe,\n\nà ne pas partager : je pars.", "ne pas partager"},
		{"", "Hola, equipo:\n\nno es para la lista, por favor.", "no es para la lista"},
		{"", "Querido equipo, que quede entre nosotros.", "entre nosotros"},
		{"", "運営の皆様\n\nここだけの話ですが、辞めたいです。", "ここだけの話"},
		{"", "運営へ\n\n公開しないでください。", "公開しないで"},
		{"", "Notre équipe a un secret : la fête est samedi.", ""},
		{"", "Estimados moderadores:\nesto es confidencial.", "confidencial"},
		{"", "Cari moderatori, tra noi: basta.", "tra noi"},
		{"", "Beste beheerders,\nonder ons gezegd", "onder ons"},
		{"", "管理者の皆様\nここだけの話ですが", "ここだけの話"},
		{"", "モデレーター様、内密にお願いします", "内密"},
		{"To the managers, confidential", "I want to leave.", "confidential"},
		{"Only for Mira", "This stays between us, please.", "between us"},
		{"", "\n\n   Dear team of managers,\nin confidence:", "in confidence"},
		{"", "Hello moderators, keep this to yourselves please.", "keep this to yourselves"},
		// speaks to the managers, or is private, but not both
		{"", "Dear managers,\n\nthank you for the walk.", ""},
		{"", "Our contract has a confidential clause. What do you think?", ""},
		{"", "I told the managers in private, and they were kind.", "in private"},
		{"", "Hello all,\n\nMira and Theo keep a confidential list.", ""},
		{"", "Admiral Theodore said it is confidential.", ""},
		{"", "", ""},
		{"", strings.Repeat("Growing beans is easy. ", 40) + "Dear managers, between us", ""},
		{"", "Dear managers,\n\n" + strings.Repeat("Beans grow. ", 60) + "This is confidential.", ""},
	} {
		if got := soundsPrivate(c.subject, c.text, names); got != c.want {
			t.Errorf("%q %q: %q, want %q", c.subject, c.text, got, c.want)
		}
	}
}

// Every word of every language is found behind every way of speaking to the managers.
func TestEveryPrivacyWord(t *testing.T) {
	for _, to := range append([]string{"Mira"}, managerWords...) {
		for _, w := range privacyWords {
			for _, text := range []string{
				fmt.Sprintf("Hi %s,\n\n%s, please.", to, w),
				fmt.Sprintf("%s: %s!", strings.ToUpper(to), strings.ToUpper(w)),
				fmt.Sprintf("„%s“ – %s", to, strings.Join(strings.Fields(w), "\n")),
			} {
				if soundsPrivate("", text, []string{"Mira"}) == "" {
					t.Errorf("%q is not found", text)
				}
			}
		}
	}
	for _, w := range privacyWords {
		if text := "Hello all, " + w; soundsPrivate("", text, []string{"Mira"}) != "" && !strings.Contains(w, "managers") {
			t.Errorf("%q speaks to nobody", text)
		}
	}
}

func TestMarkedSubject(t *testing.T) {
	for subject, is := range map[string]bool{
		"Re: [private] Re: PR person": true, "[Private] x": true, "AW: [BC K7QX] A question": true, "Fwd: [note K7QX] x": true, "Fwd: [apply A3TZ] Ada Obi": true, "AW: [preview] Friday": true, "[heat] x": true,
		"Re: [BC] British Columbia": false, "[talk] private gardens": false, "[BC KX] x": false, "": false,
	} {
		if markedSubject(subject) != is {
			t.Errorf("%q: marked is %v", subject, !is)
		}
	}
}

// W2: an answer to a digest is known by its subject, whatever language its reader gets it in, and nothing else is taken for one.
func TestDigestSubject(t *testing.T) {
	for subject, is := range map[string]bool{
		"Re: Sponsors, 3 unanswered - Gardeners, 12 June": true, "AW: Sponsors, 1 ohne Antwort – Gardeners, 12. Juni": true, "AW: Seeds – Gardeners, 3. März": true,
		"RE: Sponsors, 1 sans réponse – Gardeners, 12 juin": true, "TR: Sponsors – Gardeners, 1er août": true, "RV: Sponsors, 1 sin respuesta – Gardeners, 12 de junio": true,
		"Re: Sponsors、回答待ち1件 – Gardeners、6月12日": true, "re: seeds - GARDENERS, 12 june": true,
		"Plan - Gardeners, 3 beds": false, "Beans - Gardeners": false, "12 June": false, "Walk – Gardeners, June": false, "Walk - Others, 12 June": false, "": false,
	} {
		if digestSubject(subject, "Gardeners") != is {
			t.Errorf("%q: answers a digest is %v", subject, !is)
		}
	}
}

// hasWord: words stand by themselves, whatever sign is beside them.
func TestHasWord(t *testing.T) {
	for text, is := range map[string]bool{
		"team": true, "(team)": true, "team—us": true, "das „team“": true, "team's": true, "team\u00a0x": true,
		"steam": false, "teams": false, "éteam": false, "team2": false, "": false,
	} {
		if hasWord(text, "team") != is {
			t.Errorf("%q: %v", text, !is)
		}
	}
}

func FuzzSoundsPrivate(f *testing.F) {
	f.Add("s", "Dear managers, between us")
	f.Add("", "\xff\xfe managers \xc3\x28 privately")
	f.Add("", "管理者 内密")
	f.Fuzz(func(t *testing.T, subject, text string) {
		if w := soundsPrivate(subject, text, []string{"Mira"}); w != "" && soundsPrivate(subject, text, nil) == "" && !strings.Contains(strings.ToLower(subject+text), "mira") {
			t.Errorf("%q %q: %q to nobody", subject, text, w)
		}
	})
}

// corpus finds the mail that real lists were sent; the test is skipped where it is not.
func corpus(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skip("no module around this folder")
		}
		dir = up
	}
	path := filepath.Join(dir, "..", "shared", "corpus", name)
	if _, err := os.Stat(path); err != nil {
		t.Skip("the corpus is not here: " + name)
	}
	return path
}

// letters reads the letters of some archives of real lists.
func letters(t *testing.T, names ...string) []*letter.Letter {
	t.Helper()
	var all []*letter.Letter
	for _, name := range names {
		f, err := os.Open(corpus(t, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for m, err := range mbox.NewReader(f, mbox.Options{}).All() {
			if err != nil {
				continue
			}
			if l, err := letter.Parse(m.Raw); err == nil {
				all = append(all, l)
			}
		}
	}
	return all
}

// showsPrivate are those letters that quote private mail; no door was ever given here.
func showsPrivate(t *testing.T, all []*letter.Letter) map[*letter.Letter]bool {
	found := map[*letter.Letter]bool{}
	d := dbtest.Open(t, address.Schema())
	dbtest.View(t, d, func(tx *db.Tx) error {
		for _, l := range all {
			shown, err := lists.ReadQuoted(l).Shown(tx)
			if err != nil {
				return err
			}
			found[l] = shown != ""
		}
		return nil
	})
	return found
}

// Of ordinary posts at most one in a hundred is stopped (product.md I6); here the managers have the most common names of those lists.
func TestOrdinaryPostsPass(t *testing.T) {
	all := letters(t, "archive-ponymail/maven-dev-2017-11-listsao.mbox", "archive-ponymail/maven-dev-2017-12-listsao.mbox", "archive-ponymail/httpd-users-2020-07.mbox",
		"archive-ponymail/httpd-users-200606-part.mbox", "archive-spamassassin/easy_ham_1.mbox")
	if len(all) < 1000 {
		t.Fatalf("%d letters", len(all))
	}
	quotes := showsPrivate(t, all)
	for _, names := range [][]string{{"Mira", "Theo"}, {"John", "Robert", "Michael", "Tim", "Justin", "Chris", "Daniel"}} {
		stopped := 0
		for _, l := range all {
			w := soundsPrivate(l.Subject(), l.NewText().Text, names)
			if w == "" {
				w = slashLine(l.NewText().Text)
			}
			if w != "" || markedSubject(l.Subject()) || quotes[l] || digestSubject(l.Subject(), "Garden talk") {
				stopped++
				t.Logf("%q stops %q", w, l.Subject())
			}
		}
		if stopped*100 > len(all) {
			t.Errorf("managers %v: %d of %d ordinary posts are stopped", names, stopped, len(all))
		}
		t.Logf("managers %v: %d of %d", names, stopped, len(all))
	}
}
