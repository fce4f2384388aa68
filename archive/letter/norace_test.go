//go:build !race

package letter

// slowdown is how much longer than in life work may take in this build: other tests share the machine.
const slowdown = 4
