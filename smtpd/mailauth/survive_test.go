package mailauth

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/foxcpp/go-mockdns"
)

// A signature that spoke for the author is looked at again on what becomes of the letter, with the key of then.
func TestSurvivors(t *testing.T) {
	raw := sign(t, sign(t, plainLetter, dkim.SignOptions{Domain: "esp.test"}), dkim.SignOptions{})
	f := found(t, raw)
	stored, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	f = Finding{}
	if err := json.Unmarshal(stored, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Signatures) != 2 || f.Signatures[0].Record == "" || f.Signatures[1].Record != "" {
		t.Fatalf("only the record of an aligned signature is kept: %+v", f.Signatures)
	}
	hash := f.Signatures[0].Hash
	for name, c := range map[string]struct {
		from, to string
		alive    bool
	}{
		"untouched":           {"", "", true},
		"fields on top":       {"DKIM-Signature", "List-Id: x\r\nDKIM-Signature", true},
		"another subject":     {"Beans", "Peas", false},
		"another text":        {"They", "Thy", false},
		"another author":      {"ann@", "eve@", false},
		"one more author":     {"DKIM-Signature", "From: eve@east.test\r\nDKIM-Signature", false},
		"without a signature": {"DKIM-Signature", "X-Signature", true}, // the other one is in its way no more
	} {
		head, body := cutHead(strings.Replace(raw, c.from, c.to, 1))
		if name == "without a signature" {
			head, body = cutHead(strings.ReplaceAll(raw, c.from, c.to))
			c.alive = false
		}
		if got := f.Survivors(head, body, noon); slices.Contains(got, hash) != c.alive || len(got) > 1 {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := (Finding{Signatures: []Signature{{Domain: "east.test", Hash: hash, Result: "pass", Record: f.Signatures[0].Record}}}).Survivors([]byte(raw), nil, noon); len(got) != 0 {
		t.Errorf("one that is not aligned: %q", got)
	}
}

// One that runs out before the message can be there is none.
func TestSurvivorsExpire(t *testing.T) {
	raw := signed(t, ourSigner(), listMail, "list.test")
	r := &mockdns.Resolver{Zones: map[string]mockdns.Zone{}}
	name, value := ourKey().Record("list.test")
	r.Zones[name+"."] = mockdns.Zone{TXT: []string{value}}
	f := CheckLetter(t.Context(), r, Session{At: noon}, mustParse(t, []byte(raw)))
	head, body := cutHead(raw)
	for until, want := range map[time.Duration]int{0: 1, 9 * 24 * time.Hour: 1, SignatureLife: 0, 11 * 24 * time.Hour: 0} {
		if got := f.Survivors(head, body, noon.Add(until)); len(got) != want {
			t.Errorf("%v later: %q", until, got)
		}
	}
}

func TestSignatureHash(t *testing.T) {
	raw := sign(t, plainLetter, dkim.SignOptions{})
	l := mustParse(t, []byte(raw))
	if got := SignatureHash(l.Fields("DKIM-Signature")[0]); got == "" || got != found(t, raw).Signatures[0].Hash {
		t.Errorf("%q", got)
	}
	for _, value := range []string{"", "x", "b=", "b=*", "v=1; b=AA==; b=AA=="} {
		if got := SignatureHash(value); got != "" {
			t.Errorf("%q: %q", value, got)
		}
	}
}

// A key record that is too long to keep is not kept; the signature counts all the same.
func TestLongRecordIsNotKept(t *testing.T) {
	raw := sign(t, plainLetter, dkim.SignOptions{})
	zones := signedTown(t)
	zones["s._domainkey.east.test."] = mockdns.Zone{TXT: []string{keyRecord(t, testKeys()["rsa2048"]) + "; n=" + strings.Repeat("x", maxRecordKept)}}
	f := CheckLetter(t.Context(), &mockdns.Resolver{Zones: zones}, Session{At: noon}, mustParse(t, []byte(raw)))
	if !f.Aligned || f.Signatures[0].Record != "" {
		t.Errorf("%+v", f)
	}
}
