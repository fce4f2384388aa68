package letter

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestHTMLToText(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"paragraphs", "<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree"},
		{"white space", "  a\n\t b &nbsp; c<span> d</span>e ", "a b c de"},
		{"entities", "a &lt;b&gt; &amp; &eacute; &#8364; &bogus;", "a <b> & é € &bogus;"},
		{"blank lines", "a<br><br>b<br><br><br>c<div><br></div><div>d</div>", "a\n\nb\n\nc\n\nd"},
		{"word's paragraphs", `<p class="MsoNormal">a</p><p class="MsoNormal"><o:p>&nbsp;</o:p></p><p class="MsoNormal">b</p><p class="MsoNormal">c</p>`, "a\n\nb\nc"},
		{"headings", "<h1>Title</h1>text<h2>Sub</h2><p>more</p>", "Title\n\ntext\n\nSub\n\nmore"},
		{"list", "<ul><li>one<li>two<ul><li>deep</li></ul></li></ul>", "- one\n- two\n\n  - deep"},
		{"numbered list", `<ol start="3"><li>three</li><li><p>four</p><p>still</p></li></ol>`, "3. three\n4. four\n\n  still"},
		{"empty list item", "<ul><li></li><li>a</li></ul>b", "- a\n\nb"},
		{"table", `<table border="1"><tr><th>Name</th><th>Day</th></tr><tr><td>Ada</td><td>Fri</td></tr></table>`, "Name | Day\nAda | Fri"},
		{"table that only places", "<table><tr><td>left</td><td>right</td></tr><tr><td>below</td></tr></table>", "left  right\nbelow"},
		{"table with paragraphs", "<table><tr><td><p>a</p></td><td><p>b</p></td></tr></table>", "a  b"},
		{"table with long cells", "<table><tr><td>a<br>b</td><td>c</td></tr></table>", "a\nb\nc"},
		{"table in a table", "<table><tr><td><table><tr><td>a</td><td>b</td></tr></table></td><td>c</td></tr></table>", "a  b\n\nc"},
		{"quotation", "<p>a</p><blockquote>b<br>c<blockquote>d</blockquote></blockquote><p>e</p>", "a\n\n> b\n> c\n>\n>> d\n\ne"},
		{"link", `<a href="https://example.org/x">here</a>.`, "here (https://example.org/x)."},
		{"link that says itself", `<a href="https://www.example.org/">example.org</a> <a href="mailto:a@example.org">A@example.org</a>`, "example.org A@example.org"},
		{"link elsewhere than it says", `<a href="https://evil.example/">bank.example</a>`, "bank.example (https://evil.example/)"},
		{"links that are none", `<a href="javascript:alert(1)">a</a> <a href="#x">b</a> <a href="cid:1">c</a> <a>d</a> <a href=" java&#10;script:x">e</a>`, "a b c d e"},
		{"link over blocks", `<a href="https://example.org/x"><div>One</div><div>Two</div></a>`, "One\nTwo (https://example.org/x)"},
		{"picture", `<img src="https://t.example/p.gif" alt="Our garden"> <img alt="😀"> <img src="x"> <img alt="dot" width="1">`, "[Our garden] 😀"},
		{"linked picture", `<a href="https://example.org/"><img alt="logo"></a>`, "[logo] (https://example.org/)"},
		{"preformatted", "<pre>a\n  b\n\n\n\tc</pre>d", "a\n  b\n\n\tc\n\nd"},
		{"hidden", `a<div style="display:none">b</div><span style="font-size:0px">c<b style="font-size:12px">d</b></span><i hidden>e</i><p style="max-height:0; overflow:hidden">f</p>g`, "adg"},
		{"hidden within hidden", `<div style="DISPLAY: none"><div>a</div>b</div>c`, "c"},
		{"scripts and styles", "<head><title>T</title><style>p{}</style></head><script>alert('<p>x</p>')</script><noscript>seen</noscript>a", "seena"},
		{"comments", "a<!-- b -->c<!--[if mso]>d<![endif]--><![if !mso]>e<![endif]>", "ace"},
		{"office's notes", "<xml><o:OfficeDocumentSettings>x</o:OfficeDocumentSettings></xml>a", "a"},
		{"address that nobody escaped", "Jane Roe <jane@example.com> wrote:", "Jane Roe <jane@example.com> wrote:"},
		{"invisible characters", "a\u200b\u00adb &zwnj;&nbsp;&zwnj;c\u202e\u2066", "ab c"},
		{"joiners", "👩\u200d🌾 می\u200cخواهم", "👩\u200d🌾 می\u200cخواهم"},
		{"rule", "a<hr>b", "a\n----------\nb"},
		{"inline end tags close no blocks", `<div style="display:none">a</b></span></i>b</div>c`, "c"},
		{"end tags that were never opened", "a</div></blockquote></td></ul>b", "ab"},
		{"quotation left open", "<blockquote>a<p>b", "> a\n>\n> b"},
		{"a cell keeps what is inside", `<table><tr><td><blockquote>a</td><td>b</td></tr></table>c`, "> a\n\nb\n\nc"},
		{"nothing", "", ""},
		{"no HTML", "just 1 < 2 text", "just 1 < 2 text"},
	} {
		if got := HTMLToText(c.in); got != c.want {
			t.Errorf("%s\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

// Depth costs nothing: what would be quadratic in a tree is linear here.
func TestHTMLToTextIsLinear(t *testing.T) {
	for name, piece := range map[string]string{
		"open divs":         "<div>",
		"open quotations":   "<blockquote>x",
		"open lists":        "<ul><li>x",
		"open tables":       "<table><tr><td>x",
		"open spans":        "<span>",
		"end tags":          "</div></b>",
		"mixed":             "<div><span><b></div></td>",
		"links":             "<a href=https://example.org/>x",
		"attributes":        "<p a b c d e f=g>",
		"containers":        `<div class="gmail_quote">x`,
		"angles":            "<<<",
		"comments":          "<!--",
		"entities":          "&amp;&#x41;&notanentity",
		"hard spaces":       "&nbsp;<br>",
		"long class lists":  `<p class="a b c gmail_quote x">`,
		"ends of open divs": "<div></b></span></p>",
	} {
		source := strings.Repeat(piece, 1_000_000/len(piece))
		begin := time.Now()
		text := HTMLToText(source)
		if took := time.Since(begin); took > stuck {
			t.Errorf("%s: a megabyte took %v", name, took)
		}
		if len(text) > 30*len(source) {
			t.Errorf("%s: %d bytes of HTML became %d of text", name, len(source), len(text))
		}
	}
}

type xssRow struct {
	Payload string `json:"payload"`
	Attack  any    `json:"attack"`
	Data    string `json:"data"`
}

// Whatever attackers feed to browsers comes out as words or not at all: no markup of theirs, no script.
func TestHTMLToTextCorpusAttacks(t *testing.T) {
	n := 0
	check := func(name, source string) {
		n++
		text := HTMLToText(source)
		if !utf8.ValidString(text) || text != CleanText(text) {
			t.Errorf("%s: not clean: %q", name, text)
		}
		// A tag may come out only if its text was escaped in the source, or stood in an element that shows its source.
		low := strings.ToLower(source)
		if strings.Contains(low, "&") || strings.Contains(low, "<xmp") || strings.Contains(low, "<plaintext") || strings.Contains(low, "<textarea") ||
			strings.Contains(low, "<listing") || strings.Contains(low, "cdata") {
			return
		}
		if strings.Contains(text, "<s") || strings.Contains(text, "<i") || strings.Contains(text, "</") || strings.Contains(text, "javascript:") {
			t.Errorf("%s: %q comes out as %q", name, source, text)
		}
	}
	for _, row := range corpusRows[xssRow](t, "html-xss", "dompurify.jsonl") {
		check("dompurify", row.Payload)
	}
	for line := range strings.Lines(string(corpusFile(t, "html-xss", "h5sc-vectors.txt"))) {
		if strings.Contains(line, "<") {
			check("h5sc", line)
		}
	}
	if n < 300 {
		t.Errorf("only %d attacks were tried", n)
	}
}

func FuzzHTMLToText(f *testing.F) {
	f.Add(`<div class="gmail_quote">On x, y wrote:<blockquote type=cite>a</blockquote></div><p>b <a href="https://e.example">c</a>`)
	f.Add("<table><tr><td>a<td>b<tr><td><ul><li>c</table><pre>\n d</pre>")
	f.Add(`<p style="display:none">x</p><img alt="y"><hr id=stopSpelling><script>z</script>`)
	f.Fuzz(func(t *testing.T, source string) {
		text := HTMLToText(source)
		if text != CleanText(text) || !utf8.ValidString(text) {
			t.Fatalf("not clean: %q", text)
		}
		if len(text) > 40*len(source)+100 {
			t.Fatalf("%d bytes became %d", len(source), len(text))
		}
		trim(readHTML(source)) // must not panic
	})
}
