package backchannel

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
	"backchannel/lists/relay"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// Published brings an answer in a thread that somebody began without their name to that somebody, in private (M10): the first one
// always, the later ones when they do not get every post of the list anyhow.
func (b *Letterbox) Published(tx *db.Tx, pub relay.Publication, post archive.Post) error {
	if err := b.watched(tx, pub, post); err != nil {
		return err
	}
	all, err := masked(tx, pub.List.ID)
	if err != nil || len(all) == 0 {
		return err
	}
	for _, k := range all {
		asked, err := b.Office.Store.Post(tx, k.post)
		if err != nil {
			return err
		}
		if asked.Thread != post.Thread || asked.ID == post.ID {
			continue
		}
		if err := b.youAsked(tx, pub, post, k, asked); err != nil {
			return err
		}
	}
	return nil
}

func (b *Letterbox) youAsked(tx *db.Tx, pub relay.Publication, post archive.Post, k consent, asked archive.Post) error {
	c, err := find(tx, k.conv)
	if c.Anon && err == nil {
		return b.voiceAsked(tx, pub, post, k, asked, c)
	}
	if err != nil || c.Member == 0 || c.Member == pub.Author.ID {
		return err
	}
	m, err := lists.MemberByID(tx, c.Member)
	if err != nil || m.State != lists.Active {
		return err
	}
	again, err := answeredBefore(tx, k)
	if err != nil {
		return err
	}
	if s, on, err := lists.SubscriptionOf(tx, m.ID, pub.List.ID); err != nil || again && on && s.Delivery == lists.Each {
		return err
	}
	community, err := lists.CommunityByID(tx, c.Community)
	if err != nil {
		return err
	}
	words, err := templates.YouAsked{
		Code: c.Code, List: pub.List.Title(), Title: asked.Subject, Author: shownAs(post.From), Text: notice.Preview(pub.Letter), Again: again, Address: pub.List.Address().String(),
	}.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(community, m, notice.Converse, words)
	if mail.ReplyTo, err = b.writerDoor(tx, community, c); err != nil {
		return err
	}
	sent, err := b.Office.Send(tx, mail)
	if err != nil {
		return err
	}
	if err := refer(tx, sent.ID, reference{conv: c.ID, rev: c.Rev, what: aLetter}); err != nil {
		return err
	}
	return noteAnswer(tx, k)
}

// voiceAsked is youAsked for somebody without a name. Every answer is brought, whoever wrote it and however its reader gets the list: one that
// was not would tell who that is.
func (b *Letterbox) voiceAsked(tx *db.Tx, pub relay.Publication, post archive.Post, k consent, asked archive.Post, c Conv) error {
	if c.erased {
		return nil
	}
	again, err := answeredBefore(tx, k)
	if err != nil {
		return err
	}
	community, err := lists.CommunityByID(tx, c.Community)
	if err != nil {
		return err
	}
	words, err := templates.YouAsked{
		Code: c.Code, List: pub.List.Title(), Title: asked.Subject, Author: shownAs(post.From), Text: notice.Preview(pub.Letter), Again: again, Address: pub.List.Address().String(), Voice: true,
	}.Render()
	if err != nil {
		return err
	}
	if err := b.writeWriter(tx, c, notice.Mail{Community: community, Words: words, Kind: notice.Converse, Auto: notice.Generated, Private: true}); err != nil {
		return err
	}
	return noteAnswer(tx, k)
}

// shownAs is how the author of a post is called.
func shownAs(m letter.Mailbox) string {
	if m.Name != "" {
		return m.Name
	}
	return m.Address.Local
}

// HidesIn tells whether a member has asked without their name in the thread of which these are letters (W7).
func (b *Letterbox) HidesIn(tx *db.Tx, l lists.List, m lists.MemberID, thread []letter.MessageID) (bool, error) {
	k, err := b.maskOf(tx, m, l, thread)
	return k.id != 0, err
}

// maskOf finds the text that a member posted without their name in the thread of some letters; its id is 0 when there is none.
func (b *Letterbox) maskOf(tx *db.Tx, m lists.MemberID, l lists.List, thread []letter.MessageID) (consent, error) {
	if m == 0 || len(thread) == 0 {
		return consent{}, nil
	}
	all, err := masked(tx, l.ID)
	if err != nil || len(all) == 0 {
		return consent{}, err
	}
	threads := map[archive.ThreadID]bool{}
	for _, id := range thread {
		p, err := b.Office.Store.PostByMessageID(tx, l.Box, id)
		if err == nil {
			threads[p.Thread] = true
		} else if refusal.KindOf(err) != refusal.NotFound {
			return consent{}, err
		}
	}
	for _, k := range all {
		c, err := find(tx, k.conv)
		if err != nil {
			return consent{}, err
		}
		if c.Member != m {
			continue
		}
		p, err := b.Office.Store.Post(tx, k.post)
		if err != nil {
			return consent{}, err
		}
		if threads[p.Thread] {
			return k, nil
		}
	}
	return consent{}, nil
}

