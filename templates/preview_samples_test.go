package templates

import "time"

func previewSamples() []sample {
	threads := []PreviewThread{
		{418, 12.4, "First CM hire: formal role or volunteer?", "5 posts, 4 people, #roles", ""},
		{415, 10.2, "Sponsor wants our member list", "9 posts, 2 people", "2 private letters about this thread (W3HN, 9DEX)"},
		{421, 9.9, "Hello from Lagos #intro", "3 posts, 2 people, newcomer", ""},
		{402, 7.5, "Report template that is much too long for a line of a preview and therefore cut somewhere", "2 posts, 2 people", ""},
		{409, 7.4, "How do you measure quiet readers?", "1 post, " + UnansweredFact(4), ""},
	}
	note := &DigestNote{"Mira", "Thanks for the honest sponsor thread. Please keep names of sponsors out of it.\nJam week on onboarding starts 22 June."}
	return []sample{
		{"digest_preview", DigestPreview{Goes: friday, Readers: 187, Threads: threads, Held: 1, HeldFor: "5 hours", Removed: 1}},
		{"digest_preview-decided", DigestPreview{Goes: friday, Readers: 1, Threads: threads[:1], Note: note, Events: []DigestEvent{{"18 June 16:00 UTC", "Call on onboarding"}}, HeldTill: friday.Add(4 * time.Hour)}},
		{"digest_preview-quiet", DigestPreview{Goes: friday, Readers: 187, Quiet: 4}},
		{"preview_done", PreviewDone{Goes: friday, Said: []string{"Your note stands at the top of Friday's digest.", "Thread 418 stands first."}, Note: note}},
		{"preview_done-comment", PreviewDone{Goes: friday, Comment: "Nice week!"}},
		{"preview_done-both", PreviewDone{Goes: friday, Said: []string{"Thread 402 is left out."}, Comment: "It was settled by phone."}},
		{"preview_done-without", PreviewDone{Goes: friday, Comment: "W3HN should be answered first.", Without: []string{"Theo", "Lena"}}},
		{"preview_done-both-without", PreviewDone{Goes: friday, Said: []string{"Thread 402 is left out."}, Comment: "W3HN says why.", Without: []string{"Theo"}}},
		{"preview_done-colleague", PreviewDone{Goes: friday, By: "Theo", Said: []string{"Thread 402 is left out."}, Comment: "It was settled by phone."}},
		{"preview_done-colleague-comment", PreviewDone{Goes: friday, By: "Theo", Comment: "Nice week!"}},
		{"preview_ask", PreviewAsk{Goes: friday, Text: "/top Hello", Days: 7}},
		{"preview_ask-elsewhere", PreviewAsk{Goes: friday, From: "mira@home.example", Text: "/drop 402", Days: 7}},
		{"preview_ask-again", PreviewAsk{Goes: friday, Text: "/drop 402", Days: 7, Again: true}},
		{"hold_over", HoldOver{"Mira", friday, friday.Add(24 * time.Hour)}},
	}
}
