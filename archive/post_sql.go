package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/thread"
)

// AddPost publishes a post in its mailbox: sequence number, UID, change number, thread, search row. A post the mailbox has
// already is returned with an error that is ErrDuplicate; the same message id over another body is another post (P3). A search finds it
// from the commit on.
func (s *Store) AddPost(tx *db.Tx, n NewPost) (Post, error) {
	p, err := s.addPost(tx, n)
	if err != nil {
		return p, err
	}
	return p, indexPosts(tx, []PostID{p.ID})
}

// AddPosts is AddPost for many, for imports: the search index is written once, which makes it several times cheaper. Posts that
// the mailboxes have already come back with their error in Added; any other error ends the whole.
func (s *Store) AddPosts(tx *db.Tx, list []NewPost) ([]Added, error) {
	out := make([]Added, len(list))
	var fresh []PostID
	for i, n := range list {
		p, err := s.addPost(tx, n)
		if err != nil && !errors.Is(err, ErrDuplicate) {
			return nil, fmt.Errorf("message %d of %d: %w", i+1, len(list), err)
		}
		out[i] = Added{Post: p, Err: err}
		if err == nil {
			fresh = append(fresh, p.ID)
		}
	}
	return out, indexPosts(tx, fresh)
}

// addPost is AddPost without the search row.
func (s *Store) addPost(tx *db.Tx, n NewPost) (Post, error) {
	r := n.Reading
	if r == nil {
		r = Read(n.Letter)
	}
	if r.err != nil {
		return Post{}, r.err
	}
	same, err := samePost(tx, n.Mailbox, r)
	if err != nil {
		return Post{}, err
	}
	if same != 0 {
		old, err := s.Post(tx, same)
		if err == nil {
			err = errDuplicate()
		}
		return old, err
	}
	p := newPost(n, r, tx.Now)
	if p.Raw == 0 {
		ready, err := s.packLetter(n.Letter, Open)
		if err != nil {
			return Post{}, err
		}
		if p.Raw, err = s.putPacked(tx, ready); err != nil {
			return Post{}, err
		}
	}
	series, err := s.takeNumbers(tx, &p)
	if err != nil {
		return Post{}, err
	}
	if err := s.insertPost(tx, &p, r, series); err != nil {
		return Post{}, fmt.Errorf("add the post: %w", err)
	}
	return p, nil
}

// insertPost writes the row and everything that hangs on its place in a thread.
func (s *Store) insertPost(tx *db.Tx, p *Post, r *Reading, series int64) error {
	m := r.msg
	m.Date = p.Published
	above, err := s.publicAncestors(tx, m)
	if err != nil {
		return err
	}
	m.References, m.InReplyTo = oldestFirst(above), nil
	place, late, err := s.place(tx, p, m, above, series)
	if err != nil {
		return err
	}
	if err := writePost(tx, p, r, above, place.By); err != nil {
		return err
	}
	if err := recordRefs(tx, p, above); err != nil {
		return err
	}
	return s.settle(tx, p, m, place, late)
}

