package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/cmd/internal/config"
	"backchannel/lists"
)

// openTLS is a village with certificates in files, and a password for Bill.
func openTLS(t *testing.T) (h *village, cert, secret string) {
	t.Helper()
	dir := t.TempDir()
	writePair(t, dir, "lists.test")
	cert = filepath.Join(dir, "cert.pem")
	h = openVillage(t, func(o *Options) {
		o.Config.TLS = config.TLS{Mode: config.Files, Cert: cert, Key: filepath.Join(dir, "key.pem")}
		o.Config.SMTP.Submissions = "127.0.0.1:0"
	})
	h.serve()
	h.update(func(tx *db.Tx) (err error) {
		secret, err = lists.AddPassword(tx, addr(t, "bill@south.test"), "interop")
		return err
	})
	return h, cert, secret
}

// tool runs a program with an input, and gives all it says. A program that is not there skips the test.
func tool(t *testing.T, dir, input, name string, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed", name)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdin, cmd.WaitDelay = dir, strings.NewReader(input), time.Second
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// OpenSSL at every port: TLS 1.2 is the least, and the front door gives no session tickets (A13).
func TestOpenSSL(t *testing.T) {
	h, _, secret := openTLS(t)
	starttls := []string{"-starttls", "smtp"}
	// OpenSSL takes TLS 1.1 only when it is told that no security is wanted.
	for _, c := range []struct {
		name, door string
		args       []string
		handshake  bool
		ticket     bool
	}{
		{"MX, TLS 1.3", "smtp.listen", append(starttls, "-tls1_3"), true, false},
		{"MX, TLS 1.2", "smtp.listen", append(starttls, "-tls1_2"), true, false},
		{"MX, TLS 1.1", "smtp.listen", append(starttls, "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"), false, false},
		{"submission, TLS 1.2", "smtp.submission", append(starttls, "-tls1_2"), true, true},
		{"submissions, TLS 1.3", submissionsDoor, []string{"-tls1_3"}, true, false},
		{"submissions, TLS 1.1", submissionsDoor, []string{"-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"}, false, false},
		{"IMAP, TLS 1.2", imapListener, []string{"-tls1_2"}, true, true},
		{"IMAP, TLS 1.1", imapListener, []string{"-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"}, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, _ := tool(t, "", "QUIT\r\n", "openssl", append([]string{"s_client", "-connect", h.Addr(c.door), "-servername", "lists.test"}, c.args...)...)
			if got := strings.Contains(out, "BEGIN CERTIFICATE"); got != c.handshake {
				t.Errorf("a handshake: %v\n%s", got, out)
			}
			// With TLS 1.3 tickets come behind the handshake, when OpenSSL may be gone; with 1.2 inside of it.
			if got := strings.Contains(out, "TLS session ticket:"); strings.HasSuffix(c.name, "1.2") && got != c.ticket || c.door == "smtp.listen" && got {
				t.Errorf("a session ticket: %v\n%s", got, out)
			}
		})
	}
	out, _ := tool(t, "", fmt.Sprintf("a LOGIN bill@south.test %s\nb LIST \"\" *\nc LOGOUT\n", secret), "openssl", "s_client", "-connect", h.Addr(imapListener), "-quiet", "-crlf")
	if !strings.Contains(out, "a OK") || !strings.Contains(out, "Lists/talk") || !strings.Contains(out, "c OK") {
		t.Errorf("IMAP over openssl s_client:\n%s", out)
	}
}

// isync reads a whole account over TLS, with a certificate that it checks.
func TestMbsyncOverTLS(t *testing.T) {
	h, cert, secret := openTLS(t)
	front, err := smtp.Dial(h.Addr("smtp.listen"))
	if err != nil {
		t.Fatal(err)
	}
	defer front.Close()
	if err := errors.Join(front.Mail("bill@south.test"), front.Rcpt("talk@gardeners.test")); err != nil {
		t.Fatal(err)
	}
	w, err := front.Data()
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write(post("Bill Tan <bill@south.test>", "Which compost?", "one@south.test", "Mine is too wet."))
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	_, port, err := net.SplitHostPort(h.Addr(imapListener))
	if err != nil {
		t.Fatal(err)
	}
	// "localhost" is not in the certificate; isync believes one that is given to it by name.
	rc := fmt.Sprintf(`IMAPAccount bill
Host 127.0.0.1
Port %s
User bill@south.test
Pass %s
SSLType IMAPS
SystemCertificates no
CertificateFile %s

IMAPStore far
Account bill

MaildirStore near
Path %s/
Inbox %s/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns Lists/*
Create Near
Sync Pull
SyncState *
`, port, secret, cert, dir, dir)
	file := filepath.Join(dir, "mbsyncrc")
	if err := os.WriteFile(file, []byte(rc), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := tool(t, dir, "", "mbsync", "-c", file, "all"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	found, err := filepath.Glob(filepath.Join(dir, "Lists", "talk", "*", "*"))
	if err != nil || len(found) == 0 {
		t.Errorf("nothing was read: %v, %v", found, err)
	}
}
