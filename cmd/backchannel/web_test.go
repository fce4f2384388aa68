package main

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/smtp"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/letter"
	"backchannel/cmd/internal/config"
	"backchannel/lists"
)

// visit asks one of our listeners, whatever host the URL names, and gives the status and the body.
func visit(t *testing.T, listener, method, url, body string) (int, string) {
	t.Helper()
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, listener)
	}
	client := &http.Client{
		Transport:     &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// The whole way: a post and a digest leave with an address; opening it changes nothing, posting to it acts (F1, M3).
func TestUnsubscribeOverTheWeb(t *testing.T) {
	h := openVillage(t, func(o *Options) { o.Config.Web = config.Web{Listen: "127.0.0.1:0", URL: "http://127.0.0.1:0"} })
	h.serve()
	h.send("bill@south.test", post("Bill Tan <bill@south.test>", "Which compost?", "one@south.test", "Mine is too wet."))
	if !within(func() bool { return len(h.outbox("mira@lowe.test")) == 1 }) {
		t.Fatalf("no copy for Mira; the log:\n%s", h.log)
	}
	copied := h.outbox("mira@lowe.test")[0]
	m := regexp.MustCompile(`^<(http://127\.0\.0\.1:[0-9]+/u/[0-9a-z]{26})>, <mailto:leave\+`).FindStringSubmatch(copied.Get("List-Unsubscribe"))
	if m == nil || copied.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Fatalf("%s\n%s", copied.Get("List-Unsubscribe"), copied.Get("List-Unsubscribe-Post"))
	}
	at := h.Addr(webListener)
	unchanged := within(func() bool { // the queue may be writing down that the copy has left
		before := dbtest.Dump(t, h.DB)
		if status, page := visit(t, at, "GET", m[1], ""); status != 200 || !strings.Contains(page, "<button") {
			t.Errorf("%d\n%s", status, page)
		}
		return dbtest.Dump(t, h.DB) == before
	})
	if !unchanged {
		t.Error("to look changed something")
	}
	if status, page := visit(t, at, "POST", m[1], "List-Unsubscribe=One-Click"); status != 200 || !strings.Contains(page, "You have left") {
		t.Errorf("%d\n%s", status, page)
	}
	if !within(func() bool { return len(h.outbox("mira@lowe.test")) == 2 }) {
		t.Error("Mira is not told")
	}
	h.update(func(tx *db.Tx) error {
		c, err := lists.TheCommunity(tx, "")
		if err != nil {
			return err
		}
		all, err := lists.Lists(tx, c.ID)
		if err != nil {
			return err
		}
		m, _, err := lists.MemberByAddress(tx, c.ID, addr(t, "mira@lowe.test"))
		if err != nil {
			return err
		}
		if _, on, err := lists.SubscriptionOf(tx, m.ID, all[0].ID); on || err != nil {
			t.Errorf("Mira is still on the list: %v", err)
		}
		return nil
	})
	if log := h.log.String(); strings.Contains(log, m[1][len(m[1])-26:]) {
		t.Errorf("the token is in the log:\n%s", log)
	}
}

