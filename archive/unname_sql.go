package archive

import (
	"fmt"
	"slices"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
)

// named are the header fields that a post keeps whose author is not to be named any more: those that say what it is, and where it belongs.
// All others may tell who wrote it, and with what.
var named = []string{"from", "to", "subject", "date", "message-id", "in-reply-to", "references", "mime-version", "list-id"}

// Unname takes the author's name and address off a post, in the archive and its search index, and puts another in their place. Its words and
// its place in the thread stay as they are; it gets a new UID. PostsOf finds it no more. A removed post has no name to take.
func (s *Store) Unname(tx *db.Tx, id PostID, as letter.Mailbox) (Post, error) {
	p, err := s.Post(tx, id)
	if err != nil || p.State == Removed {
		return p, orNotFound(err, noSuchPost)
	}
	r, err := s.unnamed(tx, p, as)
	if err != nil {
		return p, fmt.Errorf("take the name off a post: %w", err)
	}
	raw, err := s.PutRaw(tx, r.raw, Open)
	if err != nil {
		return p, err
	}
	if err := unindexPost(tx, id); err != nil {
		return p, err
	}
	uid, modseq, err := replaceUID(tx, p, r.size-p.Size)
	if err != nil {
		return p, err
	}
	_, err = tx.Exec(`UPDATE post SET uid = :uid, modseq = :modseq, raw = :raw, size = :size, structure = :structure, author = 0,
			from_name = :name, from_local = :local, from_domain = :domain WHERE id = :id`,
		db.Named("uid", uid), db.Named("modseq", modseq), db.Named("raw", raw), db.Named("size", r.size), db.Named("structure", string(r.structure)),
		db.Named("name", as.Name), db.Named("local", as.Address.Local), db.Named("domain", as.Address.Domain), db.Named("id", id))
	if err != nil {
		return p, fmt.Errorf("take the name off a post: %w", err)
	}
	if err := s.forgetPost(tx, p); err != nil {
		return p, err
	}
	if err := indexPosts(tx, []PostID{id}); err != nil {
		return p, err
	}
	return s.Post(tx, id)
}

// Claim makes imported posts of a series that bear an address, and are nobody's, an author's own: who wrote them was no member yet when they
// were taken over, or not under that address.
func (s *Store) Claim(tx *db.Tx, series, author int64, from letter.Address) error {
	p := Post{Author: author}
	_, err := tx.Exec(`UPDATE post SET author = @author, who = @who WHERE author = 0 AND who = @key AND imported = 1
			AND mailbox IN (SELECT id FROM list_mailbox WHERE series = @series)`,
		db.Named("author", author), db.Named("who", p.who()), db.Named("key", from.Key()), db.Named("series", series))
	if err != nil {
		return fmt.Errorf("find the posts of an address: %w", err)
	}
	return nil
}

// renamed is a post under another name.
type renamed struct {
	raw, structure []byte
	size           int
}

func (s *Store) unnamed(tx *db.Tx, p Post, as letter.Mailbox) (n renamed, err error) {
	old, err := s.Raw(tx, p.Raw)
	if err != nil {
		return n, err
	}
	l, err := letter.Parse(old)
	if err != nil {
		return n, err
	}
	h := l.Header()
	h.DropStray()
	h.DelNamed(func(name string) bool {
		name = strings.ToLower(name)
		return !slices.Contains(named, name) && !strings.HasPrefix(name, "content-")
	})
	h.Del("From")
	if err := h.Prepend("From", as.String()); err != nil {
		return n, err
	}
	n.raw = l.With(h)
	if l, err = letter.Parse(n.raw); err != nil {
		return n, err
	}
	r := Read(l)
	n.structure, n.size = []byte(r.structure), r.size
	return n, r.err
}
