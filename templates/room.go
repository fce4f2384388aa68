package templates

import (
	"cmp"
	"fmt"
	"html"
	htmltemplate "html/template"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Room is what all pages for members have around them.
type Room struct {
	Base  string   `optional:"the path below which the pages are reached"`
	In    Language `optional:"the language it is in; English without"`
	Who   string   `optional:"the address somebody is signed in with; nobody without"`
	Nonce string   `optional:"proves that a form was shown by us; needed where there is one"`

	Held    string `optional:"the path of the posts that wait, for whoever manages a community"`
	Letters string `optional:"the path of the letters to the managers, for them alone"`
}

// pageWords are the sentences of the pages for members in a language, by their keys, from page/words.
var pageWords = perLanguage(readPageWords)

// roomPages are the pages for members in a language.
var roomPages = perLanguage(func(l Language) (*htmltemplate.Template, error) {
	words, err := pageWords[l]()
	if err != nil {
		return nil, err
	}
	return htmltemplate.New("").Funcs(htmltemplate.FuncMap(wordsIn(l))).Funcs(htmltemplate.FuncMap{
		"say": words.say, "titled": words.titled, "cause": func(english string) string { return causeOf(l, english) }, "under": under, "inside": inside,
		"linked": linked, "confided": confided, "typed": func(s Said) string { return string(s) }, "kilobytes": kilobytes,
		"anchor": func(seq int64) string { return "p" + strconv.FormatInt(seq, 10) },
	}).ParseFS(pages, "page/room/*.html")
})

// perLanguage makes something once for each language that is asked for.
func perLanguage[T any](make func(Language) (T, error)) map[Language]func() (T, error) {
	all := map[Language]func() (T, error){}
	for _, l := range Languages() {
		all[l] = sync.OnceValues(func() (T, error) { return make(l) })
	}
	return all
}

// sentences are words by their keys; %s stands for what is filled in.
type sentences map[string]string

func readPageWords(l Language) (sentences, error) {
	text, err := pages.ReadFile("page/words/" + string(l) + ".txt")
	if err != nil {
		return nil, err
	}
	all := sentences{}
	for line := range strings.Lines(string(text)) {
		key, sentence, ok := strings.Cut(strings.TrimSpace(line), " = ")
		if !ok || all[key] != "" {
			return nil, fmt.Errorf("page/words/%s.txt: %q is no new sentence", l, line)
		}
		all[key] = sentence
	}
	return all, nil
}

// say is a sentence with its gaps filled.
func (s sentences) say(key string, gaps ...any) (string, error) {
	sentence, ok := s[key]
	if !ok || strings.Count(sentence, "%s") != len(gaps) {
		return "", fmt.Errorf("no sentence %q with %d gaps", key, len(gaps))
	}
	for _, gap := range gaps {
		sentence = strings.Replace(sentence, "%s", strings.ReplaceAll(fmt.Sprint(gap), "%s", "% s"), 1)
	}
	return sentence, nil
}

// titled is a subject, or that there is none.
func (s sentences) titled(subject string) string { return cmp.Or(subject, s["no-subject"]) }

// webLink is an address that opens a page; whatever else a text may hold is text.
var webLink = regexp.MustCompile(`https?://[^\s<>"'\x60]{1,500}[^\s<>"'\x60.,;:!?)\]}]`)

// linked is what a person wrote as HTML: escaped, its web addresses links that tell nobody where one comes from.
func linked(s Said) htmltemplate.HTML {
	var out strings.Builder
	last, text := 0, string(s)
	for _, at := range webLink.FindAllStringIndex(text, -1) {
		link := html.EscapeString(text[at[0]:at[1]])
		out.WriteString(html.EscapeString(text[last:at[0]]) + `<a href="` + link + `" rel="noreferrer noopener nofollow">` + link + "</a>")
		last = at[1]
	}
	return htmltemplate.HTML(out.String() + html.EscapeString(text[last:])) //nolint:gosec // every piece was escaped just now
}

// filesUnder are files with the path below which all pages are reached.
type filesUnder struct {
	Base  string
	Files []FileLine
}

func under(base string, files []FileLine) filesUnder { return filesUnder{base, files} }

// lineInside is a conversation with the path below which all pages are reached.
type lineInside struct {
	Base string
	Line LetterLine
}

func inside(base string, l LetterLine) lineInside { return lineInside{base, l} }

func kilobytes(n int) int { return (n + 1023) / 1024 }

// renderRoom fills page/room/NAME.html and puts the frame of members around it.
func renderRoom(name string, r Room, title string, fields any) ([]byte, error) {
	if !slices.Contains(Languages(), r.In) {
		r.In = English
	}
	t, err := roomPages[r.In]()
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	frame := struct {
		Room
		Lang  Language
		Title string
	}{r, r.In, oneLine(title)}
	return fillPage(t, name, frame, fields)
}

// titleOf is a sentence as the title of a page.
func (r Room) titleOf(key string, gaps ...any) string {
	l := r.In
	if !slices.Contains(Languages(), l) {
		l = English
	}
	words, err := pageWords[l]()
	if err != nil {
		return key
	}
	title, err := words.say(key, gaps...)
	if err != nil {
		return key
	}
	return title
}

// LanguageFor is the language of ours that a browser likes best, by its Accept-Language (RFC 9110 §12.5.4).
func LanguageFor(accept string) Language {
	best, weight := English, 0.0
	for i, one := range strings.Split(accept, ",") {
		if i > 20 {
			break
		}
		tag, q, _ := strings.Cut(strings.TrimSpace(one), ";")
		w := 1.0
		if value, ok := strings.CutPrefix(strings.TrimSpace(q), "q="); ok {
			w, _ = strconv.ParseFloat(value, 64)
		}
		tag, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if slices.Contains(Languages(), Language(tag)) && w > weight {
			best, weight = Language(tag), w
		}
	}
	return best
}

// SignInPage lets a member in.
type SignInPage struct {
	Room
	To      string `optional:"the page that was wanted"`
	Address string `optional:"what was typed before"`
	Wrong   bool   // it did not fit
	Many    bool   // there were too many attempts
	Stale   bool   // the page had been open too long
}

// Render writes the page.
func (p SignInPage) Render() ([]byte, error) {
	return renderRoom("signin", p.Room, p.titleOf("sign-in"), p)
}

// LinkSentPage tells what happens next; it is the same whether or not there is such a member.
type LinkSentPage struct{ Room }

// Render writes the page.
func (p LinkSentPage) Render() ([]byte, error) {
	return renderRoom("sent", p.Room, p.titleOf("link.sent"), p)
}

// EnterPage stands behind the link in a mail: its button signs in. To open it changes nothing.
type EnterPage struct {
	Room
	Address string // whom the link is for
	Stale   bool   // the page had been open too long
}

// Render writes the page.
func (p EnterPage) Render() ([]byte, error) {
	return renderRoom("enter", p.Room, p.titleOf("enter"), p)
}

// GonePage stands behind a link that was used, or is too old, or never was.
type GonePage struct{ Room }

// Render writes the page.
func (p GonePage) Render() ([]byte, error) { return renderRoom("gone", p.Room, p.titleOf("gone"), p) }

// Shelf is one list, as a page of lists shows it.
type Shelf struct {
	Path  string // of its page
	Name  string
	Ident string    // talk@gardeners.example
	Last  time.Time `optional:"when something was last written there"`
}

// ArchivePage shows the lists that a member reads.
type ArchivePage struct {
	Room
	Shelves []Shelf `optional:"somebody may be on no list"`
}

// Render writes the page.
func (p ArchivePage) Render() ([]byte, error) {
	return renderRoom("archive", p.Room, p.titleOf("archive"), p)
}

// ThreadLine is a thread in a list of them.
type ThreadLine struct {
	Path    string
	Subject string `optional:"a post may have none"`
	By      string `optional:"who began it"`
	Posts   int
	Last    time.Time
}

// ThreadsPage shows the threads of a list, the one in which somebody wrote last first.
type ThreadsPage struct {
	Room
	List    string       // its name
	Ident   string       // talk@gardeners.example
	Path    string       // of the page
	Threads []ThreadLine `optional:"nobody may have written"`
	Newer   string       `optional:"the page before"`
	Older   string       `optional:"the page behind"`
}

// Render writes the page.
func (p ThreadsPage) Render() ([]byte, error) { return renderRoom("threads", p.Room, p.List, p) }

// FileLine is a file that travels with a post.
type FileLine struct {
	Path string
	Name string
	Size int `optional:"octets"`
}

// ReadPost is a post to be read.
type ReadPost struct {
	Seq      int64
	Path     string    // of its own page
	By       string    `optional:"who wrote it"`
	At       time.Time // when, in the reader's zone
	Subject  string    `optional:"where it differs from the thread's"`
	Text     Said      `optional:"it may be a file alone"`
	Cut      bool      // there is more of it
	Redacted bool
	Removed  bool
	Files    []FileLine `optional:"that travel with it"`
}

// ThreadPage shows a whole thread, each post with an anchor.
type ThreadPage struct {
	Room
	List     string
	ListPath string
	Subject  string `optional:"a post may have none"`
	Posts    []ReadPost
	Newer    string `optional:"the page of the posts before"`
	Older    string `optional:"the page of the posts behind"`
}

// Render writes the page.
func (p ThreadPage) Render() ([]byte, error) {
	return renderRoom("thread", p.Room, subjectOr(p.Room, p.Subject), p)
}

func subjectOr(r Room, subject string) string {
	if subject == "" {
		return r.titleOf("no-subject")
	}
	return subject
}

// PostPage shows one post with everything that it quotes. Its path stays for ever.
type PostPage struct {
	Room
	List       string
	ListPath   string
	ThreadPath string
	Subject    string `optional:"a post may have none"`
	Post       ReadPost
}

// Render writes the page.
func (p PostPage) Render() ([]byte, error) {
	title := subjectOr(p.Room, p.Subject)
	if p.Post.Removed {
		title = p.titleOf("removed.title")
	}
	return renderRoom("post", p.Room, title, p)
}

// FoundPost is one post that a search found.
type FoundPost struct {
	Path    string
	Subject string `optional:"a post may have none"`
	By      string `optional:"who wrote it"`
	List    string
	At      time.Time
	Snippet string `optional:"words around what was found"`
}

// FoundPage shows what a search found.
type FoundPage struct {
	Room
	Words string      `optional:"what was looked for"`
	Where string      `optional:"the list in which it was looked, talk@gardeners.example; all without"`
	Name  string      `optional:"that list's name"`
	Why   Sentence    `optional:"why nothing was looked for"`
	Found []FoundPost `optional:"the newest first"`
	Most  int         `optional:"how many are shown at most, when there are more"`
}

// Render writes the page.
func (p FoundPage) Render() ([]byte, error) {
	return renderRoom("found", p.Room, p.titleOf("search"), p)
}
