package letter

import (
	"strings"
	"testing"
)

func TestByProgram(t *testing.T) {
	for header, want := range map[string]bool{
		"Subject: x": false, "Auto-Submitted: no": false, "Auto-Submitted: auto-generated; x=y": true, "auto-submitted: auto-replied": true,
		"X-GitHub-Reason: mention": true, "x-gitlab-project: a": true, "X-Jenkins-Job: b": true, "X-JIRA-FingerPrint: c": true, "X-Bugzilla-Reason: d": true,
		"X-Cron-Env: <SHELL=/bin/sh>": true, "X-Trace: news 1": false, "X-Gitter: e": false, "X-Mailer: git-send-email 2.30": false, "Xx-GitHub-Reason: f": false, "X-": false,
	} {
		l, err := Parse([]byte(header + "\r\nFrom: a@b.example\r\n\r\nhello\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got := l.ByProgram(); got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
	for local, want := range map[string]bool{
		"noreply": true, "No-Reply": true, "jenkins": true, "bugzilla-daemon": true, "git": true, "noreply+12": true, "team-noreply": true, "pine-robot": true,
		"dana": false, "jenkins.dana": false, "gitte": false, "svenson": false, "robot": false, "mira-git": false, "": false,
	} {
		if got := (Address{Local: local, Domain: "x.example"}).OfProgram(); got != want {
			t.Errorf("%s: %v", local, got)
		}
	}
}

// TestProgramsOnRealLists: of the letters of public lists those of build servers, trackers and mirrors are known, and no person's is.
func TestProgramsOnRealLists(t *testing.T) {
	for file, want := range map[string]int{"asterix-dev-201709-mailarchivesao.mbox": 13, "maven-dev-2017-12-listsao.mbox": 52, "httpd-users-2020-07.mbox": 0} {
		n := 0
		for _, m := range strings.Split("\n"+strings.ReplaceAll(string(corpusFile(t, "archive-ponymail", file)), "\r\n", "\n"), "\nFrom ")[1:] {
			_, m, _ = strings.Cut(m, "\n")
			l, err := Parse([]byte(strings.ReplaceAll(m, "\n", "\r\n")))
			if err != nil || len(l.From()) == 0 {
				continue
			}
			if l.ByProgram() || l.From()[0].Address.OfProgram() {
				n++
			}
		}
		if n != want {
			t.Errorf("%s: %d letters of programs, want %d", file, n, want)
		}
	}
}
