package digest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

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

// A jam is a topic to which a list gives some days (product.md C5). It stands here, beside the issues that tell of it: whoever is trusted calls for
// one in a letter to digest@, or in a reply to a digest, sees what will be posted, and says YES. Nothing is posted on anybody else's word.

// jamEnds is the calendar's kind for the end of a jam's days.
const jamEnds calendar.Kind = "digest.jam"

// jamPrefix stands before the number of a jam in the rows of our tokens.
const jamPrefix = "jam:"

const (
	jamAsked      = 14   // days a draft waits for its host's word
	jamSummed     = 30   // days a summary is taken
	jamQuestions  = 1200 // characters at most
	jamSummary    = 4000
	jamAnnounced  = 400 // characters of the questions that an issue shows
	jamTagLongest = 40
)

// ownQuestions are ours, for a host who wrote none.
const ownQuestions = "What has worked for you, and what has not?\nWhat do you wish you had known before?\nWhat would you like to ask the others?"

// readJam reads a call for a jam from the first line of a letter, and the questions below it.
func readJam(l *letter.Letter) (args, below string, ok bool) {
	first, below, _ := strings.Cut(strings.TrimSpace(l.NewText().Text), "\n")
	name, args := command.Word(first)
	return args, strings.TrimSpace(below), name == "jam"
}

// callJam takes a call for a jam, or calls one off. Who called may not be proved yet: all that happens is a mail to their own address.
func (e *Editor) callJam(tx *db.Tx, in *lists.Incoming, args, below string) error {
	if err := in.Filed(tx, "a member calls for a jam"); err != nil {
		return err
	}
	word, days, _ := strings.Cut(args, " ")
	j, err := e.newJam(tx, in, word, strings.TrimSpace(days), below)
	if r, ok := refusal.As(err); ok && !r.Kind.Temporary() {
		words, err := templates.JamBack{Community: in.Community.Name, Line: letter.Excerpt("/jam "+args, 200), Why: r}.Render()
		if err != nil {
			return err
		}
		return e.Office.SendOr(tx, answerJam(in, notice.Tells, words), refusal.Because(refusal.Limit, "This call for a jam was not taken. Today's mails about your jams have been sent; they tell what such a call needs."))
	}
	if err != nil || j.state == jamDropped {
		return err
	}
	if j.id, err = addJam(tx, j); err != nil {
		return err
	}
	if err := calendar.Set(tx, jamEnds, j.id, j.to); err != nil {
		return err
	}
	return e.askJam(tx, in, j)
}

// tellJam answers the letter of somebody who is no further asked.
func (e *Editor) tellJam(tx *db.Tx, in *lists.Incoming, words templates.Mail) error {
	return e.Office.SendIfDue(tx, answerJam(in, notice.Tells, words))
}

func answerJam(in *lists.Incoming, kind notice.Kind, words templates.Mail) notice.Mail {
	mail := notice.Answer(in, kind, words)
	mail.Answer = "jam"
	return mail
}

// newJam is the draft that a call asks for; a jam in the state dropped was called off and told of.
func (e *Editor) newJam(tx *db.Tx, in *lists.Incoming, word, days, below string) (j jam, err error) {
	tag, ok := lists.Tag(strings.Trim(word, ".,:;"))
	switch {
	case in.Sender.State != lists.Active:
		return j, refusal.Say(refusal.NotAllowed, "jam.resting")
	case !ok || len(tag) > jamTagLongest:
		return j, refusal.Say(refusal.Invalid, "jam.tag")
	}
	aliases, err := lists.TagAliases(tx, in.Community.ID)
	if err != nil {
		return j, err
	}
	tag = aliases.Of(tag)
	if off(days) {
		return e.callOff(tx, in, tag)
	}
	if in.Sender.Trust < lists.Steady && !in.Sender.Manager() {
		return j, refusal.Say(refusal.NotAllowed, "jam.trust", in.Community.Address("managers"))
	}
	j = jam{community: in.Community.ID, host: in.Sender.ID, tag: tag, questions: lists.WithoutDoors(below), state: jamDraft}
	if err := keepsDraft(tx, in); err != nil {
		return j, err
	}
	if j.from, j.to, err = readDays(days, tx.Now, in.Community.Zone()); err != nil {
		return j, err
	}
	if err := freeTag(tx, j); err != nil {
		return j, err
	}
	if below == "" {
		j.questions = ownQuestions
	}
	if err := fitJam(j.questions, jamQuestions); err != nil {
		return j, err
	}
	j.list, err = jamList(tx, in.Sender)
	return j, err
}

