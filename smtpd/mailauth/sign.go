package mailauth

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"weak"

	"backchannel/archive/letter"
)

// The fields that a signature of ours covers (M6). A field of the first kind is named once more often than it stands in the message, so
// that nobody can add another one on the way (RFC 6376 §8.15; of these, mail programs show one and filters may read the other).
var (
	namedTwice = []string{"From", "To", "Cc", "Subject", "Date", "Message-ID", "Reply-To", "Content-Type", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"}
	namedOnce  = []string{"Sender", "In-Reply-To", "References", "MIME-Version", "Content-Transfer-Encoding", "Author", "List-Post", "List-Archive", "Archived-At",
		"Auto-Submitted", "Feedback-ID", "CFBL-Address", "CFBL-Feedback-ID"}
)

// Signer signs what leaves (RFC 6376): relaxed/relaxed, rsa-sha256, good for ten days, never l= (M6). The body that many copies share is
// read once (M7). It may be used by many goroutines.
type Signer struct {
	Key func() (SigningKey, error) // the key to sign with just now
	Now func() time.Time

	bodies bodySums
}

// Sign makes the DKIM-Signature field for a message, to be put in front of its header: one field, folded, with its line end. head ends
// with the empty line; head and body have CRLF line ends and no line above 998 octets, or the signature would not survive the way. body
// must never be changed afterwards: what it hashes to is remembered.
//
// home is the domain of the return path, which is always ours: a post that keeps its author's From is signed by the community it went
// through, beside the author's own signature. Where home is empty (<>) the program itself writes, and From's domain signs.
func (s *Signer) Sign(head, body []byte, home string) ([]byte, error) {
	m := newWire(head, nil)
	if len(m.byName["from"]) == 0 {
		return nil, errors.New("a message without From cannot be signed") // RFC 6376 §5.4
	}
	if home == "" {
		for _, from := range letter.ParseMailboxes(strings.Join(strings.Fields(m.value(m.byName["from"][0])), " ")) {
			home = from.Address.Domain
		}
	}
	if hostname(home) == "" {
		return nil, fmt.Errorf("%q cannot sign: it is no domain", home)
	}
	k, err := s.Key()
	if err != nil {
		return nil, err
	}
	if k.IsZero() {
		return nil, errors.New("there is no key to sign with")
	}
	now := s.Now()
	tags := []string{"v=1", "a=rsa-sha256", "c=relaxed/relaxed", "d=" + home, "s=" + k.Selector, fmt.Sprintf("t=%d", now.Unix()), fmt.Sprintf("x=%d", now.Add(SignatureLife).Unix())}
	return s.seal(k, m, "DKIM-Signature", tags, m.covered(), body)
}

// seal makes a field that signs the named fields and the body.
func (s *Signer) seal(k SigningKey, m *wire, name string, tags, names []string, body []byte) ([]byte, error) {
	bh := s.bodies.sum(body)
	f := fold{col: len(name) + 1}
	f.b.WriteString(name + ":")
	for _, t := range tags {
		f.add(" ", t+";")
	}
	f.add(" ", "h="+names[0])
	for _, n := range names[1:] {
		f.add("", ":"+n)
	}
	f.add("", ";")
	f.add(" ", "bh="+base64.StdEncoding.EncodeToString(bh[:])+";")
	f.line("b=")
	h := sha256.New()
	m.writeSigned(h, names, true)
	writeOwn(h, f.b.String(), true)
	return f.signed(k, [sha256.Size]byte(h.Sum(nil)))
}

// covered are the names for h=, each as often as it is to stand there.
func (m *wire) covered() []string {
	names := make([]string, 0, 40)
	for _, name := range namedTwice {
		for range max(2, len(m.byName[strings.ToLower(name)])+1) {
			names = append(names, name)
		}
	}
	for _, name := range namedOnce {
		for range max(1, len(m.byName[strings.ToLower(name)])) {
			names = append(names, name)
		}
	}
	return names
}

// fold writes a field in lines of at most 78 characters.
type fold struct {
	b   strings.Builder
	col int
}

// add writes a piece behind a blank or nothing, or on a new line.
func (f *fold) add(space, piece string) {
	if f.col+len(space)+len(piece) > 77 {
		f.line(piece)
		return
	}
	f.b.WriteString(space + piece)
	f.col += len(space) + len(piece)
}

// line writes a piece on a new line.
func (f *fold) line(piece string) {
	f.b.WriteString("\r\n\t" + piece)
	f.col = 8 + len(piece)
}

// signed completes a field that ends in "b=" with the signature over what hashes to sum.
func (f *fold) signed(k SigningKey, sum [sha256.Size]byte) ([]byte, error) {
	sig, err := k.sign(sum)
	if err != nil {
		return nil, fmt.Errorf("sign with %s: %w", k.Selector, err)
	}
	for text := base64.StdEncoding.EncodeToString(sig); text != ""; {
		n := min(len(text), 72-max(0, f.col-8))
		f.b.WriteString(text[:n])
		if text = text[n:]; text != "" {
			f.line("")
		}
	}
	f.b.WriteString("\r\n")
	return []byte(f.b.String()), nil
}

// bodySums remembers what bodies hash to. A body is known again by its place in memory, which a weak pointer names for ever: it holds
// nothing in memory, and is equal to no pointer to anything that takes the place later.
type bodySums struct {
	mu    sync.Mutex
	known [bodiesKnown]bodySum // the newest first
}

// bodiesKnown is how many bodies are remembered: the posts that are under way at one time.
const bodiesKnown = 16

// shortBody is below which a body is hashed faster than found.
const shortBody = 512

type bodyKey struct {
	at  weak.Pointer[byte]
	len int
}

type bodySum struct {
	key bodyKey
	sum func() [sha256.Size]byte // works it out once, whoever asks first
}

// sum is the SHA-256 of a body in the relaxed form.
func (b *bodySums) sum(body []byte) [sha256.Size]byte {
	if len(body) < shortBody {
		return sumRelaxed(body)
	}
	return b.find(body)()
}

func (b *bodySums) find(body []byte) func() [sha256.Size]byte {
	key := bodyKey{weak.Make(&body[0]), len(body)}
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, one := range b.known {
		if one.key == key {
			copy(b.known[1:i+1], b.known[:i])
			b.known[0] = one
			return one.sum
		}
	}
	copy(b.known[1:], b.known[:])
	left := body
	var once sync.Once
	var sum [sha256.Size]byte
	b.known[0] = bodySum{key, func() [sha256.Size]byte {
		once.Do(func() {
			sum = sumRelaxed(left)
			left = nil // nothing here keeps a body in memory
		})
		return sum
	}}
	return b.known[0].sum
}

func sumRelaxed(body []byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	writeRelaxed(h, body)
	h.Sum(sum[:0])
	return sum
}
