package mailroom_test

import (
	"slices"
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

// reached tells whether a post went out to a reader.
func reached(v *mailroomtest.Village) bool {
	return len(mailroomtest.To(v.Deliver(), "dana@north.example")) == 1
}

// C1: only the address in From counts. Whoever stands in Sender, Reply-To or the envelope lends a letter nothing.
func TestC1OnlyFromCounts(t *testing.T) {
	for name, c := range map[string]struct {
		p    mailroomtest.Post
		kind refusal.Kind
	}{
		"a member in Sender":      {mailroomtest.Post{From: "eve@evil.example", Header: "Sender: bill@south.example\r\n"}, refusal.NoSuchAddress},
		"a member in Reply-To":    {mailroomtest.Post{From: "eve@evil.example", Header: "Reply-To: bill@south.example\r\n"}, refusal.NoSuchAddress},
		"a member as return path": {mailroomtest.Post{From: "eve@evil.example", Sender: "bill@south.example"}, refusal.NoSuchAddress},
		"a member's display name": {mailroomtest.Post{From: `"bill@south.example" <eve@evil.example>`}, refusal.NoSuchAddress},
		"a member in a comment":   {mailroomtest.Post{From: "(bill@south.example) eve@evil.example", Sender: "eve@evil.example"}, refusal.NoSuchAddress},
		"a member and another":    {mailroomtest.Post{From: "bill@south.example, eve@evil.example", Sender: "eve@evil.example"}, refusal.Malformed},
		"two From fields":         {mailroomtest.Post{From: "eve@evil.example", Header: "From: bill@south.example\r\n"}, refusal.Malformed},
	} {
		v := mailroomtest.New(t)
		c.p.To, c.p.Subject, c.p.Body = talk, "Beans", "They climb."
		if _, err := v.Send(c.p); refusal.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
		if all := v.Deliver(); len(all) != 0 {
			t.Errorf("%s: somebody was written to:\n%s", name, mailroomtest.Subjects(all))
		}
	}
	v := mailroomtest.New(t)
	v.MustSend(mailroomtest.Post{From: "bill@south.example", To: talk, Subject: "Beans", Body: "They climb.", Header: "Sender: eve@evil.example\r\nReply-To: eve@evil.example\r\n"})
	if !reached(v) {
		t.Error("a stranger in Sender took a member's word away")
	}
}

// C1: a weak post is held and its author asked; one from nobody is refused.
func TestC1Verdicts(t *testing.T) {
	for policy, want := range map[lists.Verification]struct{ weak, none string }{
		lists.Require: {"refused", "refused"},
		lists.Confirm: {"asked", "refused"},
		lists.Off:     {"relayed", "refused"},
	} {
		v := mailroomtest.New(t)
		v.Room.Policy = policy
		for from, want := range map[string]string{"sil@silent.example": want.weak, "eve@silent.example": want.none, "bill@south.example": "relayed"} {
			_, err := v.Send(mailroomtest.Post{From: from, To: talk, Subject: "Beans", Body: "They climb."})
			got := "refused"
			if all := v.Deliver(); err == nil && len(mailroomtest.To(all, "dana@north.example")) == 1 {
				got = "relayed"
			} else if err == nil && len(all) == 1 && all[0].To.String() == from {
				got = "asked"
			} else if err != nil && (len(all) > 0 || refusal.KindOf(err) != refusal.NoSuchAddress) {
				got = "refused with " + err.Error() + mailroomtest.Subjects(all)
			}
			if got != want {
				t.Errorf("%s: a post from %s is %s, want %s", policy, from, got, want)
			}
		}
	}
}

// C2: a signature counts only for the organisation of From's domain, and only when it covers From.
func TestC2AlignmentIsOurs(t *testing.T) {
	v := mailroomtest.New(t)
	pen := penOf(t, v)
	// The pen's domain is silent.example; the letter is from a member elsewhere, for whom nobody speaks in this DNS.
	p := mailroomtest.Post{From: "bill@south.example", To: talk, Subject: "Beans", Body: "They climb.", Sender: "x@silent.example"}
	if _, err := v.Hand(p, pen.sign(v.Bytes(p), all4)); err != nil {
		t.Fatal(err)
	}
	if !asked(v, "bill@south.example") {
		t.Error("another domain's signature spoke for a member")
	}
	for name, spoil := range map[string][2]string{
		"changed text": {"They climb.", "They creep."}, "another author": {"From: " + sil, "From: bill@silent.example"},
		"another length": {"v=1;", "v=1; l=3;"}, "a name under it": {"d=silent.example", "d=x.silent.example"},
	} {
		p := mailroomtest.Post{From: sil, To: talk, Subject: "Beans " + name, Body: "They climb.", Sender: "relay@third.example"}
		raw := string(pen.sign(v.Bytes(p), all4))
		if !strings.Contains(raw, spoil[0]) {
			t.Fatalf("%s: nothing to spoil in\n%s", name, raw)
		}
		_, err := v.Hand(p, []byte(strings.Replace(raw, spoil[0], spoil[1], 1)))
		if all := v.Deliver(); len(mailroomtest.To(all, "dana@north.example")) != 0 {
			t.Errorf("%s: the signature still counted (%v)", name, err)
		}
	}
}

// C3: what a letter itself says about its sender counts for nothing.
func TestC3ForeignResults(t *testing.T) {
	for name, header := range map[string]string{
		"our own name":     "Authentication-Results: lists.example; dkim=pass header.d=silent.example; spf=pass smtp.mailfrom=silent.example; dmarc=pass header.from=silent.example\r\n",
		"a sealed chain":   "ARC-Authentication-Results: i=1; lists.example; dmarc=pass header.from=silent.example\r\nARC-Seal: i=1; cv=none; d=lists.example; s=a; a=rsa-sha256; b=AAAA\r\n",
		"Received-SPF":     "Received-SPF: pass (lists.example) client-ip=192.0.2.1; envelope-from=sil@silent.example\r\n",
		"a folded name":    "Authentication-Results:\r\n lists.example;\r\n dmarc=pass\r\n",
		"a login of ours":  "X-Authenticated-Sender: sil@silent.example\r\n",
		"a version behind": "Authentication-Results: lists.example 1; dmarc=pass\r\n",
	} {
		v := mailroomtest.New(t)
		v.MustSend(mailroomtest.Post{From: sil, To: talk, Subject: "Beans", Body: "They climb.", Header: header})
		if !asked(v, "sil@silent.example") {
			t.Errorf("%s: believed", name)
		}
	}
}

// C5: nobody outside writes from an address of ours, whoever vouches for it and wherever it goes.
func TestC5OwnAddresses(t *testing.T) {
	v := mailroomtest.New(t)
	for _, from := range []string{"talk@gardeners.example", "managers@gardeners.example", "Mira <MANAGERS@Gardeners.Example>", "nobody@gardeners.example", "digest@gardeners.example"} {
		for _, to := range []string{talk, "managers@gardeners.example", "leave@gardeners.example", "abuse@gardeners.example", "help@gardeners.example"} {
			if _, err := v.Send(mailroomtest.Post{From: from, To: to, Subject: "x", Body: "y"}); refusal.KindOf(err) != refusal.NotAllowed {
				t.Errorf("%s to %s: %v", from, to, err)
			}
		}
	}
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("somebody was written to:\n%s", mailroomtest.Subjects(all))
	}
}

