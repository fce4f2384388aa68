//go:build !(linux && amd64)

package main_test

import "testing"

// TestKilledAtEveryCall and its neighbours watch the server's calls in the registers of one kind of machine.
func TestKilledAtEveryCall(t *testing.T) {
	t.Skip("the tracer knows linux on amd64 only; TestKilledUnderLoad runs everywhere")
}
