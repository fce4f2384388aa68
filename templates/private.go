package templates

import (
	"slices"
	"strings"
	"time"
)

// Acknowledgement tells the writer of a private letter that it arrived, and with whom (product.md B6, M2). Once for each conversation.
type Acknowledgement struct {
	Community string
	Code      string    // the conversation: K7QX
	Subject   string    `optional:"a letter may have none"`
	Managers  []string  `optional:"first names of who got it"`
	Outsider  bool      // the writer is no member
	OnDuty    string    `optional:"the first name of who is on duty"`
	Within    int       `optional:"in how many hours somebody usually answers"`
	Working   string    `optional:"on which days, for Within: mon-fri; else on all"`
	AwayUntil time.Time `optional:"all managers are away: when the first of them is back, in the reader's zone"`
	Post      bool      // a letter that was meant for everyone can be posted by a reply
	Thread    int       `optional:"the number of the thread it is about"`
	Title     string    `optional:"what that thread is called"`
	KeptDays  int       `optional:"days after the end until it is erased"`
	Doors     Doors     // of these the ombuds is named
	Phone     string    `optional:"a number for emergencies"`
	NotPassed []string  `optional:"names of attachments that were left behind"`
	Answered  time.Time `optional:"by when a person answers, in the reader's zone"`
	Without   []string  `optional:"managers whom the letter names, and who have not got it therefore"`
	Sealed    bool      // the letter is encrypted, and was passed on as it came
	Removed   []string  `optional:"people whose address stood in the letter and was taken out"`
	Foreign   bool      // nobody of the managers reads the language of the letter, in which this mail is
}

// Render writes the mail.
func (t Acknowledgement) Render() (Mail, error) { return render("acknowledgement", t) }

// ManagerNotice brings a private letter to one manager (product.md B6, M3). Its Reply-To is that manager's own private+TOKEN, and what
// is written above the marker goes to the member.
type ManagerNotice struct {
	Code         string    // the conversation
	Subject      string    `optional:"without one, the first sentence stands in"`
	Text         Said      `optional:"a letter may be an attachment alone"`
	Member       string    // how the writer is called: Dana
	Role         string    // the name that stands over the answer: Mira, for the managers
	Outsider     bool      // the writer is no member
	Address      string    `optional:"of an outsider: a name alone says nothing about a stranger"`
	Unverified   bool      // nobody vouches that the letter is the member's
	Again        bool      // the conversation was open already
	Since        int       `optional:"the year in which the writer became a member"`
	Kind         string    `optional:"what sort of member the writer is"`
	Trust        int       `optional:"the writer's level of trust; 0 is not told"`
	Posts        int       `optional:"posts the writer has on the lists"`
	Lists        []string  `optional:"lists the writer reads"`
	FromDigest   time.Time `optional:"the digest it answers"`
	FromThread   string    `optional:"the thread it is about"`
	NotPassed    []string  `optional:"names of attachments that were left behind, with why"`
	Files        []string  `optional:"names of attachments that come with it"`
	Sealed       bool      // the letter is encrypted: it is attached as it came, and nobody could look into it
	CopiesBeside int       `optional:"other addresses that the writer sent it to"`
	Earlier      []Quote   `optional:"what was said before, from our own record"`
	Others       []string  `optional:"managers who got it too"`
	Due          time.Time `optional:"when an answer is due, in the reader's zone"`
	Note         string    `optional:"the address of notes for managers only"`
	Commands     bool      // slash commands are understood
	Why          string    `optional:"why it comes now, when nobody has just written: Mira gave it to you."`
	Anonymous    bool      // the writer's name is made up
	Urgent       bool
	Without      []string `optional:"managers whom the letter names, and who have not got it therefore"`
	Foreign      string   `optional:"the language of the letter, when no manager reads it: French"`
	Advert       bool     // by its form it is advertising, and its writer was not told that it arrived
}

// Quote is something said earlier.
type Quote struct {
	Who  string
	Text Said `optional:"what it said, unless it was a picture or another file alone"`
}

// Words is the text, or that there was none.
func (q Quote) Words() Said {
	if q.Text == "" {
		return "(no words)"
	}
	return q.Text
}

// Headline is the subject, or the first sentence of the letter when the subject says nothing.
func (t ManagerNotice) Headline() string {
	if t.Subject != "" {
		return t.Subject
	}
	if first := firstSentence(string(t.Text)); first != "" {
		return `"` + clip(60, first) + `"`
	}
	return "a letter without words"
}

