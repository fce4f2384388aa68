package imapd

import (
	"bufio"
	"bytes"
	"net"
	"strconv"
	"strings"
	"sync"
)

// Limits of one command, in octets. The library would stop at 50 KiB by itself, but in the middle of the line, and take the rest
// for a new command.
const (
	lineBeforeLogin = 1024  // F3: the library parses before it asks who is there
	idBeforeLogin   = 34000 // ID never reaches the library, and RFC 2971 allows 30 values of 1024
	lineAfterLogin  = 50000 // with all literals but the letter of an APPEND
	longestLiteral  = 4096  // but for letters; beyond it the library waits for the octets without asking for them
	letterToDrop    = 64 << 20
	mostWords       = 2000 // blanks in a SEARCH: the library makes 5 KB of each NOT before it asks the session
	nonsenseLines   = 50   // empty or unreadable lines in a row until we hang up
)

// wire is the connection as the library sees it: each Read gives at most one line, and only after the line before was answered.
// On the way it closes the library's gaps:
//
//   - An empty line is swallowed and ID is answered; the library would hang up on Outlook and on phones (RFC 2971).
//   - A command that is too long, has an open quotation mark, a NUL or a bare CR ends the connection, or is answered BAD, before the
//     library loses count of where commands begin.
//   - Literals sent without waiting ({n+}, RFC 7888) become waiting ones towards the library. When it refuses the command, the
//     octets of the literal are dropped here. The library itself would run them as commands.
//   - APPEND to a mailbox that takes nothing is answered before the letter is sent.
//   - "done" in any case ends IDLE, and SELECT of a mailbox that cannot be changed says READ-ONLY.
//   - A number, date or name that cannot be read is answered BAD with a sentence; the library would call it a bug of the server.
//
// It lies above TLS, which is why there is no STARTTLS.
type wire struct {
	net.Conn
	in        *bufio.Reader
	mayAppend func(mailbox string) bool // set at login; nil before
	visit     visit

	// Only the goroutine that reads touches these.
	line     []byte // the line being read
	out      []byte // what the library gets next
	literal  int64  // octets of a literal that the library gets before the next line
	command  []byte // the current APPEND up to its letter, with literals
	size     int    // octets of the current command
	words    int    // blanks in it
	inside   bool   // a literal stands behind the last line: more of the same command follows
	filed    bool   // the letter of an APPEND was passed on or refused
	cut      bool   // it was refused
	drop     *int64 // octets of a literal to throw away, and the rest of its command with them
	nonsense int
	broken   error // once reading failed it fails for ever: after a timeout nothing that comes is a command

	mu       sync.Mutex // IDLE writes from a goroutine of its own
	tag      string
	verb     string
	await    *await // a literal was announced and the library has not answered yet
	open     bool   // a literal was passed on; the rest of its line comes when the library asks
	early    bool   // the library answered without asking for it
	told     bool   // something of the answer to the current command is out
	verbatim bool   // the next line answers a '+' that was no literal
	readOnly bool   // the next OK to a SELECT is READ-ONLY
	goodbye  string // hang up with these words as soon as the current command is answered
}

// await is a literal that was announced to the library.
type await struct {
	size    int64
	waits   bool // the client waits for our '+'
	refuse  bool // an APPEND that will be refused: the library was told that the letter has no octets
	granted bool // the library said '+'
}

// newWire lays the filter on a connection; a visit is begun by the door.
func newWire(c net.Conn) *wire {
	return &wire{Conn: c, in: bufio.NewReader(c)}
}

// signedIn lifts the limits for strangers. It is called by the session in the middle of LOGIN, on the goroutine that reads.
func (w *wire) signedIn(mayAppend func(mailbox string) bool) { w.mayAppend = mayAppend }

// hangUpAfterReply ends the connection once the command that is running has its answer.
func (w *wire) hangUpAfterReply(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.goodbye = text
}

// nextSelectIsReadOnly corrects the answer to the SELECT that is running.
func (w *wire) nextSelectIsReadOnly() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.readOnly = true
}

// running is the command that the library has at the moment, in capitals.
func (w *wire) running() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.verb
}

// Close closes the connection and counts it out; only the first call counts.
func (w *wire) Close() error {
	if !w.visit.end() {
		return nil
	}
	return w.Conn.Close()
}

// Read hands the library its next octets. The library asks only when it has used up what it was given, so a call here means that
// the line before was understood and, unless it lacks a literal, answered.
func (w *wire) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(w.out) == 0 && w.literal == 0 && w.broken == nil {
		w.broken = w.next()
	}
	switch {
	case len(w.out) > 0:
		n := copy(p, w.out)
		w.out = w.out[n:]
		return n, nil
	case w.broken != nil:
		return 0, w.broken
	}
	n, err := w.in.Read(p[:min(int64(len(p)), w.literal)])
	w.literal -= int64(n)
	w.remember(p[:n])
	if err != nil {
		w.broken = err
	}
	return n, err
}

