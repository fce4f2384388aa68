package main

import (
	"context"
	"fmt"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

func (c *cli) newDigest() *cobra.Command {
	return group("digest", "The digest: look at one, send it now, or see what became of them", c.newDigestPreview(), c.newDigestSend(), c.newDigestIssues())
}

func (c *cli) newDigestPreview() *cobra.Command {
	var domain, member string
	format := "text"
	cmd := &cobra.Command{
		Use: "preview --member ADDRESS", Short: "Show what a member's digest would be now; nothing is sent and nothing changes", Args: words(),
		Long: "Shows what a member's digest would be now. Nothing is sent, and nothing changes: the personal addresses in a preview lead nowhere.",
	}
	communityFlag(cmd, &domain)
	cmd.Flags().StringVar(&member, "member", "", "whose digest")
	oneOf(cmd, &format, "format", "A format", "as text, as HTML, as the whole mail that the member gets, as a mail with each post a letter of its own, or as a plain digest (RFC 1153)",
		"text", "html", "eml", "mime", "rfc1153")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if member == "" {
			return usage(cmd, "Please say whose digest: --member ADDRESS.")
		}
		return c.with(cmd.Context(), func(p *Program) error {
			var mail *notice.Mail
			var m lists.Member
			err := p.Update(cmd.Context(), func(tx *db.Tx) (err error) { // an Update that the preview undoes itself
				if m, err = theMember(tx, domain, member); err != nil {
					return err
				}
				mail, err = p.Editor.Preview(tx, m, digestFormat(format))
				return err
			})
			if err != nil {
				return err
			}
			if mail == nil {
				c.note("There is nothing new for %s, so no digest would be sent.", m.Address)
				return nil
			}
			return c.showDigest(*mail, format)
		})
	}
	return cmd
}

// digestFormat is what the digest must be written as to be shown in a format; "" is what the member wants.
func digestFormat(shown string) string {
	switch shown {
	case "eml":
		return ""
	case "mime":
		return lists.FormatMIME
	case "rfc1153":
		return lists.FormatRFC1153
	}
	return lists.FormatBoth
}

// showDigest prints a digest as a reader sees it, or as a whole mail.
func (c *cli) showDigest(m notice.Mail, format string) error {
	switch format {
	case "html":
		return copyOut(c.out, []byte(m.Words.HTML))
	case "eml", "mime":
		raw, err := m.Draft(letter.NewMessageID("preview", m.Community.Domain), c.now()).Bytes()
		if err != nil {
			return err
		}
		return copyOut(c.out, raw)
	}
	c.say("Subject: %s\n", m.Words.Subject)
	return copyOut(c.out, []byte(m.Words.Text))
}

func theMember(tx *db.Tx, domain, typed string) (lists.Member, error) {
	community, err := lists.TheCommunity(tx, domain)
	if err != nil {
		return lists.Member{}, err
	}
	return lists.TheMember(tx, community, typed)
}

func (c *cli) newDigestSend() *cobra.Command {
	var domain, member string
	cmd := &cobra.Command{
		Use: "send", Short: "Write digests now, outside the calendar, for one member or for all who get one", Args: words(),
		Long: "Writes digests now, outside the calendar. Whoever has nothing new gets none, and what is in one is not in the next.",
	}
	communityFlag(cmd, &domain)
	cmd.Flags().StringVar(&member, "member", "", "for this member alone")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var readers []lists.Member
			err := p.View(cmd.Context(), func(tx *db.Tx) (err error) {
				readers, err = digestReaders(tx, domain, member)
				return err
			})
			if err != nil {
				return err
			}
			sent := 0
			for _, m := range readers {
				var did bool
				// One transaction for each: nobody waits for a whole community's digests.
				err := p.Update(cmd.Context(), func(tx *db.Tx) (err error) { did, err = p.Editor.Send(tx, m); return err })
				if err != nil {
					return fmt.Errorf("the digest of %s (%d were written before): %w", m.Address, sent, err)
				}
				if did {
					sent++
				}
			}
			then, err := p.thenGo(cmd.Context(), domain)
			if err != nil {
				return err
			}
			if sent == 0 {
				then = ""
			}
			c.say("%s written for %s.%s", count(sent, "digest"), count(len(readers), "reader"), then)
			return nil
		})
	}
	return cmd
}

// thenGo says when digests leave that are written now.
func (p *Program) thenGo(ctx context.Context, domain string) (string, error) {
	var until time.Time
	err := p.View(ctx, func(tx *db.Tx) error {
		community, err := lists.TheCommunity(tx, domain)
		if err != nil {
			return err
		}
		until, err = p.Editor.StoppedUntil(tx, community.ID)
		return err
	})
	if err != nil || until.IsZero() {
		return " They go out as soon as the server runs (or: backchannel due).", err
	}
	return fmt.Sprintf(" A manager has stopped all digests (/hold): they go out after %s, or when a manager replies /send to the preview.", when(until)), nil
}

// digestReaders are those who get a digest, or the one that is named.
func digestReaders(tx *db.Tx, domain, member string) ([]lists.Member, error) {
	community, err := lists.TheCommunity(tx, domain)
	if err != nil {
		return nil, err
	}
	all, err := lists.Members(tx, community.ID)
	if member != "" {
		var m lists.Member
		m, err = lists.TheMember(tx, community, member)
		all = []lists.Member{m}
	}
	if err != nil {
		return nil, err
	}
	var readers []lists.Member
	for _, m := range all {
		reads, err := readsDigest(tx, m)
		if err != nil {
			return nil, err
		}
		if reads {
			readers = append(readers, m)
		}
	}
	if member != "" && len(readers) == 0 {
		return nil, refusal.Because(refusal.Conflict, "%s gets no digest.", all[0].Address).Try("backchannel member set %s --delivery digest", all[0].Address)
	}
	return readers, nil
}

// readsDigest tells whether an active member has a list delivered by digest.
func readsDigest(tx *db.Tx, m lists.Member) (bool, error) {
	if m.State != lists.Active {
		return false, nil
	}
	subs, err := lists.Subscriptions(tx, m.ID)
	for _, s := range subs {
		if s.Delivery == lists.Digest {
			return true, err
		}
	}
	return false, err
}
