package backchannel

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"backchannel/archive/letter"
)

// advertising is the number of points from which a stranger's letter looks like advertising (B15b): nobody is told that it arrived, and
// the managers read what it looks like. It is delivered all the same.
const advertising = 3

var (
	links    = regexp.MustCompile(`(?i)\bhttps?://`)
	shouting = regexp.MustCompile(`!!|\$\$|(?i)\b100 ?%`)

	// opened are endings of files that strangers send to be opened.
	opened = []string{".exe", ".scr", ".js", ".vbs", ".bat", ".cmd", ".pif", ".jar", ".iso", ".img", ".lnk", ".hta", ".zip", ".rar", ".7z", ".html", ".htm"}
)

// advertPoints counts facts by which advertising differs from what people write, on the form of a letter alone: words go out of date.
func advertPoints(l *letter.Letter) (points int) {
	var plain, page bool
	var pages strings.Builder
	for _, p := range l.Parts() {
		name := strings.ToLower(p.Filename())
		switch {
		case name != "" && slices.Contains(opened, path.Ext(name)):
			points += 2
		case p.Type == "text/plain" && strings.TrimSpace(string(p.Decoded())) != "":
			plain = true
		case p.Type == "text/html":
			page = true
			pages.Write(p.Decoded())
		}
	}
	if page && !plain {
		points += 2
	}
	if strings.Contains(strings.ToLower(pages.String()), "<img") {
		points++
	}
	if n := len(links.FindAllString(l.Text()+pages.String(), -1)); n >= 3 && n*25 > len(strings.Fields(l.Text())) {
		points++
	}
	if loud(l.Subject()) {
		points++
	}
	from, back := l.From(), l.ReplyTo()
	if len(from) > 0 && len(back) > 0 && !strings.EqualFold(from[0].Address.Domain, back[0].Address.Domain) {
		points++
	}
	return points
}

// loud tells a subject that shouts.
func loud(subject string) bool {
	letters, capitals := 0, 0
	for _, r := range subject {
		if unicode.IsLetter(r) {
			letters++
			if unicode.IsUpper(r) {
				capitals++
			}
		}
	}
	return shouting.MatchString(subject) || letters >= 10 && capitals*3 > letters*2
}
