// Package address knows the local parts of our own domains, and the tokens handed out in them. It promises that this is the only
// place where such a local part is read or made, that a token opens exactly the one door it was made for, and that whoever steals
// the database holds no token: only their SHA-256 is kept, and the key they are made with lies in a file beside it.
//
// A token is the same every time for the same door, so that address books stay sane. It is a capability, not an identity: whoever
// receives a letter through it still has to ask who sent it (product.md rule R6).
package address

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kind is the word in front of a token. It is for people: it says where a letter goes.
type Kind string

// The kinds of tokens.
const (
	Everyone  Kind = "everyone"   // into that thread, for all to read
	Private   Kind = "private"    // to the managers, or back to a member
	Note      Kind = "note"       // among managers only
	Confirm   Kind = "confirm"    // one question, answered in bare words
	Vote      Kind = "vote"       // one decision of managers
	Send      Kind = "send"       // mail me this in full
	DigestOff Kind = "digest-off" // stop the digest
	Leave     Kind = "leave"      // leave this list
	Bounce    Kind = "bounce"     // return path of copies
)

var kinds = map[string]Kind{
	"everyone": Everyone, "private": Private, "note": Note, "confirm": Confirm, "vote": Vote, "send": Send,
	"digest-off": DigestOff, "leave": Leave, "bounce": Bounce,
}

// Form is which sort of local part it is.
type Form int

// The forms of a local part.
const (
	Unknown  Form = iota // nothing of ours could be called so
	Token                // KIND+TOKEN
	Role                 // a fixed word: managers, help, leave …
	ListRole             // LIST-word: Word says which, List for which list
	List                 // perhaps a list
)

// Name is a local part, read.
type Name struct {
	Form  Form
	Kind  Kind   // of a Token
	Token string // of a Token: 26 characters, normal form
	Word  string // of a Role or ListRole: "managers", "leave" …
	List  string // of a List or ListRole: its local part, lower case
}

// Private tells whether the address is a private door: a letter that names one is private before it is anything else (product.md W4).
func (n Name) Private() bool {
	switch n.Form {
	case Token:
		return n.Kind == Private || n.Kind == Note
	case Role:
		switch n.Word {
		case "managers", "digest", "postmaster", "abuse", "anon", "report", "ombuds":
			return true
		}
	case ListRole:
		return n.Word == "managers"
	}
	return false
}

// The fixed words and what they mean; several words may mean one.
var roles = map[string]string{
	"managers": "managers", "owner": "managers", "digest": "digest", "postmaster": "postmaster", "abuse": "abuse",
	"anon": "anon", "report": "report", "ombuds": "ombuds", "join": "join", "leave": "leave", "help": "help", "oops": "oops",
	"fbl": "fbl", "dmarc-reports": "dmarc-reports", "tls-reports": "tls-reports",
	"weekly": "weekly", "daily": "daily", "monthly": "monthly", "nodigest": "nodigest", "each": "each",
}

// What may follow a list's name, Mailman's words among them.
var listRoles = map[string]string{
	"owner": "managers", "request": "request", "join": "join", "subscribe": "join", "leave": "leave", "unsubscribe": "leave",
	"bounces": "bounces", "confirm": "confirm",
}

// More words that no list may have, because people would take them for something else.
var taken = map[string]bool{"mailer-daemon": true, "root": true, "admin": true, "noreply": true, "no-reply": true, "everybody": true, "lists": true, "back-channel": true}

