package backchannel_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"log/slog"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/mailroom/mailroomtest"
)

// The canaries: strings that stand in a member's letter, in a manager's answer, in a note and in somebody else's conversation, in every
// place where something could hang on. Where each may be seen is said where it is searched for.
var (
	danaHead = []string{ // of the way and the program of the member's letter: nobody may see them
		"zz01-msgid", "198.51.100.11", "zz03.received.example", "198.51.100.12", "zz05-agent", "zz06-index", "zz07-receipt@north.example", "zz08-third@party.example",
		"zz09-inreply", "zz10-refs", "zz11-mailer", "zz12-authres", "zz13-delivered", "zz14-org", "zz15-list.example", "zz16-boundary", "zz17-cid", "zz18-preamble",
	}
	danaHidden = []string{"zz19-hidden", "zz20-comment", "zz21.tracker.example", "zz22-style", "zz23-exif", "zz24-ics", "zz25-path", "bill@south.example"}
	miraOwn    = []string{ // of the manager: the member may not see them
		"zz30-msgid", "203.0.113.31", "zz32-agent", "mira@lowe.example", "lowe.example", "555 0142", "zz36-company", "zz37-receipt@lowe.example", "theo@brandt.example", "Zzlowe",
		"zz40-quoted", "zz41-hidden", "zz42-boundary", "zz43-cid", "zz44-preamble", "zz45-street 12",
	}
	noteWords  = []string{"zz50-note", "zz51-name"}
	otherWords = []string{"zz60-bills-secret"}
	betweenUs  = []string{"zz70-question", "zz71-answer"} // what Dana and the managers may see, and nobody else
)

// readable is all that a reader of a letter could find in it: the bytes as they travel, and every part decoded.
func readable(raw []byte) string {
	var out strings.Builder
	out.Write(raw)
	l, err := letter.Parse(raw)
	if err != nil {
		return out.String()
	}
	out.WriteString("\n" + l.Subject() + "\n" + l.Text() + "\n")
	for _, p := range l.Parts() {
		if p.Children == 0 {
			out.Write(p.Decoded())
			if text, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(p.Body()))); err == nil {
				out.Write(text)
			}
		}
		for _, f := range p.Header().Fields() {
			out.WriteString(f.Name + ": " + f.Value + "\n")
		}
	}
	return out.String()
}

// searched fails for every canary that stands in something.
func searched(t *testing.T, where string, text string, canaries ...[]string) {
	t.Helper()
	for _, c := range slices.Concat(canaries...) {
		if strings.Contains(strings.ToLower(text), strings.ToLower(c)) {
			t.Errorf("%q leaked into %s", c, where)
		}
	}
}

func exifPhoto() string {
	var out bytes.Buffer
	_ = jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, 4, 4)), nil) // it always encodes
	exif := "Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x00 zz23-exif"
	seg := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(exif)+2))
	return "\xff\xd8" + string(seg) + exif + out.String()[2:]
}

// danasLetter is a letter as a hostile or careless program could write it.
func danasLetter() post {
	b64 := base64.StdEncoding.EncodeToString
	return post{
		From: "Dana Reyes <" + dana + ">", To: managers, Subject: "Beds",
		Header: "Received: from zz03.received.example (HELO x) [198.51.100.11] by y; Fri, 12 Jun 2026 08:00:00 +0000\r\nMessage-ID: <zz01-msgid@north.example>\r\nX-Originating-IP: [198.51.100.12]\r\n" +
			"User-Agent: zz05-agent\r\nThread-Index: zz06-index\r\nDisposition-Notification-To: zz07-receipt@north.example\r\nCc: zz08-third@party.example\r\n" +
			"In-Reply-To: <zz09-inreply@x.example>\r\nReferences: <zz10-refs@x.example>\r\nX-Mailer: zz11-mailer\r\nAuthentication-Results: zz12-authres; none\r\nDelivered-To: zz13-delivered@x.example\r\n" +
			"Organization: zz14-org\r\nX-Original-List-Id: <zz15-list.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=zz16-boundary\r\n",
		Body: "zz18-preamble\n--zz16-boundary\nContent-Type: text/html\nContent-ID: <zz17-cid>\n\n<style>.zz22-style{}</style><p>zz70-question: may I?</p><!-- zz20-comment -->" +
			"<div style=\"display:none\">zz19-hidden</div><img src=\"https://zz21.tracker.example/p.gif\"><p>Bill wrote from bill@south.example.</p>" +
			"\n--zz16-boundary\nContent-Type: image/jpeg; name=\"C:\\zz25-path\\bed.jpg\"\nContent-Transfer-Encoding: base64\n\n" + b64([]byte(exifPhoto())) +
			"\n--zz16-boundary\nContent-Type: text/calendar; name=a.ics\nContent-Transfer-Encoding: base64\n\n" + b64([]byte("BEGIN:VCALENDAR\nX:zz24-ics\n")) + "\n--zz16-boundary--",
	}
}

