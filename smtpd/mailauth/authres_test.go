package mailauth

import (
	"bufio"
	"encoding/json"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/authres"
	"github.com/foxcpp/go-mockdns"

	"backchannel/archive/letter"
)

func TestResults(t *testing.T) {
	from := addr("ann@east.test")
	for _, c := range []struct {
		f    Finding
		s    Session
		want string
	}{
		{Finding{Login: true}, Session{Login: from}, "mx.test; auth=pass smtp.auth=ann@east.test"},
		{Finding{SPF: "pass", Domain: "east.test", DMARC: "pass"}, Session{MailFrom: from}, "mx.test; spf=pass smtp.mailfrom=east.test; dkim=none; dmarc=pass header.from=east.test"},
		{Finding{SPF: "fail", Domain: "mx.evil.test", DMARC: "fail", Signatures: []Signature{{Domain: "east.test", Result: "pass"}, {Domain: `x\"; dmarc=pass`, Result: "permerror", Why: "its domain is none"}},
			ARC: &Chain{Result: "fail"}}, Session{},
			`mx.test; spf=fail smtp.helo=mx.evil.test; dkim=pass header.d=east.test; dkim=permerror reason="its domain is none"; dmarc=fail header.from=east.test; arc=fail`},
		{Finding{}, Session{}, "mx.test; none"},
	} {
		got := Results("mx.test", c.f, c.s, from)
		if got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
		if id, list, err := authres.Parse(got); err != nil || id != "mx.test" || len(list) != strings.Count(got, "; ")-strings.Count(got, "; none") {
			t.Errorf("%s: read back as %q with %d results, %v", got, id, len(list), err)
		}
	}
}

// Where we end differently from the milter that wrote the suite.
var authresDeviations = map[string]string{
	"dmarc_reject_wl.eml dkim=pass, here policy":      "rsa-sha1 is no signature (C2, RFC 8301)",
	"spam_headers.eml dmarc=permerror, here none":     "there is no author whose domain could be asked; RFC 9989 leaves such letters alone",
	"google_apps_bad_space.eml dmarc=pass, here none": "From has a space inside the address: letter.Author reads only what all programs read alike (C1)",
	"google_apps_good.eml spf=pass, here softfail":    "the milter was told to take this host's address for another one",
}

var resultWord = regexp.MustCompile(`(?m)^ +(spf|dkim|dmarc)=([a-z]+)`)

// TestPublishedResults runs whole letters through, and compares what SPF, DKIM and DMARC say with what another program found.
func TestPublishedResults(t *testing.T) {
	dir := corpus(t, "conf-authres")
	zones := readZonefile(t, filepath.Join(dir, "zonefile"))
	// The one key of most letters is marked as a test, which counts as no signature here (C2). Without the mark there is
	// something to compare.
	const owner = "google._domainkey.marcbradshaw.net."
	z := zones[owner]
	marked := z.TXT
	z.TXT = []string{strings.Replace(z.TXT[0], "t=y; ", "", 1)}
	zones[owner] = z
	asPublished := maps.Clone(zones)
	asPublished[owner] = mockdns.Zone{TXT: marked}
	raw, err := os.ReadFile(filepath.Join(dir, "cases.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	cases, compared, met := 0, 0, map[string]bool{}
	for line := range strings.Lines(string(raw)) {
		var c struct {
			Desc, Source, Expected, Helo, IP string
			MailFrom                         string `json:"mail_from"`
		}
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		cases++
		source, err := os.ReadFile(filepath.Join(dir, c.Source))
		if err != nil {
			t.Fatal(err)
		}
		expected, err := os.ReadFile(filepath.Join(dir, c.Expected))
		if err != nil {
			t.Fatal(err)
		}
		l, err := letter.Parse(crlfed(source))
		if err != nil {
			t.Errorf("%s: %v", c.Desc, err)
			continue
		}
		sender, _, _ := strings.Cut(strings.Trim(c.MailFrom, "<"), ">")
		s := Session{IP: netip.MustParseAddr(c.IP), HELO: c.Helo, MailFrom: addr(strings.ReplaceAll(sender, " ", "")), At: corpusTime}
		f := CheckLetter(t.Context(), &mockdns.Resolver{Zones: zones}, s, l)
		for i, sig := range CheckLetter(t.Context(), &mockdns.Resolver{Zones: asPublished}, s, l).Signatures {
			if sig.Domain == "marcbradshaw.net" && sig.Result != dkimPolicy {
				t.Errorf("%s: signature %d with a key for tests: %+v", c.Desc, i, sig)
			}
		}
		_, results, _ := strings.Cut(string(expected), "\nAuthentication-Results: server.example.com")
		results, _, _ = strings.Cut(results, "\nReceived")
		got := map[string]string{"spf": f.SPF, "dkim": "none", "dmarc": f.DMARC}
		if len(f.Signatures) > 0 {
			got["dkim"] = f.Signatures[0].Result
		}
		for _, m := range resultWord.FindAllStringSubmatch(results, -1) {
			compared++
			if got[m[1]] == m[2] {
				continue
			}
			id := filepath.Base(c.Source) + " " + m[1] + "=" + m[2] + ", here " + got[m[1]]
			met[id] = true
			if authresDeviations[id] == "" {
				t.Errorf("%s (%s): %s", id, c.Desc, f.Why)
			}
		}
	}
	for id := range authresDeviations {
		if !met[id] {
			t.Errorf("no case ends so: %s", id)
		}
	}
	if cases != 34 || compared < 60 {
		t.Errorf("%d cases, %d results", cases, compared)
	}
}

// readZonefile reads what the suite needs of its zone: TXT, A, AAAA, MX and CNAME.
func readZonefile(t *testing.T, path string) map[string]mockdns.Zone {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all := make(map[string]mockdns.Zone)
	quoted := regexp.MustCompile(`"([^"]*)"`)
	for in := bufio.NewScanner(file); in.Scan(); {
		f := strings.Fields(in.Text())
		if len(f) == 0 || strings.HasPrefix(f[0], ";") {
			continue
		}
		name := strings.ToLower(strings.TrimSuffix(f[0], ".")) + "."
		z := all[name]
		for i := 1; i < len(f)-1; i++ {
			switch f[i] {
			case "TXT":
				txt := strings.Join(f[i+1:], " ")
				if parts := quoted.FindAllStringSubmatch(txt, -1); parts != nil {
					txt = ""
					for _, p := range parts {
						txt += p[1]
					}
				}
				z.TXT = append(z.TXT, strings.Trim(txt, "() "))
			case "A":
				z.A = append(z.A, f[i+1])
			case "AAAA":
				z.AAAA = append(z.AAAA, f[i+1])
			case "CNAME":
				z.CNAME = f[i+1]
			case "MX":
				z.MX = append(z.MX, net.MX{Host: f[i+2]})
			default:
				continue
			}
			break
		}
		all[name] = z
	}
	return all
}
