package templates

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// figureSamples are the mails that tell figures (product.md B13, C4).
func figureSamples() []sample {
	meter := Crutch{Private: Part{N: 9, Of: 29}, PrivateWas: Part{N: 17, Of: 50}, Public: Part{N: 3, Of: 9}, Bridged: Part{N: 2, Of: 3}, Back: Part{N: 4, Of: 6},
		TopThree: Part{N: 41, Of: 100}, First: Part{N: 38, Of: 100}, FirstWas: Part{N: 44, Of: 100}, Wanted: Part{N: 2, Of: 5}}
	every := []Act{{Kind: ActPublish, N: 4, Codes: []string{"K7QX", "R4WD"}, Tag: "onboarding"}, {Kind: ActPublish, N: 1, Codes: []string{"K7QX"}}, {Kind: ActDoor, N: 4, Of: 9}, {Kind: ActFear, N: 5, Of: 9},
		{Kind: ActWait, N: 12, Of: 20}, {Kind: ActInvite, N: 1, Of: 6}, {Kind: ActLean, N: 8, Of: 10}, {Kind: ActAnswer, N: 1}, {Kind: ActAnswer, N: 3}, {Kind: ActGreet, N: 1}, {Kind: ActGreet, N: 2},
		{Kind: ActHello, N: 14}, {Kind: ActSpread, N: 3}, {Kind: ActNeed, N: 7, Tag: "onboarding"}}
	needs := []NeedLine{{"onboarding", "7", "up", "3", "yes", 2, 1}, {"tools-migration", "4", "same", "4", "yes", 3, 0}, {"sponsors", "3", "down", "4", "no", 0, 0}, {"burnout", "<3", "-", "<3", "-", 0, 0}}
	state := StateReport{Community: bc, Week: 24, Until: friday,
		Posting: Part{N: 19, Of: 212}, PostingFour: Part{N: 61, Of: 212}, PostingBy: Weeks{9, 11, 10, 12, 14, 13, 15, 15, 16, 18, 17, 19},
		Threads: 11, ThreadsFour: 41, ThreadsBy: Weeks{6, 8, 7, 9, 8, 8, 10, 9, 12, 9, 11, 11},
		Answered: 38, Median: 2*time.Hour + 50*time.Minute, P90: 26 * time.Hour, MedianBy: Weeks{400, 380, 390, 300, -1, 310, 250, 240, 200, 210, 180, 170},
		Unanswered: 3, Waiting: []StateThread{{"How do you measure quiet readers?", "Bree Okafor", 4}, {Subject: "Which forum software", Days: 3}},
		Newcomers: []StateNewcomer{{Name: "Ada Obi", Reply: 40 * time.Minute}, {Name: "Tom Ek", Reply: 19 * time.Hour}, {Name: "Lea", Waiting: 50 * time.Hour}},
		InTime:    Part{N: 2, Of: 3}, NewMedian: 590 * time.Minute, Second: Part{N: 4, Of: 7}, NewBy: Weeks{1, 0, 2, 1, 0, 0, 3, 1, 1, 0, 1, 2},
		Posts: 160, Half: 6, HalfWas: 5, TopFive: Part{N: 70, Of: 160}, Gini: 58, ByManagers: Part{N: 35, Of: 160}, ManagersBy: Weeks{40, 38, 35, 36, 33, 31, 30, 31, 28, 25, 24, 22}, ManagerWas: Part{N: 46, Of: 150},
		First: Part{N: 14, Of: 38}, FirstWas: Part{N: 17, Of: 39}, Replies: 119,
		Quiet: 14, QuietSome: []string{"Kim", "Ola", "Per Lund"}, Each: 150, Digest: 50, NoMail: 12, Stopped: 2, Heat: 1, Vendors: Part{N: 17, Of: 212}, VendorPosts: Part{N: 11, Of: 160}, Held: &StateHeld{Held: 12, Passed: 12, Same: 12, Ease: []StateEase{{"Garden talk", "talk", 50, 50, "RELAX"}}, Offers: 1},
		Crutch: &meter, Needs: needs[:2], Acts: []Act{every[7], every[9], every[11]}}
	outside := state
	outside.Share, outside.Waiting, outside.Newcomers, outside.QuietSome, outside.Crutch, outside.Needs, outside.Acts, outside.Held, outside.Heat = true, nil, nil, nil, nil, nil, nil, nil, 0
	few := StateReport{Community: bc, Week: 24, Until: friday, Share: true, Posting: Part{Few: true}, PostingFour: Part{Few: true}, ThreadsFew: true, AnsweredFew: true, UnansweredFew: true, InTime: Part{Few: true},
		Second: Part{Few: true}, HalfFew: true, Posts: 2, GiniFew: true, ByManagers: Part{Few: true}, First: Part{Few: true}, RepliesFew: true, QuietFew: true}
	return []sample{
		{"needs_report", NeedsReport{Community: bc, Month: friday, Least: 3, Needs: needs, Quote: "Our sponsor's PR person would like to join.\nIs that ok here?", Crutch: &meter, Acts: []Act{{Kind: ActNeed, N: 7, Tag: "onboarding"}}}},
		{"needs_report-bare", NeedsReport{Community: bc, Month: friday, Least: 3}},
		{"needs_report-share", NeedsReport{Community: bc, Month: friday, Share: true, Least: 5, Needs: []NeedLine{{"onboarding", "7", "up", "<5", "yes", 0, 0}}}},
		{"crutch_report", CrutchReport{bc, meter, every}},
		{"crutch_report-bare", CrutchReport{Community: bc, Crutch: Crutch{Back: Part{Few: true}, TopThree: Part{Few: true}}}},
		{"week_report", WeekReport{Community: bc, Week: 24, Posting: Part{N: 19, Of: 212}, Threads: 11, Unanswered: 3, Median: 170 * time.Minute, Letters: 4, Thanks: 4, Crutch: meter, Acts: every[:3]}},
		{"week_report-bare", WeekReport{Community: bc, Week: 24, Posting: Part{Of: 7}}},
		{"state_report", state},
		{"state_report-share", outside},
		{"state_report-few", few},
		{"state_report-bare", StateReport{Community: bc, Week: 24, Until: friday, Posting: Part{Of: 7}, PostingFour: Part{Of: 7}}},
		{"quiet_drafts", QuietDrafts{Community: bc, Manager: "Mira", Digest: "digest@cmtybc.example", More: 4, People: []QuietPerson{{"Kim Ahn", "kim@east.example", friday.AddDate(0, -3, 0), "How do you measure quiet readers?"}, {Name: "Ola", Address: "ola@north.example", Last: friday.AddDate(0, -4, 0)}}}},
		{"quiet_drafts-bare", QuietDrafts{Community: bc, Manager: "Mira", Digest: "digest@cmtybc.example"}},
		{"health_help", HealthHelp{bc}},
	}
}

// C4: every figure of the state of a community has a line that tells what it means, and what it is good for.
func TestEveryFigureIsExplained(t *testing.T) {
	help, err := HealthHelp{bc}.Render()
	if err != nil {
		t.Fatal(err)
	}
	all := figureSamples()
	state := all[slices.IndexFunc(all, func(s sample) bool { return s.name == "state_report" })].mail.(StateReport)
	rows := state.Rows()
	if len(rows) < 20 {
		t.Errorf("the sample has %d rows", len(rows))
	}
	for _, r := range rows {
		if !strings.Contains(help.Text, "* "+r.Label+":") {
			t.Errorf("nothing explains %s", r.Label)
		}
	}
}
