package templates

import (
	"time"

	"backchannel/templates/refusal"
)

// The community of the product's examples. Its people are invented.
var (
	friday = time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC)

	doors = Doors{
		Managers: "managers@cmtybc.example", Help: "help@cmtybc.example", Join: "join@cmtybc.example", Leave: "leave@cmtybc.example",
		Each: "each@cmtybc.example", Daily: "daily@cmtybc.example", Weekly: "weekly@cmtybc.example", Monthly: "monthly@cmtybc.example",
		NoDigest: "nodigest@cmtybc.example", Oops: "oops@cmtybc.example", Anon: "anon@cmtybc.example", Report: "report@cmtybc.example",
		Ombuds: "ombuds@cmtybc.example", OmbudsName: "A. Sand",
	}
	managersOnly = Doors{Managers: "managers@cmtybc.example"}
	fridays      = Slot{Weekly, time.Friday, 8, "America/Chicago"}
)

var commandLines = []CommandLine{{"/mine", "You take the letter; your colleagues see it as yours."}, {"/close [p|n]", "It is done; p says that it could have been public, n that it could not."}}

const (
	bc     = "Community BackChannel"
	letter = Said("Is it ok if our sponsor's PR person joins? I didn't want to ask the stupid question in front of everyone.")
	answer = Said("Not stupid at all. PR people can join as \"vendor\" members: they read and answer, they don't pitch.\n\nCould we put your question on the list without your name?")
)

