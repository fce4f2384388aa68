package backchannel

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/command"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// publicVerbs ask members whether something may be said in public.
func (b *Letterbox) publicVerbs() command.Table[*Call] {
	return command.Table[*Call]{
		{Name: "public", Args: "[TEXT]", After: true, Takes: command.Begun, Help: "TEXT, with all that stands below it, goes to the member, who is asked whether we may post exactly that, without the name. Alone: you get the member's own letter as a post, to send or to better. \"/public off\" takes the question back.", Do: b.doPublic},
	}
}

// longestPost is how long a text may be that somebody is asked about, in characters: they have to read all of it.
const longestPost = 20000

func (b *Letterbox) doPublic(tx *db.Tx, c *Call, args string) (string, error) {
	now, err := find(tx, c.Conv.ID)
	if err != nil {
		return "", err
	}
	if strings.EqualFold(args, "off") {
		return b.callOff(tx, c, now)
	}
	if err := b.mayBePublic(now); err != nil {
		return "", err
	}
	l, err := b.listFor(tx, now)
	if err != nil {
		return "", err
	}
	if args != "" {
		k, err := b.proposed(tx, now, c.Manager, l, args)
		if err != nil {
			return "", err
		}
		k.state = textAsked
		c.After(func(now Conv) error {
			if err := did(tx, now, c.Manager.ID, "asked "+now.Name+" whether a text may go to "+l.Title()); err != nil {
				return err
			}
			return b.askConsent(tx, c.Community, now, k, c.Story, templates.Consent{})
		})
		return byMail(c.Community, now).Name + " is asked. Nothing is posted without a yes.", nil
	}
	k := consent{conv: now.ID, list: l.ID, manager: c.Manager.ID, state: textDraft, subject: now.Subject}
	first, err := firstAsked(tx, now.ID)
	if err != nil {
		return "", err
	}
	if k.text, _, err = b.withoutWriter(tx, now, first.text); err != nil {
		return "", err
	}
	if k.text == "" {
		return "", refusal.Because(refusal.NotFound, "Nothing that could be posted is left of %s's letter. Please write a text behind /public.", byMail(c.Community, now).Name)
	}
	if k.subject == "" || !now.About.Digest.IsZero() {
		k.subject = firstSentence(k.text)
	}
	c.After(func(now Conv) error {
		k, err := addText(tx, k)
		if err != nil {
			return err
		}
		return b.showDraft(tx, c.Community, now, c.Manager, k, c.Story, "")
	})
	if c.print == nil { // by mail the draft itself says so
		return "", nil
	}
	return "You get a mail with " + now.Name + "'s letter as a post. Nobody was asked yet.", nil
}

// mayBePublic says why nothing of a conversation can be proposed for a list.
func (b *Letterbox) mayBePublic(c Conv) error {
	switch {
	case c.Kind == Report:
		return refusal.Because(refusal.NotAllowed, "%s is a report. What is reported does not go onto a list.", c.Code)
	case c.Member == 0 && !c.Anon:
		return refusal.Because(refusal.NotAllowed, "%s is not from a member who could be asked, so nothing of it can be posted.", c.Code)
	}
	return nil
}

// listFor is the list that something of a conversation would go to: that of the thread it is about, else the community's first.
func (b *Letterbox) listFor(tx *db.Tx, c Conv) (lists.List, error) {
	all, err := lists.Lists(tx, c.Community)
	if err == nil && len(all) == 0 {
		err = refusal.Because(refusal.NotFound, "This community has no list to post to.")
	}
	if err != nil {
		return lists.List{}, err
	}
	first := all[0]
	t, about, err := b.threadOf(tx, c.About)
	if err != nil {
		return first, err
	}
	for _, l := range all {
		if about && l.Box == t.Mailbox {
			return l, nil
		}
		if l.ID < first.ID {
			first = l
		}
	}
	return first, nil
}

// threadOf is the thread that a conversation is about; false when it is about none, or that is gone.
func (b *Letterbox) threadOf(tx *db.Tx, about Context) (t archive.Thread, ok bool, err error) {
	id := archive.ThreadID(0)
	switch parts := strings.Split(about.Object, ":"); {
	case len(parts) == 3 && parts[0] == "issue": // of a digest, with the thread
		n, _ := strconv.ParseInt(parts[2], 10, 64)
		id = archive.ThreadID(n)
	case len(parts) == 2 && parts[0] == "post":
		n, _ := strconv.ParseInt(parts[1], 10, 64)
		p, err := b.Office.Store.Post(tx, archive.PostID(n))
		if err != nil && refusal.KindOf(err) != refusal.NotFound {
			return t, false, err
		}
		id = p.Thread
	}
	if id == 0 {
		return t, false, nil
	}
	t, err = b.Office.Store.Thread(tx, id)
	if err != nil && refusal.KindOf(err) == refusal.NotFound {
		return t, false, nil
	}
	return t, err == nil, err
}

