package digest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"backchannel/archive/db"
)

// measured is what a year of issues shows.
type measured struct {
	issues                        int
	shown, others, repeated       int // characters of excerpts: all, words that somebody else wrote before, and what its author writes each time
	whole, quotes                 int // the same of whole posts as they came
	active, ranked, newest, most  int // threads answered in the week after: all, and those among the first five of the issue, of the newest, of those with most posts
	weeks, some, everyWeekThreads int
}

// A year of a real list, and some weeks of two others: what of the excerpts is not their author's own, and whether the first five threads
// are those that people go on to answer. docs/digest.md has the figures.
func TestYearOfIssues(t *testing.T) {
	if testing.Short() {
		t.Skip("a year takes a minute")
	}
	for _, c := range []struct {
		name  string
		files []string
		from  string
		weeks int
	}{
		{"a year", []string{"archive-spamassassin/easy_ham_1.mbox"}, "2001-12-31", 53},
		{"maven", []string{"archive-ponymail/maven-dev-2017-11-listsao.mbox", "archive-ponymail/maven-dev-2017-12-listsao.mbox"}, "2017-10-30", 10},
		{"httpd", []string{"archive-ponymail/httpd-users-2020-07.mbox"}, "2020-06-28", 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			posts := realPosts(t, c.files...)
			w := newTown(t)
			w.now, _ = time.Parse(time.DateOnly, c.from)
			w.reader("dana@north.example", "Dana Reyes")
			w.due()
			words := heardBefore(posts)
			var m measured
			var first [][]string // of each issue: the numbers of its first five threads
			var slots []time.Time
			w.replay(posts, w.now.AddDate(0, 0, 7*c.weeks), func(a arrived) {
				m.issues++
				m.excerpts(a, words)
				slots = append(slots, w.now)
				first = append(first, firstFive(a.Text()))
				keepIssue(t, c.name, m.issues, a)
			})
			for i := range slots {
				m.judge(w, slots[i], first[i])
			}
			for _, p := range posts {
				m.whole += utf8.RuneCountInString(p.l.Text())
				for _, line := range strings.Split(p.l.Text(), "\n") {
					if strings.HasPrefix(line, ">") {
						m.quotes += utf8.RuneCountInString(line)
					}
				}
			}
			t.Logf("%d issues; of the posts as they came %.1f %% are quotes; of %d characters of excerpts %.2f %% are somebody else's words, %.2f %% are said by their author each time",
				m.issues, percent(m.quotes, m.whole), m.shown, percent(m.others, m.shown), percent(m.repeated, m.shown))
			t.Logf("%d weeks with %.1f threads each: of %d threads answered in the week after, %.0f %% are among the first five of the issue, %.0f %% among the five newest, %.0f %% among the five with most posts; in %.0f %% of the weeks at least one is",
				m.weeks, float64(m.everyWeekThreads)/float64(max(1, m.weeks)), m.active, percent(m.ranked, m.active), percent(m.newest, m.active), percent(m.most, m.active), percent(m.some, m.weeks))
			if m.issues == 0 || percent(m.others, m.shown) > 3 || percent(m.repeated, m.shown) > 8 {
				t.Error("excerpts show too much that is not their author's own, or nothing at all")
			}
		})
	}
}

func percent(part, whole int) float64 { return 100 * float64(part) / float64(max(1, whole)) }

