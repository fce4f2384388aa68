package main

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
)

// toldPackages are those of which a test tells each sentence by which they refuse something.
var toldPackages = []string{"lists", "lists/membership", "lists/command", "lists/notice", "lists/roster", "lists/relay", "lists/address", "lists/moderation", "lists/desk", "digest/report", "lists/backchannel", "digest", "lists/mailroom", "lists/returns"}

// untold are refusals whose sentence nobody ever reads, and why.
var untold = map[string]string{
	"This letter is not yours to see any more. Nothing was moved.": "who is excluded has no copies any more that could be moved: one commit does both",
	"There is nothing here.":               "the web server shows its own page instead",
	"%s Nothing was moved.":                "the sentence stands in front of it, and is told by itself",
	"%s":                                   "it is another's sentence",
	"Nothing keeps this letter from them.": "it guards a row that the same transaction has just read",
	"That was decided already.":            "it guards a row that the same transaction has just read",
}

// Each sentence by which these packages refuse something stands in a test, as people read it: golden there, and read before it is changed.
func TestRefusalsAreTold(t *testing.T) {
	told := everythingTold(t)
	for _, where := range toldPackages {
		for _, s := range refusalsOf(t, where) {
			if _, ok := untold[s]; ok {
				continue
			}
			if !isTold(told, s) {
				t.Errorf("%s: no test tells %q", where, s)
			}
		}
	}
}

var verb = regexp.MustCompile(`%[+#0-9.]*[a-z]`)

// isTold looks for a sentence in what tests hold, whatever stands in the places of its verbs.
func isTold(told []string, format string) bool {
	pieces := verb.Split(format, -1)
	longest := slices.MaxFunc(pieces, func(a, b string) int { return len(a) - len(b) })
	for i, p := range pieces {
		pieces[i] = regexp.QuoteMeta(p)
	}
	sentence := regexp.MustCompile(strings.Join(pieces, ".{1,90}?"))
	return slices.ContainsFunc(told, func(s string) bool { return strings.Contains(s, longest) && sentence.MatchString(s) })
}

// everythingTold are all strings of all tests, and the stories with their regular expressions read as text.
func everythingTold(t *testing.T) (all []string) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasSuffix(path, ".txtar"):
			text, err := os.ReadFile(path)
			all = append(all, strings.ReplaceAll(string(text), `\`, ""))
			return err
		case strings.HasSuffix(path, "_test.go"):
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if s, ok := stringOf(n); ok {
					all = append(all, s)
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// refusalsOf are the sentences, with their verbs, of the refusals that a package makes.
func refusalsOf(t *testing.T, where string) (all []string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", "..", where, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	consts := map[string]string{}
	var calls []*ast.CallExpr
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				for i := range n.Values {
					if s, ok := stringOf(n.Values[i]); ok {
						consts[n.Names[i].Name] = s
					}
				}
			case *ast.CallExpr:
				if fn, ok := n.Fun.(*ast.SelectorExpr); ok && fn.Sel.Name == "Because" && len(n.Args) > 1 {
					calls = append(calls, n)
				}
			}
			return true
		})
	}
	for _, call := range calls {
		s, ok := sentenceOf(call.Args[1], consts)
		if !ok {
			t.Errorf("%s: a refusal whose sentence cannot be read where it is made; please write it there", where)
		}
		all = append(all, s)
	}
	return all
}

// sentenceOf reads a sentence that may be joined of several strings, and of constants.
func sentenceOf(e ast.Expr, consts map[string]string) (string, bool) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return sentenceOf(e.X, consts)
	case *ast.BinaryExpr:
		x, okX := sentenceOf(e.X, consts)
		y, okY := sentenceOf(e.Y, consts)
		return x + y, okX && okY && e.Op == token.ADD
	case *ast.Ident:
		s, ok := consts[e.Name]
		return s, ok
	}
	return stringOf(e)
}

// A sentence may be joined; what is not written down where it is said is none that can be read.
func TestSentencesAreReadWhole(t *testing.T) {
	for source, want := range map[string]string{
		`"One."`: "One.", `"One " + ("and " + "two.")`: "One and two.", `"One: " + usage`: "One: do it.", `said`: "", `"One" + said()`: "", `"One" - "two"`: "",
	} {
		e, err := parser.ParseExpr(source)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := sentenceOf(e, map[string]string{"usage": "do it."}); got != want && ok || ok != (want != "") {
			t.Errorf("%s: %q, %v", source, got, ok)
		}
	}
}

func stringOf(n ast.Node) (string, bool) {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}
