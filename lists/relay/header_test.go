package relay_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/mailroom/mailroomtest"
)

// M5: what belongs to the way behind us, asks something of members, or vouches for what is gone, does not travel on.
func TestWhatDoesNotTravel(t *testing.T) {
	v := mailroomtest.New(t)
	gone := []string{
		"Return-Path", "Delivered-To", "X-Original-To", "Envelope-To", "Received-SPF", "Bcc", "Disposition-Notification-To", "Disposition-Notification-Options", "Return-Receipt-To",
		"X-Confirm-Reading-To", "Read-Receipt-To", "Errors-To", "Approved", "X-Approved", "Authentication-Results", "ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results",
		"DKIM-Signature", "DomainKey-Signature", "X-Originating-IP", "X-Sender-IP", "X-Apparently-To", "X-Forwarded-To", "X-Envelope-To", "X-Rcpt-To", "X-Google-Original-From", "Sender",
		"Resent-From", "Resent-To", "Mail-Followup-To", "Mail-Reply-To", "Archived-At", "X-Confirm-Delivery", "Auto-Submitted", "Received",
	}
	h := ""
	for _, name := range gone {
		value := "zz " + name
		if name == "Auto-Submitted" {
			value = "no"
		}
		h += name + ": " + value + "\r\n" + strings.ToLower(name) + ": " + value + "\r\n"
	}
	for _, single := range []string{"sender", "Bcc"} {
		h = strings.Replace(h, single+": zz", "X-Kept: zz", 1)
	}
	got := copyOf(v, post{Header: h + "X-Mailer: Quill\r\nOrganization: Bees\r\nX-Face: :-)\r\n"})
	for _, name := range gone {
		if n := len(got.Fields(name)); n != 0 {
			t.Errorf("%s is still there", name)
		}
	}
	has(t, got, "X-Mailer", "Quill")
	has(t, got, "Organization", "Bees")
	has(t, got, "X-Face", ":-)")
	if strings.Contains(string(got.Raw()), "192.0.2.1") || strings.Contains(string(got.Raw()), "client.example by") {
		t.Errorf("the way here shows:\n%s", got.Raw())
	}
}

// M3, RFC 9477: every post says where complaints go, with our own marks in place of the author's; the token is that of the way off.
func TestFeedback(t *testing.T) {
	v := mailroomtest.New(t)
	h := "Feedback-ID: zz\r\nCFBL-Address: zz@evil.example\r\nCFBL-Feedback-ID: zz\r\nMessage-ID: <%d@south.example>\r\n"
	ids := map[string]string{}
	for n := range 2 {
		v.MustSend(post{From: bill, To: talk, Subject: "Compost", Body: "x", Header: fmt.Sprintf(h, n)})
		for _, a := range v.Deliver() {
			if all := a.Fields("CFBL-Address"); len(all) != 1 || all[0] != "fbl@gardeners.example; report=arf" {
				t.Errorf("CFBL-Address: %q", all)
			}
			token := a.Fields("CFBL-Feedback-ID")
			if len(token) != 1 || len(token[0]) != 26 || !strings.Contains(a.Get("List-Unsubscribe"), "leave+"+token[0]+"@") {
				t.Errorf("CFBL-Feedback-ID: %q beside %s", token, a.Get("List-Unsubscribe"))
			}
			id := a.Get("Feedback-ID")
			if !regexp.MustCompile("^talk:post:[0-9a-f]{10}:gardenersexampl$").MatchString(id) {
				t.Errorf("Feedback-ID: %s", id)
			}
			if was := ids[a.To.String()]; was != "" && was != id {
				t.Errorf("%s has two ids: %s and %s", a.To, was, id)
			}
			ids[a.To.String()] = id
		}
	}
	if len(ids) != 6 {
		t.Errorf("%d ids for 6 members", len(ids))
	}
}

// The fields of another list are kept under another name, whichever they are (M5).
func TestForeignListFields(t *testing.T) {
	v := mailroomtest.New(t)
	got := copyOf(v, post{Header: "List-Post: <mailto:a@b.example>\r\nlist-unsubscribe: <https://b.example/>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nList-Digest: <x>\r\nX-Original-List-Post: zz\r\n"})
	for name, want := range map[string]string{
		"X-Original-List-Post": "<mailto:a@b.example>", "X-Original-List-Unsubscribe": "<https://b.example/>", "X-Original-List-Digest": "<x>", "List-Digest": "",
		"X-Original-List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "List-Unsubscribe-Post": "", "List-Post": "<mailto:talk@gardeners.example>",
	} {
		has(t, got, name, want)
	}
	if n := len(got.Fields("List-Unsubscribe")); n != 1 {
		t.Errorf("%d List-Unsubscribe", n)
	}
}