func samples() []sample {
	all := []sample{
		{"weak_post", WeakPost{bc, "Garden talk", "Frost tonight", "Cover your seedlings.\n\nInes", 212, 14}},
		{"wrong_door-slash", WrongDoor{Community: bc, List: "Garden talk", Subject: "Re: x", Preview: "/note she is difficult", Never: true, Days: 14, Doubts: []Doubt{{SlashFirst, "/note she is difficult"}}}},
		{"wrong_door-unnamed", WrongDoor{Community: bc, List: "Garden talk", Subject: "Re: PR people", Preview: "Thank you all.", Unnamed: true, Readers: 212, Days: 14, Doubts: []Doubt{{Kind: OwnName}}}},
		{"confirm_help-slash", ConfirmHelp{Community: bc, Question: AskSlash, Subject: "x"}},
		{"confirm_help-named", ConfirmHelp{Community: bc, Question: AskNamed, Subject: "x", List: "Garden talk", Readers: 212, First: "PUBLIC"}},
		{"taken_back", TakenBack{bc, RecalledSent, "Garden talk", "Frost tonight", 0, 60, "managers@cmtybc.example"}},
		{"taken_back-unsent", TakenBack{Community: bc, Outcome: RecalledUnsent, List: "Garden talk"}},
		{"taken_back-held", TakenBack{Community: bc, Outcome: RecalledHeld, List: "Garden talk", Subject: "Frost tonight"}},
		{"taken_back-nothing", TakenBack{Community: bc, Outcome: RecalledNothing, Days: 7, Managers: "managers@cmtybc.example"}},
		{"post_taken_back", PostTakenBack{bc, "Garden talk", "Dana Reyes", "Frost tonight"}},
		{"redacted_post", RedactedPost{"Garden talk", true}},
		{"redacted_post-managers", RedactedPost{List: "Garden talk"}},
		{"weak_post-bare", WeakPost{Community: bc, List: "Garden talk", Days: 1}},
		{"wrong_door", WrongDoor{Community: bc, List: "Garden talk", Subject: "Re: Sponsors, first hires", Readers: 212, Days: 14,
			Doubts:  []Doubt{{Kind: AnswersDigest}, {SoundsPrivate, "Dear managers, just between us"}},
			Preview: "Dear managers, just between us: I agree with that.\n\n> Bill Tan, Tue: \"We named one before launch and would do it again, because nobody else wanted to\""}},
		{"wrong_door-both", WrongDoor{Community: bc, List: "Garden talk", Subject: "May a vendor join?", Delivered: true, Days: 14, Doubts: []Doubt{{Kind: BothDoors}}, Preview: "Our supplier asks."}},
		{"wrong_door-quotes", WrongDoor{Community: bc, List: "Garden talk", Days: 14, Doubts: []Doubt{{Kind: AnswersPrivate}, {QuotesPrivate, "[private K7QX]"}}}},
		{"other_sender", OtherSender{bc, "Dana Reyes <dana@elsewhere.example>", false, "Re: Sponsors", "I think so too.", 14}},
		{"other_sender-everyone", OtherSender{Community: bc, From: "eve@evil.example", Public: true, Days: 14}},
		{"wrong_door-unsure", WrongDoor{Community: bc, List: "Garden talk", Days: 14, Doubts: []Doubt{{Kind: UnsureCut}}, Preview: "I think so too."}},
		{"wrong_door-answer", WrongDoor{Community: bc, List: "Garden talk", Subject: "Re: Please confirm", Readers: 212, Days: 14, Doubts: []Doubt{{LooseAnswer, "YES"}}, Preview: "YES"}},
		{"not_posted", NotPosted{bc, "Garden talk", "unsubscribe"}},
		{"wrong_door-word", WrongDoor{Community: bc, List: "Garden talk", Word: true, Subject: "Re: What is it called?", Readers: 212, Days: 14, Doubts: []Doubt{{LooseOrder, "NAME THE BEAN"}}, Preview: "NAME THE BEAN"}},
		{"confirm_help-bare", ConfirmHelp{Community: bc, Question: AskHeld, Subject: "Slugs", List: "Garden talk", Readers: 212, First: "FIX", Bare: true}},
		{"confirm_help-thread", ConfirmHelp{Community: bc, Question: AskThread, Subject: "x", List: "Garden talk", Readers: 212}},
		{"thread_ended", ThreadEnded{bc, "Garden talk", false, "Frost tonight", "Re: Frost tonight", "It came back.", 212, 14}},
		{"thread_ended-closed", ThreadEnded{Community: bc, List: "Garden talk", Closed: true, Days: 14}},
		{"thread_ended-bare", ThreadEnded{Community: bc, List: "Garden talk", Days: 14}},
		{"public_help", PublicHelp{bc, PublicBeside, "418", "First hire: formal role or volunteer?", "PUBLIC 418 We elected ours."}},
		{"public_help-unknown", PublicHelp{Community: bc, Why: PublicUnknown, Number: "814", Preview: "We elected ours."}},
		{"public_help-foreign", PublicHelp{Community: bc, Why: PublicForeign, Number: "418", Preview: "We elected ours."}},
		{"public_help-number", PublicHelp{Community: bc, Why: PublicNumber, Preview: "We elected ours."}},
		{"public_help-empty", PublicHelp{Community: bc, Why: PublicEmpty, Number: "418", Title: "First hire: formal role or volunteer?"}},
		{"settings", Settings{Community: bc, Slot: fridays, Digest: true, Format: "alt", MinPosts: 1, Follows: []string{"roles"}, Muted: []string{"#jobs", "418"},
			Lists:  []ListSetting{{"Garden talk", "talk", InDigest}, {"Jobs", "jobs", NoMail}, {Name: "Walks", Word: "walks"}},
			Answer: "confirm+k7@cmtybc.example", Leave: "leave@cmtybc.example"}},
		{"settings-you", Settings{Community: bc, Slot: fridays, Format: "text", MinPosts: 1, Answer: "confirm+k7@cmtybc.example", Name: "Dana Reyes", Addresses: []string{"dana@north.example", "dana@work.example"}, OwnCopy: true, Listed: true, Greets: "on", Alone: true, Intro: "posted", Done: []SettingDone{
			{What: SetName, Value: "Dana Reyes", Undo: "NAME Dana"}, {What: SetOwnCopy, Value: "on", Undo: "OWN COPY OFF"}, {What: SetOwnCopy, Value: "off"}, {What: SetIntro, Value: "on", Undo: "INTRODUCE POSTED"}, {What: SetIntro, Value: "off"}, {What: SetIntro, Value: "posted"}, {What: SetHello, Value: "off", Undo: "HELLO ON"}, {What: SetHello, Value: "on"}, {What: SetGreet, Value: "off", Undo: "GREET ON"}, {What: SetGreet, Value: "on", Same: true}, {What: SetAddress, Value: "dana@new.example"},
			{What: SetAddressAdd, Value: "dana@new.example"}, {What: SetAddressFirst, Value: "dana@work.example", Undo: "ADDRESS FIRST dana@north.example"}, {What: SetAddressRemove, Value: "dana@old.example"}, {What: SetAddressShown, Value: "show", Undo: "ADDRESS HIDE"}, {What: SetAddressShown, Value: "hide", Same: true}}}},
		{"settings-done", Settings{Community: bc, Slot: fridays, Format: "text", MinPosts: 3, Answer: "confirm+k7@cmtybc.example", Away: friday, Back: friday.AddDate(0, 0, 14), Done: []SettingDone{
			{What: SetPeriod, Slot: &fridays, Undo: "DAILY 7"}, {What: SetLanguage, Value: "de", Undo: "LANGUAGE en"}, {What: SetFormat, Value: "text", Undo: "FORMAT BOTH"}, {What: SetMin, Value: "3", Undo: "MIN 1"},
			{What: SetDelivery, List: "Garden talk", Delivery: EachPost, Undo: "talk DIGEST"}, {What: SetFollow, Value: "roles", Same: true}, {What: SetUnfollow, Value: "cats", Undo: "FOLLOW cats"},
			{What: SetMute, Thread: 418, Undo: "UNMUTE 418"}, {What: SetUnmute, Value: "jobs", Undo: "MUTE jobs"},
			{What: SetVacation, From: friday, To: friday.AddDate(0, 0, 13), Undo: "VACATION OFF"}, {What: SetVacation}}}},
		{"settings-shown", Settings{Community: bc, Slot: fridays, Format: "text", MinPosts: 1, Answer: "confirm+k7@cmtybc.example", Done: []SettingDone{{What: SetAddressShown, Value: "show", Undo: "ADDRESS HIDE"}}}},
		{"settings-greet", Settings{Community: bc, Slot: fridays, Format: "text", MinPosts: 1, Greets: "off", Answer: "confirm+k7@cmtybc.example", Done: []SettingDone{{What: SetGreet, Value: "off", Undo: "GREET ON"}}}},
		{"settings-wrong", Settings{Community: bc, Intro: "on", Wrong: "WEAKLY FRYDAY", Slot: fridays, Digest: true, Format: "mime", MinPosts: 1, Answer: "confirm+k7@cmtybc.example"}},
		{"settings-why", Settings{Community: bc, Intro: "off", Why: refusal.Say(refusal.NotFound, "list.unknown", "tolk"), Slot: fridays, Format: "rfc1153", MinPosts: 1, Answer: "confirm+k7@cmtybc.example"}},
		{"settings-unsure", Settings{Community: bc, Unsure: true, Slot: fridays, Format: "alt", MinPosts: 1, Answer: "confirm+k7@cmtybc.example"}},
		{"whole_thread", WholeThread{bc, "Garden talk", 418, "First hire: formal role or volunteer?", []WholePost{
			{"Bill Tan", friday.AddDate(0, 0, -3), "We named one before launch and would do it again.\n\n  - one\n  - two", Files{}, "everyone+k7@cmtybc.example"},
			{Who: "Alison Graf", When: friday.AddDate(0, 0, -1), Files: Files{Names: []File{{"plan.pdf", 180}}}}}, 2, "everyone+q2@cmtybc.example"}},
		{"whole_thread-bare", WholeThread{Community: bc, List: "News", Number: 3, Title: "Meeting", Posts: []WholePost{{Who: "Mira", When: friday, Text: "On Monday."}}}},
		{"nothing_new", NothingNew{Community: bc, Since: friday}},
		{"nothing_new-none", NothingNew{Community: bc, None: true, Doors: doors}}, {"nothing_new-bare", NothingNew{Community: bc}},
		{"held_end-posted", HeldEnd{bc, Posted, "Frost tonight", "Garden talk", 0, ""}},
		{"held_end-undecided", HeldEnd{bc, Undecided, "Frost tonight", "", 14, ""}},
		{"held_end-expired", HeldEnd{bc, Expired, "Frost tonight", "", 14, ""}},
		{"held_end-handed", HeldEnd{Community: bc, Outcome: Handed, Subject: "May a vendor join?"}},
		{"held_end-accepted", HeldEnd{Community: bc, Outcome: Accepted, Subject: "Re: Sponsors"}}, {"held_end-sent", HeldEnd{Community: bc, Outcome: Sent, Subject: "Re: Sponsors"}}, {"held_end-dropped", HeldEnd{Community: bc, Outcome: Dropped}},
		{"already_decided", AlreadyDecided{bc, Posted, friday, "Mira", "Frost tonight", "Garden talk"}}, {"already_decided-bare", AlreadyDecided{Community: bc, Outcome: Dropped, When: friday}},
		{"confirm_help", ConfirmHelp{Community: bc, Question: AskDoor, Subject: "Re: Sponsors", List: "Garden talk", Readers: 212, First: "Yes please, the public one"}},
		{"confirm_help-post", ConfirmHelp{Community: bc, Question: AskPost, List: "Garden talk"}},
		{"not_for_you", NotForYou{bc, doors, "Re: x", "Bill uses the address of somebody else"}},
		{"not_for_you-bare", NotForYou{Community: bc}},
		{"part_refused", PartRefused{bc, "Two lists at once", []RefusedAddress{{"news@cmtybc.example", refusal.Say(refusal.NotAllowed, "list.managers", "news@cmtybc.example", "managers@cmtybc.example")}}}},
		{"held_end-declined", HeldEnd{Community: bc, Outcome: Declined, Subject: "Great offer"}},
		{"held_post", HeldPost{Community: bc, List: "Garden talk", Author: "Ada Obi (ada@nurses.example)", Reason: Newcomer, Subject: "Beans in pots", Preview: "They climb the railing.", Days: 14}},
		{"held_post-long", HeldPost{bc, "Garden talk", "Ada Obi (ada@nurses.example)", Newcomer, "Beans in pots", "They climb the railing.", 4200, []string{"beans.jpg", "plan.pdf"}, 14, false, 0, false, 0, "", ""}},
		{"held_post-many", HeldPost{Community: bc, List: "Garden talk", Author: "Bill Tan (bill@south.example)", Reason: TooMany, Days: 14}},
		{"post_refused", PostRefused{bc, "Garden talk", "Great offer", "We are a no-sales zone, but tell us how you make them.", "managers@cmtybc.example"}},
		{"post_refused-bare", PostRefused{Community: bc, List: "Garden talk"}},
		{"post_waits", PostWaits{bc, "Garden talk", TooMany, "One more thing", 10, 0, "", 14}},
		{"post_waits-newcomer", PostWaits{Community: bc, List: "Garden talk", Reason: Newcomer, Days: 14}},
	}
	for _, more := range [][]sample{
		moderationSamples(), privateSamples(), reportSamples(), clockSamples(), anonSamples(), figureSamples(), rotaSamples(),
		briefSamples(), previewSamples(), memberSamples(), wishSamples(), joinSamples(), returnsSamples(), keepSamples(), publicSamples(), jamSamples(),
	} {
		all = append(all, more...)
	}
	return append(all, digestSamples()...)
}

