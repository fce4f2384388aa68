package backchannel

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/lists/relay"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// decideText takes an answer about a text for a list: of the manager whose draft it is, or of the writer.
func (b *Letterbox) decideText(tx *db.Tx, in *lists.Incoming, id int64, draft bool) error {
	mine := in.Sender.ID != 0 && in.Verdict != lists.Unverified && !in.Robot
	if in.Token != nil { // that of somebody without a name is nobody's in particular; the seal tells whose it is
		mine = mine && (int64(in.Sender.ID) == in.Token.Member || in.Token.Member == 0 && !draft) && !in.Token.Revoked
	}
	k, err := findText(tx, id)
	if errors.Is(err, db.ErrNoRows) || err == nil && !mine {
		return lists.NoSuchAddress()
	}
	if err != nil {
		return err
	}
	c, err := find(tx, k.conv)
	if err != nil {
		return err
	}
	theirs := in.Sender.ID == k.manager && c.mayRead(in.Sender)
	if !draft {
		if theirs, err = b.isWriter(tx, in, c); err != nil {
			return err
		}
	}
	if !theirs {
		return lists.NoSuchAddress()
	}
	if in.Verdict != lists.Verified { // a token is not a person (R6), and what is posted cannot be called back
		return b.doubtText(tx, in, c, k, draft)
	}
	if draft {
		return b.decideDraft(tx, in, c, k)
	}
	return b.decideConsent(tx, in, c, k)
}

// doubtText answers a decision that nobody vouches for, at the confirmed address.
func (b *Letterbox) doubtText(tx *db.Tx, in *lists.Incoming, c Conv, k consent, draft bool) error {
	if draft {
		return lists.NotSure()
	}
	if err := in.Filed(tx, "a word about a post that nobody vouches for"); err != nil {
		return err
	}
	l, err := lists.ListByID(tx, k.list)
	if err != nil {
		return err
	}
	words, err := templates.ConsentWeak{Code: c.Code, List: l.Title(), Subject: k.subject}.Render()
	if err != nil {
		return err
	}
	if c.Anon {
		return b.tellAbout(tx, in.Community, c, k, words, "")
	}
	mail := notice.Answer(in, notice.Converse, words)
	mail.Answer = "consent"
	mail.ReplyTo = letter.Mailbox{Name: "Your answer", Address: in.To}
	return b.Office.SendOr(tx, mail, lists.NotSure())
}

// decideDraft takes a manager's word about the writer's own letter as a post: ask about it, forget it, or ask about a better text.
func (b *Letterbox) decideDraft(tx *db.Tx, in *lists.Incoming, c Conv, k consent) error {
	if err := in.Filed(tx, "a manager's word about a text for a list"); err != nil {
		return err
	}
	call := &Call{Conv: c, Manager: in.Sender, Community: in.Community, Story: in.Story, In: in}
	typed := strings.TrimSpace(in.Letter.NewText().Text)
	word, alone, rest := lists.Word(typed)
	bare := alone && nameAlone(rest, in.Sender)
	ask := func(k consent) error {
		k.state = textAsked
		if err := did(tx, c, in.Sender.ID, "asked "+c.Name+" whether a text may be posted"); err != nil {
			return err
		}
		if err := b.askConsent(tx, in.Community, c, k, in.Story, templates.Consent{}); err != nil {
			return err
		}
		return b.sayDone(tx, call, byMail(in.Community, c).Name+" is asked. Nothing is posted without a yes.")
	}
	switch {
	case k.state != textDraft:
		return b.sayDone(tx, call, "That was decided already: nothing new was done about this text.")
	case bare && word == "SEND":
		return ask(consent{conv: c.ID, list: k.list, manager: k.manager, subject: k.subject, text: k.text})
	case bare && (word == "DROP" || word == "NO"):
		if err := k.end(tx, textDropped); err != nil {
			return err
		}
		if err := b.refile(tx, c); err != nil {
			return err
		}
		return b.sayDone(tx, call, "The draft is forgotten; "+byMail(in.Community, c).Name+" was not asked.")
	case word == "SEND" || word == "DROP" || word == "NO" || word == "NOTE" || slashed(in.Letter) || len(strings.Fields(typed)) < 2:
		return b.showDraft(tx, in.Community, c, in.Sender, k, in.Story, begun(typed))
	}
	l, err := lists.ListByID(tx, k.list)
	if err != nil {
		return err
	}
	better, err := b.proposed(tx, c, in.Sender, l, typed)
	if r, refused := refusal.As(err); refused && !r.Kind.Temporary() {
		return b.sayDone(tx, call, "Not asked. "+r.Sentence+" The draft still waits for your word.")
	}
	if err != nil {
		return err
	}
	return ask(better)
}

