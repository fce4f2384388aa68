// Package bounce knows letters that no person wrote to us. Robot tells a program's letter from a person's, by its headers alone;
// Loop tells a letter that has been here before; Read takes a bounce, a complaint or an automatic reply apart: who failed, how,
// for ever or for now.
//
// It promises to err on the side of people. A letter is a robot's only by a sign that no mail program puts on a person's letter,
// and Refuse says by which, so that whoever is taken for a robot can send again. A failure counts against an address only when
// the report says that the address itself is dead or full; what a filter, a policy or a broken server says is Refused or
// Unclear, and a delay is no failure (M17, M18). Reading is lenient (RFC 7103), linear in the size of the letter, and never
// fails: what cannot be understood is an Unclear failure without a recipient, and the return path still tells whose it was.
//
// Nothing here decides: whether a bounce counts (D1), how scores add up (M18, M19) and whether a complaint acts (D4) is decided
// by its callers, who know the tokens and the members. A report is a stranger's word until then.
package bounce

import (
	"regexp"
	"strings"

	"backchannel/archive/letter"
)

// Action says what became of a recipient (RFC 3464 §2.3.3).
type Action string

// The five words of RFC 3464. Relayed and Expanded mean that the letter left the world of reports.
const (
	Failed    Action = "failed"
	Delayed   Action = "delayed"
	Delivered Action = "delivered"
	Relayed   Action = "relayed"
	Expanded  Action = "expanded"
)

// Failure is what a report says of one recipient. It is a failure only when its Action is Failed.
type Failure struct {
	Recipient  letter.Address `json:"recipient,omitzero"`   // zero when the report names none that can be read
	Action     Action         `json:"action"`               // never empty
	Status     string         `json:"status,omitempty"`     // enhanced code (RFC 3463): "5.1.1"; empty when none was given
	Code       int            `json:"code,omitempty"`       // SMTP reply code: 550; 0 when none was given
	Diagnostic string         `json:"diagnostic,omitempty"` // the words of the remote host on one clean line, at most 500 bytes
	Class      Class          `json:"class"`                // what it means for the address
}

// Report is what a robot's letter says.
type Report struct {
	// Kind is Bounce, Complaint, AutoReply or another kind of Robot; Person when the letter reports nothing.
	Kind Kind `json:"kind,omitempty"`
	// Failures has one entry for each recipient of a bounce, in the order of the report; at least one when Kind is Bounce.
	Failures []Failure `json:"failures,omitempty"`
	// Feedback is the type of a complaint in lower case: "abuse", "fraud", "not-spam", … (RFC 5965 §7.3).
	Feedback string `json:"feedback,omitempty"`
	// Complainer is the recipient who complained, when the provider tells; zero otherwise.
	Complainer letter.Address `json:"complainer,omitzero"`
	// OriginalID is the Message-ID of the letter that the report is about; empty when the report does not tell.
	OriginalID letter.MessageID `json:"original_id,omitempty"`
	// Returned is that letter, or the part of it that came back: often its header alone. Nil when nothing came back. Whoever
	// wrote the report could write anything into it.
	Returned *letter.Letter `json:"-"`
}

// Read tells what a letter reports. A letter that reports nothing gives the zero Report.
func Read(l *letter.Letter) Report {
	r := read(l)
	r.count()
	return r
}

func read(l *letter.Letter) Report {
	b := open(l)
	if r, ok := readComplaint(l, b); ok {
		return r
	}
	if kind, failures := readBounce(l, b); kind == Bounce {
		return Report{Kind: Bounce, Failures: failures, OriginalID: b.originalID(l), Returned: b.returned}
	}
	return readOther(l)
}

// readOther reads the letters that Robot knows by their header and that report on no letter of ours, or on none that shows.
func readOther(l *letter.Letter) Report {
	r := Report{}
	switch r.Kind, _ = Robot(l, false); r.Kind {
	case Bounce: // MAILER-DAEMON writes, but not about a delivery
		r.Kind = Generated
	case Complaint: // the fields of a report stand in the header of the letter itself
		if r.Feedback = letter.ASCII(strings.ToLower(l.Get("Feedback-Type")), 40); r.Feedback == "" {
			r.Feedback = "abuse"
		}
	case AutoReply:
		if ids := l.InReplyTo(); len(ids) > 0 {
			r.OriginalID = ids[0]
		}
	}
	return r
}

