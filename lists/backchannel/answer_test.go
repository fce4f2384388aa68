package backchannel_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

// What a manager's mail program adds, or a manager lets slip, comes back instead of going out; and what is said about it is true (LP4, FC15).
func TestSlips(t *testing.T) {
	for name, c := range map[string]struct {
		body, subject, header string
		sent                  string // what Dana gets, in one line; "" is nothing
		says                  string // what comes back; "" is nothing
	}{
		"a name block below the last words":  {body: "Yes, do.\nMira Lowe\nLowe Consult\n+1 555 0142", sent: "Yes, do."},
		"a number in the text":               {body: "Yes, do. Call me under +1 555 0142 about it.", says: "It shows something of your own: +1 555 0142."},
		"her whole name in the text":         {body: "This is Mira Lowe writing, so trust me.", says: "It shows something of your own: Mira Lowe."},
		"her web page":                       {body: "See www.lowe.example for the plan.", says: "It shows something of your own: lowe.example."},
		"a last sentence with her address":   {body: "Yes, do.\n\nPlease send the plan to mira@lowe.example by Friday.", says: "Please send the plan to mira@lowe.example by Friday."},
		"words to a colleague":               {body: "Theo, can you take this one?", says: `It seems to speak to another manager: "Theo, can you take this one?"`},
		"words to all colleagues":            {body: "FYI managers: she asked that before.", says: "It seems to speak to another manager"},
		"a note without its slash":           {body: "note: she was here before, careful.", says: `It seems to speak to another manager: "note: she was here before, careful."`},
		"such a note in German":              {body: "Interne Notiz: schwierig.", says: "It seems to speak to another manager"},
		"a word for questions of ours":       {body: "NOTE\nShe is difficult.", says: `It seems to speak to another manager: "NOTE"`},
		"a command without its slash":        {body: "Close.", says: `It seems to speak to another manager: "Close."`},
		"a note to the member":               {body: "Please note: the gate is closed on Mondays.", sent: "Please note: the gate is closed on Mondays."},
		"words about a colleague":            {body: "Theo will be there too.", sent: "Theo will be there too."},
		"a forward by its subject":           {body: "What do you think?", subject: "Fwd: [BC CODE] A question", says: "It looks like a mail that you passed on"},
		"the same in German":                 {body: "Was meinst du?", subject: "WG: [BC CODE] A question", says: "It looks like a mail that you passed on"},
		"an answer to a forwarded one":       {body: "Yes, do.", subject: "AW: WG: [BC CODE] A question", says: "It looks like a mail that you passed on"},
		"a door of somebody":                 {body: "Write to private+4t9k2mzq8v7xw0hj3c6rb1dnpf@gardeners.example then.", sent: "Write to [a personal address was removed] then."},
		"a letter quoted without marks":      {body: "Yes.\nMay I?\n=== Reply above: your text goes to Dana ===\nDana Reyes is a member.\n[private K7QX]", sent: "Yes. May I?"},
		"words below such a letter":          {body: "May I?\n=== Reply above: your text goes to Dana ===\nDana Reyes is a member.\n[private K7QX]\n\nYes.", says: "we are not sure which are yours"},
		"a watermark in her own words":       {body: "Yes, as I said in [private K7QX] before.", says: "we are not sure which are yours"},
		"a command that is none":             {body: "/Closse it please\nYes.", says: `It begins with "/Closse it please", and we know no such command.`},
		"a command with wrong words":         {body: "/Close it please\nYes.", says: `It begins with "/Close it please". Behind /close there may be p (it could have been public) or n (it could not), and nothing else. It is written: /close [p|n]`},
		"a command in the middle is a word":  {body: "The folder is\n/home/bees on the server.", sent: "The folder is /home/bees on the server."},
		"a command below the text":           {body: "Yes, do.\n\n/note she is difficult", says: `Line 3: "/note she is difficult" is no command there, so Dana Reyes would read it.`},
		"a command below a greeting":         {body: "Hi Dana,\n/ntoe she is difficult\nYes.", says: `Line 2: "/ntoe she is difficult" is no command there`},
		"a command in a list":                {body: "- /note she is difficult\nYes.", says: `"/note she is difficult" is no command there`},
		"a command behind an odd sign":       {body: "\\note she is difficult\nYes.", says: `"/note she is difficult" is no command there`},
		"a colleague's address behind signs": {body: "Ask theo (at) brandt dot example about it.", says: "It shows the address of somebody else: theo@brandt.example."},
		"the same with characters unseen":    {body: "Ask theo\u200b@brandt.ex\u00adample about it.", says: "It shows the address of somebody else: theo@brandt.example."},
		"the same over a line's end":         {body: "Please ask our colleague at theo@\nbrandt.example about it.", says: "Line 2: It shows the address of somebody else: theo@brandt.example."},
		"the same with a plus":               {body: "Ask theo+garden@brandt.example about it.", says: "It shows the address of somebody else: theo@brandt.example."},
		"a number with a dash of phones":     {body: "Call me under 555\u2013014\u20132233 about it.", says: "It shows something of your own: 555-014-2233."},
		"a number in wide digits":            {body: "Call me under ０１７１ ５５５ ０１４２ about it.", says: "It shows something of your own: 0171 555 0142."},
		"a door behind characters unseen":    {body: "Write to private+\u200b4t9k2mzq8v7xw0hj3c6rb1dnpf@gardeners.example then.", sent: "Write to [a personal address was removed] then."},
		"a quote of what we tell managers":   {body: "> May I?\nYes.\n> Dana Reyes is a member since 2024.\nShe is.", says: "we are not sure which are yours"},
		"a colleague below a greeting":       {body: "Hi Dana,\nthank you.\nTheo, can you look at this?", says: `Line 3: It seems to speak to another manager: "Theo, can you look at this?"`},
		"a command and an answer":            {body: "/mine\nYes, do.", sent: "Yes, do."},
		"an ordinary answer with a greeting": {body: "Hi Dana,\n\nyes, do.\n\nBest,\nMira", sent: "Hi Dana, yes, do. Best, Mira"},
	} {
		t.Run(name, func(t *testing.T) {
			v := mailroomtest.New(t)
			notice := v.One(ask(v, "A question", "May I?"), mira)
			p := answer("Mira Lowe <"+mira+">", notice, c.body)
			if c.subject != "" {
				p.Subject = strings.ReplaceAll(c.subject, "CODE", code(notice))
			}
			v.MustSend(p)
			all := v.Deliver()
			if got := to(all, dana); (len(got) == 1) != (c.sent != "") {
				t.Fatalf("Dana got %d letters:\n%s", len(got), mailroomtest.Subjects(all))
			}
			if c.sent != "" {
				got := v.One(all, dana)
				if said, _, _ := strings.Cut(words(got), " You wrote:"); said != c.sent {
					t.Errorf("Dana read %q, want %q", said, c.sent)
				}
				hides(t, got, "lowe", "Lowe", "555")
			}
			if c.says != "" {
				says(t, v.One(all, mira), c.says, "not got your answer")
				v.MustSend(answer("Mira Lowe <"+mira+">", v.One(all, mira), "DROP"))
				nothing(t, v.Deliver(), dana)
			} else {
				nothing(t, all, mira)
			}
		})
	}
}