// sayDone tells a manager what was done.
func (b *Letterbox) sayDone(tx *db.Tx, c *Call, said string) error {
	return b.confirm(tx, c.Community, answer{conv: c.Conv, manager: c.Manager, story: c.Story, incoming: c.In}, []string{said})
}

// decideConsent takes the writer's word about a text. A word that publishes has to stand alone (R1); one that does not may bring a letter.
func (b *Letterbox) decideConsent(tx *db.Tx, in *lists.Incoming, c Conv, k consent) error {
	typed := strings.TrimSpace(in.Letter.NewText().Text)
	word, alone, rest := lists.Word(typed)
	rest, _, err := withoutMember(tx, in.Sender, rest)
	if err != nil {
		return err
	}
	alone = alone && nameAlone(rest, in.Sender)
	yes := alone && (word == "YES" || word == "NAMED" && !c.Anon) // under a name, all else that a voice said would have it too
	if word != "NO" || rest == "" || k.state != textAsked {
		if err := in.Filed(tx, "a member's word about a post"); err != nil {
			return err
		}
	}
	switch {
	case k.state == textPosted && alone && (word == "UNDO" || word == "REMOVE"):
		return b.withdraw(tx, in, c, k)
	case k.state != textAsked:
		return b.endText(tx, in, c, k, templates.ConsentEnd{Again: true, When: k.ended.In(in.Sender.Zone(in.Community))})
	case yes:
		return b.consented(tx, in, c, k, word == "NAMED" || k.own)
	case word == "NO" || alone && (word == "UNDO" || word == "REMOVE" || word == "DROP"):
		return b.declined(tx, in, c, k, rest)
	case word == "YES" || word == "NAMED" || word == "UNDO" || word == "REMOVE" || len(strings.Fields(typed)) < 2:
		return b.askConsent(tx, in.Community, c, k, in.Story, templates.Consent{First: begun(typed)})
	}
	return b.better(tx, in, c, k, typed)
}

// better asks about the writer's own better text.
func (b *Letterbox) better(tx *db.Tx, in *lists.Incoming, c Conv, k consent, typed string) error {
	typed, shows, err := withoutMember(tx, in.Sender, typed)
	if err != nil {
		return err
	}
	if c.Anon && len(shows) > 0 { // it is not even kept
		return b.askConsent(tx, in.Community, c, k, in.Story, templates.Consent{Tells: shows})
	}
	next := consent{conv: c.ID, list: k.list, manager: k.manager, own: k.own, answers: k.answers, state: textAsked, subject: k.subject, text: strings.TrimSpace(lists.WithoutDoors(typed))}
	if subjectLine.MatchString(next.text) {
		next.subject, next.text = partSubject(next.text)
	}
	if n := len(next.text); n == 0 || n > 4*longestPost {
		return b.askConsent(tx, in.Community, c, k, in.Story, templates.Consent{First: begun(typed)})
	}
	if !k.own && !c.Anon { // a voice sees first what of it may tell who it is
		if err := b.tellText(tx, in.Community, c, k, templates.ConsentTold{Outcome: templates.ConsentReplaced, Text: templates.Said(next.text)}, in.Story); err != nil {
			return err
		}
	}
	return b.askConsent(tx, in.Community, c, next, in.Story, templates.Consent{Better: true})
}

