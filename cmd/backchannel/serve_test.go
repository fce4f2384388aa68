package main

import (
	"math"
	"runtime/debug"
	"testing"
)

// P7. What the operator sets by GOMEMLIMIT stands.
func TestBoundMemory(t *testing.T) {
	before := debug.SetMemoryLimit(math.MaxInt64)
	defer debug.SetMemoryLimit(before)
	boundMemory()
	if got := debug.SetMemoryLimit(1 << 40); got > 256<<20 {
		t.Errorf("the limit is %d", got)
	}
	boundMemory()
	if got := debug.SetMemoryLimit(-1); got != 1<<40 {
		t.Errorf("the operator's limit became %d", got)
	}
}
