package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/cmd/internal/config"
	"backchannel/lists"
	"backchannel/smtpd/bounce"
	"backchannel/smtpd/mailauth"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

// mostInspected is more than any letter that a server takes.
const mostInspected = 200 << 20

// inspected is what the program sees in one letter, as JSON.
type inspected struct {
	From       string             `json:"from,omitempty"`
	Name       string             `json:"name,omitempty"`
	Subject    string             `json:"subject"`
	Date       *time.Time         `json:"date,omitempty"`
	MessageID  string             `json:"message_id,omitempty"`
	InReplyTo  []letter.MessageID `json:"in_reply_to,omitempty"`
	References []letter.MessageID `json:"references,omitempty"`
	Refused    string             `json:"refused,omitempty"` // why it could not become a post, whoever wrote it
	Robot      bounce.Kind        `json:"robot,omitempty"`   // bounce, auto-reply, list …; empty for a person's letter
	Why        string             `json:"why,omitempty"`     // the sign of the robot
	Report     *reportShown       `json:"report,omitempty"`  // of a robot's letter that reports something
	Verdict    lists.Verdict      `json:"verdict"`
	Member     []string           `json:"member_of,omitempty"` // communities in which the sender is a member
	Finding    mailauth.Finding   `json:"finding"`
	NewText    string             `json:"new_text"`
	Quoted     bool               `json:"quoted"`
	Unsure     bool               `json:"unsure"`
	Signature  string             `json:"signature,omitempty"`
	Files      []fileShown        `json:"attachments,omitempty"`
}

// fileShown is one attachment.
type fileShown struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size int    `json:"size"`
}

// reportShown is what a robot's letter reports: who failed, and what that means.
type reportShown struct {
	Failures   []failureShown   `json:"failures,omitempty"`
	Feedback   string           `json:"feedback,omitempty"`
	Complainer string           `json:"complainer,omitempty"`
	OriginalID letter.MessageID `json:"original_id,omitempty"`
}

type failureShown struct {
	bounce.Failure
	Recipient string `json:"recipient,omitempty"`
}

// inspection shows a report, nil when there is nothing in it.
func inspection(r bounce.Report) *reportShown {
	if len(r.Failures) == 0 && r.Feedback == "" && r.OriginalID == "" {
		return nil
	}
	s := &reportShown{Feedback: r.Feedback, Complainer: r.Complainer.String(), OriginalID: r.OriginalID}
	for _, f := range r.Failures {
		s.Failures = append(s.Failures, failureShown{f, f.Recipient.String()})
	}
	return s
}

// session is how a letter came in, as the flags of inspect say.
type session struct{ ip, helo, from, login string }

func (c *cli) newInspect() *cobra.Command {
	var asJSON bool
	var s session
	cmd := &cobra.Command{
		Use: "inspect FILE", Short: "Show what the program sees in one letter", Args: words("FILE"),
		Long: "Shows what the program sees in one letter (- reads it from stdin): who wrote it and what vouches for that, its ids, whether a robot\n" +
			"wrote it and what a bounce reports, and its new text without quotes and signature. Nothing is stored.\n" +
			"--ip, --helo and --mail-from say how it came in; without --ip nobody is asked who stands behind it.",
	}
	flags := cmd.Flags()
	flags.StringVar(&s.ip, "ip", "", "the address of the host that brought it")
	flags.StringVar(&s.helo, "helo", "", "the name by which that host greeted")
	flags.StringVar(&s.from, "mail-from", "", "the envelope sender; <> for none")
	flags.StringVar(&s.login, "login", "", "the address that signed in to send it")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		raw, err := c.readLetter(args[0])
		if err != nil {
			return err
		}
		seen, err := c.inspect(cmd, raw, s)
		if err != nil {
			return err
		}
		if asJSON {
			return c.asJSON(seen)
		}
		c.sayInspected(seen)
		return nil
	}
	return jsonFlag(cmd, &asJSON)
}

func (c *cli) readLetter(name string) ([]byte, error) {
	in := c.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, cannotRead(name, err)
		}
		defer f.Close()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, mostInspected+1))
	if err != nil {
		return nil, cannotRead(name, err)
	}
	if len(raw) > mostInspected {
		return nil, refusal.Because(refusal.TooBig, "%s is larger than any letter.", name)
	}
	return raw, nil
}

