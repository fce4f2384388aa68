package mailroom_test

import (
	"testing"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

// Whoever signed in writes as themselves, from any confirmed address of theirs, and as nobody else. No DNS is asked: the login is the
// proof (A14, product.md 0.1).
func TestWhoSignedInWritesAsThemselves(t *testing.T) {
	v := mailroomtest.New(t)
	const silent = "sil@silent.example" // nobody vouches for this domain
	v.Update(func(tx *db.Tx) error {
		return lists.AddAddress(tx, v.Member(silent), mailroomtest.Addr("sil@slow.example"))
	})
	other := v.Found("bakers.example", "Bakers")
	v.Add(other, "baker@south.example", "Bill Tan", lists.RoleMember)
	const notYours = "The From line of this letter is no confirmed address of whoever signed in. Please write from an address you joined with, and check the account in your mail program."
	for name, c := range map[string]struct{ login, from, refused string }{
		"their own":                          {silent, silent, ""},
		"another of theirs":                  {silent, "Sil <sil@slow.example>", ""},
		"the second address signs in":        {"sil@slow.example", silent, ""},
		"written in other letters":           {silent, "SIL@Silent.Example", ""},
		"another member's":                   {silent, "bill@south.example", notYours},
		"a manager's":                        {silent, "mira@lowe.example", notYours},
		"a stranger's":                       {silent, "eve@evil.example", notYours},
		"somebody's of another community":    {silent, "baker@south.example", notYours},
		"a member's of another, of the name": {"baker@south.example", "bill@south.example", notYours},
		"nobody's":                           {silent, "undisclosed:;", "A letter names one author in its From line, and this one does not. Please check the address in the settings of your mail program."},
		"two":                                {silent, silent + ", bill@south.example", "A letter names one author in its From line, and this one does not. Please check the address in the settings of your mail program."},
		"the role's":                         {"mira@lowe.example", "managers@gardeners.example", "Letters from our own addresses are written here and cannot come from outside. Please write from the address you joined with."},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := v.Send(mailroomtest.Post{From: c.from, To: "talk@gardeners.example", Subject: name, Body: "Hello.", Login: mailroomtest.Addr(c.login), Sender: c.login})
			switch {
			case c.refused == "" && err != nil:
				t.Error(err)
			case c.refused != "" && (err == nil || err.Error() != c.refused || refusal.KindOf(err) != refusal.NotAllowed):
				t.Errorf("%v, want %s", err, c.refused)
			}
		})
	}
	if all := mailroomtest.To(v.Deliver(), "dana@north.example"); len(all) != 4 {
		t.Errorf("%d posts came out, want those 4 that were theirs:\n%s", len(all), mailroomtest.Subjects(all))
	}
}

// A login is as good as the best a domain can say: the letter is verified, and a manager's answer from their telephone reaches the
// member from the role.
func TestAManagerAnswersSignedIn(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(mailroomtest.Post{From: "dana@north.example", To: "managers@gardeners.example", Subject: "May a vendor join?", Body: "Our supplier asks."})
	asked := v.One(v.Deliver(), "mira@lowe.example")
	p := mailroomtest.Answer("Mira Lowe <mira@lowe.example>", asked, "Not stupid at all.")
	p.Login, p.Sender = mailroomtest.Addr("mira@lowe.example"), "mira@silent.example"
	v.MustSend(p)
	got := v.One(v.Deliver(), "dana@north.example")
	if from := got.Letter.From()[0].Address; from != (letter.Address{Local: "managers", Domain: "gardeners.example"}) {
		t.Errorf("the answer comes from %s", from)
	}
}
