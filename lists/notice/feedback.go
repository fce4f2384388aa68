package notice

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"backchannel/archive/letter"
	"backchannel/lists"
)

// Feedback are the fields by which mail providers tell us that somebody called a letter spam (M3): Feedback-ID, by which Gmail sums up
// complaints, with the member as a hash; and where to report to, with the token of the door off that takes this member off (RFC 9477):
// whoever holds the letter holds that token anyway. path is the member's return path.
func Feedback(c lists.Community, list, kind string, path, off letter.Address) []letter.Field {
	sum := sha256.Sum256([]byte("Feedback-ID " + path.Local))
	_, token, _ := strings.Cut(off.Local, "+")
	return []letter.Field{
		{Name: "Feedback-ID", Value: list + ":" + kind + ":" + hex.EncodeToString(sum[:5]) + ":" + senderID(c.Domain)},
		{Name: "CFBL-Address", Value: c.Address("fbl").String() + "; report=arf"},
		{Name: "CFBL-Feedback-ID", Value: token},
	}
}

// senderID is the last part of a Feedback-ID: always the same for a community, 5 to 15 characters.
func senderID(domain string) string {
	id := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, domain)
	if len(id) < 5 {
		id += "-mail"
	}
	return id[:min(len(id), 15)]
}
