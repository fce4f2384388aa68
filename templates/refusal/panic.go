package refusal

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
)

// Panic is a panic that was caught, as far as a log may tell of it: where the program stood and what sort of value it stumbled over, but not
// the value, which may hold a piece of the letter in hand.
type Panic struct {
	What  string // one line; what Go itself says of a mistake of ours, or else the type of the value
	Stack string // of the goroutine that fell
}

// Caught makes a Panic of what recover gave, and is to be called where that was called. One that was caught before, and passed on, stays what
// it was.
func Caught(value any) *Panic {
	err, isError := value.(error)
	var before *Panic
	if isError && errors.As(err, &before) {
		return before
	}
	p := &Panic{What: fmt.Sprintf("panic with a value of type %T", value), Stack: string(debug.Stack())}
	var ours runtime.Error
	if isError && errors.As(err, &ours) { // an index, a nil, a type: numbers and names of the program
		p.What = ours.Error()
	}
	return p
}

// Error says all of it, for a log, and for Go itself when nobody catches what was passed on.
func (p *Panic) Error() string { return p.What + "\n\n" + p.Stack }
