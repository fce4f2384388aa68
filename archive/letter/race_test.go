//go:build race

package letter

// raceDetector tells that the race detector watches: it makes everything slow, unevenly.
const raceDetector = true
