package returns_test

import (
	"fmt"
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

// arf is a complaint about a letter with these fields (RFC 5965).
func arf(from, kind, returned string) post {
	return post{
		From: from, To: "fbl@gardeners.example", Subject: "FW: Compost",
		Header: "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=\"B\"\r\n",
		Body: "--B\nContent-Type: text/plain\n\nThis is an abuse report.\n--B\nContent-Type: message/feedback-report\n\nFeedback-Type: " + kind +
			"\nUser-Agent: Reporter/1.0\nVersion: 1\n\n--B\nContent-Type: message/rfc822\n\nFrom: talk@gardeners.example\n" + returned + "Subject: Compost\n\nhello\n--B--",
	}
}

func onTalk(v *village, who string) bool {
	v.T.Helper()
	var on bool
	m := v.Member(who)
	v.View(func(tx *db.Tx) (err error) { _, on, err = lists.SubscriptionOf(tx, m.ID, v.Talk.ID); return err })
	return on
}

func feedbackID(a arrived) string { return "CFBL-Feedback-ID: " + a.Get("CFBL-Feedback-ID") + "\n" }

// M20, D4: with our token and a reporter whose domain vouches, that member is off that list at once; they are told how to come back, at
// their own address; the reporter hears nothing; the managers get one line the next morning.
func TestAComplaint(t *testing.T) {
	v := mailroomtest.New(t)
	copy := v.One(mailroomtest.To(say(v, "Compost"), dana), dana)
	p := arf("Feedback <fbl@provider.example>", "abuse", feedbackID(copy))
	v.MustSend(p)
	if onTalk(v, dana) || !onTalk(v, alison) {
		t.Error("the wrong ones are on the list")
	}
	v.View(func(tx *db.Tx) error {
		if _, on, err := lists.SubscriptionOf(tx, v.Member(dana).ID, v.Jobs.ID); err != nil || !on {
			t.Error("she is off another list", err)
		}
		return nil
	})
	all := v.Deliver()
	if len(all) != 1 || all[0].To.String() != dana || all[0].Subject() != "You get no more posts from Garden talk" {
		t.Fatalf("letters:\n%s", mailroomtest.Subjects(all))
	}
	p.Header += "Message-ID: <again@provider.example>\r\n"
	v.MustSend(p)
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("the same complaint again:\n%s", mailroomtest.Subjects(all))
	}
	v.MustSend(post{From: dana, To: "talk-request@gardeners.example", Subject: "join"})
	if !onTalk(v, dana) {
		t.Error("the way back does not work")
	}
	v.Deliver()
	v.Pass(day)
	if text := v.One(mailroomtest.To(v.Deliver(), mira), mira).Text(); !strings.Contains(text, "Dana Reyes: Garden talk") {
		t.Error(text)
	}
}

// M20: a complaint about the digest stops the digest.
func TestAComplaintAboutTheDigest(t *testing.T) {
	v := mailroomtest.New(t)
	v.Update(func(tx *db.Tx) error { return lists.Subscribe(tx, v.Member(dana).ID, v.Talk.ID, lists.Digest) })
	door := v.Door(address.DigestOff, "membership", "digest", dana)
	token := strings.TrimSuffix(strings.TrimPrefix(door, "digest-off+"), "@gardeners.example")
	v.MustSend(arf("fbl@provider.example", "abuse", "CFBL-Feedback-ID: "+token+"\n"))
	v.View(func(tx *db.Tx) error {
		s, on, err := lists.SubscriptionOf(tx, v.Member(dana).ID, v.Talk.ID)
		other, _, err2 := lists.SubscriptionOf(tx, v.Member(dana).ID, v.Jobs.ID)
		if !on || s.Delivery != lists.None || other.Delivery != lists.Each || err2 != nil {
			t.Errorf("talk %s, jobs %s", s.Delivery, other.Delivery)
		}
		return err
	})
	if all := v.Deliver(); len(all) != 1 || all[0].Subject() != "You get no more digests" || !strings.Contains(all[0].Text(), "weekly@gardeners.example") {
		t.Errorf("letters:\n%s", mailroomtest.Subjects(all))
	}
}

