package templates

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Digest is one member's weekly letter (product.md A4 to A7), as text and as HTML. Sections without content are left out. Nothing in it
// loads from anywhere: no pictures, no tracking.
//
// The addresses in it are the reader's own tokens; none of them may be a list's posting address (R3).
type Digest struct {
	Community  string
	Slot       Slot
	From       time.Time     `optional:"the first day it covers, in the reader's zone"`
	To         time.Time     // the day it is for, in the reader's zone
	Lists      int           `optional:"how many lists its reader gets in it"`
	PublicWord bool          // a reply that begins with PUBLIC and a thread's number goes to everyone
	Note       *DigestNote   `optional:"a manager's words at the top"`
	Numbers    *Numbers      `optional:"the line of numbers"`
	Topics     []string      `optional:"subjects of its best threads, for its own; else those of the first threads"`
	Unanswered []Thread      `optional:"questions nobody has answered"`
	Sections   []Section     `optional:"threads, list by list"`
	Jam        *Jam          `optional:"the topic week"`
	NewMembers []NewMember   `optional:"who came, and agreed to be named"`
	Events     []DigestEvent `optional:"dates"`
	Offers     []Offer       `optional:"one line each, from members who asked for it"`
	Removed    int           `optional:"posts the reader had in an earlier issue that are gone since"`
	Doors      Doors         // of these: Anon, Report, Ombuds, and ways to change the delivery
	Rule       string        `optional:"the community's rule on what leaves it"`
}

// DigestNote is what a manager wants everyone to read first.
type DigestNote struct {
	From string // first name
	Text Said
}

// Numbers are the week in one line.
type Numbers struct {
	Posts   int
	Threads int
	People  int
	First   int           `optional:"people who wrote for the first time"`
	HalfIn  time.Duration `optional:"half of the questions were answered within this"`
	Letters int           `optional:"private letters answered: 5 or more, or left out"`
	Bridged int           `optional:"how many of them became threads"`
}

// Section is one list's threads.
type Section struct {
	List    string   // the list's name, never its address
	Threads []Thread `optional:"those with excerpts"`
	Brief   []Brief  `optional:"threads with their subject alone"`
	More    int      `optional:"threads that are only counted, in a week too full for one mail"`
	Path    string   `optional:"the page of the list's archive, where those are: an https address"`
}

// Thread is one conversation on a list.
type Thread struct {
	Number    int       `optional:"its number in the community, the same in every issue"`
	Subject   string    // without Re:
	New       int       `optional:"posts since the last issue"`
	People    int       `optional:"how many wrote them"`
	Tags      []string  `optional:"with their #"`
	Why       []Because `optional:"why it stands here: you follow #roles"`
	Asker     string    `optional:"who asked, for Unanswered"`
	List      string    `optional:"on which list, for Unanswered, when there are several"`
	Waiting   int       `optional:"days without an answer, for Unanswered"`
	Excerpts  []Excerpt `optional:"the beginnings of posts"`
	Everyone  string    `optional:"the reader's address into this thread"`
	Privately string    `optional:"the reader's address to the managers about it"`
	Whole     string    `optional:"the address that sends the whole thread"`
	Path      string    `optional:"its page in the archive, an https address"`
	AnswerTo  string    `optional:"the Message-ID that an answer follows, without angle brackets"`

	ready *ready // when it was rendered before (Blocks)
}

// Excerpt is the beginning of one post.
type Excerpt struct {
	Who     string
	When    time.Time // in the reader's zone
	Dated   bool      // it is too long ago for a day of the week to tell when
	Text    string    `optional:"a post may be a picture alone"`
	Files   Files     // what was attached
	Context []string  `optional:"up to two quoted lines that it answers"`
	Asked   bool      // it is the question of a thread that waits: who wrote it, and how long ago, stands above it
}

// Reason is why a thread stands where it stands.
type Reason string

// The reasons.
const (
	Pinned  Reason = "pinned"   // by the managers
	Began   Reason = "began"    // the reader did
	Wrote   Reason = "wrote"    // the reader did, in it
	Follows Reason = "follows"  // the reader follows its tags
	Novice  Reason = "newcomer" // somebody's first
)

// Because is one reason, of which a reader may be told.
type Because struct {
	Reason Reason
	Tags   []string `optional:"that are followed, with their #"`
}

// Files are what was attached to a post.
type Files struct {
	Sealed bool   // all of it is encrypted
	Names  []File `optional:"the first of them"`
	More   int    `optional:"how many are not named"`
}

// None tells that nothing was attached.
func (f Files) None() bool { return !f.Sealed && len(f.Names) == 0 }

// Same tells whether two posts came with the same.
func (f Files) Same(g Files) bool {
	return f.Sealed == g.Sealed && f.More == g.More && slices.Equal(f.Names, g.Names)
}

// In names them in a language: 2 attachments: plan.pdf 180 KB, rota.xlsx 20 KB.
func (f Files) In(l Language) string { return speakerOf(cmp.Or(l, English)).attachments(f) }

// File is one of them.
type File struct {
	Name string `optional:"not every file has one"`
	KB   int    `optional:"its size in KiB, rounded up"`
}

// Brief is a thread with its subject alone.
type Brief struct {
	Number  int `optional:"its number in the community"`
	Subject string
	New     int `optional:"posts since the last issue"`
}

// Jam is a topic week.
type Jam struct {
	Tag     string // with its #
	Text    string
	Answers int    `optional:"posts so far"`
	People  int    `optional:"who wrote them"`
	Idea    string `optional:"the reader's address to the managers about it"`
}

// NewMember is who came.
type NewMember struct {
	Name  string
	Intro string `optional:"one line of their own"`
}

