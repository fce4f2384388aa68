package templates

import (
	"strings"
)

// What stands in the header of mails, or in place of what somebody left out, in the language of the reader. An unknown language is English.

// Untitled stands for the subject of a thread that has none.
func (l Language) Untitled() string { return l.phrases().untitled }

// Hello is the subject of an introduction; name may be empty.
func (l Language) Hello(name string) string {
	hello := l.phrases().hello
	if name == "" {
		return hello[1]
	}
	return strings.ReplaceAll(hello[0], "{name}", name)
}

// ManagersDoor is the name over the address that a reply to the managers goes to.
func (l Language) ManagersDoor() string { return l.phrases().managers }

// EveryoneIn is the name over the address into a thread.
func (l Language) EveryoneIn(subject string) string {
	return strings.ReplaceAll(l.phrases().toEveryone, "{subject}", subject)
}

// GoesOn stands below a post of which a digest shows the beginning.
func (l Language) GoesOn() string { return l.phrases().goesOn }

// DigestName is who a digest is from: the community, and how often it comes.
func (l Language) DigestName(community string, p Period) string {
	i := map[Period]int{Daily: 0, Weekly: 1, Monthly: 2}[p]
	return strings.ReplaceAll(l.phrases().from[i], "{community}", community)
}

func (l Language) phrases() phrases {
	if p, ok := phrasebook[l]; ok {
		return p
	}
	return phrasebook[English]
}
