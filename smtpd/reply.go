package smtpd

import (
	"fmt"
	"strings"

	"backchannel/archive/letter"
	"backchannel/templates/refusal"

	"github.com/emersion/go-smtp"
)

// reply is what a session tells its peer: a code (RFC 5321 §4.2), an enhanced code (RFC 3463) and a sentence. As an error it is
// the only kind the library ever gets from us: from any other it would make a permanent 554 (A11).
type reply = smtp.SMTPError

// enhanced is an enhanced status code, as the library names it.
type enhanced = smtp.EnhancedCode

func answer(code int, e enhanced, sentence string) *reply {
	return &reply{Code: code, EnhancedCode: e, Message: sentence}
}

// The replies that no refusal stands behind: what the door itself has to say.
var (
	replyStopping   = answer(421, enhanced{4, 3, 2}, "We are restarting. Please come back in a minute.")
	replyFull       = answer(421, enhanced{4, 3, 2}, "Too many are at the door just now. Please try again in a few minutes.")
	replyTooMany    = answer(421, enhanced{4, 7, 0}, "You have too many connections open here. Please close some and try again.")
	replyEnough     = answer(421, enhanced{4, 7, 0}, "That was a lot of commands without a letter. Please start over with a new connection.")
	replySpent      = answer(421, enhanced{4, 7, 0}, "That was a lot of mail for one connection. Nothing more was kept; please connect again for the rest.")
	replyIdle       = answer(421, enhanced{4, 4, 2}, "We waited for you and heard nothing. Please connect again.")
	replyNoReset    = answer(421, enhanced{4, 5, 0}, "A letter half sent can only be given up by connecting again.")
	replyForeign    = answer(521, enhanced{5, 3, 2}, "This is a mail server; it speaks SMTP only.")
	replyEarly      = answer(503, enhanced{5, 5, 0}, "You must wait for our answer before you go on.")
	replyLineEnds   = answer(550, enhanced{5, 5, 2}, "Every line must end with CR LF, and nothing else may hold a CR, an LF or a NUL. Nothing was kept.")
	replyLongLine   = answer(500, enhanced{5, 5, 6}, "That line is too long.")
	replyBadChunk   = answer(501, enhanced{5, 5, 4}, "BDAT wants a size, and LAST behind the last chunk.")
	replyBadTLS     = answer(501, enhanced{5, 5, 4}, "STARTTLS stands alone on its line.")
	replyBroken     = answer(451, enhanced{4, 4, 2}, "The letter did not arrive whole. Nothing was kept; please send it again.")
	replyShort      = answer(452, enhanced{4, 3, 1}, "Too much mail is arriving at this moment. Nothing was kept; please send it again in a few minutes.")
	replyOurs       = answer(451, enhanced{4, 3, 0}, "Something is not working here just now. Nothing was kept; please send it again later.")
	replyNested     = answer(503, enhanced{5, 5, 1}, "One letter at a time: finish this one, or give it up with RSET.")
	replyNoMail     = answer(503, enhanced{5, 5, 1}, "MAIL and RCPT come first.")
	replyBadFrom    = answer(501, enhanced{5, 1, 7}, "This sender address cannot be read. It should look like <name@domain>.")
	replyBadTo      = answer(501, enhanced{5, 1, 3}, "This recipient address cannot be read. It should look like <name@domain>.")
	replyNoUTF8     = answer(553, enhanced{5, 6, 7}, "An address beyond ASCII needs SMTPUTF8 at MAIL.")
	replyUnknown    = answer(550, enhanced{5, 1, 1}, "There is nobody of this name here. Please check the address.")
	replyStrangers  = answer(421, enhanced{4, 7, 0}, "Too many addresses that do not exist. Please try again in an hour.")
	replyNoLogin    = answer(502, enhanced{5, 7, 0}, "There is no login at this door.")
	replyMechanism  = answer(504, enhanced{5, 7, 4}, "We know PLAIN and LOGIN.")
	replyBadAuth    = answer(501, enhanced{5, 5, 2}, "This login cannot be read.")
	replyNoAuthNow  = answer(503, enhanced{5, 5, 1}, "A login comes before the letter.")
	replyWrong      = answer(535, enhanced{5, 7, 8}, "This name and app password do not fit together.")
	replyGuessing   = answer(421, enhanced{4, 7, 0}, "Too many wrong passwords. Please try again in an hour.")
	replyLoginLater = answer(454, enhanced{4, 7, 0}, "We cannot check a login just now. Please try again in a few minutes.")
	replyLoginFirst = answer(530, enhanced{5, 7, 0}, "Please log in first, with your address and an app password.")
)

