// Package config reads config.yaml: how this server runs. It promises that whatever it returns can be used without another look:
// every address has a port, every size is in bytes, every path is complete. When something is wrong it tells all of it at once, each
// complaint with its line and in a sentence that says what to write instead; a word it does not know is a complaint, never ignored.
//
// Everything about a community (names, lists, members, rules) lives in the database and is no setting. Only cmd reads this package;
// the rooms below get plain values.
package config

import (
	"net"
	"net/netip"
	"path/filepath"
	"strings"
)

// Config is config.yaml with every default filled in.
type Config struct {
	Hostname     string // the name this server greets with, also in Received lines: a full domain name in lower case
	Data         string // folder for database, keys and outbox
	SMTP         SMTP
	IMAP         IMAP
	Web          Web
	TLS          TLS
	Relay        Relay
	DNS          DNS
	Metrics      Metrics
	Verification Verification
	ARC          bool // seal relayed mail (RFC 8617)
	Ranking      Ranking
	Log          Log

	file  string
	lines map[string]int // where each setting stands in the file
}

// SMTP says where letters come in. An empty listener is off.
type SMTP struct {
	Listen      string // host:port for mail from other servers
	Submission  string // host:port for members' own mail programs, with a login: STARTTLS
	Submissions string // the same with TLS from the first byte (RFC 8314 §3.3)
	LMTP        string // host:port for a mail server on this machine
	MaxSize     int64  // bytes of the largest letter taken
	PerIP       int    // sessions from one address at a time; loopback is not counted
}

// IMAP says where mailboxes are read. An empty listener is off.
type IMAP struct {
	Listen string // host:port
}

// Web says where the web pages are. An empty listener is off.
type Web struct {
	Listen  string // host:port; in clear on loopback, with TLS elsewhere
	HTTP    string // host:port that sends browsers on to URL, and answers a certificate authority
	URL     string // how people reach it, without a slash at the end; goes into the letters
	Archive bool   // members can sign in, and read their lists and change their settings there
}

// TLS says which certificate the listeners show.
type TLS struct {
	Mode      TLSMode
	Cert      string // path of the certificate chain, for mode files
	Key       string // path of its key
	Email     string // whom the certificate authority tells about trouble, for mode acme; may be empty
	Directory string // where the authority is to be found (RFC 8555 §7.1.1), for mode acme
	MTASTS    string // testing, enforce or none: what senders are asked to do when TLS to us fails (RFC 8461)
}

// LetsEncrypt is the certificate authority of mode acme, unless another is named.
const LetsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"

// TLSMode is where certificates come from.
type TLSMode string

// The words of tls.mode.
const (
	NoTLS  TLSMode = "none"  // no encryption: every listener is on loopback
	Files  TLSMode = "files" // certificate and key are files, read again when they change
	FromCA TLSMode = "acme"  // certificates are fetched from a certificate authority
)

// Relay says how letters leave.
type Relay struct {
	Mode         RelayMode
	Smarthost    string // host:port that takes all mail, for mode smarthost
	Connections  int    // to the smarthost at a time
	Username     string // login at the smarthost; empty for none
	PasswordFile string // path of a file that holds the password alone
	Warmup       bool   // few letters a day at first for each provider, for mode direct
}

// RelayMode is the way out.
type RelayMode string

// The words of relay.mode.
const (
	Outbox    RelayMode = "outbox"    // every copy becomes a file under data/outbox, nothing leaves
	Smarthost RelayMode = "smarthost" // one server takes all mail
	Direct    RelayMode = "direct"    // every copy goes to the recipient's own mail server
)

// DNS says whom to ask for names.
type DNS struct {
	Resolver string // address:port; empty means the system's
}

// Metrics says where the operator's own monitoring reads figures and health. An empty listener is off.
type Metrics struct {
	Listen string // host:port, on loopback
}

// Verification is what a post meets whose sender could not be verified.
type Verification string

