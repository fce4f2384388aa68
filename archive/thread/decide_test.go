package thread_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/letter"
	"backchannel/archive/thread"

	"pgregory.net/rapid"
)

var monday = time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)

// msg is a message "id" that names the ids in refs.
func msg(id, refs string) thread.Msg {
	m := thread.Msg{ID: letter.MessageID(id), Date: monday}
	for _, r := range strings.Fields(refs) {
		m.References = append(m.References, letter.MessageID(r))
	}
	return m
}

func TestArrivals(t *testing.T) {
	for _, c := range []struct {
		name    string
		in      []thread.Msg
		threads string // thread of each, by arrival
		parents string
	}{
		{"an answer", []thread.Msg{msg("a", ""), msg("b", "a")}, "1 1", "- a"},
		{"two topics", []thread.Msg{msg("a", ""), msg("b", "")}, "1 2", "- -"},
		{"the answer first", []thread.Msg{msg("b", "a"), msg("a", "")}, "1 1", "a -"},
		{"the middle last", []thread.Msg{msg("a", ""), msg("c", "a b"), msg("b", "a")}, "1 1 1", "- b a"},
		{"a missing parent holds its answers together", []thread.Msg{msg("b", "a"), msg("c", "a")}, "1 1", "- -"},
		{"a late parent joins two threads", []thread.Msg{msg("b", "a"), msg("d", "c"), msg("c", "a")}, "1 1 1", "- c -"},
		{"an answer to two threads", []thread.Msg{msg("a", ""), msg("b", ""), msg("c", "a b")}, "1 1 1", "- - b"},
		{"the nearest ancestor that is there", []thread.Msg{msg("a", ""), msg("d", "a b c")}, "1 1", "- a"},
		{"one that names itself", []thread.Msg{msg("a", "a"), msg("b", "a b")}, "1 1", "- a"},
		{"a circle of two", []thread.Msg{msg("a", "b"), msg("b", "a")}, "1 1", "- a"},
		{"a circle of three", []thread.Msg{msg("a", "c"), msg("b", "a"), msg("c", "b")}, "1 1 1", "- a b"},
		{"one id twice", []thread.Msg{msg("a", ""), msg("a", ""), msg("b", "a")}, "1 1 1", "- - a"},
		{"no id", []thread.Msg{msg("", ""), msg("", ""), msg("b", "")}, "1 2 3", "- - -"},
		{"In-Reply-To alone", []thread.Msg{msg("a", ""), {ID: "b", InReplyTo: []letter.MessageID{"a"}}}, "1 1", "- a"},
		{"References before In-Reply-To", []thread.Msg{msg("a", ""), msg("b", "a"), {ID: "c", References: []letter.MessageID{"b"}, InReplyTo: []letter.MessageID{"a"}}}, "1 1 1", "- a b"},
	} {
		f := newForum(t)
		var threads, parents []string
		for _, m := range c.in {
			f.add(m)
		}
		for i := range c.in {
			threads = append(threads, fmt.Sprint(f.in[int64(i+1)]))
			up := "-"
			if p := f.parent[int64(i+1)]; p != 0 {
				up = string(f.posts[p-1].ID)
			}
			parents = append(parents, up)
		}
		if got := strings.Join(threads, " "); got != c.threads {
			t.Errorf("%s: threads %s, want %s", c.name, got, c.threads)
		}
		if got := strings.Join(parents, " "); got != c.parents {
			t.Errorf("%s: parents %s, want %s", c.name, got, c.parents)
		}
		f.noCircles()
	}
}

