package templates

// Wish is what a member can ask for by an empty mail. The words are those of the addresses.
type Wish string

// The wishes.
const (
	WishLeave     Wish = "leave"      // the community
	WishLeaveList Wish = "leave-list" // one list
	WishJoin      Wish = "join"       // one list
	WishDigestOff Wish = "digest-off"
	WishEach      Wish = "each"
	WishDaily     Wish = "daily"
	WishWeekly    Wish = "weekly"
	WishMonthly   Wish = "monthly"
	WishNoMail    Wish = "nodigest"
	WishOops      Wish = "oops"    // take back the newest post
	WishData      Wish = "my-data" // their own data by mail
)

// ofList tells whether a wish is about one list, which then has to be named.
func (w Wish) ofList() bool { return w == WishLeaveList || w == WishJoin }

// ConfirmWish asks a member whether a wish that bears their address, or came through an address of theirs, is really theirs. It goes
// to the confirmed address, with Reply-To confirm+TOKEN.
type ConfirmWish struct {
	Community string
	Wish      Wish
	List      string `optional:"the list's name, for wishes about one"`
	From      string `optional:"the address it came from, when that is not the member's"`
	First     string `optional:"the first line of a reply that was not understood: then it is asked again"`
	Days      int    // how long the question stays open
}

// Ask is the question it asks.
func (ConfirmWish) Ask() Question { return AskChange }

// Render writes the mail.
func (t ConfirmWish) Render() (Mail, error) {
	if t.Wish.ofList() && t.List == "" {
		return Mail{}, errMissing("confirm_wish", "List")
	}
	return render("confirm_wish", t)
}

// WishEnd tells a member that nothing was changed: as they said, or because they answered too late.
type WishEnd struct {
	Community string
	Wish      Wish
	List      string `optional:"the list's name, for wishes about one"`
	Late      bool   // the question was answered before, or its time is over
	Doors     Doors  // of these: help
}

// Render writes the mail.
func (t WishEnd) Render() (Mail, error) {
	if t.Wish.ofList() && t.List == "" {
		return Mail{}, errMissing("wish_end", "List")
	}
	return render("wish_end", t)
}

// LastManager tells the only manager of a community that they cannot leave yet, and what to do about it.
type LastManager struct {
	Community string
	Member    string `optional:"how the manager is called"`
	Managers  string // the address that nobody would read
	Doors     Doors  // of these: how to leave later, and how to get no mail until then
}

// Render writes the mail.
func (t LastManager) Render() (Mail, error) { return render("last_manager", t) }

// NotPosted says that a letter to a list held only words for the program, so that it was not posted. Its first paragraph stands in front of the
// answer to those words.
type NotPosted struct {
	Community string
	List      string // the list's name
	Words     string // what the letter said
}

// Render writes the mail.
func (t NotPosted) Render() (Mail, error) { return render("not_posted", t) }

// OnNoList answers a member who wants the lists in another way and is on none.
type OnNoList struct {
	Community string
	Doors     Doors // of these: help and the managers
}

// Render writes the mail.
func (t OnNoList) Render() (Mail, error) { return render("on_no_list", t) }
