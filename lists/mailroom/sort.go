package mailroom

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/smtpd"
	"backchannel/smtpd/bounce"
	"backchannel/smtpd/mailauth"
	"backchannel/templates/refusal"
)

// sorting is one letter on its way to its receivers.
type sorting struct {
	m       *Mailroom
	env     *smtpd.Envelope
	letter  *letter.Letter
	kind    bounce.Kind
	why     string // by which sign a program's letter was known
	from    letter.Mailbox
	finding mailauth.Finding
	quoted  *lists.Quoted
	ready   *archive.Arriving
	targets []target
	id      archive.LetterID

	report   bounce.Aggregate // of a letter to an address for reports
	noReport error            // why there is none
	paused   *lists.Incoming  // a verified letter of somebody whose mail had stopped
}

// prepare does what needs no transaction before it: in there everybody else waits.
func (s *sorting) prepare() (err error) {
	if s.ready, err = s.m.Store.Arriving(arrival(s.env, s.letter.MessageID(), s.finding), s.letter); err != nil {
		return fmt.Errorf("store the letter: %w", err)
	}
	if anyOf(s.env, reported) {
		s.report, s.noReport = bounce.ReadAggregate(s.letter)
	}
	toList := false
	for _, to := range s.env.To {
		t := target{to: to, name: address.Parse(to.Local), key: s.key(to)}
		toList = toList || t.name.List != ""
		s.targets = append(s.targets, t)
	}
	// Private doors first.
	slices.SortStableFunc(s.targets, func(a, b target) int {
		switch pa, pb := a.name.Private(), b.name.Private(); {
		case pa && !pb:
			return -1
		case pb && !pa:
			return 1
		}
		return 0
	})
	private := slices.ContainsFunc(s.targets, func(t target) bool { return t.name.Private() })
	if p, ok := s.m.receivers[Backchannel].(Preparer); ok && private && (s.finding.Aligned || s.finding.Login) {
		p.Prepare(s.letter)
	}
	if r, ok := s.m.Listener.(Reader); ok && s.kind == bounce.Person {
		r.Read(s.letter)
	}
	if toList {
		s.m.Store.Prepare(s.letter)
		s.quoted = lists.ReadQuoted(s.letter)
	}
	return nil
}

// target is one of the addresses that the letter was sent to.
type target struct {
	to   letter.Address
	name address.Name
	key  []byte
}

// sort stores the letter and hands it to the receivers of its addresses, in one transaction.
func (s *sorting) sort(tx *db.Tx) error {
	fresh, err := s.fresh(tx)
	if err != nil || len(fresh) == 0 {
		return err // all of it was taken before: 250 again, and nothing changes (P3)
	}
	if s.id, err = s.m.Store.PutArriving(tx, s.ready); err != nil {
		return fmt.Errorf("store the letter: %w", err)
	}
	e := logbook.Entry{Story: s.env.Story, Verb: logbook.Received, MessageID: s.letter.MessageID(), Detail: told(s.env, len(s.letter.Raw()), s.finding)}
	if err := logbook.Write(tx, e); err != nil {
		return err
	}
	return s.deliver(tx, fresh)
}

// fresh are the addresses that this letter was not taken for yet, private doors first.
func (s *sorting) fresh(tx *db.Tx) ([]target, error) {
	since := tx.Now.Add(-seenFor)
	tx.AtEnd("seen_letter", 0, func(tx *db.Tx, _ []int64) error { return forget(tx, since) })
	var fresh []target
	for _, t := range s.targets {
		old, err := seen(tx, t.key, since)
		if err != nil {
			return nil, err
		}
		if !old {
			fresh = append(fresh, t)
		}
	}
	return fresh, nil
}

// seenFor is how long a letter is known again (P3).
const seenFor = 10 * 24 * time.Hour

// key tells letters apart: the same sender, id and words for the same address are the same letter. The fields that relays add on
// the way are left out; those that the writer's own program wrote are in.
func (s *sorting) key(to letter.Address) []byte {
	h := sha256.New()
	for _, part := range []string{s.from.Address.Key(), string(s.letter.MessageID()), s.letter.Get("Date"), s.letter.Subject(), to.Key()} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	h.Write(s.letter.Body())
	return h.Sum(nil)
}