// cannotRead is the refusal for a file that somebody named.
func cannotRead(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return refusal.Because(refusal.NotFound, "There is no %s.", name).From(err)
	}
	return refusal.Because(refusal.Invalid, "%s cannot be read: %s.", name, reason(err)).From(err)
}

func (c *cli) inspect(cmd *cobra.Command, raw []byte, s session) (inspected, error) {
	l, err := letter.Parse(raw)
	if err != nil {
		return inspected{}, err
	}
	seen := look(l, s)
	session, err := s.read(cmd)
	if err != nil {
		return seen, err
	}
	return seen, c.judge(cmd.Context(), l, session, &seen)
}

// look is everything that stands in the letter itself.
func look(l *letter.Letter, s session) inspected {
	seen := inspected{Subject: l.Subject(), MessageID: string(l.MessageID()), InReplyTo: l.InReplyTo(), References: l.References()}
	for _, a := range l.Attachments() {
		seen.Files = append(seen.Files, fileShown(a))
	}
	if from := l.From(); len(from) > 0 {
		seen.From, seen.Name = from[0].Address.String(), from[0].Name
	}
	if date, ok := l.Date(); ok {
		date = date.UTC()
		seen.Date = &date
	}
	if err := l.CheckPost(); err != nil {
		seen.Refused = err.Error()
	}
	if seen.Robot, seen.Why = bounce.Robot(l, s.from == "<>"); seen.Robot != bounce.Person {
		seen.Report = inspection(bounce.Read(l))
	}
	t := l.NewText()
	seen.NewText, seen.Quoted, seen.Unsure, seen.Signature = t.Text, t.Quoted, t.Unsure, t.Signature
	return seen
}

// read makes a session of the flags; the zero IP means that nobody is to be asked.
func (s session) read(cmd *cobra.Command) (of mailauth.Session, err error) {
	of.HELO = s.helo
	if s.ip != "" {
		if of.IP, err = netip.ParseAddr(s.ip); err != nil {
			return of, usage(cmd, "--ip cannot be %q; it is an address like 192.0.2.1.", s.ip)
		}
	}
	for _, a := range []struct {
		typed string
		into  *letter.Address
	}{{strings.Trim(s.from, "<>"), &of.MailFrom}, {s.login, &of.Login}} {
		if a.typed == "" {
			continue
		}
		if *a.into, err = parseAddress(a.typed); err != nil {
			return of, err
		}
	}
	return of, nil
}

// judge asks who stands behind the letter, and whether that is a member here. Without a config there are no members, and the names
// are asked of the system.
func (c *cli) judge(ctx context.Context, l *letter.Letter, s mailauth.Session, seen *inspected) error {
	cfg, err := c.config()
	if refusal.KindOf(err) == refusal.NotFound {
		cfg, err = config.Default(), nil
	}
	if err != nil {
		return err
	}
	from := letter.Address{}
	if a, err := l.Author(); err == nil {
		from = a.Address // as the server would read it
	}
	s.At = c.now()
	if s.IP.IsValid() || !s.Login.IsZero() {
		seen.Finding = mailauth.CheckLetter(ctx, mailauth.NewResolver(cfg.DNS.Resolver), s, l)
	} else {
		seen.Finding.Why = "Nobody was asked who stands behind this letter: it is not said where it came from."
	}
	if _, err := os.Stat(databasePath(cfg)); err == nil && !from.IsZero() {
		if seen.Member, err = c.memberOf(ctx, from); err != nil {
			return err
		}
	}
	seen.Verdict = lists.Judge(seen.Finding, len(seen.Member) > 0, policy(cfg.Verification))
	return nil
}

func (c *cli) memberOf(ctx context.Context, a letter.Address) (domains []string, err error) {
	err = c.with(ctx, func(p *Program) error {
		return p.View(ctx, func(tx *db.Tx) error {
			here, err := lists.Memberships(tx, a)
			if err != nil {
				return err
			}
			for _, m := range here {
				in, err := lists.CommunityByID(tx, m.Community)
				if err != nil {
					return err
				}
				domains = append(domains, in.Domain)
			}
			return nil
		})
	})
	return domains, err
}

