package letter

import (
	"backchannel/templates/refusal"
)

// singletons are the fields that may stand in a letter once (RFC 5322 §3.6). A second one is how two programs are made to see two
// different letters; the MIME fields that decide over the body are counted for the same reason.
var singletons = [...]string{
	"Date", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID", "In-Reply-To", "References", "Subject",
	"Content-Type", "Content-Transfer-Encoding",
}

// CheckPost tells whether the letter may become a post (B2): one From with one mailbox, and no field twice that may stand once. The
// error is a *refusal.Refusal of kind Malformed. Robots' letters and reports are read without it (RFC 7103).
func (l *Letter) CheckPost() error {
	for _, name := range singletons {
		if n := l.header.Count(name); n > 1 {
			return twice(name, n)
		}
	}
	_, err := l.Author()
	return err
}

// Author is the one mailbox of the one From field, written in a way that all programs read alike. Whoever decides by the sender
// must ask for it and not for From, which also tells what can only be guessed. The error is a *refusal.Refusal of kind Malformed.
func (l *Letter) Author() (Mailbox, error) {
	values := l.header.Raw("From")
	if len(values) == 0 {
		return Mailbox{}, refusal.Because(refusal.Malformed, "Your letter does not say who it is from. Please send it again from your usual mail program.")
	}
	if len(values) > 1 {
		return Mailbox{}, twice("From", len(values))
	}
	authors := readList(values[0])
	switch {
	case len(authors) > 1:
		return Mailbox{}, refusal.Because(refusal.Malformed, "Your letter says it is from %d people. A post needs one author: please send it again in your own name.", len(authors))
	case len(authors) == 0 || authors[0].box.Address.IsZero():
		return Mailbox{}, refusal.Because(refusal.Malformed, "We cannot read the address your letter is from. Please check the address set in your mail program and send it again.")
	case !authors[0].clean:
		return Mailbox{}, refusal.Because(refusal.Malformed, "The address your letter is from is written in an unusual way (%s), so we cannot be sure who wrote it. Please check the sender set in your mail program and send it again.", ASCII(values[0], 80))
	}
	return authors[0].box, nil
}

func twice(name string, n int) error {
	return refusal.Because(refusal.Malformed, "Your letter has %d %q lines, but there may be only one. Please send it again from your usual mail program.", n, name)
}
