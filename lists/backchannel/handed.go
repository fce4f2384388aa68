package backchannel

import (
	"regexp"
	"strings"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates/refusal"
)

// handedOn finds the post that a letter to the managers is about. An answer to it is an ordinary letter with that context; a post that was
// handed on is a report (issue 4), unless its sender is somebody whom we cannot ask.
func (b *Letterbox) handedOn(tx *db.Tx, in *lists.Incoming, about *Context, asked bool) (done bool, err error) {
	if about.Object != "" || in.Sender.ID == 0 || in.Verdict == lists.Unverified || in.Robot {
		return false, nil
	}
	p, forward, err := b.postAbout(tx, in)
	if err != nil || p.ID == 0 {
		return false, err
	}
	if forward && !asked && !slashed(in.Letter) {
		return true, b.Report(tx, in, p)
	}
	*about = Context{Object: postObject(p.ID), Thread: p.Subject}
	return false, nil
}

// postAbout finds the post that a letter answers or hands on: by the Message-IDs it names, by those of letters attached to it, or by the
// header block that a mail program puts above what it hands on. Its ID is 0 when there is none. forward tells that it was handed on.
func (b *Letterbox) postAbout(tx *db.Tx, in *lists.Incoming) (p archive.Post, forward bool, err error) {
	all, err := lists.Lists(tx, in.Community.ID)
	if err != nil {
		return p, false, err
	}
	within := attachedIDs(in.Letter)
	if p, err = b.postOfIDs(tx, all, within); err != nil || p.ID != 0 {
		return p, true, err
	}
	handed := forwarded(in.Letter.Subject(), in.Letter.Text()) || in.Letter.Get("X-Forwarded-Message-Id") != ""
	if p, err = b.postOfIDs(tx, all, notice.Related(in.Letter)); err != nil || p.ID != 0 || !handed {
		return p, handed, err
	}
	p, err = b.postOfBlock(tx, all, in.Letter)
	return p, true, err
}

func (b *Letterbox) postOfIDs(tx *db.Tx, all []lists.List, ids []letter.MessageID) (archive.Post, error) {
	for _, id := range ids {
		for _, l := range all {
			p, err := b.Office.Store.PostByMessageID(tx, l.Box, id)
			if err == nil {
				return p, nil
			}
			if refusal.KindOf(err) != refusal.NotFound {
				return p, err
			}
		}
	}
	return archive.Post{}, nil
}

// attachedIDs are the Message-IDs of the letters that a letter holds: the first few, outermost first.
func attachedIDs(l *letter.Letter) (ids []letter.MessageID) {
	for _, part := range l.Parts() {
		if !part.IsMessage() || len(ids) >= 10 {
			continue
		}
		if inner, err := letter.Parse(part.Decoded()); err == nil && inner.MessageID() != "" {
			ids = append(ids, inner.MessageID())
		}
	}
	return ids
}

var (
	blockSubject = regexp.MustCompile(`(?mi)^[>\s*]*(?:subject|betreff|objet|asunto|oggetto|onderwerp)\*?\s*:\*?\s*(\S.*)$`)
	blockID      = regexp.MustCompile(`(?mi)^[>\s*]*message-id\*?\s*:\*?\s*<?([^\s<>]+@[^\s<>]+)>?\s*$`)
)

// postOfBlock finds a post by the header block above it, "From: … Subject: …": the newest of that subject whose author is named there.
func (b *Letterbox) postOfBlock(tx *db.Tx, all []lists.List, l *letter.Letter) (archive.Post, error) {
	text := l.Text()
	if found := blockID.FindStringSubmatch(text); found != nil {
		if p, err := b.postOfIDs(tx, all, []letter.MessageID{letter.MessageID(found[1])}); err != nil || p.ID != 0 {
			return p, err
		}
	}
	found := blockSubject.FindStringSubmatchIndex(text)
	if found == nil {
		return archive.Post{}, nil
	}
	subject := strings.TrimSpace(text[found[2]:found[3]])
	from := max(0, found[0]-400)
	head := strings.ToLower(text[from:min(len(text), found[1]+400)])
	boxes := make([]archive.PublicID, len(all))
	for i, list := range all {
		boxes[i] = list.Box
	}
	words := strings.Fields(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`"*:()<>-`, r) {
			return ' '
		}
		return r
	}, plainSubject(subject)))
	if len(words) == 0 {
		return archive.Post{}, nil
	}
	for i, w := range words {
		words[i] = "subject:" + w
	}
	hits, err := b.Office.Store.Search(tx, archive.Query{Mailboxes: boxes, Words: strings.Join(words[:min(len(words), 8)], " "), Limit: 20})
	if err != nil {
		return archive.Post{}, err
	}
	for _, h := range hits {
		name := strings.ToLower(strings.TrimSpace(h.Post.From.Name))
		known := name != "" && strings.Contains(head, name) || strings.Contains(head, h.Post.From.Address.Key())
		if known && strings.EqualFold(plainSubject(h.Post.Subject), plainSubject(subject)) {
			return h.Post, nil
		}
	}
	return archive.Post{}, nil
}