// readBounce gives Person where the letter is no bounce; else the best reading there is: the machine's part, the same fields
// written into the text, the text itself.
func readBounce(l *letter.Letter, b *body) (Kind, []Failure) {
	if !isBounce(l, b) {
		return Person, nil
	}
	failures := readStatus(b.status)
	if len(failures) == 0 {
		failures = readStatus(b.text)
	}
	text := readText(l, b)
	if len(failures) == 0 {
		return Bounce, text
	}
	for i := range failures {
		complete(&failures[i], text, len(failures) == 1 && len(text) == 1)
		late(&failures[i], b.text)
	}
	return Bounce, failures
}

// complete adds what the machine's part leaves open and the text for people tells. Where each names one recipient it is the same
// one, whatever it is called: the text may name whom the letter was passed on to.
func complete(f *Failure, text []Failure, same bool) {
	if f.Recipient.IsZero() && same {
		f.Recipient = text[0].Recipient
	}
	if f.Action != Failed || f.Diagnostic != "" && f.Class != Unclear {
		return
	}
	for _, t := range text {
		if !same && t.Recipient != f.Recipient || t.Diagnostic == "" {
			continue
		}
		if f.Diagnostic == "" {
			f.Diagnostic = t.Diagnostic
		}
		if f.Code == 0 {
			f.Code = t.Code
		}
		if generic(f.Status) && len(t.Status) > 0 && !generic(t.Status) && (f.Status == "" || t.Status[0] == f.Status[0]) {
			f.Status = t.Status
		}
		f.Class = classify(f.Action, f.Status, f.Diagnostic)
		if f.Class == Unclear {
			f.Class = classify(f.Action, f.Status, t.Diagnostic)
		}
		return
	}
}

// late takes back that an address is dead where its host had taken it at RCPT. What the host says after it has seen the letter is about
// the letter: some filters say "Unknown user" (NTT docomo). And a program that it started for the recipient may miss a user of its own
// machine, of whom the address knows nothing (Postfix's "Command output").
func late(f *Failure, text string) {
	if f.Class != Gone {
		return
	}
	switch words := strings.Join(strings.Fields(text), " "); {
	case generic(f.Status) && strings.Contains(words, "in reply to end of DATA"):
		f.Class = Refused
	case strings.Contains(words, "Command output:"):
		f.Class = Unclear
	}
}

// originalID is the id of the letter that came back, or else of the one that the report answers.
func (b *body) originalID(l *letter.Letter) letter.MessageID {
	if b.returned != nil {
		if id := b.returned.MessageID(); id != "" {
			return id
		}
	}
	for _, name := range []string{"X-Original-Message-ID", "In-Reply-To", "References"} {
		if ids := letter.ParseMessageIDs(l.Get(name)); len(ids) > 0 {
			return ids[len(ids)-1]
		}
	}
	// The last resort: a header that came back somewhere in the body, in whatever wrapping.
	if m := idLine.FindStringSubmatch(lines(l.Body(), maxText)); m != nil {
		if ids := letter.ParseMessageIDs(m[1]); len(ids) > 0 {
			return ids[0]
		}
	}
	return ""
}

var idLine = regexp.MustCompile(`(?im)^[ \t]*message-id:\s*(<[^>\s]{1,500}>)`)

// isBounce tells whether a letter reports on the delivery of another one. A report that a person forwards is none: it hangs
// on a letter of another type and comes from another author.
func isBounce(l *letter.Letter, b *body) bool {
	if kind, _ := byReport(l); kind != Person {
		return kind == Bounce
	}
	if l.Get("X-Failed-Recipients") != "" {
		return true
	}
	daemon, subject := fromDaemon(l), bounceSubject(l.Subject())
	switch {
	case daemon && (subject || b.status != "" || bounceOpening(b.text)):
		return true
	case strings.TrimSpace(l.Get("Return-Path")) == "<>" && subject:
		return true
	}
	return noReply(l) && b.returned != nil && bounceOpening(b.text)
}

