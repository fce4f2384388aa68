package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"backchannel/templates/refusal"
)

// plain takes away what only the file knows, to compare values.
func plain(c Config) Config {
	c.file, c.lines = "", nil
	return c
}

func TestOnlyTheHostnameIsNeeded(t *testing.T) {
	got, err := Parse("/etc/backchannel/config.yaml", []byte("hostname: Lists.Gardeners.Example.\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Hostname = "lists.gardeners.example"
	want.Data = "/etc/backchannel/data"
	if !reflect.DeepEqual(plain(got), want) {
		t.Errorf("got  %+v\nwant %+v", plain(got), want)
	}
}

func TestTheShippedFileIsTheDefaults(t *testing.T) {
	top, err := os.ReadFile("../../../config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if string(top) != shipped {
		t.Error("config.yaml at the top differs from shipped.yaml: run make generated")
	}
	got, err := Parse("config.yaml", top)
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Hostname = shippedHost
	if !reflect.DeepEqual(plain(got), want) {
		t.Errorf("got  %+v\nwant %+v", plain(got), want)
	}
	if err := got.CheckServe(); err != nil {
		t.Errorf("the shipped file must serve as it is: %v", err)
	}
}

// Whoever reads the shipped file finds every setting that can be used today.
func TestTheShippedFileNamesEverySetting(t *testing.T) {
	r := reader{config: &Config{}}
	for _, s := range r.settings() {
		last := s.key[strings.LastIndexByte(s.key, '.')+1:]
		if !strings.Contains(shipped, last+":") {
			t.Errorf("%s does not stand in shipped.yaml", s.key)
		}
	}
}

func TestInitWritesItsHostname(t *testing.T) {
	got, err := Parse("config.yaml", Shipped("mail.nurses.example"))
	if err != nil || got.Hostname != "mail.nurses.example" {
		t.Errorf("%q, %v", got.Hostname, err)
	}
}

func TestEverySetting(t *testing.T) {
	got, err := Parse("dir/config.yaml", []byte(`
hostname: lists.gärten.example
data: /var/lib/backchannel
smtp: { listen: ":25", submission: "[::]:587", submissions: "[::]:465", lmtp: "localhost:2424", max_size: 30 MiB, per_ip: 20 }
imap: { listen: 0.0.0.0:993 }
web: { listen: 127.0.0.1:2080, http: ":80", url: https://lists.example/bc/, archive: off }
tls: { mode: files, cert: cert.pem, key: /etc/key.pem, directory: "https://ca.example/dir", mta_sts: enforce }
relay: { mode: smarthost, smarthost: mail.provider.example:587, connections: 3, username: me, password_file: password }
dns: { resolver: "[2001:db8::53]:53" }
metrics: { listen: "[::1]:9525" }
verification: require
arc: off
ranking: { posts: 1, people: 2.5, question: 5, young_question: 0, follow: 10, mine: 0.25, new: 3, newcomer: 6, managers: 0, half_life: 14, pin: 1000 }
log: { level: debug, format: json }
`))
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Hostname:     "lists.xn--grten-gra.example",
		Data:         "/var/lib/backchannel",
		SMTP:         SMTP{":25", "[::]:587", "[::]:465", "localhost:2424", 30 << 20, 20},
		IMAP:         IMAP{"0.0.0.0:993"},
		Web:          Web{"127.0.0.1:2080", ":80", "https://lists.example/bc", false},
		TLS:          TLS{Files, "dir/cert.pem", "/etc/key.pem", "", "https://ca.example/dir", "enforce"},
		Relay:        Relay{Smarthost, "mail.provider.example:587", 3, "me", "dir/password", false},
		DNS:          DNS{"[2001:db8::53]:53"},
		Metrics:      Metrics{"[::1]:9525"},
		Verification: Require,
		Ranking:      Ranking{1, 2.5, 5, 0, 10, .25, 3, 6, 0, 14, 1000},
		Log:          Log{"debug", "json"},
	}
	if got := plain(got); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if err := got.CheckServe(); err != nil {
		t.Error(err)
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{"25MB": 25e6, "25 mb": 25e6, "25M": 25e6, "1MiB": 1 << 20, "100k": 100e3, "64KiB": 64 << 10, "65536": 65536, "65536B": 65536} {
		got, err := Parse("c", []byte("hostname: a.example\nsmtp: { max_size: "+text+" }"))
		if err != nil || got.SMTP.MaxSize != want {
			t.Errorf("%s: %d, %v; want %d", text, got.SMTP.MaxSize, err, want)
		}
	}
}

func TestTheWebAddressFollowsItsListener(t *testing.T) {
	for text, want := range map[string]string{
		"web: { listen: localhost:8080 }":                              "http://localhost:8080",
		"web: { listen: \"[::1]:8080\", url: \"\" }":                   "http://[::1]:8080",
		"web: { listen: 127.0.0.1:8080, url: https://a.example:8443 }": "https://a.example:8443",
		"web: { listen: \"\" }":                                        "http://127.0.0.1:2080",
	} {
		got, err := Parse("c", []byte("hostname: a.example\n"+text))
		if err != nil || got.Web.URL != want {
			t.Errorf("%s: %q, %v; want %q", text, got.Web.URL, err, want)
		}
	}
}

// The authority has to find somebody at home: on port 443, or on port 80.
func TestACertificateAuthorityNeedsADoor(t *testing.T) {
	for _, text := range []string{
		"web: { listen: 0.0.0.0:443, url: https://a.example }",
		"web: { http: 0.0.0.0:80, url: https://a.example }",
		"web: { listen: \"\", http: 127.0.0.1:8080, url: https://a.example }",
	} {
		c, err := Parse("c", []byte("hostname: a.example\ntls: { mode: acme, email: me@a.example }\n"+text))
		if err != nil || c.TLS.Directory != LetsEncrypt || c.TLS.Email != "me@a.example" || c.TLS.MTASTS != "testing" {
			t.Errorf("%s: %v, %+v", text, err, c.TLS)
		}
	}
}

func TestLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:25": true, "127.8.8.8:25": true, "[::1]:25": true, "localhost:25": true, "[::ffff:127.0.0.1]:25": true,
		":25": false, "0.0.0.0:25": false, "[::]:25": false, "10.0.0.1:25": false, "localhost.example:25": false, "127.0.0.1": false, "": false,
	} {
		if Loopback(address) != want {
			t.Errorf("Loopback(%q) must be %v", address, want)
		}
	}
}

