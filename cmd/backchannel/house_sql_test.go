package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// tables: each table has one owner, the package that creates it; only the owner's SQL names it, and it refers only to tables of
// packages below. Then a table can change with one package in view.
//
// SQL is found in string literals by its keywords in capitals, and in .sql files. Tests may look into any table.
func (h *house) tables() (complaints []string) {
	type mention struct {
		sqlMention
		pkg, at string
	}
	var all []mention
	owner := map[string]string{}
	h.eachSQL(func(pkg, at, text string) {
		for _, m := range sqlMentions(text) {
			all = append(all, mention{m, pkg, at})
			if m.verb != "CREATE" {
				continue
			}
			if o, ok := owner[m.table]; ok && o != pkg {
				complaints = append(complaints, fmt.Sprintf("%s: %s creates the table %s, which belongs to %s", at, pkg, m.table, o))
				continue
			}
			owner[m.table] = pkg
		}
		if sqlLowercase.MatchString(text) {
			complaints = append(complaints, at+": SQL keywords are written in capitals: the walls between tables are found by them")
		}
	})
	for _, m := range all {
		o, ok := owner[m.table]
		if !ok || o == m.pkg || m.verb == "CREATE" {
			continue
		}
		if m.verb != "REFERENCES" {
			complaints = append(complaints, fmt.Sprintf("%s: %s names the table %s, which belongs to %s: ask that package", m.at, m.pkg, m.table, o))
			continue
		}
		here, _ := floorOf(m.pkg)
		if there, _ := floorOf(o); there <= here {
			complaints = append(complaints, fmt.Sprintf("%s: a table of %s refers to %s of %s, which stands above it", m.at, m.pkg, m.table, o))
		}
	}
	return complaints
}

// eachSQL calls f for every text that may be SQL: string literals of the program, and .sql files. Tests and the struct tags of Go
// are none.
func (h *house) eachSQL(f func(pkg, at, text string)) {
	h.code(func(p *housePackage, file *houseFile) {
		ast.Inspect(file.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.Field:
				return n.Tag == nil
			case *ast.BasicLit:
				if n.Kind == token.STRING {
					if text, err := strconv.Unquote(n.Value); err == nil {
						f(p.path, h.at(n.Pos()), text)
					}
				}
			}
			return true
		})
	})
	for _, name := range slices.Sorted(maps.Keys(h.texts)) {
		if !strings.HasSuffix(name, ".sql") {
			continue
		}
		pkg := "" // a file in a folder without Go belongs to the package above it
		for _, p := range h.packages {
			if strings.HasPrefix(name, p.path+"/") && len(p.path) > len(pkg) {
				pkg = p.path
			}
		}
		f(pkg, name+":1", h.texts[name])
	}
}

// sqlMention is a table named in SQL, and the word that names it: CREATE, REFERENCES, or another.
type sqlMention struct{ table, verb string }

// A literal is looked at as SQL when one of these stands in it.
var (
	sqlSome      = regexp.MustCompile(`\b(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|FROM|JOIN|INTO|REFERENCES|REPLACE)\b`)
	sqlLowercase = regexp.MustCompile(`(?s)^\s*(select\s.+\sfrom\s+\w+(\s+where\s|\s*$)|insert\s+(or\s+\w+\s+)?into\s+\w+\s*\(|update\s+\w+\s+set\s+\w+\s*=|delete\s+from\s+\w+\s+where\s|create\s+(virtual\s+)?table\s+\w+\s*\()`)
	sqlToken     = regexp.MustCompile(`(?s)--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|"[^"]*"|` + "`[^`]*`" + `|\[[^\]]*\]|\w+|[^\s\w]`)
	sqlWord      = regexp.MustCompile(`^\w+$`)
)

