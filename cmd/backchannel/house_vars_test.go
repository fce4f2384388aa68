package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"strings"
)

// inits: a package that does something by being imported cannot be tested with something else in its place.
func (h *house) inits() (complaints []string) {
	h.code(func(p *housePackage, f *houseFile) {
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				complaints = append(complaints, h.at(fn.Pos())+": func init: build it where it is used and hand it down")
			}
		}
	})
	return complaints
}

// sharedTypes are types whose only use at package level is to be changed by many.
var sharedTypes = regexp.MustCompile(`^(sync|atomic)\.`)

// metricMakers are the makers of counters, the one thing that is counted in a package variable.
var metricMakers = regexp.MustCompile(`(Counter|Gauge|Histogram)\w*$`)

// variables: package variables are tables and errors, written once where they are declared. State lives in a struct that has an
// owner; otherwise two servers in one test would share it.
func (h *house) variables() (complaints []string) {
	exported := map[string]map[string]bool{} // package path: names
	for _, p := range h.packages {
		names := map[string]*ast.Ident{}
		for _, f := range p.files {
			if f.test {
				continue
			}
			for _, spec := range packageVars(f.ast) {
				complaints = append(complaints, h.declared(spec)...)
				for _, n := range spec.names {
					names[n.Name] = n
					if n.IsExported() {
						if exported[p.path] == nil {
							exported[p.path] = map[string]bool{}
						}
						exported[p.path][n.Name] = true
					}
				}
			}
		}
		for _, f := range p.files {
			if f.test {
				continue
			}
			varsWritten(f.ast, func(id *ast.Ident, how string) {
				if decl := names[id.Name]; decl != nil && samePackageVar(id, decl) {
					complaints = append(complaints, fmt.Sprintf("%s: the package variable %s is %s: give the state an owner, a struct made in cmd", h.at(id.Pos()), id.Name, how))
				}
			})
		}
	}
	h.all(func(p *housePackage, f *houseFile) {
		complaints = append(complaints, h.foreignWrites(f, exported)...)
	})
	return complaints
}

// varSpec is one declaration of package variables.
type varSpec struct {
	names  []*ast.Ident
	typ    ast.Expr
	values []ast.Expr
	embed  bool
}

func packageVars(f *ast.File) (specs []varSpec) {
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, s := range g.Specs {
			v := s.(*ast.ValueSpec)
			spec := varSpec{typ: v.Type, values: v.Values, embed: hasEmbed(g.Doc) || hasEmbed(v.Doc)}
			for _, n := range v.Names {
				if n.Name != "_" {
					spec.names = append(spec.names, n)
				}
			}
			specs = append(specs, spec)
		}
	}
	return specs
}

func hasEmbed(doc *ast.CommentGroup) bool {
	if doc == nil {
		return false
	}
	for _, c := range doc.List {
		if strings.HasPrefix(c.Text, "//go:embed") {
			return true
		}
	}
	return false
}

// declared complains about variables that can only be meant to change.
func (h *house) declared(spec varSpec) (complaints []string) {
	for i, n := range spec.names {
		why := ""
		var value ast.Expr
		if i < len(spec.values) {
			value = spec.values[i]
		}
		switch {
		case spec.embed || isMetric(value):
		case sharedTypes.MatchString(typeName(spec.typ)) || sharedTypes.MatchString(literalType(value)):
			why = "is shared state"
		case len(spec.values) == 0:
			why = "has no value, so it is there to be written later"
		case isMake(value):
			why = "is made empty, so it is there to be written later"
		}
		if why != "" {
			complaints = append(complaints, fmt.Sprintf("%s: the package variable %s %s: give the state an owner, a struct made in cmd", h.at(n.Pos()), n.Name, why))
		}
	}
	return complaints
}

// typeName prints pkg.Name or Name of a type, without pointer and type arguments.
func typeName(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return typeName(t.X)
	case *ast.IndexExpr:
		return typeName(t.X)
	case *ast.SelectorExpr:
		return typeName(t.X) + "." + t.Sel.Name
	case *ast.Ident:
		return t.Name
	}
	return ""
}

// literalType is the type of a composite literal, with or without & in front.
func literalType(value ast.Expr) string {
	if u, ok := value.(*ast.UnaryExpr); ok {
		value = u.X
	}
	if l, ok := value.(*ast.CompositeLit); ok {
		return typeName(l.Type)
	}
	return ""
}

func isMetric(value ast.Expr) bool {
	call, ok := value.(*ast.CallExpr)
	return ok && metricMakers.MatchString(typeName(call.Fun))
}

func isMake(value ast.Expr) bool {
	call, ok := value.(*ast.CallExpr)
	if !ok {
		return false
	}
	name := typeName(call.Fun)
	return name == "make" || name == "new"
}

// changers are functions that change what their first argument refers to.
var changers = regexp.MustCompile(`^(delete|clear|copy|slices\.(Sort|SortFunc|SortStableFunc|Reverse)|sort\.(Sort|Stable|Slice|SliceStable|Strings|Ints)|maps\.(Copy|DeleteFunc))$`)

// varsWritten calls found for the variable at the root of everything that a file's functions write to.
func varsWritten(f *ast.File, found func(id *ast.Ident, how string)) {
	target := func(e ast.Expr, how string) {
		if id := varRoot(e); id != nil {
			found(id, how)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, e := range n.Lhs {
					target(e, "written here")
				}
			}
		case *ast.IncDecStmt:
			target(n.X, "written here")
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				for _, e := range []ast.Expr{n.Key, n.Value} {
					target(e, "written here")
				}
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				target(n.X, "handed out by its address here")
			}
		case *ast.CallExpr:
			if len(n.Args) > 0 && changers.MatchString(typeName(n.Fun)) {
				target(n.Args[0], "changed here")
			}
		}
		return true
	})
}

// varRoot is the variable that x.f[i].g begins with, or nil. A type or a call at the root is none.
func varRoot(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// samePackageVar tells a package variable from a local one of the same name: in its own file the parser has joined the two
// words, from another file it could not join them at all.
func samePackageVar(id, decl *ast.Ident) bool {
	return !isLocal(id) || id.Obj == decl.Obj
}

// foreignWrites finds writes to another package's variables, in tests too: a test that changes a table changes it for all.
func (h *house) foreignWrites(f *houseFile, exported map[string]map[string]bool) (complaints []string) {
	owner := map[string]string{} // local name of an import: path
	for imported := range f.imports {
		if q, own := h.own(imported); own {
			owner[f.localName(imported)] = q
		}
	}
	look := func(e ast.Expr) {
		for {
			sel, ok := e.(*ast.SelectorExpr)
			if ok {
				if x, ok := sel.X.(*ast.Ident); ok && !isLocal(x) && exported[owner[x.Name]][sel.Sel.Name] {
					complaints = append(complaints, fmt.Sprintf("%s: writes %s.%s, a variable of another package", h.at(sel.Pos()), x.Name, sel.Sel.Name))
				}
				e = sel.X
				continue
			}
			if ix, ok := e.(*ast.IndexExpr); ok {
				e = ix.X
				continue
			}
			return
		}
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, e := range n.Lhs {
					look(e)
				}
			}
		case *ast.IncDecStmt:
			look(n.X)
		}
		return true
	})
	return complaints
}
