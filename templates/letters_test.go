package templates

import (
	"reflect"
	"testing"
	"time"

	"backchannel/templates/refusal"
)

func letterSamples(l Language) map[string]pageRenderer {
	in := Room{In: l, Who: "mira@lowe.example", Nonce: "n0nce", Letters: "/letters", Held: "/held"}
	at := time.Date(2026, 6, 12, 14, 30, 0, 0, time.FixedZone("CEST", 7200))
	path := "/letters/cmtybc.example"
	line := LetterLine{
		Path: path + "/K7QX", Code: "K7QX", Who: "Dana Reyes (private K7QX)", Subject: "\"Is it ok if our sponsor's PR person joins?\"", State: LetterAgain, Owner: "Mira",
		Tags: []string{"membership", "vendors"}, Due: at.Add(6 * time.Hour), Urgent: true, Unread: true,
	}
	heron := LetterLine{Path: path + "/R4WD", Code: "R4WD", Who: "Grey Heron (anonymous member, R4WD)", Subject: "Burnt out <b>Really</b>", State: LetterNew, Due: at.Add(-time.Hour), Late: true}
	covered := LetterLine{Path: path + "/7PB2", Code: "7PB2", State: LetterTaken, Owner: "Theo", Covered: true}
	off := LetterLine{Path: path + "/A3TZ", Code: "A3TZ", Who: "Ada Obi (private A3TZ)", State: LetterMine, Owner: "Mira", Snoozed: at.Add(60 * time.Hour)}
	desk := LetterDesk{
		Community: bc, Managers: "managers@cmtybc.example", Path: path, Older: path + "?page=2",
		Groups: []LetterGroup{{"new", []LetterLine{heron, line}}, {"waiting", []LetterLine{covered}}, {"snoozed", []LetterLine{off}}},
	}
	done := line
	done.State, done.Due, done.Urgent, done.Unread = LetterClosed, time.Time{}, false, false
	pieces := []LetterPiece{
		{Kind: "letter", From: line.Who, At: at.Add(-2 * time.Hour), Text: "Is it ok if our sponsor's PR person joins? I didn't want to ask the stupid question in front of everyone.\n\nSee https://brightwave.example/pr <b>Really</b>",
			Below: "Dana is a member since 2024, 14 posts. Sender verified.\n\nFor managers only: (an address of ours)", Files: []LetterFile{{path + "/K7QX/0123456789abcdef/1", "plan.pdf", 123456}}},
		{Kind: "note", From: "Jonas", At: at.Add(-time.Hour), Text: "She is asking for Ann at Brightwave, careful."},
		{Kind: "own", From: "Mira, for the managers", At: at.Add(-30 * time.Minute), Text: "Not stupid at all. PR people can join as \"vendor\" members."},
		{Kind: "held", From: "The managers", At: at.Add(-20 * time.Minute), Text: "Not sent yet. Dana has not got your answer."},
		{Kind: "letter", From: line.Who, At: at, Text: "Thank you!", Unread: true},
	}
	whole := LetterPage{Room: in, Community: bc, Back: path, Line: line, Pieces: pieces, Rev: 4, Seal: "s3al", Role: "Mira, for the managers", Moves: []string{"mine", "release", "close", "close-public", "tomorrow", "week", "later", "urgent", "publish"}}
	kept, told, late := whole, whole, whole
	kept.Answer = LetterDraft{"Theo, can you look?\n555 0142 </textarea><b>Really</b>", []Guard{
		{Kind: Stale}, {Kind: OwnAddress, Line: 2, What: "555 0142"}, {Kind: OtherAddress, Line: 1, What: "bill@south.example"}, {Kind: NamesMember, What: "Dana"},
		{Kind: NoteWords, Line: 1, What: "careful"}, {Kind: ToColleague, Line: 1, What: "Theo, can you"}, {Kind: Forwarded}, {Kind: UnsureText}, {Kind: LateCommand, Line: 2, What: "/note careful"},
	}, "sur3"}
	kept.Note = LetterDraft{Text: "Zwei Wörter"}
	told.Done, told.Moves = "sent", []string{"reopen", "calm"}
	late.Stale, late.Answer.Text = true, "Yes."
	wrong := whole
	wrong.Why = refusal.Because(refusal.Invalid, "A tag is one word.")
	wrong.Note = LetterDraft{"/ntoe x", []Guard{{Kind: SlashLine, Line: 1, What: "/ntoe x"}, {Kind: NoText}}, ""}
	all := map[string]pageRenderer{
		"letter-kept": kept, "letter-told": told, "letter-late": late, "letter-wrong": wrong,
		"lost":           LetterLostPage{in, true, "", "Yes, of course."},
		"lost-out":       LetterLostPage{Room{In: l}, false, "", "Yes, of course."},
		"lost-link":      LetterLostPage{in, false, line.Path, "Yes, of course."},
		"letter-link":    LetterPage{Room: in, Community: bc, Back: path, Line: line, Pieces: pieces[:1], ByLink: true},
		"letters":        LettersPage{Room: in, Desks: []LetterDesk{desk}},
		"letters-none":   LettersPage{Room: in, Desks: []LetterDesk{{Community: bc, Managers: "managers@cmtybc.example", Path: path}, {Community: "Nurses", Managers: "managers@nurses.example", Path: "/letters/nurses.example"}}},
		"letters-closed": LettersPage{Room: in, Closed: true, Desks: []LetterDesk{{Community: bc, Managers: "managers@cmtybc.example", Path: path, Newer: path + "/closed", Groups: []LetterGroup{{"closed", []LetterLine{done}}}}}},
		"letters-shut":   LettersPage{Room: in, Closed: true, Desks: []LetterDesk{{Community: bc, Managers: "managers@cmtybc.example", Path: path}}},
		"letter":         whole,
		"letter-covered": LetterPage{Room: in, Community: bc, Back: path, Line: covered},
		"letter-closed":  LetterPage{Room: in, Community: bc, Back: path + "/closed", Line: done, Pieces: pieces[:1]},
	}
	for _, move := range []string{"noted", "mine", "release", "close", "close-public", "reopen", "tomorrow", "week", "later", "urgent", "calm", "publish", "tag"} {
		if title := in.titleOf("done." + move); title == "done."+move {
			all["done."+move] = LetterLostPage{} // no such sentence: it cannot be written
		}
	}
	return all
}

// What was said in private does not fit into a page of posts: no field of theirs, however deep, is of its type.
func TestPagesOfPostsTakeNoPrivateWords(t *testing.T) {
	private := reflect.TypeOf(Confided(""))
	var holds func(reflect.Type) bool
	holds = func(in reflect.Type) bool {
		switch {
		case in == private:
			return true
		case in.Kind() == reflect.Slice:
			return holds(in.Elem())
		case in.Kind() == reflect.Struct && in != reflect.TypeOf(time.Time{}):
			for i := range in.NumField() {
				if holds(in.Field(i).Type) {
					return true
				}
			}
		}
		return false
	}
	for _, page := range []any{ArchivePage{}, ThreadsPage{}, ThreadPage{}, PostPage{}, FoundPage{}, ChoicesPage{}, FrontPage{}, MissingPage{}, SorryPage{}} {
		if holds(reflect.TypeOf(page)) {
			t.Errorf("%T can hold what was said in private", page)
		}
	}
	if !holds(reflect.TypeOf(LettersPage{})) || !holds(reflect.TypeOf(LetterPage{})) || reflect.TypeOf(Said("")).AssignableTo(private) || private.AssignableTo(reflect.TypeOf(Said(""))) {
		t.Error("this test looks at the wrong type")
	}
}
