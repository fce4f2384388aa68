package letter

import (
	"bytes"
	"runtime"
	"sync"
	"testing"
)

// A body that many copies share is made again once, and given up with the original.
func TestRecoder(t *testing.T) {
	var r Recoder
	func() {
		head, body := divide("From: a@b.example\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + string(bytes.Repeat([]byte("Gr\u00fc\u00dfe an alle.\r\n"), 100)))
		var all sync.WaitGroup
		got := make([]Recoding, 8)
		for i := range got {
			all.Go(func() {
				var err error
				if got[i], err = r.Recode(head, body, true); err != nil || !got[i].Changed {
					t.Errorf("%v", err)
				}
			})
		}
		all.Wait()
		for _, g := range got {
			if &g.Body[0] != &got[0].Body[0] {
				t.Error("two copies have bodies of their own")
			}
		}
		if same, err := r.Recode(head, body, false); err != nil || same.Changed || &same.Body[0] != &body[0] {
			t.Errorf("%v, %v", same.Changed, err)
		}
		for n := range 2 * recodingsKnown {
			if _, err := r.Recode(head, append(bytes.Clone(body), byte('a'+n)), true); err != nil {
				t.Error(err)
			}
		}
		if n := r.size(); n > recodingsKnown {
			t.Errorf("%d are kept", n)
		}
		sealed := []byte("--s\r\n\r\n\u00fc\r\n--s--\r\n")
		if _, err := r.Recode([]byte("Content-Type: multipart/signed; boundary=s\r\n\r\n"), sealed, true); err != ErrSealed {
			t.Errorf("%v", err)
		}
	}()
	for range 100 {
		runtime.GC()
		if r.size() == 0 {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("%d are kept although nobody holds the originals", r.size())
}

func (r *Recoder) size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.known)
}
