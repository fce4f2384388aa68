package main

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"backchannel/cmd/backchannel/backchanneltest"
	"backchannel/cmd/internal/config"
)

// postfixMain is a Postfix that takes mail from this machine alone, hands the community's to our door, and all other to the world.
const postfixMain = `compatibility_level = 3.6
queue_directory = DIR/queue
data_directory = DIR/data
mail_owner = postfix
setgid_group = postdrop
myhostname = postfix.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = loopback-only
inet_protocols = ipv4
maillog_file = DIR/log
maillog_file_prefixes = DIR
alias_maps =
alias_database =
disable_dns_lookups = yes
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_tls_security_level = may
smtpd_tls_chain_files = DIR/pair.pem
smtp_tls_security_level = may
transport_maps = inline:{ { LIST = smtp:[127.0.0.1]:OURS }, { * = smtp:[127.0.0.1]:WORLD } }
`

const postfixMaster = `127.0.0.1:PORT inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`

// postfix is a running Postfix.
type postfix struct {
	dir  string
	addr string // where it takes mail
}

// newPostfix prepares one that is not started yet, so that its port is known. It goes away with the test.
func newPostfix(t *testing.T) *postfix {
	t.Helper()
	if _, err := exec.LookPath("postfix"); err != nil {
		t.Skip("Postfix is not installed")
	}
	if os.Getuid() != 0 {
		t.Skip("Postfix can be started by root only")
	}
	dir, err := os.MkdirTemp("", "bc-postfix-") // not t.TempDir: Postfix's own user must be able to get there, by a short path
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			t.Logf("what Postfix says:\n%s", log)
		}
		_ = os.RemoveAll(dir)
	})
	must(t, os.Chmod(dir, 0o755))
	for _, sub := range []string{"etc", "queue", "data"} {
		must(t, os.Mkdir(filepath.Join(dir, sub), 0o755))
	}
	out, err := exec.Command("chown", "postfix", filepath.Join(dir, "data")).CombinedOutput()
	if err != nil {
		t.Skipf("there is no user postfix: %s", out)
	}
	addr, err := backchanneltest.FreePort()
	must(t, err)
	return &postfix{dir: dir, addr: addr}
}

