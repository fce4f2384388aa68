package templates

import (
	"cmp"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// Whoever reads the one part misses nothing of the other.
func TestTextAndHTMLSayTheSame(t *testing.T) {
	english := speakerOf(English)
	for _, s := range digestSamples() {
		mail, err := s.mail.Render()
		if err != nil {
			t.Fatal(err)
		}
		page := strings.Join(strings.Fields(pageText(t, mail.HTML)), " ")
		plain := strings.Join(strings.Fields(mail.Text), " ")
		d := s.mail.(Digest)
		words := []string{d.Slot.String(), "No pictures and no tracking"}
		for _, threads := range append([][]Thread{d.Unanswered}, d.threads()...) {
			for _, thread := range threads {
				words = append(words, thread.Subject, english.line(thread))
				for _, e := range thread.Excerpts {
					words = append(words, e.Who, e.Text, english.attachments(e.Files))
				}
			}
		}
		for _, section := range d.Sections {
			for _, b := range section.Brief {
				words = append(words, english.briefly(b))
			}
		}
		for _, n := range d.NewMembers {
			words = append(words, n.Name, n.Intro)
		}
		for _, e := range d.Events {
			words = append(words, e.When, e.What)
		}
		for _, o := range d.Offers {
			words = append(words, o.Who, o.What)
		}
		if d.Numbers != nil {
			words = append(words, english.numbers(*d.Numbers), english.privateLetters(*d.Numbers))
		}
		for _, w := range words {
			if !strings.Contains(page, w) {
				t.Errorf("%s: the HTML lacks %q", s.name, w)
			}
			if !strings.Contains(plain, w) {
				t.Errorf("%s: the text lacks %q", s.name, w)
			}
		}
	}
}

func pageText(t *testing.T, page string) string {
	t.Helper()
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				t.Fatal(z.Err())
			}
			return b.String()
		case html.TextToken:
			b.WriteString(z.Token().Data)
		case html.StartTagToken, html.EndTagToken:
			if name, _ := z.TagName(); !slices.Contains([]string{"strong", "em", "a"}, string(name)) {
				b.WriteByte(' ')
			}
		}
	}
}

// The HTML is read by old mail programs and by screen readers: every tag is closed in order, headings go down one step at a time,
// nothing loads, nothing runs, and no colour is set that an inverted screen would hide.
func TestTheHTMLIsSound(t *testing.T) {
	allowed := strings.Fields("html head meta title style body div span p strong em h1 h2 h3 ol ul li a br hr")
	for _, s := range digestSamples() {
		mail, err := s.mail.Render()
		if err != nil {
			t.Fatal(err)
		}
		var open []string
		level, ids, anchors := 0, []string{}, []string{}
		z := html.NewTokenizer(strings.NewReader(mail.HTML))
		for z.Next() != html.ErrorToken {
			token := z.Token()
			if token.Type != html.StartTagToken && token.Type != html.EndTagToken {
				continue
			}
			if !slices.Contains(allowed, token.Data) {
				t.Errorf("%s: <%s> is not in the plan", s.name, token.Data)
			}
			if slices.Contains([]string{"meta", "br", "hr"}, token.Data) {
				continue
			}
			if token.Type == html.EndTagToken {
				if len(open) == 0 || open[len(open)-1] != token.Data {
					t.Fatalf("%s: </%s> closes %v", s.name, token.Data, open)
				}
				open = open[:len(open)-1]
				continue
			}
			open = append(open, token.Data)
			if token.Data[0] == 'h' && len(token.Data) == 2 {
				if n := int(token.Data[1] - '0'); n > level+1 {
					t.Errorf("%s: h%d follows h%d", s.name, n, level)
				} else {
					level = n
				}
			}
			for _, a := range token.Attr {
				switch {
				case a.Key == "id":
					ids = append(ids, a.Val)
				case a.Key == "href" && a.Val[0] == '#':
					anchors = append(anchors, a.Val[1:])
				case a.Key == "href":
					if u, err := url.Parse(a.Val); err != nil || u.Scheme != "mailto" && !strings.HasPrefix(a.Val, "https://cmtybc.example/archive/") {
						t.Errorf("%s: a link to %s", s.name, a.Val)
					}
				case a.Key == "src" || strings.HasPrefix(a.Key, "on") || strings.Contains(a.Val, "color:"):
					t.Errorf("%s: %s=%q", s.name, a.Key, a.Val)
				}
			}
		}
		if len(open) != 0 {
			t.Errorf("%s: never closed: %v", s.name, open)
		}
		for _, a := range anchors {
			if !slices.Contains(ids, a) {
				t.Errorf("%s: #%s leads nowhere", s.name, a)
			}
		}
		if slices.Sort(ids); len(slices.Compact(slices.Clone(ids))) != len(ids) {
			t.Errorf("%s: an id twice: %v", s.name, ids)
		}
		for _, word := range []string{`lang="en"`, `color-scheme" content="light dark`, "<title>"} {
			if !strings.Contains(mail.HTML, word) {
				t.Errorf("%s: %s is missing", s.name, word)
			}
		}
	}
}

