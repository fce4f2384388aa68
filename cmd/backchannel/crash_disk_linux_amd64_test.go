package main_test

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// disk is our picture of a disk that keeps only what it was made to keep: of each file what was in it at its last fsync, of each name
// what it meant when its folder was last synced. POSIX promises no more, and a power cut may leave no less.
type disk struct {
	root string
	now  map[string]*inode // what the server sees
	safe map[string]*inode // what a power cut leaves
}

// inode is a file whatever its name.
type inode struct {
	now, safe []byte
}

// readDisk takes the folder as it is, all of it safe.
func readDisk(root string) (*disk, error) {
	d := &disk{root: root, now: map[string]*inode{}, safe: map[string]*inode{}}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		f := &inode{now: text, safe: bytes.Clone(text)}
		d.now[path], d.safe[path] = f, f
		return err
	})
	return d, err
}

func (d *disk) open(path string, empty bool) {
	f := d.now[path]
	if f == nil {
		f = &inode{}
		d.now[path] = f
	}
	if empty {
		f.now = nil
	}
}

func (d *disk) write(path string, data []byte, at int) {
	f := d.now[path]
	if f == nil {
		return // it has no name any more
	}
	if missing := at + len(data) - len(f.now); missing > 0 {
		f.now = append(f.now, make([]byte, missing)...)
	}
	copy(f.now[at:], data)
}

func (d *disk) truncate(path string, size int) {
	if f := d.now[path]; f != nil {
		f.now = append(f.now[:min(size, len(f.now))], make([]byte, max(0, size-len(f.now)))...)
	}
}

func (d *disk) remove(path string) { delete(d.now, path) }

func (d *disk) rename(from, to string) {
	if f := d.now[from]; f != nil {
		d.now[to] = f
		delete(d.now, from)
	}
}

// sync makes a file safe, or the names in a folder.
func (d *disk) sync(path string) {
	if f := d.now[path]; f != nil {
		f.safe = bytes.Clone(f.now)
		return
	}
	in := func(name string, _ *inode) bool { return filepath.Dir(name) == path }
	for name := range d.safe {
		if in(name, nil) && d.now[name] == nil {
			delete(d.safe, name)
		}
	}
	for name, f := range d.now {
		if in(name, f) {
			d.safe[name] = f
		}
	}
}

const sector = 512

// leave writes what a power cut leaves into a new folder. With chance, some of the sectors that were written and not synced have
// reached the disk too, in no order.
func (d *disk) leave(to string, chance *rand.Rand) error {
	for _, name := range d.names() {
		f := d.safe[name]
		text := bytes.Clone(f.safe)
		if chance != nil {
			text = f.torn(chance)
		}
		path := filepath.Join(to, strings.TrimPrefix(name, d.root))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (d *disk) names() []string {
	var all []string
	for name := range d.safe {
		all = append(all, name)
	}
	slices.Sort(all) // the same seed tears the same
	return all
}

// torn is a file of which each unsynced sector has reached the disk or not.
func (f *inode) torn(chance *rand.Rand) []byte {
	size := len(f.safe)
	if len(f.now) != size && chance.IntN(2) == 0 {
		size = len(f.now)
	}
	text := make([]byte, size)
	copy(text, f.safe)
	for at := 0; at < min(size, len(f.now)); at += sector {
		if chance.IntN(2) == 0 {
			copy(text[at:min(at+sector, size)], f.now[at:])
		}
	}
	return text
}