// declined is a no. What stands beside it is a letter to the managers.
func (b *Letterbox) declined(tx *db.Tx, in *lists.Incoming, c Conv, k consent, rest string) error {
	if err := k.answer(tx, choiceNo, textDeclined, in); err != nil {
		return err
	}
	if k.manager != 0 {
		if err := b.tellText(tx, in.Community, c, k, templates.ConsentTold{Outcome: templates.ConsentDeclined}, in.Story); err != nil {
			return err
		}
	}
	if err := b.refile(tx, c); err != nil {
		return err
	}
	if rest != "" {
		more := b.fromVoice
		if !c.Anon {
			more = func(tx *db.Tx, in *lists.Incoming, c Conv) error { _, err := b.add(tx, in, c, false); return err }
		}
		if err := more(tx, in, c); err != nil {
			return err
		}
	}
	return b.endText(tx, in, c, k, templates.ConsentEnd{Outcome: templates.ConsentDeclined})
}

// consented posts a text whose writer said yes to it.
func (b *Letterbox) consented(tx *db.Tx, in *lists.Incoming, c Conv, k consent, named bool) error {
	l, why, err := b.postable(tx, in, k, named)
	if err != nil {
		return err
	}
	if why != nil { // the question stays open: it may be possible tomorrow
		if k.manager != 0 {
			if err := b.tellText(tx, in.Community, c, k, templates.ConsentTold{Outcome: templates.ConsentImpossible, Why: "Nothing was posted. " + why.Sentence}, in.Story); err != nil {
				return err
			}
		}
		return b.endText(tx, in, c, k, templates.ConsentEnd{Outcome: templates.ConsentImpossible, Why: why})
	}
	as, outcome := choiceAnon, templates.ConsentPosted
	if named {
		as, outcome = choiceNamed, templates.ConsentNamed
	}
	if err := k.answer(tx, as, textPosted, in); err != nil {
		return err
	}
	if _, err := b.publish(tx, in.Community, l, k, in.Sender); err != nil {
		return err
	}
	deed := "said yes: it is on " + l.Title()
	if k.own {
		deed = "posted it to " + l.Title()
	}
	if err := did(tx, c, 0, c.Name+" "+deed); err != nil {
		return err
	}
	if err := outcomeOf(tx, c.ID, "published"); err != nil {
		return err
	}
	if err := endAs(tx, c, "published"); err != nil {
		return err
	}
	if err := calendar.Clear(tx, Wake, int64(c.ID)); err != nil {
		return err
	}
	now, err := find(tx, c.ID)
	if err != nil {
		return err
	}
	told := templates.ConsentTold{Outcome: outcome, Text: templates.Said(k.text)}
	if err := b.tellText(tx, in.Community, now, k, told, in.Story); err != nil {
		return err
	}
	if err := b.refile(tx, now); err != nil {
		return err
	}
	return b.endText(tx, in, now, k, templates.ConsentEnd{Outcome: outcome, Undo: l.Undo})
}

// postable finds the list for a text, or says why it cannot go there now.
func (b *Letterbox) postable(tx *db.Tx, in *lists.Incoming, k consent, named bool) (l lists.List, why *refusal.Refusal, err error) {
	if l, err = lists.ListByID(tx, k.list); err != nil {
		return l, nil, err
	}
	now, there, err := lists.ListByName(tx, l.Community, l.Local)
	switch {
	case err != nil:
		return l, nil, err
	case !there || now.ID != l.ID:
		return l, refusal.Say(refusal.NotAllowed, "held.list", l.Address()), nil
	case in.Sender.State != lists.Active && in.Sender.State != lists.Paused:
		return l, refusal.Say(refusal.NotAllowed, "list.members", l.Title()), nil
	case !named || k.manager != 0: // managers who ask for it have decided that it may be there
		return now, nil, nil
	}
	s := lists.Standing{Member: in.Sender, Verdict: in.Verdict}
	if l.PostsPerHour > 0 {
		if s.LastHour, s.LastDay, err = lists.RecentPosts(tx, l.ID, in.Sender.ID); err != nil {
			return l, nil, err
		}
	}
	switch d := lists.Decide(now, s, in.Policy); {
	case d.Refusal != nil:
		why = d.Refusal
	case d.Action != lists.Accept:
		why = refusal.Say(refusal.Limit, "list.much", l.Title())
	}
	return now, why, nil
}

