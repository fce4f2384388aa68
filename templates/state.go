package templates

import (
	"fmt"
	"strings"
	"time"
)

// StateReport is how a community is, for its managers; with Share, for others: then it names nobody, and tells no number about fewer
// than three people (product.md C4).
type StateReport struct {
	Community string
	Week      int       // of the year
	Until     time.Time // the end of the last week, in the zone of the community
	Share     bool

	Posting     Part  // people who posted in the last week, of all members
	PostingFour Part  // and in the last four
	PostingBy   Weeks `optional:"people, week by week"`
	Threads     int   `optional:"new ones in the last week"`
	ThreadsFour int   `optional:"and in four"`
	ThreadsFew  bool  // by fewer than three people
	ThreadsBy   Weeks `optional:"week by week"`
	Answered    int   `optional:"threads of four weeks that have a reply"`
	AnsweredFew bool
	Median      time.Duration `optional:"half of them had it within this"`
	P90         time.Duration `optional:"nine of ten had it within this"`
	MedianBy    Weeks         `optional:"minutes, week by week"`

	Unanswered    int `optional:"questions that wait for two days or more"`
	UnansweredFew bool
	Waiting       []StateThread   `optional:"some of them, by name"`
	Newcomers     []StateNewcomer `optional:"first posts of four weeks, by name"`
	InTime        Part            // first posts of four weeks that had a reply within a day
	NewMedian     time.Duration   `optional:"until the first reply to these; nobody had one, or it is to be shared"`
	Second        Part            // people with a second post within 30 days of their first
	NewBy         Weeks           `optional:"people who posted for the first time, week by week"`

	Posts      int `optional:"in four weeks"`
	Half       int `optional:"so many people wrote half of them"`
	HalfWas    int `optional:"in the four weeks before"`
	HalfFew    bool
	TopFive    Part // posts of the five who wrote most
	Gini       int  `optional:"in hundredths: 0 when all write as much, 100 when one writes all"`
	GiniFew    bool
	ByManagers Part  // posts
	ManagersBy Weeks `optional:"percent of posts, week by week"`
	ManagerWas Part  // in the four weeks before
	First      Part  // first replies that managers gave
	FirstWas   Part
	Replies    int `optional:"posts of four weeks that answer somebody else's thread"`
	RepliesFew bool

	Quiet     int `optional:"people who used to post and were silent for 60 days"`
	QuietFew  bool
	QuietSome []string `optional:"names of some of them"`

	Each    int `optional:"members who get every post"`
	Digest  int `optional:"members who get a digest"`
	NoMail  int `optional:"members who get no mail from lists"`
	Stopped int `optional:"members whose mail comes back"`
	Heat    int `optional:"threads of which the reader was warned in four weeks"`

	Vendors     Part       // of all members
	VendorPosts Part       // of four weeks
	Held        *StateHeld `optional:"posts that waited for a manager"`
	Crutch      *Crutch    `optional:"how private letters lead back; not to be shared"`
	Needs       []NeedLine `optional:"what most people asked for last month"`
	Acts        []Act      `optional:"what could be done"`
}

// StateThread is a question that waits.
type StateThread struct {
	Subject string
	Asker   string `optional:"without a name"`
	Days    int
}

// StateNewcomer is somebody's first post.
type StateNewcomer struct {
	Name    string
	Reply   time.Duration `optional:"after which the first reply came; without one, it has none"`
	Waiting time.Duration `optional:"for which it has none"`
}

// StateHeld is what became of held posts in four weeks, and of selling.
type StateHeld struct {
	Held    int         `optional:"posts that a manager had to decide about"`
	Passed  int         `optional:"of these, how many went out"`
	Same    int         `optional:"of these, how many went out as they came"`
	No      int         `optional:"and how many were refused"`
	Ease    []StateEase `optional:"lists of which less, or more, could wait"`
	Offers  int         `optional:"posts with #offer"`
	Strikes int         `optional:"posts of which their authors were told that they sold something"`
}

// StateEase is what the last held posts of a list say about how much waits there.
type StateEase struct {
	List  string // its name
	Local string // its local part
	Of    int    // posts that managers decided about last
	Same  int    `optional:"of these, how many went out as they came"`
	Word  string // RELAX or TIGHTEN
}

const none = "-"

// few is a number of people or of what they did, or the words for too few of them.
func few(is bool, text string) string {
	if is {
		return fewPeople
	}
	return text
}