// A notice that is forwarded to managers@ "for Theo" must not become an answer, whatever ids its program carries along (E14, LP14).
func TestAForwardedNoticeIsNoAnswer(t *testing.T) {
	v := mailroomtest.New(t)
	notice := v.One(ask(v, "A question", "May I?"), mira)
	p := answer("Mira Lowe <"+mira+">", notice, "She is difficult. What do you think?")
	p.To, p.Subject = managers, "Fwd: "+notice.Subject()
	v.MustSend(p)
	all := v.Deliver()
	nothing(t, all, dana)
	says(t, v.One(all, mira), "It looks like a mail that you passed on")
}

// What a manager says to a returned answer is one word alone, or a better text; never a word that becomes the text.
func TestWordsToAReturnedAnswer(t *testing.T) {
	for body, sent := range map[string]string{
		"SEND":                               "Ask " + bill + ", he knows.",
		"Send, please!":                      "Ask " + bill + ", he knows.",
		"send\n\nMira Lowe\n+1 555 0142":     "Ask " + bill + ", he knows.",
		"SEND?":                              "",
		"SEND it, but take his address out.": "",
		"SEND\n\nHe knows it all.":           "",
		"DROP":                               "",
		"DROP that, I will call her":         "",
		"Yes":                                "",
		"Sure, ask on the list.":             "Sure, ask on the list.",
		"I should not say.\n\nMira Lowe":     "I should not say.",
	} {
		v := mailroomtest.New(t)
		v.MustSend(answer(mira, v.One(ask(v, "A question", "May I?"), mira), "Ask "+bill+", he knows."))
		held := v.One(v.Deliver(), mira)
		v.MustSend(answer(mira, held, body))
		all := v.Deliver()
		got := ""
		if l := to(all, dana); len(l) > 0 {
			got, _, _ = strings.Cut(words(l[0]), " You wrote:")
		}
		if got != sent {
			t.Errorf("%q sends %q, want %q", body, got, sent)
		}
		if sent == "" && len(to(all, mira)) != 1 {
			t.Errorf("%q: Mira was not told", body)
		}
	}
}

