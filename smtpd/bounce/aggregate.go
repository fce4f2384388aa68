package bounce

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// Aggregate is what another mail system tells about many letters at once: about mail in our name that it got (DMARC, RFC 9990 and its
// forerunner RFC 7489 §7.2), or about TLS on the way to our hosts (RFC 8460). All of it is a stranger's word, and anybody can write one.
type Aggregate struct {
	Kind     string         // "dmarc" or "tls"
	Reporter string         // who tells, by its own words: printable ASCII, at most 100 characters
	ID       string         // the reporter's number for the report; with Reporter the same for a report that is sent again
	Domain   string         // whose mail it is about, in lower case
	Begin    time.Time      // of the time it is about, mostly a day
	End      time.Time      //
	Rows     []AggregateRow // at most 2000; what is beyond is counted in rows of the source "others"
}

// AggregateRow is one line of an Aggregate.
type AggregateRow struct {
	Source  string // the IP address of the host that sent the mail (dmarc), or the host of ours that was called (tls); printable ASCII
	DKIM    bool   // dmarc: an aligned signature was good
	SPF     bool   // dmarc: SPF passed for an aligned domain
	Handled string // dmarc: what was done with it: none, quarantine, reject
	Failure string // tls: the type of the failure (RFC 8460 §4.3); "" for sessions that went well
	Count   int64  // letters, or sessions; at most a thousand million
}

// Passed tells whether the row is about mail that proved to be ours, or about TLS that worked.
func (r AggregateRow) Passed() bool { return r.DKIM || r.SPF || r.Handled == "" && r.Failure == "" }

// The limits on reports (B4): octets packed and unpacked, files looked at, rows kept, depth of elements and length of their names.
const (
	aggregateSize  = 1 << 20
	aggregateParts = 20
	aggregateRows  = 2000
	aggregateDepth = 20
	aggregateName  = 40
	countMost      = 1_000_000_000
)

var (
	errNoAggregate  = errors.New("no report")
	errAggregateBig = errors.New("a report of more than 1 MB")
)

// ReadAggregate reads the report that is attached to a letter: XML (DMARC) or JSON (TLS), packed by gzip or zip or not at all. Its error is
// a refusal that says what is wrong. It unpacks at most 1 MB, knows no entities of XML but the five that need no declaration, and is
// linear in the size of the letter.
func ReadAggregate(l *letter.Letter) (Aggregate, error) {
	why := errNoAggregate
	for i, p := range l.Parts() {
		if i >= aggregateParts {
			break
		}
		if p.Children > 0 || strings.HasPrefix(p.Type, "multipart/") {
			continue
		}
		head := p.DecodedHead(aggregateSize + 1)
		if !looksPacked(head) && !looksPlain(p, head) {
			continue
		}
		a, err := readPacked(head)
		if err == nil {
			return a, nil
		}
		why = err
	}
	return Aggregate{}, refuseAggregate(why)
}

func refuseAggregate(why error) error {
	switch {
	case errors.Is(why, errNoAggregate):
		return refusal.Because(refusal.Robot, "This address takes DMARC and TLS reports only, and no person reads it. There is no such report attached to this letter.")
	case errors.Is(why, errAggregateBig):
		return refusal.Because(refusal.TooBig, "Reports of more than 1 MB, unpacked, are not read here.")
	}
	return refusal.Because(refusal.Malformed, "The report attached to this letter cannot be read.").From(why)
}

func looksPacked(b []byte) bool {
	return bytes.HasPrefix(b, []byte("PK\x03\x04")) || bytes.HasPrefix(b, []byte{0x1f, 0x8b})
}

// looksPlain tells whether a part that is not packed may be a report. The text for people that stands beside one is none.
func looksPlain(p letter.Part, b []byte) bool {
	name := strings.ToLower(p.Filename())
	if !strings.HasSuffix(p.Type, "xml") && !strings.HasSuffix(p.Type, "json") && !strings.HasSuffix(name, ".xml") && !strings.HasSuffix(name, ".json") {
		return false
	}
	b = bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), " \t\r\n")
	return len(b) > 0 && (b[0] == '<' || b[0] == '{')
}

// readPacked reads a report, packed or not.
func readPacked(b []byte) (Aggregate, error) {
	if len(b) > aggregateSize {
		return Aggregate{}, errAggregateBig
	}
	plain, err := unpack(b)
	if err != nil {
		return Aggregate{}, err
	}
	return readPlain(plain)
}

func readPlain(plain []byte) (a Aggregate, err error) {
	plain = bytes.TrimLeft(bytes.TrimPrefix(plain, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case len(plain) == 0:
		err = errNoAggregate
	case plain[0] == '<':
		a, err = readDMARC(plain)
	case plain[0] == '{':
		a, err = readTLS(plain)
	default:
		err = errNoAggregate
	}
	if err != nil {
		return Aggregate{}, err
	}
	if a.Domain == "" || a.Begin.IsZero() || len(a.Rows) == 0 && a.Kind == "dmarc" {
		return Aggregate{}, errors.New("a report without a domain, a date or a row")
	}
	return a, nil
}

// unpack takes the first file out of gzip or zip. What is packed again inside stays packed, and is then no report.
func unpack(b []byte) ([]byte, error) {
	var from io.Reader
	switch {
	case bytes.HasPrefix(b, []byte("PK\x03\x04")):
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return nil, fmt.Errorf("open the zip file: %w", err)
		}
		if len(z.File) == 0 {
			return nil, errNoAggregate
		}
		f, err := z.File[0].Open()
		if err != nil {
			return nil, fmt.Errorf("open the file in the zip file: %w", err)
		}
		defer f.Close()
		from = f
	case bytes.HasPrefix(b, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, fmt.Errorf("open the gzip file: %w", err)
		}
		from = z
	default:
		return b, nil
	}
	plain, err := io.ReadAll(io.LimitReader(from, aggregateSize+1))
	if len(plain) > aggregateSize {
		return nil, errAggregateBig
	}
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return plain, nil
}

// add appends a row, or counts it in with those for which there is no room.
func (a *Aggregate) add(r AggregateRow) {
	r.Count = min(max(r.Count, 0), countMost)
	if len(a.Rows) < aggregateRows {
		a.Rows = append(a.Rows, r)
		return
	}
	if r.Source = Others; r.Failure != "" {
		r.Failure = Others // so that there are few sorts of these rows
	}
	for i := len(a.Rows) - 1; i >= aggregateRows; i-- {
		same := a.Rows[i]
		same.Count = r.Count
		if same == r {
			a.Rows[i].Count = min(a.Rows[i].Count+r.Count, countMost)
			return
		}
	}
	a.Rows = append(a.Rows, r)
}

// Others stands for all sources for which there was no room.
const Others = "others"
