// Package mailroom is where every incoming letter comes. It promises that a letter it took (nil, hence 250) is on the disk with its
// envelope, what was found out about its sender, and what was decided, in one commit; that the same letter offered again is taken
// again and changes nothing; that no robot's letter becomes a post or a cause for an answer, and that one place says where such a
// letter is heard at all (routes.go); that a letter for a private door is private before it is anything else; and that one letter on
// which the program stumbles stops no other.
//
// It finds out what a letter is and hands it to the Receiver its address names; it decides nothing about lists and members.
package mailroom

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
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

// Receiver is who a letter is for. It runs in the transaction that makes the letter ours: nil takes the letter, and then exactly one
// outcome (published, held, filed) is in the logbook; a *refusal.Refusal leaves it with its sender; any other error is ours, and
// temporary.
type Receiver interface {
	Receive(tx *db.Tx, in *lists.Incoming) error
}

// Teller tells people what happened to their letter in the cases that only the mailroom sees.
type Teller interface {
	// PartRefused tells a verified sender that one of several addresses did not take the letter.
	PartRefused(tx *db.Tx, in *lists.Incoming, why *refusal.Refusal) error
	// SetAside tells the managers that the program stumbled over a letter twice, and that it is kept.
	SetAside(tx *db.Tx, c lists.Community, story string) error
}

// Listener is told of every letter whose sender is verified, before its receiver gets it, in the same transaction.
type Listener interface {
	Heard(tx *db.Tx, in *lists.Incoming) error
}

// Reader is a listener that reads a letter of a person before the transaction, in which everybody else waits. Whether it will be told of
// the letter is not known then.
type Reader interface {
	Read(l *letter.Letter)
}

// Preparer is a receiver that looks at a letter before the transaction, in which everybody else waits. It is asked only about letters that
// may be for it, of somebody whom a domain or a login vouches for.
type Preparer interface {
	Prepare(l *letter.Letter)
}

// Veiler is a receiver with doors behind which nobody has a name. Of a letter there, taken or refused, the books keep that it was one, and
// nothing that tells whose: no Message-ID, no session, no bytes; and nobody else hears of its sender.
type Veiler interface {
	Veiled(tx *db.Tx, to address.Name, row *address.Row, l *letter.Letter) (bool, error)
}

// Learner hears the automatic reply of a member's mail program that came to an address which we gave that member. The letter itself is
// refused (D2).
type Learner interface {
	OutOfOffice(tx *db.Tx, m lists.Member, l *letter.Letter) error
}

// Listeners are several of them, told one after the other.
type Listeners []Listener

// Heard tells all of them.
func (all Listeners) Heard(tx *db.Tx, in *lists.Incoming) error {
	for _, l := range all {
		if err := l.Heard(tx, in); err != nil {
			return err
		}
	}
	return nil
}

// Read lets those of them read a letter who want to.
func (all Listeners) Read(l *letter.Letter) {
	for _, listener := range all {
		if r, ok := listener.(Reader); ok {
			r.Read(l)
		}
	}
}

// Config is what a mailroom needs.
type Config struct {
	DB       *db.DB
	Store    *archive.Store
	Resolver mailauth.Resolver
	Policy   lists.Verification
	Hostname string // of this server: its postmaster is the first community's
	Teller   Teller
	Listener Listener // nil: nobody
	Learner  Learner  // nil: nobody
	Log      *slog.Logger

	// Greylist is how long strangers wait with their first letter to the managers; 0: not at all.
	Greylist time.Duration

	// Free tells how many bytes are left on the disk, and of how many; nil asks the database.
	Free func() (free, total uint64, err error)
}

// Mailroom takes letters over for smtpd.
type Mailroom struct {
	Config
	receivers map[string]Receiver
	noted     daily // refusals
}

// New makes a mailroom. Register every receiver before the first letter.
func New(cfg Config) *Mailroom {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Free == nil {
		cfg.Free = cfg.DB.Free
	}
	m := &Mailroom{Config: cfg, receivers: map[string]Receiver{}}
	return m
}

// Register names who receives letters under a name.
func (m *Mailroom) Register(name string, r Receiver) { m.receivers[name] = r }

// foreign is the answer to whoever wants mail passed on (no relay for others).
func foreign() *refusal.Refusal {
	return refusal.Because(refusal.NotAllowed, "This server takes mail for its own communities only and does not pass it on.")
}

// Recipient tells at RCPT whether an address may be ours. A well-formed token is looked up after the letter is here (A10).
func (m *Mailroom) Recipient(ctx context.Context, env *smtpd.Envelope, to letter.Address) error {
	if err := m.Intake(); err != nil {
		return err
	}
	return m.DB.View(ctx, func(tx *db.Tx) error {
		c, ours, err := m.community(tx, to)
		if err != nil {
			return err
		}
		if !ours {
			return foreign()
		}
		n := address.Parse(to.Local)
		if n.Form == address.Token {
			return nil
		}
		receiver, ok := route(n)
		if !ok || m.receivers[receiver] == nil {
			return lists.NoSuchAddress()
		}
		if n.List == "" {
			return nil
		}
		_, found, err := lists.ListByName(tx, c.ID, n.List)
		if err == nil && !found {
			err = lists.NoSuchAddress()
		}
		return err
	})
}

