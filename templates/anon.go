package templates

import "time"

// AnonPreview shows a member exactly what managers would see of a letter without a name (product.md B6b). Its Reply-To is confirm+TOKEN.
type AnonPreview struct {
	Community string
	Name      string   // the made-up name: Grey Heron
	Subject   string   `optional:"a letter may have none"`
	Text      Said     `optional:"nothing may be left of it"`
	Signature int      `optional:"lines of a signature that were taken off"`
	Addresses bool     // the writer's own addresses were taken out
	Others    bool     // addresses of other members were taken out
	Files     []string `optional:"names of attachments that stay behind, each with the reason"`
	Held      []string `optional:"names of those that could go with it"`
	With      []string `optional:"names of those that go with it, as managers see them"`
	Copies    int      `optional:"other addresses that the writer sent it to, in their own name"`
	Shows     []string `optional:"what may tell who it is: \"Bree\" in line 2: your name"`
	Forwarded bool     // it looks like a letter of somebody else
	Unsure    bool     // quotes and new words alternate
	Members   int      // of the community
	Without   []string `optional:"managers whom it names"`
	All       bool     // it names all of them: they get it all the same
	Days      int      // how long the question stays open
	First     string   `optional:"the line that was not understood, when it is asked again"`
	Ombuds    string   `optional:"the address of the ombuds"`
	Again     bool     // it goes on with a conversation
}

// Ask is the question it asks.
func (t AnonPreview) Ask() Question {
	switch {
	case t.Again && len(t.Held) > 0:
		return AskAnonFileMore
	case t.Again:
		return AskAnonMore
	case len(t.Held) > 0:
		return AskAnonFile
	}
	return AskAnon
}

// Render writes the mail.
func (t AnonPreview) Render() (Mail, error) { return render("anon_preview", t) }

// AnonOutcome is how a letter without a name ended for its writer.
type AnonOutcome string

// The outcomes.
const (
	AnonSent    AnonOutcome = "sent"    // it is on its way
	AnonDropped AnonOutcome = "dropped" // forgotten, as asked
	AnonExpired AnonOutcome = "expired" // forgotten, because there was no answer
	AnonDecided AnonOutcome = "decided" // it is gone one way or the other

	AnonForgotten AnonOutcome = "forgotten" // a conversation is erased, as its writer wishes
	AnonAll       AnonOutcome = "all"       // and this is for all of them
	AnonExport    AnonOutcome = "export"    // what lies sealed is in no export
)

// AnonEnd tells the writer how a letter without a name ended. It never says which made-up name it had: nothing that stays may.
type AnonEnd struct {
	Community string
	Outcome   AnonOutcome
	Days      int    `optional:"how long the question was open, for AnonExpired"`
	Anon      string // where one writes without a name
	Managers  string // where one writes in one's own
}

// Render writes the mail.
func (t AnonEnd) Render() (Mail, error) { return render("anon_end", t) }

// UnsealAsk asks a manager for the one-time YES to learn who an anonymous member is. Its Reply-To is confirm+TOKEN.
type UnsealAsk struct {
	Code   string // the conversation
	Member string // the made-up name
	Reason Said   `optional:"why; without, it lies in a folder"`
	Folder string `optional:"the reader's IMAP folder in which the reason lies, where it is not to rest in a personal mailbox"`
	By     string `optional:"the colleague who wants it; without, it is the reader"`
	Days   int    // how long the question stays open
	Ombuds bool   // there is one, who gets a copy
}

// Ask is the question it asks.
func (UnsealAsk) Ask() Question { return AskUnseal }

// Render writes the mail.
func (t UnsealAsk) Render() (Mail, error) { return render("unseal_ask", t) }

// UnsealDone tells that two managers have learned who an anonymous member is: the member, the ombuds, and with the name the two.
type UnsealDone struct {
	Community string
	Code      string   // the conversation
	Voice     string   // the made-up name
	By        []string // who did it
	Reason    Said     // why
	Ombuds    string   `optional:"the address of the ombuds"`
	Name      string   `optional:"who it is, for the two managers alone"`
	Address   string   `optional:"the same"`

	Later time.Time `optional:"for managers and the ombuds: when the member is told, when the ombuds has put that off"`
	Was   time.Time `optional:"for the member: when it was done, when they are told later"`
	You   bool      `optional:"it goes to the member"`
	Stuck bool      `optional:"for the member: the first mail about it did not get through"`
}

// Render writes the mail.
func (t UnsealDone) Render() (Mail, error) { return render("unseal_done", t) }

// UnsealWish tells the ombuds that one manager wants to know who a made-up name is, before a second one has agreed (product.md B10).
type UnsealWish struct {
	Community string
	Code      string // the conversation
	Voice     string // the made-up name
	By        string // who wants it
	Reason    Said   // why
	Days      int    // for how many days the ombuds can put off that the member is told
}

// Render writes the mail.
func (t UnsealWish) Render() (Mail, error) { return render("unseal_wish", t) }
