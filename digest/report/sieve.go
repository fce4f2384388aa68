package report

import "backchannel/lists/backchannel"

// leastShared is about how many people a number has to be at least for anybody but managers.
const leastShared = 3

// sieve takes numbers about fewer than three people out of what is shared (true); managers see them (false).
type sieve bool

// few tells whether a number, which is about so many people, may not be told. Nothing at all, which is about nobody, may.
func (s sieve) few(n, people int) bool { return bool(s) && n > 0 && people < leastShared }

// people is a number of people.
func (s sieve) people(n int) (shown int, few bool) {
	if s.few(n, n) {
		return 0, true
	}
	return n, false
}

// week is a number in a row of bars; -1 when it may not be told. There a nought may not, either: beside others it would tell.
func (s sieve) week(n, people int) int {
	if bool(s) && people < leastShared {
		return -1
	}
	return n
}

// part is so many people of a whole. The others are people, too.
func (s sieve) part(n, of int) backchannel.Part { return s.among(n, of, n, of) }

// among is a part of a whole: what some of the people did, of what all of them did. Neither those nor the others may be too few.
func (s sieve) among(n, of, some, people int) backchannel.Part {
	rest := people - some
	if bool(s) && of > 0 && (some < leastShared || rest > 0 && rest < leastShared) {
		return backchannel.Part{Few: true}
	}
	return backchannel.Part{N: n, Of: of}
}
