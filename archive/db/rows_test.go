package db

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

type (
	word   string
	number int64
	octets []byte
	truth  bool
)

// openRows opens a database with nothing in it.
func openRows(t *testing.T) *DB {
	t.Helper()
	d, err := Open(t.Context(), filepath.Join(t.TempDir(), "rows.db"), Options{Now: time.Now}, Schema{Owner: "x", Steps: []string{"CREATE TABLE x (n INTEGER) STRICT"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// Whatever a column holds comes into a variable as database/sql puts it there, and what does not fit is an error for both.
func TestScanIsThatOfDatabaseSQL(t *testing.T) {
	d := openRows(t)
	values := []string{"NULL", "0", "1", "7", "-3", "300", "5000000000", "1.5", "2.0", "''", "'text'", "'42'", "'true'", "x''", "x'ff00'", "x'3432'"}
	kinds := []any{"", int64(0), 0, false, []byte(nil), float64(0), word(""), number(0), octets(nil), truth(false), uint32(0), int8(0), uint8(0),
		sql.NullInt64{}, sql.NullString{}, (*string)(nil), (*int64)(nil), []int(nil), struct{}{}, map[string]int(nil)}
	if err := d.View(t.Context(), func(tx *Tx) error {
		for _, v := range values {
			for _, k := range kinds {
				ours, theirs := reflect.New(reflect.TypeOf(k)), reflect.New(reflect.TypeOf(k))
				err := tx.QueryRow("SELECT " + v).Scan(ours.Interface())
				wrong := tx.c.sql.QueryRowContext(t.Context(), "SELECT "+v).Scan(theirs.Interface())
				if (err == nil) != (wrong == nil) || err == nil && !reflect.DeepEqual(ours.Elem().Interface(), theirs.Elem().Interface()) {
					t.Errorf("%s in %T: %#v %v, and by database/sql %#v %v", v, k, ours.Elem().Interface(), err, theirs.Elem().Interface(), wrong)
				}
			}
			var ours, theirs any
			if err := tx.QueryRow("SELECT " + v).Scan(&ours); err != nil {
				t.Error(err)
			}
			if err := tx.c.sql.QueryRowContext(t.Context(), "SELECT "+v).Scan(&theirs); err != nil || !reflect.DeepEqual(ours, theirs) {
				t.Errorf("%s: %#v and %#v %v", v, ours, theirs, err)
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestArguments(t *testing.T) {
	d := openRows(t)
	at := "seven"
	if err := d.View(t.Context(), func(tx *Tx) error {
		for _, c := range []struct {
			arg  any
			want string
		}{
			{nil, "null"}, {"a", "text"}, {word("a"), "text"}, {7, "integer"}, {number(7), "integer"}, {uint32(7), "integer"}, {true, "integer"}, {truth(true), "integer"},
			{[]byte("a"), "blob"}, {octets("a"), "blob"}, {1.5, "real"}, {sql.NullInt64{}, "null"}, {sql.NullInt64{Int64: 1, Valid: true}, "integer"}, {&at, "text"}, {(*string)(nil), "null"},
		} {
			var got string
			if err := tx.QueryRow("SELECT typeof(?)", c.arg).Scan(&got); err != nil || got != c.want {
				t.Errorf("%#v is %s %v, want %s", c.arg, got, err, c.want)
			}
			if err := tx.QueryRow("SELECT typeof(@x)", Named("x", c.arg)).Scan(&got); err != nil || got != c.want {
				t.Errorf("%#v by name is %s %v, want %s", c.arg, got, err, c.want)
			}
		}
		var n int
		for name, err := range map[string]error{
			"too few":     tx.QueryRow("SELECT ? + ?", 1).Scan(&n),
			"too many":    tx.QueryRow("SELECT ?", 1, 2).Scan(&n),
			"none":        tx.QueryRow("SELECT ?").Scan(&n),
			"no value":    tx.QueryRow("SELECT ?", struct{}{}).Scan(&n),
			"two columns": tx.QueryRow("SELECT 1, 2").Scan(&n),
			"no variable": tx.QueryRow("SELECT 1").Scan(n),
			"nil":         tx.QueryRow("SELECT 1").Scan((*number)(nil)),
			"no query":    tx.QueryRow("SELEC 1").Scan(&n),
		} {
			if err == nil || errors.Is(err, ErrNoRows) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := tx.Exec("SELECT ?", 1, 2); err == nil {
			t.Error("Exec took an argument too many")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestRows(t *testing.T) {
	d := openRows(t)
	const three = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n"
	if err := d.View(t.Context(), func(tx *Tx) error {
		rows, err := tx.Query(three)
		if err != nil {
			return err
		}
		var n int
		if err := rows.Scan(&n); err == nil {
			t.Error("a row was there before Next")
		}
		var all []int
		for rows.Next() {
			if err := rows.Scan(&n); err != nil {
				return err
			}
			all = append(all, n)
		}
		if err := rows.Scan(&n); err == nil {
			t.Error("a row is there behind the last one")
		}
		if !slices.Equal(all, []int{1, 2, 3}) || rows.Err() != nil || rows.Next() || rows.Close() != nil || rows.Close() != nil {
			t.Errorf("%v %v", all, rows.Err())
		}
		// A reading that was given up disturbs neither itself, begun anew, nor a row that is read by the same words.
		if rows, err = tx.Query(three); err != nil || !rows.Next() {
			t.Errorf("%v", err)
		}
		if err := errors.Join(rows.Close(), tx.QueryRow(three).Scan(&n)); err != nil || n != 1 || rows.Next() {
			t.Errorf("%d %v", n, err)
		}
		if err := tx.QueryRow("SELECT 1 WHERE 0").Scan(&n); !errors.Is(err, ErrNoRows) {
			t.Errorf("no row: %v", err)
		}
		// An error in the middle is told at the end.
		if rows, err = tx.Query("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT CASE WHEN i < 3 THEN i ELSE json('{') END FROM n"); err != nil {
			return err
		}
		for n = 0; rows.Next(); n++ {
		}
		if n != 2 || rows.Err() == nil || !strings.Contains(rows.Err().Error(), "JSON") {
			t.Errorf("%d rows, then %v", n, rows.Err())
		}
		return rows.Close()
	}); err != nil {
		t.Fatal(err)
	}
}

// A reading with a budget of time ends with it.
func TestBudgetOfAReading(t *testing.T) {
	d := openRows(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := d.View(t.Context(), func(tx *Tx) error {
		rows, err := tx.QueryContext(ctx, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")
		if err == nil {
			for rows.Next() {
			}
			err = errors.Join(rows.Err(), rows.Close())
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("it ended with %v", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
