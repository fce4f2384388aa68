package thread

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Subject is a subject taken apart.
type Subject struct {
	Base    string // for people: without prefixes, tags once, spaces single
	Key     string // for comparing: Base in lower case, without a trailing "(was: …)"
	Reply   bool   // it begins as an answer does
	Forward bool   // it begins as a forwarded letter does
}

// NormalSubject is the key under which subjects are compared.
func NormalSubject(s string) string { return ParseSubject(s).Key }

// What programs of many countries put before the subject of an answer. Left out are words that are topics as often: the Italian
// "R:" on a list about R, and among the forwards "FS:", which sells a bicycle.
const replyWords = "|re|rép|aw|antw|antwort|sv|vs|res|resp|odp|ynt|vá|válasz|atb|ats|απ|σχετ|отв|ответ|bls|rif|回复|回覆|答复|答覆|返信|답장|회신|رد|תגובה|השב|"

// … and of a forwarded one.
const forwardWords = "|fwd|fw|wg|vb|vl|rv|tr|doorst|pd|ilt|i̇lt|enc|trs|továbbítás|πρθ|пересл|転送|轉寄|转发|전달|إعادة توجيه|הועבר|"

// ParseSubject takes a subject apart (after RFC 5256 §2.1, with prefixes of many languages): "[talk] Re: [talk] AW[2]: Bees" is an
// answer to "[talk] Bees".
func ParseSubject(s string) Subject {
	var out Subject
	rest := strings.Join(strings.FieldsFunc(s, unicode.IsSpace), " ")
	first := true
	var tags []string
	for {
		if kind, after := cutPrefix(rest); kind != none {
			if first {
				out.Reply, out.Forward = kind == reply, kind == forward
			}
			rest, first = after, false
			continue
		}
		if after, ok := cutTrailer(rest); ok {
			rest, out.Forward, first = after, out.Forward || first, false
			continue
		}
		if inner, ok := unwrap(rest); ok {
			rest, out.Forward, first = inner, out.Forward || first, false
			continue
		}
		tag, after, ok := cutTag(rest)
		if !ok {
			break
		}
		tags, rest = addTag(tags, tag), after
	}
	out.Base = strings.TrimRight(strings.Join(append(tags, rest), " "), " ")
	out.Key = key(out.Base)
	return out
}

type prefixKind int

const (
	none prefixKind = iota
	reply
	forward
)

// longestPrefix is how far a colon is looked for: "إعادة توجيه [12] :" and no novel.
const longestPrefix = 48

// cutPrefix takes one "Re:", "Re[2]:", "AW (3) :", "回复：" off the front.
func cutPrefix(s string) (prefixKind, string) {
	colon := strings.IndexAny(s[:min(len(s), longestPrefix)], ":：")
	if colon <= 0 {
		return none, s
	}
	_, width := utf8.DecodeRuneInString(s[colon:])
	word := strings.ToLower(strings.TrimRight(s[:colon], " "))
	word = strings.TrimRight(cutCount(word), " ")
	if word == "" || strings.Contains(word, "|") {
		return none, s
	}
	after := strings.TrimLeft(s[colon+width:], " ")
	switch {
	case strings.Contains(replyWords, "|"+word+"|"):
		return reply, after
	case strings.Contains(forwardWords, "|"+word+"|"):
		return forward, after
	}
	return none, s
}

// cutCount takes the count off "re[2]", "re(2)", "re^2", "re*2", "re 2", "re2", and a tag off "re [talk]" (RFC 5256: subj-blob).
func cutCount(word string) string {
	if i := strings.IndexAny(word, "[("); i > 0 && strings.HasSuffix(word, closer(word[i])) {
		return word[:i]
	}
	return strings.TrimRight(strings.TrimRight(word, "0123456789"), "^*")
}

func closer(open byte) string {
	if open == '[' {
		return "]"
	}
	return ")"
}

// cutTrailer takes "(fwd)" off the end.
func cutTrailer(s string) (string, bool) {
	const fwd = "(fwd)"
	if len(s) < len(fwd) || !strings.EqualFold(s[len(s)-len(fwd):], fwd) {
		return s, false
	}
	return strings.TrimRight(s[:len(s)-len(fwd)], " "), true
}

// unwrap opens "[Fwd: …]".
func unwrap(s string) (string, bool) {
	if !strings.HasPrefix(s, "[") || !strings.HasSuffix(s, "]") {
		return s, false
	}
	inner := strings.Trim(s[1:len(s)-1], " ")
	kind, after := cutPrefix(inner)
	if kind != forward {
		return s, false
	}
	return after, true
}

// cutTag takes a leading "[tag]" off, unless nothing would be left.
func cutTag(s string) (tag, after string, ok bool) {
	if !strings.HasPrefix(s, "[") {
		return "", s, false
	}
	end := strings.IndexAny(s[1:], "[]")
	if end < 0 || s[1+end] != ']' {
		return "", s, false
	}
	tag, after = s[:end+2], strings.TrimLeft(s[end+2:], " ")
	return tag, after, after != "" && strings.Trim(tag, "[] ") != ""
}

// addTag notes a tag once. Tags stay in a subject: "[job] Berlin" and "[event] Berlin" are two topics.
func addTag(tags []string, tag string) []string {
	const most = 8 // a subject of nothing but tags must not cost quadratic time
	for _, t := range tags {
		if strings.EqualFold(t, tag) {
			return tags
		}
	}
	if len(tags) < most {
		tags = append(tags, tag)
	}
	return tags
}

// key folds a base subject for comparing: lower case, and "(was: …)" or "(was Re: …)" off the end.
func key(base string) string {
	k := strings.ToLower(base)
	if !strings.HasSuffix(k, ")") {
		return k
	}
	for _, was := range []string{" (was:", " (was re:"} {
		if i := strings.Index(k, was); i > 0 {
			k = strings.TrimRight(k[:i], " ")
		}
	}
	return k
}
