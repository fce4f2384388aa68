package letter

import (
	"strings"
	"testing"
)

func TestJudgeIntro(t *testing.T) {
	for _, c := range []struct {
		text   string
		sure   certainty
		begins bool
	}{
		{"On Fri, 12 Jun 2026 at 08:00, Bree <b@example.org> wrote:", certain, true},
		{"On Fri, 12 Jun 2026 at 08:00, Bree wrote:", certain, true},
		{"On Tue, 2011-03-01 at 18:02 +0530, Abhishek Kona wrote:", certain, true},
		{"On 5 Sep 2026, Bree wrote:", likely, true},
		{"On Nov 26, 2013 you wrote:", likely, true},
		{"Bree <b@example.org>, 12 June 2026, wrote:", certain, false},
		{"Bree <b@example.org> wrote:", possible, false},
		{"Bree Okafor wrote:", possible, false},
		{"Smith, Graham - Computing Technician wrote:", possible, false},
		{"I wrote:", possible, false},
		{"You said:", possible, false},
		{"Quoting Bree Okafor:", possible, true},
		{"--- Bree Okafor <b@example.org> wrote:", possible, true},
		{"* Bree Okafor <b@example.org> [020829 12:00]:", nothing, false},
		{"In message <1@example.org>, Bree writes:", certain, true},
		{"At 10:23 AM 8/28/2026 -0400, you wrote:", certain, true},
		{"Am 12.06.2026 um 8:00 schrieb Bree:", certain, true},
		{"Am Montag schrieb ich:", nothing, true},
		{"12.06.2026, 08:00, \"Bree\" <b@example.org>:", certain, true},
		{"12.06.2026, 08:00, Bree:", possible, true},
		{"Fri, 12 Jun 2026 08:00 от Bree <b@example.org>:", certain, true},

		{"As I wrote:", nothing, false},
		{"This is what I wrote to bree@example.org on 12.06.2026:", possible, false}, // dropped only above marked lines
		{"The following is what the book says:", nothing, false},
		{"On the other hand:", nothing, true},
		{"Here is my list:", nothing, false},
		{"wrote:", nothing, false},
		{":", nothing, false},
		{"", nothing, false},
		{"Time: 08:00", nothing, false},
	} {
		if sure, begins := judgeIntro(c.text); sure != c.sure || begins != c.begins {
			t.Errorf("%q: certainty %d, begins %v; want %d, %v", c.text, sure, begins, c.sure, c.begins)
		}
	}
}

