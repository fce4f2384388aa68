package mailauth

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/foxcpp/go-mockdns"
	"go.yaml.in/yaml/v3"

	"backchannel/archive/letter"
)

// long after every signature of the corpus was made, and before most that say so expire
var corpusTime = time.Date(2022, 11, 7, 18, 0, 0, 0, time.UTC)

func keyZones(keys map[string]string) map[string]mockdns.Zone {
	z := make(map[string]mockdns.Zone)
	for name, txt := range keys {
		switch txt {
		case "TEMPERROR":
			z[name+"."] = mockdns.Zone{Err: &net.DNSError{Err: "no answer", IsTimeout: true}}
		case "PERMERROR":
			z[name+"."] = mockdns.Zone{Err: &net.DNSError{Err: "no such host", IsNotFound: true}}
		default:
			z[name+"."] = mockdns.Zone{TXT: []string{txt}}
		}
	}
	return z
}

func crlfed(raw []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}

func mustParse(t testing.TB, raw []byte) *letter.Letter {
	t.Helper()
	l, err := letter.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Signatures of the first suite that end differently here, each with the reason.
var dkimDeviations = map[string]string{
	"02-too_many_headers 6": "eight signatures are looked at, theirs stops at five",
	"02-too_many_headers 7": "eight signatures are looked at, theirs stops at five",
	"09-limited_body 1":     "l= leaves the rest of the text to strangers (C2)",
}

// TestPublishedSignatures runs the suite of another mail server. Its files without a partner use those of case 01.
func TestPublishedSignatures(t *testing.T) {
	dir := corpus(t, "conf-dkim", "chasquid")
	results, err := filepath.Glob(filepath.Join(dir, "*.result"))
	if err != nil || len(results) < 9 {
		t.Fatal(len(results), err)
	}
	part := func(name, ext string) []byte {
		raw, err := os.ReadFile(filepath.Join(dir, name+ext))
		if errors.Is(err, os.ErrNotExist) {
			raw, err = os.ReadFile(filepath.Join(dir, "01-rfc8463"+ext))
		}
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	met := map[string]bool{}
	for _, path := range results {
		name := strings.TrimSuffix(filepath.Base(path), ".result")
		var want struct{ Results []struct{ State string } }
		if err := json.Unmarshal(part(name, ".result"), &want); err != nil {
			t.Fatal(err)
		}
		keys := map[string]string{}
		if name == "09-limited_body" || name == "08-our_signature" {
			maps.Copy(keys, readKeys(part("08-our_signature", ".dns"))) // 09 was made with the key of 08
		}
		maps.Copy(keys, readKeys(part(name, ".dns")))
		f := CheckLetter(t.Context(), &mockdns.Resolver{Zones: keyZones(keys)}, Session{At: corpusTime}, mustParse(t, crlfed(part(name, ".msg"))))
		for i, sig := range f.Signatures {
			id := name + " " + string(rune('1'+i))
			state := "none"
			if i < len(want.Results) {
				state = want.Results[i].State
			}
			got := map[string]string{dkimPass: "SUCCESS", dkimTempError: "TEMPFAIL"}[sig.Result]
			if got == "" {
				got = "PERMFAIL"
			}
			met[id] = true
			if why, listed := dkimDeviations[id]; (got == state) == listed {
				t.Errorf("%s: %s (%s), want %s; listed: %q", id, sig.Result, sig.Why, state, why)
			}
		}
		if len(f.Signatures) < len(want.Results) {
			t.Errorf("%s: %d signatures, want %d", name, len(f.Signatures), len(want.Results))
		}
	}
	for id := range dkimDeviations {
		if !met[id] {
			t.Errorf("there is no case %s", id)
		}
	}
}

// Two cases of that suite have no partner that says what is expected. Of two keys under one name theirs takes the one that fits;
// RFC 6376 §3.6.2.2 leaves it open, and here there is then none. What is no letter has no signatures.
func TestPublishedSignaturesWithoutResult(t *testing.T) {
	read := func(name string) []byte {
		raw, err := os.ReadFile(filepath.Join(corpus(t, "conf-dkim", "chasquid"), name))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	z := keyZones(readKeys(read("07-algo_mismatch.dns")))
	const twice = "brisbane._domainkey.football.example.com."
	z[twice] = mockdns.Zone{TXT: append(z[twice].TXT, "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQ")}
	f := CheckLetter(t.Context(), &mockdns.Resolver{Zones: z}, Session{At: corpusTime}, mustParse(t, crlfed(read("01-rfc8463.msg"))))
	if a, b := f.Signatures[0], f.Signatures[1]; a.Result != dkimPermError || a.Why != errKeys.Error() || b.Result != dkimPass {
		t.Errorf("%+v\n%+v", a, b)
	}
	l, err := letter.Parse(crlfed(read("03-bad_message.msg")))
	if err != nil {
		return
	}
	if f := CheckLetter(t.Context(), &mockdns.Resolver{}, Session{At: corpusTime}, l); len(f.Signatures) > 0 || f.Aligned {
		t.Errorf("%+v", f)
	}
}

// readKeys reads "name: record" with continuation lines.
func readKeys(raw []byte) map[string]string {
	keys := make(map[string]string)
	for line := range strings.SplitSeq(strings.ReplaceAll(string(raw), "\\\n", " "), "\n") {
		if name, txt, ok := strings.Cut(line, ":"); ok {
			keys[strings.TrimSpace(name)] = strings.TrimSpace(txt)
		}
	}
	return keys
}

// readReal reads a letter of the third suite: keys as "name record" lines, an empty line, the letter.
func readReal(t *testing.T, path string) (map[string]mockdns.Zone, *letter.Letter) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := bytes.Cut(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	if !ok {
		t.Fatal("no keys")
	}
	keys := make(map[string]string)
	for line := range strings.SplitSeq(string(head), "\n") {
		name, txt, _ := strings.Cut(line, " ")
		keys[name] = txt
	}
	return keyZones(keys), mustParse(t, crlfed(rest))
}

// Six letters as they arrived somewhere: every signature of them is good.
func TestRealSignatures(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(corpus(t, "conf-dkim", "mail-auth"), "*.txt"))
	if len(files) != 6 {
		t.Fatal(len(files))
	}
	for _, path := range files {
		z, l := readReal(t, path)
		f := CheckLetter(t.Context(), &mockdns.Resolver{Zones: z}, Session{At: corpusTime}, l)
		if len(f.Signatures) == 0 {
			t.Errorf("%s: no signatures", path)
		}
		for _, sig := range f.Signatures {
			if sig.Result != dkimPass {
				t.Errorf("%s: %+v", filepath.Base(path), sig)
			}
		}
	}
}

// chainScene is one scene of the ARC suite.
type chainScene struct {
	Description string
	Tests       yaml.Node
	Records     map[string]string `yaml:"txt-records"`
}

var chainDeviations = map[string]string{
	"ams_fields_c_na": "without c= it was signed relaxed/relaxed, as an old draft had it; RFC 8617 has the default of RFC 6376, simple/simple",
}

// TestPublishedChains runs the validation half of the ARC suite.
func TestPublishedChains(t *testing.T) {
	raw, err := os.ReadFile(corpus(t, "conf-arc", "arc-draft-validation-tests.yml"))
	if err != nil {
		t.Fatal(err)
	}
	cases, met := 0, map[string]bool{}
	for d := yaml.NewDecoder(bytes.NewReader(raw)); ; {
		var s chainScene
		if err := d.Decode(&s); err != nil {
			break
		}
		z := keyZones(s.Records)
		for i := 0; i+1 < len(s.Tests.Content); i += 2 {
			name := s.Tests.Content[i].Value // some names stand twice: no map
			var c struct{ Message, CV string }
			if err := s.Tests.Content[i+1].Decode(&c); err != nil {
				t.Fatal(name, err)
			}
			cases++
			got := "none"
			if l, err := letter.Parse(crlfed([]byte(c.Message))); err == nil {
				if f := CheckLetter(t.Context(), &mockdns.Resolver{Zones: z}, Session{}, l); f.ARC != nil {
					got = f.ARC.Result
				}
			}
			want := strings.ToLower(strings.TrimSpace(c.CV))
			if want == "" {
				want = arcFail // the suite leaves it open: the last seal itself says cv=fail (RFC 8617 §5.2 step 3)
			}
			why, listed := chainDeviations[name]
			met[name] = true
			if (got == want) == listed {
				t.Errorf("%s: %s, want %s; deviation: %s", name, got, want, why)
			}
		}
	}
	for name := range chainDeviations {
		if !met[name] {
			t.Errorf("there is no case %s", name)
		}
	}
	if cases != 175 {
		t.Errorf("only %d cases were found", cases)
	}
}

// Two letters with real chains.
func TestRealChains(t *testing.T) {
	for _, name := range []string{"001.txt", "002.txt"} {
		z, l := readReal(t, corpus(t, "conf-arc", "mail-auth-real", name))
		f := CheckLetter(t.Context(), &mockdns.Resolver{Zones: z}, Session{At: corpusTime}, l)
		if f.ARC == nil || f.ARC.Result != arcPass {
			t.Errorf("%s: %+v", name, f.ARC)
		}
	}
}
