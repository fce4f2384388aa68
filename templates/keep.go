package templates

import "time"

// Forgotten tells a member that their private letters are erased, and honestly what is not (product.md B14).
type Forgotten struct {
	Community string
	Letters   int    `optional:"how many there were; without, there were none"`
	Below     bool   // something stood below the word FORGET, which nobody reads
	Managers  string // where to write again
}

// Render writes the mail.
func (t Forgotten) Render() (Mail, error) { return render("forgotten", t) }

// OwnAsk asks a member whether a word about their own letters, which bears their address but could not be verified, is theirs (product.md
// 0.1). It goes to the confirmed address, with Reply-To confirm+TOKEN.
type OwnAsk struct {
	Community string
	Word      string // FORGET, EXPORT or WHO READ
	Days      int    // how long the question stays open
}

// Ask is the question it asks.
func (OwnAsk) Ask() Question { return AskOwn }

// Render writes the mail.
func (t OwnAsk) Render() (Mail, error) { return render("own_ask", t) }

// LettersErased asks a manager to delete what they have of letters that their writer took back.
type LettersErased struct {
	Community string
	Member    string   // who: Dana Reyes
	Codes     []string // the conversations
}

// Render writes the mail.
func (t LettersErased) Render() (Mail, error) { return render("letters_erased", t) }

// WhoRead tells a member who has opened their private letters, as far as we know (product.md B14).
type WhoRead struct {
	Community string
	Letters   []ReadLetter `optional:"there are none"`
	More      int          `optional:"letters that are not named"`
}

// Render writes the mail.
func (t WhoRead) Render() (Mail, error) { return render("who_read", t) }

// ReadLetter is one conversation.
type ReadLetter struct {
	Code     string
	Subject  string    `optional:"a letter may have none"`
	Written  time.Time // in the member's zone
	Opened   []Opened  `optional:"nobody is known to have"`
	Sent     []string  `optional:"first names of managers who have a copy, and of whom we do not know"`
	Operator bool      // whoever runs the server was shown it on the command line
	Ombuds   bool      // the ombuds has it, or a copy
}

// Opened is one manager who has opened it.
type Opened struct {
	Name string
	At   time.Time // in the member's zone
}

// OwnData brings a member what is kept of them (product.md B14).
type OwnData struct {
	Community string
	Posts     int `optional:"may be none"`
	Letters   int `optional:"private letters and answers; may be none"`
	Part      int // 1 for the first mail
	Parts     int
}

// Render writes the mail.
func (t OwnData) Render() (Mail, error) { return render("own_data", t) }

// ExportEnd tells a member why their data does not come as an answer to this address.
type ExportEnd struct {
	Community string
	Address   string // where it goes: the member's first address
	TooSoon   bool   // it went there within the last day
}

// Render writes the mail.
func (t ExportEnd) Render() (Mail, error) { return render("export_end", t) }
