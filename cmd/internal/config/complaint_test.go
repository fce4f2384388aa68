package config

import (
	"fmt"
	"strings"
	"testing"
)

// Every complaint with its words. A case is what follows the hostname line, so that its first line is line 2; cases about the hostname
// or the whole file begin with "!" and are the whole file.
func TestComplaints(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		// the file as a whole
		{"!", "c: there is nothing in it; it needs at least a line like hostname: lists.gardeners.example."},
		{"!# only a comment\n", "c: there is nothing in it; it needs at least a line like hostname: lists.gardeners.example."},
		{"!---\n", "c: there is nothing in it; it needs at least a line like hostname: lists.gardeners.example."},
		{"!" + strings.Repeat("#", maxFile+1), "c: this is more than a megabyte; is it the right file?"},
		{"!\n- a\n- b\n", "c:2: this is no list of settings; write lines like hostname: lists.gardeners.example."},
		{"!hello\n", "c:1: this is no list of settings; write lines like hostname: lists.gardeners.example."},
		{"---\nhostname: b.example\n", "c:2: a second document begins here (---); everything belongs into one."},
		{"---\n: :\n  - [", "c:4: this is not YAML: did not find expected key. Look for a missing blank after a colon, an open quote or bracket, or a line indented unlike its neighbours."},
		{"smtp: { listen: 127.0.0.1:25\n", "c:2: this is not YAML: did not find expected ',' or '}'. Look for a missing blank after a colon, an open quote or bracket, or a line indented unlike its neighbours."},
		{"hostname: lists.test\nlog: { level: info }\n\n# more\nmetrics: { listen: 127.0.0.1:9525 }\n  listen: \"\"\n\nverification: off\n", "c:7: this is not YAML: did not find expected key. Look for a missing blank after a colon, an open quote or bracket, or a line indented unlike its neighbours."},
		{"hostname: \"lists.test\nlog: { level: info }\nverification: off\n", "c:2: this is not YAML: found unexpected end of stream. Look for a missing blank after a colon, an open quote or bracket, or a line indented unlike its neighbours."},
		{"smtp:\n\tlisten: 127.0.0.1:25\n", "c:3: this is not YAML: found character that cannot start any token. Indent with blanks, not with tabs."},
		{"? [a]\n: b\n", "c:2: this is no setting; write lines like hostname: lists.gardeners.example."},

		// keys
		{"smpt: {}", "c:2: there is no setting smpt. Did you mean smtp?"},
		{"smtp:\n  lisen: x", "c:3: there is no setting smtp.lisen. Did you mean smtp.listen?"},
		{"smtp: { max-size: 25MB }", "c:2: there is no setting smtp.max-size. Did you mean smtp.max_size?"},
		{"max_size: 25MB", "c:2: there is no setting max_size. Did you mean smtp.max_size?"},
		{"imap: { submission: x }", "c:2: there is no setting imap.submission. Did you mean smtp.submission?"},
		{"mode: none", "c:2: there is no setting mode. Did you mean tls.mode or relay.mode?"},
		{"Hostname: b.example", "c:2: there is no setting Hostname. Did you mean hostname?"},
		{"members: 12", "c:2: there is no setting members."},
		{"hostname: b.example", "c:2: hostname stands here a second time, the first is in line 1; keep one."},
		{"smtp: { listen: 127.0.0.1:1 }\nsmtp: { listen: 127.0.0.1:2 }", "c:3: smtp stands here a second time, the first is in line 2; keep one."},
		{"smtp: 127.0.0.1:25", "c:2: smtp is a group of settings; write them indented below it, or as smtp: { … }."},
		{"smtp:", "c:2: smtp is a group of settings; write them indented below it, or as smtp: { … }."},

		// values in general
		{"data: &x d\nimap: { listen: *x }", "c:3: imap.listen is a YAML alias; write the value itself."},
		{"data: [a, b]", "c:2: data is a list or a group; it takes one value."},
		{"imap:\n  listen:\n", `c:3: imap.listen is empty; give it a value, write "" for none, or take the line out.`},
		{`data: ""`, "c:2: data is empty; it is the folder for database and keys, like ./data."},
		{`data: "a\nb"`, `c:2: data is "a\nb", which has signs in it that no keyboard writes.`},

		// words and numbers
		{"relay: { mode: smarthots }", `c:2: relay.mode is "smarthots"; it can be outbox, smarthost or direct. Did you mean smarthost?`},
		{"relay: { mode: carrier pigeon }", `c:2: relay.mode is "carrier pigeon"; it can be outbox, smarthost or direct.`},
		{"tls: { mode: on }", `c:2: tls.mode is "on"; it can be none, files or acme.`},
		{"verification: maybe", `c:2: verification is "maybe"; it can be require, confirm or off.`},
		{"arc: yes", `c:2: arc is "yes"; it can be on or off.`},
		{"log: { level: warning }", `c:2: log.level is "warning"; it can be debug, info, warn or error. Did you mean warn?`},
		{"log: { format: xml }", `c:2: log.format is "xml"; it can be text or json.`},
		{"smtp: { per_ip: 0 }", `c:2: smtp.per_ip is "0"; it is a whole number from 1 to 200.`},
		{"relay: { connections: many }", `c:2: relay.connections is "many"; it is a whole number from 1 to 100.`},
		{"smtp: { max_size: big }", `c:2: smtp.max_size is "big"; write a size like 25MB.`},
		{"smtp: { max_size: -1 }", `c:2: smtp.max_size is "-1"; write a size like 25MB.`},
		{"smtp: { max_size: 10KB }", "c:2: smtp.max_size is 10KB; other servers count on 64KiB at least (RFC 5321)."},
		{"smtp: { max_size: 999999999999MiB }", "c:2: smtp.max_size is 999999999999MiB; 100MB is the most."},

		// names and addresses
		{"!data: d", "c: hostname is missing; it is the full name of this server, like lists.gardeners.example."},
		{"!hostname: lists", `c:1: hostname is "lists", which other mail servers do not accept: write the full name, like lists.gardeners.example.`},
		{"!hostname: 192.0.2.1", `c:1: hostname is "192.0.2.1", an address; it is the full name of this server, like lists.gardeners.example.`},
		{"!hostname: a_b.example", `c:1: hostname is "a_b.example"; it is the full name of this server, like lists.gardeners.example.`},
		{"!hostname: \"\"", `c:1: hostname is ""; it is the full name of this server, like lists.gardeners.example.`},
		{"smtp: { listen: 127.0.0.1 }", `c:2: smtp.listen is "127.0.0.1", without a port: write 127.0.0.1:PORT.`},
		{"smtp: { listen: localhost }", `c:2: smtp.listen is "localhost", without a port: write localhost:PORT.`},
		{"smtp: { listen: '::1' }", `c:2: smtp.listen is "::1", without a port: write [::1]:PORT.`},
		{"smtp: { listen: 'what ever' }", `c:2: smtp.listen is "what ever"; write host and port, like 127.0.0.1:2525.`},
		{"smtp: { listen: 127.0.0.1:70000 }", `c:2: smtp.listen is "127.0.0.1:70000"; its port is a number from 1 to 65535.`},
		{"smtp: { listen: 127.0.0.1:smtp }", `c:2: smtp.listen is "127.0.0.1:smtp"; its port is a number from 1 to 65535.`},
		{"smtp: { listen: 127.0.0.300:25 }", `c:2: smtp.listen is "127.0.0.300:25"; "127.0.0.300" is neither an address nor a name.`},
		{"relay: { smarthost: ':25' }", `c:2: relay.smarthost is ":25"; "" is neither an address nor a name.`},
		{"relay: { smarthost: 'mail.example:0' }", `c:2: relay.smarthost is "mail.example:0"; its port is a number from 1 to 65535.`},
		{"relay: { mode: smarthost, smarthost: '' }", "c:2: relay.mode is smarthost, but relay.smarthost is empty; name the server that takes the mail, like mail.provider.example:587."},
		{"dns: { resolver: 192.0.2.53 }", `c:2: dns.resolver is "192.0.2.53", without a port: write 192.0.2.53:53.`},
		{"dns: { resolver: dns.example:53 }", `c:2: dns.resolver is "dns.example:53"; it needs the number of the server, not its name, like 192.0.2.53:53.`},
		{"dns: { resolver: dns }", `c:2: dns.resolver is "dns", without a port: write dns:PORT.`},
		{"web: { url: lists.example }", `c:2: web.url is "lists.example"; write it as a browser shows it, like https://lists.gardeners.example.`},
		{"web: { url: 'ftp://lists.example' }", `c:2: web.url is "ftp://lists.example"; write it as a browser shows it, like https://lists.gardeners.example.`},
		{"web: { url: 'https://a.example/?x=1' }", `c:2: web.url is "https://a.example/?x=1"; it ends with the path, without login, ? or #.`},
		{"web: { url: 'http://a.example' }", `c:2: web.url is "http://a.example"; links in letters need https, plain http is for loopback only.`},

		// together
		{"smtp: { listen: '' }", `c:2: smtp.listen is "", so no letter could come in; give it or smtp.lmtp an address like 127.0.0.1:2525.`},
		{"imap: { listen: 127.0.0.1:2525 }", "c:2: imap.listen is 127.0.0.1:2525, and so is smtp.listen; each needs its own port."},
		{"imap: { listen: 0.0.0.0:143 }", "c:2: imap.listen is 0.0.0.0:143, but tls.mode is none: passwords and letters would cross the net in clear. Listen on 127.0.0.1, or set tls.mode to files or acme."},
		{"smtp: { lmtp: 10.0.0.1:24 }", "c:2: smtp.lmtp is 10.0.0.1:24; it believes whoever connects, so it listens on loopback only, like 127.0.0.1:2424."},
		{"metrics: { listen: 0.0.0.0:9525 }", "c:2: metrics.listen is 0.0.0.0:9525; whoever reaches it reads how this server is doing, so it listens on loopback only, like 127.0.0.1:9525."},
		{"metrics: { listen: ':9525' }", "c:2: metrics.listen is :9525; whoever reaches it reads how this server is doing, so it listens on loopback only, like 127.0.0.1:9525."},
		{"metrics: { listen: 127.0.0.1:2525 }", "c:2: metrics.listen is 127.0.0.1:2525, and so is smtp.listen; each needs its own port."},
		{"tls: { mode: none }\nsmtp: { submissions: 127.0.0.1:465 }", "c:3: smtp.submissions is 127.0.0.1:465, where TLS begins with the first byte, but tls.mode is none; set it to files or acme, or take this line out."},
		{"tls: { mode: acme }", "c:2: tls.mode is acme, but nothing listens where the authority looks; set web.listen to 0.0.0.0:443, or web.http to 0.0.0.0:80."},
		{"tls: { email: me@a.example }", "c:2: tls.email is given, but tls.mode is none; set it to acme, or take this line out."},
		{"tls: { email: me }", `c:2: tls.email is "me"; write a mail address, like postmaster@gardeners.example.`},
		{"tls: { directory: http://ca.example/ }", `c:2: tls.directory is "http://ca.example/"; write an https address, like https://acme-v02.api.letsencrypt.org/directory.`},
		{"tls: { mta_sts: always }", `c:2: tls.mta_sts is "always"; it can be testing, enforce or none.`},
		{"web: { http: 0.0.0.0:80 }", "c:2: web.http sends browsers on to web.url, which is no https address; set web.url, or take this line out."},
		{"tls: { mode: files, cert: a }", "c: tls.mode is files, but tls.key is missing; it is the path of its key."},
		{"tls:\n  mode: none\n  cert: a", "c:4: tls.cert is given, but tls.mode is none; set it to files, or take this line out."},
		{"relay: { username: me }", "c:2: relay.username needs relay.password_file, the path of a file that holds the password alone."},
		{"relay: { password_file: p }", "c:2: relay.password_file needs relay.username."},
		{"tls: { mode: files, cert: a, key: b }\nweb: { listen: 0.0.0.0:443 }", "c: web.url is missing; it is how people reach the pages that listen on 0.0.0.0:443, like https://lists.gardeners.example."},
	} {
		complains(t, c.text, c.want)
	}
}

