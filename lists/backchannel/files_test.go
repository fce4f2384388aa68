package backchannel_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"os"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists/backchannel"
	"backchannel/lists/mailroom/mailroomtest"
)

// carry puts files into a letter: name and content one after the other.
func carry(p post, files ...string) post {
	p.Header += "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
	p.Body = "--b\nContent-Type: text/plain\n\n" + p.Body
	for i := 0; i < len(files); i += 2 {
		p.Body += fmt.Sprintf("\n--b\nContent-Type: application/octet-stream; name=\"%s\"\nContent-Transfer-Encoding: base64\n\n%s", files[i], base64.StdEncoding.EncodeToString([]byte(files[i+1])))
	}
	p.Body += "\n--b--"
	return p
}

func smallPNG() string {
	var out bytes.Buffer
	_ = png.Encode(&out, image.NewGray(image.Rect(0, 0, 3, 2))) // it always encodes
	return out.String()
}

// files are what came with a letter of ours: names and contents.
func files(a arrived) map[string]string {
	all := map[string]string{}
	for _, p := range a.Files() {
		all[p.Name()] = string(p.Decoded())
	}
	return all
}

// Files go both ways: to every manager and into their folder, and back to the member, also by SEND; what stays behind is told (B5).
func TestFilesTravel(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(carry(post{From: dana, To: managers, Subject: "The bed", Body: "See the plan."}, "bed.png", smallPNG(), "plan.pdf", "%PDF-1.7 zzplan", "invite.ics", "BEGIN:VCALENDAR\n"))
	all := v.Deliver()
	for _, m := range []string{mira, theo} {
		got := v.One(all, m)
		if f := files(got); len(f) != 2 || f["plan.pdf"] != "%PDF-1.7 zzplan" || !strings.HasPrefix(f["bed.png"], "\x89PNG") {
			t.Errorf("%s got %d files: %v", m, len(f), f)
		}
		says(t, got, "Attached: bed.png and plan.pdf (its author's name may stand inside).", "not passed on: invite.ics (invitations are not passed on; please write date and place).")
	}
	says(t, v.One(all, dana), "We could not pass on what was attached: invite.ics (invitations")
	// An answer with a picture goes at once, whatever the manager calls it; one with a PDF is asked about first.
	v.MustSend(carry(answer(mira, v.One(all, mira), "So."), "Mira_Lowe_bed.png", smallPNG()))
	all = v.Deliver()
	if f := files(v.One(all, dana)); len(f) != 1 || f["file-1.png"] == "" {
		t.Errorf("Dana got %v", f)
	}
	says(t, v.One(all, theo), "Attached to it: file-1.png.")
	v.MustSend(carry(answer(theo, v.One(all, theo), "Or so."), "plan.pdf", "%PDF-1.7 zzanswer", "a.txt", "Call Theo Brandt, +49 30 1234567"))
	all = v.Deliver()
	nothing(t, all, dana)
	held := v.One(all, theo)
	says(t, held, "Your name may stand inside plan.pdf", "Your name may stand inside a.txt", "With it: plan.pdf and a.txt.")
	v.MustSend(answer(theo, held, "SEND"))
	if f := files(v.One(to(v.Deliver(), dana), dana)); len(f) != 2 || f["plan.pdf"] != "%PDF-1.7 zzanswer" {
		t.Errorf("Dana got %v", f)
	}
	// A file alone is an answer; a better text keeps the files that were held; NOTE and notes carry them, too.
	notice := v.One(to(ask(v, "More", "More?"), mira), mira)
	v.MustSend(carry(answer(mira, notice, ""), "bed.png", smallPNG()))
	says(t, v.One(to(v.Deliver(), dana), dana), "(Please see what is attached.)")
	v.MustSend(carry(answer(mira, notice, "Here."), "plan.pdf", "%PDF-zz1"))
	held = v.One(v.Deliver(), mira)
	v.MustSend(answer(mira, held, "Here is the plan you wanted."))
	all = v.Deliver()
	says(t, v.One(all, mira), "Your name may stand inside plan.pdf")
	v.MustSend(answer(mira, v.One(all, mira), "NOTE"))
	all = v.Deliver()
	nothing(t, all, dana)
	if f := files(v.One(all, theo)); f["plan.pdf"] != "%PDF-zz1" {
		t.Errorf("Theo got %v", f)
	}
}

