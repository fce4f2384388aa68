package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// floorOf is the place of a package, smaller meaning higher, and false when it has none.
func floorOf(pkg string) (int, bool) {
	if i := slices.Index(houseFloors, pkg); i >= 0 {
		return 2 * i, true
	}
	if isKit(pkg) {
		if i := slices.Index(houseFloors, path.Dir(pkg)); i >= 0 {
			return 2*i - 1, true
		}
	}
	return 0, false
}

// floors: every package has a place, and imports only from below it.
func (h *house) floors() (complaints []string) {
	for _, p := range h.packages {
		here, ok := floorOf(p.path)
		if !ok {
			complaints = append(complaints, p.path+" stands on no floor: give it a line in houseFloors, or put its code where it belongs")
			continue
		}
		for _, f := range p.files {
			if f.test && !f.kit {
				continue
			}
			for imported, spec := range f.imports {
				q, own := h.own(imported)
				if !own {
					continue
				}
				there, ok := floorOf(q)
				switch {
				case !ok:
					complaints = append(complaints, fmt.Sprintf("%s: imports %s, which stands on no floor", h.at(spec.Pos()), q))
				case isKit(q) && !f.kit:
					complaints = append(complaints, fmt.Sprintf("%s: %s imports %s, a kit for tests: it must not be part of the program", h.at(spec.Pos()), p.path, q))
				case there <= here:
					complaints = append(complaints, fmt.Sprintf("%s: %s imports %s, which stands above it: ask for an interface here and let cmd join them", h.at(spec.Pos()), p.path, q))
				}
			}
		}
	}
	return complaints
}

// mayImport tells whether a package is one of those listed, or in the room cmd when that is listed.
func mayImport(pkg string, only []string) bool {
	for _, o := range only {
		if pkg == o || o == "cmd" && strings.HasPrefix(pkg, "cmd/") {
			return true
		}
	}
	return false
}

// walls: some imports belong to one package only.
func (h *house) walls() (complaints []string) {
	h.all(func(p *housePackage, f *houseFile) {
		for imported, spec := range f.imports {
			for _, w := range houseWalls {
				if imported != w.imports && !strings.HasPrefix(imported, w.imports+"/") || mayImport(p.path, w.only) || f.test && w.tests {
					continue
				}
				who := "nobody"
				if w.only != nil {
					who = "only " + strings.Join(w.only, ", ")
				}
				complaints = append(complaints, fmt.Sprintf("%s: %s imports %s: %s may, because %s", h.at(spec.Pos()), p.path, imported, who, w.why))
			}
		}
	})
	return complaints
}

// Names of the packages os, syscall and path/filepath that touch nothing, and those that touch files.
var (
	osHarmless = regexp.MustCompile(`^(Err.*|Is[A-Z].*|.*Error|File|FileMode|FileInfo|DirEntry|Mode.*|O_.*|Signal|Interrupt|E[A-Z0-9]+|Errno|SIG.*)$`)
	osFiles    = regexp.MustCompile(`^(Open.*|Create.*|Mkdir.*|ReadFile|WriteFile|ReadDir|Remove.*|Rename|Stat.*|Fstat.*|Lstat|Ch(mod|own|times)|Link|Symlink|Readlink|Truncate|SameFile|CopyFS|DirFS|Root|Flock|LOCK_.*|F.*sync.*)$`)
	osWalking  = regexp.MustCompile(`^(Walk|WalkDir|Glob|EvalSymlinks|Abs)$`)
)

// outside: only cmd looks at the environment, the flags and the files of the machine.
func (h *house) outside() (complaints []string) {
	used := map[string]bool{}
	h.code(func(p *housePackage, f *houseFile) {
		if strings.HasPrefix(p.path, "cmd/") {
			return
		}
		_, files := houseFiles[p.path]
		for _, pkg := range []string{"os", "syscall", "golang.org/x/sys/unix", "path/filepath"} {
			f.uses(pkg, func(name string, pos token.Pos) {
				touches := osFiles.MatchString(name)
				if pkg == "path/filepath" {
					touches = osWalking.MatchString(name)
				}
				switch {
				case pkg == "path/filepath" && !touches || osHarmless.MatchString(name):
				case touches && files:
					used[p.path] = true
				case touches:
					complaints = append(complaints, fmt.Sprintf("%s: %s calls %s.%s: only cmd reads and writes files, others are handed bytes (or need a reason in houseFiles)", h.at(pos), p.path, path.Base(pkg), name))
				default:
					complaints = append(complaints, fmt.Sprintf("%s: %s uses %s.%s: only cmd knows the machine it runs on", h.at(pos), p.path, path.Base(pkg), name))
				}
			})
		}
	})
	for _, p := range h.packages {
		if why, ok := houseFiles[p.path]; ok && !used[p.path] {
			complaints = append(complaints, fmt.Sprintf("%s may open files (%s) and opens none: take its line out of houseFiles", p.path, why))
		}
	}
	return complaints
}

