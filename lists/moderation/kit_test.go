package moderation_test

import (
	"context"
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/moderation"
)

type (
	village = mailroomtest.Village
	post    = mailroomtest.Post
	arrived = mailroomtest.Arrived
)

const (
	dana     = "dana@north.example"
	bill     = "bill@south.example"
	alison   = "alison@east.example"
	sil      = "sil@silent.example" // for whom no domain vouches
	mira     = "mira@lowe.example"
	theo     = "theo@brandt.example"
	eve      = "eve@evil.example"
	talk     = "talk@gardeners.example"
	managers = "managers@gardeners.example"
)

var (
	answer = mailroomtest.Answer
	to     = mailroomtest.To
)

func words(a arrived) string { return strings.Join(strings.Fields(a.Text()), " ") }

// says fails unless a letter says all of this.
func says(t *testing.T, a arrived, all ...string) {
	t.Helper()
	for _, w := range all {
		if !strings.Contains(words(a), w) {
			t.Errorf("the letter to %s does not say %q:\n%s", a.To, w, a.Text())
		}
	}
}

// nothing fails if anything came for somebody.
func nothing(t *testing.T, all []arrived, who string) {
	t.Helper()
	for _, a := range to(all, who) {
		t.Errorf("%s got %q:\n%s", who, a.Subject(), a.Text())
	}
}

// unhurried is a village whose managers are reminded of nothing for months: what these tests look at is posts.
func unhurried(t *testing.T) *village {
	t.Helper()
	v := mailroomtest.New(t)
	v.C.Duty.Due, v.C.Duty.Urgent = 1000, 1000
	v.Update(func(tx *db.Tx) error { return lists.SaveCommunity(tx, v.C) })
	return v
}

// set changes a member of Gardeners.
func set(v *village, who string, change func(*lists.Member)) {
	v.T.Helper()
	m := v.Member(who)
	change(&m)
	v.Update(func(tx *db.Tx) error { return lists.SaveMember(tx, m) })
}

// list changes the list.
func list(v *village, change func(*lists.List)) {
	v.T.Helper()
	change(&v.Talk)
	v.Update(func(tx *db.Tx) error { return lists.SaveList(tx, v.Talk) })
}

// weak has Sil post, and gives the question that Sil gets.
func weak(v *village, subject string) arrived {
	v.T.Helper()
	v.MustSend(post{From: "Sil Ent <" + sil + ">", To: talk, Subject: subject, Body: "They climb."})
	return v.One(v.Deliver(), sil)
}

// door has Dana write to the list what sounds private, and gives the question that Dana gets.
func door(v *village, subject string) arrived {
	v.T.Helper()
	v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: talk, Subject: subject, Body: "Dear managers, between us: zzsecret " + subject})
	return v.One(v.Deliver(), dana)
}

// held is the question about a held post among what arrived for a manager.
func held(t *testing.T, all []arrived, who string) arrived {
	t.Helper()
	for _, a := range to(all, who) {
		if strings.HasPrefix(a.Subject(), "[held]") {
			return a
		}
	}
	t.Fatalf("%s was not asked:\n%s", who, mailroomtest.Subjects(all))
	return arrived{}
}

// waiting are the letters that wait.
func waiting(v *village) (all []moderation.Held) {
	v.T.Helper()
	v.View(func(tx *db.Tx) (err error) { all, err = moderation.List(tx, v.C.ID); return err })
	return all
}

func update(v *village, fn func(tx *db.Tx) error) error { return v.DB.Update(context.Background(), fn) }
