package backchannel_test

import (
	"strings"
	"testing"
	"time"
)

// B5, B10: what comes with a letter without a name is held, until its writer says WITH FILE and has seen it once more; then it goes, under
// a number for a name. It lies sealed until then (LP7).
func TestAnonymousFiles(t *testing.T) {
	v := crowd(t)
	v.MustSend(carry(burntOut, "Reyes rota.pdf", "%PDF-1.7 zzrota", "notes.txt", "Dana was here", "invite.ics", "BEGIN:VCALENDAR\n"))
	preview := v.One(v.Deliver(), dana)
	says(t, preview, "Held back: Reyes rota.pdf and notes.txt.", "Not passed on: invite.ics (invitations", "WITH FILE let the files go with it", `file-2.txt: "Dana" in line 1: your name`)
	if n := row(v, "SELECT count(*) FROM raw WHERE instr(bytes, 'zzrota')") + row(v, "SELECT count(*) FROM anon_draft WHERE instr(box, 'zzrota')"); n != "00" {
		t.Error("a file of hers can be read in the database")
	}
	// YES alone leaves them behind.
	v.MustSend(answer(dana, preview, "YES"))
	v.Deliver()
	v.Pass(61 * time.Minute)
	if f := files(v.One(v.Deliver(), mira)); len(f) != 0 {
		t.Errorf("without a word there went %v", f)
	}

	v.MustSend(carry(burntOut, "Reyes rota.pdf", "%PDF-1.7 zzrota", "notes.txt", "Dana was here"))
	preview = v.One(v.Deliver(), dana)
	v.MustSend(answer(dana, preview, "with file"))
	again := v.One(v.Deliver(), dana)
	says(t, again, "It goes with the letter: file-1.pdf (its author's name may stand inside) and file-2.txt.", "close to quitting")
	hides(t, again, "Held back", "WITH FILE")
	v.Pass(61 * time.Minute)
	nothing(t, v.Deliver(), mira)
	v.MustSend(carry(answer(dana, again, "I moderate alone, and here is the plan."), "plan.pdf", "%PDF-1.7 zzplan")) // others than before: asked anew
	again = v.One(v.Deliver(), dana)
	says(t, again, "Held back: plan.pdf.")
	v.MustSend(answer(dana, again, "WITH FILE"))
	again = v.One(v.Deliver(), dana)
	v.MustSend(answer(dana, again, "YES"))
	v.Deliver()
	v.Pass(61 * time.Minute)
	all := v.Deliver()
	for _, who := range []string{mira, theo, jonas} {
		got := v.One(all, who)
		if f := files(got); len(f) != 1 || f["file-1.pdf"] != "%PDF-1.7 zzplan" {
			t.Errorf("%s got %v", who, f)
		}
		says(t, got, "Attached: file-1.pdf (its author's name may stand inside).")
		hides(t, got, "plan.pdf", "rota", dana)
	}
	// In a conversation, too; and in one's own name they go as always.
	v.MustSend(answer(mira, v.One(all, mira), "Thank you."))
	back := v.One(v.Deliver(), dana)
	v.MustSend(carry(answer(dana, back, "One more."), "bed.png", smallPNG()))
	preview = v.One(v.Deliver(), dana)
	v.MustSend(answer(dana, preview, "WITH FILE"))
	v.MustSend(answer(dana, v.One(v.Deliver(), dana), "YES"))
	v.Deliver()
	v.Pass(61 * time.Minute)
	if f := files(v.One(v.Deliver(), theo)); len(f) != 1 || !strings.HasPrefix(f["file-1.png"], "\x89PNG") {
		t.Errorf("Theo got %d files", len(f))
	}
	v.MustSend(answer(mira, v.One(all, mira), "/close"))
	v.Deliver()
	v.MustSend(carry(burntOut, "plan.pdf", "%PDF-1.7 zzplan"))
	v.MustSend(answer(dana, v.One(v.Deliver(), dana), "NAME ME"))
	if f := files(v.One(to(v.Deliver(), mira), mira)); f["file-1.pdf"] != "%PDF-1.7 zzplan" {
		t.Errorf("in her own name there went %v", f)
	}
	// WITH FILE without a file is asked about.
	v.MustSend(burntOut)
	v.MustSend(answer(dana, v.One(v.Deliver(), dana), "WITH FILE"))
	says(t, v.One(v.Deliver(), dana), `Your reply begins with "WITH FILE"`)
}
