package templates

import (
	"time"

	"backchannel/templates/refusal"
)

const question = Said("Our sponsor's PR person would like to join. Is that ok here, and under which rules?")

func publicSamples() []sample {
	const title = "Can a sponsor's PR person join? #membership"
	all := []sample{
		{"consent", Consent{Code: "K7QX", List: "All of us", Readers: 212, Subject: title, Text: question, Shows: []string{"Northgate"}, Undo: 2 * time.Minute, Days: 14}},
		{"consent-better", Consent{Code: "K7QX", List: "All of us", Subject: title, Text: question, Better: true, Days: 14}},
		{"consent-again", Consent{Code: "K7QX", List: "All of us", Subject: title, Text: question, First: "YES but without the city", Days: 14}},
		{"consent-own", Consent{Code: "K7QX", List: "All of us", Readers: 212, Subject: title, Text: question, Own: true, Days: 14}},
		{"consent-masked", Consent{Code: "K7QX", List: "All of us", Readers: 212, Subject: "Re: " + title, Text: "Thank you all.", Masked: true, Days: 14}},
		{"public_draft", PublicDraft{Code: "K7QX", Member: "Dana", List: "All of us", Subject: title, Text: letter, Shows: []string{"Northgate"}, Days: 14}},
		{"public_draft-again", PublicDraft{Code: "K7QX", Member: "Dana", List: "All of us", Subject: title, Text: letter, Days: 14, First: "SEND it"}},
		{"consent-voice", Consent{Code: "R4WD", List: "All of us", Readers: 212, Subject: title, Text: question, Voice: true, Shows: []string{"Northgate"}, Days: 14}},
		{"consent-tells", Consent{Code: "R4WD", List: "All of us", Subject: title, Text: question, Voice: true, Tells: []string{"Dana", "Reyes"}, Days: 14}},
		{"consent_end-voice", ConsentEnd{Code: "R4WD", Outcome: ConsentPosted, List: "All of us", Subject: title, Voice: true, Managers: "managers@cmtybc.example"}},
		{"consent_weak", ConsentWeak{"K7QX", "All of us", title}},
		{"calm_waits", CalmWaits{bc, "Garden talk", true, friday, "Re: Sponsor wants our member list", 14, "managers@cmtybc.example"}},
		{"calm_waits-cool", CalmWaits{Community: bc, List: "Garden talk", Until: friday, Days: 14, Managers: "managers@cmtybc.example"}},
		{"calm_waits-over", CalmWaits{Community: bc, List: "Garden talk", Subject: "Re: Sponsor wants our member list", Days: 14, Managers: "managers@cmtybc.example"}},
		{"held_post-slow", HeldPost{Community: bc, List: "Garden talk", Author: "Bill Tan (bill@south.example)", Reason: SlowMode, Days: 14}},
		{"held_post-cool", HeldPost{Community: bc, List: "Garden talk", Author: "Bill Tan (bill@south.example)", Reason: CoolDown, Days: 14}},
		{"unease_thanks", UneaseThanks{Community: bc, Title: "Sponsor wants our member list"}},
		{"unease_thanks-words", UneaseThanks{bc, "Sponsor wants our member list", true}},
		{"heat_alarm", HeatAlarm{"Sponsor wants our member list", 415, 3, 26, []HeatLetter{{"K7QX", "Dana", false}}, 2, 9, 14, 8}},
		{"heat_alarm-letters", HeatAlarm{Title: "Sponsor wants our member list", Number: 415, Voices: 2, Hours: 1, Letters: []HeatLetter{{"K7QX", "Dana", false}, {"7PB2", "Bree", true}}}},
		{"heat_alarm-unease", HeatAlarm{Title: "Sponsor wants our member list", Number: 415, Voices: 3, Hours: 1, Unease: 3, Posts: 1, PostHours: 2}},
		{"watched_post", WatchedPost{bc, "Garden talk", "Re: Sponsor wants our member list", "Bill Tan", "Never."}},
		{"watched_post-bare", WatchedPost{Community: bc, List: "Garden talk", Title: "Re: Sponsor wants our member list", Author: "Bill Tan"}},
		{"cool_notice", CoolNotice{"Let us sleep over it.", friday, true, "managers@cmtybc.example"}},
		{"cool_notice-list", CoolNotice{Text: "Let us sleep over it.", Until: friday, Managers: "managers@cmtybc.example"}},
		{"no_thread", NoThread{"K7QX", 415}},
		{"you_asked", YouAsked{"K7QX", "All of us", title, "Bill Tan", "With us they may, as guests.", false, "all@cmtybc.example", false}},
		{"you_asked-voice", YouAsked{Code: "R4WD", List: "All of us", Title: title, Author: "Alison Graf", Text: "With us they may.", Address: "all@cmtybc.example", Voice: true}},
		{"you_asked-again", YouAsked{Code: "K7QX", List: "All of us", Title: title, Author: "Alison Graf", Again: true, Address: "all@cmtybc.example"}},
		{"consent_end-twice", ConsentEnd{Code: "K7QX", Outcome: ConsentPosted, Again: true, When: friday, List: "All of us", Subject: title, Managers: "managers@cmtybc.example"}},
		{"consent_end-undo", ConsentEnd{Code: "K7QX", Outcome: ConsentPosted, List: "All of us", Subject: title, Undo: 2 * time.Minute, Managers: "managers@cmtybc.example"}},
		{"consent_told-own", ConsentTold{Code: "K7QX", Member: "Dana", Role: "Mira, for the managers", Outcome: ConsentNamed, List: "All of us", Subject: title, Own: true, Text: letter}},
	}
	for _, o := range []ConsentOutcome{
		ConsentPosted, ConsentNamed, ConsentDeclined, ConsentUndone, ConsentRemoved, ConsentCalledOff, ConsentReplaced, ConsentExpired, ConsentImpossible,
	} {
		var reason Sentence
		why, days := "", 0
		if o == ConsentImpossible {
			said := refusal.Say(refusal.NotAllowed, "held.list", "talk@cmtybc.example")
			reason, why = said, said.Sentence
		}
		if o == ConsentExpired {
			days = 14
		}
		all = append(all, sample{"consent_end-" + string(o), ConsentEnd{Code: "K7QX", Outcome: o, List: "All of us", Subject: title, Sent: o == ConsentRemoved, Why: reason, Managers: "managers@cmtybc.example"}})
		if o != ConsentCalledOff {
			all = append(all, sample{"consent_told-" + string(o), ConsentTold{Code: "K7QX", Member: "Dana", Role: "Mira, for the managers", Outcome: o, List: "All of us", Subject: title, Text: question, Days: days, Why: why}})
		}
	}
	return all
}