// publish writes a text anew as a post and hands it to the press: of the private letter it holds nothing but the words that its writer
// said yes to. A post without a name has a story of its own, so that no log ties it to the letter that said yes.
func (b *Letterbox) publish(tx *db.Tx, community lists.Community, l lists.List, k consent, writer lists.Member) (archive.Post, error) {
	id := letter.NewMessageID("post", community.Domain)
	draft := letter.Draft{
		From: letter.Mailbox{Name: maskName, Address: l.Address()}, To: []letter.Mailbox{{Name: l.Title(), Address: l.Address()}},
		Subject: k.subject, Date: tx.Now.UTC().Truncate(time.Minute), MessageID: id, Text: k.text,
	}
	pub := relay.Publication{Community: community, List: l, Story: string(id), As: maskName}
	if k.choice == choiceNamed {
		draft.From, pub.As, pub.Author = writer.Mailbox(), "", writer
	}
	if k.answers != "" {
		draft.InReplyTo, draft.References = []letter.MessageID{k.answers}, []letter.MessageID{k.answers}
	}
	raw, err := draft.Bytes()
	if err != nil {
		return archive.Post{}, fmt.Errorf("write a post: %w", err)
	}
	if pub.Letter, err = letter.Parse(raw); err != nil {
		return archive.Post{}, err
	}
	sum := textSum(pub.Letter.Subject(), strings.TrimSpace(pub.Letter.Text()))
	if !bytes.Equal(sum, k.sum) {
		return archive.Post{}, fmt.Errorf("the post of text %d does not say what its writer said yes to", k.id)
	}
	post, err := b.Press.Publish(tx, pub)
	if err != nil {
		return post, err
	}
	return post, k.published(tx, post.ID, sum)
}

// asPosted is a text as it reads once it was written as a post: then what people are asked about is to the letter what is posted.
func asPosted(subject, text string) (string, string, error) {
	a := letter.Mailbox{Address: letter.Address{Local: "list", Domain: "invalid"}}
	raw, err := letter.Draft{From: a, To: []letter.Mailbox{a}, Subject: subject, Date: time.Unix(0, 0).UTC(), MessageID: "text@invalid", Text: text}.Bytes()
	if err != nil {
		return "", "", fmt.Errorf("write a text: %w", err)
	}
	l, err := letter.Parse(raw)
	if err != nil {
		return "", "", err
	}
	return l.Subject(), strings.TrimSpace(l.Text()), nil
}

// maskName stands over a post without its writer's name.
const maskName = "A member"

// withdraw takes a post back, or out of the archive, as its writer wishes.
func (b *Letterbox) withdraw(tx *db.Tx, in *lists.Incoming, c Conv, k consent) error {
	l, err := lists.ListByID(tx, k.list)
	if err != nil {
		return err
	}
	p, err := b.Office.Store.Post(tx, k.post)
	if err != nil {
		return err
	}
	sent := !tx.Now.Before(p.Published.Add(l.Undo))
	if p.State == archive.Published {
		note, err := templates.RedactedPost{List: l.Title(), ByAuthor: true}.Render()
		if err != nil {
			return err
		}
		// In a story of its own: no log ties the post to the letter of who had it removed.
		if sent, err = b.Press.Recall(tx, relay.Recallable{Post: p, List: l}, string(p.MessageID), note.Subject, note.Text); err != nil {
			return err
		}
	}
	as, outcome := textUndone, templates.ConsentUndone
	if sent {
		as, outcome = textRemoved, templates.ConsentRemoved
	}
	if err := k.end(tx, as); err != nil {
		return err
	}
	if err := did(tx, c, 0, c.Name+" took the post back"); err != nil {
		return err
	}
	if !sent {
		if err := reopen(tx, c); err != nil {
			return err
		}
	}
	if c, err = find(tx, c.ID); err != nil {
		return err
	}
	if err := b.tellText(tx, in.Community, c, k, templates.ConsentTold{Outcome: outcome}, in.Story); err != nil {
		return err
	}
	if err := b.refile(tx, c); err != nil {
		return err
	}
	return b.endText(tx, in, c, k, templates.ConsentEnd{Outcome: outcome, Sent: sent})
}

