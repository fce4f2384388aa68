package db

import (
	"database/sql"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestSteady(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT 1":                                    "SELECT 1",
		"SELECT a FROM b WHERE c = ? LIMIT ?":         "SELECT a FROM b WHERE c = +? LIMIT +?",
		"SELECT ?1, ?12":                              "SELECT +?1, +?12",
		"VALUES (:a, @b_c, $d)":                       "VALUES (+:a, +@b_c, +$d)",
		"SELECT 'why?', \"odd?\", `?`, ? -- no?\n, ?": "SELECT 'why?', \"odd?\", `?`, +? -- no?\n, +?",
		"SELECT 'it''s ?' /* ? :a */ + ?":             "SELECT 'it''s ?' /* ? :a */ + +?",
		"SELECT 'open ?":                              "SELECT 'open ?",
		"SELECT a$b, : x, x'3F' -- :a":                "SELECT a$b, : x, x'3F' -- :a",
		"SELECT '$.at', a->>? /* open ?":              "SELECT '$.at', a->>+? /* open ?",
		"SELECT ä?":                                   "SELECT ä+?",
	} {
		if got, _ := steady(query); got != want {
			t.Errorf("%s\n became %s", query, got)
		}
	}
}

func TestSteadyNames(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT 1":                       "",
		"VALUES (:a, @b_c, $d, :a, :a)":  ":a @b_c $d",
		"SELECT :b, 'as :c' -- :d\n, :a": ":b :a",
		"SELECT :a, ?":                   "",
		"SELECT ?, :a":                   "",
		"SELECT ?1 WHERE ':a'":           "",
	} {
		if _, names := steady(query); strings.Join(names, " ") != want {
			t.Errorf("%s has the parameters %q", query, names)
		}
	}
}

func TestInOrder(t *testing.T) {
	named := func(name string, v any) any { return sql.Named(name, v) }
	for _, one := range []struct {
		names      []string
		args, want []any
	}{
		{nil, []any{1, 2}, []any{1, 2}},
		{[]string{":a", "@b"}, []any{named("a", 1), named("b", 2)}, []any{1, 2}},
		{[]string{":a", "@b"}, []any{named("b", 2), named("a", 1)}, []any{1, 2}},
		{[]string{":a"}, []any{named("a", 1), named("b", 2)}, []any{named("a", 1), named("b", 2)}},
		{[]string{":a", ":b"}, []any{named("a", 1), named("c", 2)}, []any{named("a", 1), named("c", 2)}},
		{[]string{":a", ":b"}, []any{1, 2}, []any{1, 2}},
	} {
		if got := inOrder(one.names, one.args); !reflect.DeepEqual(got, one.want) {
			t.Errorf("%q with %v became %v", one.names, one.args, got)
		}
	}
}

// Names reach their parameters in whatever order they come, one name twice if need be.
func TestNamedArguments(t *testing.T) {
	d, err := Open(t.Context(), filepath.Join(t.TempDir(), "a.db"), Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var got string
	err = d.View(t.Context(), func(tx *Tx) error {
		return tx.QueryRow("SELECT :one || @two || $three || :one || ifnull(:none, '-')",
			Named("three", "3"), Named("none", nil), Named("two", "2"), Named("one", "1")).Scan(&got)
	})
	if err != nil || got != "1231-" {
		t.Errorf("%q %v", got, err)
	}
}
