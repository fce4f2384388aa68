package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
)

// Statements go to the driver without database/sql between: a connection belongs to one goroutine, so that its locks, its search for a
// free connection and its second attempts are of no use, and cost as much as a small query itself.

// prepared is a prepared statement.
type prepared struct {
	stmt   driver.Stmt
	inputs int      // how many parameters it has
	names  []string // of its parameters in order, when all have one
}

// exec runs a statement that gives no rows.
func (p prepared) exec(args []any) (Result, error) {
	values, err := p.values(args)
	if err != nil {
		return nil, err
	}
	s, ok := p.stmt.(driver.StmtExecContext)
	if !ok {
		return nil, errDriver()
	}
	// A cancellable context doubles the price of a small statement, and an interrupted one would leave us guessing.
	return s.ExecContext(context.Background(), values)
}

// query starts a reading.
func (p prepared) query(ctx context.Context, args []any) (*Rows, error) {
	values, err := p.values(args)
	if err != nil {
		return nil, err
	}
	s, ok := p.stmt.(driver.StmtQueryContext)
	if !ok {
		return nil, errDriver()
	}
	r, err := s.QueryContext(ctx, values)
	if err != nil {
		return nil, err
	}
	return &Rows{rows: r, row: make([]driver.Value, len(r.Columns()))}, nil
}

// queryRow reads one row.
func (p prepared) queryRow(args []any) Scanner {
	rows, err := p.query(context.Background(), args)
	if err != nil {
		return failed{err}
	}
	return row{rows}
}

func errDriver() error { return errors.New("the driver of the database cannot do that") }

// values are the arguments as the driver takes them.
func (p prepared) values(args []any) ([]driver.NamedValue, error) {
	args = inOrder(p.names, args)
	if len(args) != p.inputs {
		return nil, fmt.Errorf("the query has %d parameters and was given %d", p.inputs, len(args))
	}
	values := make([]driver.NamedValue, len(args))
	for i, a := range args {
		values[i].Ordinal = i + 1
		if n, ok := a.(sql.NamedArg); ok {
			values[i].Name, a = n.Name, n.Value
		}
		switch a.(type) {
		case nil, string, int64, []byte, bool, float64:
			values[i].Value = a
		default:
			v, err := driver.DefaultParameterConverter.ConvertValue(a)
			if err != nil {
				return nil, fmt.Errorf("parameter %d: %w", i+1, err)
			}
			values[i].Value = v
		}
	}
	return values, nil
}

// Rows are the rows of a reading, one after the other.
type Rows struct {
	rows driver.Rows
	row  []driver.Value
	open bool // row is one
	done bool
	err  error
}

// Next goes to the next row, and tells whether there is one. Behind the last the reading is closed.
func (r *Rows) Next() bool {
	r.open = false
	if r.done {
		return false
	}
	if err := r.rows.Next(r.row); err != nil {
		if err != io.EOF {
			r.err = err
		}
		_ = r.Close()
		return false
	}
	r.open = true
	return true
}

// Scan copies the row into the variables whose addresses are given, one for each column.
func (r *Rows) Scan(into ...any) error {
	if !r.open {
		return errors.New("there is no row to scan")
	}
	if len(into) != len(r.row) {
		return fmt.Errorf("the row has %d columns and was to be put into %d variables", len(r.row), len(into))
	}
	for i, to := range into {
		if err := assign(to, r.row[i]); err != nil {
			return fmt.Errorf("column %d of the row: %w", i+1, err)
		}
	}
	return nil
}

// Err is why Next found no further row: nil at the end of them.
func (r *Rows) Err() error { return r.err }

// Close ends the reading. It may be called again.
func (r *Rows) Close() error {
	if r.done {
		return nil
	}
	r.open, r.done = false, true
	return r.rows.Close()
}

// row is a reading of which one row is wanted.
type row struct{ rows *Rows }

func (r row) Scan(into ...any) error {
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return ErrNoRows
	}
	return errors.Join(r.rows.Scan(into...), r.rows.Close())
}

// assign puts a value of the driver into a variable. The common kinds are put there at once; whatever else Scan of database/sql can do is
// done as there.
func assign(to any, value driver.Value) error {
	switch v := value.(type) {
	case string:
		switch to := to.(type) {
		case *string:
			*to = v
			return nil
		case *[]byte:
			*to = []byte(v)
			return nil
		}
	case int64:
		switch to := to.(type) {
		case *int64:
			*to = v
			return nil
		case *int:
			*to = int(v)
			return nil
		case *bool:
			if v == 0 || v == 1 {
				*to = v == 1
				return nil
			}
		}
	case []byte: // the driver has made it for us
		switch to := to.(type) {
		case *[]byte:
			*to = v
			return nil
		case *string:
			*to = string(v)
			return nil
		}
	}
	return assignKind(to, value)
}

// assignKind is assign by the kind of the variable.
func assignKind(to any, value driver.Value) error {
	switch to := to.(type) {
	case *any:
		*to = value
		return nil
	case sql.Scanner:
		return to.Scan(value)
	case *[]byte:
		if *to = nil; value != nil {
			*to = []byte(asText(value))
		}
		return nil
	}
	at := reflect.ValueOf(to)
	if at.Kind() != reflect.Pointer || at.IsNil() {
		return fmt.Errorf("%T is no variable", to)
	}
	at = at.Elem()
	unfit := func() error { return fmt.Errorf("%v (%T) is no %v", value, value, at.Type()) }
	if value == nil {
		if at.Kind() != reflect.Pointer {
			return unfit()
		}
		at.SetZero()
		return nil
	}
	switch at.Kind() {
	case reflect.Pointer:
		at.Set(reflect.New(at.Type().Elem()))
		return assign(at.Interface(), value)
	case reflect.String:
		switch value.(type) {
		case string, []byte:
		default:
			if _, plain := to.(*string); !plain {
				return unfit()
			}
		}
		at.SetString(asText(value))
		return nil
	case reflect.Slice:
		b, ok := value.([]byte)
		if !ok || at.Type().Elem().Kind() != reflect.Uint8 {
			return unfit()
		}
		at.SetBytes(b)
		return nil
	case reflect.Bool:
		b, err := driver.Bool.ConvertValue(value)
		if _, plain := to.(*bool); !plain || err != nil {
			return unfit()
		}
		at.SetBool(b.(bool))
		return nil
	}
	if err := assignNumber(at, value); err != nil {
		return unfit()
	}
	return nil
}

// assignNumber puts a value into a variable that is a number.
func assignNumber(at reflect.Value, value driver.Value) (err error) {
	switch at.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, whole := value.(int64)
		if !whole || at.OverflowInt(n) {
			n, err = strconv.ParseInt(asText(value), 10, at.Type().Bits())
		}
		at.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		var n uint64
		n, err = strconv.ParseUint(asText(value), 10, at.Type().Bits())
		at.SetUint(n)
	case reflect.Float32, reflect.Float64:
		var x float64
		x, err = strconv.ParseFloat(asText(value), at.Type().Bits())
		at.SetFloat(x)
	default:
		err = errors.ErrUnsupported
	}
	return err
}

// asText is a value in the words that database/sql has for it.
func asText(value driver.Value) string {
	switch v := value.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return fmt.Sprint(value)
}
