package backchannel

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates"
)

// Filed is a conversation in a list of those that a manager has copies of.
type Filed struct {
	Conv
	Who     string // as it stands over the copies
	Subject string // of the first copy, without marks
	Folder  string // in which the copies lie
	Role    string // the name that stands over the reader's answer
	OwnedBy string // the first name of who has taken it; "" is nobody
	Unread  bool
	Covered bool // its words are for folders alone
}

// FiledFor are the conversations that lie in a manager's folders, those that are closed or all others: urgent ones first, then what is due
// soonest. What is not filed for them is not there, whatever they might see of it by their role. covered leaves out the words that are not
// to rest in a personal mailbox: for a reader of whom no more is known than that they read theirs.
func (b *Letterbox) FiledFor(tx *db.Tx, m lists.Member, closed, covered bool, skip, most int) (all []Filed, err error) {
	found, err := b.List(tx, m, closed)
	if err != nil {
		return nil, err
	}
	community, err := lists.CommunityByID(tx, m.Community)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(c Conv) bool { return (c.State == Closed) != closed })
	slices.SortStableFunc(found, func(x, y Conv) int { return sooner(x, y) })
	for _, c := range found {
		f, there, err := b.filed(tx, community, c, m, covered)
		switch {
		case err != nil:
			return nil, err
		case !there:
			continue
		case skip > 0:
			skip--
			continue
		}
		if all = append(all, f); len(all) == most {
			break
		}
	}
	return all, nil
}

// ListFiled is List of what is filed for a manager. Whoever became one a moment ago has nothing yet: first it is found out which letters name
// them.
func (b *Letterbox) ListFiled(tx *db.Tx, m lists.Member, all bool) (found []Conv, err error) {
	may, err := b.List(tx, m, all)
	if err != nil {
		return nil, err
	}
	for _, c := range may {
		s, err := b.shelvesOf(tx, c, m.ID)
		if err != nil {
			return nil, err
		}
		if len(s.places) > 0 {
			found = append(found, c)
		}
	}
	return found, nil
}

// sooner compares what is to be looked at first; among the same the newest stays first.
func sooner(x, y Conv) int {
	if x.State == Closed {
		return y.Closed.Compare(x.Closed)
	}
	if x.Urgent != y.Urgent {
		if x.Urgent {
			return -1
		}
		return 1
	}
	if x.Due.IsZero() != y.Due.IsZero() {
		if y.Due.IsZero() {
			return -1
		}
		return 1
	}
	return cmp.Compare(x.Due.UnixMicro(), y.Due.UnixMicro())
}

// filed is a conversation as a manager's own copies show it; false when there are none.
func (b *Letterbox) filed(tx *db.Tx, community lists.Community, c Conv, m lists.Member, covered bool) (f Filed, there bool, err error) {
	s, err := b.shelvesOf(tx, c, m.ID)
	if err != nil || len(s.places) == 0 {
		return f, false, err
	}
	f = Filed{Conv: c, Who: c.shownAs(), Role: b.role(tx, c, m), Folder: c.folder(m.ID)}
	f.Subject = plainSubject(s.places[0].Subject)
	if f.Covered = covered && inFolders(community, c); f.Covered {
		f.Who, f.Subject = c.Code, ""
	}
	if c.Owner != 0 {
		owner, err := lists.MemberByID(tx, c.Owner)
		if err != nil {
			return f, false, err
		}
		f.OwnedBy = owner.FirstName()
	}
	unread, err := b.unread(tx, c, m.ID)
	f.Unread = slices.ContainsFunc(slices.Concat(s.places, s.apart), func(p archive.PrivateMessage) bool { return slices.Contains(unread, p.ID) })
	return f, true, err
}

