package letter

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
)

// Floors of agreement with what the sources of the corpus assert or expect. They are what was reached, so a change that makes the
// trimmer worse is seen. The misses are named by `go test -v`.
const (
	floorAsserted       = 43 // of 45 first fragments that crisp's tests assert
	floorReadings       = 36 // of 46 texts without assertion on which crisp and zapier agree
	floorTalonHTML      = 9  // of 9 replies in HTML
	floorTalonText      = 12 // of 12 replies in plain text
	floorQuotequailText = 32 // of 32 texts
	floorQuotequailHTML = 7  // of 7 files
)

// squeezed is a text for comparison: without "> " context lines and white space at line ends, one blank line at most.
func squeezed(text string) string {
	var out []string
	for line := range strings.Lines(CleanText(text)) {
		line = strings.TrimRightFunc(line, unicode.IsSpace)
		if strings.HasPrefix(line, "> ") || line == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, line)
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

// bare is a text without any white space.
func bare(text string) string { return strings.Join(strings.Fields(text), "") }

// tally counts agreements and names the misses.
type tally struct {
	t         *testing.T
	what      string
	hits, all int
}

func (c *tally) add(name string, ok bool, got, want string) {
	c.all++
	if ok {
		c.hits++
		return
	}
	c.t.Logf("%s misses %s\n got %.300q\nwant %.300q", c.what, name, got, want)
}

func (c *tally) atLeast(floor int) {
	c.t.Logf("%s: %d of %d agree", c.what, c.hits, c.all)
	if c.hits < floor {
		c.t.Errorf("%s: %d of %d agree, the floor is %d", c.what, c.hits, c.all, floor)
	}
}

type replyRow struct {
	File     string  `json:"file"`
	Asserted *string `json:"asserted_first_fragment"`
	Crisp    *string `json:"crisp_visible"`
	Zapier   *string `json:"zapier_reply"`
}

func TestCorpusAssertedReplies(t *testing.T) {
	asserted := &tally{t: t, what: "asserted"}
	readings := &tally{t: t, what: "readings"}
	for _, row := range corpusRows[replyRow](t, "quotes-text", "expected.jsonl") {
		b := corpusFile(t, "quotes-text", row.File)
		begin := time.Now()
		got := TrimText(string(b))
		if took := time.Since(begin); took > stuck {
			t.Errorf("%s took %v", row.File, took)
		}
		text := squeezed(got.Text)
		if row.Asserted != nil {
			want := squeezed(*row.Asserted)
			// The first fragment of an interleaved answer is what stands above its first quotation.
			asserted.add(row.File, text == want || got.Interleaved && strings.HasPrefix(text, want+"\n"), text, want)
		} else if row.Crisp != nil && row.Zapier != nil && squeezed(*row.Crisp) == squeezed(*row.Zapier) {
			readings.add(row.File, bare(text) == bare(squeezed(*row.Crisp)), text, *row.Crisp)
		}
	}
	asserted.atLeast(floorAsserted)
	readings.atLeast(floorReadings)
}

type talonRow struct {
	File  string `json:"file"`
	Kind  string `json:"kind"`
	Reply string `json:"reply"`
	Sig   string `json:"signature"`
}

func TestCorpusTalon(t *testing.T) {
	html := &tally{t: t, what: "talon html"}
	text := &tally{t: t, what: "talon text"}
	for _, row := range corpusRows[talonRow](t, "quotes-html", "talon-expected.jsonl") {
		switch row.Kind {
		case "html":
			got := trim(readHTML(string(corpusFile(t, "quotes-html", row.File)))).Text
			html.add(row.File, bare(got) == bare(row.Reply), got, row.Reply)
		case "text/plain part of the message":
			l, err := Parse(corpusFile(t, "quotes-html", row.File))
			if err != nil {
				t.Fatal(err)
			}
			got := l.NewText()
			whole := strings.TrimSpace(got.Text + "\n\n" + got.Signature) // talon leaves signatures in place
			text.add(row.File, squeezed(got.Text) == squeezed(row.Reply) || squeezed(whole) == squeezed(row.Reply), got.Text, row.Reply)
		case "signature":
			got := TrimText(string(corpusFile(t, "quotes-html", row.File)))
			t.Logf("%s: signature %q, talon's %q", row.File, got.Signature, row.Sig)
		}
	}
	html.atLeast(floorTalonHTML)
	text.atLeast(floorTalonText)
}

type inlineRow struct {
	Test string `json:"test"`
	Args struct {
		Text     string `json:"text"`
		HTML     string `json:"html"`
		Expected any    `json:"expected"`
		Intro    any    `json:"expected_quote_intro_line"`
	} `json:"args"`
}

func TestCorpusQuotequailInline(t *testing.T) {
	c := &tally{t: t, what: "quotequail"}
	for _, row := range corpusRows[inlineRow](t, "quotes-html", "quotequail-inline.jsonl") {
		switch row.Test {
		case "test_quote":
			got, want := squeezed(TrimText(row.Args.Text).Text), squeezed(ownPieces(row.Args.Intro))
			c.add(row.Args.Text, got == want, got, want)
		case "test_quote_html":
			found := trim(readHTML(row.Args.HTML))
			got := squeezed(found.Text)
			want := squeezed(HTMLToText(ownPieces(row.Args.Intro)))
			c.add(row.Args.HTML, bare(got) == bare(want) || want == "" && found.Unsure, got, want)
		case "test_unwrap":
			fields, _ := row.Args.Expected.(map[string]any)
			top, _ := fields["text_top"].(string)
			bottom, _ := fields["text_bottom"].(string)
			inner, _ := fields["text"].(string)
			got := TrimText(row.Args.Text)
			want := squeezed(top + "\n\n" + bottom)
			switch {
			case fields == nil: // nothing to unwrap: what is not quoted is the author's
				continue
			case want == "": // handed on without a word: everything is kept
				c.add(row.Args.Text, got.Unsure && strings.Contains(bare(got.Text), bare(inner)), got.Text, inner)
			default:
				whole := squeezed(got.Text + "\n\n" + got.Signature)
				c.add(row.Args.Text, squeezed(got.Text) == want || whole == want, got.Text, want)
			}
		}
	}
	c.atLeast(floorQuotequailText)
}

// ownPieces joins the pieces that are not quoted of a list of [own, text] pairs.
func ownPieces(pairs any) string {
	var out strings.Builder
	list, _ := pairs.([]any)
	for _, p := range list {
		pair, _ := p.([]any)
		if len(pair) == 2 && pair[0] == true {
			s, _ := pair[1].(string)
			out.WriteString(s + "\n")
		}
	}
	return out.String()
}

type unwrapRow struct {
	File     string `json:"file"`
	Expected struct {
		Top     *string `json:"html_top"`
		TopFile string  `json:"html_top_file"`
		Bottom  string  `json:"html_bottom"`
	} `json:"expected"`
}

func TestCorpusQuotequailFiles(t *testing.T) {
	c := &tally{t: t, what: "quotequail files"}
	var done []string
	for _, row := range corpusRows[unwrapRow](t, "quotes-html", "quotequail-expected.jsonl") {
		if slices.Contains(done, row.File) || row.Expected.Top == nil && row.Expected.TopFile == "" {
			continue
		}
		done = append(done, row.File)
		top := row.Expected.Bottom
		if row.Expected.Top != nil {
			top = *row.Expected.Top + top
		} else {
			top = string(corpusFile(t, "quotes-html", row.Expected.TopFile)) + top
		}
		got := trim(readHTML(string(corpusFile(t, "quotes-html", row.File))))
		want := HTMLToText(top)
		c.add(row.File, bare(squeezed(got.Text)) == bare(want) || bare(squeezed(got.Text)+got.Signature) == bare(want), got.Text, want)
	}
	c.atLeast(floorQuotequailHTML)
}

// mboxLetters splits an mbox file into its letters.
func mboxLetters(b []byte) [][]byte {
	var letters [][]byte
	for _, piece := range bytes.Split(append([]byte("\n"), b...), []byte("\nFrom ")) {
		if _, letter, ok := bytes.Cut(piece, []byte("\n")); ok && len(letter) > 0 {
			letters = append(letters, letter)
		}
	}
	return letters
}