func TestServeRefusesWhatIsDangerous(t *testing.T) {
	c, err := Parse("config.yaml", []byte(`hostname: lists.gardeners.example
tls: { mode: acme }
web: { http: 0.0.0.0:80, url: https://lists.gardeners.example }
relay: { mode: direct }
arc: on
verification: off
imap:
  listen: 0.0.0.0:993
`))
	if err != nil {
		t.Fatalf("the words are known: %v", err)
	}
	want := `config.yaml:3: web.http is 0.0.0.0:80, and verification is off: whoever reaches it could write in any member's name. Set verification to confirm, or listen on 127.0.0.1.
config.yaml:8: imap.listen is 0.0.0.0:993, and verification is off: whoever reaches it could write in any member's name. Set verification to confirm, or listen on 127.0.0.1.`
	if err := c.CheckServe(); err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestExample(t *testing.T) {
	for name, want := range map[string]bool{"lists.gardeners.example": true, "a.test": true, "mail.local": true, "lists.gardeners.org": false, "example.org": false, "test.de": false} {
		if Example(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

func TestDirect(t *testing.T) {
	c, err := Parse("config.yaml", []byte("hostname: lists.gardeners.example\nrelay: { mode: direct, warmup: on }\n"))
	if err != nil || c.Relay.Mode != Direct || !c.Relay.Warmup || c.CheckServe() != nil {
		t.Error(c.Relay, err, c.CheckServe())
	}
	for text, want := range map[string]string{
		"relay: { warmup: slowly }":                               `c:2: relay.warmup is "slowly"; it can be on or off.`,
		"relay: { warmup: on }":                                   "c:2: relay.warmup is on, but relay.mode is outbox; it is for direct delivery only. Set it to off.",
		"relay: { mode: direct, username: me, password_file: p }": "c:2: relay.username is a login at a smarthost, but relay.mode is direct: nobody asks for it. Take the line out, or set relay.mode to smarthost.",
	} {
		if _, err := Parse("c", []byte("hostname: a.example\n"+text+"\n")); err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
}

func TestVerificationOffIsForLoopback(t *testing.T) {
	c, err := Parse("config.yaml", []byte("hostname: a.example\nverification: off\n"))
	if err != nil || c.Verification != Unverified {
		t.Fatal(c.Verification, err)
	}
	if err := c.CheckServe(); err != nil {
		t.Error(err)
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	_, err := Load(path)
	if r, ok := refusal.As(err); !ok || r.Kind != refusal.NotFound || r.Error() != "There is no "+path+"." || !strings.Contains(r.Hint, "init") {
		t.Errorf("no file: %v", err)
	}
	if _, err := Load(dir); refusal.KindOf(err) != refusal.Invalid {
		t.Errorf("a folder: %v", err)
	}
	if err := os.WriteFile(path, []byte("hostname: a.example\nsmpt: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Load(path)
	want := path + ":2: there is no setting smpt. Did you mean smtp?"
	var all Complaints
	if !errors.As(err, &all) || len(all.List) != 1 || all.List[0].Line != 2 || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if r, ok := refusal.As(err); !ok || r.Kind != refusal.Invalid || r.Error() != want {
		t.Errorf("doors understand refusals: %v", r)
	}
	if err := os.WriteFile(path, []byte("hostname: a.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := Load(path); err != nil || c.Data != filepath.Join(dir, "data") {
		t.Errorf("%q, %v", c.Data, err)
	}
}

func TestPassword(t *testing.T) {
	path := filepath.Join(t.TempDir(), "password")
	c := Config{}
	if p, err := c.Password(); p != "" || err != nil {
		t.Errorf("without a file: %q, %v", p, err)
	}
	c.Relay.PasswordFile = path
	if _, err := c.Password(); err == nil || err.Error() != "relay.password_file "+path+" cannot be read." {
		t.Errorf("missing: %v", err)
	}
	for text, want := range map[string]string{"secret\n": "secret", "with blanks in it \r\n": "with blanks in it ", "bare": "bare"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if p, err := c.Password(); p != want || err != nil {
			t.Errorf("%q: %q, %v", text, p, err)
		}
	}
	for _, text := range []string{"", "\n", "two\nlines\n", "nul\x00", strings.Repeat("x", 1001)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := c.Password()
		if err == nil || err.Error() != "relay.password_file "+path+" must hold the password alone, on one line." {
			t.Errorf("%q: %v", text, err)
		}
		if text == "two\nlines\n" && strings.Contains(err.Error(), "lines\n") {
			t.Error("the password must not stand in an error")
		}
	}
}
