package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/cmd/internal/config"
	"backchannel/lists"
)

// swaks is a mail program for testers. Its exit codes tell how far it came.
const (
	swaksDone    = 0
	swaksRefused = 26 // the letter, behind its end
	swaksNoMail  = 23 // MAIL FROM
	swaksNoRCPT  = 24
	swaksNoLogin = 28
	swaksNoTLS   = 29
)

// runSwaks sends one letter as swaks does, and gives the exit code and the dialogue.
func runSwaks(t *testing.T, listener string, args ...string) (int, string) {
	t.Helper()
	host, port, err := net.SplitHostPort(listener)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "swaks", append([]string{
		"--server", host, "--port", port, "--helo", "laptop.test", "--timeout", "60s", "--suppress-data", "--no-hints",
		"--to", "talk@gardeners.test", "--header", "Message-Id: <" + strings.ReplaceAll(t.Name(), "/", ".") + "@laptop.test>",
	}, args...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &out, time.Second
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return swaksDone, out.String()
	case errors.As(err, &exit):
		return exit.ExitCode(), out.String()
	}
	t.Fatal(err)
	return 0, ""
}

// Another mail program than ours: STARTTLS with AUTH LOGIN and PLAIN, TLS from the first byte, and what must not work (A14).
func TestSwaks(t *testing.T) {
	can, err := exec.Command("swaks", "--support").CombinedOutput()
	if err != nil {
		t.Skip("swaks is not installed")
	}
	if !bytes.Contains(can, []byte("TLS supported")) {
		t.Skip("this swaks knows no TLS: install libnet-ssleay-perl")
	}
	dir := t.TempDir()
	writePair(t, dir, "lists.test")
	h := openVillage(t, func(o *Options) {
		o.Config.TLS = config.TLS{Mode: config.Files, Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
		o.Config.SMTP.Submissions = "127.0.0.1:0"
		o.Config.Verification = config.Require // a login is all there is to go by
	})
	h.serve()
	var secret string
	h.update(func(tx *db.Tx) (err error) {
		secret, err = lists.AddPassword(tx, addr(t, "bill@south.test"), "swaks")
		return err
	})
	const starttls, wrapped = "smtp.submission", submissionsDoor
	login := func(mechanism, password string) []string {
		return []string{"--auth", mechanism, "--auth-user", "bill@south.test", "--auth-password", password}
	}
	for _, c := range []struct {
		name, door string
		from       string
		args       []string
		exit       int
		says       string
	}{
		{"plain", starttls, "bill@south.test", append(login("PLAIN", secret), "--tls"), swaksDone, "AUTH PLAIN"},
		{"login", starttls, "bill@south.test", append(login("LOGIN", secret), "--tls"), swaksDone, "AUTH LOGIN"},
		{"plain, wrapped", wrapped, "bill@south.test", append(login("PLAIN", secret), "--tls-on-connect"), swaksDone, "ESMTP Service Ready"},
		{"login, wrapped", wrapped, "bill@south.test", append(login("LOGIN", secret), "--tls-on-connect"), swaksDone, "235 2.0.0"},
		{"wrong password", starttls, "bill@south.test", append(login("PLAIN", "abcde"), "--tls"), swaksNoLogin, "535 5.7.8 This name and app password do not fit together."},
		{"wrong password, login", wrapped, "bill@south.test", append(login("LOGIN", "abcde"), "--tls-on-connect"), swaksNoLogin, "535 5.7.8"},
		{"unknown user", starttls, "bill@south.test", []string{"--tls", "--auth", "PLAIN", "--auth-user", "nobody@south.test", "--auth-password", secret}, swaksNoLogin, "535 5.7.8 This name and app password do not fit together."},
		{"a way nobody knows", starttls, "bill@south.test", append(login("CRAM-MD5", secret), "--tls"), swaksNoLogin, "250-AUTH PLAIN LOGIN"},
		{"in clear", starttls, "bill@south.test", login("PLAIN", secret), swaksNoLogin, "250-STARTTLS"},
		{"no login", starttls, "bill@south.test", []string{"--tls"}, swaksNoMail, "530 5.7.0 Please log in first, with your address and an app password."},
		{"somebody else's From", starttls, "mira@lowe.test", append(login("PLAIN", secret), "--tls"), swaksRefused, "550 5.7.1 The From line of this letter is no confirmed address of whoe"},
		{"to the world", starttls, "bill@south.test", append(login("PLAIN", secret), "--tls", "--to", "somebody@elsewhere.test"), swaksNoRCPT, "550 5."},
		{"no login at the front door", "smtp.listen", "bill@south.test", append(login("PLAIN", secret), "--tls"), swaksNoLogin, "250-STARTTLS"},
		{"the front door, encrypted", "smtp.listen", "bill@south.test", []string{"--tls"}, swaksRefused, "STARTTLS"},
		{"TLS where STARTTLS is spoken", starttls, "bill@south.test", append(login("PLAIN", secret), "--tls-on-connect"), swaksNoTLS, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			exit, said := runSwaks(t, h.Addr(c.door), append(c.args, "--from", c.from, "--header", "Subject: "+c.name)...)
			if exit != c.exit || !strings.Contains(said, c.says) {
				t.Errorf("exit %d, want %d with %q:\n%s", exit, c.exit, c.says, said)
			}
		})
	}
	// Four letters came in with a login, and each became a post.
	if !within(func() bool { return len(h.outbox("mira@lowe.test")) == 4 }) {
		t.Errorf("%d posts came out, want 4; the log:\n%s", len(h.outbox("mira@lowe.test")), h.log)
	}
}
