package letter

import (
	"strings"
	"time"
)

// ParseDate reads a date as real mail has it: RFC 5322 §3.3 and §4.3, asctime, ISO 8601 and what old programs wrote. A missing zone
// counts as UTC. False when day, month or year cannot be told or the year is not between 1900 and 2199.
func ParseDate(s string) (time.Time, bool) {
	if len(s) > 200 {
		s = s[:200]
	}
	d := dateReader{day: -1, month: -1, year: -1}
	for _, tok := range dateTokens(s) {
		d.take(tok)
	}
	return d.time()
}

// dateReader collects what the tokens of a date say, in whatever order they come.
type dateReader struct {
	day, month, year int // -1: not seen
	hour, min, sec   int
	clock            bool // a time was seen
	pm, am           bool
	zone             int // seconds east of UTC
	zoned            bool
}

// dateTokens cuts a date at white space, commas and comments; what a comment says is used only for the zone ("(PDT)" repeats it).
func dateTokens(s string) []string {
	var b strings.Builder
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '(':
			depth++
			b.WriteByte(' ')
		case c == ')':
			depth = max(depth-1, 0)
			b.WriteByte(' ')
		case depth > 0:
		case c == ',' || c == '\t' || c == '\r' || c == '\n' || c == '"' || c == ';':
			b.WriteByte(' ')
		default:
			b.WriteByte(c)
		}
	}
	return strings.Fields(b.String())
}

// take reads one token.
func (d *dateReader) take(tok string) {
	switch {
	case d.takeISO(tok), d.takeClock(tok), d.takeZone(tok), d.takeMonth(tok), d.takeDashed(tok):
		return
	}
	n, ok := number(strings.TrimRight(tok, "."))
	if !ok {
		if n, ok = ordinal(tok); !ok {
			return // a weekday, or rubbish
		}
	}
	switch {
	case d.day < 0 && n >= 1 && n <= 31 && len(tok) <= 4:
		d.day = n
	case d.year < 0 && (d.month >= 0 || n > 31):
		d.year = fullYear(n, len(tok))
	}
}

// takeISO reads 2006-01-02, 2006/01/02 and 2006-01-02T15:04:05Z (RFC 3339).
func (d *dateReader) takeISO(tok string) bool {
	if len(tok) < 10 || (tok[4] != '-' && tok[4] != '/') || tok[7] != tok[4] {
		return false
	}
	year, ok1 := number(tok[:4])
	month, ok2 := number(tok[5:7])
	day, ok3 := number(tok[8:10])
	if !ok1 || !ok2 || !ok3 || month < 1 || month > 12 {
		return false
	}
	d.year, d.month, d.day = year, month, day
	if rest := tok[10:]; len(rest) > 1 && (rest[0] == 'T' || rest[0] == 't') {
		d.takeClock(rest[1:])
	}
	return true
}

// takeClock reads 15:04, 15:04:05, 15:04:05.123, 3:04pm, 15.04.05, with a zone glued on or not.
func (d *dateReader) takeClock(tok string) bool {
	switch strings.ToLower(tok) {
	case "pm", "p.m.":
		d.pm = true
		return true
	case "am", "a.m.":
		d.am = true
		return true
	}
	if d.clock {
		return false
	}
	var nums [3]int
	got, i := 0, 0
	for got < 3 {
		start := i
		for i < len(tok) && i-start < 2 && tok[i] >= '0' && tok[i] <= '9' {
			nums[got] = nums[got]*10 + int(tok[i]-'0')
			i++
		}
		if i == start {
			return false
		}
		got++
		if i >= len(tok) || (tok[i] != ':' && !(tok[i] == '.' && strings.Count(tok, ".") == 2 && len(tok) <= 8)) {
			break
		}
		i++
	}
	if got < 2 || nums[0] > 24 || nums[1] > 59 || nums[2] > 60 {
		return false
	}
	d.hour, d.min, d.sec, d.clock = nums[0], nums[1], min(nums[2], 59), true
	if i < len(tok) && tok[i] == '.' { // a fraction of the second
		for i++; i < len(tok) && tok[i] >= '0' && tok[i] <= '9'; i++ {
		}
	}
	if i < len(tok) {
		if rest := tok[i:]; !d.takeZone(rest) {
			d.takeClockSuffix(rest)
		}
	}
	return true
}

func (d *dateReader) takeClockSuffix(s string) {
	switch strings.ToLower(s) {
	case "pm":
		d.pm = true
	case "am":
		d.am = true
	}
}

// takeZone reads +0200, +02:00, -5, GMT, GMT+0200, EST. Names beyond RFC 5322 §4.3 are those seen in list archives.
func (d *dateReader) takeZone(tok string) bool {
	name := strings.ToUpper(tok)
	for _, prefix := range [...]string{"GMT", "UTC", "UT"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			if rest == "" {
				return d.setZone(0)
			}
			name = rest
			break
		}
	}
	if name[0] == '+' || name[0] == '-' {
		return d.takeOffset(name)
	}
	if h, ok := zoneHours(name); ok && (d.clock || len(name) > 1) {
		return d.setZone(h * 60)
	}
	return false
}

