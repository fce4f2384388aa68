package membership

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates"
)

// ApplicationID names an application.
type ApplicationID int64

// State is where an application stands (product.md C1).
type State string

// The states.
const (
	Received  State = "received"  // their address is not confirmed
	Confirmed State = "confirmed" // they have the questions
	Answered  State = "answered"  // they answered; the vote begins in the same moment, so nobody ever finds this one
	Voting    State = "voting"
	Asked     State = "asked" // the vote goes on, and a manager has asked them something
	Accepted  State = "accepted"
	Declined  State = "declined"
	Expired   State = "expired" // by the clock, or by their own NO
)

// ended tells whether nothing is to be decided any more.
func (s State) ended() bool { return s == Accepted || s == Declined || s == Expired }

// Application is somebody on the way in.
type Application struct {
	ID        ApplicationID        `json:"id"`
	Community lists.CommunityID    `json:"-"`
	Code      string               `json:"code"`
	Address   letter.Address       `json:"-"`
	Name      string               `json:"name"`
	Zone      string               `json:"timezone,omitempty"` // that the clock of their mail speaks for; "": the community's
	State     State                `json:"state"`
	Inviter   lists.MemberID       `json:"-"` // 0: nobody, or the operator
	Invited   bool                 `json:"invited"`
	Questions []string             `json:"questions,omitempty"`
	Answers   []string             `json:"answers,omitempty"`
	Raw       string               `json:"raw,omitempty"`
	Question  string               `json:"asked_question,omitempty"`
	Told      string               `json:"told,omitempty"`
	Sponsor   lists.MemberID       `json:"-"`
	Vouch     templates.Sponsoring `json:"sponsor_says,omitempty"`
	Former    bool                 `json:"former"`
	Votes     int                  `json:"votes_needed"`
	Decider   lists.MemberID       `json:"-"` // who decides alone, or decided against them
	Reason    string               `json:"reason,omitempty"`
	Sent      time.Time            `json:"letter_sent,omitzero"`
	Member    lists.MemberID       `json:"-"`
	Asked     time.Time            `json:"received"`
	Voting    time.Time            `json:"voting_since,omitzero"`
	Decided   time.Time            `json:"decided,omitzero"`

	reminded bool
}

// title is how an applicant is called where something must stand.
func (a Application) title() string {
	if a.Name != "" {
		return a.Name
	}
	return a.Address.String()
}

func (a Application) firstName() string {
	first, _, _ := strings.Cut(a.Name, " ")
	return first
}

// outcome is how the end is told.
func (a Application) outcome() templates.JoinOutcome {
	switch a.State {
	case Accepted:
		return templates.VoteAccepted
	case Declined:
		return templates.VoteDeclined
	case Expired:
		return templates.VoteExpired
	}
	return templates.VoteOpen
}

// applicationDue is the calendar's kind for what comes next about an application.
const applicationDue calendar.Kind = "application.due"

// How long a vote is open before one manager decides alone, and how long what was written is kept after the end.
const (
	voteFor  = 72 * time.Hour
	keptDays = 30
)

// step is what a token of ours is about: the doors of people on their way in and out.
type step string

// The steps.
const (
	stepConfirm step = "confirm" // did you write to join@?
	stepAnswers step = "answers" // to the questions of the community, and of a manager
	stepVote    step = "vote"    // of a manager
	stepSponsor step = "sponsor" // do you know them?
	stepLetter  step = "letter"  // shall this letter decline?
	stepInvite  step = "invite"  // do you accept?
	stepIntro   step = "intro"   // the text of an introduction; the number is a member
	stepPreview step = "preview" // shall that be posted?
	stepBack    step = "back"    // undo of leaving, or why; the number is a member
	stepOld     step = "old"     // may this be an address of yours? the number is a wish for an address
	stepNew     step = "new"     // the same, asked at that address
	stepForget  step = "forget"  // shall you be forgotten? the number is a member
	stepRelist  step = "relist"  // the same for a list, whose number it is; behind it, what they got
)

// object is a step as the row of a token keeps it.
func (s step) object(id int64) string { return fmt.Sprintf("join:%s:%d", s, id) }

// readStep reads such an object.
func readStep(object string) (s step, id int64, ok bool) {
	parts := strings.Split(object, ":")
	if len(parts) != 3 || parts[0] != "join" {
		return "", 0, false
	}
	id, err := strconv.ParseInt(parts[2], 10, 64)
	return step(parts[1]), id, err == nil
}

// newCode is 4 random characters of Crockford's alphabet.
func newCode() string {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	var b [4]byte
	rand.Read(b[:]) // never fails
	for i := range b {
		b[i] = alphabet[b[i]%32]
	}
	return string(b[:])
}

// Choice is what a manager votes.
type Choice string

// The choices.
const (
	Yes     Choice = "YES"
	No      Choice = "NO"
	Veto    Choice = "VETO"
	Abstain Choice = "ABSTAIN"
)

// elector is a manager who may vote.
type elector struct {
	manager  lists.MemberID
	conflict bool // counts as abstaining while there is no vote of theirs
}

// verdict is what votes come to.
type verdict string

// What they come to.
const (
	open     verdict = "open"
	accepted verdict = "accepted"
	declined verdict = "declined"
	stuck    verdict = "stuck" // the votes cannot decide any more: one manager has to
)

// tally counts votes by the rule: so many yes, no veto. The votes of people who are managers no longer count for nothing. decider is who may
// decide alone, 0 while nobody may. A community with fewer managers than its rule asks for takes the yes of all of them.
func tally(votes int, electors []elector, cast []Ballot, decider lists.MemberID) verdict {
	yes, no, left := 0, 0, 0
	for _, e := range electors {
		i := slices.IndexFunc(cast, func(b Ballot) bool { return b.Manager == e.manager })
		if i < 0 {
			if !e.conflict {
				left++
			}
			continue
		}
		alone := decider == e.manager
		switch cast[i].Choice {
		case Veto:
			return declined
		case Yes:
			if alone {
				return accepted
			}
			yes++
		case No:
			if alone {
				return declined
			}
			no++
		}
	}
	need := max(1, min(votes, len(electors)))
	switch {
	case yes >= need:
		return accepted
	case yes+left >= need || decider != 0:
		return open
	case no > 0:
		return declined
	}
	return stuck
}

// electors are the managers, and which of them work where the applicant does.
func (k *Clerk) electors(tx *db.Tx, a Application) (all []lists.Member, count []elector, err error) {
	if all, err = lists.Managers(tx, a.Community); err != nil {
		return nil, nil, err
	}
	for _, m := range all {
		own, err := lists.Addresses(tx, m.ID)
		if err != nil {
			return nil, nil, err
		}
		count = append(count, elector{m.ID, sharesEmployer(own, a.Address)})
	}
	return all, count, nil
}

// sharesEmployer tells whether one of somebody's addresses is of the domain of another, and that is no provider's whom everybody uses.
func sharesEmployer(own []letter.Address, a letter.Address) bool {
	e := lists.Employer(a.Domain)
	return e != "" && slices.ContainsFunc(own, func(o letter.Address) bool { return lists.Employer(o.Domain) == e })
}
