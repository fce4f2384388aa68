package digest_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
)

// realPosts are the posts of real archives in the order of their dates.
func realPosts(t testing.TB, files ...string) (all []realPost) {
	for _, f := range files {
		for _, m := range corpus(t, f) {
			l, err := letter.Parse(m.Raw)
			if err != nil {
				t.Fatalf("%s: message %d: %v", f, m.N, err)
			}
			at, ok := l.Date()
			if !ok {
				at = m.Date
			}
			all = append(all, realPost{l, at.UTC()})
		}
	}
	slices.SortStableFunc(all, func(a, b realPost) int { return a.at.Compare(b.at) })
	return all
}

type realPost struct {
	l  *letter.Letter
	at time.Time
}

// replay publishes posts on talk at their own times, from one time to another, and hands every issue for Dana on.
func (w *town) replay(posts []realPost, until time.Time, issue func(arrived)) (published int) {
	i, _ := slices.BinarySearchFunc(posts, w.now, func(p realPost, at time.Time) int { return p.at.Compare(at) })
	for w.now.Before(until) {
		next := w.now.Add(6 * time.Hour)
		for ; i < len(posts) && posts[i].at.Before(next); i++ {
			w.now = posts[i].at
			w.update(func(tx *db.Tx) error {
				_, err := w.store.AddPost(tx, archive.NewPost{Mailbox: w.talk.Box, Letter: posts[i].l, Published: posts[i].at})
				if err == nil {
					published++
				}
				return ignoreDuplicate(err)
			})
		}
		w.now = next
		for _, a := range issues(w.due(), "dana@north.example") {
			issue(a)
		}
	}
	return published
}

func ignoreDuplicate(err error) error {
	if err != nil && strings.Contains(err.Error(), "already") {
		return nil
	}
	return err
}

// Weeks of real lists, read as their members would.
func TestRealWeeks(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		from  string
		weeks int
	}{
		"httpd": {[]string{"archive-ponymail/httpd-users-2020-07.mbox"}, "2020-06-28", 6},
		"maven": {[]string{"archive-ponymail/maven-dev-2017-11-listsao.mbox", "archive-ponymail/maven-dev-2017-12-listsao.mbox"}, "2017-10-30", 10},
		"ham":   {[]string{"archive-spamassassin/easy_ham_1.mbox"}, "2002-09-02", 3},
		"evs":   {[]string{"archive-bigbang/listserv-mbox/3GPP_TSG_SA_WG4_EVS.mbox"}, "2020-08-09", 3},
		"numpy": {[]string{"archive-bigbang/pipermail/2001-November.txt"}, "2001-10-28", 6},
	} {
		t.Run(name, func(t *testing.T) {
			posts := realPosts(t, c.files...)
			w := newTown(t)
			w.now, _ = time.Parse(time.DateOnly, c.from)
			w.reader("dana@north.example", "Dana Reyes")
			w.due()
			said, n := 0, 0
			published := w.replay(posts, w.now.AddDate(0, 0, 7*c.weeks), func(a arrived) {
				n++
				said += w.looksGood(t, a)
			})
			if published == 0 || n == 0 {
				t.Fatalf("%d posts, %d issues", published, n)
			}
			if rest := w.rows("SELECT coalesce(sum(posts.n), 0) || '' FROM digest_cursor AS c JOIN (SELECT seq, 1 AS n FROM post WHERE imported = 0) AS posts ON posts.seq > c.seq"); fmt.Sprint(published-said) != rest {
				t.Errorf("%d posts published, %d counted in issues, %s still to come", published, said, rest)
			}
			t.Logf("%d posts, %d issues", published, n)
		})
	}
}

var (
	numbers = regexp.MustCompile(`This week: (\d+) posts?, (\d+) threads?, (\d+) (people|person)(\.|, half of the questions answered within)`)
	titles  = regexp.MustCompile(`(?m)^ *(\d+)  \S`)
	more    = regexp.MustCompile(`And (\d+) more threads?\.`)
	// what a trimmed excerpt must not begin with
	leftovers = regexp.MustCompile(`(?m)"(>|On .{10,80} wrote:|\[\.\.\.\]|_____|########)`)
)

// looksGood reads one issue and complains of what would annoy its reader. It gives the number of posts it says it covers.
func (w *town) looksGood(t *testing.T, a arrived) (posts int) {
	t.Helper()
	text, page := a.Text(), a.html()
	bad := func(format string, args ...any) { t.Errorf("%s: %s", a.Subject(), fmt.Sprintf(format, args...)) }
	var threads, people, unnamed int
	found := numbers.FindStringSubmatch(strings.Join(strings.Fields(text), " "))
	if found == nil {
		bad("no numbers in %.300s", text)
		return 0
	}
	fmt.Sscan(strings.Join(found[1:4], " "), &posts, &threads, &people)
	if m := more.FindStringSubmatch(text); m != nil {
		fmt.Sscan(m[1], &unnamed)
	}
	corner := 0 // questions of earlier issues, which are not among the threads of this one
	if _, rest, ok := strings.Cut(text, "STILL WAITING"); ok {
		rest, _, _ = strings.Cut(rest, "\nTHREADS")
		corner = len(titles.FindAllString(rest, -1))
	}
	named := len(titles.FindAllString(text, -1))
	if all := named + unnamed; all < threads || all > threads+corner || corner > 3 || named == 0 || unnamed > 0 && named < 20 {
		bad("%d threads named, %d in the corner, %d counted, of %d", named, corner, unnamed, threads)
	}
	if n := utf8.RuneCountInString(a.Subject()); n > 110 || strings.Contains(a.Subject(), "[") || strings.HasPrefix(a.Subject(), "Quiet") {
		bad("a poor subject of %d characters", n)
	}
	for _, line := range strings.Split(strings.ReplaceAll(a.written(), "\r", ""), "\n") {
		if utf8.RuneCountInString(line) > 78 && strings.Count(strings.TrimSpace(line), " ") > 3 {
			bad("a line too wide: %q", line)
		}
		if strings.HasPrefix(line, "    ") && strings.HasSuffix(line, " ") {
			bad("a hanging line that programs tear apart which know no format=flowed: %q", line)
		}
	}
	if s := leftovers.FindString(text); s != "" {
		bad("left over: %q", s)
	}
	for where, s := range map[string]string{"text": text, "HTML": page} {
		if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
			return unicode.IsControl(r) && r != '\n' && r != '\r' || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == utf8.RuneError
		}) {
			bad("odd characters in the %s", where)
		}
		for _, words := range []string{"To unsubscribe", "unsubscribe@", "For additional commands", "mailman/listinfo"} {
			if strings.Contains(s, words) {
				bad("a list's footer in the %s: %s", where, around(s, words))
			}
		}
	}
	for _, p := range a.Parts() {
		if p.Type == "text/html" && len(p.Body()) > 90<<10 {
			bad("%d octets of HTML", len(p.Body()))
		}
	}
	return posts
}

func around(s, words string) string {
	i := strings.Index(s, words)
	return strings.ToValidUTF8(s[max(0, i-80):min(len(s), i+80)], "")
}
