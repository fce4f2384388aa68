package letter

import (
	"strings"
	"testing"

	"backchannel/templates/refusal"
)

// TestCheckPost: B2, with the sentence that its author reads.
func TestCheckPost(t *testing.T) {
	const from = "From: Jane Doe <jane@b.example>\r\n"
	for _, header := range []string{
		from,
		"from: jane@b.example\r\n",
		"From: jane@b.example (Jane Doe)\r\n",
		"From: \"Doe, Jane\" <jane@b.example>\r\n",
		"From: =?utf-8?q?Zo=C3=AB?=\r\n <zoe@b.example>\r\n",
		"From: < jane@b.example >\r\n",
		"From: jane@b.example <jane@b.example>\r\n", // B6 judges the name
		"From: \"a@b\" <jane@b.example>\r\n",
		"From: \"jane doe\"@b.example\r\n",
		from + "Received: a\r\nReceived: b\r\nComments: a\r\nComments: b\r\n",
	} {
		l := parse(t, header+"\r\nx")
		if err := l.CheckPost(); err != nil {
			t.Errorf("%q: %v", header, err)
		}
		if m, err := l.Author(); err != nil || m != l.From()[0] {
			t.Errorf("%q: the author is %v, %v", header, m, err)
		}
	}
	const unreadable = "We cannot read the address your letter is from. Please check the address set in your mail program and send it again."
	const two = "Your letter says it is from 2 people. A post needs one author: please send it again in your own name."
	odd := func(value string) string {
		return "The address your letter is from is written in an unusual way (" + value + "), so we cannot be sure who wrote it. Please check the sender set in your mail program and send it again."
	}
	twice := func(name string) string {
		return "Your letter has 2 \"" + name + "\" lines, but there may be only one. Please send it again from your usual mail program."
	}
	for header, want := range map[string]string{
		"To: a@b.example\r\n":                               "Your letter does not say who it is from. Please send it again from your usual mail program.",
		"From:\r\n":                                         unreadable,
		"From: \r\n \r\n":                                   unreadable,
		"From: Jane Doe\r\n":                                unreadable,
		"From: <>\r\n":                                      unreadable,
		"From: jane@\r\n":                                   unreadable,
		"From: undisclosed:;\r\n":                           unreadable,
		"From: jane@[192.0.2.1]\r\n":                        unreadable,
		"From: a@b.example, c@d.example\r\n":                two,
		"From: <a@b.example> <c@d.example>\r\n":             two,
		"From: a@b.example c@d.example\r\n":                 two,
		"From: a@b.example,\r\n c@d.example\r\n":            two,
		"From: a@b.example, Jane\r\n":                       two,
		"From: G: a@b.example;\r\n":                         odd("G: a@b.example;"),
		"From: <@x.example:a@b.example>\r\n":                odd("<@x.example:a@b.example>"),
		"From: a at b.example (A)\r\n":                      odd("a at b.example (A)"),
		"From: <a@b.example> x\r\n":                         odd("<a@b.example> x"),
		"From: Jane jane@b.example\r\n":                     odd("Jane jane@b.example"),
		"From: <mailto:a@b.example>\r\n":                    odd("<mailto:a@b.example>"),
		"From: a(x)@b.example <\r\n":                        unreadable,
		from + from:                                         twice("From"),
		from + "FROM: joe@c.example\r\n":                    twice("From"),
		from + "Date: a\r\nDate: b\r\n":                     twice("Date"),
		from + "Sender: a@b\r\nSender : c@d\r\n":            twice("Sender"),
		from + "Reply-To: a\r\nReply-to: b\r\n":             twice("Reply-To"),
		from + "To: a\r\nTo: b\r\n":                         twice("To"),
		from + "Cc: a\r\nCC: b\r\n":                         twice("Cc"),
		from + "Bcc: a\r\nBcc: b\r\n":                       twice("Bcc"),
		from + "Message-ID: a\r\nMessage-Id: b\r\n":         twice("Message-ID"),
		from + "In-Reply-To: a\r\nIn-Reply-To: b\r\n":       twice("In-Reply-To"),
		from + "References: a\r\nReferences: b\r\n":         twice("References"),
		from + "Subject: a\r\nSubject: b\r\n":               twice("Subject"),
		from + "Content-Type: a/b\r\nContent-type: c/d\r\n": twice("Content-Type"),
		from + "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n": twice("Content-Transfer-Encoding"),
	} {
		err := parse(t, header+"\r\nx").CheckPost()
		if err == nil || err.Error() != want || refusal.KindOf(err) != refusal.Malformed {
			t.Errorf("%q: %v, want %q", header, err, want)
		}
		l := parse(t, header+"\r\nx")
		known := l.header.Count("From") == 1 && strings.HasPrefix(header, from)
		if m, err := l.Author(); (err == nil) != known || (err != nil && m != Mailbox{}) {
			t.Errorf("%q: the author is %v, %v", header, m, err)
		}
	}
}
