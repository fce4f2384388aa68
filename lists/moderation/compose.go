package moderation

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates/refusal"
)

// newThread stands for the thread of a letter that begins one, though it came through the address of another.
const newThread archive.ThreadID = -1

// publicWord is the line by which an answer to a digest becomes a post: PUBLIC 418.
var publicWord = regexp.MustCompile(`(?i)^\s*PUBLIC[ \t]+#?(\d{1,9})[ \t]*[.!:]?[ \t]*(?:\r?\n|$)`)

// intoThread is a letter as a post of a thread: to its list alone, below the post it answers, without what it quotes of a digest and
// without addresses that are one person's (design.md section 6). A letter that shows nothing of the kind keeps its body, byte for byte.
// from is its author where that is not its own From. unsure tells that the cut may be wrong.
func (d *Desk) intoThread(tx *db.Tx, l lists.List, into place, from letter.Mailbox, came *letter.Letter) (post *letter.Letter, unsure bool, err error) {
	c, err := lists.CommunityByID(tx, l.Community)
	if err != nil {
		return nil, false, err
	}
	t, above, err := d.above(tx, into, came)
	if err != nil {
		return nil, false, err
	}
	digest, err := d.Office.Store.IsDigestID(tx, notice.Related(came)...)
	if err != nil {
		return nil, false, err
	}
	private, err := d.answersPrivate(tx, came)
	if err != nil {
		return nil, false, err
	}
	said := came.NewText()
	text, ordered := withoutPublicWord(said.Text, t.Number)
	subject := came.Subject()
	if t.ID != 0 && (subject == "" || ordered || digest || private || digestSubject(subject, c.Name)) {
		subject = "Re: " + t.Subject
	}
	if from.Address.IsZero() && !digest && !ordered && !lists.ShowsDoors(c, came) {
		post, err = readdressed(came, l, subject, above)
		return post, false, err
	}
	if strings.TrimSpace(text) == "" && len(came.Attachments()) == 0 {
		return nil, false, refusal.Because(refusal.NotAllowed, "There is nothing in this letter but what it quotes, so there is nothing to post. Please write your words above it.")
	}
	if from.Address.IsZero() {
		if from, err = came.Author(); err != nil {
			return nil, false, err
		}
	}
	shown, err := lists.TextShowsPrivate(tx, text)
	if err != nil {
		return nil, false, err
	}
	if shown == "" { // else its author is asked first, and it goes with their word
		text = lists.WithoutDoors(text)
	}
	post, err = rewritten(tx, came, letter.Draft{From: from, To: []letter.Mailbox{{Name: l.Title(), Address: l.Address()}}, Subject: subject, InReplyTo: last(above), References: above, Text: text}, l.Domain)
	return post, said.Unsure, err
}

// above are the ids that a post of a thread refers to, oldest first: those above the post that it answers, and that one. Without a word
// which one that is, it is the newest.
func (d *Desk) above(tx *db.Tx, into place, came *letter.Letter) (t archive.Thread, ids []letter.MessageID, err error) {
	if into.thread == newThread {
		return t, nil, nil
	}
	if t, err = d.Office.Store.Thread(tx, into.thread); err != nil {
		return t, nil, err
	}
	posts, err := d.Office.Store.Posts(tx, t.ID)
	if err != nil || len(posts) == 0 {
		return t, nil, err
	}
	at := slices.IndexFunc(posts, func(p archive.Post) bool { return p.ID == into.post })
	for _, id := range slices.Concat(came.InReplyTo(), came.References()) {
		if at < 0 {
			at = slices.IndexFunc(posts, func(p archive.Post) bool { return p.MessageID == id })
		}
	}
	if at < 0 {
		at = len(posts) - 1
	}
	for range posts { // no longer than the thread, whatever its rows say
		ids = append(ids, posts[at].MessageID)
		up := slices.IndexFunc(posts, func(p archive.Post) bool { return p.ID == posts[at].Parent })
		if posts[at].Parent == 0 || up < 0 {
			break
		}
		at = up
	}
	if root := slices.IndexFunc(posts, func(p archive.Post) bool { return p.ID == t.Root }); root >= 0 && !slices.Contains(ids, posts[root].MessageID) {
		ids = append(ids, posts[root].MessageID)
	}
	slices.Reverse(ids)
	return t, slices.DeleteFunc(ids, func(id letter.MessageID) bool { return id == "" }), nil
}

