package db

import "testing"

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
		if got := steady(query); got != want {
			t.Errorf("%s\n became %s", query, got)
		}
	}
}