// community finds whose address it is. The postmaster of the server itself is the first community's (RFC 5321 §4.5.1).
func (m *Mailroom) community(tx *db.Tx, to letter.Address) (lists.Community, bool, error) {
	c, ok, err := lists.CommunityByDomain(tx, to.Domain)
	if ok || err != nil || to.Domain != m.Hostname {
		return c, ok, err
	}
	n := address.Parse(to.Local)
	if n.Form != address.Role || n.Word != "postmaster" && n.Word != "abuse" {
		return c, false, nil
	}
	all, err := lists.Communities(tx)
	if err != nil || len(all) == 0 {
		return c, false, err
	}
	return all[0], true, nil
}

// Intake refuses letters while the disk is nearly full; what is here goes on being delivered and read (P6). It asks anew each time: when
// there is room again, letters come in again.
func (m *Mailroom) Intake() error {
	free, total, err := m.Free()
	if err != nil {
		return err
	}
	if free < min(200<<20, total/20) {
		return refusal.Because(refusal.Full, "There is hardly any room left on our disk. Nothing was lost; please try again later.")
	}
	return nil
}

// Receive takes a letter over, or refuses it. nil means that it is durable.
func (m *Mailroom) Receive(ctx context.Context, env *smtpd.Envelope, raw []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			fell := refusal.Caught(p)
			m.Log.Error("the program stumbled over a letter", "story", env.Story, "panic", fell.What, "stack", fell.Stack)
			err = m.stumbled(env, raw)
		}
	}()
	env.Tellable = !anyOf(env, func(n address.Name) bool { return n.Form != address.List }) // who writes to whom else is nobody's business
	if err := m.Intake(); err != nil {
		return err
	}
	l, err := letter.Parse(raw)
	var found mailauth.Finding
	if err == nil {
		found, err = m.take(ctx, env, l)
	}
	if r, ok := refusal.As(err); ok && !r.Kind.Temporary() {
		m.noteRefusal(ctx, env, l, logbook.Entry{Detail: r.Kind.String() + ": " + r.Sentence + " It came " + told(env, len(raw), found)})
	}
	return err
}

// take finds out all there is to know without a lock, and then sorts the letter in one transaction. It gives what was found out about the
// sender, too, for the story of a letter that is refused.
func (m *Mailroom) take(ctx context.Context, env *smtpd.Envelope, l *letter.Letter) (found mailauth.Finding, err error) {
	ours, err := m.ours(ctx)
	if err == nil {
		err = loop(l, ours)
	}
	if err != nil {
		return found, err
	}
	kind, why := bounce.Robot(l, env.From.IsZero())
	if kind != bounce.Person && !anyOf(env, func(n address.Name) bool { return hears(n, kind) }) {
		m.learn(ctx, env, l)
		return found, bounce.Refuse(kind, why)
	}
	s := &sorting{m: m, env: env, letter: l, kind: kind, why: why, from: author(l)}
	if kind == bounce.Person || anyOf(env, func(n address.Name) bool { return n.Kind != address.Bounce }) {
		if err := own(s.from.Address, ours); err != nil {
			return found, err
		}
	}
	if kind == bounce.Person || anyOf(env, pressed) || anyOf(env, complains) {
		login, err := m.signedIn(ctx, env, s.from.Address)
		if err != nil {
			return s.finding, err
		}
		if s.finding, err = m.vouch(ctx, env, l, login); err != nil {
			return s.finding, err
		}
	}
	if err := s.prepare(); err != nil {
		return s.finding, err
	}
	if err := m.greylist(ctx, s); err != nil {
		return s.finding, err
	}
	err = m.DB.Update(ctx, s.sort)
	if r, ok := refusal.As(err); ok && !r.Kind.Temporary() {
		if s.paused != nil {
			m.heardAnyway(ctx, s.paused)
		}
		m.spendAnyway(ctx, s)
	}
	return s.finding, err
}

// heardAnyway tells the listener of a verified letter of a paused member that no address took: with the refusal everything was undone,
// but they were heard (M19). It is a service, not a promise: an error is logged.
func (m *Mailroom) heardAnyway(ctx context.Context, in *lists.Incoming) {
	err := m.DB.Update(ctx, func(tx *db.Tx) (err error) {
		if in.Sender, err = lists.MemberByID(tx, in.Sender.ID); err != nil {
			return err
		}
		return m.Listener.Heard(tx, in)
	})
	if err != nil {
		m.Log.Warn("bring back a member whose letter was refused", "story", in.Story, "error", refusal.Log(err))
	}
}