// Whoever speaks to their computer says what they see: the name of a link that a screen reader hears begins with, or holds, its words (WCAG 2.5.3),
// and no two links of one thread have the same.
func TestLinksAreCalledWhatTheySay(t *testing.T) {
	link := regexp.MustCompile(`<a href="(?:mailto|https):[^"]*"(?: aria-label="([^"]*)")?>(.*?)</a>`)
	tags := regexp.MustCompile(`<[^>]*>`)
	for _, l := range Languages() {
		for _, s := range digestSamples() {
			mail, err := s.mail.Render()
			if err == nil {
				mail, err = mail.In(l)
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, thread := range strings.Split(mail.HTML, "<h3")[1:] {
				thread, _, _ = strings.Cut(thread, "<h2")
				names := map[string]bool{}
				for _, m := range link.FindAllStringSubmatch(thread, -1) {
					seen := tags.ReplaceAllString(m[2], "")
					name := cmp.Or(m[1], seen)
					if !strings.Contains(strings.ToLower(name), strings.ToLower(seen)) || names[name] {
						t.Errorf("%s, %s: %q is heard as %q", l, s.name, seen, name)
					}
					names[name] = true
				}
			}
		}
	}
}

// A mail program without In-Reply-To takes address and subject from the link, all others the thread too.
func TestAnswerEveryoneOpensTheRightMail(t *testing.T) {
	thread := Thread{Subject: "Tea & cake? 100 % \"yes\"", Everyone: "everyone+abc@cmtybc.example", AnswerTo: "a+b&c@client.example"}
	mail, err := Digest{Community: bc, Slot: fridays, To: friday, Sections: []Section{{List: "l", Threads: []Thread{thread}}}}.Render()
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`href="(mailto:everyone[^"]*)"`).FindStringSubmatch(mail.HTML)
	if found == nil {
		t.Fatal("no link:\n" + mail.HTML)
	}
	u, err := url.Parse(html.UnescapeString(found[1]))
	if err != nil || u.Opaque != thread.Everyone {
		t.Fatalf("%v, %v", u, err)
	}
	if q := u.Query(); q.Get("subject") != "Re: "+thread.Subject || q.Get("In-Reply-To") != "<"+thread.AnswerTo+">" {
		t.Errorf("%v", q)
	}
}

