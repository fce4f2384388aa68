package backchannel

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
)

// How a signature without a mark is learned (product.md A5, G1): its lines stand at the end of so many of somebody's last letters.
const (
	signatureSeen    = 3
	signatureLetters = 5
	signatureLines   = 8
)

// lineHash stands for a line of one person; the same line of somebody else has another.
type lineHash uint64

func hashLine(m lists.MemberID, line string) lineHash { return hashPlain(m, plainLine(line)) }

func hashPlain(m lists.MemberID, plain string) lineHash {
	key := binary.AppendVarint(nil, int64(m))
	sum := sha256.Sum256(append(key, plain...))
	return lineHash(binary.BigEndian.Uint64(sum[:]))
}

// Read works out before the transaction what Heard needs of a letter.
func (b *Letterbox) Read(l *letter.Letter) { lastPlain(l) }

type lastPlainKey struct{}

// lastPlain are the last lines of a letter, plain.
func lastPlain(l *letter.Letter) []string {
	return l.AboutBody(lastPlainKey{}, func() any {
		all := lastLines(l)
		for i, line := range all {
			all[i] = plainLine(line)
		}
		return all
	}).([]string)
}

// Heard learns from every letter that is surely somebody's, wherever it goes, how they sign. Nothing of a letter is kept but numbers that
// stand for its last lines.
func (b *Letterbox) Heard(tx *db.Tx, in *lists.Incoming) error {
	if in.Sender.ID == 0 || in.Robot || in.Name.Word == "anon" || in.Name.Word == "report" {
		return nil // what is written there leaves no trace of who wrote it
	}
	var hashes []lineHash
	for _, line := range lastPlain(in.Letter) {
		hashes = append(hashes, hashPlain(in.Sender.ID, line))
	}
	if len(hashes) == 0 {
		return nil
	}
	return learn(tx, in.Sender.ID, int64(in.ID), hashes)
}

// lastLines are the lines of a letter that may be a signature: the last ones of its own words but never the first, and what was known as
// a signature by its mark.
func lastLines(l *letter.Letter) (all []string) {
	n := l.NewText()
	lines := strings.Split(strings.TrimSpace(n.Text), "\n")
	for _, part := range [][]string{lines[1:], strings.Split(n.Signature, "\n")} {
		seen := 0
		for i := len(part) - 1; i >= 0 && seen < signatureLines; i-- {
			if line := strings.TrimSpace(part[i]); line != "" {
				if seen++; signs(line) {
					all = append(all, line)
				}
			}
		}
	}
	return all
}

// signs tells whether a line could be one of a signature: what people are, where they work, how they are reached. A sentence is none, nor
// are the words with which letters end.
func signs(line string) bool {
	words := plainWords(line)
	if utf8.RuneCountInString(line) > 90 || len(words) == 0 || len(words) > 12 || strings.HasPrefix(line, ">") {
		return false
	}
	if strings.ContainsAny(line, "@|·•") || strings.ContainsFunc(line, unicode.IsDigit) {
		return true
	}
	if len(words) < 2 || strings.ContainsAny(line[len(line)-1:], ".!?,;:") {
		return false
	}
	capitals := 0
	for _, w := range strings.Fields(line) {
		if r, _ := utf8.DecodeRuneInString(strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) })); unicode.IsUpper(r) {
			capitals++
		}
	}
	return capitals >= 2
}

// signature are the lines that somebody signs with, as far as they are learned.
type signature struct {
	member lists.MemberID
	lines  map[lineHash]bool
}

func (s signature) has(line string) bool {
	return len(s.lines) > 0 && strings.TrimSpace(line) != "" && s.lines[hashLine(s.member, line)]
}

// strip cuts the signature from the end of a text, unless that is all there is.
func (s signature) strip(text string) string {
	lines := strings.Split(strings.TrimRightFunc(text, unicode.IsSpace), "\n")
	cut := len(lines)
	for cut > 0 && (s.has(lines[cut-1]) || strings.TrimSpace(lines[cut-1]) == "") {
		cut--
	}
	if cut == 0 {
		return text
	}
	return strings.TrimRightFunc(strings.Join(lines[:cut], "\n"), unicode.IsSpace)
}

// discreet makes somebody's words fit to be passed on without what they sign with, and tells what else shows who and where they are (G1).
func (b *Letterbox) discreet(tx *db.Tx, text string, m lists.Member) (string, []lists.Slip, error) {
	own, err := lists.Addresses(tx, m.ID)
	if err != nil {
		return text, nil, err
	}
	known, err := signatureOf(tx, m.ID)
	if err != nil {
		return text, nil, err
	}
	var slips []lists.Slip
	for before := "\x00"; before != text; {
		before = text
		text, slips = lists.Discreet(known.strip(text), m, own)
		text = strings.TrimSpace(text)
	}
	for i, line := range strings.Split(text, "\n") {
		told := slices.ContainsFunc(slips, func(s lists.Slip) bool { return s.Line == i+1 })
		if !told && known.has(line) {
			slips = append(slips, lists.Slip{Line: i + 1, What: strings.TrimSpace(line)})
		}
	}
	return text, slips, nil
}