// DigestEvent is one date.
type DigestEvent struct {
	When string // as it was announced: 18 June 16:00 UTC
	What string
}

// Offer is one line of a member who sells something, once a month.
type Offer struct {
	Number int `optional:"of its thread, as in Thread"`
	Who    string
	What   string
}

// Render writes the mail, text and HTML.
func (t Digest) Render() (Mail, error) { return render("digest", t) }

// topics are what the issue is about, two at most; a thread of no subject is about nothing.
func (t Digest) topics(untitled string) (topics []string) {
	subjects := slices.Clone(t.Topics)
	for _, s := range t.Sections {
		for _, thread := range s.Threads {
			subjects = append(subjects, thread.Subject)
		}
		for _, b := range s.Brief {
			subjects = append(subjects, b.Subject)
		}
	}
	for _, subject := range subjects {
		if subject != untitled {
			topics = addTopic(topics, subject)
		}
	}
	return topics
}

const (
	topicWidth  = 40 // characters of one topic
	topicsWidth = 64 // and of both together: the community and the day have to be seen as well
)

// addTopic adds what a thread is about, unless two topics stand there, it says the same as the first, or too little of it would be
// left.
func addTopic(topics []string, subject string) []string {
	topic := shorten(bareSubject(subject), topicWidth)
	if len(topics) > 1 || topic == "" || slices.Contains(topics, topic) {
		return topics // compared before it is cut for the second place: cut, the first thread would not be known again
	}
	if len(topics) == 1 {
		topic = shorten(bareSubject(subject), min(topicWidth, topicsWidth-utf8.RuneCountInString(topics[0])))
	}
	if topic == "" {
		return topics
	}
	return append(topics, topic)
}

// bareSubject is a subject without what other programs and habits put around it: [tags] in front, "(was: …)" behind, quotes, and the
// marks at its end.
func bareSubject(s string) string {
	s = strings.TrimSpace(s)
	for _, pair := range []string{`''`, `""`, "“”", "«»"} {
		open, _ := utf8.DecodeRuneInString(pair)
		closing, _ := utf8.DecodeLastRuneInString(pair)
		if inner, ok := strings.CutPrefix(s, string(open)); ok && strings.HasSuffix(inner, string(closing)) {
			s = strings.TrimSuffix(inner, string(closing))
		}
	}
	for {
		rest := s
		if strings.HasPrefix(s, "[") {
			_, rest, _ = strings.Cut(s, "]")
		} else if word, behind, ok := strings.Cut(s, ":"); ok && slices.Contains(answerWords, strings.ToLower(word)) {
			rest = behind
		}
		if rest = strings.TrimSpace(rest); rest == s || rest == "" {
			break
		}
		s = rest
	}
	if i := strings.LastIndex(strings.ToLower(s), "(was"); i > 0 && i < len(s) {
		s = s[:i]
	}
	return strings.TrimRight(s, "?!.,:;- ")
}

// answerWords are the words that mail programs put in front of the subjects of answers and of letters handed on.
var answerWords = []string{"re", "aw", "sv", "antw", "fw", "fwd", "wg", "tr", "rv"}

// shorten cuts a subject between words, and if it can where a thought ends; "" when less than a few words would be left. A last word
// that only leads to the next one is left out: "License issue when using" is nothing.
func shorten(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	runes := []rune(s)
	if width < 12 {
		return ""
	}
	for i := width - 1; i >= width/2; i-- { // where a thought ends, a blank follows; before a bracket one stands
		if strings.ContainsRune(":;,.?!", runes[i]) && unicode.IsSpace(runes[i+1]) || runes[i] == '(' && unicode.IsSpace(runes[i-1]) {
			return strings.TrimRight(string(runes[:i]), " -–")
		}
	}
	cut := string(runes[:width])
	words := strings.Fields(cut)
	if len(words) > 1 && !unicode.IsSpace(runes[width-1]) && !unicode.IsSpace(runes[width]) {
		words = words[:len(words)-1] // cut in two
	}
	for len(words) > 2 && utf8.RuneCountInString(words[len(words)-1]) < 4 {
		words = words[:len(words)-1]
	}
	cut = strings.TrimRight(strings.Join(words, " "), " ,.;:-–(\"'“")
	if utf8.RuneCountInString(cut) < width/3 {
		return ""
	}
	return cut + "…"
}

// Everyone is the first thread that can be answered for everyone, by number or address, or nil.
func (t Digest) Everyone() *Thread {
	for _, threads := range append([][]Thread{t.Unanswered}, t.threads()...) {
		for i := range threads {
			if threads[i].Everyone != "" || t.PublicWord && threads[i].Number > 0 {
				return &threads[i]
			}
		}
	}
	return nil
}

// Uneasy tells whether a thread has an address to the managers: there one can say that it feels wrong, too.
func (t Digest) Uneasy() bool {
	for _, threads := range append([][]Thread{t.Unanswered}, t.threads()...) {
		for _, thread := range threads {
			if thread.Privately != "" {
				return true
			}
		}
	}
	return false
}

func (t Digest) threads() (all [][]Thread) {
	for _, s := range t.Sections {
		all = append(all, s.Threads)
	}
	return all
}

// Several tells whether its threads may be of more than one list.
func (t Digest) Several() bool { return len(t.Sections) > 1 || t.Lists > 1 }

// placed is a thread with the anchor it has in the HTML.
type placed struct {
	Thread
	ID string
}

// In gives the thread its anchor.
func (t Thread) In(prefix string, i int) any { return placed{t, fmt.Sprintf("%s%d", prefix, i)} }
