package smtpd

import (
	"context"
	"errors"
	"strings"
	"testing"

	"backchannel/templates/refusal"
)

// P5: every kind of refusal has its code, and the sentence is the peer's.
func TestRefusalBecomesReply(t *testing.T) {
	const nobody = "550 5.1.1 There is nobody of this name here. Please check the address.\r\n"
	want := map[refusal.Kind]string{
		refusal.Unavailable:   "451 4.3.0 A sentence.\r\n",
		refusal.Full:          "452 4.3.1 A sentence.\r\n",
		refusal.Busy:          "421 4.3.2 A sentence.\r\n",
		refusal.DNS:           "451 4.4.3 A sentence.\r\n",
		refusal.Limit:         "450 4.7.0 A sentence.\r\n",
		refusal.NoSuchAddress: nobody,
		refusal.NotAllowed:    "550 5.7.1 A sentence.\r\n",
		refusal.Malformed:     "554 5.6.0 A sentence.\r\n",
		refusal.Robot:         "550 5.7.1 A sentence.\r\n",
		refusal.Loop:          "554 5.4.6 A sentence.\r\n",
		refusal.TooBig:        "552 5.3.4 A sentence.\r\n",
		refusal.Invalid:       "554 5.5.0 A sentence.\r\n",
		refusal.NotFound:      nobody,
		refusal.Conflict:      "554 5.5.0 A sentence.\r\n",
		refusal.Usage:         "554 5.5.0 A sentence.\r\n",
	}
	for kind := refusal.Unavailable; !strings.HasPrefix(kind.String(), "kind-"); kind++ {
		got := replyTo(refusal.Because(kind, "A sentence.").From(errors.New("a cause")))
		if wire(got) != want[kind] {
			t.Errorf("%s: got %q, want %q", kind, wire(got), want[kind])
		}
		if temporary := got.Code/100 == 4; temporary != kind.Temporary() {
			t.Errorf("%s: %d", kind, got.Code)
		}
	}
	for _, err := range []error{errors.New("no such table: letter"), context.Canceled, refusal.Because(refusal.Kind(99), "?")} {
		if got := replyTo(err); got != replyOurs {
			t.Errorf("%v: %q", err, wire(got))
		}
	}
}

// A12: a sentence stays on its lines, whatever a refusal was made of.
func TestSentencesAreSafe(t *testing.T) {
	long := strings.Repeat("word ", 160) + "end."
	for sentence, want := range map[string]string{
		"One\r\n250 two":         "550 5.7.1 One 250 two",
		"grün\x00":               "550 5.7.1 gr?n?",
		long:                     "550-5.7.1 " + strings.Repeat("word ", 79) + "word\n550-5.7.1 " + strings.Repeat("word ", 79) + "word\n550 5.7.1 end.",
		strings.Repeat("x", 900): "550 5.7.1 " + strings.Repeat("x", 397) + "...",
	} {
		w := open(t)
		w.room.say = func(*Envelope, []byte) error { return refusal.Because(refusal.NotAllowed, "%s", sentence) }
		w.play(MX, stranger, upToData+"C: x\nC: .\nS: "+strings.ReplaceAll(want, "\n", "\nS: ")+"\nC: NOOP\nS: 250 *")
	}
}

// The sentences of the door itself, each as it goes over the wire.
func TestOurOwnReplies(t *testing.T) {
	for got, want := range map[*reply]string{
		replyStopping:           "421 4.3.2 We are restarting. Please come back in a minute.",
		replyFull:               "421 4.3.2 Too many are at the door just now. Please try again in a few minutes.",
		replyTooMany:            "421 4.7.0 You have too many connections open here. Please close some and try again.",
		replyEnough:             "421 4.7.0 That was a lot of commands without a letter. Please start over with a new connection.",
		replyIdle:               "421 4.4.2 We waited for you and heard nothing. Please connect again.",
		replyNoReset:            "421 4.5.0 A letter half sent can only be given up by connecting again.",
		replyForeign:            "521 5.3.2 This is a mail server; it speaks SMTP only.",
		replyEarly:              "503 5.5.0 You must wait for our answer before you go on.",
		replyLineEnds:           "550 5.5.2 Every line must end with CR LF, and nothing else may hold a CR, an LF or a NUL. Nothing was kept.",
		replyLongLine:           "500 5.5.6 That line is too long.",
		replyBadChunk:           "501 5.5.4 BDAT wants a size, and LAST behind the last chunk.",
		replyBadTLS:             "501 5.5.4 STARTTLS stands alone on its line.",
		replyBroken:             "451 4.4.2 The letter did not arrive whole. Nothing was kept; please send it again.",
		replyShort:              "452 4.3.1 Too much mail is arriving at this moment. Nothing was kept; please send it again in a few minutes.",
		replyOurs:               "451 4.3.0 Something is not working here just now. Nothing was kept; please send it again later.",
		replyNested:             "503 5.5.1 One letter at a time: finish this one, or give it up with RSET.",
		replyNoMail:             "503 5.5.1 MAIL and RCPT come first.",
		replyBadFrom:            "501 5.1.7 This sender address cannot be read. It should look like <name@domain>.",
		replyBadTo:              "501 5.1.3 This recipient address cannot be read. It should look like <name@domain>.",
		replyNoUTF8:             "553 5.6.7 An address beyond ASCII needs SMTPUTF8 at MAIL.",
		replyUnknown:            "550 5.1.1 There is nobody of this name here. Please check the address.",
		replyStrangers:          "421 4.7.0 Too many addresses that do not exist. Please try again in an hour.",
		replyNoLogin:            "502 5.7.0 There is no login at this door.",
		replyMechanism:          "504 5.7.4 We know PLAIN and LOGIN.",
		replyBadAuth:            "501 5.5.2 This login cannot be read.",
		replyNoAuthNow:          "503 5.5.1 A login comes before the letter.",
		replyWrong:              "535 5.7.8 This name and app password do not fit together.",
		replyGuessing:           "421 4.7.0 Too many wrong passwords. Please try again in an hour.",
		replyLoginLater:         "454 4.7.0 We cannot check a login just now. Please try again in a few minutes.",
		replyLoginFirst:         "530 5.7.0 Please log in first, with your address and an app password.",
		replyTooBig(25_000_000): "552 5.3.4 This letter is too large: we take up to 25 MB. A link to the large part gets through.",
		replyTooBig(25 << 20):   "552 5.3.4 This letter is too large: we take up to 25 MB. A link to the large part gets through.",
		replyTooBig(100 << 10):  "552 5.3.4 This letter is too large: we take up to 100 KB. A link to the large part gets through.",
		replyKept("abcdefghij"): "250 2.0.0 Kept as abcdefghij.",
	} {
		if wire(got) != want+"\r\n" {
			t.Errorf("got %q, want %q", wire(got), want)
		}
	}
}
