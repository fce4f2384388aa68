package templates

import "time"

// Consent asks a member whether a text may go onto a list (product.md B6, M8). Its Reply-To is confirm+TOKEN. Nothing but YES or NAMED,
// alone, posts it.
type Consent struct {
	Code    string        // the conversation
	List    string        // the list's name
	Readers int           `optional:"how many will get it"`
	Subject string        // of the post
	Text    Said          // exactly what is posted
	Own     bool          // the member wants to post it themselves: it goes out under their name
	Better  bool          // it is the member's own better text, shown once more
	Masked  bool          // it is an answer of the member in a thread in which they asked without their name
	Voice   bool          // the member writes under a made-up name: nothing may be posted under theirs
	Tells   []string      `optional:"words for which the member's own text was not taken, under a made-up name: they are a name"`
	Shows   []string      `optional:"words in it by which the member could be known"`
	Undo    time.Duration `optional:"how long it can be taken back before it goes out"`
	First   string        `optional:"the line that was not understood, when it is asked again"`
	Days    int           // how long the question stays open
}

// Ask is the question it asks.
func (t Consent) Ask() Question {
	if t.Own {
		return AskPosting
	}
	if t.Voice {
		return AskVoice
	}
	return AskConsent
}

// Render writes the mail.
func (t Consent) Render() (Mail, error) { return render("consent", t) }

// PublicDraft shows a manager the member's own letter as it would be proposed to the member (/public alone). Its Reply-To is
// confirm+TOKEN.
type PublicDraft struct {
	Code    string
	Member  string
	List    string // the list's name
	Subject string
	Text    Said
	Shows   []string `optional:"words in it by which the member could be known"`
	Days    int      // how long it waits
	First   string   `optional:"the line that was not understood, when it is asked again"`
}

// Ask is the question it asks.
func (PublicDraft) Ask() Question { return AskDraft }

// Render writes the mail.
func (t PublicDraft) Render() (Mail, error) { return render("public_draft", t) }

// ConsentOutcome is what became of a text that a member was asked about.
type ConsentOutcome string

// The outcomes.
const (
	ConsentPosted     ConsentOutcome = "posted"     // without the member's name
	ConsentNamed      ConsentOutcome = "named"      // with it
	ConsentDeclined   ConsentOutcome = "declined"   // by the member
	ConsentUndone     ConsentOutcome = "undone"     // taken back before anybody had it
	ConsentRemoved    ConsentOutcome = "removed"    // taken out of the archive and of digests to come
	ConsentCalledOff  ConsentOutcome = "called-off" // by the managers
	ConsentReplaced   ConsentOutcome = "replaced"   // by a better text
	ConsentExpired    ConsentOutcome = "expired"    // no answer came
	ConsentImpossible ConsentOutcome = "impossible" // the list does not take it
)

// ConsentEnd tells the member what became of it.
type ConsentEnd struct {
	Code     string
	Outcome  ConsentOutcome
	Again    bool          // it was so already: the word came twice, or too late
	When     time.Time     `optional:"since when, in the reader's zone; for Again"`
	List     string        // the list's name
	Subject  string        // of the post
	Own      bool          // the member wanted to post it themselves
	Undo     time.Duration `optional:"how long it can be taken back before it goes out"`
	Voice    bool          // the member writes under a made-up name
	Sent     bool          // copies of it had left when it was taken back
	Why      Sentence      `optional:"for ConsentImpossible"`
	Managers string        // where to write
}

// Render writes the mail.
func (t ConsentEnd) Render() (Mail, error) { return render("consent_end", t) }

// ConsentTold tells a manager what a member decided.
type ConsentTold struct {
	Code    string
	Member  string
	Role    string // the name that stands over the manager's answer
	Outcome ConsentOutcome
	List    string
	Subject string
	Own     bool   // the member posted it without being asked to
	Text    Said   `optional:"what was posted"`
	Days    int    `optional:"how long the question was open, for ConsentExpired"`
	Why     string `optional:"for ConsentImpossible: one sentence"`
}

// Render writes the mail.
func (t ConsentTold) Render() (Mail, error) { return render("consent_told", t) }

// ConsentWeak answers a decision that nobody vouches for.
type ConsentWeak struct {
	Code    string
	List    string
	Subject string
}

// Render writes the mail.
func (t ConsentWeak) Render() (Mail, error) { return render("consent_weak", t) }

// YouAsked brings a member who asked on a list without their name an answer from there (M10). Its Reply-To is the private door.
type YouAsked struct {
	Code    string
	List    string // the list's name
	Title   string // of the thread
	Author  string // who answered
	Text    Said   `optional:"it may be a picture alone"`
	Again   bool   // it is not the first answer
	Address string // of the list
	Voice   bool   // the reader writes under a made-up name
}

// Render writes the mail.
func (t YouAsked) Render() (Mail, error) { return render("you_asked", t) }

// NoThread answers POST with a number that is no thread's.
type NoThread struct {
	Code   string
	Number int
}

// Render writes the mail.
func (t NoThread) Render() (Mail, error) { return render("no_thread", t) }

// UneaseThanks answers a letter that says that a thread feels wrong (product.md B11): one line, and no more.
type UneaseThanks struct {
	Community string
	Title     string // of the thread
	Words     bool   // it held words of its writer's own, which nobody has read
}

// Render writes the mail.
func (t UneaseThanks) Render() (Mail, error) { return render("unease_thanks", t) }

// HeatLetter is a letter that was written about a thread under its writer's name.
type HeatLetter struct {
	Code   string
	Name   string
	Report bool
}

// HeatAlarm tells a manager that many write about one thread (product.md B6b). Its Reply-To is private+TOKEN, for commands. What this manager
// may not know of is in no number of it.
type HeatAlarm struct {
	Title     string       // of the thread
	Number    int          // of the thread
	Voices    int          // different people who wrote
	Hours     int          // since the first of them
	Letters   []HeatLetter `optional:"letters and reports among them"`
	Unease    int          `optional:"people who said that it feels wrong, without a name"`
	Posts     int          `optional:"posts of the last two days"`
	PostHours int          `optional:"since the first of these posts"`
	ByTwo     int          `optional:"how many of them the two busiest wrote, when that is most of them"`
}

// Render writes the mail.
func (t HeatAlarm) Render() (Mail, error) { return render("heat_alarm", t) }

// WatchedPost shows a manager a post of a thread that they watch.
type WatchedPost struct {
	Community string
	List      string // the list's name
	Title     string // subject of the post
	Author    string
	Text      Said `optional:"it may be a picture alone"`
}

// Render writes the mail.
func (t WatchedPost) Render() (Mail, error) { return render("watched_post", t) }

// CoolNotice tells a list, from the managers, that posts wait for a while and why (/cool).
type CoolNotice struct {
	Text     Said      // the managers' words
	Until    time.Time // in the community's zone
	Thread   bool      // one thread; else the whole list
	Managers string
}

// Render writes the mail.
func (t CoolNotice) Render() (Mail, error) { return render("cool_notice", t) }