// keepsDraft refuses a call that nobody vouches for while a draft of its host waits: the newer one would take its place, and anybody can write a From.
func keepsDraft(tx *db.Tx, in *lists.Incoming) error {
	if in.Verdict == lists.Verified {
		return nil
	}
	waits, err := hasDraft(tx, in.Sender.ID)
	if err == nil && waits {
		err = refusal.Say(refusal.NotAllowed, "jam.draft")
	}
	return err
}

// freeTag refuses a second jam with one tag.
func freeTag(tx *db.Tx, j jam) error {
	other, taken, err := jamByTag(tx, j.community, j.tag)
	if err != nil || !taken {
		return err
	}
	c, err := lists.CommunityByID(tx, j.community)
	if err != nil {
		return err
	}
	return refusal.Say(refusal.Conflict, "jam.taken", j.tag, templates.Day{At: other.from.In(c.Zone())}, templates.Day{At: other.lastDay(c.Zone())})
}

// lastDay is the beginning of its last day.
func (j jam) lastDay(zone *time.Location) time.Time { return j.to.In(zone).AddDate(0, 0, -1) }

// fitJam refuses words that everyone would read and that are too many, or private.
func fitJam(text string, most int) error {
	if n := utf8.RuneCountInString(text); n > most {
		return refusal.Say(refusal.Invalid, "jam.long", n, most)
	}
	if lists.Watermark(text) != "" {
		return refusal.Say(refusal.NotAllowed, "jam.private")
	}
	if strings.HasPrefix(strings.TrimSpace(text), "/") { // W8
		return refusal.Say(refusal.NotAllowed, "jam.slash")
	}
	return nil
}

// jamList is the list that a host's jam goes to: the oldest of those they are on and may post to.
func jamList(tx *db.Tx, m lists.Member) (lists.ListID, error) {
	all, err := lists.Subscriptions(tx, m.ID)
	if err != nil {
		return 0, err
	}
	slices.SortFunc(all, func(a, b lists.Subscription) int { return int(a.List - b.List) })
	for _, s := range all {
		l, err := lists.ListByID(tx, s.List)
		if err != nil {
			return 0, err
		}
		if l.Posting != lists.ByManagers || m.Manager() {
			return l.ID, nil
		}
	}
	return 0, refusal.Say(refusal.NotFound, "jam.no-list")
}

// callOff ends a jam before its time: its host may, and managers.
func (e *Editor) callOff(tx *db.Tx, in *lists.Incoming, tag string) (jam, error) {
	j, there, err := jamByTag(tx, in.Community.ID, tag)
	switch {
	case err != nil:
		return j, err
	case !there:
		return j, refusal.Say(refusal.NotFound, "jam.none", tag)
	case j.host != in.Sender.ID && !in.Sender.Manager():
		return j, refusal.Say(refusal.NotAllowed, "jam.not-yours", tag)
	case in.Verdict != lists.Verified:
		return j, refusal.Say(refusal.NotAllowed, "jam.unsure")
	}
	j.state = jamDropped
	if err := j.save(tx); err != nil {
		return j, err
	}
	if err := calendar.Clear(tx, jamEnds, j.id); err != nil {
		return j, err
	}
	t := templates.JamOff{Community: in.Community.Name, Tag: "#" + tag}
	words, err := t.Render()
	if err != nil {
		return j, err
	}
	if err := e.tellJam(tx, in, words); err != nil || j.host == in.Sender.ID {
		return j, err
	}
	host, err := lists.MemberByID(tx, j.host)
	if err != nil || host.State != lists.Active {
		return j, err
	}
	t.By = in.Sender.Name
	if words, err = t.Render(); err != nil {
		return j, err
	}
	_, err = e.Office.Send(tx, notice.ToMember(in.Community, host, notice.Tells, words))
	return j, err
}

