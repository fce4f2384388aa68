package templates

import "time"

// Question is what a held letter asks its author. A reply is read by its first line, which is one of the Words.
type Question string

// The questions.
const (
	AskPost     Question = "post"      // was this post yours?
	AskDoor     Question = "door"      // for everyone, or for the managers?
	AskRest     Question = "rest"      // the managers have it; for everyone too?
	AskWord     Question = "word"      // for the program, or for everyone?
	AskSlash    Question = "slash"     // what is this line with a slash? it is never posted
	AskNamed    Question = "named"     // with your name, or without?
	AskSender   Question = "sender"    // was this you, from another address?
	AskAnswer   Question = "answer"    // shall this answer of a manager go out?
	AskNote     Question = "note"      // shall the other managers see this note?
	AskMayRead  Question = "may-read"  // may the managers whom a letter names read it?
	AskOwn      Question = "own"       // is a word about your own letters yours?
	AskHeld     Question = "held"      // managers: shall this post go out?
	AskChange   Question = "change"    // shall this change of your membership be made?
	AskHandOver Question = "handover"  // may the ombuds hand a letter to a manager?
	AskConsent  Question = "consent"   // may this be posted for you?
	AskVoice    Question = "voice"     // the same, of somebody who writes without a name
	AskPosting  Question = "posting"   // shall this be posted under your name?
	AskDraft    Question = "draft"     // managers: shall the member be asked about this text?
	AskAnon     Question = "anon"      // does this letter go to the managers without a name?
	AskAnonMore Question = "anon-more" // the same in a conversation
	AskAnonFile Question = "anon-file" // the same of one with a file
	AskUnseal   Question = "unseal"    // managers: shall a made-up name be lifted?
	AskRemove   Question = "remove"    // managers: shall a post be removed?
	AskSales    Question = "sales"     // is this an offer?
	AskRelax    Question = "relax"     // managers: shall less be held on a list?
	AskTighten  Question = "tighten"   // managers: shall more be held there?
	AskStranger Question = "stranger"  // managers: the same about a post of somebody who is no member
	AskCalm     Question = "calm"      // shall this be posted, now that it is calmer?
	AskThread   Question = "thread"    // its thread is over: shall it begin a new one?
	AskWaits    Question = "waits"     // it waits for a manager; shall it be taken back?
	AskAsked    Question = "asked"     // a manager asks something about it
	AskFix      Question = "fix"       // a manager would like it changed

	AskAnonFileMore Question = "anon-file-more" // the same in a conversation
)

// Words are the bare words that answer a question, in capitals. Readers do not care about capitals.
func (q Question) Words() []string {
	switch q {
	case AskPost:
		return []string{"YES", "DROP"}
	case AskDoor:
		return []string{"PUBLIC", "PRIVATE", "DROP"}
	case AskWord:
		return []string{"DO", "PUBLIC", "DROP"}
	case AskSlash:
		return []string{"PRIVATE", "DROP"}
	case AskNamed:
		return []string{"NAMED", "ANON", "PRIVATE", "DROP"}
	case AskRest:
		return []string{"PUBLIC", "DROP"}
	case AskSender, AskChange, AskHandOver, AskUnseal, AskRemove, AskAnonMore, AskVoice:
		return []string{"YES", "NO"}
	case AskAnswer:
		return []string{"SEND", "NOTE", "DROP"}
	case AskNote:
		return []string{"SEND", "DROP"}
	case AskAnonFile:
		return []string{"YES", "WITH FILE", "NAME ME", "NO"}
	case AskAnonFileMore:
		return []string{"YES", "WITH FILE", "NO"}
	case AskAnon:
		return []string{"YES", "NAME ME", "NO"}
	case AskMayRead:
		return []string{"YES", "OMBUDS", "DROP"}
	case AskOwn:
		return []string{"YES"}
	case AskHeld:
		return []string{"OK", "OK ALWAYS", "NO", "ASK", "FIX"}
	case AskSales:
		return []string{"OFFER", "EDIT", "ASIS", "CANCEL"}
	case AskRelax:
		return []string{"RELAX", "NO"}
	case AskTighten:
		return []string{"TIGHTEN", "NO"}
	case AskStranger:
		return []string{"OK", "NO"}
	case AskWaits, AskAsked, AskFix:
		return []string{"CANCEL"}
	case AskConsent:
		return []string{"YES", "NAMED", "NO"}
	case AskPosting:
		return []string{"YES", "NO"}
	case AskThread:
		return []string{"NEW", "PRIVATE", "DROP"}
	case AskCalm:
		return []string{"PUBLIC", "DROP"}
	case AskDraft:
		return []string{"SEND", "DROP"}
	}
	return nil
}