// Rows are the report as a table.
func (t StateReport) Rows() []Row {
	rows := []Row{
		{"People posting", t.PostingBy, "", t.posting()},
		{"New threads", t.ThreadsBy, "", few(t.ThreadsFew, fmt.Sprintf("%d; in four weeks %d", t.Threads, t.ThreadsFour))},
		{"First reply", t.MedianBy, "min", t.firstReply()},
		{"Unanswered", nil, "", t.unanswered()},
		{"Newcomers", t.NewBy, "", t.newcomers()},
		{"Concentration", nil, "", t.concentration()},
		{"Managers", t.ManagersBy, "%", t.managers()},
		{"Replies", nil, "", t.replies()},
		{"Quiet", nil, "", t.quiet()},
	}
	if t.Share {
		return rows
	}
	rows = append(rows, Row{Label: "Delivery", Value: t.delivery()})
	if t.Heat > 0 {
		rows = append(rows, Row{Label: "Heat", Value: fmt.Sprintf("you were warned of %s in four weeks", count(t.Heat, "thread", "threads"))})
	}
	if h := t.Held; h != nil {
		if h.Held > 0 || len(h.Ease) > 0 {
			rows = append(rows, Row{Label: "Moderation", Value: h.moderation()})
		}
		rows = append(rows, Row{Label: "Sales", Value: t.sales()})
	}
	if t.Crutch != nil {
		rows = append(rows, t.Crutch.Rows()...)
	}
	if len(t.Needs) > 0 {
		var all []string
		for _, n := range t.Needs {
			all = append(all, n.Tag+" "+n.People)
		}
		rows = append(rows, Row{Label: "Asked for", Value: strings.Join(all, ", ") + " (people, last month)"})
	}
	return rows
}

// moderation is what holding changed.
func (h StateHeld) moderation() string {
	text := fmt.Sprintf("%d held, %d passed unchanged", h.Held, h.Same)
	if n := h.Passed - h.Same; n > 0 {
		text += fmt.Sprintf(", %d changed", n)
	}
	if h.No > 0 {
		text += fmt.Sprintf(", %d refused", h.No)
	}
	for i, e := range h.Ease {
		text += map[bool]string{true: "; ", false: ", "}[i == 0] + fmt.Sprintf("%d of the last %d unchanged on %s: reply %s", e.Same, e.Of, e.List, e.Word)
		if len(h.Ease) > 1 {
			text += " " + e.Local
		}
	}
	return text
}

// sales is what was offered and sold, and how much of what is read vendors write.
func (t StateReport) sales() string {
	text := fmt.Sprintf("%d #offer, %s", t.Held.Offers, count(t.Held.Strikes, "strike", "strikes"))
	if t.Vendors.known() && t.Vendors.N > 0 {
		text += fmt.Sprintf("; vendors are %s of the members and wrote %s of the posts", t.Vendors.Percent(), t.VendorPosts.Percent())
	}
	return text
}

func (t StateReport) posting() string {
	text := t.Posting.String()
	if t.Posting.known() {
		text += " (" + t.Posting.Percent() + ")"
	}
	if t.PostingFour.Few {
		return text
	}
	return text + fmt.Sprintf("; in four weeks %d (%s)", t.PostingFour.N, t.PostingFour.Percent())
}

func (t StateReport) firstReply() string {
	switch {
	case t.AnsweredFew:
		return fewPeople
	case t.Answered == 0:
		return none
	}
	return fmt.Sprintf("median %s, nine of ten within %s", span(t.Median), span(t.P90))
}

func (t StateReport) unanswered() string {
	if t.UnansweredFew || t.Unanswered == 0 {
		return few(t.UnansweredFew, "none for two days or more")
	}
	text := fmt.Sprintf("%d for two days or more", t.Unanswered)
	for i, w := range t.Waiting {
		text += map[bool]string{true: ": ", false: "; "}[i == 0] + "“" + clip(40, w.Subject) + "”"
		if w.Asker != "" {
			w.Asker += ", "
		}
		text += " (" + w.Asker + count(w.Days, "day", "days") + ")"
	}
	return text
}

func (t StateReport) newcomers() string {
	var all []string
	for _, n := range t.Newcomers {
		if n.Waiting > 0 {
			all = append(all, fmt.Sprintf("%s: none yet, %s", n.Name, span(n.Waiting)))
		} else {
			all = append(all, n.Name+": "+span(n.Reply))
		}
	}
	text := strings.Join(all, "; ")
	if text != "" {
		text += ". "
	}
	if t.InTime.none() && t.Second.none() && text == "" {
		return none
	}
	half := ""
	if t.NewMedian > 0 && !t.Share {
		half = ", median " + span(t.NewMedian)
	}
	return text + fmt.Sprintf("A reply within a day: %s%s; a second post within 30 days: %s", t.InTime, half, t.Second)
}