func noReply(l *letter.Letter) bool {
	from := l.From()
	if len(from) != 1 {
		return false
	}
	local := strings.ToLower(from[0].Address.Local)
	return strings.HasPrefix(local, "no-reply") || strings.HasPrefix(local, "noreply")
}

// fromDaemon tells whether a mail system writes: by its usual names, or by none at all.
func fromDaemon(l *letter.Letter) bool {
	from := l.From()
	if raw := strings.ToLower(l.Get("From")); len(from) == 0 || from[0].Address.IsZero() {
		return strings.Contains(raw, "<>") || strings.Contains(raw, "mailer-daemon")
	}
	name := strings.ToLower(from[0].Name)
	switch local := strings.ToLower(from[0].Address.Local); local {
	case "mailer-daemon", "mailerdaemon", "mail-daemon", "maildaemon", "mail.delivery.system", "postmaster", "post_master", "postoffice", "mdaemon", "microsoftexchange":
		return true
	default:
		return strings.Contains(name, "mail delivery s") || strings.Contains(name, "mailer daemon") || strings.HasPrefix(local, "microsoftexchange")
	}
}

// bounceSubjects open the subject of a bounce. "Fwd:" and "Re:" do not: then a person passes it on.
var bounceSubjects = []string{
	"undeliver", "undelivered mail", "returned mail", "mail delivery", "delivery status notification", "delivery notification", "delivery failure", "delivery has failed",
	"delivery failed", "delivery report", "delivery status", "delivery error", "failure notice", "failure delivery", "failed delivery", "failed mail", "mail failure",
	"mail system error", "message delivery", "message you sent", "message not delivered", "non-delivery", "nondelivery", "non remis", "permanent delivery failure",
	"warning: could not send", "warning--could not send", "warning: message", "delayed mail", "there was an error sending your mail", "mail could not be delivered",
	"could not send message", "couldn't deliver", "unable to deliver", "unzustellbar", "non recapitabile", "no se puede entregar", "onbestelbaar", "не доставлено",
	"postmaster", "mail failed", "email bounce", "bounce", "error sending", "returned to sender", "rejected mail", "rejected:", "delivery of", "email delivery failure",
	"olevererbart", "niet bezorgd", "non distribué", "配信", "メールエラー", "メッセージを配信", "ваше сообщение не доставлено",
	"postfix smtp server: errors",
}

func bounceSubject(s string) bool {
	s = strings.ToLower(strings.TrimLeft(s, "[*( "))
	if word, _, ok := strings.Cut(s, ":"); ok && len(word) <= 3 {
		return false // Re, Fwd, Fw, Aw, Wg, Tr, Rv, Sv, …: somebody passes it on
	}
	for _, p := range bounceSubjects {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return strings.Contains(s, "mail delivery failed") || strings.Contains(s, "returned to sender") || strings.Contains(s, "returning message to sender")
}

// bounceOpenings stand in the first lines of a bounce for people.
var bounceOpenings = []string{
	"could not be delivered", "couldn't be delivered", "cannot be delivered", "not be delivered", "was not delivered", "wasn't able to deliver", "were unable to deliver",
	"unable to deliver", "unable to be delivered", "delivery to the following recipient", "did not reach the following", "following recipients", "following recipient(s)",
	"following address", "had permanent fatal errors", "had delivery problems", "had permanent delivery errors", "error occurred while trying to deliver",
	"error delivering your mail", "trouble delivering", "created automatically by mail delivery software", "this is the mail system", "qmail-send program",
	"non-delivered", "undeliverable", "transcript of session", "rejected by a remote mail server", "has been delayed", "failed permanently", "delivery has failed",
	"has not been delivered", "not delivered to", "delivery status notification", "delivery attempt", "invalid user address", "error message below", "konnte nicht zugestellt",
	"n'a pas pu", "no se ha podido entregar", "не может быть доставлено", "remote host said", "mail receiving system", "message was rejected",
	"account is disabled", "unable to process your request", "delivery failed", "message cannot be", "user unknown", "mailbox full",
}

func bounceOpening(text string) bool {
	text = strings.ToLower(clip(text, 2000))
	for _, p := range bounceOpenings {
		if strings.Contains(text, p) {
			return true
		}
	}
	return false
}
