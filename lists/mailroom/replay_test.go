package mailroom_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

// signingZone is a DNS where silent.example has a signing key, and no host that may send for it.
type signingZone struct{ key string }

func (z signingZone) LookupTXT(_ context.Context, name string) ([]string, error) {
	if strings.TrimSuffix(name, ".") == "s._domainkey.silent.example" {
		return []string{"v=DKIM1; k=ed25519; p=" + z.key}, nil
	}
	return nil, &net.DNSError{IsNotFound: true, Name: name}
}
func (signingZone) LookupMX(context.Context, string) ([]*net.MX, error)        { return nil, nil }
func (signingZone) LookupIPAddr(context.Context, string) ([]net.IPAddr, error) { return nil, nil }
func (signingZone) LookupAddr(context.Context, string) ([]string, error)       { return nil, nil }

// pen signs in the name of silent.example.
type pen struct {
	t   *testing.T
	key ed25519.PrivateKey
}

// penOf gives the village's DNS the key of a new pen.
func penOf(t *testing.T, v *mailroomtest.Village) pen {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	v.Room.Resolver = signingZone{base64.StdEncoding.EncodeToString(public)}
	return pen{t, private}
}

// sign signs the fields of these names, comma between them.
func (p pen) sign(raw []byte, fields string) []byte {
	p.t.Helper()
	var signed bytes.Buffer
	if err := dkim.Sign(&signed, bytes.NewReader(raw), &dkim.SignOptions{Domain: "silent.example", Selector: "s", Signer: p.key,
		HeaderCanonicalization: "relaxed", BodyCanonicalization: "relaxed", HeaderKeys: strings.Split(fields, ",")}); err != nil {
		p.t.Fatal(err)
	}
	return signed.Bytes()
}

const (
	sil  = "Sil Ent <sil@silent.example>"
	talk = "talk@gardeners.example"
	all4 = "From,To,Cc,Subject,Date,Message-ID"
)

// asked tells whether the only thing that a letter caused was the question to its author.
func asked(v *mailroomtest.Village, who string) bool {
	all := v.Deliver()
	return len(all) == 1 && all[0].To.String() == who && strings.HasPrefix(all[0].ReplyTo()[0].Address.Local, "confirm+")
}

// C4: a signature proves a letter that is meant for the list, new, and here for the first time. All else is asked about.
func TestC4ReplayGuard(t *testing.T) {
	for name, c := range map[string]struct {
		to, header, fields string
		later              time.Duration
		believed           bool
	}{
		"to the list":               {to: talk, fields: all4, believed: true},
		"a copy to the list":        {to: "a@b.example", header: "Cc: talk@gardeners.example\r\n", fields: all4, believed: true},
		"a blind copy":              {to: "a@b.example", fields: all4},
		"for another of our lists":  {to: "jobs@gardeners.example", fields: all4},
		"To is not signed":          {to: talk, fields: "From,Subject,Date"},
		"Cc is not signed":          {to: "a@b.example", header: "Cc: talk@gardeners.example\r\n", fields: "From,To,Date"},
		"six days old":              {to: talk, fields: all4, later: 6 * 24 * time.Hour, believed: true},
		"eight days old":            {to: talk, fields: all4, later: 8 * 24 * time.Hour},
		"from next week":            {to: talk, fields: all4, later: -6 * 24 * time.Hour, believed: true},
		"from the week after":       {to: talk, fields: all4, later: -8 * 24 * time.Hour},
		"old, but no date signed":   {to: talk, fields: "From,To", later: 30 * 24 * time.Hour, believed: true},
		"sent by the author's host": {to: "a@b.example", believed: true}, // SPF, a blind copy
	} {
		t.Run(name, func(t *testing.T) {
			v := mailroomtest.New(t)
			v.T = t
			p := mailroomtest.Post{From: sil, To: c.to, Subject: "Beans", Body: "They climb.", Header: c.header, Rcpt: []string{talk}, Sender: "relay@third.example"}
			if c.fields == "" {
				p.From, p.Sender = "Bill Tan <bill@south.example>", ""
			}
			raw := v.Bytes(p)
			if c.fields != "" {
				raw = penOf(t, v).sign(raw, c.fields)
			}
			v.Pass(c.later)
			if _, err := v.Hand(p, raw); err != nil {
				t.Fatal(err)
			}
			if c.believed {
				if all := v.Deliver(); len(mailroomtest.To(all, "dana@north.example")) != 1 {
					t.Errorf("it did not go out:\n%s", mailroomtest.Subjects(all))
				}
			} else if !asked(v, "sil@silent.example") {
				t.Error("its author was not asked, or it went out")
			}
		})
	}
}

