package backchannel_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"backchannel/lists/backchannel"
)

//go:generate go test -run "TestManual|TestWorkedExample|TestWorkedPaths" -count 1 . -update

var update = flag.Bool("update", false, "write the table of commands into the manual")

const (
	manual = "../../docs/managers.md"
	begins = "<!-- commands: written by make generated -->\n"
	ends   = "<!-- end of commands -->"
)

// The manual shows the commands there are: the table is written from the one that reads them.
func TestManual(t *testing.T) {
	raw, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(raw), begins)
	_, after, ok2 := strings.Cut(rest, ends)
	if !ok || !ok2 {
		t.Fatal("the manual has no place for the commands")
	}
	var b strings.Builder
	b.WriteString("| command | what it does |\n|---|---|\n")
	for _, v := range new(backchannel.Letterbox).Verbs() {
		help := v.Help
		if v.Alone {
			help += " Works without a letter, too."
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", strings.ReplaceAll(v.Usage(), "|", `\|`), help)
	}
	want := before + begins + b.String() + ends + after
	if *update {
		if err := os.WriteFile(manual, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(raw) {
		t.Error("the table of commands in docs/managers.md is not current: make generated writes it")
	}
}

// Every verb has a name that can be read, one sentence of help and a function.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range new(backchannel.Letterbox).Verbs() {
		if v.Name != strings.ToLower(v.Name) || strings.ContainsAny(v.Name, " /") || seen[v.Name] {
			t.Errorf("a verb is called %q", v.Name)
		}
		if !strings.HasSuffix(v.Help, ".") || len(v.Help) < 10 || v.Do == nil {
			t.Errorf("/%s: help %q", v.Name, v.Help)
		}
		seen[v.Name] = true
	}
	if len(seen) < 15 {
		t.Errorf("%d verbs", len(seen))
	}
}
