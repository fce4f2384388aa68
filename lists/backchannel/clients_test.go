package backchannel_test

import (
	"html"
	"strings"
	"testing"

	"backchannel/lists/mailroom/mailroomtest"
)

// client is how one mail program answers: the words, and what it quotes of the letter as text and as HTML.
type client struct {
	html  bool
	write func(words, text, page string) string
}

func marked(text string) string {
	return "> " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n> ")
}

const (
	wrote  = "On Fri, 12 Jun 2026 at 10:00, Dana Reyes (private K7QX) <managers@gardeners.example> wrote:"
	fromTo = "From: Dana Reyes (private K7QX) <managers@gardeners.example>\nSent: Friday, 12 June 2026 10:00\nTo: Mira Lowe <mira@lowe.example>\nSubject: [BC K7QX] A question"
)

// clients are the answers of mail programs, written down after what they send.
func clients() map[string]client {
	esc := html.EscapeString
	bold := func(s string) string {
		var out []string
		for _, l := range strings.Split(s, "\n") {
			k, v, _ := strings.Cut(l, ":")
			out = append(out, "<b>"+k+":</b>"+esc(v))
		}
		return strings.Join(out, "<br>")
	}
	return map[string]client{
		"Gmail": {true, func(w, _, p string) string {
			return `<div dir="ltr">` + w + `</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">` + esc(wrote) + `<br></div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex">` + p + `</blockquote></div>`
		}},
		"Gmail, text":  {false, func(w, t, _ string) string { return w + "\n\n" + wrote + "\n\n" + marked(t) }},
		"Gmail, below": {false, func(w, t, _ string) string { return wrote + "\n\n" + marked(t) + "\n\n" + w }},
		"Apple Mail": {true, func(w, _, p string) string {
			return `<html><body>` + w + `<br><div><br><blockquote type="cite"><div>` + esc(wrote) + `</div><br><div>` + p + `</div></blockquote></div></body></html>`
		}},
		"iPhone": {false, func(w, t, _ string) string { return w + "\n\nSent from my iPhone\n\n> " + wrote + "\n> \n" + marked(t) }},
		"iPhone, HTML": {true, func(w, _, p string) string {
			return w + `<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">Sent from my iPhone</div><div dir="ltr"><br><blockquote type="cite">` + esc(wrote) + `<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">` + p + `</div></blockquote>`
		}},
		"Outlook": {true, func(w, _, p string) string {
			return `<div class=WordSection1><p class=MsoNormal>` + w + `</p><p class=MsoNormal>&nbsp;</p><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal>` + bold(fromTo) + `</p></div>` + p + `</div>`
		}},
		"Outlook, text":  {false, func(w, t, _ string) string { return w + "\n\n-----Original Message-----\n" + fromTo + "\n\n" + t }},
		"Outlook, plain": {false, func(w, t, _ string) string { return w + "\n\n" + fromTo + "\n\n" + t }},
		"Outlook web": {true, func(w, _, p string) string {
			return `<div>` + w + `</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font>` + bold(fromTo) + `</font><div>&nbsp;</div></div><div>` + p + `</div>`
		}},
		"Outlook mobile": {true, func(w, _, p string) string {
			return `<div dir="auto">` + w + `</div><div id="ms-outlook-mobile-signature">Get <a href="https://aka.ms/o0ukef">Outlook for iOS</a></div><hr><div id="divRplyFwdMsg"><b>From:</b> ` + esc("Dana Reyes (private K7QX) <managers@gardeners.example>") + `<br><b>Sent:</b> Friday<br><b>To:</b> Mira<br><b>Subject:</b> x</div>` + p
		}},
		"Thunderbird": {true, func(w, _, p string) string {
			return `<p>` + w + `</p><div class="moz-cite-prefix">` + esc(wrote) + `<br></div><blockquote type="cite" cite="mid:x@y">` + p + `</blockquote>`
		}},
		"Thunderbird, text": {false, func(w, t, _ string) string {
			return "Am 12.06.26 um 10:00 schrieb Dana Reyes (private K7QX):\n" + marked(t) + "\n\n" + w
		}},
		"Yahoo": {true, func(w, _, p string) string {
			return `<div class="ydp1">` + w + `</div><div id="ydpyahoo_quoted_1" class="yahoo_quoted"><div><div>` + esc("On Friday, 12 June 2026 at 10:00:00 CEST, Dana Reyes <managers@gardeners.example> wrote:") + `</div>` + p + `</div></div>`
		}},
		"Proton": {true, func(w, _, p string) string {
			return `<div>` + w + `</div><div class="protonmail_quote">` + esc(wrote) + `<br><blockquote class="protonmail_quote" type="cite">` + p + `</blockquote></div>`
		}},
		"K-9": {true, func(w, _, p string) string {
			return `<html><body>` + w + `<br><br><div class="gmail_quote">` + esc(wrote) + `<blockquote class="gmail_quote">` + p + `</blockquote></div></body></html>`
		}},
		"K-9, text": {false, func(w, t, _ string) string {
			return w + "\n\nAm 12. Juni 2026 10:00:00 MESZ schrieb \"Dana Reyes (private K7QX)\" <managers@gardeners.example>:\n" + strings.ReplaceAll(marked(t), "> ", ">")
		}},
		"Fastmail": {true, func(w, _, p string) string {
			return `<div>` + w + `</div><div><br></div><div>` + esc(wrote) + `</div><blockquote type="cite" id="qt">` + p + `</blockquote>`
		}},
		"GMX": {true, func(w, _, p string) string {
			return `<div>` + w + `<div name="quote" style="margin:10px 5px 5px 10px; padding: 10px 0 10px 10px; border-left:2px solid #C3D9E5;"><div style="margin:0 0 10px 0;"><b>Gesendet:</b> Freitag<br><b>Von:</b> Dana<br><b>An:</b> Mira<br><b>Betreff:</b> x</div><div name="quoted-content">` + p + `</div></div></div>`
		}},
		"Notes": {false, func(w, t, _ string) string {
			return w + "\n\n\n\nFrom:   Dana Reyes <managers@gardeners.example>\nTo:     Mira Lowe <mira@lowe.example>\nDate:   12.06.2026 10:00\nSubject:        [BC K7QX] A question\n\n\n\n" + t
		}},
		"mutt": {false, func(w, t, _ string) string {
			return "* Dana Reyes <managers@gardeners.example> [2026-06-12 10:00]:\n" + marked(t) + "\n\n" + w
		}},
		"without marks":   {false, func(w, t, _ string) string { return w + "\n\n" + t }},
		"below, unmarked": {false, func(w, t, _ string) string { return t + "\n\n" + w }},
		"between the lines": {false, func(w, t, _ string) string {
			m := strings.SplitN(marked(t), "\n", 2)
			return wrote + "\n" + m[0] + "\n\n" + w + "\n\n" + m[1]
		}},
	}
}

