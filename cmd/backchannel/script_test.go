package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"backchannel/cmd/backchannel/backchanneltest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"backchannel": func() { os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScript plays testdata/script: every verb, used rightly and wrongly, by the built program. Each script has a folder of its own
// with a config.yaml, free ports in $SMTP, $SUBMISSION and $IMAP, and these commands beside testscript's:
//
//	exits CODE COMMAND …   the command ends with exactly this code
//	masked FILE            stdout goes into a file, with KEY in the place of each DKIM key
//	zone FILE …            serve zone files as DNS; zone.yaml is config.yaml with that resolver
//	certificate HOST DAYS  write cert.pem and key.pem for a host, valid for so many days
//	stands PATTERN …       stdout is one JSON value in which each path=value is found, as 0.address=dana@north.test
//	keep NAME=PATH         keep a value of the JSON on stdout as $NAME
//	up                     wait until the server answers
//	send FROM TO FILE      hand a letter in by SMTP; the reply lies in stdout
//	posts FROM TO SUBJECT TEXT [FIELD …]  hand in a letter made of this; \n begins a new line, and a FIELD is one of the header: "Cc: kim@far.test"
//	arrives ADDRESS WORDS  wait for a letter in the outbox; it lies in stdout
//	bounces ADDRESS STATUS WORDS  a letter in the outbox comes back to its return path: a report with this status
//	answers FROM WORDS TEXT [TO]  the one to whom a letter in the outbox came answers it, where its Reply-To leads or at TO; FROM may be "Name <address>"
//	steals FROM READER WORDS TEXT [FIELD …]  the same by somebody else, or by a program: the letter came to the reader
//	together WORDS FROM TEXT FROM TEXT  two answer at the same instant, each the letter that came to them
//	imap ADDRESS FILE COMMAND …  a mail program signs in with the password in the file and gives IMAP commands; UIDS are the numbers that the last search
//	                       found; all that the server says lies in stdout
//	visit PATH             a browser opens a page of the web server; its status, its path and its text lie in stdout, as for the next three
//	opens ADDRESS WORDS    it opens the first web address in a letter in the outbox
//	click WORDS            it follows a link of the page
//	press BUTTON [NAME=VALUE …]  it fills the form that has this button, and sends it
//	signed DOMAIN SELECTOR …  each letter in the outbox is signed by a key of ours for this domain, and each of these keys was used
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script",
		Setup: setTheScene,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "masked": masked, "stands": stands, "keep": keep, "up": up, "send": send, "arrives": arrives, "signed": signed, "zone": zone, "certificate": certificateFor,
			"bounces": bounces, "answers": answers, "steals": steals, "together": together, "imap": imapSession, "posts": posts, "visit": visitPage, "opens": opens, "click": click, "press": press,
		},
		RequireUniqueNames: true,
	})
}