// C4: each signature is good once at each address, however the parts that it does not cover are changed, and whoever brings it.
func TestC4EachSignatureOnce(t *testing.T) {
	v := mailroomtest.New(t)
	p := mailroomtest.Post{From: sil, To: "talk@gardeners.example, jobs@gardeners.example", Subject: "Beans", Body: "They climb.", Sender: "relay@third.example"}
	raw := penOf(t, v).sign(v.Bytes(p), "From,To")
	for _, list := range []string{"talk", "jobs"} { // one letter for two lists may come in two sessions
		p.Rcpt = []string{list + "@gardeners.example"}
		if _, err := v.Hand(p, raw); err != nil {
			t.Fatal(err)
		}
		if n := len(mailroomtest.To(v.Deliver(), "dana@north.example")); n != 1 {
			t.Errorf("%s: %d copies for a member", list, n)
		}
	}
	if _, err := v.Hand(p, raw); err != nil {
		t.Fatal(err)
	}
	if all := v.Deliver(); len(all) != 0 { // P3: the same letter
		t.Errorf("the same again:\n%s", mailroomtest.Subjects(all))
	}
	other := bytes.Replace(raw, []byte("Subject: Beans"), []byte("Subject: Buy my beans"), 1)
	if _, err := v.Hand(p, other); err != nil {
		t.Fatal(err)
	}
	if !asked(v, "sil@silent.example") {
		t.Error("a used signature under another subject was believed")
	}
	v.Pass(300 * 24 * time.Hour)
	v.Deliver() // the question has expired
	other = bytes.Replace(raw, []byte("Subject: Beans"), []byte("Subject: Buy more beans"), 1)
	if _, err := v.Hand(p, other); err != nil {
		t.Fatal(err)
	}
	if !asked(v, "sil@silent.example") {
		t.Error("the signature without a date was forgotten")
	}
}

// C4: a signature that came with a refused letter is spent, too. Who offers it again, when the list would take it, is asked about.
func TestC4ARefusedSignatureIsSpent(t *testing.T) {
	v := mailroomtest.New(t)
	posting := func(who lists.Posting) {
		v.Update(func(tx *db.Tx) error {
			l, err := lists.TheList(tx, "talk@gardeners.example")
			if err != nil {
				return err
			}
			l.Posting = who
			return lists.SaveList(tx, l)
		})
	}
	posting(lists.ByManagers)
	p := mailroomtest.Post{From: sil, To: talk, Subject: "Beans", Body: "They climb.", Sender: "relay@third.example"}
	raw := penOf(t, v).sign(v.Bytes(p), all4)
	if _, err := v.Hand(p, raw); refusal.KindOf(err) != refusal.NotAllowed {
		t.Fatalf("a member's post to a list where managers post: %v", err)
	}
	posting(lists.ByMembers)
	if _, err := v.Hand(p, raw); err != nil {
		t.Fatal(err)
	}
	if !asked(v, "sil@silent.example") {
		t.Error("a signature that was here with a refused letter was believed")
	}
}

// C4 at the other doors: a passed-on letter of a member takes nobody off a list, decides nothing, and makes us write to no stranger.
func TestC4AtOtherDoors(t *testing.T) {
	v := mailroomtest.New(t)
	pen := penOf(t, v)
	p := mailroomtest.Post{From: sil, To: "a@b.example", Subject: "leave", Body: "leave", Rcpt: []string{"leave@gardeners.example"}, Sender: "relay@third.example"}
	if _, err := v.Hand(p, pen.sign(v.Bytes(p), all4)); err != nil {
		t.Fatal(err)
	}
	if !asked(v, "sil@silent.example") || v.Member("sil@silent.example").State != lists.Active {
		t.Error("a letter to somebody else took its author away")
	}
	p = mailroomtest.Post{From: "Val <val@silent.example>", To: "a@b.example", Subject: "Hello", Body: "You there", Rcpt: []string{"managers@gardeners.example"}, Sender: "relay@third.example"}
	if _, err := v.Hand(p, pen.sign(v.Bytes(p), all4)); refusal.KindOf(err) != refusal.NoSuchAddress {
		t.Errorf("a stranger's letter to somebody else: %v", err)
	}
	p.To, p.Rcpt = "managers@gardeners.example", nil
	if _, err := v.Hand(p, pen.sign(v.Bytes(p), all4)); err != nil {
		t.Errorf("a stranger's letter to the managers: %v", err)
	}
}

// A letter to which somebody is asked twice about the same is no way round require: there it is refused in the session.
func TestC4UnderRequire(t *testing.T) {
	v := mailroomtest.New(t)
	v.Room.Policy = lists.Require
	p := mailroomtest.Post{From: sil, To: "a@b.example", Subject: "Beans", Body: "They climb.", Rcpt: []string{talk}, Sender: "relay@third.example"}
	if _, err := v.Hand(p, penOf(t, v).sign(v.Bytes(p), all4)); refusal.KindOf(err) != refusal.NoSuchAddress {
		t.Errorf("a blind copy: %v", err)
	}
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("somebody was written to:\n%s", mailroomtest.Subjects(all))
	}
}
