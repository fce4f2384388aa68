package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

func (c *cli) newWording() *cobra.Command {
	g := group("wording", "Greetings and farewells in the community's own words", c.newWordingList(), c.newWordingShow(), c.newWordingPreview(), c.newWordingSet(), c.newWordingReset())
	g.Long = "The mails that greet, ask and part can be put into a community's own words, in each language:\n\n    " + strings.Join(templates.Worded(), " ") +
		"\n\nshow NAME prints the text as it is now: change a copy of it, look at it with preview NAME FILE, and use it with set NAME FILE.\n" +
		"Every {{…}} and every word to reply must stay. What members are told about privacy is in no such mail, and stays as it is."
	return g
}

// which is one mail of one community, as the flags say.
type which struct{ community, language string }

func (w *which) flags(cmd *cobra.Command) *cobra.Command {
	communityFlag(cmd, &w.community)
	cmd.Flags().StringVar(&w.language, "language", "", "en, de, fr, es or ja; without it the community's")
	return cmd
}

// find gives the community, and the language that is meant.
func (w which) find(tx *db.Tx) (is lists.Community, l templates.Language, err error) {
	if is, err = lists.TheCommunity(tx, w.community); err != nil {
		return is, l, err
	}
	typed := w.language
	if typed == "" {
		typed = is.Language
	}
	if typed == "" {
		return is, templates.English, nil
	}
	l, ok := templates.ParseLanguage(typed)
	if !ok {
		return is, l, refusal.Because(refusal.Usage, "%s is no language of ours: en, de, fr, es or ja.", typed)
	}
	return is, l, nil
}

// objected turns an objection to a text into a refusal with a hint.
func objected(err error, name string) error {
	var o templates.Objection
	if errors.As(err, &o) {
		return refusal.Because(refusal.Invalid, "%s", o).Try("backchannel wording show %s", name)
	}
	return err
}

func (c *cli) newWordingList() *cobra.Command {
	var asJSON bool
	var community string
	cmd := &cobra.Command{Use: "list", Short: "List the mails that a community says in its own words", Args: words()}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			var all []notice.Wording
			err := p.View(cmd.Context(), func(tx *db.Tx) error {
				is, err := lists.TheCommunity(tx, community)
				if err == nil {
					all, err = notice.Wordings(tx, is)
				}
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return c.asJSON(some(all))
			}
			if len(all) == 0 {
				c.say("Every mail is in the words that come with the program. These can be changed: %s.", strings.Join(templates.Worded(), ", "))
				return nil
			}
			var rows [][]string
			for _, w := range all {
				rows = append(rows, []string{w.Name, string(w.Language), w.Set.Format(time.DateOnly)})
			}
			c.table([]string{"MAIL", "LANGUAGE", "SINCE"}, rows)
			return nil
		})
	}
	communityFlag(cmd, &community)
	return jsonFlag(cmd, &asJSON)
}

// now is the text of a mail as the community has it, or as it comes with the program.
func (p *Program) wordingNow(ctx context.Context, w which, name string, shipped bool) (l templates.Language, text string, err error) {
	err = p.View(ctx, func(tx *db.Tx) error {
		is, language, err := w.find(tx)
		if err != nil {
			return err
		}
		l = language
		if text, err = templates.Shipped(l, name); err != nil || shipped {
			return objected(err, "welcome")
		}
		all, err := notice.Wordings(tx, is)
		for _, own := range all {
			if own.Name == name && own.Language == l {
				text = own.Text
			}
		}
		return err
	})
	return l, text, err
}

func (c *cli) newWordingShow() *cobra.Command {
	var w which
	var shipped bool
	cmd := &cobra.Command{Use: "show NAME", Short: "Print the text of a mail, to change a copy of it", Args: words("NAME")}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			_, text, err := p.wordingNow(cmd.Context(), w, args[0], shipped)
			if err == nil {
				_, err = io.WriteString(c.out, text)
			}
			return err
		})
	}
	cmd.Flags().BoolVar(&shipped, "shipped", false, "as it comes with the program")
	return w.flags(cmd)
}

func (c *cli) newWordingPreview() *cobra.Command {
	var w which
	cmd := &cobra.Command{Use: "preview NAME [FILE]", Short: "Show how a mail will read, with its fields by their names", Args: words("NAME", "[FILE]")}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			l, text, err := p.wordingNow(cmd.Context(), w, args[0], false)
			if err == nil && len(args) > 1 {
				text, err = c.textOf(args[1])
			}
			if err != nil {
				return err
			}
			own, err := templates.ParseWording(l, args[0], text)
			if err != nil {
				return objected(err, args[0])
			}
			mail, err := own.Example()
			if err == nil {
				c.say("Subject: %s\n\n%s", mail.Subject, strings.TrimSuffix(mail.Text, "\n"))
			}
			return err
		})
	}
	return w.flags(cmd)
}

func (c *cli) newWordingSet() *cobra.Command {
	var w which
	cmd := &cobra.Command{Use: "set NAME FILE", Short: "Say a mail in the words of a file (- reads stdin) from now on", Args: words("NAME", "FILE")}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		text, err := c.textOf(args[1])
		if err != nil {
			return err
		}
		return c.with(cmd.Context(), func(p *Program) error {
			return p.Update(cmd.Context(), func(tx *db.Tx) error {
				is, l, err := w.find(tx)
				if err != nil {
					return err
				}
				if err := notice.SetWording(tx, is, notice.Wording{Name: args[0], Language: l, Text: text}); err != nil {
					return objected(err, args[0])
				}
				tx.OnCommit(func() { c.say("%s says %s in these words now, in %s.", is.Domain, args[0], l.Name()) })
				return nil
			})
		})
	}
	return w.flags(cmd)
}

func (c *cli) newWordingReset() *cobra.Command {
	var w which
	cmd := &cobra.Command{Use: "reset NAME", Short: "Go back to the words that come with the program", Args: words("NAME")}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(p *Program) error {
			return p.Update(cmd.Context(), func(tx *db.Tx) error {
				is, l, err := w.find(tx)
				if err != nil {
					return err
				}
				gone, err := notice.ResetWording(tx, is, l, args[0])
				if err == nil && !gone {
					return refusal.Because(refusal.NotFound, "%s has no words of its own for %s in %s.", is.Domain, args[0], l.Name()).Try("backchannel wording list")
				}
				tx.OnCommit(func() { c.say("%s says %s in the words that come with the program again.", is.Domain, args[0]) })
				return err
			})
		})
	}
	return w.flags(cmd)
}

// textOf reads a file, or stdin when it is called -.
func (c *cli) textOf(name string) (string, error) {
	if name == "-" {
		text, err := io.ReadAll(io.LimitReader(c.in, 1<<20))
		return string(text), err
	}
	text, err := os.ReadFile(filepath.Clean(name))
	if err != nil {
		return "", cannotRead(name, err)
	}
	return string(text), nil
}
