package templates

import (
	"slices"
	"time"
)

// Why is how it comes that a manager may not see a report (product.md B9).
type Why string

// The reasons.
const (
	WhyNamed    Why = "named"    // the report mentions them
	WhyAuthor   Why = "author"   // they wrote the post that it is about
	WhyEmployer Why = "employer" // they work where the writer of that post works
	WhyAsked    Why = "asked"    // the one who reports wants it so
)

// Left is a manager who may not see a report.
type Left struct {
	Name string // first name
	Why  Why
}

// reason is why several managers may not see a report, said once for all of them.
type reason struct {
	Why   Why
	Names []string
}

// Several tells whether there are more than one.
func (r reason) Several() bool { return len(r.Names) > 1 }

// reasons joins the managers of each reason, in the order in which the reasons come.
func reasons(all []Left) (found []reason) {
	for _, one := range all {
		i := slices.IndexFunc(found, func(r reason) bool { return r.Why == one.Why })
		if i < 0 {
			found = append(found, reason{Why: one.Why})
			i = len(found) - 1
		}
		found[i].Names = append(found[i].Names, one.Name)
	}
	return found
}

// included are the names of those whom a rule of ours keeps away, and whom the writer may let in.
func included(all []Left) (names []string) {
	for _, one := range all {
		if one.Why != WhyAsked {
			names = append(names, one.Name)
		}
	}
	return names
}

// ReportReceived tells somebody who reports that it arrived, with whom, and who cannot see it (product.md B6b). Its Reply-To is their
// private+TOKEN, and takes INCLUDE NAME and EXCLUDE NAME.
type ReportReceived struct {
	Community  string
	Code       string    // the report: 7PB2
	Without    []Left    `optional:"managers who cannot see it, nor that it exists"`
	With       []string  `optional:"managers who have it"`
	Ombuds     string    `optional:"the address of the ombuds"`
	OmbudsToo  bool      // the ombuds has it as well
	Hours      int       `optional:"within how many hours a person answers"`
	AwayUntil  time.Time `optional:"all who have it are away: when the first of them is back, in the reader's zone"`
	Again      bool      // it is about a further letter in the same matter
	Turned     bool      // a manager made a report of an ordinary letter
	NotPassed  []string  `optional:"names of attachments that were left behind"`
	Unverified bool      // nobody vouches for the sender, and the managers are told so
}

// Render writes the mail.
func (t ReportReceived) Render() (Mail, error) { return render("report_received", t) }

// ReportNotice brings a report to a manager who may see it. What is written above the marker goes to the one who reported.
type ReportNotice struct {
	Code       string   // the report
	Subject    string   `optional:"a report may have none"`
	Text       Said     `optional:"it may be a forwarded post alone"`
	Member     string   // who reports: Bree Okafor
	Role       string   // the name that stands over the answer
	Without    []string `optional:"managers who cannot see it"`
	Others     []string `optional:"managers who have it too"`
	OmbudsToo  bool     // the ombuds has it as well
	Post       *Quote   `optional:"the post it is about"`
	PostTitle  string   `optional:"the subject of that post"`
	History    []string `optional:"how earlier reports about the same post ended, one line each"`
	Earlier    []Quote  `optional:"what was said before"`
	Again      bool     // the conversation was open already
	Unverified bool     // nobody vouches that it is the member's
	Anonymous  bool     // the name of who reports is made up
	Urgent     bool
	Files      []string `optional:"names of attachments that come with it"`
	Sealed     bool     // it is encrypted: it is attached as it came, and nobody could look into it
	NotPassed  []string `optional:"names of attachments that were left behind"`
	Note       string   `optional:"the address of notes for managers only"`
	Why        string   `optional:"why it comes now, when nobody has just written"`
}

// RestrictedWaits tells a manager that a letter or a note which not all managers may see lies in a folder of theirs, and nothing else of it.
type RestrictedWaits struct {
	Code   string // the conversation
	Note   bool   // it is a note of a colleague
	Folder string // where it lies
	Urgent bool
}

// Render writes the mail.
func (t RestrictedWaits) Render() (Mail, error) { return render("restricted_waits", t) }

// Render writes the mail.
func (t ReportNotice) Render() (Mail, error) { return render("report_notice", t) }

// OmbudsReason is why the ombuds gets a letter.
type OmbudsReason string

// The reasons.
const (
	ForOmbuds     OmbudsReason = "written" // it was written to the ombuds
	WriterWishes  OmbudsReason = "wished"  // its writer wants the ombuds to read it instead of the managers
	NobodyMayRead OmbudsReason = "nobody"  // no manager may see the report
	OneMayRead    OmbudsReason = "one"     // one manager alone may see the report: the ombuds has a copy
	MoreOfIt      OmbudsReason = "more"    // it belongs to a letter that the ombuds has
)

