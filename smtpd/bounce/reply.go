package bounce

import "strings"

// FromReply is what a refusal means that our own courier heard, as Read would say it of a report: the reply's code, its enhanced code
// (empty when the host gave none) and its words. atRcpt tells that it was the answer to RCPT TO: nowhere else does a host speak of the
// recipient, so that elsewhere only words that name a dead address or a full mailbox make it anything but our failure.
func FromReply(code int, enhanced, text string, atRcpt bool) Failure {
	f := Failure{Action: Failed, Status: firstStatus(enhanced), Code: code, Diagnostic: diagnostic(text)}
	if inWords := firstStatus(f.Diagnostic); f.Status == "" || generic(f.Status) && inWords != "" {
		f.Status = inWords
	}
	f.Class = classify(f.Action, f.Status, f.Diagnostic)
	if f.Class == Unclear && code != 0 && !atRcpt {
		f.Class = Refused
	}
	return f
}

// Cause is why a host takes nothing from us, as far as its words tell.
type Cause string

// The causes.
const (
	Identity   Cause = "identity"   // it could not verify who we are: SPF, DKIM, DMARC, reverse DNS
	Reputation Cause = "reputation" // our address or domain is on a block list, or poorly known
	Content    Cause = "content"    // it took the letter for spam, or dislikes what is in it
	Pace       Cause = "pace"       // we send too much at once
	Size       Cause = "size"       // the letter is too large
	Encryption Cause = "encryption" // no TLS, or not good enough
	Relaying   Cause = "relaying"   // it does not take mail for that address from us at all
	Whim       Cause = "own"        // for reasons of its own
)

// causes are looked for from top to bottom. All lower case.
var causes = []struct {
	cause Cause
	words []string
}{
	{Identity, []string{"dmarc", "dkim", "spf", "unauthenticated", "authentication", "authenticate", "ptr record", "reverse dns", "rdns", "reverse lookup", "reverse hostname", "sender policy", "verify sender", "sender verif"}},
	{Pace, []string{"rate limit", "ratelimit", "throttl", "too many", "at a rate", "rate that"}},
	{Reputation, []string{"block list", "blocklist", "blacklist", "black list", "black-list", "denylist", "dnsbl", " rbl", "spamhaus", "spamcop", "barracuda", "reputation", "(bl)", "blocked", "banned", "your ip", "client host", "listed"}},
	{Size, []string{"too large", "too big", "message size", "size limit", "exceeds size", "maximum size", "exceeded maximum message"}},
	{Relaying, []string{"relay"}},
	{Encryption, []string{"starttls", " tls", "encrypt"}},
	{Content, []string{"spam", "content", "virus", "malware", "phish", "junk", "unsolicited", "bulk mail", "suspicious", "attachment", "5322"}},
}

// Cause is the cause of a failure of the class Refused, for people.
func (f Failure) Cause() Cause {
	words := strings.ToLower(f.Diagnostic)
	for _, c := range causes {
		if contains(words, c.words) {
			return c.cause
		}
	}
	switch {
	case strings.HasSuffix(f.Status, ".7.25"), strings.HasSuffix(f.Status, ".7.26"), len(f.Status) == 6 && strings.Contains(f.Status, ".7.2"): // RFC 7372
		return Identity
	case strings.HasSuffix(f.Status, ".3.4"), strings.HasSuffix(f.Status, ".2.3"):
		return Size
	case strings.Contains(f.Status, ".6."):
		return Content
	}
	return Whim
}
