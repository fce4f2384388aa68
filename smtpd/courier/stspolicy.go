package courier

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// STSMode is what an MTA-STS policy wants of those who send to its domain (RFC 8461 §5).
type STSMode string

// The modes of a policy.
const (
	STSEnforce STSMode = "enforce" // only hosts that the policy names, only with a certificate that holds
	STSTesting STSMode = "testing" // deliver all the same, and note what would have been refused
	STSNone    STSMode = "none"    // as if there were no policy
)

// Policy is what a domain says about TLS to its mail hosts (RFC 8461 §3.2). The file a domain publishes at PolicyURL is its String.
type Policy struct {
	Mode   STSMode
	MX     []string      // names of the mail hosts in lower case; "*.example.org" stands for every host one label below
	MaxAge time.Duration // how long others may keep it, in whole seconds; at most a year
}

// The bounds of a policy.
const (
	policyMost   = 64 << 10 // octets of the file (RFC 8461 §3.3)
	policyOldest = 31557600 // seconds; about a year (RFC 8461 §3.2)
	policyHosts  = 100      // names in it: more than any operator has
)

// PolicyURL is where the policy of a domain is to be found (RFC 8461 §3.3).
func PolicyURL(domain string) string {
	return "https://mta-sts." + domain + "/.well-known/mta-sts.txt"
}

// String is the policy as it is published: lines that end in CRLF, in a fixed order, so that equal policies have equal texts. Parsing
// it gives the same policy.
func (p Policy) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "version: STSv1\r\nmode: %s\r\n", p.Mode)
	for _, host := range p.MX {
		b.WriteString("mx: " + host + "\r\n")
	}
	fmt.Fprintf(&b, "max_age: %d\r\n", p.MaxAge/time.Second)
	return b.String()
}

// ID names this text of the policy, as the DNS record tells it: at most 32 letters and digits, another one for every other policy.
func (p Policy) ID() string {
	sum := sha256.Sum256([]byte(p.String()))
	return hex.EncodeToString(sum[:10])
}

// Record is the TXT record of _mta-sts.DOMAIN that announces the policy (RFC 8461 §3.1).
func (p Policy) Record() string { return "v=STSv1; id=" + p.ID() + ";" }

// Allows tells whether the policy names a host (RFC 8461 §4.1). A star stands for exactly one label.
func (p Policy) Allows(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, pattern := range p.MX {
		if pattern == host {
			return true
		}
		if parent, ok := strings.CutPrefix(pattern, "*"); ok {
			if label, ok := strings.CutSuffix(host, parent); ok && label != "" && !strings.Contains(label, ".") {
				return true
			}
		}
	}
	return false
}

// ParsePolicy reads a published policy. Its errors tell in words for the log what is wrong; such a policy counts as not there.
func ParsePolicy(text []byte) (Policy, error) {
	if len(text) > policyMost {
		return Policy{}, errors.New("the policy has more than 64 KiB")
	}
	var p Policy
	seen := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\r\n \t")
		if line == "" {
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		key, value = strings.TrimRight(key, " \t"), strings.TrimSpace(value)
		if !ok {
			return Policy{}, errors.New("the policy has a line without a colon")
		}
		if seen[key] && key != "mx" {
			continue // RFC 8461 §3.2: of any other field the first one counts
		}
		seen[key] = true
		if err := p.set(key, value); err != nil {
			return Policy{}, err
		}
	}
	switch {
	case !seen["version"] || !seen["mode"] || !seen["max_age"]:
		return Policy{}, errors.New("the policy lacks version, mode or max_age")
	case len(p.MX) == 0 && p.Mode != STSNone:
		return Policy{}, errors.New("the policy names no mail host")
	}
	return p, nil
}

// set takes one field. Fields that are not known are passed over (RFC 8461 §3.2).
func (p *Policy) set(key, value string) error {
	switch key {
	case "version":
		if value != "STSv1" {
			return errors.New("the policy is of another version than STSv1")
		}
	case "mode":
		if p.Mode = STSMode(value); p.Mode != STSEnforce && p.Mode != STSTesting && p.Mode != STSNone {
			return errors.New("the policy has a mode that is none of enforce, testing, none")
		}
	case "max_age":
		n, err := strconv.ParseUint(value, 10, 64)
		if err != nil || len(value) > 10 {
			return errors.New("the policy has a max_age that is no number of seconds")
		}
		p.MaxAge = time.Duration(min(n, policyOldest)) * time.Second
	case "mx":
		host := strings.ToLower(strings.TrimSuffix(value, "."))
		if !hostName(strings.TrimPrefix(host, "*.")) {
			return errors.New("the policy names a mail host that no host can have")
		}
		if len(p.MX) == policyHosts {
			return errors.New("the policy names more than 100 mail hosts")
		}
		p.MX = append(p.MX, host)
	}
	return nil
}

// ParseSTSRecord reads the TXT records of _mta-sts.DOMAIN and gives the id of the policy that is published. ok is false where none is
// announced: no record, several, or one that cannot be read (RFC 8461 §3.1).
func ParseSTSRecord(records []string) (id string, ok bool) {
	found := ""
	for _, r := range records {
		if r == "v=STSv1" || strings.HasPrefix(r, "v=STSv1;") || strings.HasPrefix(r, "v=STSv1 ") {
			if found != "" {
				return "", false
			}
			found = r
		}
	}
	for _, field := range strings.Split(found, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		if strings.TrimSpace(key) != "id" {
			continue
		}
		value = strings.TrimSpace(value)
		return value, len(value) >= 1 && len(value) <= 32 && strings.Trim(strings.ToLower(value), "abcdefghijklmnopqrstuvwxyz0123456789") == ""
	}
	return "", false
}

// hostName tells whether a name can be that of a host, in lower case and without the dot at its end.
func hostName(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}
