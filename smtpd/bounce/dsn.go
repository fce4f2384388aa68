package bounce

import (
	"regexp"
	"strconv"
	"strings"

	"backchannel/archive/letter"
)

// group is one block of fields of a delivery status (RFC 3464 §2.1): names in lower case, values unfolded. Of a field that
// stands twice the first counts.
type group map[string]string

// readStatus reads the per-recipient blocks (RFC 3464 §2.3) of a delivery status, or of a text that has the same fields in it.
func readStatus(text string) []Failure {
	if !strings.Contains(strings.ToLower(text), "-recipient:") {
		return nil
	}
	var all []Failure
	seen := make(map[string]bool)
	for _, g := range groups(text) {
		f, ok := g.failure()
		if key := f.Recipient.Key() + " " + string(f.Action); ok && !seen[key] {
			seen[key] = true
			all = append(all, f)
		}
	}
	return all
}

// groups cuts a delivery status into the blocks of its recipients. An empty line ends a block; where it is missing, a second
// recipient does. A block without a recipient that follows one without an action belongs to it.
func groups(text string) []group {
	var all []group
	var now group
	var last string
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case strings.TrimSpace(line) == "":
			now, last = nil, ""
			continue
		case line[0] == ' ' || line[0] == '\t':
			if last != "" && len(now[last]) < 4096 {
				now[last] += " " + strings.TrimSpace(line)
			}
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if !ok || strings.ContainsAny(name, " \t") {
			last = ""
			continue
		}
		last = name
		_, twice := now[name]
		switch {
		case now == nil && len(all) > 0 && !recipient(name) && all[len(all)-1].open():
			now = all[len(all)-1]
		case now == nil || twice && recipient(name) && now["final-recipient"] != "":
			now = make(group)
			all = append(all, now)
			twice = false
		}
		if twice {
			last = ""
			continue
		}
		now[name] = strings.TrimSpace(value)
	}
	return all
}

func recipient(name string) bool { return name == "final-recipient" || name == "original-recipient" }

// open tells that a block names a recipient and not yet what became of it.
func (g group) open() bool {
	return (g["final-recipient"] != "" || g["original-recipient"] != "") && g["action"] == "" && g["status"] == ""
}

// failure reads one block. It is none when it names nobody.
func (g group) failure() (Failure, bool) {
	final, original := typed(g["final-recipient"]), typed(g["original-recipient"])
	if final == "" && original == "" {
		return Failure{}, false
	}
	var f Failure
	// The final recipient is who failed; the original one, who was written to (RFC 3464 §2.3.1). We know our members by
	// what we wrote.
	for _, s := range []string{original, final, typed(g["x-actual-recipient"])} {
		if f.Recipient.IsZero() {
			f.Recipient = address(s)
		}
	}
	f.Diagnostic = diagnostic(typed(g["diagnostic-code"]))
	if f.Diagnostic == "" {
		f.Diagnostic = diagnostic(typed(g["x-supplementary-info"]))
	}
	f.Status = firstStatus(g["status"])
	inWords := firstStatus(f.Diagnostic)
	f.Code = firstCode(f.Diagnostic)
	// The remote host's own words are nearer to the truth than what the reporting one made of them: a 5.1.1 about a letter
	// that was "5.7.1 blocked" would cost a member their place.
	if f.Status == "" || inWords != "" && !generic(inWords) {
		f.Status = inWords
	}
	f.Action = action(g["action"], f.Status, f.Code)
	f.Class = classify(f.Action, f.Status, f.Diagnostic)
	return f, true
}

// typed is a value behind its type: "rfc822; ann@east.example" (RFC 3464 §2.1.2).
func typed(v string) string {
	if kind, rest, ok := strings.Cut(v, ";"); ok && len(kind) < 24 && !strings.ContainsAny(kind, "@<") {
		v = rest
	}
	return strings.TrimSpace(v)
}

// action reads RFC 3464 §2.3.3; where the word is missing or wrong the codes tell.
func action(word, status string, code int) Action {
	word, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(word)), " ")
	switch a := Action(strings.Trim(word, "();,.")); a {
	case Failed, Delayed, Delivered, Relayed, Expanded:
		return a
	case "deliverable": // Postfix, asked whether an address works
		return Delivered
	}
	switch {
	case strings.HasPrefix(word, "fail"):
		return Failed
	case strings.HasPrefix(word, "delay"), strings.HasPrefix(word, "deferred"):
		return Delayed
	case strings.HasPrefix(status, "2"):
		return Delivered
	case strings.HasPrefix(status, "4"), status == "" && code/100 == 4:
		return Delayed
	}
	return Failed
}

// statusCode finds enhanced codes (RFC 3463 §2) and not the tail of an IP address or a version.
var statusCode = regexp.MustCompile(`(?:^|[^0-9.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:[^0-9.]|\.?$|\.[^0-9])`)

// firstStatus is the first code that says no, or else the first at all.
func firstStatus(s string) string {
	first := ""
	for _, m := range statusCode.FindAllStringSubmatch(s, 20) {
		if m[1][0] != '2' {
			return m[1]
		}
		if first == "" {
			first = m[1]
		}
	}
	return first
}

// generic tells that a status says no more than "it failed": the detail and the subject are 0 (RFC 3463 §3.1).
func generic(status string) bool {
	return status == "" || strings.HasSuffix(status, ".0.0")
}

// replyCode finds the code of an SMTP reply.
var replyCode = regexp.MustCompile(`(?:^| :|[^0-9A-Za-z.:/_-])([245][0-5][0-9])(?:[ :,-]|$)`)

// firstCode is the first code that says no, or else the first at all.
func firstCode(s string) int {
	first := 0
	for _, m := range replyCode.FindAllStringSubmatch(s, 20) {
		n, _ := strconv.Atoi(m[1])
		if n >= 400 {
			return n
		}
		if first == 0 {
			first = n
		}
	}
	return first
}

// diagnostic keeps a remote host's words: one clean line of at most 500 bytes (E1).
func diagnostic(s string) string { return strings.TrimSpace(clip(letter.CleanLine(s), 500)) }

// address reads what stands where an address should: in angle brackets or quotes, with words behind it. Zero when it is none.
func address(s string) letter.Address {
	s = strings.TrimSpace(s)
	if i := strings.IndexByte(s, '<'); i >= 0 {
		s, _, _ = strings.Cut(s[i+1:], ">")
	} else if len(s) > 0 && s[0] != '"' {
		if i := strings.IndexAny(s, " \t("); i >= 0 {
			s = s[:i]
		}
	}
	s = strings.Trim(s, "<>();:,. '")
	if len(s) > 320 {
		return letter.Address{}
	}
	a, err := letter.ParseAddress(s)
	if err != nil {
		a, _ = letter.ParseAddress(strings.Trim(s, `"`))
	}
	return a
}
