// Package imapd lets people read their mailboxes with an ordinary mail program (IMAP4rev1 and rev2, RFC 3501 and RFC 9051).
//
// It promises:
//
//   - Nobody sees or changes anything before a Login said who they are, and afterwards only what the Account handed over by that
//     Login offers. This package holds no right of its own: each look goes through the Account again, so a right that was taken
//     away is gone with the next command, and an idle session is told so.
//   - Strangers cost little: before the login a line is at most 1 KiB, a session lasts two minutes, a network has eight sessions
//     and the world sixty-four; wrong passwords are answered ever more slowly (rule F3).
//   - What a client is told is what is so: message numbers never jump, a mailbox opened read-only stays unchanged, a refusal is
//     NO with one helpful sentence, and a letter that may not be filed is refused before it is sent over the wire.
//   - A letter put into the folder of sent mail is kept nowhere.
//
// Below it lies the beta of a library (emersion/go-imap). Its known gaps are closed by the filter that sits between the library
// and the wire (filter.go); docs/imap.md lists what remains.
package imapd

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"backchannel/archive/letter"
)

// Login finds out who wants to come in.
type Login interface {
	// Login gives what this person may see. A *refusal.Refusal of kind NotAllowed means: wrong name or wrong password, and the
	// answer on the wire is the same for both. One of kind Limit means that there were too many of them: the connection ends. Every
	// other error is a shortage of ours and is no sign of guessing.
	Login(ctx context.Context, remote netip.Addr, user, password string) (Account, error)
}

// Account is what one signed-in person sees. All its methods may be called from several sessions at once. Names of mailboxes are
// UTF-8 with '/' between the levels. A *refusal.Refusal reaches the person as its sentence; other errors are logged and called
// a shortage.
type Account interface {
	// Mailboxes lists what there is, parents before children. Parents that are no mailboxes themselves need not be listed.
	Mailboxes(ctx context.Context) ([]Mailbox, error)
	// Open gives one mailbox; a refusal of kind NotFound when this person has none of that name.
	Open(ctx context.Context, name string) (View, error)
	// Move does what moving these messages to a mailbox means here, and tells which messages of from have which UID at the
	// destination now. Messages that have none there (the move was an action and nothing else) are left out. What vanished from
	// the source is seen in its Changes, not here.
	Move(ctx context.Context, from View, uids []uint32, to string) ([]Moved, error)
	// Append puts one letter into a mailbox that Keeps, and tells where it lies now.
	Append(ctx context.Context, to string, in Incoming) (Place, error)
	// Watch gives a channel that receives something after anything this person sees may have changed; pings may be merged. The
	// function ends the watch.
	Watch() (<-chan struct{}, func())
}

// Copier is an Account in which a message can lie twice. Others answer COPY with a refusal.
type Copier interface {
	// Copy is like Account.Move, but the messages stay where they are.
	Copy(ctx context.Context, from View, uids []uint32, to string) ([]Moved, error)
}

// Creator is an Account whose person may make mailboxes, for example by naming a new tag. Others answer CREATE with a refusal.
type Creator interface {
	Create(ctx context.Context, name string) error
}

// Takes says what becomes of a letter that a mail program files into a mailbox (APPEND).
type Takes int

// What a mailbox takes.
const (
	Nothing Takes = iota // APPEND is refused, before the letter is sent over
	Forgets              // taken with thanks and kept nowhere: the folder of sent mail
	Keeps                // handed to Account.Append: drafts
)

// Mailbox is one line of a LIST.
type Mailbox struct {
	Name  string
	Use   Use // special use, or ""
	Takes Takes
	// Branch tells that this is only a branch of the tree: it cannot be opened.
	Branch bool
}

// Use is the special use of a mailbox by which mail programs find it whatever its name (RFC 6154 §2).
type Use string

// The special uses that exist here.
const (
	UseDrafts  Use = `\Drafts`
	UseSent    Use = `\Sent`
	UseArchive Use = `\Archive`
)

// Flags of RFC 9051 §2.3.2. Keywords are any other word without a backslash.
const (
	Seen     = `\Seen`
	Answered = `\Answered`
	Flagged  = `\Flagged`
	Deleted  = `\Deleted`
	Draft    = `\Draft`
	// AnyKeyword among the permanent flags says that people may make keywords of their own.
	AnyKeyword = `\*`
)

