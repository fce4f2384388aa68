package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// play is the story: what product people call the main job, from the first post to the manager's answer.
func (d *stage) play(ctx context.Context) error {
	d.c.say("A small community on your own machine: %s", demoDomain)
	d.c.say("Mira and Theo manage it. Bill and Alison read every post, Dana reads a weekly digest.")
	d.c.say("Verification is off here: nobody vouches for invented people. Everything else is as in real life.")
	for _, act := range []func(context.Context) error{d.posts, d.digest, d.privately, d.wrongDoor} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	d.c.say("\nThat was the story, in %s.", after(d.began, d.c.now()))
	return nil
}

// posts: two people write to the list.
func (d *stage) posts(ctx context.Context) error {
	d.act("Thursday evening. Bill writes to the list, and Alison answers.")
	first, err := d.send(ctx, demoMail{from: "Bill Tan <bill@south.example>", to: demoList, subject: "First hire: formal role or volunteer?",
		body: "We named one before launch and would do it again.\nHow was it with you?\n\n-- \nBill Tan, Southgate"})
	if err != nil {
		return err
	}
	copied, err := d.arrives(ctx, "alison@east.example", "First hire")
	if err != nil {
		return err
	}
	d.c.say("  Alison's copy:  From: %s   (return path %s)", copied.From()[0].Name, "her own, for bounces")
	_, err = d.send(ctx, demoMail{from: "Alison Graf <alison@east.example>", to: demoList, subject: "Re: First hire: formal role or volunteer?", answers: first,
		body: "Mine emerged; nobody appointed me.\n\nOn Thursday, Bill Tan wrote:\n> We named one before launch and would do it again.\n> How was it with you?"})
	if err != nil {
		return err
	}
	_, err = d.arrives(ctx, "bill@south.example", "Re: First hire")
	return err
}

// digest: the clock is set to Friday morning.
func (d *stage) digest(ctx context.Context) error {
	friday := nextThursday(d.c.now()).AddDate(0, 0, 1)
	d.clock.set(time.Date(friday.Year(), friday.Month(), friday.Day(), 8, 0, 1, 0, time.UTC))
	d.act("Friday, eight o'clock (the clock was put forward). Dana's digest comes.")
	if _, _, err := d.p.Calendar.RunDue(ctx); err != nil {
		return err
	}
	issue, err := d.arrives(ctx, "dana@north.example", "First hire")
	if err != nil {
		return err
	}
	d.show(issue, 24)
	return nil
}

// privately: Reply on the digest, and the way back.
func (d *stage) privately(ctx context.Context) error {
	d.act("Dana presses Reply on her digest. Only the managers get it.")
	issue, err := d.newest("dana@north.example", "First hire")
	if err != nil {
		return err
	}
	if _, err := d.reply(ctx, "Dana Reyes <dana@north.example>", issue, "Is it ok if our sponsor's PR person joins? I did not want to ask in front of everyone."); err != nil {
		return err
	}
	notice, err := d.arrives(ctx, "mira@lowe.example", "PR person")
	if err != nil {
		return err
	}
	d.show(notice, 14)
	d.act("Mira presses Reply in her ordinary mail program, with her signature under it.")
	if _, err := d.reply(ctx, "Mira Lowe <mira@lowe.example>", notice, "Good that you ask. As a guest who does not pitch, yes.\n\n-- \nMira Lowe, Lowe Consult, +1 555 0142"); err != nil {
		return err
	}
	answer, err := d.arrives(ctx, "dana@north.example", "Good that you ask")
	if err != nil {
		return err
	}
	d.show(answer, 9)
	for _, secret := range []string{"lowe.example", "Lowe Consult", "555 0142"} {
		if strings.Contains(string(answer.Raw()), secret) {
			return fmt.Errorf("%q of the manager leaked to the member", secret)
		}
	}
	d.c.say("  Mira's address, her signature and her phone number stand nowhere in what Dana got.")
	return nil
}

// wrongDoor: what sounds private stops at the door of the list.
func (d *stage) wrongDoor(ctx context.Context) error {
	d.act("Dana writes something private, and by mistake to everyone.")
	if _, err := d.send(ctx, demoMail{from: "Dana Reyes <dana@north.example>", to: demoList, subject: "Thank you", body: "Dear managers, between us: I had no idea whom else to ask."}); err != nil {
		return err
	}
	question, err := d.arrives(ctx, "dana@north.example", "PRIVATE")
	if err != nil {
		return err
	}
	d.show(question, 16)
	d.c.say("  Nobody has seen it, and no timer will ever send it.")
	return nil
}

