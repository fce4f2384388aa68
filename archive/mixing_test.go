package archive_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
	"testing"
)

// houseImporter type-checks packages of the house from their source, without the bodies of functions. What they import from
// elsewhere is left empty: the types this test is about are plain numbers of our own.
type houseImporter struct {
	fset *token.FileSet
	done map[string]*types.Package
}

func (h *houseImporter) Import(path string) (*types.Package, error) {
	if p := h.done[path]; p != nil {
		return p, nil
	}
	dir, ours := strings.CutPrefix(path, "backchannel/archive")
	if !ours {
		p := types.NewPackage(path, filepath.Base(path))
		p.MarkComplete()
		h.done[path] = p
		return p, nil
	}
	p, _ := h.check(path, "."+dir, true)
	h.done[path] = p
	return p, nil
}

// check type-checks one folder and returns every complaint.
func (h *houseImporter) check(path, dir string, headsOnly bool) (*types.Package, []types.Error) {
	var complaints []types.Error
	names, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(h.fset, name, nil, parser.ParseComments)
		if err == nil {
			files = append(files, f)
		}
	}
	cfg := types.Config{Importer: h, IgnoreFuncBodies: headsOnly, Error: func(err error) {
		var e types.Error
		if errors.As(err, &e) {
			complaints = append(complaints, e)
		}
	}}
	p, _ := cfg.Check(path, h.fset, files, nil)
	return p, complaints
}

// Putting a private message into a list must not compile (design.md section 2), and neither must the reverse.
func TestPrivateAndPublicDoNotMix(t *testing.T) {
	h := &houseImporter{fset: token.NewFileSet(), done: map[string]*types.Package{}}
	const dir = "testdata/mixing"
	_, complaints := h.check("mixing", dir, false)
	refused := map[int]string{}
	for _, c := range complaints {
		refused[h.fset.Position(c.Pos).Line] = c.Msg
	}
	f, err := parser.ParseFile(h.fset, dir+"/mixing.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	wanted := 0
	for _, group := range f.Comments {
		if !strings.Contains(group.Text(), "must not compile") || h.fset.Position(group.Pos()).Line < 10 {
			continue
		}
		line := h.fset.Position(group.Pos()).Line
		wanted++
		if !strings.Contains(refused[line], "cannot use") && !strings.Contains(refused[line], "mismatched types") {
			t.Errorf("line %d compiles: %q", line, refused[line])
		}
		delete(refused, line)
	}
	for line, msg := range refused {
		t.Errorf("line %d should compile: %s", line, msg)
	}
	if wanted < 15 {
		t.Errorf("only %d lines are marked", wanted)
	}
}

// The part of the archive that web pages hold has no way to anything private, and none that writes.
func TestAReaderSeesNothingPrivate(t *testing.T) {
	const head = "package mixing\nimport (\n\"backchannel/archive\"\n\"backchannel/archive/db\"\n)\nfunc mix(tx *db.Tx, r archive.Reader, list archive.PublicID, own archive.PrivateID, secret archive.PrivateMessageID) {\n"
	for line, compiles := range map[string]bool{
		"r.Threads(tx, list, archive.ThreadPage{})":                        true,
		"r.Threads(tx, own, archive.ThreadPage{})":                         false,
		"r.Thread(tx, own, 1)":                                             false,
		"r.Post(tx, list, 1)":                                              true,
		"r.Post(tx, own, 1)":                                               false,
		"r.Search(tx, archive.Query{Mailboxes: []archive.PublicID{list}})": true,
		"r.Search(tx, archive.Query{Mailboxes: []archive.PublicID{own}})":  false,
		"r.PrivateMessage(tx, secret)":                                     false,
		"r.SearchPrivate(tx, own, \"words\")":                              false,
		"r.Raw(tx, 1)":                                                     false,
		"r.LetterByStory(tx, \"story\")":                                   false,
		"r.Expunge(tx, secret)":                                            false,
		"r.Letter(tx, archive.PrivateMessage{})":                           false,
		"r.AddPost(tx, archive.NewPost{Mailbox: list})":                    false,
	} {
		h := &houseImporter{fset: token.NewFileSet(), done: map[string]*types.Package{}}
		f, err := parser.ParseFile(h.fset, "reader.go", head+line+"\n}\n", 0)
		if err != nil {
			t.Fatal(err)
		}
		cfg := types.Config{Importer: h, Error: func(error) {}}
		if _, err := cfg.Check("mixing", h.fset, []*ast.File{f}, nil); (err == nil) != compiles {
			t.Errorf("%s: %v", line, err)
		}
	}
}
