package letter

import (
	"strings"
	"testing"
)

// trimCase is one text with what the trimmer must make of it.
type trimCase struct {
	name, in, want string
	signature      string
	quoted         bool
	interleaved    bool
	unsure         bool
}

func checkTrim(t *testing.T, cases []trimCase) {
	t.Helper()
	for _, c := range cases {
		got := TrimText(c.in)
		want := NewText{Text: c.want, Quoted: c.quoted, Interleaved: c.interleaved, Signature: c.signature, Unsure: c.unsure}
		if got != want {
			t.Errorf("%s\n got %+v\nwant %+v", c.name, got, want)
		}
	}
}

// Introductions of mail programs in many languages, each above an older letter without quote marks and above one with.
func TestTrimIntroductions(t *testing.T) {
	for _, intro := range []string{
		"On Fri, 12 Jun 2026 at 08:00, Bree Okafor <bree@example.org> wrote:",
		"On Jun 12, 2026, at 8:00 AM, Bree Okafor <bree@example.org> wrote:",
		"On 12/06/2026 08:00, Bree Okafor wrote:",
		"Am 12.06.26 um 08:00 schrieb Bree Okafor:",
		"Am Fr., 12. Juni 2026 um 08:00 Uhr schrieb Bree Okafor <bree@example.org>:",
		"Le 12/06/2026 à 08:00, Bree Okafor a écrit :",
		"Le ven. 12 juin 2026 à 08:00, Bree Okafor <bree@example.org> a écrit :",
		"El vie, 12 jun 2026 a las 8:00, Bree Okafor (<bree@example.org>) escribió:",
		"Il giorno ven 12 giu 2026 alle ore 08:00 Bree Okafor <bree@example.org> ha scritto:",
		"Em sex., 12 de jun. de 2026 às 08:00, Bree Okafor <bree@example.org> escreveu:",
		"Op vr 12 jun 2026 om 08:00 schreef Bree Okafor <bree@example.org>:",
		"Den fre 12 juni 2026 kl 08:00 skrev Bree Okafor <bree@example.org>:",
		"fre. 12. jun. 2026 kl. 08:00 skrev Bree Okafor <bree@example.org>:",
		"pe 12. kesäk. 2026 klo 8.00 Bree Okafor (bree@example.org) kirjoitti:",
		"pt., 12 cze 2026 o 08:00 Bree Okafor <bree@example.org> napisał(a):",
		"pá 12. 6. 2026 v 8:00 odesílatel Bree Okafor <bree@example.org> napsal:",
		"Bree Okafor <bree@example.org> ezt írta (időpont: 2026. jún. 12., P, 8:00):",
		"пт, 12 июн. 2026 г. в 08:00, Bree Okafor <bree@example.org>:",
		"12.06.2026 08:00, Bree Okafor пишет:",
		"пт, 12 черв. 2026 р. о 08:00 Bree Okafor <bree@example.org> пише:",
		"Bree Okafor <bree@example.org>, 12 Haz 2026 Cum, 08:00 tarihinde şunu yazdı:",
		"Στις Παρ 12 Ιουν 2026 στις 8:00 π.μ., ο χρήστης Bree Okafor <bree@example.org> έγραψε:",
		"În vin., 12 iun. 2026 la 08:00, Bree Okafor <bree@example.org> a scris:",
		"Bree Okafor <bree@example.org> 于2026年6月12日周五 08:00写道：",
		"2026年6月12日(金) 8:00 Bree Okafor <bree@example.org>:",
		"2026년 6월 12일 (금) 오전 8:00, Bree Okafor <bree@example.org>님이 작성:",
		"Vào Th 6, 12 thg 6, 2026 vào lúc 08:00 Bree Okafor <bree@example.org> đã viết:",
		"Pada Jum, 12 Jun 2026 pukul 08.00 Bree Okafor <bree@example.org> menulis:",
		"\u202bבתאריך יום ו׳, 12 ביוני 2026 ב-8:00 מאת \u202aBree Okafor\u202c\u200f <\u202abree@example.org\u202c\u200f>:\u202c",
		"في الجمعة، 12 يونيو 2026 في 8:00 ص تمت كتابة ما يلي بواسطة Bree Okafor <bree@example.org>:",
		"On Fri, 12 Jun 2026 08:00:00 +0200\nBree Okafor <bree@example.org> wrote:",
		"On Fri, Jun 12, 2026 at 8:00 AM Bree Okafor from the Community of Practice\n<bree.okafor@a-very-long-domain.example.org> wrote:",
		"---- On Fri, 12 Jun 2026 08:00:00 +0200 bree@example.org wrote ----",
		"Friday, June 12, 2026, 8:00 AM +0200 from bree@example.org <bree@example.org>:",
		"12.06.2026, 08:00, \"Bree Okafor\" <bree@example.org>:",
	} {
		for _, c := range []trimCase{
			{name: "above marked lines: " + intro, in: "Yes, on Friday.\n\n" + intro + "\n\n> Shall we meet?\n> Bree\n", quoted: true},
			{name: "above unmarked lines: " + intro, in: "Yes, on Friday.\n\n" + intro + "\n\nShall we meet?\nBree\n", quoted: true},
		} {
			if got := TrimText(c.in); got.Text != "Yes, on Friday." || !got.Quoted || got.Unsure || got.Interleaved {
				t.Errorf("%s\n got %+v", c.name, got)
			}
		}
	}
}

