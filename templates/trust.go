package templates

import "time"

// Freedom is how somebody's posts go out.
type Freedom string

// The freedoms.
const (
	AllAtOnce   Freedom = "all"   // at once
	PlainAtOnce Freedom = "plain" // at once, but for those with a link or a file, and several in an hour
)

// Trust is a level of trust (product.md C2).
type Trust int

// The levels.
const (
	TrustNew Trust = iota
	TrustHeard
	TrustKnown
	TrustSteady
)

// TrustStep tells a member in a line that they came to another level of trust.
type TrustStep struct {
	Community string
	To        Trust  `optional:"0 is a level, too"`
	Down      bool   // they had a higher one
	Managers  string // their address
}

// Render writes the mail.
func (t TrustStep) Render() (Mail, error) { return render("trust_step", t) }

// SalesNote tells a member, privately and from the role, that a post of theirs sold something.
type SalesNote struct {
	Community string
	List      string // the list's name
	Subject   string `optional:"a post may have none"`
	Text      Said   `optional:"what the manager adds"`
	Lower     bool   // they went down a level
	Days      int    // until it comes back
	Managers  string // their address
}

// Render writes the mail.
func (t SalesNote) Render() (Mail, error) { return render("sales_note", t) }

// RemovalNote tells a member, privately and from the role, that a manager took a post of theirs out of the archive.
type RemovalNote struct {
	Community string
	List      string // the list's name
	Subject   string `optional:"a post may have none"`
	Text      Said   `optional:"what the manager adds"`
	Lower     bool   // they went down a level, and more of their posts wait
	Days      int    // until it comes back
	Managers  string // their address
}

// Render writes the mail.
func (t RemovalNote) Render() (Mail, error) { return render("removal_note", t) }

// RemoveAsk asks a manager for the one-time YES to remove a post. Its Reply-To is confirm+TOKEN.
type RemoveAsk struct {
	Community string
	List      string    // the list's name
	Subject   string    `optional:"a post may have none"`
	Author    string    // as the post names them
	Posted    time.Time // in the manager's zone
	Text      Said      `optional:"what the author reads"`
	Nobody    bool      // nobody is written to but the other managers
	Days      int       // how long it waits
}

// Ask is the question it asks.
func (RemoveAsk) Ask() Question { return AskRemove }

// Render writes the mail.
func (t RemoveAsk) Render() (Mail, error) { return render("remove_ask", t) }

// PostRemoved tells a manager that a colleague removed a post.
type PostRemoved struct {
	Community string
	By        string    // the colleague's first name
	List      string    // the list's name
	Subject   string    `optional:"a post may have none"`
	Author    string    // as the post named them
	Posted    time.Time // in the reader's zone
	Text      Said      `optional:"what the author reads, when the reader may know it"`
	Nobody    bool      // the author is not written to
	Undo      string    `optional:"the command that gives the author's level of trust back, when it cost one"`
}

// Render writes the mail.
func (t PostRemoved) Render() (Mail, error) { return render("post_removed", t) }

// Holding is how much is held on a list.
type Holding string

// How much.
const (
	HoldFounding Holding = "founding" // all posts of new and quite new members
	HoldGrowing  Holding = "growing"  // first posts, and of quite new members those with links, with files or in a row
	HoldRooted   Holding = "rooted"   // first posts with a link
)

// Ease proposes to the managers to hold less on a list, because it changed nothing, or more, because it changed much. Its Reply-To is vote+TOKEN.
type Ease struct {
	Community string
	List      string // the list's name
	Held      int    // posts of new members that managers decided about lately
	Changed   int    `optional:"in how many of them holding changed anything"`
	Relax     bool   // less is proposed; else more
	Becomes   Holding
}

// Ask is the question it asks.
func (t Ease) Ask() Question {
	if t.Relax {
		return AskRelax
	}
	return AskTighten
}

// Render writes the mail.
func (t Ease) Render() (Mail, error) { return render("ease", t) }

// EaseEnd tells a manager what came of their word about it.
type EaseEnd struct {
	Community string
	List      string  // the list's name
	Word      string  // the one that does what was proposed
	Done      bool    // it was done
	Late      bool    // it was decided before
	By        string  `optional:"who decided before, when it was not the reader"`
	Unclear   bool    // the reply has none of the words
	Becomes   Holding // how much is held now
}

// Render writes the mail.
func (t EaseEnd) Render() (Mail, error) { return render("ease_end", t) }

// SalesAsk asks an author about a post that reads like an offer. Its Reply-To is confirm+TOKEN.
type SalesAsk struct {
	Community string
	List      string // the list's name
	Subject   string `optional:"a post may have none"`
	Sign      string // by what it was seen: "it says \"20% off\""
	Days      int    // how long it waits
}

// Ask is the question it asks.
func (SalesAsk) Ask() Question { return AskSales }

// Render writes the mail.
func (t SalesAsk) Render() (Mail, error) { return render("sales_ask", t) }

// SalesEdit gives such a post back to its author, as they asked. Its Reply-To is confirm+TOKEN; what they write there is the post anew.
type SalesEdit struct {
	Community string
	List      string // the list's name
	Subject   string `optional:"a post may have none"`
	Text      Said   `optional:"the post as it is"`
	Days      int    // how long it waits
}

// Ask is the question it asks.
func (SalesEdit) Ask() Question { return AskFix }

// Render writes the mail.
func (t SalesEdit) Render() (Mail, error) { return render("sales_edit", t) }

// OfferTaken tells an author that their offer stands in the next digest.
type OfferTaken struct {
	Community string
	Subject   string
}

// Render writes the mail.
func (t OfferTaken) Render() (Mail, error) { return render("offer_taken", t) }
