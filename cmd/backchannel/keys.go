package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"backchannel/templates/refusal"
)

// Names in data/keys. A key is 32 random bytes as hexadecimal digits on one line, so that it survives a printer.
const (
	sealKeyName = "seal.key" // seals private words and live tokens in the database
	keyLen      = 32
)

// keys are the secrets that lie beside the database, never in it.
type keys struct {
	seal       []byte
	tokens     map[int][]byte
	kid        int            // the token key in use: the highest
	identities map[int][]byte // seal who writes without a name
	identity   int            // the one in use: the highest
	made       []string
}

// loadKeys reads the keys in a folder of the data folder and makes those that are missing.
func loadKeys(dir string) (keys, error) {
	k := keys{}
	if err := ours(filepath.Dir(dir)); err != nil {
		return k, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return k, refusal.Because(refusal.Unavailable, "The folder %s for the keys cannot be made.", dir).From(err)
	}
	seal, made, err := keyFile(filepath.Join(dir, sealKeyName))
	if err != nil {
		return k, err
	}
	k.seal = seal
	if made {
		k.made = append(k.made, sealKeyName)
	}
	if k.tokens, k.kid, err = k.numbered(dir, "token"); err != nil {
		return k, err
	}
	k.identities, k.identity, err = k.numbered(dir, "identity")
	return k, err
}

// numbered reads the keys of a sort, WORD-1.key and its successors, and makes the first one when there is none. kid is the highest number.
func (k *keys) numbered(dir, word string) (all map[int][]byte, kid int, err error) {
	names, err := keysIn(dir, word+"-", ".key")
	if err != nil {
		return nil, 0, err
	}
	if len(names) == 0 {
		names = []string{filepath.Join(dir, word+"-1.key")}
	}
	all = map[int][]byte{}
	for _, name := range names {
		number := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(name), word+"-"), ".key")
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 {
			return nil, 0, refusal.Because(refusal.Invalid, "%s is no name of a %s key; it is %s-1.key, %s-2.key and so on.", name, word, word, word)
		}
		key, made, err := keyFile(name)
		if err != nil {
			return nil, 0, err
		}
		if made {
			k.made = append(k.made, filepath.Base(name))
		}
		all[n], kid = key, max(kid, n)
	}
	return all, kid, nil
}

// keysIn are the paths of the files in a folder whose names begin and end like this, sorted; none where there is no folder. It reads the
// folder: to filepath.Glob a folder named data[1] would be a pattern, and its keys missing.
func keysIn(dir, prefix, suffix string) (paths []string, err error) {
	all, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, refusal.Because(refusal.Unavailable, "The folder %s for the keys cannot be read.", dir).From(err)
	}
	for _, f := range all {
		if n := f.Name(); strings.HasPrefix(n, prefix) && strings.HasSuffix(n, suffix) {
			paths = append(paths, filepath.Join(dir, n))
		}
	}
	return paths, nil
}

// keyFile reads one key, or makes it.
func keyFile(name string) (key []byte, made bool, err error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		if made, err = makeKey(name); err != nil {
			return nil, false, refusal.Because(refusal.Unavailable, "The key %s cannot be made.", name).From(err)
		}
		text, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, false, refusal.Because(refusal.Unavailable, "The key %s cannot be read.", name).From(err)
	}
	key, err = hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != keyLen {
		return nil, false, refusal.Because(refusal.Invalid, "The file %s is no key: it should hold %d hexadecimal digits.", name, 2*keyLen).
			Try("bring back the copy you have of %s; without it, what it sealed cannot be read", filepath.Dir(name))
	}
	return key, made, nil
}

// makeKey writes a new key. Of two processes that do so at once one is first, and both then read the same.
func makeKey(name string) (made bool, err error) {
	var key [keyLen]byte
	rand.Read(key[:]) // never fails
	return writeKey(name, []byte(hex.EncodeToString(key[:])+"\n"))
}

// writeKey writes a file that nobody else may read, whole or not at all. One that is there already stays.
func writeKey(name string, text []byte) (made bool, err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return false, err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close()); err != nil {
		return false, err
	}
	if err = os.Link(f.Name(), name); errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, syncDir(filepath.Dir(name))
}

// syncDir makes a new name in a folder survive a power cut.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