// firstSentence ends at the first . ? or ! that a blank or the end follows.
func firstSentence(text string) string {
	s := oneLine(text)
	for i, r := range s {
		if strings.ContainsRune(".?!", r) && (i+1 == len(s) || s[i+1] == ' ') {
			return s[:i+1]
		}
	}
	return s
}

// Render writes the mail.
func (t ManagerNotice) Render() (Mail, error) { return render("manager_notice", t) }

// ManagerAnswer is what the member gets from the managers (product.md B6, M7): the answer from its role, and nothing of the person's
// own mail.
type ManagerAnswer struct {
	Code    string // the conversation
	Subject string `optional:"a letter may have none"`
	Text    Said   `optional:"an answer may be a file alone"`
	Asked   Said   `optional:"up to three lines of what the member wrote, from our own record"`
	Public  string `optional:"an address to ask everyone instead"`
	Beside  int    `optional:"to how many addresses outside the manager's own mail went as well"`
}

// Render writes the mail.
func (t ManagerAnswer) Render() (Mail, error) { return render("manager_answer", t) }

// Guard is why a manager's answer was not sent (product.md B5).
type Guard struct {
	Kind GuardKind
	Line int    `optional:"the line of the text, counted from 1"`
	What string `optional:"what was found there, or who did it"`

	Usage string `optional:"how it would be right, for BadCommand; what was probably meant, for SlashLine"`
	Why   string `optional:"what is wrong with it, for BadCommand"`
}

// GuardKind is which reason.
type GuardKind string

// The reasons. What each needs in Guard.What stands behind it.
const (
	Unverified    GuardKind = "unverified"    // nobody vouches that the manager wrote it
	FromElse      GuardKind = "from-else"     // the manager's personal address, used from another one: that address
	OwnAddress    GuardKind = "own-address"   // G1: the manager's own address, number or signature
	OtherAddress  GuardKind = "other-address" // G2: another manager's or member's address
	NamesMember   GuardKind = "names-member"  // G5: an answer to somebody without a name names a member: whom
	NoteWords     GuardKind = "note-words"    // G3: words of a note or of another conversation
	ToColleague   GuardKind = "to-colleague"  // G6: it speaks to another manager: the words
	SlashLine     GuardKind = "slash-line"    // G7: its first line begins with / and is no command: that line
	LateCommand   GuardKind = "late-command"  // G7: a command below the text: that line
	BadCommand    GuardKind = "bad-command"   // G7: a command that has the wrong words behind it, or cannot be done: that line
	BelowNote     GuardKind = "below-note"    // there is text below a note: for the member, or a part of the note?
	Forwarded     GuardKind = "forwarded"     // G8: it looks like a forwarded mail
	EncryptedText GuardKind = "encrypted"     // it is encrypted, and cannot be checked
	NoText        GuardKind = "no-text"       // G9: nothing is left without quotes and signature
	UnsureText    GuardKind = "unsure-text"   // G9: quotes and new lines alternate
	Stale         GuardKind = "stale"         // something happened since: who did what, "Theo answered", "Jonas added a note"
	Attached      GuardKind = "attached"      // it has attachments that are not passed on: their names, with why
	ShowsAuthor   GuardKind = "shows-author"  // it has a file in which the manager's name may stand: its name
	TakesPlace    GuardKind = "takes-place"   // a command in it takes a member's place away: whose
	NoAccess      GuardKind = "no-access"     // this manager may no longer see the conversation
)

// AnswerHeld brings an answer back to its manager: why it was not sent, and exactly what would be. Its Reply-To is confirm+TOKEN.
type AnswerHeld struct {
	Code      string // the conversation
	Member    string // who would get it: Dana
	Guards    []Guard
	Text      Said     `optional:"exactly the text that would go out"`
	Files     []string `optional:"names of the files that would go out with it"`
	News      []Quote  `optional:"what happened since the manager looked"`
	NewsWaits bool     `optional:"it lies in the folders, and is not told by mail"`
	Sendable  bool     // SEND is taken: false when there is nothing to send, or nobody to send it for
	Days      int      `optional:"how long the question stays open, when Sendable"`
	Note      bool     // it is a note for managers, not an answer
	Alias     string   `optional:"the address it came from, when that can become one of the manager's own"`

	Cc       []string      `optional:"colleagues whom the manager's own mail was sent to as well"`
	Then     []string      `optional:"commands that are done when it goes out: /close"`
	Commands []CommandLine `optional:"what commands there are, after a slip"`
}

