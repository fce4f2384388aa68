package archive

import (
	"encoding/json"
	"fmt"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// AddPrivate files a private message: its bytes and words sealed, its search words under the key.
func (s *Store) AddPrivate(tx *db.Tx, n NewPrivate) (PrivateMessage, error) {
	r := n.Reading
	if r == nil {
		r = Read(n.Letter)
	}
	if r.err != nil {
		return PrivateMessage{}, r.err
	}
	m := PrivateMessage{Mailbox: n.Mailbox, Object: n.Object, MessageID: r.msg.ID, Internal: n.Internal, Raw: n.Raw, Size: r.size,
		Subject: r.msg.Subject, From: r.from, Text: r.text}
	if m.Internal.IsZero() {
		m.Internal = tx.Now
	}
	sealed, err := s.sealCard(card{Subject: m.Subject, From: m.From, Text: m.Text, Structure: r.structure})
	if err != nil {
		return m, err
	}
	if err := s.privateBytes(tx, &m, n.Letter); err != nil {
		return m, err
	}
	if m.UID, m.ModSeq, err = privateUID(tx, m.Mailbox); err != nil {
		return m, err
	}
	words := s.seal.privateWords(m.Subject + " " + m.From.Name + " " + m.Text)
	id, err := tx.Insert(`INSERT INTO private_message (mailbox, uid, modseq, object, msgid, internal, size, raw, card, words)
		VALUES (:mailbox, :uid, :modseq, :object, :msgid, :internal, :size, :raw, :card, :words)`,
		db.Named("mailbox", m.Mailbox),
		db.Named("uid", m.UID),
		db.Named("modseq", m.ModSeq),
		db.Named("object", m.Object),
		db.Named("msgid", string(m.MessageID)),
		db.Named("internal", db.Micros(m.Internal)),
		db.Named("size", m.Size),
		db.Named("raw", m.Raw),
		db.Named("card", sealed),
		db.Named("words", strings.Join(words, " ")),
	)
	if err != nil {
		return m, fmt.Errorf("file the private message: %w", err)
	}
	m.ID = PrivateMessageID(id)
	if len(n.Flags) > 0 {
		if err := s.flagForOwner(tx, m, n.Flags); err != nil {
			return m, err
		}
	}
	return m, indexPrivate(tx, m.ID)
}

func (s *Store) sealCard(c card) ([]byte, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("file the private message: %w", err)
	}
	return s.seal.box(b)
}

// privateBytes stores the bytes of a private message, or makes sure that those it is given are sealed.
func (s *Store) privateBytes(tx *db.Tx, m *PrivateMessage, l *letter.Letter) (err error) {
	if m.Raw == 0 {
		m.Raw, err = s.PutRaw(tx, l.Raw(), Sealed)
		return err
	}
	var sealed bool
	if err := tx.QueryRow("SELECT salt IS NOT NULL FROM raw WHERE id = ?", m.Raw).Scan(&sealed); err != nil {
		return fmt.Errorf("file the private message: %w", err)
	}
	if !sealed {
		return fmt.Errorf("file the private message: its bytes %d are not sealed", m.Raw)
	}
	return nil
}

func privateUID(tx *db.Tx, box PrivateID) (uid uint32, modseq int64, err error) {
	err = tx.QueryRow("UPDATE private_mailbox SET uidnext = uidnext + 1, modseq = modseq + 1 WHERE id = ? RETURNING uidnext - 1, modseq", box).Scan(&uid, &modseq)
	return uid, modseq, orNotFound(err, noSuchMailbox)
}

func (s *Store) flagForOwner(tx *db.Tx, m PrivateMessage, flags []string) error {
	var owner int64
	if err := tx.QueryRow("SELECT owner FROM private_mailbox WHERE id = ?", m.Mailbox).Scan(&owner); err != nil {
		return err
	}
	_, err := s.StorePrivateFlags(tx, m.Mailbox, owner, []uint32{m.UID}, SetFlags, flags)
	return err
}

const selectPrivate = "SELECT p.id, p.mailbox, p.uid, p.modseq, p.object, p.msgid, p.internal, p.raw, p.size, p.card FROM private_message p "

func (s *Store) scanPrivate(r db.Scanner) (m PrivateMessage, err error) {
	var internal int64
	var sealed []byte
	if err = r.Scan(&m.ID, &m.Mailbox, &m.UID, &m.ModSeq, &m.Object, &m.MessageID, &internal, &m.Raw, &m.Size, &sealed); err != nil {
		return m, err
	}
	m.Internal = db.Time(internal)
	c, err := s.openCard(sealed)
	m.Subject, m.From, m.Text = c.Subject, c.From, c.Text
	return m, err
}

func (s *Store) openCard(sealed []byte) (c card, err error) {
	b, err := s.seal.unbox(sealed)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return c, errDamaged(err)
	}
	return c, nil
}

const noSuchPrivate = "There is no such message."

// PrivateMessage finds a private message; a refusal of kind NotFound when there is none.
func (s *Store) PrivateMessage(tx *db.Tx, id PrivateMessageID) (PrivateMessage, error) {
	m, err := s.scanPrivate(tx.QueryRow(selectPrivate+"WHERE p.id = ?", id))
	return m, orNotFound(err, noSuchPrivate)
}

