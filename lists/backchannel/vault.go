package backchannel

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"backchannel/archive/letter"
	"backchannel/lists"
)

// Vault seals who writes without a name. Its keys lie in files outside the database: whoever has the database alone, or a backup of it,
// cannot open a seal (product.md B4). What is sealed twice looks different each time, so that two letters of one person look like those
// of two.
type Vault struct {
	keys map[int]cipher.AEAD
	kid  int // the key in use
}

// NewVault makes a vault of keys of 32 bytes by their numbers; kid names the one that seals from now on.
func NewVault(keys map[int][]byte, kid int) (*Vault, error) {
	v := &Vault{keys: map[int]cipher.AEAD{}, kid: kid}
	for n, key := range keys {
		if len(key) != 32 {
			return nil, fmt.Errorf("key %d of the vault has %d bytes, not 32", n, len(key))
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		if v.keys[n], err = cipher.NewGCM(block); err != nil {
			return nil, err
		}
	}
	if v.keys[kid] == nil {
		return nil, fmt.Errorf("the vault has no key %d", kid)
	}
	return v, nil
}

// identity is who writes without a name, and from where.
type identity struct {
	Member lists.MemberID `json:"m"`
	Local  string         `json:"l"`
	Domain string         `json:"d"`
	Conv   ConvID         `json:"c,omitempty"` // the one conversation that is meant
}

func (i identity) address() letter.Address { return letter.Address{Local: i.Local, Domain: i.Domain} }

// sealed is an identity as it lies in the database.
type sealed struct {
	kid        int
	nonce, box []byte
}

// boxLen is the length of what is sealed: all boxes are of one length, so that none tells how long an address is.
const boxLen = 448

// seal closes a box that opens only for the purpose it was closed for: a row that somebody moved elsewhere does not.
func (v *Vault) seal(who identity, purpose string) (sealed, error) {
	return v.write(who, purpose)
}

// write seals anything, filled up to a whole number of boxLen.
func (v *Vault) write(what any, purpose string) (sealed, error) {
	plain, err := json.Marshal(what)
	if err != nil {
		return sealed{}, err
	}
	plain = append(plain, bytes.Repeat([]byte{' '}, (boxLen-len(plain)%boxLen)%boxLen)...)
	s := sealed{kid: v.kid, nonce: make([]byte, v.keys[v.kid].NonceSize())}
	rand.Read(s.nonce) // never fails
	s.box = v.keys[v.kid].Seal(nil, s.nonce, plain, []byte(purpose))
	return s, nil
}

// errSealed is the error for a box that cannot be opened. It says nothing of what is in it.
var errSealed = errors.New("the seal of an anonymous letter cannot be opened: the key in data/keys is missing or another one")

// open opens a box. Only code calls this, to tell whether a letter is from the same person, or where to send one.
func (v *Vault) open(s sealed, purpose string) (who identity, err error) {
	return who, v.read(s, purpose, &who)
}

// read opens what write has sealed.
func (v *Vault) read(s sealed, purpose string, what any) error {
	key := v.keys[s.kid]
	if key == nil || len(s.nonce) != key.NonceSize() {
		return errSealed
	}
	plain, err := key.Open(nil, s.nonce, s.box, []byte(purpose))
	if err != nil || json.Unmarshal(plain, what) != nil {
		return errSealed
	}
	return nil
}
