package backchannel_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
)

var watermarked = regexp.MustCompile(`\[private ([0-9A-Z]{4})\]`)

// The worked messages for the other paths (product.md B6b), as golden mails: each test sends the letters that lead to them through the real
// rooms. The morning brief and the needs report are made elsewhere, and tested there.

// A letter without a name: what its writer sees before it goes, and what managers see then.
func TestWorkedPathsAnonymous(t *testing.T) {
	v := crowd(t)
	v.MustSend(carry(post{
		From: "Dana Reyes <" + dana + ">", To: anon, Subject: "Burnt out",
		Body: "I moderate alone since March and I am close to quitting. Does anyone else feel that?\n\n-- \nDana Reyes\nNorthgate\n+1 555 0100",
	}, "Northgate-rota.pdf", "%PDF-1.7 zzrota"))
	preview := v.One(v.Deliver(), dana)
	voice := voiceName(t, preview)
	v.MustSend(answer(dana, preview, "YES"))
	end := v.One(v.Deliver(), dana)
	v.Pass(61 * time.Minute)
	copy := v.One(v.Deliver(), mira)
	hides(t, copy, danas...)
	hides(t, copy, "rota")
	heron := func(a arrived) string {
		return strings.ReplaceAll(unwrapped(shown(code(copy), a)), voice, "Grey Heron")
	}
	golden(t, "path-", map[string]string{"anon-preview": heron(preview), "anon-end": heron(end), "anon-copy": heron(copy)})
}

// unwrapped has each paragraph on one line: a made-up name that is longer or shorter wraps the lines elsewhere.
func unwrapped(s string) string {
	paragraphs := strings.Split(s, "\n\n")
	for i, p := range paragraphs[1:] {
		paragraphs[i+1] = strings.Join(strings.Fields(p), " ")
	}
	return strings.Join(paragraphs, "\n\n")
}

// A report about a manager: the acknowledgement, what the two others get, and nothing for whom it is about.
func TestWorkedPathsReport(t *testing.T) {
	for _, folders := range []bool{false, true} {
		v := court(t, true)
		if folders {
			v.Update(func(tx *db.Tx) error {
				v.C.Restricted = lists.RestrictedIMAP
				return lists.SaveCommunity(tx, v.C)
			})
		}
		v.MustSend(post{From: "Theo Brandt <" + theo + ">", To: talk, Subject: "Sponsor wants our member list", Body: "Whoever asks that has not read the rules."})
		theirs := v.One(v.Deliver(), dana)
		p := answer("Dana Reyes <"+dana+">", theirs, "Theo's answer in the sponsor thread was humiliating.")
		p.To = report
		v.MustSend(p)
		all := v.Deliver()
		nothing(t, all, theo)
		nothing(t, all, sand)
		hers, his := v.One(all, mira), v.One(all, jonas)
		k := code(hers)
		if folders {
			hides(t, hers, "Dana", "humiliating", "Sponsor")
			golden(t, "path-", map[string]string{"report-waits": shown(k, hers)})
			continue
		}
		golden(t, "path-", map[string]string{"report-received": shown(k, v.One(all, dana)), "report-mira": shown(k, hers), "report-jonas": shown(k, his)})
	}
}

// A report about all managers: the ombuds has it alone, with an address of its own to answer at; managers see nothing.
func TestWorkedPathsOmbuds(t *testing.T) {
	v := court(t, true)
	all := path{to: report, subject: "All of you", body: "Mira, Theo and Jonas laughed at me."}.send(v, "Dana Reyes <"+dana+">")
	for _, who := range []string{mira, theo, jonas} {
		nothing(t, all, who)
	}
	alone, ack := v.One(all, sand), v.One(all, dana)
	k := watermarked.FindStringSubmatch(ack.Text())[1]
	if !strings.HasPrefix(alone.ReplyTo()[0].Address.Local, "private+") {
		t.Errorf("the ombuds answers at %s", alone.ReplyTo()[0])
	}
	v.MustSend(answer(sand, alone, "/forward-to Jonas"))
	asked := v.One(v.Deliver(), dana)
	golden(t, "path-", map[string]string{"ombuds": shown(k, alone), "ombuds-received": shown(k, ack), "ombuds-forward": shown(k, asked)})
}

// Nobody answers: half of the time, all of it, twice as much.
func TestWorkedPathsEscalation(t *testing.T) {
	v := court(t, true)
	k := code(v.One(ask(v, "A question", "Is it ok if our sponsor's PR person joins?"), mira))
	mails := map[string]string{}
	for _, a := range hours(v, 24*8) {
		switch who, s := a.To.String(), a.Subject(); {
		case who == mira && strings.Contains(s, "due in"):
			mails["clock-half"] = shown(k, a)
		case who == theo && strings.Contains(s, "overdue"):
			mails["clock-overdue"] = shown(k, a)
		case who == sand:
			hides(t, a, "Dana", "sponsor", "A question")
			mails["clock-ombuds"] = shown(k, a)
		case who == dana:
			mails["clock-still-here"] = shown(k, a)
		}
	}
	if len(mails) != 4 {
		t.Errorf("%d of four mails came", len(mails))
	}
	golden(t, "path-", mails)
}

// Several members write about one thread.
func TestWorkedPathsHeat(t *testing.T) {
	v := court(t, true)
	about := heated(v)
	v.MustSend(private("Dana Reyes <"+dana+">", about, "This goes too far."))
	k := code(v.One(v.Deliver(), mira))
	v.Pass(time.Hour)
	v.MustSend(uneasy("Alison Graf <"+alison+">", about, ""))
	v.MustSend(uneasy("Sil Ent <"+sil+">", about, ""))
	all := alarms(v.Deliver(), mira)
	if len(all) != 1 {
		t.Fatalf("%d alarms", len(all))
	}
	hides(t, all[0], "Alison", "Sil ")
	golden(t, "path-", map[string]string{"heat": shown(k, all[0])})
}