// mirasAnswer is an answer from a telephone that tells everything about its owner.
func mirasAnswer(notice arrived, words string) post {
	p := answer("Mira Zzlowe <"+mira+">", notice, "")
	p.Header = strings.ReplaceAll(p.Header, "Message-ID", "X") + "Message-ID: <zz30-msgid@lowe.example>\r\nX-Originating-IP: [203.0.113.31]\r\nUser-Agent: zz32-agent\r\n" +
		"Disposition-Notification-To: zz37-receipt@lowe.example\r\nCc: theo@brandt.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=zz42-boundary\r\n"
	sign := "\nMira Lowe\nzz36-company\nmira@lowe.example\n555 0142\n"
	p.Body = "zz44-preamble\n--zz42-boundary\nContent-Type: text/plain\nContent-ID: <zz43-cid>\n\n" + words + "\n" + sign + "\nOn 12 Jun 2026, Dana Reyes wrote:\n> zz40-quoted and changed\n> " +
		strings.ReplaceAll(strings.TrimSpace(notice.Text()), "\n", "\n> ") +
		"\n--zz42-boundary\nContent-Type: text/html\n\n<p>" + words + "</p><div style=\"display:none\">zz41-hidden</div><p>Mira Lowe<br>zz36-company<br>555 0142</p>\n--zz42-boundary--"
	return p
}