// I7: of what a manager's mail program quotes nothing reaches the member, whichever program it is: the new words go, or all of it comes
// back. The letter has an internal note's address, names of managers and our own words in it; none of that may travel (LP3, FC16).
func TestAnswersOfMailPrograms(t *testing.T) {
	exact, back := 0, 0
	for name, c := range clients() {
		v := mailroomtest.New(t)
		v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: managers, Subject: "A question", Body: "May I plant beans beside the fence, or is zzasked in the way?"})
		notice := v.One(to(v.Deliver(), mira), mira)
		page := ""
		for _, p := range notice.Parts() {
			if p.Type == "text/html" {
				_, page, _ = strings.Cut(string(p.Decoded()), "<body>")
				page, _, _ = strings.Cut(page, "</body>")
			}
		}
		if page == "" {
			t.Fatal("the letter has no HTML")
		}
		p := answer("Mira Lowe <"+mira+">", notice, "")
		p.Body = c.write("Yes, do, by all means.", strings.TrimSpace(notice.Text()), page)
		if p.Header += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"; c.html {
			p.Header = strings.Replace(p.Header, "text/plain", "text/html", 1)
		}
		v.MustSend(p)
		all := v.Deliver()
		switch got := to(all, dana); {
		case len(got) == 1:
			said, _, _ := strings.Cut(words(got[0]), " You wrote:")
			said, _, _ = strings.Cut(said, " === Reply above")
			if said == "Yes, do, by all means." || name == "between the lines" && strings.Contains(said, "Yes, do, by all means.") {
				exact++
			} else {
				t.Errorf("%s: Dana read %q", name, said)
			}
			hides(t, got[0], "stays hidden", "note+", "Also with", "Theo", "lowe.example", "iPhone", "Outlook", "BC K7QX")
		case len(to(all, mira)) == 1:
			back++
			says(t, v.One(all, mira), "has not got your answer")
		default:
			t.Errorf("%s: the answer is lost:\n%s", name, mailroomtest.Subjects(all))
		}
	}
	t.Logf("%d answers: %d exact, %d came back", exact+back, exact, back)
	if back > 3 {
		t.Errorf("%d answers came back", back)
	}
}

// The same the other way: what members write anew reaches managers, wherever it stands; no words are lost (G9).
func TestLettersOfMailPrograms(t *testing.T) {
	exact, asked, all := 0, 0, 0
	for name, c := range clients() {
		v := mailroomtest.New(t)
		ack := v.One(to(ask(v, "A question", "May I?"), dana), dana)
		door, _, _ := strings.Cut(ack.ReplyTo()[0].Address.String(), "@")
		p := answer("Dana Reyes <"+dana+">", ack, "")
		text := strings.TrimSpace(ack.Text())
		p.Body = c.write("And one more thing: the hose.", text, "<p>"+strings.ReplaceAll(html.EscapeString(text), "\n", "<br>")+"</p>")
		if p.Header += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"; c.html {
			p.Header = strings.Replace(p.Header, "text/plain", "text/html", 1)
		}
		v.MustSend(p)
		came := v.Deliver()
		if len(to(came, mira)) != 1 {
			// Without any mark our own word "the managers got this: Mira and Theo" is taken for the writer's: then it is asked about.
			if !strings.HasPrefix(v.One(came, dana).Subject(), "[private] May the managers read this?") {
				t.Errorf("%s:\n%s", name, mailroomtest.Subjects(came))
			}
			asked++
			continue
		}
		got := v.One(came, mira)
		all++
		says(t, got, "And one more thing: the hose.")
		said, _, _ := strings.Cut(words(got), " === Reply above")
		if said == "And one more thing: the hose." {
			exact++
		} else {
			t.Logf("%s: %q", name, said)
		}
		hides(t, got, door)
	}
	t.Logf("%d letters, %d of them exact, %d asked about, no word lost", all+asked, exact, asked)
	if asked > 2 || exact < all-1 {
		t.Errorf("%d are asked about, %d are exact", asked, exact)
	}
}
