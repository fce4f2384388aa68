package digest

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct{ name, text, said, context string }{
		{"words alone", "One.\nTwo.", "One.\nTwo.", ""},
		{"an answer below a quote", "> Which one?\n\nThe red one.", "The red one.", "Which one?"},
		{"the nearest two lines of the same depth", ">> older\n> one\n> two\n> three\n\nYes.", "Yes.", "two\nthree"},
		{"a deeper quote is nobody's", "> one\n>> deep\n\nYes.", "Yes.", "deep"},
		{"an indented quote", "    >> x\n\nYes.", "Yes.", "x"},
		{"words first: no context", "Yes.\n\n> Which one?\n\nThe red one.", "Yes.\n…\nThe red one.", ""},
		{"a quote at the end", "Yes.\n> Which one?", "Yes.", ""},
		{"who wrote goes with the quote", "CDale URLed thusly:\n\n> The assumption.\n\nWell, no.", "Well, no.", "The assumption."},
		{"with an address", "So then, Guido van Rossum <guido@python.example> is all like:\n\n> Do it.\n\nDone.", "Done.", "Do it."},
		{"a name in brackets", "[Anthony]\n> How?\n\nSo.", "So.", "How?"},
		{"a list with a colon stays", "I need:\n\n* soil\n* pots", "I need:\n* soil\n* pots", ""},
		{"the end of a paragraph stays", "I have read the page twice now\nand I think this:\n> x\n\nis wrong.", "I have read the page twice now\nand I think this:\n…\nis wrong.", ""},
		{"left out by the author", "> a\n\n[...]\n\n> b\n\nYes.\n<…>", "Yes.", "b"},
		{"a ruled quote", "> one\n> =====\n\nYes.", "Yes.", "one"},
		{"nothing", "> a\n> b", "", "a\nb"},
		{"a name in front of each line", "On Tue, 6 Nov 2001 Herbert wrote:\n\nHerbert> Travis has one.\n\nIn SciPy?\n\nHerbert> Yes.", "In SciPy?", "Travis has one."},
		{"a prompt is no name", "Bill wrote:\n\nmysql> SELECT 1;\nmysql> SELECT 2;", "Bill wrote:\nmysql> SELECT 1;\nmysql> SELECT 2;", ""},
		{"a quote that a program broke", "> " + strings.Repeat("quoted words ", 6) + "\nand more\n> of it\n\nMine.", "Mine.", "… " + strings.Repeat("quoted words ", 5) + "quoted words\nof it"},
		{"an answer between quotes", "> " + strings.Repeat("quoted words ", 6) + "\nYes.\n> of it\n\nMine.", "Yes.\n…\nMine.", "… " + strings.TrimSpace(strings.Repeat("quoted words ", 6))},
		{"a long name that writes", "\"Bill Tan of the garden in the very south <bill at south>\" <bill at south> writes:\n> Old.\n\nNew.", "New.", "Old."},
		{"empty", "", "", ""},
		{"stated", "Bill Tan stated the following on Thu, Aug 29, 2002 at 03:31:11PM +0100 :\n> Old.\n\nNew.", "New.", "Old."},
		{"a question in small letters is whole", "> who appointed yours?\n\nNobody.", "Nobody.", "who appointed yours?"},
		{"the end of a sentence above goes", "> on. To pick an obvious example, if you want to do\n> linear algebra, then do.\n\nYes.", "Yes.", "To pick an obvious example, if you want to do\nlinear algebra, then do."},
		{"a sentence that began above", "> precisely identical between all the males and the females.\n\nNo.", "No.", "… precisely identical between all the males and the females."},
		{"pictures with links are no words", "[Gnome] (http://www.gnome.example/) [See you!] (http://x.example/)\nGnome report\n[1] and [2]", "Gnome report\n[1] and [2]", ""},
		{"a newsletter speaks of itself", "Can't read this email? Click here (http://n.example/1)\nTo unsubscribe click here (http://n.example/2)\nIm Browser ansehen (https://n.example/3)\nThe beans are in.", "The beans are in.", ""},
		{"a person does not", "To unsubscribe, write to the list.\nUnsubscribe me? No.", "To unsubscribe, write to the list.\nUnsubscribe me? No.", ""},
		{"a letter handed on", "--- begin forwarded text\n\n\nPriority: normal\nDate: Mon, 9 Sep 2002\nReply-To: Law & Policy\n <law@x.example>\nSubject: Papers\n\nPapers are wanted.", "Papers are wanted.", ""},
		{"with words above it", "Look:\n\n---------- Forwarded message ---------\nVon: Bill Tan <bill@x.example>\nDatum: Mo., 3. Juni 2024\nBetreff: Beete\n\nDie Beete sind fertig.", "Look:\nDie Beete sind fertig.", ""},
		{"words about handing on", "---- forwarded message follows ----\nI liked it.", "---- forwarded message follows ----\nI liked it.", ""},
		{"nothing but its head", "Begin forwarded message:\nFrom: Bill\nTo: Ada", "Begin forwarded message:\nFrom: Bill\nTo: Ada", ""},
		{"pictures alone stay", "[Gnome] (http://www.gnome.example/)", "[Gnome] (http://www.gnome.example/)", ""},
	} {
		if said, context := split(c.text); said != c.said || context != c.context {
			t.Errorf("%s: %q, %q, want %q, %q", c.name, said, context, c.said, c.context)
		}
	}
}

