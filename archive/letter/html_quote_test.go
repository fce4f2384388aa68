package letter

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// attributesOf reads the attributes of the first tag.
func attributesOf(t *testing.T, source string) attributes {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(source))
	if z.Next() == html.ErrorToken {
		t.Fatalf("%q holds no tag", source)
	}
	_, more := z.TagName()
	return readAttributes(z, more)
}

func TestContainers(t *testing.T) {
	for source, want := range map[string]boxKind{
		`<div class="gmail_quote">`:                          answerBox,
		`<div class="gmail_quote gmail_quote_container">`:    answerBox,
		`<DIV CLASS="x_gmail_quote">`:                        answerBox,
		`<div class="ecxgmail_quote">`:                       answerBox,
		`<div class="ydp1a2b3c4dgmail_quote">`:               answerBox,
		`<div class="yiv123456gmail_quote">`:                 answerBox,
		`<div class="protonmail_quote">`:                     answerBox,
		`<div class="zmail_extra">`:                          answerBox,
		`<div class="ydp9b1f0a55yahoo_quoted">`:              quoteBox,
		`<div id="ydp9b1f0a55yahoo_quoted_5894033310">`:      quoteBox,
		`<div id="yahoo_quoted_5894033310">`:                 quoteBox,
		`<span id="OLK_SRC_BODY_SECTION">`:                   quoteBox,
		`<div id="mail-editor-reference-message-container">`: quoteBox,
		`<div name="messageReplySection">`:                   quoteBox,
		`<div name="quote">`:                                 quoteBox,
		`<div class="moz-forward-container">`:                quoteBox,
		`<div class="gmail_attr">`:                           introBox,
		`<div class="moz-cite-prefix">`:                      introBox,
		`<p id="reply-intro">`:                               introBox,
		`<div class="gmail_signature">`:                      signatureBox,
		`<div data-x="1" class="gmail_signature" dir="ltr">`: signatureBox,
		`<div id="Signature">`:                               signatureBox,
		`<div id="x_Signature">`:                             signatureBox,
		`<div id="ms-outlook-mobile-signature">`:             signatureBox,
		`<pre class="moz-signature" cols="72">`:              signatureBox,
		`<div class="protonmail_signature_block">`:           signatureBox,
		`<div id="divRplyFwdMsg">`:                           tailBox,
		`<div id="x_divRplyFwdMsg">`:                         tailBox,
		`<div id="appendonsend">`:                            tailBox,
		`<div class="OutlookMessageHeader">`:                 tailBox,
		`<hr id="stopSpelling">`:                             tailBox,
		`<hr id="zwchr">`:                                    tailBox,
		`<div class="signature">`:                            noBox,
		`<div class="gmail_default">`:                        noBox,
		`<div class="my_gmail_quote_style">`:                 noBox,
		`<div name="appendonsend">`:                          noBox,
		`<div>`:                                              noBox,
	} {
		if got := attributesOf(t, source).container(); got != want {
			t.Errorf("%s: %d, want %d", source, got, want)
		}
	}
}

func TestStyles(t *testing.T) {
	for source, want := range map[string]struct{ hidden, sized, tiny bool }{
		`<p style="display:none">`:                         {hidden: true},
		`<p style="color:red; DISPLAY : None !important">`: {hidden: true},
		`<p style="visibility:hidden">`:                    {hidden: true},
		`<p style="opacity:0">`:                            {hidden: true},
		`<p style="opacity:0.5">`:                          {},
		`<p style="max-height:0;overflow:hidden">`:         {hidden: true},
		`<p style="max-height:0px;">`:                      {},
		`<p style="overflow:hidden">`:                      {},
		`<p style="font-size:0">`:                          {sized: true, tiny: true},
		`<p style="font-size:0.0em">`:                      {sized: true, tiny: true},
		`<p style="font-size:12px">`:                       {sized: true},
		`<p style="font-size:10px;display:block">`:         {sized: true},
		`<p hidden>`:                               {hidden: true},
		`<p style="mso-hide:all">`:                 {},
		`<p style="background:url(display:none)">`: {},
		`<p style=";;:;display">`:                  {},
	} {
		a := attributesOf(t, source)
		if a.hidden != want.hidden || a.sized != want.sized || a.tiny != want.tiny {
			t.Errorf("%s: hidden %v, sized %v, tiny %v", source, a.hidden, a.sized, a.tiny)
		}
	}
}

func TestIndentingBlockquotes(t *testing.T) {
	for source, want := range map[string]bool{
		`<blockquote style="margin:0 0 0 40px;border:none;padding:0px">`:   true,
		`<blockquote style="margin: 0px 0px 0px 40px; border: none;">`:     true,
		`<blockquote type="cite" style="border:none">`:                     false,
		`<blockquote class="gmail_quote" style="border:none">`:             false,
		`<blockquote style="border:none;border-left:1px solid #ccc">`:      false,
		`<blockquote style="border-left:1px solid #0857A6; margin:10px;">`: false,
		`<blockquote>`: false,
	} {
		if got := attributesOf(t, source).indents(); got != want {
			t.Errorf("%s: %v", source, got)
		}
	}
}

func TestLinkAddress(t *testing.T) {
	for href, want := range map[string]string{
		"https://example.org/a?b=c#d": "https://example.org/a?b=c#d", " http://example.org ": "http://example.org", "mailto:a@example.org": "a@example.org",
		"tel:+49123": "tel:+49123", "imap://example.org/x": "imap://example.org/x", "HTTPS://EXAMPLE.ORG": "HTTPS://EXAMPLE.ORG",
		"javascript:alert(1)": "", "JaVaScRiPt:x": "", "data:text/html,x": "", "cid:1@x": "", "file:///etc/passwd": "", "#top": "", "/path": "", "": "",
		"https:": "", "https://example.org/a b": "", "https://example.org/\u202e": "", "java\nscript:x": "", "vbscript:x": "",
		"https://example.org/" + strings.Repeat("x", 1000): "",
	} {
		if got := linkAddress(href); got != want {
			t.Errorf("%q: %q, want %q", href, got, want)
		}
	}
}

func TestSameAddress(t *testing.T) {
	for _, c := range []struct {
		text, address string
		want          bool
	}{
		{"example.org", "https://example.org/", true}, {"www.example.org/a", "http://example.org/a", true}, {"<a@example.org>", "a@example.org", true},
		{"A@Example.org", "a@example.org", true}, {"+49 123", "tel:+49123", false}, {"bank.example", "https://evil.example", false},
		{"here", "https://example.org", false}, {strings.Repeat("x", 500), "https://example.org", false},
	} {
		if got := sameAddress(c.text, c.address); got != c.want {
			t.Errorf("%q and %q: %v", c.text, c.address, got)
		}
	}
}

// Containers nested without end cost memory for twenty of them.
func TestDeepContainers(t *testing.T) {
	doc := readHTML(strings.Repeat(`<div class="gmail_quote">x`, 5000))
	if n := len(doc.parents); n > maxHTMLQuote+2 {
		t.Errorf("%d containers", n)
	}
	if ends := containerEnds(doc); ends[1] != len(doc.lines) {
		t.Errorf("the outermost container ends at line %d of %d", ends[1], len(doc.lines))
	}
}
