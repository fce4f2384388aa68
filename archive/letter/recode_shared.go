package letter

import (
	"runtime"
	"sync"
	"weak"
)

// Recoder makes messages again as Recode does, and a body that many messages share only once. It may be used by many goroutines; the zero
// Recoder is ready.
type Recoder struct {
	mu    sync.Mutex // held while a body is made again: two large ones at once would need too much memory (P7)
	known []sharedRecoding
}

// recodingsKnown is how many bodies are kept that were made again, as long as somebody holds the original.
const recodingsKnown = 4

type sharedRecoding struct {
	of       weak.Pointer[byte]
	len      int
	sevenBit bool
	done     Recoding
}

// Recode is the function of that name. The body must never be changed afterwards.
func (r *Recoder) Recode(head, body []byte, sevenBit bool) (Recoding, error) {
	if Fits(body, sevenBit) {
		return Recoding{Body: body}, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	at := weak.Make(&body[0])
	for _, k := range r.known {
		if k.of == at && k.len == len(body) && k.sevenBit == sevenBit {
			return k.done, nil
		}
	}
	done, err := Recode(head, body, sevenBit)
	if err != nil {
		return done, err
	}
	r.known = append(r.known, sharedRecoding{at, len(body), sevenBit, done})
	if len(r.known) > recodingsKnown {
		r.known = append(r.known[:0:0], r.known[1:]...)
	}
	runtime.AddCleanup(&body[0], r.forget, at)
	return done, nil
}

// forget gives up what was made of a body that nobody holds any more.
func (r *Recoder) forget(of weak.Pointer[byte]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.known[:0:0]
	for _, k := range r.known {
		if k.of != of {
			kept = append(kept, k)
		}
	}
	r.known = kept
}