// A long link in brackets, as HTML mails get them, does not take the room of words; whose it is stays.
func TestWithShortLinks(t *testing.T) {
	long := strings.Repeat("x", 60)
	for in, want := range map[string]string{
		"the album (https://photos.example/a?q=" + long + ") and more": "the album (photos.example/…) and more",
		"the page (http://www.garden.example/" + long + ")":            "the page (garden.example/…)",
		"see (https://photos.example/a)":                               "see (https://photos.example/a)",
		"see https://photos.example/" + long:                           "see https://photos.example/" + long,
		"see https://www.photos.example/" + long + long + ", or not":   "see photos.example/…, or not",
		"(not a link, but long: " + long + ")":                         "(not a link, but long: " + long + ")",
		"":                                                             "",
	} {
		if got := withShortLinks(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// In a thread the names of its people mark quotes, too, when two lines bear one.
func TestSplitAmong(t *testing.T) {
	th := freshThread{posts: []archive.Post{{From: letter.Mailbox{Name: "Anthony Baxter"}}, {From: letter.Mailbox{Name: "Ольга Смирнова"}}, {From: letter.Mailbox{Name: "SQL Fan"}}, {From: letter.Mailbox{}}}}
	for _, c := range []struct{ name, text, said, context string }{
		{"by name", "Anthony> They weren't split\nAnthony> in any way.\n\nHmm.", "Hmm.", "They weren't split\nin any way."},
		{"by initials", "ОС> Откройте двери,\nОС> это нормально.\n\nНет.", "Нет.", "Откройте двери,\nэто нормально."},
		{"one line is none", "Anthony> is a prompt\n\nHmm.", "Anthony> is a prompt\nHmm.", ""},
		{"a prompt is nobody, though somebody is called so", "SQL> select 1\nSQL> from dual\n\nWhat now?", "SQL> select 1\nSQL> from dual\nWhat now?", ""},
		{"nobody of the thread", "Router> show ip\nRouter> quit\n\nWhat now?", "Router> show ip\nRouter> quit\nWhat now?", ""},
	} {
		if said, context := splitAmong(th.marks(), c.text); said != c.said || context != c.context {
			t.Errorf("%s: %q, %q, want %q, %q", c.name, said, context, c.said, c.context)
		}
	}
}

func TestWithoutPatch(t *testing.T) {
	const patch = "---\n pump.c | 4 ++--\n 1 file changed, 2 insertions(+), 2 deletions(-)\n\ndiff --git a/pump.c b/pump.c\n--- a/pump.c\n+++ b/pump.c\n@@ -10,7 +10,7 @@\n-\told\n+\tnew\n"
	for in, want := range map[string]string{
		"The pump ran dry.\n\nSigned-off-by: Ada <a@x.example>\nCc: b@x.example\n" + patch: "The pump ran dry.",
		"Try this:\n\nIndex: pump.c\n====\n--- pump.c\n":                                   "Try this:",
		"Please compare.\n\nReviewed-by: Bob <b@x.example>":                                "Please compare.",
		"Reviewed-by: Bob <b@x.example>":                                                   "Reviewed-by: Bob <b@x.example>",
		patch:                                                                              patch,
		"It is all here.\nLink: https://x.example/":                                        "It is all here.\nLink: https://x.example/",
		"> diff --git a/x b/x\n> @@ -1,2 +1 @@\n\nNo.":                                     "> diff --git a/x b/x\n> @@ -1,2 +1 @@\n\nNo.",
		"one\n---\ntwo":                                                                    "one\n---\ntwo",
		"":                                                                                 "",
	} {
		if got := withoutPatch(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestHide(t *testing.T) {
	token := "0123456789abcdefghjkmnpqrs"
	for in, want := range map[string]string{
		"write to talk@d.example.":                   "write to talk@….",
		"<TALK@D.Example>":                           "<TALK@…>",
		"a.b-c@d.example, talk@d.example":            "a.b-c@…, talk@…",
		"mailto:talk@d.example?subject=x":            "mailto:talk@…?subject=x",
		"managers@d.example help@d.example":          "managers@d.example help@d.example",
		"talk@d.example.org talk@d.examples":         "talk@d.example.org talk@d.examples",
		"x@sub.d.example":                            "x@sub.d.example",
		"everyone+" + token + "@d.example!":          "everyone@…!",
		"talk-leave@d.example talk+x@d.example":      "talk-leave@… talk+x@…",
		"İstanbul talk@d.example":                    "İstanbul talk@…",
		"\xff talk@d.example":                        "\xff talk@…",
		"\xff\xff talk@d.example":                    "\xff\xff talk@…",
		"@d.example":                                 "@…",
		"no address":                                 "no address",
		"talk@d.exampletalk@d.example":               "talk@d.exampletalk@…",
		"…talk@d.example…":                           "…talk@……",
		strings.Repeat("talk@d.example ", 3) + "end": "talk@… talk@… talk@… end",
	} {
		if got := hide(in, "d.example"); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// No text hides an address so well that it is left.
func FuzzHide(f *testing.F) {
	for _, s := range []string{"talk@d.example", "İ talk@D.EXAMPLE", "x@d.example.d.example", ".@d.example", "a+b@d.example", "\xff\xfe talk@d.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := hide(s, "d.example")
		for _, word := range strings.FieldsFunc(strings.ToLower(got), func(r rune) bool { return !isWord(r) && r != '@' && r != '.' && r != '_' && r != '+' }) {
			if name, ok := strings.CutSuffix(strings.TrimRight(word, "."), "@d.example"); ok && strings.HasSuffix(name, "talk") {
				t.Errorf("%q: %q", s, got)
			}
		}
		if split, _ := split(s); len(split) > len(s)+4*strings.Count(s, "\n")+4 {
			t.Errorf("%q grew to %q", s, split)
		}
	})
}

func TestWithoutArmor(t *testing.T) {
	for in, want := range map[string]string{
		"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\nwords\n- - a point\n- -----\n-----BEGIN PGP SIGNATURE-----\n\niD8=\n-----END PGP SIGNATURE-----\n": "words\n- a point\n-----",
		"\n-----BEGIN PGP SIGNED MESSAGE-----\n\nwords":     "words",
		"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1":    "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1",
		"See:\n-----BEGIN PGP SIGNED MESSAGE-----\n\nwords": "See:\n-----BEGIN PGP SIGNED MESSAGE-----\n\nwords",
		"words": "words",
	} {
		if got := withoutArmor(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestFiles(t *testing.T) {
	a := func(name, typ string, size int) letter.Attachment {
		return letter.Attachment{Name: name, Type: typ, Size: size}
	}
	for want, all := range map[string][]letter.Attachment{
		"":                                       {a("signature.asc", "application/pgp-signature", 800), a("smime.p7s", "application/pkcs7-signature", 800)},
		"attachment: plan.pdf 180 KB":            {a("plan.pdf", "application/pdf", 180<<10), a("signature.asc", "application/pgp-signature", 800)},
		"2 attachments: a.png 1 KB, a file 2 KB": {a("a.png", "image/png", 5), a("", "application/octet-stream", 1025)},
		"attachment: a file 1 KB":                {a("\uFFFD\uFFFD \uFFFD.txt", "text/plain", 5)}, // in a charset that nobody knows
		"4 attachments: a 0 KB, b 0 KB, c 0 KB …":                  {a("a", "x/y", 0), a("b", "x/y", 0), a("c", "x/y", 0), a("d", "x/y", 0)},
		"attachment: " + strings.Repeat("x", nameLen-1) + "… 1 KB": {a(strings.Repeat("x", 300)+".txt", "text/plain", 1)},
	} {
		if got := files(archive.Post{Attachments: all}).In(templates.English); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// thread makes one of posts "author: text"; the first is the opening one if begun.
func thread(begun bool, posts ...string) freshThread {
	t := freshThread{thread: archive.Thread{Root: 100, Subject: "Compost"}}
	for i, p := range posts {
		who, text, _ := strings.Cut(p, ": ")
		id := archive.PostID(i + 1)
		if begun && i == 0 {
			id = 100
		}
		t.posts = append(t.posts, archive.Post{
			ID: id, Seq: int64(i), Subject: "Compost", Text: text, From: letter.Mailbox{Name: who, Address: letter.Address{Local: who, Domain: "x.example"}},
			Published: time.Date(2026, 6, 1, i, 0, 0, 0, time.UTC),
		})
	}
	return t
}

func TestWhatIsShownOfAThread(t *testing.T) {
	long, longer := strings.Repeat("long ", 20), strings.Repeat("longer ", 40)
	for _, c := range []struct {
		name string
		t    freshThread
		most int
		want string
	}{
		{"the opening and those who say most", thread(true, "a: open", "b: "+long, "c: +1", "d: "+longer, "e: Thanks!"), 3, "a b d"},
		{"everybody once", thread(true, "a: open", "a: "+longer, "a: "+longer+"2", "b: "+long, "c: "+long), 3, "a b c"},
		{"but not for a nod", thread(true, "a: open", "a: "+longer, "b: +1", "c: Thanks!"), 2, "a a"},
		{"no nods even where there is nothing else", thread(true, "a: open", "b: +1", "c: 👍", "d: Thanks, Bill", "e: I agree!"), 3, "a d"},
		{"a nod that opens", thread(true, "a: +1", "b: "+long), 3, "a b"},
		{"without the opening the newest two", thread(false, "a: "+longer, "b: "+longer, "c: "+long, "d: "+long), 3, "c d"},
		{"of different people", thread(false, "a: "+long, "b: "+long, "b: "+longer), 3, "a b"},
		{"one if there is room for one", thread(true, "a: open", "b: "+longer), 1, "a"},
		{"none", thread(true, "a: open"), 0, ""},
		{"twice the same", thread(true, "a: open it", "a: open it", "b: "+long), 3, "a b"},
		{"trimmed away", thread(true, "a: open", "b: ", "c: > quote alone"), 3, "a"},
		{"a log is not worth more than an answer", thread(true, "a: open", "b: "+strings.Repeat("y", 60_000), "c: "+strings.Repeat("x", 600)), 2, "a c"},
		{"of long ones those that tell how it goes on", thread(true, "a: open", "b: "+strings.Repeat("x", 700), "c: "+strings.Repeat("y", 700), "d: "+strings.Repeat("z", 700)), 3, "a c d"},
		{"the opening came late", thread(false, "a: "+long, "b: "+long), 2, "a b"},
	} {
		var got []string
		for _, s := range c.t.choose(c.most) {
			got = append(got, s.From.Name)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %q, want %q", c.name, s, c.want)
		}
	}
}

func TestExcerpts(t *testing.T) {
	friday := time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC)
	th := thread(true, "Bill: Compost\nMine is too wet.", ": > Mine is too wet, so what should a poor gardener in the north do about it in June of all months?\n\nAdd straw. … >", "Eve\u202e: x")
	all := th.excerpts(form{excerpts: 3, length: 280}, friday, "d.example")
	if len(all) != 3 || all[0].Text != "Mine is too wet." || all[1].Who != "Somebody" || all[1].Context[0] != "Mine is too wet, so what should a poor gardener in the north do about it in…" || all[2].Who != "Eve" {
		t.Errorf("%+v", all)
	}
	if !all[0].Dated {
		t.Error("eleven days ago is told by a day of the week")
	}
	for days, want := range map[int]bool{1: false, 6: false, 7: true, 8: true} {
		at := friday.AddDate(0, 0, -days).Add(time.Hour)
		if days == 8 {
			at = friday.AddDate(0, 0, -8)
		}
		th.posts[0].Published = at
		if got := th.excerpts(form{excerpts: 1, length: 9}, friday, "")[0].Dated; got != want {
			t.Errorf("%d days ago is told by a date: %v, want %v", days, got, want)
		}
	}
}

func TestPrefixOfAList(t *testing.T) {
	mk := func(prefix string, subjects ...string) freshList {
		l := freshList{list: lists.List{SubjectPrefix: prefix}}
		for _, s := range subjects {
			l.threads = append(l.threads, freshThread{thread: archive.Thread{Subject: s}})
		}
		return l
	}
	for _, c := range []struct {
		l    freshList
		want string // the first subject as shown
	}{
		{mk("[Garden]", "[garden] Frost"), "Frost"},
		{mk("[Garden]", "[Garden]"), "[Garden]"},
		{mk("", "[ilug] a", "[ILUG] b", "[ilug] c"), "a"},
		{mk("", "[ilug] a", "[ilug] b"), "[ilug] a"},
		{mk("", "[VOTE] a", "[GitHub] b", "c", "d"), "[VOTE] a"},
		{mk("", "[GitHub] a", "[GitHub] b", "[GitHub] c", "[GitHub] d", "e"), "a"},
		{mk("", ""), ""},
		{mk("", "talk@d.example \x1b[31m"+strings.Repeat("x ", 100)), "talk@… [31m" + strings.TrimRight(strings.Repeat("x ", 54), " ") + "…"},
	} {
		if got := c.l.threads[0].subject(c.l.findPrefix(), "d.example"); got != c.want {
			t.Errorf("%q: %q, want %q", c.l.threads[0].thread.Subject, got, c.want)
		}
	}
}

// A first line that says something of somebody is no greeting, though it ends as one does.
func TestWordsAboutSomebodyAreNoGreeting(t *testing.T) {
	for _, said := range []string{"昨日の講師は田中先生。\nよかったです。", "次の会場係が佐藤さん\n六月です。", "連絡は山@川です\n電話も可。", "費用は会で払う\n田中様\n本文"} {
		if got := withoutGreeting(said, "安井"); got != said {
			t.Errorf("%q became %q", said, got)
		}
	}
	for _, said := range []string{"はなこさん、こんにちは。\n本文", "田中様\n本文", "安井@川崎です。\n本文", "さとうはるかです。\n本文"} {
		if got := withoutGreeting(said, "さとうはるか"); got != "本文" {
			t.Errorf("%q became %q", said, got)
		}
	}
}

func TestGreetingsRulesAndNods(t *testing.T) {
	for in, want := range map[string]string{
		"Hi,\nwords.":                         "words.",
		"Hello everybody!\n\nwords":           "words",
		"Dear Mr Tan:\nwords":                 "words",
		"Привет,\nслова":                      "слова",
		"Hi all\nwords":                       "words",
		"Hi,":                                 "Hi,",
		"Hi there":                            "Hi there",
		"Hi, I have a question.\nIt is long.": "Hi, I have a question.\nIt is long.",
		"High time,\nwords":                   "High time,\nwords",
		"Hi this is Bill\nwords":              "Hi this is Bill\nwords",
		"":                                    "",
		"All,\nwords":                         "words",
		"Everyone:\nwords":                    "words",
		"Hi all,\nwords":                      "words",
		"Hello everyone,\nwords":              "words",
		"Hallo zusammen,\nwords":              "words",
		"Ihr Lieben,\nwords":                  "words",
		"Bonjour à toutes et à tous,\nwords":  "words",
		"Chers tous,\nwords":                  "words",
		"Hola a todas y a todos,\nwords":      "words",
		"Buenas tardes:\nwords":               "words",
		"All,":                                "All,",
		"All\nwords":                          "All\nwords",
		"All beds,\nalso mine":                "All beds,\nalso mine",
		"Hey, when I planted the beans,\nit rained":      "Hey, when I planted the beans,\nit rained",
		"Здравствуйте, коллеги!\nслова":                  "слова",
		"Уважаемые коллеги,\nслова":                      "слова",
		"皆様\n\nお世話になっております。田中です。\n\n本文":                  "本文",
		"佐藤さん\n\n田中 花子です。\n…\n本文":                        "本文",
		"佐藤さん、こんにちは。\n本文":                                "本文",
		"佐藤さんの庭は大きいです。\n本文":                              "佐藤さんの庭は大きいです。\n本文",
		"鈴木です。\n本文":                                      "鈴木です。\n本文", // who is somebody else: 今日は雨です。
		"園芸クラブ　伊東様\nいつもお世話になっております。\n安井@花壇です。\n本文":       "本文",
		"花壇株式会社\n園芸部\n伊東様\n\nお世話になっております。\n安井@花壇です。\n本文": "本文",
		"水をやりました。\n伊東様\n本文":                              "水をやりました。\n伊東様\n本文",
		"至急\n伊東様\n本文":                                    "至急\n伊東様\n本文",
		"【重要】会場変更\n伊東様\n本文":                              "【重要】会場変更\n伊東様\n本文",
		"大家好！\n正文":                                       "正文",
		"各位朋友好，\n正文":                                     "正文",
		"好的！\n正文":                                        "好的！\n正文",
		"안녕하세요.\n본문":                                     "본문",
		"Hi,\n…\nwords":                                  "words",
	} {
		if got := withoutGreeting(in, "田中 花子"); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"words\n-Bill":                       "words",
		"words\nCheers, Bill":                "words",
		"words\nThanks in advance,\nBill T.": "words",
		"words\n…\nB. Tan":                   "words",
		"words\nBest regards\n-- Bill Tan":   "words",
		"words\nIs that you, Bill?":          "words\nIs that you, Bill?",
		"words\nBill Gates":                  "words\nBill Gates",
		"words\nBill: no":                    "words\nBill: no",
		"words\n👍":                           "words\n👍",
		"Thanks!":                            "Thanks!",
		"Thanks, Bill":                       "Thanks, Bill",
		"one\nBill\nBill\nBill\nBill":        "one\nBill",
		"":                                   "",
	} {
		if got := withoutFarewell(in, "Bill Tan", nil); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	for _, c := range []struct{ author, in, want string }{
		{"Иван Петров", "слова\nС уважением,\nИван", "слова"},
		{"Käthe Weiß", "Worte\nHerzliche Grüße aus Köln\nKäthe", "Worte"},
		{"Käthe Weiß", "Worte\nGrüße aus dem Garten meiner Oma", "Worte\nGrüße aus dem Garten meiner Oma"},
		{"José Núñez", "palabras\nUn abrazo,\nJosé", "palabras"},
		{"Zoé Lefèvre", "des mots\nBien à vous,\nZoé", "des mots"},
		{"佐藤 健", "本文\n以上、よろしくお願いします。\n佐藤", "本文"},
		{"佐藤 健", "本文\nよろしくお願いいたします。", "本文"},
		{"佐藤 健", "本文\nよろしくお願いしますと言われました。", "本文\nよろしくお願いしますと言われました。"},
		{"王小明", "正文\n祝好\n王小明", "正文"},
		{"김민수", "본문\n감사합니다.", "본문"},
		{"Padraig Brady", "words.\nPádraig.", "words."},
		{"David Neary", "words\nCheers, Dave.", "words"},
		{"David Neary", "words\nCheers,\nDave.", "words"},
		{"David Neary", "words\nThanks, Bill and all who came", "words\nThanks, Bill and all who came"},
		{"David Neary", "I went there with\nDave.", "I went there with\nDave."},
		{"Bill Tan", "The one who knows all of it, and who planted those beds, is\nBill", "The one who knows all of it, and who planted those beds, is\nBill"},
		{"Bill Tan", "I have planted all of those beds, and they will not grow.\nBill", "I have planted all of those beds, and they will not grow."},
		{"Chris Haun", "http://www.salon.example/mwt/feature/2002/09/11/forbidden_letters\nChris", "http://www.salon.example/mwt/feature/2002/09/11/forbidden_letters"},
		{"Justin Case", "Something like zgrep, but for the names of files instead of a word\nThanks Justin", "Something like zgrep, but for the names of files instead of a word"},
		{"John Hall", "words\n…\nBill", "words"}, // what a quote without marks ends with
		{"John Hall", "words\n…\nMaybe", "words\n…\nMaybe"},
		{"Bill", "words\nThanks from all of us who were there", "words\nThanks from all of us who were there"},
	} {
		if got := withoutFarewell(c.in, c.author, map[string]bool{"Bill": true, "Stoddard": true}); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
	for line, want := range map[string]bool{"-----": true, " * * * ": true, "===": true, "--": false, "-1-": false, "": false, "words": false} {
		if ruled(line) != want {
			t.Errorf("%q is ruled: %v", line, !want)
		}
	}
	for said, want := range map[string]bool{"+1": true, "Thanks!": true, "👍": true, "+1 (non binding)": true, "Yes.": true, "Yes, on Friday.": false, "No idea": false, "2": false,
		"ありがとうございます。": true, "收到，谢谢！": true, "Спасибо большое!": true, "Vielen Dank!": true, "D’accord.": true, "好的，我也去。": false} {
		if nod(said) != want {
			t.Errorf("%q is a nod: %v", said, !want)
		}
	}
}
