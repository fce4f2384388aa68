package membership_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"backchannel/templates/refusal"
)

// unreached are the refusals that nobody can be given while the rooms are wired as they are: each stands for a part that is missing.
var unreached = []string{"Nothing can be posted here.", "Nobody writes to members who are silent here."}

// Whoever is refused on the way in, or while they belong, reads a sentence; each of these is looked at by a test, in the words that people read.
func TestEveryRefusalIsTested(t *testing.T) {
	looked := lookedAt(t, "*_test.go", "../../cmd/backchannel/testdata/script/*.txtar", "../../cmd/backchannel/*_test.go", "../desk/*_test.go")
	n := 0
	for _, sentence := range refusals(t) {
		n++
		want := regexp.QuoteMeta(sentence)
		for verb, words := range map[string]string{"%s": `[^%]+`, "%q": `.?".+.?"`, "%d": `[0-9]+`} {
			want = strings.ReplaceAll(want, verb, words)
		}
		found := regexp.MustCompile(want).MatchString(looked)
		switch known := strings.Contains(strings.Join(unreached, "\n"), sentence); {
		case !found && !known:
			t.Errorf("no test knows the refusal %q", sentence)
		case found && known:
			t.Errorf("%q is tested, and listed as unreached", sentence)
		}
	}
	if n < 20 {
		t.Errorf("only %d refusals were found", n)
	}
}

// refusals are the sentences with which this package refuses, as they stand in its source.
func refusals(t *testing.T) (all []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != "Because" && sel.Sel.Name != "Say" {
				return true
			}
			words, ok := call.Args[1].(*ast.BasicLit)
			if !ok {
				t.Errorf("%s: a refusal whose sentence is no plain text", name)
				return true
			}
			sentence, err := strconv.Unquote(words.Value)
			if err != nil {
				t.Error(err)
			}
			if sel.Sel.Name == "Say" {
				gaps := slices.Repeat([]any{"%s"}, len(call.Args)-2)
				sentence = refusal.Say(refusal.Invalid, sentence, gaps...).Sentence
			}
			all = append(all, sentence)
			return true
		})
	}
	return all
}

// lookedAt is what tests and stories hold the words of the program against.
func lookedAt(t *testing.T, patterns ...string) string {
	t.Helper()
	var all strings.Builder
	for _, p := range patterns {
		files, err := filepath.Glob(p)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", p, err)
		}
		for _, name := range files {
			if name == "refusals_test.go" {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all.WriteString(strings.ReplaceAll(string(text), `\"`, `"`) + "\n")
		}
	}
	return all.String()
}
