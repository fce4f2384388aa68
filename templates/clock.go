package templates

import "time"

// ClockManager reminds a manager of a private letter that nobody has answered (product.md B6b, escalation). A reply goes to its member.
type ClockManager struct {
	Code    string    // the conversation
	Subject string    `optional:"a letter may have none"`
	Member  string    // who waits: Dana
	Role    string    // the name over the reader's answer there
	Left    int       `optional:"duty hours until it is due; 0 is overdue"`
	Due     time.Time // when it is, or was, due, in the reader's zone
	Since   time.Time // when it was written
	Owner   string    `optional:"who has taken it: the reader's own first name, or a colleague's"`
	Mine    bool      // that is the reader
	Urgent  bool
	Told    bool   // the member was told that nobody has answered
	Ombuds  bool   // and the ombuds, that a letter waits
	Text    Said   `optional:"what the member wrote"`
	Note    string `optional:"the address of notes for managers only"`
}

// Render writes the mail.
func (t ClockManager) Render() (Mail, error) { return render("clock_manager", t) }

// ClockOmbuds tells the ombuds that a private letter waits: which, how long, of what kind, and no word of it.
type ClockOmbuds struct {
	Community string
	Code      string // the conversation
	Kind      string // "a letter", "a report"
	Since     time.Time
	Days      int      `optional:"whole days that it has waited; 0 is less than one"`
	Managers  []string `optional:"who was reminded; without, there is nobody who could answer"`
	Away      bool     // all of them are away
}

// Render writes the mail.
func (t ClockOmbuds) Render() (Mail, error) { return render("clock_ombuds", t) }

// StillHere tells the writer of a private letter that nobody has answered it (product.md B6b).
type StillHere struct {
	Community string
	Code      string // the conversation
	Subject   string `optional:"a letter may have none"`
	Since     time.Time
	Managers  []string `optional:"who was reminded"`
	Ombuds    string   `optional:"who knows now that it waits"`
	Urgent    bool     // it is marked as urgent already
	Post      bool     // there is a list on which the writer could ask instead: POST NEW
}

// Render writes the mail.
func (t StillHere) Render() (Mail, error) { return render("still_here", t) }

// UrgentNoted tells the writer of a private letter that it is urgent now, as they wished.
type UrgentNoted struct {
	Community string
	Code      string // the conversation
	Subject   string `optional:"a letter may have none"`
	Managers  []string
}

// Render writes the mail.
func (t UrgentNoted) Render() (Mail, error) { return render("urgent_noted", t) }
