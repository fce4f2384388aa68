package backchannel

import (
	"encoding/binary"
	"fmt"

	"backchannel/archive/db"
	"backchannel/lists"
)

// schemaSignature is what is known of how people sign.
const schemaSignature = `
	-- The last lines of each of somebody's last letters, as numbers that stand for them.
	CREATE TABLE signature_line (
		member INTEGER NOT NULL REFERENCES member (id),
		letter INTEGER NOT NULL,                      -- grows with time; the letter itself may be gone
		lines  BLOB NOT NULL,                         -- 8 octets each
		PRIMARY KEY (member, letter)
	) STRICT, WITHOUT ROWID;
`

// learn keeps the last lines of one more letter, and forgets those of the oldest.
func learn(tx *db.Tx, m lists.MemberID, letter int64, all []lineHash) error {
	var lines []byte
	for _, h := range all {
		lines = binary.BigEndian.AppendUint64(lines, uint64(h))
	}
	if _, err := tx.Exec("INSERT INTO signature_line (member, letter, lines) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", m, letter, lines); err != nil {
		return fmt.Errorf("learn a signature: %w", err)
	}
	_, err := tx.Exec(`DELETE FROM signature_line WHERE member = @member AND letter <
		(SELECT min(letter) FROM (SELECT letter FROM signature_line WHERE member = @member ORDER BY letter DESC LIMIT @most))`,
		db.Named("member", m), db.Named("most", signatureLetters))
	return err
}

// unlearn forgets how somebody signs.
func unlearn(tx *db.Tx, m lists.MemberID) error {
	_, err := tx.Exec("DELETE FROM signature_line WHERE member = ?", m)
	return err
}

// signatureOf are the lines that stand at the end of most of somebody's last letters.
func signatureOf(tx *db.Tx, m lists.MemberID) (signature, error) {
	s := signature{member: m, lines: map[lineHash]bool{}}
	rows, err := db.Select(tx, func(r db.Scanner) (b []byte, err error) { return b, r.Scan(&b) }, "SELECT lines FROM signature_line WHERE member = ?", m)
	if err != nil {
		return s, err
	}
	hits := map[lineHash]int{}
	for _, b := range rows {
		seen := map[lineHash]bool{}
		for ; len(b) >= 8; b = b[8:] {
			seen[lineHash(binary.BigEndian.Uint64(b))] = true
		}
		for h := range seen {
			if hits[h]++; hits[h] >= signatureSeen {
				s.lines[h] = true
			}
		}
	}
	return s, nil
}
