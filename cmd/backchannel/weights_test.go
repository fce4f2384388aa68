package main

import (
	"testing"

	"backchannel/cmd/internal/config"
	"backchannel/digest"
)

// config.yaml's usual ranking is the digest's own, weight by weight.
func TestUsualWeights(t *testing.T) {
	if got := weights(config.Default().Ranking); got != digest.DefaultWeights() {
		t.Errorf("%+v, want %+v", got, digest.DefaultWeights())
	}
	odd := config.Ranking{Posts: 1, People: 2, Question: 3, YoungQuestion: 4, Follow: 5, Mine: 6, New: 7, Newcomer: 8, Managers: 9, HalfLife: 10, Pin: 11}
	if got := weights(odd); got != (digest.Weights{Posts: 1, People: 2, Question: 3, YoungQuestion: 4, Follow: 5, Mine: 6, Begun: 7, Newcomer: 8, Managers: 9, HalfLife: 10, Pin: 11}) {
		t.Errorf("a weight is taken for another: %+v", got)
	}
}
