package templates

import (
	"strings"
	"testing"
	"time"
)

// RFC 1153 in every detail that programs rely on.
func TestPlainDigest(t *testing.T) {
	d := Digest{Community: bc, Slot: fridays, To: friday, Sections: []Section{{List: "Garden talk", Threads: []Thread{{Number: 7, Subject: "Which compost for tomatoes?", New: 2, People: 2}}}}}
	plain := PlainDigest{Digest: d, Issue: 163, Posts: []PlainPost{
		{Date: friday.AddDate(0, 0, -3), From: "Bill Tan <bill@south.example>", To: "Garden talk", Subject: "Which compost\r\nBcc: for tomatoes?", MessageID: "1@client.example", Tags: []string{"#soil", "#tomatoes"},
			Text: "Mine is too wet.\n------------------------------\nWhat do you use, now that every shop has something of its own that it calls the best of all?"},
		{Date: friday.AddDate(0, 0, -2), From: "Ines Roth <ines@west.example>", To: "Garden talk", Subject: "Frost tonight", Files: Files{Names: []File{{"bed.jpg", 80}}}},
		{Date: friday.AddDate(0, 0, -2), From: "Ines Roth <ines@west.example>", To: "Garden talk", Subject: "Both", Files: Files{Names: []File{{"bed.jpg", 80}}}, Text: "See."},
	}}
	mail, err := plain.Compose()
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "plain_digest.txt", mail.Subject+"\n\n"+mail.Text)
	if mail.HTML != "" {
		t.Error("it has HTML")
	}
	if n := strings.Count(mail.Text, "\n\n"+strings.Repeat("-", 30)+"\n\n"); n != 3 {
		t.Errorf("%d posts can be told apart", n)
	}
	for _, bad := range []PlainPost{{}, {Date: time.Time{}, From: "a", To: "b", Subject: "c"}, {Date: friday, To: "b", Subject: "c"}} {
		plain.Posts = []PlainPost{bad}
		if _, err := plain.Compose(); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}