func (t StateReport) concentration() string {
	switch {
	case t.Posts == 0:
		return none
	case t.HalfFew:
		return fewPeople
	}
	text := fmt.Sprintf("half of %s by %s", count(t.Posts, "post", "posts"), count(t.Half, "person", "people"))
	if t.HalfWas > 0 {
		text += fmt.Sprintf(" (%d before)", t.HalfWas)
	}
	if t.TopFive.known() {
		text += "; the five busiest wrote " + t.TopFive.Percent()
	}
	if !t.GiniFew {
		text += fmt.Sprintf("; Gini 0.%02d", min(t.Gini, 99))
	}
	return text
}

func (t StateReport) managers() string {
	trend := ""
	if t.ByManagers.known() && t.ManagerWas.known() && t.ByManagers.N*t.ManagerWas.Of < t.ManagerWas.N*t.ByManagers.Of {
		trend = "; leadership is spreading"
	}
	return fmt.Sprintf("posts %s%s; first replies %s%s%s", t.ByManagers.Percent(), was(t.ManagerWas), t.First.Percent(), was(t.FirstWas), trend)
}

func (t StateReport) replies() string {
	switch {
	case t.RepliesFew:
		return fewPeople
	case t.ThreadsFour == 0:
		return none
	}
	return fmt.Sprintf("%d.%d for each new thread", t.Replies/t.ThreadsFour, t.Replies%t.ThreadsFour*10/t.ThreadsFour)
}

func (t StateReport) quiet() string {
	if t.QuietFew || t.Quiet == 0 {
		return few(t.QuietFew, "nobody who used to post was silent for 60 days")
	}
	text := fmt.Sprintf("%s silent for 60 days who used to post", count(t.Quiet, "person", "people"))
	if len(t.QuietSome) > 0 {
		text += ": " + strings.Join(t.QuietSome, ", ")
		if len(t.QuietSome) < t.Quiet {
			text += ", …"
		}
	}
	return text
}

func (t StateReport) delivery() string {
	text := fmt.Sprintf("%d get every post, %d a digest, %d no mail from lists", t.Each, t.Digest, t.NoMail)
	if t.Stopped > 0 {
		text += fmt.Sprintf("; mail to %d comes back", t.Stopped)
	}
	return text
}

// Pictured are the rows that have weeks.
func (t StateReport) Pictured() (rows []Row) {
	for _, r := range t.Rows() {
		if len(r.Weeks) > 0 {
			rows = append(rows, r)
		}
	}
	return rows
}

// Plain are the others.
func (t StateReport) Plain() (rows []Row) {
	for _, r := range t.Rows() {
		if len(r.Weeks) == 0 {
			rows = append(rows, r)
		}
	}
	return rows
}

// Render writes the mail, text and HTML.
func (t StateReport) Render() (Mail, error) { return render("state_report", t) }

// QuietPerson is somebody who used to post.
type QuietPerson struct {
	Name    string
	Address string
	Last    time.Time // when they posted last
	Subject string    `optional:"of that post"`
}

// First is the first name.
func (p QuietPerson) First() string { first, _, _ := strings.Cut(p.Name, " "); return first }

// QuietDrafts are drafts of a personal hello, one for each person; the manager sends them, or does not.
type QuietDrafts struct {
	Community string
	Manager   string        // first name
	People    []QuietPerson `optional:"nobody is quiet"`
	More      int           `optional:"people for whom there is no draft in this mail"`
	Digest    string        // where a member says HELLO OFF
}

// Render writes the mail.
func (t QuietDrafts) Render() (Mail, error) { return render("quiet_drafts", t) }

// HealthHelp is what each figure means.
type HealthHelp struct {
	Community string
}

// Render writes the mail.
func (t HealthHelp) Render() (Mail, error) { return render("health_help", t) }

// draft is what a manager may write to somebody who fell silent, as it could stand in a mail.
func draft(p QuietPerson, manager, digest string) Said {
	about := "It has been a while since you last wrote to us."
	if p.Subject != "" {
		about = "It has been a while since you wrote about \"" + clip(60, p.Subject) + "\"."
	}
	return Said("Hello " + p.First() + ",\n\n" + about + " How are you? Is there something that you would like to read about, or to tell?\n" +
		"No answer is needed. If you would rather not get such a mail, send HELLO OFF to " + digest + ".\n\n" + manager)
}