// written is what is posted about a jam in the state it is in: its announcement, or its summary.
func (j jam) written(c lists.Community) (subject, text string, err error) {
	if j.state == jamOver {
		return "Summary of the jam #" + j.tag, j.summary, nil
	}
	m, err := templates.JamPost{
		Tag: "#" + j.tag, From: j.from.In(c.Zone()), To: j.lastDay(c.Zone()), Questions: templates.Said(j.questions), Managers: c.Address("managers").String(), Digest: c.Address("digest").String(),
	}.Render()
	return m.Subject, m.Text, err
}

// askJam shows whoever wrote what would be posted.
func (e *Editor) askJam(tx *db.Tx, in *lists.Incoming, j jam) error {
	l, err := lists.ListByID(tx, j.list)
	if err != nil {
		return err
	}
	subject, text, err := j.written(in.Community)
	if err != nil {
		return err
	}
	words, err := templates.JamAsk{
		Community: in.Community.Name, List: l.Title(), Tag: "#" + j.tag, Summary: j.state == jamOver, Subject: subject, Text: templates.Said(strings.TrimSpace(text)),
		Own: j.questions != ownQuestions, Days: j.asked(),
	}.Render()
	if err != nil {
		return err
	}
	mail := answerJam(in, notice.Asks, words)
	if in.Verdict == lists.Verified {
		mail.Answer = "" // in anybody else's name somebody may write without end
	}
	if mail.ReplyTo, err = e.jamDoor(tx, in.Community, in.Sender, j); err != nil {
		return err
	}
	return e.Office.SendOr(tx, mail, refusal.Because(refusal.Limit, "Nobody vouches that this call for a jam is yours, and today's questions about your jams have been sent. So nothing was done; please answer one of those mails."))
}

// asked is how many days a word about it is waited for.
func (j jam) asked() int {
	if j.state == jamOver {
		return jamSummed
	}
	return jamAsked
}

// jamDoor is where one person answers about a jam. Each state, and each version of the words, has an address of its own: the answer to an old
// question is none to a new one, and nobody says YES to words that they were not shown.
func (e *Editor) jamDoor(tx *db.Tx, c lists.Community, m lists.Member, j jam) (letter.Mailbox, error) {
	return e.Office.Confirm(tx, notice.Door{
		Community: c, Member: m, Receiver: Receiver, Object: fmt.Sprintf("%s%d:%s:%d", jamPrefix, j.id, j.state, j.version), Days: j.asked(),
	})
}

// decideJam takes a word about a jam: YES posts what was shown, NO forgets it, and everything else is the text anew, which is shown once more.
func (e *Editor) decideJam(tx *db.Tx, in *lists.Incoming, object string) error {
	number, rest, _ := strings.Cut(object, ":")
	state, version, _ := strings.Cut(rest, ":")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return lists.NoSuchAddress()
	}
	j, err := findJam(tx, id)
	if errors.Is(err, db.ErrNoRows) {
		return lists.NoSuchAddress()
	}
	if err != nil {
		return err
	}
	mine := int64(in.Sender.ID) == in.Token.Member && in.Sender.State == lists.Active && (in.Sender.ID == j.host || in.Sender.Manager() && state != string(jamDraft))
	switch {
	case !mine || in.Robot || in.Verdict == lists.Unverified || !in.Token.Live(tx.Now):
		return lists.NoSuchAddress()
	case in.Verdict != lists.Verified:
		return refusal.Because(refusal.NotAllowed, "Your mail provider did not vouch for this letter, so nothing was posted. Please send it once more from where you usually write.")
	case string(j.state) != state || j.state != jamDraft && j.state != jamOver, j.state == jamDraft && !tx.Now.Before(j.to):
		return refusal.Because(refusal.Conflict, "This is decided already, or its time is over. Nothing was done now.")
	}
	if err := in.Filed(tx, "a word about a jam"); err != nil {
		return err
	}
	return e.doJam(tx, in, j, version == strconv.FormatInt(j.version, 10))
}

