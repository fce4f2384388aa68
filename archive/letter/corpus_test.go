package letter

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// corpusDir finds a set of the shared test corpus beside the module, or skips the test where there is none.
func corpusDir(t testing.TB, set string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Skip("outside of the module")
		}
		dir = filepath.Dir(dir)
	}
	dir = filepath.Join(dir, "..", "shared", "corpus", set)
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no shared corpus here")
	}
	return dir
}

// corpusFile reads one file of the corpus.
func corpusFile(t testing.TB, set, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(corpusDir(t, set), filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// corpusRows reads a table of one JSON object a line.
func corpusRows[Row any](t testing.TB, set, name string) []Row {
	t.Helper()
	var rows []Row
	for line := range strings.Lines(string(corpusFile(t, set, name))) {
		var row Row
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%s/%s: %v in %.200s", set, name, err, line)
		}
		rows = append(rows, row)
	}
	return rows
}

// corpusWalk calls f with every file of a set whose name has one of the endings.
func corpusWalk(t testing.TB, set string, f func(name string, b []byte), endings ...string) {
	t.Helper()
	dir := corpusDir(t, set)
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		for _, ending := range endings {
			if strings.HasSuffix(path, ending) {
				b, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				name, _ := filepath.Rel(dir, path)
				f(filepath.ToSlash(name), b)
				break
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
