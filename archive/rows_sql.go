package archive

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"backchannel/archive/db"
)

// shelf is one kind of mailbox in SQL: both kinds count, list and mark in the same way, over tables of their own.
type shelf struct {
	rows  string // one person's rows of a mailbox; more conditions follow
	some  string // the same, looked up one by one instead of going through the whole mailbox
	uids  string // UIDs of a mailbox, as one text: fifty thousand rows would cost ten times as much
	fresh string // the first UID without one person's \Seen
	gone  string // UIDs that went after a change number
	bump  string // take a change number
	mark  string // write one person's flags of the messages in :ids
	named func(*Row, int64)
}

func publicShelf() shelf {
	const rows = `SELECT p.uid, max(p.modseq, coalesce(f.modseq, 0)), coalesce(f.flags, ''), p.published, p.size, coalesce(p.raw, 0), p.id
		FROM post p LEFT JOIN post_flag f ON f.mailbox = p.mailbox AND f.person = :person AND f.post = p.id
		WHERE p.state <> 'removed' AND `
	return shelf{
		rows: rows + "p.mailbox = :mailbox ",
		some: rows + "+p.mailbox = :mailbox ", // + hides the index on mailbox
		uids: "SELECT coalesce(group_concat(uid, ' '), '') FROM (SELECT uid FROM post WHERE mailbox = ? AND state <> 'removed' ORDER BY uid)",
		fresh: `SELECT p.uid FROM post p WHERE p.mailbox = :mailbox AND p.state <> 'removed' AND NOT EXISTS (
			SELECT 1 FROM post_flag f WHERE f.mailbox = p.mailbox AND f.person = :person AND f.post = p.id AND f.seen = 1) ORDER BY p.uid LIMIT 1`,
		gone: "SELECT DISTINCT uid FROM post_gone WHERE mailbox = ? AND modseq > ? ORDER BY uid",
		bump: "UPDATE list_mailbox SET modseq = modseq + 1 WHERE id = ? RETURNING modseq",
		mark: `INSERT INTO post_flag (mailbox, person, post, flags, seen, modseq)
			SELECT :mailbox, :person, value, :flags, :seen, :modseq FROM json_each(:ids) WHERE true
			ON CONFLICT DO UPDATE SET flags = excluded.flags, seen = excluded.seen, modseq = excluded.modseq`,
		named: func(r *Row, id int64) { r.Post = PostID(id) },
	}
}

func privateShelf() shelf {
	const rows = `SELECT p.uid, max(p.modseq, coalesce(f.modseq, 0)), coalesce(f.flags, ''), p.internal, p.size, p.raw, p.id
		FROM private_message p LEFT JOIN private_flag f ON f.mailbox = p.mailbox AND f.person = :person AND f.message = p.id WHERE `
	return shelf{
		rows: rows + "p.mailbox = :mailbox ",
		some: rows + "+p.mailbox = :mailbox ",
		uids: "SELECT coalesce(group_concat(uid, ' '), '') FROM (SELECT uid FROM private_message WHERE mailbox = ? ORDER BY uid)",
		fresh: `SELECT p.uid FROM private_message p WHERE p.mailbox = :mailbox AND NOT EXISTS (
			SELECT 1 FROM private_flag f WHERE f.mailbox = p.mailbox AND f.person = :person AND f.message = p.id AND f.seen = 1) ORDER BY p.uid LIMIT 1`,
		gone: "SELECT DISTINCT uid FROM private_gone WHERE mailbox = ? AND modseq > ? ORDER BY uid",
		bump: "UPDATE private_mailbox SET modseq = modseq + 1 WHERE id = ? RETURNING modseq",
		mark: `INSERT INTO private_flag (mailbox, person, message, flags, seen, modseq)
			SELECT :mailbox, :person, value, :flags, :seen, :modseq FROM json_each(:ids) WHERE true
			ON CONFLICT DO UPDATE SET flags = excluded.flags, seen = excluded.seen, modseq = excluded.modseq`,
		named: func(r *Row, id int64) { r.Message = PrivateMessageID(id) },
	}
}