// Files lie sealed, and their bytes go after 90 days, or when their letter is forgotten.
func TestFilesAreForgotten(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(carry(post{From: dana, To: managers, Subject: "The bed", Body: "See."}, "plan.pdf", "%PDF-1.7 zzsealed"))
	v.Deliver()
	for _, name := range []string{v.DB.Path(), v.DB.Path() + "-wal"} {
		if b, err := os.ReadFile(name); err == nil && bytes.Contains(b, []byte("zzsealed")) {
			t.Errorf("a file lies open in %s", name)
		}
	}
	kept := func() (rows, bytes int) {
		v.View(func(tx *db.Tx) error {
			return tx.QueryRow("SELECT count(*), count(raw) FROM conv_attach").Scan(&rows, &bytes)
		})
		return rows, bytes
	}
	v.Pass(89 * 24 * time.Hour)
	if r, b := kept(); r != 1 || b != 1 {
		t.Errorf("%d files, %d of them kept", r, b)
	}
	v.Pass(25 * time.Hour)
	if r, b := kept(); r != 1 || b != 0 {
		t.Errorf("after 90 days: %d files, %d of them kept", r, b)
	}
	v.MustSend(carry(post{From: dana, To: managers, Subject: "Another bed", Body: "See."}, "plan.pdf", "%PDF-2"))
	v.Pass(time.Hour)
	v.Update(func(tx *db.Tx) error {
		n, err := v.Box.PurgeFiles(tx, v.Now)
		if n != 1 {
			t.Errorf("%d purged", n)
		}
		all, err2 := v.Box.List(tx, v.Member(mira), true)
		if err == nil {
			err = err2
		}
		for _, c := range all {
			if err == nil {
				err = v.Box.ForgetFiles(tx, backchannel.ConvID(c.ID))
			}
		}
		return err
	})
	if r, _ := kept(); r != 0 {
		t.Errorf("%d names are left", r)
	}
}

// A conversation of somebody without a name does not go on through a door that bears one, whatever is behind it: neither words, nor a file, nor
// a language or the name itself gets there (B10).
func TestNoDoorWithANameLeadsToAVoice(t *testing.T) {
	v := mailroomtest.New(t)
	ack := v.One(to(ask(v, "A question", "May I?"), dana), dana)
	v.Update(func(tx *db.Tx) error { _, err := tx.Exec("UPDATE conv SET anon = 1, name = 'Grey Heron'"); return err })
	french := "Je ne sais pas si cette question est pour vous, mais nous avons un souci avec les semences dans le jardin."
	if _, err := v.Send(carry(answer(dana, ack, french), "zzmine.png", smallPNG())); err == nil {
		t.Error("it is taken")
	}
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("there came\n%s", mailroomtest.Subjects(all))
	}
	if n := row(v, "SELECT name || ' ' || (SELECT count(*) FROM conv_tag) FROM conv"); n != "Grey Heron 0" {
		t.Errorf("the conversation is of %s", n)
	}
}

// An encrypted letter goes to the managers as it came, and nothing of its way with it; both sides hear that nothing could be checked (B14, FC14).
func TestEncryptedLetters(t *testing.T) {
	const pgp = "--e\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--e\r\nContent-Type: application/octet-stream; name=encrypted.asc\r\n\r\n-----BEGIN PGP MESSAGE-----\r\nzzcipher\r\n-----END PGP MESSAGE-----\r\n--e--"
	for name, c := range map[string]struct{ header, body, inner string }{
		"PGP/MIME":      {"Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=e\r\n", pgp, "multipart/encrypted"},
		"S/MIME":        {"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n", "enpjaXBoZXI=", "application/pkcs7-mime"},
		"inside a list": {"Content-Type: multipart/mixed; boundary=m\r\n", "--m\r\nContent-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=e\r\n\r\n" + pgp + "\r\n--m--", "multipart/encrypted"},
	} {
		v := mailroomtest.New(t)
		v.MustSend(post{From: dana, To: managers, Subject: "...", Body: strings.ReplaceAll(c.body, "\r\n", "\n"), Header: "MIME-Version: 1.0\r\nX-Originating-IP: 203.0.113.9\r\nUser-Agent: zzagent\r\n" + c.header})
		all := v.Deliver()
		for _, m := range []string{mira, theo} {
			got := v.One(all, m)
			says(t, got, "This letter is encrypted. It is attached as it came.", "CAREFUL: it could not be checked")
			var inner *letter.Letter
			for i, p := range got.Parts() {
				if p.IsMessage() {
					inner, _ = letter.Parse(got.Parts()[i+1].Raw())
				}
			}
			if inner == nil || inner.Parts()[0].Type != c.inner || !strings.Contains(string(inner.Raw()), "zzcipher") && !strings.Contains(string(inner.Raw()), "enpjaXBoZXI=") {
				t.Errorf("%s: %s got\n%s", name, m, got.Raw())
			}
			hides(t, got, "203.0.113.9", "zzagent", "client.example")
		}
		says(t, v.One(all, dana), "Your letter is encrypted. It was passed on as it came, and nothing in it could be checked")
		// An encrypted answer of a manager is not guessed about: it comes back.
		v.MustSend(post{From: mira, To: v.One(all, mira).ReplyTo()[0].Address.String(), Subject: "Re: ...", Body: strings.ReplaceAll(c.body, "\r\n", "\n"), Header: "MIME-Version: 1.0\r\n" + c.header})
		all = v.Deliver()
		nothing(t, all, dana)
		says(t, v.One(all, mira), "It is encrypted, so that nobody could look whether it may go out.")
	}
}