// proposed is a manager's text for a list, checked like an answer: it shows nobody's address and repeats nothing that is not for it.
// What is wrong is told at once, and nobody is asked.
func (b *Letterbox) proposed(tx *db.Tx, c Conv, m lists.Member, l lists.List, typed string) (consent, error) {
	own, err := lists.Addresses(tx, m.ID)
	if err != nil {
		return consent{}, err
	}
	text, slips := lists.Discreet(typed, m, own)
	text = unsigned(text, m)
	k := consent{conv: c.ID, list: l.ID, manager: m.ID}
	k.subject, k.text = partSubject(text)
	a := answer{conv: c, manager: m, text: k.subject + "\n" + k.text}
	for _, check := range []func(*db.Tx, *answer) error{b.foreignAddresses, b.checkSecrets} {
		if err := check(tx, &a); err != nil {
			return k, err
		}
	}
	switch {
	case k.text == "":
		return k, refusal.Because(refusal.Invalid, "Behind /public there is nothing to post.")
	case utf8.RuneCountInString(k.text) > longestPost:
		return k, refusal.Because(refusal.TooBig, "A text that a member is asked about may have %d characters.", longestPost)
	case len(slips) > 0:
		return k, refusal.Because(refusal.NotAllowed, "Line %d of the text shows something of your own: %s. It goes out without your address.", slips[0].Line, letter.CleanLine(slips[0].What))
	case a.has(templates.OtherAddress):
		return k, refusal.Because(refusal.NotAllowed, "The text shows the address of somebody else: %s.", letter.CleanLine(a.guards[0].What))
	case a.has(templates.NoteWords):
		return k, refusal.Because(refusal.NotAllowed, "The text repeats words that are not for it: %q. They stand in a note, or in somebody else's letter.", letter.CleanLine(a.guards[0].What))
	}
	return k, nil
}

var subjectLine = regexp.MustCompile(`(?i)^\s*(?:subject|betreff|objet|asunto)[ \t]*:[ \t]*([^\n]*)(?:\n|$)`)

// longestSubject is how long the subject of such a post may be, in characters.
const longestSubject = 100

// partSubject takes the subject from the head of a text, "Subject: …"; without one the first sentence stands in.
func partSubject(text string) (subject, rest string) {
	text = strings.TrimSpace(lists.WithoutDoors(text))
	if found := subjectLine.FindStringSubmatch(text); found != nil {
		rest = strings.TrimSpace(text[len(found[0]):])
		if subject = clip(letter.CleanLine(found[1]), longestSubject); subject == "" {
			subject = firstSentence(rest)
		}
		return subject, rest
	}
	return firstSentence(text), text
}

// firstSentence is the first sentence of a text, in 60 characters or a little less (product.md B6, M3).
func firstSentence(text string) string {
	line := strings.Join(strings.Fields(firstLine(text)), " ")
	if i := strings.IndexAny(line, ".?!"); i > 0 && (i+1 == len(line) || line[i+1] == ' ') {
		if line[i] == '.' {
			line = line[:i]
		} else {
			line = line[:i+1]
		}
	}
	return letter.Excerpt(line, 60)
}

// withoutWriter takes the signature of the writer off a text of theirs, and finds what is left by which they could be known. Of somebody
// without a name nothing is taken off and found for a manager's eyes: it would be the name.
func (b *Letterbox) withoutWriter(tx *db.Tx, c Conv, text string) (string, []string, error) {
	if c.Anon {
		return strings.TrimSpace(text), nil, nil
	}
	m, err := lists.MemberByID(tx, c.Member)
	if err != nil {
		return "", nil, err
	}
	return withoutMember(tx, m, text)
}

// withoutMember is withoutWriter for the eyes of the writer alone.
func withoutMember(tx *db.Tx, m lists.Member, text string) (string, []string, error) {
	own, err := lists.Addresses(tx, m.ID)
	if err != nil {
		return "", nil, err
	}
	text, slips := lists.Discreet(text, m, own)
	text = unsigned(text, m)
	var shows []string
	for _, s := range slips {
		shows = append(shows, letter.CleanLine(s.What))
	}
	for _, w := range nameWords(text) {
		part := slices.ContainsFunc(strings.Fields(m.Name), func(n string) bool { return strings.EqualFold(n, w) })
		if part && !slices.Contains(shows, w) {
			shows = append(shows, w)
		}
	}
	return strings.TrimSpace(text), shows, nil
}

// closings stand above the name under a letter.
var closings = regexp.MustCompile(`(?i)^(?:(?:many |kind |best |warm )?(?:regards|wishes|thanks)|thanks|thank you|cheers|best|yours|viele grüße|liebe grüße|grüße|lg|vg|cordialement|saludos)$`)

// unsigned takes the name off the end of a text, alone on its line, with the closing above it. What is posted is signed by nobody.
func unsigned(text string, m lists.Member) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	plain := func(i int) string { return strings.Trim(strings.TrimSpace(lines[i]), ".,!–- ") }
	last := len(lines) - 1
	if last < 1 || !strings.EqualFold(plain(last), m.FirstName()) && !strings.EqualFold(plain(last), m.Name) {
		return strings.TrimSpace(text)
	}
	for last--; last > 0 && (plain(last) == "" || closings.MatchString(plain(last))); last-- {
	}
	return strings.TrimSpace(strings.Join(lines[:last+1], "\n"))
}

