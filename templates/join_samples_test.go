package templates

import "backchannel/templates/refusal"

func joinSamples() []sample {
	managers, join := "managers@cmtybc.example", "join@cmtybc.example"
	answers := []JoinAnswer{{"What community do you tend?", "A list of 900 volunteer nurses, for eight years now."}, {"Do you sell to communities?", "No."}, {"Who knows you here?", ""}}
	votes := []Ballot{{"Mira", "YES", "I met her at the fair."}, {"Theo", "ABSTAIN", ""}}
	vote := JoinVote{Community: bc, Code: "A3TZ", Name: "Ada Obi", Address: "ada@nurses-ng.example", Answers: answers, Raw: "Sent with warm greetings from Lagos.", Domain: "nurses-ng.example",
		Sponsor: "Bree Okafor", Confirmed: SponsorYes, Votes: 2, Hours: 72, Decides: "Theo"}
	conflict := vote
	conflict.Conflict, conflict.Former, conflict.Colleagues, conflict.Confirmed = true, true, 2, SponsorAsked
	yours := vote
	yours.You, yours.Confirmed, yours.Asked, yours.Told = true, SponsorNo, "How many are you?", "Nine hundred, of whom thirty write."
	invited := JoinVote{Community: bc, Code: "A3TZ", Address: "ada@nurses-ng.example", Domain: "nurses-ng.example", Sponsor: "Bree Okafor", Invited: true, Votes: 1, Hours: 72}
	return []sample{
		{"join_confirm", JoinConfirm{bc, true, false, 14}},
		{"join_confirm-bare", JoinConfirm{Community: bc, Days: 14}},
		{"join_confirm-again", JoinConfirm{Community: bc, Again: true, Days: 14}},
		{"join_member", JoinMember{bc, doors}},
		{"join_member-bare", JoinMember{Community: bc}},
		{"join_questions", JoinQuestions{bc, []Said{"What community do you tend?", "Do you sell to communities?"}, false, 14}},
		{"join_questions-again", JoinQuestions{bc, []Said{"What community do you tend?"}, true, 14}},
		{"join_waits", JoinWaits{bc, 72, managers, false}},
		{"join_waits-already", JoinWaits{bc, 72, managers, true}},
		{"join_vote", vote},
		{"join_vote-conflict", conflict},
		{"join_vote-yours", yours},
		{"join_vote-invited", invited},
		{"join_tally", JoinTally{bc, "A3TZ", "Ada Obi", votes, 2, VoteOpen, "Bree Okafor", SponsorAsked, ""}},
		{"join_tally-rota", JoinTally{bc, "A3TZ", "Ada Obi", votes, 2, VoteOpen, "Bree Okafor", SponsorNo, "Theo"}},
		{"join_tally-accepted", JoinTally{bc, "A3TZ", "Ada Obi", votes, 2, VoteAccepted, "Bree Okafor", SponsorYes, ""}},
		{"join_tally-declined", JoinTally{Community: bc, Code: "A3TZ", Name: "Ada Obi", Votes: []Ballot{{"Mira", "VETO", "She sells lists."}}, Needed: 2, Outcome: VoteDeclined}},
		{"join_tally-expired", JoinTally{Community: bc, Code: "A3TZ", Name: "Ada Obi", Votes: votes[1:], Needed: 2, Outcome: VoteExpired}},
		{"join_vote_help", JoinVoteHelp{bc, "A3TZ", "Ada Obi", "I think so", false, false}},
		{"join_vote_help-veto", JoinVoteHelp{Community: bc, Code: "A3TZ", Name: "Ada Obi", Reason: true}},
		{"join_vote_help-ask", JoinVoteHelp{Community: bc, Code: "A3TZ", Name: "Ada Obi", Question: true}},
		{"join_decided", JoinDecided{bc, "A3TZ", "Ada Obi", VoteAccepted, friday}},
		{"join_decided-declined", JoinDecided{bc, "A3TZ", "", VoteDeclined, friday}},
		{"join_decided-expired", JoinDecided{bc, "A3TZ", "", VoteExpired, friday}},
		{"join_ask", JoinAsk{bc, "How many are you?", 14}},
		{"join_asked", JoinAsked{bc, "A3TZ", "Ada Obi", "Mira", "How many are you?"}},
		{"join_sponsor", JoinSponsor{bc, "Bree", "Ada Obi", "ada@nurses-ng.example", 14, false}},
		{"join_sponsor-again", JoinSponsor{Community: bc, Address: "ada@nurses-ng.example", Days: 14, Again: true}},
		{"join_thanks", JoinThanks{Community: bc}},
		{"join_thanks-late", JoinThanks{bc, true}},
		{"join_draft", JoinDraft{bc, "A3TZ", "Ada Obi", "Your wish to join " + bc, "Hello Ada,\n\nthank you for writing.", false, 14}},
		{"join_draft-others", JoinDraft{bc, "A3TZ", "Ada Obi", "Your wish to join " + bc, "Hello Ada,\n\nthank you for writing.", true, 11}},
		{"join_declined", JoinDeclined{bc, "Ada", "We take nobody who sells to communities. Should you stop, write again.", managers, 30}},
		{"join_declined-bare", JoinDeclined{Community: bc, Managers: managers, Days: 30}},
		{"join_end", JoinEnd{bc, false, join, managers}},
		{"join_end-asked", JoinEnd{bc, true, join, managers}},
		{"invitation", Invitation{bc, "Mira Lowe", true, false, 14}},
		{"invitation-trusted", Invitation{Community: bc, By: "Bree Okafor", Days: 14}},
		{"invitation-bare", Invitation{Community: bc, Accepted: true, Days: 14}},
		{"invitation-again", Invitation{Community: bc, Accepted: true, Again: true, Days: 14}},
		{"invitation_noted", InvitationNoted{bc, []Invited{{Address: "ada@nurses-ng.example"}, {Address: "ola@reed.example", Why: refusal.Say(refusal.Conflict, "invite.going", "ola@reed.example")}}}},
		{"invitation_noted-unsaid", InvitationNoted{bc, []Invited{{Address: "ada@nurses-ng.example", Unsaid: true}, {Address: "ola@reed.example", Why: refusal.Say(refusal.NotAllowed, "invite.most", 3)}}}},
		{"invitation_noted-nobody", InvitationNoted{Community: bc}},
		{"intro_prompt", IntroPrompt{bc, "Ada", "Garden talk", 14}},
		{"intro_prompt-bare", IntroPrompt{Community: bc, List: "Garden talk", Days: 14}},
		{"intro_preview", IntroPreview{bc, "Garden talk", 212, "Hello from Ada Obi #intro", "I grow beans on a balcony in Lagos.", 14, ""}},
		{"intro_preview-named", IntroPreview{bc, "Garden talk", 212, "Hello from Ada Obi #intro", "I grow beans on a balcony in Lagos.", 14, "on"}},
		{"intro_preview-unnamed", IntroPreview{bc, "Garden talk", 212, "Hello from Ada Obi #intro", "I grow beans on a balcony in Lagos.", 14, "off"}},
		{"intro_preview-posted", IntroPreview{bc, "Garden talk", 212, "Hello from Ada Obi #intro", "I grow beans on a balcony in Lagos.", 14, "posted"}},
		{"greeter", Greeter{bc, "Bree", "Ada Obi", "Garden talk", "I grow beans on a balcony in Lagos.", "everyone+k7@cmtybc.example", "digest@cmtybc.example"}},
		{"greeter-bare", Greeter{Community: bc, List: "Garden talk", Text: "Beans.", Everyone: "everyone+k7@cmtybc.example", Settings: "digest@cmtybc.example"}},
		{"intro_end", IntroEnd{Community: bc, List: "Garden talk", Posted: true}},
		{"intro_end-empty", IntroEnd{Community: bc, List: "Garden talk", Empty: true}},
		{"intro_end-late", IntroEnd{Community: bc, List: "Garden talk", Late: true}},
		{"intro_end-dropped", IntroEnd{Community: bc, List: "Garden talk"}},
		{"welcome_week", WelcomeWeek{bc, "Ada", managers}},
		{"welcome_month", WelcomeMonth{bc, "Ada", managers, "help@cmtybc.example"}},
		{"back_again", BackAgain{bc, "", false, []string{"Garden talk", "Jobs"}, doors}},
		{"back_again-late", BackAgain{Community: bc, Late: true, Doors: doors}},
		{"back_again-list", BackAgain{Community: bc, List: "Jobs", Doors: managersOnly}},
		{"back_again-gone", BackAgain{Community: bc, List: "Jobs", Late: true, Doors: managersOnly}},
		{"farewell-list", Farewell{bc, "Dana Reyes", "Jobs", "Nothing for me."}},
		{"farewell_noted", FarewellNoted{bc}},
		{"farewell", Farewell{bc, "Dana Reyes", "", "Too much mail for me at the moment."}},
		{"left_community-undo", LeftCommunity{bc, 7, doors}},
	}
}
