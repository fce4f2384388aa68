package dbtest

import (
	"fmt"
	"strings"
	"testing"

	"backchannel/archive/db"
)

// Dump is everything a database holds, a line for each row, in an order that does not change. Two dumps are equal when nothing was
// written in between.
func Dump(t testing.TB, d *db.DB) string {
	t.Helper()
	var out strings.Builder
	View(t, d, func(tx *db.Tx) error {
		tables, err := db.Select(tx, text, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
		if err != nil {
			return err
		}
		for _, table := range tables {
			columns, err := db.Select(tx, text, "SELECT 'quote(' || '\"' || name || '\"' || ')' FROM pragma_table_info(?) ORDER BY cid", table)
			if err != nil || len(columns) == 0 {
				return fmt.Errorf("columns of %s: %w", table, err)
			}
			rows, err := db.Select(tx, text, fmt.Sprintf("SELECT %s AS line FROM %q ORDER BY line", strings.Join(columns, " || '|' || "), table))
			if err != nil {
				return fmt.Errorf("rows of %s: %w", table, err)
			}
			for _, row := range rows {
				fmt.Fprintf(&out, "%s: %s\n", table, row)
			}
		}
		return nil
	})
	return out.String()
}

func text(r db.Scanner) (s string, err error) { return s, r.Scan(&s) }
