//go:build race

package letter

// slowdown is how much longer than in life work may take in this build.
const slowdown = 20
