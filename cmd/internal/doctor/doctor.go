// Package doctor looks whether a host is ready to send and receive mail. It promises for each check a name, what was found, and what
// to do about it, in words for somebody who has one evening; that it changes nothing; and that one check which cannot be made keeps
// no other from being made.
package doctor

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"time"

	"backchannel/archive/db"
)

// Status is how a check ended.
type Status string

// The ends of a check.
const (
	OK   Status = "ok"
	Warn Status = "warning" // it works, but somebody should know
	Fail Status = "failed"  // it does not work
)

// Finding is what one check found.
type Finding struct {
	Check  string `json:"check"`
	Status Status `json:"status"`
	Found  string `json:"found"`
	Do     string `json:"do,omitempty"` // what to do about it; empty when all is well
}

// Listener is one address that serve listens on.
type Listener struct {
	Setting string // its name in config.yaml: "smtp.listen"
	Address string // host:port
	Greets  string // what a server of ours says first; "" says nothing before it is asked
}

// Host is what is looked at. Everything of the outside world is handed in.
type Host struct {
	Database  *db.DB
	Now       func() time.Time
	Running   bool       // a server is running on this database
	Listeners []Listener // those that are switched on
	Keys      fs.FS      // the folder of the keys
	Relay     string     // "outbox" or "smarthost"
	Smarthost string     // host:port
	HELO      string     // our name
	Verify    string     // the verification setting
	Cert      CertInfo   // of tls.mode files
	Dial      func(ctx context.Context, network, address string) (net.Conn, error)
}

// CertInfo is what is known of the certificate.
type CertInfo struct {
	Mode    string    // "none" or "files"
	Err     error     // why it cannot be used
	Expires time.Time //
	Names   bool      // it is valid for our hostname
}

// patience is how long a host may take to answer.
const patience = 5 * time.Second

// Examine makes every check, in an order in which the first failures explain the later ones.
func Examine(ctx context.Context, h Host) []Finding {
	checks := []func(context.Context, Host) []Finding{
		soundness, room, keys, clock, fullText, communities, serving, ports, certificate, verification, wayOut, owed, waiting,
	}
	var all []Finding
	for _, check := range checks {
		all = append(all, guarded(ctx, h, check)...)
	}
	return all
}

// guarded makes one check; a panic in it is its finding.
func guarded(ctx context.Context, h Host, check func(context.Context, Host) []Finding) (found []Finding) {
	defer func() {
		if p := recover(); p != nil {
			found = []Finding{{Check: "doctor", Status: Fail, Found: fmt.Sprintf("a check broke down: %v", p), Do: "please report this"}}
		}
	}()
	return check(ctx, h)
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

func one(check string, status Status, found, do string) []Finding {
	return []Finding{{Check: check, Status: status, Found: found, Do: do}}
}

// unable is the finding of a check that could not be made.
func unable(check string, err error) []Finding {
	return one(check, Fail, fmt.Sprintf("could not be checked: %v", err), "look at the other findings first")
}