// takeOffset reads a numeric zone behind its sign.
func (d *dateReader) takeOffset(s string) bool {
	digits := strings.ReplaceAll(s[1:], ":", "")
	n, ok := number(digits)
	if !ok || len(digits) > 4 || (!d.clock && len(digits) < 4) {
		return false
	}
	if len(digits) <= 2 {
		n *= 100
	}
	minutes := n/100*60 + n%100
	if minutes >= 24*60 {
		minutes = 0 // some programs write rubbish here, the time is still worth having
	}
	if s[0] == '-' {
		minutes = -minutes
	}
	return d.setZone(minutes)
}

func (d *dateReader) setZone(minutes int) bool {
	if !d.zoned { // "+0000 GMT+0200": the first word counts
		d.zone, d.zoned = minutes*60, true
	}
	return true
}

func zoneHours(name string) (int, bool) {
	switch name {
	case "Z", "WET":
		return 0, true
	case "EST", "CDT":
		return -5, true
	case "EDT", "AST":
		return -4, true
	case "CST", "MDT":
		return -6, true
	case "MST", "PDT":
		return -7, true
	case "PST":
		return -8, true
	case "BST", "CET", "MET", "MEZ", "WEST":
		return 1, true
	case "CEST", "MEST", "EET", "MESZ":
		return 2, true
	case "EEST", "MSK":
		return 3, true
	case "JST", "KST":
		return 9, true
	case "AEST":
		return 10, true
	}
	return 0, false
}

// takeMonth reads a month by the first three letters of its English name.
func (d *dateReader) takeMonth(tok string) bool {
	m := monthNumber(tok)
	if m == 0 || d.month >= 0 {
		return false
	}
	d.month = m
	return true
}

func monthNumber(tok string) int {
	if len(tok) < 3 {
		return 0
	}
	i := strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(tok[:3]))
	if i < 0 || i%3 != 0 {
		return 0
	}
	for j := 3; j < len(tok); j++ {
		if c := lower(tok[j]); (c < 'a' || c > 'z') && c != '.' {
			return 0
		}
	}
	return i/3 + 1
}

// takeDashed reads 02-Jan-2006, 02-Jan-06, 02/Jan/2006, and with a month in figures 02-01-2006 and 02.01.2006, which stand for the
// day first, and 01/02/2006, which stands for the month first unless that is impossible.
func (d *dateReader) takeDashed(tok string) bool {
	parts := strings.FieldsFunc(tok, func(r rune) bool { return r == '-' || r == '/' || r == '.' })
	if len(parts) != 3 || d.year >= 0 {
		return false
	}
	day, ok1 := number(parts[0])
	month := monthNumber(parts[1])
	year, ok2 := number(parts[2])
	if !ok1 || !ok2 {
		return false
	}
	if n, ok := number(parts[1]); ok && len(parts[2]) == 4 {
		month = n
		if strings.Contains(tok, "/") && day <= 12 || month > 12 {
			day, month = month, day
		}
	}
	if day < 1 || day > 31 || month < 1 || month > 12 {
		return false
	}
	d.day, d.month, d.year = day, month, fullYear(year, len(parts[2]))
	return true
}

// fullYear reads years of two and three digits (RFC 5322 §4.3). 0102 is the year 2002 of a program that counted from 1900.
func fullYear(n, digits int) int {
	switch {
	case digits <= 2 && n < 50:
		return n + 2000
	case digits <= 3 || (n >= 100 && n <= 199):
		return n + 1900
	}
	return n
}

// number reads up to 4 digits.
func number(s string) (int, bool) {
	if s == "" || len(s) > 4 {
		return 0, false
	}
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// ordinal reads 1st, 2nd, 3rd, 4th.
func ordinal(tok string) (int, bool) {
	if len(tok) < 3 || len(tok) > 4 {
		return 0, false
	}
	switch strings.ToLower(tok[len(tok)-2:]) {
	case "st", "nd", "rd", "th":
		return number(tok[:len(tok)-2])
	}
	return 0, false
}

// time puts the collected pieces together.
func (d *dateReader) time() (time.Time, bool) {
	if d.day < 1 || d.month < 1 || d.year < 1900 || d.year > 2199 {
		return time.Time{}, false
	}
	switch {
	case d.pm && d.hour < 12:
		d.hour += 12
	case d.am && d.hour == 12:
		d.hour = 0
	}
	zone := time.UTC
	if d.zone != 0 {
		zone = time.FixedZone("", d.zone)
	}
	t := time.Date(d.year, time.Month(d.month), d.day, d.hour, d.min, d.sec, 0, zone)
	if t.Day() != d.day && d.hour < 24 {
		return time.Time{}, false // 31 February
	}
	return t, true
}