// sqlMentions reads the table names out of SQL. It understands as much of the language as names tables, no more.
func sqlMentions(text string) (found []sqlMention) {
	if !sqlSome.MatchString(text) {
		return nil
	}
	t := sqlTokens(text)
	for i := 0; i < len(t); i++ {
		switch t[i] {
		case "CREATE":
			j := sqlSkip(t, i+1, "TEMP", "TEMPORARY", "VIRTUAL", "UNIQUE")
			switch sqlAt(t, j) {
			case "TABLE", "VIEW":
				i = sqlSkip(t, j+1, "IF", "NOT", "EXISTS")
				found = append(found, sqlMention{sqlAt(t, i), "CREATE"})
			case "INDEX", "TRIGGER":
				for i = j; i < len(t) && t[i] != "ON" && t[i] != ";"; i++ {
				}
				found = append(found, sqlMention{sqlAt(t, i+1), "ON"})
			}
		case "REFERENCES":
			found = append(found, sqlMention{sqlAt(t, i+1), "REFERENCES"})
		case "JOIN", "INTO", "UPDATE", "TABLE", "RENAME":
			j := sqlSkip(t, i+1, "IF", "NOT", "EXISTS", "OR", "IGNORE", "REPLACE", "ABORT", "ROLLBACK", "FAIL", "TO")
			verb := t[i]
			if verb == "RENAME" {
				verb = "CREATE" // ALTER TABLE x RENAME TO y: y is the renamer's
				if sqlAt(t, i+1) != "TO" {
					continue // RENAME COLUMN
				}
			}
			found = append(found, sqlMention{sqlAt(t, j), verb})
		case "FROM":
			for _, name := range sqlFromList(t, i+1) {
				found = append(found, sqlMention{name, "FROM"})
			}
		}
	}
	return slices.DeleteFunc(found, func(m sqlMention) bool { return !sqlWord.MatchString(m.table) })
}

// sqlFromList reads the tables of FROM a, b AS x, c.
func sqlFromList(t []string, i int) (names []string) {
	for {
		names = append(names, sqlAt(t, i))
		i = sqlSkip(t, i+1, "AS")
		if sqlWord.MatchString(sqlAt(t, i)) && strings.ToUpper(t[i]) != t[i] {
			i++ // an alias: keywords are in capitals, names are not
		}
		if sqlAt(t, i) != "," {
			return names
		}
		i++
	}
}

// sqlTokens splits SQL into words and signs, without comments and string values; quoted names lose their quotes.
func sqlTokens(text string) (tokens []string) {
	for _, t := range sqlToken.FindAllString(text, -1) {
		switch t[0] {
		case '\'':
		case '"', '`', '[':
			if len(t) > 2 {
				tokens = append(tokens, t[1:len(t)-1])
			}
		default:
			if !strings.HasPrefix(t, "--") && !strings.HasPrefix(t, "/*") {
				tokens = append(tokens, t)
			}
		}
	}
	return tokens
}

func sqlAt(t []string, i int) string {
	if i < len(t) {
		return t[i]
	}
	return ""
}

func sqlSkip(t []string, i int, words ...string) int {
	for i < len(t) && slices.Contains(words, t[i]) {
		i++
	}
	return i
}

// sqlFiles: rules live in x.go, SQL in x_sql.go, so that a rule can be read without its storage. The database's own package, and
// files named schema, are SQL through and through.
func (h *house) sqlFiles() (complaints []string) {
	seen := map[string]bool{}
	h.eachSQL(func(pkg, at, text string) {
		name, _, _ := strings.Cut(at, ":")
		base := name[strings.LastIndex(name, "/")+1:]
		if seen[name] || pkg == "archive/db" || strings.HasSuffix(name, "_sql.go") || strings.HasSuffix(name, ".sql") || strings.HasPrefix(base, "schema") {
			return
		}
		if sqlStatement.MatchString(text) {
			seen[name] = true
			complaints = append(complaints, fmt.Sprintf("%s: SQL outside a file named …_sql.go: rules live in x.go, SQL in x_sql.go", at))
		}
	})
	return complaints
}

// sqlStatement is a literal that begins as a whole statement does.
var sqlStatement = regexp.MustCompile(`^\s*(SELECT\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+(VIRTUAL\s+|TEMP\s+)?TABLE\s|ALTER\s+TABLE\s|DROP\s+TABLE\s|WITH\s+(RECURSIVE\s+)?\w+\s*(\([^)]*\)\s*)?AS\s)`)
