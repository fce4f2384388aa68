package templates

// BriefAsk is a list that is young, and a question that a manager might put to it.
type BriefAsk struct {
	List     string
	Question string // a suggestion
	Answer   string // the list's address, to which the manager writes
}

// ListQuestion is a question for a young list, another one each time; n is how many were suggested before.
func ListQuestion(n int) string {
	some := [...]string{
		"What are you working on this week, and where are you stuck?",
		"What did you try lately that did not work?",
		"Which question would you like to ask the others, but think too small?",
		"What do you know now that you wish you had known a year ago?",
		"Which tool, book or habit has helped you most this year?",
		"What would make this list worth your while?",
		"Who here has done something you would like to hear more about?",
		"What have you changed your mind about lately?",
	}
	return some[n%len(some)]
}
