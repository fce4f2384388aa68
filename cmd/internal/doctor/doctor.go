// Package doctor looks whether a host is ready to send and receive mail. It promises for each check a name, what was found, and what
// to do about it, in words for somebody who has one evening; that it changes nothing and sends no letter; that one check which cannot
// be made keeps no other from being made; and that all of it ends within twenty seconds.
//
// It also knows what the DNS of a community must say (Wanted), so that what `init` prints and what is looked for are one and the same.
package doctor

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"sync"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/smtpd/mailauth"
	"backchannel/smtpd/queue"
	"backchannel/templates/refusal"
)

// Status is how a check ended.
type Status string

// The ends of a check.
const (
	OK    Status = "ok"
	Later Status = "later"   // nothing to do while trying out
	Warn  Status = "warning" // it works, but somebody should know
	Fail  Status = "failed"  // it does not work
)

// Group is what a check looks at. Its text is the heading for people.
type Group string

// The groups, in the order in which they are shown.
const (
	Machine Group = "this machine"
	Ports   Group = "ports and the way out"
	Outside Group = "what others see"
	Work    Group = "letters and people"
)

// Groups are all groups in their order.
func Groups() []Group { return []Group{Machine, Ports, Outside, Work} }

// Finding is what one check found.
type Finding struct {
	Group  Group  `json:"group"`
	Check  string `json:"check"`
	On     string `json:"on,omitempty"` // of several things of the kind, which: a domain, a listener
	Status Status `json:"status"`
	Found  string `json:"found"`
	Do     string `json:"do,omitempty"` // what to do about it; empty when all is well
}

// Listener is one address that serve listens on.
type Listener struct {
	Setting  string // its name in config.yaml: "smtp.listen"
	Address  string // host:port
	Greets   string // what a server of ours says first; "" says nothing before it is asked
	Wrapped  bool   // TLS from the first byte
	STARTTLS bool   // SMTP: STARTTLS is offered
	URL      string // of the web pages
}

// Host is what is looked at. Everything of the outside world is handed in.
type Host struct {
	Database  *db.DB
	Now       func() time.Time
	Running   bool       // a server is running on this database
	Listeners []Listener // those that are switched on
	Data      fs.FS      // the folder of the database
	Keys      fs.FS      // the folder of the keys
	Relay     string     // "outbox", "smarthost" or "direct"
	Smarthost string     // host:port
	HELO      string     // our name
	Verify    string     // the verification setting
	Cert      CertInfo   // of tls.mode files
	Dial      func(ctx context.Context, network, address string) (net.Conn, error)

	SignIn    func(ctx context.Context) queue.Outcome // goes to the smarthost as a delivery does, without a letter; Delivered: it would take one
	Backup    time.Time                               // of the newest backup we know of
	Trying    bool                                    // nothing leaves this machine, and nothing comes in: the outside is not looked at,
	Outside   bool                                    // unless this says so
	Resolver  mailauth.Resolver                       //
	Addresses []netip.Addr                            // public addresses by which this machine is known to send; none: not known
	Wanted    func(domain string) (Wanted, error)     // what the DNS of a community must say
	Fetch     func(ctx context.Context, url string) (status int, body []byte, err error)
	Stumbled  func(tx *db.Tx, since time.Time) (refused []time.Time, aside int, err error) // letters over which the program failed: private ones, that were refused, and others, that were kept

	domain string // of the first community, for advice on the host itself
}

// CertInfo is what is known of the certificate.
type CertInfo struct {
	Mode    string    // tls.mode
	Err     error     // why it cannot be used
	Expires time.Time //
	Names   bool      // it is valid for our hostname
}

const (
	patience  = 5 * time.Second  // for one question or one host
	wholeTime = 20 * time.Second // for all of it
	atOnce    = 12               // checks made at the same time
)

// task is one check to be made.
type task struct {
	check  Check
	domain string
}

