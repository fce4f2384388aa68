package mailroom_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/lists"
	"backchannel/lists/address"
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
		returned = "returned" // the manager hears that it needs more proof, and nothing is done
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
		"everyone+TOKEN":      {lists.Require: {relayed, refused, refused}, lists.Confirm: {relayed, asked, refused}, lists.Off: {relayed, relayed, relayed}},
		"/unseal":             {lists.Require: {asked, returned, returned}, lists.Confirm: {asked, returned, returned}, lists.Off: {asked, asked, asked}},
		"/remove":             {lists.Require: {asked, returned, returned}, lists.Confirm: {asked, returned, returned}, lists.Off: {asked, asked, asked}},
		"/remove, no token":   {lists.Require: {asked, refused, refused}, lists.Confirm: {asked, refused, refused}, lists.Off: {asked, asked, asked}},
		"/outcome removed":    {lists.Require: {asked, returned, returned}, lists.Confirm: {asked, returned, returned}, lists.Off: {asked, asked, asked}},
		"/rota on":            {lists.Require: {managers, returned, returned}, lists.Confirm: {managers, returned, returned}, lists.Off: {managers, managers, managers}},
		"/tighten":            {lists.Require: {asked, returned, returned}, lists.Confirm: {asked, returned, returned}, lists.Off: {asked, asked, asked}}, // it comes back: nothing is proposed
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
				if strings.HasPrefix(door, "/") && verdict == lists.Verified { // SPF alone is not enough for these
					p.Login = mailroomtest.Addr(p.From)
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
	case "everyone+TOKEN":
		as := v.Room.Policy
		v.Room.Policy = lists.Off // for a thread to be there
		v.MustSend(mailroomtest.Post{From: "bill@south.example", To: talk, Subject: "Peas", Body: "Mine climb."})
		v.Deliver()
		v.Room.Policy = as
		p.To = v.Door(address.Everyone, "moderation", "thread:1", member)
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
	if strings.HasPrefix(door, "/") {
		deed(v, door, manager, &p)
	}
	return p
}

// deed is a manager's command of the sort that wants proof.
func deed(v *mailroomtest.Village, door, manager string, p *mailroomtest.Post) {
	as := v.Room.Policy
	v.Room.Policy = lists.Off // to get so far
	defer func() { v.Room.Policy = as }()
	for i := range 6 {
		v.Add(v.C, fmt.Sprintf("m%d@d%d.example", i, i), fmt.Sprintf("Member Nr%d", i), lists.RoleMember)
	}
	v.MustSend(mailroomtest.Post{From: "bill@south.example", To: talk, Subject: "Beans", Body: "They climb."})
	v.Deliver()
	to := map[string]string{"/unseal": "anon@gardeners.example", "/outcome removed": "report@gardeners.example"}[door]
	if to == "" {
		to = "managers@gardeners.example"
	}
	v.MustSend(mailroomtest.Post{From: "bill@south.example", To: to, Subject: "Manure", Body: "Where do I get some?"})
	all := v.Deliver()
	if door == "/unseal" {
		v.MustSend(mailroomtest.Answer("bill@south.example", v.One(all, "bill@south.example"), "YES"))
		v.Deliver()
		v.Pass(61 * time.Minute)
		all = v.Deliver()
	}
	line := map[string]string{"/unseal": "/unseal There is a threat", "/remove": "/remove 1", "/remove, no token": "/remove 1", "/outcome removed": "/outcome removed alison@east.example"}[door]
	if line == "" {
		line = door
	}
	*p = mailroomtest.Answer(manager, v.One(all, manager), line)
	if door == "/remove, no token" {
		*p = mailroomtest.Post{From: manager, To: "managers@gardeners.example", Subject: "x", Body: line}
	}
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
	case len(all) == 1 && all[0].To.String() == from && strings.Contains(strings.Join(strings.Fields(all[0].Text()), " "), "provider") && strings.Contains(all[0].Text(), "(DKIM)"):
		return "returned"
	case len(all) == 1 && all[0].To.String() == from && len(all[0].ReplyTo()) == 1 && strings.HasPrefix(all[0].ReplyTo()[0].Address.Local, "confirm+"):
		return "asked"
	case len(mira) == 1 && strings.Contains(strings.Join(strings.Fields(mira[0].Text()), " "), "CAREFUL: nobody vouches"):
		return "marked"
	case len(mira) == 1, len(all) == 1 && strings.HasPrefix(all[0].Subject(), "Who is on duty"):
		return "managers"
	}
	return "something else: " + mailroomtest.Subjects(all)
}
