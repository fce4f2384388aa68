package templates

// Recalled is how far a post had come when its author took it back (product.md 0.3).
type Recalled string

// How far.
const (
	RecalledUnsent  Recalled = "unsent"  // nobody had it: it is gone
	RecalledSent    Recalled = "sent"    // people have it; archive and digests have not, any more
	RecalledHeld    Recalled = "held"    // it was waiting, and is forgotten
	RecalledNothing Recalled = "nothing" // there was none
)

// TakenBack tells a member what became of their wish to take their newest post back.
type TakenBack struct {
	Community string
	Outcome   Recalled
	List      string `optional:"the list's name; not for RecalledNothing"`
	Subject   string `optional:"a post may have none"`
	Days      int    `optional:"how far back we looked, for RecalledNothing"`
	Undo      int    `optional:"seconds in which a post of this list can be stopped before anybody has it, for RecalledSent"`
	Managers  string `optional:"where to ask for help"`
}

// Render writes the mail.
func (t TakenBack) Render() (Mail, error) {
	if t.Outcome != "" && t.Outcome != RecalledNothing && t.List == "" {
		return Mail{}, errMissing("taken_back", "List")
	}
	return render("taken_back", t)
}

// PostTakenBack tells a manager that an author took a post back which people had got already.
type PostTakenBack struct {
	Community string
	List      string // the list's name
	Author    string // as managers know them
	Subject   string `optional:"a post may have none"`
}

// Render writes the mail.
func (t PostTakenBack) Render() (Mail, error) { return render("post_taken_back", t) }

// RedactedPost stands in the archive in the place of a post whose words are gone.
type RedactedPost struct {
	List     string // the list's name
	ByAuthor bool   // its author wanted it so; else a manager did
}

// Render writes the mail.
func (t RedactedPost) Render() (Mail, error) { return render("redacted_post", t) }
