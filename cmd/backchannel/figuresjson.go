package main

import (
	"time"

	"backchannel/digest/report"
	"backchannel/lists/backchannel"
)

// partJSON is a part of a whole; few tells that it is about too few people for a number.
type partJSON struct {
	N   int  `json:"n"`
	Of  int  `json:"of"`
	Few bool `json:"few,omitempty"`
}

func asPart(p backchannel.Part) partJSON { return partJSON{p.N, p.Of, p.Few} }

// actsJSON are suggestions as sentences.
func actsJSON(acts []backchannel.Act) []string {
	all := []string{}
	for _, a := range acts {
		all = append(all, a.String())
	}
	return all
}

func crutchJSON(m backchannel.Crutch, acts []backchannel.Act) map[string]any {
	return map[string]any{
		"private_share": asPart(m.Private), "private_share_before": asPart(m.PrivateWas), "could_be_public": asPart(m.Public), "bridged": asPart(m.Bridged),
		"back_in_public": asPart(m.Back), "top_three": asPart(m.TopThree), "managers_first": asPart(m.First), "managers_first_before": asPart(m.FirstWas),
		"digest_reply_wanted_public": asPart(m.Wanted), "suggestions": actsJSON(acts),
	}
}

// stateJSON is the report for programs: times in minutes, weeks with the newest last, and -1 where there is nothing to tell. A number that
// is about too few people is not in it.
func stateJSON(t backchannel.StateReport) map[string]any {
	all := map[string]any{
		"week": t.Week, "until": t.Until, "share": t.Share, "posting": asPart(t.Posting), "posting_four_weeks": asPart(t.PostingFour), "posting_by_week": t.PostingBy,
		"threads_by_week": t.ThreadsBy, "first_reply_by_week": t.MedianBy, "newcomers_in_time": asPart(t.InTime), "second_post": asPart(t.Second), "newcomers_by_week": t.NewBy,
		"top_five": asPart(t.TopFive), "managers_posts": asPart(t.ByManagers), "managers_posts_by_week": t.ManagersBy, "managers_first": asPart(t.First),
	}
	tell := func(few bool, name string, value any) {
		if !few {
			all[name] = value
		}
	}
	tell(t.ThreadsFew, "threads", t.Threads)
	tell(t.ThreadsFew, "threads_four_weeks", t.ThreadsFour)
	tell(t.AnsweredFew, "answered", t.Answered)
	tell(t.AnsweredFew, "first_reply_median", int(t.Median/time.Minute))
	tell(t.AnsweredFew, "first_reply_p90", int(t.P90/time.Minute))
	tell(t.UnansweredFew, "unanswered", t.Unanswered)
	tell(t.HalfFew, "half_by", t.Half)
	tell(t.HalfFew, "posts_four_weeks", t.Posts)
	tell(t.GiniFew, "gini_hundredths", t.Gini)
	tell(t.RepliesFew, "replies", t.Replies)
	tell(t.QuietFew, "quiet", t.Quiet)
	if t.Share {
		return all
	}
	names := func(n []backchannel.StateNewcomer) (all []string) {
		for _, one := range n {
			all = append(all, one.Name)
		}
		return all
	}
	waiting := []map[string]any{}
	for _, w := range t.Waiting {
		waiting = append(waiting, map[string]any{"subject": w.Subject, "asker": w.Asker, "days": w.Days})
	}
	needs := []report.Need{}
	for _, n := range t.Needs {
		needs = append(needs, report.Need(n))
	}
	all["newcomers"], all["waiting"], all["quiet_some"] = some(names(t.Newcomers)), waiting, some(t.QuietSome)
	all["delivery"] = map[string]int{"each": t.Each, "digest": t.Digest, "none": t.NoMail, "stopped": t.Stopped}
	if t.Held != nil {
		all["held"] = map[string]int{"held": t.Held.Held, "passed": t.Held.Passed, "refused": t.Held.No}
	}
	if t.Crutch != nil {
		all["crutch"] = crutchJSON(*t.Crutch, nil)
	}
	all["needs"], all["suggestions"] = needs, actsJSON(t.Acts)
	return all
}