// clock: one clock, handed down from cmd, so that --at and tests can set it.
func (h *house) clock() (complaints []string) {
	h.code(func(p *housePackage, f *houseFile) {
		if strings.HasPrefix(p.path, "cmd/") {
			return
		}
		f.uses("time", func(name string, pos token.Pos) {
			switch name {
			case "Now", "Since", "Until":
				complaints = append(complaints, fmt.Sprintf("%s: %s calls time.%s: take the clock that is handed down, or tx.Now (a deadline on a connection: context.WithTimeout, then its Deadline)", h.at(pos), p.path, name))
			case "Sleep":
				complaints = append(complaints, fmt.Sprintf("%s: %s calls time.Sleep, which no context can end: wait on a timer and on the context", h.at(pos), p.path))
			}
		})
	})
	return complaints
}

// packageDocs: the comment of a package says what it promises.
func (h *house) packageDocs() (complaints []string) {
	for _, p := range h.packages {
		var docs []string
		name := ""
		for _, f := range p.files {
			if f.test && !f.kit || strings.HasSuffix(f.name, "_test.go") {
				continue
			}
			name = f.ast.Name.Name
			if f.ast.Doc != nil {
				docs = append(docs, f.ast.Doc.Text())
			}
		}
		begin := "Package " + name + " "
		if name == "main" {
			begin = "Command " + path.Base(p.path) + " "
		}
		switch {
		case name == "": // a folder of tests only
		case len(docs) == 0:
			complaints = append(complaints, p.path+" has no package comment: say what it promises before saying what it is")
		case len(docs) > 1:
			complaints = append(complaints, fmt.Sprintf("%s has %d package comments: one file tells, usually %s.go", p.path, len(docs), name))
		case !strings.HasPrefix(docs[0], begin):
			complaints = append(complaints, fmt.Sprintf("%s: its package comment must begin with %q", p.path, begin))
		case len(docs[0]) < houseDocLength:
			complaints = append(complaints, fmt.Sprintf("%s: its package comment has %d characters, too few to promise something (%d)", p.path, len(docs[0]), houseDocLength))
		}
	}
	return complaints
}

// exportedDocs: names that others use are explained where they are declared.
func (h *house) exportedDocs() (complaints []string) {
	total := 0
	var bare []string
	count := func(id *ast.Ident, docs ...*ast.CommentGroup) {
		if !id.IsExported() {
			return
		}
		total++
		if !slices.ContainsFunc(docs, func(c *ast.CommentGroup) bool { return strings.TrimSpace(c.Text()) != "" }) {
			bare = append(bare, h.at(id.Pos())+" "+id.Name)
		}
	}
	h.all(func(p *housePackage, f *houseFile) {
		if strings.HasSuffix(f.name, "_test.go") {
			return
		}
		for _, d := range f.ast.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil || ast.IsExported(receiverOf(d)) {
					count(d.Name, d.Doc)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						count(s.Name, d.Doc, s.Doc, s.Comment)
					case *ast.ValueSpec:
						for _, n := range s.Names {
							count(n, d.Doc, s.Doc, s.Comment)
						}
					}
				}
			}
		}
	})
	if total == 0 || float64(total-len(bare))/float64(total) >= houseDocs {
		return nil
	}
	return []string{fmt.Sprintf("%d of %d exported names are explained, %.0f %% are wanted; without a comment:\n\t%s",
		total-len(bare), total, 100*houseDocs, strings.Join(bare, "\n\t"))}
}

// receiverOf is the name of a method's type, or "".
func receiverOf(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return ""
	}
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// sizes: a function fits on a screen or two, a file holds one noun.
func (h *house) sizes() (complaints []string) {
	h.all(func(p *housePackage, f *houseFile) {
		if ast.IsGenerated(f.ast) {
			return
		}
		if n := strings.Count(string(f.src), "\n"); n > houseFileLines {
			complaints = append(complaints, fmt.Sprintf("%s has %d lines, %d is the wall: one file, one noun", f.name, n, houseFileLines))
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := h.fset.Position(fn.End()).Line - h.fset.Position(fn.Pos()).Line + 1; n > houseFunctionLines {
				complaints = append(complaints, fmt.Sprintf("%s: %s has %d lines, %d is the wall: it does more than one thing", h.at(fn.Pos()), fn.Name.Name, n, houseFunctionLines))
			}
		}
	})
	return complaints
}

