package imapd

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// corpus finds a folder of the shared corpus, which lies beside the module's root, or skips the test.
func corpus(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			at := filepath.Join(dir, "..", "shared", "corpus", name)
			if _, missing := os.Stat(at); missing == nil {
				return at
			}
			break
		}
		dir = filepath.Dir(dir)
	}
	t.Skip("the corpus is not here")
	return ""
}

// notHere are scripts that ask for something we do not do, with the reason. docs/imap.md tells it to people.
var notHere = map[string]string{
	"atoms":              "a mailbox name with a lone & is no modified UTF-7, and the library refuses the pattern",
	"append-binary":      "the letter is kept octet for octet, NULs too, and not recoded",
	"broken":             "a folder",
	"fetch-envelope":     "groups and source routes are not kept in ENVELOPE",
	"list":               "folders are not deleted",
	"listext":            "folders are not deleted, and all are subscribed",
	"subscribe":          "every folder is subscribed",
	"uidvalidity":        "folders are not deleted",
	"uidvalidity-rename": "folders are not renamed",
}

// stopsAt are lines from which on a script asks for such a thing.
var stopsAt = map[string]struct {
	line int
	why  string
}{
	"fetch-binary-mime-base64": {35, "the library does not name the offset of a part of BINARY"},
	"fetch-binary-mime-qp":     {21, "the library does not name the offset of a part of BINARY"},
	"search-addresses":         {59, "names of groups are not kept in ENVELOPE"},
}

// isRecent tells whether a command is about \Recent, which nothing ever is here; IMAP4rev2 has no such flag any more.
func isRecent(command string) bool {
	return command == "search new" || command == "search old" || command == "search recent"
}

// withoutRecent takes \Recent out of what is expected; nil when nothing is left.
func withoutRecent(want []token) []token {
	if len(want) == 2 && strings.EqualFold(want[1].word, "recent") {
		return nil
	}
	out := []token{}
	for i := 0; i < len(want); i++ {
		switch {
		case want[i].list != nil:
			out = append(out, token{list: withoutRecent(want[i].list)})
		case strings.EqualFold(want[i].word, `\recent`):
		case strings.EqualFold(want[i].word, "recent"):
			i++
		default:
			out = append(out, want[i])
		}
	}
	return out
}

func TestImaptestScripts(t *testing.T) {
	dir := filepath.Join(corpus(t, "conf-imap-imaptest"), "tests")
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{"ID": true}
	for c := range capabilities() {
		have[strings.ToUpper(string(c))] = true
	}
	ran := 0
	for _, f := range files {
		name := f.Name()
		if f.IsDir() || strings.HasSuffix(name, ".mbox") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			s, err := parseScript(string(text))
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range strings.Fields(s.header["capabilities"]) {
				if !have[strings.ToUpper(c)] {
					t.Skipf("the library has no %s", c)
				}
			}
			if why, is := notHere[name]; is {
				t.Skip(why)
			}
			ran++
			r := newRun(t, dir, name, s)
			if stop, is := stopsAt[name]; is {
				t.Logf("from line %d on: %s", stop.line, stop.why)
				r.stop = stop.line
			}
			r.all()
		})
	}
	if ran < 30 {
		t.Errorf("only %d scripts ran", ran)
	}
}

// run is one script against a server of its own.
type run struct {
	t        *testing.T
	s        *script
	m        *matcher
	messages []string
	next     int
	clients  []*client
	tag      int
	stop     int // first line that is not run, 0 for none
}

// client is one connection of a run.
type client struct {
	*talker
	numbers []int // number at the beginning of the command, by number now
}

