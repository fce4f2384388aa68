package templates

// AddressAsk asks one side of a change of address whether it is theirs: whoever reads at the new address, or the member at the old one. To
// the new address it says nothing of who asked: that may be anybody's mailbox.
type AddressAsk struct {
	Community string
	Address   string `optional:"the new address; only the member at the old one is told"`
	Main      bool   // the member's mail is to go to the new address; else they only want to write from it as well
	Weak      bool   // at the old address: the wish bears it, and nobody vouched for that
	First     string `optional:"the first line of a reply that was not understood: then it is asked again"`
	Days      int    // how long the question stays open
}

// Ask is the question it asks.
func (AddressAsk) Ask() Question { return AskChange }

// Render writes the mail.
func (t AddressAsk) Render() (Mail, error) { return render("address_ask", t) }

// AddressWait answers somebody who wrote from a new address and named an old one. It says the same whether a member has that or not.
type AddressWait struct {
	Community string
	Old       string // the address they named
	Days      int
	Managers  string
}

// Render writes the mail.
func (t AddressWait) Render() (Mail, error) { return render("address_wait", t) }

// AddressDone tells of a change of addresses, at the address that it concerns and at the member's first one.
type AddressDone struct {
	Community string
	What      Setting // SetAddress: another one is the first; SetAddressAdd: one more; SetAddressRemove: one less
	Address   string  // which one
	Old       string  `optional:"the one that was the first, of SetAddress"`
	Hidden    bool    // the old one was shown to members who see who is on a list, and the new one is not
	Mine      bool    // the reader reads at an address of the member still, so words work from there
	Managers  string
}

// Render writes the mail.
func (t AddressDone) Render() (Mail, error) {
	if t.What == SetAddress && t.Old == "" {
		return Mail{}, errMissing("address_done", "Old")
	}
	return render("address_done", t)
}

// AddressEnd tells who answered that no address was changed.
type AddressEnd struct {
	Community string
	Late      bool // the question was answered before, its time is over, or the change is not possible any more
	Managers  string
}

// Render writes the mail.
func (t AddressEnd) Render() (Mail, error) { return render("address_end", t) }
