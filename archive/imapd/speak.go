package imapd

import (
	"bytes"
	"net"
	"strings"
	"time"
)

// ownWriteWithin is how long a client may leave our own words lying.
const ownWriteWithin = 30 * time.Second

// This file is the way out of the filter: what the library writes, and the few words of our own in between.

// hangUp says goodbye and closes. The error keeps the library from writing after it.
func (w *wire) hangUp(text string) error {
	_ = w.say("* BYE " + text + "\r\n")
	_ = w.Close()
	return net.ErrClosed
}

// say writes to the client past the library, between two commands.
func (w *wire) say(text string) error {
	stuck := time.AfterFunc(ownWriteWithin, func() { _ = w.Close() })
	defer stuck.Stop()
	_, err := w.Conn.Write([]byte(text))
	return err
}

// Write passes on what the library says, except a '+' that the client does not wait for.
func (w *wire) Write(p []byte) (int, error) {
	if swallow := w.hear(p); swallow {
		return len(p), nil
	}
	if _, err := w.Conn.Write(w.correct(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// hear listens for the '+' of the library and tells whether the client must not see it. Messages cannot fake one: while a literal
// is awaited, or during AUTHENTICATE and IDLE, the library writes no message text.
func (w *wire) hear(p []byte) (swallow bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open && len(p) > len(w.tag) && string(p[:len(w.tag)]) == w.tag && p[len(w.tag)] == ' ' {
		w.early = true
	}
	if len(p) == 0 || p[0] != '+' {
		w.told = w.told || len(p) > 0 && p[0] == '*'
		return false
	}
	if a := w.await; a != nil {
		a.granted = true
		w.open = !a.refuse
		return !a.waits || a.refuse
	}
	if w.verb == "AUTHENTICATE" || w.verb == "IDLE" {
		w.verbatim = true
	}
	return false
}

// correct gives what is said instead of two sentences of the library: READ-ONLY for its READ-WRITE in the answer to SELECT (RFC 9051
// §6.3.2), and BAD where it calls its own bug what the client wrote wrongly.
func (w *wire) correct(p []byte) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.told && string(p) == w.tag+ownBug {
		if why := misread(w.verb); why != "" {
			return []byte(w.tag + " BAD [CLIENTBUG] " + why + "\r\n")
		}
	}
	if !w.readOnly || !bytes.Contains(p, []byte(" OK [READ-WRITE] SELECT")) {
		return p
	}
	w.readOnly = false
	return bytes.Replace(p, []byte("[READ-WRITE]"), []byte("[READ-ONLY]"), 1)
}

// ownBug is what the library answers, behind the tag, when it fails in a way it has no name for. The methods of a session always
// name their errors. So unless part of the answer was out by then, what failed was the reading of a number, a date or a name.
const ownBug = " NO [SERVERBUG] Internal server error\r\n"

// misread says what could not be read in a command; "" for commands that have nothing to be misread.
func misread(verb string) string {
	switch strings.TrimPrefix(verb, "UID ") {
	case "LOGIN", "AUTHENTICATE":
		return saysMisreadLogin
	case "SELECT", "EXAMINE", "STATUS", "LIST", "LSUB", "CREATE", "DELETE", "RENAME", "SUBSCRIBE", "UNSUBSCRIBE":
		return saysMisreadName
	case "FETCH", "STORE", "EXPUNGE":
		return saysMisreadNumbers
	case "COPY", "MOVE":
		return saysMisreadMove
	case "SEARCH":
		return saysMisreadSearch
	case "APPEND":
		return saysMisreadLetter
	}
	return ""
}
