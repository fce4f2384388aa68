package letter

import (
	"strings"
	"testing"
)

func TestTrimSignatures(t *testing.T) {
	checkTrim(t, []trimCase{
		{name: "delimiter", in: "Yes.\n\n-- \nDana Reyes\nNorthgate\n", want: "Yes.", signature: "--\nDana Reyes\nNorthgate"},
		{name: "delimiter without its space", in: "Yes.\n--\nDana\n", want: "Yes.", signature: "--\nDana"},
		{name: "delimiter inside a line", in: "A fix -- no signature.\n\nbye", want: "A fix -- no signature.\n\nbye"},
		{name: "a list with dashes", in: "Because of:\n-- first\n-- second\n\nThanks!", want: "Because of:\n-- first\n-- second\n\nThanks!"},
		{name: "signature above the quoted letter", in: "Yes.\n\n-- \nDana\n\nOn Fri, 12 Jun 2026 at 08:00, Bree <b@example.org> wrote:\n> Shall we?\n",
			want: "Yes.", signature: "--\nDana", quoted: true},
		{name: "two signatures", in: "Yes.\n-- \nDana\n\n-- \nThe gardeners' list: talk@gardeners.example\n", want: "Yes.",
			signature: "--\nDana\n\n--\nThe gardeners' list: talk@gardeners.example"},
		{name: "a long text behind dashes is no signature", in: "One.\n--\n" + long(20, "Another sentence of the same author."), want: "One.\n--\n" + trimEnd(long(20, "Another sentence of the same author.")), unsure: true},
		{name: "nothing but a signature", in: "-- \nDana\n", want: "", signature: "--\nDana"},

		{name: "phone", in: "Yes.\n\nSent from my iPhone\n", want: "Yes.", signature: "Sent from my iPhone"},
		{name: "phone with a link", in: "Yes.\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n", want: "Yes.", signature: "Get Outlook for iOS<https://aka.ms/o0ukef>"},
		{name: "phone in German", in: "Ja.\n\nVon meinem iPhone gesendet", want: "Ja.", signature: "Von meinem iPhone gesendet"},
		{name: "phone in French", in: "Oui.\n\nEnvoyé de mon iPhone", want: "Oui.", signature: "Envoyé de mon iPhone"},
		{name: "phone in Spanish", in: "Sí.\n\nEnviado desde mi iPhone", want: "Sí.", signature: "Enviado desde mi iPhone"},
		{name: "phone in Portuguese", in: "Sim.\n\nEnviado do meu iPhone", want: "Sim.", signature: "Enviado do meu iPhone"},
		{name: "phone in Italian", in: "Sì.\n\nInviato da iPhone", want: "Sì.", signature: "Inviato da iPhone"},
		{name: "phone in Dutch", in: "Ja.\n\nVerstuurd vanaf mijn iPad", want: "Ja.", signature: "Verstuurd vanaf mijn iPad"},
		{name: "phone in Swedish", in: "Ja.\n\nSkickat från min Samsung-enhet", want: "Ja.", signature: "Skickat från min Samsung-enhet"},
		{name: "phone in Polish", in: "Tak.\n\nWysłane z iPhone'a", want: "Tak.", signature: "Wysłane z iPhone'a"},
		{name: "phone in Russian", in: "Да.\n\nОтправлено с iPhone", want: "Да.", signature: "Отправлено с iPhone"},
		{name: "phone in Turkish", in: "Evet.\n\niPhone'umdan gönderildi", want: "Evet.", signature: "iPhone'umdan gönderildi"},
		{name: "phone in Japanese", in: "はい。\n\niPhoneから送信", want: "はい。", signature: "iPhoneから送信"},
		{name: "phone in Chinese", in: "好。\n\n发自我的iPhone", want: "好。", signature: "发自我的iPhone"},
		{name: "not about a phone", in: "Hello\n\nSent from my desk, is much easier than my phone.", want: "Hello\n\nSent from my desk, is much easier than my phone."},
		{name: "with love", in: "Hello\n\nSent with love", want: "Hello\n\nSent with love"},
		{name: "sent in a sentence", in: "Das Formular habe ich gestern gesendet", want: "Das Formular habe ich gestern gesendet"},
		{name: "words below the phone's line", in: "Yes.\n\nSent from my Wiko RIDGE FAB 4G\n\nMore words.\n", want: "Yes.\n\nMore words.", signature: "Sent from my Wiko RIDGE FAB 4G", unsure: true},

		{name: "closing", in: "Can you help?\n\nRegards,\n\nJohn Doe\nCEO @ Acme !", want: "Can you help?", signature: "Regards,\n\nJohn Doe\nCEO @ Acme !"},
		{name: "closing in German", in: "Geht es?\n\nMit freundlichen Grüßen\nDana", want: "Geht es?", signature: "Mit freundlichen Grüßen\nDana"},
		{name: "closing on one line", in: "It does.\n\nBest regards, Dana", want: "It does.", signature: "Best regards, Dana"},
		{name: "an afterthought below", in: "It does.\n\nRegards,\nDana\n\nPS: bring the cake, please.", want: "It does.\n\nRegards,\nDana\n\nPS: bring the cake, please."},
		{name: "regards in a sentence", in: "With regards to Friday: yes.\nAs regards the rest, no.", want: "With regards to Friday: yes.\nAs regards the rest, no."},
		{name: "thanks are words", in: "It works.\n\nThanks,\nAlex", want: "It works.\n\nThanks,\nAlex"},
		{name: "only a closing", in: "Regards,\nDana", want: "Regards,\nDana"},

		{name: "mailman's footer", in: "Yes.\n\nDana\n_______________________________________________\ntalk mailing list\ntalk@lists.example\nhttp://lists.example/listinfo/talk\n",
			want: "Yes.\n\nDana", signature: "_______________________________________________\ntalk mailing list\ntalk@lists.example\nhttp://lists.example/listinfo/talk"},
		{name: "google groups", in: "Yes.\n\nYou received this message because you are subscribed to the Google Groups \"talk\" group.\n",
			want: "Yes.", signature: "You received this message because you are subscribed to the Google Groups \"talk\" group."},
		{name: "disclaimer", in: "Yes.\n\n****************\nThis email and any attachments are confidential to the intended\nrecipient.\n****************\n",
			want: "Yes.", signature: "****************\nThis email and any attachments are confidential to the intended\nrecipient.\n****************"},
		{name: "a footer far below a rule", in: "One.\n\n----------\nTwo is another part,\nnot a footer.\nIt has lines.\nFour of them.\n\nhttp://xent.example/listinfo/fork",
			want: "One.\n\n----------\nTwo is another part,\nnot a footer.\nIt has lines.\nFour of them.", signature: "http://xent.example/listinfo/fork"},
		{name: "a question about footers", in: "Hello\n\nTo unsubscribe I wrote to leave@example.org. What now?", want: "Hello\n\nTo unsubscribe I wrote to leave@example.org. What now?"},
		{name: "details below a rule", in: "Yes.\n\n----\nBill Humphries <bill@example.org>\nhttp://www.example.org/\n", want: "Yes.", signature: "----\nBill Humphries <bill@example.org>\nhttp://www.example.org/"},
		{name: "a table", in: "Name      Date\n-------------------\nRegistration  Jun 27\nEnd           Jun 28\n", want: "Name      Date\n-------------------\nRegistration  Jun 27\nEnd           Jun 28"},
	})
}

func long(n int, s string) string {
	out := ""
	for range n {
		out += s + "\n"
	}
	return out
}

func trimEnd(s string) string { return s[:len(s)-1] }

// Every table of phrases is compared with text in small letters, so it must be in small letters itself.
func TestPhrasesAreSmall(t *testing.T) {
	for _, list := range [][]string{wroteVerbs, separators, forwards, answersInside, mobilePrefixes, mobileSuffixes, closings, footerPhrases,
		disclaimerPhrases, footerBeginnings, devices} {
		for _, phrase := range list {
			if phrase != strings.ToLower(phrase) {
				t.Errorf("%q is not in small letters", phrase)
			}
		}
	}
	for _, table := range []map[string]bool{midVerbs, starters, weekdays, pronouns, unlabelled} {
		for phrase := range table {
			if phrase != strings.ToLower(phrase) {
				t.Errorf("%q is not in small letters", phrase)
			}
		}
	}
	for phrase := range headerNames {
		if phrase != strings.ToLower(phrase) {
			t.Errorf("%q is not in small letters", phrase)
		}
	}
	for mark := range boxes {
		if mark != strings.ToLower(mark) || bareMark(mark) != mark {
			t.Errorf("%q can never be found", mark)
		}
	}
}
