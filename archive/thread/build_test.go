package thread_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/thread"
)

// render writes trees as IMAP does (RFC 5256 §4): (1 2 (3)(4 5))((6)(7)).
func render(roots []*thread.Node, name func(int) string) string {
	var b strings.Builder
	for _, n := range roots {
		b.WriteString("(" + renderNode(n, name) + ")")
	}
	return b.String()
}

func renderNode(n *thread.Node, name func(int) string) string {
	s := ""
	if !n.Empty() {
		s = name(n.Index)
	}
	switch {
	case len(n.Children) == 0:
		return s
	case len(n.Children) == 1 && !n.Empty():
		return s + " " + renderNode(n.Children[0], name)
	case s != "":
		s += " "
	}
	return s + render(n.Children, name)
}

func TestBuild(t *testing.T) {
	at := func(minutes int, m thread.Msg) thread.Msg {
		m.Date = monday.Add(time.Duration(minutes) * time.Minute)
		return m
	}
	for _, c := range []struct {
		name, want string
		in         []thread.Msg
	}{
		{"nothing", "", nil},
		{"a chain", "(a b c)", []thread.Msg{msg("a", ""), msg("b", "a"), msg("c", "a b")}},
		{"siblings by date", "(a (c)(b))", []thread.Msg{msg("a", ""), at(9, msg("b", "a")), at(3, msg("c", "a"))}},
		{"a missing middle", "(a c)", []thread.Msg{msg("a", ""), msg("c", "a b")}},
		{"a missing top with one answer", "(b)", []thread.Msg{msg("b", "a")}},
		{"a missing top with two", "((b)(c))", []thread.Msg{msg("b", "a"), msg("c", "a")}},
		{"two missing in a row", "((c)(d))", []thread.Msg{msg("c", "a b"), msg("d", "a b")}},
		{"trees by the date of their first", "(c)(a b)", []thread.Msg{at(5, msg("a", "")), at(1, msg("b", "a")), at(2, msg("c", ""))}},
		{"others' suppositions end when it speaks", "(a)(b c)", []thread.Msg{msg("a", ""), msg("c", "a b"), msg("b", "")}},
		{"a circle", "(b a)", []thread.Msg{msg("a", "b"), msg("b", "a")}},
		{"itself", "(a)", []thread.Msg{msg("a", "a")}},
		{"one id twice", "(a)(a)", []thread.Msg{msg("a", ""), msg("a", "")}},
	} {
		if got := render(thread.Build(c.in), func(i int) string { return string(c.in[i].ID) }); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestBuildBySubject(t *testing.T) {
	about := func(id, refs, subject string) thread.Msg {
		m := msg(id, refs)
		m.Subject = subject
		return m
	}
	for _, c := range []struct {
		name, want string
		in         []thread.Msg
	}{
		{"an answer under its topic", "(a b)", []thread.Msg{about("a", "", "Bees"), about("b", "", "Re: Bees")}},
		{"though it came first", "(b a)", []thread.Msg{about("a", "", "Re: Bees"), about("b", "", "Bees")}},
		{"two of a kind side by side", "((a)(b))", []thread.Msg{about("a", "", "Bees"), about("b", "", "Bees")}},
		{"three of a kind", "((a)(b)(c))", []thread.Msg{about("a", "", "Bees"), about("b", "", "Bees"), about("c", "", "Bees")}},
		{"two missing tops", "((a)(b)(c)(d))", []thread.Msg{about("a", "x", "Bees"), about("b", "x", "Bees"), about("c", "y", "Bees"), about("d", "y", "Bees")}},
		{"without subjects", "(a)(b)", []thread.Msg{about("a", "", ""), about("b", "", "Re:")}},
	} {
		if got := render(thread.BuildBySubject(c.in), func(i int) string { return string(c.in[i].ID) }); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// A long chain neither overflows a stack nor takes more than moments.
func TestBuildLongChain(t *testing.T) {
	var batch []thread.Msg
	for i := range 5000 {
		batch = append(batch, msg(fmt.Sprint(i), fmt.Sprint(i-1)))
	}
	roots := thread.Build(batch)
	depth := 0
	for n := roots[0]; len(n.Children) > 0; n = n.Children[0] {
		depth++
	}
	if len(roots) != 1 || depth != len(batch)-1 {
		t.Errorf("%d roots, depth %d", len(roots), depth)
	}
}

var ( // of the scripts of imaptest
	wantLine   = regexp.MustCompile(`(?i)^\* thread (.*)$`)
	deleteLine = regexp.MustCompile(`(?i)^ok store ([\d,]+) \+flags \\deleted$`)
)

// TestImaptest plays the THREAD=REFERENCES scripts of imaptest against Build.
func TestImaptest(t *testing.T) {
	dir := corpus(t, "conf-imap-imaptest", "tests")
	scripts, err := filepath.Glob(filepath.Join(dir, "thread*"))
	if err != nil {
		t.Fatal(err)
	}
	played := 0
	for _, script := range scripts {
		if strings.Contains(script, ".mbox") || strings.Contains(script, "ordered") {
			continue
		}
		text, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		dates, letters := splitMbox(t, script+".mbox")
		next := 0
		var box []thread.Msg
		take := func() {
			box = append(box, msgOf(letters[next], dates[next]))
			next++
		}
		if strings.Contains(string(text), "messages: all") {
			for next < len(letters) {
				take()
			}
		}
		var gone []int
		for _, line := range strings.Split(string(text), "\n") {
			line = strings.TrimSpace(line)
			switch {
			case line == "ok append":
				take()
			case line == "ok expunge":
				slices.Reverse(gone)
				for _, n := range gone {
					box = slices.Delete(box, n-1, n)
				}
				gone = nil
			case deleteLine.MatchString(line):
				for _, n := range strings.Split(deleteLine.FindStringSubmatch(line)[1], ",") {
					gone = append(gone, int(n[0]-'0'))
				}
			case wantLine.MatchString(line):
				want := wantLine.FindStringSubmatch(line)[1]
				got := render(thread.BuildBySubject(box), func(i int) string { return fmt.Sprint(i + 1) })
				played++
				if got != want {
					t.Errorf("%s: %s, want %s", filepath.Base(script), got, want)
				}
			}
		}
	}
	if played < 14 {
		t.Errorf("only %d comparisons were played", played)
	}
}
