package bounce

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// attached is a letter with one file attached.
func attached(t testing.TB, kind, name string, file []byte) *letter.Letter {
	t.Helper()
	l, err := letter.Parse([]byte("From: noreply@reporter.test\r\nTo: dmarc-reports@gardeners.test\r\nSubject: Report\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/plain\r\n\r\n<this is no report>\r\n--b\r\nContent-Type: " + kind + "\r\nContent-Disposition: attachment; filename=\"" + name + "\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		base64.StdEncoding.EncodeToString(file) + "\r\n--b--\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func zipped(t testing.TB, file []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("report.xml")
	if err == nil {
		_, err = w.Write(file)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(t testing.TB, file []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(file)
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const feedback = `<?xml version="1.0"?><feedback><report_metadata><org_name>Big Mail</org_name><report_id>7</report_id><date_range><begin>1780444800</begin><end>1780531199</end></date_range></report_metadata>
<policy_published><domain>Gardeners.test</domain><p>none</p></policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>90</count><policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>pass</spf></policy_evaluated></row></record>
<record><row><source_ip>2001:DB8::0:7</source_ip><count>10</count><policy_evaluated><disposition>reject</disposition><dkim>fail</dkim><spf>fail</spf></policy_evaluated></row></record></feedback>`

const tlsrpt = `{"organization-name":"Big Mail","date-range":{"start-datetime":"2026-06-03T00:00:00Z","end-datetime":"2026-06-03T23:59:59Z"},"report-id":"8","policies":[
{"policy":{"policy-type":"sts","policy-domain":"gardeners.test"},"summary":{"total-successful-session-count":50,"total-failure-session-count":5},
"failure-details":[{"result-type":"certificate-expired","receiving-mx-hostname":"mx.gardeners.test","failed-session-count":3}]}]}`

// M21, B4: packed or not, both kinds are read.
func TestReadAggregate(t *testing.T) {
	for name, file := range map[string][]byte{"r.xml": []byte(feedback), "r.xml.gz": gzipped(t, []byte(feedback)), "r.zip": zipped(t, []byte(feedback))} {
		a, err := ReadAggregate(attached(t, "application/octet-stream", name, file))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := `dmarc Big Mail 7 gardeners.test 2026-06-03 [{192.0.2.1 true true none  90} {2001:db8::7 false false reject  10}]`
		if got := fmt.Sprintf("%s %s %s %s %s %v", a.Kind, a.Reporter, a.ID, a.Domain, a.Begin.Format("2006-01-02"), a.Rows); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
	a, err := ReadAggregate(attached(t, "application/tlsrpt+gzip", "r.json.gz", gzipped(t, []byte(tlsrpt))))
	if err != nil {
		t.Fatal(err)
	}
	want := `tls Big Mail 8 gardeners.test [{gardeners.test false false   50} {mx.gardeners.test false false  certificate-expired 3} {gardeners.test false false  unknown 2}]`
	if got := fmt.Sprintf("%s %s %s %s %v", a.Kind, a.Reporter, a.ID, a.Domain, a.Rows); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// B4: what is refused, and with which words. Nothing of it costs more than a megabyte.
func TestReportsThatAreRefused(t *testing.T) {
	const none = "This address takes DMARC and TLS reports only, and no person reads it. There is no such report attached to this letter."
	const big = "Reports of more than 1 MB, unpacked, are not read here."
	const bad = "The report attached to this letter cannot be read."
	many := strings.Repeat(" ", 2<<20)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"entities":          {[]byte(`<?xml version="1.0"?><!DOCTYPE feedback [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>` + feedback[21:]), bad},
		"a foreign file":    {[]byte(`<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><feedback/>`), bad},
		"a zip bomb":        {zipped(t, []byte(feedback+many)), big},
		"a gzip bomb":       {gzipped(t, []byte(feedback+many)), big},
		"too large":         {[]byte(feedback + many), big},
		"packed twice":      {zipped(t, zipped(t, []byte(feedback))), none},
		"half a zip":        {zipped(t, []byte(feedback))[:100], bad},
		"half a gzip":       {gzipped(t, []byte(feedback))[:60], bad},
		"half a report":     {[]byte(feedback[:300]), bad},
		"no domain":         {[]byte(strings.Replace(feedback, "Gardeners.test", "a b", 1)), bad},
		"no date":           {[]byte(strings.Replace(feedback, "1780444800", "soon", 1)), bad},
		"deep":              {[]byte("<feedback>" + strings.Repeat("<a>", 100000)), bad},
		"another document":  {[]byte("<html><body>hello</body></html>"), none},
		"broken JSON":       {[]byte(tlsrpt[:100]), bad},
		"an empty document": {[]byte("{}"), bad},
	} {
		kind := "r.xml"
		if c.file[0] == '{' {
			kind = "r.json"
		}
		_, err := ReadAggregate(attached(t, "application/octet-stream", kind, c.file))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if refusal.Temporary(err) {
			t.Errorf("%s would come again", name)
		}
	}
	l, err := letter.Parse([]byte("From: dana@north.test\r\nSubject: Hello\r\n\r\nIs somebody there?\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadAggregate(l); err == nil || err.Error() != none {
		t.Errorf("a person's letter: %v", err)
	}
}

// However many rows and sorts of failure a report has, what is kept of it is bounded, and no letter of it is lost.
func TestManyRows(t *testing.T) {
	a := Aggregate{Kind: "tls"}
	for i := range 10000 {
		a.add(AggregateRow{Source: fmt.Sprint("host", i), Failure: fmt.Sprint("failure-", i), Count: 1})
	}
	a.add(AggregateRow{Source: "x", Count: 1 << 62})
	a.add(AggregateRow{Source: "x", Count: -5})
	sum := int64(0)
	for _, r := range a.Rows {
		sum += r.Count
	}
	if len(a.Rows) > aggregateRows+3 || sum != 10000+countMost {
		t.Errorf("%d rows, %d in all", len(a.Rows), sum)
	}
}

// B8: a report, which is packed a thousand times smaller, costs work that grows with its size and not faster. Memory tells that better than
// time does.
func TestAggregatesAreLinear(t *testing.T) {
	for name, build := range map[string]func(n int) string{
		"a long name around many": func(n int) string {
			long := strings.Repeat("x", n/2)
			return "<feedback><" + long + ">" + strings.Repeat("<a/>", n/8)
		},
		"many records":     func(n int) string { return "<feedback>" + strings.Repeat("<record/>", n/9) },
		"many attributes":  func(n int) string { return "<feedback><a" + strings.Repeat(" a='b'", n/6) + "/>" },
		"many name spaces": func(n int) string { return "<feedback>" + strings.Repeat("<a xmlns='b'><c/></a>", n/21) },
		"texts in pieces":  func(n int) string { return "<feedback><a>" + strings.Repeat("x<!---->", n/8) },
		"policies": func(n int) string {
			return `{"policies":[` + strings.Repeat(`{"summary":{"total-failure-session-count":1}},`, n/47)
		},
		"nested and closed": func(n int) string { return "<feedback>" + strings.Repeat("<a><b><c></c></b></a>", n/21) },
	} {
		cost := func(n int) float64 {
			plain := []byte(build(n))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _ = readPlain(plain)
			runtime.ReadMemStats(&after)
			return float64(after.TotalAlloc - before.TotalAlloc)
		}
		if small, big := cost(aggregateSize/10), cost(aggregateSize); big > 20*small && big > 100*aggregateSize {
			t.Errorf("%s: %.0f MB of memory for 1 MB, %.1f times as much as for 100 KB", name, big/(1<<20), big/small)
		}
	}
}

// truth is a report as the corpus tells it.
type truth struct {
	Metadata struct {
		Org   string                     `json:"org_name"`
		ID    string                     `json:"report_id"`
		Range struct{ Begin, End int64 } `json:"date_range"`
	} `json:"report_metadata"`
	Policy struct{ Domain string } `json:"policy_published"`
	Record []struct {
		Row struct {
			IP        string `json:"source_ip"`
			Count     int64
			Evaluated struct{ Disposition, DKIM, SPF string } `json:"policy_evaluated"`
		}
	}
}

// Ten real and made reports of other mail systems, read as another program reads them.
func TestReportsOfTheCorpus(t *testing.T) {
	names, _ := filepath.Glob("../../../shared/corpus/conf-dkim/mail-auth-dmarc-feedback/*.json")
	if len(names) == 0 {
		t.Skip("the corpus is not here")
	}
	for _, name := range names {
		var want truth
		text, err := os.ReadFile(name)
		if err == nil {
			err = json.Unmarshal(text, &want)
		}
		if err != nil {
			t.Fatal(name, err)
		}
		base := strings.TrimSuffix(name, ".json")
		var a Aggregate
		if plain, err := os.ReadFile(base + ".xml"); err == nil {
			a, err = ReadAggregate(attached(t, "text/xml", "r.xml", plain))
			if err != nil {
				t.Errorf("%s: %v", filepath.Base(name), err)
				continue
			}
		} else {
			raw, err := os.ReadFile(base + ".eml")
			if err != nil {
				t.Fatal(err)
			}
			l, err := letter.Parse(bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n")))
			if err == nil {
				a, err = ReadAggregate(l)
			}
			if err != nil {
				t.Errorf("%s: %v", filepath.Base(name), err)
				continue
			}
		}
		if a.Reporter != want.Metadata.Org || a.ID != want.Metadata.ID || a.Begin.Unix() != want.Metadata.Range.Begin || a.End.Unix() != want.Metadata.Range.End ||
			a.Domain != want.Policy.Domain || len(a.Rows) != len(want.Record) {
			t.Errorf("%s: %+v\nwant %+v", filepath.Base(name), a, want)
			continue
		}
		for i, r := range a.Rows {
			w := want.Record[i].Row
			handled := strings.ToLower(w.Evaluated.Disposition)
			if handled != "quarantine" && handled != "reject" {
				handled = "none"
			}
			if r.Source != w.IP || r.Count != w.Count || r.DKIM != (w.Evaluated.DKIM == "Pass") || r.SPF != (w.Evaluated.SPF == "Pass") || r.Handled != handled {
				t.Errorf("%s, row %d: %+v, want %+v", filepath.Base(name), i, r, w)
			}
		}
	}
}

// Whatever strangers attach: no panic, no more rows than there may be, only printable words.
func FuzzReadAggregate(f *testing.F) {
	for _, seed := range [][]byte{[]byte(feedback), []byte(tlsrpt), zipped(f, []byte(feedback)), gzipped(f, []byte(tlsrpt)), []byte("<feedback><record/></feedback>"), []byte("PK\x03\x04"), {0x1f, 0x8b}} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, read := range []func([]byte) (Aggregate, error){readPacked, readPlain} {
			a, err := read(file)
			if err != nil {
				continue
			}
			if len(a.Rows) > aggregateRows+30 || len(a.Reporter) > 100 || len(a.ID) > 255 || a.Domain == "" {
				t.Errorf("%d rows, %q, %q, %q", len(a.Rows), a.Reporter, a.ID, a.Domain)
			}
			for _, r := range a.Rows {
				for _, s := range []string{a.Reporter, a.ID, r.Source, r.Failure, r.Handled} {
					if letter.ASCII(s, 1000) != s {
						t.Errorf("not clean: %q", s)
					}
				}
				if r.Count < 0 || r.Count > countMost {
					t.Errorf("count %d", r.Count)
				}
			}
		}
	})
}
