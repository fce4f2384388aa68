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
		tests := namedTest.FindAllStringSubmatch(cells[3], -1)
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

// namedTest is a test as our pages name it: a package and its name, or a story.
var namedTest = regexp.MustCompile("`([a-z0-9/_]+)\\.((?:Test|Fuzz)\\w+|txtar)`")

// Every setting of a list names what shows its effect, one of these a story over the built program in which it is set; and all of that is there.
func TestEverySettingIsShown(t *testing.T) {
	doc, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(doc)) {
		name, rest, ok := strings.Cut(strings.TrimPrefix(line, "| `"), "` |")
		if !ok || !strings.HasPrefix(line, "| `") {
			continue
		}
		n++
		cells := strings.Split(strings.TrimSuffix(strings.TrimSpace(rest), " |"), " | ")
		story := false
		for _, m := range namedTest.FindAllStringSubmatch(cells[len(cells)-1], -1) {
			if !isTest(t, m[1], m[2]) {
				t.Errorf("%s names %s.%s, which is nowhere", name, m[1], m[2])
			}
			if m[2] == "txtar" {
				text, err := os.ReadFile(filepath.Join("testdata", "script", m[1]+".txtar"))
				story = story || err == nil && strings.Contains(string(text), "--"+name+" ")
			}
		}
		if !story {
			t.Errorf("no story shows what %s changes", name)
		}
	}
	if n < 25 {
		t.Errorf("%d settings", n)
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
