package refusal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"backchannel/templates/refusal"
)

// sentencesOf are the sentences of a language by their keys, as they stand in its file.
func sentencesOf(t *testing.T, tag string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("words", tag+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for line := range strings.Lines(string(text)) {
		key, sentence, _ := strings.Cut(strings.TrimSpace(line), " = ")
		all[key] = sentence
	}
	return all
}

var gap = regexp.MustCompile(`%(?:\[(\d)\])?s`)

// gapsOf are the gaps of a sentence: which of them it fills, in order, each once.
func gapsOf(sentence string) (all []int) {
	for i, m := range gap.FindAllStringSubmatch(sentence, -1) {
		n := i + 1
		if m[1] != "" {
			n, _ = strconv.Atoi(m[1])
		}
		if !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return all
}

var capitals = regexp.MustCompile(`\b[A-Z]{2,}\b`)

// Each language has every sentence, with the same gaps and the same words to write.
func TestSentencesSayTheSame(t *testing.T) {
	english := sentencesOf(t, "en")
	for _, tag := range []string{"de", "fr", "es", "ja"} {
		there := sentencesOf(t, tag)
		for key, sentence := range english {
			other := there[key]
			if other == "" || other == sentence || !slices.Equal(gapsOf(other), gapsOf(sentence)) || strings.Contains(gap.ReplaceAllString(other, ""), "%") {
				t.Errorf("%s: %s is %q, in English %q", tag, key, other, sentence)
			}
			for _, word := range capitals.FindAllString(sentence, -1) {
				if !regexp.MustCompile(`\b` + word + `\b`).MatchString(other) {
					t.Errorf("%s: %s lacks the word %s", tag, key, word)
				}
			}
		}
		if len(there) != len(english) {
			t.Errorf("%s has %d sentences, English %d", tag, len(there), len(english))
		}
	}
}

// What is said in the code stands in the words, with as many gaps; and no sentence is left over.
func TestEverySentenceIsSaid(t *testing.T) {
	english := sentencesOf(t, "en")
	said := map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || f.Sel.Name != "Say" || len(call.Args) < 2 {
				return true
			}
			if p, ok := f.X.(*ast.Ident); !ok || p.Name != "refusal" {
				return true
			}
			literal, ok := call.Args[1].(*ast.BasicLit)
			if !ok {
				t.Errorf("%s: the key of a sentence is written out", path)
				return true
			}
			key, err := strconv.Unquote(literal.Value)
			if err != nil || english[key] == "" || len(gapsOf(english[key])) != len(call.Args)-2 {
				t.Errorf("%s: %q is no sentence with %d gaps", path, key, len(call.Args)-2)
			}
			said[key] = true
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for key := range english {
		if !said[key] {
			t.Errorf("nobody says %s", key)
		}
	}
}

// The reader has the sentence in their language, the mail server and the command line in English.
func TestSay(t *testing.T) {
	r := refusal.Say(refusal.NotFound, "list.unknown", "tolk\r\nBcc: 50%s %[2]s")
	for tag, want := range map[string]string{
		"en": `There is no list "tolk Bcc: 50%s %[2]s" here. The lists stand below.`,
		"de": "Eine Liste „tolk Bcc: 50%s %[2]s“ gibt es hier nicht. Die Listen stehen unten.",
		"xx": `There is no list "tolk Bcc: 50%s %[2]s" here. The lists stand below.`,
	} {
		if got := r.In(tag); got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
	if r.Error() != r.In("en") || r.Kind != refusal.NotFound {
		t.Errorf("%v %q", r.Kind, r.Error())
	}
	if r := refusal.Because(refusal.Invalid, "Only English."); r.In("de") != "Only English." {
		t.Errorf("%q", r.In("de"))
	}
}
