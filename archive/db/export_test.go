package db

import "runtime"

// WaitInLine waits until so many transactions stand in line for the writer.
func (d *DB) WaitInLine(n int) {
	for len(d.jobs) < n {
		runtime.Gosched()
	}
}
