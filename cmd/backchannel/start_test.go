package main

import (
	"bufio"
	"net"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/smtpd/queue"
)

// The first 220 comes within 2 s whatever waits in the queue (P10): nothing that reads the whole queue stands before it.
func TestStartsWithAMillionCopiesOwed(t *testing.T) {
	if testing.Short() {
		t.Skip("writes a million rows")
	}
	h := openVillage(t, nil)
	h.update(func(tx *db.Tx) error {
		_, err := tx.Exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
			INSERT INTO copy (source, story, msgid, local, domain, person, stamp, object, since, due)
			SELECT 'post:' || (i / 1000), 's', 'm@south.test', 'm' || (i % 1000), 'far.test', 1, 'post', 1, @now, @later + i FROM n`,
			db.Named("now", db.Micros(tx.Now)), db.Named("later", db.Micros(tx.Now.Add(2*time.Hour))))
		return err
	})
	began := time.Now()
	h.serve()
	conn, err := net.Dial("tcp", h.Addr("smtp.listen"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if took := time.Since(began); err != nil || !strings.HasPrefix(line, "220 ") || took > 2*time.Second {
		t.Errorf("%q (%v) after %v", line, err, took)
	}
	began = time.Now()
	if err := h.stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > stopTime {
		t.Errorf("stopping took %v", took)
	}
	h.update(func(tx *db.Tx) error {
		s, err := queue.Summarise(tx)
		if s.Waiting != 1000000 {
			t.Errorf("%+v", s)
		}
		return err
	})
}
