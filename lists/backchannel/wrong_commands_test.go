package backchannel_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/lists/mailroom/mailroomtest"
)

// wrongly is a command of a manager that is refused, and the whole sentence that comes back; CODE stands for that of the letter.
type wrongly struct{ line, want string }

// refuses fails unless each command, sent as a signed-in reply to a letter, comes back with its sentence; nobody else gets anything.
func refuses(v *village, from string, notice arrived, all ...wrongly) {
	v.T.Helper()
	for _, c := range all {
		v.MustSend(login(answer(from, notice, c.line), from))
		got := v.Deliver()
		says(v.T, v.One(got, from), strings.ReplaceAll(c.want, "CODE", code(notice)))
		for _, a := range got {
			if a.To.String() != from {
				v.T.Errorf("%s: %s got %q", c.line, a.To, a.Subject())
			}
		}
	}
}

// refusedTyped fails unless the command line refuses a command with exactly this sentence.
func refusedTyped(v *village, who string, c backchannel.Conv, line, want string) {
	v.T.Helper()
	m := v.Member(who)
	err := v.DB.Update(v.T.Context(), func(tx *db.Tx) error { _, err := v.Box.Do(tx, c, m, line); return err })
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		v.T.Errorf("%s: %v\nwant %s", line, err, want)
	}
}

// What is typed wrongly in an answer to an ordinary letter, or makes no sense there, comes back with the reason.
func TestWrongCommandsInAnOrdinaryLetter(t *testing.T) {
	v := three(t)
	posted(v, dana, "Beans", "They climb.")
	all := ask(v, "A question", "May I?")
	hers := v.One(all, mira)
	refuses(v, mira, hers,
		wrongly{"/help me", "Behind /help there may be health, and nothing else."},
		wrongly{"/snooze 2030-01-01", "A letter can be put off for a year, no longer."},
		wrongly{"/tag a b c d e f g h i j k l m n o p q r s t u", "A letter has 20 tags at most."},
		wrongly{"/block", "CODE has a name. /block is for anonymous voices."},
		wrongly{"/unseal because I would like to know", "CODE has a name already."},
		wrongly{"/send", "No answer of yours waits in CODE."},
		wrongly{"/send\nand more", "/send sends the answer that came back to you. To send a new text, just write it, without /send."},
		wrongly{"/outcome warned", "CODE is no report. /report makes it one."},
		wrongly{"/public off", "Nobody is asked about CODE now."},
		wrongly{"/public Subject: Beans", "Behind /public there is nothing to post."},
		wrongly{"/public " + strings.Repeat("Beans climb. ", 2000), "A text that a member is asked about may have 20000 characters."},
		wrongly{"/public Beans climb.\nWrite to " + mira + " about them.", "Line 2 of the text shows something of your own: mira@lowe.example. It goes out without your address."},
		wrongly{"/public Beans climb.\nWrite to " + alison + " about them.", "The text shows the address of somebody else: alison@east.example."},
		wrongly{"/lock mira", "That takes two of your colleagues. Please ask them."},
		wrongly{"/shut talk", "A thread is closed so, not a whole list. Please write its number, as in the digest."},
		wrongly{"/shut 1 tomorrow", "Behind /shut there may be the number of a thread and off, and nothing else."},
		wrongly{"/trust Nobody Known", "No member has that name. Please write the whole name, or the address."},
		wrongly{"/remove", "Please say which post: the number of its thread, as in the digest, and of the post in it: 415.3"},
		wrongly{"/rota maybe", "Behind /rota there may be on or off, and nothing else."},
		wrongly{"/rota off", "The rota is off already."},
	)
	v.MustSend(answer(mira, hers, "/remove 1")) // the wires vouch for it, and nothing more
	says(t, v.One(v.Deliver(), mira), "We cannot be sure enough that this comes from you: for this, your provider must sign the mail (DKIM), or you send it through our server, signed in.")
	c := byCode(v, mira, code(hers))
	refusedTyped(v, mira, c, "/hlep", `There is no command "/hlep".`)
	refusedTyped(v, mira, c, "/remove 1", `Nothing is removed yet. That is "Beans", which Dana Reyes posted on 12 June 2026; its words go for good. If you mean it: /remove 1 yes`)
	told(v, mira, hers, "/close")
	refuses(v, mira, hers, wrongly{"/close", "CODE is closed already."})
}

