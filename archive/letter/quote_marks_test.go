package letter

import (
	"strings"
	"testing"
)

func TestTrimOwnMarks(t *testing.T) {
	const supercite = ">>>>> \"BO\" == Bree Okafor <bree@example.org> writes:\n\n"
	checkTrim(t, []trimCase{
		{name: "announced initials", in: supercite + "    BO> Shall we?\n\nYes.\n\n  >> Or not?\n\n  BO>\n\nNo.\n", want: "> Shall we?\n\nYes.\n\n>> Or not?\n\nNo.",
			quoted: true, interleaved: true},
		{name: "initials that nobody announced", in: "Look:\n\n    BO> Shall we?\n\nThat is a prompt.\n", want: "Look:\n\n    BO> Shall we?\n\nThat is a prompt."},
		{name: "other initials than announced", in: supercite + "    BO> Shall we?\n\nSee:\n\nC> dir\n\nis it.", want: "See:\n\nC> dir\n\nis it.", quoted: true},
		{name: "a header of old above bars", in: "    Date:  Wed, 11 Sep 2002 20:15:00 -0700\n    From:  Bree <bree@example.org>\n    Message-ID:  <1@example.org>\n\n  | Shall\n  | we?\n\nYes.\n",
			want: "Yes.", quoted: true},
		{name: "a name in brackets", in: "[Bree Okafor]\n> Shall we?\n\nYes.\n", want: "Yes.", quoted: true},
		{name: "no name in brackets", in: "[a note of mine]\n> Shall we?\n\nYes.\n", want: "[a note of mine]\n\n> Shall we?\n\nYes.", quoted: true, interleaved: true},
		{name: "a name in brackets, nothing quoted", in: "[Bree Okafor]\n\nis here.\n", want: "[Bree Okafor]\n\nis here."},
		{name: "an introduction of one's own", in: "So then, Bree van Okafor <bree@example.org> goes all like:\n\n> Shall we?\n\nYes.\n", want: "Yes.", quoted: true},
		{name: "an opinion above a quotation", in: "I do not agree with Bree Okafor <bree@example.org>:\n\n> Shall we?\n\nNo.\n",
			want: "I do not agree with Bree Okafor <bree@example.org>:\n\n> Shall we?\n\nNo.", quoted: true, interleaved: true},
		{name: "an address above words", in: "Bree Okafor <bree@example.org>:\n\nwrite to her.\n", want: "Bree Okafor <bree@example.org>:\n\nwrite to her."},
		{name: "initials known from elsewhere", in: "    Bree> Shall\n    Bree> we?\n\nYes.\n\n    Bree> Or not?\n\nNo.\n", want: "> Shall\n> we?\n\nYes.\n\n> Or not?\n\nNo.",
			quoted: true, interleaved: true},
		{name: "a prompt", in: "I typed:\n\nmysql> show tables;\nmysql> quit\n\nWhat now?", want: "I typed:\n\nmysql> show tables;\nmysql> quit\n\nWhat now?"},
		{name: "one line below a header of old", in: "    Date:  Wed, 11 Sep 2002 20:15:00 -0700\n    From:  Bree <bree@example.org>\n    Message-ID:  <1@example.org>\n\n  | Shall we?\n\nYes.\n",
			want: "Yes.", quoted: true},
		{name: "once upon a time", in: "Once upon a time, Bree wrote :\n\n> Shall we?\n\nYes.\n", want: "Yes.", quoted: true},
		{name: "an opinion at the head", in: "I like what Bree wrote:\n\n> Shall we?\n\nYes.\n", want: "I like what Bree wrote:\n\n> Shall we?\n\nYes.", quoted: true, interleaved: true},
		{name: "a saying below other words", in: "Dear all\n\nNow for what Bree says:\n\n> Shall we?\n\nYes.\n",
			want: "Dear all\n\nNow for what Bree says:\n\n> Shall we?\n\nYes.", quoted: true, interleaved: true},
		{name: "initials of another script", in: "Вы писали 7 июля 2020 г., 13:20:00:\n\nОС> Откройте обе двери,\nОС> это нормально.\n\nНе согласен.\n", want: "Не согласен.", quoted: true},
		{name: "full-width angles", in: "佐藤さんのメッセージ:\n＞一日二回です。\n\nうちは夕方だけです。\n", want: "うちは夕方だけです。", quoted: true},
		{name: "a name before a message", in: "佐藤さんのメッセージ:\n> 一日二回です。\n\nうちは夕方だけです。\n", want: "うちは夕方だけです。", quoted: true},
		{name: "a message that is no introduction", in: "佐藤さんのメッセージ:\n\n一日二回です。\n", want: "佐藤さんのメッセージ:\n\n一日二回です。"},
		{name: "thusly", in: "Bree wrote thusly:\n> Shall we?\n\nYes.\n", want: "Yes.", quoted: true},
	})
}

