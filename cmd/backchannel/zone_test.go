package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/foxcpp/go-mockdns"
	"github.com/rogpeppe/go-internal/testscript"
)

// zone serves the lines of zone files as DNS, and writes zone.yaml, a config that asks there. Lines that are commented out are not
// served: whoever pastes what "backchannel dns" prints gets no more than this.
func zone(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: zone FILE …")
	}
	zones := map[string]mockdns.Zone{}
	for _, name := range args {
		for line := range strings.Lines(ts.ReadFile(name)) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, ";") {
				ts.Check(publish(zones, line))
			}
		}
	}
	s, err := mockdns.NewServerWithLogger(zones, log.New(io.Discard, "", 0), false)
	ts.Check(err)
	ts.Defer(func() { s.Close() })
	config := ts.ReadFile("config.yaml") + fmt.Sprintf("dns: { resolver: %q }\n", s.LocalAddr().String())
	ts.Check(os.WriteFile(ts.MkAbs("zone.yaml"), []byte(config), 0o600))
}

// certificateFor writes cert.pem and key.pem.
func certificateFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: certificate HOST DAYS")
	}
	days, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(writeCertificate(ts.MkAbs("."), args[0], time.Now().Add(time.Duration(days)*24*time.Hour+time.Hour)))
}

var (
	zoneLine = regexp.MustCompile(`^(\S+\.) 3600 IN (\S+) (.+)$`)
	inQuotes = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)
)

// publish adds one line of a zone file.
func publish(zones map[string]mockdns.Zone, line string) error {
	part := zoneLine.FindStringSubmatch(line)
	if part == nil {
		return fmt.Errorf("no line of a zone file: %s", line)
	}
	z, value := zones[part[1]], part[3]
	switch part[2] {
	case "A":
		z.A = append(z.A, value)
	case "AAAA":
		z.AAAA = append(z.AAAA, value)
	case "CNAME":
		z.CNAME = value
	case "PTR":
		z.PTR = append(z.PTR, value)
	case "MX":
		var mx net.MX
		if _, err := fmt.Sscan(value, &mx.Pref, &mx.Host); err != nil {
			return err
		}
		z.MX = append(z.MX, mx)
	case "TXT":
		whole := ""
		for _, q := range inQuotes.FindAllStringSubmatch(value, -1) {
			if len(q[1]) > 255 {
				return fmt.Errorf("a string of %d octets: %s", len(q[1]), line)
			}
			whole += q[1]
		}
		z.TXT = append(z.TXT, whole)
	default:
		return fmt.Errorf("an unknown type: %s", line)
	}
	zones[part[1]] = z
	return nil
}
