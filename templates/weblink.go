package templates

// WebLink carries the link that signs a member in on the web. Its reader asked for it on a page, where everybody can type any address.
type WebLink struct {
	Community string
	Link      string // the address to open
	Minutes   int    // how long it works
}

// Render writes the mail.
func (t WebLink) Render() (Mail, error) { return render("web_link", t) }
