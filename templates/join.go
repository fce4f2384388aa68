package templates

import "time"

// JoinConfirm asks whoever wrote to join@ whether they did. It holds nothing that a stranger wrote: with a forged sender it reaches
// somebody who knows nothing of it (mail-rules.md C8). Its Reply-To is confirm+TOKEN.
type JoinConfirm struct {
	Community string
	Asks      bool // questions come next
	Again     bool // the reply was none of the words
	Days      int  // how long it can be answered
}

// Render writes the mail.
func (t JoinConfirm) Render() (Mail, error) { return render("join_confirm", t) }

// JoinMember answers a member who asks to join.
type JoinMember struct {
	Community string
	Doors     Doors // of these: help and the managers
}

// Render writes the mail.
func (t JoinMember) Render() (Mail, error) { return render("join_member", t) }

// JoinQuestions asks an applicant what the community wants to know. Its Reply-To is confirm+TOKEN.
type JoinQuestions struct {
	Community string
	Questions []Said // what is asked; the mail numbers them
	Again     bool   // the reply held no answer
	Days      int    // how long they can be answered
}

// Render writes the mail.
func (t JoinQuestions) Render() (Mail, error) { return render("join_questions", t) }

// JoinWaits tells an applicant that the managers decide now.
type JoinWaits struct {
	Community string
	Hours     int    // until when they usually have decided
	Managers  string // where to ask
	Already   bool   // they had been told before: nothing new was asked of them
}

// Render writes the mail.
func (t JoinWaits) Render() (Mail, error) { return render("join_waits", t) }

// JoinAnswer is one question and what an applicant wrote to it.
type JoinAnswer struct {
	Question string
	Answer   Said `optional:"none was found"`
}

// JoinVote asks a manager to decide about an applicant (product.md C1). Its Reply-To is vote+TOKEN.
type JoinVote struct {
	Community  string
	Code       string
	Name       string `optional:"as the applicant writes it"`
	Address    string
	Answers    []JoinAnswer `optional:"what was asked"`
	Raw        Said         `optional:"what could not be assigned to a question"`
	Domain     string       // what stands behind the @
	Colleagues int          `optional:"members with an address there"`
	Sponsor    string       `optional:"the member they name"`
	Confirmed  Sponsoring   `optional:"what that member says"`
	Invited    bool         // the sponsor invited them
	Former     bool         // this address, or one of its domain, belonged to somebody who was removed
	Votes      int          // yes votes that are needed
	Hours      int          // how long the vote is open
	Decides    string       `optional:"who decides when nobody votes"`
	Conflict   bool         // the reader works where the applicant does
	You        bool         // nobody voted: the reader decides
	Asked      Said         `optional:"what a manager asked"`
	Told       Said         `optional:"what the applicant answered to that"`
}

// Sponsoring is what a member says about an applicant who names them.
type Sponsoring string

// What they say.
const (
	SponsorAsked Sponsoring = "asked" // nothing yet
	SponsorYes   Sponsoring = "yes"
	SponsorNo    Sponsoring = "no"
)

// Render writes the mail.
func (t JoinVote) Render() (Mail, error) { return render("join_vote", t) }

// Ballot is one manager's vote as other managers see it.
type Ballot struct {
	Name   string
	Choice string // YES, NO, VETO or ABSTAIN
	Words  Said   `optional:"what they wrote beside it"`
}

// JoinOutcome is where a vote stands.
type JoinOutcome string

// Where it stands.
const (
	VoteOpen     JoinOutcome = "open"
	VoteAccepted JoinOutcome = "accepted"
	VoteDeclined JoinOutcome = "declined" // the letter waits for its SEND
	VoteExpired  JoinOutcome = "expired"
)

