package archive

import (
	"encoding/json"
	"fmt"

	"backchannel/archive/db"
)

// ExpungeObjects deletes every private message that belongs to one of these objects and lies in a mailbox whose name begins with a
// prefix, whoever owns it, and tells how many went: bytes, words, index and flags, as Expunge does. It needs no key, since nothing is read.
func (s *Store) ExpungeObjects(tx *db.Tx, prefix string, objects ...int64) (int, error) {
	list, err := json.Marshal(objects)
	if err != nil {
		return 0, err
	}
	ids, err := db.Select(tx, func(r db.Scanner) (id PrivateMessageID, err error) { return id, r.Scan(&id) },
		`SELECT p.id FROM json_each(:objects) j CROSS JOIN private_message p ON p.object = j.value JOIN private_mailbox b ON b.id = p.mailbox
			WHERE p.object <> 0 AND substr(b.name, 1, length(:prefix)) = :prefix ORDER BY p.id`,
		db.Named("objects", string(list)), db.Named("prefix", prefix))
	if err != nil {
		return 0, fmt.Errorf("erase private messages: %w", err)
	}
	for _, id := range ids {
		if err := s.Expunge(tx, id); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// EraseLetters deletes letters as they came, by their stories, before their time is over, and tells how many went. Those that another
// table points at stay: they wait for somebody's word.
func (s *Store) EraseLetters(tx *db.Tx, stories ...string) (gone int, err error) {
	list, err := json.Marshal(stories)
	if err != nil {
		return 0, err
	}
	type one struct {
		id  LetterID
		raw RawID
	}
	all, err := db.Select(tx, func(r db.Scanner) (o one, err error) { return o, r.Scan(&o.id, &o.raw) },
		"SELECT letter.id, raw FROM json_each(?) j CROSS JOIN letter ON letter.story = j.value ORDER BY letter.id", string(list))
	if err != nil {
		return 0, fmt.Errorf("erase letters: %w", err)
	}
	for _, o := range all {
		_, err := tx.Exec("DELETE FROM letter WHERE id = ?", o.id)
		if db.IsForeign(err) {
			continue
		}
		if err == nil {
			err = s.DropRaw(tx, o.raw)
		}
		if err != nil {
			return gone, fmt.Errorf("erase letters: %w", err)
		}
		gone++
	}
	return gone, nil
}
