package relay

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/smtpd/mailauth"
)

// gone are the fields that do not travel on: they belong to the way behind us, ask for something of the members, or vouch for a
// message that this no longer is (M5, M2). In lower case.
var gone = []string{
	"return-path", "delivered-to", "x-delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-envelope-from", "x-rcpt-to", "x-apparently-to", "x-forwarded-to",
	"x-forwarded-for", "received", "x-received", "received-spf", "bcc", "x-originating-ip", "x-sender-ip", "x-client-ip", "x-source-ip", "x-authenticated-sender",
	"x-google-original-from", "x-gm-message-state", "x-google-smtp-source",
	"disposition-notification-to", "disposition-notification-options", "return-receipt-to", "x-confirm-reading-to", "x-confirm-delivery", "read-receipt-to", "errors-to",
	"approved", "x-approved", "mail-followup-to", "mail-reply-to",
	"authentication-results", "arc-seal", "arc-message-signature", "arc-authentication-results", "dkim-signature", "domainkey-signature", "x-google-dkim-signature",
	"sender", "precedence", "author", "archived-at", "feedback-id", "cfbl-address", "cfbl-feedback-id", "auto-submitted", "x-auto-response-suppress",
}

const signature = "dkim-signature"

// looks is what a post shows of its author.
type looks struct {
	shown letter.Mailbox   // who wrote it
	reply []letter.Mailbox // where an answer goes by itself; empty: to From
	list  bool             // the list itself speaks, as shown: there is nobody to answer to in private
	// keep are the hashes of the author's signatures that stay on the post. Where there are some the author's From stays, too, and no
	// Reply-To or Author is added (M2); else the list writes in the author's name.
	keep []string
	// chain is what we write down about the letter for those who follow the chain of hands it went through (RFC 8617). Where it is empty
	// no such chain travels.
	chain string
}

// dress gives a letter the header of its list, as of now. ours tells which ids are those of our private mail and digests: a post names
// none of them, or every answer to it would be taken for an answer to them (W1, W2). The body stays byte for byte.
func dress(pub Publication, as looks, ours func(letter.MessageID) bool, now time.Time) ([]byte, error) {
	h := pub.Letter.Header()
	h.DropStray()
	if len(as.keep) > 0 {
		h.DelFunc(func(f letter.Field) bool {
			return strings.EqualFold(f.Name, signature) && !slices.Contains(as.keep, mailauth.SignatureHash(f.Value))
		})
	}
	h.DelNamed(func(name string) bool {
		if name == signature && len(as.keep) > 0 || as.chain != "" && strings.HasPrefix(name, "arc-") {
			return false
		}
		return strings.HasPrefix(name, "resent-") || slices.Contains(gone, name)
	})
	// Programs write down on the way to whom a letter came, under names that nobody can list: a field with somebody's own address stays behind.
	h.DelFunc(func(f letter.Field) bool {
		switch strings.ToLower(f.Name) {
		case "from", "to", "cc", "reply-to", "subject", signature:
			return false
		}
		return strings.Contains(f.Value, "+") && lists.WithoutDoors(f.Value) != f.Value
	})
	if err := keepForeign(h); err != nil {
		return nil, err
	}
	for _, f := range slices.Concat(identity(pub, ours, now), receivers(pub), authorFields(pub.List, as), listFields(pub.List)) {
		if f.Value == "" {
			h.Del(f.Name)
		} else if err := h.Set(f.Name, f.Value); err != nil {
			return nil, err
		}
	}
	if as.chain != "" {
		if err := h.Prepend("ARC-Authentication-Results", as.chain); err != nil {
			return nil, err
		}
	}
	return pub.Letter.With(h), nil
}