// unread are the copies of a conversation that a manager has not read.
func (b *Letterbox) unread(tx *db.Tx, c Conv, m lists.MemberID) (all []archive.PrivateMessageID, err error) {
	parts, err := c.parts(tx)
	if err != nil {
		return nil, err
	}
	for _, part := range parts {
		some, err := b.Office.Store.PrivateUnread(tx, int64(m), int64(part))
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// FiledAs is a conversation by its code, for a manager who has copies of it; a refusal of kind NotFound for everybody else.
func (b *Letterbox) FiledAs(tx *db.Tx, m lists.Member, code string, covered bool) (Filed, error) {
	c, err := b.ByCode(tx, m, code)
	if err != nil {
		return Filed{}, err
	}
	community, err := lists.CommunityByID(tx, m.Community)
	if err != nil {
		return Filed{}, err
	}
	f, there, err := b.filed(tx, community, c, m, covered)
	if err == nil && !there {
		err = notThere(code)
	}
	return f, err
}

// PieceKind is what a piece of a conversation is.
type PieceKind string

// The kinds.
const (
	PieceLetter PieceKind = "letter" // a copy of what was said by the writer, or to them by a colleague
	PieceNote   PieceKind = "note"   // for managers only
	PieceHeld   PieceKind = "held"   // an answer that came back by mail
	PieceOwn    PieceKind = "own"    // the reader's own answer
)

// Piece is one letter of a conversation as it lies in a manager's folders, or an answer of their own.
type Piece struct {
	Kind   PieceKind
	Key    string // by which it is asked for; it tells nothing
	From   string // as it stands over the copy; of a note, who wrote it
	At     time.Time
	Text   templates.Confided // what was written
	Below  templates.Confided // what the mail says below it
	Files  []letter.Attachment
	Unread bool

	filed time.Time
	rank  int
}

// Pieces are what a manager has of a conversation: their own copies, letter by letter, and what they answered themselves. There is nothing
// in them that their mail and their folders do not hold.
func (b *Letterbox) Pieces(tx *db.Tx, c Conv, m lists.Member) ([]Piece, error) {
	if !c.mayRead(m) {
		return nil, notThere(c.Code)
	}
	s, err := b.shelvesOf(tx, c, m.ID)
	if err != nil {
		return nil, err
	}
	unread, err := b.unread(tx, c, m.ID)
	if err != nil {
		return nil, err
	}
	spoken, err := said(tx, c.ID, 0)
	if err != nil {
		return nil, err
	}
	var all []Piece
	for _, p := range slices.Concat(s.places, s.apart) {
		l, err := b.copied(tx, p)
		if err != nil {
			return nil, err
		}
		piece := pieceOf(p, l)
		piece.Unread, piece.rank = slices.Contains(unread, p.ID), len(all)
		switch s.names[p.Mailbox] {
		case FolderNotes:
			piece.Kind = PieceNote
			if piece.From, err = noteBy(tx, spoken, p.MessageID, piece.From); err != nil {
				return nil, err
			}
		case FolderHeld:
			piece.Kind = PieceHeld
		}
		all = append(all, piece)
	}
	for _, msg := range spoken {
		if msg.dir != dirOut || msg.author != m.ID || msg.text == "" {
			continue
		}
		all = append(all, Piece{Kind: PieceOwn, From: b.role(tx, c, m), At: msg.at.Truncate(time.Minute), Text: templates.Confided(msg.text), filed: msg.at, rank: len(all)})
	}
	slices.SortFunc(all, func(x, y Piece) int { return cmp.Or(x.filed.Compare(y.filed), cmp.Compare(x.rank, y.rank)) })
	return all, nil
}

// copied is a filed copy as it is read.
func (b *Letterbox) copied(tx *db.Tx, p archive.PrivateMessage) (*letter.Letter, error) {
	raw, err := b.Office.Store.Raw(tx, p.Raw)
	if err != nil {
		return nil, err
	}
	return letter.Parse(raw)
}

// pieceOf reads a copy. Its date is the one that it bears: of somebody without a name that is the hour alone.
func pieceOf(p archive.PrivateMessage, l *letter.Letter) Piece {
	text, below, _ := strings.Cut(l.Text(), "\n"+templates.ReplyAbove)
	if _, rest, ok := strings.Cut(below, "\n"); ok {
		below = rest
	}
	if end := strings.LastIndex(below, "\n[private "); end >= 0 {
		below = below[:end]
	} else if end := strings.LastIndex(text, "\n[private "); end >= 0 && below == "" {
		text = text[:end]
	}
	at, _ := l.Date()
	return Piece{
		Kind: PieceLetter, Key: pieceKey(p.MessageID), From: p.From.Name, At: at, Files: l.Attachments(), filed: p.Internal,
		Text: templates.Confided(lists.WithoutDoors(strings.TrimSpace(text))), Below: templates.Confided(lists.WithoutDoors(strings.TrimSpace(doorLine.ReplaceAllString(below, "")))),
	}
}

// doorLine is the line of a mail that names the address of notes: whoever reads a page writes there.
var doorLine = regexp.MustCompile(`(?m)^For managers only: \S+@\S+$`)

// pieceKey names a copy: numbers of letters would tell how many there are.
func pieceKey(id letter.MessageID) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:8])
}