// doJam does what the word says. A YES to other words than those that stand now shows these.
func (e *Editor) doJam(tx *db.Tx, in *lists.Incoming, j jam, newest bool) error {
	text := strings.TrimSpace(lists.WithoutDoors(in.Letter.NewText().Text))
	word, alone, _ := lists.Word(text)
	said, most := &j.questions, jamQuestions
	if j.state == jamOver {
		said, most = &j.summary, jamSummary
	}
	switch {
	case word == "YES" && alone && *said != "" && newest:
		return e.postJam(tx, in, j)
	case word == "NO" && alone:
		if j.state == jamDraft {
			j.state = jamDropped
		}
		j.summary = ""
		return j.save(tx)
	case (word == "YES" && alone || text == "") && *said == "":
		return refusal.Because(refusal.Invalid, "There is no summary yet. Please reply with one.")
	case text != "" && !(word == "YES" && alone):
		if err := fitJam(text, most); err != nil {
			return err
		}
		*said = text
		j.version++
		if err := j.save(tx); err != nil {
			return err
		}
	}
	return e.askJam(tx, in, j)
}

// postJam posts the announcement, or the summary below it, by the rules of the list.
func (e *Editor) postJam(tx *db.Tx, in *lists.Incoming, j jam) error {
	l, err := lists.ListByID(tx, j.list)
	if err != nil {
		return err
	}
	if j.state == jamDraft {
		if err := freeTag(tx, j); err != nil {
			return err
		}
	}
	s := lists.Standing{Member: in.Sender, Verdict: in.Verdict}
	if s.LastHour, s.LastDay, err = lists.RecentPosts(tx, l.ID, in.Sender.ID); err != nil {
		return err
	}
	switch d := lists.Decide(l, s, in.Policy); {
	case d.Refusal != nil:
		return d.Refusal
	case d.Action != lists.Accept:
		return refusal.Because(refusal.NotAllowed, "%s takes no post of yours just now. Please say YES again tomorrow.", l.Title())
	}
	post, err := e.writeJam(tx, in, j, l)
	if err != nil {
		return err
	}
	if j.state == jamDraft {
		j.state, j.post = jamLive, post.ID
		return j.save(tx)
	}
	j.state, j.summed = jamDone, post.ID
	if err := j.save(tx); err != nil {
		return err
	}
	next := ownSlot(in.Community).Next(tx.Now)
	return choose(tx, j.community, post.Thread, choicePin, over(in.Community, next), in.Sender.ID)
}

// writeJam makes the post and hands it to the list.
func (e *Editor) writeJam(tx *db.Tx, in *lists.Incoming, j jam, l lists.List) (archive.Post, error) {
	subject, text, err := j.written(in.Community)
	if err != nil {
		return archive.Post{}, err
	}
	id := letter.NewMessageID("post", in.Community.Domain)
	draft := letter.Draft{
		From: in.Sender.Mailbox(), To: []letter.Mailbox{{Name: l.Title(), Address: l.Address()}}, Subject: subject, Date: tx.Now.UTC().Truncate(time.Minute), MessageID: id, Text: text,
	}
	if j.post != 0 {
		first, err := e.Store.Post(tx, j.post)
		if err != nil && refusal.KindOf(err) != refusal.NotFound {
			return archive.Post{}, err
		}
		if err == nil && first.MessageID != "" {
			draft.InReplyTo, draft.References = []letter.MessageID{first.MessageID}, []letter.MessageID{first.MessageID}
		}
	}
	raw, err := draft.Bytes()
	if err != nil {
		return archive.Post{}, fmt.Errorf("write a post about a jam: %w", err)
	}
	post, err := letter.Parse(raw)
	if err != nil {
		return archive.Post{}, err
	}
	if err := e.Posts.PostWritten(tx, in.Community, l, in.Sender, post, in.Story); err != nil {
		return archive.Post{}, err
	}
	return e.Store.PostByMessageID(tx, l.Box, id)
}
