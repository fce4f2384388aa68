package archive

import (
	"fmt"
	"math"

	"backchannel/archive/db"
	"backchannel/templates/refusal"
)

const noSuchMailbox = "There is no such mailbox."

// CreatePublic makes a list's mailbox. The series is the community, opaque here. A name that exists in it is a Conflict.
func (s *Store) CreatePublic(tx *db.Tx, series int64, name string) (PublicID, error) {
	if _, err := tx.Exec("INSERT INTO thread_series (id, number) VALUES (?, 0) ON CONFLICT DO NOTHING", series); err != nil {
		return 0, fmt.Errorf("make the mailbox: %w", err)
	}
	validity, err := nextValidity(tx, "SELECT coalesce(max(uidvalidity), 0) FROM list_mailbox")
	if err != nil {
		return 0, err
	}
	id, err := tx.Insert(`INSERT INTO list_mailbox (series, name, uidvalidity, uidnext, modseq, seq, messages, octets)
		VALUES (:series, :name, :validity, 1, 1, 0, 0, 0)`,
		db.Named("series", series), db.Named("name", name), db.Named("validity", validity))
	if db.IsUnique(err) {
		return 0, refusal.Because(refusal.Conflict, "There is a mailbox of this name already.").From(err)
	}
	if err != nil {
		return 0, fmt.Errorf("make the mailbox: %w", err)
	}
	return PublicID(id), nil
}

// nextValidity makes a UIDVALIDITY: the time, and above all that were given, so that a mailbox made again under its old name is
// another one to every mail program (RFC 9051 §2.3.1.1). Of private mailboxes it is above the owner's own alone: from a gap in the numbers
// nobody learns that somebody else got a letter.
func nextValidity(tx *db.Tx, highest string, args ...any) (int64, error) {
	var last int64
	if err := tx.QueryRow(highest, args...).Scan(&last); err != nil {
		return 0, fmt.Errorf("make the mailbox: %w", err)
	}
	return min(max(tx.Now.Unix(), last+1), math.MaxUint32), nil
}

// RenamePublic gives a list's mailbox another name. UIDs stay.
func (s *Store) RenamePublic(tx *db.Tx, id PublicID, name string) error {
	n, err := tx.Change("UPDATE list_mailbox SET name = ? WHERE id = ?", name, id)
	if db.IsUnique(err) {
		return refusal.Because(refusal.Conflict, "There is a mailbox of this name already.").From(err)
	}
	if err == nil && n == 0 {
		err = refusal.Because(refusal.NotFound, noSuchMailbox)
	}
	return err
}

// PublicMailbox finds a list's mailbox.
func (s *Store) PublicMailbox(tx *db.Tx, id PublicID) (p Public, err error) {
	err = tx.QueryRow("SELECT id, series, name FROM list_mailbox WHERE id = ?", id).Scan(&p.ID, &p.Series, &p.Name)
	return p, orNotFound(err, noSuchMailbox)
}

// Status is the state of a list's mailbox for one person.
func (s *Store) Status(tx *db.Tx, id PublicID, person int64) (st Status, err error) {
	err = tx.QueryRow(`SELECT uidvalidity, uidnext, modseq, messages, octets, messages -
			(SELECT count(*) FROM post_flag f WHERE f.mailbox = m.id AND f.person = ?2 AND f.seen = 1)
		FROM list_mailbox m WHERE m.id = ?1`, id, person).Scan(&st.UIDValidity, &st.UIDNext, &st.ModSeq, &st.Messages, &st.Size, &st.Unseen)
	return st, orNotFound(err, noSuchMailbox)
}

// CreatePrivate makes a private mailbox, or finds the one of this owner and name.
func (s *Store) CreatePrivate(tx *db.Tx, owner int64, name string) (PrivateID, error) {
	id, err := s.FindPrivate(tx, owner, name)
	if refusal.KindOf(err) != refusal.NotFound {
		return id, err
	}
	validity, err := nextValidity(tx, "SELECT coalesce(max(uidvalidity), 0) FROM private_mailbox WHERE owner = ?", owner)
	if err != nil {
		return 0, err
	}
	n, err := tx.Insert(`INSERT INTO private_mailbox (owner, name, uidvalidity, uidnext, modseq) VALUES (:owner, :name, :validity, 1, 1)`,
		db.Named("owner", owner), db.Named("name", name), db.Named("validity", validity))
	if err != nil {
		return 0, fmt.Errorf("make the mailbox: %w", err)
	}
	return PrivateID(n), nil
}

// FindPrivate finds a private mailbox by owner and name; a refusal of kind NotFound when there is none.
func (s *Store) FindPrivate(tx *db.Tx, owner int64, name string) (id PrivateID, err error) {
	err = tx.QueryRow("SELECT id FROM private_mailbox WHERE owner = ? AND name = ?", owner, name).Scan(&id)
	return id, orNotFound(err, noSuchMailbox)
}

// PrivateMailboxes are the private mailboxes of an owner, by name.
func (s *Store) PrivateMailboxes(tx *db.Tx, owner int64) ([]Private, error) {
	return db.Select(tx, func(r db.Scanner) (p Private, err error) { return p, r.Scan(&p.ID, &p.Owner, &p.Name) },
		"SELECT id, owner, name FROM private_mailbox WHERE owner = ? ORDER BY name", owner)
}

// PrivateStatus is the state of a private mailbox for one person.
func (s *Store) PrivateStatus(tx *db.Tx, id PrivateID, person int64) (st Status, err error) {
	err = tx.QueryRow(`SELECT uidvalidity, uidnext, modseq,
			(SELECT count(*) FROM private_message p WHERE p.mailbox = m.id),
			(SELECT coalesce(sum(size), 0) FROM private_message p WHERE p.mailbox = m.id),
			(SELECT count(*) FROM private_message p WHERE p.mailbox = m.id)
				- (SELECT count(*) FROM private_flag f WHERE f.mailbox = m.id AND f.person = ?2 AND f.seen = 1)
		FROM private_mailbox m WHERE m.id = ?1`, id, person).Scan(&st.UIDValidity, &st.UIDNext, &st.ModSeq, &st.Messages, &st.Size, &st.Unseen)
	return st, orNotFound(err, noSuchMailbox)
}
