package archive

import (
	"slices"
	"strings"

	"backchannel/templates/refusal"
)

// FlagChange says what to do with the flags named.
type FlagChange int

// The three forms of IMAP STORE (RFC 9051 §6.4.6).
const (
	SetFlags FlagChange = iota
	AddFlags
	RemoveFlags
)

// Limits of what one person may mark on one message.
const (
	maxKeywords   = 32
	maxKeywordLen = 64
)

// seenFlag marks a message as read.
const seenFlag = `\Seen`

// cleanFlags gives flags their one spelling and order, each once. Unknown system flags and words that are no IMAP atoms are
// refused; \Recent is nobody's to set and is left out.
func cleanFlags(flags []string) ([]string, error) {
	var out []string
	for _, f := range flags {
		if strings.HasPrefix(f, `\`) {
			if strings.EqualFold(f, `\Recent`) {
				continue
			}
			known, ok := systemFlag(f)
			if !ok {
				return nil, refusal.Because(refusal.Invalid, "There is no such flag here.")
			}
			out = append(out, known)
			continue
		}
		if !isKeyword(f) {
			return nil, refusal.Because(refusal.Invalid, "A keyword has up to %d letters and digits without spaces.", maxKeywordLen)
		}
		out = append(out, f)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func systemFlag(f string) (string, bool) {
	for _, known := range [...]string{`\Answered`, `\Deleted`, `\Draft`, `\Flagged`, seenFlag} {
		if strings.EqualFold(f, known) {
			return known, true
		}
	}
	return "", false
}

// isKeyword tells whether a word is an atom of IMAP (RFC 9051 §9).
func isKeyword(f string) bool {
	if f == "" || len(f) > maxKeywordLen {
		return false
	}
	for i := 0; i < len(f); i++ {
		if f[i] <= ' ' || f[i] >= 0x7f || strings.IndexByte(`(){%*"\]`, f[i]) >= 0 {
			return false
		}
	}
	return true
}

// applyFlags gives the flags after a change. All three lists are clean.
func applyFlags(have []string, change FlagChange, flags []string) ([]string, error) {
	var out []string
	switch change {
	case SetFlags:
		out = flags
	case AddFlags:
		out = append(slices.Clone(have), flags...)
		slices.Sort(out)
		out = slices.Compact(out)
	case RemoveFlags:
		out = slices.DeleteFunc(slices.Clone(have), func(f string) bool { return slices.Contains(flags, f) })
	}
	keywords := 0
	for _, f := range out {
		if !strings.HasPrefix(f, `\`) {
			keywords++
		}
	}
	if keywords > maxKeywords {
		return nil, refusal.Because(refusal.Limit, "A message can have %d keywords, no more.", maxKeywords)
	}
	return out, nil
}

func joinFlags(flags []string) string { return strings.Join(flags, " ") }

func splitFlags(s string) []string { return strings.Fields(s) }
