package archive

import (
	"fmt"

	"backchannel/archive/db"
)

// The search indexes exist only in a program built with full-text search. They hold no text of their own, and what is deleted from
// them leaves nothing behind (secure-delete). doc is the row: see post_words. Each commit adds a segment to the index. FTS5 would merge
// them in fours, in the commit of whoever brings the fourth, and so write every word several times over. The segments of posts wait for a
// quiet moment (mergeIndexes); only where there was none, and 64 of them wait, are they merged in the commits after that.
const (
	createPostIndex = `CREATE VIRTUAL TABLE post_fts USING fts5(box, subject, author, body,
		content='post_words', content_rowid='doc', tokenize='porter unicode61 remove_diacritics 2')`
	createPrivateIndex = `CREATE VIRTUAL TABLE private_fts USING fts5(words, content='private_message', content_rowid='id', tokenize='ascii')`
)

// ensureIndexes makes the search indexes, and makes those anew that fell behind while a program without them was at work.
func ensureIndexes(tx *db.Tx) error {
	if !tx.FTS() {
		return nil
	}
	for _, ix := range []struct{ name, create, secure, empty, fill string }{
		{"post_fts", createPostIndex,
			"INSERT INTO post_fts (post_fts, rank) VALUES ('secure-delete', 1)",
			"INSERT INTO post_fts (post_fts) VALUES ('delete-all')",
			"INSERT INTO post_fts (rowid, box, subject, author, body) SELECT doc, box, subject, author, body FROM post_words ORDER BY id"},
		{"private_fts", createPrivateIndex,
			"INSERT INTO private_fts (private_fts, rank) VALUES ('secure-delete', 1)",
			"INSERT INTO private_fts (private_fts) VALUES ('delete-all')",
			"INSERT INTO private_fts (rowid, words) SELECT id, words FROM private_message ORDER BY id"},
	} {
		var there, behind int
		err := tx.QueryRow("SELECT (SELECT count(*) FROM sqlite_schema WHERE name = ?1), (SELECT count(*) FROM search_debt WHERE name = ?1)", ix.name).Scan(&there, &behind)
		if err != nil {
			return err
		}
		var steps []string
		if there == 0 {
			steps = append(steps, ix.create, ix.secure)
		}
		if behind > 0 {
			steps = append(steps, ix.empty, ix.fill, "DELETE FROM search_debt WHERE name = '"+ix.name+"'")
		}
		for _, q := range steps {
			if _, err := tx.Exec(q); err != nil {
				return fmt.Errorf("make the search index: %w", err)
			}
		}
	}
	return setMerging(tx)
}

// setMerging tells the index of posts when to merge, also one that was made when it did so by itself.
func setMerging(tx *db.Tx) error {
	var set int
	err := tx.QueryRow("SELECT count(*) FROM post_fts_config WHERE k = 'automerge' AND v = 64 OR k = 'crisismerge' AND v = 128 OR k = 'usermerge' AND v = 16").Scan(&set)
	if err == nil && set < 3 {
		_, err = tx.Exec("INSERT INTO post_fts (post_fts, rank) VALUES ('automerge', 64), ('crisismerge', 128), ('usermerge', 16)")
	}
	if err != nil {
		return fmt.Errorf("set up the search index: %w", err)
	}
	return nil
}

// mergePages is how many pages of an index are written in one step.
const mergePages = 64

// mergeIndexes merges a bit of the index of posts, where sixteen segments or more wait for it, and tells whether there may be more to do.
func mergeIndexes(tx *db.Tx) (more bool, err error) {
	if !tx.FTS() {
		return false, nil
	}
	var before, after int64
	if err = tx.QueryRow("SELECT total_changes()").Scan(&before); err != nil {
		return false, err
	}
	if _, err = tx.Exec("INSERT INTO post_fts (post_fts, rank) VALUES ('merge', ?)", mergePages); err != nil {
		return false, fmt.Errorf("merge the search index: %w", err)
	}
	err = tx.QueryRow("SELECT total_changes()").Scan(&after)
	return after-before >= 2, err // FTS5 counts one row for the command itself
}

// changeIndex runs a statement on a search index for some rows, given as JSON, or notes that the index falls behind. It belongs at
// the end of what a transaction does: FTS5 writes out what it has gathered as soon as another statement changes several rows.
func changeIndex(tx *db.Tx, name, query, ids string) error {
	var err error
	if tx.FTS() {
		_, err = tx.Exec(query, ids)
	} else {
		_, err = tx.Exec("INSERT INTO search_debt (name) VALUES (?) ON CONFLICT DO NOTHING", name)
	}
	if err != nil {
		return fmt.Errorf("keep the search index: %w", err)
	}
	return nil
}

// indexPosts makes the words of posts findable from the commit on: FTS5 writes out what it has gathered at every savepoint, so all the
// posts of a commit are told it together, at the end.
func indexPosts(tx *db.Tx, ids []PostID) error {
	for _, id := range ids {
		tx.AtEnd("post_fts", int64(id), func(tx *db.Tx, ids []int64) error {
			return changeIndex(tx, "post_fts", `INSERT INTO post_fts (rowid, box, subject, author, body)
				SELECT doc, box, w.subject, author, body FROM json_each(?) j CROSS JOIN post_words w ON w.id = j.value`, jsonInts(ids))
		})
	}
	return nil
}

// unindexPost takes a post's words out. It comes before the row changes, because the index is told the words it had.
func unindexPost(tx *db.Tx, id PostID) error {
	if tx.NotAtEnd("post_fts", int64(id)) {
		return nil // it was not in yet
	}
	return changeIndex(tx, "post_fts", `INSERT INTO post_fts (post_fts, rowid, box, subject, author, body)
		SELECT 'delete', doc, box, w.subject, author, body FROM json_each(?) j CROSS JOIN post_words w ON w.id = j.value`, jsonInts([]PostID{id}))
}

func indexPrivate(tx *db.Tx, id PrivateMessageID) error {
	return changeIndex(tx, "private_fts", `INSERT INTO private_fts (rowid, words)
		SELECT p.id, p.words FROM json_each(?) j CROSS JOIN private_message p ON p.id = j.value`, jsonInts([]PrivateMessageID{id}))
}

// unindexPrivate takes a private message's words out, before its row goes.
func unindexPrivate(tx *db.Tx, id PrivateMessageID) error {
	return changeIndex(tx, "private_fts", `INSERT INTO private_fts (private_fts, rowid, words)
		SELECT 'delete', p.id, p.words FROM json_each(?) j CROSS JOIN private_message p ON p.id = j.value`, jsonInts([]PrivateMessageID{id}))
}