func newRun(t *testing.T, dir, name string, s *script) *run {
	box, err := os.ReadFile(filepath.Join(dir, name+".mbox"))
	if os.IsNotExist(err) {
		box, err = os.ReadFile(filepath.Join(dir, "default.mbox"))
	}
	if err != nil {
		t.Fatal(err)
	}
	r := &run{t: t, s: s, messages: splitMbox(string(box)), m: &matcher{vars: map[string]string{
		"mailbox": "imaptest", "user": "mira@lowe.test", "password": "secret",
	}}}
	account := newMem("INBOX")
	account.creates = true
	state := s.header["state"]
	if state != "auth" && state != "nonauth" {
		account.add(Mailbox{Name: "imaptest", Takes: Keeps})
	}
	_, addr := start(t, account, nil)
	count := 1
	_, _ = fmt.Sscan(s.header["connections"], &count)
	for range count {
		c := &client{talker: dial(t, addr)}
		c.line()
		r.clients = append(r.clients, c)
		if state != "nonauth" {
			r.do(c, "login mira@lowe.test secret")
		}
	}
	if state == "" || state == "selected" || state == "appended" {
		want := len(r.messages)
		_, _ = fmt.Sscan(s.header["messages"], &want)
		for range want {
			r.do(r.clients[0], "append imaptest "+r.literal())
		}
	}
	if state == "" || state == "selected" {
		for _, c := range r.clients {
			r.do(c, "select imaptest")
		}
	}
	return r
}

// splitMbox cuts a mailbox file at its From lines; the empty line before one belongs to the letter.
func splitMbox(s string) []string {
	var out []string
	for i, part := range strings.Split("\n"+s, "\nFrom ") {
		if i == 0 {
			continue
		}
		_, body, _ := strings.Cut(part, "\n")
		out = append(out, strings.ReplaceAll(body+"\n", "\n", "\r\n"))
	}
	if n := len(out); n > 0 { // the file ends without an empty line to spare
		out[n-1] = strings.TrimSuffix(out[n-1], "\r\n")
	}
	return out
}

// literal is the next message of the mailbox file, as a literal in a command.
func (r *run) literal() string {
	m := r.messages[r.next%len(r.messages)]
	r.next++
	return "\x00" + m + "\x00"
}

func (r *run) all() {
	for _, group := range r.s.groups {
		if r.stop > 0 && group[0].line >= r.stop {
			return
		}
		if isRecent(group[0].command) {
			continue
		}
		r.group(group)
		if r.t.Failed() {
			return
		}
	}
}

// group sends its commands, reads all replies and compares.
func (r *run) group(group []*step) {
	c := r.clients[group[0].conn-1]
	c.count()
	tags := map[string]*step{}
	var replies []reply
	statuses := map[string]reply{}
	for _, s := range group {
		r.tag++
		tag := fmt.Sprintf("t%d", r.tag)
		r.m.vars["tag"] = tag
		tags[tag] = s
		replies = append(replies, r.send(c, tag+" "+r.commandOf(s), statuses)...)
	}
	for len(statuses) < len(tags) {
		got := c.read()
		if _, is := tags[got.tokens[0].word]; is {
			statuses[got.tokens[0].word] = got
		} else {
			replies = append(replies, got)
		}
	}
	for tag, s := range tags {
		r.compare(s, statuses[tag])
	}
	used := make([]bool, len(replies))
	for _, s := range group {
		for _, e := range s.replies {
			r.expect(s, e, replies, used)
		}
	}
}

// commandOf is a command ready to send, its literals between NULs.
func (r *run) commandOf(s *step) string {
	words := strings.Fields(s.command)
	command := r.m.expand(s.command)
	if len(words) > 0 && strings.EqualFold(words[0], "append") && len(s.lits) == 0 {
		if len(words) == 1 {
			command += " imaptest"
		}
		command += " " + r.literal()
	}
	for i, l := range s.lits {
		command = strings.Replace(command, fmt.Sprintf("\x00%d\x00", i), "\x00"+l+"\x00", 1)
	}
	return command
}

