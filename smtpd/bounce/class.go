package bounce

import "strings"

// Class is what a failure means for the address, as M18 scores it.
type Class string

// The classes, from worst to best for the member.
const (
	Gone    Class = "gone"    // the address or its domain does not exist, or is closed for good (1 point)
	Unclear Class = "unclear" // it failed, and nobody can tell why (1/2)
	Full    Class = "full"    // the mailbox is full (1/4)
	Refused Class = "refused" // policy, spam, content, authentication: our failure, or a filter's; nothing against the member (0, and 1 for us)
	Later   Class = "later"   // not failed: delayed, to be tried again
	Fine    Class = "fine"    // delivered, relayed or expanded
)

// classify reads the status first, where it is exact, and the words where it is not. When in doubt it takes the class that
// costs the member less: words of policy beat a status that blames the address.
func classify(a Action, status, words string) Class {
	switch a {
	case Delayed:
		return Later
	case Delivered, Relayed, Expanded:
		return Fine
	}
	w := strings.ToLower(words)
	subject, detail := "", status
	if len(status) > 2 {
		subject, detail = status[2:strings.LastIndexByte(status, '.')], status[2:]
	}
	if subject == "6" || subject == "7" {
		return Refused // RFC 3463 §3.7, §3.8
	}
	if contains(w, passingWords) {
		return Unclear // a name server did not answer, a line broke: the address may well exist
	}
	if detail == "1.7" || detail == "1.8" || contains(w, senderWords) {
		return Refused // it is our address that they do not like
	}
	gone := contains(w, goneWords)
	dead := detail == "1.1" || detail == "1.6" || detail == "1.10" || detail == "2.1" || detail == "4.4" || detail == "1.2"
	permanent := !strings.HasPrefix(status, "4")
	switch {
	case detail == "2.2", contains(w, fullWords):
		return Full
	case permanent && (gone && dead || contains(w, surelyGone)):
		return Gone
	case contains(w, policyWords):
		return Refused
	case permanent && (dead || gone):
		return Gone
	case detail == "3.4", detail == "2.3":
		return Refused // too big: the letter's fault
	}
	return Unclear
}

