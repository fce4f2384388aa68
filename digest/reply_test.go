package digest_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"backchannel/lists"
	"backchannel/templates/refusal"
)

var doorPattern = regexp.MustCompile(`private\+[0-9a-z]{26}@gardeners\.example`)

// to picks what arrived for somebody.
func to(all []arrived, who string) (mine []arrived) {
	for _, a := range all {
		if a.to.String() == who {
			mine = append(mine, a)
		}
	}
	return mine
}

// quoting is a letter as a mail program writes it below an answer.
func quoting(words string, a arrived) string {
	return words + "\n\nOn Fri, 5 Jun 2026 at 08:00, Gardeners weekly <digest@gardeners.example> wrote:\n> " + strings.ReplaceAll(strings.TrimSpace(a.Text()), "\n", "\n> ")
}

// Reply on an issue reaches the managers and nobody else, with a word on what it answers.
func TestReplyReachesTheManagers(t *testing.T) {
	w, _, a := aWeek(t)
	w.manager("theo@brandt.example", "Theo Brandt")
	w.add("bill@south.example", "Bill Tan", lists.RoleMember, lists.Each, w.talk)
	reply := a.ReplyTo()[0].Address.String()
	doors := doorPattern.FindAllString(a.Text(), -1)
	if len(doors) != 2 || doors[0] == doors[1] || doors[0] == reply {
		t.Fatalf("doors %v, reply to %s", doors, reply)
	}
	for _, c := range []struct{ to, words, about string }{
		{reply, "May our sponsor join?", "the digest of 5 June"},
		{doors[0], "I ask about compost, quietly.", "Which compost?"},
		{"digest@gardeners.example", "My program knows no Reply-To.", ""},
	} {
		w.now = w.now.Add(time.Hour)
		if err := w.send("dana@north.example", c.to, "Re: "+a.Subject(), quoting(c.words, a), "In-Reply-To: <"+string(a.MessageID())+">"); err != nil {
			t.Fatalf("to %s: %v", c.to, err)
		}
		got := w.deliver()
		for _, who := range []string{"mira@lowe.example", "theo@brandt.example"} {
			mine := to(got, who)
			if len(mine) != 1 || !strings.Contains(mine[0].Text(), c.words) {
				t.Fatalf("%s got %d letters about %q", who, len(mine), c.words)
			}
			text := strings.Join(strings.Fields(mine[0].Text()), " ")
			if !strings.Contains(text, c.about) {
				t.Errorf("no word that it is about %q: %s", c.about, text)
			}
			if strings.Contains(text, "Horse manure") || strings.Contains(text, "You get this Fridays") || doorPattern.MatchString(mine[0].Text()) {
				t.Errorf("the quoted digest travels on: %s", text)
			}
		}
		if len(to(got, "bill@south.example")) != 0 {
			t.Error("it reached a member")
		}
	}
	if n := w.rows("SELECT count(*) || '' FROM post"); n != "3" {
		t.Errorf("%s posts: a reply became public", n)
	}
}

// In other hands an issue's address opens nothing: of a stranger's letter its reader is asked, and nobody reads it before; members write for
// themselves.
func TestAForwardedDigestOpensNothing(t *testing.T) {
	w, _, a := aWeek(t)
	w.add("bill@south.example", "Bill Tan", lists.RoleMember, lists.Each, w.talk)
	reply := a.ReplyTo()[0].Address.String()
	if err := w.send("eve@evil.example", reply, "Re: x", "I found this."); err != nil {
		t.Fatal(err)
	}
	got := w.deliver()
	asked := to(got, "dana@north.example")
	if len(got) != 1 || len(asked) != 1 || !strings.Contains(asked[0].Text(), "eve@evil.example") {
		t.Fatalf("the stranger's letter made %d letters", len(got))
	}
	door := asked[0].ReplyTo()[0].Address.String()
	for _, who := range []string{"eve@evil.example", "bill@south.example"} {
		if err := w.send(who, door, "Re: x", "YES"); refusal.KindOf(err) != refusal.NoSuchAddress {
			t.Errorf("%s says YES: %v", who, err)
		}
	}
	if err := w.send("dana@north.example", door, "Re: x", "YES"); err != nil {
		t.Fatal(err)
	}
	if mine := to(w.deliver(), "mira@lowe.example"); len(mine) != 1 || !strings.Contains(mine[0].Text(), "I found this.") || !strings.Contains(strings.Join(strings.Fields(mine[0].Text()), " "), "the digest of 5 June") || strings.Contains(mine[0].Text(), "evil.example") {
		t.Errorf("the managers got: %+v", mine)
	}
	if err := w.send("bill@south.example", reply, "Re: x", "Bill has something to say."); err != nil {
		t.Fatal(err)
	}
	mine := to(w.deliver(), "mira@lowe.example")
	if len(mine) != 1 || !strings.Contains(mine[0].From()[0].Name, "Bill Tan") || strings.Contains(mine[0].Text(), "5 June") {
		t.Errorf("Bill's letter: %+v", mine)
	}
}

// A robot's answer to an issue is no letter to anybody.
func TestRobotsAnswerNobody(t *testing.T) {
	w, _, a := aWeek(t)
	for _, header := range []string{"Auto-Submitted: auto-replied", "X-Autoreply: yes", "Precedence: bulk"} {
		for _, door := range []string{a.ReplyTo()[0].Address.String(), "digest@gardeners.example"} {
			_ = w.send("dana@north.example", door, "Out of office: "+a.Subject(), "I am away.", header)
			if got := w.deliver(); len(got) != 0 {
				t.Errorf("%s to %s made %d letters: %s", header, door, len(got), got[0].Subject())
			}
		}
	}
	if n := w.rows("SELECT count(*) || '' FROM conv"); n != "0" {
		t.Errorf("%s conversations", n)
	}
}

// The address of an old issue works as long as it promises, and then leads where managers@ does.
func TestAnOldDoorStillLeadsToTheManagers(t *testing.T) {
	w, _, a := aWeek(t)
	w.now = w.now.AddDate(0, 0, 401)
	if err := w.send("dana@north.example", a.ReplyTo()[0].Address.String(), "Re: "+a.Subject(), "Still there?"); err != nil {
		t.Fatal(err)
	}
	mine := to(w.deliver(), "mira@lowe.example")
	if len(mine) != 1 || strings.Contains(mine[0].Text(), "5 June") {
		t.Errorf("%d letters", len(mine))
	}
}

// "This thread feels wrong to me": the address that an issue shows at a thread, with [unease] in the subject, counts a voice and opens
// nothing; two voices in a small community are an alarm (B11).
func TestUneaseFromAnIssue(t *testing.T) {
	w, _, a := aWeek(t)
	if !strings.Contains(strings.Join(strings.Fields(a.Text()), " "), "with the subject [unease]: it is counted, without your name") {
		t.Errorf("the issue does not say how:\n%s", a.Text())
	}
	door := doorPattern.FindAllString(a.Text(), -1)[0]
	if err := w.send("dana@north.example", door, "[unease] Which compost?", ""); err != nil {
		t.Fatal(err)
	}
	got := w.deliver()
	if mine := to(got, "dana@north.example"); len(mine) != 1 || !strings.Contains(mine[0].Text(), "without your name") {
		t.Errorf("Dana got %d letters", len(mine))
	}
	if len(to(got, "mira@lowe.example")) != 0 || w.rows("SELECT count(*) || '' FROM conv") != "0" {
		t.Error("one voice reached a manager")
	}
	if n := w.rows("SELECT count(*) || '' FROM heat WHERE kind = 'unease'"); n != "1" {
		t.Errorf("%s voices", n)
	}
}
