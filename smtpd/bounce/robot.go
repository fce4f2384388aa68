package bounce

import (
	"strings"

	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// Kind is what a letter is when no person wrote it to us.
type Kind string

// The kinds of letters that no person wrote to us. They are never posted and never answered (D2, RFC 3834 §2).
const (
	Person    Kind = ""           // nothing says that a program wrote it
	Bounce    Kind = "bounce"     // tells that a letter was not delivered, or not yet (RFC 3464, or its older forms)
	Complaint Kind = "complaint"  // a provider passes on that somebody called a letter of ours spam (RFC 5965)
	Receipt   Kind = "receipt"    // tells that a letter was opened or deleted (RFC 8098)
	AutoReply Kind = "auto-reply" // somebody is away; a program answers
	Generated Kind = "generated"  // written by a program of its own accord: a monitor, a calendar, a web site
	Bulk      Kind = "bulk"       // sent to many: Precedence bulk, list or junk
	List      Kind = "list"       // from another mailing list
)

// Robot tells whether a program wrote the letter, and by which sign, in a few words that fit behind "because". nullSender tells
// that the envelope sender was <>: such a letter is never a person's. The signs are those of D2 and product.md A10; a letter
// that shows none is a person's. Robot looks at the headers and the structure only, never at the text of a letter.
func Robot(l *letter.Letter, nullSender bool) (kind Kind, why string) {
	for _, sign := range []func(*letter.Letter) (Kind, string){byReport, byDaemon, byAutoSubmitted, byResponder, byList, byPrecedence} {
		if kind, why := sign(l); kind != Person {
			return kind, why
		}
	}
	if kind, why := bySubject(l, nullSender); kind != Person {
		return kind, why
	}
	if v := strings.ToLower(l.Get("X-Auto-Response-Suppress")); counts(v, nil) {
		return Generated, "its header says X-Auto-Response-Suppress"
	}
	if nullSender {
		return Generated, "it came from the empty sender <>"
	}
	return Person, ""
}

// Refuse is the answer to a robot's letter that came from a sender who can be told (D2): it is refused in the session, in words
// that also help a person whom Robot took for a program.
func Refuse(kind Kind, why string) *refusal.Refusal {
	switch kind {
	case List, Bulk:
		return refusal.Because(refusal.Robot, "Only letters that a person writes to us are taken here, and this one was sent to many: %s. "+
			"If it is from you, please send it again as an ordinary letter.", why)
	}
	return refusal.Because(refusal.Robot, "Only letters that a person writes to us are taken here, and this one looks like a program's: %s. "+
		"If you wrote it yourself, please send it again as an ordinary letter.", why)
}

// byReport reads the type of the whole letter: a multipart/report says what it reports (RFC 6522 §3). A report that hangs on a
// person's letter as an attachment is no sign: people forward bounces and ask what they mean.
func byReport(l *letter.Letter) (Kind, string) {
	parts := l.Parts()
	if len(parts) == 0 {
		return Person, ""
	}
	switch parts[0].Type {
	case "multipart/report":
		return reportKind(l)
	case "message/delivery-status", "message/global-delivery-status":
		return Bounce, "it is a delivery report"
	case "message/feedback-report":
		return Complaint, "it is a complaint report"
	case "message/disposition-notification", "message/global-disposition-notification":
		return Receipt, "it is a receipt"
	}
	return Person, ""
}

func reportKind(l *letter.Letter) (Kind, string) {
	top := l.Parts()[0]
	what := strings.ToLower(top.Params["report-type"])
	for _, p := range l.Parts() {
		if what == "" && p.Parent == 0 { // the parameter is forgotten now and then: the parts tell
			what = strings.TrimPrefix(strings.TrimPrefix(p.Type, "message/"), "global-")
			if what == p.Type || what == "rfc822" {
				what = ""
			}
		}
	}
	switch what {
	case "feedback-report":
		return Complaint, "it is a complaint report"
	case "disposition-notification":
		return Receipt, "it is a receipt"
	case "delivery-status", "":
		return Bounce, "it is a delivery report"
	}
	return Generated, "it is a report (" + letter.ASCII(what, 40) + ")"
}

// byDaemon knows a mail system by the name it writes under. A postmaster is no sign: there are people of that name.
func byDaemon(l *letter.Letter) (Kind, string) {
	for _, m := range l.From() {
		switch strings.ToLower(m.Address.Local) {
		case "mailer-daemon", "mailerdaemon", "mail-daemon", "maildaemon":
			return Bounce, "it was written by a mail system (MAILER-DAEMON)"
		}
	}
	if l.Get("X-Failed-Recipients") != "" {
		return Bounce, "it is a delivery report"
	}
	return Person, ""
}

// byAutoSubmitted obeys RFC 3834 §5: every value but "no" says that no person sent it.
func byAutoSubmitted(l *letter.Letter) (Kind, string) {
	switch word := l.AutoSubmitted(); word {
	case "":
		return Person, ""
	case "auto-replied":
		return AutoReply, "its header says Auto-Submitted: auto-replied"
	default:
		return Generated, "its header says Auto-Submitted: " + letter.ASCII(word, 40)
	}
}

// responders are header fields that programs write which answer mail, with the values that count; nil stands for every value
// but "no" and its like.
var responders = []struct {
	field  string
	values []string
	kind   Kind
}{
	{"X-Autoreply", nil, AutoReply},
	{"X-Auto-Reply", nil, AutoReply},
	{"X-Autoreply-From", nil, AutoReply},
	{"X-Auto-Reply-From", nil, AutoReply},
	{"X-Mail-Autoreply", nil, AutoReply},
	{"X-Autorespond", nil, AutoReply},
	{"X-Autoresponder", nil, AutoReply},
	{"X-Auto-Responder", nil, AutoReply},
	{"Autoresponder", nil, AutoReply},
	{"X-Autogenerated", []string{"reply", "forward", "group", "mirror"}, AutoReply}, // Critical Path
	{"X-FC-MachineGenerated", []string{"true"}, AutoReply},                          // FirstClass
	{"X-POST-MessageClass", []string{"9; autoresponder"}, AutoReply},
	{"Delivered-To", []string{"autoresponder"}, AutoReply},
	{"Preference", []string{"auto_reply"}, AutoReply},
	{"X-Precedence", []string{"auto_reply"}, AutoReply},
	{"X-Apple-Action", []string{"vacation"}, AutoReply},
	{"X-Vacation", nil, AutoReply},
	{"Feedback-Type", nil, Complaint},
}

func byResponder(l *letter.Letter) (Kind, string) {
	for _, r := range responders {
		for _, v := range l.Fields(r.field) {
			if v := strings.ToLower(strings.TrimSpace(v)); counts(v, r.values) {
				return r.kind, "its header says " + r.field
			}
		}
	}
	return Person, ""
}

func counts(value string, values []string) bool {
	if values == nil {
		return value != "" && value != "no" && value != "none" && value != "false" && value != "0"
	}
	for _, v := range values {
		if value == v {
			return true
		}
	}
	return false
}

// byList knows another list by its name (RFC 2919): what it sends to us is meant for its readers.
func byList(l *letter.Letter) (Kind, string) {
	if v := l.Get("List-Id"); v != "" {
		return List, "it comes from a mailing list (" + letter.ASCII(listID(v), 80) + ")"
	}
	return Person, ""
}

// byPrecedence reads the old word for the same; "first-class" and "normal" are people's.
func byPrecedence(l *letter.Letter) (Kind, string) {
	for _, v := range l.Fields("Precedence") {
		switch word := strings.ToLower(strings.TrimSpace(v)); word {
		case "auto_reply", "auto-reply":
			return AutoReply, "its header says Precedence: " + word
		case "bulk", "junk", "list":
			return Bulk, "its header says Precedence: " + word
		}
	}
	return Person, ""
}