// author is the one mailbox in From; none when the letter names none or several (C1).
func author(l *letter.Letter) letter.Mailbox {
	a, err := l.Author() // strict: what From might also mean is no ground for authority
	if err != nil {
		return letter.Mailbox{}
	}
	return a
}

// anyOf tells whether something is true of one of the addresses that the letter was sent to.
func anyOf(env *smtpd.Envelope, is func(address.Name) bool) bool {
	return slices.ContainsFunc(env.To, func(to letter.Address) bool { return is(address.Parse(to.Local)) })
}

// ours are the mail domains of our communities.
func (m *Mailroom) ours(ctx context.Context) (domains []string, err error) {
	err = m.DB.View(ctx, func(tx *db.Tx) error {
		domains, err = lists.Domains(tx)
		return err
	})
	return domains, err
}

// loop sends away what was here before (D3).
func loop(l *letter.Letter, ours []string) error {
	return bounce.Loop(l, bounce.Own{ListID: func(id string) bool {
		for i := range len(id) {
			if id[i] == '.' && slices.Contains(ours, id[i+1:]) {
				return true
			}
		}
		return slices.Contains(ours, id)
	}})
}

// own refuses letters that claim to come from one of our own addresses: those are written here, and only here (C5).
func own(from letter.Address, ours []string) error {
	if slices.Contains(ours, strings.ToLower(from.Domain)) {
		return refusal.Because(refusal.NotAllowed, "Letters from our own addresses are written here and cannot come from outside. Please write from the address you joined with.")
	}
	return nil
}

// vouch asks the DNS who stands behind the letter. What the DNS could not say now is asked again later, never guessed.
func (m *Mailroom) vouch(ctx context.Context, env *smtpd.Envelope, l *letter.Letter, login letter.Address) (mailauth.Finding, error) {
	if m.Policy == lists.Off && login.IsZero() {
		return mailauth.Finding{Why: "Nobody was asked: verification is off."}, nil
	}
	s := mailauth.Session{IP: env.Remote, HELO: env.HELO, MailFrom: env.From, Login: login, At: m.DB.Now()}
	f := mailauth.CheckLetter(ctx, m.Resolver, s, l)
	if f.Temporary {
		return f, refusal.Because(refusal.DNS, "We could not find out just now whether this letter is really from you. Nothing is wrong with it; it will be tried again by itself.")
	}
	return f, nil
}

// noteRefusal writes down that a letter was not taken, so that trace can tell. It is a service, not a promise: an error is logged, and on a
// day with very many refusals only the log tells of the later ones.
func (m *Mailroom) noteRefusal(ctx context.Context, env *smtpd.Envelope, l *letter.Letter, e logbook.Entry) {
	if !m.noted.more(m.DB.Now(), refusalsNoted) {
		return
	}
	e.Story, e.Verb = env.Story, logbook.Refused
	if l != nil {
		e.MessageID = l.MessageID()
	}
	err := m.DB.Update(ctx, func(tx *db.Tx) error {
		veiled, err := m.veilsAny(tx, env, l)
		if err != nil {
			return err
		}
		if veiled {
			e.MessageID, e.Detail = "", veiledWord
		}
		return logbook.Write(tx, e)
	})
	if err != nil {
		m.Log.Warn("note a refusal", "story", env.Story, "error", refusal.Log(err))
	}
}

// veiledWord is all that the logbook says of a letter behind a veil.
const veiledWord = "not told"

// veils tells whether nothing may be written down of a letter for an address that tells who sent it.
func (m *Mailroom) veils(tx *db.Tx, to address.Name, row *address.Row, l *letter.Letter) (bool, error) {
	v, ok := m.receivers[Backchannel].(Veiler)
	if !ok || l == nil {
		return false, nil
	}
	return v.Veiled(tx, to, row, l)
}

// veilsAny is veils for a letter that was refused.
func (m *Mailroom) veilsAny(tx *db.Tx, env *smtpd.Envelope, l *letter.Letter) (bool, error) {
	for _, to := range env.To {
		n := address.Parse(to.Local)
		var row *address.Row
		if n.Form == address.Token {
			found, ok, err := address.Find(tx, n.Kind, n.Token)
			if err != nil {
				return false, err
			}
			if ok {
				row = &found
			}
		}
		if veiled, err := m.veils(tx, n, row, l); err != nil || veiled {
			return veiled, err
		}
	}
	return false, nil
}

// arrival is what the archive keeps of the session.
func arrival(env *smtpd.Envelope, id letter.MessageID, f mailauth.Finding) archive.Arrival {
	finding, _ := json.Marshal(f) // plain fields always marshal
	return archive.Arrival{
		Story: env.Story, Door: env.Door.String(), Remote: env.Remote, HELO: env.HELO, TLS: env.TLS, Login: env.Login,
		From: env.From, To: env.To, UTF8: env.UTF8, MessageID: id, Finding: finding,
	}
}
