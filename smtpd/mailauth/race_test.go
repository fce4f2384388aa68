//go:build race

package mailauth

// racing tells that the race detector runs, under which no time means anything.
const racing = true
