package backchannel

import (
	"slices"
	"strconv"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates"
)

// withoutOthers takes the addresses of other members and managers out of a member's letter, and puts their names there (G2): managers know
// how to reach them, and a letter may be handed on. names are those of whose address was taken out.
func withoutOthers(tx *db.Tx, in *lists.Incoming, text string) (said string, names []string, err error) {
	if in.Sender.ID == 0 || !strings.Contains(text, "@") {
		return text, nil, nil // a stranger must not learn by what is missing who is a member
	}
	said = addressLike.ReplaceAllStringFunc(legible(text), func(s string) string {
		bare := strings.Trim(s, ".'")
		a, wrong := letter.ParseAddress(bare)
		if wrong != nil || err != nil {
			return s
		}
		m, known, failed := lists.MemberByAddress(tx, in.Community.ID, a)
		if failed != nil {
			err = failed
			return s
		}
		if !known || m.ID == in.Sender.ID {
			return s
		}
		name := m.Name
		if name == "" {
			name = "a member"
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		return strings.Replace(s, bare, "[the address of "+name+"]", 1)
	})
	return said, names, err
}

// traceKind is by what a text could show who wrote it.
type traceKind string

// The kinds (G1, G5).
const (
	traceName     traceKind = "name"     // the name, the first name or the part of the address before the @
	traceAddress  traceKind = "address"  // an address, a number, a line of an envelope
	traceSign     traceKind = "sign"     // a line they sign other letters with
	traceEmployer traceKind = "employer" // what stands behind the @ of an address of theirs, when it is no big provider's
	traceSubject  traceKind = "subject"  // a subject they used before under their name
)

// trace is one place in a text that could show who wrote it.
type trace struct {
	kind traceKind
	line int // counted from 1; 0 is the subject
	what string
}

// traces are what could show that a text is one member's (G5). Who writes without a name is shown what is found, and decides; nobody else
// ever is.
type traces struct {
	member    lists.Member
	own       []letter.Address
	known     signature
	employers []string
	subjects  []string
}

// tracesOf gathers them.
func (b *Letterbox) tracesOf(tx *db.Tx, m lists.Member) (t traces, err error) {
	t.member = m
	if t.own, err = lists.Addresses(tx, m.ID); err != nil {
		return t, err
	}
	if t.known, err = signatureOf(tx, m.ID); err != nil {
		return t, err
	}
	for _, a := range t.own {
		if e := lists.Employer(a.Domain); e != "" && !slices.Contains(t.employers, e) {
			t.employers = append(t.employers, e)
		}
	}
	posts, err := b.Office.Store.PostsOf(tx, int64(m.Community), int64(m.ID), 50)
	if err != nil {
		return t, err
	}
	for _, p := range posts {
		t.subjects = append(t.subjects, plainSubject(p.Subject))
	}
	letters, err := subjectsOf(tx, m.ID)
	t.subjects = append(t.subjects, letters...)
	return t, err
}

// strip cuts what a member signs with from the end of a text.
func (t traces) strip(text string) string {
	for before := "\x00"; before != text; {
		before = text
		text, _ = lists.Discreet(t.known.strip(text), t.member, t.own)
		text = strings.TrimSpace(text)
	}
	return text
}

// find tells what is left in a subject and a text that could show who wrote them.
func (t traces) find(subject, text string) (all []trace) {
	if bare := plainSubject(subject); len(plainWords(bare)) > 1 && slices.ContainsFunc(t.subjects, func(s string) bool { return strings.EqualFold(s, bare) }) {
		all = append(all, trace{traceSubject, 0, bare})
	}
	for i, line := range append([]string{subject}, strings.Split(text, "\n")...) {
		all = append(all, t.inLine(i, line)...)
	}
	return all
}

func (t traces) inLine(n int, line string) (all []trace) {
	if t.known.has(line) {
		return []trace{{traceSign, n, strings.TrimSpace(line)}}
	}
	_, slips := lists.Discreet("x\n"+line+"\nx x x x x x x x x x x x x x", t.member, t.own)
	for _, s := range slips {
		all = append(all, trace{traceAddress, n, s.What})
	}
	words := plainWords(letter.Seen(line))
	has := func(w string) bool { return len(w) > 1 && slices.Contains(words, strings.ToLower(w)) }
	if has(t.member.FirstName()) && t.member.Name != "" {
		all = append(all, trace{traceName, n, t.member.FirstName()})
	}
	if parts := strings.Fields(t.member.Name); len(parts) > 1 && has(parts[len(parts)-1]) {
		all = append(all, trace{traceName, n, parts[len(parts)-1]})
	}
	for _, a := range t.own {
		if has(a.Local) && !strings.EqualFold(a.Local, t.member.FirstName()) {
			all = append(all, trace{traceName, n, a.Local})
		}
	}
	for _, e := range t.employers {
		if has(e) {
			all = append(all, trace{traceEmployer, n, e})
		}
	}
	return all
}

// guesses finds the name of a member in an answer to somebody without a name (G5). It holds for every member alike: a guard that held for
// the one true name would tell who it is.
func (b *Letterbox) guesses(tx *db.Tx, a *answer) error {
	if !a.conv.Anon {
		return nil
	}
	all, err := lists.Members(tx, a.conv.Community)
	if err != nil {
		return err
	}
	seen := letter.Seen(a.text)
	for _, m := range all {
		if line := wordsAt(seen, plainWords(letter.Seen(m.Name))); line > 0 && m.ID != a.manager.ID {
			a.guard(templates.NamesMember, line, m.Name)
		}
	}
	return nil
}

// checkFiles finds what a manager has to know before files go to the member: some stay behind, some may show the manager (B5, G1). A name
// of a file that shows the manager becomes one that does not.
func (b *Letterbox) checkFiles(tx *db.Tx, a *answer) error {
	if a.bag.sealed {
		a.guard(templates.EncryptedText, 0, "")
		a.bag = baggage{}
		return nil
	}
	if left := a.bag.told(); len(left) > 0 {
		a.guard(templates.Attached, 0, strings.Join(left, ", "))
	}
	if len(a.bag.pass) == 0 {
		return nil
	}
	t, err := b.tracesOf(tx, a.manager)
	if err != nil {
		return err
	}
	a.bag.pass = slices.Clone(a.bag.pass) // the letter remembers it as it was
	for i := range a.bag.pass {
		f := &a.bag.pass[i]
		if dot := strings.LastIndexByte(f.name, '.'); dot > 0 && len(t.inLine(0, strings.ReplaceAll(f.name[:dot], "_", " "))) > 0 {
			f.name = "file-" + strconv.Itoa(i+1) + f.name[dot:]
		}
		shows := f.author
		if f.kind == kindText {
			before := strings.TrimSpace(strings.ReplaceAll(string(f.data), "\r\n", "\n"))
			after, slips := lists.Discreet(before, a.manager, t.own)
			shows = len(slips) > 0 || strings.TrimSpace(after) != before
		}
		if shows {
			a.guard(templates.ShowsAuthor, 0, f.name)
		}
	}
	return nil
}
