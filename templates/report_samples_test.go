package templates

import "time"

func reportSamples() []sample {
	const humiliating = Said("Theo's answer in the sponsor thread was humiliating.")
	post := &Quote{Who: "Theo Brandt", Text: "Read the rules before you ask."}
	return []sample{
		{"report_received", ReportReceived{Community: bc, Code: "7PB2", Without: []Left{{"Theo", WhyNamed}}, With: []string{"Mira", "Jonas"}, Ombuds: "ombuds@cmtybc.example", Hours: 8}},
		{"report_received-bare", ReportReceived{Community: bc, Code: "7PB2", With: []string{"Mira", "Jonas"}}},
		{"report_received-one", ReportReceived{Community: bc, Code: "7PB2", Without: []Left{{"Theo", WhyAuthor}, {"Jonas", WhyEmployer}}, With: []string{"Mira"}, OmbudsToo: true,
			Ombuds: "ombuds@cmtybc.example", Hours: 8, NotPassed: []string{"shot.png"}, Unverified: true}},
		{"report_received-again", ReportReceived{Community: bc, Code: "7PB2", Without: []Left{{"Jonas", WhyNamed}}, With: []string{"Mira"}, Again: true}},
		{"report_received-turned", ReportReceived{Community: bc, Code: "7PB2", Without: []Left{{"Theo", WhyNamed}}, With: []string{"Mira", "Jonas"}, Again: true, Turned: true, Hours: 8}},
		{"report_received-several", ReportReceived{Community: bc, Code: "7PB2", Without: []Left{{"Mira", WhyNamed}, {"Ada", WhyEmployer}, {"Theo", WhyNamed}, {"Kim", WhyEmployer}, {"Lou", WhyAsked}, {"Ren", WhyAsked}},
			With: []string{"Jonas", "Eva"}, Ombuds: "ombuds@cmtybc.example", Hours: 8}},
		{"report_received-away", ReportReceived{Community: bc, Code: "7PB2", With: []string{"Mira", "Jonas"}, Ombuds: "ombuds@cmtybc.example", Hours: 8, AwayUntil: friday.Add(10 * 24 * time.Hour)}},
		{"restricted_waits", RestrictedWaits{"7PB2", false, "Back-channel/Reports", false}},
		{"restricted_waits-note", RestrictedWaits{"7PB2", true, "Back-channel/Notes", true}},
		{"report_notice", ReportNotice{Code: "7PB2", Subject: "An answer", Text: humiliating, Member: "Bree Okafor", Role: "Mira, for the managers", Without: []string{"Theo"}, Others: []string{"Jonas"},
			Post: post, PostTitle: "Re: Sponsors", History: []string{"3 March 2026: explained"}, Note: "note+c4@cmtybc.example", Files: []string{"shot.png", "minutes.pdf (its author's name may stand inside)"}}},
		{"report_notice-bare", ReportNotice{Code: "7PB2", Member: "Bree Okafor", Role: "Mira, for the managers", Unverified: true}},
		{"report_notice-sealed", ReportNotice{Code: "7PB2", Member: "Bree Okafor", Role: "Mira, for the managers", Sealed: true}},
		{"report_notice-one", ReportNotice{Code: "7PB2", Text: humiliating, Member: "Grey Heron", Role: "The managers", Without: []string{"Theo", "Jonas"}, OmbudsToo: true, Anonymous: true, Urgent: true, Again: true,
			Why: "Grey Heron lets you see this letter.", Earlier: []Quote{{"Grey Heron", "I would rather not say."}}, NotPassed: []string{"shot.png"}}},
		{"ombuds_letter-nobody", OmbudsLetter{Community: bc, Code: "7PB2", Reason: NobodyMayRead, Subject: "An answer", Member: "Bree Okafor", Managers: []string{"Mira", "Theo"}, Text: humiliating, Post: post, Forward: true, Unverified: true}},
		{"ombuds_letter-one", OmbudsLetter{Community: bc, Code: "7PB2", Reason: OneMayRead, Subject: "An answer", Member: "Bree Okafor", Managers: []string{"Theo"}, With: []string{"Mira"}, Text: humiliating, NotPassed: []string{"shot.png"}}},
		{"ombuds_letter-outside", OmbudsLetter{Community: bc, Code: "7PB2", Reason: ForOmbuds, Subject: "Locked out", Member: "Olga", Address: "olga@press.example", Text: "They do not answer me.", Files: []string{"shot.png"}}},
		{"ombuds_letter-sealed", OmbudsLetter{Community: bc, Code: "7PB2", Reason: ForOmbuds, Member: "Bree Okafor", Sealed: true, Forward: true}},
		{"ombuds_has", OmbudsHas{Community: bc, Code: "7PB2", Subject: "An answer", Ombuds: "ombuds@cmtybc.example", Without: []Left{{"Mira", WhyNamed}, {"Theo", WhyAsked}}, Managers: "managers@cmtybc.example", Report: true, NotPassed: []string{"shot.png"}}},
		{"ombuds_has-everybody", OmbudsHas{Community: bc, Code: "7PB2", Subject: "All of you", Ombuds: "ombuds@cmtybc.example", Without: []Left{{"Mira", WhyNamed}, {"Theo", WhyNamed}, {"Jonas", WhyNamed}}, Managers: "managers@cmtybc.example", Report: true}},
		{"ombuds_has-letter", OmbudsHas{Community: bc, Code: "7PB2", Ombuds: "ombuds@cmtybc.example", Managers: "managers@cmtybc.example"}},
		{"ombuds_lost", OmbudsLost{bc, "7PB2", "All of you", "550 5.1.1", []string{"Mira", "Theo", "Jonas"}, "managers@cmtybc.example"}},
		{"ombuds_lost-stranger", OmbudsLost{Community: bc, Code: "7PB2", Why: "550 5.1.1", Address: "managers@cmtybc.example"}},
		{"manager_answer-beside", ManagerAnswer{Code: "K7QX", Text: "Yes.", Beside: 1}},
		{"answer_held-restricted", AnswerHeld{Code: "7PB2", Member: "Bree", Sendable: true, Days: 14, Text: answer, NewsWaits: true, Guards: []Guard{{Kind: Stale, What: "Jonas added a note"}}}},
		{"answer_held-place", AnswerHeld{Code: "K7QX", Member: "Dana", Sendable: true, Days: 14, Then: []string{"/outcome"}, Guards: []Guard{{Kind: TakesPlace, What: "Bill Tan"}}}},
		{"may_read-stranger", MayRead{Community: bc, Code: "K7QX", Days: 14}},
		{"hand_over", HandOver{Community: bc, Code: "7PB2", Subject: "An answer", Name: "Jonas", Days: 14, Text: "Jonas was not there, and is fair."}},
		{"hand_over-again", HandOver{Community: bc, Code: "7PB2", Name: "Jonas", Days: 14, First: "Why him?"}},
		{"ombuds_told", OmbudsTold{bc, "7PB2", "Bree Okafor has said yes: Jonas has it now."}},
		{"outcome_letter-explained", OutcomeLetter{Community: bc, Outcome: Explained, Title: "Re: Sponsors", Managers: "managers@cmtybc.example", Ombuds: "ombuds@cmtybc.example"}},
		{"outcome_letter-warned", OutcomeLetter{Community: bc, Outcome: Warned, Words: "Two people felt put down.", Managers: "managers@cmtybc.example"}},
		{"outcome_letter-hold", OutcomeLetter{Community: bc, Outcome: OnHold, Title: "Re: Sponsors", Managers: "managers@cmtybc.example"}},
		{"outcome_letter-removed", OutcomeLetter{Community: bc, Outcome: TakenOut, Managers: "managers@cmtybc.example"}},
		{"outcome_told-hold", OutcomeTold{"7PB2", OnHold, "Mira", "Bill Tan", "/trust bill@south.example 2", "Dana Reyes", "Jonas, for the managers", "note+c4@cmtybc.example"}},
		{"outcome_told-removed", OutcomeTold{"7PB2", TakenOut, "Mira", "Bill Tan", "member add bill@south.example", "Dana Reyes", "Jonas, for the managers", "note+c4@cmtybc.example"}},
		{"report_closed-explained", ReportClosed{Community: bc, Code: "7PB2", Outcome: Explained, Ombuds: "ombuds@cmtybc.example"}},
		{"report_closed-warned", ReportClosed{Community: bc, Code: "7PB2", Outcome: Warned, Words: "It took a while, sorry."}},
		{"report_closed-hold", ReportClosed{Community: bc, Code: "7PB2", Outcome: OnHold}},
		{"report_closed-removed", ReportClosed{Community: bc, Code: "7PB2", Outcome: TakenOut}},
		{"report_closed-nothing", ReportClosed{Community: bc, Code: "7PB2", Outcome: NoCase}},
	}
}
