package imapd

import (
	"bytes"
	"net"
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
	if w.correct(&p) {
		_, err := w.Conn.Write(p)
		return len(p) + len("READ-WRITE") - len("READ-ONLY"), err
	}
	return w.Conn.Write(p)
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

// correct puts READ-ONLY into the answer to SELECT where the library wrote READ-WRITE (RFC 9051 §6.3.2).
func (w *wire) correct(p *[]byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.readOnly || !bytes.Contains(*p, []byte(" OK [READ-WRITE] SELECT")) {
		return false
	}
	w.readOnly = false
	*p = bytes.Replace(*p, []byte("[READ-WRITE]"), []byte("[READ-ONLY]"), 1)
	return true
}