// Sentences of people that look a little like introductions.
func TestTrimKeepsSentences(t *testing.T) {
	for _, text := range []string{
		"On Thursday:\n\nWe met and talked for an hour.",
		"On the other hand, I wrote:\n\nNothing at all.",
		"Here is what Bree wrote:\n\nI like it.",
		"On Monday I sent a letter to bree@example.org and wrote:\n\nplease come.",
		"The address is: bree@example.org\n\nWrite to her.",
		"From: now on we meet on Fridays.\n\nTo: all of you, thank you.",
		"These are my dates:\n2026-06-12 08:00\n2026-06-13 09:00\n\nWhich one do you like?",
		"See https://example.org/on-date-someone-wrote: it is good.",
		"Original message\n\nMore text",
		"A list:\n- one\n- two\n\n---\n\nAnother part.",
		"| a | b |\n| c | d |\n| e | f |",
		"1 > 0 and x -> y",
	} {
		if got := TrimText(text); got.Text != text || got.Quoted || got.Signature != "" || got.Unsure {
			t.Errorf("%q\n got %+v", text, got)
		}
	}
}

func TestTrimHeads(t *testing.T) {
	checkTrim(t, []trimCase{
		{name: "outlook", in: "Yes.\n\nFrom: Bree <bree@example.org>\nSent: Friday, 12 June 2026 08:00\nTo: Dana\nSubject: Meet?\n\nShall we?\n", want: "Yes.", quoted: true},
		{name: "outlook in bold", in: "Yes.\n\n*From:* Bree\n*Sent:* Friday\n*To:* Dana\n*Subject:* Meet?\n\nShall we?\n", want: "Yes.", quoted: true},
		{name: "under a rule", in: "Yes.\n\n________________________________\nVon: Bree\nGesendet: Freitag, 12. Juni 2026 08:00\nAn: Dana\nBetreff: Treffen?\n\nGeht es?\n", want: "Yes.", quoted: true},
		{name: "french", in: "Oui.\n\nDe : Bree\nEnvoyé : vendredi 12 juin 2026 08:00\nÀ : Dana\nObjet : Réunion\n\nOn y va ?\n", want: "Oui.", quoted: true},
		{name: "japanese", in: "はい。\n\n差出人: Bree\n送信日時: 2026年6月12日 8:00\n宛先: Dana\n件名: 会議\n\nどうですか\n", want: "はい。", quoted: true},
		{name: "heading", in: "Yes.\n\n-----Original Message-----\nShall we?\n", want: "Yes.", quoted: true},
		{name: "heading of an old program", in: "Yes.\n\n----- Original Message -----\nFrom: \"Bree\" <bree@example.org>\n\n> Shall we?\nI think so.\n",
			want: "Yes.\n\n> Shall we?\n\nI think so.", quoted: true, interleaved: true},
		{name: "headings above each other", in: "Yes.\n\n---- Nachricht von Bree ----\nVon: Bree\nDatum: heute\nBetreff: x\n\nGeht es?\n", want: "Yes.", quoted: true},
		{name: "marked below a header", in: "Yes.\n\nFrom: Bree\nSent: Friday\nTo: Dana\nSubject: Meet?\n\n> Shall we?\n\nSee you.\n",
			want: "Yes.\n\n> Shall we?\n\nSee you.", quoted: true, interleaved: true},
		{name: "our own marker", in: "Yes, do.\n\n=== Mira, Theo or Jonas read this; reply above ===\nDear Dana, shall we?\n", want: "Yes, do.", quoted: true},
		{name: "forwarded with words", in: "See this.\n\n---------- Forwarded message ---------\nFrom: Bree <bree@example.org>\nDate: Fri\nSubject: x\nTo: Dana\n\nWords.\n", want: "See this.", quoted: true},
		{name: "forwarded without words", in: "---------- Forwarded message ---------\nFrom: Bree <bree@example.org>\nDate: Fri\nSubject: x\nTo: Dana\n\nWords.\n",
			want: "---------- Forwarded message ---------\nFrom: Bree <bree@example.org>\nDate: Fri\nSubject: x\nTo: Dana\n\nWords.", quoted: true, unsure: true},
		{name: "a header to talk about", in: "What is wrong here?\n\nReceived: from a by b\nFrom: x@example.org\nTo: y@example.org\nSubject: z\nMessage-ID: <1@x>\n\nIt came late.\n",
			want:   "What is wrong here?\n\nReceived: from a by b\nFrom: x@example.org\nTo: y@example.org\nSubject: z\nMessage-ID: <1@x>\n\nIt came late.",
			unsure: true},
		{name: "answers inside an unmarked letter", in: "My answers are in red below.\n\nFrom: Bree\nSent: Friday\nTo: Dana\nSubject: Meet?\n\nShall we? YES\n",
			want: "My answers are in red below.\n\nFrom: Bree\nSent: Friday\nTo: Dana\nSubject: Meet?\n\nShall we? YES", unsure: true},
		{name: "introduction that may be one", in: "My reply.\n\nOn Nov 26, 2013 you wrote:\n\nYour letter.\n",
			want: "My reply.\n\nOn Nov 26, 2013 you wrote:\n\nYour letter.", unsure: true},
	})
}

