package templates

// Forgetting is what becomes of the posts of a member who wants to be forgotten. The words are those that they reply.
type Forgetting string

// The ways.
const (
	ForgetKeep   Forgetting = "KEEP"   // they stay as they are
	ForgetUnname Forgetting = "UNNAME" // they stay without the name
	ForgetRemove Forgetting = "REMOVE" // the words go, too
)

// ForgetAsk asks a member who wants to be forgotten whether it was them, and what shall become of their posts.
type ForgetAsk struct {
	Community string
	First     string `optional:"the first line of a reply that was not understood: then it is asked again"`
	Days      int    // how long the question stays open
}

// Render writes the mail.
func (t ForgetAsk) Render() (Mail, error) { return render("forget_ask", t) }

// ForgetEnd tells how it ended.
type ForgetEnd struct {
	Community string
	Posts     Forgetting `optional:"what becomes of their posts; without, they said NO and nothing has changed"`
	Letters   int        `optional:"how many private letters were erased"`
	Managers  string     `optional:"whom to ask"`
}

// Render writes the mail.
func (t ForgetEnd) Render() (Mail, error) { return render("forget_end", t) }

// ForgetBack tells somebody who was forgotten that a restored backup knows them, as the only manager of a community, who cannot go.
type ForgetBack struct {
	Community string
	Member    string `optional:"their first name"`
	Managers  string // where the managers are written to
	Help      string // where FORGET ME goes
}

// Render writes the mail.
func (t ForgetBack) Render() (Mail, error) { return render("forget_back", t) }