// askConsent asks the writer of a conversation about exactly one text (M8). t may tell why.
func (b *Letterbox) askConsent(tx *db.Tx, community lists.Community, c Conv, k consent, story string, t templates.Consent) (err error) {
	if k.id == 0 {
		if k, err = addText(tx, k); err != nil {
			return err
		}
	}
	l, err := lists.ListByID(tx, k.list)
	if err != nil {
		return err
	}
	t.Code, t.List, t.Subject, t.Text, t.Own, t.Undo, t.Days = c.Code, l.Title(), k.subject, templates.Said(k.text), k.own, l.Undo, heldDays
	if t.Readers, err = lists.Audience(tx, l.ID); err != nil {
		return err
	}
	writer, err := b.writerOf(tx, c)
	if err != nil {
		return err
	}
	t.Voice = c.Anon
	if _, t.Shows, err = withoutMember(tx, writer, k.subject+"\n"+k.text); err != nil {
		return err
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	if err := b.tellAbout(tx, community, c, k, words, story); err != nil {
		return err
	}
	return b.refile(tx, c)
}

// writerOf is the member who began a conversation, from under the seal of one without a name. What is found out with it is for that
// member's eyes.
func (b *Letterbox) writerOf(tx *db.Tx, c Conv) (lists.Member, error) {
	if !c.Anon {
		return lists.MemberByID(tx, c.Member)
	}
	who, err := b.voice(tx, c)
	if err != nil {
		return lists.Member{}, err
	}
	return lists.MemberByID(tx, who.Member)
}

// textLife is how long the address about a text works, in days: REMOVE may come late.
const textLife = 400

// tellAbout sends the writer a mail about a text. Reply goes to the address about it.
func (b *Letterbox) tellAbout(tx *db.Tx, community lists.Community, c Conv, k consent, words templates.Mail, story string) error {
	var m lists.Member // nobody's, of somebody without a name
	if c.Member != 0 {
		var err error
		if m, err = lists.MemberByID(tx, c.Member); err != nil {
			return err
		}
	}
	mail := notice.ToMember(community, m, notice.Converse, words)
	mail.Story = story
	var err error
	if mail.To, err = c.writer(tx); err != nil {
		return err
	}
	if c.Anon {
		mail = c.blind(mail)
		mail.Story = ""
	}
	mail.ReplyTo, err = b.Office.Confirm(tx, notice.Door{Community: community, Member: m, Receiver: Receiver, Object: object(sideConsent, k.id, 0), Days: textLife})
	if err != nil {
		return err
	}
	refs, err := memberReferences(tx, c.ID)
	if err != nil {
		return err
	}
	mail.InReplyTo, mail.References = lastOf(refs), refs
	sent, err := b.Office.Send(tx, mail)
	if err != nil {
		return err
	}
	return refer(tx, sent.ID, reference{conv: c.ID, rev: c.Rev, what: aConsent, held: k.id})
}

// showDraft shows a manager the writer's own letter as a post.
func (b *Letterbox) showDraft(tx *db.Tx, community lists.Community, c Conv, m lists.Member, k consent, story, first string) error {
	l, err := lists.ListByID(tx, k.list)
	if err != nil {
		return err
	}
	_, shows, err := b.withoutWriter(tx, c, k.subject+"\n"+k.text)
	if err != nil {
		return err
	}
	words, err := templates.PublicDraft{
		Code: c.Code, Member: c.Name, List: l.Title(), Subject: k.subject, Text: templates.Said(k.text), Shows: shows, Days: heldDays, First: first,
	}.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(community, m, notice.Converse, words)
	mail.Story = story
	mail.ReplyTo, err = b.Office.Confirm(tx, notice.Door{Community: community, Member: m, Receiver: Receiver, Object: object(sideDraft, k.id, 0), Days: 2 * heldDays})
	if err != nil {
		return err
	}
	ref := reference{what: aConsent, held: k.id}
	if inFolders(community, c) {
		err = b.toFolder(tx, c, m, mail, ref)
	} else {
		_, err = b.toDesk(tx, c, m.ID, mail, ref)
	}
	if err != nil {
		return err
	}
	return b.refile(tx, c)
}

// callOff takes back what the writer, or a manager, was asked.
func (b *Letterbox) callOff(tx *db.Tx, c *Call, now Conv) (string, error) {
	open, err := openTexts(tx, now.ID)
	if err != nil {
		return "", err
	}
	if len(open) == 0 {
		return "", refusal.Because(refusal.NotFound, "Nobody is asked about %s now.", now.Code)
	}
	for _, k := range open {
		if err := k.end(tx, textCalledOff); err != nil {
			return "", err
		}
	}
	if err := did(tx, now, c.Manager.ID, "took the question about a post back"); err != nil {
		return "", err
	}
	return "The question is taken back.", b.refile(tx, now)
}

// begun is the first line of an answer that was not understood.
func begun(typed string) string {
	if line := letter.CleanLine(firstLine(typed)); line != "" {
		return clip(line, 60)
	}
	return "…"
}