// A weight is a plain number within bounds.
func TestComplaintsAboutWeights(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"ranking: { people: -1 }", `c:2: ranking.people is "-1"; it is a number from 0 to 1000, like 2 or 2.5.`},
		{"ranking: { people: many }", `c:2: ranking.people is "many"; it is a number from 0 to 1000, like 2 or 2.5.`},
		{"ranking: { people: NaN }", `c:2: ranking.people is "NaN"; it is a number from 0 to 1000, like 2 or 2.5.`},
		{"ranking: { people: 1e3 }", `c:2: ranking.people is "1e3"; it is a number from 0 to 1000, like 2 or 2.5.`},
		{"ranking: { half_life: 0 }", `c:2: ranking.half_life is "0"; it is a number from 0.1 to 365, like 2 or 2.5.`},
		{"ranking: { half-life: 7 }", "c:2: there is no setting ranking.half-life. Did you mean ranking.half_life?"},
	} {
		complains(t, c.text, c.want)
	}
}

// complains reads a case of TestComplaints.
func complains(t *testing.T, text, want string) {
	t.Helper()
	text, whole := strings.CutPrefix(text, "!")
	if !whole {
		text = "hostname: a.example\n" + text
	}
	_, err := Parse("c", []byte(text))
	switch {
	case err == nil:
		t.Errorf("%s\nno complaint, want %s", clip(text), want)
	case err.Error() != want:
		t.Errorf("%s\ngot  %s\nwant %s", clip(text), err, want)
	}
}