// The words of verification.
const (
	Require    Verification = "require" // it is refused
	Confirm    Verification = "confirm" // it is held, and the member whose address it bears is asked
	Unverified Verification = "off"     // it is believed: for trying out on loopback only
)

// Ranking is how much each thing counts for a thread's place in a digest (product.md A4); docs/digest.md has the sum.
type Ranking struct {
	Posts, People           float64 // for each doubling
	Question, YoungQuestion float64 // open for two days or more; for less
	Follow                  float64 // for each of two tags that the reader follows
	Mine, New, Newcomer     float64 // the reader wrote in it; it is new; its author is
	Managers                float64 // taken off for the share of posts that managers wrote
	HalfLife                float64 // days after which a thread counts half
	Pin                     float64 // a manager pinned it
}

// Log says how much is logged, and in which form.
type Log struct {
	Level  string // debug, info, warn or error
	Format string // text or json
}

// Default is what holds when config.yaml says nothing. Only hostname has none: nobody can guess it.
func Default() Config {
	return Config{
		Data:         "data",
		SMTP:         SMTP{Listen: "127.0.0.1:2525", Submission: "127.0.0.1:2587", MaxSize: 25 * megabyte, PerIP: 10},
		IMAP:         IMAP{Listen: "127.0.0.1:2143"},
		Web:          Web{Listen: "127.0.0.1:2080", URL: "http://127.0.0.1:2080", Archive: true},
		TLS:          TLS{Mode: NoTLS, Directory: LetsEncrypt, MTASTS: "testing"},
		Relay:        Relay{Mode: Outbox, Smarthost: "127.0.0.1:1025", Connections: 10},
		Verification: Confirm,
		Ranking:      Ranking{Posts: 2, People: 3, Question: 4, YoungQuestion: 2, Follow: 3, Mine: 3, New: 2, Newcomer: 2, Managers: 2, HalfLife: 7, Pin: 100},
		Log:          Log{Level: "info", Format: "text"},
	}
}

// Listener is one place where the server listens.
type Listener struct {
	Key     string // its setting: smtp.listen
	Address string // host:port
}

// Listeners are all places that are on, in the order of the file.
func (c Config) Listeners() []Listener {
	var on []Listener
	for _, l := range []Listener{
		{"smtp.listen", c.SMTP.Listen},
		{"smtp.submission", c.SMTP.Submission},
		{"smtp.submissions", c.SMTP.Submissions},
		{"smtp.lmtp", c.SMTP.LMTP},
		{"imap.listen", c.IMAP.Listen},
		{"web.listen", c.Web.Listen},
		{"web.http", c.Web.HTTP},
		{"metrics.listen", c.Metrics.Listen},
	} {
		if l.Address != "" {
			on = append(on, l)
		}
	}
	return on
}

// CheckServe tells why serve must not start with this config, all reasons at once, or nil. Other verbs may go on.
func (c Config) CheckServe() error {
	complaints := Complaints{file: c.file}
	if c.Verification == Unverified {
		for _, l := range c.Listeners() {
			if !Loopback(l.Address) {
				complaints.add(c.lines[l.Key], "%s is %s, and verification is off: whoever reaches it could write in any member's name. Set verification to confirm, or listen on 127.0.0.1.", l.Key, l.Address)
			}
		}
	}
	return complaints.err()
}

// Example tells whether a name is one that no host on the Internet can have (RFC 2606, RFC 6761, RFC 6762).
func Example(host string) bool {
	switch host[strings.LastIndexByte(host, '.')+1:] {
	case "example", "test", "invalid", "localhost", "local":
		return true
	}
	return false
}

// Loopback tells whether host:port can be reached from this machine only. A name other than localhost may mean anything.
func Loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	return loopbackHost(host)
}

func loopbackHost(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// resolve makes paths complete: what is relative in the file is relative to the folder of the file, wherever the program is started.
func (c *Config) resolve(folder string) {
	for _, path := range []*string{&c.Data, &c.TLS.Cert, &c.TLS.Key, &c.Relay.PasswordFile} {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(folder, *path)
		}
	}
}
