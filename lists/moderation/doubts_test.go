package moderation_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

const mixed = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
const alternative = "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n"

// part is one part of a letter.
func part(kind, body string) string { return "--b\nContent-Type: " + kind + "\n\n" + body + "\n" }

// W1 to W5, in whatever way a mail program carries private words along: one doubt stops a letter, and the question says which.
func TestDoubts(t *testing.T) {
	v := unhurried(t)
	v.Found("bakers.example", "Bakers")
	v.MustSend(post{From: dana, To: managers, Subject: "PR person", Body: "May she join?"})
	all := v.Deliver()
	ack, notice := v.One(all, dana), v.One(all, mira)
	door := ack.ReplyTo()[0].Address.String()
	inLink := strings.NewReplacer("+", "%2B", "@", "%40").Replace(door)
	id := string(ack.MessageID())
	v.Update(func(tx *db.Tx) error { return v.Store.RecordID(tx, "d.issue@gardeners.example", "digest") })
	for name, c := range map[string]struct {
		p    post
		says string
	}{
		"W1 In-Reply-To":              {post{Header: "In-Reply-To: <" + id + ">\r\n"}, "It answers a private letter."},
		"W1 far back in References":   {post{Header: "References: <" + id + "> <a@b.example> <c@d.example>\r\n"}, "It answers a private letter."},
		"W1 a notice to a manager":    {post{From: mira, Header: "References: <" + string(notice.MessageID()) + ">\r\n"}, "It answers a private letter."},
		"W1 forwarded by Thunderbird": {post{Header: "X-Forwarded-Message-Id: <" + id + ">\r\n"}, "It answers a private letter."},
		"W1 sent once more":           {post{Header: "Message-ID: <" + id + ">\r\n"}, "It answers a private letter."},
		"W1 by its subject":           {post{Subject: "Re: [private] Re: PR person"}, "It answers a private letter."},
		"W1 by a manager's subject":   {post{From: mira, Subject: "Re: " + notice.Subject()}, "It answers a private letter."},
		"W2 a digest":                 {post{Header: "In-Reply-To: <d.issue@gardeners.example>\r\n"}, "It answers the digest"},
		"W2 far back in References":   {post{Header: "References: <d.issue@gardeners.example> <a@b.example>\r\n"}, "It answers the digest"},
		"W2 forwarded by Thunderbird": {post{Header: "X-Forwarded-Message-Id: <d.issue@gardeners.example>\r\n"}, "It answers the digest"},
		"W2 by its subject":           {post{Subject: "Re: Sponsors, 3 unanswered - Gardeners, 12 June"}, "It answers the digest"},
		"W2 by a German answer":       {post{Subject: "AW: Sponsors, 3 unanswered - Gardeners, 12 June"}, "It answers the digest"},
		"W3 in base64": {post{Header: "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n",
			Body: base64.StdEncoding.EncodeToString([]byte("See:\r\n> [private K7QX]\r\n"))}, "[private K7QX]"},
		"W3 in quoted-printable": {post{Header: "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n",
			Body: "See:\n> [pri=\nvate=20K7QX]"}, "[private K7QX]"},
		"W3 flowed": {post{Header: "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8; format=flowed\r\n",
			Body: "See:\n> and so on. [private \n> K7QX]"}, "[private K7QX]"},
		"W3 below an original message": {post{Body: "See.\n\n-----Original Message-----\nFrom: The managers\nSubject: x\n\nOnly us. [private K7QX]"}, "[private K7QX]"},
		"W4 the managers in To":        {post{Header: "Cc: Bill <bill@south.example>, \"The managers\" <MANAGERS@Gardeners.Example>\r\n"}, "to the managers in private and to everyone, both"},
		"W8 a slash":                   {post{Body: "/note she is difficult"}, "begins with"},
		"W8 a wide slash":              {post{Body: "／note she is difficult"}, "begins with"},
		"W8 behind empty lines":        {post{Body: "\n\n  /close"}, "begins with"},
		"W3 a watermark":               {post{Body: "They wrote:\n\n> Only the managers got this. [private K7QX]"}, "[private K7QX]"},
		"W3 a wrapped watermark":       {post{Body: "They wrote:\n\n> and so on. [private\n> K7QX]"}, "[private K7QX]"},
		"W3 in small letters":          {post{Body: "[PRIVATE k7qx]"}, "[private K7QX]"},
		"W3 a door":                    {post{Body: "Write to " + door + " instead."}, "private+…"},
		"W3 a door in capitals":        {post{Body: "Write to " + strings.ToUpper(door) + " instead."}, "private+…"},
		"W3 a door behind many":        {post{Body: strings.Repeat("note+00000000000000000000000000@x ", 60) + door}, "private+…"},
		"W3 only in the HTML":          {post{Header: alternative, Body: part("text/plain", "See below.") + part("text/html", "<p>See.</p><blockquote>[private&nbsp;K7QX]</blockquote>") + "--b--"}, "[private K7QX]"},
		"W3 in pieces of the HTML":     {post{Header: alternative, Body: part("text/plain", "See below.") + part("text/html", "<p>[private <b>K7QX</b>]</p>") + "--b--"}, "[private K7QX]"},
		"W3 in a link":                 {post{Header: alternative, Body: part("text/plain", "See below.") + part("text/html", `<a href="mailto:`+inLink+`">write</a>`) + "--b--"}, "private+…"},
		"W3 an attached letter":        {post{Header: mixed, Body: part("text/plain", "See below.") + part("message/rfc822", "Subject: x\nReply-To: <"+door+">\n\nhello") + "--b--"}, "private+…"},
		"W3 text of an attached one":   {post{Header: mixed, Body: part("text/plain", "See below.") + part("message/rfc822", "Subject: x\n\nhello\n\n[private K7QX]") + "--b--"}, "[private K7QX]"},
		"W3 an attached text":          {post{Header: mixed, Body: part("text/plain", "See below.") + part("text/plain; name=mail.txt", "[private K7QX]") + "--b--"}, "[private K7QX]"},
		"W3 an attached .eml": {post{Header: mixed, Body: part("text/plain", "See below.") +
			part("application/octet-stream; name=\"mail.eml\"\nContent-Transfer-Encoding: base64", base64.StdEncoding.EncodeToString([]byte("Subject: x\n\n[private K7QX]"))) + "--b--"}, "[private K7QX]"},
		"W4 the managers in Cc":     {post{Header: "Cc: managers@gardeners.example\r\n"}, "to the managers in private and to everyone, both"},
		"W4 the digest's address":   {post{Header: "Cc: digest@gardeners.example\r\n"}, "to the managers in private and to everyone, both"},
		"W1 a printed letter":       {post{Header: "MIME-Version: 1.0\r\nContent-Type: application/pdf; name=\"Mail - [private] Re A vendor.pdf\"\r\n"}, "It answers a private letter."},
		"W3 a door in the subject":  {post{Subject: "Re: " + door}, "private+…"},
		"W4 another community's":    {post{Header: "Cc: managers@bakers.example\r\n"}, "to the managers in private and to everyone, both"},
		"W4 a list's owner":         {post{Header: "Cc: talk-owner@gardeners.example\r\n"}, "to the managers in private and to everyone, both"},
		"W4 a door":                 {post{Header: "Cc: <" + door + ">\r\n"}, "to the managers in private and to everyone, both"},
		"W4 an unknown door":        {post{Header: "Cc: note+00000000000000000000000000@gardeners.example\r\n"}, "to the managers in private and to everyone, both"},
		"W5 speaks to the managers": {post{Body: "Dear managers,\n\nplease keep this confidential: I want to leave."}, `sounds private: "confidential"`},
		"W5 by its subject":         {post{Subject: "For Mira only, confidential", Body: "I want to leave."}, `sounds private: "confidential"`},
	} {
		v.Pass(25 * time.Hour)
		if c.p.From == "" {
			c.p.From = dana
		}
		if c.p.Subject == "" {
			c.p.Subject = name
		}
		if c.p.Body == "" {
			c.p.Body = "To all, then."
		}
		c.p.To = talk
		v.MustSend(c.p)
		all := v.Deliver()
		q := v.One(all, c.p.From)
		if len(all) != 1 || !strings.HasPrefix(q.ReplyTo()[0].Address.Local, "confirm+") {
			t.Errorf("%s:\n%s", name, mailroomtest.Subjects(all))
		}
		says(t, q, c.says)
		if strings.Contains(q.Text(), door) {
			t.Errorf("%s: the door is shown", name)
		}
		v.MustSend(answer(c.p.From, q, "DROP"))
		v.Deliver()
	}
	for name, p := range map[string]post{
		"an ordinary post":           {Body: "I am new here."},
		"a watermark of another use": {Body: "The [private] area, and [privates K7QX]."},
		"a door nobody was given":    {Body: "As in private+00000000000000000000000000@gardeners.example, say."},
		"a member in Cc":             {Body: "Hello.", Header: "Cc: bill@south.example, managers@other.example\r\n"},
	} {
		v.Pass(25 * time.Hour)
		p.From, p.To, p.Subject = alison, talk, name
		v.MustSend(p)
		if all := v.Deliver(); len(to(all, dana)) != 1 {
			t.Errorf("%s was stopped:\n%s", name, mailroomtest.Subjects(all))
		}
	}
}