// keepForeign gives the fields of another list another name (M5).
func keepForeign(h *letter.Header) error {
	foreign := false
	h.DelNamed(func(name string) bool {
		foreign = foreign || strings.HasPrefix(name, "list-")
		return strings.HasPrefix(name, "x-original-list-")
	})
	if !foreign {
		return nil
	}
	for _, f := range h.Fields() {
		if strings.HasPrefix(strings.ToLower(f.Name), "list-") {
			if _, err := h.Rename(f.Name, "X-Original-"+f.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// identity is what tells the post from others: what is missing is added (B2), and what is private goes. An empty value takes a field
// away.
func identity(pub Publication, ours func(letter.MessageID) bool, now time.Time) (fields []letter.Field) {
	l := pub.Letter
	if id := l.MessageID(); id == "" || ours(id) {
		fields = append(fields, letter.Field{Name: "Message-ID", Value: letter.NewMessageID("post", pub.List.Domain).String()})
	}
	if _, ok := l.Date(); !ok {
		fields = append(fields, letter.Field{Name: "Date", Value: now.UTC().Format("Mon, 02 Jan 2006 15:04:05 -0700")}) // RFC 5322 §3.3
	}
	if s := lists.WithoutDoors(prefixed(l.Subject(), pub.List.SubjectPrefix)); s != l.Subject() {
		fields = append(fields, letter.Field{Name: "Subject", Value: s})
	}
	for _, name := range []string{"In-Reply-To", "References", "X-Forwarded-Message-Id"} {
		all := letter.ParseMessageIDs(strings.Join(l.Header().Raw(name), " "))
		if public := slices.DeleteFunc(slices.Clone(all), ours); len(public) < len(all) {
			fields = append(fields, letter.Field{Name: name, Value: letter.FormatMessageIDs(public)})
		}
	}
	return fields
}

// receivers takes the private doors of the community out of To and Cc: an answer to all must not go through them, and a token among
// them is its owner's alone.
func receivers(pub Publication) (fields []letter.Field) {
	left := 0
	for _, f := range []struct {
		name string
		all  []letter.Mailbox
	}{{"To", pub.Letter.To()}, {"Cc", pub.Letter.Cc()}} {
		public := slices.DeleteFunc(slices.Clone(f.all), func(m letter.Mailbox) bool { return pub.Community.Private(m.Address) })
		left += len(public)
		if len(public) < len(f.all) {
			fields = append(fields, letter.Field{Name: f.name, Value: letter.FormatMailboxes(public)})
		}
	}
	if left == 0 {
		fields = append(fields, letter.Field{Name: "To", Value: pub.List.Address().String()})
	}
	return fields
}

// authorFields name the author. Nothing that the author's domain could refuse keeps its name: From is the list's for every policy, and
// the answer still goes to the author (M2).
func authorFields(l lists.List, as looks) []letter.Field {
	reply := letter.FormatMailboxes(as.reply)
	switch {
	case len(as.keep) > 0 && l.Rules.ReplyTo == lists.ToAuthor:
		return nil
	case len(as.keep) > 0: // it stays only if the author's signature lets it be added
		return []letter.Field{{Name: "Reply-To", Value: reply}}
	case as.list:
		return []letter.Field{{Name: "From", Value: as.shown.String()}, {Name: "Reply-To", Value: reply}, {Name: "Author"}}
	}
	return []letter.Field{
		{Name: "From", Value: letter.Mailbox{Name: as.shown.Name + " via " + l.Title(), Address: l.Address()}.String()},
		{Name: "Reply-To", Value: reply},
		{Name: "Author", Value: as.shown.String()}, // RFC 9057
	}
}

// listFields are the fields of the list (M3).
func listFields(l lists.List) []letter.Field {
	post := "<mailto:" + l.Address().String() + ">"
	if l.Posting == lists.ByManagers {
		post = "NO" // RFC 2369 §3.4
	}
	return []letter.Field{
		{Name: "List-Id", Value: listID(l)},
		{Name: "List-Post", Value: post},
		{Name: "List-Help", Value: "<mailto:help@" + l.Domain + ">"},
		{Name: "List-Owner", Value: "<mailto:managers@" + l.Domain + ">"},
		{Name: "Precedence", Value: "list"},
	}
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

// answerTo is where an answer goes by itself: where the list wants it, else to the author, or where the author wants it, but then never back
// to us, and under no name that would take members in (B6).
func answerTo(pub Publication, shown letter.Mailbox, taken []string) []letter.Mailbox {
	switch pub.List.Rules.ReplyTo {
	case lists.ToManagers:
		return []letter.Mailbox{{Name: notice.Managers(pub.Community).Name, Address: letter.Address{Local: "managers", Domain: pub.List.Domain}}}
	case lists.ToList:
		return []letter.Mailbox{{Name: pub.List.Title(), Address: pub.List.Address()}}
	}
	wanted := slices.DeleteFunc(pub.Letter.ReplyTo(), func(m letter.Mailbox) bool { return m.Address.Domain == pub.List.Domain })
	if len(wanted) == 0 {
		return []letter.Mailbox{shown}
	}
	for i, m := range wanted {
		if m.Name != shown.Name && lists.Poses(m.Name, taken...) {
			wanted[i].Name = ""
		}
	}
	return wanted
}

// taken are the names that belong to somebody else than the author of a post: the list's, the community's and those of its managers.
func taken(pub Publication, managers []lists.Member) []string {
	names := []string{pub.List.Title(), pub.List.Local, pub.Community.Name}
	for _, m := range managers {
		if m.ID != pub.Author.ID {
			names = append(names, m.Name)
		}
	}
	return names
}

// author is whom the post shows as its author: the name in From, unless that name would take members in (B6). A member may be called
// like a manager; nobody may call themselves so.
func author(pub Publication, taken []string) letter.Mailbox {
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
	if from.Name != pub.Author.Name && lists.Poses(from.Name, taken...) {
		from.Name = from.Address.String()
	}
	if from.Name == "" {
		from.Name = "A member"
	}
	return from
}
