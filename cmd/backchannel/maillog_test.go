package main

import (
	"encoding/json"
	"net/smtp"
	"regexp"
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/cmd/internal/config"
	"backchannel/smtpd/queue"
)

// P15: a whole story at level info, told to two logs: a post that is taken and goes out, one that is refused, one that is held and
// approved, a private letter, and a copy that the managers answer. No address, subject, text, token, name or list stands in any line; every line of
// the mail log names its story; and the verbs are the few there are (LP19).
func TestTheLogNamesNobody(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			out := &logged{}
			h := openVillage(t, func(o *Options) {
				o.Config.Log = config.Log{Level: "info", Format: format}
				o.Log = serverLog(out, o.Config.Log)
			})
			h.serve()
			h.send("bill@south.test", post("Bill Canary <bill@south.test>", "A canary sings", "canary-1@south.test", "Canaries, sweetly."))
			if err := h.handIn("bill@south.test", "managers@gardeners.test", post("bill@south.test", "A canary is ill", "canary-2@south.test", "In private.")); err != nil {
				t.Error(err)
			}
			if err := h.handIn("eve@evil.test", "talk@gardeners.test", post("eve@evil.test", "A canary for sale", "canary-3@evil.test", "Cheap.")); err == nil {
				t.Error("a stranger was taken")
			}
			if err := h.handIn("eve@evil.test", "canary@gardeners.test", post("eve@evil.test", "A canary for sale", "canary-4@evil.test", "Cheap.")); err == nil {
				t.Error("an unknown list was taken")
			}
			if !within(func() bool {
				left := int64(1)
				h.update(func(tx *db.Tx) error { s, err := queue.Summarise(tx); left = s.Owing(); return err })
				return left == 0 && strings.Count(out.String(), "delivered") >= 3
			}) {
				t.Errorf("not all was delivered:\n%s", out.String())
			}
			if err := h.stop(); err != nil {
				t.Error(err)
			}
			log := out.String()
			for _, canary := range []string{"canary", "south.test", "lowe.test", "north.test", "evil.test", "gardeners", "talk", "Mira", "Bill", "private+", "bounce+", "@"} {
				// Not in the middle of a random id, which can hold any short word.
				if at := regexp.MustCompile(`(?i)(?:^|[^a-z0-9])` + regexp.QuoteMeta(canary)).FindStringIndex(log); at != nil {
					i := at[0]
					t.Errorf("the log tells of %s: …%s…", canary, log[max(0, i-200):min(len(log), i+100)])
				}
			}
			verbs := mailLines(t, format, log)
			for _, verb := range []string{"received", "refused", "published", "relayed", "filed", "delivered"} {
				if verbs[verb] == 0 {
					t.Errorf("no line says %s: %v", verb, verbs)
				}
			}
		})
	}
}

// handIn hands a letter in by SMTP and gives what the server said.
func (h *village) handIn(from, to string, raw []byte) error {
	return smtp.SendMail(h.Addr("smtp.listen"), nil, from, []string{to}, raw)
}

var mailLine = regexp.MustCompile(`^time=\S+ level=INFO msg=([a-z]+) (?:door=[a-z]+ )?(?:story=[a-z0-9]+ )?log=mail (?:story=[a-z0-9]+.*|code=.*)$`)

// mailLines reads the mail log: how often each verb stands there. Every line must name a story.
func mailLines(t *testing.T, format, log string) map[string]int {
	t.Helper()
	verbs := map[string]int{}
	for _, l := range strings.Split(log, "\n") {
		if !strings.Contains(l, "log=mail") && !strings.Contains(l, `"log":"mail"`) {
			continue
		}
		if format == "text" {
			m := mailLine.FindStringSubmatch(l)
			if m == nil || !strings.Contains(l, "story=") {
				t.Errorf("a strange line: %s", l)
				continue
			}
			verbs[m[1]]++
			continue
		}
		var e struct {
			Msg, Story, Level string
		}
		if err := json.Unmarshal([]byte(l), &e); err != nil || e.Story == "" || e.Level != "INFO" {
			t.Errorf("a strange line: %s (%v)", l, err)
		}
		verbs[e.Msg]++
	}
	return verbs
}