// M3: the list by its name, and by its id, which never changes; and where one may post.
func TestListFields(t *testing.T) {
	v := mailroomtest.New(t)
	for title, want := range map[string]string{
		"Garden talk":              "Garden talk <talk.gardeners.example>",
		`Bees, "wasps" & <more>`:   "Bees wasps & more <talk.gardeners.example>",
		"Gärtnern für Fortgeschr.": "Gärtnern für Fortgeschr. <talk.gardeners.example>",
		"園芸":                       "園芸 <talk.gardeners.example>",
		"(x):[y]@z":                "x y z <talk.gardeners.example>",
	} {
		list(v, func(l *lists.List) { l.Name = title })
		v.Now = v.Now.Add(time.Hour)
		got := copyOf(v, post{})
		has(t, got, "List-Id", want)
		if raw := string(got.Raw()); !strings.Contains(raw, "<talk.gardeners.example>") {
			t.Errorf("the id is encoded:\n%s", raw)
		}
	}
	// an announce list takes no answers (RFC 2369 §3.4)
	list(v, func(l *lists.List) { l.Posting = lists.ByManagers })
	got := copyOf(v, post{From: "Mira Lowe <" + mira + ">"})
	has(t, got, "List-Post", "NO")
	has(t, got, "Precedence", "list")
}

// The prefix stands in front once, whatever replies and clients made of it.
func TestSubjectPrefix(t *testing.T) {
	v := mailroomtest.New(t)
	list(v, func(l *lists.List) { l.SubjectPrefix = "[Talk]" })
	for subject, want := range map[string]string{
		"Compost": "[Talk] Compost", "Re: [Talk] Compost": "Re: [Talk] Compost", "[talk] Compost": "[talk] Compost", "AW: Re: [TALK] Compost": "AW: Re: [TALK] Compost",
		"": "[Talk]", "=?utf-8?q?B=C3=A4ume?=": "[Talk] Bäume", "Re: Compost": "[Talk] Re: Compost", "Small talk": "[Talk] Small talk",
	} {
		v.Now = v.Now.Add(time.Hour)
		p := post{Subject: subject}
		if subject == "" {
			p.Subject = " "
		}
		has(t, copyOf(v, p), "Subject", want)
	}
	list(v, func(l *lists.List) { l.SubjectPrefix = "" })
	has(t, copyOf(v, post{Subject: "Compost"}), "Subject", "Compost")
}

// M2: From is the list's for every policy, and the answer goes to the author, or where the author wants it, but never back to us.
func TestFromAndReplyTo(t *testing.T) {
	v := mailroomtest.New(t)
	for replyTo, want := range map[string]string{
		"":                                 "Bill Tan <bill@south.example>",
		"Bill <bill@phone.example>":        "Bill <bill@phone.example>",
		"talk@gardeners.example":           "Bill Tan <bill@south.example>",
		"The managers <bill@evil.example>": "bill@evil.example",
		"Mira Lowe <bill@evil.example>":    "bill@evil.example",
		"talk@gardeners.example, a@b.org":  "a@b.org",
		"private+00000000000000000000000000@gardeners.example": "Bill Tan <bill@south.example>",
	} {
		v.Now = v.Now.Add(time.Hour)
		p := post{}
		if replyTo != "" {
			p.Header = "Reply-To: " + replyTo + "\r\n"
		}
		got := copyOf(v, p)
		has(t, got, "Reply-To", want)
		has(t, got, "From", "Bill Tan via Garden talk <talk@gardeners.example>")
		has(t, got, "Author", "Bill Tan <bill@south.example>")
	}
}

// B6: a name that takes members in is replaced by the address; a manager's own is not.
func TestDisplayNames(t *testing.T) {
	v := mailroomtest.New(t)
	for from, want := range map[string]string{
		"Bill Tan <" + bill + ">":                     "Bill Tan",
		"Billy <" + bill + ">":                        "Billy",
		bill:                                          "Bill Tan",
		`"ceo@bank.example" <` + bill + ">":           bill,
		"Mira Lowe <" + bill + ">":                    bill,
		"Mіra Lowе <" + bill + ">":                    bill,
		`"Lowe, Mira" <` + bill + ">":                 bill,
		`"The managers" <` + bill + ">":               bill,
		`"Mira, for the managers" <` + bill + ">":     bill,
		`"Garden talk" <` + bill + ">":                bill,
		`"Gardeners" <` + bill + ">":                  bill,
		"Mira Lowe <" + mira + ">":                    "Mira Lowe",
		`=?utf-8?q?Bill=0D=0ABcc=3A?= <` + bill + ">": "Bill Bcc:",
	} {
		v.Now = v.Now.Add(time.Hour)
		got := copyOf(v, post{From: from})
		if name := got.Letter.From()[0].Name; name != want+" via Garden talk" {
			t.Errorf("%s: %q, want %q", from, name, want+" via Garden talk")
		}
		if n := len(got.Letter.From()); n != 1 || got.Get("Bcc") != "" {
			t.Errorf("%s: %d authors", from, n)
		}
	}
}

