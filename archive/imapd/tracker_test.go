package imapd

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// pupil is a client that believes what it is told, by message number alone.
type pupil struct {
	uids  []uint32 // 0 for a message of which only the number is known
	flags map[uint32][]string
	bad   error
}

func (p *pupil) expunge(n uint32) error {
	if n < 1 || int(n) > len(p.uids) {
		p.bad = fmt.Errorf("EXPUNGE %d of %d", n, len(p.uids))
		return p.bad
	}
	p.uids = slices.Delete(p.uids, int(n-1), int(n))
	return nil
}

func (p *pupil) exists(total uint32) error {
	if int(total) < len(p.uids) {
		p.bad = fmt.Errorf("EXISTS %d after %d", total, len(p.uids))
	}
	for len(p.uids) < int(total) {
		p.uids = append(p.uids, 0)
	}
	return p.bad
}

func (p *pupil) learn(n, uid uint32, flags []string) error {
	if n < 1 || int(n) > len(p.uids) || p.uids[n-1] != 0 && p.uids[n-1] != uid {
		p.bad = fmt.Errorf("FETCH %d is UID %d among %v", n, uid, p.uids)
		return p.bad
	}
	p.uids[n-1] = uid
	p.flags[uid] = flags
	return nil
}

type pupilTeller struct{ *pupil }

func (t pupilTeller) flags(n, uid uint32, flags []string) error { return t.learn(n, uid, flags) }

// Whatever happens in the mailbox and whenever the client is told, numbers mean to the client what they mean to the tracker, and a
// client that was told everything knows the mailbox as it is.
func TestTrackerNeverLies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		m := newMem("box")
		box := m.boxes["box"]
		for range rapid.IntRange(0, 5).Draw(t, "before") {
			box.arrive("Subject: x\n\n")
		}
		snap, _ := box.Load(ctx)
		list := newTracker(snap)
		client := &pupil{uids: slices.Clone(snap.UIDs), flags: map[uint32][]string{}}
		tell := func(mayExpunge bool) {
			if err := list.tell(pupilTeller{client}, mayExpunge); err != nil {
				t.Fatal(err)
			}
			if len(client.uids) != len(list.uids) {
				t.Fatalf("the client counts %d, the tracker %d", len(client.uids), len(list.uids))
			}
			for i, uid := range client.uids {
				if uid != 0 && uid != list.uids[i] {
					t.Fatalf("number %d is %d to the client and %d to the tracker", i+1, uid, list.uids[i])
				}
			}
		}
		pick := func() uint32 {
			if len(box.letters) == 0 {
				return 1
			}
			return box.letters[rapid.IntRange(0, len(box.letters)-1).Draw(t, "which")].uid
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"arrive", "vanish", "flag", "look", "tell", "tell all"}).Draw(t, "step") {
			case "arrive":
				box.arrive("Subject: x\n\n")
			case "vanish":
				box.vanish(pick())
			case "flag":
				_ = box.SetFlags(ctx, []uint32{pick()}, FlagOp(rapid.IntRange(0, 2).Draw(t, "op")), []string{Seen})
			case "look":
				if err := list.look(ctx, box); err != nil {
					t.Fatal(err)
				}
			case "tell":
				tell(false)
			case "tell all":
				tell(true)
			}
		}
		if err := list.look(ctx, box); err != nil {
			t.Fatal(err)
		}
		tell(true)
		now, _ := box.Load(ctx)
		if !slices.Equal(list.uids, now.UIDs) {
			t.Fatalf("the tracker has %v, the mailbox %v", list.uids, now.UIDs)
		}
		for uid, flags := range client.flags {
			if i := box.at(uid); i >= 0 && !slices.Equal(flags, box.letters[i].flags) {
				t.Fatalf("UID %d has %v, the client was told %v", uid, box.letters[i].flags, flags)
			}
		}
	})
}