func (sh shelf) scan(r db.Scanner) (row Row, err error) {
	var flags string
	var internal, id int64
	err = r.Scan(&row.UID, &row.ModSeq, &flags, &internal, &row.Size, &row.Raw, &id)
	row.Flags, row.Internal = splitFlags(flags), db.Time(internal)
	sh.named(&row, id)
	return row, err
}

// changed lists the rows that changed after a change number, by UID. Two indexes know them: messages by theirs, flags by theirs.
func (sh shelf) changed(tx *db.Tx, box, person, since int64, byMessage, byFlag string) ([]Row, error) {
	args := []any{db.Named("mailbox", box), db.Named("person", person)}
	query := sh.rows + "ORDER BY p.uid"
	if since > 0 {
		query = sh.some + "AND p.id IN (" + byMessage + " UNION " + byFlag + ") ORDER BY p.uid"
		args = append(args, db.Named("since", since))
	}
	return db.Select(tx, sh.scan, query, args...)
}

// list gives all UIDs of a mailbox and the first one that a person has not read.
func (sh shelf) list(tx *db.Tx, box, person int64) (uids []uint32, unseen uint32, err error) {
	var text string
	if err := tx.QueryRow(sh.uids, box).Scan(&text); err != nil || text == "" {
		return nil, 0, err
	}
	uids = make([]uint32, 0, strings.Count(text, " ")+1)
	for word := range strings.SplitSeq(text, " ") {
		uid, err := strconv.ParseUint(word, 10, 32)
		if err != nil {
			return nil, 0, fmt.Errorf("read the UIDs: %w", err)
		}
		uids = append(uids, uint32(uid))
	}
	slices.Sort(uids) // SQLite promises no order inside group_concat, though it keeps it
	unseen, err = scanUID(tx.QueryRow(sh.fresh, db.Named("mailbox", box), db.Named("person", person)))
	if errors.Is(err, db.ErrNoRows) {
		return uids, 0, nil
	}
	return uids, unseen, err
}

// store changes flags in one step for each outcome, not for each message: a phone marks thousands as read at once.
func (sh shelf) store(tx *db.Tx, box, person int64, uids []uint32, change FlagChange, flags []string) ([]Row, error) {
	clean, err := cleanFlags(flags)
	if err != nil || len(uids) == 0 {
		return nil, err
	}
	rows, err := db.Select(tx, sh.scan, sh.rows+"AND p.uid IN (SELECT value FROM json_each(:uids)) ORDER BY p.uid",
		db.Named("mailbox", box), db.Named("person", person), db.Named("uids", jsonInts(uids)))
	if err != nil {
		return nil, fmt.Errorf("read flags: %w", err)
	}
	outcomes, order := map[string][]int64{}, []string{}
	var changed []*Row
	for i := range rows {
		r := &rows[i]
		after, err := applyFlags(r.Flags, change, clean)
		if err != nil {
			return nil, err
		}
		if joinFlags(after) == joinFlags(r.Flags) {
			continue // nothing changes, so its change number does not either (RFC 7162 §3.1.3)
		}
		r.Flags = after
		key := joinFlags(after)
		if outcomes[key] == nil {
			order = append(order, key)
		}
		outcomes[key] = append(outcomes[key], int64(r.Post)+int64(r.Message)) // one of them is 0
		changed = append(changed, r)
	}
	if len(changed) == 0 {
		return rows, nil
	}
	modseq, err := sh.takeChange(tx, box)
	if err != nil {
		return nil, err
	}
	for _, r := range changed {
		r.ModSeq = modseq
	}
	for _, key := range order {
		_, seen := seenIn(splitFlags(key))
		_, err := tx.Exec(sh.mark, db.Named("mailbox", box), db.Named("person", person), db.Named("flags", key),
			db.Named("seen", seen), db.Named("modseq", modseq), db.Named("ids", jsonInts(outcomes[key])))
		if err != nil {
			return nil, fmt.Errorf("write flags: %w", err)
		}
	}
	return rows, nil
}

func seenIn(flags []string) (int, bool) {
	for i, f := range flags {
		if f == seenFlag {
			return i, true
		}
	}
	return 0, false
}

func (sh shelf) takeChange(tx *db.Tx, box int64) (modseq int64, err error) {
	err = tx.QueryRow(sh.bump, box).Scan(&modseq)
	return modseq, orNotFound(err, noSuchMailbox)
}

