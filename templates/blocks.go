package templates

import (
	"bytes"
	"crypto/rand"
	htmltemplate "html/template"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Blocks are threads of digests as they were rendered before: a thread is the same for all who see it in the same words, but for the
// addresses, which are each reader's own, and for its place in the issue. The zero value is ready to use, by many at once.
//
// Nobody's address is in it. A thread is rendered with signs in their place that nobody can guess, and so nobody can write in a post;
// what it looks like to one reader is put together from the pieces between the signs.
type Blocks struct {
	mu    sync.Mutex
	signs []string // in the place of Everyone, Privately, Whole and the anchor
	all   map[blockKey][]*block
	many  int
}

// mostBlocks is how many are kept: those of a lively week, in the words of a few thousand tastes.
const mostBlocks = 1024

// blockKey finds the blocks among which one has to be looked for.
type blockKey struct {
	language Language
	number   int
	subject  string
}

// block is one thread, in one language, in the same words for many.
type block struct {
	of         Thread // as it came, with signs for addresses
	tidy       Thread // with its strings as they stand in a mail
	text, page []piece
}

// piece is a part of a block: words, or one of the signs.
type piece struct {
	words string
	sign  int // of Blocks.signs; -1 for words
}

// The signs.
const (
	signEveryone = iota
	signPrivately
	signWhole
	signAnchor
	signs
)

// ready is what a thread looks like to one reader.
type ready struct {
	text   string
	page   []piece
	values [signs]string // in HTML; the anchor comes later
}

// Compose is Digest.Render, in a language if there is a text in it, with what was rendered before; the bytes are the same.
func (b *Blocks) Compose(t Digest, l Language) (Mail, error) {
	if l == "" || !has(l, "digest.txt") {
		l = English
	}
	return renderBlocks(l, "digest", t, b)
}

// fill gives the threads of a digest their blocks. A thread that cannot have one is rendered with the rest of the mail.
func (b *Blocks) fill(p parsed, l Language, t Digest) (Digest, error) {
	var err error
	if t.Unanswered, err = b.fillThreads(p, l, t.Unanswered); err != nil {
		return t, err
	}
	t.Sections = slices.Clone(t.Sections)
	for i := range t.Sections {
		if t.Sections[i].Threads, err = b.fillThreads(p, l, t.Sections[i].Threads); err != nil {
			return t, err
		}
	}
	return t, nil
}

func (b *Blocks) fillThreads(p parsed, l Language, threads []Thread) ([]Thread, error) {
	threads = slices.Clone(threads)
	for i, t := range threads {
		if !plainAddress(t.Everyone) || !plainAddress(t.Privately) || !plainAddress(t.Whole) {
			continue
		}
		found, err := b.find(p, l, t)
		if err != nil {
			return nil, err
		}
		if found != nil {
			threads[i] = found.own(t)
		}
	}
	return threads, nil
}

// find looks for the block of a thread, and makes it when there is none; nil when it lacks something that it needs.
func (b *Blocks) find(p parsed, l Language, t Thread) (*block, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.signs == nil {
		for range signs {
			b.signs = append(b.signs, "x"+rand.Text())
		}
	}
	for i, field := range []*string{&t.Everyone, &t.Privately, &t.Whole} {
		if *field != "" {
			*field = b.signs[i]
		}
	}
	key := blockKey{l, t.Number, t.Subject}
	for _, known := range b.all[key] {
		if reflect.DeepEqual(known.of, t) {
			return known, nil
		}
	}
	made, err := b.make(p, t)
	if err != nil || made == nil {
		return nil, err
	}
	if b.all == nil || b.many >= mostBlocks {
		b.all, b.many = map[blockKey][]*block{}, 0
	}
	b.all[key] = append(b.all[key], made)
	b.many++
	return made, nil
}

// make renders a thread that has signs for addresses.
func (b *Blocks) make(p parsed, t Thread) (*block, error) {
	made := &block{of: t}
	if copyTidy(reflect.ValueOf(&made.tidy).Elem(), reflect.ValueOf(t), "") != nil {
		return nil, nil // the whole mail says what is missing, and where
	}
	var out bytes.Buffer
	if err := p.text.ExecuteTemplate(&out, "thread"+itself, made.tidy); err != nil {
		return nil, err
	}
	made.text = b.split(out.String())
	out.Reset()
	if err := p.html.ExecuteTemplate(&out, "html-thread"+itself, placed{made.tidy, b.signs[signAnchor]}); err != nil {
		return nil, err
	}
	made.page = b.split(out.String())
	return made, nil
}

// split cuts a rendered thread at its signs.
func (b *Blocks) split(s string) (all []piece) {
	for s != "" {
		at, sign := len(s), -1
		for i, word := range b.signs {
			if n := strings.Index(s, word); n >= 0 && n < at {
				at, sign = n, i
			}
		}
		if at > 0 {
			all = append(all, piece{s[:at], -1})
		}
		if sign < 0 {
			return all
		}
		all = append(all, piece{sign: sign})
		s = s[at+len(b.signs[sign]):]
	}
	return all
}

// own is the block as the reader sees it whose addresses a thread bears.
func (k *block) own(t Thread) Thread {
	mine := k.tidy
	mine.Everyone, mine.Privately, mine.Whole = t.Everyone, t.Privately, t.Whole
	values := [signs]string{t.Everyone, t.Privately, t.Whole}
	mine.ready = &ready{text: join(k.text, values), page: k.page}
	for i, v := range values {
		mine.ready.values[i] = strings.ReplaceAll(v, "+", "&#43;") // as html/template writes it
	}
	return mine
}

func join(all []piece, values [signs]string) string {
	var b strings.Builder
	for _, p := range all {
		if p.sign < 0 {
			b.WriteString(p.words)
		} else {
			b.WriteString(values[p.sign])
		}
	}
	return b.String()
}

// plainAddress tells whether an address stands in texts and links as it is, the plus sign excepted.
func plainAddress(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '+' && c != '-' && c != '.' && c != '_' && c != '@' {
			return false
		}
	}
	return true
}

// Ready is the thread as text, if it was rendered before.
func (t Thread) Ready() string {
	if t.ready == nil {
		return ""
	}
	return t.ready.text
}

// ReadyHTML is the thread as HTML, if it was rendered before.
func (t placed) ReadyHTML() htmltemplate.HTML {
	if t.ready == nil {
		return ""
	}
	values := t.ready.values
	values[signAnchor] = t.ID
	return htmltemplate.HTML(join(t.ready.page, values))
}

// itself stands behind the name of a text that is asked for by its own name only when it was not rendered before.
const itself = "-itself"

// prepare lets the texts of a thread use what is ready.
func (p parsed) prepare() error {
	if t := p.text.Lookup("thread"); t != nil {
		if _, err := p.text.AddParseTree("thread"+itself, t.Tree); err != nil {
			return err
		}
		if _, err := p.text.New("thread").Parse(useReady("Ready", "thread")); err != nil {
			return err
		}
	}
	if t := p.html.Lookup("html-thread"); t != nil {
		if _, err := p.html.AddParseTree("html-thread"+itself, t.Tree); err != nil {
			return err
		}
		if _, err := p.html.New("html-thread").Parse(useReady("ReadyHTML", "html-thread")); err != nil {
			return err
		}
	}
	return nil
}

func useReady(method, name string) string {
	return "{{with ." + method + "}}{{.}}{{else}}{{template \"" + name + itself + "\" .}}{{end}}"
}