func setTheScene(e *testscript.Env) (err error) {
	if e.Values["browser"], err = newBrowser(); err != nil {
		return err
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	e.Defer(func() { taken.Close() })
	for _, name := range []string{"SMTP", "SUBMISSION", "IMAP", "WEB"} {
		addr, err := backchanneltest.FreePort()
		if err != nil {
			return err
		}
		e.Setenv(name, addr)
	}
	ports := fmt.Sprintf("hostname: lists.test\nverification: off\nsmtp: { listen: %q, submission: %q }\n", e.Getenv("SMTP"), e.Getenv("SUBMISSION"))
	for name, rest := range map[string]string{
		"config.yaml": fmt.Sprintf("imap: { listen: %q }\nweb: { listen: \"\" }\n", e.Getenv("IMAP")),
		"web.yaml":    fmt.Sprintf("imap: { listen: \"\" }\nweb: { listen: %q }\nlog: { format: json }\n", e.Getenv("WEB")),
		"secure.yaml": fmt.Sprintf("imap: { listen: %q }\nweb: { listen: \"\" }\ntls: { mode: files, cert: cert.pem, key: key.pem }\n", e.Getenv("IMAP")),
		"late.yaml":   "imap: { listen: \"\" }\nweb: { listen: \"\" }\nrelay: { mode: smarthost, smarthost: \"127.0.0.1:1\" }\n", // nobody listens there
		"taken.yaml":  fmt.Sprintf("imap: { listen: %q }\n", taken.Addr()),
	} {
		if err := os.WriteFile(filepath.Join(e.WorkDir, name), []byte(ports+rest), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND …")
	}
	code, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != code {
		ts.Fatalf("exit code %d, want %d", got, code)
	}
}

// dkimValue is a public key in a record, whole or in pieces for a zone file.
var dkimValue = regexp.MustCompile(`p=MII[A-Za-z0-9+/=]+(" "[A-Za-z0-9+/=]+)?`)

func masked(ts *testscript.TestScript, _ bool, args []string) {
	text := dkimValue.ReplaceAllString(ts.ReadFile("stdout"), "p=KEY")
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

func printed(ts *testscript.TestScript) (all any) {
	if err := json.Unmarshal([]byte(ts.ReadFile("stdout")), &all); err != nil {
		ts.Fatalf("stdout is no JSON: %v", err)
	}
	return all
}

func keep(ts *testscript.TestScript, _ bool, args []string) {
	for _, a := range args {
		name, path, _ := strings.Cut(a, "=")
		ts.Setenv(name, dig(printed(ts), strings.Split(path, ".")))
	}
}

// stands looks into JSON on stdout.
func stands(ts *testscript.TestScript, neg bool, args []string) {
	all := printed(ts)
	for _, a := range args {
		path, want, _ := strings.Cut(a, "=")
		got := dig(all, strings.Split(path, "."))
		if (got == want) == neg {
			ts.Fatalf("%s is %q, want %q (not: %v)", path, got, want, neg)
		}
	}
}

// dig finds the value at a path; "len" is the length of a list, and what is not there is "(nothing)".
func dig(v any, path []string) string {
	for _, step := range path {
		switch at := v.(type) {
		case map[string]any:
			next, ok := at[step]
			if !ok {
				return "(nothing)"
			}
			v = next
		case []any:
			n, err := strconv.Atoi(step)
			if step == "len" {
				v = len(at)
				continue
			}
			if err != nil || n >= len(at) {
				return "(nothing)"
			}
			v = at[n]
		default:
			return "(nothing)"
		}
	}
	return fmt.Sprint(v)
}

// patience is how long a test waits for what must come. Whatever comes ends the waiting, so that a long time costs nothing but on a machine that is too
// busy; a short one fails there.
const patience = 2 * time.Minute

// within calls f again and again until it is content.
func within(f func() bool) bool {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if f() {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

func up(ts *testscript.TestScript, _ bool, _ []string) {
	if !within(func() bool {
		c, err := smtp.Dial(ts.Getenv("SMTP"))
		if err != nil {
			return false
		}
		_ = c.Quit()
		return true
	}) {
		ts.Fatalf("no server answers")
	}
}

func send(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: send FROM TO FILE")
	}
	handOver(ts, neg, args[0], args[1], ts.ReadFile(args[2]))
}

// handOver hands a letter in; the reply lies in stdout.
func handOver(ts *testscript.TestScript, neg bool, from, to, raw string) {
	err := smtp.SendMail(ts.Getenv("SMTP"), nil, from, []string{to}, []byte(strings.ReplaceAll(raw, "\n", "\r\n")))
	if (err != nil) != neg {
		ts.Fatalf("the server said: %v", err)
	}
	if err != nil {
		fmt.Fprintln(ts.Stdout(), err)
	}
}

// posts hands in a letter that is written in the line.
func posts(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 4 {
		ts.Fatalf("usage: posts FROM TO SUBJECT TEXT [FIELD …]")
	}
	from, err := mail.ParseAddress(args[0])
	ts.Check(err)
	head := fmt.Sprintf("From: %s\nTo: %s\nSubject: %s\nDate: Fri, 12 Jun 2026 08:00:00 +0000\n", from, args[1], args[2])
	fields := strings.Join(args[4:], "\n")
	if !strings.Contains(fields, "Message-ID:") {
		head += fmt.Sprintf("Message-ID: <%d@client.test>\n", time.Now().UnixNano())
	}
	if fields != "" {
		head += fields + "\n"
	}
	handOver(ts, neg, from.Address, args[1], head+"\n"+strings.ReplaceAll(args[3], `\n`, "\n")+"\n")
}

func arrives(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: arrives ADDRESS WORDS")
	}
	raw := awaited(ts, args[0], args[1])
	if !bytes.Contains(raw, []byte(args[1])) {
		raw = readable(raw)
	}
	_, err := ts.Stdout().Write(raw)
	ts.Check(err)
}

// awaited waits for a letter in the outbox.
func awaited(ts *testscript.TestScript, to, holds string) (found []byte) {
	if !within(func() bool {
		files, _ := filepath.Glob(ts.MkAbs(filepath.Join("data", "outbox", to, "*.eml")))
		for _, name := range files {
			raw, err := os.ReadFile(name)
			if raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")); err == nil && (bytes.Contains(raw, []byte(holds)) || bytes.Contains(readable(raw), []byte(holds))) {
				found = raw
				return true
			}
		}
		return false
	}) {
		ts.Fatalf("no letter with %q came for %s", holds, to)
	}
	return found
}

// readable is the subject and the texts of a letter without their encodings.
func readable(raw []byte) []byte {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return nil
	}
	return append([]byte("Subject: "+subject+"\n\n"), decoded(textproto.MIMEHeader(m.Header), m.Body)...)
}

// decoded is a body, of all parts if it has some.
func decoded(header textproto.MIMEHeader, body io.Reader) (all []byte) {
	kind, params, _ := mime.ParseMediaType(header.Get("Content-Type"))
	if strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(body, params["boundary"])
		for p, err := parts.NextRawPart(); err == nil; p, err = parts.NextRawPart() {
			all = append(all, decoded(p.Header, p)...)
		}
		return all
	}
	switch strings.ToLower(header.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	all, _ = io.ReadAll(body)
	return bytes.ReplaceAll(all, []byte("\r\n"), []byte("\n"))
}

// answers replies to a letter that came: \n in TEXT begins a new line.
func answers(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 && len(args) != 4 {
		ts.Fatalf("usage: answers FROM WORDS TEXT [TO]")
	}
	from, err := mail.ParseAddress(args[0])
	ts.Check(err)
	r := replyTo(ts, from, from.Address, args[1], args[2])
	if len(args) == 4 {
		r.to = args[3]
	}
	hand(ts, neg, r)
}

// hand hands a reply in; what the server says against it lies in stdout.
func hand(ts *testscript.TestScript, neg bool, r reply) {
	err := r.send(ts.Getenv("SMTP"))
	if (err != nil) != neg {
		ts.Fatalf("the server said: %v", err)
	}
	if err != nil {
		fmt.Fprintln(ts.Stdout(), err)
	}
}

// reply is an answer to a letter that came.
type reply struct {
	from *mail.Address
	to   string
	text string // all of it but To
}

// replyTo writes the answer of somebody to a letter that came to a reader, where its Reply-To leads; fields are further ones of its header.
func replyTo(ts *testscript.TestScript, from *mail.Address, reader, words, text string, fields ...string) reply {
	m, err := mail.ReadMessage(bytes.NewReader(awaited(ts, reader, words)))
	ts.Check(err)
	r := reply{from: from}
	for _, field := range []string{"From", "Reply-To"} {
		if all, err := m.Header.AddressList(field); err == nil {
			r.to = all[0].Address
		}
	}
	head := append([]string{
		"From: " + from.String(), "Subject: Re: " + m.Header.Get("Subject"), fmt.Sprintf("Message-ID: <%d@client.test>", time.Now().UnixNano()), "Date: " + m.Header.Get("Date"),
		"In-Reply-To: " + m.Header.Get("Message-ID"),
	}, fields...)
	r.text = strings.Join(head, "\n") + "\n\n" + strings.ReplaceAll(text, `\n`, "\n") + "\n"
	return r
}

func (r reply) send(server string) error {
	return smtp.SendMail(server, nil, r.from.Address, []string{r.to}, []byte(strings.ReplaceAll("To: "+r.to+"\n"+r.text, "\n", "\r\n")))
}

var returnPath = regexp.MustCompile(`(?m)^Return-Path: <(.+)>$`)

func bounces(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: bounces ADDRESS STATUS WORDS")
	}
	letter := awaited(ts, args[0], args[2])
	head, _, _ := bytes.Cut(letter, []byte("\n\n"))
	path := returnPath.FindSubmatch(letter)
	if path == nil {
		ts.Fatalf("the letter has no return path")
	}
	report := fmt.Sprintf("From: MAILER-DAEMON@mx.test\nTo: %s\nSubject: Undelivered Mail Returned to Sender\nMessage-ID: <%d@mx.test>\nMIME-Version: 1.0\n"+
		"Content-Type: multipart/report; report-type=delivery-status; boundary=B\n\n--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.test\n\n"+
		"Final-Recipient: rfc822; %s\nAction: failed\nStatus: %s\n\n--B\nContent-Type: text/rfc822-headers\n\n%s\n--B--\n", path[1], time.Now().UnixNano(), args[0], args[1], head)
	err := smtp.SendMail(ts.Getenv("SMTP"), nil, "", []string{string(path[1])}, []byte(strings.ReplaceAll(report, "\n", "\r\n")))
	if (err != nil) != neg {
		ts.Fatalf("the server said: %v", err)
	}
}
