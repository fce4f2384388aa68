package letter

import (
	"html"
	"strings"
	"testing"
)

const (
	digestToken = "private+4t9k2mzq8v7xw0hj3c6rb1dnpf@cmtybc.example"
	everyToken  = "everyone+k7wq2mzq8v7xw0hj3c6rb1dnpf@cmtybc.example"
)

// digestText is a little of a weekly letter, which holds addresses that must never come back in a reply.
func digestText() string {
	return "Just hit Reply to reach the managers privately - nobody else sees it.\n\nTHREADS\n 418  First CM hire: formal role or volunteer?\n" +
		"    Bill Tan, Tue: \"We named one before launch...\"\n    Answer everyone: " + everyToken + "\n    Privately: " + digestToken + "\n"
}

func quotedBy(mark, text string) string {
	return mark + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+mark) + "\n"
}

func asHTML(text string) string { return strings.ReplaceAll(html.EscapeString(text), "\n", "<br>\n") }

// What comes back when a member hits Reply on a digest: the member's words, the digest as each program quotes it, a signature.
// Nothing of the digest may be taken for the member's words (product.md I7), nor a word of the member be lost.
func TestRepliesToADigest(t *testing.T) {
	const words = "Is it ok if our sponsor's PR person joins?"
	from := "Community BackChannel weekly <digest@cmtybc.example>"
	outlook := "From: " + from + "\nSent: Friday, 12 June 2026 08:00\nTo: Dana Reyes <dana.reyes@northgate.example>\nSubject: Sponsors, first hires\n\n"
	for name, body := range map[string]string{
		"Gmail": "Content-Type: text/plain; charset=utf-8\n\n" + words + "\n\nOn Fri, 12 Jun 2026 at 08:00, Community BackChannel weekly <\ndigest@cmtybc.example> wrote:\n\n" + quotedBy("> ", digestText()),
		"Gmail in HTML": "Content-Type: text/html; charset=utf-8\n\n<div dir=\"ltr\">" + words + "</div><br><div class=\"gmail_quote gmail_quote_container\"><div dir=\"ltr\" class=\"gmail_attr\">On Fri, 12 Jun 2026 at 08:00, Community &lt;digest@cmtybc.example&gt; wrote:<br></div><blockquote class=\"gmail_quote\" style=\"margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex\">" +
			asHTML(digestText()) + "</blockquote></div>",
		"Outlook": "Content-Type: text/plain; charset=utf-8\n\n" + words + "\n\n" + outlook + digestText(),
		"Outlook in HTML": "Content-Type: text/html; charset=utf-8\n\n<div class=WordSection1><p class=MsoNormal>" + words + "<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal>" +
			asHTML(outlook) + "</p></div><p>" + asHTML(digestText()) + "</p></div>",
		"Outlook on the web": "Content-Type: text/html; charset=utf-8\n\n<div class=\"elementToProof\">" + words + "</div><div id=\"appendonsend\"></div><hr style=\"display:inline-block;width:98%\" tabindex=\"-1\"><div id=\"divRplyFwdMsg\" dir=\"ltr\">" +
			asHTML(outlook) + "</div><div>" + asHTML(digestText()) + "</div>",
		"Outlook on a phone": "Content-Type: text/plain; charset=utf-8\n\n" + words + "\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\n" + outlook + digestText(),
		"Apple Mail":         "Content-Type: text/plain; charset=utf-8; format=flowed\n\n" + words + "\n\n> On 12. Jun 2026, at 08:00, " + from + " wrote:\n> \n" + quotedBy("> ", digestText()),
		"iPhone":             "Content-Type: text/plain; charset=utf-8\n\n" + words + "\n\nSent from my iPhone\n\n> On Jun 12, 2026, at 8:00 AM, " + from + " wrote:\n> \n" + quotedBy("> ", digestText()),
		"Thunderbird":        "Content-Type: text/plain; charset=utf-8; format=flowed\n\n" + words + "\n\nAm 12.06.26 um 08:00 schrieb Community BackChannel weekly:\n" + quotedBy("> ", digestText()) + "\n-- \nDana Reyes\nNorthgate\n",
		"Thunderbird below":  "Content-Type: text/plain; charset=utf-8; format=flowed\n\nOn 12/06/2026 08:00, Community BackChannel weekly wrote:\n" + quotedBy("> ", digestText()) + "\n" + words + "\n",
		"Yahoo":              "Content-Type: text/plain; charset=utf-8\n\n" + words + "\n    On Friday, June 12, 2026 at 08:00:07 AM CDT, " + from + " wrote:  \n \n " + strings.ReplaceAll(digestText(), "\n", "\n "),
		"Proton":             "Content-Type: text/plain; charset=utf-8\n\n" + words + "\n\nSent with [Proton Mail](https://proton.me/mail/home) secure email.\n\nOn Friday, June 12th, 2026 at 8:00 AM, " + from + " wrote:\n\n" + quotedBy("> ", digestText()),
		"web.de":             "Content-Type: text/html; charset=utf-8\n\n<div>" + words + "</div><div name=\"quote\" style=\"margin:10px 5px 5px 10px; border-left:2px solid #C3D9E5;\"><div><b>Gesendet:</b> Freitag, 12. Juni 2026<br><b>Von:</b> x</div>" + asHTML(digestText()) + "</div>",
		"Mail.ru":            "Content-Type: text/plain; charset=utf-8\n\n" + words + "\n\nПятница, 12 июня 2026, 16:00 +03:00 от " + from + ":\n" + quotedBy("> ", digestText()),
		"Zimbra":             "Content-Type: text/plain; charset=utf-8\n\n" + words + "\n\n----- Original Message -----\n" + outlook + digestText(),
		"K-9":                "Content-Type: text/plain; charset=utf-8\n\n" + words + "\n-- \nSent from my Android device with K-9 Mail. Please excuse my brevity.\n\nOn 12 June 2026 08:00:07 CEST, " + from + " wrote:\n" + quotedBy(">", digestText()),
		"Samsung":            "Content-Type: text/plain; charset=utf-8\n\n" + words + "\n\nSent from my Galaxy\n\n\n-------- Original message --------\nFrom: " + from + " \nDate: 12/06/2026  08:00  (GMT+01:00) \nTo: Dana \nSubject: Sponsors \n\n" + digestText(),
		"Lotus Notes":        "Content-Type: text/plain; charset=utf-8\n\n" + words + "\n\nFrom:   " + from + "\nTo:     Dana Reyes <dana.reyes@northgate.example>\nDate:   12/06/2026 08:00\nSubject:        Sponsors, first hires\n\n\n\n" + digestText(),
	} {
		got := mustParse(t, "From: Dana <dana.reyes@northgate.example>\nMIME-Version: 1.0\n"+body).NewText()
		if got.Text != words || !got.Quoted || got.Unsure || got.Interleaved {
			t.Errorf("%s: got %+v", name, got)
		}
		if strings.Contains(got.Text+got.Signature, "+") {
			t.Errorf("%s: an address of the digest came through", name)
		}
	}
}