// CommandLine is one command as help shows it.
type CommandLine struct {
	Usage string // "/give NAME"
	Help  string // one sentence
}

// Retry tells whether this manager may answer once more.
func (t AnswerHeld) Retry() bool {
	return !slices.ContainsFunc(t.Guards, func(g Guard) bool { return g.Kind == NoAccess })
}

// Ask is the question it asks.
func (t AnswerHeld) Ask() Question {
	if t.Note {
		return AskNote
	}
	return AskAnswer
}

// Render writes the mail.
func (t AnswerHeld) Render() (Mail, error) { return render("answer_held", t) }

// AnswerEnd tells a manager that a returned answer is forgotten: as they said, or because they said nothing.
type AnswerEnd struct {
	Code    string // the conversation
	Member  string // who would have got it: Dana
	Subject string `optional:"a letter may have none"`
	Days    int    `optional:"how long the question was open; without it, it was the manager's word"`
}

// Render writes the mail.
func (t AnswerEnd) Render() (Mail, error) { return render("answer_end", t) }

// ColleagueAnswered shows the other managers what the member was told, so that nobody answers twice.
type ColleagueAnswered struct {
	Code      string   // the conversation
	Subject   string   `optional:"a letter may have none"`
	Colleague string   // who answered: Mira
	Member    string   // whom: Dana
	Role      string   `optional:"the name over the reader's own answer, when a reply goes to the member"`
	Text      Said     `optional:"the answer as it went out; it may be a file alone"`
	Files     []string `optional:"names of the files that went out with it"`
	Note      string   `optional:"the address of notes for managers only"`
}

// Render writes the mail.
func (t ColleagueAnswered) Render() (Mail, error) { return render("colleague_answered", t) }

// NoteCopy brings a note to a manager (product.md B6, M5). Its Reply-To is that manager's own note+TOKEN: a reply to a note is a note.
type NoteCopy struct {
	Code    string   // the conversation
	Subject string   `optional:"a letter may have none"`
	Member  string   // who never sees it: Dana
	By      string   // who wrote it: Jonas
	Text    Said     `optional:"a note may be a file alone"`
	Others  []string `optional:"managers who got it too"`
}

// Render writes the mail.
func (t NoteCopy) Render() (Mail, error) { return render("note_copy", t) }

// NoteLost gives a manager a note back that came to an address which we never gave out.
type NoteLost struct {
	Community string
	Text      Said `optional:"the note"`
}

// Render writes the mail.
func (t NoteLost) Render() (Mail, error) { return render("note_lost", t) }

// CommandsDone tells a manager what their commands did, where they would not see it otherwise.
type CommandsDone struct {
	Community string
	Code      string   `optional:"the conversation, when they were about one"`
	Member    string   `optional:"whose it is: Dana"`
	Said      []string // what happened, a sentence each
	Sent      bool     // an answer went to the member as well
	Role      string   `optional:"the name over the reader's answer there: a reply goes to the member"`
}

// Render writes the mail.
func (t CommandsDone) Render() (Mail, error) { return render("commands_done", t) }

// CommandHelp lists the commands of managers.
type CommandHelp struct {
	Community string
	Code      string `optional:"the conversation, when it was asked there"`
	Member    string `optional:"whose conversation that is"`
	Role      string `optional:"the name over the reader's answer there"`
	Note      string `optional:"the address of notes for managers only"`
	Commands  []CommandLine
}

// Render writes the mail.
func (t CommandHelp) Render() (Mail, error) { return render("command_help", t) }

// ManagerLock tells managers that one of them is locked out, or that it is asked for (product.md B15b).
type ManagerLock struct {
	Community string
	Name      string   // who: Theo
	By        []string // who wants it, or did it
	Done      bool     // it is done: two managers have said so
	You       bool     // the reader is the one who is locked out
}

// Render writes the mail.
func (t ManagerLock) Render() (Mail, error) { return render("manager_lock", t) }

