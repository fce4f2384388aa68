package templates

import (
	"time"

	"backchannel/templates/refusal"
)

func jamSamples() []sample {
	questions := Said("What did you wish you had known?\nWhat would you do again?")
	announced := JamPost{"#onboarding", friday.AddDate(0, 0, 10), friday.AddDate(0, 0, 14), questions, "managers@cmtybc.example", "digest@cmtybc.example"}
	one := announced
	one.To = one.From
	return []sample{
		{"jam_post", announced}, {"jam_post-day", one},
		{"jam_ask", JamAsk{Community: bc, List: "Garden talk", Tag: "#onboarding", Subject: "Jam #onboarding, 22 June to 26 June", Text: questions, Own: true, Days: 14}},
		{"jam_ask-ours", JamAsk{Community: bc, List: "Garden talk", Tag: "#onboarding", Subject: "Jam #onboarding, 22 June to 26 June", Text: questions, Days: 14}},
		{"jam_ask-summary", JamAsk{Community: bc, List: "Garden talk", Tag: "#onboarding", Subject: "Summary of the jam #onboarding", Text: "We learned that a first call helps most.", Summary: true, Days: 30}},
		{"jam_back", JamBack{bc, "/jam onboarding 26-22 June", refusal.Say(refusal.Invalid, "jam.order", Day{At: time.Date(2026, 6, 22, 0, 0, 0, 0, time.UTC)}, Day{At: time.Date(2026, 6, 26, 0, 0, 0, 0, time.UTC)})}},
		{"jam_off", JamOff{Community: bc, Tag: "#onboarding"}}, {"jam_off-manager", JamOff{bc, "#onboarding", "Mira"}},
		{"jam_end", JamEnd{bc, "Garden talk", "#onboarding", 2, []WholePost{
			{Who: "Bill Tan", When: friday.AddDate(0, 0, 10), Text: "A first call."},
			{Who: "Alison Graf", When: friday.AddDate(0, 0, 11), Files: Files{Names: []File{{"plan.pdf", 180}}}}}, 3, false, 30}},
		{"jam_end-gone", JamEnd{Community: bc, List: "Garden talk", Tag: "#onboarding", People: 1, Posts: []WholePost{{Who: "Bill Tan", When: friday, Text: "A first call."}}, Gone: true, Days: 30}},
		{"jam_daily", JamDaily{Community: bc, Tag: "#onboarding", From: announced.From, To: announced.To, Hour: 8}},
		{"jam_daily-off", JamDaily{Community: bc, Off: true, Tag: "#onboarding", From: announced.From, To: announced.To, Hour: 8}},
		{"jam_daily-none", JamDaily{Community: bc, None: true}},
		{"jam_day", JamDay{Community: bc, List: "Garden talk", Tag: "#onboarding", Posts: 2, Left: 1, Threads: []Thread{{Number: 418, Subject: "First call #onboarding", New: 2, People: 2,
			Excerpts: []Excerpt{{Who: "Bill Tan", When: friday.AddDate(0, 0, 10), Text: "We phone everybody who is new."}, {Who: "Alison Graf", When: friday.AddDate(0, 0, 10), Text: "And if they do not answer?"}},
			Everyone: "everyone+m3kqzt7vbn0c9yhw2fgx5adp1r@cmtybc.example", Privately: "private+m3kqzt7vbn0c9yhw2fgx5adp1r@cmtybc.example", Whole: "send+m3kqzt7vbn0c9yhw2fgx5adp1r@cmtybc.example"}}}},
		{"jam_day-last", JamDay{Community: bc, List: "Garden talk", Tag: "#onboarding", Posts: 1, Last: true, Threads: []Thread{{Number: 418, Subject: "First call #onboarding", New: 1, People: 1, Excerpts: []Excerpt{{Who: "Bill Tan", When: friday.AddDate(0, 0, 10), Text: "We phone everybody who is new."}}}}}},
		{"jam_end-bare", JamEnd{Community: bc, List: "Garden talk", Tag: "#onboarding", Days: 30}},
	}
}