// keepIssue writes issues into a folder that somebody wants to read: BACKCHANNEL_ISSUES.
func keepIssue(t *testing.T, name string, n int, a arrived) {
	dir := os.Getenv("BACKCHANNEL_ISSUES")
	if dir == "" {
		return
	}
	for ext, words := range map[string]string{"txt": "Subject: " + a.Subject() + "\n\n" + a.Text(), "html": a.html()} {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%02d.%s", strings.ReplaceAll(name, " ", "-"), n, ext)), []byte(words), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

const runLength = 6 // words in a row that two people do not write by chance

// voice is who wrote a run of words first, and how often each one did.
type voice struct {
	first  string
	author map[string]int
}

func runs(text string) (all []string) {
	words := strings.Fields(strings.ToLower(text))
	for i := 0; i+runLength <= len(words); i++ {
		all = append(all, strings.Join(words[i:i+runLength], " "))
	}
	return all
}

// heardBefore tells of every run of words in posts who wrote it first, outside marked quotes, and how many posts of each author have it.
func heardBefore(posts []realPost) map[string]*voice {
	all := map[string]*voice{}
	for _, p := range posts {
		if len(p.l.From()) == 0 {
			continue
		}
		var own []string
		for _, line := range strings.Split(p.l.Text(), "\n") {
			if !strings.HasPrefix(strings.TrimSpace(line), ">") {
				own = append(own, line)
			}
		}
		for _, run := range slices.Compact(slices.Sorted(slices.Values(runs(strings.Join(own, "\n"))))) {
			v := all[run]
			if v == nil {
				v = &voice{first: strings.ToLower(name(p)), author: map[string]int{}}
				all[run] = v
			}
			v.author[strings.ToLower(name(p))]++
		}
	}
	return all
}

func name(p realPost) string {
	if n := strings.Join(strings.Fields(p.l.From()[0].Name), " "); n != "" {
		return n
	}
	return p.l.From()[0].Address.Local
}

var excerptLine = regexp.MustCompile(`(?s)<p><strong>([^<]*)</strong>, [^<:“]*(?:, to “[^”]*”)?: “(.*?)”(?: \[[^\]]*\])?</p>`)

// excerpts counts the characters of an issue's excerpts.
func (m *measured) excerpts(a arrived, heard map[string]*voice) {
	for _, e := range excerptLine.FindAllStringSubmatch(a.html(), -1) {
		who, text := strings.ToLower(unescape(e[1])), unescape(e[2])
		m.shown += utf8.RuneCountInString(text)
		words := strings.Fields(text)
		for i := 0; i+runLength <= len(words); i++ {
			v := heard[strings.ToLower(strings.Join(words[i:i+runLength], " "))]
			if v == nil {
				continue
			}
			length := (utf8.RuneCountInString(strings.Join(words[i:i+runLength], " ")) + 1) / runLength
			switch {
			case v.author[who] >= 3:
				m.repeated += length
			case v.first != who:
				m.others += length
			}
		}
	}
}

func unescape(s string) string {
	return strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">", "&#43;", "+", "&amp;", "&").Replace(s)
}

// firstFive are the numbers of the first five threads that an issue shows below the questions that wait.
func firstFive(text string) (all []string) {
	_, text, _ = strings.Cut(text, "\nTHREADS")
	text, _, _ = strings.Cut(text, "\nIN BRIEF")
	for _, m := range titles.FindAllStringSubmatch(text, 5) {
		all = append(all, m[1])
	}
	return all
}

// judge compares the first five threads of an issue with what people answered in the week after.
func (m *measured) judge(w *town, slot time.Time, ranked []string) {
	at, before, after := db.Micros(slot), db.Micros(slot.AddDate(0, 0, -7)), db.Micros(slot.AddDate(0, 0, 7))
	const in = " FROM post p JOIN thread t ON t.id = p.thread WHERE p.published >= ? AND p.published < ? GROUP BY t.number"
	fresh := strings.Fields(w.rows("SELECT t.number || ''"+in, before, at))
	active := strings.Fields(w.rows("SELECT t.number || ''"+in, at, after))
	active = slices.DeleteFunc(active, func(n string) bool { return !slices.Contains(fresh, n) })
	if len(active) == 0 || len(fresh) < 6 {
		return // with five threads or fewer every order is the same
	}
	m.weeks++
	m.everyWeekThreads += len(fresh)
	m.active += len(active)
	hits := func(five []string) (n int) {
		for _, a := range active {
			if slices.Contains(five, a) {
				n++
			}
		}
		return n
	}
	n := hits(ranked)
	m.ranked += n
	if n > 0 {
		m.some++
	}
	m.newest += hits(strings.Fields(w.rows("SELECT t.number || ''"+in+" ORDER BY max(p.published) DESC LIMIT 5", before, at)))
	m.most += hits(strings.Fields(w.rows("SELECT t.number || ''"+in+" ORDER BY count(*) DESC, max(p.published) DESC LIMIT 5", before, at)))
}
