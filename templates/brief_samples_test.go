package templates

import "time"

func briefSamples() []sample {
	private, everyone, vote := "private+m1000000000000000000000000@cmtybc.example", "all@cmtybc.example", "vote+v2000000000000000000000000@cmtybc.example"
	return []sample{
		{"morning_brief", MorningBrief{bc, "", friday.AddDate(0, 0, 3), "Jonas",
			[]BriefLetter{{"K7QX", "Dana", "Is it ok if our sponsor's PR person joins?", friday.Add(12 * time.Hour), false, true, "Theo", private},
				{"W3HN", "Bree", "May I?", friday.AddDate(0, 0, -1), true, false, "", private}, {"R4WD", "Grey Heron", "", friday.AddDate(0, 0, 4), false, false, "", private}},
			[]BriefPost{{"What I learned from 900 nurses", "Ada Obi", "Everyone", "5 hours", "vote+v1000000000000000000000000@cmtybc.example"}},
			[]BriefJoin{{Code: "A3TZ", Name: "Ada Obi", Answer: vote}, {Code: "B7QQ", Name: "Tom Ek", Decides: "Mira", You: true, Answer: vote}, {Code: "C1AA", Name: "Kim", Decides: "Theo", Answer: vote},
				{Code: "D2BB", Name: "Ola", Letter: true, Answer: vote}},
			[]BriefPost{{"How do you measure quiet readers?", "Bree", "Everyone", "4 days", everyone}},
			[]BriefPost{{"Hello from Lagos", "Tom Ek", "Everyone", "2 days", everyone}},
			[]BriefHeat{{"Sponsor wants our member list", 3, "private+h1000000000000000000000000@cmtybc.example"}, {"Beans", 1, "private+h2000000000000000000000000@cmtybc.example"}},
			[]BriefThanks{{"Kim", "Great issue, thank you!"}}, nil, false}},
		{"morning_brief-bare", MorningBrief{Community: bc, Thanks: []BriefThanks{{"Kim", "Thanks!"}, {"Ola", "Nice."}}}},
		{"morning_brief-ask", MorningBrief{Community: bc, Ask: []BriefAsk{{"Garden talk", ListQuestion(1), "talk@cmtybc.example"}, {"Jobs", ListQuestion(10), "jobs@cmtybc.example"}}, AskTurns: true}},
		{"morning_brief-ombuds", MorningBrief{Community: bc, Lost: "ombuds@cmtybc.example"}},
		{"morning_brief-few", MorningBrief{Community: bc, Letters: []BriefLetter{{Code: "W3HN", Member: "Olga", First: "Press", Answer: private}}, Held: []BriefPost{{Author: "Ada Obi", List: "Everyone", Age: "1 day", Answer: "vote+v1000000000000000000000000@cmtybc.example"}}}},
	}
}
