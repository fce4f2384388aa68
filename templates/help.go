package templates

// Which tells a member who they are in the community, as whom and from where they write.
type Which struct {
	Community string
	Name      string        `optional:"how the member is called here"`
	From      string        // the address they asked from
	Addresses []string      // the member's own; the one that mail goes to first
	Lists     []ListSetting `optional:"the lists they are on"`
	Manager   bool          // the reader is one
	Answer    string        `optional:"where words about settings are heard, which is where a reply goes"`
}

// Render writes the mail.
func (t Which) Render() (Mail, error) { return render("which", t) }

// Roster tells who is on a list, or who may see that.
type Roster struct {
	Community string
	List      string
	Shown     bool         // the reader may see it, with addresses
	People    []RosterLine `optional:"who is on the list"`
	Named     bool         // the reader may see the names
	Names     []string     `optional:"the names of who is on the list, with the addresses of those who agree"`
	Nameless  int          `optional:"how many on it have given no name"`
	Inside    bool         // the reader would see the names if they were on the list
	Managers  string
}

// RosterLine is one member of a list.
type RosterLine struct {
	Who      string // name and address
	Delivery Delivery
}

// Render writes the mail.
func (t Roster) Render() (Mail, error) { return render("roster", t) }