// What is open to the world is encrypted; on port 80 browsers are sent on; the policy host of each community has its policy and nobody
// else's (M14, RFC 8461 §3.3); and submission with TLS from the first byte takes a login at once (RFC 8314 §3.3).
func TestTheOpenPorts(t *testing.T) {
	dir := t.TempDir()
	writePair(t, dir, "lists.test")
	h := openVillage(t, func(o *Options) {
		o.Config.TLS = config.TLS{Mode: config.Files, Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), MTASTS: "enforce"}
		o.Config.Web = config.Web{Listen: "0.0.0.0:0", HTTP: "127.0.0.1:0", URL: "https://lists.test"}
		o.Config.Verification = config.Confirm
		o.Config.SMTP.Submissions = "127.0.0.1:0"
	})
	h.serve()
	_, port, err := net.SplitHostPort(h.Addr(webListener))
	if err != nil {
		t.Fatal(err)
	}
	web := "127.0.0.1:" + port
	const policy = "version: STSv1\r\nmode: enforce\r\nmx: lists.test\r\nmax_age: 1209600\r\n"
	for _, c := range []struct {
		listener, url string
		status        int
		body          string
	}{
		{web, "https://lists.test/", 200, "private communities"},
		{web, "https://mta-sts.gardeners.test/.well-known/mta-sts.txt", 200, policy},
		{web, "https://MTA-STS.Gardeners.test./.well-known/mta-sts.txt", 200, policy},
		{web, "https://mta-sts.other.test/.well-known/mta-sts.txt", 404, "There is nothing here"},
		{web, "https://gardeners.test/.well-known/mta-sts.txt", 404, "There is nothing here"},
		{web, "https://lists.test/.well-known/mta-sts.txt", 404, "There is nothing here"},
		{h.Addr(httpListener), "http://lists.test/", 308, ""},
		{h.Addr(httpListener), "http://lists.test/.well-known/acme-challenge/x", 308, ""},
	} {
		if status, body := visit(t, c.listener, "GET", c.url, ""); status != c.status || !strings.Contains(body, c.body) {
			t.Errorf("%s: %d\n%s", c.url, status, body)
		}
	}
	if res, err := http.Get("http://" + web + "/"); err == nil {
		res.Body.Close()
		if res.StatusCode == 200 {
			t.Error("a page came in clear")
		}
	}

	var secret string
	h.update(func(tx *db.Tx) (err error) {
		secret, err = lists.AddPassword(tx, addr(t, "bill@south.test"), "test")
		return err
	})
	conn, err := tls.Dial("tcp", h.Addr(submissionsDoor), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	c, err := smtp.NewClient(conn, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if starts, _ := c.Extension("STARTTLS"); starts {
		t.Error("STARTTLS inside TLS")
	}
	if err := c.Auth(smtp.PlainAuth("", "bill@south.test", secret, "127.0.0.1")); err != nil {
		t.Error(err)
	}
}

// The whole way over the program itself: somebody has a link mailed, signs in, reads what was posted, and is out when they leave.
func TestReadingOverTheWeb(t *testing.T) {
	h := openVillage(t, func(o *Options) {
		o.Config.Web = config.Web{Listen: "127.0.0.1:0", URL: "http://127.0.0.1:0", Archive: true}
	})
	h.serve()
	h.send("bill@south.test", post("Bill Tan <bill@south.test>", "Which compost?", "one@south.test", "Mine is too wet."))
	at := h.Addr(webListener)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(method, path, body string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+at+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(text)
	}
	nonce := func(path string) string {
		_, page := ask("GET", path, "")
		m := regexp.MustCompile(`name="nonce" value="([^"]+)"`).FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("%s has no form:\n%s", path, page)
		}
		return m[1]
	}
	if status, page := ask("GET", "/", ""); status != 200 || !strings.Contains(page, `href="/in"`) {
		t.Errorf("%d\n%s", status, page)
	}
	if status, _ := ask("POST", "/in/link", "address=mira%40lowe.test&nonce="+nonce("/in")); status != 200 {
		t.Fatal(status)
	}
	link := ""
	if !within(func() bool {
		for _, a := range h.outbox("mira@lowe.test") {
			if m := regexp.MustCompile(`(/in/[0-9a-z]{26})`).FindString(a.Text()); m != "" {
				link = m
			}
		}
		return link != ""
	}) {
		t.Fatalf("no link came; the log:\n%s", h.log)
	}
	if status, _ := ask("POST", link, "nonce="+nonce(link)); status != 303 {
		t.Fatal(status)
	}
	_, shelves := ask("GET", "/archive", "")
	list := regexp.MustCompile(`/archive/[a-z.]+/[a-z]+`).FindString(strings.ReplaceAll(shelves, "/archive/search", ""))
	if status, page := ask("GET", list+"/1", ""); status != 200 || !strings.Contains(page, "Mine is too wet.") {
		t.Errorf("%s: %d\n%s", list, status, page)
	}
	h.update(func(tx *db.Tx) error {
		_, err := lists.RevokePassword(tx, mustAddress(t, "mira@lowe.test"), 0)
		return err
	})
	if status, _ := ask("GET", list+"/1", ""); status != 303 {
		t.Errorf("signed out, and still %d", status)
	}
}

func mustAddress(t *testing.T, s string) letter.Address {
	t.Helper()
	a, err := letter.ParseAddress(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
