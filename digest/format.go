package digest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"backchannel/archive"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates"
)

// How much of posts stands in the formats that hold them whole. Beyond it they are named only, and the address that sends a whole thread
// gives them.
const (
	wholePost  = 8 << 10   // octets of one post
	wholeIssue = 256 << 10 // of all posts of an issue
	allBrief   = 500       // threads of a list that are named
)

// words are an issue in the form its reader wants: its words, and, for a digest of single letters, the posts.
func (v view) words(ed edition, t templates.Digest) (templates.Mail, [][]byte, error) {
	switch v.r.pref.Format {
	case lists.FormatMIME:
		return v.asLetters(ed, t)
	case lists.FormatRFC1153:
		m, err := v.asPlain(ed, t)
		return m, nil, err
	}
	m, err := v.asBoth(ed, t)
	if err != nil {
		return m, nil, err
	}
	if v.r.pref.Format == lists.FormatText {
		m.HTML = ""
	}
	return m, nil, err
}

// asBoth is text and HTML: the fullest form that stays within the budget.
func (v view) asBoth(ed edition, t templates.Digest) (m templates.Mail, err error) {
	for _, v.form = range forms(v.r.pref.Threads) {
		if err = v.fill(ed, &t); err != nil {
			return m, err
		}
		m, err = v.e.shared.blocks.Compose(t, v.tongue())
		if err != nil || fits(m.HTML) && fits(m.Text) {
			return m, err
		}
	}
	return m, nil
}

// tongue is the language of the reader.
func (v view) tongue() templates.Language { return v.r.tongue() }

func (r reader) tongue() templates.Language {
	return templates.Language(r.member.Tongue(r.community))
}

// contents are the threads of an issue in which the posts stand below: no excerpts, and every subject.
func (v view) contents(ed edition, t *templates.Digest) error {
	v.form = form{threads: v.r.pref.Threads, brief: allBrief}
	return v.fill(ed, t)
}

// inside is a post that stands whole in an issue.
type inside struct {
	archive.Post
	thread ranked
	text   string
	files  templates.Files
}

// whole are the posts of an issue, thread by thread as they are ranked, as many as there is room for.
func (v view) whole(ed edition) (all []inside) {
	room, stands := wholeIssue, told{}
	for _, t := range slices.Concat(ed.unanswered, ed.threads, ed.offers, ed.brief) {
		for _, p := range t.posts {
			if t.waits || ed.had[p.ID] || !stands.news(t.freshThread, p) {
				continue // an earlier issue had it, or another list
			}
			text := p.Text
			if sealed(p) {
				text = ""
			}
			if len(text) > wholePost {
				text = strings.ToValidUTF8(text[:wholePost], "") + "…\n\n(" + v.tongue().GoesOn() + ")"
			}
			if room -= len(text); room < 0 {
				return all
			}
			domain := v.r.community.Domain
			all = append(all, inside{p, t, hide(withoutSignature(text, t.tails[p.Author]), domain), withoutDoors(files(p), domain)})
		}
	}
	return all
}

// title is the subject of one post, as its author wrote it.
func (v view) title(p inside) string {
	s := letter.CleanLine(p.Subject)
	if rest, ok := cutFold(s, p.thread.prefix); ok && rest != "" {
		s = rest
	}
	if s = letter.Excerpt(hide(s, v.r.community.Domain), subjectLen); s == "" {
		return v.subject(p.thread)
	}
	return s
}

// author is who a post is from. Of addresses of our own domain, to which nobody may be led, the name stays.
func (v view) author(p archive.Post) letter.Mailbox {
	from := letter.Mailbox{Name: hide(name(p), v.r.community.Domain), Address: p.From.Address}
	if from.Address.IsZero() || strings.EqualFold(from.Address.Domain, v.r.community.Domain) {
		from.Address = v.r.community.Address("digest")
	}
	return from
}

// id is the Message-ID of a post; of one that came without, a name of our own.
func (v view) id(p archive.Post) letter.MessageID {
	if p.MessageID != "" {
		return p.MessageID
	}
	return letter.MessageID(fmt.Sprintf("post.%d@%s", p.ID, v.r.community.Domain))
}

// asLetters is a digest in which each post is a letter of its own: whoever opens and answers one writes into its thread.
func (v view) asLetters(ed edition, t templates.Digest) (m templates.Mail, posts [][]byte, err error) {
	if err = v.contents(ed, &t); err != nil {
		return m, nil, err
	}
	if m, err = t.Render(); err == nil {
		m, err = m.In(v.tongue())
	}
	if err != nil {
		return m, nil, err
	}
	m.HTML = ""
	for _, p := range v.whole(ed) {
		raw, err := v.letter(p)
		if err != nil {
			return m, nil, err
		}
		posts = append(posts, raw)
	}
	return m, posts, nil
}

// letter is one post as a letter to the reader, with nothing in its header but what it is; Reply leads into its thread.
func (v view) letter(p inside) ([]byte, error) {
	shown, err := v.thread(p.thread)
	if err != nil {
		return nil, err
	}
	reply := letter.Mailbox{Name: v.tongue().ManagersDoor()}
	to := shown.Privately
	if shown.Everyone != "" {
		to, reply.Name = shown.Everyone, v.tongue().EveryoneIn(letter.Excerpt(shown.Subject, nameLen))
	}
	if reply.Address, err = letter.ParseAddress(to); err != nil {
		return nil, err
	}
	d := letter.Draft{
		From: v.author(p.Post), To: []letter.Mailbox{v.r.member.Mailbox()}, ReplyTo: []letter.Mailbox{reply}, Subject: v.title(p),
		Date: p.Date.In(v.slot.Location()), MessageID: v.id(p.Post), Text: p.text,
	}
	if p.Parent != 0 {
		parent, err := v.e.Store.Post(v.tx, p.Parent)
		if err != nil {
			return nil, err
		}
		if parent.State == archive.Published {
			d.InReplyTo = []letter.MessageID{v.id(parent)}
			d.References = d.InReplyTo
		}
	}
	if tags := strings.Join(p.thread.tags, ", "); tags != "" {
		d.Extra = append(d.Extra, letter.Field{Name: "Keywords", Value: tags})
	}
	if named := p.files.In(v.tongue()); named != "" {
		d.Text = strings.TrimSpace(d.Text + "\n\n[" + named + "]")
	}
	if d.Text == "" {
		d.Text = "\n"
	}
	return d.Bytes()
}

// asPlain is a digest as one plain text (RFC 1153).
func (v view) asPlain(ed edition, t templates.Digest) (templates.Mail, error) {
	if err := v.contents(ed, &t); err != nil {
		return templates.Mail{}, err
	}
	plain := templates.PlainDigest{Digest: t, Language: v.tongue(), Issue: v.slot.YearDay()}
	for _, p := range v.whole(ed) {
		var tags []string
		for _, tag := range p.thread.tags {
			tags = append(tags, "#"+tag)
		}
		from := v.author(p.Post)
		plain.Posts = append(plain.Posts, templates.PlainPost{
			Date: p.Date.In(v.slot.Location()).Truncate(time.Second), From: fmt.Sprintf("%s <%s>", from.Name, from.Address), To: p.thread.list.Title(), Subject: v.title(p),
			MessageID: string(v.id(p.Post)), Tags: tags, Text: templates.Said(p.text), Files: p.files,
		})
	}
	return plain.Compose()
}
