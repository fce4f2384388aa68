package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"backchannel/archive/letter"

	"golang.org/x/net/idna"
)

// A check reads the text of one setting into its place. When it cannot, it says what is wrong in a half-sentence that goes on after
// "KEY is …", and what to write instead.
type check func(text string) (wrong string)

const (
	kilobyte = 1000
	megabyte = 1000 * kilobyte
	kibibyte = 1024
	mebibyte = 1024 * kibibyte

	// RFC 5321 §4.5.3.1.7 asks every server to take 64K octets; letters above 100 MB do not pass other servers, nor our memory.
	smallestMaxSize = 64 * kibibyte
	largestMaxSize  = 100 * megabyte
)

// word takes one of a few words.
func word[T ~string](into *T, words ...T) check {
	return func(text string) string {
		if slices.Contains(words, T(text)) {
			*into = T(text)
			return ""
		}
		known := make([]string, len(words))
		for i, w := range words {
			known[i] = string(w)
		}
		return fmt.Sprintf("%q; it can be %s.%s", text, list(known), didYouMean(text, known))
	}
}

// onOff takes on or off.
func onOff(into *bool) check {
	return func(text string) string {
		if text != "on" && text != "off" {
			return fmt.Sprintf("%q; it can be on or off.", text)
		}
		*into = text == "on"
		return ""
	}
}

// number takes a whole number between two others.
func number(into *int, least, most int) check {
	return func(text string) string {
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			return fmt.Sprintf("%q; it is a whole number from %d to %d.", text, least, most)
		}
		*into = n
		return ""
	}
}

// mostWeight is more than any weight of a ranking needs.
const mostWeight = 1000

var decimalForm = regexp.MustCompile(`^[0-9]{1,6}(\.[0-9]{1,6})?$`)

// decimal takes a number between two others, with a point or without.
func decimal(into *float64, least, most float64) check {
	return func(text string) string {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || !decimalForm.MatchString(text) || n < least || n > most {
			return fmt.Sprintf("%q; it is a number from %v to %v, like 2 or 2.5.", text, least, most)
		}
		*into = n
		return ""
	}
}

var sizeForm = regexp.MustCompile(`(?i)^([0-9]{1,12}) ?(b|kb?|mb?|kib|mib|)$`)

// size takes a number of bytes: 25MB (a million each), 24MiB (1024 times 1024), or the bare number. Capitals do not matter.
func size(into *int64, least, most int64) check {
	return func(text string) string {
		m := sizeForm.FindStringSubmatch(text)
		if m == nil {
			return fmt.Sprintf("%q; write a size like 25MB.", text)
		}
		n, _ := strconv.ParseInt(m[1], 10, 64) // at most 12 digits
		switch strings.ToLower(m[2]) {
		case "k", "kb":
			n *= kilobyte
		case "m", "mb":
			n *= megabyte
		case "kib":
			n *= kibibyte
		case "mib":
			n *= mebibyte
		}
		switch {
		case n < least:
			return fmt.Sprintf("%s; other servers count on %dKiB at least (RFC 5321).", text, least/kibibyte)
		case n > most:
			return fmt.Sprintf("%s; %dMB is the most.", text, most/megabyte)
		}
		*into = n
		return ""
	}
}

// text takes any words that stand on one line.
func text(into *string) check {
	return func(text string) string {
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return fmt.Sprintf("%q, which has signs in it that no keyboard writes.", text)
		}
		*into = text
		return ""
	}
}

// path takes the path of a file or folder.
func path(into *string) check { return text(into) }

// hostName takes a full domain name.
func hostName(into *string) check {
	return func(text string) string {
		if _, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
			return fmt.Sprintf("%q, an address; it is the full name of this server, like lists.gardeners.example.", text)
		}
		name, err := idna.Lookup.ToASCII(strings.TrimSuffix(strings.ToLower(text), "."))
		switch {
		case err != nil || !validName(name):
			return fmt.Sprintf("%q; it is the full name of this server, like lists.gardeners.example.", text)
		case !strings.Contains(name, "."):
			return fmt.Sprintf("%q, which other mail servers do not accept: write the full name, like %s.gardeners.example.", text, name)
		}
		*into = name
		return ""
	}
}

var nameForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$`)

func validName(name string) bool { return len(name) <= 253 && nameForm.MatchString(name) }

// listener takes host:port to listen on, or nothing. Port 0 means any free one, which tests like.
func listener(into *string) check {
	return func(text string) string {
		if text != "" {
			if wrong := hostPort(text, true); wrong != "" {
				return wrong
			}
		}
		*into = text
		return ""
	}
}

// peer takes host:port of another server, or nothing.
func peer(into *string) check {
	return func(text string) string {
		if text != "" {
			if wrong := hostPort(text, false); wrong != "" {
				return wrong
			}
		}
		*into = text
		return ""
	}
}

// resolver takes address:port of a DNS server, or nothing. A name would have to be asked for first.
func resolver(into *string) check {
	return func(text string) string {
		if text != "" {
			if _, err := netip.ParseAddr(text); err == nil {
				return fmt.Sprintf("%q, without a port: write %s.", text, net.JoinHostPort(text, "53"))
			}
			if wrong := hostPort(text, false); wrong != "" {
				return wrong
			}
			host, port, _ := net.SplitHostPort(text)
			if _, err := netip.ParseAddr(host); err != nil {
				return fmt.Sprintf("%q; it needs the number of the server, not its name, like 192.0.2.53:%s.", text, port)
			}
		}
		*into = text
		return ""
	}
}

// hostPort says what is wrong with host:port. Listening, the host may be missing and the port be 0.
func hostPort(text string, listening bool) string {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		if _, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil || validName(strings.ToLower(text)) {
			return fmt.Sprintf("%q, without a port: write %s.", text, net.JoinHostPort(strings.Trim(text, "[]"), "PORT"))
		}
		return fmt.Sprintf("%q; write host and port, like 127.0.0.1:2525.", text)
	}
	least := 1
	if listening {
		least = 0
	}
	if n, err := strconv.Atoi(port); err != nil || n < least || n > 65535 {
		return fmt.Sprintf("%q; its port is a number from 1 to 65535.", text)
	}
	_, err = netip.ParseAddr(host)
	if err == nil || listening && host == "" || validName(strings.ToLower(host)) && !digitsAndDots(host) {
		return ""
	}
	return fmt.Sprintf("%q; %q is neither an address nor a name.", text, host)
}

// digitsAndDots tells a mistyped address from a name: no top-level domain is a number.
func digitsAndDots(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	_, err := strconv.Atoi(last)
	return err == nil
}

// webURL takes the address under which people reach the pages, or nothing.
func webURL(into *string) check {
	return func(text string) string {
		u, err := url.Parse(text)
		switch {
		case text == "":
		case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
			return fmt.Sprintf("%q; write it as a browser shows it, like https://lists.gardeners.example.", text)
		case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
			return fmt.Sprintf("%q; it ends with the path, without login, ? or #.", text)
		case u.Scheme == "http" && !loopbackHost(u.Hostname()):
			return fmt.Sprintf("%q; links in letters need https, plain http is for loopback only.", text)
		}
		*into = strings.TrimRight(text, "/")
		return ""
	}
}

// mailAddress reads a mail address, or nothing.
func mailAddress(into *string) check {
	return func(text string) string {
		a, err := letter.ParseAddress(text)
		if text != "" && (err != nil || !strings.Contains(a.Domain, ".")) {
			return fmt.Sprintf("%q; write a mail address, like postmaster@gardeners.example.", text)
		}
		*into = text
		return ""
	}
}

// httpsURL reads the address of a service. Plain http is for a test on this machine.
func httpsURL(into *string) check {
	return func(text string) string {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !loopbackHost(u.Hostname())) {
			return fmt.Sprintf("%q; write an https address, like %s.", text, LetsEncrypt)
		}
		*into = text
		return ""
	}
}
