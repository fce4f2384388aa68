package digest_test

import (
	"testing"

	"backchannel/archive/db"
	"backchannel/lists"
)

// product.md 0.2: the addresses in an issue live for 400 days after the last issue that shows them; those of a preview are its managers' own. One
// of a sort that is not in this table fails.
func TestTokenLivesOfAnIssue(t *testing.T) {
	w, _ := weekAs(t, lists.FormatBoth)
	want := map[string]int{"everyone": 400, "private": 400, "send": 400, "digest-off": 400, "bounce": 400, "leave": 400}
	seen := map[string]bool{}
	w.update(func(tx *db.Tx) error {
		type row struct {
			kind string
			days int
		}
		rows, err := db.Select(tx, func(r db.Scanner) (o row, err error) { return o, r.Scan(&o.kind, &o.days) },
			"SELECT kind, CAST(round((expires - created) / 86400e6) AS INTEGER) FROM address_token WHERE kind NOT IN ('note', 'confirm', 'vote')")
		for _, o := range rows {
			seen[o.kind] = true
			// A door that an issue shows again is prolonged: it lives for 400 days from then.
			if want[o.kind] == 0 || o.days < want[o.kind] || o.days > want[o.kind]+7 {
				t.Errorf("%s lives %d days, want %d", o.kind, o.days, want[o.kind])
			}
		}
		return err
	})
	for _, kind := range []string{"everyone", "private", "send", "digest-off", "bounce"} {
		if !seen[kind] {
			t.Errorf("no %s was handed out", kind)
		}
	}
}