// Parse reads a local part of one of our domains.
func Parse(local string) Name {
	s := strings.ToLower(local)
	if head, tail, plus := strings.Cut(s, "+"); plus {
		if i := strings.LastIndexByte(head, '-'); i > 0 && (head[i+1:] == "confirm" || head[i+1:] == "bounces") {
			return Name{Form: ListRole, Word: listRoles[head[i+1:]], List: head[:i]} // Mailman's, with a token of its own
		}
		kind, known := kinds[head]
		token, ok := normal(tail)
		if !known || !ok {
			return Name{}
		}
		return Name{Form: Token, Kind: kind, Token: token}
	}
	if word, ok := roles[s]; ok {
		return Name{Form: Role, Word: word}
	}
	if i := strings.LastIndexByte(s, '-'); i > 0 {
		if word, ok := listRoles[s[i+1:]]; ok {
			return Name{Form: ListRole, Word: word, List: s[:i]}
		}
	}
	if _, isKind := kinds[s]; isKind || !listName(s) {
		return Name{}
	}
	return Name{Form: List, List: s}
}

// Free tells whether a list may have this local part; the sentence says why not.
func Free(local string) (why string, ok bool) {
	switch n := Parse(local); {
	case strings.ToLower(local) != local:
		return "The name of a list is written in small letters.", false
	case n.Form == Role || taken[local] || kinds[local] != "":
		return fmt.Sprintf("%q is a word that Backchannel itself answers to, so no list can have that name.", local), false
	case n.Form == ListRole:
		return fmt.Sprintf("A list's name cannot end in -%s: mail to it would be taken for mail about the list %q.", local[strings.LastIndexByte(local, '-')+1:], n.List), false
	case n.Form != List:
		return "The name of a list has 1 to 50 small letters, digits, dots, hyphens and underscores, and begins with a letter or digit.", false
	}
	return "", true
}

func listName(s string) bool {
	if s == "" || len(s) > 50 || strings.Contains(s, "..") || strings.HasSuffix(s, ".") {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if alnum := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'; alnum || i > 0 && strings.IndexByte("-_.", c) >= 0 {
			continue
		}
		return false
	}
	return true
}

// alphabet is Crockford's base 32: no letter that a human would confuse with a digit.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

var encoding = base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)

// tokenLen is how many characters 128 bits take.
const tokenLen = 26

// normal brings a token that may have been typed by hand into its one form.
func normal(s string) (string, bool) {
	b := make([]byte, 0, tokenLen)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch c {
		case '-':
			continue
		case 'o', 'O':
			c = '0'
		case 'i', 'l', 'I', 'L':
			c = '1'
		default:
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
		}
		if strings.IndexByte(alphabet, c) < 0 || len(b) == tokenLen {
			return "", false
		}
		b = append(b, c)
	}
	return string(b), len(b) == tokenLen
}

// token computes a door's token: the first 128 bits of an HMAC over all that names the door.
func (g Grant) token(key []byte) string {
	mac := hmac.New(sha256.New, key)
	part := func(s string) {
		mac.Write(binary.AppendUvarint(nil, uint64(len(s)))) // lengths, so that no two doors spell alike
		mac.Write([]byte(s))
	}
	part(string(g.Kind))
	part(g.Receiver)
	part(g.Object)
	mac.Write(binary.AppendVarint(binary.AppendVarint(binary.AppendVarint(nil, g.Community), g.Member), g.Epoch))
	return encoding.EncodeToString(mac.Sum(nil)[:16])
}

// Marks are what can be kept of a text, as an address, that is to be known again but not to be read: an HMAC with each of the keys, that
// of today first. Whoever has the database alone cannot even try texts out. The purpose keeps marks of two uses apart.
func (b *Book) Marks(purpose, text string) [][]byte {
	kids := slices.Sorted(maps.Keys(b.keys))
	slices.SortStableFunc(kids, func(x, y int) int {
		switch b.kid {
		case x:
			return -1
		case y:
			return 1
		}
		return 0
	})
	var all [][]byte
	for _, kid := range kids {
		mac := hmac.New(sha256.New, b.keys[kid])
		fmt.Fprintf(mac, "mark:%d:%s%s", len(purpose), purpose, text)
		all = append(all, mac.Sum(nil)[:16])
	}
	return all
}

// digest is what the database keeps of a token.
func digest(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
