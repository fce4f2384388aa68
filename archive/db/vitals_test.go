package db_test

import (
	"context"
	"testing"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
)

// ST2, ST4: doctor reads back what every connection promises.
func TestVitals(t *testing.T) {
	d := dbtest.Open(t, db.Schema{Owner: "test", Steps: []string{"CREATE TABLE thing (id INTEGER PRIMARY KEY) STRICT"}})
	v, err := d.Vitals(context.Background())
	if err != nil || v.Journal != "wal" || v.Synchronous != 2 || len(v.Faults) != 0 || v.Version < "3.5" {
		t.Errorf("%+v, %v", v, err)
	}
}