// Whom a command means, and who may know of a letter.
func TestWrongPeopleInCommands(t *testing.T) {
	v := three(t)
	v.Add(v.C, "dana@ames.example", "Dana Ames", lists.RoleMember)
	hers := v.One(ask(v, "A question", "May I?"), mira)
	refuses(v, mira, hers, wrongly{"/trust Dana 1", "Several members have that name. Please write the address instead."})
	told(v, mira, hers, "/exclude jonas")
	refuses(v, mira, hers, wrongly{"/exclude jonas", "Jonas does not see it."})
	told(v, mira, hers, "/exclude theo")
	refuses(v, mira, hers, wrongly{"/exclude mira", "Mira is the only one who sees it; then nobody would."})

	v.MustSend(post{From: "Theo Brandt <" + theo + ">", To: managers, Subject: "Of mine", Body: "Am I too slow?"})
	refuses(v, mira, v.One(v.Deliver(), mira), wrongly{"/include theo", "Theo wrote this letter."})

	v.Add(v.C, "theo@ames.example", "Theo Ames", lists.RoleManager)
	hers = v.One(ask(v, "Another question", "And may I?"), mira)
	refuses(v, mira, hers, wrongly{"/give theo", "Several managers are called Theo. Please write the whole name: Theo Brandt or Theo Ames."})

	two := mailroomtest.New(t)
	refuses(two, mira, two.One(ask(two, "A question", "May I?"), mira),
		wrongly{"/lock theo", "That takes two managers besides Theo, and there are none. The person who runs the server can help."})
}

// What a report does not allow.
func TestWrongCommandsInAReport(t *testing.T) {
	v := court(t, false)
	all := path{to: report, subject: "The tone", body: "Somebody was rude to me."}.send(v, "Dana Reyes <"+dana+">")
	hers := v.One(all, mira)
	refuses(v, mira, hers,
		wrongly{"/report", "CODE is a report already."},
		wrongly{"/public We are rude.", "CODE is a report. What is reported does not go onto a list."},
		wrongly{"/outcome maybe", "Behind /outcome stands explained, warned, hold, removed or nothing."},
		wrongly{"/outcome warned", "We do not know whom CODE is about. Please write the address behind it: /outcome warned ADDRESS"},
		wrongly{"/outcome warned " + dana, "Dana is who reported it. Please say whom it is about: /outcome warned ADDRESS"},
		wrongly{"/outcome removed " + theo, "Theo is a manager. The person who runs the server takes that role away first, if it must be: member set theo@brandt.example --role member"},
	)
	told(v, mira, hers, "/exclude jonas")
	refuses(v, mira, hers, wrongly{"/exclude theo", "Then one manager alone would have it, and a report needs two, or an ombuds who has a copy. This community has no ombuds."})

	refuses(v, mira, v.One(ask(v, "All", "Hello Mira, Theo and Jonas."), mira),
		wrongly{"/report", "It is about everybody who could read it, and this community has no ombuds, so nothing was changed."})
}

// Behind a voice nobody is found by a slip, by one manager alone or without its key.
func TestWrongCommandsAboutAVoice(t *testing.T) {
	v := crowd(t)
	all, _ := voiced(t, v, burntOut)
	copy := v.One(all, mira)
	refuses(v, mira, copy,
		wrongly{"/unseal why", "Behind /unseal stands the reason, in a few words: the member and the ombuds will read it."},
		wrongly{"/merge " + code(copy), "That is this very letter."},
	)
	hers := v.One(ask(v, "In my name", "A question of mine."), mira)
	refuses(v, mira, hers, wrongly{"/merge " + code(copy), "Only letters that are known to be of the same person can be put together."})
	c := byCode(v, mira, code(copy))
	refusedTyped(v, mira, c, "/unseal somebody is in danger", "That takes a mail of your own: reply to the letter with /unseal and the reason.")
	vault := v.Box.Vault
	v.Box.Vault = nil
	refusedTyped(v, mira, c, "/block", "The seal of this letter cannot be opened, so its voice cannot be blocked.")
	v.Box.Vault = vault
	told(v, mira, copy, "/exclude theo\n/exclude jonas")
	refuses(v, mira, copy, wrongly{"/unseal somebody is in danger", "That takes two managers, and you are the only one who sees CODE."})
}

