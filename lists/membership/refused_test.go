package membership_test

import (
	"fmt"
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

// refuses fails unless something is refused with exactly this sentence, and changed nothing.
func refuses(t *testing.T, v *village, want string, do func(tx *db.Tx) error) {
	t.Helper()
	v.Update(func(tx *db.Tx) error {
		err := tx.Attempt(func() error { return do(tx) })
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
		return nil
	})
}

// Each line that cannot be done is refused in a sentence that says what to do.
func TestRefusedSettings(t *testing.T) {
	for line, want := range map[string]string{
		"ADDRESS FIRST x@else.example":      "x@else.example is none of your addresses here. To get your mail there, write ADDRESS x@else.example.",
		"ADDRESS REMOVE dana@north.example": "Your mail goes to dana@north.example. Make another address the first one before you remove it.",
		"ADDRESS x@else.example":            "Only the member can ask for an address by mail.",
		"tolk EACH":                         `There is no list "tolk" here. The lists stand below.`,
		"NAME Mira Lowe":                    "That name could be taken for a manager's. Please choose another.",
		"MUTE 418":                          "There is no thread with the number 418. The numbers stand in your digest.",
		"ZONE Atlantis; EACH":               `There is no time zone "Atlantis"; one looks like Europe/Berlin.`,
		"EACH; fly me":                      `"fly me" is no setting.`,
		"fly me":                            `"fly me" is no setting.`,
	} {
		v := mailroomtest.New(t)
		refuses(t, v, want, func(tx *db.Tx) error { return v.Clerk.Set(tx, v.C, v.Member(dana).ID, line) })
	}
	v := mailroomtest.New(t)
	refuses(t, v, "This is changed by mail.", func(tx *db.Tx) error {
		_, err := v.Clerk.Change(tx, v.C, v.Member(dana), "NAME Dana")
		return err
	})
	set(v, dana, "", "")
	refuses(t, v, "You are on no list, so there is nothing to get.", func(tx *db.Tx) error { return v.Clerk.Set(tx, v.C, v.Member(dana).ID, "EACH") })
	refuses(t, v, "Behind /invite stands a mail address, as in /invite ada@nurses.example.", func(tx *db.Tx) error {
		_, err := v.Clerk.InviteAll(tx, v.C, v.Member(mira), "Ada, please")
		return err
	})
}

// The same by mail, where the page of settings holds the sentence.
func TestRefusedAddressesByMail(t *testing.T) {
	v := mailroomtest.New(t)
	v.Update(func(tx *db.Tx) error {
		for i := range 8 {
			if err := lists.AddAddress(tx, v.Member(dana), mailroomtest.Addr(fmt.Sprintf("dana%d@north.example", i))); err != nil {
				return err
			}
		}
		return lists.AddAddress(tx, v.Member(dana), mailroomtest.Addr("dana@work.example"))
	})
	page := request(v, dana, "talk-request@gardeners.example", "settings")
	for line, want := range map[string]string{
		"ADDRESS REMOVE dana@work.example": "Nothing has changed. You wrote from dana@work.example. To remove it, write from another of your addresses.",
		"ADDRESS ADD dana@home.example":    "Nothing has changed. You have 10 addresses here, and more are not possible. Please remove one first: ADDRESS REMOVE and the address.",
		"ADDRESS ADD x@gardeners.example":  "Nothing has changed. x@gardeners.example is an address of this server itself and cannot be a member.",
	} {
		v.MustSend(mailroomtest.Answer("dana@work.example", page, line))
		if got := oneLine(v.One(v.Deliver(), "dana@work.example").Text()); !strings.Contains(got, want) {
			t.Errorf("%s: %s", line, got)
		}
	}
}

// Who reads German reads there in German why something cannot be; their words to write stay the same.
func TestRefusedInTheReadersLanguage(t *testing.T) {
	v := mailroomtest.New(t)
	v.Update(func(tx *db.Tx) error { return v.Clerk.Set(tx, v.C, v.Member(dana).ID, "LANGUAGE de") })
	page := request(v, dana, "talk-request@gardeners.example", "settings")
	for line, want := range map[string]string{
		"tolk EACH":                       "Es hat sich nichts geändert. Eine Liste „tolk“ gibt es hier nicht. Die Listen stehen unten.",
		"ADDRESS FIRST dana@else.example": "Damit deine Mails dorthin gehen, schreib ADDRESS dana@else.example.",
	} {
		v.MustSend(mailroomtest.Answer(dana, page, line))
		if got := oneLine(v.One(v.Deliver(), dana).Text()); !strings.Contains(got, want) {
			t.Errorf("%s: %s", line, got)
		}
	}
	v.MustSend(post{From: dana, To: "join@gardeners.example", Subject: "x", Body: "INVITE lea@far.example"})
	if got := oneLine(v.One(v.Deliver(), dana).Text()); !strings.Contains(got, "lea@far.example: Einladen können das Team und Mitglieder, die schon lange dabei sind.") {
		t.Error(got)
	}
}

// Nobody is let in whose address is not confirmed, and no decision counts that could be anybody's.
func TestRefusedDecisions(t *testing.T) {
	v := mailroomtest.New(t)
	asking(v, 2)
	v.MustSend(post{From: adaFrom, To: "join@gardeners.example", Subject: "hello"})
	ask := v.One(v.Deliver(), ada)
	refuses(t, v, "The applicant 1 has not confirmed their address yet.", func(tx *db.Tx) error {
		_, err := v.Clerk.Accept(tx, 1)
		return err
	})
	v.MustSend(mailroomtest.Answer(adaFrom, ask, "YES"))
	vote := mailroomtest.Answer(mira, v.One(v.Deliver(), mira), "YES")
	vote.Sender = "x@silent.example"
	if _, err := v.Send(vote); err == nil || err.Error() != "We cannot be sure that this answer comes from you, so nothing was done. Please send it once more, through the mail provider of your own address." {
		t.Error(err)
	}
}