func privateSamples() []sample {
	return []sample{
		{"acknowledgement", Acknowledgement{Community: bc, Code: "K7QX", Subject: "Re: Sponsors, first hires, 3 unanswered", Managers: []string{"Mira", "Theo", "Jonas"},
			Within: 6, Post: true, Thread: 415, Title: "Sponsor wants our member list", KeptDays: 180, Doors: doors, Phone: "+1 555 0199", NotPassed: []string{"plan.pdf (180 KB)"}}},
		{"acknowledgement-duty", Acknowledgement{Community: bc, Code: "K7QX", Managers: []string{"Mira", "Theo"}, OnDuty: "Mira", Within: 6, Working: "mon-fri"}},
		{"acknowledgement-away", Acknowledgement{Community: bc, Code: "K7QX", Managers: []string{"Mira", "Theo"}, AwayUntil: friday.Add(10 * 24 * time.Hour)}},
		{"acknowledgement-bare", Acknowledgement{Community: bc, Code: "K7QX"}},
		{"acknowledgement-outsider", Acknowledgement{Community: bc, Code: "K7QX", Subject: "A question", Outsider: true, Answered: friday, Phone: "+1 555 0199"}},
		{"manager_notice", ManagerNotice{Code: "K7QX", Text: letter, Member: "Dana", Role: "Mira, for the managers", Since: 2024, Posts: 14,
			Lists: []string{"Garden talk", "Jobs"}, FromDigest: friday, Due: friday.Add(12 * time.Hour), Others: []string{"Theo", "Jonas"}, NotPassed: []string{"plan.pdf (180 KB)"},
			CopiesBeside: 1, Commands: true, Note: "note+c4000000000000000000000000@cmtybc.example"}},
		{"manager_notice-files", ManagerNotice{Code: "K7QX", Subject: "Sponsors", Text: letter, Member: "Dana", Role: "Mira, for the managers", Files: []string{"plan.pdf (its author's name may stand inside)", "bed.jpg"},
			NotPassed: []string{"invite.ics (invitations are not passed on; please write date and place)"}}},
		{"manager_notice-sealed", ManagerNotice{Code: "K7QX", Subject: "Encrypted", Member: "Dana", Role: "Mira, for the managers", Sealed: true}},
		{"acknowledgement-foreign", Acknowledgement{Community: bc, Code: "K7QX", Managers: []string{"Mira"}, Foreign: true}},
		{"manager_notice-advert", ManagerNotice{Code: "K7QX", Subject: "GROW YOUR LIST NOW", Text: "We place you first.", Member: "Sally Sells", Role: "The managers", Outsider: true, Address: "sally@sells.example", Advert: true}},
		{"manager_notice-foreign", ManagerNotice{Code: "K7QX", Subject: "Une question", Text: "Je ne sais pas.", Member: "Dana", Role: "Mira, for the managers", Foreign: "French"}},
		{"acknowledgement-sealed", Acknowledgement{Community: bc, Code: "K7QX", Subject: "Encrypted", Managers: []string{"Mira"}, Sealed: true}},
		{"answer_held-files", AnswerHeld{Code: "K7QX", Member: "Dana", Sendable: true, Days: 14, Text: "See the plan.", Files: []string{"plan.pdf", "bed.jpg"},
			Guards: []Guard{{Kind: ShowsAuthor, What: "plan.pdf"}, {Kind: Attached, What: "winmail.dat (it is Outlook's own format, and nothing in it can be read)"}}}},
		{"manager_answer-file", ManagerAnswer{Code: "K7QX", Subject: "Sponsors"}},
		{"note_copy-file", NoteCopy{Code: "K7QX", Member: "Dana", By: "Jonas"}},
		{"colleague_answered-files", ColleagueAnswered{Code: "K7QX", Colleague: "Mira", Member: "Dana", Text: "See the plan.", Files: []string{"plan.pdf"}}},
		{"manager_notice-bare", ManagerNotice{Code: "K7QX", Member: "Dana", Role: "Mira, for the managers", Unverified: true}},
		{"manager_notice-again", ManagerNotice{Code: "K7QX", Subject: "Re: Sponsors", Member: "Dana", Role: "Mira, for the managers", Again: true, FromThread: "Sponsor wants our member list",
			Text:    "Thank you.\n\n    indented stays as it is\n> a quoted line that is much too wide to stand on one line, as mail programs like to write them\nlast",
			Earlier: []Quote{{"Mira", "Not stupid at all."}, {"Dana", "Is it ok if our sponsor's PR person joins?"}}}},
		{"manager_notice-outsider", ManagerNotice{Code: "W3HN", Text: "Hello", Member: "Eve", Role: "Mira, for the managers", Outsider: true, Address: "eve@press.example"}},
		{"manager_answer", ManagerAnswer{Code: "K7QX", Subject: "Re: Sponsors, first hires", Text: answer, Asked: letter, Public: "all@cmtybc.example"}},
		{"manager_answer-bare", ManagerAnswer{Code: "K7QX", Text: "Yes."}},
		{"answer_held", AnswerHeld{Code: "K7QX", Member: "Dana", Text: answer, Sendable: true, Days: 14,
			Guards: []Guard{{Kind: Stale, What: "Jonas added a note"}, {Kind: OwnAddress, Line: 3, What: "+1 555 0142"}, {Kind: ToColleague, Line: 1, What: "Theo, can you"}},
			News:   []Quote{{"Jonas", "keep an eye on her supplier, he sold to two members"}}}},
		{"answer_held-slash", AnswerHeld{Code: "K7QX", Member: "Dana", Guards: []Guard{{Kind: SlashLine, What: "/ntoe she is difficult", Usage: "/note TEXT"}}, Text: "/ntoe she is difficult"}},
		{"answer_held-other", AnswerHeld{Code: "K7QX", Member: "Dana", Sendable: true, Days: 14, Text: "Yes.", Guards: []Guard{{Kind: Unverified}, {Kind: FromElse, What: "mira@home.example"},
			{Kind: OtherAddress, What: "ann@brightwave.example"}, {Kind: NoteWords, What: "careful, Ann sold to two members"}, {Kind: NamesMember, Line: 2, What: "Bill Tan"}, {Kind: Forwarded}, {Kind: UnsureText}, {Kind: UnsureText, What: "Dana dixit:"}, {Kind: Attached, What: "plan.pdf"}}}},
		{"answer_held-empty", AnswerHeld{Code: "K7QX", Member: "Dana", Guards: []Guard{{Kind: NoText}, {Kind: EncryptedText}, {Kind: NoAccess}}}},
		{"answer_held-late", AnswerHeld{Code: "K7QX", Member: "Dana", Guards: []Guard{{Kind: LateCommand, Line: 3, What: "/note she is difficult"}}, Text: "Yes.\n\n/note she is difficult", Sendable: true, Days: 14}},
		{"answer_held-command", AnswerHeld{Code: "K7QX", Member: "Dana", Guards: []Guard{{Kind: BadCommand, What: "/give Tom", Usage: "/give NAME", Why: "There is no manager called Tom."}}, Text: "/give Tom\nYes.",
			Commands: commandLines}},
		{"answer_held-note", AnswerHeld{Code: "K7QX", Member: "Dana", Sendable: true, Days: 14, Note: true, Text: "She asked that before.", Alias: "mira@home.example", Guards: []Guard{{Kind: FromElse, What: "mira@home.example"}}}},
		{"answer_held-below", AnswerHeld{Code: "K7QX", Member: "Dana", Sendable: true, Days: 14, Text: "Yes.", Cc: []string{"Theo"}, Then: []string{"/close", "/tag"}, Guards: []Guard{{Kind: BelowNote}}}},
		{"note_copy", NoteCopy{"K7QX", "Sponsors, first hires", "Dana", "Jonas", "She is asking for Ann at Brightwave, careful, Ann sold to two members last year.", []string{"Theo"}}},
		{"note_copy-bare", NoteCopy{Code: "K7QX", Member: "Dana", By: "Jonas", Text: "Careful."}},
		{"note_lost", NoteLost{bc, "She asked that before."}},
		{"note_lost-bare", NoteLost{Community: bc}},
		{"commands_done", CommandsDone{bc, "K7QX", "Dana", []string{"Theo has it now.", "It comes back on Monday, 15 June at 08:00."}, true, "Mira, for the managers"}},
		{"commands_done-alone", CommandsDone{Community: bc, Code: "K7QX", Member: "Dana", Said: []string{"Theo has it now."}, Role: "Mira, for the managers"}},
		{"commands_done-bare", CommandsDone{Community: bc, Said: []string{"Theo is locked out when a second manager says /lock Theo too, before two days are over."}}},
		{"command_help", CommandHelp{bc, "K7QX", "Dana", "Mira, for the managers", "note+c4000000000000000000000000@cmtybc.example", commandLines}},
		{"command_help-bare", CommandHelp{Community: bc, Commands: commandLines}},
		{"manager_notice-given", ManagerNotice{Code: "K7QX", Subject: "Sponsors", Text: letter, Member: "Grey Heron", Role: "Theo, for the managers", Anonymous: true, Urgent: true, Why: "Mira gave this letter to you."}},
		{"manager_lock", ManagerLock{Community: bc, Name: "Theo", By: []string{"Mira"}}},
		{"manager_lock-done", ManagerLock{Community: bc, Name: "Theo", By: []string{"Mira", "Jonas"}, Done: true}},
		{"manager_lock-you", ManagerLock{Community: bc, Name: "Theo", By: []string{"Mira", "Jonas"}, Done: true, You: true}},
		{"who_knows", WhoKnows{Code: "K7QX", Member: "Dana Reyes", Role: "Mira, for the managers", Since: 2024, Kind: "practitioner", Trust: 2, Lists: []string{"Garden talk", "Jobs"}, Letters: 3,
			Owner: "Mira", Readers: []Sight{{"Mira", friday, false}, {"Jonas", friday, true}}, Without: []string{"Theo"}}},
		{"who_knows-anonymous", WhoKnows{Code: "R4WD", Member: "Grey Heron", Role: "Mira, for the managers", Anonymous: true, Readers: []Sight{{Name: "Mira"}}}},
		{"who_knows-outsider", WhoKnows{Code: "W3HN", Member: "Olga", Role: "Mira, for the managers", Outsider: true, Address: "olga@press.example", Readers: []Sight{{Name: "Mira"}}}},
		{"letter_copy", LetterCopy{"K7QX", "Dana", "Mira, for the managers", 4, false, 1, 1}},
		{"letter_copy-notes", LetterCopy{"K7QX", "Dana", "The managers", 1, true, 2, 2}},
		{"letter_log", LetterLog{"K7QX", "Dana", "Mira, for the managers", []LogLine{{friday, "Dana", "wrote", letter}, {friday.Add(time.Hour), "Mira", "took it", ""}, {friday.Add(2 * time.Hour), "Mira", "answered", answer}}}},
		{"command_returned", CommandReturned{bc, "/snoze 3d", "", "", "/snoze 3d", commandLines}},
		{"command_returned-why", CommandReturned{bc, "/mine", "/mine is about one letter. Please send it as a reply to that letter.", "/mine", "/mine", commandLines}},
		{"acknowledgement-named", Acknowledgement{Community: bc, Code: "K7QX", Subject: "The sponsor thread", Managers: []string{"Mira", "Jonas"}, Without: []string{"Theo"}, Removed: []string{"Bill Tan"}}},
		{"acknowledgement-named-several", Acknowledgement{Community: bc, Code: "K7QX", Subject: "The sponsor thread", Managers: []string{"Mira"}, Without: []string{"Theo", "Jonas"}}},
		{"manager_notice-named", ManagerNotice{Code: "K7QX", Subject: "The sponsor thread", Text: "I think Theo was wrong.", Member: "Dana", Role: "Mira, for the managers", Others: []string{"Jonas"}, Without: []string{"Theo"}}},
		{"may_read", MayRead{bc, "K7QX", "The sponsor thread", []string{"Mira"}, "ombuds@cmtybc.example", 14, ""}},
		{"may_read-again", MayRead{Community: bc, Code: "K7QX", Names: []string{"Mira", "Theo"}, Days: 14, First: "Maybe"}},
		{"may_read_end-ombuds", MayReadEnd{bc, "K7QX", "The sponsor thread", "A. Sand", 0, "managers@cmtybc.example"}},
		{"may_read_end-dropped", MayReadEnd{Community: bc, Code: "K7QX", Managers: "managers@cmtybc.example"}},
		{"may_read_end", MayReadEnd{Community: bc, Code: "K7QX", Days: 14, Managers: "managers@cmtybc.example"}},
		{"writer_choice", WriterChoice{bc, "K7QX", "The sponsor thread", "Theo", true, false, "", []string{"Mira", "Theo", "Jonas"}}},
		{"writer_choice-not", WriterChoice{Community: bc, Code: "K7QX", Name: "Theo", Managers: []string{"Mira"}}},
		{"writer_choice-last", WriterChoice{Community: bc, Code: "K7QX", Name: "Theo", Last: true, Ombuds: "ombuds@cmtybc.example"}},
		{"ombuds_letter", OmbudsLetter{Community: bc, Code: "K7QX", Reason: WriterWishes, Subject: "The sponsor thread", Member: "Dana Reyes", Managers: []string{"Mira"}, Text: "I think Mira was wrong.", Forward: true}},
		{"ombuds_letter-empty", OmbudsLetter{Community: bc, Code: "K7QX", Reason: MoreOfIt, Member: "Dana Reyes"}},
		{"answer_end", AnswerEnd{"K7QX", "Dana", "Sponsors, first hires", 14}},
		{"answer_end-dropped", AnswerEnd{Code: "K7QX", Member: "Dana"}},
		{"colleague_answered-bare", ColleagueAnswered{Code: "K7QX", Colleague: "Mira", Member: "Dana", Text: "Yes."}},
		{"colleague_answered", ColleagueAnswered{"K7QX", "Sponsors, first hires", "Mira", "Dana", "Theo, for the managers", answer, nil, "note+c4000000000000000000000000@cmtybc.example"}},
	}
}