func TestSubjectIsWeak(t *testing.T) {
	about := func(id, subject string, day int, refs string) thread.Msg {
		m := msg(id, refs)
		m.Subject, m.Date = subject, monday.AddDate(0, 0, day)
		return m
	}
	for _, c := range []struct {
		name  string
		m     thread.Msg
		joins bool
	}{
		{"an answer without references", about("b", "Re: Bees", 3, ""), true},
		{"an answer in Finnish to a tagged subject", about("b", "VS:  bees", 3, ""), true},
		{"an answer that came first", about("b", "Re: Bees", -3, ""), true},
		{"no prefix", about("b", "Bees", 3, ""), false},
		{"forwarded", about("b", "Fwd: Bees", 3, ""), false},
		{"another subject", about("b", "Re: Bee", 3, ""), false},
		{"too old", about("b", "Re: Bees", 31, ""), false},
		{"just in time", about("b", "Re: Bees", 30, ""), true},
		{"it says it belongs elsewhere", about("b", "Re: Bees", 3, "elsewhere"), false},
		{"it names only itself", about("b", "Re: Bees", 3, "b"), true},
	} {
		f := newForum(t)
		f.add(about("a", "Bees", 0, ""))
		p := f.add(c.m)
		if joins := p.Join == 1; joins != c.joins || joins != (p.By == thread.BySubject) {
			t.Errorf("%s: %+v", c.name, p)
		}
		if p.Parent != 0 {
			t.Errorf("%s: a subject names no parent", c.name)
		}
	}
	f := newForum(t)
	f.add(about("a", "", 0, ""))
	if p := f.add(about("b", "Re:", 1, "")); p.By != thread.New {
		t.Errorf("an empty subject joins nothing: %+v", p)
	}
}

// A header full of ids costs no more than a long thread.
func TestAncestorsAreBounded(t *testing.T) {
	m := msg("me", "")
	for i := range 5000 {
		m.References = append(m.References, letter.MessageID(fmt.Sprint("r", i)))
		m.InReplyTo = append(m.InReplyTo, letter.MessageID(fmt.Sprint("i", i)))
	}
	got := m.Ancestors()
	if len(got) > 200 || got[0] != "r4999" || !slices.Contains(got, "i4999") {
		t.Errorf("%d ancestors, the nearest %s", len(got), got[0])
	}
	again := thread.Msg{ID: "me", References: slices.Clone(got)}
	slices.Reverse(again.References)
	if !slices.Equal(again.Ancestors(), got) {
		t.Error("what was cut once is cut again")
	}
}

func TestCallbackErrorsPass(t *testing.T) {
	broken := errors.New("broken")
	fail := func(letter.MessageID) (int64, error) { return 0, broken }
	one := func(letter.MessageID) (int64, error) { return 1, nil }
	zero := func(letter.MessageID) (int64, error) { return 0, nil }
	subject := func(string, time.Time, time.Time) (int64, error) { return 0, broken }
	re := thread.Msg{ID: "a", Subject: "Re: Bees"}
	for i, c := range []struct {
		m thread.Msg
		k thread.Known
	}{{msg("a", "b"), thread.Known{Thread: fail, Post: one}}, {msg("a", "b"), thread.Known{Thread: one, Post: fail}}, {re, thread.Known{Thread: zero, Post: one, Subject: subject}}} {
		if _, err := thread.Decide(c.m, c.k); !errors.Is(err, broken) {
			t.Errorf("case %d: %v", i, err)
		}
	}
	if _, err := thread.Adopt("a", 1, nil, func(int64) (int64, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Errorf("adopt: %v", err)
	}
}

// Whatever the order of arrival, the threads are the connected components, and without circles the parents are the nearest
// ancestors that are there.
func TestAnyOrderGivesTheSameThreads(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(rt, "messages")
		circles := rapid.Bool().Draw(rt, "circles")
		var batch []thread.Msg
		for i := range n {
			m := thread.Msg{ID: letter.MessageID(fmt.Sprint("m", i)), Date: monday}
			top := i // names only what was written before, as honest mail does
			if circles {
				top = n
			}
			for range rapid.IntRange(0, 3).Draw(rt, "refs") {
				k := rapid.IntRange(-3, top-1).Draw(rt, "ref") // below 0: messages nobody has
				m.References = append(m.References, letter.MessageID(fmt.Sprint("m", k)))
			}
			if rapid.Bool().Draw(rt, "in-reply-to") {
				m.InReplyTo = []letter.MessageID{letter.MessageID(fmt.Sprint("m", rapid.IntRange(-3, top-1).Draw(rt, "reply")))}
			}
			batch = append(batch, m)
		}
		batch = rapid.Permutation(batch).Draw(rt, "order")
		f := newForum(t)
		for _, m := range batch {
			f.add(m)
		}
		f.noCircles()
		threads, parents := oracle(batch)
		for i := range batch {
			for j := range i {
				if same := f.in[int64(i+1)] == f.in[int64(j+1)]; same != (threads[i] == threads[j]) {
					rt.Fatalf("%s and %s: in one thread %v", batch[i].ID, batch[j].ID, same)
				}
			}
			if want := int64(parents[i] + 1); !circles && f.parent[int64(i+1)] != want {
				rt.Fatalf("the parent of %s is post %d, want %d", batch[i].ID, f.parent[int64(i+1)], want)
			}
		}
	})
}