// I2: nothing of a person, a program or the way of a letter goes further than it may: not by mail, not over IMAP, not into a log.
// LP1, LP6, LP7, LP16.
func TestCanariesOfLetters(t *testing.T) {
	v := mailroomtest.New(t)
	var log bytes.Buffer
	v.Room.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	v.MustSend(post{From: bill, To: managers, Subject: "My neighbour", Body: "You should know that my neighbour keeps zz60-bills-secret in the shed behind the roses."})
	var all []arrived
	take := func() []arrived { got := v.Deliver(); all = append(all, got...); return got }
	bills := v.One(to(take(), mira), mira)
	v.MustSend(danasLetter())
	first := take()
	notice := v.One(to(first, mira), mira)
	says(t, notice, "zz70-question: may I?", "[the address of Bill Tan]")
	v.MustSend(answer(theo, v.One(to(first, theo), theo), "/note She means zz51-name, and that is what zz50-note is all about, so careful."))
	note := v.One(to(take(), mira), mira)
	// One answer after the other, each with another slip; what comes back is given up, and the last one goes out.
	for i, words := range []string{
		"zz71-answer. You see, that is what zz50-note is all about, so careful.", "zz71-answer. Somebody keeps zz60-bills-secret in the shed behind the roses, you know.",
		"zz71-answer. Write to theo@brandt.example.", "zz71-answer. Call me: 555 0142 99.", "zz71-answer.\nMusterstraße 12\nis zz45-street 12.", "/ntoe zz50-note", "/note zz50-note\nzz71-answer",
	} {
		v.Pass(time.Minute)
		v.MustSend(mirasAnswer(notice, words))
		for _, a := range to(take(), dana) {
			t.Errorf("answer %d went out:\n%s", i, a.Text())
		}
	}
	v.Pass(time.Minute)
	says(t, note, "zz50-note")
	last := v.One(to(func() []arrived {
		v.MustSend(answer(dana, v.One(to(first, dana), dana), "Please, zz70-question?"))
		return take()
	}(), mira), mira)
	v.MustSend(mirasAnswer(last, "zz71-answer: you may."))
	got := v.One(to(take(), dana), dana)
	says(t, got, "zz71-answer: you may.")
	v.MustSend(answer(mira, bills, "Thank you."))
	take()

	sent := map[string]int{}
	for _, a := range all {
		who, text := a.To.String(), readable(a.Raw())
		sent[who]++
		switch who {
		case dana:
			searched(t, "a letter to Dana: "+a.Subject(), text, danaHead[1:], danaHidden[:7], miraOwn, noteWords, otherWords) // her own id may stand in In-Reply-To
		case mira, theo:
			text = strings.ReplaceAll(strings.ReplaceAll(text, "[the address of Bill Tan]", ""), "Call me: 555 0142 99", "")
			searched(t, "a letter to "+who+": "+a.Subject(), text, danaHead, danaHidden[:7])
			if !strings.Contains(a.Subject(), "Not sent") && who == theo {
				searched(t, "a letter to Theo", text, []string{"mira@lowe.example", "zz36-company", "zz30-msgid", "203.0.113.31", "zz32-agent"})
			}
		case bill:
			searched(t, "a letter to Bill: "+a.Subject(), text, danaHead, danaHidden[:7], miraOwn, noteWords, betweenUs)
		default:
			t.Errorf("%s got %q", who, a.Subject())
		}
		searchedHeaders(t, a)
	}
	if sent[dana] < 2 || sent[mira] < 8 || sent[theo] < 3 || sent[bill] != 2 {
		t.Errorf("sent %v", sent)
	}
	imapBytes(t, v)
	v.View(func(tx *db.Tx) error {
		// A Message-ID and the receiver of a copy stand there: by them an operator finds the story of a letter.
		lines, err := db.Select(tx, func(r db.Scanner) (s string, err error) { return s, r.Scan(&s) }, "SELECT verb || ' ' || story || ' ' || detail FROM log_entry")
		for _, line := range lines {
			searched(t, "the logbook: "+line, line, danaHead[4:], danaHidden, miraOwn[2:3], miraOwn[5:8], miraOwn[9:], noteWords, otherWords, betweenUs)
		}
		if len(lines) < 20 {
			t.Errorf("%d lines in the logbook", len(lines))
		}
		return err
	})
	searched(t, "the log of the program", log.String(), danaHead, danaHidden, miraOwn, noteWords, otherWords, betweenUs)
	// What lies sealed must not lie readable beside it: bytes of letters, of what is owed, of folders.
	for _, pattern := range []string{v.DB.Path(), v.DB.Path() + "-wal"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			searched(t, "the file", string(b), danaHead[1:], danaHidden[:7], miraOwn[1:3], miraOwn[10:15])
		}
	}
}

// searchedHeaders: I1, no header of a private letter holds the address of a list.
func searchedHeaders(t *testing.T, a arrived) {
	t.Helper()
	head, _, _ := bytes.Cut(a.Raw(), []byte("\r\n\r\n"))
	for _, list := range []string{"talk@gardeners.example", "jobs@gardeners.example", "List-Post"} {
		if bytes.Contains(bytes.ToLower(head), []byte(strings.ToLower(list))) {
			t.Errorf("%s stands in the header of %q to %s:\n%s", list, a.Subject(), a.To, head)
		}
	}
	for _, m := range slices.Concat(a.Letter.To(), a.Cc(), a.ReplyTo(), a.Letter.From(), a.Sender()) {
		if n := address.Parse(m.Address.Local); m.Address.Domain == "gardeners.example" && n.Form == address.List {
			t.Errorf("%s in %q to %s leads onto a list", m.Address, a.Subject(), a.To)
		}
	}
}