// outcome is what became of a text, for those who ask later.
func (k consent) outcome() templates.ConsentOutcome {
	switch k.state {
	case textPosted:
		if k.choice == choiceNamed {
			return templates.ConsentNamed
		}
		return templates.ConsentPosted
	case textDeclined:
		return templates.ConsentDeclined
	case textUndone:
		return templates.ConsentUndone
	case textRemoved:
		return templates.ConsentRemoved
	case textReplaced:
		return templates.ConsentReplaced
	case textExpired:
		return templates.ConsentExpired
	}
	return templates.ConsentCalledOff
}

// endText tells the writer what became of a text. Reply goes to the address about it.
func (b *Letterbox) endText(tx *db.Tx, in *lists.Incoming, c Conv, k consent, t templates.ConsentEnd) error {
	l, err := lists.ListByID(tx, k.list)
	if err != nil {
		return err
	}
	if t.Outcome == "" {
		t.Outcome = k.outcome()
	}
	t.Code, t.List, t.Subject, t.Own, t.Voice, t.Managers = c.Code, l.Title(), k.subject, k.own, c.Anon, in.Community.Address("managers").String()
	words, err := t.Render()
	if err != nil {
		return err
	}
	return b.tellAbout(tx, in.Community, c, k, words, in.Story)
}

// tellText tells all managers who may see a conversation what became of a text.
func (b *Letterbox) tellText(tx *db.Tx, community lists.Community, c Conv, k consent, t templates.ConsentTold, story string) error {
	l, err := lists.ListByID(tx, k.list)
	if err != nil {
		return err
	}
	readers, err := b.readers(tx, c)
	if err != nil {
		return err
	}
	for _, m := range readers {
		t.Code, t.Member, t.Role, t.List, t.Subject, t.Own = c.Code, c.Name, b.role(tx, c, m), l.Title(), k.subject, k.own
		words, err := t.Render()
		if err != nil {
			return err
		}
		mail := notice.ToMember(community, m, notice.Converse, words)
		mail.Story = story
		if mail.ReplyTo, err = b.managerDoor(tx, community, c, m); err != nil {
			return err
		}
		if inFolders(community, c) { // with the writer's name beside it, a post without a name has one
			err = b.toFolder(tx, c, m, mail, reference{what: aWord})
		} else {
			_, err = b.toDesk(tx, c, m.ID, mail, reference{what: aWord})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// vouchedBy is what vouched for the letter with an answer, for the record.
func vouchedBy(in *lists.Incoming) string {
	switch {
	case in.Veiled:
		return "sealed"
	case in.Finding.Login:
		return "login"
	case in.Finding.AlignedBy != "":
		return in.Finding.AlignedBy
	}
	return string(in.Verdict)
}

// ConsentEnds is the calendar's kind for texts of whose writers we heard no word.
const ConsentEnds calendar.Kind = "consent.expire"

// unanswered gives a text up; nothing is ever posted by the clock.
func (b *Letterbox) unanswered(tx *db.Tx, due calendar.Due) error {
	k, err := findText(tx, due.Object)
	if errors.Is(err, db.ErrNoRows) || err == nil && k.state != textAsked && k.state != textDraft {
		return nil
	}
	if err != nil {
		return err
	}
	if err := k.end(tx, textExpired); err != nil {
		return err
	}
	c, err := find(tx, k.conv)
	if err != nil {
		return err
	}
	if k.state == textAsked && k.manager != 0 {
		community, err := lists.CommunityByID(tx, c.Community)
		if err != nil {
			return err
		}
		if err := b.tellText(tx, community, c, k, templates.ConsentTold{Outcome: templates.ConsentExpired, Days: heldDays}, ""); err != nil {
			return err
		}
	}
	return b.refile(tx, c)
}