// OmbudsLetter brings a private letter to the ombuds. Its Reply-To leads to the writer.
type OmbudsLetter struct {
	Community  string
	Code       string // the conversation
	Reason     OmbudsReason
	Subject    string   `optional:"a letter may have none"`
	Member     string   // who wrote
	Address    string   `optional:"of somebody who is no member"`
	Managers   []string `optional:"managers who cannot see it"`
	With       []string `optional:"managers who have it"`
	Text       Said     `optional:"a letter may be an attachment alone"`
	Post       *Quote   `optional:"the post it is about"`
	Forward    bool     // /forward-to NAME is understood
	Unverified bool     // nobody vouches that it is the member's
	Files      []string `optional:"names of attachments that come with it"`
	Sealed     bool     // it is encrypted: it is attached as it came
	NotPassed  []string `optional:"names of attachments that were left behind"`
}

// Render writes the mail.
func (t OmbudsLetter) Render() (Mail, error) { return render("ombuds_letter", t) }

// OmbudsHas tells somebody that their letter is with the ombuds, and with no manager.
type OmbudsHas struct {
	Community string
	Code      string   // the conversation
	Subject   string   `optional:"a letter may have none"`
	Ombuds    string   // the address of the ombuds
	Without   []Left   `optional:"managers because of whom"`
	Managers  string   // where the managers are written to
	Report    bool     // it is a report
	NotPassed []string `optional:"names of attachments that were left behind"`
}

// Render writes the mail.
func (t OmbudsHas) Render() (Mail, error) { return render("ombuds_has", t) }

// OmbudsLost tells somebody that the letter which the ombuds was to read, alone or beside a manager, did not get there, or the word that it waits. Its Reply-To takes INCLUDE NAME.
type OmbudsLost struct {
	Community string
	Code      string   // the conversation
	Subject   string   `optional:"a letter may have none"`
	Why       string   // what the other side said, in numbers
	Managers  []string `optional:"who could read it instead; a stranger learns no names"`
	With      []string `optional:"the managers who have it; none: the ombuds alone was to read it"`
	Address   string   `optional:"where the managers are written to; not where a letter waits"`
	Waits     bool     // what came back is not the letter, but the word that nobody has answered it
}

// Render writes the mail.
func (t OmbudsLost) Render() (Mail, error) { return render("ombuds_lost", t) }

// HandOver asks somebody whether the ombuds may give their letter to a manager. Its Reply-To is confirm+TOKEN.
type HandOver struct {
	Community string
	Code      string // the conversation
	Subject   string `optional:"a letter may have none"`
	Name      string // the manager
	Days      int    // how long the question stays open
	First     string `optional:"the line that was not understood, when it is asked again"`
	Text      Said   `optional:"what the ombuds writes about it"`
}

// Ask is the question it asks.
func (HandOver) Ask() Question { return AskHandOver }

// Render writes the mail.
func (t HandOver) Render() (Mail, error) { return render("hand_over", t) }

// OmbudsTold tells the ombuds what became of a command or a wish of theirs.
type OmbudsTold struct {
	Community string
	Code      string // the conversation
	Said      string // one sentence
}

// Render writes the mail.
func (t OmbudsTold) Render() (Mail, error) { return render("ombuds_told", t) }

// ReportOutcome is how a report ended, for the one it was about.
type ReportOutcome string

// The outcomes.
const (
	Explained ReportOutcome = "explained" // how it was read, and what is asked for
	Warned    ReportOutcome = "warned"    // it must not happen again
	OnHold    ReportOutcome = "hold"      // their posts are read by a manager first
	TakenOut  ReportOutcome = "removed"   // they are no longer a member
	NoCase    ReportOutcome = "nothing"   // nothing was to be done
)

// OutcomeLetter tells a member what the managers decided about a post or a manner of theirs, from the role. It names nobody who complained.
type OutcomeLetter struct {
	Community string
	Outcome   ReportOutcome
	Title     string `optional:"the subject of the post"`
	Words     Said   `optional:"what the managers add"`
	Managers  string // where to answer
	Ombuds    string `optional:"somebody outside to turn to"`
}

// Render writes the mail.
func (t OutcomeLetter) Render() (Mail, error) { return render("outcome_letter", t) }

// OutcomeTold tells a manager that a colleague decided a report, and that it took something from a member. Reply goes to whoever reported.
type OutcomeTold struct {
	Code    string // the conversation
	Outcome ReportOutcome
	By      string // the colleague's first name
	About   string // the member whom it was about
	Undo    string // the command that undoes it
	Member  string // who reported
	Role    string // the name over the reader's own answer
	Note    string // the address of notes for managers only
}

// Render writes the mail.
func (t OutcomeTold) Render() (Mail, error) { return render("outcome_told", t) }

// ReportClosed tells the one who reported that it is decided.
type ReportClosed struct {
	Community string
	Code      string // the report
	Outcome   ReportOutcome
	Words     Said   `optional:"what the managers add for them"`
	Ombuds    string `optional:"somebody outside to turn to"`
}

// Render writes the mail.
func (t ReportClosed) Render() (Mail, error) { return render("report_closed", t) }
