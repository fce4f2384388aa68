package doctor

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/logbook"
)

// newestEntry is when the newest thing we know of happened.
func newestEntry(tx *db.Tx, at *int64) error {
	newest, err := logbook.Newest(tx)
	*at = db.Micros(newest)
	return err
}

func serving(_ context.Context, h Host) []Finding {
	if !h.Running {
		return one("server", Warn, "it is not running", "backchannel serve")
	}
	return one("server", OK, "running", "")
}

// ports knocks at every listener of a running server; of one that is not running, whether somebody else has the port.
func ports(ctx context.Context, h Host) []Finding {
	var all []Finding
	for _, l := range h.Listeners {
		name := "port " + l.Setting
		greeting, err := knock(ctx, h, l.Address, l.Greets != "")
		switch {
		case h.Running && err != nil:
			all = append(all, one(name, Fail, fmt.Sprintf("nobody answers on %s: %s", l.Address, clean(err.Error())), "look at the log of the server")...)
		case h.Running && !strings.HasPrefix(greeting, l.Greets):
			all = append(all, one(name, Fail, fmt.Sprintf("on %s answers somebody else: %s", l.Address, clean(greeting)), "stop the other program, or choose another port in config.yaml")...)
		case h.Running:
			all = append(all, one(name, OK, l.Address+" answers", "")...)
		case err == nil:
			all = append(all, one(name, Warn, l.Address+" is taken by another program", "stop it, or choose another port in config.yaml")...)
		}
	}
	return all
}

// knock connects and reads the first line, if one is expected.
func knock(ctx context.Context, h Host, address string, greets bool) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := h.Dial(ctx, "tcp", address)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if !greets {
		return "", nil
	}
	return firstLine(ctx, c)
}

func firstLine(ctx context.Context, c net.Conn) (string, error) {
	if end, ok := ctx.Deadline(); ok {
		if err := c.SetDeadline(end); err != nil {
			return "", err
		}
	}
	line, err := bufio.NewReaderSize(c, 1024).ReadSlice('\n') // a hostile host says no more than a line
	if len(line) > 0 {
		err = nil
	}
	return strings.TrimSpace(string(line)), err
}

func certificate(_ context.Context, h Host) []Finding {
	switch left := h.Cert.Expires.Sub(h.Now()); {
	case h.Cert.Mode != "files":
		return one("certificate", OK, "tls.mode is none: for this machine only", "")
	case h.Cert.Err != nil:
		return one("certificate", Fail, clean(h.Cert.Err.Error()), "check tls.cert and tls.key in config.yaml")
	case left < 0:
		return one("certificate", Fail, "it expired on "+h.Cert.Expires.Format(time.DateOnly), "renew it; the running server reads the new files by itself")
	case left < 14*24*time.Hour:
		return one("certificate", Warn, "it expires on "+h.Cert.Expires.Format(time.DateOnly), "renew it; the running server reads the new files by itself")
	case !h.Cert.Names:
		return one("certificate", Warn, "it is not for "+h.HELO, "get one that names this host, or set hostname in config.yaml")
	}
	return one("certificate", OK, "valid until "+h.Cert.Expires.Format(time.DateOnly), "")
}

func verification(_ context.Context, h Host) []Finding {
	if h.Verify == "off" {
		return one("verification", Warn, "off: whoever knows a member's address can write in that name", "set verification: confirm in config.yaml before anybody but you uses this server")
	}
	return one("verification", OK, h.Verify, "")
}

// wayOut greets the smarthost as a letter would, and goes.
func wayOut(ctx context.Context, h Host) []Finding {
	if h.Relay != "smarthost" {
		return one("way out", Warn, "relay.mode is "+h.Relay+": outgoing mail becomes files and reaches nobody", "set relay.mode: smarthost in config.yaml when you are ready")
	}
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	c, err := h.Dial(ctx, "tcp", h.Smarthost)
	if err != nil {
		return one("way out", Fail, fmt.Sprintf("%s cannot be reached: %s", h.Smarthost, clean(err.Error())), "check relay.smarthost in config.yaml, and whether this network lets mail out")
	}
	defer c.Close()
	line, err := firstLine(ctx, c)
	if err != nil || !strings.HasPrefix(line, "220") {
		return one("way out", Fail, fmt.Sprintf("%s does not greet as a mail server: %s", h.Smarthost, clean(line)), "check the port: 587 or 25; port 465 is not for this version")
	}
	if _, err := fmt.Fprintf(c, "QUIT\r\n"); err != nil {
		return one("way out", Warn, h.Smarthost+" greets, and then hangs up", "look at the log after the next letter")
	}
	return one("way out", OK, h.Smarthost+" greets: "+clean(line), "")
}
