package membership

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates"
)

// What a token says about a wish is what was asked, and nothing else is a wish.
func TestWishesInTokens(t *testing.T) {
	for _, w := range []wish{
		{what: templates.WishLeave}, {templates.WishLeaveList, 7}, {templates.WishJoin, 7}, {what: templates.WishDigestOff}, {what: templates.WishEach},
		{what: templates.WishDaily}, {what: templates.WishWeekly}, {what: templates.WishMonthly}, {what: templates.WishNoMail},
	} {
		object := w.object(time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC))
		if got, ok := readWish(object); !ok || got != w {
			t.Errorf("%s: %+v %v", object, got, ok)
		}
	}
	if got, ok := readWish("list:12"); !ok || got != (wish{templates.WishLeaveList, 12}) {
		t.Errorf("the relay's: %+v %v", got, ok)
	}
	if got, ok := readWish("digest"); !ok || got.what != templates.WishDigestOff {
		t.Errorf("the digest's: %+v %v", got, ok)
	}
	for _, object := range []string{"", "list", "list:", "list:0", "list:-1", "list:x", "wish", "wish:leave", "wish:leave:1", "wish:join:0", "wish:fly:0", "issue:1:0", "held:3", "digest:1", "member"} {
		if got, ok := readWish(object); ok {
			t.Errorf("%q is %+v", object, got)
		}
	}
}

// Whatever a letter says, it is one of these words or a setting of Mailman's, and a sentence in its subject and first line is none.
func FuzzCommand(f *testing.F) {
	for _, s := range [][2]string{{"unsubscribe", ""}, {"Re: help", ""}, {"", "leave\n-- \nx"}, {"=?utf-8?q?join?=", "x"}, {"leave the gate", "open it"}, {"", "\"subscribe\""}, {"\x00", "\xff"}, {"set digest plain", ""}, {"", "subscribe talk"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, subject, body string) {
		if strings.ContainsAny(subject, "\r\n") {
			return
		}
		l, err := letter.Parse([]byte("From: dana@north.example\r\nSubject: " + subject + "\r\n\r\n" + body + "\r\n"))
		if err != nil {
			return
		}
		r, _ := requests(&lists.Incoming{Letter: l, List: &lists.List{Local: "talk", Domain: "gardeners.example"}})
		word := r.word
		switch word {
		case "leave", "join", "help", "which", "who", "settings", "my-data", "forget", "":
		default:
			t.Fatalf("%q", word)
		}
		first, _, _ := strings.Cut(strings.TrimSpace(l.NewText().Text), "\n")
		if word != "" && len(strings.Fields(bareSubject(l.Subject()))) > 3 && len(strings.Fields(first)) > 3 {
			t.Errorf("%q and %q are sentences, and a command: %s", l.Subject(), first, word)
		}
	})
}