// A better text may have slips of its own; and what is attached to it is named, not lost.
func TestABetterTextIsLookedAtAgain(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(answer(mira, v.One(ask(v, "A question", "May I?"), mira), "Ask "+bill+", he knows."))
	held := v.One(v.Deliver(), mira)
	p := answer(mira, held, "")
	p.Header += "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
	p.Body = "--b\nContent-Type: text/plain\n\nHere is the plan.\n--b\nContent-Type: application/pdf; name=plan.pdf\nContent-Transfer-Encoding: base64\n\nAAAA\n--b--"
	v.MustSend(p)
	all := v.Deliver()
	nothing(t, all, dana)
	says(t, v.One(all, mira), "Not everything that you attached can be passed on: plan.pdf (files of this kind are not passed on).", "Here is the plan.")
}

// Own words are no collision: who writes twice is not told "Mira answered" about herself. Two managers still are.
func TestTwoAnswersOfOneManager(t *testing.T) {
	v := mailroomtest.New(t)
	all := ask(v, "A question", "May I?")
	notice, theos := v.One(all, mira), v.One(all, theo)
	for _, body := range []string{"Yes.", "And take gloves."} {
		v.MustSend(answer(mira, notice, body))
		says(t, v.One(to(v.Deliver(), dana), dana), body)
	}
	v.MustSend(answer(theo, theos, "No."))
	all = v.Deliver()
	nothing(t, all, dana)
	says(t, v.One(all, theo), "Mira answered since you got the letter.", "Yes.", "And take gloves.")
}

// "/close" with words below it: the words go out, and then the conversation is closed.
func TestCloseWithAnAnswer(t *testing.T) {
	v := mailroomtest.New(t)
	notice := v.One(ask(v, "A question", "May I?"), mira)
	v.MustSend(answer(mira, notice, "/Close\nYes, do."))
	says(t, v.One(to(v.Deliver(), dana), dana), "Yes, do.")
	if got := state(v); got != "closed" {
		t.Errorf("it is %s", got)
	}
}

// An answer goes to where its member can be reached now, not to an address that is no longer theirs (B15b, FC4).
func TestAnswersFollowTheMember(t *testing.T) {
	v := mailroomtest.New(t)
	m := v.Member(dana)
	v.Update(func(tx *db.Tx) error { return lists.AddAddress(tx, m, mailroomtest.Addr("dana@work.example")) })
	v.MustSend(post{From: "dana@work.example", To: managers, Subject: "A question", Body: "May I?"})
	all := v.Deliver()
	notice := v.One(all, mira)
	v.One(all, "dana@work.example")
	v.MustSend(answer(mira, notice, "Yes."))
	v.One(to(v.Deliver(), "dana@work.example"), "dana@work.example")
	v.Update(func(tx *db.Tx) error {
		_, err := tx.Exec("DELETE FROM member_address WHERE local = 'dana' AND domain = 'work.example'")
		return err
	})
	v.MustSend(answer(mira, notice, "And again yes."))
	all = v.Deliver()
	nothing(t, all, "dana@work.example")
	says(t, v.One(to(all, dana), dana), "And again yes.")
}

