package db

import (
	"fmt"
	"slices"

	"backchannel/templates/refusal"
)

// An ending is work that all transactions of one commit have together.
type ending struct {
	name string
	run  func(tx *Tx, ids []int64) error
	ids  []int64
}

// endStep is what one transaction says about an ending.
type endStep struct {
	name string
	id   int64
	run  func(tx *Tx, ids []int64) error // nil: the id is taken out
}

// AtEnd has run called with this id right before the commit, once, together with the ids that all the transactions sharing that commit
// gave under the same name. It is for indexes whose writing costs little more for many rows than for one. What run does is part of the
// commit: when it fails all of them fail. An id is not kept when its transaction fails.
func (tx *Tx) AtEnd(name string, id int64, run func(tx *Tx, ids []int64) error) {
	tx.ends = append(tx.ends, endStep{name, id, run})
}

// NotAtEnd takes back an id given to AtEnd, by this transaction or by one that shares its commit, and tells whether there was any:
// false means that run has had it.
func (tx *Tx) NotAtEnd(name string, id int64) bool {
	waits := slices.ContainsFunc(tx.batch, func(e ending) bool { return e.name == name && slices.Contains(e.ids, id) })
	for _, s := range tx.ends {
		if s.name == name && s.id == id {
			waits = s.run != nil
		}
	}
	if waits {
		tx.ends = append(tx.ends, endStep{name: name, id: id})
	}
	return waits
}

// joinEnds adds to the endings of a commit what a transaction that went well says about them.
func joinEnds(all []ending, steps []endStep) []ending {
	for _, s := range steps {
		i := slices.IndexFunc(all, func(e ending) bool { return e.name == s.name })
		switch {
		case s.run == nil:
			all[i].ids = slices.DeleteFunc(all[i].ids, func(id int64) bool { return id == s.id })
		case i < 0:
			all = append(all, ending{s.name, s.run, []int64{s.id}})
		default:
			all[i].ids = append(all[i].ids, s.id)
		}
	}
	return all
}

// finish runs the endings, outside any savepoint.
func (d *DB) finish(w *conn, all []ending) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("at the end of a commit: %w", refusal.Caught(p))
		}
	}()
	if len(all) == 0 {
		return nil // and no clock is asked
	}
	tx := &Tx{Now: d.Now(), c: w, fts: d.fts, log: d.log}
	for _, e := range all {
		if len(e.ids) == 0 {
			continue
		}
		if err := e.run(tx, e.ids); err != nil {
			return err
		}
	}
	return tx.lost
}
