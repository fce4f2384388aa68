package lists

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// Rules are what a list asks of each post, and how it hands posts on. Their zero value asks nothing. Managers are free of all but the size: somebody has to be able to
// speak.
type Rules struct {
	Moderated   bool     `json:"moderated,omitempty"`    // every post waits for a manager
	Stopped     bool     `json:"stopped,omitempty"`      // nobody but managers posts, for an emergency
	MinTrust    int      `json:"min_trust,omitempty"`    // the least level of trust that posts
	Opening     bool     `json:"opening,omitempty"`      // only managers begin threads
	MaxSize     int64    `json:"max_size,omitempty"`     // of a whole letter, in octets; 0 is no limit, as below
	Files       string   `json:"files,omitempty"`        // what may be attached: "" all, "none", or endings and kinds: "pdf,image"
	FilesRefuse bool     `json:"files_refuse,omitempty"` // other files are refused, not held
	MaxNamed    int      `json:"max_named,omitempty"`    // addresses in To and Cc
	MaxLinks    int      `json:"max_links,omitempty"`
	MaxText     int      `json:"max_text,omitempty"` // characters that are new
	Subject     bool     `json:"subject,omitempty"`  // a post needs one
	ThreadDays  int      `json:"thread_days,omitempty"`
	NoSales     bool     `json:"no_sales,omitempty"` // a no-sales-zone: what reads like an offer is asked about, and #offer goes into the digest alone
	Bans        []string `json:"bans,omitempty"`     // who may not post: addresses with * for anything
	Patterns    []string `json:"patterns,omitempty"` // "hold subject (?i)urgent": an action, a field and a regular expression
	ReplyTo     Answers  `json:"reply_to,omitempty"`
	Footer      string   `json:"footer,omitempty"` // a line below each copy that it harms nothing in; "" is none
	Roster      Insight  `json:"roster,omitempty"`
}

// Answers says where an answer to a post goes by itself.
type Answers string

// Where it goes. Everybody's answer reaches the list as well by "reply to all".
const (
	ToAuthor   Answers = ""         // to who wrote the post
	ToManagers Answers = "managers" // in private to the managers: for news, about which people have questions
	ToList     Answers = "list"     // to everybody, also what was meant for one (product.md E4)
)

// Insight says who sees who is on a list.
type Insight string

// Who sees it.
const (
	ForManagers Insight = ""        // the managers, with addresses
	ForMembers  Insight = "members" // who is on the list, too: names, and the addresses of those who agree
)

// Asks tells whether the list asks anything of its posts.
func (r Rules) Asks() bool {
	return r.Moderated || r.Stopped || r.MinTrust > 0 || r.Opening || r.MaxSize > 0 || r.Files != "" || r.MaxNamed > 0 || r.MaxLinks > 0 || r.MaxText > 0 || r.Subject ||
		r.ThreadDays > 0 || len(r.Bans) > 0 || len(r.Patterns) > 0
}

// What rules may be at most: each letter is held against all of them.
const (
	mostPatterns   = 50
	longestPattern = 200
	lookedAt       = 100_000 // characters of a text
)

// Facts are what the rules of a list look at in a post.
type Facts struct {
	Post  *letter.Letter
	Links int
	Text  string        // what is new in it
	Quiet time.Duration // since the last post of its thread; 0 when it begins one
	Opens bool          // it begins a thread
}

// Judge holds a post against the rules of its list. Accept means that none of them stands against it. A hold tells in Detail what did.
func (r Rules) Judge(l List, author Member, f Facts) Decision {
	if r.MaxSize > 0 && int64(len(f.Post.Raw())) > r.MaxSize {
		return refused(refusal.Say(refusal.TooBig, "list.large", l.Address(), sizeWords(r.MaxSize)))
	}
	if author.Manager() {
		return Decision{Action: Accept}
	}
	if d := r.may(l, author, f); d.Action != Accept {
		return d
	}
	if action, what := r.matched(f.Post, f.Text); action != Accept {
		return byPattern(l, author, action, what)
	}
	hold := ""
	switch other := r.otherFile(f.Post); {
	case other != "" && r.FilesRefuse:
		return refused(refusal.Say(refusal.NotAllowed, "list.file", other, l.Address(), r.allowed()))
	case other != "":
		hold = "it has the file " + other
	case r.Moderated:
		hold = "every post of the list is read by a manager first"
	case r.MaxNamed > 0 && len(f.Post.To())+len(f.Post.Cc()) > r.MaxNamed:
		hold = "it is addressed to more than " + count(r.MaxNamed, "address")
	case r.MaxLinks > 0 && f.Links > r.MaxLinks:
		hold = "it has more than " + count(r.MaxLinks, "link")
	case r.MaxText > 0 && len([]rune(f.Text)) > r.MaxText:
		hold = "it is longer than " + count(r.MaxText, "character")
	}
	if hold != "" {
		return Decision{Action: Hold, Why: WhyRule, Detail: hold}
	}
	return Decision{Action: Accept}
}

