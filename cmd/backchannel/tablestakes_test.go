package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The table of what list administrators ask for first: 64 rows, each yes with tests that show it, or no with the reason. Every test that
// it names is there.
func TestTableStakes(t *testing.T) {
	doc, err := os.ReadFile("../../docs/tablestakes.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z0-9/_]+)\\.((?:Test|Fuzz)\\w+|txtar)`")
	n := 0
	for line := range strings.Lines(string(doc)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 5 {
			continue
		}
		number, err := strconv.Atoi(strings.TrimSpace(cells[0]))
		if err != nil {
			continue // the head of the table
		}
		n++
		tests := named.FindAllStringSubmatch(cells[3], -1)
		yes, reason := strings.TrimSpace(cells[2]), strings.TrimSpace(cells[4])
		if number != n || yes != "yes" && yes != "no" || len(tests) == 0 || len(tests) != strings.Count(cells[3], "`")/2 || yes == "no" && len(reason) < 40 {
			t.Errorf("a row that is not as it should be: %s", line)
		}
		for _, m := range tests {
			if !isTest(t, m[1], m[2]) {
				t.Errorf("%s names %s.%s, which is nowhere", strings.TrimSpace(cells[1]), m[1], m[2])
			}
		}
	}
	if n != 64 {
		t.Errorf("%d rows", n)
	}
}

// isTest tells whether a package has a test, or there is a story of that name.
func isTest(t *testing.T, where, name string) bool {
	t.Helper()
	if name == "txtar" {
		_, err := os.Stat(filepath.Join("testdata", "script", where+".txtar"))
		return err == nil
	}
	files, err := filepath.Glob(filepath.Join("..", "..", where, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nfunc "+name+"(t *testing.T) {") || strings.Contains(string(text), "\nfunc "+name+"(f *testing.F) {") {
			return true
		}
	}
	return false
}