func TestTrimMarkedLines(t *testing.T) {
	checkTrim(t, []trimCase{
		{name: "nothing quoted", in: "Hello\n\nyou\n", want: "Hello\n\nyou"},
		{name: "nothing at all", in: "", want: ""},
		{name: "top", in: "Yes.\n> Shall we?\n", want: "Yes.", quoted: true},
		{name: "bottom", in: "Bree wrote:\n> Shall we?\n\nYes.\n", want: "Yes.", quoted: true},
		{name: "only quoted", in: "Bree wrote:\n> Shall we?\n", want: "", quoted: true, unsure: true},
		{name: "between", in: "Bree wrote:\n> One\n> two\n> three?\n\nYes.\n\n> Four?\n\nNo.\n",
			want: "> two\n> three?\n\nYes.\n\n> Four?\n\nNo.", quoted: true, interleaved: true},
		{name: "a long quoted line is cut in front", in: "A\n> " + strings.Repeat("word ", 60) + "end?\nB\n",
			want: "A\n\n> … " + strings.Repeat("word ", 31) + "end?\n\nB", quoted: true, interleaved: true},
		{name: "a rest that wrapping broke off", in: "A\n> this is a line that is so long that some program has to break it at\nsome place\n> and it goes on\n", want: "A", quoted: true},
		{name: "short answers without blank lines", in: "> What time?\neight\n> Where?\nmy place\n", want: "> What time?\n\neight\n\n> Where?\n\nmy place", quoted: true, interleaved: true},
		{name: "the angle of an introduction on a line of its own", in: "A\n\ntir. 18. apr. 2026 kl. 13:09 skrev Bree <bree@example.org\n>:\n\n> B\n", want: "A", quoted: true},
		{name: "what mbox files do to From", in: "A\n>From the beginning.\nB\n", want: "A\nFrom the beginning.\nB"},
		{name: "indented marks", in: "A\n > B\n > C\nD\n", want: "A\n\n> B\n> C\n\nD", quoted: true, interleaved: true},
		{name: "initials", in: "A\nBO> B\nBO> C\n", want: "A", quoted: true},
		{name: "bars", in: "Dana wrote:\n| B\n| C\n| D\n\nA\n", want: "A", quoted: true},
		{name: "a mark of one's own", in: "On Thu, 22 Aug 2026, Bree wrote:\n--]B\n--]C\n\nA\n", want: "A", quoted: true},
		{name: "snipped", in: "On Fri, 12 Jun 2026 at 08:00, Bree wrote:\n[...]\n> B\n\nA\n", want: "A", quoted: true},
		{name: "signed with OpenPGP", in: "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHello\n- -- all\n-----BEGIN PGP SIGNATURE-----\n\niQ\n-----END PGP SIGNATURE-----\n",
			want: "Hello\n-- all", signature: "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n-----BEGIN PGP SIGNATURE-----\n\niQ\n-----END PGP SIGNATURE-----"},
	})
}

