package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// pages are the texts for people: README, the changelog and docs, by their paths from the top.
func pages(t *testing.T) map[string]string {
	t.Helper()
	top := filepath.Join("..", "..")
	names, err := filepath.Glob(filepath.Join(top, "docs", "*.md"))
	must(t, err)
	all := map[string]string{}
	for _, name := range append(names, filepath.Join(top, "README.md"), filepath.Join(top, "CHANGELOG.md")) {
		text, err := os.ReadFile(name)
		must(t, err)
		short, err := filepath.Rel(top, name)
		must(t, err)
		all[filepath.ToSlash(short)] = string(text)
	}
	if len(all) < 10 {
		t.Fatalf("only %d pages were found", len(all))
	}
	return all
}

var (
	linkOf    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	headingOf = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	notInID   = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// anchors are the names by which a link finds the headings of a page, made as GitHub and most others do.
func anchors(text string) (all []string) {
	for _, h := range headingOf.FindAllStringSubmatch(text, -1) {
		all = append(all, strings.ReplaceAll(notInID.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-"))
	}
	return all
}

// deadLinks are the links of a page to files that are not there, or to headings that its target does not have.
func deadLinks(page string, all map[string]string) (dead []string) {
	for _, found := range linkOf.FindAllStringSubmatch(all[page], -1) {
		link := found[1]
		if strings.Contains(link, "://") {
			continue
		}
		file, heading, _ := strings.Cut(link, "#")
		target := page
		if file != "" {
			target = filepath.ToSlash(filepath.Join(filepath.Dir(page), file))
		}
		if _, err := os.Stat(filepath.Join("..", "..", target)); err != nil && all[target] == "" || heading != "" && !slices.Contains(anchors(all[target]), heading) {
			dead = append(dead, link)
		}
	}
	return dead
}

// Each link from one page to another, and to a heading in it, leads somewhere.
func TestLinksLeadSomewhere(t *testing.T) {
	all := pages(t)
	for page := range all {
		for _, link := range deadLinks(page, all) {
			t.Errorf("%s: %s leads nowhere", page, link)
		}
	}
	bad := map[string]string{"docs/a.md": "[x](b.md#there) [y](b.md#gone) [z](c.md) [w](#here) [o](https://far.example/x)\n\n## Here\n", "docs/b.md": "# There\n"}
	if got := deadLinks("docs/a.md", bad); !slices.Equal(got, []string{"b.md#gone", "c.md"}) {
		t.Errorf("found %q", got)
	}
}

// typedIn finds what a page has people type: from the program's name to the end of the code, or to what the shell does with it.
var typedIn = regexp.MustCompile("(?m)(?:`|^    )(?:sudo -u \\S+ )?(?:\\./)?backchannel ([^`\n]*)")

// unknownWords are what a command line of the documentation has that the program has not: a verb, or a flag.
func unknownWords(root *cobra.Command, line string) (unknown []string) {
	if at := strings.IndexAny(line, "#|;>&("); at >= 0 {
		line = line[:at]
	}
	words := strings.Fields(line)
	cmd, rest, err := root.Find(words)
	if err != nil || cmd == root && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		return words[:1]
	}
	if cmd.HasSubCommands() {
		if len(rest) > 0 && rest[0] == strings.ToLower(rest[0]) && !strings.HasPrefix(rest[0], "-") {
			unknown = append(unknown, cmd.Name()+" "+rest[0])
		}
		return unknown // "letters VERB ID --as MANAGER" stands for many
	}
	for _, w := range rest {
		name, ok := strings.CutPrefix(w, "--")
		if name, _, _ = strings.Cut(strings.TrimRight(name, "]).,:…"), "="); !ok || name == strings.ToUpper(name) || name == "help" || flagOf(cmd, name) != nil {
			continue
		}
		unknown = append(unknown, "--"+name)
	}
	return unknown
}

func flagOf(cmd *cobra.Command, name string) *pflag.Flag {
	if f := cmd.Flags().Lookup(name); f != nil {
		return f
	}
	return cmd.InheritedFlags().Lookup(name)
}

// groups finds what stands without the program's name in front: `list set …`, `member import …`.
func groups(root *cobra.Command) *regexp.Regexp {
	var names []string
	for _, cmd := range root.Commands() {
		if cmd.HasSubCommands() {
			names = append(names, cmd.Name())
		}
	}
	return regexp.MustCompile("`((?:" + strings.Join(names, "|") + ") [a-z][^`\n]*)`")
}

// What the pages have people type is there: each verb, and each flag behind it.
func TestCommandsOfThePagesExist(t *testing.T) {
	root := new(cli).newRoot()
	seen := 0
	for page, text := range pages(t) {
		for _, found := range append(typedIn.FindAllStringSubmatch(text, -1), groups(root).FindAllStringSubmatch(text, -1)...) {
			seen++
			for _, u := range unknownWords(root, found[1]) {
				t.Errorf("%s: backchannel %s: there is no %s", page, found[1], u)
			}
		}
	}
	if seen < 150 {
		t.Errorf("only %d command lines were found", seen)
	}
	for line, want := range map[string]string{
		"list set talk --stage founding": "", "list sat talk": "list sat", "lst add": "lst", "member set A --nmae X": "--nmae", "rota show|swap|away": "",
		"-c /etc/x.yaml serve": "", "--at T due --dry-run": "",
	} {
		if got := strings.Join(unknownWords(root, line), " "); got != want {
			t.Errorf("%q: %q, wanted %q", line, got, want)
		}
	}
}
