package mailroom_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"net"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"backchannel/templates/refusal"
)

// strictZone is a DNS in which no host may send for a domain that wants letters refused which nothing proves.
type strictZone struct {
	zone
	key string
}

func (z strictZone) LookupTXT(ctx context.Context, name string) ([]string, error) {
	switch strings.TrimSuffix(name, ".") {
	case "_dmarc.silent.example":
		return []string{"v=DMARC1; p=reject"}, nil
	case "s._domainkey.silent.example":
		return []string{"v=DKIM1; k=ed25519; p=" + z.key}, nil
	case "_dmarc.slow.example":
		return nil, &net.DNSError{IsTemporary: true, Err: "no answer", Name: name}
	}
	return z.zone.LookupTXT(ctx, name)
}

// What the owner of a domain wants refused is refused to members as to anybody, and nobody is asked; a signature proves the
// letter wherever it comes from (C1, C2).
func TestAForgedLetterOfAMemberIsRefused(t *testing.T) {
	v := newVillage(t)
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	v.room.Resolver = strictZone{key: base64.StdEncoding.EncodeToString(public)}
	p := post{from: "Sil Ent <sil@silent.example>", to: "talk@gardeners.example", subject: "Beans", body: "They climb."}
	if err := v.send(p); refusal.KindOf(err) != refusal.NoSuchAddress {
		t.Errorf("forged: %v", err)
	}
	if all := v.deliver(); len(all) != 0 {
		t.Errorf("somebody was written to:\n%s", subjects(all))
	}
	var signed bytes.Buffer
	err = dkim.Sign(&signed, bytes.NewReader(v.raw(p)), &dkim.SignOptions{Domain: "silent.example", Selector: "s", Signer: private,
		HeaderCanonicalization: "relaxed", BodyCanonicalization: "relaxed", HeaderKeys: []string{"From", "To", "Subject", "Date"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.hand(p, bytes.Replace(signed.Bytes(), []byte("climb"), []byte("creep"), 1)); refusal.KindOf(err) != refusal.NoSuchAddress {
		t.Errorf("changed on the way: %v", err)
	}
	if err := v.hand(p, signed.Bytes()); err != nil {
		t.Errorf("signed: %v", err)
	}
	if all := v.deliver(); len(all) == 0 || !strings.Contains(all[0].Text(), "They climb.") {
		t.Errorf("the signed post did not go out:\n%s", subjects(all))
	}
}