// next takes one step: it decides what the last answer of the library means, or reads a line.
func (w *wire) next() error {
	w.mu.Lock()
	goodbye, a, verbatim, early := w.goodbye, w.await, w.verbatim, w.early
	w.await, w.verbatim, w.early = nil, false, false
	w.mu.Unlock()
	if w.visit.isOver() { // what a client sent before we hung up must not be run
		return net.ErrClosed
	}
	if goodbye != "" {
		return w.hangUp(goodbye)
	}
	if w.drop != nil {
		n := *w.drop
		w.drop = nil
		return w.throwAway(n)
	}
	if early && a == nil {
		// A name or date in a literal that the library could not read: it forgets that the line goes on.
		w.inside = false
		return w.throwAway(0)
	}
	if a != nil {
		return w.answered(a, early)
	}
	line, err := w.readLine()
	if err != nil {
		return err
	}
	switch {
	case verbatim:
		if bytes.EqualFold(bytes.TrimRight(line, "\r\n"), []byte("DONE")) {
			line = []byte("DONE\r\n")
		}
		w.out = line
		return nil
	case w.inside:
		return w.more(line)
	}
	return w.begin(line)
}

// answered goes on after a line that announced a literal.
func (w *wire) answered(a *await, early bool) error {
	switch {
	case a.granted && early: // nothing but the rest of the line is to come: the literal has no octets
		w.inside = false
		return w.throwAway(a.size)
	case a.granted && a.refuse:
		// The library waits for the end of an APPEND without octets. After that the session refuses it.
		w.out = endOfAppend(w.command)
		w.inside = false
		if !a.waits {
			w.drop = &a.size
		}
	case a.granted:
		w.literal, w.inside = a.size, true
	default: // the command was refused; a client that waited for '+' goes on with the next one
		w.inside = false
		if !a.waits {
			return w.throwAway(a.size)
		}
	}
	return nil
}

// endOfAppend is what stands behind the letter: a parenthesis when the letter stood inside "UTF8 (…" (RFC 6855 §4).
func endOfAppend(command []byte) []byte {
	if i := bytes.LastIndexByte(command, '{'); i >= 2 && bytes.HasSuffix(command[:i], []byte("(~")) {
		return []byte(")\r\n")
	}
	return []byte("\r\n")
}

// throwAway skips a literal of n octets that nobody waits for, and what is left of its command.
func (w *wire) throwAway(n int64) error {
	for {
		if n > letterToDrop {
			return w.hangUp("That is too much at once.")
		}
		for n > 0 {
			k, err := w.in.Discard(int(min(n, 1<<16)))
			n -= int64(k)
			if err != nil {
				return err
			}
		}
		line, err := w.readLine()
		if err != nil {
			return err
		}
		l, ok := literalAt(line)
		if !ok || l.waits {
			return nil
		}
		n = l.size
	}
}

// begin looks at the first line of a command.
func (w *wire) begin(line []byte) error {
	text := bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	tag, rest, _ := strings.Cut(string(text), " ")
	verb, _, _ := strings.Cut(rest, " ")
	verb = strings.ToUpper(verb)
	if verb == "UID" {
		_, after, _ := strings.Cut(rest, " ")
		sub, _, _ := strings.Cut(after, " ")
		verb += " " + strings.ToUpper(sub)
	}
	w.mu.Lock()
	w.tag, w.verb, w.open, w.told = tag, verb, false, false
	w.mu.Unlock()
	w.size, w.words, w.command, w.filed, w.cut = 0, 0, w.command[:0], false, false
	switch {
	case len(text) == 0:
		return w.countNonsense("")
	case !isTag(tag) || verb == "":
		if w.mayAppend == nil { // a web browser, or worse
			return w.hangUp("This is a mail server that speaks IMAP.")
		}
		if !isTag(tag) {
			tag = "*"
		}
		return w.dropLiteralOf(line, w.countNonsense(tag+" BAD A command is a tag, a blank and a word.\r\n"))
	case openQuote(text):
		return w.dropLiteralOf(line, w.countNonsense(tag+" BAD A quotation mark is not closed.\r\n"))
	case verb == "ID":
		w.nonsense = 0
		return w.dropLiteralOf(line, w.say("* ID (\"name\" \"Backchannel\")\r\n"+tag+" OK ID completed\r\n"))
	}
	w.nonsense = 0
	return w.more(line)
}

