package db

import (
	"time"

	"backchannel/templates/refusal"
)

// A commit is shared by at most so many callers (ST3). A caller that comes alone is not kept waiting. But where several shared the last
// commit, as many are likely to come again at once, and each commit costs as much as several letters: then the writer waits for the next
// of them as long as Options.Company says, and in one batch never more than batchTime. Whoever stands in line already waits for this commit
// or for the next one anyway, until the batch has taken workTime.
const (
	batchJobs = 64
	batchTime = 5 * time.Millisecond
	workTime  = 25 * time.Millisecond
)

// write is the one writer: it alone uses its connection, until Close.
func (d *DB) write(w *conn) {
	defer close(d.done)
	var watch <-chan time.Time
	if d.opt.Watch > 0 {
		t := time.NewTicker(d.opt.Watch)
		defer t.Stop()
		watch = t.C
	}
	seen, err := w.number("PRAGMA data_version")
	if err != nil {
		d.log.Error("watch for foreign commits", "error", err)
	}
	quiet := time.NewTimer(quietTime)
	defer quiet.Stop()
	d.untidy.Store(len(d.tidies) > 0)
	for {
		select {
		case j := <-d.jobs:
			if d.batch(w, j) && len(d.tidies) > 0 {
				d.untidy.Store(true)
				quiet.Reset(quietTime)
			}
		case <-quiet.C:
			if d.tidy(w) {
				quiet.Reset(tidyPause)
			} else {
				d.untidy.Store(false)
			}
		case <-watch:
			// The version seen by the only writing connection of this process changes with commits of other processes alone.
			if v, err := w.number("PRAGMA data_version"); err == nil && v != seen {
				seen = v
				d.ping()
			}
		case <-d.stop:
			d.refuseRest()
			return
		}
	}
}

func (d *DB) refuseRest() {
	for {
		select {
		case j := <-d.jobs:
			j.err = errClosed()
			close(j.done)
		default:
			return
		}
	}
}

// batch runs the first job and those in line behind it, commits once, answers them all, and tells whether anything changed.
func (d *DB) batch(w *conn, first *job) (changed bool) {
	w.tidy()
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		d.sync(err)
		first.err = err
		close(first.done)
		return false
	}
	before, err := w.number("SELECT total_changes()")
	taken, ends := d.gather(w, first)
	var after int64
	if err == nil {
		after, err = w.number("SELECT total_changes()")
	}
	changed = err != nil || before != after
	d.commit(w, taken, ends)
	if changed {
		d.commits.Add(1)
		d.shared.Add(int64(len(taken)))
		d.ping()
	}
	for _, j := range taken {
		close(j.done)
	}
	if changed {
		d.checkpoint(w)
	}
	return changed
}

// gather runs jobs until nobody else comes, the batch is full, or the transaction lost. It gives what they leave to be done at the end.
func (d *DB) gather(w *conn, first *job) (taken []*job, ends []ending) {
	enough := time.NewTimer(workTime)
	defer enough.Stop()
	var over <-chan time.Time // ends all waiting, from the first wait on
	for j := first; j != nil; {
		d.run(w, j, d.Now(), ends)
		taken = append(taken, j)
		if j.err == nil && j.panicked == nil {
			ends = joinEnds(ends, j.tx.ends)
		}
		if len(taken) == batchJobs || w.alone() {
			break
		}
		select {
		case <-enough.C:
			j = nil
			continue
		default:
		}
		select {
		case j = <-d.jobs:
		default:
			j = nil
			if d.opt.Company > 0 && len(taken) < d.company {
				if over == nil {
					t := time.NewTimer(batchTime)
					defer t.Stop()
					over = t.C
				}
				j = d.await(over)
			}
		}
	}
	d.company = len(taken)
	return taken, ends
}

// await waits a little for the next caller; nil when none comes.
func (d *DB) await(over <-chan time.Time) *job {
	next := time.NewTimer(d.opt.Company)
	defer next.Stop()
	select {
	case j := <-d.jobs:
		return j
	case <-next.C:
	case <-over:
	}
	return nil
}

// commit makes the batch durable, or fails every job in it: nobody is told yes for what is not on the disk.
func (d *DB) commit(w *conn, taken []*job, ends []ending) {
	var err error
	if w.alone() {
		err = lost(taken)
	} else if err = d.finish(w, ends); err == nil {
		err = w.exec("COMMIT")
	}
	if err != nil {
		d.sync(err)
		if !w.alone() {
			_ = w.exec("ROLLBACK") // what COMMIT could not write is given up as a whole
		}
	}
	if err == nil {
		return
	}
	for _, j := range taken {
		if j.err == nil && j.panicked == nil {
			j.err = err
		}
	}
}

// lost explains why SQLite gave up the transaction: the first error that any job met.
func lost(taken []*job) error {
	for _, j := range taken {
		if j.err != nil {
			return j.err
		}
	}
	return refusal.Because(refusal.Unavailable, "The disk could not be written. Nothing was lost; please try again later.")
}

// sync ends the process when the disk refused an fsync: the kernel may have thrown the pages away, and asking again would be told
// a comfortable lie (P5, ST6).
func (d *DB) sync(err error) {
	if !isSyncFailure(err) {
		return
	}
	d.log.Error("an fsync failed; ending before anything else is promised", "error", err)
	if d.opt.Fatal == nil {
		panic(err)
	}
	d.opt.Fatal(err)
}
