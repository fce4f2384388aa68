package backchannel

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/command"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// removalDays is how long a wish to remove a post waits for its manager's YES.
const removalDays = 7

// RemovalEnds is the calendar's kind for such wishes.
const RemovalEnds calendar.Kind = "removal.ends"

// doRemove takes a manager's wish to remove a post. By mail it needs a letter that is signed, or a login, and then a one-time YES from the
// manager's own mailbox to the question that shows which post it is (product.md 0.1). Who has the command line has the database: there
// the word yes is the question's answer.
func (b *Letterbox) doRemove(tx *db.Tx, c *Call, args string) (string, error) {
	if c.In != nil && !proven(c.In) {
		return "", notProven()
	}
	post, rest, err := b.postNamed(tx, c, args)
	if err != nil {
		return "", err
	}
	if post.State != archive.Published {
		return "", refusal.Because(refusal.Conflict, "The words of this post are gone already.")
	}
	word, text, _ := strings.Cut(strings.Replace(rest, "\n", " \n", 1), " ")
	yes := strings.EqualFold(word, "yes")
	if !yes {
		text = rest
	}
	if text, err = b.reason(tx, c, text); err != nil {
		return "", err
	}
	r := removal{manager: c.Manager.ID, post: post.ID, conv: c.Conv.ID, words: text}
	switch {
	case c.In != nil:
		return "", b.confirmRemoval(tx, c, post, r)
	case !yes:
		named := strings.TrimSpace(strings.TrimSuffix(args, rest))
		return "", refusal.Because(refusal.Invalid, "Nothing is removed yet. That is %q, which %s posted on %s; its words go for good. If you mean it: %s",
			letter.CleanLine(post.Subject), letter.CleanLine(shownAs(post.From)), post.Published.In(c.Manager.Zone(c.Community)).Format("2 January 2006"), strings.Join(strings.Fields("/remove "+named+" yes"), " "))
	}
	return b.removePost(tx, c, post, r)
}

// notProven says what a deed needs that one manager alone can do and nobody can take back.
func notProven() *refusal.Refusal {
	return refusal.Because(refusal.NotAllowed, "We cannot be sure enough that this comes from you: for this, your provider must sign the mail (DKIM), or you send it through our server, signed in.")
}

// unproven finds a command that wants more proof than its letter gives (product.md 0.1): it is refused at once, and no later SEND does it.
func (a answer) unproven() *command.Mistake {
	if a.incoming == nil || proven(a.incoming) || a.has(templates.NoAccess) {
		return nil
	}
	for _, c := range a.calls {
		word, _, _ := strings.Cut(strings.ToLower(c.Args), " ")
		var why *refusal.Refusal
		switch {
		case c.Verb.Name == "outcome" && (word == string(templates.OnHold) || word == string(templates.TakenOut)):
			why = placeNotProven()
		case slices.Contains([]string{"unseal", "remove", "relax", "tighten"}, c.Verb.Name), c.Verb.Name == "rota" && (word == "on" || word == "off"):
			why = notProven()
		default:
			continue
		}
		return &command.Mistake{Line: c.Line, Usage: c.Verb.Usage(), Why: why.Sentence}
	}
	return nil
}

// confirmRemoval asks the manager, at the confirmed address, whether that post is meant.
func (b *Letterbox) confirmRemoval(tx *db.Tx, c *Call, post archive.Post, r removal) error {
	l, err := lists.ListByBox(tx, post.Mailbox)
	if err != nil {
		return err
	}
	nobody, err := unheard(tx, c, post)
	if err != nil {
		return err
	}
	id, err := askRemoval(tx, r)
	if err != nil {
		return err
	}
	words, err := templates.RemoveAsk{
		Community: c.Community.Name, List: l.Title(), Subject: post.Subject, Author: shownAs(post.From), Posted: post.Published.In(c.Manager.Zone(c.Community)),
		Text: templates.Said(r.words), Nobody: nobody, Days: removalDays,
	}.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(c.Community, c.Manager, notice.Converse, words)
	mail.Story = c.Story
	door := notice.Door{Community: c.Community, Member: c.Manager, Receiver: Receiver, Object: object(sideRemoval, id, 0), Days: 2 * removalDays}
	if mail.ReplyTo, err = b.Office.Confirm(tx, door); err != nil {
		return err
	}
	_, err = b.Office.Send(tx, mail)
	return err
}

// unheard tells whether nobody would hear of a removal but the other managers: the author of an imported post is no member, some have left, and a
// manager knows of their own.
func unheard(tx *db.Tx, c *Call, post archive.Post) (bool, error) {
	k, err := maskedPost(tx, post.ID)
	if err == nil {
		conv, err := find(tx, k.conv)
		return conv.erased, err
	}
	if !errors.Is(err, db.ErrNoRows) {
		return false, err
	}
	if post.Author == 0 || lists.MemberID(post.Author) == c.Manager.ID {
		return true, nil
	}
	m, err := lists.MemberByID(tx, lists.MemberID(post.Author))
	return m.State != lists.Active && m.State != lists.Paused, err
}

