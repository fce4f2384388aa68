package imapd

import (
	"context"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// mem is an Account in memory: the whole of what a session may ask of one, with mailboxes that can be changed at will. Other
// people's hands are its own methods.
type mem struct {
	mu      sync.Mutex
	boxes   map[string]*memBox
	order   []string
	watches map[chan struct{}]struct{}
	refuse  error // every look is refused with this
	moves   []string
	now     time.Time
	creates bool
	filed   int // letters given to Append
}

type memBox struct {
	of       *mem
	name     string
	box      Mailbox
	validity uint32
	next     uint32
	change   int64
	letters  []*memLetter
	vanished []memGone
	readOnly bool
	flags    []string
	index    func(q Query) ([]uint32, error)
	refuseEx error
}

type memGone struct {
	uid    uint32
	change int64
}

type memLetter struct {
	uid       uint32
	change    int64
	raw       []byte
	flags     []string
	date      time.Time
	structure letter.Structure
}

var allFlags = []string{Seen, Answered, Flagged, Deleted, Draft, AnyKeyword}

func newMem(names ...string) *mem {
	m := &mem{boxes: map[string]*memBox{}, watches: map[chan struct{}]struct{}{}, now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
	for _, n := range names {
		m.add(Mailbox{Name: n, Takes: Keeps})
	}
	return m
}

func (m *mem) add(b Mailbox) *memBox {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.addLocked(b)
}

func (m *mem) addLocked(b Mailbox) *memBox {
	box := &memBox{of: m, name: b.Name, box: b, validity: uint32(1000 + len(m.order)), next: 1, change: 1, flags: allFlags}
	m.boxes[b.Name] = box
	m.order = append(m.order, b.Name)
	return box
}

func (m *mem) Mailboxes(context.Context) ([]Mailbox, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Mailbox
	for _, n := range m.order {
		if b, ok := m.boxes[n]; ok {
			out = append(out, b.box)
		}
	}
	return out, m.refuse
}

func (m *mem) Open(_ context.Context, name string) (View, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.boxes[name]
	if !ok || b.box.Branch {
		return nil, refusal.Because(refusal.NotFound, "There is no such folder.")
	}
	return b, m.refuse
}

func (m *mem) Watch() (<-chan struct{}, func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := make(chan struct{}, 1)
	m.watches[c] = struct{}{}
	return c, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.watches, c)
	}
}