// WeakPost asks a member whether a post that bears their address but could not be verified is theirs (product.md 0.1). It goes to the
// confirmed address, with Reply-To confirm+TOKEN.
type WeakPost struct {
	Community string
	List      string // the list's name
	Subject   string `optional:"a post may have none"`
	Preview   Said   `optional:"a post may be a picture alone"`
	Readers   int    `optional:"how many would get it"`
	Days      int    // how long the question stays open
}

// Ask is the question it asks.
func (WeakPost) Ask() Question { return AskPost }

// Render writes the mail.
func (t WeakPost) Render() (Mail, error) { return render("weak_post", t) }

// Doubt is a reason to think that a letter to everyone was meant for the managers (product.md 0.3).
type Doubt struct {
	Kind  DoubtKind
	Words string `optional:"the words it was seen by, for SoundsPrivate, QuotesPrivate, SlashFirst, LooseAnswer and LooseOrder"`
}

// DoubtKind is which reason.
type DoubtKind string

// The reasons.
const (
	AnswersPrivate DoubtKind = "answers-private" // W1: it answers a private letter
	AnswersDigest  DoubtKind = "answers-digest"  // W2: it answers a digest
	QuotesPrivate  DoubtKind = "quotes-private"  // W3: it holds a watermark or a personal address
	BothDoors      DoubtKind = "both-doors"      // W4: it went to the managers too
	SoundsPrivate  DoubtKind = "sounds-private"  // W5: it speaks to the managers and says that it is private
	OwnName        DoubtKind = "own-name"        // W7: its author has a post without their name in that thread
	UnsureCut      DoubtKind = "unsure-cut"      // what is new in it, and what is quoted, cannot be told apart for sure
	SlashFirst     DoubtKind = "slash-first"     // W8: its first line begins with a slash: that line
	LooseAnswer    DoubtKind = "loose-answer"    // it begins a thread and is one word that answers a question of ours: that word
	LooseOrder     DoubtKind = "loose-order"     // it may be for the program, and may as well be said to people: what it says
)

// WrongDoor stops a letter at the door of a list and asks its author where it belongs. Its Reply-To is confirm+TOKEN. Nothing but
// PUBLIC ever posts it.
type WrongDoor struct {
	Community string
	List      string // the list's name
	Doubts    []Doubt
	Delivered bool   // the managers have it already (W4): only the public part is asked about
	Never     bool   // it can never be posted as it is (W8)
	Unnamed   bool   // it can be posted with the author's name, or without (W7)
	Word      bool   // it may be for the program, and nothing else stands against it
	Subject   string `optional:"a letter may have none"`
	Preview   Said   `optional:"it may be a picture alone"`
	Readers   int    `optional:"how many would get it"`
	Days      int    // how long the question stays open
}

// Ask is the question it asks.
func (t WrongDoor) Ask() Question {
	switch {
	case t.Never:
		return AskSlash
	case t.Unnamed:
		return AskNamed
	case t.Delivered:
		return AskRest
	case t.Word:
		return AskWord
	}
	return AskDoor
}

// Render writes the mail.
func (t WrongDoor) Render() (Mail, error) { return render("wrong_door", t) }