// deliver hands the letter over. It fails only if no address takes it, or if something of ours fails.
func (s *sorting) deliver(tx *db.Tx, targets []target) error {
	privateToo := slices.ContainsFunc(targets, func(t target) bool { return t.name.Private() })
	taken := false // by a private door
	var refusals []error
	var refused []*lists.Incoming
	var shut []target
	for _, t := range targets {
		var in *lists.Incoming
		try := tx.Attempt
		if len(targets) == 1 {
			try = func(do func() error) error { return do() } // what fails is undone with the whole
		}
		err := try(func() (err error) {
			if in, err = s.incoming(tx, t, privateToo); err != nil {
				return err
			}
			in.WithManagers = taken && in.PrivateToo
			if err := s.hear(tx, in); err != nil {
				return err
			}
			return s.hand(tx, in)
		})
		if r, ok := refusal.As(err); ok && (!r.Kind.Temporary() || len(targets) > 1 && r.Kind == refusal.Limit && answerable(in)) {
			refusals, refused = append(refusals, r), append(refused, in)
			if !r.Kind.Temporary() {
				shut = append(shut, t)
			}
			continue
		}
		if err != nil {
			return err
		}
		taken = taken || t.name.Private()
		if err := remember(tx, t.key, s.env.Story); err != nil {
			return err
		}
		if in.Veiled {
			if err := s.veil(tx); err != nil {
				return err
			}
		}
	}
	if len(refusals) == len(targets) {
		return refusals[0]
	}
	if s.signed() {
		if err := s.spend(tx, shut); err != nil {
			return err
		}
	}
	return s.tell(tx, refused, refusals)
}

// veil takes out of what is kept of a letter all that tells who sent it. Its receiver has what it needs.
func (s *sorting) veil(tx *db.Tx) error {
	if err := logbook.Veil(tx, s.env.Story, veiledWord); err != nil {
		return err
	}
	return s.m.Store.DropLetter(tx, s.id)
}

// hear tells the listener of a verified letter, before its receiver decides anything by the state of its sender.
func (s *sorting) hear(tx *db.Tx, in *lists.Incoming) error {
	if s.m.Listener == nil || in.Verdict != lists.Verified || in.Robot || in.Veiled {
		return nil
	}
	if in.Sender.State == lists.Paused {
		was := *in
		s.paused = &was
	}
	return s.m.Listener.Heard(tx, in)
}

// tell lets a verified sender know which part of a letter was not taken; nobody else is answered (P16).
func (s *sorting) tell(tx *db.Tx, refused []*lists.Incoming, why []error) error {
	for i, in := range refused {
		r, _ := refusal.As(why[i])
		e := logbook.Entry{Story: s.env.Story, Verb: logbook.Refused, To: targetName(in), Detail: r.Kind.String() + ": " + r.Sentence}
		if in != nil && in.Veiled { // the story has a name, by another address: this part of it is told as if there were no such door
			none := lists.NoSuchAddress()
			e.To = "a private address"
			e.Detail = refusal.NoSuchAddress.String() + ": " + none.Error()
		}
		if err := logbook.Write(tx, e); err != nil {
			return err
		}
		if !answerable(in) || s.m.Teller == nil {
			continue
		}
		if err := s.m.Teller.PartRefused(tx, in, r); err != nil {
			return err
		}
	}
	return nil
}

// answerable tells whether a sender can be told of a refused part (P16). Then a limit of one address holds up no other: a private
// letter does not wait because its writer was asked about three posts today.
func answerable(in *lists.Incoming) bool {
	return in != nil && !in.Robot && in.Verdict == lists.Verified
}

// targetName is the address of a part, without its token.
func targetName(in *lists.Incoming) string {
	if in == nil {
		return ""
	}
	return toldTo([]letter.Address{in.To})
}