func memberSamples() []sample {
	lists := []ListLine{{"Garden talk", "talk@cmtybc.example", EachPost}, {"Jobs", "jobs@cmtybc.example", InDigest}, {"News", "news@cmtybc.example", NoMail}}
	return []sample{
		{"welcome", Welcome{bc, "Dana", lists, doors, &fridays, "", true, true, "Be kind.\nSign with your name.", "lists.cmtybc.example"}},
		{"welcome-sales", Welcome{Community: bc, Lists: lists[:1], Doors: managersOnly, NoSales: true, Rules: "Use what you learn, but do not say who said it."}},
		{"welcome-guessed", Welcome{Community: bc, Member: "Dana", Lists: lists, Doors: doors, Slot: &fridays, Guessed: "digest@cmtybc.example"}},
		{"welcome-bare", Welcome{Community: bc, Lists: lists[:1], Doors: managersOnly}},
		{"help_members", HelpMembers{bc, lists, doors, &fridays, "lists.cmtybc.example", true}},
		{"help_members-bare", HelpMembers{Community: bc, Doors: managersOnly}},
		{"settings_changed-weekly", SettingsChanged{bc, InDigest, &fridays, friday, false, nil, doors}},
		{"settings_changed-each", SettingsChanged{Community: bc, Delivery: EachPost, Same: true, Lists: []string{"Garden talk", "Jobs"}}},
		{"settings_changed-none", SettingsChanged{Community: bc, Delivery: NoMail, Doors: doors}},
		{"settings_changed-monthly", SettingsChanged{Community: bc, Delivery: InDigest, Slot: &Slot{Monthly, time.Monday, 7, "Europe/Berlin"}}},
		{"left_community", LeftCommunity{Community: bc, Doors: doors}},
		{"left_community-bare", LeftCommunity{Community: bc}},
		{"left_list", LeftList{bc, "Jobs", []string{"Garden talk", "News"}, 7, doors}},
		{"left_list-bare", LeftList{Community: bc, List: "Jobs"}},
		{"digest_off", DigestOff{bc, []string{"Garden talk"}, doors}},
		{"digest_off-bare", DigestOff{Community: bc}},
		{"set_aside", SetAside{bc, "s7k2m9q4", friday, "Garden talk"}},
		{"set_aside-bare", SetAside{Community: bc, Story: "s7k2m9q4", Received: friday}},
	}
}

