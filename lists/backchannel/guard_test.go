package backchannel

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"backchannel/archive/letter"
	"backchannel/lists"
)

func TestAddressesIn(t *testing.T) {
	for text, want := range map[string]string{
		"Ask bill@south.example, he knows.":                "1 bill@south.example",
		"one\n<mailto:Bill.Tan@South.Example>\n(x@y.z)":    "2 Bill.Tan@south.example; 3 x@y.z",
		"'bill@south.example'.":                            "1 bill@south.example",
		"bill@bücher.example":                              "1 bill@xn--bcher-kva.example",
		"bill@so\u00aduth.example bi\u200dll＠west.example": "1 bill@south.example; 1 bill@west.example",
		"no @ all, bill@localhost, @south.example, a@b":    "",
		"a..b@south.example":                               "",
		"":                                                 "",
	} {
		var got []string
		for _, f := range addressesIn(text) {
			got = append(got, fmt.Sprintf("%d %s", f.line, f.address))
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestForwarded(t *testing.T) {
	for subject, is := range map[string]bool{
		"Fwd: [BC K7QX] A question": true, "FW: x": true, "WG: x": true, "TR : x": true, "RV: x": true, "Re: Fwd: x": true, "AW: WG: x": true, "Re[2]: Fwd: x": true, "转发：x": true,
		"転送: x": true, "Re: [Fwd: x]": true, "(fwd) x": true, "x (fwd)": true, "Réf : TR : x": true, "Weitergeleitet: x": true, "Re: forwarding mail": false,
		"Re: [BC K7QX] A question": false, "Re: [BC K7QX] Fwd: a question": false, "AW: [BC K7QX] x": false, "Forward planning": false, "": false, "Trees: x": false,
	} {
		if forwarded(subject, "Yes.") != is {
			t.Errorf("subject %q: forwarded is %v", subject, !is)
		}
	}
	for text, is := range map[string]bool{
		"See below.\n\n---------- Forwarded message ----------\nFrom: A": true,
		"-----Weitergeleitete Nachricht-----":                            true,
		"Begin forwarded message:\n":                                     true,
		"From: A <a@b.example>\nSent: Monday\nSubject: D":                true,
		"Von: A\nGesendet: B\nAn: C":                                     true,
		"*From:* A\n*Date:* B\n*To:* C":                                  true,
		"From: A\nSubject: x":                                            true,
		"Subject: x":                                                     false,
		"From: A\nand so on\nTo: C\nSubject: D":                          false,
		"To: the shed.\nFrom: the house.":                                false,
		"I forwarded message after message.":                             false,
		"":                                                               false,
	} {
		if forwarded("Re: x", text) != is {
			t.Errorf("%q: forwarded is %v", text, !is)
		}
	}
}

func TestToColleague(t *testing.T) {
	for text, is := range map[string]bool{
		"Theo, can you take this one?": true, "Hi Theo,\nwhat do you think?": true, "@Theo what do you think?": true, "Dear Theo and Jonas": true, "theo: yours": true, "Theo": true,
		"Hallo lieber Theo!": true, "FYI managers: she asked before": true, "Managers,\nplease look": true, "Between us, she is difficult": true, "Hi all managers,": true, "Liebe Kollegen,": true,
		"Theo will be there too.": false, "Hi Dana, Theo knows.": false, "Ask Theo, please.": false, "The managers decide on Friday.": false, "Team up with Bill.": false,
		"Dana, yes.": false, "": false, "Theodora, hello": false,
		"Theo - can you take this?": true, "Theo – yours": true, "Theo/Jonas: your turn": true, "Theo and Jonas, what do you think?": true, "Theo & Jonas: x": true, "Jonas, Theo, what now?": true,
		"Good morning Theo,": true, "Guten Morgen Theo": true, "Thanks Theo, I will": true, "Theo can you take this one?": true, "Theo, please look": true, "Rene, yours": true, "Theo,yours": true,
		"*Theo*, can you?": true, "Hi all,": true, "Hallo zusammen,": true, "Hey folks!": true, "Just between us, no": true, "Between us managers, no": true, "[internal] no": true, "(note) no": true, "#note no": true,
		"@managers no": true, "Note to self: no": true, "note to managers: no": true, "Internal only - no": true, "Managers only: no": true, "The\u200bo, yours": true,
		"Hi Dana,\nthanks.\nTheo, can you look at this?": true, "Yes.\nTheo please look": true,
		"Yes.\nTheo, Jonas and Mira read this.": false, "Yes.\nTheo will help you.": false, "Theo, Jonas and Mira read this.": false, "Theo and Jonas will help you.": false, "Theo Brandt, who knows, says yes.": false,
		"Thanks to Theo we can.": false, "All is well.": false, "Hi all-rounder": false, "Internal rules say no.": false, "Note that we meet at 8.": false, "Everyone may come.": false, "Good to hear.": false,
	} {
		if n, line := toColleague(text, []string{"Theo", "Jonas", "René"}); (n > 0) != is || (line != "") != is {
			t.Errorf("%q: to a colleague in line %d, %q", text, n, line)
		}
	}
}

func TestOurs(t *testing.T) {
	for text, is := range map[string]bool{
		"Yes.\n[private K7QX]": true, "> [private\n> K7QX]": true, "[PRIVATE k7qx]": true, "=== Reply above: x": true, "> === REPLY ABOVE - y": true,
		"[private] Re: x": false, "private K7QX": false, "[private K7QXY]": false, "reply above": false, "": false,
	} {
		if ours(text) != is {
			t.Errorf("%q: ours is %v", text, !is)
		}
	}
}

func TestObject(t *testing.T) {
	for _, s := range []side{sideMember, sideOutside, sideManager, sideHeld, sideNote} {
		got, id, rev, ok := readObject(object(s, 12, 3))
		if got != s || id != 12 || rev != 3 || !ok {
			t.Errorf("%s: %s %d %d %v", s, got, id, rev, ok)
		}
	}
	for _, o := range []string{"", "member", "member:1", "member:x:1", "member:1:y", "member:1:2:3", "stranger:1:2", "issue:1:2", "member:99999999999999999999:1"} {
		if _, _, _, ok := readObject(o); ok {
			t.Errorf("%q is an object", o)
		}
	}
}

// 4 characters of an alphabet without look-alikes, and no pattern that tells how many conversations there are.
func TestCodes(t *testing.T) {
	seen, first := map[string]bool{}, map[byte]bool{}
	for range 2000 {
		c := newCode()
		if len(c) != 4 || strings.Trim(c, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") != "" || lists.Watermark("[private "+c+"]") == "" {
			t.Fatalf("code %q", c)
		}
		seen[c], first[c[0]] = true, true
	}
	if len(seen) < 1950 || len(first) != 32 {
		t.Errorf("%d codes of 2000 differ, %d first characters", len(seen), len(first))
	}
}

func TestFolder(t *testing.T) {
	for _, c := range []struct {
		state State
		owner lists.MemberID
		mine  string
	}{
		{New, 0, FolderNew}, {Claimed, 1, FolderMine}, {Claimed, 2, FolderWaiting}, {WaitingMember, 1, FolderWaiting}, {WaitingMember, 0, FolderWaiting},
		{WaitingManager, 1, FolderMine}, {WaitingManager, 2, FolderNew}, {Closed, 1, FolderClosed},
	} {
		if got := (Conv{State: c.state, Owner: c.owner}).folder(1); got != c.mine {
			t.Errorf("%s of %d: %s, want %s", c.state, c.owner, got, c.mine)
		}
	}
}

func FuzzAddressesIn(f *testing.F) {
	for _, s := range []string{"a@b.example", "<a@b.c>\n..@..", "\xff@\xfe.x", "a@b.c@d.e", strings.Repeat("a@b.c ", 60)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		for _, found := range addressesIn(text) {
			if found.line < 1 || found.line > len(lines) || found.address.IsZero() || !strings.Contains(lines[found.line-1], "@") {
				t.Errorf("%q: %+v", text, found)
			}
		}
	})
}

func FuzzForwarded(f *testing.F) {
	f.Add("Fwd: x", "")
	f.Add("", "From: a\nTo: b\nSubject: c")
	f.Add("Re: Re: Re:", "---- Forwarded message")
	f.Fuzz(func(t *testing.T, subject, text string) {
		if forwarded(subject, text) != forwarded(subject, text+"\n") {
			t.Errorf("%q %q: a line end changes it", subject, text)
		}
		if !forwarded("Fwd: "+subject, text) {
			t.Errorf("a forward of %q is none", subject)
		}
	})
}

func FuzzReadObject(f *testing.F) {
	for _, s := range []string{"member:1:2", "held:9:0", "manager:-1:+2", ":::", "outside:1:2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, o string) {
		s, id, rev, ok := readObject(o)
		if ok {
			if s2, id2, rev2, ok2 := readObject(object(s, id, rev)); !ok2 || s2 != s || id2 != id || rev2 != rev {
				t.Errorf("%q is read as %s %d %d, and that as %s %d %d", o, s, id, rev, s2, id2, rev2)
			}
		}
	})
}

func FuzzToColleague(f *testing.F) {
	for _, s := range []string{"Theo, can you", "Hi Theo", "fyi managers"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, line := toColleague(text, []string{"Theo"}); utf8.ValidString(text) && line != "" && !strings.Contains(letter.Seen(text), line) {
			t.Errorf("%q: %q", text, line)
		}
	})
}