// OtherSender asks the owner of a personal address whether a letter that came through it from elsewhere is theirs. It goes to the
// owner's confirmed address, with Reply-To confirm+TOKEN.
type OtherSender struct {
	Community string
	From      string // the address it came from, as it was written there
	Public    bool   // the personal address leads to everyone, not to the managers
	Subject   string `optional:"a letter may have none"`
	Preview   Said   `optional:"it may be a picture alone"`
	Days      int    // how long the question stays open
}

// Ask is the question it asks.
func (OtherSender) Ask() Question { return AskSender }

// Render writes the mail.
func (t OtherSender) Render() (Mail, error) { return render("other_sender", t) }

// ThreadEnded asks the author of a letter to a thread's address, where the thread is closed or asleep, what shall become of it. Its
// Reply-To is confirm+TOKEN.
type ThreadEnded struct {
	Community string
	List      string // the list's name
	Closed    bool   // its posts are gone; else the address is an old one
	Title     string `optional:"the thread's subject; of a closed one nothing is left"`
	Subject   string `optional:"a letter may have none"`
	Preview   Said   `optional:"it may be a picture alone"`
	Readers   int    `optional:"how many would get it"`
	Days      int    // how long the question stays open
}

// Ask is the question it asks.
func (ThreadEnded) Ask() Question { return AskThread }

// Render writes the mail.
func (t ThreadEnded) Render() (Mail, error) { return render("thread_ended", t) }

// PublicHelp answers a reply to a digest that begins with PUBLIC but was not posted. Its Reply-To is the address that the reply went to.
type PublicHelp struct {
	Community string
	Why       PublicWhy
	Number    string `optional:"the number that was written"`
	Title     string `optional:"the subject of the thread with that number"`
	Preview   Said   `optional:"what they wrote, so that nothing is lost"`
}

// PublicWhy is why it was not.
type PublicWhy string

// The reasons.
const (
	PublicUnknown PublicWhy = "unknown" // there is no thread of that number
	PublicNumber  PublicWhy = "number"  // there is no number
	PublicBeside  PublicWhy = "beside"  // more stands on the first line
	PublicEmpty   PublicWhy = "empty"   // nothing stands below it
	PublicForeign PublicWhy = "foreign" // it came through the address of somebody else's digest, or a very old one
)

// Render writes the mail.
func (t PublicHelp) Render() (Mail, error) { return render("public_help", t) }

// Outcome is how a held letter ended.
type Outcome string

// The outcomes.
const (
	Posted   Outcome = "posted"   // it is on the list
	Handed   Outcome = "handed"   // the managers have it
	Sent     Outcome = "sent"     // the answer went to the member
	Accepted Outcome = "accepted" // the letter went where its address leads
	Dropped  Outcome = "dropped"  // it was forgotten, as asked
	Declined Outcome = "declined" // a manager decided against it
	Expired  Outcome = "expired"  // nobody answered in time, and it was forgotten

	Undecided Outcome = "undecided" // no manager decided in time, and it was forgotten
)

// HeldEnd tells the author how their held letter ended.
type HeldEnd struct {
	Community string
	Outcome   Outcome
	Subject   string  `optional:"a letter may have none"`
	List      string  `optional:"the list's name, for Posted"`
	Days      int     `optional:"how long the question was open or the letter waited, for Expired and Undecided"`
	Free      Freedom `optional:"how the reader's posts go out from now on, when that has just changed"`
}

// Render writes the mail.
func (t HeldEnd) Render() (Mail, error) { return render("held_end", t) }

// AlreadyDecided answers a reply that came after the decision. Nothing changes by it.
type AlreadyDecided struct {
	Community string
	Outcome   Outcome
	When      time.Time // in the reader's zone
	By        string    `optional:"who decided, when it was not the reader"`
	Subject   string    `optional:"a letter may have none"`
	List      string    `optional:"the list's name, for Posted"`
}

// Render writes the mail.
func (t AlreadyDecided) Render() (Mail, error) { return render("already_decided", t) }

