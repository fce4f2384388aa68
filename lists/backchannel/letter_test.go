package backchannel_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

// What managers are told about a writer is true.
func TestWhatManagersAreTold(t *testing.T) {
	for name, c := range map[string]struct {
		p    post
		says []string
		not  string
	}{
		"a member":                      {post{From: dana, To: managers}, []string{"Dana Reyes is a member since 2026, practitioner, trust 2 of 4.", "Sender verified.", "Also with: Theo."}, "CAREFUL"},
		"a member nobody vouches for":   {post{From: sil, To: managers}, []string{"CAREFUL: nobody vouches that Sil Ent wrote this."}, "Sender verified"},
		"an outsider":                   {post{From: "Olga <" + olga + ">", To: managers}, []string{"Olga is no member, and writes from olga@press.example.", "Sender verified."}, "CAREFUL"},
		"an outsider to the postmaster": {post{From: "Spam <x@silent.example>", To: "postmaster@gardeners.example"}, []string{"Spam is no member, and writes from x@silent.example.", "CAREFUL: nobody vouches that Spam wrote this."}, "Sender verified"},
		"a machine to abuse":            {post{From: "cron@north.example", To: "abuse@gardeners.example", Header: "Auto-Submitted: auto-generated\r\n"}, []string{"cron is no member, and writes from cron@north.example.", "CAREFUL"}, "Sender verified"},
		"an outsider as a manager":      {post{From: "Thеo Brandt <" + olga + ">", To: managers}, []string{"olga@press.example is no member, and writes from olga@press.example."}, "Thеo"},
		"an outsider as the managers":   {post{From: `"Mira, for the managers" <` + olga + `>`, To: managers}, []string{"olga@press.example is no member, and writes from olga@press.example."}, "for the managers (private"},
		"copies beside":                 {post{From: dana, To: managers, Header: "Cc: a@b.example, c@d.example\r\n"}, []string{"Dana Reyes sent it to 2 other addresses as well."}, ""},
	} {
		v := mailroomtest.New(t)
		c.p.Subject, c.p.Body = "A question", "May I?"
		v.MustSend(c.p)
		notice := v.One(to(v.Deliver(), mira), mira)
		says(t, notice, c.says...)
		if c.not != "" && strings.Contains(notice.Get("From")+" "+words(notice), c.not) {
			t.Errorf("%s: says %q: %s\n%s", name, c.not, notice.Get("From"), notice.Text())
		}
	}
}

// What a writer outside is told: one acknowledgement a day, no token, no name of a manager (B15b, FC10).
func TestAcknowledgementOfOutsiders(t *testing.T) {
	v := mailroomtest.New(t)
	for i := range 3 {
		v.MustSend(post{From: olga, To: managers, Subject: "Interview", Body: fmt.Sprint("May I? ", i)})
		v.Pass(2 * time.Hour)
	}
	ack := v.One(v.Deliver(), olga)
	says(t, ack, "Only the managers got this. Nothing went to anybody else.")
	hides(t, ack, "private+", "Mira", "Theo", "talk@")
	v.Pass(24 * time.Hour)
	v.MustSend(post{From: olga, To: managers, Subject: "Interview", Body: "May I? again"})
	v.One(v.Deliver(), olga)
}

// Nobody can flood the managers: ten letters a day from a sender that is not verified, thirty from one that is. The rest waits with
// the sender (B15b, FC11).
func TestLettersADay(t *testing.T) {
	for who, most := range map[string]int{olga: 10, sil: 10, dana: 30} {
		v := court(t, true)
		taken := 0
		for i := range most + 5 {
			_, err := v.Send(post{From: who, To: managers, Subject: "x", Body: strings.Repeat("y", i+1)})
			if err == nil {
				taken++
			} else if refusal.KindOf(err) != refusal.Limit {
				t.Errorf("%s: %v", who, err)
			} else if told := strings.Contains(err.Error(), "There is the ombuds, too: ombuds@gardeners.example."); told != (who != olga) {
				t.Errorf("%s: told of the ombuds: %t", who, told)
			}
		}
		if taken != most {
			t.Errorf("%s: %d letters taken, want %d", who, taken, most)
		}
		v.Pass(25 * time.Hour)
		v.MustSend(post{From: who, To: managers, Subject: "x", Body: "z"})
	}
}

// No words of a person are lost: not below a line that looks like ours, not behind quotes (FC16).
func TestNoWordsAreLost(t *testing.T) {
	for name, c := range map[string]struct{ body, says string }{
		"below a line like our marker":   {"First.\n=== Reply above - only the managers see it ===\nzzbelow", "zzbelow"},
		"below our letter without marks": {"Yes.\n=== Reply above - only the managers see it ===\nPlease keep this between us.\n[private K7QX]\nzzbottom", "Yes. zzbottom"},
		"a quote alone":                  {"> zzquoted words", "zzquoted words"},
		"a signature alone":              {"-- \nzzsignature", "zzsignature"},
		"an answer below what it quotes": {"> May I?\n\nzzbottom", "zzbottom"},
	} {
		v := mailroomtest.New(t)
		got := v.One(ask(v, "A question", c.body), mira)
		says(t, got, c.says)
		if n := strings.Count(got.Text(), "\n=== "); n != 1 {
			t.Errorf("%s: %d lines look like our marker:\n%s", name, n, got.Text())
		}
	}
}

