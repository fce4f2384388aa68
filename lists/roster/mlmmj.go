package roster

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"

	"backchannel/templates/refusal"
)

// ReadMlmmj reads the folder of a list of mlmmj: its subscribers of three kinds, its owners and moderators, and who had asked to join.
func ReadMlmmj(dir fs.FS) (Roster, error) {
	if _, err := fs.Stat(dir, "subscribers.d"); err != nil {
		return Roster{}, refusal.Because(refusal.Malformed, "This is no folder of a list of mlmmj: it has no subscribers.d.").From(err)
	}
	r, seen := Roster{Kind: "a list of mlmmj"}, map[string]int{}
	for _, kind := range []struct {
		folder   string
		delivery Delivery
	}{{"subscribers.d", Each}, {"digesters.d", Digest}, {"nomailsubs.d", None}} {
		files, err := fs.ReadDir(dir, kind.folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return r, unreadable(kind.folder, err)
		}
		for _, f := range files {
			if f.IsDir() || strings.HasPrefix(f.Name(), ".") {
				continue
			}
			if err := r.mlmmjFile(dir, path.Join(kind.folder, f.Name()), seen, func(p *Person) { p.Delivery = kind.delivery }); err != nil {
				return r, err
			}
		}
	}
	for _, office := range []string{"control/owner", "control/moderators"} {
		err := r.mlmmjFile(dir, office, seen, func(p *Person) { p.Managed, p.Subscribed = true, false })
		if err != nil {
			return r, err
		}
	}
	return r, r.mlmmjAsking(dir)
}

func unreadable(name string, err error) error {
	return refusal.Because(refusal.Invalid, "%s cannot be read.", name).From(err)
}

// mlmmjFile reads one address from each line of a file that may be absent.
func (r *Roster) mlmmjFile(dir fs.FS, name string, seen map[string]int, what func(*Person)) error {
	f, err := dir.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return unreadable(name, err)
	}
	defer f.Close()
	lines := bufio.NewScanner(io.LimitReader(f, MostBytes))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		p, err := person(n, line, "")
		if err != nil {
			r.leave(n, line, "no mail address, in %s", name)
			continue
		}
		what(&p)
		r.add(p, seen)
	}
	if err := lines.Err(); err != nil {
		return unreadable(name, err)
	}
	return nil
}

// mlmmjAsking names who had asked to join and not confirmed: their files in subconf begin with the address.
func (r *Roster) mlmmjAsking(dir fs.FS) error {
	files, err := fs.ReadDir(dir, "subconf")
	if err != nil {
		return nil // some lists have none
	}
	for _, f := range files {
		if f.IsDir() || strings.HasPrefix(f.Name(), ".") {
			continue
		}
		in, err := dir.Open(path.Join("subconf", f.Name()))
		if err != nil {
			return unreadable("subconf", err)
		}
		line, _, _ := bufio.NewReader(io.LimitReader(in, 4096)).ReadLine()
		in.Close()
		r.leave(0, string(line), "had asked to join and was no member yet")
	}
	return nil
}
