package mailauth

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
)

var (
	errTags      = errors.New("its list of tags has a mistake in it")
	errTagTwice  = errors.New("it says the same thing twice")
	errTagNumber = errors.New("a number in it is none")
)

// tags is a list of tags and values as DKIM, ARC and key records have them (RFC 6376 §3.2). Names keep their case.
type tags map[string]string

// parseTags reads a tag list strictly: whoever is unsure what a signature says must not believe it.
func parseTags(s string) (tags, error) {
	list := make(tags)
	for s != "" {
		part, rest, more := strings.Cut(s, ";")
		if !more && strings.Trim(part, fws) == "" {
			break // the last ";" ends the list
		}
		name, value, ok := strings.Cut(part, "=")
		name = strings.Trim(name, fws)
		if !ok || !isTagName(name) {
			return nil, errTags
		}
		if _, twice := list[name]; twice {
			return nil, errTagTwice
		}
		list[name] = strings.Trim(value, fws)
		s = rest
	}
	return list, nil
}

// fws is the white space that may stand around and inside of values.
const fws = " \t\r\n"

func isTagName(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (i == 0 || s[i] != '_' && (s[i] < '0' || s[i] > '9')) {
			return false
		}
	}
	return s != ""
}

// word is a value without any white space in it.
func (t tags) word(name string) string { return unspaced(t[name]) }

// list is a value whose parts stand between colons, each without white space.
func (t tags) list(name string) []string {
	v, ok := t[name]
	if !ok {
		return nil
	}
	return strings.Split(unspaced(v), ":")
}

// binary is a value in base64 with white space anywhere. It is empty when there is none that can be read.
func (t tags) binary(name string) []byte {
	b, err := base64.StdEncoding.DecodeString(t.word(name))
	if err != nil {
		return nil
	}
	return b
}

// time is a value in seconds since 1970; zero where the tag is missing.
func (t tags) time(name string) (time.Time, error) {
	v, ok := t[name]
	if !ok {
		return time.Time{}, nil
	}
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil || len(v) > 12 { // RFC 6376 §3.5: at most 12 digits
		return time.Time{}, errTagNumber
	}
	return time.Unix(int64(n), 0), nil
}

func unspaced(s string) string {
	if !strings.ContainsAny(s, fws) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(fws, r) {
			return -1
		}
		return r
	}, s)
}

// emptied is a signature field with nothing between the "=" of its b tag and the ";" after it (RFC 6376 §3.5). Every other byte
// stays.
func emptied(raw string) string {
	colon := strings.IndexByte(raw, ':') + 1
	for at := colon; at < len(raw); {
		end := len(raw)
		if i := strings.IndexByte(raw[at:], ';'); i >= 0 {
			end = at + i
		}
		if name, _, ok := strings.Cut(raw[at:end], "="); ok && strings.Trim(name, fws) == "b" {
			return raw[:at+len(name)+1] + raw[end:]
		}
		at = end + 1
	}
	return raw
}
