package templates

import (
	"regexp"
	"strings"
	"testing"
)

// body is what stands between the body's tags, in one line.
func body(s string) string {
	_, s, _ = strings.Cut(s, "<body>\n")
	s, _, _ = strings.Cut(s, "</body>")
	return strings.TrimSpace(strings.ReplaceAll(s, "\n", ""))
}

func TestAsHTML(t *testing.T) {
	long := strings.TrimSpace(strings.Repeat("word ", 14))
	for text, want := range map[string]string{
		"Hello.\n\nYes.":                                 "<p>Hello.</p><p>Yes.</p>",
		"Best,\nMira":                                    "<p>Best,<br>Mira</p>",
		long + "\nends here.":                            "<p>" + long + " ends here.</p>",
		"> you said\n> so\nYes.":                         "<blockquote><p>you said<br>so</p></blockquote><p>Yes.</p>",
		"  | quoted\n  |\n  | more":                      "<blockquote><p>quoted</p><p>more</p></blockquote>",
		"Take:\n- spade\n- seeds\nBye":                   "<p>Take:</p><ul><li>spade</li><li>seeds</li></ul><p>Bye</p>",
		"1. one\n2. two":                                 "<ol><li>one</li><li>two</li></ol>",
		"This is *very* _nice_.":                         "<p>This is <b>very</b> <i>nice</i>.</p>",
		"2*3*4 and a_b_c stay":                           "<p>2*3*4 and a_b_c stay</p>",
		"See https://x.example/a?b=1&c=2.":               `<p>See <a href="https://x.example/a?b=1&amp;c=2">https://x.example/a?b=1&amp;c=2</a>.</p>`,
		"Write to bill@south.example, please":            `<p>Write to <a href="mailto:bill@south.example">bill@south.example</a>, please</p>`,
		"javascript:alert(1) data:text/html,x":           "<p>javascript:alert(1) data:text/html,x</p>",
		`<img src="http://t.example/x"> <b onload=x>`:    `<p>&lt;img src=&#34;<a href="http://t.example/x">http://t.example/x</a>&#34;&gt; &lt;b onload=x&gt;</p>`,
		"=== Reply above: your text goes to Dana ===\nx": "<p>=== Reply above: your text goes to Dana ===<br>x</p>",
		"": "",
	} {
		if got := body(AsHTML(text)); got != want {
			t.Errorf("%q:\n%s\nwant\n%s", text, got, want)
		}
	}
}

var (
	tag   = regexp.MustCompile(`<(/?)([a-z]+)((?: [^>]*)?)>`)
	ahref = regexp.MustCompile(`^ href="(?:https?://|mailto:)[^"<>]*"$`)
)

// Whatever a person writes, nothing but the few elements comes out, every one is closed, and no attribute but a link's.
func FuzzAsHTML(f *testing.F) {
	for _, s := range []string{"a\n\n> b\n- c\n1. d", "*b* _i_ https://x.example/\" onload=1", "<script>", "- \n> - x\n\n> y", "|a|b", "\x00\xff<p"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, s, _ := strings.Cut(AsHTML(text), "<body>\n")
		s = strings.TrimSuffix(s, "</body></html>\n")
		var open []string
		for _, m := range tag.FindAllStringSubmatch(s, -1) {
			switch name := m[2]; {
			case !strings.Contains(" p br b i ul ol li blockquote a ", " "+name+" "), m[3] != "" && (name != "a" || !ahref.MatchString(m[3])):
				t.Fatalf("%q: %s", text, m[0])
			case name == "br":
			case m[1] == "":
				open = append(open, name)
			case len(open) == 0 || open[len(open)-1] != name:
				t.Fatalf("%q: %s closes %v:\n%s", text, name, open, s)
			default:
				open = open[:len(open)-1]
			}
		}
		if len(open) > 0 || strings.ContainsAny(tag.ReplaceAllString(s, ""), "<>") {
			t.Fatalf("%q: %v is open, or a bracket stands alone:\n%s", text, open, s)
		}
	})
}