// Examine makes every check. The findings come in the order of the catalogue, in which the first failures explain the later ones.
func Examine(ctx context.Context, h Host) []Finding {
	ctx, cancel := context.WithTimeout(ctx, wholeTime)
	defer cancel()
	domains, err := h.communities(ctx)
	if h.domain = "DOMAIN"; len(domains) > 0 {
		h.domain = domains[0]
	}
	tasks := h.tasks(domains, err)
	found := make([]chan []Finding, len(tasks))
	turn := make(chan struct{}, atOnce)
	for i, t := range tasks {
		found[i] = make(chan []Finding, 1) // a check that ends too late must not wait for a reader
		go func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			found[i] <- guarded(ctx, h, t)
		}()
	}
	var all []Finding
	for i, t := range tasks {
		select {
		case f := <-found[i]:
			all = append(all, f...)
		case <-ctx.Done():
			select {
			case f := <-found[i]:
				all = append(all, f...)
			default:
				all = append(all, named(t, one(Warn, "not known: it took longer than twenty seconds", "backchannel doctor again, when the machine is less busy"))...)
			}
		}
	}
	return all
}

// communities are the domains that this host serves.
func (h Host) communities(ctx context.Context) (domains []string, err error) {
	err = h.Database.View(ctx, func(tx *db.Tx) error {
		found, err := lists.Communities(tx)
		for _, c := range found {
			domains = append(domains, c.Domain)
		}
		return err
	})
	return domains, err
}

// tasks are the checks to be made on this host. When the communities cannot be read the check of the database tells why.
func (h Host) tasks(domains []string, err error) (all []task) {
	for _, c := range Catalogue() {
		switch {
		case c.look == nil && c.each == nil || c.Group == Outside && (h.Trying && !h.Outside) != (c.Name == goingLive):
		case c.each == nil:
			all = append(all, task{check: c})
		case err == nil:
			for _, d := range domains {
				all = append(all, task{c, d})
			}
		}
	}
	return all
}

// guarded makes one check; a panic in it is its finding.
func guarded(ctx context.Context, h Host, t task) (found []Finding) {
	defer func() {
		if p := recover(); p != nil {
			found = named(t, one(Fail, "the check broke down: "+refusal.Caught(p).What, "please report this"))
		}
	}()
	if t.check.each != nil {
		return named(t, t.check.each(ctx, h, t.domain))
	}
	return named(t, t.check.look(ctx, h))
}

// named puts the name of the check on what it found.
func named(t task, found []Finding) []Finding {
	for i := range found {
		found[i].Group, found[i].Check = t.check.Group, t.check.Name
		if found[i].On == "" {
			found[i].On = t.domain
		}
	}
	return found
}

// Worst is the worst status among findings.
func Worst(all []Finding) Status {
	worst := OK
	for _, f := range all {
		if f.Status == Fail {
			return Fail
		}
		if f.Status == Warn {
			worst = Warn
		}
	}
	return worst
}

func one(status Status, found, do string) []Finding {
	return []Finding{{Status: status, Found: found, Do: do}}
}

func fine(format string, args ...any) []Finding { return one(OK, fmt.Sprintf(format, args...), "") }

// unable is the finding of a check that could not be made.
func unable(err error) []Finding {
	return one(Fail, fmt.Sprintf("could not be checked: %v", err), "look at the other findings first")
}

// gather makes a check's findings from several looks, in order and at the same time.
func gather[T any](things []T, look func(T) []Finding) (all []Finding) {
	found := make([][]Finding, len(things))
	broken := make([]*refusal.Panic, len(things))
	var wait sync.WaitGroup
	for i, t := range things {
		wait.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					broken[i] = refusal.Caught(p)
				}
			}()
			found[i] = look(t)
		})
	}
	wait.Wait()
	for i, f := range found {
		if broken[i] != nil {
			panic(broken[i]) // for guarded
		}
		all = append(all, f...)
	}
	return all
}
