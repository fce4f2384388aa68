package letter

// MessageID is a message id without its angle brackets.
type MessageID string

// NewMessageID makes an id of our own: "kind.RANDOM@domain" with 128 random bits, no host, process or clock in it (B9).
func NewMessageID(kind, domain string) MessageID { return "" }

// Kind is the word NewMessageID was given, or "" when the id has another form.
func (id MessageID) Kind() string { return "" }

// String is the id in angle brackets as it stands in a header; "" for the empty id.
func (id MessageID) String() string {
	if id == "" {
		return ""
	}
	return "<" + string(id) + ">"
}

// ParseMessageIDs reads the ids of a Message-ID, In-Reply-To or References value as real mail has them, in order.
func ParseMessageIDs(s string) []MessageID { return nil }