// The mails of planer, which has no table of expectations: Office 365 and Word.
func TestCorpusPlaner(t *testing.T) {
	for name, want := range map[string]string{
		"planer/office-365.html":           "Hey Ms. Dolphin --\n\nIt has been so great to chat with you these past few days.\n\nI really hope that you're doing well!\n\nGreat. Bye!\n\nCheers,\nMr. Cat",
		"planer/microsoft-namespaces.html": "Hi John - Lorem ipsum dolor sit amet, dignissim voluptas, eget integer amet felis ultricies.\n\nSapien laoreet nulla ipsum diam vel venenatis, nonummy ut elit.",
	} {
		got := trim(readHTML(string(corpusFile(t, "quotes-html", name))))
		if !strings.HasPrefix(got.Text, want) || strings.Contains(got.Text, "From:") || !got.Quoted {
			t.Errorf("%s: got %+v", name, got.NewText)
		}
	}
}

// The mails of roundcube: what its own tests hold to be dangerous must not come out.
func TestCorpusRoundcube(t *testing.T) {
	for _, name := range []string{"htmlbase.txt", "htmlbody.txt", "htmlcom.txt", "htmlxss.txt", "mailto.txt", "BID-26800.txt", "invalidchars.html"} {
		text := HTMLToText(string(corpusFile(t, "html-mails", "roundcube/"+name)))
		for _, bad := range []string{"<script", "onerror", "onload", "javascript:", "<img", "expression(", "[if "} {
			if strings.Contains(strings.ToLower(text), bad) {
				t.Errorf("%s: %q comes out in %q", name, bad, text)
			}
		}
	}
	l, err := Parse(corpusFile(t, "html-mails", "roundcube/html.msg"))
	if err != nil {
		t.Fatal(err)
	}
	if got := l.Text(); got != "this is test" {
		t.Errorf("html.msg: %q", got)
	}
}
