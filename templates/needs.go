package templates

import (
	"fmt"
	"time"
)

// NeedsReport tells managers what members asked for in a month, in numbers that name nobody (product.md B6b, B13).
type NeedsReport struct {
	Community string
	Month     time.Time  // any moment of it
	Needs     []NeedLine `optional:"no tag had enough people"`
	Closed    int        `optional:"letters that were closed"`
	Public    int        `optional:"of these, how many could have been public"`
	Bridged   int        `optional:"of these, how many became a post"`
}

// NeedLine is one tag.
type NeedLine struct {
	Tag    string
	People string // a number, or "<3"
	Trend  string // up, same, down or -
	Median string
	Public string // yes, no or -
}

// String is the line of the table.
func (l NeedLine) String() string {
	return fmt.Sprintf("%-22s %-8s %-6s %-10s %s", clip(22, l.Tag), l.People, l.Trend, "("+l.Median+")", l.Public)
}

// Row is the line as it stands in the mail.
func (l NeedLine) Row() string { return kept + "  " + l.String() }

// Head is the line above the table.
func (NeedsReport) Head() string {
	return kept + "  " + fmt.Sprintf("%-22s %-8s %-17s %s", "need", "people", "trend (median)", "in public")
}

// Render writes the mail.
func (t NeedsReport) Render() (Mail, error) { return render("needs_report", t) }
