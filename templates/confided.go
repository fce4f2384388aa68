package templates

// Confided tells whether a mail shows what is for its reader alone: somebody's private words, who did what among managers, or the doors and the
// data of one person. Whoever sends one that does not end with the mark of private mail itself puts that below it, so that it is stopped
// when somebody passes it on to a list (product.md W3). A text that no template made is none.
func (m Mail) Confided() bool {
	if m.source == nil {
		return false
	}
	switch m.source.name {
	case "command_returned", "note_lost", "not_for_you", "other_sender", "wrong_door": // a letter is given back to whoever wrote it
		return true
	case "farewell", "removal_note", "remove_ask", "sales_note": // words between a member and the managers
		return true
	case "own_ask", "own_data", "roster", "settings", "settings_changed", "who_read": // what one person is told of themselves
		return true
	case "join_decided", "join_draft", "join_tally", "join_vote", "join_vote_help": // about an applicant
		return true
	case "audit_head", "audit_log", "crutch_report", "handover", "heat_alarm", "held_done", "held_post", "morning_brief", "needs_report", "quiet_drafts", "rota_plan", "rota_swapped", "state_report", "watched_post", "week_report": // what managers alone are told
		return true
	}
	return false
}