// C9: addresses are compared by ASCII case of the local part and the A-label of the domain, and by nothing that merely looks alike.
func TestC9Comparing(t *testing.T) {
	v := mailroomtest.New(t)
	v.Update(func(tx *db.Tx) error {
		m, err := lists.AddMember(tx, v.C, lists.NewMember{Address: mailroomtest.Addr("kim@xn--bcher-kva.example"), Name: "Kim", Role: lists.RoleMember, Trust: 2, OwnCopy: true, Lists: []lists.List{v.Talk}})
		if err == nil && m.ID == 0 {
			t.Error("no member")
		}
		return err
	})
	for from, member := range map[string]bool{
		"BILL@South.EXAMPLE": true, "kim@bücher.example": true, "KIM@BÜCHER.example": true, "Kim@xn--bcher-kva.example": true,
		"bi\u0131l@south.example": false, "b\u0456ll@south.example": false, "\u212Aim@xn--bcher-kva.example": false, "bill@notsouth.example": false,
		"bill@south.example.evil.example": false, "bill@x.south.example": false, "bill+x@south.example": false, "b.ill@south.example": false,
	} {
		_, err := v.Send(mailroomtest.Post{From: from, To: talk, Subject: "Beans " + from, Body: "They climb."})
		if all := v.Deliver(); (err == nil) != member || slices.ContainsFunc(all, func(a mailroomtest.Arrived) bool { return !member }) {
			t.Errorf("%s: member %v: %v\n%s", from, member, err, mailroomtest.Subjects(all))
		}
	}
}
