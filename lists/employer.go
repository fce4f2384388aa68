package lists

import (
	"slices"
	"strings"
)

// providers are where people have addresses who work elsewhere.
var providers = []string{
	"gmail", "googlemail", "outlook", "hotmail", "live", "msn", "yahoo", "ymail", "icloud", "me", "mac", "aol", "proton", "protonmail", "pm", "gmx", "web", "freenet", "posteo",
	"mailbox", "fastmail", "t-online", "orange", "wanadoo", "free", "laposte", "libero", "virgilio", "hey", "zoho", "yandex", "mail", "seznam", "wp", "o2", "qq", "163", "126",
	"privaterelay", "appleid",
}

// Employer is the name in a domain that may be somebody's employer's: of mail.northgate.co.uk it is northgate; "" for big providers.
func Employer(domain string) string {
	labels := strings.Split(domain, ".")
	for len(labels) > 1 {
		labels = labels[:len(labels)-1]
		last := labels[len(labels)-1]
		if len(labels) > 1 && (len(last) <= 3 && slices.Contains([]string{"co", "com", "org", "net", "ac", "gov", "edu"}, last)) {
			continue
		}
		if slices.Contains(providers, last) {
			return ""
		}
		return last
	}
	return ""
}
