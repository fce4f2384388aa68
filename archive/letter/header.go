package letter

// Field is one header field as a name and a decoded value.
type Field struct {
	Name  string
	Value string
}

// Header is an ordered block of fields that can be edited. Fields that are not touched keep every byte: case, folding, spaces,
// line ends. The zero Header is empty and ready to use.
type Header struct {
	fields []field
	end    []byte // the empty line as it came
}

type field struct {
	name string
	raw  []byte
}

// Add puts a field at the end. The value is UTF-8; it is encoded (RFC 2047) and folded here and nowhere else. A CR, LF or NUL in
// name or value is an error and changes nothing (B5).
func (h *Header) Add(name, value string) error { return nil }

// Prepend puts a field on top, where trace fields go (RFC 5321 §4.4).
func (h *Header) Prepend(name, value string) error { return nil }

// Set puts the value in the place of the first field of this name and removes the others; without one it is Add.
func (h *Header) Set(name, value string) error { return nil }

// Del removes every field of this name and tells how many there were.
func (h *Header) Del(name string) int { return 0 }

// Rename gives every field of one name another name and leaves its value untouched, byte for byte.
func (h *Header) Rename(from, to string) (int, error) { return 0, nil }

// Get is the decoded, cleaned value of the first field of this name, or "".
func (h *Header) Get(name string) string { return "" }

// Values are the decoded, cleaned values of every field of this name, in order.
func (h *Header) Values(name string) []string { return nil }

// Fields are all fields in order, values decoded and clean.
func (h *Header) Fields() []Field { return nil }

// Bytes is the header with the empty line that ends it, ready to stand before a body.
func (h *Header) Bytes() []byte { return nil }

// FormatMailboxes is the value of an address field: ASCII, names encoded (RFC 2047), separated by ", ".
func FormatMailboxes(list []Mailbox) string { return "" }

// FormatMessageIDs is the value of a References or In-Reply-To field: "<a@b> <c@d>".
func FormatMessageIDs(ids []MessageID) string { return "" }

// DecodeWords reads RFC 2047 encoded words and raw 8-bit text into clean UTF-8 on one line.
func DecodeWords(s string) string { return s }
