package main_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"backchannel/cmd/backchannel/backchanneltest"
)

// As many copies may be on their way at one time: twice relay.connections, because the outcomes of one half are being written down
// while the other half travels. So many may arrive twice after a crash (P2).
const copiesInFlight = 20

// outside skips what plays the built program from outside, for many seconds, where nothing new would be learned.
func outside(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts and kills servers for many seconds")
	}
	if backchanneltest.BuiltWith("-race") == "true" {
		t.Skip("the program is built without the race detector: the run without it has seen all of this")
	}
}

// TestKilledUnderLoad kills the server with SIGKILL at random moments while letters come in and go out, again and again. What was
// answered 250 arrives at every member; what was not is offered again, as any mail server does, and arrives too; nothing is lost, and
// no more comes twice than was in flight (P1, P2, P3, P13).
func TestKilledUnderLoad(t *testing.T) {
	outside(t)
	const rounds, workers = 8, 4
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	s := backchanneltest.NewStage(t, backchanneltest.Build(t))
	l := load{Stage: s, members: s.Community(8)}
	for round := range rounds {
		s.Start()
		l.offerAgain()
		time.AfterFunc(time.Duration(200+random.IntN(1500))*time.Millisecond, s.Shoot)
		l.flood(round, workers)
		s.Forget()
	}
	s.Start()
	l.offerAgain()
	if len(l.taken) < rounds*workers {
		t.Fatalf("only %d letters were taken: that is no load", len(l.taken))
	}
	everywhere(t, s, l.members, l.taken, 60*time.Second)
	s.Stop()
	balanced(t, s)

	copies, twice := 0, 0
	for _, n := range s.World.Seen() {
		copies += n
		twice += n - 1
	}
	if want := len(l.taken) * len(l.members); copies-twice != want {
		t.Errorf("%d different copies came, %d were owed", copies-twice, want)
	}
	if most := rounds * copiesInFlight; twice > most {
		t.Errorf("%d copies came twice after %d kills, at most %d were in flight", twice, rounds, most)
	}
	t.Logf("killed %d times: %d letters taken, %d copies, none missing, %d twice", rounds, len(l.taken), copies, twice)
}

// load is letters on their way in.
type load struct {
	*backchanneltest.Stage
	members []string

	mu      sync.Mutex
	taken   []string                 // Message-IDs answered 250
	unclear []backchanneltest.Letter // their session broke: any mail server offers them again
}

// post offers a letter and tells whether the server is still there.
func (l *load) post(one backchanneltest.Letter) bool {
	code := l.Post(one)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch code {
	case 250:
		l.taken = append(l.taken, one.ID)
	case 0:
		l.unclear = append(l.unclear, one)
	default:
		l.T.Errorf("%s was answered %d", one.ID, code)
	}
	return code != 0
}

// flood posts over so many sessions at a time until the server is dead.
func (l *load) flood(round, workers int) {
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for n := 0; l.post(backchanneltest.Letter{From: l.members[(w+n)%len(l.members)], ID: fmt.Sprintf("%d.%d.%d@client.test", round, w, n), Size: 2000}); n++ {
			}
		})
	}
	all.Wait()
}

// offerAgain offers the letters whose fate is unclear, which the server may have or not.
func (l *load) offerAgain() {
	again := l.unclear
	l.unclear = nil
	for _, one := range again {
		if !l.post(one) {
			l.T.Fatal("the server is not there")
		}
	}
}

// everywhere waits until every letter has come to every member.
func everywhere(t *testing.T, s *backchanneltest.Stage, members, ids []string, patience time.Duration) {
	t.Helper()
	var missing []string
	ok := s.World.Wait(backchanneltest.Until(t, patience), func() bool {
		missing = nil
		if s.World.Taken() < len(members)*len(ids) {
			missing = []string{fmt.Sprintf("%d copies in all", len(members)*len(ids)-s.World.Taken())}
			return false
		}
		seen := s.World.Seen()
		for _, id := range ids {
			for _, m := range members {
				if seen[backchanneltest.Arrival{To: m, MessageID: id}] == 0 {
					missing = append(missing, id+" to "+m)
				}
			}
		}
		return len(missing) == 0
	})
	if !ok {
		t.Fatalf("missing: %s", strings.Join(missing[:min(len(missing), 5)], ", "))
	}
}

// balanced lets a server that has stopped send what it still owes, and checks the books: nothing is owed then, and check finds no
// fault (P13).
func balanced(t *testing.T, s *backchanneltest.Stage) {
	t.Helper()
	s.CLI("due")
	if owed := strings.TrimSpace(s.CLI("queue", "list", "--json")); owed != "[]" {
		t.Errorf("still owed: %s", owed)
	}
	s.CLI("check")
}
