package templates

import (
	htmltemplate "html/template"
	"time"
)

// Confided is what was said in private. It is a type of its own, so that the page of a post, a list or a search cannot be given it: those
// take Said.
type Confided string

// confided is what was said in private as HTML, for a page of letters.
func confided(c Confided) htmltemplate.HTML { return linked(Said(c)) }

// LetterState is where a conversation stands, as its manager reads it.
type LetterState string

// The states.
const (
	LetterNew     LetterState = "new"     // nobody has taken it
	LetterMine    LetterState = "mine"    // the reader has
	LetterTaken   LetterState = "taken"   // a colleague has
	LetterAgain   LetterState = "again"   // it was answered, and its writer wrote again
	LetterReplied LetterState = "replied" // the next word is its writer's
	LetterClosed  LetterState = "closed"
	LetterOpen    LetterState = "open" // it was closed, and is open again
)

// LetterLine is a conversation with the managers, in a list or over its page.
type LetterLine struct {
	Path    string
	Code    string
	Who     Confided `optional:"who writes, as the mail names them; not where its words are covered"`
	Subject Confided `optional:"a letter may have none"`
	State   LetterState
	Owner   string    `optional:"the first name of who has taken it"`
	Tags    []string  `optional:"by which it is found"`
	Due     time.Time `optional:"when an answer is due, in the reader's zone"`
	Late    bool      // that is over
	Snoozed time.Time `optional:"until when nobody needs to look, in the reader's zone"`
	Urgent  bool
	Unread  bool
	Covered bool // its words are for folders, and for whoever signs in by password
}

// LetterGroup are the conversations of one folder.
type LetterGroup struct {
	Folder string // new, mine, waiting, reports, publish, snoozed or closed
	Lines  []LetterLine
}

// LetterDesk are the conversations of one community that its manager has copies of.
type LetterDesk struct {
	Community string
	Managers  string        // managers@cmtybc.example
	Path      string        // of its own page
	Groups    []LetterGroup `optional:"there may be none"`
	Newer     string        `optional:"the page before"`
	Older     string        `optional:"the page behind"`
}

// LettersPage shows a manager the conversations in their folders.
type LettersPage struct {
	Room
	Desks  []LetterDesk
	Closed bool // those that are done
}

// Render writes the page.
func (p LettersPage) Render() ([]byte, error) {
	title := "letters"
	if p.Closed {
		title = "letters.closed"
	}
	return renderRoom("letters", p.Room, p.titleOf(title), p)
}

// LetterFile is a file that a copy brought.
type LetterFile struct {
	Path string
	Name string
	Size int `optional:"octets"`
}

// LetterPiece is one letter of a conversation, as its manager has it.
type LetterPiece struct {
	Kind   string // letter, note, held or own
	From   Confided
	At     time.Time    // in the reader's zone
	Text   Confided     `optional:"it may be a file alone"`
	Below  Confided     `optional:"what the mail says below it"`
	Files  []LetterFile `optional:"that it brought"`
	Unread bool
}

// LetterPage shows a manager one conversation. Its title is its code: what was said in private stands in no history of a browser.
type LetterPage struct {
	Room
	Community string
	Back      string // the path of the page that lists it
	Line      LetterLine
	Pieces    []LetterPiece `optional:"none where its words are covered"`

	Rev    int         `optional:"up to where the page shows the conversation"`
	Seal   string      `optional:"proves that it was shown"`
	Role   Confided    `optional:"the name that stands over the answer; without it nothing can be written here"`
	Answer LetterDraft // to the writer
	Note   LetterDraft // for managers only
	Moves  []string    `optional:"what can be done with it: mine, close"`
	Done   string      `optional:"what was done just now: sent, noted, or one of the moves"`
	Why    Sentence    `optional:"why it could not be done"`
	Stale  bool        // the page had been open too long
	ByLink bool        // the reader signed in by a link that was mailed: it shows nothing but that they read their mail, and answers nobody
}

// LetterDraft is what stands in a box to write in.
type LetterDraft struct {
	Text   Confided `optional:"what was typed"`
	Guards []Guard  `optional:"why it was kept back"`
	Sure   string   `optional:"proves that the reasons against exactly this text were shown"`
}

// Render writes the page.
func (p LetterPage) Render() ([]byte, error) {
	return renderRoom("letter", p.Room, p.titleOf("letter", p.Line.Code), p)
}

// LetterLostPage gives somebody back what they typed, when they cannot see the letter any more or are not signed in: nothing was sent.
type LetterLostPage struct {
	Room
	Access bool     // they cannot see it any more; else nobody is signed in
	Letter string   `optional:"path of the letter, for somebody who signed in by a link meanwhile"`
	Text   Confided // what they typed
}

// Render writes the page.
func (p LetterLostPage) Render() ([]byte, error) {
	return renderRoom("lost", p.Room, p.titleOf("lost"), p)
}
