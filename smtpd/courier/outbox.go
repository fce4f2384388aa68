package courier

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"backchannel/archive/letter"
	"backchannel/smtpd/queue"
)

// Outbox delivers into a folder instead of the world: each copy becomes the file Dir/ADDRESS/NUMBER-subject.eml, with the envelope in
// Return-Path and Delivered-To on top. A file is there whole or not at all, and a copy tried again after a crash takes its own file's
// place, so that nothing comes twice. It is a queue.Courier.
type Outbox struct {
	Dir string
}

// Deliver writes one file.
func (b Outbox) Deliver(_ context.Context, m queue.Message) queue.Outcome {
	if o, ok := check(m); !ok {
		return o
	}
	name := fmt.Sprintf("%06d-%s.eml", m.Copy, slug(m.Head))
	folder := folderName(m.To)
	if err := b.write(folder, name, m); err != nil {
		return queue.Outcome{Enhanced: "4.3.0", Text: "the outbox could not be written: " + inWords(err), Host: "outbox"}
	}
	// The name holds words of the subject, and what is told here stands in the logbook (P15): the number finds the file.
	return queue.Outcome{Kind: queue.Delivered, Stage: queue.StageEnd, Text: letter.ASCII(fmt.Sprintf("written to %s/%06d-*.eml", folder, m.Copy), 500), Host: "outbox"}
}

// write makes the file durable before it gets its name.
func (b Outbox) write(folder, name string, m queue.Message) (err error) {
	dir := filepath.Join(b.Dir, folder)
	if err := b.makeFolder(dir); err != nil {
		return err
	}
	part := filepath.Join(dir, fmt.Sprintf(".%d.part", m.Copy))
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(part)
		}
	}()
	envelope := "Return-Path: <" + m.From.String() + ">\r\nDelivered-To: " + m.To.String() + "\r\n"
	for _, b := range [][]byte{[]byte(envelope), m.Head, m.Body} {
		if _, err := f.Write(b); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(part, filepath.Join(dir, name)); err != nil {
		return err
	}
	return syncFolder(dir)
}

// makeFolder makes the folder of an address. Its name must be on the disk before a file in it counts as delivered.
func (b Outbox) makeFolder(dir string) error {
	err := os.Mkdir(dir, 0o700)
	switch {
	case err == nil:
		return syncFolder(b.Dir)
	case errors.Is(err, os.ErrExist):
		return nil
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return errors.Join(syncFolder(filepath.Dir(b.Dir)), syncFolder(b.Dir))
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// folderName makes a name of an address that is readable, the same for equal addresses (C9), different for different ones, and safe
// whatever the local part holds: what is not plain stands as %XX.
func folderName(a letter.Address) string {
	var b strings.Builder
	for i := 0; i < len(a.Local); i++ {
		c := a.Local[i]
		switch {
		case c >= 'A' && c <= 'Z':
			b.WriteByte(c + 'a' - 'A')
		case plain(c) || strings.IndexByte("_+=-", c) >= 0 || c == '.' && i > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	b.WriteString("@" + a.Domain)
	name := b.String()
	if len(name) > 200 { // a file system takes 255
		sum := sha256.Sum256([]byte(name))
		name = fmt.Sprintf("%s~%x", name[:160], sum[:12])
	}
	return name
}

// slug makes a few words of the subject, for whoever looks into the folder.
func slug(head []byte) string {
	l, err := letter.Parse(head)
	if err != nil {
		return "letter"
	}
	var b strings.Builder
	for _, c := range []byte(strings.ToLower(l.Subject())) {
		switch {
		case b.Len() >= 40:
		case plain(c):
			b.WriteByte(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if s := strings.TrimSuffix(b.String(), "-"); s != "" {
		return s
	}
	return "letter"
}

func plain(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }
