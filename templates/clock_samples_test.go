package templates

import "time"

func clockSamples() []sample {
	return []sample{
		{"clock_manager", ClockManager{Code: "K7QX", Subject: "Sponsors", Member: "Dana", Role: "Mira, for the managers", Left: 12, Due: friday.Add(4 * 24 * time.Hour), Since: friday, Text: letter, Note: "note+c4000000000000000000000000@cmtybc.example"}},
		{"clock_manager-mine", ClockManager{Code: "K7QX", Member: "Dana", Role: "Mira, for the managers", Left: 4, Due: friday.Add(8 * time.Hour), Since: friday, Owner: "Mira", Mine: true, Urgent: true, Text: letter}},
		{"clock_manager-overdue", ClockManager{Code: "K7QX", Subject: "Sponsors", Member: "Dana", Role: "Mira, for the managers", Due: friday.Add(4 * 24 * time.Hour), Since: friday, Owner: "Theo", Text: letter}},
		{"clock_manager-told", ClockManager{Code: "K7QX", Subject: "Sponsors", Member: "Dana", Role: "Mira, for the managers", Due: friday.Add(4 * 24 * time.Hour), Since: friday, Told: true, Ombuds: true, Text: letter}},
		{"clock_manager-bare", ClockManager{Code: "K7QX", Member: "Dana", Role: "Mira, for the managers", Due: friday.Add(4 * 24 * time.Hour), Since: friday, Told: true}},
		{"clock_ombuds", ClockOmbuds{bc, "7PB2", "a report", friday, 3, []string{"Mira", "Jonas"}, false}},
		{"clock_ombuds-away", ClockOmbuds{bc, "K7QX", "a letter", friday, 0, []string{"Mira", "Jonas"}, true}},
		{"clock_ombuds-nobody", ClockOmbuds{Community: bc, Code: "K7QX", Kind: "a letter", Since: friday, Days: 1}},
		{"still_here", StillHere{bc, "K7QX", "Sponsors, first hires", friday, []string{"Mira", "Jonas"}, "ombuds@sand.example", false, true}},
		{"still_here-urgent", StillHere{bc, "K7QX", "", friday, []string{"Mira"}, "", true, true}},
		{"still_here-bare", StillHere{Community: bc, Code: "K7QX", Since: friday}},
		{"urgent_noted", UrgentNoted{bc, "K7QX", "Sponsors", []string{"Mira", "Jonas"}}},
		{"urgent_noted-bare", UrgentNoted{Community: bc, Code: "K7QX", Managers: []string{"Mira"}}},
	}
}