// ConfirmHelp answers a reply whose first line is none of the words that the question takes. It names them.
type ConfirmHelp struct {
	Community string
	Question  Question
	Subject   string `optional:"a letter may have none"`
	List      string `optional:"the list's name, for questions about posts"`
	Member    string `optional:"who would get the answer, for AskAnswer"`
	Readers   int    `optional:"how many would get it"`
	First     string `optional:"the line that was not understood"`
	Bare      bool   // First is one of the words, and the text that belongs behind it is missing
	Alias     string `optional:"for AskAnswer: the address it came from, when that can become one of the reader's own"`
}

// Render writes the mail.
func (t ConfirmHelp) Render() (Mail, error) { return render("confirm_help", t) }

// NotForYou answers a verified member who wrote to somebody else's personal address, without telling whose it is.
type NotForYou struct {
	Community string
	Doors     Doors  // addresses that exist
	Subject   string `optional:"a letter may have none"`
	Preview   Said   `optional:"their text, so that nothing is lost"`
}

// Render writes the mail.
func (t NotForYou) Render() (Mail, error) { return render("not_for_you", t) }

// PartRefused tells a verified sender which of several addresses did not take their letter. The others did.
type PartRefused struct {
	Community string
	Subject   string `optional:"a letter may have none"`
	Refused   []RefusedAddress
}

// RefusedAddress is one address and the sentence of its refusal.
type RefusedAddress struct {
	Address string
	Why     Sentence
}

// Render writes the mail.
func (t PartRefused) Render() (Mail, error) { return render("part_refused", t) }

// WaitReason is why a post waits for the managers.
type WaitReason string

// The reasons.
const (
	TooMany  WaitReason = "too-many" // more posts in an hour or a day than the list takes from one member
	Newcomer WaitReason = "newcomer" // first posts are read by a manager
	SlowMode WaitReason = "slow"     // its thread takes one post of each person for a while
	CoolDown WaitReason = "cool"     // all posts of its thread wait for a while
	Linked   WaitReason = "link"     // of a new member: it has a link or a file, or is one more within the hour
	ByRule   WaitReason = "rule"     // a rule of the list stands against it
	Changed  WaitReason = "changed"  // its author has changed it, as a manager asked
)

// PostWaits tells a member that their post waits until a manager has looked at it. Its Reply-To is confirm+TOKEN.
type PostWaits struct {
	Community string
	List      string // the list's name
	Reason    WaitReason
	Subject   string `optional:"a post may have none"`
	PerHour   int    `optional:"posts an hour, for TooMany"`
	Waited    int    `optional:"days that it has waited, when that is told once more"`
	Rule      string `optional:"which rule, for ByRule: \"it has more than 3 links\""`
	Days      int    // how long it waits
}

// Ask is the question it asks.
func (PostWaits) Ask() Question { return AskWaits }

// Render writes the mail.
func (t PostWaits) Render() (Mail, error) { return render("post_waits", t) }

// HeldPost asks the managers whether a post may go out. It goes to each of them, with Reply-To vote+TOKEN.
type HeldPost struct {
	Community string
	List      string // the list's name
	Author    string // who wrote it, as managers know them
	Reason    WaitReason
	Subject   string   `optional:"a post may have none"`
	Preview   Said     `optional:"the whole text, if there is any: nobody should let pass what they have not seen"`
	More      int      `optional:"characters that were too many to show"`
	Files     []string `optional:"names of what is attached"`
	Days      int      // how long it waits
	Stranger  bool     // its author is no member, and is not written to
	Waited    int      `optional:"days that it has waited, when managers are asked once more"`
	First     bool     // its author is new, and nothing of theirs was let pass yet
	Hours     int      `optional:"duty hours that a new member's post, or one for a founding list, has waited when managers are asked once more on the first days"`
	Rule      string   `optional:"which rule, for ByRule: \"it has more than 3 links\""`
	Said      Said     `optional:"what its author answered to a manager's question"`
}

