package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"backchannel/smtpd/mailauth"
	"backchannel/templates/refusal"
)

// The DKIM keys lie in data/keys as dkim-bc1.pem, dkim-bc2.pem and so on. The names alone say which is which, so that there is no second
// place that could disagree: the last key waits, published but unused, until it is its turn; the one before it signs. What was before
// that is retired: its private half is destroyed, and dkim-bcN.retired says since when and keeps the public half, because the DNS must
// go on saying it until the last signature made with it has expired.
const (
	dkimPrefix  = "dkim-"
	dkimKey     = ".pem"
	dkimRetired = ".retired"
	selectorTo  = "bc" // the selectors are bc1, bc2 …

	// recordLife is how long the record of a retired key stays: as long as its signatures are good (M6), and a day for clocks and
	// for what was being signed just then.
	recordLife = mailauth.SignatureLife + 24*time.Hour
	// forgetRetired is when we stop speaking of a retired key.
	forgetRetired = 90 * 24 * time.Hour
)

// dkimKeys are the keys that sign what leaves.
type dkimKeys struct {
	signs, waits mailauth.SigningKey
	retired      []retiredKey // the oldest first
	made         []string     // selectors of the keys that were missing
}

// retiredKey is what is left of a key that signed once.
type retiredKey struct {
	selector, value string // value is that of its record
	since           time.Time
}

// loadDKIM reads the keys in a folder, and makes those that are missing.
func loadDKIM(dir string, now time.Time) (k dkimKeys, err error) {
	for {
		live, retired, err := dkimNames(dir)
		if err != nil {
			return k, err
		}
		for _, n := range retired {
			if i := slices.Index(live, n); i >= 0 { // a rotation was cut short between note and deed
				if err := retireDKIM(dir, n, now); err != nil {
					return k, err
				}
				live = slices.Delete(live, i, i+1)
			}
		}
		if len(live) < 2 {
			next := 1 + max(last(live), last(retired))
			made, err := makeDKIM(dir, next)
			if err != nil {
				return k, err
			}
			if made {
				k.made = append(k.made, selector(next))
			}
			continue
		}
		if len(live) > 2 { // or before the note
			if err := retireDKIM(dir, live[0], now); err != nil {
				return k, err
			}
			continue
		}
		if k.signs, err = readDKIM(dir, live[0]); err != nil {
			return k, err
		}
		if k.waits, err = readDKIM(dir, live[1]); err != nil {
			return k, err
		}
		for _, n := range retired {
			r, err := readRetired(dir, n)
			if err != nil {
				return k, err
			}
			k.retired = append(k.retired, r)
		}
		return k, nil
	}
}

// rotateDKIM lets the waiting key sign from now on and makes a new one wait. was are the keys as they are known to be: of two rotations
// at once only one happens. What makes it happen is one new name in the folder.
func rotateDKIM(dir string, was dkimKeys, now time.Time) (dkimKeys, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(was.waits.Selector, selectorTo))
	if err != nil {
		return was, err
	}
	made, err := makeDKIM(dir, n+1)
	if err != nil {
		return was, err
	}
	if !made {
		return was, refusal.Because(refusal.Conflict, "Somebody else has just changed the keys.").Try("backchannel keys list")
	}
	if err := retireDKIM(dir, n-1, now); err != nil {
		return was, err
	}
	for _, r := range was.retired {
		if now.Sub(r.since) > forgetRetired {
			if err := os.Remove(dkimPath(dir, r.selector, dkimRetired)); err != nil {
				return was, err
			}
		}
	}
	return loadDKIM(dir, now)
}

func selector(n int) string { return selectorTo + strconv.Itoa(n) }

func dkimPath(dir, selector, ending string) string {
	return filepath.Join(dir, dkimPrefix+selector+ending)
}

func last(numbers []int) int {
	if len(numbers) == 0 {
		return 0
	}
	return numbers[len(numbers)-1]
}

// dkimNames are the numbers of the keys there are, in order.
func dkimNames(dir string) (live, retired []int, err error) {
	names, err := keysIn(dir, dkimPrefix, "")
	if err != nil {
		return nil, nil, err
	}
	for _, path := range names {
		name := strings.TrimPrefix(filepath.Base(path), dkimPrefix)
		ending := filepath.Ext(name)
		n, err := strconv.Atoi(strings.TrimPrefix(strings.TrimSuffix(name, ending), selectorTo))
		switch {
		case err != nil || n < 1 || selector(n)+ending != name:
			err = errors.New("name")
		case ending == dkimKey:
			live = append(live, n)
		case ending == dkimRetired:
			retired = append(retired, n)
		default:
			err = errors.New("name")
		}
		if err != nil {
			return nil, nil, refusal.Because(refusal.Invalid, "%s is no name of a DKIM key; it is dkim-bc1.pem, dkim-bc2.pem and so on.", path)
		}
	}
	slices.Sort(live)
	slices.Sort(retired)
	return live, retired, nil
}