// imapBytes looks through everything that mail programs may read: the folders of each manager, and the lists.
func imapBytes(t *testing.T, v *village) {
	t.Helper()
	for _, who := range []string{mira, theo, dana, bill} {
		m := v.Member(who)
		v.View(func(tx *db.Tx) error {
			boxes, err := v.Store.PrivateMailboxes(tx, int64(m.ID))
			for _, box := range boxes {
				rows, err := v.Store.PrivateRows(tx, box.ID, int64(m.ID), 0)
				if err != nil {
					return err
				}
				if who == dana && len(rows) > 0 || who == bill && len(rows) > 0 {
					t.Errorf("%s has %d letters in %s", who, len(rows), box.Name)
				}
				for _, r := range rows {
					raw, err := v.Store.Raw(tx, r.Raw)
					if err != nil {
						return err
					}
					searched(t, who+"'s folder "+box.Name, readable(raw), danaHead, danaHidden[:7], []string{"zz30-msgid", "203.0.113.31", "zz32-agent", "zz37-receipt"})
				}
			}
			return err
		})
	}
	v.View(func(tx *db.Tx) error {
		for _, l := range []lists.List{v.Talk, v.Jobs} {
			posts, err := v.Store.PostsAfter(tx, l.Box, 0, 100)
			if err != nil || len(posts) > 0 {
				t.Errorf("%d posts on %s, %v", len(posts), l.Local, err)
			}
		}
		return nil
	})
}

// I3: no door with a token ever publishes by itself: not unknown, not expired, not revoked, not somebody else's, not forwarded (LP8).
func TestTokensNeverPublish(t *testing.T) {
	v := mailroomtest.New(t)
	all := ask(v, "A question", "May I?")
	doors := map[string]string{"unknown": "private+00000000000000000000000000@gardeners.example"}
	for name, a := range map[string]arrived{"Dana's": v.One(all, dana), "Mira's": v.One(all, mira)} {
		doors[name] = a.ReplyTo()[0].Address.String()
	}
	for _, kind := range []address.Kind{address.Everyone, address.Private, address.Note, address.Confirm, address.Vote, address.Send, address.DigestOff, address.Leave} {
		doors["Dana's "+string(kind)] = v.Door(kind, "moderation", "author:1", dana)
		doors["unknown "+string(kind)] = string(kind) + "+00000000000000000000000000@gardeners.example"
	}
	published := func() (n int) {
		v.View(func(tx *db.Tx) error {
			for _, box := range []archive.PublicID{v.Talk.Box, v.Jobs.Box} {
				posts, err := v.Store.PostsAfter(tx, box, 0, 100)
				if err != nil {
					return err
				}
				n += len(posts)
			}
			return nil
		})
		return n
	}
	try := func(when string) {
		for name, door := range doors {
			for _, from := range []string{dana, bill, mira, sil, eve} {
				for _, header := range []string{"", "Auto-Submitted: auto-replied\r\n"} {
					for _, body := range []string{"PUBLIC", "zzforwarded words\n\n-------- Forwarded Message --------\nSubject: x\n\nhello"} {
						// Taken or refused is one here: many of these doors lead to nothing.
						_, _ = v.Send(post{From: from, To: door, Subject: "Fwd: x " + name, Body: body, Header: header})
					}
				}
			}
		}
		for _, a := range v.Deliver() {
			if a.Get("List-Post") != "" || strings.Contains(a.Get("List-Id"), "talk") {
				t.Errorf("%s: %s got %q as a post", when, a.To, a.Subject())
			}
		}
		if n := published(); n != 0 {
			t.Fatalf("%s: %d posts", when, n)
		}
	}
	try("live")
	dana := v.Member(dana)
	v.Update(func(tx *db.Tx) error {
		return errors.Join(lists.RaiseEpoch(tx, dana), address.RevokeMember(tx, int64(dana.Community), int64(dana.ID)))
	})
	try("after all tokens of Dana's were revoked")
	v.Pass(401 * 24 * time.Hour)
	try("expired")
}
