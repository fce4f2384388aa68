package imapd

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"unicode"
)

// This file reads the scripts of the imaptest suite and compares them with what a server said. The format: a header of "key: value"
// lines, an empty line, then commands with the replies expected. The order of replies does not matter.

// token is one word, or a list of tokens.
type token struct {
	word string
	list []token // nil for a word
}

func (t token) String() string {
	if t.list == nil {
		return fmt.Sprintf("%q", t.word)
	}
	return fmt.Sprint(t.list)
}

// tokenise cuts a reply or an expectation into words and lists. Literals come in as \x00n\x00 with their text in lits. What stands in
// brackets, blanks and all, is one word.
func tokenise(s string, lits []string) []token {
	p := &tokeniser{s: s, lits: lits}
	return p.run(0)
}

type tokeniser struct {
	s    string
	at   int
	lits []string
}

func (p *tokeniser) run(depth int) []token {
	out := []token{}
	for p.at < len(p.s) {
		switch c := p.s[p.at]; {
		case c == ' ' || c == '\r' || c == '\n':
			p.at++
		case c == '(':
			p.at++
			out = append(out, token{list: p.run(depth + 1)})
		case c == ')' && depth > 0:
			p.at++
			return out
		default:
			out = append(out, token{word: p.one()})
		}
	}
	return out
}

// one reads a word: an atom, a quoted string, a literal; brackets are read over.
func (p *tokeniser) one() string {
	var b strings.Builder
	depth := 0
	for p.at < len(p.s) {
		c := p.s[p.at]
		switch {
		case c == 0:
			end := strings.IndexByte(p.s[p.at+1:], 0) + p.at + 1
			var n int
			_, _ = fmt.Sscan(p.s[p.at+1:end], &n)
			p.at = end + 1
			return p.lits[n]
		case c == '"':
			p.at++
			for p.at < len(p.s) && p.s[p.at] != '"' {
				if p.s[p.at] == '\\' {
					p.at++
				}
				b.WriteByte(p.s[p.at])
				p.at++
			}
			p.at++
			if depth == 0 {
				return b.String()
			}
			continue
		case c == '~' && p.at+1 < len(p.s) && p.s[p.at+1] == 0:
			p.at++
			continue
		case c == '[':
			depth++
		case c == ']':
			depth--
		case depth == 0 && (c == ' ' || c == '(' || c == ')' || c == '\r' || c == '\n'):
			return b.String()
		}
		b.WriteByte(c)
		p.at++
	}
	return b.String()
}

// expectation is one untagged reply that a script names: '*' wanted, '!' forbidden, '?' indifferent.
type expectation struct {
	mark byte
	text string
	want []token
}

// step is one command of a script.
type step struct {
	line    int
	conn    int
	tag     string // only for pipelined commands
	status  string // ok, no, bad or "" for any
	prefix  []token
	command string
	lits    []string
	replies []expectation
}

// script is one file of the suite.
type script struct {
	header map[string]string
	groups [][]*step // pipelined commands stand in one group
}

func parseScript(text string) (*script, error) {
	s := &script{header: map[string]string{}}
	lines := strings.Split(text, "\n")
	i := 0
	for ; i < len(lines); i++ {
		if strings.HasPrefix(lines[i], "#") {
			continue
		}
		k, v, ok := strings.Cut(lines[i], ":")
		if !ok || strings.ContainsAny(k, " \t") {
			break
		}
		s.header[strings.TrimSpace(k)] = strings.TrimSpace(v)
	}
	p := &scriptParser{lines: lines, at: i, many: s.header["connections"] > "1"}
	err := p.run()
	s.groups = p.groups
	return s, err
}

type scriptParser struct {
	lines  []string
	at     int
	many   bool
	open   *step // a command whose status comes behind its replies
	pipe   []*step
	last   *step
	groups [][]*step
}

var (
	connNumber = regexp.MustCompile(`^([0-9]+) (.*)$`)
	pipeTag    = regexp.MustCompile(`^(tag[0-9]+) (.*)$`)
)

