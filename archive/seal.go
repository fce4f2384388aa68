package archive

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"

	"backchannel/templates/refusal"
)

const (
	saltLen = 16
	markLen = 4
)

// sealer makes bytes unreadable without the key (AES-256-GCM). Every sealed thing has a salt of its own, and with it a key of its
// own, so that the number of a piece is nonce enough and no two nonces ever meet.
type sealer struct {
	key   []byte // nil: there is none
	blind []byte // the key of the private search words
	mark  []byte // tells this key from others and nothing else
}

func newSealer(master []byte) sealer {
	if len(master) == 0 {
		return sealer{}
	}
	derive := func(purpose string, n int) []byte {
		k, err := hkdf.Key(sha256.New, master, nil, "backchannel archive "+purpose, n)
		if err != nil {
			panic("archive: derive a key: " + err.Error()) // only for lengths that SHA-256 cannot make
		}
		return k
	}
	return sealer{key: derive("seal", 32), blind: derive("search", 32), mark: derive("mark", markLen)}
}

func errNoKey() error {
	return refusal.Because(refusal.Unavailable, "The key that seals letters is missing. Please put it back into the folder keys beside the database and start again.")
}

func errOtherKey() error {
	return refusal.Because(refusal.Unavailable, "This letter was sealed with another key than the one at hand. Please put the old key back into the folder keys beside the database and start again.")
}

func errDamaged(cause error) error {
	return refusal.Because(refusal.Unavailable, "A stored letter is damaged. Please run: backchannel check, and have a backup at hand.").From(cause)
}

// begin makes the salt for something new.
func (s sealer) begin() ([]byte, error) {
	if s.key == nil {
		return nil, errNoKey()
	}
	salt := make([]byte, saltLen)
	rand.Read(salt)
	return salt, nil
}

// check tells whether what carries this mark was sealed with our key.
func (s sealer) check(mark []byte) error {
	if s.key == nil {
		return errNoKey()
	}
	if !bytes.Equal(mark, s.mark) {
		return errOtherKey()
	}
	return nil
}

func (s sealer) cipher(salt []byte) cipher.AEAD {
	mac := hmac.New(sha256.New, s.key)
	mac.Write(salt)
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		panic("archive: " + err.Error()) // only for keys of a wrong length
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic("archive: " + err.Error())
	}
	return aead
}

func nonce(n int) []byte {
	b := make([]byte, 12)
	binary.BigEndian.PutUint64(b[4:], uint64(n))
	return b
}

// box seals one small thing: salt, mark, sealed bytes.
func (s sealer) box(plain []byte) ([]byte, error) {
	salt, err := s.begin()
	if err != nil {
		return nil, err
	}
	head := append(salt[:saltLen:saltLen], s.mark...)
	return s.cipher(salt).Seal(head, nonce(0), plain, s.mark), nil
}

// unbox is the reverse of box.
func (s sealer) unbox(b []byte) ([]byte, error) {
	if len(b) < saltLen+markLen {
		return nil, errDamaged(nil)
	}
	salt, mark, rest := b[:saltLen], b[saltLen:saltLen+markLen], b[saltLen+markLen:]
	if err := s.check(mark); err != nil {
		return nil, err
	}
	plain, err := s.cipher(salt).Open(nil, nonce(0), rest, s.mark)
	if err != nil {
		return nil, errDamaged(err)
	}
	return plain, nil
}

// blindLen is how many characters of base32 stand for a word: 65 bits, so that two words never meet by chance.
const blindLen = 13

// blindWord is what stands for a word in the private index: the same for the same word, and nothing can be read from it.
func (s sealer) blindWord(word string) string {
	mac := hmac.New(sha256.New, s.blind)
	mac.Write([]byte(word))
	return base32.HexEncoding.EncodeToString(mac.Sum(nil))[:blindLen]
}