// replyTooBig names the limit (product.md B13: the text names limit and alternatives).
func replyTooBig(most int64) *reply {
	return answer(552, enhanced{5, 3, 4}, fmt.Sprintf("This letter is too large: we take up to %s. A link to the large part gets through.", megabytes(most)))
}

// megabytes says a size as the operator wrote it: 25MB is 25 000 000 in config.yaml, and powers of two are meant as such.
func megabytes(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 1_000_000:
		return fmt.Sprintf("%d MB", n/1_000_000)
	}
	return fmt.Sprintf("%d KB", n>>10)
}

// replyKept is the yes. The library takes it as an error like every other reply.
func replyKept(story string) *reply {
	return answer(250, enhanced{2, 0, 0}, "Kept as "+story+".")
}

// codes is the one place where kinds of refusal become reply codes.
var codes = map[refusal.Kind]reply{
	refusal.Unavailable:   {Code: 451, EnhancedCode: enhanced{4, 3, 0}},
	refusal.Full:          {Code: 452, EnhancedCode: enhanced{4, 3, 1}},
	refusal.Busy:          {Code: 421, EnhancedCode: enhanced{4, 3, 2}},
	refusal.DNS:           {Code: 451, EnhancedCode: enhanced{4, 4, 3}},
	refusal.Limit:         {Code: 450, EnhancedCode: enhanced{4, 7, 0}},
	refusal.NoSuchAddress: {Code: 550, EnhancedCode: enhanced{5, 1, 1}},
	refusal.NotAllowed:    {Code: 550, EnhancedCode: enhanced{5, 7, 1}},
	refusal.Malformed:     {Code: 554, EnhancedCode: enhanced{5, 6, 0}},
	refusal.Robot:         {Code: 550, EnhancedCode: enhanced{5, 7, 1}},
	refusal.Loop:          {Code: 554, EnhancedCode: enhanced{5, 4, 6}},
	refusal.TooBig:        {Code: 552, EnhancedCode: enhanced{5, 3, 4}},
	refusal.Invalid:       {Code: 554, EnhancedCode: enhanced{5, 5, 0}},
	refusal.Conflict:      {Code: 554, EnhancedCode: enhanced{5, 5, 0}},
	refusal.Usage:         {Code: 554, EnhancedCode: enhanced{5, 5, 0}},
	refusal.NotFound:      {Code: 550, EnhancedCode: enhanced{5, 1, 1}},
}

// replyTo turns what the Mailroom said into a reply. An unknown name has one answer, whoever refuses it and why (A10); an error
// that is no refusal says nothing of itself to a stranger.
func replyTo(err error) *reply {
	r, ok := refusal.As(err)
	if !ok {
		return replyOurs
	}
	code, ok := codes[r.Kind]
	switch {
	case !ok:
		return replyOurs
	case code.EnhancedCode == replyUnknown.EnhancedCode:
		return replyUnknown
	}
	code.Message = lines(code.EnhancedCode, r.Sentence)
	return &code
}

// replyWidth is how much of a sentence stands on one line: RFC 5321 §4.5.3.1.5 allows 512 octets with code and CRLF.
const replyWidth = 400

// lines makes a sentence safe for a reply: printable ASCII (A12), broken at words where it is long. The library writes the
// enhanced code on the last line only; RFC 2034 §4 wants it on each.
func lines(code enhanced, sentence string) string {
	words := strings.Fields(letter.ASCII(sentence, 4*replyWidth))
	var b strings.Builder
	width := 0
	for _, w := range words {
		w = letter.ASCII(w, replyWidth)
		switch {
		case width == 0:
		case width+1+len(w) > replyWidth:
			b.WriteByte('\n')
			width = 0
		default:
			b.WriteByte(' ')
			width++
		}
		b.WriteString(w)
		width += len(w)
	}
	rows := strings.Split(b.String(), "\n")
	for i := range rows[:len(rows)-1] {
		rows[i] = fmt.Sprintf("%d.%d.%d %s", code[0], code[1], code[2], rows[i])
	}
	return strings.Join(rows, "\n")
}

// wire is a reply of one line as the tap writes it, past the library.
func wire(r *reply) string {
	return fmt.Sprintf("%d %d.%d.%d %s\r\n", r.Code, r.EnhancedCode[0], r.EnhancedCode[1], r.EnhancedCode[2], r.Message)
}
