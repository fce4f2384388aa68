package bounce

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"backchannel/archive/letter"
)

// clean makes a stranger's word fit to be kept and shown (A12).
func clean(s string, most int) string { return letter.ASCII(strings.TrimSpace(s), most) }

// domainOf is a domain in lower case, "" for what is none.
func domainOf(s string) string {
	s = strings.TrimSuffix(strings.ToLower(clean(s, 255)), ".")
	if strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
	}) {
		return ""
	}
	return s
}

// readDMARC reads a report about mail in our name. It goes by the local names of elements, so that the name spaces of all versions will
// do, and passes over what it does not know.
func readDMARC(plain []byte) (Aggregate, error) {
	a := Aggregate{Kind: "dmarc"}
	d := xml.NewDecoder(bytes.NewReader(plain))
	d.CharsetReader = charset
	var path []string
	var row AggregateRow
	var text strings.Builder
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return a, nil
		}
		if err != nil {
			return a, fmt.Errorf("read the XML: %w", err)
		}
		switch t := t.(type) {
		case xml.Directive:
			return a, errors.New("a document type, which no report needs") // B4: here entities would be declared
		case xml.StartElement:
			name := t.Name.Local
			if len(name) > aggregateName {
				name = "?" // none that we know; each element inside it would carry the long name along
			}
			if path = append(path, name); len(path) > aggregateDepth {
				return a, errors.New("elements too deep inside each other")
			}
			if len(path) == 1 && path[0] != "feedback" {
				return a, errNoAggregate
			}
			if len(path) == 2 && path[1] == "record" {
				row = AggregateRow{}
			}
			text.Reset()
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			a.element(strings.Join(path[1:], "/"), strings.TrimSpace(text.String()), &row)
			path = path[:len(path)-1]
			text.Reset()
		}
	}
}

// element takes the end of an element.
func (a *Aggregate) element(path, text string, row *AggregateRow) {
	switch path {
	case "report_metadata/org_name":
		a.Reporter = clean(text, 100)
	case "report_metadata/report_id":
		a.ID = clean(text, 255)
	case "report_metadata/date_range/begin":
		a.Begin = seconds(text)
	case "report_metadata/date_range/end":
		a.End = seconds(text)
	case "policy_published/domain":
		a.Domain = domainOf(text)
	case "record/row/source_ip":
		if ip, err := netip.ParseAddr(text); err == nil {
			row.Source = ip.WithZone("").Unmap().String()
		} else {
			row.Source = "unknown"
		}
	case "record/row/count":
		row.Count, _ = strconv.ParseInt(text, 10, 64)
	case "record/row/policy_evaluated/disposition":
		row.Handled = handled(text)
	case "record/row/policy_evaluated/dkim":
		row.DKIM = strings.EqualFold(text, "pass")
	case "record/row/policy_evaluated/spf":
		row.SPF = strings.EqualFold(text, "pass")
	case "record":
		if row.Handled == "" {
			row.Handled = "none"
		}
		if row.Source == "" {
			row.Source = "unknown"
		}
		a.add(*row)
	}
}

func handled(word string) string {
	switch w := strings.ToLower(word); w {
	case "quarantine", "reject":
		return w
	}
	return "none"
}

// seconds is a time in seconds since 1970; zero for nonsense.
func seconds(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 || n > 1<<40 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

// charset reads the old encodings in which some reporters still write. All that counts is ASCII.
func charset(name string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(name) {
	case "us-ascii", "ascii", "utf8", "iso-8859-1", "iso-8859-15", "windows-1252", "latin1":
	default:
		return nil, errors.New("an unknown character set")
	}
	raw, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for _, c := range raw {
		b.WriteRune(rune(c))
	}
	return strings.NewReader(b.String()), nil
}

// tlsReport is a report in the names of RFC 8460 §4.4.
type tlsReport struct {
	Organization string `json:"organization-name"`
	ID           string `json:"report-id"`
	Range        struct {
		Start string `json:"start-datetime"`
		End   string `json:"end-datetime"`
	} `json:"date-range"`
	Policies []struct {
		Policy struct {
			Domain string `json:"policy-domain"`
		} `json:"policy"`
		Summary struct {
			Good int64 `json:"total-successful-session-count"`
			Bad  int64 `json:"total-failure-session-count"`
		} `json:"summary"`
		Failures []struct {
			Type  string `json:"result-type"`
			Host  string `json:"receiving-mx-hostname"`
			Count int64  `json:"failed-session-count"`
		} `json:"failure-details"`
	} `json:"policies"`
}

// readTLS reads a report about TLS on the way to our hosts. Policies about another domain than the first are passed over.
func readTLS(plain []byte) (Aggregate, error) {
	var r tlsReport
	if err := json.Unmarshal(plain, &r); err != nil {
		return Aggregate{}, fmt.Errorf("read the JSON: %w", err)
	}
	a := Aggregate{Kind: "tls", Reporter: clean(r.Organization, 100), ID: clean(r.ID, 255)}
	a.Begin, a.End = instant(r.Range.Start), instant(r.Range.End)
	for _, p := range r.Policies {
		d := domainOf(p.Policy.Domain)
		if a.Domain == "" {
			a.Domain = d
		}
		if d != a.Domain {
			continue
		}
		if p.Summary.Good > 0 {
			a.add(AggregateRow{Source: d, Count: p.Summary.Good})
		}
		told := int64(0)
		for _, f := range p.Failures {
			host := domainOf(f.Host)
			if host == "" {
				host = d
			}
			kind := strings.ToLower(clean(f.Type, 60))
			if kind == "" {
				kind = "unknown"
			}
			count := min(max(f.Count, 0), countMost)
			told = min(told+count, countMost)
			a.add(AggregateRow{Source: host, Failure: kind, Count: count})
		}
		if rest := min(p.Summary.Bad, countMost) - told; rest > 0 { // failures without details
			a.add(AggregateRow{Source: d, Failure: "unknown", Count: rest})
		}
	}
	return a, nil
}

func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
