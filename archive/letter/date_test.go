package letter

import (
	"net/mail"
	"strings"
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	for in, want := range map[string]string{
		"Thu, 1 Nov 2001 11:19:12 +0100":                      "2001-11-01T11:19:12+01:00",
		"1 Nov 2001 11:19 -0330":                              "2001-11-01T11:19:00-03:30",
		"Thu,01 Nov 2001 11:19:12 GMT":                        "2001-11-01T11:19:12Z",
		"Thu, 1 Nov 2001 11:19:12 -0700 (PDT)":                "2001-11-01T11:19:12-07:00",
		"Thu (a (nested) comment), 1 Nov 2001 11:19:12 +0000": "2001-11-01T11:19:12Z",
		"Thu Nov  1 11:19:12 2001":                            "2001-11-01T11:19:12Z",
		"Thu Nov  1 11:19:12 EST 2001":                        "2001-11-01T11:19:12-05:00",
		"Thu Nov  1 11:19:12 2001 +0200":                      "2001-11-01T11:19:12+02:00",
		"Sun, 21 Nov 97 09:55:06 -0600":                       "1997-11-21T09:55:06-06:00",
		"Sun, 21 Nov 03 09:55:06 -0600":                       "2003-11-21T09:55:06-06:00",
		"Sun, 21 Nov 103 09:55:06 -0600":                      "2003-11-21T09:55:06-06:00",
		"Thu, 22 Aug 0102 12:07:35 +0800":                     "2002-08-22T12:07:35+08:00",
		"Wed, 9 Jan 2002 19:47:50 MST":                        "2002-01-09T19:47:50-07:00",
		"Wed, 9 Jan 2002 19:47:50 JST":                        "2002-01-09T19:47:50+09:00",
		"Wed, 9 Jan 2002 19:47:50 GMT+0200":                   "2002-01-09T19:47:50+02:00",
		"Wed, 9 Jan 2002 19:47:50 UTC":                        "2002-01-09T19:47:50Z",
		"Wed, 9 Jan 2002 19:47:50 Z":                          "2002-01-09T19:47:50Z",
		"Wed, 9 Jan 2002 19:47:50":                            "2002-01-09T19:47:50Z",
		"Wed, 9 Jan 2002 19:47:50 +02:00":                     "2002-01-09T19:47:50+02:00",
		"Wed, 9 Jan 2002 19:47:50 +9999":                      "2002-01-09T19:47:50Z",
		"Wed, 9 Jan 2002":                                     "2002-01-09T00:00:00Z",
		"Wednesday, January 9, 2002 7:47 PM":                  "2002-01-09T19:47:00Z",
		"Wed, 9 Jan 2002 12:05am":                             "2002-01-09T00:05:00Z",
		"9th January 2002 19:47":                              "2002-01-09T19:47:00Z",
		"Wed, 9 Jan 2002 19.47.50 +0100":                      "2002-01-09T19:47:50+01:00",
		"09-Jan-2002 19:47:50 +0100":                          "2002-01-09T19:47:50+01:00",
		"09-Jan-02 19:47:50":                                  "2002-01-09T19:47:50Z",
		"29-04-2017 23:34":                                    "2017-04-29T23:34:00Z",
		"04/29/2017 23:34":                                    "2017-04-29T23:34:00Z",
		"29.04.2017 23:34":                                    "2017-04-29T23:34:00Z",
		"2002-01-09 19:47:50":                                 "2002-01-09T19:47:50Z",
		"2002-01-09T19:47:50Z":                                "2002-01-09T19:47:50Z",
		"2002-01-09T19:47:50.123+01:00":                       "2002-01-09T19:47:50+01:00",
		"2002/01/09 19:47":                                    "2002-01-09T19:47:00Z",
		"Thu, 13 Feb 1969 23:32:54 -0330":                     "1969-02-13T23:32:54-03:30",
		"Wed, 9 Jan 2002 23:59:60 +0000":                      "2002-01-09T23:59:59Z", // a leap second
		"Wed, 9 Jan\r\n 2002 19:47:50 +0100":                  "2002-01-09T19:47:50+01:00",
		"Sat, 29 Feb 2020 10:00:00 +0000":                     "2020-02-29T10:00:00Z",
	} {
		got, ok := ParseDate(in)
		if !ok || got.Format(time.RFC3339) != want {
			t.Errorf("%q: %s %v, want %s", in, got.Format(time.RFC3339), ok, want)
		}
	}
	for _, in := range []string{"", "yesterday", "<HR>", "%date%", "Mon, 30 Jun 3609 15:33:50 +0600", "Pn, 29 paX 2007 21:13:00 +0100", "31 Feb 2001 10:00:00 +0000", "0 Jan 2001", "32 Jan 2001", "Jan 2001", "10:00", "1 Nov 1850", ",,,,", "+", "-", "GMT", strings.Repeat("(", 10_000)} {
		if got, ok := ParseDate(in); ok {
			t.Errorf("%q is read as %s", in, got)
		}
	}
}

// TestDatesSecondOpinion: where the strict reader of the standard library understands a date of the corpus, ours agrees, but for
// zone names, which it reads as UTC.
func TestDatesSecondOpinion(t *testing.T) {
	seen := 0
	corpusLetters(t, func(name string, raw []byte) {
		l, err := Parse(raw)
		if err != nil || l.header.Count("Date") == 0 {
			return
		}
		value := l.header.Raw("Date")[0]
		theirs, err := mail.ParseDate(value)
		if zone, offset := theirs.Zone(); err != nil || (offset == 0 && zone != "UTC" && zone != "GMT" && zone != "") {
			return
		}
		if theirs.Year() < 1900 || theirs.Year() > 2199 {
			return
		}
		seen++
		if got, ok := ParseDate(value); !ok || !got.Equal(theirs) {
			t.Errorf("%s: %q: ours %v %v, theirs %v", name, value, got, ok, theirs)
		}
	})
	t.Logf("%d dates compared", seen)
}

func FuzzDate(f *testing.F) {
	for _, s := range []string{"Thu, 1 Nov 2001 11:19:12 +0100", "Thu Nov  1 11:19:12 2001", "2002-01-09T19:47:50.123+01:00", "09-Jan-02 19:47:50 EST", "29.04.2017 3:04pm", "1 Jan 70", "(", "+", "12:00GMT-5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := ParseDate(s)
		if !ok {
			if !got.IsZero() {
				t.Fatalf("%q: refused with %v", s, got)
			}
			return
		}
		if y := got.Year(); y < 1900 || y > 2200 {
			t.Fatalf("%q: year %d", s, y)
		}
		again, ok := ParseDate(got.Format("Mon, 2 Jan 2006 15:04:05 -0700"))
		if !ok || !again.Equal(got) {
			t.Fatalf("%q: %v written and read as %v", s, got, again)
		}
	})
}
