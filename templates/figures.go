package templates

import (
	"fmt"
	"strings"
	"time"
)

// Part is a part of a whole that figures tell: 3 of 9.
type Part struct {
	N   int  `optional:"nothing of it"`
	Of  int  `optional:"there is no whole"`
	Few bool // it is about fewer than three people: no number is told
}

// fewPeople stands where a number would tell of one person, or two.
const fewPeople = "fewer than 3 people"

// Percent is the part in whole percent, or a hyphen.
func (p Part) Percent() string {
	switch {
	case p.Few:
		return fewPeople
	case p.Of <= 0:
		return "-"
	}
	return fmt.Sprintf("%d %%", (100*p.N+p.Of/2)/p.Of)
}

// String is "3 of 9", or a hyphen.
func (p Part) String() string {
	switch {
	case p.Few:
		return fewPeople
	case p.Of <= 0:
		return "-"
	}
	return fmt.Sprintf("%d of %d", p.N, p.Of)
}

// known tells whether there is a number.
func (p Part) known() bool { return !p.Few && p.Of > 0 }

// none tells whether there is nothing that it could be a part of.
func (p Part) none() bool { return !p.Few && p.Of <= 0 }

// Weeks is one number for each of the last weeks, the newest last; -1 where there is nothing to tell.
type Weeks []int

var sparks = []rune("▁▂▃▄▅▆▇█")

// Spark draws the weeks in one character each: the highest is the highest one, a point is a week without a number.
func (w Weeks) Spark() string {
	most := 0
	for _, n := range w {
		most = max(most, n)
	}
	var out strings.Builder
	for _, n := range w {
		switch {
		case n < 0:
			out.WriteRune('·')
		case most == 0:
			out.WriteRune(sparks[0])
		default:
			out.WriteRune(sparks[(n*(len(sparks)-1)+most/2)/most])
		}
	}
	return out.String()
}

// Row is one line of a table of figures: what it is, how it went over the weeks, and what it is now.
type Row struct {
	Label string
	Weeks Weeks  `optional:"how it went"`
	Unit  string `optional:"of the weeks' numbers, where it is not how many: min, %"`
	Value string
}

// The columns of a row.
const (
	labelWidth = 17
	sparkWidth = 12
)

// Line is the row in a text. A table in which no row has weeks leaves their column out.
func (r Row) Line(weeks bool) string {
	first := "  " + r.Label + strings.Repeat(" ", max(0, labelWidth-columns(r.Label))) + " "
	if weeks {
		spark := r.Weeks.Spark()
		first += spark + strings.Repeat(" ", max(0, sparkWidth-columns(spark))) + "  "
	}
	lines := fill(strings.Fields(r.Value), first, strings.Repeat(" ", columns(first)), widest)
	return kept + strings.Join(lines, "\n"+kept)
}

// Bar is one week in the picture of a row.
type Bar struct {
	Height int    // pixels
	Number string // as it stands below the bar
}

// barHeight is how high the highest bar is.
const barHeight = 48

// Bars are the weeks of a row as a picture.
func (r Row) Bars() (bars []Bar) {
	most := 1
	for _, n := range r.Weeks {
		most = max(most, n)
	}
	for _, n := range r.Weeks {
		if n < 0 {
			bars = append(bars, Bar{0, "–"})
			continue
		}
		bars = append(bars, Bar{max(1, (n*barHeight+most/2)/most), r.number(n)})
	}
	return bars
}

// number is one of the weeks' numbers as people read it.
func (r Row) number(n int) string {
	if r.Unit == "min" && n >= 60 {
		return fmt.Sprintf("%dh", (n+30)/60)
	}
	if r.Unit == "min" {
		return fmt.Sprintf("%dm", n)
	}
	return fmt.Sprint(n)
}

