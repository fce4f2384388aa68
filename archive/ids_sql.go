package archive

import (
	"fmt"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// RecordID remembers a message id of our own that never was public. Recording it again with the same kind changes nothing; with
// another kind it is a Conflict.
func (s *Store) RecordID(tx *db.Tx, id letter.MessageID, kind IDKind) error {
	if id == "" || kind == "" {
		return refusal.Because(refusal.Invalid, "A message id to remember needs the id and its kind.")
	}
	n, err := tx.Change(`INSERT INTO private_id (msgid, kind, at) VALUES (:msgid, :kind, :at)
		ON CONFLICT DO UPDATE SET kind = excluded.kind WHERE kind = excluded.kind`,
		db.Named("msgid", string(id)), db.Named("kind", string(kind)), db.Named("at", db.Micros(tx.Now)))
	if err != nil {
		return fmt.Errorf("remember the message id: %w", err)
	}
	if n == 0 {
		return refusal.Because(refusal.Conflict, "This message id is remembered as something else.")
	}
	return nil
}

// KindsOf are those of the ids that are our own and never were public, with what they stand for.
func (s *Store) KindsOf(tx *db.Tx, ids ...letter.MessageID) (map[letter.MessageID]IDKind, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := jsonIDs(ids)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query("SELECT p.msgid, p.kind FROM json_each(?) j CROSS JOIN private_id p ON p.msgid = j.value", list)
	if err != nil {
		return nil, fmt.Errorf("look for our own message ids: %w", err)
	}
	defer rows.Close()
	kinds := map[letter.MessageID]IDKind{}
	for rows.Next() {
		var id letter.MessageID
		var kind IDKind
		if err := rows.Scan(&id, &kind); err != nil {
			return nil, err
		}
		kinds[id] = kind
	}
	return kinds, rows.Err()
}

// IsPrivateID tells whether one of the ids is of a private kind: every kind but IDDigest (W1).
func (s *Store) IsPrivateID(tx *db.Tx, ids ...letter.MessageID) (bool, error) {
	kinds, err := s.KindsOf(tx, ids...)
	for _, k := range kinds {
		if k != IDDigest {
			return true, nil
		}
	}
	return false, err
}

// IsDigestID tells whether one of the ids is a digest's (W2).
func (s *Store) IsDigestID(tx *db.Tx, ids ...letter.MessageID) (bool, error) {
	kinds, err := s.KindsOf(tx, ids...)
	for _, k := range kinds {
		if k == IDDigest {
			return true, nil
		}
	}
	return false, err
}