func (p *scriptParser) run() error {
	for p.at < len(p.lines) {
		number := p.at + 1
		line, lits, err := p.logical()
		if err != nil {
			return err
		}
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := p.take(number, line, lits); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
	return nil
}

// logical reads one line with the literals in it.
func (p *scriptParser) logical() (string, []string, error) {
	var b strings.Builder
	var lits []string
	line := p.lines[p.at]
	p.at++
	for {
		before, opens := strings.CutSuffix(line, "{{{")
		if !opens {
			b.WriteString(line)
			return b.String(), lits, nil
		}
		var body []string
		for p.at < len(p.lines) && !strings.HasPrefix(p.lines[p.at], "}}}") {
			body = append(body, p.lines[p.at])
			p.at++
		}
		if p.at == len(p.lines) {
			return "", nil, fmt.Errorf("a literal without end")
		}
		fmt.Fprintf(&b, "%s\x00%d\x00", before, len(lits))
		end := "\r\n"
		if strings.HasSuffix(before, "~") { // octets as they stand
			end = "\n"
		}
		lits = append(lits, strings.Join(body, end))
		line = p.lines[p.at][3:]
		p.at++
	}
}

func (p *scriptParser) take(number int, line string, lits []string) error {
	if c := line[0]; (c == '*' || c == '!' || c == '?') && len(line) > 1 && line[1] == ' ' {
		if p.last == nil {
			return fmt.Errorf("a reply without command")
		}
		p.last.replies = append(p.last.replies, expectation{c, line, tokenise(line[2:], lits)})
		return nil
	}
	conn := 1
	if m := connNumber.FindStringSubmatch(line); m != nil && p.many {
		_, _ = fmt.Sscan(m[1], &conn)
		line = m[2]
	}
	if m := pipeTag.FindStringSubmatch(line); m != nil {
		return p.pipelined(number, conn, m[1], m[2])
	}
	first, rest, _ := strings.Cut(line, " ")
	switch status := strings.ToLower(first); status {
	case "ok", "no", "bad", `""`:
		if p.open != nil {
			p.open.status, p.open.prefix = strings.Trim(status, `"`), tokenise(rest, lits)
			p.open = nil
			return nil
		}
		p.last = &step{line: number, conn: conn, status: strings.Trim(status, `"`), command: rest, lits: lits}
	default:
		p.last = &step{line: number, conn: conn, command: line, lits: lits}
		p.open = p.last
	}
	p.groups = append(p.groups, []*step{p.last})
	return nil
}

// pipelined collects commands until the first status comes.
func (p *scriptParser) pipelined(number, conn int, tag, rest string) error {
	first, _, _ := strings.Cut(rest, " ")
	switch strings.ToLower(first) {
	case "ok", "no", "bad":
		for _, s := range p.pipe {
			if s.tag == tag {
				s.status = strings.ToLower(first)
			}
		}
		if len(p.pipe) > 0 && tag == p.pipe[len(p.pipe)-1].tag {
			p.groups = append(p.groups, p.pipe)
			p.pipe = nil
		}
		return nil
	}
	p.last = &step{line: number, conn: conn, tag: tag, command: rest}
	p.pipe = append(p.pipe, p.last)
	return nil
}

// matcher knows the variables of a run.
type matcher struct{ vars map[string]string }

var variable = regexp.MustCompile(`\$\$|\$\{([a-z0-9_]+)\}|\$([a-z0-9_]*)`)

// expand puts variables into a command.
func (m *matcher) expand(s string) string {
	return variable.ReplaceAllStringFunc(s, func(v string) string {
		if v == "$$" {
			return "$"
		}
		return m.vars[strings.Trim(v, "${}")]
	})
}

// wordMatches compares one word, learning variables that have no value yet.
func (m *matcher) wordMatches(want, got string) bool {
	if want == "$" {
		return true
	}
	if !strings.Contains(want, "$") {
		return strings.EqualFold(want, got)
	}
	var pattern strings.Builder
	pattern.WriteString("(?is)^")
	var names []string
	rest := want
	for rest != "" {
		at := variable.FindStringIndex(rest)
		if at == nil {
			pattern.WriteString(regexp.QuoteMeta(rest))
			break
		}
		pattern.WriteString(regexp.QuoteMeta(rest[:at[0]]))
		v := rest[at[0]:at[1]]
		name := strings.Trim(v, "${}")
		switch value, known := m.vars[name]; {
		case v == "$$":
			pattern.WriteString(`\$`)
		case known:
			pattern.WriteString(regexp.QuoteMeta(value))
		default:
			pattern.WriteString("(.*)")
			names = append(names, name)
		}
		rest = rest[at[1]:]
	}
	found := regexp.MustCompile(pattern.String() + "$").FindStringSubmatch(got)
	if found == nil {
		return false
	}
	for i, n := range names {
		m.vars[n] = found[i+1]
	}
	return true
}

// rules of one list.
type rules struct {
	unordered bool
	chain     int // elements that belong together
	extra     bool
	ban       []string
	ignore    []string
}

// directives reads the $! words at the front of a list.
func directives(want []token, r rules) ([]token, rules) {
	explicit := false
	for len(want) > 0 && want[0].list == nil && strings.HasPrefix(want[0].word, "$!") {
		if !explicit {
			explicit, r = true, rules{chain: 1}
		}
		name, value, _ := strings.Cut(want[0].word[2:], "=")
		switch name {
		case "unordered":
			r.unordered, r.extra = true, true
			if value != "" && unicode.IsDigit(rune(value[0])) {
				_, _ = fmt.Sscan(value, &r.chain)
			}
		case "noextra":
			r.extra = false
		case "extra":
			r.extra = true
		case "ban":
			r.ban = append(r.ban, value)
		case "ignore":
			r.ignore = append(r.ignore, value)
		}
		want = want[1:]
	}
	return want, r
}

// listMatches compares lists by their rules.
func (m *matcher) listMatches(want, got []token, r rules, inner func(key string) rules) bool {
	want, r = directives(want, r)
	r.chain = max(r.chain, 1)
	if !r.unordered {
		if len(want) != len(got) && !(r.extra && len(want) < len(got)) {
			return false
		}
		for i := range want {
			if !m.tokenMatches(want[i], got[i], inner("")) {
				return false
			}
		}
		return true
	}
	used := make([]bool, len(got))
	for i := 0; i+r.chain <= len(want); i += r.chain {
		found := false
		for j := 0; j+r.chain <= len(got) && !found; j += r.chain {
			if used[j] {
				continue
			}
			saved := maps.Clone(m.vars)
			found = true
			for k := 0; k < r.chain && found; k++ {
				found = m.tokenMatches(want[i+k], got[j+k], inner(want[i].word))
			}
			if used[j] = found; !found {
				m.vars = saved
			}
		}
		if !found {
			return false
		}
	}
	for j := 0; j < len(got); j += r.chain {
		if used[j] {
			continue
		}
		for _, b := range r.ban {
			if m.wordMatches(b, got[j].word) {
				return false
			}
		}
		ignored := false
		for _, e := range r.ignore {
			ignored = ignored || strings.EqualFold(e, got[j].word)
		}
		if !r.extra && !ignored {
			return false
		}
	}
	return true
}

func (m *matcher) tokenMatches(want, got token, r rules) bool {
	if want.list == nil {
		return want.word == "$" || got.list == nil && m.wordMatches(want.word, got.word)
	}
	return got.list != nil && m.listMatches(want.list, got.list, r, func(string) rules { return rules{} })
}

// replyMatches compares one untagged reply, with the defaults that the suite names for the lists of some replies.
func (m *matcher) replyMatches(want []token, got reply) bool {
	saved := maps.Clone(m.vars)
	ok := m.replyMatchesNow(want, got)
	if !ok {
		m.vars = saved
	}
	return ok
}

func (m *matcher) replyMatchesNow(want []token, got reply) bool {
	if len(want) == 0 || len(got.tokens) == 0 {
		return false
	}
	status := strings.ToLower(want[0].word)
	prefixOnly := status == "ok" || status == "no" || status == "bad" || status == "bye"
	if len(want) > len(got.tokens) || len(want) < len(got.tokens) && !prefixOnly {
		return false
	}
	kind := strings.ToLower(got.tokens[0].word)
	if len(got.tokens) > 1 && unicode.IsDigit(rune((kind + " ")[0])) {
		kind = strings.ToLower(got.tokens[1].word)
	}
	for i, w := range want {
		if i == 0 && len(w.word) > 1 && w.word[0] == '$' && unicode.IsDigit(rune(w.word[1])) {
			if w.word[1:] != fmt.Sprint(got.original) {
				return false
			}
			continue
		}
		if w.list == nil || got.tokens[i].list == nil {
			if !m.tokenMatches(w, got.tokens[i], rules{}) {
				return false
			}
			continue
		}
		r, inner := rules{}, func(string) rules { return rules{} }
		switch kind {
		case "fetch":
			r = rules{unordered: true, chain: 2, extra: true}
			inner = func(key string) rules {
				if strings.EqualFold(key, "flags") {
					return rules{unordered: true, ignore: []string{`\recent`}}
				}
				return rules{}
			}
		case "list", "lsub":
			r = rules{unordered: true, extra: true}
		case "status":
			r = rules{unordered: true, chain: 2, extra: true}
		}
		if !m.listMatches(w.list, got.tokens[i].list, r, inner) {
			return false
		}
	}
	return true
}

// reply is one reply of the server. original is the number its message had when the command began, 0 for a message that came later.
type reply struct {
	text     string
	tokens   []token
	original int
}
