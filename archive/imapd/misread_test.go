package imapd

import (
	"log/slog"
	"strings"
	"testing"
)

// misreadings are commands with something in them that the library cannot read, and the sentence for each.
func misreadings() map[string][]string {
	deep := strings.Repeat("(", 1001) + "ALL" + strings.Repeat(")", 1001)
	return map[string][]string{
		"The numbers of letters in this command cannot be read. They begin with 1 and look like 1:5 or 3,7.": {
			"FETCH 0 FLAGS", "FETCH 1: FLAGS", "FETCH 1,,2 FLAGS", "FETCH 4294967296 FLAGS", "FETCH x FLAGS", "UID FETCH 0:* FLAGS",
			"UID FETCH -1 FLAGS", `STORE 0 FLAGS (\Seen)`, `uid store a:b +FLAGS \Seen`, "UID EXPUNGE 0",
		},
		"The numbers of letters or the folder in this command cannot be read. Numbers begin with 1 and look like 1:5 or 3,7.": {
			"COPY 0 Drafts", "COPY 1 &", "UID COPY 1 &x", "MOVE 1;2 Drafts", `UID MOVE 1 "&AOk"`,
		},
		"This is not how the name of a folder is written. Please pick the folder from the list in your mail program.": {
			`SELECT "&"`, "EXAMINE &!-", `STATUS "&" (MESSAGES)`, `STATUS "&ZeVn-&LIqb-" (MESSAGES)`, "SELECT \"\xff\"", "CREATE &", "DELETE &",
			"RENAME & b", "RENAME a &", "SUBSCRIBE &", "UNSUBSCRIBE &", `LIST "" &`, `LIST & *`, `LIST "" (INBOX &)`, `LSUB "" &`, `LSUB & *`,
			"SELECT {1+}\r\n&",
		},
		"This search cannot be read: it has an unknown word, a date unlike 7-Mar-2026, or numbers of letters unlike 1:5.": {
			"SEARCH SINCE yesterday", "SEARCH ON 31-Feb-2026", "SEARCH SENTBEFORE 1-Mär-2026", `SEARCH BEFORE ""`, "SEARCH UID 0", "SEARCH 0",
			"UID SEARCH UID 1:x", "SEARCH NOT OR SEEN SINCE 7", "SEARCH CLEVER", "SEARCH RETURN (COUNT) 5:0", "SEARCH " + deep,
			"SEARCH SINCE {3+}\r\nfoo SEEN",
		},
		"The folder or the date in this command cannot be read, so the letter was not kept.": {
			"APPEND \"&\" {3+}\r\nabc", "APPEND Drafts \"yesterday\" {3+}\r\nabc", "APPEND Drafts (\\Seen) \"99-Mar-2026\" {3+}\r\nabc",
		},
	}
}

// Promise 7: what a client writes wrongly is answered BAD with a sentence. It is no bug of the server, the log has no complaint, and
// the next command is read from its beginning.
func TestWhatCannotBeReadIsNoBugOfOurs(t *testing.T) {
	var log strings.Builder // its handler locks, and only the session below writes, which has answered when we look
	_, addr := start(t, community(t), func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	})
	k := signedIn(t, addr)
	k.play("C: s EXAMINE Back-channel/New\nS> s OK …")
	for sentence, commands := range misreadings() {
		for _, command := range commands {
			k.say("a " + command + "\r\nb NOOP\r\n")
			if got, want := k.line(), "a BAD [CLIENTBUG] "+sentence; got != want {
				t.Errorf("%.60q:\n got %s\nwant %s", command, got, want)
			}
			if got := k.line(); got != "b OK NOOP completed" {
				t.Fatalf("after %.60q: %s", command, got)
			}
		}
	}
	if log.Len() > 0 {
		t.Errorf("the log complains:\n%s", log.String())
	}
}

// A stranger's password that cannot be read is no bug of ours either.
func TestLoginThatCannotBeRead(t *testing.T) {
	const want = "BAD [CLIENTBUG] The user name and password in this command cannot be read. Please check the account in your mail program."
	_, addr := start(t, community(t), nil)
	k := dial(t, addr)
	k.play(`
		S: * OK [CAPABILITY …
		C: a AUTHENTICATE PLAIN !!!
		S: a ` + want + `
		C: b AUTHENTICATE PLAIN
		S: + …
		C: eHh4
		S: b ` + want + `
		C: c LOGIN mira@lowe.test secret
		S: c OK [CAPABILITY …
	`)
}

// What breaks off in the middle of an answer is not the client's mistake, and nothing that a letter says is taken for an answer.
func TestOnlyAnAnswerOfNothingElseIsCorrected(t *testing.T) {
	for name, c := range map[string]struct {
		verb string
		said []string
		want string
	}{
		"unread":             {"FETCH", []string{"a" + ownBug}, "a BAD [CLIENTBUG] " + saysMisreadNumbers + "\r\n"},
		"after a part":       {"FETCH", []string{"* 1 FETCH (UID 1)\r\n", "a" + ownBug}, "* 1 FETCH (UID 1)\r\na" + ownBug},
		"inside a letter":    {"FETCH", []string{"Dear all,\r\na" + ownBug}, "Dear all,\r\na" + ownBug},
		"another's tag":      {"FETCH", []string{"b" + ownBug}, "b" + ownBug},
		"nothing to misread": {"IDLE", []string{"a" + ownBug}, "a" + ownBug},
	} {
		t.Run(name, func(t *testing.T) {
			conn := &recorded{}
			w := newWire(conn)
			w.tag, w.verb = "a", c.verb
			for _, s := range c.said {
				if n, err := w.Write([]byte(s)); n != len(s) || err != nil {
					t.Fatalf("%d of %d octets, %v", n, len(s), err)
				}
			}
			if got := conn.out.String(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