func TestEndsInVerb(t *testing.T) {
	for text, want := range map[string]bool{
		"bree wrote": true, "bree wrote:": true, "<bree@example.org>wrote:": true, "bree a écrit :": true, "bree 写道：": true,
		"breeさんは書きました:": true, "bree님이 작성:": true, "underwrote": false, "wrote": false, "": false, "i read": false, "bree napisał(a):": true,
	} {
		if got := endsInVerb(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestReadFigures(t *testing.T) {
	for _, c := range []struct {
		text                string
		digits, date, clock bool
	}{
		{"12 june 2026, 08:00", true, true, true},
		{"12.06.26 8.00", true, true, true},
		{"2026-06-12", true, true, false},
		{"6/12/26", true, true, false},
		{"8h30", true, false, true},
		{"room 12", true, false, false},
		{"the year 3026", true, false, false},
		{"12345", true, false, false},
		{"none", false, false, false},
		{"1.", true, false, false},
	} {
		var f features
		f.readFigures(c.text)
		if f.digits != c.digits || f.date != c.date || f.clock != c.clock {
			t.Errorf("%q: %+v", c.text, f)
		}
	}
}

// The header above a quoted letter as Outlook and others write it in many languages.
func TestHeaderBlocks(t *testing.T) {
	for _, block := range []string{
		"From: B\nSent: x\nTo: D\nSubject: s", "From: B\nDate: x\nTo: D\nCc: C\nSubject: s", "Von: B\nGesendet: x\nAn: D\nBetreff: s",
		"De : B\nEnvoyé : x\nÀ : D\nObjet : s", "De : B\nDate : x\nPour : D\nSujet : s", "De: B\nEnviado: x\nPara: D\nAsunto: s",
		"De: B\nEnviada em: x\nPara: D\nAssunto: s", "Da: B\nInviato: x\nA: D\nOggetto: s", "Van: B\nVerzonden: x\nAan: D\nOnderwerp: s",
		"Fra: B\nSendt: x\nTil: D\nEmne: s", "Från: B\nSkickat: x\nTill: D\nÄmne: s", "Lähettäjä: B\nLähetetty: x\nVastaanottaja: D\nAihe: s",
		"Od: B\nWysłano: x\nDo: D\nTemat: s", "Od: B\nOdesláno: x\nKomu: D\nPředmět: s", "Feladó: B\nElküldve: x\nCímzett: D\nTárgy: s",
		"От: B\nОтправлено: x\nКому: D\nТема: s", "Від: B\nНадіслано: x\nКому: D\nТема: s", "Kimden: B\nGönderildi: x\nKime: D\nKonu: s",
		"发件人: B\n发送时间: x\n收件人: D\n主题: s", "差出人: B\n送信日時: x\n宛先: D\n件名: s", "보낸 사람: B\n보낸 날짜: x\n받는 사람: D\n제목: s",
		"*From:* B\n*Sent:* x\n*To:* D\n*Subject:* s", "Subject: s\nDate: x\nFrom: B\nTo: D", "Message du : x\nDe : B\nA : D\nSujet : s",
		"From: B\n <b@example.org>\nSent: x\nTo: D\nSubject: a long\n one", "From: B\n\nDate: x\nTo:D\n\n\nSubject: s",
	} {
		doc := plainDocument("Yes.\n\n" + block + "\n\nShall we?")
		end, found, raw := headerBlock(doc.lines, 2)
		if want := 2 + strings.Count(block, "\n") + 1; !found || raw || end != want {
			t.Errorf("%q: end %d, want %d; found %v, raw %v", block, end, want, found, raw)
		}
	}
	for _, text := range []string{
		"From: B", "From: B\nTo: D", "To: D\nSubject: s\nDate: x", "From now on: yes\nTo: me", "Date: Friday\nPlace: here\nTopic: garden",
		"From: B\n\n\n\nSent: x\nTo: D\nSubject: s",
	} {
		if end, found, _ := headerBlock(plainDocument(text).lines, 0); found {
			t.Errorf("%q is taken for a header up to line %d", text, end)
		}
	}
	if _, found, raw := headerBlock(plainDocument("Received: x\nFrom: B\nDate: x\nSubject: s").lines, 0); !found || !raw {
		t.Errorf("a header as it travels: found %v, raw %v", found, raw)
	}
}

func TestSeparators(t *testing.T) {
	for _, phrase := range separators {
		for _, text := range []string{"-----" + phrase + "-----", "-------- " + strings.ToUpper(phrase) + " --------", "___ " + phrase + " ___"} {
			if found, forward := separatorAt(text); !found || forward {
				t.Errorf("%q: found %v, forward %v", text, found, forward)
			}
		}
		if found, _ := separatorAt(phrase); found {
			t.Errorf("%q without a rule is taken for a heading", phrase)
		}
	}
	for _, phrase := range forwards {
		for _, text := range []string{"---------- " + phrase + " ---------", phrase + ":", "*" + phrase + " :"} {
			if found, forward := separatorAt(text); !found || !forward {
				t.Errorf("%q: found %v, forward %v", text, found, forward)
			}
		}
	}
	for _, text := range []string{
		"", "-", "---", "-- original", "My original message was short.", "- forwarded message to Bree", strings.Repeat("-", 200),
		"===", "Forwarded by whom?", "----- see below -----",
	} {
		if found, _ := separatorAt(text); found {
			t.Errorf("%q is taken for a heading", text)
		}
	}
	for _, text := range []string{"=== Mira reads this; reply above ===", "##- Please type your reply above this line -##", "--- Reply above this line ---"} {
		if found, _ := separatorAt(text); !found {
			t.Errorf("%q is no heading", text)
		}
	}
}

func TestOddMark(t *testing.T) {
	for text, want := range map[string]string{
		"--] a": "--]", "  | a": "|", ": a": ":", "%% a": "%%", "JD> a": "JD>", "  BO>": "BO>", "# a": "#", ">a": ">", "+": "+",
		"- a": "-", "a": "", "": "", "(a)": "", ":a": "", "#hash": "", "=====": "", "verylong> a": "",
	} {
		if got := oddMark(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestOtherMark(t *testing.T) {
	for text, want := range map[string]string{
		" > a": " >", "   > a": "   >", "JD> a": "JD> ", "  JD> a": "  JD> ", "| a": "| ", "| a |": "", "| a | b": "", "> a": "", "a": "",
		"    > a": "", "if x> y": "", "JD>a": "",
	} {
		if got := otherMark(line{text: text}); got != want && !strings.HasPrefix(text, ">") {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestIsSnip(t *testing.T) {
	for text, want := range map[string]bool{"[...]": true, "<snip>": true, "[snip]": true, "...": true, "…": true, "-- snip --": true, "[deleted]": true, "snip it": false, "ok": false} {
		if got := isSnip(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestQuoteDepth(t *testing.T) {
	for _, c := range []struct {
		in, rest string
		depth    int32
	}{
		{"> a", "a", 1}, {">a", "a", 1}, {">> a", "a", 2}, {"> > a", "a", 2}, {">  a", " a", 1}, {">", "", 1}, {"> ", "", 1}, {"a > b", "a > b", 0},
		{"", "", 0}, {" > a", " > a", 0}, {">>>", "", 3},
	} {
		if rest, depth := quoteDepth(c.in); rest != c.rest || depth != c.depth {
			t.Errorf("%q: %q at %d", c.in, rest, depth)
		}
	}
}

// The cheap look at a line's end lets pass whatever the verbs end.
func TestMayEndInVerb(t *testing.T) {
	for _, verb := range wroteVerbs {
		for _, text := range []string{verb, "x " + verb, "Bree " + strings.ToUpper(verb), "é" + verb} {
			if endsInVerb(strings.ToLower(text)) && !mayEndInVerb(text) {
				t.Errorf("%q is not let pass", text)
			}
		}
		if len(verb) < tailLen {
			t.Errorf("%q is too short", verb)
		}
	}
	if mayEndInVerb("a well where nobody knows") {
		t.Error("any line is let pass")
	}
}