// send sends a command, waiting for '+' before each literal. Replies that come meanwhile are given back.
func (r *run) send(c *client, command string, statuses map[string]reply) []reply {
	parts := strings.Split(command, "\x00")
	var early []reply
	for i, p := range parts {
		if i%2 == 1 {
			c.say(p)
			continue
		}
		if i+1 == len(parts) {
			c.say(p + "\r\n")
			break
		}
		c.say(fmt.Sprintf("%s{%d}\r\n", p, len(parts[i+1])))
		for {
			got := c.read()
			if got.tokens[0].word == "+" {
				break
			}
			if tag, _, _ := strings.Cut(command, " "); got.tokens[0].word == tag {
				statuses[tag] = got
				return early
			}
			early = append(early, got)
		}
	}
	return early
}

// do sends one command of the preparation and wants OK.
func (r *run) do(c *client, command string) {
	r.tag++
	tag := fmt.Sprintf("t%d", r.tag)
	statuses := map[string]reply{}
	r.send(c, tag+" "+command, statuses)
	got, refused := statuses[tag]
	for !refused {
		if got = c.read(); got.tokens[0].word == tag {
			break
		}
	}
	if len(got.tokens) < 2 || !strings.EqualFold(got.tokens[1].word, "OK") {
		r.t.Fatalf("%q: %s", command, got.text)
	}
}

func (r *run) compare(s *step, got reply) {
	r.t.Helper()
	if s.status != "" && !strings.EqualFold(s.status, got.tokens[1].word) {
		r.t.Errorf("line %d: %q: want %s, got %s", s.line, s.command, s.status, got.text)
		return
	}
	for i, w := range s.prefix {
		if i+2 >= len(got.tokens) || !r.m.tokenMatches(w, got.tokens[i+2], rules{}) {
			r.t.Errorf("line %d: %q: want %v in %s", s.line, s.command, s.prefix, got.text)
			return
		}
	}
}

func (r *run) expect(s *step, e expectation, replies []reply, used []bool) {
	r.t.Helper()
	if e.want = withoutRecent(e.want); e.want == nil {
		return
	}
	for i, got := range replies {
		if used[i] || len(got.tokens) == 0 || got.tokens[0].word != "*" {
			continue
		}
		got.tokens = got.tokens[1:]
		if !r.m.replyMatches(e.want, got) {
			continue
		}
		if e.mark == '!' {
			r.t.Errorf("line %d: %q: %s came: %s", s.line, s.command, e.text, got.text)
		} else {
			used[i] = true
		}
		return
	}
	if e.mark == '*' {
		var all []string
		for _, got := range replies {
			all = append(all, got.text)
		}
		sort.Strings(all)
		r.t.Errorf("line %d: %q: no %s among\n%s\nvariables %v", s.line, s.command, e.text, strings.Join(all, "\n"), r.m.vars)
	}
}

// count begins a command: from here on $n means the message that has number n now.
func (c *client) count() {
	c.numbers = make([]int, 2000)
	for i := range c.numbers {
		c.numbers[i] = i + 1
	}
}

// read reads one reply with its literals.
func (c *client) read() reply {
	c.t.Helper()
	var b strings.Builder
	var lits []string
	for {
		line := c.line()
		l, ok := literalAt([]byte(line))
		if !ok {
			b.WriteString(line)
			break
		}
		body := make([]byte, l.size)
		if _, err := io.ReadFull(c.in, body); err != nil {
			c.t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\x00%d\x00", line[:l.at], len(lits))
		lits = append(lits, string(body))
	}
	out := reply{text: b.String(), tokens: tokenise(b.String(), lits)}
	for i, l := range lits {
		out.text = strings.Replace(out.text, fmt.Sprintf("\x00%d\x00", i), fmt.Sprintf("%q", l), 1)
	}
	if len(out.tokens) >= 3 && out.tokens[0].word == "*" {
		var n int
		if _, err := fmt.Sscan(out.tokens[1].word, &n); err == nil && n > 0 && n <= len(c.numbers) {
			out.original = c.numbers[n-1]
			if strings.EqualFold(out.tokens[2].word, "EXPUNGE") {
				c.numbers = append(c.numbers[:n-1], c.numbers[n:]...)
			}
		}
	}
	return out
}