func digestSamples() []sample {
	const archived = "https://cmtybc.example/archive/cmtybc.example/talk"
	tuesday, wednesday := friday.AddDate(0, 0, -3), friday.AddDate(0, 0, -2)
	token := func(kind string) string { return kind + "+4t9k2mzq8v7xw0hj3c6rb1dnpf@cmtybc.example" }
	hire := Thread{Number: 418, Subject: "First CM hire: formal role or volunteer?", New: 5, People: 4, Tags: []string{"#roles"}, Why: []Because{{Follows, []string{"#roles"}}},
		Excerpts: []Excerpt{
			{Who: "Bill Tan", When: tuesday, Text: "We named one before launch and would do it again. It took us half a year to find out that nobody felt responsible, and another half to say so aloud…"},
			{Who: "Alison Graf", When: wednesday, Text: "Mine emerged; nobody appointed me…", Context: []string{"who appointed yours?"}},
		},
		Everyone: token("everyone"), Privately: token("private"), Whole: token("send"), Path: archived + "/thread/418", AnswerTo: "418.x@client.example"}
	report := Thread{Number: 402, Subject: "Report template", New: 2, People: 2, Why: []Because{{Reason: Wrote}}, Excerpts: []Excerpt{{Who: "Ola", When: tuesday, Files: Files{Names: []File{{"plan.pdf", 180}, {"rota.xlsx", 20}}}}}}
	first := Digest{Community: bc, Slot: fridays, To: friday, Sections: []Section{{List: "Garden talk", Threads: []Thread{
		{Subject: "Which compost for tomatoes?", New: 2, People: 2, Excerpts: []Excerpt{{Who: "Bill Tan", When: tuesday, Text: "Mine is too wet. What do you use?"}, {Who: "Alison Graf", When: wednesday, Text: "Horse manure, two years old."}}},
		{Subject: "Frost tonight", New: 1, People: 1, Excerpts: []Excerpt{{Who: "Ines Roth", When: wednesday, Text: "Cover your seedlings."}}},
	}}}}
	full := Digest{Community: bc, Slot: fridays, From: friday.AddDate(0, 0, -7), To: friday, Numbers: &Numbers{Posts: 341, Threads: 109, People: 90}, Sections: []Section{
		{List: "Garden talk", Brief: []Brief{{402, "Report template", 2}, {411, "A subject that goes on and on until it does not fit into the line that we have for it", 1}}, More: 57, Path: archived},
		{List: "Jobs", Threads: []Thread{{Number: 421, Subject: "Part-time post in Lisbon", New: 1, People: 1}}, More: 1},
	}}
	return []sample{
		{"digest-full", full},
		{"digest", Digest{
			Community: bc, Slot: fridays, From: friday.AddDate(0, 0, -7), To: friday, PublicWord: true,
			Note:    &DigestNote{"Mira", "Thanks for the honest sponsor thread. Please keep names of sponsors out of it.\nJam week on onboarding starts 22 June."},
			Numbers: &Numbers{Posts: 31, Threads: 11, People: 19, First: 2, HalfIn: 3 * time.Hour, Letters: 7, Bridged: 2},
			Unanswered: []Thread{{Number: 409, Subject: "How do you measure quiet readers?", Asker: "Bree Okafor", Waiting: 4, Everyone: token("everyone"), Privately: token("private"),
				Excerpts: []Excerpt{{Who: "Bree Okafor", When: tuesday, Asked: true, Text: "We see 60 names a month out of 210. I have no idea whether the rest read at all…"}}}},
			Sections: []Section{
				{List: "Garden talk", Threads: []Thread{hire, report}, Brief: []Brief{{411, "Minutes of May", 1}, {Subject: "Thanks"}}},
				{List: "Jobs", Threads: []Thread{{Number: 421, Subject: "Part-time post in Lisbon", New: 1, People: 1}}},
			},
			Jam:        &Jam{"#mslocjam", "Onboarding: what did you wish you had known?", 12, 7, "private+m3kqzt7vbn0c9yhw2fgx5adp1r@cmtybc.example"},
			NewMembers: []NewMember{{"Ada Obi", "I run a volunteer nurses' list"}, {Name: "Tom Ek"}},
			Events:     []DigestEvent{{"18 June 16:00 UTC", "Call on onboarding"}},
			Offers:     []Offer{{431, "Sam", "Pots, made by hand"}},
			Removed:    1, Doors: doors, Rule: "Confidential to members: use what you learn, not who said it.",
		}},
		{"digest-bare", first},
		{"digest-daily", Digest{Community: bc, Slot: Slot{Daily, 0, 7, "Europe/Berlin"}, From: friday, To: friday, Numbers: &Numbers{Posts: 1, Threads: 1, People: 1, HalfIn: 20 * time.Minute, Letters: 4}, PublicWord: true,
			Sections: []Section{{List: "Garden talk", Threads: []Thread{report}}}, Removed: 2}},
		{"digest-quiet", Digest{Community: bc, Slot: Slot{Monthly, time.Monday, 7, "Europe/Berlin"}, From: friday.AddDate(0, -1, 0), To: friday, Numbers: &Numbers{Posts: 3, Threads: 2, People: 2, HalfIn: 90 * time.Hour, Letters: 5, Bridged: 1},
			Note: &DigestNote{"Mira", "A quiet month. What keeps you busy?"}, Sections: []Section{{List: "Garden talk", Threads: []Thread{{Number: 8, Subject: "Seeds", New: 2, People: 1,
				Excerpts: []Excerpt{{Who: "Kim", When: friday.AddDate(0, 0, -20), Dated: true, Text: "I have too many."}, {Who: "Kim", When: tuesday, Text: "They are gone."}}}}}}, Unanswered: []Thread{{Number: 7, Subject: "Anybody there?", Asker: "Kim", Waiting: 1}}}},
	}
}
