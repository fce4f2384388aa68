package mailroom_test

import (
	"strings"
	"testing"

	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

// What becomes of a letter by what is known of its sender (product.md 0.1): for each door that there is, and each word of the setting
// verification. Dana's domain lets itself be forged, Sam's does not; Mira and Max manage. A letter of which nobody knows whether it is
// theirs waits for a word from their own address, or is refused in the session; nothing is dropped.
func TestVerificationTable(t *testing.T) {
	const (
		relayed  = "relayed"  // everybody has it
		managers = "managers" // the managers have it
		marked   = "marked"   // the same, and they are told that the sender is not sure
		answered = "answered" // the member has the manager's answer
		asked    = "asked"    // only the one whose address it bears was written to
		refused  = "refused"
	)
	type row struct{ verified, weak, none string }
	for door, by := range map[string]map[lists.Verification]row{
		"a post":              {lists.Require: {relayed, refused, refused}, lists.Confirm: {relayed, asked, refused}, lists.Off: {relayed, relayed, relayed}},
		"private+TOKEN":       {lists.Require: {managers, marked, refused}, lists.Confirm: {managers, marked, refused}, lists.Off: {managers, managers, managers}},
		"managers@":           {lists.Require: {managers, marked, refused}, lists.Confirm: {managers, marked, refused}, lists.Off: {managers, managers, managers}},
		"a manager's answer":  {lists.Require: {answered, asked, asked}, lists.Confirm: {answered, asked, asked}, lists.Off: {answered, answered, answered}},
		"report@":             {lists.Require: {managers, marked, refused}, lists.Confirm: {managers, marked, refused}, lists.Off: {managers, managers, managers}},
		"anon@":               {lists.Require: {asked, asked, refused}, lists.Confirm: {asked, asked, refused}, lists.Off: {asked, asked, asked}},
		"a manager's command": {lists.Require: {managers, asked, asked}, lists.Confirm: {managers, asked, asked}, lists.Off: {managers, managers, managers}},
		"a stranger's letter": {lists.Require: {refused, refused, refused}, lists.Confirm: {refused, refused, refused}, lists.Off: {refused, refused, refused}},
	} {
		for policy, want := range by {
			for verdict, want := range map[lists.Verdict]string{lists.Verified: want.verified, lists.Weak: want.weak, lists.Unverified: want.none} {
				v := mailroomtest.New(t)
				v.Room.Policy = policy
				v.Add(v.C, "sam@strict.example", "Sam", lists.RoleMember, v.Talk)
				v.Add(v.C, "max@strict.example", "Max", lists.RoleManager, v.Talk)
				p := knock(v, door, verdict == lists.Unverified)
				if verdict != lists.Verified {
					p.Sender = "relay@silent.example" // a host for which nobody vouches
				}
				_, err := v.Send(p)
				if got := became(v, p.From, err); got != want {
					t.Errorf("%s, verification %s, sender %s: %s, want %s (%v)", door, policy, verdict, got, want, err)
				}
			}
		}
	}
}

// knock is a letter to a door, from somebody whose domain does, or does not, forbid forgeries.
func knock(v *mailroomtest.Village, door string, strict bool) mailroomtest.Post {
	member, manager := "dana@north.example", "mira@lowe.example"
	if strict {
		member, manager = "sam@strict.example", "max@strict.example"
	}
	p := mailroomtest.Post{From: member, To: talk, Subject: "Beans", Body: "They climb."}
	switch door {
	case "a stranger's letter":
		p.From = strings.Replace(member, "@", "-eve@", 1)
	case "report@", "anon@":
		p.To = door + "gardeners.example"
	case "managers@":
		p.To = "managers@gardeners.example"
	case "private+TOKEN":
		as := v.Room.Policy
		v.Room.Policy = lists.Off // to get a conversation going
		v.MustSend(mailroomtest.Post{From: member, To: "managers@gardeners.example", Subject: "Hello", Body: "May I ask something?"})
		p = mailroomtest.Answer(member, v.One(v.Deliver(), member), "They climb.")
		v.Room.Policy = as
	case "a manager's answer":
		v.MustSend(mailroomtest.Post{From: "bill@south.example", To: "managers@gardeners.example", Subject: "Manure", Body: "Where do I get some?"})
		p = mailroomtest.Answer(manager, v.One(v.Deliver(), manager), "At the stables.")
	case "a manager's command": // by which Mira hears of it, whoever gave it
		give := "/give Theo"
		if strict {
			give = "/give Mira"
		}
		v.MustSend(mailroomtest.Post{From: "bill@south.example", To: "managers@gardeners.example", Subject: "Manure", Body: "Where do I get some?"})
		p = mailroomtest.Answer(manager, v.One(v.Deliver(), manager), give)
	}
	return p
}

// became tells what a letter led to.
func became(v *mailroomtest.Village, from string, err error) string {
	all := v.Deliver()
	if err != nil {
		if len(all) > 0 || refusal.Temporary(err) {
			return "refused, and somebody was written to: " + mailroomtest.Subjects(all)
		}
		return "refused"
	}
	mira := mailroomtest.To(all, "mira@lowe.example")
	switch {
	case len(mailroomtest.To(all, "alison@east.example")) > 0:
		return "relayed"
	case len(mailroomtest.To(all, "bill@south.example")) > 0:
		return "answered"
	case len(all) == 1 && all[0].To.String() == from && strings.HasPrefix(all[0].ReplyTo()[0].Address.Local, "confirm+"):
		return "asked"
	case len(mira) == 1 && strings.Contains(strings.Join(strings.Fields(mira[0].Text()), " "), "CAREFUL: nobody vouches"):
		return "marked"
	case len(mira) == 1:
		return "managers"
	}
	return "something else: " + mailroomtest.Subjects(all)
}