func (sh shelf) vanished(tx *db.Tx, box, since int64) ([]uint32, error) {
	return db.Select(tx, scanUID, sh.gone, box, since)
}

func scanUID(r db.Scanner) (uid uint32, err error) {
	var n int64
	if err = r.Scan(&n); err == nil && (n < 0 || n > math.MaxUint32) {
		err = fmt.Errorf("a UID of %d", n)
	}
	return uint32(n), err
}

const (
	postsChanged     = "SELECT id FROM post WHERE mailbox = :mailbox AND modseq > :since"
	postFlagsChanged = "SELECT post FROM post_flag WHERE mailbox = :mailbox AND person = :person AND modseq > :since"
	messagesChanged  = "SELECT id FROM private_message WHERE mailbox = :mailbox AND modseq > :since"
	messageFlags     = "SELECT message FROM private_flag WHERE mailbox = :mailbox AND person = :person AND modseq > :since"
)

// Rows are the messages of a list's mailbox that changed after a change number (0: all), by UID, with one person's flags.
func (s *Store) Rows(tx *db.Tx, box PublicID, person, since int64) ([]Row, error) {
	return publicShelf().changed(tx, int64(box), person, since, postsChanged, postFlagsChanged)
}

// UIDs are those of all messages of a list's mailbox, ascending, and the first one that a person has not read (0: none). It is what
// a mail program needs to open the mailbox, and costs a tenth of Rows.
func (s *Store) UIDs(tx *db.Tx, box PublicID, person int64) (uids []uint32, unseen uint32, err error) {
	return publicShelf().list(tx, int64(box), person)
}

// Vanished are the UIDs that went after a change number, ascending.
func (s *Store) Vanished(tx *db.Tx, box PublicID, since int64) ([]uint32, error) {
	return publicShelf().vanished(tx, int64(box), since)
}

// StoreFlags changes one person's flags of some messages and returns their rows as they are now, by UID; UIDs that are not there
// are passed over.
func (s *Store) StoreFlags(tx *db.Tx, box PublicID, person int64, uids []uint32, change FlagChange, flags []string) ([]Row, error) {
	return publicShelf().store(tx, int64(box), person, uids, change, flags)
}

// PrivateRows are the messages of a private mailbox that changed after a change number (0: all), by UID, with one person's flags.
func (s *Store) PrivateRows(tx *db.Tx, box PrivateID, person, since int64) ([]Row, error) {
	return privateShelf().changed(tx, int64(box), person, since, messagesChanged, messageFlags)
}

// PrivateUIDs is UIDs for a private mailbox.
func (s *Store) PrivateUIDs(tx *db.Tx, box PrivateID, person int64) (uids []uint32, unseen uint32, err error) {
	return privateShelf().list(tx, int64(box), person)
}

// PrivateVanished are the UIDs that went after a change number, ascending.
func (s *Store) PrivateVanished(tx *db.Tx, box PrivateID, since int64) ([]uint32, error) {
	return privateShelf().vanished(tx, int64(box), since)
}

// StorePrivateFlags is StoreFlags for a private mailbox.
func (s *Store) StorePrivateFlags(tx *db.Tx, box PrivateID, person int64, uids []uint32, change FlagChange, flags []string) ([]Row, error) {
	return privateShelf().store(tx, int64(box), person, uids, change, flags)
}

// SeenSeqs are the sequence numbers in after < seq ≤ upTo that a person has read over IMAP.
func (s *Store) SeenSeqs(tx *db.Tx, box PublicID, person, after, upTo int64) ([]int64, error) {
	return db.Select(tx, func(r db.Scanner) (seq int64, err error) { return seq, r.Scan(&seq) },
		`SELECT p.seq FROM post p JOIN post_flag f ON f.mailbox = p.mailbox AND f.person = :person AND f.post = p.id AND f.seen = 1
		WHERE p.mailbox = :mailbox AND p.seq > :after AND p.seq <= :upto ORDER BY p.seq`,
		db.Named("mailbox", box), db.Named("person", person), db.Named("after", after), db.Named("upto", upTo))
}
