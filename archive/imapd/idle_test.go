package imapd

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestIdleLooksFirst(t *testing.T) {
	m := community(t)
	box := m.boxes["Back-channel/New"]
	box.arrive(note("one", "One."))
	box.arrive(note("two", "Two."))
	_, addr := start(t, m, nil)
	k := signedIn(t, addr)
	k.play("C: a SELECT Back-channel/New\nS: * 2 EXISTS\nS> a OK …")
	// What happens between the SELECT and the IDLE is news at once.
	box.vanish(1)
	box.arrive(note("three", "Three."))
	k.play("C: b IDLE\nS: + idling\nS: * 1 EXPUNGE\nS: * 2 EXISTS")
	// Several at once are counted right.
	m.mu.Lock()
	for range 3 {
		box.put([]byte("Subject: more\r\n\r\n"), nil, m.now)
	}
	m.ping()
	m.mu.Unlock()
	k.play("S: * 5 EXISTS")
	// What comes and goes in between was never there.
	m.mu.Lock()
	gone := box.put([]byte("Subject: short\r\n\r\n"), nil, m.now)
	box.drop(box.at(gone))
	m.ping()
	m.mu.Unlock()
	_ = box.SetFlags(t.Context(), []uint32{3}, Add, []string{Flagged})
	k.play("S: * 2 FETCH (UID 3 FLAGS (\\Flagged))\nC: DONE\nS: b OK IDLE completed")
	k.play("C: c IDLE\nS: + idling\nC: DONE\nS: c OK IDLE completed")
}

func TestNumbersStayWhileTheClientCounts(t *testing.T) {
	m := community(t)
	box := m.boxes["Back-channel/New"]
	for i := range 4 {
		box.arrive(note(fmt.Sprintf("n%d", i+1), "x"))
	}
	_, addr := start(t, m, nil)
	k := signedIn(t, addr)
	k.play("C: a SELECT Back-channel/New\nS> a OK …")
	box.vanish(1)
	box.vanish(3)
	box.arrive(note("n5", "x"))
	k.play(`
		C: b FETCH 1:4 UID
		S: * 2 FETCH (UID 2)
		S: * 4 FETCH (UID 4)
		S: * 5 EXISTS
		S: b OK FETCH completed
		C: c STORE 4 +FLAGS (\Seen)
		S: * 4 FETCH (FLAGS (\Seen))
		S: c OK STORE completed
		C: d SEARCH ALL
		S: * SEARCH 2 4 5
		S: d OK SEARCH completed
		C: e UID FETCH 2:* UID
		S: * 2 FETCH (UID 2)
		S: * 4 FETCH (UID 4)
		S: * 5 FETCH (UID 5)
		S: * 3 EXPUNGE
		S: * 1 EXPUNGE
		S: e OK UID FETCH completed
		C: f FETCH * UID
		S: * 3 FETCH (UID 5)
		S: f OK FETCH completed
	`)
}

func TestMoveTellsWhereTo(t *testing.T) {
	m := community(t)
	box := m.boxes["Back-channel/New"]
	for i := range 3 {
		box.arrive(note(fmt.Sprintf("n%d", i+1), "x"))
	}
	_, addr := start(t, m, nil)
	k, other := signedIn(t, addr), signedIn(t, addr)
	other.play("C: a SELECT Back-channel/New\nS> a OK …\nC: b IDLE\nS: + idling")
	k.play(`
		C: a SELECT Back-channel/New
		S> a OK …
		C: b MOVE 1,3 Back-channel/Mine
		S: * OK [COPYUID 1005 1,3 1:2] COPY completed
		S: * 3 EXPUNGE
		S: * 1 EXPUNGE
		S: b OK MOVE completed
		C: c UID MOVE 77 Back-channel/Mine
		S: c OK UID MOVE completed
		C: d COPY 1 Back-channel/Mine
		S: d OK [COPYUID 1005 2 3] COPY completed
		C: e COPY 1 Nowhere
		S: e NO [TRYCREATE] There is no folder Nowhere.
		C: f COPY 9 Back-channel/Mine
		S: f OK COPY completed
	`)
	other.play("S: * 3 EXPUNGE\nS: * 1 EXPUNGE\nC: DONE\nS: b OK IDLE completed")
	if got := strings.Join(m.moves, " "); got != "Back-channel/New>Back-channel/Mine" {
		t.Errorf("the account saw %q", got)
	}
}

