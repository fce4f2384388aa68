package main

import (
	"fmt"
	"net"
	"strconv"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/cmd/internal/config"
	"backchannel/lists"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

func (c *cli) newPassword() *cobra.Command {
	return group("password", "App passwords, with which mail programs sign in", c.newPasswordAdd(), c.newPasswordList(), c.newPasswordRevoke())
}

func (c *cli) newPasswordAdd() *cobra.Command {
	var label string
	cmd := &cobra.Command{
		Use: "add ADDRESS", Short: "Make an app password and print it, this once", Args: words("ADDRESS"),
		Long: "Makes an app password for reading by IMAP and writing by submission, and prints it alone on stdout.\nIt is shown this once: only a hash of it is kept. What a mail program asks for besides goes to stderr.",
	}
	cmd.Flags().StringVar(&label, "label", "", "what it is for, as: phone")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			a, err := parseAddress(args[0])
			if err != nil {
				return err
			}
			var secret string
			err = p.Update(cmd.Context(), func(tx *db.Tx) (err error) { secret, err = lists.AddPassword(tx, a, label); return err })
			if err != nil {
				return err
			}
			c.say("%s", secret)
			c.note("%s", signingIn(p.Config, a))
			return nil
		})
	}
	return cmd
}

// signingIn is what a mail program asks for beside the password, for whoever hands it on.
func signingIn(cfg config.Config, a letter.Address) string {
	door := func(what, listen, protected string) string {
		host, port, err := net.SplitHostPort(listen)
		if err != nil {
			return "" // off
		}
		if !config.Loopback(listen) {
			host = cfg.Hostname
		}
		if cfg.TLS.Mode == config.NoTLS {
			protected = "no encryption"
		}
		return fmt.Sprintf("; %s %s, port %s, %s", what, host, port, protected)
	}
	sending := door("sending (SMTP)", cfg.SMTP.Submissions, "SSL/TLS")
	if sending == "" {
		sending = door("sending (SMTP)", cfg.SMTP.Submission, "STARTTLS")
	}
	return fmt.Sprintf("It is shown this once. In a mail program: user name %s%s%s.", a, door("reading (IMAP)", cfg.IMAP.Listen, "SSL/TLS"), sending)
}

func (c *cli) newPasswordList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: "list ADDRESS", Short: "List the app passwords of a person; the words themselves are nowhere", Args: words("ADDRESS")}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			a, err := parseAddress(args[0])
			if err != nil {
				return err
			}
			var all []lists.AppPassword
			err = p.View(cmd.Context(), func(tx *db.Tx) error {
				if all, err = lists.Passwords(tx, a); err != nil || len(all) > 0 {
					return err
				}
				here, err := lists.Memberships(tx, a)
				if err == nil && len(here) == 0 {
					err = refusal.Because(refusal.NotFound, "Nobody here has the address %s.", a).Try("backchannel member list")
				}
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return c.asJSON(some(all))
			}
			var rows [][]string
			for _, one := range all {
				rows = append(rows, []string{fmt.Sprint(one.ID), one.Label, when(one.Created), when(one.Used)})
			}
			c.tableOr("There is no app password of theirs.", []string{"ID", "LABEL", "MADE", "LAST USED"}, rows)
			return nil
		})
	}
	return jsonFlag(cmd, &asJSON)
}

func (c *cli) newPasswordRevoke() *cobra.Command {
	var all bool
	cmd := &cobra.Command{Use: "revoke ADDRESS [ID]", Short: "End an app password", Args: words("ADDRESS", "[ID]")}
	cmd.Flags().BoolVar(&all, "all", false, "end all of this person")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		id := int64(0)
		switch {
		case all == (len(args) == 2):
			return usage(cmd, "Please name one app password by its id, or all of them by --all.")
		case !all:
			n, err := strconv.ParseInt(args[1], 10, 64)
			if err != nil || n < 1 {
				return usage(cmd, "%q is no id of an app password; backchannel password list shows them.", args[1])
			}
			id = n
		}
		return c.with(cmd.Context(), func(p *Program) error {
			a, err := parseAddress(args[0])
			if err != nil {
				return err
			}
			var n int64
			err = p.Update(cmd.Context(), func(tx *db.Tx) (err error) { n, err = lists.RevokePassword(tx, a, id); return err })
			if err != nil {
				return err
			}
			if n == 0 {
				return refusal.Because(refusal.NotFound, "%s has no such app password.", a).Try("backchannel password list %s", a)
			}
			c.say("%s of %s ended.", count(n, "app password"), a)
			return nil
		})
	}
	return cmd
}
