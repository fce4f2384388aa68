package chain_test

import (
	"strings"
	"testing"

	"backchannel/archive/chain"
)

// grown is a chain of n rows.
func grown(n int) (links []chain.Link) {
	prev := chain.First()
	for i := range n {
		l := chain.Link{Seq: int64(i) + 1, Prev: prev, Numbers: []int64{int64(i)}, Texts: []string{"exclude", "K7QX"}}
		l.Hash = l.Sum()
		prev = l.Hash
		links = append(links, l)
	}
	return links
}

func TestBroken(t *testing.T) {
	for want, change := range map[string]func([]chain.Link) []chain.Link{
		"":                    func(l []chain.Link) []chain.Link { return l },
		"entry 3 was changed": func(l []chain.Link) []chain.Link { l[2].Texts = []string{"exclude", "K7QY"}; return l },
		"entry 2 was changed": func(l []chain.Link) []chain.Link { l[1].Numbers = []int64{9}; return l },
		"no entry 2":          func(l []chain.Link) []chain.Link { return append(l[:1], l[2:]...) },
		"no entry 1":          func(l []chain.Link) []chain.Link { return l[1:] },
		"before entry 4": func(l []chain.Link) []chain.Link {
			l[2].Texts = []string{"include"}
			l[2].Hash = l[2].Sum() // who changes a row and its hash is found out by the next
			return l
		},
	} {
		if got := chain.Broken(change(grown(5))); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// No text can pretend to be two, and no number a text.
func TestSumKeepsPartsApart(t *testing.T) {
	seen := map[string]string{}
	for _, l := range []chain.Link{
		{Texts: []string{"ab", "c"}}, {Texts: []string{"a", "bc"}}, {Texts: []string{"abc"}}, {Texts: []string{"abc", ""}}, {Prev: []byte("abc")},
		{Texts: []string{"1:a"}}, {Numbers: []int64{1}}, {Numbers: []int64{0, 1}}, {Seq: 1},
	} {
		sum := string(l.Sum())
		if seen[sum] != "" {
			t.Errorf("%+v has the hash of %s", l, seen[sum])
		}
		seen[sum] = strings.Join(l.Texts, "|") + "."
	}
}
