package templates

import "time"

// Delivery is how a member gets a list.
type Delivery string

// The deliveries.
const (
	EachPost Delivery = "each"   // every post as it comes
	InDigest Delivery = "digest" // collected
	NoMail   Delivery = "none"   // to be read over IMAP or in the archive
)

// ListLine is one list of a community, as members see it.
type ListLine struct {
	Name     string
	Address  string
	Delivery Delivery `optional:"the reader's own"`
}

// Welcome greets a new member and names the doors (product.md C1).
type Welcome struct {
	Community    string
	Member       string     `optional:"how the member is called"`
	Lists        []ListLine `optional:"the lists the member is on"`
	Doors        Doors      // at least Managers
	Slot         *Slot      `optional:"when the digest comes, for those who get one"`
	Guessed      string     `optional:"where to set the time zone right that the clock of their mail speaks for"`
	Confidential bool       // what is said here stays here
	NoSales      bool       // nothing is sold here
	Rules        Said       `optional:"the community's own words"`
	IMAP         string     `optional:"the server to read the archive with a mail program"`
}

// Render writes the mail.
func (t Welcome) Render() (Mail, error) {
	if t.Doors.Managers == "" {
		return Mail{}, errMissing("welcome", "Doors.Managers")
	}
	return render("welcome", t)
}

// HelpMembers is the answer to help@: the addresses of the community in plain words.
type HelpMembers struct {
	Community string
	Lists     []ListLine `optional:"the lists that the reader may write to"`
	Doors     Doors      // at least Managers
	Slot      *Slot      `optional:"when the reader's digest comes"`
	IMAP      string     `optional:"the server to read the archive with a mail program"`
	Manager   bool       // the reader is one
}

// Render writes the mail.
func (t HelpMembers) Render() (Mail, error) {
	if t.Doors.Managers == "" {
		return Mail{}, errMissing("help_members", "Doors.Managers")
	}
	return render("help_members", t)
}

// SettingsChanged confirms a change of delivery that was asked for by an empty mail to weekly@ and its kin.
type SettingsChanged struct {
	Community string
	Delivery  Delivery
	Slot      *Slot     `optional:"when the digest comes, for InDigest"`
	Next      time.Time `optional:"when the next one comes, in the reader's zone"`
	Same      bool      // it was so already
	Lists     []string  `optional:"names of the lists it is about; none means all of them"`
	Doors     Doors     // other ways to have it
}

// Render writes the mail.
func (t SettingsChanged) Render() (Mail, error) {
	if t.Delivery == InDigest && t.Slot == nil {
		return Mail{}, errMissing("settings_changed", "Slot")
	}
	return render("settings_changed", t)
}

// LeftCommunity confirms that a member has left altogether.
type LeftCommunity struct {
	Community string
	Undo      int   `optional:"for how many days a reply undoes it; its Reply-To is confirm+TOKEN then"`
	Doors     Doors // of these: how to come back, and the managers
}

// Render writes the mail.
func (t LeftCommunity) Render() (Mail, error) { return render("left_community", t) }

// LeftList confirms that a member has left one list and is still a member.
type LeftList struct {
	Community string
	List      string   // the list's name
	Others    []string `optional:"names of the lists that the member still gets"`
	Undo      int      `optional:"for how many days a reply undoes it; its Reply-To is confirm+TOKEN then"`
	Doors     Doors    // of these: how to leave altogether, and the managers
}

// Render writes the mail.
func (t LeftList) Render() (Mail, error) { return render("left_list", t) }

// DigestOff confirms that the digest has stopped and says that this is not leaving (product.md A8).
type DigestOff struct {
	Community string
	Still     []string `optional:"names of the lists whose posts the member still gets one by one"`
	Doors     Doors    // ways to have it again, and to leave
}

// Render writes the mail.
func (t DigestOff) Render() (Mail, error) { return render("digest_off", t) }

// SetAside tells the managers that a letter broke the program and was put aside (mail-rules.md P8). It names neither sender nor
// subject: the letter may be one that not every manager should see.
type SetAside struct {
	Community string
	Story     string    // the id that trace takes
	Received  time.Time // in the community's zone
	List      string    `optional:"the list it was for; for a private letter nothing"`
}

// Render writes the mail.
func (t SetAside) Render() (Mail, error) { return render("set_aside", t) }