// What has no list to go to, or nothing that is left of it, is not proposed.
func TestNothingToBePublic(t *testing.T) {
	v := mailroomtest.New(t)
	hers := v.One(ask(v, "Hm", "-- \nDana Reyes"), mira)
	refuses(v, mira, hers, wrongly{"/public", "Nothing that could be posted is left of Dana Reyes's letter. Please write a text behind /public."})
	v.MustSend(post{From: "Olga <" + olga + ">", To: managers, Subject: "A press question", Body: "Who are you?"})
	refuses(v, mira, v.One(v.Deliver(), mira), wrongly{"/public Who are we?", "CODE is not from a member who could be asked, so nothing of it can be posted."})
	v.MustSend(answer(theo, hers, "/note the supplier sold to two members last year, so careful"))
	refuses(v, mira, v.One(v.Deliver(), mira), wrongly{"/public The supplier sold to two members last year, so careful",
		`The text repeats words that are not for it: "the supplier sold to two members". They stand in a note, or in somebody else's letter.`})

	empty := v.Found("empty.example", "Empty")
	v.Add(empty, mira, "Mira Lowe", lists.RoleManager)
	v.Add(empty, dana, "Dana Reyes", lists.RoleMember)
	v.MustSend(post{From: dana, To: "managers@empty.example", Subject: "A question", Body: "May I?"})
	refuses(v, mira, v.One(v.Deliver(), mira), wrongly{"/public May we?", "This community has no list to post to."})
}

// A week that cannot be swapped stays whose it is.
func TestWrongSwaps(t *testing.T) {
	v, first, second, third := turns(t)
	weeks := rotaOf(v)
	other, last := v.Member(second), v.Member(third)
	day := func(n int) string { return weeks[n].Monday.Format(time.DateOnly) }
	no := func(line, want string) { t.Helper(); says(t, orders(v, first, line), want) }
	no("/swap", "Behind /swap stand a name and a date, as in /swap Jonas 2026-06-22.")
	no("/swap "+other.FirstName()+" someday", `"someday" is no date ahead of us; one looks like 2026-06-22.`)
	no("/swap "+other.FirstName()+" 2027-06-01", "The rota is planned until 6 September only.")
	no("/swap "+last.FirstName()+" "+day(1), fmt.Sprintf("That week is neither yours nor %s's.", last.FirstName()))
	orders(v, second, "/away until 2026-12-01")
	no("/swap "+other.FirstName()+" "+day(3), fmt.Sprintf("%s has no week in return in the next 12 weeks.", other.FirstName()))
}

// What the ombuds handed to one manager is put together with nothing.
func TestWhatTheOmbudsHandedOnStaysByItself(t *testing.T) {
	v := court(t, true)
	all := path{to: report, subject: "All", body: "Mira, Theo and Jonas laughed at me."}.send(v, "Dana Reyes <"+dana+">")
	v.MustSend(answer(sand, v.One(all, sand), "/forward-to Jonas"))
	v.MustSend(answer(dana, v.One(to(v.Deliver(), dana), dana), "YES"))
	handed := v.One(v.Deliver(), jonas)
	hers := v.One(ask(v, "A question", "May I?"), jonas)
	refuses(v, jonas, hers, wrongly{"/merge " + code(handed), "One of them was given to you by the ombuds, as its writer wished, and stays by itself."})
}

