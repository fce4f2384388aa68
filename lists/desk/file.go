package desk

import (
	"context"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
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

// handed is a file as it is given away.
type handed struct {
	name, kind string
	bytes      []byte
}

// file gives a file of a post away, to be saved and never to be shown.
func (p *Pages) file(w http.ResponseWriter, r *http.Request) {
	p.giveFile(w, r, func(tx *db.Tx, v visitor, n int64, take taking) (f handed, err error) {
		_, post, err := p.postAt(tx, v, r)
		if err != nil {
			return f, err
		}
		if n > int64(len(post.Attachments)) {
			return f, notHere()
		}
		if err := take(v.here[0].ID, post.Size); err != nil {
			return f, err
		}
		l, err := p.posts.Letter(tx, post)
		if err != nil {
			return f, err
		}
		files := l.Files()
		if n > int64(len(files)) {
			return f, notHere()
		}
		return handed{post.Attachments[n-1].Name, post.Attachments[n-1].Type, files[n-1].Decoded()}, nil
	})
}

// taking asks for room for so many octets, for somebody, until they are given away.
type taking func(who lists.MemberID, octets int) error

// giveFile gives the file away that find finds under the number in the path.
func (p *Pages) giveFile(w http.ResponseWriter, r *http.Request, find func(tx *db.Tx, v visitor, n int64, take taking) (handed, error)) {
	var f handed
	done := func() {}
	defer func() { done() }()
	take := func(who lists.MemberID, octets int) error {
		if !p.hands.take(who, octets) {
			return errBusy
		}
		done = func() { p.hands.give(who, octets) }
		return nil
	}
	err := p.db.View(r.Context(), func(tx *db.Tx) error {
		v, err := p.visitor(tx, r)
		if err != nil {
			return err
		}
		n, err := number(r.PathValue("n"))
		if err != nil {
			return notHere()
		}
		f, err = find(tx, v, n, take)
		return err
	})
	if !p.failed(w, r, "give a file away", err) {
		handOut(w, f.name, f.kind, f.bytes)
	}
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