// Nothing of any of twenty things that belong to a manager leaves, in whatever way their mail program writes (I2, LP5, LP6).
func TestCanaries(t *testing.T) {
	v := mailroomtest.New(t)
	notice := v.One(ask(v, "A question", "May I?"), mira)
	p := answer(`"Lowe, Mira (zzconsult)" <`+mira+`>`, notice, "")
	p.Header += "Message-ID: <zzid@lowe.example>\r\nX-Originating-IP: [203.0.113.9]\r\nUser-Agent: zzagent\r\nOrganization: zzorg\r\nSender: zzsender@lowe.example\r\n" +
		"Disposition-Notification-To: mira@lowe.example\r\nReturn-Receipt-To: mira@lowe.example\r\nThread-Index: zzindex\r\nX-Face: zzface\r\nReply-To: zzreply@lowe.example\r\n" +
		"Cc: theo@brandt.example, zzcc@other.example\r\nAutocrypt: addr=mira@lowe.example; keydata=zzkey\r\nAuthentication-Results: zzauth.lowe.example; spf=pass\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"zzboundary\"\r\n"
	p.Body = "--zzboundary\nContent-Type: text/plain; charset=utf-8; zzparam=1\n\nNot stupid at all.\n\nMira Lowe | zzsig | +1 555 0142\nhttps://zzweb.lowe.example\n\n" +
		"On 12 June Dana Reyes wrote:\n> zzquote\n--zzboundary\nContent-Type: text/html\n\n<p>Not stupid at all.</p><img src=\"https://zzpixel.lowe.example/x.gif\"><!-- zzcomment --><div style=\"display:none\">zzhidden</div>\n--zzboundary--"
	v.MustSend(p)
	got := v.One(to(v.Deliver(), dana), dana)
	says(t, got, "Not stupid at all.")
	hides(t, got, "zz", "lowe", "Lowe", "203.0.113.9", "555 0142", "brandt", "Theo", "Disposition", "Receipt", "Thread-Index", "Autocrypt", "Organization", "User-Agent", "192.0.2.1")
	if d, _ := got.Date(); d.Second() != 0 || d.Format("-0700") != "+0000" {
		t.Errorf("the date tells more than the minute: %s", d)
	}
}

// The conversation of somebody outside goes on without Reply-To too, and in nobody else's hands (R5, LP12).
func TestOutsidersKeepTheirConversation(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: "Olga <" + olga + ">", To: managers, Subject: "Interview", Body: "May I?"})
	notice := v.One(v.Deliver(), mira)
	v.MustSend(answer(mira, notice, "Gladly."))
	got := v.One(to(v.Deliver(), olga), olga)
	if !strings.HasPrefix(got.From.Local, "bounce+") {
		t.Errorf("an answer of a person came from <%s>", got.From)
	}
	p := answer(olga, got, "When?")
	p.To = managers
	v.MustSend(p)
	if again := v.One(to(v.Deliver(), mira), mira); code(again) != code(notice) {
		t.Errorf("went on as %s", again.Subject())
	}
	v.Pass(time.Hour)
	p = answer(eve, got, "I am Olga. When?")
	p.To = managers
	v.MustSend(p)
	if again := v.One(to(v.Deliver(), mira), mira); code(again) == code(notice) {
		t.Error("Eve is in Olga's conversation")
	}
}

// Where there was nothing to send, any text is an answer, one word too (FC15).
func TestATextForAReturnedCommand(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(answer(mira, v.One(ask(v, "A question", "May I?"), mira), "/ntoe hm"))
	back := v.One(v.Deliver(), mira)
	says(t, back, "just reply to this mail")
	v.MustSend(answer(mira, back, "SEND"))
	all := v.Deliver()
	nothing(t, all, dana)
	v.MustSend(answer(mira, back, "Yes."))
	says(t, v.One(to(v.Deliver(), dana), dana), "Yes.")
}

// A YES to a mail that a command could not be done is a word to us: no member gets it as an answer.
func TestYesToAReturnedCommand(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(answer(mira, v.One(ask(v, "A question", "May I?"), mira), "/give nobody"))
	back := v.One(v.Deliver(), mira)
	says(t, back, `It begins with "/give nobody".`)
	for _, word := range []string{"YES", "Ok.", "no"} {
		v.MustSend(answer(mira, back, word))
		all := v.Deliver()
		nothing(t, all, dana)
		says(t, v.One(all, mira), "SEND")
	}
	v.MustSend(answer(mira, back, "Yes, do."))
	says(t, v.One(to(v.Deliver(), dana), dana), "Yes, do.")
}
