package archive

import (
	"fmt"

	"backchannel/archive/db"
	"backchannel/archive/letter"
)

// Redact replaces a post's words by those of a note, keeps its place and author, and gives it a new UID: to a mail program the
// bytes under a UID never change. A removed post stays removed. What the post said leaves the file with its old bytes, as soon as nobody is owed a copy.
func (s *Store) Redact(tx *db.Tx, id PostID, note *letter.Letter) (Post, error) {
	p, err := s.Post(tx, id)
	if err != nil || p.State == Removed {
		return p, orNotFound(err, noSuchPost)
	}
	r := Read(note)
	if r.err != nil {
		return p, r.err
	}
	raw, err := s.PutRaw(tx, note.Raw(), Open)
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
	_, err = tx.Exec(`UPDATE post SET state = 'redacted', uid = :uid, modseq = :modseq, raw = :raw, size = :size, subject = :subject,
			attachments = '[]', structure = :structure, text = :text WHERE id = :id`,
		db.Named("uid", uid), db.Named("modseq", modseq), db.Named("raw", raw), db.Named("size", r.size),
		db.Named("subject", r.msg.Subject), db.Named("structure", string(r.structure)), db.Named("text", r.text), db.Named("id", id))
	if err != nil {
		return p, fmt.Errorf("redact the post: %w", err)
	}
	if err := s.forgetPost(tx, p); err != nil {
		return p, err
	}
	if err := indexPosts(tx, []PostID{id}); err != nil {
		return p, err
	}
	return s.Post(tx, id)
}

// replaceUID takes a new UID and change number for a post; the old UID is gone.
func replaceUID(tx *db.Tx, p Post, grown int) (uid uint32, modseq int64, err error) {
	err = tx.QueryRow(`UPDATE list_mailbox SET uidnext = uidnext + 1, modseq = modseq + 1, octets = octets + ?
		WHERE id = ? RETURNING uidnext - 1, modseq`, grown, p.Mailbox).Scan(&uid, &modseq)
	if err != nil {
		return 0, 0, fmt.Errorf("take a UID: %w", err)
	}
	return uid, modseq, gone(tx, p, modseq)
}

func gone(tx *db.Tx, p Post, modseq int64) error {
	_, err := tx.Exec("INSERT INTO post_gone (mailbox, modseq, uid) VALUES (:mailbox, :modseq, :uid)",
		db.Named("mailbox", p.Mailbox), db.Named("modseq", modseq), db.Named("uid", p.UID))
	return err
}

// forgetPost drops what a changed post leaves behind: its bytes, everybody's flags, and its subject on the thread.
func (s *Store) forgetPost(tx *db.Tx, p Post) error {
	if _, err := tx.Exec("DELETE FROM post_flag WHERE post = ?", p.ID); err != nil {
		return fmt.Errorf("drop flags: %w", err)
	}
	if err := s.DropRaw(tx, p.Raw); err != nil {
		return err
	}
	if err := recount(tx, p.Thread); err != nil {
		return err
	}
	return findRoot(tx, p.Thread)
}

// Remove takes a post out of the archive: words, author, index and bytes go, its place in the thread stays, empty, for the posts
// that answer it. Removing it again changes nothing.
func (s *Store) Remove(tx *db.Tx, id PostID) error {
	p, err := s.Post(tx, id)
	if err != nil || p.State == Removed {
		return err
	}
	if err := unindexPost(tx, id); err != nil {
		return err
	}
	var modseq int64
	err = tx.QueryRow(`UPDATE list_mailbox SET modseq = modseq + 1, messages = messages - 1, octets = octets - ?
		WHERE id = ? RETURNING modseq`, p.Size, p.Mailbox).Scan(&modseq)
	if err != nil {
		return fmt.Errorf("remove the post: %w", err)
	}
	if err := gone(tx, p, modseq); err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE post SET state = 'removed', modseq = ?, raw = NULL, size = 0, author = 0, who = '', from_name = '', from_local = '',
		from_domain = '', subject = '', attachments = '[]', structure = '{}', text = '' WHERE id = ?`, modseq, id)
	if err != nil {
		return fmt.Errorf("remove the post: %w", err)
	}
	if err := s.forgetPost(tx, p); err != nil {
		return err
	}
	return indexPosts(tx, []PostID{id})
}