// start lets it run, with our door and the world for its neighbours.
func (p *postfix) start(t *testing.T, ours, world string) {
	t.Helper()
	port := func(addr string) string { _, port, _ := net.SplitHostPort(addr); return port }
	fill := strings.NewReplacer("DIR", p.dir, "LIST", backchanneltest.Domain, "OURS", port(ours), "WORLD", port(world), "PORT", port(p.addr))
	must(t, os.WriteFile(filepath.Join(p.dir, "etc", "main.cf"), []byte(fill.Replace(postfixMain)), 0o644))
	must(t, os.WriteFile(filepath.Join(p.dir, "etc", "master.cf"), []byte(fill.Replace(postfixMaster)), 0o644))
	cmd := exec.Command("postfix", "-c", filepath.Join(p.dir, "etc"), "start-fg")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	must(t, cmd.Start())
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = exec.Command("postfix", "-c", filepath.Join(p.dir, "etc"), "stop").Run()
		select {
		case <-ended:
		case <-time.After(time.Minute):
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			<-ended
		}
	})
	for end := backchanneltest.Until(t, time.Minute); ; {
		if conn, err := net.Dial("tcp", p.addr); err == nil {
			conn.Close()
			return
		}
		select {
		case <-ended:
			t.Skipf("Postfix does not run here: %s", said.String())
		case <-end.Done():
			t.Fatalf("Postfix does not come up: %s", said.String())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// certificateIn writes a certificate for both sides, and the file with both halves that Postfix wants.
func (p *postfix) certificateIn(t *testing.T) config.TLS {
	t.Helper()
	must(t, writeCertificate(p.dir, "postfix.test", time.Now().AddDate(1, 0, 0)))
	c := config.TLS{Mode: config.Files, Cert: filepath.Join(p.dir, "cert.pem"), Key: filepath.Join(p.dir, "key.pem")}
	var pair []byte // the key first
	for _, name := range []string{c.Key, c.Cert} {
		b, err := os.ReadFile(name)
		must(t, err)
		pair = append(pair, b...)
	}
	must(t, os.WriteFile(filepath.Join(p.dir, "pair.pem"), pair, 0o600))
	return c
}

// What a letter may hold that machines on the way like to spoil: dots, blanks at line ends, signs beyond ASCII, a line of 900 octets, and
// one that looks like the beginning of an mbox.
var fragile = ".\r\n..two\r\n.three\r\nblanks at the end   \r\n\tTab\r\nFrom here\r\nGrüße, 日本語, \U0001F331\r\n" + strings.Repeat("0123456789", 90) + "\r\n\r\n-- \r\nMira\r\n"

// A letter goes from a stranger through Postfix to our door, becomes a post, and its copies go through Postfix again, over STARTTLS both
// times: by the smarthost's way and by direct delivery. What arrives is what was written.
func TestPostfixBothWays(t *testing.T) {
	for _, mode := range []config.RelayMode{config.Smarthost, config.Direct} {
		t.Run(string(mode), func(t *testing.T) {
			mta := newPostfix(t)
			w := backchanneltest.NewWorld(t)
			w.Keep = true
			o := directOptions(t, w, 2)
			o.Config.TLS = mta.certificateIn(t)
			o.Config.Relay.Mode, o.Config.Relay.Smarthost = mode, mta.addr
			o.Reach = func(netip.Addr) (string, bool) { return mta.addr, true }
			ours := serveTown(t, openTownOf(t, o, 4, 4, func(n int) string { return domainOf(n % 2) }))
			mta.start(t, ours, w.Addr)

			head := fmt.Sprintf("From: Member <m0@north.test>\r\nTo: <%s>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nDate: Mon, 02 Jun 2025 08:00:00 +0000\r\nMessage-ID: <n0@north.test>\r\n"+
				"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n", backchanneltest.List)
			must(t, (&postman{mta.addr}).send("m0@north.test", head+"\r\n"+fragile))
			if !w.Wait(backchanneltest.Until(t, 2*time.Minute), func() bool { return w.Taken() >= 4 }) {
				t.Fatalf("%d of 4 copies came", w.Taken())
			}
			for n := range 4 {
				to := fmt.Sprintf("m%d@%s", n, domainOf(n%2))
				header, body, _ := bytes.Cut(w.Kept(to), []byte("\r\n\r\n"))
				if string(body) != fragile {
					t.Errorf("%s got\n%q\nwant\n%q", to, body, fragile)
				}
				for _, want := range []string{"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n", "Message-ID: <n0@north.test>\r\n", "with ESMTPS id", "List-Id: "} {
					if !strings.Contains(string(header)+"\r\n", want) {
						t.Errorf("%s: there is no %q in\n%s", to, want, header)
					}
				}
			}
			log, err := os.ReadFile(filepath.Join(mta.dir, "log"))
			must(t, err)
			for _, bad := range []string{"status=bounced", "status=deferred", "warning:"} {
				if strings.Contains(string(log), bad) {
					t.Errorf("Postfix says %s", bad)
				}
			}
		})
	}
}

// Postfix is told no in the session; its bounce names the address and why.
func TestPostfixHearsNo(t *testing.T) {
	mta := newPostfix(t)
	w := backchanneltest.NewWorld(t)
	w.Keep = true
	o := directOptions(t, w, 1)
	o.Config.TLS = mta.certificateIn(t)
	ours := serveTown(t, openTownOf(t, o, 1, 1, domainOf))
	mta.start(t, ours, w.Addr)
	c, err := backchanneltest.DialSMTP(mta.addr)
	must(t, err)
	must(t, c.Send("m0@north.test", "nobody@"+backchanneltest.Domain, []byte(letterFrom("m0@north.test", 1, 1<<10))))
	// Postfix writes the bounce to the sender.
	if !w.Wait(backchanneltest.Until(t, 2*time.Minute), func() bool { return w.Kept("m0@north.test") != nil }) {
		t.Fatal("no bounce came")
	}
	if dsn := string(w.Kept("m0@north.test")); !strings.Contains(dsn, "Status: 5.1.1") || !strings.Contains(dsn, "Final-Recipient: rfc822; nobody@"+backchanneltest.Domain) {
		t.Errorf("the bounce says\n%s", dsn)
	}
}
