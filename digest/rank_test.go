package digest

import (
	"fmt"
	"math"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/lists"
)

// vector are the five threads of product.md A4.
func vector() []ranked {
	return []ranked{
		named("A", Signals{Posts: 5, People: 4, Open: -1, Follows: 1, Begun: true, Managers: .2, Days: 1}),
		named("B", Signals{Posts: 9, People: 2, Open: -1, Begun: true, Days: 2}),
		named("C", Signals{Posts: 2, People: 2, Open: -1, Mine: true, Days: .5}),
		named("D", Signals{Posts: 3, People: 3, Open: -1, Begun: true, Newcomer: true, Managers: .33, Days: 3}),
		named("E", Signals{Posts: 1, People: 1, Open: 4, Begun: true, Days: 4}),
	}
}

// named is a thread of its own starter, with a score by default weights.
func named(name string, s Signals) ranked {
	return ranked{freshThread: freshThread{starter: name, posts: []archive.Post{{}}}, Signals: s, Score: DefaultWeights().Score(s)}
}

func starters(all []ranked) string {
	var names []string
	for _, t := range all {
		names = append(names, t.starter)
	}
	return strings.Join(names, " ")
}

func TestVectorOfScores(t *testing.T) {
	all := vector()
	for i, want := range []float64{15.16, 10.15, 10.40, 9.91, 7.40} {
		if got := math.Round(all[i].Score*100) / 100; got != want {
			t.Errorf("%s scores %.2f, want %.2f", all[i].starter, got, want)
		}
	}
	arrange(all)
	if got := starters(all); got != "A C B D E" {
		t.Errorf("order %s", got)
	}
}

// Each weight moves the score by as much as it says, and by nothing when it is 0.
func TestEachWeightCounts(t *testing.T) {
	base := Signals{Posts: 3, People: 1, Open: -1}
	with := func(change func(*Signals)) Signals { s := base; change(&s); return s }
	for name, c := range map[string]struct {
		s    Signals
		drop func(*Weights)
		more float64
	}{
		"question":       {with(func(s *Signals) { s.Open = 2 }), func(w *Weights) { w.Question = 0 }, 4},
		"young question": {with(func(s *Signals) { s.Open = 1 }), func(w *Weights) { w.YoungQuestion = 0 }, 2},
		"one tag":        {with(func(s *Signals) { s.Follows = 1 }), func(w *Weights) { w.Follow = 0 }, 3},
		"many tags":      {with(func(s *Signals) { s.Follows = 5 }), func(w *Weights) { w.Follow = 0 }, 6},
		"mine":           {with(func(s *Signals) { s.Mine = true }), func(w *Weights) { w.Mine = 0 }, 3},
		"begun":          {with(func(s *Signals) { s.Begun = true }), func(w *Weights) { w.Begun = 0 }, 2},
		"newcomer":       {with(func(s *Signals) { s.Newcomer = true }), func(w *Weights) { w.Newcomer = 0 }, 2},
		"managers":       {with(func(s *Signals) { s.Managers = .5 }), func(w *Weights) { w.Managers = 0 }, -1},
		"pin":            {with(func(s *Signals) { s.Pinned = true }), func(w *Weights) { w.Pin = 0 }, 100},
		"posts":          {with(func(s *Signals) { s.Posts = 1 }), func(w *Weights) { w.Posts = 0; w.People = 7 }, -2},
		"ping-pong":      {with(func(s *Signals) { s.Posts = 30 }), func(w *Weights) {}, 0},
	} {
		w := DefaultWeights()
		if got := w.Score(c.s) - w.Score(base); math.Abs(got-c.more) > 1e-9 {
			t.Errorf("%s: %+.3f, want %+.3f", name, got, c.more)
		}
		if c.drop(&w); c.more != 0 && math.Abs(w.Score(c.s)-w.Score(base)) > 1e-9 {
			t.Errorf("%s counts %+.3f without its weight", name, w.Score(c.s)-w.Score(base))
		}
	}
	if fresh, old := DefaultWeights().Score(base), DefaultWeights().Score(with(func(s *Signals) { s.Days = 7 })); math.Abs(old*2-fresh) > 1e-9 {
		t.Errorf("a week old: %f of %f", old, fresh)
	}
	if early := DefaultWeights().Score(with(func(s *Signals) { s.Days = -1 })); early != DefaultWeights().Score(base) {
		t.Errorf("from the future: %f", early)
	}
}

