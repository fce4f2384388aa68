package bounce

import (
	"regexp"
	"strings"

	"backchannel/archive/letter"
)

// readText reads a bounce that only people were meant to read. It always gives at least one Failure: without a recipient when
// the text names none, since the return path tells whose bounce it is.
func readText(l *letter.Letter, b *body) []Failure {
	t := newTranscript(b.text)
	found, named := candidates(l, t)
	if v := l.Get("X-Failed-Recipients"); v != "" {
		found = declared(v, named)
	}
	if len(found) == 0 {
		found = fromReturned(b)
	}
	if len(found) == 0 {
		found = []candidate{{}}
	}
	failed := make(map[string]bool, len(found))
	for _, c := range found {
		failed[c.key] = true
	}
	delay := isDelay(l.Subject(), b.text)
	out := make([]Failure, 0, len(found))
	for _, c := range found {
		until := len(t.lines) // where the text turns to the next recipient
		for _, n := range named {
			if n.line > c.line && n.line < until && failed[n.key] && n.key != c.key {
				until = n.line
			}
		}
		words := t.about(c, t.verdictEnd(c.line, until), len(found) == 1)
		f := Failure{Recipient: c.address, Action: Failed, Diagnostic: diagnostic(words)}
		f.Status, f.Code = firstStatus(f.Diagnostic), firstCode(f.Diagnostic)
		if delay {
			f.Action = Delayed
		}
		if f.Class = classify(f.Action, f.Status, f.Diagnostic); f.Class == Unclear {
			f.Class = classify(f.Action, f.Status, words) // what did not fit into the diagnostic
		}
		out = append(out, f)
	}
	return out
}

// transcript is the text of a bounce by line, once as it is, once in lower case, and with the lines noted that carry a reply code.
type transcript struct {
	lines, low []string
	coded      []bool
}

func newTranscript(text string) *transcript {
	t := &transcript{lines: strings.Split(text, "\n")}
	for i, line := range t.lines {
		line = strings.TrimSpace(clip(line, 2000))
		t.lines[i] = line
		t.low = append(t.low, strings.ToLower(line))
		t.coded = append(t.coded, firstCode(line) >= 400 || firstStatus(line) != "")
	}
	return t
}

// candidate is an address that may be the failed recipient, and the line it stands on.
type candidate struct {
	address letter.Address
	key     string // of the address
	line    int
	weight  int
}

var (
	anyAddress = regexp.MustCompile("[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+")
	// alone is an address with nothing but marks before it, and behind it the end of the line, a colon or dots.
	alone = regexp.MustCompile(`^[\s>*"'<(\[-]*(?:[45][0-9][0-9][ -])?(?:(?i:rcpt to|recipient|recipients|address|failed recipient|for)\s*:?\s*)?[<"']*$`)
	after = regexp.MustCompile(`^["'>)\]]*\s*(?:$|:|\.\.\.|,|;|\(|<|on |failed|invalid|unknown|-|was |could)`)
)

// candidates gives the addresses that stand where failed recipients stand, the likeliest kind only, and every place where an
// address stands at all.
func candidates(l *letter.Letter, t *transcript) (best, named []candidate) {
	ours := make(map[string]bool)
	for _, list := range [][]letter.Mailbox{l.To(), l.From(), l.Sender()} {
		for _, m := range list {
			ours[m.Address.Key()] = true
		}
	}
	most := 0
	for i, line := range t.lines {
		for _, at := range anyAddress.FindAllStringIndex(line, 8) {
			a := address(line[at[0]:at[1]])
			key := a.Key()
			w := weigh(line[:at[0]], line[at[1]:])
			if a.IsZero() || w == 0 {
				continue
			}
			if w < 3 && daemonName(a.Local) {
				continue
			}
			if ours[key] { // whom the report is written to: hardly ever who failed
				w = w / 3
			}
			most = max(most, w)
			named = append(named, candidate{a, key, i, w})
		}
	}
	seen := make(map[string]bool)
	for _, c := range named {
		if c.weight == most && most > 0 && !seen[c.key] && len(best) < maxFound {
			seen[c.key] = true
			best = append(best, c)
		}
	}
	return best, named
}