// incoming gathers what a receiver wants to know.
func (s *sorting) incoming(tx *db.Tx, t target, privateToo bool) (*lists.Incoming, error) {
	c, ours, err := s.m.community(tx, t.to)
	if err != nil {
		return nil, err
	}
	if !ours {
		return nil, foreign()
	}
	in := &lists.Incoming{
		Letter: s.letter, Quoted: s.quoted, ID: s.id, Story: s.env.Story, Community: c, To: t.to, Name: t.name,
		From: s.from, Remote: s.env.Remote, Verdict: lists.Unverified, Policy: s.m.Policy, PrivateToo: privateToo && !t.name.Private(),
		Robot: s.kind != bounce.Person, NullSender: s.env.From.IsZero(),
	}
	if reported(t.name) {
		if s.noReport != nil {
			return nil, s.noReport
		}
		in.Report = &s.report
	}
	if in.PrivateToo, err = s.privateToo(tx, in); err != nil {
		return nil, err
	}
	if in.Finding, err = s.guard(tx, t.to); err != nil {
		return nil, err
	}
	for _, also := range s.env.To {
		if also != t.to {
			in.Also = append(in.Also, also)
		}
	}
	if (!in.Robot || pressed(t.name)) && !s.from.Address.IsZero() {
		known := false
		if in.Sender, known, err = lists.MemberByAddress(tx, c.ID, s.from.Address); err != nil {
			return nil, err
		}
		in.Verdict = lists.Judge(in.Finding, known, s.m.Policy)
		verdicts.Add(string(in.Verdict))
	}
	if err := s.lookup(tx, in); err != nil {
		return in, err
	}
	in.Veiled, err = s.m.veils(tx, in.Name, in.Token, s.letter)
	return in, err
}

// privateToo tells whether a letter to a public address goes to a private door as well: in the same session, or, by its To and Cc, to one of
// another community here, whose copy may come in a session of its own (W4). What its own community has, its list looks for itself.
func (s *sorting) privateToo(tx *db.Tx, in *lists.Incoming) (bool, error) {
	if in.PrivateToo || in.Name.Private() || in.Robot {
		return in.PrivateToo, nil
	}
	for _, m := range slices.Concat(s.letter.To(), s.letter.Cc()) {
		if m.Address.Domain == in.Community.Domain || !address.Parse(m.Address.Local).Private() {
			continue
		}
		if _, ours, err := s.m.community(tx, m.Address); err != nil || ours {
			return ours, err
		}
	}
	return false, nil
}

// lookup finds the token or the list that the address names.
func (s *sorting) lookup(tx *db.Tx, in *lists.Incoming) error {
	if in.Name.Form == address.Token {
		row, ok, err := address.Find(tx, in.Name.Kind, in.Name.Token)
		if err != nil {
			return err
		}
		if ok && row.Community == int64(in.Community.ID) {
			in.Token = &row
		}
		return nil
	}
	if in.Name.List == "" {
		return nil
	}
	l, ok, err := lists.ListByName(tx, in.Community.ID, in.Name.List)
	if err == nil && !ok {
		err = lists.NoSuchAddress()
	}
	in.List = &l
	return err
}

// hand gives the letter to its receiver.
func (s *sorting) hand(tx *db.Tx, in *lists.Incoming) error {
	if !hears(in.Name, s.kind) {
		return bounce.Refuse(s.kind, s.why)
	}
	name, ok := route(in.Name)
	switch {
	case in.Token != nil:
		name, ok = in.Token.Receiver, true
	case in.Name.Form == address.Token:
		// A door nobody was given. A member may have written by hand what an old mail shows: their letter goes to the managers
		// (product.md 0.2); to others it is an address like any other that does not exist.
		// A manager who writes a note to such an address is told that nobody got it.
		mayWrite := in.Name.Kind == address.Private && in.Sender.ID != 0 || in.Name.Kind == address.Note && in.Sender.Manager()
		name, ok = Backchannel, mayWrite && in.Verdict == lists.Verified
		if in.Name.Kind == address.Everyone { // the members themselves hear why nothing was posted
			name, ok = Moderation, in.Sender.ID != 0 && in.Verdict == lists.Verified
		}
	}
	r := s.m.receivers[name]
	if !ok || r == nil {
		return lists.NoSuchAddress()
	}
	err := r.Receive(tx, in)
	if refusal.KindOf(err) == refusal.NoSuchAddress && err != nil {
		if late := in.TooLate(tx.Now); late != nil {
			return late
		}
	}
	if err != nil && !errors.As(err, new(*refusal.Refusal)) {
		return fmt.Errorf("hand the letter to %s: %w", name, err)
	}
	return err
}
