package main

import (
	"bufio"
	"fmt"
	"net"
	"net/mail"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// steals has somebody answer a letter that came to another, or a program that answers for its reader.
func steals(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 4 {
		ts.Fatalf("usage: steals FROM READER WORDS TEXT [FIELD …]")
	}
	from, err := mail.ParseAddress(args[0])
	ts.Check(err)
	hand(ts, neg, replyTo(ts, from, args[1], args[2], args[3], args[4:]...))
}

// together has two people answer at the same instant.
func together(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 5 {
		ts.Fatalf("usage: together WORDS FROM TEXT FROM TEXT")
	}
	var both []reply
	for i := 1; i < len(args); i += 2 {
		from, err := mail.ParseAddress(args[i])
		ts.Check(err)
		both = append(both, replyTo(ts, from, from.Address, args[0], args[i+1]))
	}
	server, done := ts.Getenv("SMTP"), make(chan error)
	for _, r := range both {
		go func() { done <- r.send(server) }()
	}
	for range both {
		if err := <-done; err != nil {
			ts.Fatalf("the server said: %v", err)
		}
	}
}

// imapSession gives commands as a mail program does. A command that is refused ends it.
func imapSession(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 3 {
		ts.Fatalf("usage: imap ADDRESS FILE COMMAND …")
	}
	c, err := net.Dial("tcp", ts.Getenv("IMAP"))
	ts.Check(err)
	defer c.Close()
	ts.Check(c.SetDeadline(time.Now().Add(2 * time.Minute)))
	lines := bufio.NewScanner(c)
	lines.Buffer(nil, 1<<20)
	lines.Scan()
	uids, no := "", ""
	for i, command := range append([]string{fmt.Sprintf("LOGIN %s %s", args[0], strings.TrimSpace(ts.ReadFile(args[1])))}, args[2:]...) {
		tag := fmt.Sprintf("a%d ", i)
		_, err := fmt.Fprintf(c, "%s%s\r\n", tag, strings.ReplaceAll(command, "UIDS", uids))
		ts.Check(err)
		for lines.Scan() && !strings.HasPrefix(lines.Text(), tag) {
			fmt.Fprintln(ts.Stdout(), lines.Text())
			if found, ok := strings.CutPrefix(lines.Text(), "* SEARCH "); ok {
				uids = strings.ReplaceAll(found, " ", ",")
			}
		}
		ts.Check(lines.Err())
		fmt.Fprintln(ts.Stdout(), lines.Text())
		if !strings.HasPrefix(lines.Text(), tag+"OK") {
			no = lines.Text()
			break
		}
	}
	if (no != "") != neg {
		ts.Fatalf("the server said: %q", no)
	}
}
