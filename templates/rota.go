package templates

import "time"

// RotaWeek is one week of the managers' turns.
type RotaWeek struct {
	From    time.Time // a Monday at noon
	First   string
	Second  string `optional:"who takes over; nobody else is there"`
	Swapped bool
}

// RotaPlan shows a manager whose turn it is in the next weeks.
type RotaPlan struct {
	Community string
	Weeks     []RotaWeek
}

// Render writes the mail.
func (t RotaPlan) Render() (Mail, error) { return render("rota_plan", t) }

// RotaSwapped tells a manager that a colleague has changed weeks with them.
type RotaSwapped struct {
	Community string
	By        string
	Weeks     []RotaWeek // as they are now
}

// Render writes the mail.
func (t RotaSwapped) Render() (Mail, error) { return render("rota_swapped", t) }

// Handover is the mail of a Monday noon to those who are on duty from then on (product.md B12).
type Handover struct {
	Community string
	First     string
	Second    string       `optional:"who takes over; nobody else is there"`
	You       bool         // the reader is the first
	From      string       `optional:"who was on duty last week, when that was somebody else"`
	Next      string       `optional:"who is on duty next week, when that is somebody else"`
	Until     time.Time    // in the reader's zone
	Open      []OpenLetter `optional:"letters that are open"`
	Snoozed   int          `optional:"letters that are put off"`
	Held      int          `optional:"posts that wait"`
}

// OpenLetter is a private letter that is not closed.
type OpenLetter struct {
	Code   string
	Member string
	Waits  bool // for the managers; else for the member
	Since  time.Time
}

// Render writes the mail.
func (t Handover) Render() (Mail, error) { return render("handover", t) }

// AwayNoted tells a manager that we take them for away, because their mail program said so.
type AwayNoted struct {
	Community string
	Until     time.Time // in the reader's zone
	Guessed   bool      // their mail program did not say until when
	Managers  string    // where commands go
}

// Render writes the mail.
func (t AwayNoted) Render() (Mail, error) { return render("away_noted", t) }
