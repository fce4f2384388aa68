package templates

import (
	"regexp"
	"strings"
	"testing"
)

func wishSamples() []sample {
	return []sample{
		{"confirm_wish", ConfirmWish{bc, WishLeaveList, "Garden talk", "dana@elsewhere.example", "", 14}},
		{"confirm_wish-bare", ConfirmWish{Community: bc, Wish: WishLeave, Days: 1}},
		{"confirm_wish-again", ConfirmWish{bc, WishWeekly, "", "", "Yes please, but only in summer", 14}},
		{"web_link", WebLink{bc, "https://lists.cmtybc.example/in/0123456789abcdefghjkmnpqrs", 30}},
		{"wish_end", WishEnd{bc, WishLeaveList, "Garden talk", false, doors}},
		{"wish_end-bare", WishEnd{Community: bc, Wish: WishDigestOff, Late: true}},
		{"last_manager", LastManager{bc, "Mira", "managers@cmtybc.example", doors}},
		{"last_manager-bare", LastManager{Community: bc, Managers: "managers@cmtybc.example"}},
		{"on_no_list", OnNoList{bc, doors}},
		{"on_no_list-bare", OnNoList{Community: bc}},
		{"address_ask-new", AddressAsk{Community: bc, Main: true, Days: 14}},
		{"address_ask-add", AddressAsk{Community: bc, Days: 1}},
		{"address_ask-old", AddressAsk{Community: bc, Address: "dana@new.example", Main: true, Days: 14}},
		{"address_ask-weak", AddressAsk{Community: bc, Address: "dana@new.example", Weak: true, Days: 14}},
		{"address_ask-again", AddressAsk{bc, "dana@new.example", true, false, "Who is this?", 14}},
		{"address_wait", AddressWait{bc, "dana@north.example", 14, "managers@cmtybc.example"}},
		{"address_done", AddressDone{bc, SetAddress, "dana@new.example", "dana@north.example", false, true, "managers@cmtybc.example"}},
		{"address_done-hidden", AddressDone{bc, SetAddress, "dana@new.example", "dana@north.example", true, true, "managers@cmtybc.example"}},
		{"address_done-add", AddressDone{Community: bc, What: SetAddressAdd, Address: "dana@new.example", Mine: true, Managers: "managers@cmtybc.example"}},
		{"address_done-remove", AddressDone{Community: bc, What: SetAddressRemove, Address: "dana@new.example", Mine: true, Managers: "managers@cmtybc.example"}},
		{"address_done-gone", AddressDone{Community: bc, What: SetAddressRemove, Address: "dana@new.example", Managers: "managers@cmtybc.example"}},
		{"address_end", AddressEnd{bc, true, "managers@cmtybc.example"}},
		{"address_end-no", AddressEnd{Community: bc, Managers: "managers@cmtybc.example"}},
		{"forget_ask", ForgetAsk{bc, "Please do", 14}},
		{"forget_ask-bare", ForgetAsk{Community: bc, Days: 1}},
		{"forget_end", ForgetEnd{bc, ForgetUnname, 3, "managers@cmtybc.example"}},
		{"forget_end-keep", ForgetEnd{Community: bc, Posts: ForgetKeep}},
		{"forget_end-remove", ForgetEnd{Community: bc, Posts: ForgetRemove, Letters: 1}},
		{"forget_back", ForgetBack{bc, "Mira", "managers@cmtybc.example", "help@cmtybc.example"}},
		{"forget_back-nameless", ForgetBack{Community: bc, Managers: "managers@cmtybc.example", Help: "help@cmtybc.example"}},
		{"forget_end-no", ForgetEnd{Community: bc}},
		{"which", Which{bc, "Dana Reyes", "dana@work.example", []string{"dana@north.example", "dana@work.example"}, []ListSetting{{"Garden talk", "talk", InDigest}, {"Jobs", "jobs", NoMail}}, true, "confirm+k7@cmtybc.example"}},
		{"which-bare", Which{Community: bc, From: "dana@north.example", Addresses: []string{"dana@north.example"}}},
		{"roster", Roster{Community: bc, List: "Garden talk", Shown: true, People: []RosterLine{{"Bill Tan <bill@south.example>", EachPost}, {"dana@north.example", InDigest}}, Managers: "managers@cmtybc.example"}},
		{"roster-names", Roster{Community: bc, List: "Garden talk", Named: true, Names: []string{"Bill Tan", "Dana Reyes <dana@north.example>"}, Nameless: 1, Managers: "managers@cmtybc.example"}},
		{"roster-inside", Roster{Community: bc, List: "Garden talk", Inside: true, Managers: "managers@cmtybc.example"}},
		{"roster-hidden", Roster{Community: bc, List: "Garden talk", Managers: "managers@cmtybc.example"}},
		{"left_community-managers", LeftCommunity{Community: bc, Doors: managersOnly}},
		{"left_list-managers", LeftList{Community: bc, List: "Jobs", Doors: managersOnly}},
	}
}

// A paragraph whose first sentence is missing does not begin with a blank: it would not be wrapped.
func TestNoSentenceHangs(t *testing.T) {
	hanging := regexp.MustCompile(`(?m)^ \pL.*`)
	for _, s := range samples() {
		got, _ := text(t, s.mail)
		if found := hanging.FindString(got); found != "" && !strings.HasPrefix(s.name, "digest") {
			t.Errorf("%s: %q", s.name, found)
		}
	}
}

// Each wish can be asked about in words of its own, and one about a list names it.
func TestEveryWishHasWords(t *testing.T) {
	seen := map[string]Wish{}
	for _, w := range []Wish{WishLeave, WishLeaveList, WishJoin, WishDigestOff, WishEach, WishDaily, WishWeekly, WishMonthly, WishNoMail, WishData} {
		for _, m := range []renderer{ConfirmWish{Community: "Gardeners", Wish: w, List: "Jobs", Days: 14}, WishEnd{Community: "Gardeners", Wish: w, List: "Jobs"}} {
			got, mail := text(t, m)
			if other, ok := seen[mail.Subject]; ok {
				t.Errorf("%s and %s are both called %q", w, other, mail.Subject)
			}
			seen[mail.Subject] = w
			if strings.Contains(got, "Jobs") != w.ofList() {
				t.Errorf("%s names the list: %v\n%s", w, !w.ofList(), got)
			}
		}
		for _, m := range []renderer{ConfirmWish{Community: "Gardeners", Wish: w, Days: 14}, WishEnd{Community: "Gardeners", Wish: w}} {
			if _, err := m.Render(); (err != nil) != w.ofList() {
				t.Errorf("%s without a list: %v", w, err)
			}
		}
	}
	for _, m := range []renderer{ConfirmWish{Community: "c", Wish: "odd", Days: 1}, WishEnd{Community: "c", Wish: "odd"}} {
		if _, err := m.Render(); err == nil || !strings.Contains(err.Error(), "odd") {
			t.Errorf("%T of an unknown wish: %v", m, err)
		}
	}
}