// JoinTally tells those who have voted how the vote stands. Its Reply-To is vote+TOKEN while it is open.
type JoinTally struct {
	Community string
	Code      string
	Name      string
	Votes     []Ballot
	Needed    int // yes votes
	Outcome   JoinOutcome
	Sponsor   string     `optional:"the member the applicant names"`
	Confirmed Sponsoring `optional:"what that member says"`
	Decides   string     `optional:"who decides alone, because the votes do not"`
}

// Render writes the mail.
func (t JoinTally) Render() (Mail, error) { return render("join_tally", t) }

// JoinVoteHelp answers a manager's reply that was none of the words.
type JoinVoteHelp struct {
	Community string
	Code      string
	Name      string
	First     string `optional:"the line that was not understood"`
	Reason    bool   // a veto needs one
	Question  bool   // an ASK needs one
}

// Render writes the mail.
func (t JoinVoteHelp) Render() (Mail, error) { return render("join_vote_help", t) }

// JoinDecided answers a vote that came after the decision.
type JoinDecided struct {
	Community string
	Code      string
	Name      string `optional:"it is forgotten after a while"`
	Outcome   JoinOutcome
	When      time.Time // in the reader's zone
}

// Render writes the mail.
func (t JoinDecided) Render() (Mail, error) { return render("join_decided", t) }

// JoinAsk is what the managers ask an applicant, from their role. Its Reply-To is confirm+TOKEN.
type JoinAsk struct {
	Community string
	Question  Said
	Days      int // how long it can be answered
}

// Render writes the mail.
func (t JoinAsk) Render() (Mail, error) { return render("join_ask", t) }

// JoinAsked tells the managers what one of them asked an applicant.
type JoinAsked struct {
	Community string
	Code      string
	Name      string
	By        string
	Question  Said
}

// Render writes the mail.
func (t JoinAsked) Render() (Mail, error) { return render("join_asked", t) }

// JoinSponsor asks a member whether they know an applicant who names them. Its Reply-To is confirm+TOKEN.
type JoinSponsor struct {
	Community string
	Member    string `optional:"how the member is called"`
	Name      string `optional:"the applicant's"`
	Address   string // the applicant's
	Days      int    // how long it can be answered
	Again     bool   // the reply was none of the words
}

// Render writes the mail.
func (t JoinSponsor) Render() (Mail, error) { return render("join_sponsor", t) }

// JoinThanks thanks a member who told whether they know an applicant.
type JoinThanks struct {
	Community string
	Late      bool // the decision was made before
}

// Render writes the mail.
func (t JoinThanks) Render() (Mail, error) { return render("join_thanks", t) }

// JoinDraft shows the one who decided against an applicant the letter that will go out. Its Reply-To is vote+TOKEN.
type JoinDraft struct {
	Community string
	Code      string
	Name      string
	Subject   string
	Text      Said // the whole letter
	Others    bool // the one who decided has not sent it: any manager may
	Days      int  // after so many it goes out without a reason
}

// Render writes the mail.
func (t JoinDraft) Render() (Mail, error) { return render("join_draft", t) }

// JoinDeclined tells an applicant that they were not accepted, kindly and without a name (product.md C1).
type JoinDeclined struct {
	Community string
	Name      string `optional:"the first name"`
	Reason    Said   `optional:"what the managers want to say"`
	Managers  string // where to ask
	Days      int    // after which what they wrote is erased
}

// Render writes the mail.
func (t JoinDeclined) Render() (Mail, error) { return render("join_declined", t) }

// JoinEnd tells an applicant that nothing came of it.
type JoinEnd struct {
	Community string
	Asked     bool   // the managers' question was not answered; else the managers came to no decision
	Join      string // where to begin anew
	Managers  string
}

// Render writes the mail.
func (t JoinEnd) Render() (Mail, error) { return render("join_end", t) }

// Invitation asks somebody to become a member. Its Reply-To is confirm+TOKEN.
type Invitation struct {
	Community string
	By        string `optional:"who invites"`
	Accepted  bool   // a YES is enough; else the managers decide after it
	Again     bool   // the reply was none of the words
	Days      int    // how long it can be answered
}

