package doctor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/logbook"
	"backchannel/lists"
	"backchannel/lists/moderation"
	"backchannel/smtpd/queue"
)

// communities: one without a manager has a private door that leads nowhere; one without an ombuds has nobody for what managers must
// not see (product.md, Decided).
func communities(ctx context.Context, h Host) []Finding {
	var all []Finding
	err := h.Database.View(ctx, func(tx *db.Tx) error {
		found, err := lists.Communities(tx)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			all = one(Warn, "there is none yet", "backchannel community add gardeners.example")
		}
		for _, c := range found {
			f, err := community(tx, c)
			if err != nil {
				return err
			}
			for i := range f {
				f[i].On = c.Domain
			}
			all = append(all, f...)
		}
		return nil
	})
	if err != nil {
		return unable(err)
	}
	return all
}

func community(tx *db.Tx, c lists.Community) ([]Finding, error) {
	members, err := lists.Members(tx, c.ID)
	if err != nil {
		return nil, err
	}
	l, err := lists.Lists(tx, c.ID)
	if err != nil {
		return nil, err
	}
	active, paused := 0, []string{}
	for _, m := range members {
		switch {
		case m.Role != lists.RoleManager:
		case m.State == lists.Active:
			active++
		case m.State == lists.Paused:
			paused = append(paused, m.Address.String())
		}
	}
	var all []Finding
	if active == 0 {
		all = append(all, one(Fail, "it has no manager whom mail reaches: nobody reads managers@"+c.Domain, "backchannel member add ADDRESS --community "+c.Domain+" --role manager")...)
	} else if len(paused) > 0 {
		all = append(all, one(Warn, "mail to a manager comes back: "+commas(paused), "ask them for an address that works: backchannel member show "+paused[0])...)
	}
	if c.Ombuds.IsZero() {
		all = append(all, one(Warn, "no ombuds is named for what managers must not see", "backchannel community set "+c.Domain+" --ombuds ADDRESS")...)
	}
	if len(all) == 0 {
		all = fine("%s, %s", count(active, "manager"), count(len(l), "list"))
	}
	return all, nil
}

// postmaster asks the running server whether it takes mail for the two addresses that must always work (M22, RFC 2142). That they
// reach somebody is a matter of there being managers, which another check looks at.
func postmaster(ctx context.Context, h Host, domain string) []Finding {
	at := ""
	for _, l := range h.Listeners {
		if l.Setting == "smtp.listen" {
			at = l.Address
		}
	}
	if !h.Running || at == "" {
		return one(Later, "not known: no server takes letters just now", "start the server and run doctor again")
	}
	for _, word := range []string{"postmaster", "abuse"} {
		to := word + "@" + domain
		reply, err := h.wouldTake(ctx, at, to)
		switch {
		case err != nil:
			return one(Warn, "not known: the server was asked and hung up: "+clean(err.Error()), "look at the log of the server")
		case !strings.HasPrefix(reply, "250"):
			return one(Fail, to+" is not taken: "+clean(reply), "it must always work; look at the log of the server")
		}
	}
	return fine("postmaster@ and abuse@ are taken")
}

// wouldTake asks a server whether it takes mail for an address, and leaves without any.
func (h Host) wouldTake(ctx context.Context, at, to string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := h.dial(ctx, at)
	if err != nil {
		return "", err
	}
	defer c.Close()
	r := bufio.NewReader(io.LimitReader(c, mostSaid))
	reply, err := smtpReply(r)
	for _, line := range []string{"EHLO " + h.HELO, "MAIL FROM:<>", "RCPT TO:<" + to + ">"} {
		if err == nil && !strings.HasPrefix(reply, "2") {
			return reply, nil
		}
		if err == nil {
			_, err = fmt.Fprintf(c, "%s\r\n", line)
		}
		if err == nil {
			reply, err = smtpReply(r)
		}
	}
	if err == nil {
		_, _ = fmt.Fprintf(c, "QUIT\r\n") // a courtesy
	}
	return reply, err
}

// mostSaid is more than a server says in one of our short talks.
const mostSaid = 16 << 10

var errOdd = errors.New("it does not speak SMTP")

// smtpReply reads one reply and gives its last line.
func smtpReply(r *bufio.Reader) (string, error) {
	for {
		line, err := r.ReadString('\n')
		line = strings.TrimSpace(line)
		if err != nil && line == "" {
			return "", err
		}
		if len(line) < 3 {
			return "", errOdd
		}
		if len(line) == 3 || line[3] != '-' {
			return line, nil
		}
	}
}

// dial connects, and lets nothing on the connection last longer than the context.
func (h Host) dial(ctx context.Context, at string) (net.Conn, error) {
	c, err := h.Dial(ctx, "tcp", at)
	if err != nil {
		return nil, err
	}
	if end, ok := ctx.Deadline(); ok {
		if err := c.SetDeadline(end); err != nil {
			c.Close()
			return nil, err
		}
	}
	return c, nil
}

