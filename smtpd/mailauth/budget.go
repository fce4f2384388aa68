package mailauth

import (
	"context"
	"errors"
	"net"
	"strings"
)

// budget is the Resolver of one letter. It holds every question to the limits of E4, asks nothing twice, and makes of every
// answer one of three: records, "there is nothing" (IsNotFound), or "no answer now" (Temporary). It is for one goroutine.
type budget struct {
	next  Resolver
	txt   map[string]answer[string]
	mx    map[string]answer[*net.MX]
	ip    map[string]answer[net.IPAddr]
	names map[string]answer[string]
}

type answer[T any] struct {
	records []T
	err     error
}

func newBudget(next Resolver) *budget {
	return &budget{
		next:  next,
		txt:   make(map[string]answer[string]),
		mx:    make(map[string]answer[*net.MX]),
		ip:    make(map[string]answer[net.IPAddr]),
		names: make(map[string]answer[string]),
	}
}

func (b *budget) LookupTXT(ctx context.Context, name string) ([]string, error) {
	name = shorten(name)
	return ask(ctx, b.txt, name, func(ctx context.Context) ([]string, error) {
		records, err := b.next.LookupTXT(ctx, name)
		size := 0
		for _, r := range records {
			size += len(r)
		}
		if size > maxTXT {
			// Neither temporary nor "not found": SPF makes a permerror of it.
			return nil, &net.DNSError{Err: "more than 8 KiB of TXT records", Name: name}
		}
		return records, ruled(name, err)
	})
}

func (b *budget) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	name = shorten(name)
	return ask(ctx, b.mx, name, func(ctx context.Context) ([]*net.MX, error) {
		records, err := b.next.LookupMX(ctx, name)
		return records, ruled(name, err)
	})
}

func (b *budget) LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error) {
	host = shorten(host)
	return ask(ctx, b.ip, host, func(ctx context.Context) ([]net.IPAddr, error) {
		records, err := b.next.LookupIPAddr(ctx, host)
		return records, ruled(host, err)
	})
}

func (b *budget) LookupAddr(ctx context.Context, address string) ([]string, error) {
	return ask(ctx, b.names, address, func(ctx context.Context) ([]string, error) {
		records, err := b.next.LookupAddr(ctx, address)
		return records, ruled(address, err)
	})
}

// ask puts one question, or gives the answer it got before. What was not answered is not asked again for this letter: a
// silent server would take five seconds each time.
func ask[T any](ctx context.Context, known map[string]answer[T], name string, question func(context.Context) ([]T, error)) ([]T, error) {
	key := strings.ToLower(strings.TrimSuffix(name, "."))
	if a, ok := known[key]; ok {
		return a.records, a.err
	}
	if err := ctx.Err(); err != nil {
		return nil, ruled(name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	records, err := question(ctx)
	if isTemporary(err) {
		unanswered.Add(reason(err))
	}
	known[key] = answer[T]{records, err}
	return records, err
}

// ruled gives an error the one form that the SPF library understands. RFC 7208 §4.4 wants every answer but "no error" and "no
// such name" to be temporary; Go marks some of them permanent (REFUSED, a reply it cannot read), which would be a verdict.
func ruled(name string, err error) error {
	if err == nil {
		return nil
	}
	var d *net.DNSError
	if errors.As(err, &d) && d.IsNotFound {
		return &net.DNSError{Err: d.Err, Name: name, IsNotFound: true}
	}
	return &net.DNSError{Err: err.Error(), Name: name, IsTemporary: true, IsTimeout: errors.Is(err, context.DeadlineExceeded)}
}

// shorten takes labels off the left of a name longer than 253 octets, which macros can make (RFC 7208 §7.3).
func shorten(name string) string {
	for len(strings.TrimSuffix(name, ".")) > 253 {
		_, rest, ok := strings.Cut(name, ".")
		if !ok {
			break // one label alone: no name, and there will be nothing of that name
		}
		name = rest
	}
	return name
}

// isTemporary tells whether an error of a budget means that there was no answer.
func isTemporary(err error) bool {
	var d *net.DNSError
	return errors.As(err, &d) && d.IsTemporary
}

// isNotFound tells whether an error means that there is nothing of that name.
func isNotFound(err error) bool {
	var d *net.DNSError
	return errors.As(err, &d) && d.IsNotFound
}
