package templates

import (
	"fmt"
	"time"
)

// NeedsReport tells managers what members asked for in a month, in numbers that name nobody (product.md B6b, B13); with Share it is for
// others, and has no words of members.
type NeedsReport struct {
	Community string
	Month     time.Time  // any moment of it
	Share     bool       // for others
	Least     int        // of fewer people no number is told
	Needs     []NeedLine `optional:"no tag had enough people"`
	Quote     Said       `optional:"words of a member who let us post them"`
	Crutch    *Crutch    `optional:"how private letters lead back; for managers alone"`
	Acts      []Act      `optional:"what could be done"`
}

// NeedLine is one tag.
type NeedLine struct {
	Tag    string
	People string // a number, or "<3"
	Trend  string // up, same, down or -
	Median string
	Public string // yes, no or -

	Threads    int `optional:"of the month, with the tag"`
	Unanswered int `optional:"of these, how many have no reply"`
}

// String is the line of the table.
func (l NeedLine) String() string {
	return fmt.Sprintf("%-22s %-8s %-6s %-10s %s", clip(22, l.Tag), l.People, l.Trend, "("+l.Median+")", l.InPublic())
}

// InPublic is what there was on the lists about it.
func (l NeedLine) InPublic() string {
	if l.Threads == 0 || l.Public != "yes" {
		return l.Public
	}
	text := count(l.Threads, "thread", "threads")
	if l.Unanswered > 0 {
		text += fmt.Sprintf(", %d unanswered", l.Unanswered)
	}
	return text
}

// Row is the line as it stands in the mail.
func (l NeedLine) Row() string { return kept + "  " + l.String() }

// Head is the line above the table.
func (NeedsReport) Head() string {
	return kept + "  " + fmt.Sprintf("%-22s %-8s %-17s %s", "need", "people", "trend (median)", "in public")
}

// Render writes the mail.
func (t NeedsReport) Render() (Mail, error) { return render("needs_report", t) }
