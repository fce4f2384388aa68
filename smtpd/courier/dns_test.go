package courier

import (
	"context"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// dns is a Resolver that knows what it was told. The zero dns knows nothing.
type dns struct {
	mu    sync.Mutex
	mx    map[string][]*net.MX
	a     map[string][]net.IPAddr
	txt   map[string][]string
	ptr   map[string][]string
	cname map[string]string
	fail  map[string]bool // "mx north.test": this question gets no answer
	asked int
	most  int // more questions are too many; 0: any number
	t     testing.TB
}

// add takes a line: "mx DOMAIN PREF HOST", "a HOST ADDRESS", "ptr ADDRESS NAME", "cname NAME NAME", "txt NAME TEXT…",
// "fail KIND NAME", "most N".
func (d *dns) add(t testing.TB, line string) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.t = t
	if d.mx == nil {
		d.mx, d.a, d.txt, d.ptr = map[string][]*net.MX{}, map[string][]net.IPAddr{}, map[string][]string{}, map[string][]string{}
		d.cname, d.fail = map[string]string{}, map[string]bool{}
	}
	f := strings.Fields(line)
	switch f[0] {
	case "mx":
		pref, err := strconv.ParseUint(f[2], 10, 16)
		if err != nil {
			t.Fatal(line, err)
		}
		d.mx[f[1]] = append(d.mx[f[1]], &net.MX{Host: strings.TrimSuffix(f[3], ".") + ".", Pref: uint16(pref)})
	case "a":
		d.a[f[1]] = append(d.a[f[1]], net.IPAddr{IP: net.ParseIP(f[2])})
	case "ptr":
		d.ptr[f[1]] = append(d.ptr[f[1]], f[2]+".")
	case "cname":
		d.cname[f[1]] = f[2]
	case "txt":
		d.txt[f[1]] = append(d.txt[f[1]], strings.Join(f[2:], " "))
	case "fail":
		d.fail[f[1]+" "+f[2]] = true
	case "most":
		d.most, _ = strconv.Atoi(f[1])
	default:
		t.Fatal("no line of a zone:", line)
	}
}

func answer[T any](d *dns, kind, name string, from func() map[string][]T) ([]T, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.asked++; d.most > 0 && d.asked > d.most {
		d.t.Errorf("question %d to the DNS: %s %s", d.asked, kind, name)
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if d.fail[kind+" "+name] {
		return nil, &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
	}
	if to := d.cname[name]; to != "" {
		name = to
	}
	if found := from()[name]; len(found) > 0 {
		return found, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (d *dns) LookupTXT(_ context.Context, name string) ([]string, error) {
	return answer(d, "txt", name, func() map[string][]string { return d.txt })
}

func (d *dns) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	return answer(d, "mx", name, func() map[string][]*net.MX { return d.mx })
}

func (d *dns) LookupIPAddr(_ context.Context, name string) ([]net.IPAddr, error) {
	return answer(d, "a", name, func() map[string][]net.IPAddr { return d.a })
}

func (d *dns) LookupAddr(_ context.Context, addr string) ([]string, error) {
	return answer(d, "ptr", addr, func() map[string][]string { return d.ptr })
}