// Ties go to more people, then to what was written in last.
func TestTies(t *testing.T) {
	all := []ranked{named("old", Signals{Posts: 1, People: 1, Open: -1}), named("new", Signals{Posts: 1, People: 1, Open: -1}), named("many", Signals{Posts: 1, People: 2, Open: -1})}
	all[1].posts = []archive.Post{{Seq: 9}}
	for i := range all {
		all[i].Score = 1
	}
	if arrange(all); starters(all) != "many new old" {
		t.Error(starters(all))
	}
}

func TestFirstFive(t *testing.T) {
	mk := func(names ...string) (all []ranked) {
		for i, n := range names {
			r := named(strings.Trim(n, "?*!"), Signals{Open: -1, Newcomer: strings.HasSuffix(n, "*"), Pinned: strings.HasSuffix(n, "!")})
			if strings.HasSuffix(n, "?") {
				r.Open = 3
			}
			r.Score = float64(100 - i)
			all = append(all, r)
		}
		return all
	}
	for _, c := range [][2]string{
		{"a b c d e f", "a b c d e f"},
		{"a b c d e f? g", "a b c d f e g"},
		{"a b c d e g f?", "a b c d f e g"},
		{"a b c d e f* g", "a b c d f e g"},
		{"a b c d e f? g*", "a b c f g d e"},
		{"a b c d e? f g*", "a b c e g d f"}, // the only question stays
		{"a* b c d e f? g", "a b c d f e g"},
		{"a a a b c d", "a a b c d a"},
		{"a a a a a a", "a a a a a a"},       // there is nobody else
		{"a a a? b c d e", "a b c d a a e"},  // two of one person are enough: for the question one of them makes room
		{"a! b! c! d! e! f?", "a b c d e f"}, // what managers pinned stays
		{"a! a! a! b c d", "a a a b c d"},
		{"a b c d e! f?", "a b c e f d"},
		{"a b?", "a b"},
		{"", ""},
	} {
		all := mk(strings.Fields(c[0])...)
		if arrange(all); starters(all) != c[1] {
			t.Errorf("%s: %s, want %s", c[0], starters(all), c[1])
		}
	}
}

// Whatever comes in, nothing is lost or doubled, the order depends on nothing but the threads, and the rules of the first five hold where
// they can.
func TestArrangeAlways(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for range 2000 {
		var all []ranked
		for i := range rng.Intn(12) {
			r := named(fmt.Sprint(rng.Intn(4)), Signals{Posts: 1 + rng.Intn(9), People: 1 + rng.Intn(4), Open: rng.Intn(6) - 3, Newcomer: rng.Intn(4) == 0, Days: float64(rng.Intn(7))})
			r.Open = max(-1, r.Open)
			r.thread.ID = archive.ThreadID(i + 1)
			all = append(all, r)
		}
		other := slices.Clone(all)
		rng.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
		before := len(all)
		arrange(all)
		arrange(other)
		if !reflect.DeepEqual(all, other) {
			t.Fatal("the order depends on the order before")
		}
		ids := map[archive.ThreadID]bool{}
		for _, r := range all {
			ids[r.thread.ID] = true
		}
		if len(ids) != before {
			t.Fatal("lost or doubled")
		}
		if n := len(all); n > first {
			perPerson, people := map[string]int{}, map[string]bool{}
			for i, r := range all {
				people[r.starter] = true
				if i < first {
					perPerson[r.starter]++
				}
			}
			for who, n := range perPerson {
				if n > perStarter && len(people) >= 3 && enough(all) {
					t.Fatalf("%d of %s in %s", n, who, starters(all))
				}
			}
		}
	}
}

// enough tells whether five threads can be found of which no three were begun by one person.
func enough(all []ranked) bool {
	n := map[string]int{}
	for _, r := range all {
		n[r.starter]++
	}
	sum := 0
	for _, k := range n {
		sum += min(k, perStarter)
	}
	return sum >= first
}

func TestTagsOf(t *testing.T) {
	for _, c := range []struct{ subject, text, want string }{
		{"First hire #roles", "x", "roles"},
		{"[Roles] [hiring] First hire", "x", "roles hiring"},
		{"Re: [roles] x", "x", ""}, // the archive keeps subjects as they came; the mark of an answer is no tag
		{"[garden] Frost", "x", ""},
		{"[garden] [frost] Tonight", "x", "frost"},
		{"x", "#roles #hiring\nWords.", "roles hiring"},
		{"x", "Words.\n\n#roles", "roles"},
		{"x", "Words with #roles inside.", ""},
		{"x", "Words.\n#roles and words", ""},
		{"Bug #51733 (#frost)", "x", "frost"},
		{"C# is no tag, a#b neither", "x", ""},
		{"#job opening", "#jobs", "jobs"},
		{"", "", ""},
	} {
		got := tagsOf(archive.Post{Subject: c.subject, Text: c.text}, "[garden]", lists.Aliases{"job": "jobs"})
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%q %q: %s, want %s", c.subject, c.text, s, c.want)
		}
	}
	for in, want := range map[string]string{"#a1 #b2\nWords.\n\n#c3": "Words.", "#a1": "", "Words #a1.": "Words #a1.", "": ""} {
		if got := withoutTags(in); got != want {
			t.Errorf("%q without tags: %q", in, got)
		}
	}
}

