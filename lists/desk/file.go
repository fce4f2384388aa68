package desk

import (
	"context"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"

	"backchannel/archive/db"
)

// slowest is how many octets of a file a second a reader has to take.
const slowest = 8 << 10

// policyOfFile lets nothing in a file act, should a browser show it after all.
const policyOfFile = "sandbox; default-src 'none'; frame-ancestors 'none'"

// harmless are the types that a file keeps when it is saved; every other is bytes. None of them can hold a script that a browser runs.
var harmless = []string{
	"image/png", "image/jpeg", "image/gif", "image/webp", "image/heic", "application/pdf", "application/zip", "audio/mpeg", "audio/mp4", "audio/ogg", "video/mp4",
	"application/msword", "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// file gives a file of a post away, to be saved and never to be shown.
func (p *Pages) file(w http.ResponseWriter, r *http.Request) {
	var name, kind string
	var bytes []byte
	done := func() {}
	defer func() { done() }()
	err := p.db.View(r.Context(), func(tx *db.Tx) error {
		v, err := p.visitor(tx, r)
		if err != nil {
			return err
		}
		_, post, err := p.postAt(tx, v, r)
		if err != nil {
			return err
		}
		n, err := number(r.PathValue("n"))
		if err != nil || n > int64(len(post.Attachments)) {
			return notHere()
		}
		who := v.here[0].ID
		if !p.hands.take(who, post.Size) {
			return errBusy
		}
		done = func() { p.hands.give(who, post.Size) }
		l, err := p.posts.Letter(tx, post)
		if err != nil {
			return err
		}
		files := l.Files()
		if n > int64(len(files)) {
			return notHere()
		}
		name, kind, bytes = post.Attachments[n-1].Name, post.Attachments[n-1].Type, files[n-1].Decoded()
		return nil
	})
	if p.failed(w, r, "give a file away", err) {
		return
	}
	handOut(w, name, kind, bytes)
}

// handOut gives a file to a browser, to be saved.
func handOut(w http.ResponseWriter, name, kind string, bytes []byte) {
	if !slices.Contains(harmless, kind) {
		kind = "application/octet-stream"
	}
	disposition := mime.FormatMediaType("attachment", map[string]string{"filename": name})
	if disposition == "" {
		disposition = "attachment"
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", disposition)
	h.Set("Content-Length", strconv.Itoa(len(bytes)))
	h.Set("Content-Security-Policy", policyOfFile)
	// A large file takes its time on a telephone; whoever takes nothing at all does not keep it in memory.
	patience, stop := context.WithTimeout(context.Background(), time.Minute+time.Duration(len(bytes)/slowest)*time.Second)
	defer stop()
	until, _ := patience.Deadline()
	_ = http.NewResponseController(w).SetWriteDeadline(until)
	_, _ = w.Write(bytes)
}
