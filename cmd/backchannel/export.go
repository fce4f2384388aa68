package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/mbox"
	"backchannel/lists"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

func (c *cli) newExport() *cobra.Command {
	return group("export", "Take your own with you", c.newExportMbox(), c.newExportMaildir(), c.newExportCommunity())
}

func (c *cli) newExportMbox() *cobra.Command {
	var to string
	cmd := &cobra.Command{Use: "mbox LIST", Short: "Write all posts of a list, as they were published, as one mbox file to stdout", Args: words("LIST")}
	cmd.Flags().StringVarP(&to, "output", "o", "", "write to this new file instead")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) (err error) {
			var l lists.List
			if err := p.View(cmd.Context(), func(tx *db.Tx) (err error) { l, err = lists.TheList(tx, args[0]); return err }); err != nil {
				return err
			}
			n := 0
			return c.toFile(to, func(out io.Writer) error { n, err = p.export(cmd.Context(), l, out); return err },
				func() { c.say("%s of %s written to %s.", count(n, "post"), l.Address(), to) })
		})
	}
	return cmd
}

func (c *cli) newExportMaildir() *cobra.Command {
	cmd := &cobra.Command{Use: "maildir LIST FOLDER", Short: "Write all posts of a list, as they were published, into a new Maildir", Args: words("LIST", "FOLDER")}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) (err error) {
			var l lists.List
			if err := p.View(cmd.Context(), func(tx *db.Tx) (err error) { l, err = lists.TheList(tx, args[0]); return err }); err != nil {
				return err
			}
			n, err := p.exportMaildir(cmd.Context(), l, args[1])
			if err == nil {
				c.say("%s of %s written to %s.", count(n, "post"), l.Address(), args[1])
			}
			return err
		})
	}
	return cmd
}

// exportMaildir writes all posts of a list into a folder that does not exist yet.
func (p *Program) exportMaildir(ctx context.Context, l lists.List, dir string) (n int, err error) {
	if err := os.Mkdir(dir, 0o700); errors.Is(err, os.ErrExist) {
		return 0, refusal.Because(refusal.Conflict, "%s exists already, and nothing is added to it.", dir).Try("another name")
	} else if err != nil {
		return 0, refusal.Because(refusal.Invalid, "The folder %s cannot be made: %s.", dir, reason(err)).From(err)
	}
	w, err := mbox.CreateMaildir(dir)
	if err == nil {
		n, err = p.eachPost(ctx, l, func(post archive.Post, raw []byte) error { return w.Write(raw, post.Published, "") })
	}
	if err != nil {
		os.RemoveAll(dir) // half of it looks like all of it
	}
	return n, err
}

// toFile lets write write into a new file and says so, or to stdout when there is no name.
func (c *cli) toFile(name string, write func(io.Writer) error, say func()) (err error) {
	if name == "" {
		return write(c.out)
	}
	f, err := newFile(name)
	if err != nil {
		return err
	}
	if err = errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		os.Remove(name) // half of it looks like all of it
		return err
	}
	say()
	return nil
}

// newFile makes a file that does not exist yet, for this user alone.
func newFile(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, refusal.Because(refusal.Conflict, "The file %s exists already and is not overwritten.", name).Try("another name")
	}
	if err != nil {
		return nil, refusal.Because(refusal.Invalid, "The file %s cannot be written: %s.", name, reason(err)).From(err)
	}
	return f, nil
}

// exportStep is how many posts are read in one transaction: a long reader would let the database grow.
const exportStep = 100

// export writes all posts of a list as an mbox file.
func (p *Program) export(ctx context.Context, l lists.List, out io.Writer) (int, error) {
	buffered := bufio.NewWriterSize(out, 1<<16)
	w := mbox.NewWriter(buffered)
	n, err := p.eachPost(ctx, l, func(post archive.Post, raw []byte) error {
		return w.Write(raw, post.From.Address.String(), post.Published)
	})
	if err != nil {
		return n, err
	}
	return n, errors.Join(w.Flush(), buffered.Flush())
}

// eachPost hands on all posts of a list as they were published, in that order, and tells how many there were.
func (p *Program) eachPost(ctx context.Context, l lists.List, take func(post archive.Post, raw []byte) error) (n int, err error) {
	for after := int64(0); ; {
		var posts []archive.Post
		err := p.View(ctx, func(tx *db.Tx) (err error) {
			if posts, err = p.Store.PostsAfter(tx, l.Box, after, exportStep); err != nil {
				return err
			}
			for _, post := range posts {
				after = post.Seq
				raw, err := p.Store.Raw(tx, post.Raw)
				if err != nil {
					return err
				}
				if err := take(post, raw); err != nil {
					return err
				}
				n++
			}
			return nil
		})
		if err != nil || len(posts) == 0 {
			return n, err
		}
	}
}
