package templates

import (
	"slices"
	"strings"
	"testing"
)

// open are the mails that bear no mark: what stands in them could stand on a list, or their reader wrote it, or writes it anew, to be posted. Some
// of them bear it where they are about one letter.
var open = strings.Fields(`
	address_ask address_done address_end address_wait already_decided away_noted back_again calm_waits came_back clock_ombuds command_help
	commands_done confirm_help confirm_wish cool_notice digest digest_off digest_preview ease ease_end export_end farewell_noted forget_ask
	forget_back forget_end forgotten greeter health_help held_end held_forgotten help_members hold_over intro_end intro_preview intro_prompt
	invitation invitation_noted jam_ask jam_back jam_daily jam_day jam_end jam_off jam_post join_ask join_asked join_confirm join_declined
	join_end join_member join_questions join_sponsor join_thanks join_waits last_manager left_community left_list manager_lock not_posted
	nothing_new offer_taken on_no_list part_refused post_asked post_refused post_removed post_returned post_taken_back post_waits preview_ask
	preview_done probe public_help redacted_post sales_ask sales_edit set_aside spam_pressed stays_here taken_back thread_ended trust_step
	unease_thanks version_gone weak_post web_link welcome welcome_back welcome_month welcome_week which whole_thread wish_end with_managers
`)

// Every mail either ends with the mark of private mail, or gets it below when it is sent, or is named here as one that shows nothing private. So
// nobody writes a new one without saying which it is (W3).
func TestEveryMailSaysWhetherItIsPrivate(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range samples() {
		mail, err := s.mail.Render()
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		name, isOpen := mail.source.name, slices.Contains(open, mail.source.name)
		switch seen[name] = true; {
		case isOpen && mail.Confided():
			t.Errorf("%s is named as open, and is private", s.name)
		case !isOpen && !strings.Contains(mail.Text, "[private ") && !mail.Confided():
			t.Errorf("%s: does it show what is for its reader alone? Then it bears the mark, or Confided names it; else it stands among the open ones here", s.name)
		}
	}
	for _, name := range open {
		if !seen[name] {
			t.Errorf("%s is no mail", name)
		}
	}
	if (Mail{Text: "x"}).Confided() {
		t.Error("a text that no template made is called private")
	}
}
