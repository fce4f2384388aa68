package relay

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/smtpd/mailauth"
	"backchannel/templates/refusal"
)

// copyLife is how long a signature that From rests on has to be good: as long as a copy may be on its way (M11).
const copyLife = 5 * 24 * time.Hour

// onCopies are the fields that a single copy may get on top of what is published. An author's signature may cover a field of such a name
// that is not there, so that nobody adds one; then it would fit the post and none of its copies.
var onCopies = []string{
	"DKIM-Signature", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Archive", "Archived-At", "Feedback-ID", "CFBL-Address", "CFBL-Feedback-ID",
	"ARC-Authentication-Results", "ARC-Message-Signature", "ARC-Seal",
}

// edit makes the post of a letter, and tells whom it shows as its author. From stays only where the author's own signature is seen to
// hold on exactly what members will get (M2): whatever our edits do to a letter, the proof is made on their result.
func (p *Press) edit(tx *db.Tx, pub Publication, known *Known, ours func(letter.MessageID) bool) ([]byte, letter.Mailbox, error) {
	names := taken(pub, known.Managers)
	as := looks{shown: author(pub, names)}
	as.reply = answerTo(pub, as.shown, names)
	if pub.As != "" {
		as = looks{shown: letter.Mailbox{Name: pub.As, Address: pub.List.Address()}, list: true}
		if pub.List.Rules.ReplyTo != lists.ToAuthor {
			as.reply = answerTo(pub, as.shown, names)
		}
		raw, err := dress(pub, as, ours, tx.Now)
		if err == nil {
			raw, err = fit(raw)
		}
		return raw, as.shown, err
	}
	if p.Sealer != "" {
		chain, err := p.chain(tx, pub)
		if err != nil {
			return nil, as.shown, err
		}
		as.chain = chain
	}
	if writer, ok := speaksForItself(pub, as); ok {
		found, err := p.finding(tx, pub.Story, known)
		if err != nil {
			return nil, as.shown, err
		}
		if raw := keepFrom(pub, as.reply, as.chain, writer.Address, found, ours, tx.Now); raw != nil {
			return raw, writer, nil
		}
	}
	raw, err := dress(pub, as, ours, tx.Now)
	if err == nil {
		raw, err = fit(raw)
	}
	return raw, as.shown, err
}

// fit makes a post whose every line may travel (E6): what our own signature covers must not change on the way any more. The body stays
// byte for byte unless it has a line over 998 octets.
func fit(raw []byte) ([]byte, error) {
	head, body := notice.Split(raw)
	if letter.Fits(head, true) && letter.Fits(body, false) {
		return raw, nil
	}
	h := letter.ParseHeader(head)
	h.Fit(false)
	head = h.Bytes()
	anew, err := letter.Recode(head, body, false)
	if err != nil { // what is signed stays in one piece as long as it can, and is broken rather than lost
		return append(head, letter.BreakLines(body)...), nil
	}
	if head, err = anew.Head(head); err != nil {
		return nil, err
	}
	return slices.Concat(head, anew.Body), nil
}

// travels tells whether a post under its author's From may go out as it is. Octets in its header that are not ASCII are for addresses
// that cannot be written otherwise; other letters have them by mistake.
func travels(head, body []byte, from letter.Address) bool {
	return letter.Fits(head, from.IsASCII()) && letter.Fits(body, false) && utf8.Valid(head)
}

// rewritten is the head of a post for which the author's signature is good no more, because a host takes less than it covers (M10): From
// becomes the list's after all (M2). A head whose From is the list's stays as it is.
func rewritten(head []byte, l lists.List) ([]byte, error) {
	h := letter.ParseHeader(head)
	from := letter.ParseMailboxes(strings.Join(h.Raw("From"), ", "))
	if len(from) == 0 || from[0].Address.Domain == l.Domain {
		return head, nil
	}
	as := looks{shown: from[0], reply: letter.ParseMailboxes(strings.Join(h.Raw("Reply-To"), ", "))}
	if as.shown.Name == "" {
		as.shown.Name = as.shown.Address.Local
	}
	if len(as.reply) == 0 {
		as.reply = from[:1]
	}
	h.Del("DKIM-Signature")
	for _, f := range authorFields(l, as) {
		if err := h.Set(f.Name, f.Value); err != nil {
			return nil, err
		}
	}
	return h.Bytes(), nil
}

