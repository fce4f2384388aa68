package templates

func jamSamples() []sample {
	questions := Said("What did you wish you had known?\nWhat would you do again?")
	announced := JamPost{"#onboarding", friday.AddDate(0, 0, 10), friday.AddDate(0, 0, 14), questions, "managers@cmtybc.example"}
	one := announced
	one.To = one.From
	return []sample{
		{"jam_post", announced}, {"jam_post-day", one},
		{"jam_ask", JamAsk{Community: bc, List: "Garden talk", Tag: "#onboarding", Subject: "Jam #onboarding, 22 June to 26 June", Text: questions, Own: true, Days: 14}},
		{"jam_ask-ours", JamAsk{Community: bc, List: "Garden talk", Tag: "#onboarding", Subject: "Jam #onboarding, 22 June to 26 June", Text: questions, Days: 14}},
		{"jam_ask-summary", JamAsk{Community: bc, List: "Garden talk", Tag: "#onboarding", Subject: "Summary of the jam #onboarding", Text: "We learned that a first call helps most.", Summary: true, Days: 30}},
		{"jam_back", JamBack{bc, "/jam onboarding 31 June", "A jam needs a tag and its days."}},
		{"jam_off", JamOff{Community: bc, Tag: "#onboarding"}}, {"jam_off-manager", JamOff{bc, "#onboarding", "Mira"}},
		{"jam_end", JamEnd{bc, "Garden talk", "#onboarding", 2, []WholePost{
			{Who: "Bill Tan", When: friday.AddDate(0, 0, 10), Text: "A first call."},
			{Who: "Alison Graf", When: friday.AddDate(0, 0, 11), Files: Files{Names: []File{{"plan.pdf", 180}}}}}, 3, false, 30}},
		{"jam_end-gone", JamEnd{Community: bc, List: "Garden talk", Tag: "#onboarding", People: 1, Posts: []WholePost{{Who: "Bill Tan", When: friday, Text: "A first call."}}, Gone: true, Days: 30}},
		{"jam_end-bare", JamEnd{Community: bc, List: "Garden talk", Tag: "#onboarding", Days: 30}},
	}
}
