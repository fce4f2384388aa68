package templates

import "testing"

func returnsSamples() []sample {
	managers := "managers@cmtybc.example"
	return []sample{
		{"probe", Probe{bc, "Dana", "dana@north.example", friday, managers}},
		{"probe-bare", Probe{Community: bc, Address: "dana@north.example", Last: friday, Managers: managers}},
		{"welcome_back", WelcomeBack{bc, "dana@north.example", friday, true, managers}},
		{"welcome_back-bare", WelcomeBack{Community: bc, Address: "dana@north.example", Managers: managers}},
		{"spam_pressed", SpamPressed{bc, "Garden talk", "talk-request@cmtybc.example", managers}},
		{"spam_pressed-digest", SpamPressed{Community: bc, Back: "weekly@cmtybc.example", Managers: managers}},
		{"stays_here", StaysHere{bc, false, "north.example", managers}},
		{"stays_here-manager", StaysHere{bc, true, "lowe.example", managers}},
		{"answer_lost", AnswerLost{"K7QX", "Sponsors, first hires", "Dana", "550 5.1.1", "Mira, for the managers"}},
		{"answer_lost-bare", AnswerLost{Code: "K7QX", Member: "Dana", Why: "552 5.2.2", Role: "Mira, for the managers"}},
		{"came_back", CameBack{bc,
			[]PausedMember{{"Ed Gone <ed@gone.example>", "550 5.1.1 no such user"}, {Name: "Ann <ann@gone.example>"}},
			[]RefusedMail{{"gmail.com", 12, TroubleIdentity, "This mail has been blocked because the sender is unauthenticated."}, {"web.example", 1, TroubleWhim, ""}},
			[]FailedLetter{{"4t9k2mzq@south.example", 9, "554 5.3.0 Something broke here"}},
			[]SpamComplaint{{"Bill Tan", "Garden talk"}, {Member: "Ines Roth"}}, 2}},
		{"came_back-paused", CameBack{Community: bc, Paused: []PausedMember{{Name: "Ed Gone <ed@gone.example>"}}}},
		{"came_back-refused", CameBack{Community: bc, Refused: []RefusedMail{
			{"a.example", 1, TroubleReputation, ""}, {"b.example", 2, TroubleContent, ""}, {"c.example", 3, TroublePace, ""}, {"d.example", 4, TroubleSize, ""},
			{"e.example", 5, TroubleEncryption, ""}, {"f.example", 6, TroubleRelaying, ""}}}},
	}
}

// A mail about nothing, or for a reason that nobody can say, is not written.
func TestCameBackNeedsSomething(t *testing.T) {
	for name, c := range map[string]CameBack{
		"nothing":        {Community: bc},
		"no such reason": {Community: bc, Refused: []RefusedMail{{"a.example", 1, "weather", ""}}},
		"nobody":         {Community: bc, Paused: []PausedMember{{}}},
	} {
		if mail, err := c.Render(); err == nil {
			t.Errorf("%s: %s", name, mail.Text)
		}
	}
}