// noteBy is who wrote the note of which this is a copy. Words do not tell it: two may write "I agree".
func noteBy(tx *db.Tx, spoken []message, id letter.MessageID, unknown string) (string, error) {
	copied, known, err := findReference(tx, id)
	if err != nil || !known {
		return unknown, err
	}
	i := slices.IndexFunc(spoken, func(m message) bool { return m.dir == dirNote && m.rev == copied.rev })
	if i < 0 || spoken[i].author == 0 {
		return unknown, nil
	}
	m, err := lists.MemberByID(tx, spoken[i].author)
	return m.FirstName(), err
}

// PieceFile is a file of a piece, counted from 1; a refusal of kind NotFound when there is none. room is asked before a copy of so many
// octets is read.
func (b *Letterbox) PieceFile(tx *db.Tx, c Conv, m lists.Member, key string, n int, room func(octets int) error) (a letter.Attachment, data []byte, err error) {
	if !c.mayRead(m) {
		return a, nil, notThere(c.Code)
	}
	s, err := b.shelvesOf(tx, c, m.ID)
	if err != nil {
		return a, nil, err
	}
	for _, p := range slices.Concat(s.places, s.apart) {
		if pieceKey(p.MessageID) != key {
			continue
		}
		if err := room(p.Size); err != nil {
			return a, nil, err
		}
		l, err := b.copied(tx, p)
		if err != nil {
			return a, nil, err
		}
		files := l.Files()
		if n < 1 || n > len(files) {
			break
		}
		return l.Attachments()[n-1], files[n-1].Decoded(), nil
	}
	return a, nil, notThere(c.Code)
}

// Opened notes that a manager has pieces of a conversation open on a page, and no more than those: their copies are read, and it is told to
// the writer as what a mail program marks is (WHO READ).
func (b *Letterbox) Opened(tx *db.Tx, c Conv, m lists.Member, shown []Piece) error {
	now, err := find(tx, c.ID)
	if err != nil {
		return err
	}
	if m, err = lists.MemberByID(tx, m.ID); err != nil || !now.mayRead(m) { // the page was written before
		return err
	}
	s, err := b.shelvesOf(tx, now, m.ID)
	if err != nil {
		return err
	}
	for _, p := range s.all() {
		key := pieceKey(p.MessageID)
		if !slices.ContainsFunc(shown, func(one Piece) bool { return one.Key == key }) {
			continue
		}
		if _, err := b.Office.Store.StorePrivateFlags(tx, p.Mailbox, int64(m.ID), []uint32{p.UID}, archive.AddFlags, []string{flagSeen}); err != nil {
			return err
		}
	}
	return saw(tx, now.ID, m.ID, c.Rev, viaWeb)
}