func (m *mem) ping() {
	for c := range m.watches {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func (m *mem) Create(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.creates {
		return refusal.Because(refusal.NotAllowed, saysNoCreate)
	}
	if _, there := m.boxes[name]; there {
		return refusal.Because(refusal.Conflict, "That folder exists already.")
	}
	m.addLocked(Mailbox{Name: name, Takes: Keeps})
	return nil
}

func (m *mem) Move(_ context.Context, from View, uids []uint32, to string) ([]Moved, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	src := from.(*memBox)
	dst, ok := m.boxes[to]
	if !ok {
		return nil, refusal.Because(refusal.NotFound, "There is no folder %s.", to)
	}
	if to == "Back-channel/Refuses" {
		return nil, refusal.Because(refusal.NotAllowed, "Reports stay where they are until you close them.").Try("/close")
	}
	m.moves = append(m.moves, src.name+">"+to)
	defer m.ping()
	return src.transfer(dst, uids, true), nil
}

func (m *mem) Copy(_ context.Context, from View, uids []uint32, to string) ([]Moved, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	dst, ok := m.boxes[to]
	if !ok {
		return nil, refusal.Because(refusal.NotFound, "There is no folder %s.", to)
	}
	defer m.ping()
	return from.(*memBox).transfer(dst, uids, false), nil
}

func (b *memBox) transfer(dst *memBox, uids []uint32, take bool) []Moved {
	var out []Moved
	for _, uid := range uids {
		i := b.at(uid)
		if i < 0 {
			continue
		}
		l := b.letters[i]
		n := dst.put(l.raw, l.flags, l.date)
		out = append(out, Moved{From: uid, Place: Place{dst.validity, n}})
		if take {
			b.drop(b.at(uid))
		}
	}
	return out
}

func (m *mem) Append(_ context.Context, to string, in Incoming) (Place, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.boxes[to]
	if !ok {
		return Place{}, refusal.Because(refusal.NotFound, saysNoMailbox)
	}
	m.filed++
	if in.Date.IsZero() {
		in.Date = m.now
	}
	defer m.ping()
	return Place{b.validity, b.put(in.Raw, in.Flags, in.Date)}, nil
}

// put adds a letter; the caller holds mu.
func (b *memBox) put(raw []byte, flags []string, date time.Time) uint32 {
	b.change++
	l := &memLetter{uid: b.next, change: b.change, raw: raw, flags: flags, date: date}
	if parsed, err := letter.Parse(raw); err == nil {
		l.structure = parsed.Structure()
	}
	b.next++
	b.letters = append(b.letters, l)
	return l.uid
}

// arrive is a letter from outside.
func (b *memBox) arrive(raw string) uint32 {
	b.of.mu.Lock()
	defer b.of.mu.Unlock()
	defer b.of.ping()
	return b.put([]byte(strings.ReplaceAll(raw, "\n", "\r\n")), nil, b.of.now)
}

// vanish takes a letter out from outside.
func (b *memBox) vanish(uid uint32) {
	b.of.mu.Lock()
	defer b.of.mu.Unlock()
	defer b.of.ping()
	if i := b.at(uid); i >= 0 {
		b.drop(i)
	}
}

func (b *memBox) drop(i int) {
	b.change++
	b.vanished = append(b.vanished, memGone{b.letters[i].uid, b.change})
	b.letters = slices.Delete(b.letters, i, i+1)
}

func (b *memBox) at(uid uint32) int {
	return slices.IndexFunc(b.letters, func(l *memLetter) bool { return l.uid == uid })
}

func (b *memBox) ReadOnly() bool           { return b.readOnly }
func (b *memBox) PermanentFlags() []string { return b.flags }

func (b *memBox) Status(context.Context) (Status, error) {
	b.of.mu.Lock()
	defer b.of.mu.Unlock()
	return b.status(), b.of.refuse
}

func (b *memBox) status() Status {
	st := Status{Validity: b.validity, Next: b.next, Change: b.change, Messages: uint32(len(b.letters))}
	for _, l := range b.letters {
		if !hasFlag(l.flags, Seen) {
			st.Unseen++
		}
		if hasFlag(l.flags, Deleted) {
			st.Deleted++
		}
		st.Size += int64(len(l.raw))
	}
	return st
}

func (b *memBox) Load(context.Context) (Snapshot, error) {
	b.of.mu.Lock()
	defer b.of.mu.Unlock()
	s := Snapshot{Status: b.status()}
	for _, l := range b.letters {
		s.UIDs = append(s.UIDs, l.uid)
		if s.FirstUnseen == 0 && !hasFlag(l.flags, Seen) {
			s.FirstUnseen = l.uid
		}
	}
	return s, b.of.refuse
}

func (b *memBox) Changes(_ context.Context, since int64) (Changes, error) {
	b.of.mu.Lock()
	defer b.of.mu.Unlock()
	c := Changes{Change: b.change}
	for _, l := range b.letters {
		if l.change > since {
			c.Rows = append(c.Rows, l.row())
		}
	}
	for _, g := range b.vanished {
		if g.change > since {
			c.Vanished = append(c.Vanished, g.uid)
		}
	}
	return c, b.of.refuse
}

func (l *memLetter) row() Row {
	return Row{UID: l.uid, Change: l.change, Flags: slices.Clone(l.flags), Size: int64(len(l.raw)), Date: l.date, Structure: l.structure}
}

func (b *memBox) Rows(_ context.Context, uids []uint32, _ Columns) ([]Row, error) {
	b.of.mu.Lock()
	defer b.of.mu.Unlock()
	var out []Row
	for _, uid := range uids {
		if i := b.at(uid); i >= 0 {
			out = append(out, b.letters[i].row())
		}
	}
	return out, b.of.refuse
}

func (b *memBox) Raw(_ context.Context, uid uint32) ([]byte, error) {
	b.of.mu.Lock()
	defer b.of.mu.Unlock()
	if i := b.at(uid); i >= 0 {
		return b.letters[i].raw, nil
	}
	return nil, refusal.Because(refusal.NotFound, "That letter is gone.")
}

func (b *memBox) Search(ctx context.Context, q Query) ([]uint32, error) {
	if b.index == nil {
		return nil, ErrNoIndex
	}
	return b.index(q)
}

func (b *memBox) SetFlags(_ context.Context, uids []uint32, op FlagOp, flags []string) error {
	b.of.mu.Lock()
	defer b.of.mu.Unlock()
	defer b.of.ping()
	for _, uid := range uids {
		i := b.at(uid)
		if i < 0 {
			continue
		}
		l := b.letters[i]
		set := map[string]struct{}{}
		if op != SetTo {
			for _, f := range l.flags {
				set[f] = struct{}{}
			}
		}
		for _, f := range flags {
			if op == Remove {
				delete(set, f)
			} else {
				set[f] = struct{}{}
			}
		}
		b.change++
		l.flags, l.change = slices.Sorted(maps.Keys(set)), b.change
	}
	return nil
}

func (b *memBox) Expunge(_ context.Context, uids []uint32) error {
	b.of.mu.Lock()
	defer b.of.mu.Unlock()
	defer b.of.ping()
	if b.refuseEx != nil {
		return b.refuseEx
	}
	for _, uid := range uids {
		if i := b.at(uid); i >= 0 {
			b.drop(i)
		}
	}
	return nil
}

// oneDoor is a Login with one person.
type oneDoor struct {
	account        Account
	user, password string
	err            error
}

func (d oneDoor) Login(_ context.Context, _ netip.Addr, user, password string) (Account, error) {
	if d.err != nil {
		return nil, d.err
	}
	if user != d.user || password != d.password {
		return nil, refusal.Because(refusal.NotAllowed, "Nobody called %s is here.", user)
	}
	return d.account, nil
}

// start runs a server on loopback for one person and gives its address.
func start(t testing.TB, account Account, change func(*Config)) (*Server, string) {
	t.Helper()
	cfg := Config{
		Login:      oneDoor{account: account, user: "mira@lowe.test", password: "secret"},
		Now:        func() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) },
		WrongDelay: time.Millisecond,
		Calm:       time.Millisecond,
	}
	if change != nil {
		change(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return s, l.Addr().String()
}