// What is missing is added (B2): a letter without an id or a date is none that threads and archives can place.
func TestMissingFields(t *testing.T) {
	v := mailroomtest.New(t)
	raw := func(p post, cut string) []byte {
		return []byte(strings.Replace(string(v.Bytes(p)), cut, "", 1))
	}
	p := post{From: bill, To: talk, Subject: "Compost", Body: "x", Header: "Message-ID: <cut@x>\r\n"}
	b := raw(p, "Message-ID: <cut@x>\r\n")
	b = []byte(strings.Replace(string(b), "Date: Fri, 12 Jun 2026 08:00:00 +0000\r\n", "", 1))
	if _, err := v.Hand(p, b); err != nil {
		t.Fatal(err)
	}
	got := v.One(to(v.Deliver(), alison), alison)
	if id := got.MessageID(); !strings.HasSuffix(string(id), "@gardeners.example") || id.Kind() != "post" {
		t.Errorf("id %q", id)
	}
	if d, ok := got.Date(); !ok || !d.Equal(v.Now) {
		t.Errorf("date %v %v", d, ok)
	}
}

// A letter that became public by its author's word carries nothing of the private one along: neither ids, by which every answer to it
// would be stopped, nor addresses that were its author's alone.
func TestNothingPrivateTravels(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: dana, To: "managers@gardeners.example", Subject: "PR person", Body: "May she join?"})
	ack := v.One(to(v.Deliver(), dana), dana)
	door, id := ack.ReplyTo()[0].Address.String(), string(ack.MessageID())
	v.Update(func(tx *db.Tx) error { return v.Store.RecordID(tx, "d.issue@gardeners.example", "digest") })
	v.MustSend(post{From: dana, To: fmt.Sprintf("Talk <%s>, The managers <%s>, %s", talk, door, alison), Rcpt: []string{talk}, Subject: "To all, then", Body: "May she?",
		Header: "Cc: managers@gardeners.example\r\nIn-Reply-To: <" + id + ">\r\nReferences: <public@x.example> <d.issue@gardeners.example> <" + id + ">\r\nMessage-ID: <all@north.example>\r\n"})
	q := v.One(v.Deliver(), dana)
	v.MustSend(answer(dana, q, "PUBLIC"))
	got := v.One(to(v.Deliver(), bill), bill)
	has(t, got, "To", "Talk <talk@gardeners.example>, alison@east.example")
	has(t, got, "Cc", "")
	has(t, got, "In-Reply-To", "")
	has(t, got, "References", "<public@x.example>")
	for _, w := range []string{door, id, "d.issue"} {
		if strings.Contains(string(got.Raw()), w) {
			t.Errorf("%q travels:\n%s", w, got.Raw())
		}
	}
	// and so an answer to it is an ordinary one
	back := answer(bill, got, "Yes.")
	back.To = talk
	v.MustSend(back)
	if all := v.Deliver(); len(to(all, dana)) != 1 || len(to(all, bill)) != 1 {
		t.Errorf("an answer:\n%s", mailroomtest.Subjects(all))
	}
}

// What relays and filters before us write down, under whatever name, shows no address that was handed to one person (G4).
func TestNoFieldShowsADoor(t *testing.T) {
	v := mailroomtest.New(t)
	door := v.Door(address.Everyone, "nobody", "thread:1", dana)
	v.MustSend(post{From: dana, To: talk, Subject: "By " + door, Body: "Hello to you all.", Header: "X-Resolved-To: <" + door + ">\r\nX-Filter: for=" + strings.ToUpper(door) + "\r\nX-Plus: 1+1@2\r\n"})
	got := v.One(to(v.Deliver(), bill), bill)
	if raw := strings.ToLower(string(got.Raw())); strings.Contains(raw, door) {
		t.Errorf("the door travels:\n%s", got.Raw())
	}
	has(t, got, "Subject", "By [a personal address was removed]")
	has(t, got, "X-Plus", "1+1@2")
}

// Of a letter whose only To was a private door, the list is what is left.
func TestToIsNeverEmpty(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: dana, To: "managers@gardeners.example", Rcpt: []string{talk}, Subject: "Hello", Body: "To all."})
	v.MustSend(answer(dana, v.One(v.Deliver(), dana), "PUBLIC"))
	has(t, v.One(to(v.Deliver(), bill), bill), "To", "talk@gardeners.example")
}

// The body is relayed byte for byte: signed, encrypted and odd ones stay what they were.
func TestTheBodyIsNotTouched(t *testing.T) {
	v := mailroomtest.New(t)
	for _, body := range []string{"no line end", "two\n\n\n\nempty lines\n\n", ".\n..\n.x", "tab\tand trailing blanks  \n", "--b\n\n8-bit \xe4\xf6\n--b--"} {
		v.Now = v.Now.Add(time.Hour)
		if got := copyOf(v, post{Body: body}); string(got.Letter.Body()) != strings.ReplaceAll(body, "\n", "\r\n")+"\r\n" {
			t.Errorf("%q became %q", body, got.Letter.Body())
		}
	}
}