func (c *cli) sayInspected(s inspected) {
	kind := "a person's letter"
	if s.Robot != bounce.Person {
		kind = fmt.Sprintf("%s, because %s", s.Robot, s.Why)
	}
	date := ""
	if s.Date != nil {
		date = when(*s.Date)
	}
	pairs := []string{"from", writer(s), "member of", strings.Join(s.Member, ", "), "verdict", verdict(s)}
	pairs = append(pairs, proofs(s.Finding)...)
	pairs = append(pairs, "kind", kind, "as a post", s.Refused, "subject", s.Subject, "date", date, "Message-ID", letter.MessageID(s.MessageID).String(),
		"in reply to", idList(s.InReplyTo), "references", idList(s.References))
	if s.Report != nil {
		pairs = append(pairs, reported(*s.Report)...)
	}
	for _, f := range s.Files {
		pairs = append(pairs, "attached", fmt.Sprintf("%s (%s, %s)", f.Name, f.Type, size(int64(f.Size))))
	}
	c.facts(pairs...)
	title := "NEW TEXT"
	if s.Unsure {
		title += " (the cut may be wrong)"
	}
	c.say("\n%s\n%s", title, letter.CleanText(s.NewText))
	if s.Signature != "" {
		c.say("\nSIGNATURE AND FOOTERS, left out\n%s", letter.CleanText(s.Signature))
	}
}

// writer is who the letter says it is from.
func writer(s inspected) string {
	if s.From == "" {
		return strings.TrimSpace(s.Name + " (no address)")
	}
	return strings.TrimSpace(s.Name + " <" + s.From + ">")
}

// verdict is the program's one word, and why. A proof alone makes nobody a member, which is easily overlooked.
func verdict(s inspected) string {
	line := string(s.Verdict) + ": " + s.Finding.Why
	if s.Finding.Aligned && s.Verdict != lists.Verified {
		line = strings.TrimSuffix(line, ".") + "; but no member here has that address."
	}
	return line
}

// proofs tells what was found behind the verdict, a line for each proof; nothing when nobody was asked.
func proofs(f mailauth.Finding) (pairs []string) {
	if f.SPF != "" {
		spf := f.SPF
		if f.Domain != "" {
			spf += ", asked of " + f.Domain
		}
		if f.Aligned && strings.HasSuffix(f.AlignedBy, "spf") {
			spf += ", speaks for From"
		}
		pairs = append(pairs, "spf", spf)
	}
	if len(f.Signatures) == 0 && f.DMARC != "" {
		pairs = append(pairs, "dkim", "no signature")
	}
	for _, sig := range f.Signatures {
		line := sig.Result + ", signed by " + sig.Domain
		if sig.Selector != "" {
			line += " (key " + strings.TrimSuffix(sig.Selector+", "+sig.Key, ", ") + ")"
		}
		if sig.Aligned {
			line += ", speaks for From"
		}
		if sig.Why != "" {
			line += ": " + sig.Why
		}
		pairs = append(pairs, "dkim", line)
	}
	if f.DMARC != "" {
		line := f.DMARC + ", no policy found"
		if f.DMARCDomain != "" {
			line = fmt.Sprintf("%s, the policy of %s is %s", f.DMARC, f.DMARCDomain, f.Policy)
		}
		pairs = append(pairs, "dmarc", line)
	}
	if f.ARC != nil {
		pairs = append(pairs, "arc", chain(*f.ARC))
	}
	return pairs
}

// chain tells what those who passed the letter on say; it decides nothing.
func chain(a mailauth.Chain) string {
	line := a.Result
	if len(a.Sealers) > 0 {
		line += ", passed on by " + strings.Join(a.Sealers, ", then ")
	}
	if a.Why != "" {
		line += ": " + a.Why
	}
	if a.First != "" {
		line += "; the first of them found: " + a.First
	}
	return line
}

// reported tells what a robot's letter reports.
func reported(r reportShown) (pairs []string) {
	for _, f := range r.Failures {
		pairs = append(pairs, "reports", strings.Join(strings.Fields(fmt.Sprintf("%s %s %s (%s) %s", f.Recipient, f.Action, f.Status, f.Class, f.Diagnostic)), " "))
	}
	return append(pairs, "feedback", r.Feedback, "complainer", r.Complainer, "about", r.OriginalID.String())
}

func idList(all []letter.MessageID) string {
	names := make([]string, len(all))
	for i, id := range all {
		names[i] = id.String()
	}
	return strings.Join(names, " ")
}
