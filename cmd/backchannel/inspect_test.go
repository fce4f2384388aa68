package main

import (
	"strings"
	"testing"

	"backchannel/lists"
	"backchannel/smtpd/mailauth"
)

// What inspect says of each proof.
func TestProofs(t *testing.T) {
	for name, c := range map[string]struct {
		f    mailauth.Finding
		want string
	}{
		"nobody asked": {mailauth.Finding{}, ""},
		"a login":      {mailauth.Finding{Login: true, Aligned: true}, ""},
		"nothing":      {mailauth.Finding{SPF: "none", Domain: "b.test", DMARC: "none"}, "spf: none, asked of b.test\ndkim: no signature\ndmarc: none, no policy found"},
		"the host":     {mailauth.Finding{SPF: "pass", Domain: "b.test", DMARC: "pass", DMARCDomain: "b.test", Policy: "reject", Aligned: true, AlignedBy: "spf"}, "spf: pass, asked of b.test, speaks for From\ndkim: no signature\ndmarc: pass, the policy of b.test is reject"},
		"signatures": {mailauth.Finding{SPF: "fail", Domain: "b.test", DMARC: "pass", DMARCDomain: "a.test", Policy: "none", Aligned: true, AlignedBy: "dkim", Signatures: []mailauth.Signature{
			{Domain: "a.test", Selector: "s1", Result: "pass", Aligned: true, Key: "ed25519"},
			{Domain: "list.test", Selector: "s2", Result: "fail", Key: "rsa 2048", Why: "the text was changed after it was made"},
			{Domain: "old.test", Selector: "s3", Result: "permerror", Why: "its key does not exist"},
		}}, "spf: fail, asked of b.test\ndkim: pass, signed by a.test (key s1, ed25519), speaks for From\n" +
			"dkim: fail, signed by list.test (key s2, rsa 2048): the text was changed after it was made\n" +
			"dkim: permerror, signed by old.test (key s3): its key does not exist\ndmarc: pass, the policy of a.test is none"},
		"a chain":        {mailauth.Finding{ARC: &mailauth.Chain{Result: "pass", Sealers: []string{"a.test", "b.test"}, First: "spf=pass smtp.mailfrom=c.test"}}, "arc: pass, passed on by a.test, then b.test; the first of them found: spf=pass smtp.mailfrom=c.test"},
		"a broken chain": {mailauth.Finding{ARC: &mailauth.Chain{Result: "fail", Why: "its last seal does not fit"}}, "arc: fail: its last seal does not fit"},
	} {
		pairs := proofs(c.f)
		var lines []string
		for i := 0; i < len(pairs); i += 2 {
			lines = append(lines, pairs[i]+": "+pairs[i+1])
		}
		if got := strings.Join(lines, "\n"); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
	proved := inspected{Verdict: lists.Unverified, Finding: mailauth.Finding{Aligned: true, Why: "It is proved."}}
	if got := verdict(proved); got != "none: It is proved; but no member here has that address." {
		t.Error(got)
	}
	if got := writer(inspected{Name: "Dana"}); got != "Dana (no address)" {
		t.Error(got)
	}
}
