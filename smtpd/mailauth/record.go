package mailauth

import (
	"regexp"
	"strings"
)

// The grammar of an SPF record (RFC 7208 §12), word by word. The library reads a record from left to right and stops at the
// first match; but §4.6 wants a mistake anywhere in the record to be a permerror, so that the same record means the same for
// every sender. Nothing here backtracks: these are Go's linear regular expressions.
const (
	macroExpand = `(?:%\{[slodiphcrtvSLODIPHCRTV][0-9]*[rR]?[-.+,/_=]*\}|%%|%_|%-)`
	macroString = `(?:` + macroExpand + `|[!-$&-~])*`
	topLabel    = `(?:[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*|[A-Za-z0-9]+-[A-Za-z0-9-]*[A-Za-z0-9])`
	domainSpec  = macroString + `(?:\.` + topLabel + `\.?|` + macroExpand + `)`
	mask4       = `(?:/(?:0|[1-9][0-9]?))`
	mask6       = `(?:/(?:0|[1-9][0-9]{0,2}))`
	dualMask    = mask4 + `?(?:/` + mask6 + `)?`
	ip4         = `[0-9]{1,3}(?:\.[0-9]{1,3}){3}` + mask4 + `?`
	ip6         = `[0-9A-Fa-f:.]+` + mask6 + `?`
)

var (
	// term is one mechanism or a modifier that RFC 7208 gives a meaning.
	term = regexp.MustCompile(`^(?:` +
		`[-+?~]?(?i:all)` +
		`|[-+?~]?(?i:include|exists):` + domainSpec +
		`|[-+?~]?(?i:a|mx)(?::` + domainSpec + `)?` + dualMask +
		`|[-+?~]?(?i:ptr)(?::` + domainSpec + `)?` +
		`|[-+?~]?(?i:ip4):` + ip4 +
		`|[-+?~]?(?i:ip6):` + ip6 +
		`|(?i:redirect|exp)=` + domainSpec +
		`)$`)
	// known finds those two modifiers; they are not to be taken for unknown ones.
	known = regexp.MustCompile(`^(?i:redirect|exp)=`)
	// modifier is any other modifier, to be ignored (RFC 7208 §6).
	modifier = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]*=` + macroString + `$`)
	// explainOnly finds the macro letters that only the text of an explanation may use (RFC 7208 §7.2).
	explainOnly = regexp.MustCompile(`%\{[crtCRT]`)
)

// isSPF tells whether a TXT record is an SPF record at all (RFC 7208 §4.5).
func isSPF(record string) bool {
	version, _, _ := strings.Cut(record, " ")
	return strings.EqualFold(version, "v=spf1")
}

// wellFormed tells whether every word of an SPF record obeys the grammar, and no modifier that RFC 7208 knows stands twice.
func wellFormed(record string) bool {
	_, terms, _ := strings.Cut(record, " ")
	seen := make(map[string]bool, 2)
	for word := range strings.SplitSeq(terms, " ") {
		if word == "" {
			continue
		}
		if m := strings.ToLower(known.FindString(word)); m != "" {
			if seen[m] {
				return false
			}
			seen[m] = true
		} else if modifier.MatchString(word) {
			continue
		}
		if !term.MatchString(word) || explainOnly.MatchString(word) {
			return false
		}
	}
	return true
}
