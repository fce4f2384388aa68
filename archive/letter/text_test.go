package letter

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// mustParse reads a letter written with bare line feeds.
func mustParse(t testing.TB, raw string) *Letter {
	t.Helper()
	l, err := Parse([]byte(strings.ReplaceAll(raw, "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLetterText(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "Subject: x\n\nHello\nyou\n", "Hello\nyou"},
		{"no body", "Subject: x\n\n", ""},
		{"charset", "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe\n", "Grüße"},
		{"base64", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nR3LDvMOfZQ0KSGk=\n", "Grüße\nHi"},
		{"flowed", "Content-Type: text/plain; format=flowed\n\none \ntwo\n> a \n> b\n", "one two\n> a b"},
		{"flowed without spaces", "Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\n\n日本 \n語\n", "日本語"},
		{"controls and direction marks", "Content-Type: text/plain; charset=utf-8\n\na\x00b\x1b[1mc\u202ed\u2066e\n", "ab[1mcde"},
		{"html", "Content-Type: text/html; charset=utf-8\n\n<p>Hello</p><p>you</p>\n", "Hello\n\nyou"},
		{"html that names its own charset", "Content-Type: text/html\n\n<meta charset='koi8-r'>\xf0\xf2\xe9\n", "ПРИ"},
		{"attachment alone", "Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nfile\n", ""},
		{"alternative", alternative("text/plain", "plain", "text/html", "<b>html</b>"), "plain"},
		{"alternative, html first", alternative("text/html", "<b>html</b>", "text/plain", "plain"), "plain"},
		{"alternative without words", alternative("text/plain", " \n", "text/html", "<b>html</b>"), "html"},
		{"alternative that points to the html", alternative("text/plain", "Your mail program does not show HTML.", "text/html", "<b>words</b>"), "words"},
		{"two texts", mixed("text/plain", "one", "text/plain", "two"), "one\n\ntwo"},
		{"text and file", mixed("text/plain", "one", "text/plain\nContent-Disposition: attachment; filename=x.txt", "two"), "one"},
		{"text and letter", mixed("text/plain", "one", "message/rfc822", "Subject: y\n\ninner"), "one"},
		{"alternative in mixed", mixed("multipart/alternative; boundary=I", "--I\nContent-Type: text/plain\n\nin\n--I\nContent-Type: text/html\n\n<p>in\n--I--", "text/plain", "footer"), "in\n\nfooter"},
		{"alternative with pictures", alternative("text/plain", "", "multipart/related; boundary=R", "--R\nContent-Type: text/html\n\n<p>rel</p>\n--R\nContent-Type: image/png\n\nx\n--R--"), "rel"},
		{"multipart in name only", "Content-Type: multipart/mixed\n\njust text\n", "just text"},
	} {
		if got := mustParse(t, c.in).Text(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func alternative(parts ...string) string { return multi("alternative", parts) }
func mixed(parts ...string) string       { return multi("mixed", parts) }

// multi writes a multipart of parts given as type and body in turn.
func multi(kind string, parts []string) string {
	out := "Content-Type: multipart/" + kind + "; boundary=B\n\npreamble\n"
	for i := 0; i < len(parts); i += 2 {
		out += "--B\nContent-Type: " + parts[i] + "\n\n" + parts[i+1] + "\n"
	}
	return out + "--B--\nepilogue\n"
}

func TestLetterNewText(t *testing.T) {
	l := mustParse(t, alternative("text/plain", "Yes.\n\nOn Fri, 12 Jun 2026 at 08:00, Bree <b@example.org> wrote:\n> Shall we?\n\n-- \nDana", "text/html", "x"))
	if got := l.NewText(); got.Text != "Yes." || got.Signature != "--\nDana" || !got.Quoted || got.Unsure {
		t.Errorf("got %+v", got)
	}
	// A program that takes the marks out of the plain text, while the HTML still shows what is whose.
	l = mustParse(t, alternative("text/plain", "Hello\n\nOn Fri, 12 Jun 2026 at 08:00, Bree <b@example.org> wrote:\n\nShall we?\n\nYes!\n",
		"text/html", "Hello<br>On Fri, 12 Jun 2026 at 08:00, Bree &lt;b@example.org&gt; wrote:<blockquote type=cite>Shall we?</blockquote>Yes!"))
	if got := l.NewText(); got.Text != "Hello\n\n> Shall we?\n\nYes!" || !got.Interleaved {
		t.Errorf("got %+v", got)
	}
	// The footer that a list put behind an HTML mail as a part of its own.
	l = mustParse(t, mixed("text/html", "Yes.", "text/plain", "_______________\ntalk mailing list\ntalk@lists.example"))
	if got := l.NewText(); got.Text != "Yes." || !strings.Contains(got.Signature, "mailing list") {
		t.Errorf("got %+v", got)
	}
}

// Containers of two HTML parts must not be mixed up: the older letter in the first ends with it.
func TestLetterNewTextOfTwoHTMLParts(t *testing.T) {
	older := `Yes.<div class="gmail_quote">-----Original Message-----<br>Shall we?</div>`
	l := mustParse(t, mixed("text/html", older, "text/html", "<p>And bring cake.</p>"))
	if got := l.NewText(); !strings.Contains(got.Text, "Yes.") || !strings.Contains(got.Text, "And bring cake.") {
		t.Errorf("got %+v", got)
	}
}

// letters are the letters of a text, in order, without everything that trimming may move or mark.
func letters(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) {
			return c
		}
		return -1
	}, text)
}

// isSubsequence tells whether all of part stands in whole in its order.
func isSubsequence(part, whole string) bool {
	for _, c := range part {
		i := strings.IndexRune(whole, c)
		if i < 0 {
			return false
		}
		whole = whole[i+utf8.RuneLen(c):]
	}
	return true
}

func FuzzTrimText(f *testing.F) {
	for _, seed := range []string{
		"Yes.\n\nOn Fri, 12 Jun 2026 at 08:00, Bree <b@example.org>\nwrote:\n\n> Shall we?\n>> a\n\nNo.\n-- \nDana\n",
		"A\n\n-----Original Message-----\nFrom: x@y\nSent: today\nTo: z\nSubject: s\n\nwords\n",
		"From: a@b\nDate: x\nSubject: y\n\nbody\n____\nlist mailing list\n",
		"Regards,\nJohn\n\nSent from my iPhone\n\nmore\n>From here\nJD> a\nJD> b\n| c\n| d\n| e\n",
		"-----BEGIN PGP SIGNED MESSAGE-----\n\n- --\nx\n-----BEGIN PGP SIGNATURE-----\ny\n-----END PGP SIGNATURE-----\n",
		">>>>> \"BO\" == Bree <b@example.org> writes:\n  BO> a\n\n  >> b\n\nC\n\n########\nTo unsubscribe from the x list\n########\n\n---\n",
		"[Bree]\n> a\nSo then, Bree <b@example.org> goes:\n\n> b\n\nc\n-------- Original message --------From: a@b Date: x",
		"JD> \nJD>  ",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := TrimText(text)
		clean := letters(CleanText(text))
		if !isSubsequence(letters(got.Text), clean) {
			t.Fatalf("words that nobody wrote: %q", got.Text)
		}
		if !isSubsequence(letters(got.Signature), clean) {
			t.Fatalf("a signature that nobody wrote: %q", got.Signature)
		}
		if !got.Quoted && len(letters(got.Text))+len(letters(got.Signature)) != len(clean) {
			t.Fatalf("words were lost: %+v", got)
		}
		if got.Text != CleanText(got.Text) {
			t.Fatalf("not clean: %q", got.Text)
		}
	})
}

func FuzzLetterText(f *testing.F) {
	f.Add([]byte("Content-Type: text/html\r\n\r\n<p>x<blockquote>y"))
	f.Add([]byte(alternative("text/plain", "a", "text/html", "b")))
	f.Add([]byte("Content-Type: text/plain; charset=utf-7; format=flowed\r\nContent-Transfer-Encoding: base64\r\n\r\nSGk=\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := Parse(raw)
		if err != nil {
			return
		}
		if text := l.Text(); text != CleanText(text) || !utf8.ValidString(text) {
			t.Fatalf("not clean: %q", text)
		}
		l.NewText()
	})
}

// Rule B8: what a stranger repeats a million times costs no more than a million times.
func TestTrimTextIsLinear(t *testing.T) {
	for name, piece := range map[string]string{
		"quoted lines":      "> a\n",
		"quote marks":       ">",
		"introductions":     "On Fri, 12 Jun 2026 at 08:00, Bree <b@example.org> wrote:\n",
		"maybe intros":      "a b c d e:\n",
		"own marks":         "On Fri, 12 Jun 2026 at 08:00, Bree wrote:\n--]a\n\n",
		"headers":           "From: a@b\n",
		"half headers":      "From: a\nTo: b\n\n\n",
		"rules":             "-----\n",
		"delimiters":        "--\na\n",
		"phones":            "Sent from my iPhone\n\n",
		"closings":          "Regards,\nDana\n\n",
		"footers":           "____\nmailing list\n",
		"blank lines":       "\n",
		"headings":          "-----Original Message-----\n",
		"alternating":       "> a\nb\n",
		"initials":          "JD> a\n",
		"armor":             "-----BEGIN PGP SIGNED MESSAGE-----\n-----BEGIN PGP SIGNATURE-----\n",
		"words":             "word ",
		"one letter a line": "a\n",
	} {
		text := strings.Repeat(piece, 1_000_000/len(piece))
		begin := time.Now()
		got := TrimText(text)
		if took := time.Since(begin); took > stuck {
			t.Errorf("%s: a megabyte took %v", name, took)
		}
		if !isSubsequence(letters(got.Text), letters(text)) {
			t.Errorf("%s: words that nobody wrote", name)
		}
	}
}

// A reply text that keeps a well known library busy for twenty seconds.
func TestCorpusLongQuote(t *testing.T) {
	b := corpusFile(t, "quotes-text", "github/email_long_quote.txt")
	begin := time.Now()
	got := TrimText(string(b))
	if took := time.Since(begin); took > stuck {
		t.Errorf("took %v", took)
	}
	if !strings.HasPrefix(got.Text, "Hi folks") || !isSubsequence(letters(got.Text), letters(string(b))) {
		t.Errorf("got %.200q", got.Text)
	}
}

// Every letter of every set gives clean text. Among the posts of real lists few may leave the trimmer unsure or without new text.
func TestCorpusTexts(t *testing.T) {
	posts, unsure, empty, others := 0, 0, 0, 0
	read := func(name string, raw []byte) (string, NewText, bool) {
		l, err := Parse(raw)
		if err != nil {
			return "", NewText{}, false
		}
		whole := l.Text()
		if whole != CleanText(whole) || !utf8.ValidString(whole) {
			t.Errorf("%s: text is not clean", name)
		}
		return whole, l.NewText(), true
	}
	for _, set := range []string{"archive-spamassassin", "archive-ponymail"} {
		corpusWalk(t, set, func(name string, b []byte) {
			for _, raw := range mboxLetters(b) {
				whole, fresh, ok := read(name, raw)
				if !ok {
					continue
				}
				posts++
				if fresh.Unsure {
					unsure++
				}
				if fresh.Text == "" && whole != "" {
					empty++
				}
			}
		}, ".mbox")
	}
	for _, set := range []string{"mime-mikel-mail", "mime-stalwart", "mime-misc", "bounces-sisimai"} {
		corpusWalk(t, set, func(name string, raw []byte) {
			if _, _, ok := read(name, raw); ok {
				others++
			}
		}, ".eml", ".msg", ".txt")
	}
	t.Logf("%d posts, %d unsure, %d without new text; %d other letters", posts, unsure, empty, others)
	if posts < 3000 || unsure*90 > posts || empty*1000 > posts {
		t.Errorf("%d posts, %d unsure, %d without new text: more than one in 90 or 1000", posts, unsure, empty)
	}
}

// benchLetter is a list post of 6 KB: a quoted reply with alternatives, as Gmail writes it.
func benchLetter() []byte {
	var plain, html bytes.Buffer
	for range 16 {
		plain.WriteString("We met on Friday and talked about the garden for an hour, and it was good.\r\n")
		html.WriteString("<div>We met on Friday and talked about the garden for an hour, and it was good.</div>\r\n")
	}
	plain.WriteString("\r\nOn Fri, 12 Jun 2026 at 08:00, Bree Okafor <bree@example.org> wrote:\r\n\r\n")
	html.WriteString("<div class=\"gmail_quote\"><div class=\"gmail_attr\">On Fri, Bree wrote:</div><blockquote class=\"gmail_quote\">")
	for range 18 {
		plain.WriteString("> Shall we meet again, and if so, where and when would it suit everybody?\r\n")
		html.WriteString("<div>Shall we meet again, and if so, where and when would it suit everybody?</div>\r\n")
	}
	html.WriteString("</blockquote></div>")
	return []byte("From: Dana <dana@example.org>\r\nTo: talk@lists.example\r\nSubject: Re: Friday\r\nMessage-ID: <1@example.org>\r\n" +
		"Date: Fri, 12 Jun 2026 09:00:00 +0200\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=B\r\n\r\n" +
		"--B\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + plain.String() + "\r\n--B\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" +
		html.String() + "\r\n--B--\r\n")
}

func BenchmarkParseText(b *testing.B) {
	raw := benchLetter()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		l, err := Parse(raw)
		if err != nil {
			b.Fatal(err)
		}
		if l.Text() == "" {
			b.Fatal("no text")
		}
	}
}

func BenchmarkNewText(b *testing.B) {
	raw := benchLetter()
	l, _ := Parse(raw)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if l.NewText().Text == "" {
			b.Fatal("no text")
		}
	}
}

func BenchmarkHTMLToText(b *testing.B) {
	raw := benchLetter()
	html := string(raw[bytes.Index(raw, []byte("<div>")):])
	b.SetBytes(int64(len(html)))
	for b.Loop() {
		HTMLToText(html)
	}
}