// samePost finds the post that this would be once more; 0 when there is none.
func samePost(tx *db.Tx, box PublicID, r *Reading) (id PostID, err error) {
	err = tx.QueryRow("SELECT id FROM post WHERE mailbox = :mailbox AND msgid = :msgid AND body = :body",
		db.Named("mailbox", box), db.Named("msgid", string(r.msg.ID)), db.Named("body", r.body)).Scan(&id)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

// takeNumbers gives a post its sequence number, UID and change number.
func (s *Store) takeNumbers(tx *db.Tx, p *Post) (series int64, err error) {
	err = tx.QueryRow(`UPDATE list_mailbox SET seq = seq + 1, uidnext = uidnext + 1, modseq = modseq + 1,
			messages = messages + 1, octets = octets + :size
		WHERE id = :id RETURNING seq, uidnext - 1, modseq, series`,
		db.Named("id", p.Mailbox), db.Named("size", p.Size)).Scan(&p.Seq, &p.UID, &p.ModSeq, &series)
	if err != nil {
		return 0, orNotFound(err, "There is no such mailbox.")
	}
	return series, nil
}

func writePost(tx *db.Tx, p *Post, r *Reading, above []letter.MessageID, by thread.Evidence) error {
	attachments, err := json.Marshal(p.Attachments)
	if err != nil {
		return err
	}
	id, err := tx.Insert(`INSERT INTO post (mailbox, seq, uid, modseq, thread, parent, evidence, state, published, date, imported, program,
			author, who, raw, size, msgid, body, from_name, from_local, from_domain, subject, refs, attachments, structure, text)
		VALUES (:mailbox, :seq, :uid, :modseq, :thread, nullif(:parent, 0), :evidence, :state, :published, :date, :imported, :program,
			:author, :who, :raw, :size, :msgid, :body, :from_name, :from_local, :from_domain, :subject, :refs, :attachments, :structure, :text)`,
		db.Named("mailbox", p.Mailbox),
		db.Named("seq", p.Seq),
		db.Named("uid", p.UID),
		db.Named("modseq", p.ModSeq),
		db.Named("thread", p.Thread),
		db.Named("parent", p.Parent),
		db.Named("evidence", string(by)),
		db.Named("state", string(p.State)),
		db.Named("published", db.Micros(p.Published)),
		db.Named("date", db.Micros(p.Date)),
		db.Named("imported", p.Imported),
		db.Named("program", p.Program),
		db.Named("author", p.Author),
		db.Named("who", p.who()),
		db.Named("raw", p.Raw),
		db.Named("size", p.Size),
		db.Named("msgid", string(p.MessageID)),
		db.Named("body", r.body),
		db.Named("from_name", p.From.Name),
		db.Named("from_local", p.From.Address.Local),
		db.Named("from_domain", p.From.Address.Domain),
		db.Named("subject", p.Subject),
		db.Named("refs", joinIDs(above)),
		db.Named("attachments", string(attachments)),
		db.Named("structure", string(r.structure)),
		db.Named("text", p.Text),
	)
	p.ID = PostID(id)
	return err
}

const (
	postColumns = `SELECT p.id, p.mailbox, p.seq, p.uid, p.modseq, p.thread, t.number, coalesce(p.parent, 0), p.msgid, p.subject,
		p.from_name, p.from_local, p.from_domain, p.author, p.date, p.published, p.imported, p.program, coalesce(p.raw, 0), p.size, p.state, p.text, p.attachments `
	selectPost = postColumns + "FROM post p JOIN thread t ON t.id = p.thread "
)

func scanPost(r db.Scanner) (p Post, err error) {
	var date, published int64
	var attachments []byte
	into := []any{&p.ID, &p.Mailbox, &p.Seq, &p.UID, &p.ModSeq, &p.Thread, &p.Number, &p.Parent, &p.MessageID, &p.Subject,
		&p.From.Name, &p.From.Address.Local, &p.From.Address.Domain, &p.Author, &date, &published, &p.Imported, &p.Program, &p.Raw, &p.Size, &p.State, &p.Text, &attachments}
	if err = r.Scan(into...); err != nil {
		return p, err
	}
	p.Date, p.Published = db.Time(date), db.Time(published)
	if string(attachments) != "null" && string(attachments) != "[]" {
		err = json.Unmarshal(attachments, &p.Attachments)
	}
	return p, err
}

const noSuchPost = "There is no such post."

// Post finds a post; a refusal of kind NotFound when there is none. Removed posts are found, empty.
func (s *Store) Post(tx *db.Tx, id PostID) (Post, error) {
	p, err := scanPost(tx.QueryRow(selectPost+"WHERE p.id = ?", id))
	return p, orNotFound(err, noSuchPost)
}

// PostByMessageID finds the first post of a mailbox with a message id; NotFound when there is none.
func (s *Store) PostByMessageID(tx *db.Tx, box PublicID, id letter.MessageID) (Post, error) {
	p, err := scanPost(tx.QueryRow(selectPost+"WHERE p.mailbox = ? AND p.msgid = ? ORDER BY p.id LIMIT 1", box, string(id)))
	return p, orNotFound(err, noSuchPost)
}

// PostBySeq finds a post by its sequence number.
func (s *Store) PostBySeq(tx *db.Tx, box PublicID, seq int64) (Post, error) {
	p, err := scanPost(tx.QueryRow(selectPost+"WHERE p.mailbox = ? AND p.seq = ?", box, seq))
	return p, orNotFound(err, noSuchPost)
}

// PostByUID finds a post by its UID; removed ones are not found.
func (s *Store) PostByUID(tx *db.Tx, box PublicID, uid uint32) (Post, error) {
	p, err := scanPost(tx.QueryRow(selectPost+"WHERE p.mailbox = ? AND p.uid = ? AND p.state <> 'removed'", box, uid))
	return p, orNotFound(err, noSuchPost)
}

// Newest is the highest sequence number published before a time, imported posts not counted; 0 when there is none.
func (s *Store) Newest(tx *db.Tx, box PublicID, before time.Time) (seq int64, err error) {
	err = tx.QueryRow("SELECT seq FROM post WHERE mailbox = ? AND imported = 0 AND published < ? ORDER BY seq DESC LIMIT 1",
		box, db.Micros(before)).Scan(&seq)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	return seq, err
}

// Fresh are the published posts with after < seq ≤ upTo in order, without imported ones: what a digest may cover.
func (s *Store) Fresh(tx *db.Tx, box PublicID, after, upTo int64) ([]Post, error) {
	return db.Select(tx, scanPost, selectPost+`WHERE p.mailbox = :mailbox AND p.seq > :after AND p.seq <= :upto
		AND p.imported = 0 AND p.state = 'published' ORDER BY p.seq`,
		db.Named("mailbox", box), db.Named("after", after), db.Named("upto", upTo))
}

// Twins are the places of fresh posts on other lists of a series, published there before a time: their author wrote one letter to several
// lists. They are found by the posts they are of.
func (s *Store) Twins(tx *db.Tx, series int64, box PublicID, after, upTo int64, before time.Time) (map[PostID][]Twin, error) {
	type found struct {
		of PostID
		Twin
	}
	all, err := db.Select(tx, func(r db.Scanner) (f found, err error) {
		var at int64
		err = r.Scan(&f.of, &f.Mailbox, &f.Seq, &at)
		f.Published = db.Time(at)
		return f, err
	}, `SELECT p.id, o.mailbox, o.seq, o.published FROM post AS p JOIN list_mailbox AS b ON b.series = :series AND b.id <> p.mailbox
		JOIN post AS o ON o.mailbox = b.id AND o.msgid = p.msgid AND o.body = p.body
		WHERE p.mailbox = :mailbox AND p.seq > :after AND p.seq <= :upto AND p.msgid <> '' AND o.imported = 0 AND o.published < :before ORDER BY p.seq, o.mailbox`,
		db.Named("series", series), db.Named("mailbox", box), db.Named("after", after), db.Named("upto", upTo), db.Named("before", db.Micros(before)))
	twins := map[PostID][]Twin{}
	for _, f := range all {
		twins[f.of] = append(twins[f.of], f.Twin)
	}
	return twins, err
}

// PostsAfter are the next posts of a mailbox after a sequence number, imported ones too, removed ones not: for going through a
// whole list, some at a time.
func (s *Store) PostsAfter(tx *db.Tx, box PublicID, after int64, limit int) ([]Post, error) {
	return db.Select(tx, scanPost, selectPost+"WHERE p.mailbox = :mailbox AND p.seq > :after AND p.state <> 'removed' ORDER BY p.seq LIMIT :limit",
		db.Named("mailbox", box), db.Named("after", after), db.Named("limit", limit))
}

// PostsOf are the newest published posts of an author in a series, newest first.
func (s *Store) PostsOf(tx *db.Tx, series, author int64, limit int) ([]Post, error) {
	return db.Select(tx, scanPost, selectPost+`WHERE p.author = :author AND p.author <> 0 AND t.series = :series
		AND p.state = 'published' ORDER BY p.id DESC LIMIT :limit`,
		db.Named("author", author), db.Named("series", series), db.Named("limit", limit))
}

// PostCount counts the published posts of an author in a series.
func (s *Store) PostCount(tx *db.Tx, series, author int64) (n int, err error) {
	err = tx.QueryRow(`SELECT count(*) FROM post AS p JOIN thread AS t ON t.id = p.thread
		WHERE p.author = :author AND p.author <> 0 AND t.series = :series AND p.state = 'published'`, db.Named("author", author), db.Named("series", series)).Scan(&n)
	return n, err
}

// FirstPostOf is the first post of an author in a series that is still there; NotFound when there is none. It tells newcomers.
func (s *Store) FirstPostOf(tx *db.Tx, series, author int64) (Post, error) {
	p, err := scanPost(tx.QueryRow(selectPost+`WHERE p.author = :author AND p.author <> 0 AND t.series = :series
		AND p.state <> 'removed' ORDER BY p.id LIMIT 1`, db.Named("author", author), db.Named("series", series)))
	return p, orNotFound(err, noSuchPost)
}

// Structure is the IMAP structure of a post, from its row.
func (s *Store) Structure(tx *db.Tx, id PostID) (st letter.Structure, err error) {
	var b []byte
	if err := tx.QueryRow("SELECT structure FROM post WHERE id = ? AND state <> 'removed'", id).Scan(&b); err != nil {
		return st, orNotFound(err, noSuchPost)
	}
	return st, json.Unmarshal(b, &st)
}

// joinIDs and splitIDs keep a list of ids in a column; no id holds a line break.
func joinIDs(ids []letter.MessageID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = string(id)
	}
	return strings.Join(words, "\n")
}

func splitIDs(s string) (ids []letter.MessageID) {
	for _, w := range strings.Split(s, "\n") {
		if w != "" {
			ids = append(ids, letter.MessageID(w))
		}
	}
	return ids
}

// jsonIDs is a list of ids for json_each.
func jsonIDs(ids []letter.MessageID) (string, error) {
	b, err := json.Marshal(ids)
	return string(b), err
}

// GoneSeqs are the sequence numbers with after < seq ≤ upTo of posts that are not to be read any more: removed, or taken back. Imported ones
// are left out.
func (s *Store) GoneSeqs(tx *db.Tx, box PublicID, after, upTo int64) ([]int64, error) {
	return db.Select(tx, func(r db.Scanner) (seq int64, err error) { return seq, r.Scan(&seq) },
		"SELECT seq FROM post WHERE mailbox = ? AND seq > ? AND seq <= ? AND imported = 0 AND state <> 'published' ORDER BY seq", box, after, upTo)
}
