package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// house is the whole source as the checkers see it.
type house struct {
	fset     *token.FileSet
	module   string // the module's path
	packages []*housePackage
	texts    map[string]string // every other text of the repository, by name: docs, scripts, SQL
	top      []string          // names of the top level that git would keep
}

// housePackage is one folder with Go files.
type housePackage struct {
	path  string // below the module: "archive/db"
	files []*houseFile
}

// houseFile is one Go file.
type houseFile struct {
	name string // from the top: "archive/db/open.go"
	test bool   // a _test.go file, or any file of a test kit
	kit  bool   // a file of a package NAMEtest
	src  []byte
	ast  *ast.File
}

// loadHouse parses every Go file below root, whatever its build tags, and reads the other texts.
func loadHouse(root fs.FS) (*house, error) {
	h := &house{fset: token.NewFileSet(), module: "backchannel", texts: map[string]string{}}
	ignored := gitIgnored(root)
	byPath := map[string]*housePackage{}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		switch {
		case name == ".":
			return nil
		case base == ".git" || base == "testdata" || ignored(name):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.Contains(name, "/") {
			h.top = append(h.top, name)
		}
		if d.IsDir() || !d.Type().IsRegular() {
			return nil
		}
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		if !strings.HasSuffix(name, ".go") {
			if len(src) < 1<<20 && !bytes.Contains(src, []byte{0}) {
				h.texts[name] = string(src)
			}
			return nil
		}
		return h.addFile(byPath, name, src)
	})
	if err != nil {
		return nil, err
	}
	for _, p := range byPath {
		h.packages = append(h.packages, p)
	}
	slices.SortFunc(h.packages, func(a, b *housePackage) int { return strings.Compare(a.path, b.path) })
	return h, nil
}

func (h *house) addFile(byPath map[string]*housePackage, name string, src []byte) error {
	parsed, err := parser.ParseFile(h.fset, name, src, parser.ParseComments)
	if err != nil {
		return err
	}
	dir := path.Dir(name)
	p := byPath[dir]
	if p == nil {
		p = &housePackage{path: dir}
		byPath[dir] = p
	}
	kit := isKit(dir)
	p.files = append(p.files, &houseFile{name: name, test: kit || strings.HasSuffix(name, "_test.go"), kit: kit, src: src, ast: parsed})
	return nil
}

// isKit tells whether a package is a kit for the tests of others, by its name.
func isKit(pkg string) bool {
	base := path.Base(pkg)
	return strings.HasSuffix(base, "test") && base != "test"
}

// gitIgnored reads the simple patterns of .gitignore: /name, name/, *.suffix.
func gitIgnored(root fs.FS) func(name string) bool {
	text, err := fs.ReadFile(root, ".gitignore")
	if err != nil {
		return func(string) bool { return false }
	}
	lines := strings.Fields(string(text))
	return func(name string) bool {
		for _, line := range lines {
			pattern, target := strings.TrimSuffix(line, "/"), path.Base(name)
			if strings.HasPrefix(pattern, "/") {
				pattern, target = pattern[1:], name
			}
			if ok, _ := path.Match(pattern, target); ok {
				return true
			}
		}
		return false
	}
}

// at is a position as complaints print it.
func (h *house) at(pos token.Pos) string {
	p := h.fset.Position(pos)
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}

// code calls f for every file that is part of the program: no tests, no kits for tests.
func (h *house) code(f func(*housePackage, *houseFile)) {
	h.all(func(p *housePackage, file *houseFile) {
		if !file.test {
			f(p, file)
		}
	})
}

// all calls f for every Go file.
func (h *house) all(f func(*housePackage, *houseFile)) {
	for _, p := range h.packages {
		for _, file := range p.files {
			f(p, file)
		}
	}
}

// own is the path below the module of one of our own packages, and false for all others.
func (h *house) own(importPath string) (string, bool) {
	return strings.CutPrefix(importPath, h.module+"/")
}

// imports gives each import of a file: its path, and where it stands.
func (f *houseFile) imports(yield func(importPath string, spec *ast.ImportSpec) bool) {
	for _, spec := range f.ast.Imports {
		if !yield(strings.Trim(spec.Path.Value, `"`), spec) {
			return
		}
	}
}

// localName is the word by which this file calls a package of the standard library or of ours, and "" when it does not import it.
func (f *houseFile) localName(importPath string) string {
	for imported, spec := range f.imports {
		if imported == importPath {
			if spec.Name != nil {
				return spec.Name.Name
			}
			return path.Base(importPath)
		}
	}
	return ""
}

// uses calls f for every mention PACKAGE.Name of an imported package.
func (f *houseFile) uses(importPath string, found func(name string, pos token.Pos)) {
	local := f.localName(importPath)
	if local == "" || local == "_" {
		return
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == local && !isLocal(x) {
			found(sel.Sel.Name, sel.Pos())
		}
		return true
	})
}

// isLocal tells whether a word was declared in this file, which makes it no package. The parser's own joining of words is enough
// here; the type checker would need the whole program compiled, and this must stay fast.
func isLocal(id *ast.Ident) bool { return id.Obj != nil }

// codeLines counts the lines that hold more than comment and blank.
func (f *houseFile) codeLines() int {
	var s scanner.Scanner
	fset := token.NewFileSet()
	file := fset.AddFile(f.name, -1, len(f.src))
	s.Init(file, f.src, nil, 0)
	lines := map[int]bool{}
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return len(lines)
		}
		if tok == token.SEMICOLON && lit == "\n" {
			continue
		}
		first := file.Line(pos)
		for i := range 1 + strings.Count(lit, "\n") {
			lines[first+i] = true
		}
	}
}