// maxFound bounds the recipients that a text may name.
const maxFound = 100

// weigh tells how surely an address between these words failed: 3 alone on its line or at its head, 2 behind words that name a
// recipient, 1 anywhere, 0 behind words that name somebody else.
func weigh(before, behind string) int {
	low := strings.ToLower(before)
	switch {
	case contains(low, []string{"mail from", "from:", "sender", "contact", "envelope-from", "reply", "forward", "http", "send mail to", "write to", "generated from", "message-id", "originator", "visit"}):
		return 0
	case alone.MatchString(before) && after.MatchString(strings.ToLower(behind)):
		return 3
	case contains(low, []string{"rcpt to", "rcpt:", "recipient", "deliver", "not be sent to", "mailbox", "user", "address", "could not find a gateway for", "errors:"}):
		return 2
	}
	return 1
}

func daemonName(local string) bool {
	switch strings.ToLower(local) {
	case "mailer-daemon", "postmaster", "abuse", "support", "noreply", "no-reply", "helpdesk", "admin", "hostmaster":
		return true
	}
	return false
}

// declared takes the recipients that a header names (Exim, Gmail), each at the line where the text has it.
func declared(v string, found []candidate) []candidate {
	var out []candidate
	for s := range strings.SplitSeq(v, ",") {
		if len(out) == maxFound {
			break
		}
		a := address(s)
		if a.IsZero() {
			continue
		}
		c := candidate{address: a, key: a.Key()}
		for _, f := range found {
			if f.key == c.key {
				c.line = f.line
				break
			}
		}
		out = append(out, c)
	}
	return out
}

// fromReturned takes whom the returned letter was for, where the report does not tell.
func fromReturned(b *body) []candidate {
	if b.returned == nil {
		return nil
	}
	if to := b.returned.To(); len(to) == 1 && !to[0].Address.IsZero() {
		return []candidate{{address: to[0].Address, key: to[0].Address.Key()}}
	}
	return nil
}

// about gathers what a text says of one recipient: the lines from its own to the next recipient's, and the lines elsewhere
// that name it or, for a lone recipient, all the rest. Lines with a reply code come first.
func (t *transcript) about(c candidate, until int, lone bool) string {
	var coded, near, far []string
	for i, line := range t.lines {
		if line == "" || strings.Trim(line, "-=*_# ") == "" {
			continue
		}
		line = clip(line, 300)
		inside := i >= c.line && i < until
		names := !c.address.IsZero() && len(line) > len(c.key)+6 && strings.Contains(t.low[i], c.key)
		switch {
		case t.coded[i] && (inside || lone), names && !lone:
			coded = append(coded, line)
		case inside:
			near = append(near, line)
		case lone:
			far = append(far, line)
		}
		if len(coded)+len(near)+len(far) > 60 {
			break
		}
	}
	return strings.Join(append(append(coded, near...), far...), " ")
}

// verdict is a line by which old Sendmail ends what it has to say of one recipient or host: "554 <ann@east.example>... Host unknown".
var verdict = regexp.MustCompile(`^[45][0-9][0-9] \S[^>]{0,200}>?(?: \(\w+\))?\.\.\. `)

// verdictEnd is where the words about a recipient end at the latest: behind a verdict of their own the next one is somebody else's, even
// where it names a host only.
func (t *transcript) verdictEnd(line, until int) int {
	if line >= len(t.lines) || !verdict.MatchString(t.lines[line]) {
		return until
	}
	for i := line + 1; i < until; i++ {
		if verdict.MatchString(t.lines[i]) {
			return i
		}
	}
	return until
}

// isDelay tells that a report only warns.
func isDelay(subject, text string) bool {
	s := strings.ToLower(subject)
	if contains(s, []string{"delayed", "(delay)", "warning", "still being retried"}) {
		return true
	}
	return contains(strings.ToLower(clip(text, 1500)), []string{"this is a warning message only", "this is a warning. you don't need", "you do not need to resend", "no action is required on your part", "will continue to try", "still being retried"})
}