func TestTrimContainers(t *testing.T) {
	for _, c := range []struct {
		name, in, want    string
		unsure, interleft bool
	}{
		{name: "gmail", in: `<div>Yes.</div><div class="gmail_quote"><div class="gmail_attr">Bree wrote</div><blockquote class="gmail_quote">Shall we?</blockquote></div>`, want: "Yes."},
		{name: "gmail, answers between", in: `<div class="gmail_quote"><div class="gmail_attr">B</div><blockquote>One?</blockquote><div>Yes.</div><blockquote>Two?</blockquote><div>No.</div></div>`,
			want: "> One?\n\nYes.\n\n> Two?\n\nNo.", interleft: true},
		{name: "gmail, words below", in: `Yes.<div class="gmail_quote">---------- Forwarded message ---------<br>From: B<br>Date: F<br>Subject: S<br><br>Old</div><div>And thanks.</div>`, want: "Yes.\n\n> Old\n\nAnd thanks.", interleft: true},
		{name: "outlook on the web", in: `<div>Yes.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> B<br></div><div>Shall we?</div>`, want: "Yes."},
		{name: "hotmail", in: `Yes.<hr id="stopSpelling">Shall we?`, want: "Yes."},
		{name: "yahoo", in: `Yes.<div class="ydp1a2b3c4dyahoo_quoted"><div>Shall we?</div></div>`, want: "Yes."},
		{name: "proton", in: `Yes.<div class="protonmail_quote">On Friday, June 12th, 2026 at 8:00 AM, Bree &lt;bree@example.org&gt; wrote:<br><blockquote type="cite">Shall we?</blockquote></div>`, want: "Yes."},
		{name: "apple", in: `Yes.<br><blockquote type="cite"><div>On 12. Jun 2026, at 08:00, Bree wrote:</div>Shall we?</blockquote>`, want: "Yes."},
		{name: "thunderbird", in: `Yes.<div class="moz-cite-prefix">Am 12.06.26 um 08:00 schrieb Bree:</div><blockquote type="cite">Geht es?</blockquote>`, want: "Yes."},
		{name: "thunderbird's signature", in: `Yes.<pre class="moz-signature">-- <br>Dana, Northgate</pre>`, want: "Yes."},
		{name: "gmail's signature", in: `Yes.<br>-- <br><div class="gmail_signature">Dana</div>`, want: "Yes."},
		{name: "indented, not quoted", in: `See:<blockquote style="margin:0 0 0 40px;border:none;padding:0px">this</blockquote>`, want: "See:\n\nthis"},
		{name: "nothing but a forwarded letter", in: `<div class="moz-forward-container">-------- Forwarded Message --------<br>Words</div>`, want: "-------- Forwarded Message --------\nWords", unsure: true},
	} {
		got := trim(readHTML(c.in))
		if got.Text != c.want || got.Unsure != c.unsure || got.Interleaved != c.interleft {
			t.Errorf("%s\n got %+v\nwant %q", c.name, got.NewText, c.want)
		}
	}
}