// averageImports: packages that know few others can be understood one at a time. The ground that all stand on is not counted: it
// knows nothing of any room, and to use it is no more a tie between rooms than to use the standard library is.
func (h *house) averageImports() []string {
	known := map[string]map[string]bool{}
	h.code(func(p *housePackage, f *houseFile) {
		if known[p.path] == nil {
			known[p.path] = map[string]bool{}
		}
		for imported := range f.imports {
			if q, own := h.own(imported); own && !slices.Contains(houseGround, q) {
				known[p.path][q] = true
			}
		}
	})
	sum := 0
	var lines []string
	for pkg, imports := range known {
		sum += len(imports)
		lines = append(lines, fmt.Sprintf("%2d %s", len(imports), pkg))
	}
	if len(known) == 0 || float64(sum)/float64(len(known)) <= houseImports {
		return nil
	}
	slices.Sort(lines)
	slices.Reverse(lines)
	return []string{fmt.Sprintf("a package imports %.1f of our packages on average (the ground not counted), %.1f is the wall:\n\t%s",
		float64(sum)/float64(len(known)), houseImports, strings.Join(lines, "\n\t"))}
}

// testLines: what is not tested does not work.
func (h *house) testLines() []string {
	type count struct{ code, tests int }
	byPackage := map[string]*count{}
	var sum count
	h.all(func(p *housePackage, f *houseFile) {
		if ast.IsGenerated(f.ast) {
			return
		}
		c := byPackage[p.path]
		if c == nil {
			c = &count{}
			byPackage[p.path] = c
		}
		n := f.codeLines()
		if f.test {
			c.tests += n
			sum.tests += n
		} else {
			c.code += n
			sum.code += n
		}
	})
	if float64(sum.tests) >= houseTests*float64(sum.code) {
		return nil
	}
	missing := func(c *count) float64 { return houseTests*float64(c.code) - float64(c.tests) }
	worst := slices.SortedFunc(maps.Keys(byPackage), func(a, b string) int {
		return cmp.Compare(missing(byPackage[b]), missing(byPackage[a]))
	})
	var lines []string
	for _, pkg := range worst {
		if c := byPackage[pkg]; missing(c) > 0 {
			lines = append(lines, fmt.Sprintf("%s: %d lines of tests for %d of code", pkg, c.tests, c.code))
		}
	}
	return []string{fmt.Sprintf("%d lines of tests for %d lines of code, %.1f for each is wanted; missing most:\n\t%s",
		sum.tests, sum.code, houseTests, strings.Join(lines, "\n\t"))}
}

// sleepingTests: a test that sleeps is slow on a good day and wrong on a bad one. In a synctest bubble time is virtual.
func (h *house) sleepingTests() (complaints []string) {
	h.all(func(p *housePackage, f *houseFile) {
		if !f.test {
			return
		}
		bubbles := f.bubbles()
		f.uses("time", func(name string, pos token.Pos) {
			if name == "Sleep" && !slices.ContainsFunc(bubbles, func(n ast.Node) bool { return n.Pos() <= pos && pos < n.End() }) {
				complaints = append(complaints, h.at(pos)+": time.Sleep in a test outside synctest.Test: wait for a condition, or use a bubble (a helper says \"synctest\" in its comment)")
			}
		})
	})
	return complaints
}

// bubbles are the pieces of a file whose time is virtual: arguments of synctest.Test, and functions whose comment says so.
func (f *houseFile) bubbles() (nodes []ast.Node) {
	local := f.localName("testing/synctest")
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok && local != "" {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == local {
					nodes = append(nodes, n)
				}
			}
		case *ast.FuncDecl:
			if strings.Contains(n.Doc.Text(), "synctest") {
				nodes = append(nodes, n)
			}
		}
		return true
	})
	return nodes
}

// machinePath finds paths of the machines we work on. The words are cut in two so that this file does not find itself.
var machinePath = regexp.MustCompile(`(^|[^\w.~-])/(wo` + `rk|fa` + `rm|ro` + `ot|tmp/ba` + `sh_jobs[\w.]*)/`)

// machinePaths: nothing that is committed knows where it was written.
func (h *house) machinePaths() (complaints []string) {
	look := func(name, text string) {
		for i, line := range strings.Split(text, "\n") {
			if found := machinePath.FindString(line); found != "" {
				complaints = append(complaints, fmt.Sprintf("%s:%d: %q is a path of one machine", name, i+1, strings.TrimSpace(found)))
			}
		}
	}
	h.all(func(_ *housePackage, f *houseFile) { look(f.name, string(f.src)) })
	for _, name := range slices.Sorted(maps.Keys(h.texts)) {
		look(name, h.texts[name])
	}
	return complaints
}

// topLevel: six rooms and their papers, nothing else at the door.
func (h *house) topLevel() (complaints []string) {
	for _, name := range h.top {
		if !strings.HasPrefix(name, ".") && !slices.Contains(houseTop, name) {
			complaints = append(complaints, name+" does not belong on the top level: it goes into one of the rooms, or into docs/")
		}
	}
	return complaints
}
