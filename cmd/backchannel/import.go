package main

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"sync"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/mbox"
	"backchannel/lists"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

func (c *cli) newImport() *cobra.Command {
	g := group("import", "Take over an old archive",
		c.newImportOf("mbox FILE", "Take the posts of an mbox file into a list", importMbox),
		c.newImportOf("maildir FOLDER", "Take the posts of a Maildir into a list", importMaildir))
	g.AddCommand(append(c.rosterImports(), c.newImportCommunity())...)
	return g
}

// source is an old archive being read. total is its length in octets, 0 when nobody knows.
type source struct {
	messages iter.Seq2[mbox.Message, error]
	total    int64
	close    func() error
}

func importMbox(path string, most int64) (source, error) {
	f, err := os.Open(path)
	if err != nil {
		return source{}, cannotRead(path, err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = refusal.Because(refusal.Invalid, "%s is a folder, no mbox file.", path).Try("backchannel import maildir %s --list ADDRESS", path)
	}
	if err != nil {
		return source{}, errors.Join(err, f.Close())
	}
	return source{mbox.NewReader(f, mbox.Options{MaxSize: int(most)}).All(), info.Size(), f.Close}, nil
}

func importMaildir(path string, most int64) (source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return source{}, cannotRead(path, err)
	}
	if !info.IsDir() {
		return source{}, refusal.Because(refusal.Invalid, "%s is a file, no Maildir.", path).Try("backchannel import mbox %s --list ADDRESS", path)
	}
	return source{mbox.Maildir(os.DirFS(path), mbox.Options{MaxSize: int(most)}), 0, func() error { return nil }}, nil
}

func (c *cli) newImportOf(use, short string, open func(string, int64) (source, error)) *cobra.Command {
	var asJSON bool
	var list string
	cmd := &cobra.Command{
		Use: use + " --list ADDRESS", Short: short, Args: words(strings.Fields(use)[1]),
		Long: short + ". Nobody is written to. Posts keep their dates, join their threads, and come into no digest.\n" +
			"Importing the same archive again changes nothing. In the end every message that could not be taken is named.",
	}
	cmd.Flags().StringVar(&list, "list", "", "the list (wanted)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if list == "" {
			return usage(cmd, "Please say into which list: --list ADDRESS.")
		}
		return c.with(cmd.Context(), func(p *Program) (err error) {
			s, err := open(args[0], p.Config.SMTP.MaxSize)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.close()) }()
			i := &importing{p: p, source: s, bar: c.newBar("imported", s.total)}
			if err := i.run(cmd.Context(), list); err != nil {
				return err
			}
			if asJSON {
				err = c.asJSON(i.report)
			} else {
				i.report.say(c)
			}
			if err == nil && i.report.Taken == 0 && i.report.Here == 0 {
				err = refusal.Because(refusal.Malformed, "Nothing of %s could be taken.", args[0]).Try("a file or folder that holds letters")
			}
			return err
		})
	}
	return jsonFlag(cmd, &asJSON)
}

// importReport is what an import came to, as JSON.
type importReport struct {
	List     string     `json:"list"`
	Read     int        `json:"read"`
	Taken    int        `json:"taken"`
	Here     int        `json:"here_already"`
	NotTaken []notTaken `json:"not_taken"`
	Undated  int        `json:"undated"` // read, and taken under the date of the message before
	Seconds  float64    `json:"seconds"`
}

// notTaken is one message that could not be imported.
type notTaken struct {
	N         int    `json:"n"` // its place, counted from 1
	Name      string `json:"file,omitempty"`
	MessageID string `json:"message_id,omitempty"`
	Why       string `json:"why"`
}

func (r importReport) say(c *cli) {
	c.say("%s read, %s taken into %s, %d were there already, %d could not be taken (%.1f s).",
		count(r.Read, "message"), count(r.Taken, "post"), r.List, r.Here, len(r.NotTaken), r.Seconds)
	if r.Undated > 0 {
		c.say("%s had no date that can be read, and got the one of the message before.", count(r.Undated, "message"))
	}
	for _, n := range r.NotTaken {
		name := fmt.Sprintf("message %d", n.N)
		if n.Name != "" {
			name += ", " + n.Name
		}
		if n.MessageID != "" {
			name += ", <" + n.MessageID + ">"
		}
		c.say("not taken: %s: %s", letter.CleanLine(name), letter.CleanLine(n.Why))
	}
}

// importing is an import under way.
type importing struct {
	p      *Program
	source source
	bar    *bar
	list   lists.List
	last   time.Time // of the newest message that had a date
	report importReport
}

// batchSize is how many posts become durable together.
const batchSize = 200

// batchBytes is how much mail is in memory for one batch, about.
const batchBytes = 16 << 20

// entry is one message on its way in.
type entry struct {
	mbox.Message
	letter  *letter.Letter
	reading *archive.Reading
	err     error
}

// run reads, parses and stores. While a batch is written the next one is read and parsed.
func (i *importing) run(ctx context.Context, list string) error {
	began := time.Now()
	err := i.p.View(ctx, func(tx *db.Tx) (err error) { i.list, err = lists.TheList(tx, list); return err })
	if err != nil {
		return err
	}
	i.report.List, i.report.NotTaken = i.list.Address().String(), []notTaken{}
	defer i.bar.end()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	batches := make(chan []*entry, 1)
	var broken error // of the reading; looked at when batches is closed
	go func() {
		defer close(batches)
		broken = i.read(ctx, batches)
	}()
	for batch := range batches {
		if err := i.store(ctx, batch); err != nil {
			cancel()
			for range batches { // the reader must end before the file is closed
			}
			return err
		}
		i.bar.to(batch[len(batch)-1].Offset, i.report.Read)
	}
	i.report.Seconds = time.Since(began).Seconds()
	return broken
}

