package returns_test

import (
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/smtpd/queue"
)

// Whoever wrote a letter hears once that it will never arrive, whether a report says so or our own courier heard it (product.md A3).
func TestLost(t *testing.T) {
	lost := func(t *testing.T, refused queue.Outcome, reports ...report) string {
		v := mailroomtest.New(t)
		var heard []string
		v.Return.Lost = func(tx *db.Tx, m lists.MemberID, id letter.MessageID) error {
			who, err := lists.MemberByID(tx, m)
			heard = append(heard, who.Address.String()+" "+string(id))
			return err
		}
		path := v.One(mailroomtest.To(say(v, "before"), dana), dana).From.String()
		if refused.Stage != "" {
			refuse(v, dana, refused)
		}
		about := string(v.One(mailroomtest.To(say(v, "the letter"), alison), alison).MessageID())
		for _, r := range reports {
			r.rcpt = dana
			if r.about != "" {
				r.about = about
			}
			v.MustSend(r.post(path))
		}
		return strings.ReplaceAll(strings.Join(heard, ", "), about, "it")
	}
	gone := report{status: "5.1.1", about: "it"}
	policy := queue.Outcome{Stage: queue.StageEnd, Code: 550, Enhanced: "5.7.26", Text: "blocked"}
	for _, c := range []struct {
		name    string
		refused queue.Outcome
		reports []report
		heard   string
	}{
		{"a report", queue.Outcome{}, []report{gone}, dana + " it"},
		{"a report comes twice", queue.Outcome{}, []report{gone, gone}, dana + " it"},
		{"the courier", dead, nil, dana + " it"},
		{"the courier, and then a report", dead, []report{gone}, dana + " it"},
		{"refused for what it is", policy, nil, dana + " it"},
		{"late", queue.Outcome{}, []report{{status: "4.4.1", action: "delayed", about: "it"}}, ""},
		{"a report about nothing in particular", queue.Outcome{}, []report{{status: "5.1.1"}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := lost(t, c.refused, c.reports...); got != c.heard {
				t.Errorf("heard of %q, want %q", got, c.heard)
			}
		})
	}
}