// decideRemoval takes a manager's word to that question.
func (b *Letterbox) decideRemoval(tx *db.Tx, in *lists.Incoming, id int64) error {
	r, err := findRemoval(tx, id)
	if err != nil {
		return err
	}
	if in.Sender.ID == 0 || in.Sender.ID != r.manager || !in.Sender.Manager() || in.Verdict == lists.Unverified || in.Token.Revoked || in.Robot {
		return lists.NoSuchAddress()
	}
	if !proven(in) {
		return notProven()
	}
	if err := in.Filed(tx, "a manager's word about removing a post"); err != nil {
		return err
	}
	said := "Nothing was removed: please reply YES or NO, the word alone."
	call := &Call{Manager: in.Sender, Community: in.Community, Story: in.Story, In: in}
	switch word, alone, rest := lists.Word(in.Letter.NewText().Text); {
	case r.state != "asked":
		said = "That is decided, or too old: nothing was done now."
	case !alone || !nameAlone(rest, in.Sender):
	case word == "NO":
		said, err = "Nothing was removed.", r.end(tx, "dropped")
	case word == "YES":
		said, err = b.removeAsked(tx, call, r)
	}
	if err != nil {
		return err
	}
	words, err := templates.CommandsDone{Community: in.Community.Name, Said: []string{said}}.Render()
	if err != nil {
		return err
	}
	return b.tell(tx, call, words)
}

// removeAsked removes the post that a manager was asked about, if it is still there.
func (b *Letterbox) removeAsked(tx *db.Tx, c *Call, r removal) (string, error) {
	if err := r.end(tx, "done"); err != nil {
		return "", err
	}
	post, err := b.Office.Store.Post(tx, r.post)
	if err != nil {
		return "", err
	}
	if post.State != archive.Published {
		return "The words of this post are gone already.", nil
	}
	said, err := b.removePost(tx, c, post, r)
	if r.cut {
		said += " Your own words did not go with it: the letter under which you wrote them is erased."
	}
	return said, err
}

// removePost removes a post. Its author hears of it from the role, or whoever had it posted without their name; the other managers hear who did it.
func (b *Letterbox) removePost(tx *db.Tx, c *Call, post archive.Post, r removal) (string, error) {
	author := lists.Member{}
	if post.Author != 0 {
		var err error
		if author, err = lists.MemberByID(tx, lists.MemberID(post.Author)); err != nil {
			return "", err
		}
	}
	now, err := b.Calmer.Remove(tx, post, r.words, c.Manager.ID)
	if err != nil {
		return "", err
	}
	if err := audit(tx, c.Community.ID, c.Manager.ID, "remove", fmt.Sprintf("post %d", post.ID), ""); err != nil {
		return "", err
	}
	masked, err := b.tellMasked(tx, c, post, r.words)
	if err != nil {
		return "", err
	}
	t := templates.PostRemoved{Nobody: !masked && now.ID == 0}
	if now.ID != 0 && now.Trust < author.Trust {
		t.Undo = fmt.Sprintf("/trust %s %d", author.Address, author.Trust)
	}
	if err := b.tellRemoval(tx, c, post, r, author, t); err != nil {
		return "", err
	}
	switch {
	case masked:
		return fmt.Sprintf("%q is removed. Whoever had it posted through the managers gets a private mail about it.", post.Subject), nil
	case now.ID == 0:
		return fmt.Sprintf("%q is removed. Nobody is written to about it but the other managers.", post.Subject), nil
	}
	return fmt.Sprintf("%q is removed. %s gets a private mail about it, from the managers.", post.Subject, now.FirstName()), nil
}

// tellMasked tells whoever had a post published without their name that it was removed; false when it is no such post, or when
// who that was is forgotten.
func (b *Letterbox) tellMasked(tx *db.Tx, c *Call, post archive.Post, text string) (bool, error) {
	k, err := maskedPost(tx, post.ID)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if k.state == textPosted {
		if err := k.end(tx, textRemoved); err != nil {
			return false, err
		}
	}
	conv, err := find(tx, k.conv)
	if err != nil || conv.erased {
		return false, err
	}
	l, err := lists.ListByBox(tx, post.Mailbox)
	if err != nil {
		return false, err
	}
	words, err := templates.RemovalNote{
		Community: c.Community.Name, List: l.Title(), Subject: post.Subject, Text: templates.Said(text), Days: removalDays, Managers: c.Community.Address("managers").String(),
	}.Render()
	if err != nil {
		return false, err
	}
	return true, b.writeWriter(tx, conv, notice.Mail{Community: c.Community, From: notice.Managers(c.Community), Words: words, Kind: notice.Converse, Auto: notice.Generated, Private: true})
}

// tellRemoval tells the other managers who removed a post, but for its author, who hears of it from the role. All hear of every removal:
// a silence would tell one of them of a letter that they may not know of. What the author is told can speak of that letter: it is left out
// for those who may not see the letter under which it was written, or one about this very post. t says what else they read.
func (b *Letterbox) tellRemoval(tx *db.Tx, c *Call, post archive.Post, r removal, author lists.Member, t templates.PostRemoved) error {
	l, err := lists.ListByBox(tx, post.Mailbox)
	if err != nil {
		return err
	}
	about, err := lettersAbout(tx, c.Community.ID, postObject(post.ID), r.conv)
	if err != nil {
		return err
	}
	all, err := lists.Managers(tx, c.Community.ID)
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.ID == c.Manager.ID || m.ID == author.ID {
			continue
		}
		t.Community, t.By, t.List, t.Subject, t.Author = c.Community.Name, c.Manager.FirstName(), l.Title(), post.Subject, shownAs(post.From)
		t.Posted, t.Text = post.Published.In(m.Zone(c.Community)), templates.Said(r.words)
		for _, conv := range about {
			if !conv.mayRead(m) {
				t.Text = ""
			}
		}
		words, err := t.Render()
		if err != nil {
			return err
		}
		if err := b.tellColleague(tx, c, m, words); err != nil {
			return err
		}
	}
	return nil
}

// removalEnds ends a wish that its manager never confirmed.
func (b *Letterbox) removalEnds(tx *db.Tx, due calendar.Due) error {
	r, err := findRemoval(tx, due.Object)
	if err != nil || r.state != "asked" {
		return err
	}
	return r.end(tx, "expired")
}