// PrivateByUID finds a private message by its UID.
func (s *Store) PrivateByUID(tx *db.Tx, box PrivateID, uid uint32) (PrivateMessage, error) {
	m, err := s.scanPrivate(tx.QueryRow(selectPrivate+"WHERE p.mailbox = ? AND p.uid = ?", box, uid))
	return m, orNotFound(err, noSuchPrivate)
}

// PrivateOf are the messages of an owner that belong to an object, in all mailboxes, in the order they were filed.
func (s *Store) PrivateOf(tx *db.Tx, owner, object int64) ([]PrivateMessage, error) {
	return db.Select(tx, s.scanPrivate, selectPrivate+`JOIN private_mailbox b ON b.id = p.mailbox
		WHERE p.object = :object AND p.object <> 0 AND b.owner = :owner ORDER BY p.id`,
		db.Named("object", object), db.Named("owner", owner))
}

// PrivateUnread are those messages of an owner that belong to an object and that the owner has not read.
func (s *Store) PrivateUnread(tx *db.Tx, owner, object int64) ([]PrivateMessageID, error) {
	return db.Select(tx, func(r db.Scanner) (id PrivateMessageID, err error) { return id, r.Scan(&id) },
		`SELECT p.id FROM private_message p JOIN private_mailbox b ON b.id = p.mailbox
		WHERE p.object = :object AND p.object <> 0 AND b.owner = :owner AND NOT EXISTS (
			SELECT 1 FROM private_flag f WHERE f.mailbox = p.mailbox AND f.person = :owner AND f.message = p.id AND f.seen = 1) ORDER BY p.id`,
		db.Named("object", object), db.Named("owner", owner))
}

// PrivateStructure is the IMAP structure of a private message, from its row.
func (s *Store) PrivateStructure(tx *db.Tx, id PrivateMessageID) (st letter.Structure, err error) {
	var sealed []byte
	if err := tx.QueryRow("SELECT card FROM private_message WHERE id = ?", id).Scan(&sealed); err != nil {
		return st, orNotFound(err, noSuchPrivate)
	}
	c, err := s.openCard(sealed)
	if err != nil {
		return st, err
	}
	return st, json.Unmarshal(c.Structure, &st)
}

// MovePrivate moves a message into another mailbox of the same owner, where it gets a new UID, which is returned. Everybody's flags
// go with it.
func (s *Store) MovePrivate(tx *db.Tx, id PrivateMessageID, to PrivateID) (uint32, error) {
	var from PrivateID
	var uid uint32
	var same bool
	err := tx.QueryRow(`SELECT p.mailbox, p.uid, b.owner IS (SELECT owner FROM private_mailbox WHERE id = ?2)
		FROM private_message p JOIN private_mailbox b ON b.id = p.mailbox WHERE p.id = ?1`, id, to).Scan(&from, &uid, &same)
	if err != nil {
		return 0, orNotFound(err, noSuchPrivate)
	}
	if !same {
		return 0, refusal.Because(refusal.NotAllowed, "A private message stays with its owner.")
	}
	if err := leave(tx, from, uid); err != nil {
		return 0, err
	}
	uid, modseq, err := privateUID(tx, to)
	if err != nil {
		return 0, err
	}
	_, err = tx.Exec("UPDATE private_message SET mailbox = :mailbox, uid = :uid, modseq = :modseq WHERE id = :id",
		db.Named("mailbox", to), db.Named("uid", uid), db.Named("modseq", modseq), db.Named("id", id))
	if err == nil {
		_, err = tx.Exec("UPDATE private_flag SET mailbox = :mailbox, modseq = :modseq WHERE message = :id",
			db.Named("mailbox", to), db.Named("modseq", modseq), db.Named("id", id))
	}
	if err != nil {
		return 0, fmt.Errorf("move the private message: %w", err)
	}
	return uid, nil
}

// leave notes that a UID is no more in its mailbox.
func leave(tx *db.Tx, box PrivateID, uid uint32) error {
	modseq, err := privateShelf().takeChange(tx, int64(box))
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO private_gone (mailbox, modseq, uid) VALUES (:mailbox, :modseq, :uid)",
		db.Named("mailbox", box), db.Named("modseq", modseq), db.Named("uid", uid))
	if err != nil {
		return fmt.Errorf("note a UID that went: %w", err)
	}
	return nil
}

// Expunge deletes a private message: bytes, words, index and flags. Nothing of it stays in the file (while copies of the same bytes
// are owed to somebody, the bytes stay, sealed, until those are done).
func (s *Store) Expunge(tx *db.Tx, id PrivateMessageID) error {
	var box PrivateID
	var uid uint32
	var raw RawID
	err := tx.QueryRow("SELECT mailbox, uid, raw FROM private_message WHERE id = ?", id).Scan(&box, &uid, &raw)
	if err != nil {
		return orNotFound(err, noSuchPrivate)
	}
	if err := unindexPrivate(tx, id); err != nil {
		return err
	}
	if err := leave(tx, box, uid); err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM private_message WHERE id = ?", id); err != nil {
		return fmt.Errorf("delete the private message: %w", err)
	}
	return s.DropRaw(tx, raw)
}