func TestHasQuestion(t *testing.T) {
	for s, want := range map[string]bool{
		"Who knows?": true, "Who knows? Anybody": true, "“Who knows?” he said": true, "知っていますか？はい": true, "هل تعرف؟": true, "¿Quién?": true, "Which one?)": true,
		"See http://x.example/?a=b": false, "http://x.example/y?q": false, "No.": false, "": false, "What?!": true, "?": true,
	} {
		if hasQuestion(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}

func TestOpenQuestion(t *testing.T) {
	now := time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC)
	type said struct {
		who  int64
		text string
		days float64
	}
	for _, c := range []struct {
		name    string
		subject string
		posts   []said
		want    float64 // days since it was asked; 0: none is open
	}{
		{"nobody answers", "Compost", []said{{1, "Which one?", 4}}, 4},
		{"in the subject", "Which compost?", []said{{1, "Tell me.", 4}}, 4},
		{"in the subject of a letter that is not here", "Re: Which compost?", []said{{1, "The red one.", 4}}, 0},
		{"nor as other programs write it", "Re[2]: Which compost?", []said{{1, "The red one.", 4}}, 0},
		{"nor in another language", "回复：哪一种？", []said{{1, "The red one.", 4}}, 0},
		{"too young", "x", []said{{1, "Which one?", .9}}, 0},
		{"a day", "x", []said{{1, "Which one?", 1}}, 1},
		{"answered", "x", []said{{1, "Which one?", 4}, {2, "The red one.", 3}}, 0},
		{"asked again by its author", "x", []said{{1, "Which one?", 4}, {1, "Nobody?", 2}}, 4},
		{"asked anew", "x", []said{{1, "Which one?", 4}, {2, "Why?", 3}, {1, "For roses. Any idea?", 2}}, 2},
		{"a question of somebody else", "x", []said{{1, "I like red.", 4}, {2, "Why?", 3}}, 0},
		{"far from the end", "x", []said{{1, "Why? Because. I. Say. So.", 4}}, 0},
		{"among the last three sentences", "x", []said{{1, "One. Any idea? Thanks.\n\nBill", 4}}, 4},
		{"solved", "x", []said{{1, "Which one?", 4}, {1, "SOLVED, it was the red one.", 2}}, 0},
		{"solved by another", "x", []said{{1, "Which one?", 4}, {2, "solved", 2}}, 0},
		{"only quoted", "x", []said{{1, "> Which one?\n\nThe red one.", 4}}, 0},
		{"no question", "x", []said{{1, "The red one.", 4}}, 0},
		{"tagged", "x #question", []said{{1, "I wonder which one it is.", 4}}, 4},
		{"tagged as solved", "[SOLVED] Which one?", []said{{1, "x", 4}}, 0},
		{"with an empty subject", "", []said{{1, "", 4}}, 0},
	} {
		var posts []archive.Post
		var tags []string
		for i, s := range c.posts {
			p := archive.Post{ID: archive.PostID(i + 1), Author: s.who, Subject: c.subject, Text: s.text, State: archive.Published, Published: now.Add(-time.Duration(s.days * 24 * float64(time.Hour)))}
			posts = append(posts, p)
			tags = append(tags, tagsOf(p, "", nil)...)
		}
		asked, open := question(posts, 1, tags, now)
		days := 0.0
		if open {
			days = now.Sub(asked.Published).Hours() / 24
		}
		if days != c.want {
			t.Errorf("%s: open for %.1f days, want %.1f", c.name, days, c.want)
		}
	}
	// A program neither asks nor answers.
	person := archive.Post{ID: 1, Author: 1, Subject: "Which one?", Text: "I need one.", State: archive.Published, Published: now.Add(-72 * time.Hour)}
	robot := archive.Post{ID: 2, Author: 2, Subject: "Re: Which one?", Text: "Build 12 failed. Why?", State: archive.Published, Published: now.Add(-48 * time.Hour), Program: true}
	if asked, open := question([]archive.Post{person, robot}, 1, nil, now); !open || asked.ID != 1 {
		t.Error("a program's letter closed a question")
	}
	if _, open := question([]archive.Post{robot}, 2, []string{"question"}, now); open {
		t.Error("a program's question waits for an answer")
	}
	if _, open := question(nil, 1, nil, now); open {
		t.Error("a thread whose first post is gone")
	}
}

func TestPick(t *testing.T) {
	mk := func(id int64, change ...func(*ranked)) ranked {
		r := named(fmt.Sprint(id), Signals{Open: -1})
		r.thread.ID, r.thread.Number = archive.ThreadID(id), id
		for _, c := range change {
			c(&r)
		}
		return r
	}
	open := func(r *ranked) { r.Open = 3 }
	waits := func(r *ranked) { r.waits = true; r.Open = 3 }
	offer := func(r *ranked) { r.tags = []string{"offer"} }
	job := func(r *ranked) { r.tags, r.Begun, r.People = []string{"jobs"}, true, 1 }
	known := func(r *ranked) { r.known = true }
	says := func(text string, people int) func(*ranked) {
		return func(r *ranked) { r.starter, r.People, r.posts = "a", people, []archive.Post{{Text: text}} }
	}
	by := func(who string) func(*ranked) { return func(r *ranked) { r.starter = who } }
	show := func(p picks) string {
		var parts []string
		for _, part := range [][]ranked{p.unanswered, p.threads, p.brief, p.offers} {
			var ids []string
			for _, r := range part {
				ids = append(ids, fmt.Sprint(r.thread.Number))
			}
			parts = append(parts, strings.Join(ids, ","))
		}
		return strings.Join(parts, " | ")
	}
	is := func(ids ...archive.ThreadID) map[archive.ThreadID]bool {
		m := map[archive.ThreadID]bool{}
		for _, id := range ids {
			m[id] = true
		}
		return m
	}
	for _, c := range []struct {
		name string
		all  []ranked
		d    Decided
		most int
		want string
	}{
		{"as they come", []ranked{mk(1), mk(2), mk(3)}, Decided{}, 2, " | 1,2 | 3 | "},
		{"three questions at most, the others are threads", []ranked{mk(1, open), mk(2, open), mk(3, open), mk(4, open)}, Decided{}, 9, "1,2,3 | 4 |  | "},
		{"an old question without a place", []ranked{mk(1, open), mk(2, open), mk(3, open), mk(4, waits)}, Decided{}, 9, "1,2,3 |  |  | "},
		{"what managers ask comes first", []ranked{mk(1, open), mk(2, open), mk(3, open), mk(4, waits)}, Decided{Asked: is(4)}, 9, "4,1,2 | 3 |  | "},
		{"in brief, because managers say so", []ranked{mk(1), mk(2, open), mk(3)}, Decided{Brief: is(1, 2)}, 9, " | 3 | 1,2 | "},
		{"read already", []ranked{mk(1, known), mk(2)}, Decided{}, 9, " | 2 | 1 | "},
		{"offers, one of each person", []ranked{mk(1, offer, by("a")), mk(2, offer, by("a")), mk(3, offer, by("b"))}, Decided{}, 9, " |  | 2 | 1,3"},
		{"a job is a line like an offer", []ranked{mk(1, job), mk(2)}, Decided{}, 9, " | 2 |  | 1"},
		{"not one that is talked about, asks, is one's own, or whose tag one follows", []ranked{
			mk(1, job, func(r *ranked) { r.People = 2 }), mk(2, job, func(r *ranked) { r.Begun = false }), mk(3, job, func(r *ranked) { r.Mine = true }),
			mk(4, job, func(r *ranked) { r.Follows = 1 }), mk(5, job, open),
		}, Decided{}, 9, "5 | 1,2,3,4 |  | "},
		{"an offer for a question stays an offer when managers say so", []ranked{mk(1, offer)}, Decided{Brief: is(1)}, 9, " |  | 1 | "},
		{"sent twice", []ranked{mk(1, says("x", 1)), mk(2, says("x", 1)), mk(3, says("y", 1)), mk(4, says("x", 2))}, Decided{}, 9, " | 1,3,4 | 2 | "},
		{"asked twice", []ranked{mk(1, says("x", 1)), mk(2, says("x", 1), open)}, Decided{}, 9, "2 |  | 1 | "},
		{"nothing", nil, Decided{}, 9, " |  |  | "},
	} {
		if got := show(pick(c.all, c.d, c.most)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
