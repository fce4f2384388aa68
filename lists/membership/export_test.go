package membership

import "backchannel/lists"

// What tests look at from outside.
var (
	NetOf        = netOf
	SortAnswers  = sortAnswers
	BeginWelcome = beginWelcome
)

// Count is the tally of managers without a conflict, of whom nobody decides alone; "" is no vote.
func Count(votes int, choices []Choice) string {
	var all []elector
	var cast []Ballot
	for i, c := range choices {
		all = append(all, elector{manager: lists.MemberID(i + 1)})
		if c != "" {
			cast = append(cast, Ballot{Manager: lists.MemberID(i + 1), Choice: c})
		}
	}
	return string(tally(votes, all, cast, 0))
}
