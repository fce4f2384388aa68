package roster

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"backchannel/archive/letter"
)

// column is what a column of a table holds.
type column int

const (
	unknown column = iota
	addressColumn
	nameColumn
	firstColumn
	lastColumn
	deliveryColumn
	roleColumn
	statusColumn
	listsColumn
	ownCopyColumn
	timezoneColumn
	listedColumn
)

// headings are the headings that tables of members have, ours and those of Google Groups, groups.io, Mailman and people's own.
var headings = []struct {
	is    column
	words []string
}{
	{addressColumn, []string{"email", "e mail", "mail", "email address", "e mail address", "mail address", "address", "subscriber", "member email"}},
	{nameColumn, []string{"name", "full name", "display name", "nickname", "real name", "member name"}},
	{firstColumn, []string{"first name", "given name", "firstname"}},
	{lastColumn, []string{"last name", "surname", "family name", "lastname"}},
	{deliveryColumn, []string{"delivery", "email delivery", "email preference", "delivery mode", "subscription", "subscription type", "message delivery"}},
	{roleColumn, []string{"role", "group status", "moderator status", "mod status", "member role"}},
	{statusColumn, []string{"status", "state", "email status", "member status", "user status", "delivery status"}},
	{listsColumn, []string{"lists"}},
	{ownCopyColumn, []string{"own copy"}},
	{timezoneColumn, []string{"timezone", "time zone"}},
	{listedColumn, []string{"address shown"}},
}

func columnOf(heading string) column {
	heading = plain(heading)
	for _, h := range headings {
		if slices.Contains(h.words, heading) {
			return h.is
		}
	}
	return unknown
}

// table is a file of rows under headings.
type table struct {
	in      *csv.Reader
	line    int // of the headings
	columns []column
}

// headLines is how far down the headings may stand: some programs write what the table is above it.
const headLines = 5

// findTable finds the headings of a table, whatever stands between the columns.
func findTable(text string) (*table, bool) {
	rest := text
	for line := 1; line <= headLines && rest != ""; line++ {
		head, after, _ := strings.Cut(rest, "\n")
		for _, comma := range []rune{',', ';', '\t'} {
			r := reader(head, comma)
			cells, err := r.Read()
			if err != nil || !isHead(cells) {
				continue
			}
			t := &table{in: reader(after, comma), line: line}
			for _, c := range cells {
				t.columns = append(t.columns, columnOf(c))
			}
			return t, true
		}
		rest = after
	}
	return nil, false
}

func reader(text string, comma rune) *csv.Reader {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.TrimLeadingSpace, r.ReuseRecord = comma, -1, true, true, true
	return r
}

// isHead tells whether cells are headings: one of them says that mail addresses are below, and none is one itself.
func isHead(cells []string) bool {
	found := false
	for _, c := range cells {
		found = found || columnOf(c) == addressColumn
		if strings.Contains(c, "@") {
			return false
		}
	}
	return found
}

func (t *table) read() Roster {
	r, seen := Roster{Kind: "a table"}, map[string]int{}
	for len(r.People) <= mostPeople {
		cells, err := t.in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			var wrong *csv.ParseError
			line := 0
			if errors.As(err, &wrong) {
				line = t.line + wrong.StartLine
			}
			r.leave(line, "", "the line cannot be read: %v", err)
			continue
		}
		at, _ := t.in.FieldPos(0)
		t.row(&r, t.line+at, cells, seen)
	}
	return r
}

// cell is the text of the first column of a kind, without the mark that keeps spreadsheets from reading it as a formula.
func (t *table) cell(cells []string, c column) string {
	for i, is := range t.columns {
		if is == c && i < len(cells) {
			return strings.TrimSpace(unguarded(cells[i]))
		}
	}
	return ""
}

func (t *table) row(r *Roster, line int, cells []string, seen map[string]int) {
	all := strings.Join(cells, ", ")
	if strings.Trim(all, ", \t") == "" {
		return
	}
	name := t.cell(cells, nameColumn)
	if name == "" {
		name = strings.TrimSpace(t.cell(cells, firstColumn) + " " + t.cell(cells, lastColumn))
	}
	p, err := person(line, t.cell(cells, addressColumn), name)
	if err != nil {
		r.leave(line, all, "no mail address in its column")
		return
	}
	status, role := t.cell(cells, statusColumn), t.cell(cells, roleColumn)
	for _, word := range []string{status, role} {
		if why := stranger(word); why != "" {
			r.leave(line, p.Address.String(), "%s", why)
			return
		}
	}
	p.Managed = managed(role)
	p.Timezone = t.cell(cells, timezoneColumn)
	p.NoOwnCopy = slices.Contains([]string{"off", "no", "false"}, plain(t.cell(cells, ownCopyColumn)))
	p.Listed = plain(t.cell(cells, listedColumn)) == "on"
	t.delivery(r, &p, cells, status)
	r.add(p, seen)
}

// delivery reads what somebody gets.
func (t *table) delivery(r *Roster, p *Person, cells []string, status string) {
	word := t.cell(cells, deliveryColumn)
	d, ok := deliveryOf(word)
	if !ok {
		r.doubt(p.Line, p.Address.String(), "what is %q as a delivery? It was left open", letter.CleanLine(word))
	}
	if s, known := deliveryOf(status); known && s == None {
		d = None
		r.doubt(p.Line, p.Address.String(), "mail to them had stopped there (%s); they are taken without mail", letter.CleanLine(status))
	}
	p.Delivery = d
	for one := range strings.FieldsSeq(t.cell(cells, listsColumn)) {
		name, word, _ := strings.Cut(strings.Trim(one, ",;"), "=")
		d, ok := deliveryOf(word)
		if !ok || name == "" {
			r.doubt(p.Line, p.Address.String(), "%q names no list and delivery", letter.CleanLine(one))
			continue
		}
		if p.Lists == nil {
			p.Lists = map[string]Delivery{}
		}
		p.Lists[strings.ToLower(name)] = d
	}
}

// guarded is a cell that no spreadsheet takes for a formula.
func guarded(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r'|%", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func unguarded(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && guarded(cell[1:]) != cell[1:] {
		return cell[1:]
	}
	return cell
}

// Write writes people as a table that Read reads again: comma separated, UTF-8, lines that end in CRLF (RFC 4180).
func Write(out io.Writer, people []Person) error {
	w := csv.NewWriter(out)
	w.UseCRLF = true
	rows := [][]string{{"email", "name", "role", "lists", "own copy", "timezone", "address shown"}}
	for _, p := range people {
		role, own, shown := "member", "on", "off"
		if p.Managed {
			role = "manager"
		}
		if p.NoOwnCopy {
			own = "off"
		}
		if p.Listed {
			shown = "on"
		}
		row := []string{p.Address.String(), p.Name, role, listsCell(p.Lists), own, p.Timezone, shown}
		for i, c := range row {
			row[i] = guarded(letter.CleanLine(c))
		}
		rows = append(rows, row)
	}
	return w.WriteAll(rows)
}

func listsCell(all map[string]Delivery) string {
	var words []string
	for name, d := range all {
		words = append(words, name+"="+string(d))
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}