// read makes batches of parsed messages.
func (i *importing) read(ctx context.Context, out chan<- []*entry) error {
	var batch []*entry
	bytes := 0
	hand := func() bool {
		parse(batch)
		select {
		case out <- batch:
			batch, bytes = nil, 0
			return true
		case <-ctx.Done():
			return false
		}
	}
	for m, err := range i.source.messages {
		if err != nil && m.N == 0 {
			return err
		}
		batch = append(batch, &entry{Message: m, err: err})
		if bytes += len(m.Raw); len(batch) == batchSize || bytes > batchBytes {
			if !hand() {
				return ctx.Err()
			}
		}
	}
	if len(batch) > 0 && !hand() {
		return ctx.Err()
	}
	return nil
}

// parse reads the letters of a batch, some at a time.
func parse(batch []*entry) {
	var all sync.WaitGroup
	work := make(chan *entry)
	for range 4 {
		all.Go(func() {
			for e := range work {
				if e.err == nil {
					e.parse()
				}
			}
		})
	}
	for _, e := range batch {
		work <- e
	}
	close(work)
	all.Wait()
}

// parse reads one letter. What a post must have and old mail may lack is added.
func (e *entry) parse() {
	l, err := letter.Parse(e.Raw)
	if err == nil && len(l.From()) == 0 {
		err = refusal.Because(refusal.Malformed, "It names no sender that can be read.")
	}
	if err == nil && l.MessageID() == "" {
		l, err = named(l)
	}
	if err != nil {
		e.err = err
		return
	}
	e.letter, e.reading = l, archive.Read(l)
}

// named gives a letter without Message-ID one that is made of its bytes: imported again it is known again.
func named(l *letter.Letter) (*letter.Letter, error) {
	sum := sha256.Sum256(l.Raw())
	h := l.Header()
	id := letter.MessageID("import." + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:15])) + "@invalid")
	if err := h.Set("Message-ID", id.String()); err != nil {
		return nil, err
	}
	return letter.Parse(l.With(h))
}

// store adds a batch in one transaction.
func (i *importing) store(ctx context.Context, batch []*entry) error {
	r, last := i.report, i.last
	err := i.p.Update(ctx, func(tx *db.Tx) error {
		for _, e := range batch {
			r.Read++
			if err := i.add(tx, e, &r, &last); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		i.report, i.last = r, last
	}
	return err
}

// add adds one post, or notes why not. An error that is no refusal ends the import: it is ours, not the letter's.
func (i *importing) add(tx *db.Tx, e *entry, r *importReport, last *time.Time) error {
	refuse := func(err error) {
		n := notTaken{N: e.N, Name: e.Name, Why: err.Error()}
		if e.letter != nil {
			n.MessageID = string(e.letter.MessageID())
		}
		r.NotTaken = append(r.NotTaken, n)
	}
	if e.err != nil {
		refuse(e.err)
		return nil
	}
	published, dated := e.when(tx.Now, *last)
	if !dated {
		r.Undated++
	}
	*last = published
	author, err := i.author(tx, e.letter)
	if err != nil {
		return err
	}
	err = tx.Attempt(func() error {
		_, err := i.p.Store.AddPost(tx, archive.NewPost{
			Mailbox: i.list.Box, Letter: e.letter, Reading: e.reading, Author: author, Published: published, Imported: true,
		})
		return err
	})
	switch {
	case errors.Is(err, archive.ErrDuplicate):
		r.Here++
	case err != nil && refusal.Temporary(err):
		return err
	case err != nil:
		refuse(err)
	default:
		r.Taken++
	}
	return nil
}

// when is when a post was published: by its author's date, else by the date the archive has of it, else (false) with the message
// before it. A date in the future is no date.
func (e *entry) when(now, last time.Time) (published time.Time, dated bool) {
	if date, ok := e.letter.Date(); ok && !date.After(now) {
		return date, true
	}
	if !e.Date.IsZero() && !e.Date.After(now) {
		return e.Date, true
	}
	if last.IsZero() {
		last = now
	}
	return last, false
}

// author is the member who wrote it, 0 if nobody of the community did.
func (i *importing) author(tx *db.Tx, l *letter.Letter) (int64, error) {
	m, _, err := lists.MemberByAddress(tx, i.list.Community, l.From()[0].Address)
	return int64(m.ID), err
}

// bar shows how far a long work has come, on a terminal alone.
type bar struct {
	w     io.Writer // nil: silence
	what  string
	total int64
	shown time.Time
}

func (c *cli) newBar(what string, total int64) *bar {
	b := &bar{what: what, total: total}
	if f, ok := c.err.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			b.w = f
		}
	}
	return b
}

// to draws the bar anew, ten times a second at most.
func (b *bar) to(at int64, n int) {
	if b.w == nil || time.Since(b.shown) < 100*time.Millisecond {
		return
	}
	b.shown = time.Now()
	const width = 30
	if b.total <= 0 {
		fmt.Fprintf(b.w, "\r%d %s", n, b.what)
		return
	}
	full := int(width * min(at, b.total) / b.total)
	fmt.Fprintf(b.w, "\r[%s%s] %3d %%  %d %s", strings.Repeat("=", full), strings.Repeat(" ", width-full), 100*min(at, b.total)/b.total, n, b.what)
}

// end takes the bar away.
func (b *bar) end() {
	if b.w != nil && !b.shown.IsZero() {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
}
