package templates

import "time"

func rotaSamples() []sample {
	monday := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	weeks := []RotaWeek{{monday, "Mira", "Jonas", false}, {monday.AddDate(0, 0, 7), "Jonas", "Theo", true}}
	return []sample{
		{"rota_plan", RotaPlan{bc, weeks}},
		{"rota_plan-bare", RotaPlan{bc, []RotaWeek{{From: monday, First: "Mira"}}}},
		{"rota_swapped", RotaSwapped{bc, "Mira", weeks}},
		{"handover", Handover{bc, "Mira", "Jonas", true, "Jonas", "Theo", monday.AddDate(0, 0, 7), []OpenLetter{{"K7QX", "Dana", false, friday}, {"R4WD", "Grey Heron", true, friday}, {"W3HN", "Bree", true, friday}}, 1, 2}},
		{"handover-second", Handover{Community: bc, First: "Mira", Second: "Jonas", Until: monday.AddDate(0, 0, 7), Held: 1}},
		{"handover-bare", Handover{Community: bc, First: "Mira", You: true, Until: monday.AddDate(0, 0, 7)}},
		{"away_noted", AwayNoted{bc, friday.AddDate(0, 0, 8), false, "managers@cmtybc.example"}},
		{"away_noted-guessed", AwayNoted{bc, friday.AddDate(0, 0, 3), true, "managers@cmtybc.example"}},
	}
}
