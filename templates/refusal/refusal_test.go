package refusal_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"backchannel/templates/refusal"
)

func TestSentenceForThePersonCauseForTheLog(t *testing.T) {
	err := fmt.Errorf("place letter: %w", refusal.Because(refusal.NotAllowed, "Only members may write to %s.", "talk@gardeners.example").From(io.ErrUnexpectedEOF))
	r, ok := refusal.As(err)
	if !ok || r.Error() != "Only members may write to talk@gardeners.example." {
		t.Fatalf("sentence: %v", r)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the cause is lost")
	}
	if got, want := refusal.Log(r), "Only members may write to talk@gardeners.example.: unexpected EOF"; got != want {
		t.Errorf("log: %q, want %q", got, want)
	}
	if refusal.KindOf(err) != refusal.NotAllowed || refusal.Temporary(err) {
		t.Error("the kind must be found through the wrapping")
	}
}

func TestWhatNobodyClassifiedIsTemporary(t *testing.T) {
	for _, err := range []error{io.EOF, errors.New("x"), fmt.Errorf("y: %w", io.EOF)} {
		if !refusal.Temporary(err) || refusal.KindOf(err) != refusal.Unavailable {
			t.Errorf("%v must be temporary", err)
		}
	}
}

func TestEveryKindHasANameAndAnEnd(t *testing.T) {
	seen := map[string]bool{}
	for k := refusal.Unavailable; k <= refusal.Usage; k++ {
		if seen[k.String()] || k.String() == "" {
			t.Errorf("kind %d has no name of its own: %q", int(k), k)
		}
		seen[k.String()] = true
		if k.Temporary() != (k <= refusal.Limit) {
			t.Errorf("%s: temporary is %v", k, k.Temporary())
		}
	}
	if got := refusal.Kind(99).String(); got != "kind-99" {
		t.Errorf("unknown kind: %q", got)
	}
}

func TestHint(t *testing.T) {
	r := refusal.Because(refusal.NotFound, "There is no list %q.", "tolk").Try("backchannel list list %s", "gardeners.example")
	if r.Hint != "backchannel list list gardeners.example" {
		t.Errorf("hint: %q", r.Hint)
	}
}
