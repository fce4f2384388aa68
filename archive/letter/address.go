package letter

// Address is one mail address in two fields that are never glued together and split again.
type Address struct {
	Local  string // the local part without quotes or backslashes
	Domain string // lower case, A-labels (RFC 5890)
}

// ParseAddress reads one address strictly by RFC 5321 §4.1.2, with or without angle brackets (A8).
func ParseAddress(s string) (Address, error) { return Address{}, nil }

// String is the address as it stands in a header or an SMTP command, quoted again where needed; "" for the zero Address.
func (a Address) String() string { return "" }

// Key is the form in which addresses are compared and stored as keys (C9).
func (a Address) Key() string { return "" }

// IsZero tells whether this is no address at all.
func (a Address) IsZero() bool { return a == Address{} }

// Mailbox is an address with the name shown beside it.
type Mailbox struct {
	Name    string // decoded, clean, may be empty
	Address Address
}

// String is the mailbox as it stands in a header: ASCII, the name quoted or encoded (RFC 2047) where needed.
func (m Mailbox) String() string { return "" }

// ParseMailboxes reads an address list as real mail has it: groups, comments, encoded words, missing commas. What has no
// readable address is left out.
func ParseMailboxes(s string) []Mailbox { return nil }
