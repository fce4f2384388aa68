package returns_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/returns"
	"backchannel/smtpd/queue"
)

const (
	bill, alison, dana, sil = "bill@south.example", "alison@east.example", "dana@north.example", "sil@silent.example"
	mira, theo              = "mira@lowe.example", "theo@brandt.example"
	talk                    = "talk@gardeners.example"
	day                     = 24 * time.Hour
)

type (
	village       = mailroomtest.Village
	post          = mailroomtest.Post
	arrived       = mailroomtest.Arrived
	letterAddress = letter.Address
)

// report is a delivery report.
type report struct {
	status, action, said string // "failed" without an action
	rcpt                 string
	about                string // Message-ID
	header               string
	from                 string // the envelope's sender; <> without
}

func (r report) post(to string) post {
	if r.action == "" {
		r.action = "failed"
	}
	body := "--B\nContent-Type: text/plain\n\nThis is the mail system.\n--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; " + r.rcpt +
		"\nAction: " + r.action + "\nStatus: " + r.status + "\n"
	if r.said != "" {
		body += "Diagnostic-Code: smtp; " + r.said + "\n"
	}
	if r.about != "" {
		body += "\n--B\nContent-Type: text/rfc822-headers\n\nFrom: talk@gardeners.example\nSubject: secret subject\nMessage-ID: <" + r.about + ">\n"
	}
	return post{
		From: "MAILER-DAEMON@mx.example", To: to, Subject: "Undelivered Mail Returned to Sender", Body: body + "\n--B--", Null: r.from == "", Sender: r.from,
		Header: "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"B\"\r\n" + r.header,
	}
}

// say posts to the list and gives what came out.
func say(v *village, subject string) []arrived {
	v.T.Helper()
	v.MustSend(post{From: "Bill Tan <" + bill + ">", To: talk, Subject: subject, Body: "text"})
	return v.Deliver()
}

// score is what came back of somebody's mail, in points.
func score(v *village, who string) (s lists.Score) {
	v.T.Helper()
	m := v.Member(who)
	v.View(func(tx *db.Tx) (err error) { s, err = lists.ScoreOf(tx, m.ID); return err })
	return s
}

func points(v *village, who string) float64 { v.T.Helper(); return score(v, who).Quarters.Points() }

func troubles(v *village) string {
	v.T.Helper()
	var all []string
	v.View(func(tx *db.Tx) error {
		found, err := returns.Troubles(tx, v.C.ID, v.Now.Add(-7*day))
		for _, t := range found {
			all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %d %s %s", t.Kind, t.About, t.N, t.Cause, t.Said)))
		}
		return err
	})
	return strings.Join(all, "; ")
}

// refuse has the outside world refuse all mail to an address.
func refuse(v *village, who string, o queue.Outcome) {
	o.Kind, o.Host = queue.Failed, "mx.example"
	v.Refuse(func(to letter.Address) (queue.Outcome, bool) { return o, to.String() == who })
}

var dead = queue.Outcome{Stage: queue.StageRcpt, Code: 550, Enhanced: "5.1.1", Text: "no such user"}

// probes picks the letters that try an address.
func probes(all []arrived) (found []arrived) {
	for _, a := range all {
		if a.Subject() == "Does this letter reach you?" {
			found = append(found, a)
		}
	}
	return found
}

// suspect gives back three posts to somebody on three days, and the probe that follows.
func suspect(t *testing.T, v *village, who string) arrived {
	t.Helper()
	for n := range 3 {
		copy := v.One(mailroomtest.To(say(v, fmt.Sprintf("day %d", n)), who), who)
		v.MustSend(report{status: "5.1.1", rcpt: who, about: string(copy.MessageID())}.post(copy.From.String()))
		if n < 2 {
			if got := v.Deliver(); len(got) != 0 {
				t.Fatalf("day %d: a bounce makes letters:\n%s", n, mailroomtest.Subjects(got))
			}
			v.Pass(day)
		}
	}
	all := v.Deliver()
	if len(all) != 1 || len(probes(all)) != 1 || all[0].To.String() != who {
		t.Fatalf("after three days:\n%s", mailroomtest.Subjects(all))
	}
	return all[0]
}
