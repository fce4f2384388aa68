package bounce

import (
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tuning tells whether a file of the corpus may be looked at when words are chosen. The other half is only measured: whoever adds a
// word because of one of its files spoils it.
func tuning(file string) bool {
	h := fnv.New32a()
	h.Write([]byte(filepath.Base(file)))
	return h.Sum32()%2 == 0
}

// halves are what was counted in each half of the corpus.
type halves struct{ tuned, held score }

func (h *halves) count(t *testing.T, file string, ok bool, format string, args ...any) {
	s := &h.held
	if tuning(file) {
		s = &h.tuned
	}
	s.count(t, ok, format, args...)
}

func (s score) percent() float64 { return 100 * float64(s.good) / float64(max(s.all, 1)) }

// measured is what matters of a report: whose it is, what it means, and whether somebody living is called dead.
type measured struct {
	who, class halves
	falseDead  []string
}

// measure reads the corpus of sisimai as it is read now. Its reports about several recipients count once for each.
func measure(t *testing.T) (m measured) {
	dir := corpus(t, "bounces-sisimai")
	m.who.tuned.name, m.who.held.name, m.class.tuned.name, m.class.held.name = "who", "who", "class", "class"
	for _, e := range readExpected(t) {
		if len(e.Decoded) == 0 || e.Decoded[0].Reason == "feedback" || e.Decoded[0].Reason == "vacation" {
			continue
		}
		r := Read(load(t, filepath.Join(dir, e.File)))
		var got, want []string
		for _, f := range r.Failures {
			got = append(got, f.Recipient.Key())
		}
		for _, d := range e.Decoded {
			want = append(want, strings.ToLower(d.Recipient))
		}
		slices.Sort(got)
		slices.Sort(want)
		m.who.count(t, e.File, slices.Equal(got, slices.Compact(want)), "%s: %q, want %q", e.File, got, want)
		for i, a := range e.Asserted {
			if len(r.Failures) != len(e.Asserted) || r.Failures[i].Action != Failed {
				continue
			}
			f := r.Failures[i]
			expect := meant(f, a.Reason)
			m.class.count(t, e.File, slices.Contains(expect, f.Class), "%s: %s, want %s (%s): %s %s", e.File, f.Class, expect, a.Reason, f.Status, f.Diagnostic)
			if f.Class == Gone && !slices.Contains(expect, Gone) {
				m.falseDead = append(m.falseDead, e.File+" ("+a.Reason+"): "+f.Status+" "+f.Diagnostic)
			}
		}
	}
	return m
}

// meant are the classes that are right for a failure. Where M18 decides by the number, whatever the words say, the number decides:
// 5.6.x and 5.7.x never count against a member, and a 4xx is not for ever.
func meant(f Failure, reason string) []Class {
	switch {
	case strings.HasPrefix(f.Status, "5.6.") || strings.HasPrefix(f.Status, "5.7."):
		return []Class{Refused}
	case strings.HasPrefix(f.Status, "4.") && slices.Contains(classes[reason], Gone):
		return []Class{Unclear}
	}
	return classes[reason]
}

// text is everything that a file of the corpus says, in lower case.
func text(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ToLower(string(raw))
}

// TestHeldOut measures both halves of the corpus, and once more the held-out one with only those words that the tuning half shows:
// the lists as somebody would have made them who had never seen it. That is what to expect of reports that nobody has seen.
func TestHeldOut(t *testing.T) {
	now := measure(t)
	var seen strings.Builder
	for _, e := range readExpected(t) {
		if tuning(e.File) {
			seen.WriteString(text(t, filepath.Join(corpus(t, "bounces-sisimai"), e.File)) + "\n")
		}
	}
	known := strings.Join(strings.Fields(seen.String()), " ")
	for _, list := range []*[]string{&fullWords, &surelyGone, &senderWords, &goneWords, &policyWords} {
		all := *list
		*list = slices.DeleteFunc(slices.Clone(all), func(w string) bool { return !strings.Contains(known, strings.TrimSpace(w)) })
		t.Logf("%d of %d words are in the tuning half", len(*list), len(all))
		defer func() { *list = all }()
	}
	blind := measure(t)
	for _, c := range []struct {
		name  string
		s     score
		floor float64
	}{
		{"who, tuning half", now.who.tuned, 96.9}, {"who, held-out half", now.who.held, 94.5},
		{"class, tuning half", now.class.tuned, 95}, {"class, held-out half", now.class.held, 95},
		{"class, held-out half, without words from it", blind.class.held, 87.5},
	} {
		t.Logf("%s: %d of %d, %.1f %%", c.name, c.s.good, c.s.all, c.s.percent())
		if c.s.percent() < c.floor {
			t.Errorf("%s: %.1f %%, want %.1f %%", c.name, c.s.percent(), c.floor)
		}
	}
	for _, f := range append(now.falseDead, blind.falseDead...) { // none of sisimai's living is called dead
		t.Error("called dead: ", f)
	}
}