// Render writes the mail.
func (t Invitation) Render() (Mail, error) { return render("invitation", t) }

// InvitationNoted tells a member what became of the addresses that they want invited.
type InvitationNoted struct {
	Community string
	All       []Invited `optional:"none: there was no address in the letter"`
}

// Invited is what became of one of them.
type Invited struct {
	Address string
	Why     Sentence `optional:"why they are not invited"`
	Unsaid  bool     // whether they are a member, or were invited before, is not told
}

// Render writes the mail.
func (t InvitationNoted) Render() (Mail, error) { return render("invitation_noted", t) }

// IntroPrompt asks a new member, a day later, to introduce themselves. Its Reply-To is everyone+TOKEN of a prepared draft.
type IntroPrompt struct {
	Community string
	Member    string `optional:"how the member is called"`
	List      string // where it will stand
	Days      int    // how long it can be answered
}

// Render writes the mail.
func (t IntroPrompt) Render() (Mail, error) { return render("intro_prompt", t) }

// IntroPreview shows a new member their introduction as it will be posted. Its Reply-To is confirm+TOKEN.
type IntroPreview struct {
	Community string
	List      string
	Readers   int `optional:"how many will get it"`
	Subject   string
	Text      Said
	Days      int
	Named     string `optional:"on, off or posted: what was wished about being named in digests"`
}

// Render writes the mail.
func (t IntroPreview) Render() (Mail, error) { return render("intro_preview", t) }

// IntroEnd tells a new member what became of their introduction.
type IntroEnd struct {
	Community string
	List      string
	Posted    bool
	Empty     bool // the reply held no text
	Late      bool // it was done before, or its time is over
}

// Render writes the mail.
func (t IntroEnd) Render() (Mail, error) { return render("intro_end", t) }

// Greeter asks a member of trust to greet somebody whose introduction was just posted (product.md C1). A reply goes to the managers; what is
// public has an address of its own.
type Greeter struct {
	Community string
	Member    string `optional:"how the reader is called"`
	Name      string `optional:"the new member's"`
	List      string // where the introduction stands
	Text      Said   // the introduction
	Everyone  string // the reader's address into its thread
	Settings  string // where GREET OFF is heard
}

// Render writes the mail.
func (t Greeter) Render() (Mail, error) { return render("greeter", t) }

// WelcomeWeek asks a new member, a week later, for the question they would rather not ask in front of everyone.
type WelcomeWeek struct {
	Community string
	Member    string `optional:"how the member is called"`
	Managers  string
}

// Render writes the mail.
func (t WelcomeWeek) Render() (Mail, error) { return render("welcome_week", t) }

// WelcomeMonth asks a new member, a month later, how it is.
type WelcomeMonth struct {
	Community string
	Member    string `optional:"how the member is called"`
	Managers  string
	Help      string
}

// Render writes the mail.
func (t WelcomeMonth) Render() (Mail, error) { return render("welcome_month", t) }

// BackAgain tells a member who left, the community or one list, and came back by UNDO what they get now.
type BackAgain struct {
	Community string
	List      string   `optional:"the one list it is about"`
	Late      bool     // the time for it is over, and they are no member
	Lists     []string `optional:"names of the lists that they are on again"`
	Doors     Doors    // how to leave after all; join and managers when it is too late
}

// Render writes the mail.
func (t BackAgain) Render() (Mail, error) { return render("back_again", t) }

// FarewellNoted thanks somebody who left for telling why.
type FarewellNoted struct{ Community string }

// Render writes the mail.
func (t FarewellNoted) Render() (Mail, error) { return render("farewell_noted", t) }

// Farewell tells the managers why somebody left, in their words.
type Farewell struct {
	Community string
	Member    string
	List      string `optional:"the one list that they left"`
	Words     Said
}

// Render writes the mail.
func (t Farewell) Render() (Mail, error) { return render("farewell", t) }
