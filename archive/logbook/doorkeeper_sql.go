package logbook

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
)

const schemaRebuff = `
	-- What peers met with at the door before any letter of theirs was there. Strangers write here: a day has two thousand rows at most, and
	-- each stands for as many refusals as there were of its sort.
	CREATE TABLE log_rebuff (
		day      INTEGER NOT NULL,         -- since 1970, UTC
		peer     TEXT NOT NULL,            -- 192.0.2.7/32 or 2001:db8:1:2::/64; '': of no network, or one too many
		door     TEXT NOT NULL,
		stage    TEXT NOT NULL,
		code     INTEGER NOT NULL,
		enhanced TEXT NOT NULL,
		helo     TEXT NOT NULL DEFAULT '', -- how it called itself the last time; printable ASCII
		first    INTEGER NOT NULL,         -- microseconds UTC
		last     INTEGER NOT NULL,
		n        INTEGER NOT NULL CHECK (n > 0),
		PRIMARY KEY (day, peer, door, stage, code, enhanced)
	) STRICT, WITHOUT ROWID`

const schemaTurned = `
	-- The same by the sender, where that may be told: a mark of the return path, not the address, and the hour, not the second. A network has
	-- twenty rows of a day, and all together two thousand.
	CREATE TABLE log_turned (
		day      INTEGER NOT NULL,         -- since 1970, UTC
		sender   BLOB NOT NULL,            -- half of a SHA-256 of the return path
		door     TEXT NOT NULL,
		stage    TEXT NOT NULL,
		code     INTEGER NOT NULL,
		enhanced TEXT NOT NULL,
		story    TEXT NOT NULL DEFAULT '', -- of the last letter that has one
		peer     TEXT NOT NULL,            -- who handed the last one over; may be ''
		helo     TEXT NOT NULL DEFAULT '',
		first    INTEGER NOT NULL,         -- microseconds UTC, cut to the hour
		last     INTEGER NOT NULL,
		n        INTEGER NOT NULL CHECK (n > 0),
		PRIMARY KEY (day, sender, door, stage, code, enhanced)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX log_turned_sender ON log_turned (sender);
	CREATE INDEX log_turned_peer ON log_turned (day, peer)`

// Save writes down what was noted since the last time, in one commit; nothing when there was nothing. What cannot be written is noted again.
func (k *Doorkeeper) Save(ctx context.Context, d *db.DB) error {
	all := k.take()
	if len(all) == 0 {
		return nil
	}
	err := d.Update(ctx, func(tx *db.Tx) error { return saveRebuffs(tx, all) })
	if err != nil {
		k.giveBack(all)
		return fmt.Errorf("write down who was turned away at the door: %w", err)
	}
	return nil
}

func saveRebuffs(tx *db.Tx, all map[Rebuff]*Rebuff) error {
	rows := map[int64]int{} // of the days in question
	for _, r := range all {
		if r.Sender != (Mark{}) {
			if err := saveTurned(tx, *r); err != nil {
				return err
			}
			continue
		}
		day := dayOf(r.Last)
		if _, known := rows[day]; !known {
			var n int
			if err := tx.QueryRow(`SELECT count(*) FROM log_rebuff WHERE day = ?`, day).Scan(&n); err != nil {
				return err
			}
			rows[day] = n
		}
		if rows[day] >= rebuffsADay && r.Peer.IsValid() {
			n, err := tx.Change(`UPDATE log_rebuff SET n = n + @n, last = max(last, @last) WHERE day = @day AND peer = @peer AND door = @door
				AND stage = @stage AND code = @code AND enhanced = @enhanced`, rebuffArgs(*r)...)
			if err != nil || n > 0 {
				if err != nil {
					return err
				}
				continue
			}
			r.Peer, r.HELO = netip.Prefix{}, ""
		}
		if _, err := tx.Exec(`INSERT INTO log_rebuff (day, peer, door, stage, code, enhanced, helo, first, last, n)
			VALUES (@day, @peer, @door, @stage, @code, @enhanced, @helo, @first, @last, @n)
			ON CONFLICT (day, peer, door, stage, code, enhanced) DO UPDATE SET n = n + excluded.n, last = max(last, excluded.last),
				helo = CASE excluded.helo WHEN '' THEN helo ELSE excluded.helo END`,
			append(rebuffArgs(*r), db.Named("helo", r.HELO), db.Named("first", db.Micros(r.First)))...); err != nil {
			return err
		}
		rows[day]++ // or not, when it was there: the count is for a bound, and begins anew with each call
	}
	return nil
}

