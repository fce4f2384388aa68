package relay_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/relay"
	"backchannel/smtpd/mailauth"
)

// southKey signs for south.example, where Bill writes from.
var southKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

// usual are the fields that the large providers sign.
var usual = []string{"From", "To", "Subject", "Date", "Message-ID", "Reply-To", "Cc", "In-Reply-To", "References"}

// signing says how a letter of Bill's is signed.
type signing struct {
	domain string        // south.example if empty
	fields []string      // usual if nil
	body   string        // relaxed if empty
	life   time.Duration // 0: for ever
}

func (s signing) sign(t *testing.T, v *village, raw []byte) []byte {
	t.Helper()
	o := &dkim.SignOptions{Domain: "south.example", Selector: "s", Signer: southKey(), HeaderKeys: usual, HeaderCanonicalization: "relaxed", BodyCanonicalization: "relaxed"}
	if s.domain != "" {
		o.Domain = s.domain
	}
	if s.fields != nil {
		o.HeaderKeys = s.fields
	}
	if s.body != "" {
		o.BodyCanonicalization = "simple"
	}
	if s.life != 0 {
		o.Expiration = v.Now.Add(s.life)
	}
	var b bytes.Buffer
	if err := dkim.Sign(&b, bytes.NewReader(raw), o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// signedVillage has a DNS that knows the key, for two domains.
func signedVillage(t *testing.T) *village {
	t.Helper()
	v := mailroomtest.New(t)
	der, err := x509.MarshalPKIXPublicKey(&southKey().PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, domain := range []string{"south.example", "esp.example"} {
		v.TXT["s._domainkey."+domain] = "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)
	}
	return v
}

// hand hands a letter in and gives Alison's copy.
func hand(v *village, p post, raw []byte) arrived {
	v.T.Helper()
	if _, err := v.Hand(p, raw); err != nil {
		v.T.Fatal(err)
	}
	return v.One(to(v.Deliver(), alison), alison)
}

// verdict is what Alison's host says about the author of her copy, with the DNS of now.
func verdict(t *testing.T, v *village, a arrived) mailauth.Finding {
	t.Helper()
	return mailauth.CheckLetter(t.Context(), v.Room.Resolver, mailauth.Session{At: v.Now.Add(4 * 24 * time.Hour)}, a.Letter)
}

var fromBill = post{From: "Bill Tan <" + bill + ">", To: talk, Subject: "Compost", Body: "Mine is too wet."}

// M2: From stays when the author's aligned signature holds on what members get, and only then. Every change we make to a post takes part.
func TestFromByEvidence(t *testing.T) {
	for name, c := range map[string]struct {
		post   func(*post)
		list   func(*lists.List)
		sign   []signing
		change func(raw string) string // before it is signed
		keeps  bool
	}{
		"signed as usual":         {sign: []signing{{}}, keeps: true},
		"simple body":             {sign: []signing{{body: "simple"}}, keeps: true},
		"not signed":              {},
		"signed by somebody else": {sign: []signing{{domain: "esp.example"}}},
		"signed by both":          {sign: []signing{{domain: "esp.example"}, {}}, keeps: true},
		"one that breaks, one that does not": {
			sign: []signing{{fields: append([]string{"List-Id"}, usual...)}, {}}, keeps: true},
		"a subject prefix": {list: func(l *lists.List) { l.SubjectPrefix = "[Talk]" }, sign: []signing{{}}},
		"a subject prefix, and the subject not signed": {
			list: func(l *lists.List) { l.SubjectPrefix = "[Talk]" }, sign: []signing{{fields: []string{"From", "To", "Date"}}}, keeps: true},
		"a subject that has the prefix": {
			list: func(l *lists.List) { l.SubjectPrefix = "[Talk]" }, post: func(p *post) { p.Subject = "Re: [Talk] Compost" }, sign: []signing{{}}, keeps: true},
		"List-Id signed as missing":          {sign: []signing{{fields: append([]string{"List-Id"}, usual...)}}},
		"List-Unsubscribe signed as missing": {sign: []signing{{fields: append([]string{"List-Unsubscribe"}, usual...)}}},
		"Feedback-ID signed as missing":      {sign: []signing{{fields: append([]string{"Feedback-ID"}, usual...)}}},
		"Reply-To signed as missing":         {sign: []signing{{fields: append([]string{"Reply-To"}, usual...)}}, keeps: true},
		"a receipt asked for, signed": {
			post: func(p *post) { p.Header = "Disposition-Notification-To: " + bill + "\r\n" },
			sign: []signing{{fields: append([]string{"Disposition-Notification-To"}, usual...)}}},
		"a receipt asked for, not signed": {
			post: func(p *post) { p.Header = "Disposition-Notification-To: " + bill + "\r\n" }, sign: []signing{{}}, keeps: true},
		"an answer wanted elsewhere": {
			post: func(p *post) { p.Header = "Reply-To: Bill <bill@home.example>\r\n" }, sign: []signing{{}}, keeps: true},
		"an answer wanted on the list": {
			post: func(p *post) { p.Header = "Reply-To: " + talk + "\r\n" }, sign: []signing{{}}},
		"an answer wanted by a false manager": {
			post: func(p *post) { p.Header = "Reply-To: Mira Lowe <mira@evil.example>\r\n" }, sign: []signing{{}}},
		"a manager's name (B6)": {post: func(p *post) { p.From = "Mira Lowe <" + bill + ">" }, sign: []signing{{}}},
		"the list's name (B6)":  {post: func(p *post) { p.From = "Garden Talk <" + bill + ">" }, sign: []signing{{}}},
		"an address as name":    {post: func(p *post) { p.From = "\"mira@lowe.example\" <" + bill + ">" }, sign: []signing{{}}},
		"no name":               {post: func(p *post) { p.From = bill }, sign: []signing{{}}, keeps: true},
		"no Message-ID": {
			change: func(raw string) string { return strings.Replace(raw, "Message-ID: <1@client.example>\r\n", "", 1) }, sign: []signing{{}}},
		"it has an end, soon":     {sign: []signing{{life: 24 * time.Hour}}},
		"it has an end, far away": {sign: []signing{{life: 90 * 365 * 24 * time.Hour}}, keeps: true},
		"a line over 998 octets":  {post: func(p *post) { p.Body = strings.Repeat("x", 2000) }, sign: []signing{{}}},
		"a header over 998 octets": {
			post: func(p *post) { p.Header = "X-Odd: " + strings.Repeat("x", 2000) + "\r\n" }, sign: []signing{{}}},
		"octets in a header":   {post: func(p *post) { p.Subject = "Gr\u00fc\u00dfe" }, sign: []signing{{}}},
		"octets in the text":   {post: func(p *post) { p.Body = "Gr\u00fc\u00dfe" }, sign: []signing{{}}, keeps: true},
		"our own signer's way": {sign: []signing{{fields: []string{"From", "From", "To", "To", "Subject", "Subject", "List-Id", "List-Id"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			v := signedVillage(t)
			if c.list != nil {
				list(v, c.list)
			}
			p := fromBill
			if c.post != nil {
				c.post(&p)
			}
			raw := v.Bytes(p)
			if c.change != nil {
				raw = []byte(c.change(string(raw)))
			}
			for _, s := range c.sign {
				raw = s.sign(t, v, raw)
			}
			got := hand(v, p, raw)
			f := verdict(t, v, got)
			from := got.Letter.From()[0]
			if !c.keeps {
				if from.Address.String() != talk || got.Letter.Header().Count("Author") != 1 || len(got.Fields("DKIM-Signature")) != 0 || len(got.ReplyTo()) == 0 {
					t.Errorf("From is not the list's:\n%s", got.Raw())
				}
				return
			}
			if from.Address.String() != bill || got.Letter.Header().Count("Author") != 0 || !f.Aligned || f.AlignedBy != "dkim" {
				t.Errorf("From %s; %s\n%s", from, f.Why, got.Raw())
			}
			if !strings.Contains(p.Header, "Reply-To") && len(got.ReplyTo()) != 0 {
				t.Errorf("Reply-To %v", got.ReplyTo())
			}
			for _, s := range f.Signatures {
				if s.Result != "pass" {
					t.Errorf("a dead signature travels: %+v", s)
				}
			}
			v.View(func(tx *db.Tx) error {
				all, err := v.Store.PostByMessageID(tx, v.Talk.Box, got.MessageID())
				if all.From.Address.String() != bill || all.From.Name != "Bill Tan" {
					t.Errorf("archived as from %s", all.From)
				}
				return err
			})
		})
	}
}

// A post that waited for its author's word is judged by what was found when it came; the DNS is not asked again.
func TestFromOfAHeldPost(t *testing.T) {
	v := signedVillage(t)
	p := fromBill
	p.Body = "Dear managers, between us: I did not know whom to ask."
	if _, err := v.Hand(p, signing{}.sign(t, v, v.Bytes(p))); err != nil {
		t.Fatal(err)
	}
	q := v.One(v.Deliver(), bill)
	v.Pass(24 * time.Hour)
	clear(v.TXT)
	v.MustSend(answer(bill, q, "PUBLIC"))
	got := v.One(to(v.Deliver(), alison), alison)
	if got.Letter.From()[0].Address.String() != bill {
		t.Errorf("From was rewritten:\n%s", got.Raw())
	}
}

// What a copy gets on top is foreseen, or a signature that covers a missing field would hold on the post and on no copy.
func TestCopiesAreForeseen(t *testing.T) {
	v := signedVillage(t)
	got := hand(v, fromBill, signing{}.sign(t, v, v.Bytes(fromBill)))
	var published *letter.Letter
	v.View(func(tx *db.Tx) error {
		p, err := v.Store.PostByMessageID(tx, v.Talk.Box, got.MessageID())
		if err != nil {
			return err
		}
		raw, err := v.Store.Raw(tx, p.Raw)
		if err == nil {
			published, err = letter.Parse(raw)
		}
		return err
	})
	for _, f := range got.Letter.Header().Fields() {
		if published.Header().Count(f.Name) < got.Letter.Header().Count(f.Name) && !strings.Contains(strings.Join(relay.OnCopies, " "), f.Name) {
			t.Errorf("copies get %s, which the From decision does not foresee", f.Name)
		}
	}
}

// E6: what our signature covers must travel as it is, so that lines which cannot are encoded, and those of a signed part broken. Every
// other body stays byte for byte.
func TestLongLines(t *testing.T) {
	v := mailroomtest.New(t)
	long := strings.Repeat("0123456789", 150)
	got := copyOf(v, post{Subject: "Gr\u00fc\u00dfe", Header: "X-Long: " + long + "\r\n", Body: "One line:\n" + long})
	if !letter.Fits(got.Raw(), true) || got.Text() != "One line:\n"+long || got.Subject() != "Gr\u00fc\u00dfe" || got.Get("Content-Transfer-Encoding") != "quoted-printable" {
		t.Errorf("%s", got.Raw())
	}
	v.Now = v.Now.Add(time.Hour)
	signed := "--s\n\n" + long + "\n--s\nContent-Type: application/pgp-signature\n\nx\n--s--"
	got = copyOf(v, post{Header: "MIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=s\r\n", Body: signed})
	if !letter.Fits(got.Raw(), true) || !strings.Contains(string(got.Raw()), long[:997]+"\r\n") || got.Letter.Header().Count("Content-Transfer-Encoding") != 0 {
		t.Errorf("%s", got.Raw())
	}
}

// M9: with arc on, what we found is written down for those who follow the chain of hands, above the chain that came; with arc off no
// chain travels.
func TestChainOfHands(t *testing.T) {
	const chain = "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=x.example; s=s; b=AAAA\r\nARC-Message-Signature: i=1; a=rsa-sha256; d=x.example; s=s; h=From; bh=AAAA; b=AAAA\r\n" +
		"ARC-Authentication-Results: i=1; mx.x.example; none\r\n"
	for name, c := range map[string]struct {
		sealer, header string
		want           []string
		sign           []signing
	}{
		"off":                  {"", "", nil, nil},
		"off, and a chain":     {"", chain, nil, nil},
		"on":                   {"lists.example", "", []string{"i=1; lists.example; spf=pass smtp.mailfrom=south.example; dkim=none; dmarc=none header.from=south.example"}, nil},
		"on, and From is kept": {"lists.example", "", []string{"i=1; lists.example; spf=pass smtp.mailfrom=south.example; dkim=pass header.d=south.example; dmarc=none header.from=south.example"}, []signing{{}}},
		"on, and a chain": {"lists.example", chain, []string{
			"i=2; lists.example; spf=pass smtp.mailfrom=south.example; dkim=none; dmarc=none header.from=south.example; arc=fail", "i=1; mx.x.example; none"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			v := signedVillage(t)
			v.Press.Sealer = c.sealer
			p := fromBill
			p.Header = c.header
			raw := v.Bytes(p)
			for _, s := range c.sign {
				raw = s.sign(t, v, raw)
			}
			got := hand(v, p, raw)
			if all := got.Fields("ARC-Authentication-Results"); !slices.Equal(all, c.want) {
				t.Errorf("%q", all)
			}
			if kept := got.Letter.From()[0].Address.String() == bill; kept != (len(c.sign) > 0) {
				t.Errorf("From kept: %v", kept)
			}
			if n := len(got.Fields("ARC-Seal")); n != max(0, len(c.want)-1) {
				t.Errorf("%d seals", n)
			}
		})
	}
}