// act begins a part of the story.
func (d *stage) act(words string) { d.c.say("\n* %s", words) }

// show prints the beginning of a letter as its reader sees it.
func (d *stage) show(l *letter.Letter, lines int) {
	to := ""
	if all := l.To(); len(all) > 0 {
		to = all[0].Address.String()
	}
	d.c.say("  ┌ to %s", to)
	d.c.say("  │ Subject: %s", l.Subject())
	d.c.say("  │")
	all := strings.Split(strings.TrimSpace(l.Text()), "\n")
	for _, line := range all[:min(lines, len(all))] {
		d.c.say("  │ %s", line)
	}
	if len(all) > lines {
		d.c.say("  │ …")
	}
	d.c.say("  └")
}

// demoMail is a letter that a person of the demo writes.
type demoMail struct {
	from, to, subject, body string
	answers                 letter.MessageID
}

// reply answers as a mail program does: to Reply-To, quoting.
func (d *stage) reply(ctx context.Context, from string, to *letter.Letter, body string) (letter.MessageID, error) {
	if len(to.ReplyTo()) == 0 {
		return "", errors.New("the letter says nowhere to reply to")
	}
	quoted := "> " + strings.ReplaceAll(strings.TrimSpace(to.Text()), "\n", "\n> ")
	return d.send(ctx, demoMail{from: from, to: to.ReplyTo()[0].Address.String(), subject: "Re: " + to.Subject(), body: body + "\n\n" + quoted, answers: to.MessageID()})
}

// send hands a letter in by SMTP, as a stranger's server would.
func (d *stage) send(ctx context.Context, m demoMail) (letter.MessageID, error) {
	from := letter.ParseMailboxes(m.from)
	if len(from) != 1 {
		return "", fmt.Errorf("%q is no mailbox", m.from)
	}
	draft := letter.Draft{
		From: from[0], To: letter.ParseMailboxes(m.to), Subject: m.subject, Date: d.clock.Now(), MessageID: letter.NewMessageID("demo", from[0].Address.Domain),
		Text: m.body + "\n",
	}
	if m.answers != "" {
		draft.InReplyTo, draft.References = []letter.MessageID{m.answers}, []letter.MessageID{m.answers}
	}
	raw, err := draft.Bytes()
	if err != nil {
		return "", err
	}
	start := d.c.now()
	if err := handIn(ctx, d.p.Addr("smtp.listen"), from[0].Address.String(), m.to, raw); err != nil {
		return "", err
	}
	d.c.say("  %s → %s: taken, on the disk, in %s", from[0].Name, shortDoor(m.to), after(start, d.c.now()))
	return draft.MessageID, nil
}

// shortDoor shows an address with a token as people would say it.
func shortDoor(a string) string {
	if kind, rest, ok := strings.Cut(a, "+"); ok && len(rest) > 6 {
		return kind + "+" + rest[:4] + "…@" + demoDomain
	}
	return a
}

func handIn(ctx context.Context, server, from, to string, raw []byte) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", server)
	if err != nil {
		return err
	}
	c, err := smtp.NewClient(conn, "localhost")
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	defer c.Close()
	if err := errors.Join(c.Hello("demo.example"), c.Mail(from), c.Rcpt(to)); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(raw); err != nil {
		return err
	}
	return errors.Join(w.Close(), c.Quit())
}

// demoPatience is how long the demo waits for a letter that should come in milliseconds.
const demoPatience = 30 * time.Second

// arrives waits for a letter with certain words in somebody's outbox folder.
func (d *stage) arrives(ctx context.Context, who, words string) (*letter.Letter, error) {
	start := d.c.now()
	ctx, cancel := context.WithTimeout(ctx, demoPatience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		l, err := d.newest(who, words)
		if err != nil {
			return nil, err
		}
		if l != nil {
			d.c.say("  %s has it, %s later", who, after(start, d.c.now()))
			return l, nil
		}
		select {
		case <-ctx.Done():
			return nil, refusal.Because(refusal.Unavailable, "The demo waited in vain for a letter to %s.", who).From(ctx.Err())
		case <-tick.C:
		}
	}
}

// newest is the newest letter in somebody's folder that has these words; nil when there is none yet.
func (d *stage) newest(who, words string) (*letter.Letter, error) {
	files, err := filepath.Glob(filepath.Join(d.p.path(outboxName), who, "*.eml"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	slices.Reverse(files)
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		l, err := letter.Parse(raw)
		if err != nil {
			return nil, err
		}
		if strings.Contains(l.Subject(), words) || strings.Contains(strings.Join(strings.Fields(l.Text()), " "), words) {
			return l, nil
		}
	}
	return nil, nil
}