// WhoKnows answers /who: who the writer is, as far as managers may know, and who sees the letter.
type WhoKnows struct {
	Code      string // the conversation
	Member    string // who wrote: Dana Reyes
	Role      string // the name over the reader's answer: a reply goes to the member
	Anonymous bool
	Outsider  bool
	Address   string   `optional:"of an outsider"`
	Since     int      `optional:"the year in which the writer became a member"`
	Kind      string   `optional:"what the member is: practitioner"`
	Trust     int      `optional:"0 is none"`
	Lists     []string `optional:"lists the writer is on"`
	Letters   int      `optional:"letters of the writer to the managers in the last year, this one among them"`
	Owner     string   `optional:"who has taken it"`
	Readers   []Sight  // managers who may see it
	Without   []string `optional:"managers who may not see it, nor that it exists"`
}

// Sight is a manager who may see a letter.
type Sight struct {
	Name string
	Seen time.Time `optional:"when they are known to have seen the newest of it"`
	Part bool      // they have seen earlier parts of it
}

// Render writes the mail.
func (t WhoKnows) Render() (Mail, error) { return render("who_knows", t) }

// LetterLog answers /log: what was said and done in a conversation.
type LetterLog struct {
	Code   string // the conversation
	Member string // who wrote
	Role   string // the name over the reader's answer: a reply goes to the member
	Lines  []LogLine
}

// LogLine is one thing that was said or done.
type LogLine struct {
	At   time.Time // in the reader's zone
	Who  string
	Deed string // "answered", "took it"
	Text Said   `optional:"what was said"`
}

// Render writes the mail.
func (t LetterLog) Render() (Mail, error) { return render("letter_log", t) }

// LetterCopy answers /export: what was said in a conversation is attached as a file.
type LetterCopy struct {
	Code   string // the conversation
	Member string // who wrote
	Role   string // the name over the reader's answer: a reply goes to the member
	Said   int    // how many letters and answers, and notes where they are in it
	Notes  bool   // the managers' notes are in it
	Part   int    // 1 for the first mail
	Parts  int
}

// Render writes the mail.
func (t LetterCopy) Render() (Mail, error) { return render("letter_copy", t) }

// CommandReturned gives a letter of commands back that was about no conversation: nothing of it was done.
type CommandReturned struct {
	Community string
	Line      string // the line that is wrong
	Why       string `optional:"what is wrong with it; without it, there is no such command"`
	Usage     string `optional:"how it would be right"`
	Text      Said   // what the manager wrote
	Commands  []CommandLine
}

// Render writes the mail.
func (t CommandReturned) Render() (Mail, error) { return render("command_returned", t) }

// MayRead asks the writer of a letter that names every manager who could read it whether they may (product.md B9). Its Reply-To is
// confirm+TOKEN; nobody sees the letter before the answer.
type MayRead struct {
	Community string
	Code      string   // the conversation
	Subject   string   `optional:"a letter may have none"`
	Names     []string `optional:"the managers: all there are; a stranger is told none"`
	Ombuds    string   `optional:"the address of ours by which somebody outside could read it instead"`
	Days      int      // how long the question stays open
	First     string   `optional:"the line that was not understood, when it is asked again"`
}

// Ask is the question it asks.
func (MayRead) Ask() Question { return AskMayRead }

// Render writes the mail.
func (t MayRead) Render() (Mail, error) { return render("may_read", t) }

// MayReadEnd tells the writer how that ended.
type MayReadEnd struct {
	Community string
	Code      string // the conversation
	Subject   string `optional:"a letter may have none"`
	Ombuds    string `optional:"who has it now; without, nobody has seen it and it is forgotten"`
	Days      int    `optional:"how long the question was open, when nobody answered it"`
	Managers  string // where to write again
}

// Render writes the mail.
func (t MayReadEnd) Render() (Mail, error) { return render("may_read_end", t) }

// WriterChoice tells the writer of a letter that a manager sees it from now on, or does not.
type WriterChoice struct {
	Community string
	Code      string   // the conversation
	Subject   string   `optional:"a letter may have none"`
	Name      string   // the manager
	Included  bool     // the manager sees it; otherwise not
	Last      bool     // nothing was changed: without that manager nobody could read it
	Ombuds    string   `optional:"somebody outside to turn to, for Last"`
	Managers  []string `optional:"who sees it now"`
}

// Render writes the mail.
func (t WriterChoice) Render() (Mail, error) { return render("writer_choice", t) }
