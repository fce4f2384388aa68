package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var updateSchema = flag.Bool("update-schema", false, "add the new steps to testdata/schema.sum")

// P12: a step that databases have gone through is never edited, moved or taken out: an upgraded one would be another than a fresh one, or not
// open at all. testdata/schema.sum holds the steps that there were; new ones may come behind them.
func TestStepsOfTheSchemaStay(t *testing.T) {
	const sums = "testdata/schema.sum"
	var have []string
	there := map[string]bool{}
	for _, part := range schemas() {
		for i, step := range part.Steps {
			line := fmt.Sprintf("%s %d %x", part.Owner, i+1, sha256.Sum256([]byte(step)))
			have, there[line] = append(have, line), true
		}
	}
	if *updateSchema {
		if err := os.WriteFile(sums, []byte(strings.Join(have, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(sums)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(kept)), "\n")
	for _, line := range lines {
		if !there[line] {
			step, _, _ := strings.Cut(line, " ")
			t.Errorf("a step of %s was changed or taken out (%s); databases that have it cannot be upgraded any more. Write a new step instead", step, line)
		}
	}
	if len(lines) < 20 {
		t.Errorf("only %d steps are known", len(lines))
	}
}