// D4: everything else changes nothing, and is answered by nobody.
func TestForgedComplaints(t *testing.T) {
	v := mailroomtest.New(t)
	copy := v.One(mailroomtest.To(say(v, "Compost"), dana), dana)
	id := feedbackID(copy)
	away := post{From: "fbl@provider.example", To: "fbl@gardeners.example", Subject: "Automatic reply", Header: "Auto-Submitted: auto-replied\r\n", Body: "away"}
	const (
		unproved = "A report about spam is only taken when the domain in its From vouches for it by DKIM or SPF."
		noReport = "This address only takes reports of mail providers about spam, and no person reads it. To reach one, please write to managers@gardeners.example."
		robot    = "Only letters that a person writes to us are taken here, and this one looks like a program's: its header says Auto-Submitted: auto-replied. If you wrote it yourself, please send it again as an ordinary letter."
		ours     = "Letters from our own addresses are written here and cannot come from outside. Please write from the address you joined with."
	)
	for name, c := range map[string]struct {
		p    post
		want refusal.Kind // 0: taken
		says string
	}{
		"nobody vouches":       {func() post { p := arf("fbl@silent.example", "abuse", id); p.Sender = "x@silent.example"; return p }(), refusal.NotAllowed, unproved},
		"another one vouches":  {func() post { p := arf("fbl@provider.example", "abuse", id); p.Sender = "x@evil.example"; return p }(), refusal.NotAllowed, unproved},
		"no such token":        {arf("fbl@provider.example", "abuse", "CFBL-Feedback-ID: "+strings.Repeat("a", 26)+"\n"), 0, ""},
		"the token of bounces": {arf("fbl@provider.example", "abuse", "CFBL-Feedback-ID: "+strings.TrimPrefix(copy.From.Local, "bounce+")+"\n"), 0, ""},
		"no token":             {arf("fbl@provider.example", "abuse", ""), 0, ""},
		"not spam":             {arf("fbl@provider.example", "not-spam", id), 0, ""},
		"authentication":       {arf("fbl@provider.example", "auth-failure", id), 0, ""},
		"a person":             {post{From: dana, To: "fbl@gardeners.example", Subject: "Hello", Body: "Is anybody there?"}, refusal.Robot, noReport},
		"an automatic reply":   {away, refusal.Robot, robot},
		"our own address":      {arf("talk@gardeners.example", "abuse", id), refusal.NotAllowed, ours},
	} {
		if _, err := v.Send(c.p); err != nil && (refusal.KindOf(err) != c.want || err.Error() != c.says) || err == nil && c.want != 0 {
			t.Errorf("%s: %v", name, err)
		}
		if !onTalk(v, dana) {
			t.Fatalf("%s: off the list", name)
		}
	}
	if _, err := v.Send(arf("fbl@slow.example", "abuse", id)); refusal.KindOf(err) != refusal.DNS {
		t.Errorf("a reporter whose domain does not answer now: %v", err)
	}
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("letters:\n%s", mailroomtest.Subjects(all))
	}
	if got := troubles(v); got != "nameless provider.example 3" {
		t.Error(got)
	}
	v.Pass(2 * day)
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("strangers make letters to managers:\n%s", mailroomtest.Subjects(all))
	}
	v.Update(func(tx *db.Tx) error { // her tokens died: so did this one
		return address.RevokeMember(tx, int64(v.C.ID), int64(v.Member(dana).ID))
	})
	v.MustSend(arf("fbl@provider.example", "abuse", id))
	if !onTalk(v, dana) {
		t.Error("a dead token took her off")
	}
}

// Strangers who complain without end about nobody do not fill the disk: beyond two hundred a day their letters wait with themselves. One
// that names a member is heard all the same.
func TestComplaintsWithoutEnd(t *testing.T) {
	v := mailroomtest.New(t)
	copy := v.One(mailroomtest.To(say(v, "Compost"), dana), dana)
	taken := 0
	for n := range 220 {
		p := arf("fbl@provider.example", "abuse", "")
		p.Body += fmt.Sprint(n)
		_, err := v.Send(p)
		if err == nil {
			taken++
		} else if r, ok := refusal.As(err); !ok || r.Kind != refusal.Limit || r.Sentence != "We have had many reports today. Please send this one again tomorrow." {
			t.Fatal(err)
		}
	}
	if taken != 200 {
		t.Errorf("%d were taken", taken)
	}
	v.MustSend(arf("fbl@provider.example", "abuse", feedbackID(copy)))
	if onTalk(v, dana) {
		t.Error("a complaint that names a member was not heard")
	}
	v.Pass(day)
	v.MustSend(arf("fbl@provider.example", "abuse", ""))
}

// A complaint travels to fbl@ alone: a list or a return path has no use for it.
func TestComplaintsElsewhere(t *testing.T) {
	v := mailroomtest.New(t)
	copy := v.One(mailroomtest.To(say(v, "Compost"), dana), dana)
	p := arf("fbl@provider.example", "abuse", feedbackID(copy))
	p.To = talk
	if _, err := v.Send(p); refusal.KindOf(err) != refusal.Robot {
		t.Errorf("to the list: %v", err)
	}
	p.To, p.Null = copy.From.String(), true
	v.MustSend(p)
	if !onTalk(v, dana) || points(v, dana) != 0 {
		t.Error("it counted")
	}
}