// Described is the picture in words, for those who hear it.
func (r Row) Described() string {
	var all []string
	for _, b := range r.Bars() {
		all = append(all, b.Number)
	}
	unit := ""
	if r.Unit == "%" {
		unit = " in percent"
	}
	return r.Label + unit + ", week by week, the last one at the end: " + strings.Join(all, ", ")
}

// span is a time as people say it: 40 min, 2 h 50 min, 19 h, 3 days.
func span(d time.Duration) string {
	switch m := int(d.Round(time.Minute) / time.Minute); {
	case m < 60:
		return fmt.Sprintf("%d min", m)
	case m < 10*60 && m%60 != 0:
		return fmt.Sprintf("%d h %d min", m/60, m%60)
	case m < 48*60:
		return fmt.Sprintf("%d h", (m+30)/60)
	default:
		return fmt.Sprintf("%d days", m/(24*60))
	}
}

// ActKind is a thing that figures suggest to do.
type ActKind string

// What may be suggested.
const (
	ActPublish ActKind = "publish" // letters that could be public are not on a list
	ActDoor    ActKind = "door"    // many answer a digest and want everybody
	ActFear    ActKind = "fear"    // many letters could have been public
	ActWait    ActKind = "wait"    // managers reply first too often
	ActInvite  ActKind = "invite"  // few who wrote in private come back to the list
	ActLean    ActKind = "lean"    // most letters are from three people
	ActAnswer  ActKind = "answer"  // questions wait
	ActGreet   ActKind = "greet"   // newcomers wait for a first reply
	ActHello   ActKind = "hello"   // people fell silent
	ActSpread  ActKind = "spread"  // few people write half of it
	ActNeed    ActKind = "need"    // many ask for something in private, and no thread about it has an answer
)

// Act is one suggestion, with what makes it.
type Act struct {
	Kind  ActKind
	N     int      `optional:"how many"`
	Of    int      `optional:"of how many"`
	Codes []string `optional:"letters it is about"`
	Tag   string   `optional:"what it is about"`
}

// String is the sentence, which ends with what to do.
func (a Act) String() string {
	about := ""
	if a.Tag != "" {
		about = " about " + a.Tag
	}
	switch a.Kind {
	case ActPublish:
		return fmt.Sprintf("%s%s could have been public and %s on no list yet. Reply /public to %s: the writer is asked, and nothing is posted without a yes.",
			count(a.N, "letter", "letters"), about, map[bool]string{true: "is", false: "are"}[a.N == 1], either(a.Codes))
	case ActDoor:
		return fmt.Sprintf("%d of %d who answered a digest wanted to reach everyone, and reached you first. In your note on the next digest, say how to answer everyone: reply /top and a sentence to its preview.", a.N, a.Of)
	case ActFear:
		return fmt.Sprintf("%d of %d letters could have been asked in public. Ask a simple question on the list yourself: where managers ask, others dare to.", a.N, a.Of)
	case ActWait:
		return fmt.Sprintf("Managers gave %d of %d first replies on the lists. Let the next question wait for a day, or name somebody who knows.", a.N, a.Of)
	case ActInvite:
		return fmt.Sprintf("Of %d people who wrote to you for the first time, %d then posted on a list. End your next answer with a thread in which they would be welcome.", a.Of, a.N)
	case ActLean:
		return fmt.Sprintf("Three people wrote %d of %d letters. A call may help them more than one more answer; /close is no shame.", a.N, a.Of)
	case ActAnswer:
		return fmt.Sprintf("%s for two days or more. Ask somebody by name who knows about it, or answer yourself.", count(a.N, "question has waited", "questions have waited"))
	case ActGreet:
		return fmt.Sprintf("%s no reply yet. One friendly line on the list is enough; a member's is worth more than yours.", count(a.N, "newcomer has", "newcomers have"))
	case ActHello:
		return fmt.Sprintf("%s fallen silent. Reply HELLO to this mail and you get a draft for each; nothing is sent by itself.", count(a.N, "person who used to post has", "people who used to post have"))
	case ActSpread:
		return fmt.Sprintf("Half of all posts are by %s. Ask somebody else to begin the next thread.", count(a.N, "person", "people"))
	case ActNeed:
		return fmt.Sprintf("%d people wrote to you%s, and no thread about it has an answer. Begin one, with #%s in its subject, or call for some days about it: write \"/jam %s\" and the days to digest@.", a.N, about, a.Tag, a.Tag)
	}
	return ""
}