// Phones lose the mark of the first line of a quoted paragraph.
func TestTrimMendsFirstLines(t *testing.T) {
	const first = "Since the renewal is done usually a month in advance, you have plenty of"
	checkTrim(t, []trimCase{
		{name: "lost", in: "> One?\n\nYes.\n\n" + first + "\n> time for it.\n\nOh.\n", want: "> One?\n\nYes.\n\n> " + first + "\n> time for it.\n\nOh.",
			quoted: true, interleaved: true},
	})
	for name, in := range map[string]string{
		"the quotation begins anew": "> One?\n\n" + first + "\n> Time is up.\n",
		"a whole sentence":          "> One?\n\n" + first[:len(first)-3] + ".\n> time for it.\n",
		"a paragraph":               "> One?\n\nWell.\n" + first + "\n> time for it.\n",
		"there was room":            "> One?\n\n" + first + "\n> it.\n",
		"in place of quoted words":  "> One?\n>\n" + first + "\n> time for it.\n",
		"a link":                    "> One?\n\nIt is all in https://example.org/" + strings.Repeat("x", 39) + "\n> time for it.\n",
	} {
		if got := TrimText(in); !strings.Contains("\n"+got.Text, "\n"+strings.Split(in, "\n")[strings.Count(in, "\n")-2]) {
			t.Errorf("%s: a line of the author is lost: %+v", name, got)
		}
	}
}

func TestTrimGluedHeadings(t *testing.T) {
	checkTrim(t, []trimCase{
		{name: "glued", in: "Yes. Dana\n-------- Original message --------From: Bree <bree@example.org> Date: 7/13/20 To: Dana Subject: Meet? Shall we?" + strings.Repeat(" more", 99),
			want: "Yes. Dana", quoted: true},
		{name: "in Dutch", in: "Ja.\n\n-------- Oorspronkelijk bericht --------Van: Bree <bree@example.org> Datum: 05-11-17\nGaan we?\n", want: "Ja.", quoted: true},
		{name: "no heading", in: "-------- A new part --------From: here it goes on\n\nand on.", want: "-------- A new part --------From: here it goes on\n\nand on."},
	})
}

func TestTrimBareRules(t *testing.T) {
	checkTrim(t, []trimCase{
		{name: "at the end", in: "Yes.\n\n\n---\n", want: "Yes.", signature: "---"},
		{name: "above a footer", in: "Yes.\n\n---\n\n-------\nTo unsubscribe, e-mail: leave@example.org\n", want: "Yes.", signature: "---\n\n-------\nTo unsubscribe, e-mail: leave@example.org"},
		{name: "below a table", in: "Name  Date\n------\nDana  July\n------", want: "Name  Date\n------\nDana  July\n------"},
		{name: "details above it are no footer", in: "New:\n\n----\ncommit 1\nAuthor: Bree <bree@example.org>\n\n    Mend it\n\n----\n\n\n---\n",
			want: "New:\n\n----\ncommit 1\nAuthor: Bree <bree@example.org>\n\n    Mend it", signature: "----\n\n---"},
		{name: "rows of #", in: "Yes.\n\n########\n\nTo unsubscribe from the TALK list, click the following link:\nhttp://lists.example/x\n\n########\n",
			want: "Yes.", signature: "########\n\nTo unsubscribe from the TALK list, click the following link:\nhttp://lists.example/x\n\n########"},
		{name: "a heading between rows of #", in: "########\n# Part 1\n########\n\nWords.", want: "########\n# Part 1\n########\n\nWords."},
	})
}
