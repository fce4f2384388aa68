package templates

import "time"

// JamPost is the post that announces a jam: a topic to which a list gives some days (product.md C5). Its subject and text are posted as they
// are, under the name of its host.
type JamPost struct {
	Tag       string    // with its #
	From, To  time.Time // its first and its last day
	Questions Said
	Managers  string // their address, for what is better said in private
}

// OneDay tells whether it begins and ends on the same day.
func (t JamPost) OneDay() bool { return t.From.Equal(t.To) }

// Render writes it.
func (t JamPost) Render() (Mail, error) { return render("jam_post", t) }

// JamAsk shows a host what would be posted about a jam, its announcement or its summary, and asks for a word. Its Reply-To is confirm+TOKEN.
type JamAsk struct {
	Community string
	List      string // the list's name
	Tag       string // with its #
	Summary   bool   // it is the summary, after the last day
	Subject   string
	Text      Said
	Own       bool // the questions are the host's own, not ours
	Days      int  // how long the question stays open
}

// Render writes the mail.
func (t JamAsk) Render() (Mail, error) { return render("jam_ask", t) }

// JamBack tells somebody who called for a jam why there will be none like this.
type JamBack struct {
	Community string
	Line      string // what was written
	Why       string // one sentence or two
}

// Render writes the mail.
func (t JamBack) Render() (Mail, error) { return render("jam_back", t) }

// JamOff tells a host, or the manager who stopped it, that a jam is called off.
type JamOff struct {
	Community string
	Tag       string // with its #
	By        string `optional:"the manager who called it off; without, it is the reader"`
}

// Render writes the mail.
func (t JamOff) Render() (Mail, error) { return render("jam_off", t) }

// JamEnd brings a host all posts of a jam that is over, and asks for a summary. Its Reply-To is confirm+TOKEN. When the host has left, it goes
// to the managers.
type JamEnd struct {
	Community string
	List      string      // the list's name
	Tag       string      // with its #
	People    int         `optional:"who wrote"`
	Posts     []WholePost `optional:"nobody may have written"`
	Left      int         `optional:"posts that were too many for one mail"`
	Gone      bool        // the host is no longer here
	Days      int         // how long a summary is taken
}

// All counts the posts.
func (t JamEnd) All() int { return len(t.Posts) + t.Left }

// Render writes the mail.
func (t JamEnd) Render() (Mail, error) { return render("jam_end", t) }
