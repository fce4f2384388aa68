package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// PutLetter stores a letter as it came, sealed: it may carry its author's tokens. It is kept until Purge. A story that exists
// already is an error that db.IsUnique knows.
func (s *Store) PutLetter(tx *db.Tx, a Arrival, raw []byte) (LetterID, error) {
	p, err := s.pack(raw, nil, Sealed)
	if err != nil {
		return 0, err
	}
	ready, err := s.arriving(a, p)
	if err != nil {
		return 0, err
	}
	return s.PutArriving(tx, ready)
}

// Arriving is a letter ready to be stored by PutArriving.
type Arriving struct {
	Arrival
	card []byte // the same, sealed
	raw  *packed
}

// Arriving works out what PutLetter would in the transaction, where everybody waits for it.
func (s *Store) Arriving(a Arrival, l *letter.Letter) (*Arriving, error) {
	p, err := s.packLetter(l, Sealed)
	if err != nil {
		return nil, err
	}
	return s.arriving(a, p)
}

func (s *Store) arriving(a Arrival, raw *packed) (*Arriving, error) {
	card, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("store the letter: %w", err)
	}
	if card, err = s.seal.box(card); err != nil {
		return nil, err
	}
	return &Arriving{a, card, raw}, nil
}

// PutArriving is PutLetter for a letter that was made ready.
func (s *Store) PutArriving(tx *db.Tx, a *Arriving) (LetterID, error) {
	rawID, err := s.putPacked(tx, a.raw)
	if err != nil {
		return 0, err
	}
	id, err := tx.Insert(`INSERT INTO letter (story, msgid, received, size, envelope, raw)
		VALUES (:story, :msgid, :received, :size, :envelope, :raw)`,
		db.Named("story", a.Story), db.Named("msgid", string(a.MessageID)), db.Named("received", db.Micros(tx.Now)),
		db.Named("size", len(a.raw.raw)), db.Named("envelope", a.card), db.Named("raw", rawID))
	if err != nil {
		return 0, fmt.Errorf("store the letter: %w", err)
	}
	return LetterID(id), nil
}

const selectLetter = "SELECT id, raw, size, received, envelope FROM letter "

func (s *Store) scanLetter(r db.Scanner) (in Incoming, err error) {
	var received int64
	var card []byte
	if err = r.Scan(&in.ID, &in.Raw, &in.Size, &received, &card); err != nil {
		return in, err
	}
	in.Received = db.Time(received)
	if card, err = s.seal.unbox(card); err != nil {
		return in, err
	}
	if err = json.Unmarshal(card, &in.Arrival); err != nil {
		return in, errDamaged(err)
	}
	return in, nil
}

// Letter finds a letter; a *refusal.Refusal of kind NotFound when it is gone.
func (s *Store) Letter(tx *db.Tx, id LetterID) (Incoming, error) {
	in, err := s.scanLetter(tx.QueryRow(selectLetter+"WHERE id = ?", id))
	return in, orNotFound(err, "This letter is no longer kept.")
}

// LetterByStory finds a letter by its story.
func (s *Store) LetterByStory(tx *db.Tx, story string) (Incoming, error) {
	in, err := s.scanLetter(tx.QueryRow(selectLetter+"WHERE story = ?", story))
	return in, orNotFound(err, "This letter is no longer kept.")
}

// LettersByMessageID finds the letters of one message id, oldest first; none is no error.
func (s *Store) LettersByMessageID(tx *db.Tx, id letter.MessageID) ([]Incoming, error) {
	return db.Select(tx, s.scanLetter, selectLetter+"WHERE msgid = ? ORDER BY id", string(id))
}

// purgeAtOnce bounds one call of Purge: the writer has others waiting.
const purgeAtOnce = 500

// Purge deletes letters received before a time, at most some hundred in one call, and tells how many went: call again until it
// says 0. A letter that another table points at stays. Stored bytes that DropRaw had to leave go as well.
func (s *Store) Purge(tx *db.Tx, before time.Time) (int, error) {
	type old struct {
		id  LetterID
		raw RawID
	}
	gone, after := 0, LetterID(0)
	for gone < purgeAtOnce {
		olds, err := db.Select(tx, func(r db.Scanner) (o old, err error) { return o, r.Scan(&o.id, &o.raw) },
			`SELECT id, raw FROM (SELECT id, raw, received FROM letter WHERE id > :after ORDER BY id LIMIT :most)
				WHERE received < :before ORDER BY id`, // letters lie by age
			db.Named("before", db.Micros(before)), db.Named("after", after), db.Named("most", purgeAtOnce-gone))
		if err != nil {
			return gone, fmt.Errorf("purge letters: %w", err)
		}
		if len(olds) == 0 {
			break
		}
		for _, o := range olds {
			after = o.id
			_, err := tx.Exec("DELETE FROM letter WHERE id = ?", o.id)
			if db.IsForeign(err) {
				continue // somebody still needs it
			}
			if err == nil {
				err = s.DropRaw(tx, o.raw)
			}
			if err != nil {
				return gone, fmt.Errorf("purge letters: %w", err)
			}
			gone++
		}
	}
	return gone, s.purgeDoomed(tx)
}

func (s *Store) purgeDoomed(tx *db.Tx) error {
	doomed, err := db.Select(tx, func(r db.Scanner) (id RawID, err error) { return id, r.Scan(&id) },
		"SELECT id FROM raw WHERE doomed = 1 ORDER BY id LIMIT ?", purgeAtOnce)
	if err != nil {
		return fmt.Errorf("purge bytes: %w", err)
	}
	for _, id := range doomed {
		if err := s.DropRaw(tx, id); err != nil {
			return err
		}
	}
	return nil
}

// orNotFound says in words that a row is not there.
func orNotFound(err error, sentence string) error {
	if errors.Is(err, db.ErrNoRows) {
		return refusal.Because(refusal.NotFound, "%s", sentence)
	}
	return err
}

// DropLetter deletes a letter and its bytes before its time: its writer was promised that they are destroyed. One that is gone is no error.
func (s *Store) DropLetter(tx *db.Tx, id LetterID) error {
	var raw RawID
	err := tx.QueryRow("DELETE FROM letter WHERE id = ? RETURNING raw", id).Scan(&raw)
	if errors.Is(err, db.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("drop a letter: %w", err)
	}
	return s.DropRaw(tx, raw)
}
