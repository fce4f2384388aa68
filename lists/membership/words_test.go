package membership

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/templates"
)

var june = time.Date(2026, 6, 12, 9, 30, 0, 0, time.UTC)

// said is a setting in short.
func (s setting) said() string {
	out := string(s.what)
	if s.word != "" {
		out += " " + s.word
	}
	if s.list != "" {
		out += " @" + s.list
	}
	if s.daily {
		out += " " + s.day.String()
	}
	if s.hour > 0 || s.hour == 0 && (s.what == templates.SetPeriod || s.what == templates.SetDay || s.what == templates.SetHour) {
		out += fmt.Sprintf(" %dh", s.hour)
	}
	if !s.address.IsZero() {
		out += " <" + s.address.String() + ">"
	}
	if !s.until.IsZero() {
		out += " " + s.from.Format("2.1.06") + "-" + s.until.Format("2.1.06")
	}
	return out
}

// People write the words in many ways, and each is understood; what could mean something else is not.
func TestReadSetting(t *testing.T) {
	for line, want := range map[string]string{
		"WEEKLY": "period weekly", "weekly friday 8": "period weekly Friday 8h", "Weekly, on Fridays at 8:00": "period weekly Friday 8h",
		"weekly: fri 6 pm": "period weekly Friday 18h", "DAILY 7": "period daily 7h", "daily at 07:00": "period daily 7h", "daily 12am": "period daily 0h",
		"MONTHLY": "period monthly", "monthly mondays": "period monthly Monday", "DAY tuesday": "day Tuesday", "Tuesday": "day Tuesday", "Tuesdays at 9": "day Tuesday 9h",
		"hour 18": "hour 18h", "HOUR: 18h": "hour 18h", "please set the hour to 6pm.": "hour 18h",
		"zone Europe/Berlin": "zone Europe/Berlin", "ZONE berlin": "zone Europe/Berlin", "timezone new york": "zone America/New_York", "zone utc": "zone UTC",
		"zone = America/chicago": "zone America/Chicago", "format text": "format text", "FORMAT BOTH": "format alt", "format: plain text": "format text", "format rfc 1153": "format rfc1153",
		"MIN 3": "min 3", "follow roles": "follow roles", "FOLLOW #Roles": "follow roles", "unfollow roles": "unfollow roles",
		"mute 418": "mute 418", "mute #418": "mute 418", "MUTE jobs": "mute jobs", "unmute thread 418": "unmute 418",
		"talk each": "delivery each @talk", "each talk": "delivery each @talk", "EACH": "delivery each", "digest all": "delivery digest", "talk@gardeners.example none": "delivery none @talk",
		"NODIGEST": "delivery none", "list talk off": "delivery none @talk",
		"settings": "page", "• SETTINGS": "page",
		"vacation 1 July to 14 July": "vacation 1.7.26-14.7.26", "VACATION 1 to 14 July": "vacation 1.7.26-14.7.26", "vacation: July 1 - July 14, 2026": "vacation 1.7.26-14.7.26",
		"vacation until 14.7.": "vacation 12.6.26-14.7.26", "vacation from 2026-07-01 to 2026-07-14": "vacation 1.7.26-14.7.26", "vacation 28 Dec – 4 Jan": "vacation 28.12.26-4.1.27",
		"vacation today to 1st of": "", "vacation 1.7. – 14.7.": "vacation 1.7.26-14.7.26", "away until tomorrow": "vacation 12.6.26-13.6.26", "VACATION OFF": "vacation", "vacation 12 June to 12 June": "vacation 12.6.26-12.6.26",
		"vacation 14 July 2026 to 1 July 2026": "", "vacation 1 June 2026 to 5 June 2026": "", "vacation 31 June to 3 July": "", "vacation": "", "vacation soon": "",
		"LANGUAGE english": "language en", "LANGUAGE german": "language de", "language español": "language es", "Sprache deutsch": "language de", "language Deutsch": "language de", "language: EN": "language en", "language klingon": "", "language": "",
		"WEAKLY": "", "weekly fryday": "", "weekly friday monday": "", "daily friday": "", "daily 25": "", "daily 8:30": "", "hour": "", "hour 13pm": "", "zone": "", "zone Mars/Base": "", "zone ../etc": "", "zone local": "",
		"format word": "", "min 0": "", "min many": "", "follow": "", "follow what you like!": "", "mute": "", "follow 418": "", "each talk please now": "", "talk": "", "": "", "Could you make it weekly?": "", "daily life is hard": "",
		"settings are odd":  "",
		"LANGUAGE Français": "language fr", "language: french": "language fr", "LANGUAGE 日本語": "language ja", "language japanese": "language ja",
		"NAME Dana de la Cruz": "name Dana de la Cruz", "Name: Dana": "name Dana", "name": "", "name dana@x.example": "", "own copy on": "own-copy on", "OWN COPY OFF.": "own-copy off", "own copy": "", "INTRODUCE ON": "introduce on", "introduce: posted": "introduce posted", "Introduce me.": "introduce on", "introduce no": "introduce off", "introduce": "", "introduce me to Bill": "", "ADDRESS SHOW": "address-shown show", "address: hide.": "address-shown hide", "address show dana@x.example": "", "GREET OFF": "greet off", "greeting: on": "greet on", "Greet": "", "greet Bill for me": "", "HELLO OFF": "hello off", "hello: on": "hello on", "Hello": "", "Hello all": "", "hello off please now": "", "own goal off": "",
		"ADDRESS Dana@New.example": "address <Dana@new.example>", "change my address to dana@new.example": "address <dana@new.example>", "address add <a@b.example>": "address-add <a@b.example>",
		"ADDRESS FIRST a@b.example": "address-first <a@b.example>", "address remove a@b.example.": "address-remove <a@b.example>", "addresses": "page", "address add": "", "address a@b.example c@d.example": "", "address a@": "", "address dana at new": "",
	} {
		all, ok := readSetting(line, june)
		var got []string
		for _, s := range all {
			got = append(got, s.said())
		}
		if !ok {
			got = nil
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%q: %q, want %q", line, strings.Join(got, "; "), want)
		}
	}
	if all, wrong := readSettings("\nFOLLOW roles, #cats\nMUTE 1 2\n\nThanks,\nDana", june); wrong != "" || len(all) != 4 {
		t.Errorf("%v %q", all, wrong)
	}
	if all, wrong := readSettings("WEEKLY FRIDAY 8; jobs EACH;", june); wrong != "" || len(all) != 2 {
		t.Errorf("%v %q", all, wrong)
	}
	if all, wrong := readSettings("DAILY\nWEAKLY\n", june); wrong != "WEAKLY" || all != nil {
		t.Errorf("%v %q", all, wrong)
	}
	if _, wrong := readSettings("follow "+strings.Repeat("ab, ", 30), june); wrong == "" {
		t.Error("30 changes at once")
	}
}

// Whatever somebody writes, reading it neither fails nor asks for what cannot be.
func FuzzSettings(f *testing.F) {
	for _, s := range []string{"weekly friday 8", "vacation 1 July to 14 July", "vacation 31.12. – 1.1.", "ZONE new york", "MUTE #418", "talk each", "\x00\xff", "vacation 29 Feb to 29 Feb", "hour 12 am", "zone İstanbul", "address add a@b.example", "name İ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, wrong := readSettings(text, june)
		if len(all) > mostSettings || wrong != "" && all != nil {
			t.Fatalf("%d settings, wrong %q", len(all), wrong)
		}
		for _, s := range all {
			if s.hour > 23 || s.hour < -1 || s.day < 0 || s.day > 6 || !s.until.IsZero() && (s.until.Before(s.from) || s.from.Before(june.Add(-10*time.Hour))) {
				t.Errorf("%q: %+v", text, s)
			}
			if s.what == templates.SetZone {
				if _, err := time.LoadLocation(s.word); err != nil {
					t.Errorf("%q is no zone", s.word)
				}
			}
		}
	})
}