func last(ids []letter.MessageID) []letter.MessageID { return ids[max(0, len(ids)-1):] }

// readdressed is a letter with its body as it came, addressed to a list.
func readdressed(came *letter.Letter, l lists.List, subject string, above []letter.MessageID) (*letter.Letter, error) {
	h := came.Header()
	h.DelNamed(func(name string) bool {
		switch name {
		case "cc", "bcc", "in-reply-to", "references", "thread-index", "thread-topic", "x-forwarded-message-id":
			return true
		}
		return false
	})
	if err := h.Set("To", letter.Mailbox{Name: l.Title(), Address: l.Address()}.String()); err != nil {
		return nil, err
	}
	if subject != came.Subject() {
		if err := h.Set("Subject", subject); err != nil {
			return nil, err
		}
	}
	if len(above) > 0 {
		if err := h.Set("In-Reply-To", letter.FormatMessageIDs(last(above))); err != nil {
			return nil, err
		}
		if err := h.Set("References", letter.FormatMessageIDs(above)); err != nil {
			return nil, err
		}
	}
	return letter.Parse(came.With(h))
}

// withoutPrivate is a letter as it may become public by its author's word: what it quotes of private mail stays behind, whether the author saw
// it there or not (W2, G4), and so does the subject of a private letter that it answers, as it came. One that shows none stays as it is.
func (d *Desk) withoutPrivate(tx *db.Tx, l lists.List, came, post *letter.Letter) (*letter.Letter, error) {
	shown, err := lists.ReadQuoted(post).Shown(tx)
	if err != nil {
		return nil, err
	}
	private, err := d.answersPrivate(tx, came)
	if err != nil {
		return nil, err
	}
	text, subject := post.NewText().Text, post.Subject()
	if shown != "" || private {
		text = lists.WithoutMarks(lists.WithoutDoors(text))
	}
	if private && subject == came.Subject() {
		subject = letter.Excerpt(text, ownSubject)
	}
	switch {
	case shown == "" && subject == post.Subject():
		return post, nil
	case shown == "":
		return resubjected(post, subject)
	case strings.TrimSpace(text) == "":
		return nil, refusal.Because(refusal.NotAllowed, "There is nothing in this letter but what it quotes of private mail, and that cannot be posted. Please write anew what everyone should read.")
	}
	from, err := post.Author()
	if err != nil {
		return nil, err
	}
	return rewritten(tx, post, letter.Draft{
		From: from, To: []letter.Mailbox{{Address: l.Address()}}, ReplyTo: post.ReplyTo(), Subject: subject,
		InReplyTo: post.InReplyTo(), References: post.References(), Text: text,
	}, l.Domain)
}

// ownSubject is how long the subject becomes at most that a post gets from its own first words, in characters.
const ownSubject = 60

// resubjected is a letter with its body as it came, and another subject.
func resubjected(post *letter.Letter, subject string) (*letter.Letter, error) {
	h := post.Header()
	h.DelNamed(func(name string) bool { return name == "thread-topic" || name == "thread-index" })
	if err := h.Set("Subject", subject); err != nil {
		return nil, err
	}
	return letter.Parse(post.With(h))
}

// rewritten is a letter written anew from a draft, with the id, date and files of the one that came.
func rewritten(tx *db.Tx, came *letter.Letter, draft letter.Draft, domain string) (*letter.Letter, error) {
	date, ok := came.Date()
	if !ok {
		date = tx.Now
	}
	draft.Date, draft.MessageID = date, came.MessageID()
	if draft.MessageID == "" {
		draft.MessageID = letter.NewMessageID("post", domain)
	}
	for _, p := range came.Parts() {
		if name := p.Filename(); name != "" && p.Children == 0 && !strings.HasPrefix(p.Type, "text/") && !strings.HasPrefix(p.Type, "message/") && !strings.HasSuffix(strings.ToLower(name), ".eml") {
			draft.Attach(name, p.Type, p.Decoded())
		}
	}
	raw, err := draft.Bytes()
	if err != nil {
		return nil, err
	}
	return letter.Parse(raw)
}

// withoutPublicWord takes the first line off a text when it is PUBLIC with this number: by it the text came here.
func withoutPublicWord(text string, number int64) (rest string, ordered bool) {
	m := publicWord.FindStringSubmatchIndex(text)
	if m == nil || text[m[2]:m[3]] != strconv.FormatInt(number, 10) {
		return text, false
	}
	return strings.TrimSpace(text[m[1]:]), true
}
