package templates

import "time"

// JamPost is the post that announces a jam: a topic to which a list gives some days (product.md C5). Its subject and text are posted as they
// are, under the name of its host.
type JamPost struct {
	Tag       string    // with its #
	From, To  time.Time // its first and its last day
	Questions Said
	Managers  string // their address, for what is better said in private
	Digest    string // where JAM DAILY is sent, for a mail a day
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
	Line      string   // what was written
	Why       Sentence // one or two
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

// JamDaily tells a member what became of their wish for a mail a day while a jam lasts.
type JamDaily struct {
	Community string
	None      bool      // there is no such jam
	Off       bool      // they want it no more
	Tag       string    `optional:"with its #, when there is one"`
	From, To  time.Time `optional:"its first and its last day"`
	Hour      int       `optional:"at which it comes, by the reader's clock"`
}

// Render writes the mail.
func (t JamDaily) Render() (Mail, error) { return render("jam_daily", t) }

// JamDay is what was said in a jam since the day before. Its Reply-To is the reader's address to the managers.
type JamDay struct {
	Community string
	List      string // the list's name
	Tag       string // with its #
	Posts     int    // all new ones
	Threads   []Thread
	Left      int  `optional:"threads that were too many for one mail"`
	Last      bool // its days are over
}

// Render writes the mail.
func (t JamDay) Render() (Mail, error) { return render("jam_day", t) }