func contains(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// The words that tell. All lower case; each was met in a real report.
var (
	fullWords = []string{
		"mailbox full", "mailbox is full", "mail box full", "mailfolder is full", "inbox is full", "account is full", "user is full", "mailbox quota", "over quota", "overquota",
		"over-quota", "over the quota", "quota exceed", "exceeded quota", "exceeded the quota", "exceeded his", "exceeded their", "exceeded its quota", "exceed quota", "exceeds quota",
		"quota has been exceeded", "out of storage", "storage limit", "storage space", "storage quota", "exceeded storage", "exceeded the local limit", "disk quota", "disc quota", "exceeded disk",
		"mailbox exceeds", "mailbox has exceeded", "mailbox would exceed", "not enough storage", "not enough disk space", "mailbox size limit",
		"exceeded mailbox", "mailbox usage", "maildir over", "boite pleine", "boîte pleine", "is too full", "no space left for", "maximum mailbox size", "message store has reached",
	}
	// surelyGone beats a word of policy in the same sentence.
	surelyGone = []string{
		"recipient address rejected: access denied", // how Exchange Online says that nobody has the address (5.4.1)
		"address couldn't be found", "no such user", "user unknown", "unknown user", "that you tried to reach does not exist",
	}
	// passingWords beat everything behind them: first Postfix's for a question to the DNS that got no answer (a domain that nobody can
	// ask about is not gone), then those for a line that broke and a time that ran out.
	passingWords = []string{"not found, try again", "unexpected name server reply", "connection reset by peer", "was aborted after", "were aborted after"}
	senderWords  = []string{"sender address", "domain of sender", "sender domain", "unroutable sender", "sender rejected", "sender denied", "sender verif", "at a rate", "sending domain", "after mail from"}
	goneWords    = []string{
		"user unknown", "unknown user", "userunknown", "no such user", "no such mailbox", "no such recipient", "no such address", "no such person", "no such account", "mailbox not found",
		"mailbox does not exist", "mailbox doesn't exist", "recipient not found", "recipnotfound", "recipient unknown", "unknown recipient", "unknown address", "address unknown",
		"unknown local", "unknown account", "unknown mailbox", "unknown or illegal", "invalid recipient", "invalid mailbox", "invalid address", "invalid user", "user invalid", "user not found",
		"user doesn't exist", "user does not exist", "account does not exist", "recipient does not exist", "address does not exist", "address doesn't exist", "does not have an account",
		"doesn't have a", "that you tried to reach does not exist", "no mailbox here", "no mailbox by", "no user by", "no account by", "not a valid recipient", "not a known user", "not a valid mailbox",
		"not listed in", "name is not recognized", "not our customer", "is not known", "addressee unknown", "not known here", "unrouteable address", "unroutable address", "host unknown",
		"unknown host", "host not found", "domain not found", "domain name not found", "nxdomain", "no such domain", "no such host", "unknown domain", "domain does not exist", "domain doesn't exist",
		"null mx", "nullmx", "does not accept mail", "no mail server", "account has been disabled", "account is disabled", "account disabled", "account is inactive", "account inactive", "mailbox disabled",
		"mailbox is disabled", "mailbox is inactive", "mailbox inactive", "user inactive", "is no longer", "no longer valid", "no longer available", "no longer active", "no longer in use", "has been deactivated",
		"deactivated", "discontinued", "has moved", "user has left", "account closed", "account was closed", "account is closed", "account that you tried to reach is disabled", "account is suspended", "account suspended", "mailbox suspended", "account expired", "mailbox unavailable or access denied",
		"retry not possible, the domain", "undeliverable address", "could not find a gateway", "bad destination mailbox", "bad address", "illegal user", "not exist in", "does not exist", "name or service not known",
		"no longer accepts", "mailbox unavailable", "no valid recipients", "unable to find user", "not a registered", "mailbox is frozen", "invalid final delivery userid", "domain is not reachable", "dns lookup failure: host", "list not found", "non-existent", "nonexistent", "unknown or invalid",
	}
	policyWords = []string{
		"spam", "blocked", "block list", "blocklist", "blacklist", "black list", "black-list", "denylist", "dnsbl", " rbl", "spamhaus", "spamcop", "barracuda", "policy", "dmarc", "dkim", " spf ", "spf=", "spf check", "spf record", "sender policy",
		"reputation", "unauthenticated", "authentication", "authenticate", "not authorized", "unauthorized", "access denied", "relaying denied", "relay access", "relaying not", "not permitted to relay", "relay not permitted", "unable to relay", "relaying mail",
		" ptr ", "reverse dns", "rdns", "reverse lookup", "banned", "virus", "malware", "phish", "junk", "rate limit", "ratelimit", "too many connections", "too many messages", "too many recipients", "too many bad", "too many invalid", "throttl", "sender rejected", "sender address rejected", "sender denied", "sender verify", "bad sender",
		"greylist", "graylist", "prohibited", "message size", "too large", "too big", "size limit", "exceeds size", "maximum size", "exceeded maximum message", "forbidden", "unsolicited", "bulk mail", "suspicious", "starttls", "content reject", "content filter", "message content",
		"not accepted due to", "your ip", "client host", "client ip", "invalid ip", "not allowed", "service refuse", "mail relay", "does not support tls", "line limit", "protocol violation", "helo command rejected", "rejected by filter", "mail rejete", "not comply", "rfc 5322", "rfc5322", "5322", "mail refused", "reject due to",
		"permission to", "permission denied", "accessdenied", "restricted", "poor sender", "bad reputation", "host rejected", "message rejected", "(bl)", "unwanted m", "registered gateway user", "groups.google.com", // the last one stands in each refusal of a Google group, in all languages
	}
)