// AskUnnamed asks the author of a letter about its words without their name: they see exactly what would be posted, and say yes to
// that (W7, I10).
func (b *Letterbox) AskUnnamed(tx *db.Tx, in *lists.Incoming, l lists.List, post *letter.Letter) error {
	thread := slices.Concat(post.InReplyTo(), post.References())
	k, err := b.maskOf(tx, in.Sender.ID, l, thread)
	if err != nil {
		return err
	}
	if k.id == 0 {
		return refusal.Because(refusal.NotFound, "What you asked without your name was taken back meanwhile, so there is nothing to answer in that way.")
	}
	c, err := find(tx, k.conv)
	if err != nil {
		return err
	}
	next := consent{conv: c.ID, list: l.ID, state: textAsked, subject: clip(letter.CleanLine(post.Subject()), longestSubject)}
	if next.text, _, err = b.withoutWriter(tx, c, words(post)); err != nil {
		return err
	}
	for _, id := range thread {
		if _, err := b.Office.Store.PostByMessageID(tx, l.Box, id); err == nil {
			next.answers = id
			break
		}
	}
	return b.askConsent(tx, in.Community, c, next, in.Story, templates.Consent{Masked: true})
}

var postWord = regexp.MustCompile(`(?i)^POST\s+(NEW|#?\d{1,9})\s*[.!]?$`)

// postChoice does what the writer of a conversation wishes who meant it for everyone: "POST NEW", or "POST 415", alone on the first line
// (M2). They see it before it goes. Without a text below it is their letter that is posted.
func (b *Letterbox) postChoice(tx *db.Tx, in *lists.Incoming, c Conv) (done bool, err error) {
	typed := strings.TrimSpace(in.Letter.NewText().Text)
	found := postWord.FindStringSubmatch(strings.TrimSpace(firstLine(typed)))
	if found == nil || c.ID == 0 || c.Member == 0 || c.Rev == 0 || in.Verdict != lists.Verified || c.Kind == Report {
		return false, nil
	}
	l, err := b.listFor(tx, c)
	if refusal.KindOf(err) == refusal.NotFound && err != nil {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	k := consent{conv: c.ID, list: l.ID, own: true, state: textAsked, subject: c.Subject}
	_, below, _ := strings.Cut(typed, "\n")
	if k.text, _, err = b.withoutWriter(tx, c, below); err != nil {
		return false, err
	}
	if nameAlone(k.text, in.Sender) {
		first, err := firstAsked(tx, c.ID)
		if err != nil {
			return false, err
		}
		k.text = strings.TrimSpace(first.text)
	}
	if k.text == "" {
		return false, nil
	}
	if k.subject == "" || !c.About.Digest.IsZero() {
		k.subject = firstSentence(k.text)
	}
	if number, err := strconv.ParseInt(strings.TrimPrefix(found[1], "#"), 10, 64); err == nil {
		t, err := b.Office.Store.ThreadByNumber(tx, int64(c.Community), number)
		if err != nil && refusal.KindOf(err) == refusal.NotFound {
			return true, b.noSuchThread(tx, in, c, number)
		}
		if err != nil {
			return false, err
		}
		if err := b.intoThread(tx, &k, t); err != nil {
			return false, err
		}
	}
	if err := in.Filed(tx, "a member's wish to post a private letter"); err != nil {
		return false, err
	}
	return true, b.askConsent(tx, in.Community, c, k, in.Story, templates.Consent{})
}

// offerPost says in an acknowledgement how a letter that was meant for everyone gets there.
func (b *Letterbox) offerPost(tx *db.Tx, community lists.Community, c Conv, t *templates.Acknowledgement) error {
	if could, err := couldPost(tx, community, c); err != nil || !could {
		return err
	}
	thread, about, err := b.threadOf(tx, c.About)
	if t.Post = true; about {
		t.Thread, t.Title = int(thread.Number), thread.Subject
	}
	return err
}

// couldPost tells whether the writer of a conversation could ask everyone instead.
func couldPost(tx *db.Tx, community lists.Community, c Conv) (bool, error) {
	all, err := lists.Lists(tx, community.ID)
	return len(all) > 0 && c.Member != 0 && c.Kind != Report && !c.Anon, err
}

// intoThread makes a text an answer to the newest post of a thread.
func (b *Letterbox) intoThread(tx *db.Tx, k *consent, t archive.Thread) error {
	l, err := lists.ListByBox(tx, t.Mailbox)
	if err != nil {
		return err
	}
	posts, err := b.Office.Store.Posts(tx, t.ID)
	if err != nil {
		return err
	}
	k.list, k.subject = l.ID, "Re: "+clip(letter.CleanLine(t.Subject), longestSubject)
	if len(posts) > 0 {
		k.answers = posts[len(posts)-1].MessageID
	}
	return nil
}

// noSuchThread says that a number is no thread's.
func (b *Letterbox) noSuchThread(tx *db.Tx, in *lists.Incoming, c Conv, number int64) error {
	if err := in.Filed(tx, "a member's wish to post a private letter"); err != nil {
		return err
	}
	words, err := templates.NoThread{Code: c.Code, Number: int(number)}.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Converse, words)
	mail.Answer = "post"
	if mail.ReplyTo, err = b.writerDoor(tx, in.Community, c); err != nil {
		return err
	}
	return b.Office.SendOr(tx, mail, refusal.Because(refusal.NotFound, "There is no thread with the number %d, so nothing is posted. Today's mails about that have been sent; they tell how it is done.", number))
}
