// Package lists is the community: who belongs to it, on which lists, in what role and with how much trust. It promises that one
// place decides what may happen to a post (Decide, a pure function), that a member is a person with any number of confirmed
// addresses, of which no two persons of a community share one, and that a community never loses its last manager by accident.
//
// Nothing here is kept longer than a transaction: another process may change a setting at any time, and the next letter obeys it.
package lists

import (
	"cmp"
	"net/url"
	"time"

	"backchannel/archive"
	"backchannel/archive/letter"
)

// Ids of rows. They have types of their own so that the compiler keeps a list from being taken for a member.
type (
	CommunityID int64
	ListID      int64
	MemberID    int64
)

// Role is what a person is in a community.
type Role string

// The roles.
const (
	RoleMember  Role = "member"
	RoleManager Role = "manager"
)

// Delivery is what a subscriber gets of a list.
type Delivery string

// The deliveries.
const (
	Each   Delivery = "each"   // every post at once
	Digest Delivery = "digest" // the posts of a period in one letter
	None   Delivery = "none"   // nothing; the archive can be read
)

// State is where a member stands.
type State string

// The states. Only an Active member posts and gets mail of the lists.
const (
	Applicant State = "applicant" // has asked to join
	Active    State = "active"
	Paused    State = "paused"  // mail to them comes back
	Left      State = "left"    // by their own wish
	Removed   State = "removed" // by a manager
)

// Posting says who may post on a list.
type Posting string

// Who may post.
const (
	ByMembers  Posting = "members"
	ByManagers Posting = "managers"
	ByAnyone   Posting = "anyone"
)

// Joining says how a member comes onto a list.
type Joining string

// How lists are joined.
const (
	JoinOpen Joining = "open" // any member may
	JoinAsk  Joining = "ask"  // managers are asked
)

// Stage is how far a list has come: the younger, the more its managers read first (product.md C2).
type Stage string

// The stages.
const (
	Founding Stage = "founding" // posts of new and quite new members wait, and managers answer sooner
	Growing  Stage = "growing"  // first posts wait, and of quite new members those with links, with files or in a row
	Rooted   Stage = "rooted"   // first posts wait only when they have a link
)

// The steps of trust (product.md C2).
const (
	New    = 0 // accepted, and has posted nothing yet
	Heard  = 1 // their first post was approved
	Known  = 2 // five posts, and thirty days
	Steady = 3 // half a year, and answers to ten people; or by a manager's word
	Top    = 4 // manages
)

// Community is a mail domain and the rules of those who belong to it.
type Community struct {
	ID           CommunityID    `json:"-"`
	Domain       string         `json:"domain"`
	Name         string         `json:"name"`
	Timezone     string         `json:"timezone"` // IANA name
	Language     string         `json:"language"` // of our mails to those who have not chosen one: "en"
	Ombuds       letter.Address `json:"-"`        // zero: none named
	Rota         bool           `json:"rota"`
	Duty         Duty           `json:"duty"`
	Votes        int            `json:"votes"`    // yes votes that admit an applicant
	Delivery     Delivery       `json:"delivery"` // what new members get
	Questions    []string       `json:"questions,omitempty"`
	Confidential string         `json:"confidential,omitempty"` // the sentence on what may leave the community, as the digest ends with; "" says nothing
	SameEmployer bool           `json:"same_employer"`          // a report is kept from managers who work where the one it is about works
	Restricted   Restricted     `json:"restricted_delivery"`    // how managers get what not all of them may see
	Collision    Collision      `json:"collision"`              // whose news make a manager's answer come back
	Greeter      bool           `json:"greeter"`                // a member of trust is asked to greet each new one
	Created      time.Time      `json:"created"`

	ombudsSince, ombudsLast time.Time // when letters to the ombuds began to come back, and when the last one did
}

// ombudsQuiet is after how long without a letter that came back an ombuds counts as reached again.
const ombudsQuiet = 21 * 24 * time.Hour

// OmbudsLost tells whether letters to the ombuds come back (product.md B15b). It begins with the Monday after the first of them, whoever
// looks: the day itself would tell managers that somebody wrote to the ombuds on it.
func (c Community) OmbudsLost(now time.Time) bool {
	if c.Ombuds.IsZero() || c.ombudsSince.IsZero() || now.Sub(c.ombudsLast) > ombudsQuiet {
		return false
	}
	first := c.ombudsSince.In(c.Zone())
	days := (int(time.Monday-first.Weekday())+6)%7 + 1
	return !now.Before(time.Date(first.Year(), first.Month(), first.Day()+days, 0, 0, 0, 0, c.Zone()))
}

// Restricted is how managers get a letter that not all of them may see, as a report (product.md B9).
type Restricted string

// By mail, as all letters; or in their IMAP folders alone, so that nothing of it rests in a personal mailbox.
const (
	RestrictedMail Restricted = "mail"
	RestrictedIMAP Restricted = "imap"
)