// bounced counts how many copies came back lately (M16).
func bounced(ctx context.Context, h Host) []Finding {
	var n map[logbook.Verb]int64
	err := h.Database.View(ctx, func(tx *db.Tx) (err error) {
		n, err = logbook.EndedSince(tx, h.Now().AddDate(0, 0, -7))
		return err
	})
	if err != nil {
		return unable(err)
	}
	back, all := n[logbook.Bounced], n[logbook.Bounced]+n[logbook.Delivered]
	found := fmt.Sprintf("of %s in the last seven days %d came back", count(all, "copy"), back)
	if all >= fewest && back*50 > all {
		return one(Warn, found, "providers judge senders by that: backchannel trace tells why for each; take dead addresses out before they do it for you")
	}
	return fine("%s", found)
}

// fewest copies say something about a share.
const fewest = 50

// owed looks at the queue: how much, how old, and whether it is held.
func owed(ctx context.Context, h Host) []Finding {
	var s queue.Summary
	err := h.Database.View(ctx, func(tx *db.Tx) (err error) { s, err = queue.Summarise(tx); return err })
	if err != nil {
		return unable(err)
	}
	found := count(s.Owing(), "copy") + " owed"
	switch {
	case s.Aside > 0:
		return one(Fail, fmt.Sprintf("%s; the program failed on %d of them and set them aside", found, s.Aside), "backchannel queue list --state aside, and please report it; release gives a copy another chance")
	case s.Held > 0:
		return one(Warn, fmt.Sprintf("%s, %d of them held back, as after a restore", found, s.Held), "backchannel queue list --state held; drop what went out before, then: backchannel queue release --all")
	case !s.Oldest.IsZero() && h.Now().Sub(s.Oldest) > 24*time.Hour:
		return one(Warn, fmt.Sprintf("%s, the oldest for %s", found, h.Now().Sub(s.Oldest).Round(time.Hour)), "backchannel queue list shows what the other side said")
	}
	return fine("%s", found)
}

// resting tells which operators of mail hosts have asked us to slow down (M13).
func resting(ctx context.Context, h Host) []Finding {
	var all []queue.Pause
	err := h.Database.View(ctx, func(tx *db.Tx) (err error) { all, err = queue.Pauses(tx); return err })
	if err != nil {
		return unable(err)
	}
	if len(all) == 0 {
		return fine("nobody has asked us to slow down")
	}
	var found []Finding
	for _, p := range all[:min(len(all), mostResting)] {
		f := one(Fail, fmt.Sprintf("%s asked us to slow down and gets nothing until %s: %s", clean(p.Operator), p.Until.UTC().Format("2006-01-02 15:04 UTC"), clean(p.Why)),
			fmt.Sprintf("nothing, if it stays rare; its own words: backchannel queue show %d", p.Copy))
		found = append(found, f...)
	}
	if more := len(all) - mostResting; more > 0 {
		found = append(found, one(Warn, fmt.Sprintf("so did %d more", more), "when many do, look at the checks of what others see: SPF, DKIM, the reverse name")...)
	}
	return found
}

// mostResting is how many operators are told of by name.
const mostResting = 5

// waiting counts letters that wait for somebody's word.
func waiting(ctx context.Context, h Host) []Finding {
	n, oldest := 0, time.Time{}
	err := h.Database.View(ctx, func(tx *db.Tx) error {
		found, err := lists.Communities(tx)
		for _, c := range found {
			held, err := moderation.List(tx, c.ID)
			if err != nil {
				return err
			}
			for _, w := range held {
				if n++; oldest.IsZero() || w.Asked.Before(oldest) {
					oldest = w.Asked
				}
			}
		}
		return err
	})
	if err != nil {
		return unable(err)
	}
	if n > 0 && h.Now().Sub(oldest) > 72*time.Hour {
		return one(Warn, fmt.Sprintf("%s, and the oldest has waited for a manager's word for %s", count(n, "letter"), h.Now().Sub(oldest).Round(time.Hour)), "backchannel held list")
	}
	return fine("%s", count(n, "letter"))
}

// stumbledLately is how far back doctor looks for letters over which the program failed.
const stumbledLately = 30 * 24 * time.Hour

// stumbled tells of letters over which the program failed twice: that there were some, and when; nothing of whose they were.
func stumbled(ctx context.Context, h Host) []Finding {
	if h.Stumbled == nil {
		return fine("not looked at")
	}
	var refused []time.Time
	aside := 0
	err := h.Database.View(ctx, func(tx *db.Tx) (err error) {
		refused, aside, err = h.Stumbled(tx, h.Now().Add(-stumbledLately))
		return err
	})
	if err != nil {
		return unable(err)
	}
	const do = "look in the server's log for \"stumbled over a letter\", and report what stands there to the makers of the program"
	var all []Finding
	if n := len(refused); n > 0 {
		all = append(all, one(Warn, fmt.Sprintf("refused: %s, since the program failed on each twice, the last time %s; nothing of that is kept, and the writer was asked for plain text",
			count(n, "private letter"), refused[n-1].UTC().Format("2006-01-02 15:04 UTC")), do)...)
	}
	if aside > 0 {
		all = append(all, one(Warn, "set aside: "+count(aside, "letter")+", since the program failed on each twice; the managers were told", do)...)
	}
	if len(all) == 0 {
		return fine("none within a month")
	}
	return all
}