func TestEndsOfTexts(t *testing.T) {
	for text, want := range map[string]string{"Yes.\n----------": "Yes.", "Yes.\n\n___\n \n---\n": "Yes.", "---\nYes.": "---\nYes.", "---": "", "Yes. --": "Yes. --", "": ""} {
		if got := tidyEnd(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
	for text, want := range map[string]string{
		"Yes.\n\nMay I plant\nbeans?": "Yes.", "May I plant beans?": "May I plant beans?", "Yes, may I plant beans?": "Yes, may I plant beans?", "Yes.\nMay I plant beans? No.": "Yes.\nMay I plant beans? No.",
		"Yes.\nMay\n\nI plant\nbeans?\n\n": "Yes.", "Yes.\nMay I plant\nor beans?": "Yes.\nMay I plant\nor beans?", "Yes.\nI plant beans?": "Yes.\nI plant beans?", "Yes.\nNow may I plant beans?": "Yes.\nNow may I plant beans?",
	} {
		if got := withoutEcho(text, "May I\nplant beans?"); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// BenchmarkLongEcho is an answer that ends with a long letter as it came. Ten times as much takes ten times as long (B8).
func BenchmarkLongEcho(b *testing.B) {
	for _, lines := range []int{2_000, 20_000} {
		b.Run(fmt.Sprint(lines), func(b *testing.B) {
			asked := strings.Repeat("May I plant beans?\n", lines)
			for b.Loop() {
				if withoutEcho("Yes.\n"+asked, asked) != "Yes." {
					b.Fatal("the letter was left in")
				}
			}
		})
	}
}
