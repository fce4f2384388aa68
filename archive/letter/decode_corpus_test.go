package letter

import (
	"encoding/json"
	"strings"
	"testing"
)

// floorDecoded is how many of the 172 texts of the set another parser reads exactly as we do; it leaves unlabelled charsets
// unread, and cuts some broken multiparts elsewhere.
const floorDecoded = 148

type stalwartLetter struct {
	Parts []struct {
		Body map[string]json.RawMessage `json:"body"`
	} `json:"parts"`
}

// The charsets and encodings of a hundred letters, broken and whole, against what another parser made of them.
func TestCorpusDecodedTexts(t *testing.T) {
	c := &tally{t: t, what: "decoded texts"}
	expected := map[string][]byte{}
	corpusWalk(t, "mime-stalwart", func(name string, b []byte) { expected[strings.TrimSuffix(name, ".json")] = b }, ".json")
	corpusWalk(t, "mime-stalwart", func(name string, raw []byte) {
		var want stalwartLetter
		if err := json.Unmarshal(expected[strings.TrimSuffix(name, ".eml")], &want); err != nil {
			return
		}
		l, err := Parse(raw)
		if err != nil {
			return
		}
		var ours []string
		for _, p := range l.Parts() {
			if strings.HasPrefix(p.Type, "text/") && !p.IsMultipart() {
				ours = append(ours, decodeCharset(p.Params["charset"], p.Decoded()))
			}
		}
		for _, p := range want.Parts {
			for kind, value := range p.Body {
				var text string
				if kind != "Text" && kind != "Html" || json.Unmarshal(value, &text) != nil {
					continue
				}
				got := ""
				if len(ours) > 0 {
					got, ours = ours[0], ours[1:]
				}
				same := bare(CleanText(got)) == bare(CleanText(strings.TrimPrefix(text, "\uFEFF")))
				c.add(name, same, got, text)
			}
		}
	}, ".eml")
	c.atLeast(floorDecoded)
}