// Collision is whose words, said since a manager saw a letter, make their answer come back to them instead of going out (product.md B15b).
type Collision string

// Those of other managers; or those of the writer as well.
const (
	CollisionManagers Collision = "managers"
	CollisionStrict   Collision = "strict"
)

// Address is a fixed address of the community, as "managers" or "help".
func (c Community) Address(word string) letter.Address {
	return letter.Address{Local: word, Domain: c.Domain}
}

// Zone is the community's time zone; UTC if the system no longer knows it.
func (c Community) Zone() *time.Location { return zone(c.Timezone) }

func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return z
}

// List is one posting address of a community.
type List struct {
	ID            ListID           `json:"-"`
	Community     CommunityID      `json:"-"`
	Local         string           `json:"-"`
	Domain        string           `json:"-"`
	Name          string           `json:"name"`
	Box           archive.PublicID `json:"-"` // its place in the archive
	Posting       Posting          `json:"posting"`
	SubjectPrefix string           `json:"subject_prefix"` // "" adds nothing
	PostsPerHour  int              `json:"posts_per_hour"` // of one member; 0 is no limit
	Undo          time.Duration    `json:"-"`              // how long a post can be taken back before it goes out
	Join          Joining          `json:"join"`
	Stage         Stage            `json:"stage"`
	Rules         Rules            `json:"rules"`
	Created       time.Time        `json:"created"`
}

// Address is where one posts.
func (l List) Address() letter.Address { return letter.Address{Local: l.Local, Domain: l.Domain} }

// WebPath is the page of its archive, below the address of all pages. It stays: posts name it in letters (RFC 5064).
func (l List) WebPath() string {
	return "/archive/" + url.PathEscape(l.Domain) + "/" + url.PathEscape(l.Local)
}

// Title is the list's name, or its local part while it has none.
func (l List) Title() string {
	if l.Name != "" {
		return l.Name
	}
	return l.Local
}

// Ident is the list's id in List-Id, which never changes (RFC 2919 §3).
func (l List) Ident() string { return l.Local + "." + l.Domain }

// Member is a person in a community.
type Member struct {
	ID        MemberID
	Community CommunityID
	Name      string
	Role      Role
	Kind      string // practitioner, consultant, vendor, thought_leader or staff
	State     State
	Trust     int    // 0 new … 4 manager (product.md C2)
	Timezone  string // IANA name; "" is the community's
	Language  string // of our mails to them, as "de"; "" is the community's
	OwnCopy   bool   // gets a copy of their own posts
	Listed    bool   // agrees that those who see who is on a list see their address
	IntroOK   IntroOK
	Epoch     int64 // raised when all their tokens must die
	Joined    time.Time
	Address   letter.Address // the primary one
}

// IntroOK is whether digests may name a member among the new ones (product.md A4). They name whoever is new and has posted; consent is what
// it takes before that, and a member can say that they want it at no time.
type IntroOK string

// What a member wants.
const (
	IntroPosted IntroOK = ""    // nothing was said: once they have posted
	IntroYes    IntroOK = "yes" // also before
	IntroNo     IntroOK = "no"  // never
)

// Word is what members say for it: on, off or posted.
func (ok IntroOK) Word() string {
	switch ok {
	case IntroYes:
		return "on"
	case IntroNo:
		return "off"
	}
	return "posted"
}

// New tells whether a member may still be named as new.
func (m Member) New(now time.Time) bool { return now.Before(m.Joined.Add(NewFor)) }

// NewFor is how long after they joined a member may be named as new.
const NewFor = 60 * 24 * time.Hour

// Manager tells whether this person manages the community, now.
func (m Member) Manager() bool { return m.Role == RoleManager && m.State == Active }

// Mailbox is how the member is written to.
func (m Member) Mailbox() letter.Mailbox { return letter.Mailbox{Name: m.Name, Address: m.Address} }

// FirstName is what a friend would say: the first word of the name, or the local part where there is none.
func (m Member) FirstName() string {
	for i, r := range m.Name {
		if r == ' ' && i > 0 {
			return m.Name[:i]
		}
	}
	if m.Name != "" {
		return m.Name
	}
	return m.Address.Local
}

// Tongue is the language in which a member reads our mails, as a tag: "de".
func (m Member) Tongue(c Community) string { return cmp.Or(m.Language, c.Language) }

// Zone is the member's time zone, the community's where they have none.
func (m Member) Zone(c Community) *time.Location {
	if m.Timezone == "" {
		return c.Zone()
	}
	return zone(m.Timezone)
}

// Subscription is a member's place on a list.
type Subscription struct {
	Member   MemberID
	List     ListID
	Delivery Delivery
	Since    time.Time // when the member came onto the list
	Changed  time.Time // when the delivery became what it is
}
