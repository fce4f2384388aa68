package letter

import (
	"strings"
	"testing"
)

// Every phrase of the tables does what it stands there for.
func TestEveryPhraseIsFound(t *testing.T) {
	for _, prefix := range mobilePrefixes {
		if text := strings.ToUpper(prefix) + "iPhone"; !isMobileLine(text) {
			t.Errorf("%q is no phone's line", text)
		}
	}
	for _, suffix := range mobileSuffixes {
		if text := "Outlook iPhone" + suffix; !isMobileLine(text) {
			t.Errorf("%q is no phone's line", text)
		}
	}
	for _, formula := range closings {
		for _, text := range []string{formula, strings.ToUpper(formula) + ",", formula + "!", formula + ", Dana Reyes", "*" + formula + "*"} {
			if strings.ToLower(strings.ToUpper(formula)) != formula && text != formula {
				continue // letters that change when they are made large and small again
			}
			if !isClosing(text) {
				t.Errorf("%q is no closing", text)
			}
		}
	}
	for _, begin := range footerBeginnings {
		if got := TrimText("Yes.\n\n" + begin + " and so on"); got.Text != "Yes." {
			t.Errorf("%q is no footer: %+v", begin, got)
		}
	}
	for _, phrase := range footerPhrases {
		if got := TrimText("Yes.\n\n__________\nsome " + phrase + " words\n"); got.Text != "Yes." {
			t.Errorf("%q makes no footer: %+v", phrase, got)
		}
	}
	for _, verb := range wroteVerbs {
		text := "On 12.06.2026 08:00, Bree <b@example.org> " + strings.TrimSuffix(verb, ":") + ":"
		if sure, begins := judgeIntro(text); sure != certain || !begins {
			t.Errorf("%q: certainty %d, begins %v", text, sure, begins)
		}
	}
	for day := range weekdays {
		text := day + " 12.06.2026 08:00 Bree <b@example.org>:"
		if sure, begins := judgeIntro(text); sure != certain || !begins {
			t.Errorf("%q: certainty %d, begins %v", text, sure, begins)
		}
	}
	for name, class := range headerNames {
		if got := headerLine(strings.ToUpper(name[:1]) + name[1:] + ": x"); class != 0 && got != class && name[0] < 0x80 {
			t.Errorf("%q is header %d, want %d", name, got, class)
		}
		if got := headerLine("*" + name + " :* x"); got != class {
			t.Errorf("%q in bold is header %d, want %d", name, got, class)
		}
	}
}

func TestMobileLines(t *testing.T) {
	for text, want := range map[string]bool{
		"Sent from my iPhone": true, "*Sent from my iPhone*": true, "-- Sent from my HP TouchPad --": true, "Sent from Mail for Windows 10": true,
		"Sent from Yahoo Mail on Android": true, "Sent via the Samsung Galaxy S10, an AT&T smartphone": true, "Sent with Proton Mail secure email.": true,
		"Sent from TypeApp<http://www.typeapp.com/r?b=2621>": true, "Get Outlook for Android (https://aka.ms/x)": true,
		"Sent with [ProtonMail](https://protonmail.com) Secure Email.": true,

		"": false, "Sent": false, "Sent from": false, "Sent with love": false, "Sent from my heart. Truly?": false,
		"Sent from my desk because I was late for the train this morning": false,
		"The letter was sent from my iPhone":                              false, strings.Repeat("Sent from my iPhone ", 10): false,
		"Ich habe dir das Bild gesendet": false, "Ich habe es dir vom Handy gesendet": false, "Vom Handy gesendet": true,
	} {
		if got := isMobileLine(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestCutLinks(t *testing.T) {
	for in, want := range map[string]string{
		"a<https://x.example>": "a", "a <https://x.example> b": "a b", "a (http://x.example)": "a", "a [https://x.example] b (http://y.example)": "a b",
		"a https://x.example": "a https://x.example", "a<https://x.example": "a", "http://x.example": "http://x.example", "": "",
	} {
		if got := cutLinks(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestIsDetail(t *testing.T) {
	for text, want := range map[string]bool{
		"Dana Reyes": true, "Head of Gardens, Northgate": true, "+1 555 0123": true, "CEO @ Acme !": true, "dana@example.org": true, "": true,
		"Northgate Inc.": true, "Can you bring the cake?": false, "PS: bring cake": false, "P.S. cake": false, "See you all on Friday.": false,
		strings.Repeat("x", 71): false, "this is a line of text that goes on for long": false, "Great news!": true,
	} {
		if got := isDetail(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestHasDetails(t *testing.T) {
	for text, want := range map[string]bool{
		"dana@example.org": true, "https://example.org": true, "www.example.org": true, "+49 (30) 123-4567": true, "call 555 0123": true,
		"Dana Reyes": false, "room 12, floor 3, seat 4567": false, "": false,
	} {
		if got := hasDetails(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestFooterRules(t *testing.T) {
	for text, want := range map[string]bool{
		"____": true, "__": true, "-----": true, "- - - -": true, "*****": true, "====": true, "—": true, "–": true, "~~~~~~": true,
		"------------------------ Yahoo! Groups Sponsor ---------------------~-->": true, "-": false, "_": false, "": false, "a": false,
		"- a list": false, "-- text": false, "########": true, "###": false, "+#####": false, ">>>>": false,
	} {
		if got := isFooterRule(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestIsClosing(t *testing.T) {
	for text, want := range map[string]bool{
		"Regards": true, "Best regards,": true, "Regards, Axel.": true, "Mit freundlichen Grüßen": true, "Cordialement,": true, "С уважением,": true,
		"Regards to your wife": false, "Sincerely, I do not know what to do": false, "Regarding Friday": false, "Kind regards, is it you?": false,
		"Thanks,": false, "Cheers": false, "": false, "Saluti a tutti": false,
	} {
		if got := isClosing(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// People type into the box that their mail program keeps for the signature. A long one is not believed.
func TestSignatureBoxes(t *testing.T) {
	short := trim(readHTML(`Yes.<div class="gmail_signature">` + strings.Repeat("Dana<br>", 10) + `</div>`))
	if short.Text != "Yes." || short.Unsure {
		t.Errorf("got %+v", short.NewText)
	}
	long := trim(readHTML(`Yes.<div class="gmail_signature">` + strings.Repeat("And another thing<br>", 20) + `</div>`))
	if !strings.Contains(long.Text, "And another thing") || !long.Unsure {
		t.Errorf("got %+v", long.NewText)
	}
}
