package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"backchannel/archive/letter"
)

// asJSON prints a value for programs.
func (c *cli) asJSON(v any) error {
	e := json.NewEncoder(c.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// some makes an empty list of a missing one, so that JSON says [] and not null.
func some[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}

// table prints rows in columns. What strangers wrote is cleaned: a terminal obeys control characters.
func (c *cli) table(head []string, rows [][]string) {
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	line := func(cells []string) {
		for i, cell := range cells {
			cells[i] = strings.ReplaceAll(letter.CleanLine(cell), "\t", " ")
		}
		fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, "\t"), "\t "))
	}
	if len(rows) > 0 {
		line(head)
	}
	for _, r := range rows {
		line(r)
	}
	_ = w.Flush() // a closed pipe is the reader's wish
}

// tableOr prints rows in columns; where there are none it says so in a sentence, beside the result.
func (c *cli) tableOr(none string, head []string, rows [][]string) {
	c.table(head, rows)
	if len(rows) == 0 {
		c.note("%s", none)
	}
}

// facts prints what is known of one thing, a line for each fact; empty ones are left out.
func (c *cli) facts(pairs ...string) {
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			fmt.Fprintf(w, "%s\t%s\n", pairs[i], letter.CleanLine(pairs[i+1]))
		}
	}
	_ = w.Flush()
}

// when prints a moment for people, in UTC; the empty one is no moment.
func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

// count writes a number with its noun: 1 letter, 2 letters.
func count[N int | int64](n N, one string) string {
	if n == 1 {
		return "1 " + one
	}
	many := one + "s"
	if strings.HasSuffix(one, "y") {
		many = strings.TrimSuffix(one, "y") + "ies"
	}
	return fmt.Sprintf("%d %s", n, many)
}

// size writes a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

// clip shortens a text for a column.
func clip(s string, n int) string { return letter.Excerpt(s, n) }

// copyOut writes bytes as they are.
func copyOut(w io.Writer, b []byte) error {
	_, err := w.Write(b)
	return err
}