// truth is one row of the corpus's ground truth.
type truth struct {
	ID      string  `json:"id"`
	Parent  *string `json:"parent"`
	Refs    string  `json:"refs_thread"`
	Notmuch string  `json:"notmuch_thread"`
}

func truths(t testing.TB, file string) []truth {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows []truth
	for s := bufio.NewScanner(f); s.Scan(); {
		var r truth
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	return rows
}

func TestCorpusThreads(t *testing.T) {
	for _, name := range []string{
		"archive-spamassassin/easy_ham_1", "archive-spamassassin/hard_ham_part1", "archive-spamassassin/spam_part1",
		"archive-ponymail/maven-dev-2017-11-listsao", "archive-ponymail/maven-dev-2017-12-listsao", "archive-ponymail/httpd-users-2020-07",
	} {
		t.Run(name, func(t *testing.T) {
			rows := truths(t, corpus(t, name+".threads.jsonl"))
			_, letters := splitMbox(t, corpus(t, name+".mbox"))
			if len(rows) != len(letters) {
				t.Fatalf("%d messages, %d rows of truth", len(letters), len(rows))
			}
			f := newForum(t)
			for i, l := range letters {
				m := msgOf(l, monday)
				m.Subject = "" // the truth is about references alone
				if string(m.ID) != rows[i].ID {
					t.Errorf("message %d: id %q, truth %q", i, m.ID, rows[i].ID)
				}
				f.add(m)
			}
			f.noCircles()
			compare(t, f, rows)
		})
	}
}

// compare wants the threads exactly as the truth has them, and measures the agreement with notmuch.
func compare(t *testing.T, f *forum, rows []truth) {
	first, agree, total := map[int64]string{}, 0, 0
	ours, theirs := map[[2]string]bool{}, map[[2]string]bool{}
	for i, r := range rows {
		if r.ID == "" {
			continue // broken beyond reading
		}
		th := f.in[int64(i+1)]
		if first[th] == "" {
			first[th] = r.ID
		}
		if first[th] != r.Refs {
			t.Errorf("message %d (%s) is in the thread of %s, truth: %s", i, r.ID, first[th], r.Refs)
		}
		want := ""
		if r.Parent != nil {
			want = *r.Parent
		}
		if got := f.parentID(letter.MessageID(r.ID)); string(got) != want {
			t.Errorf("message %d (%s): parent %q, truth %q", i, r.ID, got, want)
		}
		ours[[2]string{fmt.Sprint(th), r.Notmuch}] = true
		theirs[[2]string{r.Notmuch}] = true
		total++
		if first[th] == r.Notmuch {
			agree++
		}
	}
	t.Logf("%d messages, %d threads, %d of notmuch; %d messages (%.2f %%) under the same first message", total, len(first), len(theirs), agree, 100*float64(agree)/float64(total))
	if float64(agree) < 0.97*float64(total) {
		t.Errorf("only %d of %d agree with notmuch", agree, total)
	}
}