// dropLiteralOf forgets a literal behind a line that was answered here.
func (w *wire) dropLiteralOf(line []byte, err error) error {
	if l, ok := literalAt(line); ok && !l.waits && err == nil {
		return w.throwAway(l.size)
	}
	return err
}

// countNonsense answers a line that is no command, until there were too many of them.
func (w *wire) countNonsense(reply string) error {
	w.nonsense++
	if w.nonsense > nonsenseLines {
		return w.hangUp("Too many lines that are no commands.")
	}
	if reply == "" {
		return nil
	}
	return w.say(reply)
}

// more passes a line of a command on, after a look at the literal behind it.
func (w *wire) more(line []byte) error {
	if w.inside && openQuote(line) {
		return w.hangUp("A quotation mark is not closed.")
	}
	first := !w.inside
	w.mu.Lock()
	w.open = false
	w.mu.Unlock()
	if w.filed && len(bytes.Trim(line, ")\r\n")) > 0 {
		return w.hangUp("One letter at a time, please.") // the library would leave a second one without any answer
	}
	w.size += len(line)
	if w.words += bytes.Count(line, []byte(" ")); w.words > mostWords && strings.HasSuffix(w.verb, "SEARCH") {
		if !first {
			return w.hangUp("That command is too long.")
		}
		return w.dropLiteralOf(line, w.say(w.tag+" NO [LIMIT] "+saysTooDeep+"\r\n"))
	}
	w.remember(line)
	l, ok := literalAt(line)
	if !ok {
		w.inside, w.out = false, line
		return w.checkSize()
	}
	a := &await{size: l.size, waits: l.waits}
	mailbox, isLetter := appendTarget(w.command)
	switch {
	case isLetter && w.mayAppend != nil:
		w.filed = true
		if w.cut = !w.mayAppend(mailbox); w.cut {
			a.refuse, l.size = true, 0
		}
	case l.size > longestLiteral && first && w.mayAppend != nil:
		tag, _, _ := bytes.Cut(line, []byte(" "))
		return w.dropLiteralOf(line, w.say(string(tag)+" NO [TOOBIG] Literals are limited to 4096 octets.\r\n"))
	case l.size > longestLiteral:
		return w.hangUp("That command is too long.")
	default:
		w.size += int(l.size)
	}
	if err := w.checkSize(); err != nil {
		return err
	}
	w.mu.Lock()
	w.await = a
	w.mu.Unlock()
	w.out = append(append([]byte(nil), line[:l.at]...), "{"+strconv.FormatInt(l.size, 10)+"}\r\n"...)
	return nil
}

func (w *wire) checkSize() error {
	switch {
	case w.mayAppend == nil && w.size > lineBeforeLogin:
		return w.hangUp("That command is too long before signing in.")
	case w.size > lineAfterLogin:
		return w.hangUp("That command is too long.")
	}
	return nil
}

// remember keeps the text of an APPEND until its mailbox is known.
func (w *wire) remember(b []byte) {
	if !w.filed && w.verb == "APPEND" && len(w.command)+len(b) <= lineAfterLogin {
		w.command = append(w.command, b...)
	}
}

// letterCutOff tells whether the APPEND that is running comes without its letter, because mayAppend said no. Asked by the session on
// the goroutine that reads.
func (w *wire) letterCutOff() bool { return w.cut }

// readLine reads up to the next line feed, within the limits. The line is good until the next call.
func (w *wire) readLine() ([]byte, error) {
	limit := lineAfterLogin
	if w.mayAppend == nil {
		limit = idBeforeLogin
	}
	if cap(w.line) > 4*lineBeforeLogin {
		w.line = nil // most lines are short; do not keep 50 KB for an idle session
	}
	w.line = w.line[:0]
	for {
		part, err := w.in.ReadSlice('\n')
		w.line = append(w.line, part...)
		switch {
		case len(w.line) > limit:
			return nil, w.hangUp("That line is too long.")
		case err == bufio.ErrBufferFull:
			continue
		case err != nil:
			if ne, ok := err.(net.Error); ok && ne.Timeout() {
				return nil, w.hangUp("Nothing was heard for a while. Goodbye.")
			}
			return nil, err
		}
		break
	}
	if w.mayAppend == nil && len(w.line) > lineBeforeLogin && !isID(w.line) {
		return nil, w.hangUp("That line is too long before signing in.")
	}
	inner := bytes.TrimSuffix(bytes.TrimSuffix(w.line, []byte("\n")), []byte("\r"))
	if bytes.IndexByte(inner, 0) >= 0 || bytes.IndexByte(inner, '\r') >= 0 {
		return nil, w.hangUp("A line holds an octet that no command has.")
	}
	return w.line, nil
}