// Ask is the question it asks.
func (t HeldPost) Ask() Question {
	if t.Stranger {
		return AskStranger
	}
	return AskHeld
}

// Render writes the mail.
func (t HeldPost) Render() (Mail, error) { return render("held_post", t) }

// PostRefused tells an author that the managers did not let a post through, in their own words and without their names.
type PostRefused struct {
	Community string
	List      string // the list's name
	Subject   string `optional:"a post may have none"`
	Reason    Said   `optional:"what the manager wrote behind NO"`
	Managers  string `optional:"where to ask"`
}

// Render writes the mail.
func (t PostRefused) Render() (Mail, error) { return render("post_refused", t) }

// CalmWaits tells a member that their post waits because its thread is slow or held, or that it need not wait any longer. Its Reply-To is
// confirm+TOKEN.
type CalmWaits struct {
	Community string
	List      string    // the list's name
	Slow      bool      // one post of each person; else every post waits
	Until     time.Time `optional:"until when, in the reader's zone; without, it is over"`
	Subject   string    `optional:"a post may have none"`
	Days      int       // how long the post waits
	Managers  string    // their address
}

// Ask is the question it asks.
func (CalmWaits) Ask() Question { return AskCalm }

// Render writes the mail.
func (t CalmWaits) Render() (Mail, error) { return render("calm_waits", t) }

// PostAsked asks an author something about a post that waits, in a manager's words and from the role. Its Reply-To is confirm+TOKEN; what
// they answer goes to the managers.
type PostAsked struct {
	Community string
	List      string // the list's name
	Subject   string `optional:"a post may have none"`
	Asked     Said   // what the manager would like to know
}

// Ask is the question it asks.
func (PostAsked) Ask() Question { return AskAsked }

// Render writes the mail.
func (t PostAsked) Render() (Mail, error) { return render("post_asked", t) }

// PostReturned gives a post back to its author with a manager's wish, from the role. Its Reply-To is confirm+TOKEN; what they write there is
// the post anew.
type PostReturned struct {
	Community string
	List      string   // the list's name
	Subject   string   `optional:"a post may have none"`
	Note      Said     // what the manager would like to see changed
	Text      Said     `optional:"the post as it is"`
	Files     []string `optional:"names of what is attached"`
	Days      int      // how long it waits
}

// Ask is the question it asks.
func (PostReturned) Ask() Question { return AskFix }

// Render writes the mail.
func (t PostReturned) Render() (Mail, error) { return render("post_returned", t) }

// WithManagers tells an author that what they wrote about a post that waits is with the managers now: an answer, or the post anew.
type WithManagers struct {
	Community string
	Anew      bool   // it is the post anew
	Subject   string `optional:"a post may have none"`
	List      string // the list's name
}

// Render writes the mail.
func (t WithManagers) Render() (Mail, error) { return render("with_managers", t) }

// HeldDone tells a manager what was done by their word about a post that waits: its author was asked, or has it back.
type HeldDone struct {
	Community string
	Asked     bool   // the author was asked; else the post went back to them
	Author    string // their first name
	Subject   string `optional:"a post may have none"`
	Days      int    // how long it waits now
}

// Render writes the mail.
func (t HeldDone) Render() (Mail, error) { return render("held_done", t) }

// HeldForgotten tells the managers that a post was forgotten because none of them decided.
type HeldForgotten struct {
	Community string
	List      string // the list's name
	Subject   string `optional:"a post may have none"`
	Author    string // who wrote it, as managers know them
	Told      bool   // the author was told
	Days      int    // how long it waited
}

// Render writes the mail.
func (t HeldForgotten) Render() (Mail, error) { return render("held_forgotten", t) }

// VersionGone tells a manager that the post they decide about was changed by its author after that mail was written.
type VersionGone struct {
	Community string
	Subject   string `optional:"a post may have none"`
}

// Render writes the mail.
func (t VersionGone) Render() (Mail, error) { return render("version_gone", t) }