// Who writes to the doors that lead past the managers, and where nothing leads, is told at once.
func TestRefusedAtTheOmbudsDoor(t *testing.T) {
	v := court(t, true)
	no := func(p post, want string) {
		t.Helper()
		if _, err := v.Send(p); err == nil || err.Error() != want {
			t.Errorf("%s to %s: %v\nwant %s", p.From, p.To, err, want)
		}
	}
	no(post{From: eve, To: report, Subject: "x", Body: "y"},
		"Reports are taken from members alone, and nothing proves that this letter is from one. Please write from the address you joined with, or to ombuds@gardeners.example, who is outside and no manager.")
	no(post{From: sand, To: ombuds, Subject: "x", Body: "y"}, "You are the ombuds, and this address leads to you. Please answer the letters that you got from it.")
	for i := range 30 {
		v.MustSend(post{From: dana, To: ombuds, Subject: "x", Body: fmt.Sprintf("They do not answer me, for the %dth time.", i)})
	}
	has := to(v.Deliver(), dana)[0]
	no(post{From: dana, To: ombuds, Subject: "x", Body: "They do not answer me."}, "There are 30 private letters of yours from the last 24 hours. Nothing is wrong with this one; please send it again tomorrow.")
	v.Pass(25 * time.Hour)
	v.Update(func(tx *db.Tx) error { v.C.Ombuds = letter.Address{}; return lists.SaveCommunity(tx, v.C) })
	no(post{From: dana, To: ombuds, Subject: "x", Body: "y"},
		"Gardeners has no ombuds. What goes to managers@gardeners.example is read by the managers alone; a report goes to report@gardeners.example.")
	no(answer(dana, has, "It happened again."), "Gardeners has no ombuds any more, and no manager may read this. Please write to managers@gardeners.example if one should.")
}

// A voice that is being forgotten says nothing more, and a word about one's own letters wants somebody who vouches for it.
func TestRefusedToAVoice(t *testing.T) {
	v := crowd(t)
	no := func(p post, want string) {
		t.Helper()
		if _, err := v.Send(p); err == nil || err.Error() != want {
			t.Errorf("%s to %s: %v\nwant %s", p.From, p.To, err, want)
		}
	}
	all, _ := voiced(t, v, burntOut)
	v.MustSend(answer(mira, v.One(all, mira), "You are not alone."))
	back := v.One(v.Deliver(), dana)
	v.MustSend(answer(dana, back, "FORGET"))
	no(answer(dana, back, "Still there?"), "This conversation is being forgotten, as you wished, so nothing more can be said in it. To write without your name again, please begin a new letter: anon@gardeners.example.")

	v.MustSend(post{From: sil, To: anon, Subject: "Quiet", Body: "I hear nothing from anybody here."})
	v.MustSend(answer(sil, v.One(to(v.Deliver(), sil), sil), "YES"))
	v.Pass(61 * time.Minute)
	v.MustSend(answer(mira, v.One(v.Deliver(), mira), "We hear you."))
	no(answer(sil, v.One(v.Deliver(), sil), "WHO READ"), "We cannot be sure that this letter comes from you, so nothing was done. Please send the word WHO READ once more from an address you joined with, at a provider that signs its mail, or signed in to our server.")
}

// An alarm can be answered by whoever has its address: what it takes more proof for is not done by that alone.
func TestAnAlarmDoesNotProveItsReader(t *testing.T) {
	v := mailroomtest.New(t)
	about := heated(v)
	for _, who := range []string{dana, alison} {
		v.MustSend(uneasy(who, about, "This thread feels wrong to me (no reply needed)"))
	}
	alarm := alarms(v.Deliver(), mira)[0]
	for line, want := range map[string]string{
		"/rota on":  "That is a setting of the community, and needs a mail that is signed by your provider (DKIM).",
		"/remove 1": "We cannot be sure enough that this comes from you: for this, your provider must sign the mail (DKIM), or you send it through our server, signed in.",
	} {
		v.MustSend(answer(mira, alarm, line))
		says(t, v.One(v.Deliver(), mira), want)
	}
}