func clip(text string) string { return text[:min(len(text), 200)] }

func TestAllComplaintsAtOnceInTheOrderOfTheFile(t *testing.T) {
	_, err := Parse("dir/config.yaml", []byte(`log: { level: loud }
smtp:
  listen: nowhere
  per_ip: none
tls: { mode: sometimes }
imap: { listen: 0.0.0.0:143 }
colour: blue
`))
	want := `dir/config.yaml: hostname is missing; it is the full name of this server, like lists.gardeners.example.
dir/config.yaml:1: log.level is "loud"; it can be debug, info, warn or error.
dir/config.yaml:3: smtp.listen is "nowhere", without a port: write nowhere:PORT.
dir/config.yaml:4: smtp.per_ip is "none"; it is a whole number from 1 to 200.
dir/config.yaml:5: tls.mode is "sometimes"; it can be none, files or acme.
dir/config.yaml:7: there is no setting colour.`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestAComplaintHasNoFollowers(t *testing.T) {
	_, err := Parse("c", []byte("hostname: x\nweb: { listen: 1, url: 2 }\ntls: { mode: x, cert: a }\nrelay: { mode: smarthost, smarthost: x }"))
	if got := strings.Count(err.Error(), "\n") + 1; got != 5 {
		t.Errorf("%d complaints about 5 mistakes:\n%v", got, err)
	}
}

// A blank that is missing behind a colon is told once, at its line, and everything else in the file as if it stood there. YAML takes such a
// line for a bare word, and complains about the next one.
func TestAMissingBlankIsOneComplaint(t *testing.T) {
	shipped := string(Shipped("lists.gardeners.example"))
	for text, want := range map[string]string{
		strings.Replace(shipped, "hostname: ", "hostname:", 1): fmt.Sprintf("c:%d: hostname needs a blank behind its colon, like hostname: VALUE.", 1+strings.Count(shipped[:strings.Index(shipped, "\nhostname")+1], "\n")),
		"hostname:x": "c:1: hostname needs a blank behind its colon, like hostname: VALUE.",
		"hostname:lists.test\ndata: d\nhello: 1\n":        "c:1: hostname needs a blank behind its colon, like hostname: VALUE.\nc:3: there is no setting hello.",
		"data: d\r\nhostname:lists.test\r\n":              "c:2: hostname needs a blank behind its colon, like hostname: VALUE.",
		"hostname: a.test\nsmtp:\n  listen:127.0.0.1:25":  "c:3: listen needs a blank behind its colon, like listen: VALUE.",
		"hostname: a.test\nrelay:{ mode: outbox }":        "c:2: relay needs a blank behind its colon, like relay: VALUE.",
		"hostname: a.test\nsmtp: { listen:127.0.0.1:25 }": "c:2: smtp.listen needs a blank behind its colon, like smtp.listen: VALUE.",
		"{hostname:x, data: d}":                           "c:1: hostname needs a blank behind its colon, like hostname: VALUE.",
		"hostname:a.test\nverification:off\n":             "c:1: hostname needs a blank behind its colon, like hostname: VALUE.\nc:2: verification needs a blank behind its colon, like verification: VALUE.",
		"hostname: a.test\ncolour:blue\n":                 "c:2: this is not YAML: could not find expected ':'. Look for a missing blank after a colon, an open quote or bracket, or a line indented unlike its neighbours.",
	} {
		if _, err := Parse("c", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("%.60q\ngot  %v\nwant %s", text, err, want)
		}
	}
	if _, err := Parse("c", []byte("hostname: a.test\n# data:x\nweb: { url: 'http://127.0.0.1:2080' }\ndns: { resolver: '[::1]:53' }\n\"data\": d\n")); err != nil {
		t.Error(err)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"smtp", "smtp", 0}, {"smpt", "smtp", 1}, {"lisen", "listen", 1}, {"kitten", "sitting", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%s, %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// Operators feed this by hand, but a file manager may feed it anything.
func FuzzParse(f *testing.F) {
	f.Add(shipped)
	f.Add("hostname: a.example\n---\n")
	f.Add("smtp: {listen: [}\n\t")
	f.Add("? {a: b}\n: &x [*x]\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("config.yaml", []byte(text))
		if err == nil && (c.Hostname == "" || c.Data == "" || c.SMTP.MaxSize < smallestMaxSize) {
			t.Errorf("accepted without what it promises: %+v", c)
		}
		if err != nil && strings.TrimSpace(err.Error()) == "" {
			t.Error("a complaint without words")
		}
	})
}

// In the file that is shipped, a slip is told with the very line it is in: the library names the line where the whole file begins.
func TestTheLineOfASlip(t *testing.T) {
	shipped := string(Shipped("lists.gardeners.example"))
	for right, slip := range map[string]string{
		"metrics:\n  listen: \"\"\n":  "metrics: { listen: 127.0.0.1:9525 }\n  listen: \"\"\n", // the second line is wrong
		"metrics:\n  listen:  \"\"\n": "metrics:\n  listen: [127.0.0.1:9525\n",
		"verification: confirm":       "verification confirm",
	} {
		right = strings.Replace(right, "listen:  ", "listen: ", 1)
		before, after, ok := strings.Cut(shipped, right)
		if !ok {
			t.Fatalf("%q is not in the shipped file", right)
		}
		line := 1 + strings.Count(before, "\n") + strings.Count(strings.TrimSuffix(slip, "\n"), "\n")
		_, err := Parse("c", []byte(before+slip+after))
		if err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("c:%d: this is not YAML", line)) {
			t.Errorf("%q: %v, want line %d", slip, err, line)
		}
	}
}