// finding is what was found out about the sender when the letter came, however long it has waited since.
func (p *Press) finding(tx *db.Tx, story string, known *Known) (f mailauth.Finding, err error) {
	if known.Finding != nil {
		return *known.Finding, nil
	}
	in, err := p.Office.Store.LetterByStory(tx, story)
	if refusal.KindOf(err) == refusal.NotFound {
		return f, nil // it was written here
	}
	if err == nil && len(in.Finding) > 0 {
		err = json.Unmarshal(in.Finding, &f)
	}
	return f, err
}

// chain is what we write down about a letter for those who follow the chain of hands it went through: what was found when it came, for
// whom it came from.
func (p *Press) chain(tx *db.Tx, pub Publication) (string, error) {
	in, err := p.Office.Store.LetterByStory(tx, pub.Story)
	if refusal.KindOf(err) == refusal.NotFound {
		return "", nil // it was written here: nobody passed it on
	}
	var f mailauth.Finding
	if err == nil && len(in.Finding) > 0 {
		err = json.Unmarshal(in.Finding, &f)
	}
	from, _ := pub.Letter.Author()
	return mailauth.ChainResults(p.Sealer, f, mailauth.Session{MailFrom: in.From}, from.Address), err
}

// speaksForItself tells whether a letter shows its author, and where answers go, as we would: its From is one plain mailbox whose name
// takes nobody in, and its Reply-To holds none of our own addresses (B6). The one mailbox is what members see then.
func speaksForItself(pub Publication, as looks) (letter.Mailbox, bool) {
	from, err := pub.Letter.Author()
	if err != nil || from.Name != "" && from.Name != as.shown.Name {
		return from, false
	}
	if pub.Letter.Header().Count("Reply-To") > 0 && !slices.Equal(pub.Letter.ReplyTo(), as.reply) {
		return from, false
	}
	if from.Name == "" {
		from.Name = as.shown.Name
	}
	return from, true
}

// keepFrom makes the post under its author's own From; nil: no signature of theirs would survive it.
func keepFrom(pub Publication, reply []letter.Mailbox, chain string, from letter.Address, found mailauth.Finding, ours func(letter.MessageID) bool, now time.Time) []byte {
	keep := make([]string, 0, len(found.Signatures))
	for _, s := range found.Signatures {
		if s.Aligned && s.Record != "" {
			keep = append(keep, s.Hash)
		}
	}
	for len(keep) > 0 { // at most twice as a rule: a signature that does not survive goes, and the others are looked at without it
		raw, err := dress(pub, looks{reply: reply, keep: keep, chain: chain}, ours, now)
		if err != nil {
			return nil // a field that cannot be written: rewriting comes to the same error, or does without it
		}
		head, body := notice.Split(raw)
		if !travels(head, body, from) {
			return nil
		}
		alive := found.Survivors(asCopy(head), body, now.Add(copyLife))
		if len(alive) == len(keep) {
			if !slices.Equal(letter.ParseHeader(head).Raw("From"), pub.Letter.Header().Raw("From")) {
				return nil
			}
			return raw
		}
		keep = alive
	}
	return nil
}

// asCopy is a header with every field on top that a copy may get.
func asCopy(head []byte) []byte {
	top := make([]byte, 0, len(head)+32*len(onCopies))
	for _, name := range onCopies {
		top = append(top, name+": x\r\n"...)
	}
	return append(top, head...)
}
