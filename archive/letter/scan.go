package letter

// Part is one MIME entity of a letter (RFC 2045 §2.4). Positions are offsets into Raw of the letter.
type Part struct {
	Parent      int               // index in Parts of the multipart or message/rfc822 that holds it; -1 for the letter itself
	Depth       int               // 0 for the letter itself
	Children    int               // parts directly inside; a multipart whose boundary is missing or empty has none
	Type        string            // media type in lower case, "text/plain" when missing or unreadable
	Params      map[string]string // of Content-Type: names in lower case, values decoded (RFC 2231, RFC 2047) and clean
	Disposition string            // "inline", "attachment", …; "" when missing
	DispParams  map[string]string // of Content-Disposition, like Params
	Encoding    string            // transfer encoding in lower case, "7bit" when missing
	ContentID   string            // without angle brackets
	Description string            // Content-Description, decoded and clean

	HeaderStart int // where the header begins
	BodyStart   int // where the body begins, behind the empty line
	End         int // where the body ends: the line break before a boundary belongs to the boundary (RFC 2046 §5.1.1)

	raw []byte // of the whole letter
}

// Raw is the entity with its header, as it came.
func (p Part) Raw() []byte { return p.raw[p.HeaderStart:p.End] }

// HeaderBytes is the header with its empty line, as it came.
func (p Part) HeaderBytes() []byte { return p.raw[p.HeaderStart:p.BodyStart] }

// Body is the body as it came, still transfer-encoded.
func (p Part) Body() []byte { return p.raw[p.BodyStart:p.End] }

// Decoded is the body without its transfer encoding (base64, quoted-printable); what is damaged is left out, never an error.
func (p Part) Decoded() []byte { return p.Body() }

// Get is the decoded, cleaned value of the first field of this name in the part's own header.
func (p Part) Get(name string) string { return "" }

// Filename is the file name the sender gave, clean and without folders; "" when there is none.
func (p Part) Filename() string { return "" }

// IsMultipart tells whether the part holds other parts separated by a boundary.
func (p Part) IsMultipart() bool { return false }

// IsMessage tells whether the part is a whole letter (message/rfc822, message/global) that was opened.
func (p Part) IsMessage() bool { return false }