// plain is an Account without the powers to copy and create.
type plain struct{ Account }

func TestAnAccountWithoutPowers(t *testing.T) {
	m := community(t)
	m.boxes["Back-channel/New"].arrive(note("one", "One."))
	_, addr := start(t, plain{m}, nil)
	k := signedIn(t, addr)
	k.play(`
		C: a CREATE Back-channel/Tags/x
		S: a NO [CANNOT] ` + saysNoCreate + `
		C: b SELECT Back-channel/New
		S> b OK …
		C: c COPY 1 Back-channel/Mine
		S: c NO [CANNOT] ` + saysNoCopy + `
		C: d MOVE 1 Nowhere
		S: d NO [NONEXISTENT] There is no folder Nowhere.
	`)
}

// Several clients idle, move and expunge while letters come and go. At the end each knows the mailbox as it is.
func TestManyHandsAtOnce(t *testing.T) {
	m := community(t)
	box := m.boxes["Back-channel/New"]
	for i := range 20 {
		box.arrive(note(fmt.Sprintf("first %d", i), "x"))
	}
	_, addr := start(t, m, nil)
	var idlers, workers sync.WaitGroup
	clients := make([]*counting, 6)
	for i := range clients {
		clients[i] = &counting{talker: signedIn(t, addr)}
		clients[i].command("SELECT Back-channel/New")
	}
	stop := make(chan struct{})
	for _, c := range clients[:3] {
		idlers.Add(1)
		go func() {
			defer idlers.Done()
			for {
				select {
				case <-stop:
					return
				default:
					c.idle()
				}
			}
		}()
	}
	for n, c := range clients[3:] {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for i := range 40 {
				switch (i + n) % 5 {
				case 0:
					c.command("UID MOVE 1:* Back-channel/Mine")
				case 1:
					c.command("STORE 1:2 +FLAGS (\\Deleted)")
				case 2:
					c.command("EXPUNGE")
				case 3:
					c.command("FETCH 1:* (UID FLAGS)")
				case 4:
					c.command("NOOP")
				}
			}
		}()
	}
	workers.Add(1)
	go func() {
		defer workers.Done()
		for i := range 200 {
			uid := box.arrive(note(fmt.Sprintf("more %d", i), "x"))
			if i%3 == 0 {
				box.vanish(uid - 1)
			}
		}
	}()
	workers.Wait()
	close(stop)
	idlers.Wait()
	snap, _ := box.Load(t.Context())
	for i, c := range clients {
		c.command("NOOP")
		if c.total != len(snap.UIDs) {
			t.Errorf("client %d counts %d, there are %d", i, c.total, len(snap.UIDs))
		}
	}
}

// counting is a client that keeps count as RFC 9051 wants it.
type counting struct {
	*talker
	total, tag int
}

func (c *counting) command(s string) {
	c.tag++
	tag := fmt.Sprintf("t%d", c.tag)
	c.say(tag + " " + s + "\r\n")
	c.until(tag + " ")
}

func (c *counting) idle() {
	c.tag++
	c.say(fmt.Sprintf("t%d IDLE\r\n", c.tag))
	c.until("+ ")
	c.say("DONE\r\n")
	c.until(fmt.Sprintf("t%d ", c.tag))
}

func (c *counting) until(prefix string) {
	for {
		line := c.line()
		var n int
		var what string
		if _, err := fmt.Sscanf(line, "* %d %s", &n, &what); err == nil {
			switch what {
			case "EXISTS":
				if n < c.total {
					c.t.Errorf("EXISTS %d after %d", n, c.total)
				}
				c.total = n
			case "EXPUNGE":
				if n < 1 || n > c.total {
					c.t.Errorf("EXPUNGE %d of %d", n, c.total)
				}
				c.total--
			case "FETCH":
				if n < 1 || n > c.total {
					c.t.Errorf("FETCH %d of %d", n, c.total)
				}
			}
		}
		if strings.HasPrefix(line, prefix) {
			return
		}
	}
}