func TestHeadline(t *testing.T) {
	thread := func(s string) Thread { return Thread{Subject: s} }
	for _, c := range []struct {
		d    Digest
		want string
	}{
		{Digest{}, "Quiet days - bc, 12 June"},
		{Digest{Unanswered: []Thread{thread("x"), thread("y")}}, "2 unanswered - bc, 12 June"},
		{Digest{Topics: []string{"(no subject)", "Frost"}, Sections: []Section{{Threads: []Thread{thread("(no subject)"), thread("Frost")}, Brief: []Brief{{Subject: "(no subject)"}}}}}, "Frost - bc, 12 June"},
		{Digest{Sections: []Section{{Threads: []Thread{thread("ärger?")}}, {Threads: []Thread{thread("Two"), thread("Three")}}}}, "Ärger, Two - bc, 12 June"},
		{Digest{Sections: []Section{{Threads: []Thread{thread("A subject that is much too long for a subject")}}}}, "A subject that is much too long… - bc, 12 June"},
		// The same thread, as a topic and in its section, and cut for the second place.
		{Digest{Topics: []string{"First hire: formal role or volunteer?"}, Sections: []Section{{Threads: []Thread{thread("First hire: formal role or volunteer?")}}}},
			"First hire: formal role or volunteer - bc, 12 June"},
	} {
		c.d.Community, c.d.To = "bc", friday
		if got := speakerOf(English).headline(c.d); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestDaysAndPreheader(t *testing.T) {
	for _, c := range []struct {
		from time.Time
		want string
	}{
		{time.Time{}, "12 June"},
		{friday, "12 June"},
		{friday.AddDate(0, 0, -7), "5-12 June"},
		{friday.AddDate(0, 0, -14), "29 May - 12 June"},
		{friday.AddDate(-1, 0, 0), "12 June 2025 - 12 June 2026"},
		{friday.AddDate(0, -8, 0), "12 October - 12 June"},
	} {
		if got := speakerOf(English).daysOf(Digest{From: c.from, To: friday}); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	excerpt := []Section{{Threads: []Thread{{Excerpts: []Excerpt{{Who: "A"}, {Who: "Bill", Text: "Mine is wet."}}}}}}
	for want, d := range map[string]Digest{
		"Mira: read this":                  {Note: &DigestNote{"Mira", "read\nthis"}, Sections: excerpt},
		"Bill: Mine is wet.":               {Sections: excerpt},
		"Reply reaches only the managers.": {},
	} {
		if got := speakerOf(English).preheaderOf(d); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// On a phone the days in the heading stay on one line, in every language: "5-" at the end of one and "12 June" on the next is a puzzle.
func TestDaysDoNotBreak(t *testing.T) {
	for _, l := range Languages() {
		d := Digest{Community: bc, Slot: fridays, From: friday.AddDate(0, 0, -7), To: friday, Sections: []Section{{List: "l", Threads: []Thread{{Subject: "x"}}}}}
		mail, err := d.Render()
		if err == nil {
			mail, err = mail.In(l)
		}
		if days := `<span style="white-space:nowrap">` + speakerOf(l).daysOf(d) + "</span></h1>"; err != nil || !strings.Contains(mail.HTML, days) {
			t.Errorf("%s: %v: no %s in\n%s", l, err, days, mail.HTML)
		}
	}
}

// Fewer than five letters could point at who wrote them.
func TestFewLettersAreNotCounted(t *testing.T) {
	if got := speakerOf(English).privateLetters(Numbers{Letters: 4, Bridged: 1}); got != "" {
		t.Error(got)
	}
	if got := speakerOf(English).privateLetters(Numbers{Letters: 5}); got != "The managers answered 5 private letters." {
		t.Error(got)
	}
}

// BenchmarkDigest renders what a busy week's issue holds.
func BenchmarkDigest(b *testing.B) {
	thread := Thread{Number: 1, Subject: "First CM hire: formal role or volunteer?", New: 5, People: 4, Everyone: "everyone+4t9k2mzq8v7xw0hj3c6rb1dnpf@cmtybc.example",
		Excerpts: slices.Repeat([]Excerpt{{Who: "Bill Tan", When: friday, Text: strings.Repeat("We named one. ", 20)}}, 3)}
	d := Digest{Community: bc, Slot: fridays, To: friday, Sections: []Section{{List: "Garden talk", Threads: slices.Repeat([]Thread{thread}, 20)}}}
	for b.Loop() {
		if _, err := d.Render(); err != nil {
			b.Fatal(err)
		}
	}
}

// In a small community letters without a name are not offered: what stands behind that door begins its line all the same.
func TestOneDoorAlone(t *testing.T) {
	for _, l := range Languages() {
		mail, err := renderIn(l, "digest", Digest{Community: bc, Slot: fridays, To: friday, Doors: Doors{Report: "report@gardeners.example"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(mail.Text, "\n") {
			if strings.Contains(line, "report@") && strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "  ") {
				t.Errorf("%s: %q", l, line)
			}
		}
	}
}
