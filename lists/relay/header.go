package relay

import (
	"strings"
	"unicode"

	"backchannel/archive/letter"
	"backchannel/lists"

	"golang.org/x/text/unicode/norm"
)

// gone are the fields that do not travel on: they belong to the way behind us, ask for something of the members, or vouch for a
// message that this no longer is (M5, M2).
var gone = []string{
	"Return-Path", "Delivered-To", "X-Original-To", "Envelope-To", "Received", "X-Received", "Received-SPF", "Bcc",
	"Disposition-Notification-To", "Return-Receipt-To", "X-Confirm-Reading-To", "Errors-To", "Approved", "X-Approved",
	"Authentication-Results", "ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results", "DKIM-Signature", "DomainKey-Signature",
	"X-Google-DKIM-Signature", "X-Originating-IP", "Sender", "Precedence", "Mail-Followup-To", "Author", "Archived-At", "Feedback-ID",
}

// foreignList are the fields of another list, kept under another name.
var foreignList = []string{"List-Id", "List-Post", "List-Help", "List-Owner", "List-Archive", "List-Subscribe", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Software"}

// dress gives a letter the header of its list. The body stays byte for byte.
func dress(pub Publication, shown letter.Mailbox) ([]byte, error) {
	h := pub.Letter.Header()
	h.DropStray()
	for _, name := range gone {
		h.Del(name)
	}
	for _, name := range foreignList {
		h.Del("X-Original-" + name)
		if _, err := h.Rename(name, "X-Original-"+name); err != nil {
			return nil, err
		}
	}
	set := func(fields ...letter.Field) error {
		for _, f := range fields {
			if err := h.Set(f.Name, f.Value); err != nil {
				return err
			}
		}
		return nil
	}
	l := pub.List
	if pub.Letter.MessageID() == "" { // B2
		if err := set(letter.Field{Name: "Message-ID", Value: letter.FormatMessageIDs([]letter.MessageID{letter.NewMessageID("post", l.Domain)})}); err != nil {
			return nil, err
		}
	}
	if s := prefixed(pub.Letter.Subject(), l.SubjectPrefix); s != pub.Letter.Subject() {
		if err := set(letter.Field{Name: "Subject", Value: s}); err != nil {
			return nil, err
		}
	}
	post := "<mailto:" + l.Address().String() + ">"
	if l.Posting == lists.ByManagers {
		post = "NO" // RFC 2369 §3.4
	}
	// Nothing that the author's domain could refuse keeps its name: From is the list's for every policy, and the answer still
	// goes to the author (M2).
	err := set(
		letter.Field{Name: "From", Value: letter.Mailbox{Name: shown.Name + " via " + l.Title(), Address: l.Address()}.String()},
		letter.Field{Name: "Reply-To", Value: letter.FormatMailboxes(answerTo(pub, shown))},
		letter.Field{Name: "Author", Value: shown.String()}, // RFC 9057
		letter.Field{Name: "List-Id", Value: listID(l)},
		letter.Field{Name: "List-Post", Value: post},
		letter.Field{Name: "List-Help", Value: "<mailto:help@" + l.Domain + ">"},
		letter.Field{Name: "List-Owner", Value: "<mailto:managers@" + l.Domain + ">"},
		letter.Field{Name: "Precedence", Value: "list"},
	)
	return pub.Letter.With(h), err
}

// listID is the value of List-Id (RFC 2919 §2): a phrase for people and the id that never changes.
func listID(l lists.List) string {
	title := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`<>()"\,;:@[]`, r) || unicode.IsControl(r) {
			return ' '
		}
		return r
	}, l.Title())
	return strings.Join(strings.Fields(title), " ") + " <" + l.Ident() + ">"
}

// prefixed puts the list's prefix in front of a subject that does not have it anywhere yet.
func prefixed(subject, prefix string) string {
	if prefix == "" || strings.Contains(strings.ToLower(subject), strings.ToLower(prefix)) {
		return subject
	}
	return strings.TrimSpace(prefix + " " + subject)
}

// answerTo is where a personal answer goes: to the author, or where the author wants it, but never back to us.
func answerTo(pub Publication, shown letter.Mailbox) []letter.Mailbox {
	var wanted []letter.Mailbox
	for _, m := range pub.Letter.ReplyTo() {
		if m.Address.Domain != pub.List.Domain {
			wanted = append(wanted, m)
		}
	}
	if len(wanted) == 0 {
		return []letter.Mailbox{shown}
	}
	return wanted
}

// author is whom the post shows as its author: the name in From, unless that name would take members in (B6).
func author(pub Publication, managers []lists.Member) letter.Mailbox {
	from := letter.Mailbox{Name: pub.Author.Name, Address: pub.Author.Address}
	if a, err := pub.Letter.Author(); err == nil {
		from.Address = a.Address
		if a.Name != "" {
			from.Name = a.Name
		}
	}
	if from.Name == "" {
		from.Name = from.Address.Local
	}
	if deceives(from.Name, pub, managers) {
		from.Name = from.Address.String()
		if from.Name == "" {
			from.Name = "A member"
		}
	}
	return from
}

// deceives tells whether a display name holds an address, or reads like that of a manager who is somebody else, or of the list.
func deceives(name string, pub Publication, managers []lists.Member) bool {
	if strings.ContainsRune(name, '@') {
		return true
	}
	look := fold(name)
	if look == fold(pub.List.Title()) || look == fold(pub.List.Local) || look == "themanagers" || look == "managers" {
		return true
	}
	for _, m := range managers {
		if m.ID != pub.Author.ID && m.Name != "" && look == fold(m.Name) && fold(pub.Author.Name) != look {
			return true
		}
	}
	return false
}

// fold reduces a name to what the eye reads: letters and digits, without case, accents and look-alike forms.
func fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}