// may tells whether somebody may post this at all.
func (r Rules) may(l List, author Member, f Facts) Decision {
	from := author.Address.String()
	if a, err := f.Post.Author(); err == nil {
		from = a.Address.String()
	}
	switch {
	case r.Stopped:
		return refused(refusal.Say(refusal.NotAllowed, "list.stopped", l.Address(), letter.Address{Local: "managers", Domain: l.Domain}))
	case slices.ContainsFunc(r.Bans, func(b string) bool { return banned(b, from) || banned(b, author.Address.String()) }):
		return refused(refusal.Say(refusal.NotAllowed, "list.banned", l.Address(), letter.Address{Local: "managers", Domain: l.Domain}))
	case author.ID != 0 && author.Trust < r.MinTrust:
		return refused(refusal.Say(refusal.NotAllowed, "list.steady", l.Address()))
	case r.Opening && f.Opens:
		return refused(refusal.Say(refusal.NotAllowed, "list.opening", l.Address(), letter.Address{Local: "managers", Domain: l.Domain}))
	case r.Subject && strings.TrimSpace(f.Post.Subject()) == "":
		return refused(refusal.Say(refusal.NotAllowed, "list.subject", l.Address()))
	case r.ThreadDays > 0 && f.Quiet > time.Duration(r.ThreadDays)*24*time.Hour:
		return refused(refusal.Say(refusal.NotAllowed, "list.quiet", l.Address(), r.ThreadDays))
	}
	return Decision{Action: Accept}
}

// byPattern is what a rule with a pattern does. A member's letter never vanishes (promise 4): for them discard is a refusal.
func byPattern(l List, author Member, action Action, what string) Decision {
	switch {
	case action == Hold:
		return Decision{Action: Hold, Why: WhyRule, Detail: "a rule of the list looks for something in its " + what}
	case action == Discard && author.ID == 0:
		return Decision{Action: Discard}
	}
	return refused(refusal.Say(refusal.NotAllowed, "list.rule", l.Address(), what, letter.Address{Local: "managers", Domain: l.Domain}))
}

// matched is the first pattern that fits.
func (r Rules) matched(post *letter.Letter, text string) (Action, string) {
	for _, typed := range r.Patterns {
		p, err := readPattern(typed)
		if err != nil {
			continue // it was checked when it was set
		}
		if slices.ContainsFunc(p.values(post, text), p.expr.MatchString) {
			return p.action, p.what()
		}
	}
	return Accept, ""
}

// pattern is one rule with a regular expression. Go's need time in proportion to the text, whatever they are.
type pattern struct {
	action Action
	field  string
	expr   *regexp.Regexp
}

var headerName = regexp.MustCompile(`^header:[A-Za-z0-9-]{1,60}$`)

func readPattern(typed string) (p pattern, err error) {
	action, rest, _ := strings.Cut(strings.TrimSpace(typed), " ")
	field, expr, _ := strings.Cut(strings.TrimSpace(rest), " ")
	expr = strings.TrimSpace(expr)
	p.action, p.field = Action(action), field
	switch {
	case p.action != Hold && p.action != Refuse && p.action != Discard:
		return p, refusal.Because(refusal.Invalid, "A rule begins with hold, refuse or discard, not with %q: hold subject (?i)urgent", letter.CleanLine(action))
	case field != "from" && field != "subject" && field != "text" && field != "file" && !headerName.MatchString(field):
		return p, refusal.Because(refusal.Invalid, "A rule looks at from, subject, text, file or header:NAME, not at %q.", letter.CleanLine(field))
	case expr == "" || len(expr) > longestPattern:
		return p, refusal.Because(refusal.Invalid, "Behind the field of a rule stands what it looks for, in at most %d characters.", longestPattern)
	}
	if p.expr, err = regexp.Compile(expr); err != nil {
		return p, refusal.Because(refusal.Invalid, "%q is no regular expression: %s", letter.CleanLine(expr), letter.CleanLine(err.Error()))
	}
	return p, nil
}

// what is the field as authors read it.
func (p pattern) what() string {
	switch p.field {
	case "from":
		return "sender"
	case "file":
		return "attachment"
	case "subject", "text":
		return p.field
	}
	return "header"
}

func (p pattern) values(post *letter.Letter, text string) (all []string) {
	switch p.field {
	case "from":
		for _, m := range post.From() {
			all = append(all, m.String())
		}
	case "subject":
		all = []string{post.Subject()}
	case "text":
		all = []string{text[:min(len(text), lookedAt)]}
	case "file":
		for _, a := range post.Attachments() {
			all = append(all, a.Name, a.Type)
		}
	default:
		all = post.Fields(strings.TrimPrefix(p.field, "header:"))
	}
	return all
}

// banned tells whether an address fits a ban: *@evil.example, spam*@*.
func banned(ban, address string) bool {
	parts := strings.Split(strings.ToLower(ban), "*")
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	ok, err := regexp.MatchString("^"+strings.Join(parts, ".*")+"$", strings.ToLower(address))
	return err == nil && ok
}

// otherFile is the first attachment that the list does not take.
func (r Rules) otherFile(post *letter.Letter) string {
	if r.Files == "" {
		return ""
	}
	allowed := strings.Split(r.Files, ",")
	for _, a := range post.Attachments() {
		kind, _, _ := strings.Cut(a.Type, "/")
		name := strings.ToLower(a.Name)
		if !slices.ContainsFunc(allowed, func(w string) bool { return w == kind || strings.HasSuffix(name, "."+w) }) {
			return letter.CleanLine(a.Name)
		}
	}
	return ""
}

func (r Rules) allowed() string {
	if r.Files == "none" {
		return "no files at all"
	}
	return strings.ReplaceAll(r.Files, ",", ", ")
}

func count(n int, what string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(what, "s"):
		what += "es"
	default:
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

func sizeWords(n int64) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d KB", n>>10)
}