// either joins words as people do: K7QX, R4WD or 7PB2.
func either(all []string) string {
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + " or " + all[len(all)-1]
}

// Crutch is how private letters lead back to the lists, over four weeks (product.md B13).
type Crutch struct {
	Private    Part // letters that members began, of these and new threads
	PrivateWas Part // the same in the four weeks before
	Public     Part // of those closed, how many could have been public
	Bridged    Part // of these, how many became a thread
	Back       Part // people whose first letter was followed by a post of theirs
	TopThree   Part // letters of the three who wrote most
	First      Part // first replies on the lists that managers gave
	FirstWas   Part // in the four weeks before
	Wanted     Part // answers to a digest whose writers then wanted everybody
}

// was tells a part of the four weeks before, behind one of now.
func was(p Part) string {
	if !p.known() {
		return ""
	}
	return " (" + p.Percent() + " before)"
}

// Rows are the meter as a table.
func (c Crutch) Rows() []Row {
	fall := ""
	if c.First.known() && c.FirstWas.known() && c.First.N*c.FirstWas.Of < c.FirstWas.N*c.First.Of {
		fall = ", falling: good"
	}
	rows := []Row{
		{Label: "Private share", Value: c.Private.Percent() + was(c.PrivateWas)},
		{Label: "Could be public", Value: c.Public.String()},
		{Label: "Bridged", Value: c.Bridged.String()},
		{Label: "Back in public", Value: c.Back.String()},
		{Label: "Top 3 voices", Value: c.TopThree.Percent()},
		{Label: "Managers first", Value: c.First.Percent() + was(c.FirstWas) + fall},
		{Label: "Meant for all", Value: c.Wanted.String()},
	}
	return rows
}

// WeekReport is the week in figures, for managers (product.md B13, C4).
type WeekReport struct {
	Community  string
	Week       int           // of the year
	Posting    Part          // people who posted, of all members
	Threads    int           `optional:"new ones"`
	Unanswered int           `optional:"questions that wait for two days or more"`
	Median     time.Duration `optional:"until the first reply, over four weeks"`
	Letters    int           `optional:"that members began"`
	Thanks     int           `optional:"members who said thanks for a digest"`
	Crutch     Crutch
	Acts       []Act `optional:"what could be done"`
}

// Line is the week in one line.
func (t WeekReport) Line() string {
	parts := []string{fmt.Sprintf("%s people posted (%s)", t.Posting, t.Posting.Percent()), count(t.Threads, "new thread", "new threads")}
	if t.Median > 0 {
		parts = append(parts, "first reply after "+span(t.Median)+" (median of four weeks)")
	}
	if t.Unanswered > 0 {
		parts = append(parts, count(t.Unanswered, "question waits", "questions wait")+" for two days or more")
	}
	parts = append(parts, count(t.Letters, "letter", "letters")+" to you")
	if t.Thanks > 0 {
		parts = append(parts, count(t.Thanks, "member", "members")+" said thanks")
	}
	return strings.Join(parts, "; ") + "."
}

// Render writes the mail.
func (t WeekReport) Render() (Mail, error) { return render("week_report", t) }

// CrutchReport is the meter alone, for whoever asks for it.
type CrutchReport struct {
	Community string
	Crutch    Crutch
	Acts      []Act `optional:"what could be done"`
}

// Render writes the mail.
func (t CrutchReport) Render() (Mail, error) { return render("crutch_report", t) }