// saveTurned adds to the row of a sender, or makes one where there is still room for it.
func saveTurned(tx *db.Tx, r Rebuff) error {
	peer := ""
	if r.Peer.IsValid() {
		peer = r.Peer.String()
	}
	args := []any{db.Named("day", dayOf(r.Last)), db.Named("sender", r.Sender[:]), db.Named("door", r.Door), db.Named("stage", r.Stage), db.Named("code", r.Code),
		db.Named("enhanced", r.Enhanced), db.Named("story", r.Story), db.Named("peer", peer), db.Named("helo", r.HELO),
		db.Named("hour", db.Micros(r.Last.Truncate(time.Hour))), db.Named("n", r.Count)}
	n, err := tx.Change(`UPDATE log_turned SET n = n + @n, last = max(last, @hour), peer = @peer, helo = @helo, story = @story
		WHERE day = @day AND sender = @sender AND door = @door AND stage = @stage AND code = @code AND enhanced = @enhanced`, args...)
	if err != nil || n > 0 {
		return err
	}
	_, err = tx.Exec(`INSERT INTO log_turned (day, sender, door, stage, code, enhanced, story, peer, helo, first, last, n)
		SELECT @day, @sender, @door, @stage, @code, @enhanced, @story, @peer, @helo, @first, @hour, @n
		WHERE (SELECT count(*) FROM log_turned WHERE day = @day) < @most AND (SELECT count(*) FROM log_turned WHERE day = @day AND peer = @peer) < @share`,
		append(args, db.Named("first", db.Micros(r.First.Truncate(time.Hour))), db.Named("most", rebuffsADay), db.Named("share", sendersOfPeer))...)
	return err
}

func rebuffArgs(r Rebuff) []any {
	peer := ""
	if r.Peer.IsValid() {
		peer = r.Peer.String()
	}
	return []any{db.Named("day", dayOf(r.Last)), db.Named("peer", peer), db.Named("door", r.Door), db.Named("stage", r.Stage), db.Named("code", r.Code),
		db.Named("enhanced", r.Enhanced), db.Named("last", db.Micros(r.Last)), db.Named("n", r.Count)}
}

func dayOf(at time.Time) int64 { return at.Unix() / (24 * 60 * 60) }

// rebuffsShown is how many lines one question gets, the newest.
const rebuffsShown = 200

// Rebuffed tells what a peer met with at the door before any letter of it was there, the oldest first. The key is its address or network, or
// the name by which it or a host below that name called itself. Days that are over are told as long as PurgeRebuffs keeps them.
func Rebuffed(tx *db.Tx, typed string) ([]Entry, error) {
	key, where := Key(typed), ""
	if peer, is := asPeer(key); is {
		key, where = peer.String(), `peer = @key`
	} else if strings.Contains(key, ".") && !strings.ContainsAny(key, "@ ") {
		where = `helo <> '' AND (helo = @key COLLATE NOCASE OR substr(helo, -length(@key) - 1) = '.' || @key COLLATE NOCASE)`
	} else {
		return nil, nil
	}
	return db.Select(tx, func(r db.Scanner) (Entry, error) {
		var one Rebuff
		var peer string
		var first, last int64
		err := r.Scan(&peer, &one.Door, &one.Stage, &one.Code, &one.Enhanced, &one.HELO, &first, &last, &one.Count)
		one.First, one.Last = db.Time(first), db.Time(last)
		if peer != "" && err == nil {
			one.Peer, err = netip.ParsePrefix(peer)
		}
		return one.entry(), err
	}, `SELECT peer, door, stage, code, enhanced, helo, first, last, n FROM (SELECT * FROM log_rebuff WHERE `+where+` ORDER BY last DESC LIMIT @most) ORDER BY last`,
		db.Named("key", key), db.Named("most", rebuffsShown))
}

// TurnedAway tells what letters of a sender met with at the door, the oldest first: refusals before a letter was there, and of letters to lists. Not
// all of a day with very many are told, and what else was refused is found by its Message-ID alone.
func TurnedAway(tx *db.Tx, typed string) ([]Entry, error) {
	a, err := letter.ParseAddress(Key(typed))
	if err != nil {
		return nil, nil // what is no address has sent nothing
	}
	mark := MarkOf(a)
	return db.Select(tx, func(r db.Scanner) (Entry, error) {
		one := Rebuff{Sender: mark}
		var peer string
		var first, last int64
		err := r.Scan(&peer, &one.Door, &one.Stage, &one.Code, &one.Enhanced, &one.HELO, &one.Story, &first, &last, &one.Count)
		one.First, one.Last = db.Time(first), db.Time(last)
		if peer != "" && err == nil {
			one.Peer, err = netip.ParsePrefix(peer)
		}
		return one.entry(), err
	}, `SELECT peer, door, stage, code, enhanced, helo, story, first, last, n FROM (SELECT * FROM log_turned WHERE sender = @sender ORDER BY last DESC LIMIT @most) ORDER BY last`,
		db.Named("sender", mark[:]), db.Named("most", rebuffsShown))
}

// PurgeRebuffs throws away the days before a date, at most some thousand rows in one call, and tells how many went.
func PurgeRebuffs(tx *db.Tx, before time.Time) (int64, error) {
	n, err := tx.Change(`DELETE FROM log_rebuff WHERE day < (SELECT min(day) + 1 FROM log_rebuff) AND day < ?`, dayOf(before))
	if err != nil {
		return n, err
	}
	more, err := tx.Change(`DELETE FROM log_turned WHERE day < (SELECT min(day) + 1 FROM log_turned) AND day < ?`, dayOf(before))
	return n + more, err
}