// View is one mailbox as one person sees it. Each method is one consistent look; it may refuse at any time when the right to look
// was taken away. Messages that are gone are left out of answers, never an error.
type View interface {
	// ReadOnly tells whether nothing at all can be changed here.
	ReadOnly() bool
	// PermanentFlags are the flags this person can set and clear here; AnyKeyword may be among them.
	PermanentFlags() []string
	// Status is the mailbox in figures.
	Status(ctx context.Context) (Status, error)
	// Load is the mailbox as a session begins with it.
	Load(ctx context.Context) (Snapshot, error)
	// Changes tells what is new, changed or gone since a change number that Load or Changes gave earlier.
	Changes(ctx context.Context, since int64) (Changes, error)
	// Rows describes messages by ascending UID; at most 500 are asked for at once.
	Rows(ctx context.Context, uids []uint32, with Columns) ([]Row, error)
	// Raw is one whole letter; a refusal of kind NotFound when it is gone.
	Raw(ctx context.Context, uid uint32) ([]byte, error)
	// Search asks the index for the messages with these words, in any order; ErrNoIndex when the index cannot tell.
	Search(ctx context.Context, q Query) ([]uint32, error)
	// SetFlags changes flags of messages; only permanent ones are ever given.
	SetFlags(ctx context.Context, uids []uint32, op FlagOp, flags []string) error
	// Expunge takes messages flagged \Deleted out of the mailbox, or does what that means here.
	Expunge(ctx context.Context, uids []uint32) error
}

// ErrNoIndex is the answer of View.Search to a question its index cannot answer; the letters are read instead.
var ErrNoIndex = errors.New("imapd: not a question for the index")

// Status is a mailbox in figures.
type Status struct {
	Validity uint32 // UIDVALIDITY: while it stays, a UID means the same message for ever
	Next     uint32 // UIDNEXT: greater than every UID there is
	Change   int64  // grows with every change in the mailbox, MODSEQ
	Messages uint32
	Unseen   uint32
	Deleted  uint32 // flagged \Deleted
	Size     int64  // octets of all messages
}

// Snapshot is a mailbox at one moment.
type Snapshot struct {
	Status
	UIDs        []uint32 // ascending
	FirstUnseen uint32   // UID of the oldest message without \Seen; 0 when there is none
}

// Changes is the difference between two moments of a mailbox.
type Changes struct {
	Change   int64    // the change number now
	Rows     []Row    // messages that are new or whose flags changed, by ascending UID; columns as with Flags alone
	Vanished []uint32 // messages that are gone; UIDs the asker never knew do no harm
}

// Columns says which parts of a Row are wanted beyond UID and Flags.
type Columns int

// Sets of columns.
const (
	FlagsOnly     Columns = iota
	WithSize              // size, dates
	WithStructure         // and the structure
)

// Row is one message without its letter.
type Row struct {
	UID       uint32
	Change    int64 // change number of its last change
	Flags     []string
	Size      int64     // octets of the letter
	Date      time.Time // INTERNALDATE: when it arrived
	Structure letter.Structure
}

// Field is where words are looked for.
type Field string

// The fields of a Query.
const (
	Anywhere Field = ""
	InBody   Field = "body"
	Subject  Field = "subject"
	From     Field = "from"
	To       Field = "to" // To and Cc alike
)

// Query is a question to the full-text index.
type Query struct {
	Field Field
	Words string // as the person typed them
}

// FlagOp is what happens to flags.
type FlagOp int

// The operations of STORE.
const (
	SetTo FlagOp = iota // exactly these, of those that are permanent
	Add
	Remove
)

// Moved is a message of the source and what became of it at the destination.
type Moved struct {
	From uint32 // UID in the source
	Place
}

// Place is where a message lies. The zero Place means nowhere that has a UID.
type Place struct {
	Validity uint32
	UID      uint32
}

// Incoming is a letter that a mail program wants to file.
type Incoming struct {
	Raw   []byte
	Flags []string
	Date  time.Time // INTERNALDATE the program wishes; zero: now
}
