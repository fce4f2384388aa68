package courier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"backchannel/archive/db"
	"backchannel/smtpd/mailauth"
)

// Fetch gets the file at an https URL: with a certificate that holds for its host, without following a redirect, and no more than 64 KiB
// of it (RFC 8461 §3.3).
type Fetch func(ctx context.Context, url string) ([]byte, error)

// STS finds the MTA-STS policies of other domains and keeps them in the database as long as they want (RFC 8461). A domain whose policy
// cannot be had now keeps the one it had: whoever stands in between must not be able to make us forget it (§5.1).
type STS struct {
	DB       *db.DB
	Resolver mailauth.Resolver
	Fetch    Fetch
	Log      *slog.Logger // nil means silence

	known memo[Policy]
}

// The limits on policies.
const (
	fetchTime   = time.Minute
	policyFor   = 5 * time.Minute // how long one is used without a look into the DNS
	policyRenew = 24 * time.Hour  // how old a policy is when it is fetched anew though its id is the same
	policyRetry = time.Hour       // how long after a failure it is not fetched again, unless its id changes
)

func (s *STS) log() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}

// errTable says that our own table could not be read, so that nobody knows what a domain wants.
var errTable = errors.New("the table of policies cannot be read")

// Find gives the policy that holds for a domain now; the zero Policy, or one of mode none, when there is none. ok is false while that
// cannot be known: a domain that wants encryption must not get its mail in clear because of a trouble of ours. It may take a minute.
func (s *STS) Find(ctx context.Context, domain string) (p Policy, ok bool) {
	if p, ok := s.known.get(domain); ok {
		return p, true
	}
	p, err := s.find(ctx, domain)
	if err != nil {
		s.log().Warn("an MTA-STS policy could not be had", "domain", domain, "error", err)
	}
	if errors.Is(err, errTable) {
		return Policy{}, false
	}
	if ctx.Err() == nil {
		s.known.put(domain, p, policyFor)
	}
	return p, true
}

// find asks DNS, table and web, as far as it must. With an error, too, the policy is the one that holds.
func (s *STS) find(ctx context.Context, domain string) (Policy, error) {
	var old kept
	var now time.Time
	if err := s.DB.View(ctx, func(tx *db.Tx) (err error) { now = tx.Now; old, err = policyOf(tx, domain); return err }); err != nil {
		return Policy{}, fmt.Errorf("%w: %w", errTable, err)
	}
	holds := old.holds(now)
	asking, cancel := context.WithTimeout(ctx, queryTime)
	records, err := s.Resolver.LookupTXT(asking, "_mta-sts."+domain)
	cancel()
	id, announced := ParseSTSRecord(records)
	if err != nil && !isNotFound(err) {
		return holds, nil // the DNS does not answer: what we know still holds
	}
	age := now.Sub(old.tried)
	switch {
	case !announced:
		return holds, nil
	case id == old.id && age >= 0 && age < policyRenew && old.ok && now.Before(old.expires):
		return holds, nil
	case id == old.id && age >= 0 && age < policyRetry && !old.ok:
		return holds, nil
	}
	fetching, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	text, err := s.Fetch(fetching, PolicyURL(domain))
	var p Policy
	if err == nil {
		p, err = ParsePolicy(text)
	}
	if ctx.Err() != nil {
		return holds, ctx.Err()
	}
	next := kept{id: id, policy: p, expires: now.Add(p.MaxAge), tried: now, ok: true}
	if err != nil {
		next.policy, next.expires, next.ok = old.policy, old.expires, false
	}
	if kept := s.DB.Update(ctx, func(tx *db.Tx) error { return keepPolicy(tx, domain, next) }); kept != nil {
		return next.holds(now), fmt.Errorf("keep the policy: %w", kept)
	}
	if err != nil {
		return holds, fmt.Errorf("fetch the policy: %w", err)
	}
	return p, nil
}

// kept is what the table knows of a domain's policy.
type kept struct {
	id      string // of the record that made us fetch it
	policy  Policy
	expires time.Time
	tried   time.Time // when it was last fetched, or failed to be
	ok      bool      // that last time it was had
}

// holds is the policy, while it has not expired.
func (k kept) holds(now time.Time) Policy {
	if now.Before(k.expires) {
		return k.policy
	}
	return Policy{}
}