// Looking through a letter costs time that grows with its size and not faster, whatever it holds (B8): ten times the letter, ten times the
// time. The fastest of a few runs counts, and only forty is believed to be a fault: what grows with the square costs a hundred.
func TestALargeLetterIsLookedThroughInLinearTime(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	v := mailroomtest.New(t)
	for name, piece := range map[string]string{"doors": "private+", "brackets": "[private ", "words": "managers between ", "html": "<b>private+x"} {
		took := func(size int) time.Duration {
			body := strings.Repeat(strings.Repeat(piece, 8)+"\n", size/(8*len(piece)+1))
			l, err := letter.Parse([]byte("From: dana@north.example\r\nTo: talk@gardeners.example\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n" + body))
			if err != nil {
				t.Fatal(err)
			}
			best := time.Hour
			for range 3 {
				begun := time.Now()
				v.View(func(tx *db.Tx) error { _, err := lists.ReadQuoted(l).Shown(tx); return err })
				best = min(best, time.Since(begun))
			}
			return best
		}
		growth := 1000.0
		for try := 1; try <= 5 && growth > 12; try++ {
			growth = min(growth, float64(took(20<<20))/float64(took(2<<20)))
		}
		if growth > 40 {
			t.Errorf("%s: ten times the letter costs %.1f times the time", name, growth)
		}
	}
}