// What was left behind is said every time, to both sides (FC12).
func TestAttachmentsAreNamed(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: dana, To: managers, Subject: "First", Body: "Without."})
	ack := v.One(to(v.Deliver(), dana), dana)
	p := answer(dana, ack, "")
	p.Header += "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
	p.Body = "--b\nContent-Type: text/plain\n\nSee the picture.\n--b\nContent-Type: image/png; name=\"proof.png\"\nContent-Transfer-Encoding: base64\n\nAAAA\n--b--"
	v.MustSend(p)
	all := v.Deliver()
	says(t, v.One(all, mira), "Attached, and not passed on: proof.png (files of this kind are not passed on).")
	says(t, v.One(all, dana), "We could not pass on what was attached: proof.png (files of this kind are not passed on).")
}

// A personal address that a member quotes back stays with the member (G4), on the way to managers and in the file.
func TestQuotedDoorsGoNoFurther(t *testing.T) {
	v := mailroomtest.New(t)
	all := ask(v, "A question", "May I?")
	ack := v.One(all, dana)
	door := ack.ReplyTo()[0].Address.String()
	v.MustSend(post{From: dana, To: managers, Subject: "This address", Body: "> " + door})
	got := v.One(to(v.Deliver(), mira), mira)
	hides(t, got, door)
	says(t, got, "[a personal address was removed]")
}

// The same letter twice, by two ways, is one letter.
func TestOneLetterByTwoWays(t *testing.T) {
	v := mailroomtest.New(t)
	p := post{From: dana, To: managers, Subject: "A question", Body: "May I?", Header: "Message-ID: <same@north.example>\r\n"}
	v.MustSend(p)
	v.Deliver()
	p.Rcpt = []string{"owner@gardeners.example"}
	v.MustSend(p)
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("again:\n%s", mailroomtest.Subjects(all))
	}
	p.Rcpt, p.Body = nil, "And may I that?"
	v.MustSend(p)
	v.One(to(v.Deliver(), mira), mira) // other words under one id are another letter (P3)
}

// Strange letters neither break the program nor its answers.
func TestStrangeLetters(t *testing.T) {
	for name, p := range map[string]post{
		"an id of another alphabet": {Header: "Message-ID: <ключ@пример.example>\r\n"},
		"an id of 900 characters":   {Header: "Message-ID: <" + strings.Repeat("a", 880) + "@north.example>\r\n"},
		"an id with spaces":         {Header: "Message-ID: <a b c@north.example>\r\n"},
		"an id that is a list":      {Header: "Message-ID: <a@b.example> <c@d.example>\r\n"},
		"no id":                     {Header: "Message-ID:\r\n"},
		"a long subject":            {Subject: strings.Repeat("word ", 600)},
		"a subject with a line end": {Subject: "=?utf-8?q?Hello=0D=0ABcc:_victim@elsewhere.example?="},
		"a name with everything":    {From: `=?utf-8?q?D=0D=0Aana_=E2=80=AE=22=3Cx=3E=2C_=40?= <dana@north.example>`},
		"no text":                   {Body: ""},
		"only blanks":               {Body: " \t \n\n"},
		"a very long line":          {Body: strings.Repeat("x", 5000)},
	} {
		v := mailroomtest.New(t)
		if p.From == "" {
			p.From = "Dana Reyes <" + dana + ">"
		}
		if p.Subject == "" {
			p.Subject = "A question"
		}
		p.To = managers
		v.MustSend(p)
		all := v.Deliver()
		notice := v.One(all, mira)
		v.MustSend(answer(mira, notice, "Yes."))
		got := to(v.Deliver(), dana)
		if len(got) != 1 || got[0].Get("Bcc") != "" {
			t.Errorf("%s: Dana got %d answers", name, len(got))
		}
	}
}

// A community without another manager says so, and nothing is lost.
func TestTheOnlyManagerWrites(t *testing.T) {
	v := mailroomtest.New(t)
	set(v, theo, func(m *lists.Member) { m.Role = lists.RoleMember })
	_, err := v.Send(post{From: mira, To: managers, Subject: "Hello?", Body: "Anybody?"})
	if refusal.KindOf(err) != refusal.NotAllowed {
		t.Errorf("the only manager: %v", err)
	}
	c := v.Found("empty.example", "Empty")
	_ = c
	if _, err := v.Send(post{From: olga, To: "postmaster@empty.example", Subject: "Hello?", Body: "Anybody?"}); refusal.KindOf(err) != refusal.Unavailable {
		t.Errorf("nobody there yet: %v", err)
	}
	v.View(func(tx *db.Tx) error { _, err := v.Box.List(tx, v.Member(mira), true); return err })
}

// The marks in front of a subject do not pile up, letter by letter.
func TestSubjectsStayPlain(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: dana, To: managers, Subject: "Re: PR person", Body: "May she?"})
	all := v.Deliver()
	for i := range 3 {
		notice := v.One(all, mira)
		if got := notice.Subject(); got != "[BC "+code(notice)+"] PR person" {
			t.Errorf("letter %d: %q", i+1, got)
		}
		v.MustSend(answer(mira, notice, fmt.Sprint("Yes, ", i)))
		got := v.One(to(v.Deliver(), dana), dana)
		if got.Subject() != "[private] Re: PR person" {
			t.Errorf("answer %d: %q", i+1, got.Subject())
		}
		v.MustSend(answer(dana, got, fmt.Sprint("And? ", i)))
		all = v.Deliver()
	}
}
