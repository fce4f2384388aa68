package templates

import "time"

// WholeThread is all of a thread, for a member who asked for it. Its Reply-To is their address to the managers about it.
type WholeThread struct {
	Community string
	List      string // the list's name
	Number    int    // of the thread
	Title     string
	Posts     []WholePost
	Left      int    `optional:"posts behind the first that were too many for one mail"`
	Everyone  string `optional:"the reader's address into this thread"`
}

// WholePost is one post of it.
type WholePost struct {
	Who      string
	When     time.Time // in the reader's zone
	Text     Said      `optional:"a post may be a picture alone"`
	Files    Files     // what was attached
	Everyone string    `optional:"the reader's address to answer this post for everyone"`
}

// Render writes the mail.
func (t WholeThread) Render() (Mail, error) { return render("whole_thread", t) }

// NothingNew answers a member who asks for a digest now when there is none to send.
type NothingNew struct {
	Community string
	None      bool      // they get no digest
	Since     time.Time `optional:"when their last one went out, in their zone"`
	Doors     Doors
}

// Render writes the mail.
func (t NothingNew) Render() (Mail, error) { return render("nothing_new", t) }