func readDKIM(dir string, n int) (mailauth.SigningKey, error) {
	path := dkimPath(dir, selector(n), dkimKey)
	text, err := os.ReadFile(path)
	if err != nil {
		return mailauth.SigningKey{}, refusal.Because(refusal.Unavailable, "The key %s cannot be read.", path).From(err)
	}
	k, err := mailauth.ParseSigningKey(selector(n), text)
	if err != nil {
		return k, refusal.Because(refusal.Invalid, "The file %s is no DKIM key: %v.", path, err).
			Try("bring back the copy you have of %s, or move the file away: a new key is made, and its record must be published", dir)
	}
	return k, nil
}

func makeDKIM(dir string, n int) (made bool, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false, refusal.Because(refusal.Unavailable, "The folder %s for the keys cannot be made.", dir).From(err)
	}
	k, err := mailauth.NewSigningKey(selector(n))
	if err != nil {
		return false, err
	}
	text, err := k.PEM()
	if err != nil {
		return false, err
	}
	path := dkimPath(dir, selector(n), dkimKey)
	if made, err = writeKey(path, text); err != nil {
		return false, refusal.Because(refusal.Unavailable, "The key %s cannot be made.", path).From(err)
	}
	return made, nil
}

// retireDKIM destroys the private half of a key.
func retireDKIM(dir string, n int, now time.Time) error {
	k, err := readDKIM(dir, n)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // another process was faster
	}
	if err != nil {
		return err
	}
	_, value := k.Record("example.test")
	text := now.UTC().Format(time.RFC3339) + "\n" + value + "\n"
	if _, err := writeKey(dkimPath(dir, selector(n), dkimRetired), []byte(text)); err != nil {
		return refusal.Because(refusal.Unavailable, "The key %s cannot be retired.", selector(n)).From(err)
	}
	err = os.Remove(dkimPath(dir, selector(n), dkimKey))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, syncDir(dir))
}

func readRetired(dir string, n int) (retiredKey, error) {
	path := dkimPath(dir, selector(n), dkimRetired)
	text, err := os.ReadFile(path)
	if err != nil {
		return retiredKey{}, refusal.Because(refusal.Unavailable, "The key %s cannot be read.", path).From(err)
	}
	first, value, _ := strings.Cut(string(text), "\n")
	since, err := time.Parse(time.RFC3339, first)
	if err != nil {
		return retiredKey{}, refusal.Because(refusal.Invalid, "The file %s should begin with a date.", path).Try("take it away; the DNS record of %s must stay for %d days after it was retired", selector(n), int(recordLife.Hours()/24))
	}
	return retiredKey{selector: selector(n), value: strings.TrimSpace(value), since: since}, nil
}

// keyring gives the DKIM keys to whoever signs, and notices within a second or two when another process has changed them.
type keyring struct {
	dir string
	now func() time.Time
	log *slog.Logger

	mu     sync.Mutex
	keys   dkimKeys
	names  string    // of the files that keys was read from
	looked time.Time // when names was compared last
}

// lookKeys is how often the folder is looked at while there is something to sign.
const lookKeys = time.Second

// Keys are the keys of now. Missing ones are made. When they could be read before and cannot be any more, those known stay in use.
func (r *keyring) Keys() (dkimKeys, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	since := now.Sub(r.looked)
	if !r.keys.signs.IsZero() && since >= 0 && since < lookKeys {
		return r.keys, nil
	}
	r.looked = now
	names, _ := keysIn(r.dir, dkimPrefix, "")
	all := fmt.Sprint(names)
	if !r.keys.signs.IsZero() && all == r.names {
		return r.keys, nil
	}
	keys, err := loadDKIM(r.dir, now)
	switch {
	case err != nil && r.keys.signs.IsZero():
		return keys, err
	case err != nil:
		r.log.Error("the DKIM keys have changed and cannot be read; signing goes on with those known", "error", refusal.Log(err))
		return r.keys, nil
	case len(keys.made) > 0:
		r.log.Info("DKIM keys were missing, so new ones were made; backchannel keys list shows the DNS records to publish", "selectors", keys.made)
	case !r.keys.signs.IsZero():
		r.log.Info("the DKIM keys have changed", "signs", keys.signs.Selector, "waits", keys.waits.Selector)
	}
	r.keys, r.names = keys, all
	if len(keys.made) > 0 {
		r.names = "" // look again: the names have changed
	}
	return r.keys, nil
}

// Signing is the key that signs.
func (r *keyring) Signing() (mailauth.SigningKey, error) {
	k, err := r.Keys()
	return k.signs, err
}
